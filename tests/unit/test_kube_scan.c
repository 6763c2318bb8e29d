/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "kube/scan.h"
#include "unit.h"

struct taken {
	struct vc_buf text; /* one line for each object */
	size_t n, fail_at;
};

static int take(void *arg, struct vc_scan_object *o, struct vc_err *err)
{
	struct taken *taken = arg;

	vc_buf_printf(&taken->text, "%s|%s|%s|%s|%s|%s\n", o->type, o->namespace, o->name,
	              o->uid, o->resource_version, o->text ? o->text : "(too large)");
	if (++taken->n == taken->fail_at)
		return vc_fail(err, VC_ERR_REFUSED, "enough");
	return 0;
}

/* Feeds @text in pieces of @piece bytes; what was taken, or the error's message. */
static char *scan_all(enum vc_scan_form form, const char *text, size_t piece, size_t max)
{
	struct taken taken = { .text = VC_BUF_INIT((size_t)1 << 20) };
	struct vc_err err = VC_ERR_INIT;
	struct vc_scan *scan = NULL;
	size_t len = strlen(text), n;
	int r;

	assert_int_equal(vc_scan_new(form, "Thing", "g/v1", max, &scan, &err), 0);
	vc_buf_puts(&taken.text, "");
	r = 0;
	for (size_t i = 0; r == 0 && i < len; i += piece) {
		n = len - i < piece ? len - i : piece;
		r = vc_scan_feed(scan, text + i, n, take, &taken, &err);
	}
	if (r == 0)
		r = vc_scan_end(scan, &err);
	if (r == 0)
		vc_buf_printf(&taken.text, "version %s continue %s",
		              vc_scan_list_version(scan), vc_scan_list_continue(scan));
	else
		vc_buf_printf(&taken.text, "%s", err.msg);
	vc_scan_free(scan);
	return taken.text.data;
}

struct sample {
	enum vc_scan_form form;
	const char *text, *expected;
};

#define NAMED(name) "{\"metadata\":{\"name\":\"" name "\"}}"
#define NAMED_OUT(name)                                                              \
	"{\"kind\":\"Thing\",\"apiVersion\":\"g/v1\",\"metadata\":{\"name\":\"" name \
	"\"}}"

static const struct sample good[] = {
	{ VC_SCAN_LIST, "{\"items\":[]}", "version  continue " },
	{ VC_SCAN_LIST, "{}", "version  continue " },
	{ VC_SCAN_LIST, "", "version  continue " },
	{ VC_SCAN_LIST,
	  "{\"kind\":\"L\",\"metadata\":{\"resourceVersion\":\"7\",\"continue\":\"abc\"},"
	  "\"items\":[" NAMED("a") "," NAMED("b") "]}",
	  "||a|||" NAMED_OUT("a") "\n||b|||" NAMED_OUT("b") "\nversion 7 continue abc" },
	/* the metadata behind the items, white space everywhere */
	{ VC_SCAN_LIST,
	  " { \"items\" : [ {\"spec\":{\"metadata\":{\"name\":\"no\"}} , \"metadata\" : { "
	  "\"namespace\":\"ns\" , \"uid\":\"u\", \"name\":\"a\",\"resourceVersion\":\"3\"}} ] "
	  ", \"metadata\" : {\"resourceVersion\":\"9\"} }\n",
	  "|ns|a|u|3|{\"kind\":\"Thing\",\"apiVersion\":\"g/v1\",\"spec\":{\"metadata\":"
	  "{\"name\":\"no\"}} , \"metadata\" : { \"namespace\":\"ns\" , \"uid\":\"u\", "
	  "\"name\":\"a\",\"resourceVersion\":\"3\"}}\nversion 9 continue " },
	/* one that says what it is, names in owners, braces in strings */
	{ VC_SCAN_LIST,
	  "{\"items\":[{\"kind\":\"K\",\"metadata\":{\"ownerReferences\":[{\"name\":\"o\","
	  "\"uid\":\"ou\"}],\"name\":\"a\",\"annotations\":{\"name\":\"]}\\\"{\"}}}]}",
	  "||a|||{\"kind\":\"K\",\"metadata\":{\"ownerReferences\":[{\"name\":\"o\",\"uid\":"
	  "\"ou\"}],\"name\":\"a\",\"annotations\":{\"name\":\"]}\\\"{\"}}}\nversion  continue " },
	/* what is no object is passed over */
	{ VC_SCAN_LIST,
	  "{\"items\":[1,\"{\",[{}],null," NAMED("a") "],\"x\":{\"items\":[{}]}}",
	  "||a|||" NAMED_OUT("a") "\nversion  continue " },
	{ VC_SCAN_EVENTS, "{\"type\":\"ADDED\",\"object\":" NAMED("a") "}\n",
	  "ADDED||a|||" NAMED_OUT("a") "\nversion  continue " },
	{ VC_SCAN_EVENTS,
	  "{\"object\":" NAMED(
		  "a") ",\"type\":\"DELETED\"}{\"type\":\"BOOKMARK\",\"object\":"
	               "{\"metadata\":{\"resourceVersion\":\"12\"}}}",
	  "DELETED||a|||" NAMED_OUT(
		  "a") "\nBOOKMARK||||12|{\"kind\":\"Thing\",\"apiVersion\":"
	               "\"g/v1\",\"metadata\":{\"resourceVersion\":\"12\"}}\nversion  continue " },
	{ VC_SCAN_EVENTS, "{\"type\":\"ERROR\",\"object\":{}}",
	  "ERROR|||||{\"kind\":\"Thing\",\"apiVersion\":\"g/v1\"}\nversion  continue " },
};

