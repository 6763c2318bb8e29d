/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "base/buf.h"
#include "claim/tree.h"
#include "unit.h"

static struct vc_tree *parse(const char *text)
{
	struct vc_tree *tree = NULL;
	struct vc_err err = VC_ERR_INIT;
	int r = vc_tree_parse(text, strlen(text), "t.yaml", &tree, &err);

	if (r < 0)
		fail_msg("%s", err.msg);
	assert_int_equal(vc_tree_format(tree), VC_TREE_YAML);
	return tree;
}

static void assert_refused(const char *text, size_t len, const char *message)
{
	struct vc_tree *tree = NULL;
	struct vc_err err = VC_ERR_INIT;
	int r = vc_tree_parse(text, len, "t.yaml", &tree, &err);

	if (r != -VC_ERR_INPUT || !strstr(err.msg, message))
		fail_msg("%.60s: %d '%s', not '%s'", text, r, err.msg, message);
	assert_null(tree);
}

/* [YAML 1.2] 10.3.2, the core schema */
static void test_plain_scalars(void **state VC_UNUSED)
{
	static const struct {
		const char *text;
		enum vc_node_type type;
		int64_t value;
	} scalars[] = {
		{ "a:", VC_NODE_NULL, 0 },
		{ "a: ~", VC_NODE_NULL, 0 },
		{ "a: null", VC_NODE_NULL, 0 },
		{ "a: nULL", VC_NODE_STRING, 0 },
		{ "a: true", VC_NODE_BOOL, 1 },
		{ "a: False", VC_NODE_BOOL, 0 },
		{ "a: 0", VC_NODE_INT, 0 },
		{ "a: -17", VC_NODE_INT, -17 },
		{ "a: +17", VC_NODE_INT, 17 },
		{ "a: 0x1F", VC_NODE_INT, 31 },
		{ "a: 0o17", VC_NODE_INT, 15 },
		{ "a: 9223372036854775807", VC_NODE_INT, INT64_MAX },
		{ "a: -9223372036854775808", VC_NODE_INT, INT64_MIN },
		{ "a: 1.5", VC_NODE_FLOAT, 0 },
		{ "a: .5", VC_NODE_FLOAT, 0 },
		{ "a: 1.", VC_NODE_FLOAT, 0 },
		{ "a: 1e3", VC_NODE_FLOAT, 0 },
		{ "a: 0.7.0", VC_NODE_STRING, 0 },
		{ "a: .", VC_NODE_STRING, 0 },
		{ "a: 1e", VC_NODE_STRING, 0 },
		{ "a: 0x", VC_NODE_STRING, 0 },
		{ "a: 0xg", VC_NODE_STRING, 0 },
		{ "a: 0000:65:00.0", VC_NODE_STRING, 0 },
		{ "a: 0000:41:00.0", VC_NODE_STRING, 0 }, /* base 60 in YAML 1.1 */
		{ "a: 12:30", VC_NODE_STRING, 0 },
		{ "a: 2026-01-02", VC_NODE_STRING, 0 },
		{ "a: \"0\"", VC_NODE_STRING, 0 },
		{ "a: 'on'", VC_NODE_STRING, 0 },
		{ "a: \"\"", VC_NODE_STRING, 0 },
		{ "a: y", VC_NODE_STRING, 0 },
		{ "a: |-\n  1\n", VC_NODE_STRING, 0 },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(scalars); i++) {
		VC_AUTO_TREE struct vc_tree *tree = parse(scalars[i].text);
		struct vc_node root = vc_tree_root(tree, 0), n;
		int64_t value = 0;
		bool flag = false;

		assert_true(vc_node_member(&root, "a", &n));
		if (vc_node_type(&n) != scalars[i].type)
			fail_msg("%s", scalars[i].text);
		if (vc_node_bool_value(&n, &flag))
			value = flag;
		else
			(void)vc_node_int_value(&n, &value);
		assert_true(value == scalars[i].value);
	}
}

