/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "claim/tree.h"
#include "unit.h"

#define TEXT_MAX ((size_t)64 << 20)

static struct vc_tree *parse(const char *text)
{
	struct vc_tree *tree = NULL;
	struct vc_err err = VC_ERR_INIT;
	int r = vc_tree_parse(text, strlen(text), "t.json", &tree, &err);

	if (r < 0)
		fail_msg("%s", err.msg);
	return tree;
}

static void assert_refused(const char *text, size_t len, const char *message)
{
	struct vc_tree *tree = NULL;
	struct vc_err err = VC_ERR_INIT;
	int r = vc_tree_parse(text, len, "t.json", &tree, &err);

	if (r != -VC_ERR_INPUT || !strstr(err.msg, message))
		fail_msg("%.60s: %d '%s', not '%s'", text, r, err.msg, message);
	assert_null(tree);
}

static void test_values(void **state VC_UNUSED)
{
	VC_AUTO_TREE struct vc_tree *tree = parse(
		" {\"s\":\"a\\u00e9\\ud83d\\ude00\\n\\/\", \"i\":-9223372036854775808,"
		"\"j\":9223372036854775807, \"f\":1.0, \"t\":true, \"n\":null,"
		"\"a\":[0,[],{}]}\r\n");
	struct vc_node root = vc_tree_root(tree, 0), n, e;
	int64_t value = 0;
	bool flag = false;

	assert_int_equal(vc_tree_format(tree), VC_TREE_JSON);
	assert_int_equal(vc_tree_documents(tree), 1);
	assert_int_equal(vc_node_count(&root), 7);
	assert_true(vc_node_member(&root, "s", &n));
	assert_string_equal(vc_node_text(&n), "a\xc3\xa9\xf0\x9f\x98\x80\n/");
	assert_false(vc_node_int_value(&n, &value));
	assert_true(vc_node_member(&root, "i", &n));
	assert_true(vc_node_int_value(&n, &value));
	assert_true(value == INT64_MIN);
	assert_true(vc_node_member(&root, "j", &n));
	assert_true(vc_node_int_value(&n, &value));
	assert_true(value == INT64_MAX);
	assert_true(vc_node_member(&root, "f", &n));
	assert_int_equal(vc_node_type(&n), VC_NODE_FLOAT);
	assert_false(vc_node_int_value(&n, &value));
	assert_true(vc_node_member(&root, "t", &n));
	assert_true(vc_node_bool_value(&n, &flag));
	assert_true(flag);
	assert_true(vc_node_member(&root, "n", &n));
	assert_int_equal(vc_node_type(&n), VC_NODE_NULL);
	assert_null(vc_node_text(&n));
	assert_true(vc_node_member(&root, "a", &n));
	assert_int_equal(vc_node_count(&n), 3);
	e = vc_node_element(&n, 2);
	assert_int_equal(vc_node_type(&e), VC_NODE_OBJECT);
	assert_false(vc_node_member(&n, "x", &e));
	assert_false(vc_node_member(&root, "x", &e));
}

static void test_members_in_input_order(void **state VC_UNUSED)
{
	static const char *const keys[] = { "z", "a", "", "m/n", "b" };
	VC_AUTO_TREE struct vc_tree *tree =
		parse("{\"z\":0,\"a\":1,\"\":2,\"m/n\":3,\"b\":4}");
	struct vc_node root = vc_tree_root(tree, 0);

	for (size_t i = 0; i < VC_ARRAY_SIZE(keys); i++) {
		struct vc_node n = vc_node_nth_member(&root, i);
		int64_t value = -1;

		assert_string_equal(n.key, keys[i]);
		assert_true(vc_node_int_value(&n, &value));
		assert_int_equal(value, i);
	}
}

static void test_stream(void **state VC_UNUSED)
{
	VC_AUTO_TREE struct vc_tree *tree = parse("{\"a\":1}{\"a\":2}\n\n[3]\n");
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_node root, n;
	char *where;

	assert_int_equal(vc_tree_documents(tree), 3);
	root = vc_tree_root(tree, 1);
	assert_true(vc_node_member(&root, "a", &n));
	where = vc_node_where(&arena, &n);
	assert_string_equal(where, "t.json: document 2: /a");
	root = vc_tree_root(tree, 0);
	where = vc_node_where(&arena, &root);
	assert_string_equal(where, "t.json");
}