static void test_any_pieces(void **state)
{
	(void)state;
	for (size_t i = 0; i < VC_ARRAY_SIZE(good); i++)
		for (size_t piece = 1; piece <= strlen(good[i].text) + 1; piece++) {
			char *out = scan_all(good[i].form, good[i].text, piece, 4096);

			assert_string_equal(out, good[i].expected);
			free(out);
		}
}

static const struct sample bad[] = {
	{ VC_SCAN_LIST, "[]", "a '[' where" },
	{ VC_SCAN_LIST, "<html>", "a '<' where" },
	{ VC_SCAN_LIST, "\x01", "the byte 0x01" },
	{ VC_SCAN_LIST, "{]", "a ']' where" },
	{ VC_SCAN_LIST, "{\"a\":[}", "a '}' where" },
	{ VC_SCAN_LIST, "{\"a\" 1}", "a '1' where" },
	{ VC_SCAN_LIST, "{\"a\":,}", "a ',' where" },
	{ VC_SCAN_LIST, "{,}", "a ',' where" },
	{ VC_SCAN_LIST, "{\"a\":1,}", "a '}' where" },
	{ VC_SCAN_LIST, "{\"a\":[1,]}", "a ']' where" },
	{ VC_SCAN_LIST, "{1:2}", "a '1' where" },
	{ VC_SCAN_LIST, "{}}", "a '}' where" },
	{ VC_SCAN_LIST, "{\"items\":[", "ends in the middle" },
	{ VC_SCAN_LIST, "{\"items\":[{\"metadata\":{\"name\":\"a", "ends in the middle" },
	{ VC_SCAN_LIST, "{\"a\":1", "ends in the middle" },
	{ VC_SCAN_LIST, "{\"items\":[{}]}", "an object without a name" },
	{ VC_SCAN_LIST, "{\"items\":[{\"metadata\":{\"name\":7}}]}", "without a name" },
	{ VC_SCAN_EVENTS, "{}", "without an object" },
	{ VC_SCAN_EVENTS, "{\"type\":\"ADDED\"}", "without an object" },
	{ VC_SCAN_EVENTS, "{\"type\":\"ADDED\",\"object\":7}", "without an object" },
	{ VC_SCAN_EVENTS, "{\"type\":\"ADDED\",\"object\":{}}", "without a name" },
	{ VC_SCAN_EVENTS, "{\"type\":\"ADDED\",\"object\":" NAMED("a"),
	  "ends in the middle" },
	{ VC_SCAN_EVENTS, "7", "a '7' where" },
};