/* The same CDI file as the three generations of the library write it [CDI]. */
static void test_dialects(void **state VC_UNUSED)
{
	static const char *const texts[] = {
		"cdiVersion: 0.5.0\ncontainerEdits: {}\ndevices:\n- containerEdits:\n"
		"    env:\n    - 'A=x: y'\n    - B=0000:65:00.0\n  name: \"0\"\n"
		"kind: acme.test/gpu\n",
		"---\ncdiVersion: 0.5.0\nkind: acme.test/gpu\ndevices:\n- name: \"0\"\n"
		"  containerEdits:\n    env:\n    - 'A=x: y'\n    - B=0000:65:00.0\n",
		"---\ncdiVersion: 0.5.0\nkind: acme.test/gpu\ndevices:\n"
		"    - name: \"0\"\n      containerEdits:\n        env:\n"
		"            - 'A=x: y'\n            - B=0000:65:00.0\n",
		"# by hand\r\ncdiVersion: 0.5.0\r\nkind: 'acme.test/gpu'\r\ndevices:\r\n"
		"  - {name: \"0\", containerEdits: {env: [\"A=x: y\", B=0000:65:00.0]}}\r\n",
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(texts); i++) {
		VC_AUTO_TREE struct vc_tree *tree = parse(texts[i]);
		struct vc_node root = vc_tree_root(tree, 0), devices, device, edits, env,
			       n;
		struct vc_err err = VC_ERR_INIT;

		assert_int_equal(vc_tree_documents(tree), 1);
		assert_true(vc_node_member(&root, "kind", &n));
		assert_string_equal(vc_node_text(&n), "acme.test/gpu");
		assert_true(vc_node_member(&root, "cdiVersion", &n));
		assert_string_equal(vc_node_text(&n), "0.5.0");
		assert_int_equal(vc_node_array(&root, "devices", VC_REQUIRED, &devices,
		                               NULL, &err),
		                 0);
		device = vc_node_element(&devices, 0);
		assert_true(vc_node_member(&device, "name", &n));
		assert_string_equal(vc_node_text(&n), "0");
		assert_int_equal(vc_node_object(&device, "containerEdits", VC_REQUIRED,
		                                &edits, NULL, &err),
		                 0);
		assert_int_equal(
			vc_node_array(&edits, "env", VC_REQUIRED, &env, NULL, &err), 0);
		n = vc_node_element(&env, 0);
		assert_string_equal(vc_node_text(&n), "A=x: y");
		n = vc_node_element(&env, 1);
		assert_string_equal(vc_node_text(&n), "B=0000:65:00.0");
	}
}

static void test_block_scalars(void **state VC_UNUSED)
{
	VC_AUTO_TREE struct vc_tree *tree =
		parse("a: |\r\n  x\r\n  y\r\nb: >-\n  x\n  y\nc: \"\\u00e9\\t\"\n");
	struct vc_node root = vc_tree_root(tree, 0), n;

	assert_true(vc_node_member(&root, "a", &n));
	assert_string_equal(vc_node_text(&n), "x\ny\n");
	assert_true(vc_node_member(&root, "b", &n));
	assert_string_equal(vc_node_text(&n), "x y");
	assert_true(vc_node_member(&root, "c", &n));
	assert_string_equal(vc_node_text(&n), "\xc3\xa9\t");
}

static void test_documents(void **state VC_UNUSED)
{
	VC_AUTO_TREE struct vc_tree *tree =
		parse("---\n# nothing\n---\na: 1\n---\na: 2\n...\n---\n");
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_node root, n;
	char *where;

	assert_int_equal(vc_tree_documents(tree), 2);
	root = vc_tree_root(tree, 1);
	assert_true(vc_node_member(&root, "a", &n));
	where = vc_node_where(&arena, &n);
	assert_string_equal(where, "t.yaml: document 2: /a");
}