static const struct {
	const char *text, *message;
} bad[] = {
	{ "", "t.json: no document" },
	{ " \n\t\r\n", "t.json: no document" },
	{ "{", "t.json:1:2: the file ends in the middle" },
	{ "{\"a\"", "t.json:1:5: the file ends in the middle" },
	{ "{\"a\":", "t.json:1:6: the file ends in the middle" },
	{ "{\"a\":1", "t.json:1:7: the file ends in the middle" },
	{ "{\"a\":1,", "the file ends in the middle" },
	{ "{\"a\":\"x", "the file ends in the middle" },
	{ "{\"a\":\"\\", "the file ends in the middle" },
	{ "{\"a\":\"\\u00", "the file ends in the middle" },
	{ "{\"a\":[1,2", "the file ends in the middle" },
	{ "[1.", "the file ends in the middle" },
	{ "[tru", "expected a value" },
	{ "{\"a\":1}\n{\"a\":", "t.json:2:6: the file ends in the middle" },
	{ "{\"a\":1}}", "t.json:1:8: expected an object" },
	{ "{\"a\":1} x", "t.json:1:9: expected an object" },
	{ "{\"a\":1} 5", "expected an object" },
	{ "{} \"a\"", "expected an object" },
	{ "{a:1}", "t.json:1:2: expected a key in double quotes" },
	{ "{'a':1}", "expected a key in double quotes" },
	{ "{\"a\":'x'}", "expected a value" },
	{ "{\"a\":1,}", "t.json:1:8: expected a key" },
	{ "[1,]", "t.json:1:4: expected a value" },
	{ "[,1]", "expected a value" },
	{ "{\"a\" 1}", "expected ':'" },
	{ "[1 2]", "t.json:1:4: expected ',' or ']'" },
	{ "{\"a\":1 \"b\":2}", "expected ',' or '}'" },
	{ "{\"a\":1]", "expected ',' or '}'" },
	{ "// c\n{}", "t.json:1:1: expected a mapping or a list" },
	{ "{/* c */}", "expected a key" },
	{ "{\"a\":1, // c\n}", "expected a key" },
	{ "[NaN]", "expected a value" },
	{ "[nan]", "expected a value" },
	{ "[Infinity]", "expected a value" },
	{ "[-Infinity]", "expected a value" },
	{ "[True]", "expected a value" },
	{ "[nul]", "expected a value" },
	{ "[+1]", "expected a value" },
	{ "[.5]", "expected a value" },
	{ "[5.]", "a digit after the decimal point" },
	{ "[1e]", "a digit in the exponent" },
	{ "[01]", "expected ',' or ']'" },
	{ "[0x10]", "expected ',' or ']'" },
	{ "[--1]", "expected a value" },
	{ "[1e999]", "out of range" },
	{ "[9223372036854775808]", "t.json:1:2: integer '9223372036854775808'" },
	{ "[-9223372036854775809]", "does not fit" },
	{ "[18446744073709551616]", "does not fit" },
	{ "{\"a\":1,\"a\":2}", "t.json:1:8: duplicate key 'a'" },
	{ "{\"a\":1,\"\\u0061\":2}", "duplicate key 'a'" },
	{ "{\"b\":{\"\":1,\n \"\":2}}", "t.json:2:2: duplicate key ''" },
	{ "{\"a\":null,\"a\":null}", "duplicate key 'a'" },
	{ "[\"\\ud800\"]", "lone surrogate" },
	{ "[\"\\ud800x\"]", "lone surrogate" },
	{ "[\"\\ud800\\u0041\"]", "lone surrogate" },
	{ "[\"\\udc00\\ud800\"]", "lone surrogate" },
	{ "[\"\\u0000\"]", "NUL" },
	{ "{\"a\\u0000b\":1}", "NUL" },
	{ "[\"\\x41\"]", "after a backslash" },
	{ "[\"\\u00g0\"]", "hexadecimal" },
	{ "[\"a\nb\"]", "t.json:1:4: control character 0x0a" },
	{ "[\"a\tb\"]", "control character 0x09" },
	{ "[\"\xff\"]", "t.json:1:3: invalid UTF-8" },
	{ "[\"\xc3\"]", "invalid UTF-8" },
	{ "[\"\xc0\x80\"]", "invalid UTF-8" },         /* overlong NUL */
	{ "[\"\xed\xa0\x80\"]", "invalid UTF-8" },     /* surrogate */
	{ "[\"\xf4\x90\x80\x80\"]", "invalid UTF-8" }, /* > U+10FFFF */
	{ "[\"\xf0\x80\x80\xaf\"]", "invalid UTF-8" },
	{ "[\"\xc3\xa9\", \xc3]", "t.json:1:7: expected a value, not the byte" },
	{ "\xef\xbb\xbf{}", "byte order mark" },
};

