/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "claim/json_writer.h"
#include "claim/tree.h"
#include "unit.h"

#define LIMIT ((size_t)1 << 20)

static void write_sample(struct vc_json_writer *w)
{
	vc_json_object(w, NULL);
	vc_json_string(w, "s", "x");
	vc_json_string_if(w, "absent", NULL);
	vc_json_string_if(w, "t", "y");
	vc_json_array(w, "a");
	vc_json_int(w, NULL, INT64_MIN);
	vc_json_object(w, NULL);
	vc_json_close(w);
	vc_json_array(w, NULL);
	vc_json_close(w);
	vc_json_close(w);
	vc_json_bool(w, "b", false);
	vc_json_null(w, "n");
	vc_json_close(w);
}

static void assert_text(struct vc_buf *buf, const char *expected)
{
	VC_AUTOFREE char *text = NULL;
	struct vc_err err = VC_ERR_INIT;
	size_t len;

	assert_int_equal(vc_buf_take(buf, &text, &len, &err), 0);
	assert_string_equal(text, expected);
	assert_int_equal(len, strlen(expected));
}

static void test_layout(void **state VC_UNUSED)
{
	VC_AUTO_BUF struct vc_buf buf = VC_BUF_INIT(LIMIT);
	struct vc_json_writer w = { .buf = &buf };

	write_sample(&w);
	assert_text(&buf, "{\n  \"s\": \"x\",\n  \"t\": \"y\",\n  \"a\": [\n"
	                  "    -9223372036854775808,\n    {},\n    []\n  ],\n"
	                  "  \"b\": false,\n  \"n\": null\n}\n");
	w = (struct vc_json_writer){ .buf = &buf, .compact = true };
	write_sample(&w);
	assert_text(&buf, "{\"s\":\"x\",\"t\":\"y\",\"a\":[-9223372036854775808,{},[]],"
	                  "\"b\":false,\"n\":null}\n");
}

static void test_stream(void **state VC_UNUSED)
{
	VC_AUTO_BUF struct vc_buf buf = VC_BUF_INIT(LIMIT);
	struct vc_json_writer w = { .buf = &buf };

	vc_json_object(&w, NULL);
	vc_json_close(&w);
	vc_json_array(&w, NULL);
	vc_json_close(&w);
	vc_json_string(&w, NULL, "x");
	assert_text(&buf, "{}\n[]\n\"x\"\n");
}

/* Whatever is written reads back as it was. */
static void test_escapes(void **state VC_UNUSED)
{
	static const char *const texts[] = {
		"", "\"\\/", "\x01\x1f\x7f\t\r\n\b\f", "\xc3\xa9\xf0\x9f\x98\x80", "</a>",
	};
	VC_AUTO_BUF struct vc_buf buf = VC_BUF_INIT(LIMIT);
	VC_AUTO_TREE struct vc_tree *tree = NULL;
	struct vc_json_writer w = { .buf = &buf };
	struct vc_err err = VC_ERR_INIT;
	struct vc_node root;

	vc_json_array(&w, NULL);
	for (size_t i = 0; i < VC_ARRAY_SIZE(texts); i++)
		vc_json_string(&w, NULL, texts[i]);
	vc_json_close(&w);
	assert_null(strchr(buf.data, 0x7f));
	assert_int_equal(vc_tree_parse(buf.data, buf.len, "t", &tree, &err), 0);
	root = vc_tree_root(tree, 0);
	for (size_t i = 0; i < VC_ARRAY_SIZE(texts); i++) {
		struct vc_node n = vc_node_element(&root, i);

		assert_string_equal(vc_node_text(&n), texts[i]);
	}
}

static void test_invalid_utf8(void **state VC_UNUSED)
{
	VC_AUTO_BUF struct vc_buf buf = VC_BUF_INIT(LIMIT);
	struct vc_json_writer w = { .buf = &buf };

	vc_json_string(&w, NULL, "a\xff\xc3");
	assert_text(&buf, "\"a\\ufffd\\ufffd\"\n");
}

static void value_without_key(struct vc_json_writer *w)
{
	vc_json_object(w, NULL);
	vc_json_int(w, NULL, 1);
}

static void key_in_array(struct vc_json_writer *w)
{
	vc_json_array(w, NULL);
	vc_json_null(w, "k");
}

static void key_of_document(struct vc_json_writer *w)
{
	vc_json_object(w, "k");
}

static void close_too_much(struct vc_json_writer *w)
{
	vc_json_close(w);
}

static void too_deep(struct vc_json_writer *w)
{
	for (int i = 0; i <= VC_JSON_WRITER_DEPTH; i++)
		vc_json_array(w, NULL);
}

static void test_misuse(void **state VC_UNUSED)
{
	static void (*const misuses[])(struct vc_json_writer *) = {
		value_without_key, key_in_array, key_of_document,
		close_too_much,    too_deep,
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(misuses); i++) {
		VC_AUTO_BUF struct vc_buf buf = VC_BUF_INIT(LIMIT);
		struct vc_json_writer w = { .buf = &buf };
		struct vc_err err = VC_ERR_INIT;
		char *text = NULL;

		misuses[i](&w);
		assert_int_equal(vc_buf_take(&buf, &text, NULL, &err), -VC_ERR_INTERNAL);
		assert_null(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layout),  cmocka_unit_test(test_stream),
		cmocka_unit_test(test_escapes), cmocka_unit_test(test_invalid_utf8),
		cmocka_unit_test(test_misuse),
	};

	return cmocka_run_group_tests_name("json_writer", tests, NULL, NULL);
}