static const struct {
	const char *text, *message;
} bad[] = {
	{ "# only a comment\n", "t.yaml: no document" },
	{ "---\n---\n", "t.yaml: no document" },
	{ "some prose\n", "t.yaml:1:1: expected a mapping or a list" },
	{ "--- 1\n", "t.yaml:1:5: expected a mapping or a list" },
	{ "a: 1\n--- \"\"\n", "t.yaml:2:5: expected a mapping or a list" },
	{ "a: &x 1\n", "t.yaml:1:4: anchors" },
	{ "a: &x [1]\nb: *x\n", "anchors" },
	{ "a: *x\n", "t.yaml:1:4: aliases" },
	{ "? *x\n: 1\n", "aliases" },
	{ "a: !!str 1\n", "tags" },
	{ "a: ! 1\n", "tags" },
	{ "a: !x {}\n", "tags" },
	{ "!!map\na: 1\n", "tags" },
	{ "%YAML 1.1\n---\na: 1\n", "directives" },
	{ "%TAG ! tag:x,2000:\n---\na: 1\n", "directives" },
	{ "a: 1\nb: 2\na: 3\n", "t.yaml:3:1: duplicate key 'a'" },
	{ "a: 1\n\"\\x61\": 3\n", "duplicate key 'a'" },
	{ "a: {b: 1, b: 2}\n", "t.yaml:1:11: duplicate key 'b'" },
	{ "a: yes\n", "t.yaml:1:4: 'yes' means different things" },
	{ "a: No\n", "put it in quotes" },
	{ "a: [on]\n", "put it in quotes" },
	{ "a: OFF\n", "put it in quotes" },
	{ "a: 010\n", "'010' means different things" },
	{ "a: -00\n", "means different things" },
	{ "on: 1\n", "key 'on' is not a string" },
	{ "1: 1\n", "key '1' is not a string" },
	{ "~: 1\n", "key '~' is not a string" },
	{ "<<: {a: 1}\n", "key '<<' is not a string" },
	{ "? [a]\n: 1\n", "a key must be a string" },
	{ "? {a: 1}\n: 1\n", "a key must be a string" },
	{ "a: .nan\n", "out of range" },
	{ "a: -.inf\n", "out of range" },
	{ "a: 1e999\n", "out of range" },
	{ "a: 9223372036854775808\n", "does not fit" },
	{ "a: 0xffffffffffffffff\n", "does not fit" },
	{ "a: \"x\\0y\"\n", "NUL" },
	{ "a: \"\\ud800\"\n", "t.yaml:1" },
	{ "a: \"x\n", "the file ends in the middle" },
	{ "a: [1, 2\n", "the file ends in the middle" },
	{ "a: {b: 1\n", "the file ends in the middle" },
	{ "a: 'x\n", "the file ends in the middle" },
	{ "a: 1\n  b: 2\n", "t.yaml:2" },
	{ "a: 1\n\tb: 2\n", "t.yaml:2" },
	{ "a: b: c\n", "t.yaml:1:5" },
	{ "- a\nb: 1\n", "t.yaml:2" },
	{ "a: @x\n", "t.yaml:1" },
	{ "a: \xff\n", "t.yaml:1" },
	{ "a: 1\nb: \x01\n", "t.yaml:2: control characters" },
	{ "\xff\xfe"
	  "a: 1\n",
	  "t.yaml:1" },
	{ "\xef\xbb\xbf"
	  "a: 1\n",
	  "byte order mark" },
	/* no JSON that is not quite JSON gets here */
	{ " {a: 1}\n", "expected a key in double quotes" },
	{ "[1, 2,]\n", "expected a value" },
};

static void test_refused(void **state VC_UNUSED)
{
	for (size_t i = 0; i < VC_ARRAY_SIZE(bad); i++)
		assert_refused(bad[i].text, strlen(bad[i].text), bad[i].message);
	assert_refused("a: x\0y\n", 7, "t.yaml:1: control characters");
}

static void test_depth(void **state VC_UNUSED)
{
	VC_AUTO_BUF struct vc_buf buf = VC_BUF_INIT((size_t)64 << 20);

	vc_buf_puts(&buf, "a: ");
	for (int i = 0; i < 100000; i++)
		vc_buf_puts(&buf, "[");
	assert_refused(buf.data, buf.len, "nested more than 48 levels");
	buf.len = 0;
	for (int i = 0; i < 200; i++)
		vc_buf_puts(&buf, "- ");
	assert_refused(buf.data, buf.len, "nested more than 48 levels");
	buf.len = 0;
	for (int i = 0; i < VC_TREE_MAX_DOCUMENTS + 1; i++)
		vc_buf_puts(&buf, "--- {}\n");
	assert_refused(buf.data, buf.len, "more than 10000 documents");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain_scalars), cmocka_unit_test(test_dialects),
		cmocka_unit_test(test_block_scalars), cmocka_unit_test(test_documents),
		cmocka_unit_test(test_refused),       cmocka_unit_test(test_depth),
	};

	return cmocka_run_group_tests_name("yaml", tests, NULL, NULL);
}