static void test_json_refused(void **state VC_UNUSED)
{
	for (size_t i = 0; i < VC_ARRAY_SIZE(bad); i++)
		assert_refused(bad[i].text, strlen(bad[i].text), bad[i].message);
	assert_refused("{\"a\":\"x\0y\"}", 11, "control character 0x00");
	assert_refused("{}\0{}", 5, "expected an object");
	assert_refused("{\"a\":1\0}", 8, "expected ',' or '}', not the byte 0x00");
}

/* Every beginning of a document is refused as torn, and never read as a shorter one. */
static void test_truncated(void **state VC_UNUSED)
{
	static const char text[] =
		"{\"a\":[true,null,\"x\\u00e9\\n\",-1.5e+3,{\"b\":{}}]}";

	for (size_t len = 1; len < sizeof(text) - 1; len++) {
		struct vc_tree *tree = NULL;
		struct vc_err err = VC_ERR_INIT;

		assert_int_equal(vc_tree_parse(text, len, "t", &tree, &err),
		                 -VC_ERR_INPUT);
		assert_null(tree);
	}
}

static void add_repeated(struct vc_buf *buf, const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		vc_buf_puts(buf, text);
}

static void test_depth(void **state VC_UNUSED)
{
	VC_AUTO_BUF struct vc_buf buf = VC_BUF_INIT(TEXT_MAX);
	VC_AUTO_TREE struct vc_tree *tree = NULL;
	struct vc_err err = VC_ERR_INIT;

	add_repeated(&buf, "[", VC_TREE_MAX_DEPTH);
	add_repeated(&buf, "]", VC_TREE_MAX_DEPTH);
	assert_int_equal(vc_tree_parse(buf.data, buf.len, "t", &tree, &err), 0);
	buf.len = 0;
	add_repeated(&buf, "[", VC_TREE_MAX_DEPTH + 1);
	add_repeated(&buf, "]", VC_TREE_MAX_DEPTH + 1);
	assert_refused(buf.data, buf.len, "t.json:1:49: nested more than 48 levels");
	buf.len = 0;
	add_repeated(&buf, "{\"a\":", 1000000);
	assert_refused(buf.data, buf.len, "nested more than");
}

static void test_many_members(void **state VC_UNUSED)
{
	VC_AUTO_BUF struct vc_buf buf = VC_BUF_INIT(TEXT_MAX);
	VC_AUTO_TREE struct vc_tree *tree = NULL;
	struct vc_err err = VC_ERR_INIT;
	struct vc_node root, n;

	vc_buf_puts(&buf, "{");
	for (unsigned i = 0; i < 100000; i++)
		vc_buf_printf(&buf, "\"k%u\":%u,", i, i);
	vc_buf_puts(&buf, "\"k\":0}");
	assert_int_equal(vc_tree_parse(buf.data, buf.len, "t", &tree, &err), 0);
	root = vc_tree_root(tree, 0);
	assert_int_equal(vc_node_count(&root), 100001);
	for (size_t i = 0; i < 100000; i++) {
		n = vc_node_nth_member(&root, i);
		assert_int_equal(n.key[0], 'k');
	}
	assert_string_equal(n.key, "k99999");
}

static void test_limits(void **state VC_UNUSED)
{
	VC_AUTO_BUF struct vc_buf buf = VC_BUF_INIT(TEXT_MAX);

	add_repeated(&buf, "{}", VC_TREE_MAX_DOCUMENTS + 1);
	assert_refused(buf.data, buf.len, "more than 10000 documents");
	buf.len = 0;
	vc_buf_puts(&buf, "[{}");
	add_repeated(&buf, ",{}", 5 << 20);
	vc_buf_puts(&buf, "]");
	assert_refused(buf.data, buf.len, "bytes of memory");
	buf.len = 0;
	vc_buf_puts(&buf, "[1");
	add_repeated(&buf, "0", 200);
	assert_refused(buf.data, buf.len, "a number has more than");
}