static void test_what_is_wrong(void **state)
{
	(void)state;
	for (size_t i = 0; i < VC_ARRAY_SIZE(bad); i++)
		for (size_t piece = 1; piece < 30; piece += 4) {
			char *out = scan_all(bad[i].form, bad[i].text, piece, 4096);

			if (!strstr(out, bad[i].expected))
				fail_msg("%s\n%s", bad[i].text, out);
			free(out);
		}
}

static void test_objects_beyond_the_limit(void **state)
{
	static const char list[] = "{\"items\":[" NAMED(
		"a") ",{\"metadata\":{\"name\":\"b\",\"uid\":\"u\"},\"x\":"
		     "\"123456789012345678901234567890\"}," NAMED("c") "]}";

	(void)state;
	for (size_t piece = 1; piece < sizeof(list); piece++) {
		char *out = scan_all(VC_SCAN_LIST, list, piece, 40);

		assert_string_equal(
			out,
			"||a|||" NAMED_OUT("a") "\n||b|u||(too large)\n||c|||" NAMED_OUT(
				"c") "\nversion  continue ");
		free(out);
	}
}

static void test_depth(void **state)
{
	VC_AUTO_BUF struct vc_buf text = VC_BUF_INIT((size_t)1 << 20);
	char *out;

	(void)state;
	for (unsigned depth = VC_SCAN_MAX_DEPTH - 4; depth < VC_SCAN_MAX_DEPTH + 2;
	     depth++) {
		text.len = 0;
		vc_buf_puts(&text, "{\"items\":[{\"metadata\":{\"name\":\"a\"},\"x\":");
		for (unsigned i = 0; i < depth; i++)
			vc_buf_puts(&text, "[");
		for (unsigned i = 0; i < depth; i++)
			vc_buf_puts(&text, "]");
		vc_buf_puts(&text, "}]}");
		out = scan_all(VC_SCAN_LIST, text.data, 1000, 10);
		if (depth <= VC_SCAN_MAX_DEPTH - 3)
			assert_string_equal(out, "||a|||(too large)\nversion  continue ");
		else
			assert_non_null(strstr(out, "a '[' where"));
		free(out);
	}
}

/* Texts that are too long to be remembered are as if they were not there. */
static void test_long_texts(void **state)
{
	VC_AUTO_BUF struct vc_buf text = VC_BUF_INIT((size_t)1 << 20);
	char *out;

	(void)state;
	vc_buf_puts(&text, "{\"metadata\":{\"resourceVersion\":\"");
	for (size_t i = 0; i < VC_SCAN_NAME_SIZE; i++)
		vc_buf_puts(&text, "1");
	vc_buf_puts(&text, "\",\"continue\":\"");
	for (size_t i = 0; i < VC_SCAN_WORD_SIZE; i++)
		vc_buf_puts(&text, "c");
	vc_buf_puts(&text, "\"},\"itemsitemsitemsitemsitemsitemsitems\":[{}]}");
	out = scan_all(VC_SCAN_LIST, text.data, 100, 10);
	assert_string_equal(out, "version  continue ");
	free(out);
}

static void test_the_receiver_ends_it(void **state)
{
	static const char list[] =
		"{\"items\":[" NAMED("a") "," NAMED("b") "," NAMED("c") "]}";
	struct taken taken = { .text = VC_BUF_INIT(4096), .fail_at = 2 };
	struct vc_err err = VC_ERR_INIT;
	struct vc_scan *scan = NULL;

	(void)state;
	assert_int_equal(vc_scan_new(VC_SCAN_LIST, "T", "v1", 4096, &scan, &err), 0);
	assert_int_equal(vc_scan_feed(scan, list, sizeof(list) - 1, take, &taken, &err),
	                 -VC_ERR_REFUSED);
	assert_int_equal(taken.n, 2);
	/* and it can be used again */
	vc_scan_restart(scan);
	taken.fail_at = 0;
	assert_int_equal(vc_scan_feed(scan, list, sizeof(list) - 1, take, &taken, &err),
	                 0);
	assert_int_equal(taken.n, 5);
	vc_scan_free(scan);
	vc_buf_release(&taken.text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_pieces),
		cmocka_unit_test(test_what_is_wrong),
		cmocka_unit_test(test_objects_beyond_the_limit),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_long_texts),
		cmocka_unit_test(test_the_receiver_ends_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
