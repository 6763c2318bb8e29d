/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "cli/table.h"
#include "unit.h"

static char *print(struct vc_arena *arena, size_t width, const char *const (*rows)[3],
                   size_t n_rows)
{
	struct vc_table table = { .arena = arena, .n_columns = 3, .width = width };
	VC_AUTO_BUF struct vc_buf buf = VC_BUF_INIT(65536);
	struct vc_err err = VC_ERR_INIT;
	char *text;

	for (size_t i = 0; i < n_rows; i++)
		assert_int_equal(vc_table_row(&table, rows[i], &err), 0);
	vc_table_print(&table, &buf);
	assert_int_equal(vc_buf_take(&buf, &text, NULL, &err), 0);
	return text;
}

static void test_aligned(void **state VC_UNUSED)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	static const char *const rows[][3] = {
		{ "ALIAS", "DEVICE", "WHY" },
		{ "ua-gpu", NULL, "new" },
		{ "ua-x", "n\xc3\xa4me", "" },
		{ "a\033[31m", "b\nc", "d\x7f" },
	};
	VC_AUTOFREE char *text = print(&arena, 0, rows, VC_ARRAY_SIZE(rows));

	assert_string_equal(text, "ALIAS   DEVICE  WHY\n"
	                          "ua-gpu  -       new\n"
	                          "ua-x    n\xc3\xa4me    -\n"
	                          "a?[31m  b?c     d?\n");
}

static void test_wraps_last_cell(void **state VC_UNUSED)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	static const char *const rows[][3] = {
		{ "a", "b", "one two three four five six seven" },
		{ "a", "b", "0123456789012345678901234567890123456789" },
		{ "a", "b", "short" },
	};
	VC_AUTOFREE char *text = print(&arena, 30, rows, VC_ARRAY_SIZE(rows));

	assert_string_equal(text, "a  b  one two three four five\n"
	                          "      six seven\n"
	                          "a  b  012345678901234567890123\n"
	                          "      4567890123456789\n"
	                          "a  b  short\n");
}

static void test_wraps_where_there_is_no_room(void **state VC_UNUSED)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	static const char *const rows[][3] = {
		{ "0123456789012345678901234567890123456789", "b",
		  "one two three four five" },
	};
	VC_AUTOFREE char *text = print(&arena, 30, rows, VC_ARRAY_SIZE(rows));

	assert_non_null(strstr(text, "b  one two three four\n"));
	assert_non_null(strstr(text, "  five\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_aligned),
		cmocka_unit_test(test_wraps_last_cell),
		cmocka_unit_test(test_wraps_where_there_is_no_room),
	};

	return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}