static void test_typed_members(void **state VC_UNUSED)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	VC_AUTO_TREE struct vc_tree *tree =
		parse("{\"s\":\"x\",\"i\":7,\"b\":true,\"o\":{},\"a\":[],\"n\":null}");
	struct vc_node root = vc_tree_root(tree, 0), child = { 0 };
	struct vc_err err = VC_ERR_INIT;
	char *text = NULL;
	int64_t i = 0;
	bool b = false, found = true;

	assert_int_equal(vc_node_string(&arena, &root, "s", VC_REQUIRED, &text, &err), 0);
	assert_string_equal(text, "x");
	assert_int_equal(vc_node_int(&root, "i", VC_REQUIRED, &i, &err), 0);
	assert_int_equal(i, 7);
	assert_int_equal(vc_node_bool(&root, "b", VC_REQUIRED, &b, &err), 0);
	assert_true(b);
	assert_int_equal(vc_node_object(&root, "o", VC_REQUIRED, &child, &found, &err),
	                 0);
	assert_true(found);
	assert_int_equal(vc_node_array(&root, "a", VC_REQUIRED, &child, NULL, &err), 0);
	assert_int_equal(vc_node_array(&root, "n", VC_OPTIONAL, &child, &found, &err), 0);
	assert_false(found);
	assert_int_equal(vc_node_string(&arena, &root, "n", VC_OPTIONAL, &text, &err), 0);
	assert_string_equal(text, "x");
	assert_int_equal(vc_node_int(&root, "absent", VC_OPTIONAL, &i, &err), 0);
	assert_int_equal(i, 7);
	assert_int_equal(err.kind, VC_ERR_NONE);
}

static void test_typed_members_refused(void **state VC_UNUSED)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	VC_AUTO_TREE struct vc_tree *tree = parse(
		"{\"m~/\":[{\"s\":1,\"i\":1.0,\"b\":\"true\",\"o\":[],\"n\":null}]}");
	struct vc_node root = vc_tree_root(tree, 0), list, e;
	struct vc_err err = VC_ERR_INIT;
	char *text = NULL;
	int64_t i = 5;
	bool b = true;

	assert_int_equal(vc_node_array(&root, "m~/", VC_REQUIRED, &list, NULL, &err), 0);
	e = vc_node_element(&list, 0);
	assert_int_equal(vc_node_string(&arena, &e, "s", VC_OPTIONAL, &text, &err),
	                 -VC_ERR_INPUT);
	assert_string_equal(err.msg,
	                    "t.json: /m~0~1/0/s: expected a string, not an integer");
	assert_null(text);
	assert_int_equal(vc_node_int(&e, "i", VC_OPTIONAL, &i, &err), -VC_ERR_INPUT);
	assert_int_equal(i, 5);
	assert_int_equal(vc_node_bool(&e, "b", VC_OPTIONAL, &b, &err), -VC_ERR_INPUT);
	assert_int_equal(vc_node_object(&e, "o", VC_OPTIONAL, &list, &b, &err),
	                 -VC_ERR_INPUT);
	assert_true(b);
	assert_int_equal(vc_node_string(&arena, &e, "n", VC_REQUIRED, &text, &err),
	                 -VC_ERR_INPUT);
	assert_string_equal(err.msg, "t.json: /m~0~1/0/n: expected a string, not null");
	assert_int_equal(vc_node_string(&arena, &e, "x", VC_REQUIRED, &text, &err),
	                 -VC_ERR_INPUT);
	assert_string_equal(err.msg,
	                    "t.json: /m~0~1/0: 'x' is missing; expected a string");
	assert_int_equal(vc_node_string(&arena, &list, "x", VC_OPTIONAL, &text, &err),
	                 -VC_ERR_INPUT);
}

/* A key may be as long as the file; the message may not. */
static void test_long_pointer(void **state VC_UNUSED)
{
	VC_AUTO_BUF struct vc_buf buf = VC_BUF_INIT(TEXT_MAX);
	VC_AUTO_TREE struct vc_tree *tree = NULL;
	struct vc_err err = VC_ERR_INIT;
	struct vc_node n[8];

	for (int i = 0; i < 7; i++) {
		vc_buf_puts(&buf, "{\"");
		add_repeated(&buf, "/", 300);
		vc_buf_puts(&buf, "\":");
	}
	vc_buf_puts(&buf, "1}}}}}}}");
	assert_int_equal(vc_tree_parse(buf.data, buf.len, "t", &tree, &err), 0);
	n[0] = vc_tree_root(tree, 0);
	for (int i = 0; i < 7; i++)
		n[i + 1] = vc_node_nth_member(&n[i], 0);
	assert_int_equal(vc_node_fail(&n[7], &err, VC_ERR_INPUT, "end"), -VC_ERR_INPUT);
	assert_non_null(strstr(err.msg, "~1: end"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_members_in_input_order),
		cmocka_unit_test(test_stream),
		cmocka_unit_test(test_json_refused),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_many_members),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_typed_members),
		cmocka_unit_test(test_typed_members_refused),
		cmocka_unit_test(test_long_pointer),
	};

	return cmocka_run_group_tests_name("tree", tests, NULL, NULL);
}
