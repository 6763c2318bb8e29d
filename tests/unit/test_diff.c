/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "cli/diff.h"
#include "unit.h"

static char *diff(const char *a, const char *b, bool colour)
{
	struct vc_diff_side before = { a, strlen(a), "old" };
	struct vc_diff_side after = { b, strlen(b), "new" };
	VC_AUTO_BUF struct vc_buf buf = VC_BUF_INIT((size_t)16 << 20);
	struct vc_err err = VC_ERR_INIT;
	char *text;

	assert_int_equal(vc_diff(&buf, &before, &after, colour, &err), 0);
	assert_int_equal(vc_buf_take(&buf, &text, NULL, &err), 0);
	return text;
}

/* What `diff -u` prints for the same texts. */
static void test_texts(void **state VC_UNUSED)
{
	static const struct {
		const char *a, *b, *expected;
	} cases[] = {
		{ "", "", "" },
		{ "a\nb\n", "a\nb\n", "" },
		{ "", "a\n", "--- old\n+++ new\n@@ -0,0 +1 @@\n+a\n" },
		{ "a\n", "", "--- old\n+++ new\n@@ -1 +0,0 @@\n-a\n" },
		{ "a\nb\nc\n", "a\nx\nc\n",
		  "--- old\n+++ new\n@@ -1,3 +1,3 @@\n a\n-b\n+x\n c\n" },
		{ "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\n5\nx\n6\n7\n8\n9\n",
		  "--- old\n+++ new\n@@ -3,6 +3,7 @@\n 3\n 4\n 5\n+x\n 6\n 7\n 8\n" },
		/* six equal lines between: one hunk; seven: two */
		{ "x\n1\n2\n3\n4\n5\n6\ny\n", "1\n2\n3\n4\n5\n6\n",
		  "--- old\n+++ new\n@@ -1,8 +1,6 @@\n-x\n 1\n 2\n 3\n 4\n 5\n 6\n-y\n" },
		{ "x\n1\n2\n3\n4\n5\n6\n7\ny\n", "1\n2\n3\n4\n5\n6\n7\n",
		  "--- old\n+++ new\n@@ -1,4 +1,3 @@\n-x\n 1\n 2\n 3\n@@ -6,4 +5,3 @@\n"
		  " 5\n 6\n 7\n-y\n" },
		{ "a\nb", "a\nb\n",
		  "--- old\n+++ new\n@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of "
		  "file\n+b\n" },
		{ "a\nb\nc\na\nb\nb\na\n", "c\nb\na\nb\na\nc\n",
		  "--- old\n+++ new\n@@ -1,7 +1,6 @@\n-a\n-b\n c\n+b\n a\n b\n-b\n a\n"
		  "+c\n" },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		VC_AUTOFREE char *text = diff(cases[i].a, cases[i].b, false);

		assert_string_equal(text, cases[i].expected);
	}
}

static void test_colour(void **state VC_UNUSED)
{
	VC_AUTOFREE char *text = diff("a\n", "b\n", true);

	assert_string_equal(text, "\033[1m--- old\033[m\n\033[1m+++ new\033[m\n"
	                          "\033[36m@@ -1 +1 @@\033[m\n"
	                          "\033[31m-a\033[m\n\033[32m+b\033[m\n");
}

static size_t count(const char *text, const char *needle)
{
	size_t n = 0;

	for (const char *p = strstr(text, needle); p; p = strstr(p + 1, needle))
		n++;
	return n;
}

/* Too many differences for the search: still a right diff, and soon. */
static void test_huge(void **state VC_UNUSED)
{
	enum { LINES = 20000 };
	VC_AUTO_BUF struct vc_buf a = VC_BUF_INIT((size_t)1 << 20);
	VC_AUTO_BUF struct vc_buf b = VC_BUF_INIT((size_t)1 << 20);

	vc_buf_puts(&a, "same\n");
	vc_buf_puts(&b, "same\n");
	for (int i = 0; i < LINES; i++) {
		vc_buf_printf(&a, "a%d\n", i);
		vc_buf_printf(&b, "b%d\n", i);
	}
	vc_buf_puts(&a, "tail\n");
	vc_buf_puts(&b, "tail\n");
	{
		VC_AUTOFREE char *text = diff(a.data, b.data, false);

		assert_int_equal(count(text, "\n-a"), LINES);
		assert_int_equal(count(text, "\n+b"), LINES);
		assert_int_equal(count(text, "\n same\n"), 1);
		assert_int_equal(count(text, "\n tail\n"), 1);
		assert_int_equal(count(text, "@@ -1,20002 +1,20002 @@\n"), 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_colour),
		cmocka_unit_test(test_huge),
	};

	return cmocka_run_group_tests_name("diff", tests, NULL, NULL);
}
