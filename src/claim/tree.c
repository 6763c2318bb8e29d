/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The only file that includes json-c: objects of json-c hold the trees. */
#include "claim/tree.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "claim/json.h"
#include "claim/tree_builder.h"
#include "claim/yaml.h"

/*
 * What json-c spends on a value of each kind, on the safe side. Sixteen megabytes of
 * "[{},{}," would become gigabytes: an empty object has room for sixteen members.
 */
#define TREE_MAX_BYTES ((size_t)512 << 20)
#define SCALAR_BYTES   96U
#define ARRAY_BYTES    192U
#define OBJECT_BYTES   960U
#define MEMBER_BYTES   160U
#define ARRAY_ROOM     4

struct vc_tree {
	enum vc_tree_format format;
	char *file;
	struct json_object *documents; /* an array */
};

/* Building */

static int take_room(struct vc_tree_builder *b, size_t bytes, struct vc_err *err)
{
	if (bytes > TREE_MAX_BYTES - b->bytes)
		return vc_fail(err, VC_ERR_INPUT,
		               "the text would need more than %zu bytes of memory",
		               TREE_MAX_BYTES);
	b->bytes += bytes;
	return 0;
}

/* Puts @value where the next value belongs, and owns it from here on, also on failure. */
static int attach(struct vc_tree_builder *b, struct json_object *value,
                  struct vc_err *err)
{
	struct json_object *into = b->open[b->depth];

	if (b->member) {
		lh_entry_set_val(b->member, value);
		b->member = NULL;
		return 0;
	}
	if (b->depth == 0 && json_object_array_length(into) == VC_TREE_MAX_DOCUMENTS) {
		json_object_put(value);
		return vc_fail(err, VC_ERR_INPUT, "more than %d documents in one file",
		               VC_TREE_MAX_DOCUMENTS);
	}
	if (json_object_array_add(into, value) < 0) {
		json_object_put(value);
		return vc_fail_oom(err);
	}
	return 0;
}

static int attach_new(struct vc_tree_builder *b, struct json_object *value, size_t bytes,
                      struct vc_err *err)
{
	if (!value)
		return vc_fail_oom(err);
	if (take_room(b, bytes, err) < 0) {
		json_object_put(value);
		return -(int)err->kind;
	}
	return attach(b, value, err);
}

static int open_container(struct vc_tree_builder *b, struct json_object *value,
                          size_t bytes, struct vc_err *err)
{
	int r;

	if (b->depth == VC_TREE_MAX_DEPTH) {
		json_object_put(value);
		return vc_fail(err, VC_ERR_INPUT, "nested more than %d levels deep",
		               VC_TREE_MAX_DEPTH);
	}
	r = attach_new(b, value, bytes, err);
	if (r < 0)
		return r;
	b->open[++b->depth] = value;
	return 0;
}

/**
 * vc_build_object() - An object begins
 * @b:		builder
 * @err:	why it cannot
 *
 * Return: 0, -VC_ERR_INPUT (a limit) or -VC_ERR_INTERNAL
 */
int vc_build_object(struct vc_tree_builder *b, struct vc_err *err)
{
	return open_container(b, json_object_new_object(), OBJECT_BYTES, err);
}

/**
 * vc_build_array() - An array begins
 * @b:		builder
 * @err:	why it cannot
 *
 * Return: 0, -VC_ERR_INPUT (a limit) or -VC_ERR_INTERNAL
 */
int vc_build_array(struct vc_tree_builder *b, struct vc_err *err)
{
	return open_container(b, json_object_new_array_ext(ARRAY_ROOM), ARRAY_BYTES, err);
}

/**
 * vc_build_end() - The innermost object or array ends
 * @b:		builder, with one open
 */
void vc_build_end(struct vc_tree_builder *b)
{
	b->depth--;
}

/**
 * vc_build_wants_key() - Whether the next thing is a key or the end of an object
 * @b:		builder
 *
 * Return: whether it is
 */
bool vc_build_wants_key(const struct vc_tree_builder *b)
{
	return !b->member && json_object_is_type(b->open[b->depth], json_type_object);
}

static int check_string(const char *text, size_t len, struct vc_err *err)
{
	if (memchr(text, '\0', len))
		return vc_fail(err, VC_ERR_INPUT, "a string contains a NUL character");
	return 0;
}

/**
 * vc_build_key() - A member of the innermost object begins; its value comes next
 * @b:		builder that wants a key
 * @text:	key, NUL-terminated
 * @len:	its length
 * @err:	why not
 *
 * Return: 0, -VC_ERR_INPUT (a duplicate, a NUL, a limit) or -VC_ERR_INTERNAL
 */
int vc_build_key(struct vc_tree_builder *b, const char *text, size_t len,
                 struct vc_err *err)
{
	struct json_object *object = b->open[b->depth];
	int r = check_string(text, len, err);

	if (r == 0)
		r = take_room(b, MEMBER_BYTES + len, err);
	if (r < 0)
		return r;
	if (json_object_object_get_ex(object, text, NULL))
		return vc_fail(err, VC_ERR_INPUT, "duplicate key '%.128s'", text);
	if (json_object_object_add_ex(object, text, NULL, JSON_C_OBJECT_ADD_KEY_IS_NEW) <
	    0)
		return vc_fail_oom(err);
	b->member = lh_table_lookup_entry(json_object_get_object(object), text);
	return b->member ? 0 : vc_fail_oom(err);
}

/**
 * vc_build_string() - A string
 * @b:		builder
 * @text:	UTF-8, valid
 * @len:	its length
 * @err:	why not
 *
 * Return: 0, -VC_ERR_INPUT (a NUL, a limit) or -VC_ERR_INTERNAL
 */
int vc_build_string(struct vc_tree_builder *b, const char *text, size_t len,
                    struct vc_err *err)
{
	int r = check_string(text, len, err);

	if (r == 0)
		r = take_room(b, len, err);
	if (r < 0)
		return r;
	return attach_new(b, json_object_new_string_len(text, (int)len), SCALAR_BYTES,
	                  err);
}

/**
 * vc_build_int() - An integer
 * @b:		builder
 * @value:	value
 * @err:	why not
 *
 * Return: 0, -VC_ERR_INPUT (a limit) or -VC_ERR_INTERNAL
 */
int vc_build_int(struct vc_tree_builder *b, int64_t value, struct vc_err *err)
{
	return attach_new(b, json_object_new_int64(value), SCALAR_BYTES, err);
}

/**
 * vc_build_float() - A number with a fraction or an exponent
 * @b:		builder
 * @text:	number, checked against the grammar
 * @err:	why not
 *
 * Return: 0, -VC_ERR_INPUT (no double is that large, a limit) or -VC_ERR_INTERNAL
 */
int vc_build_float(struct vc_tree_builder *b, const char *text, struct vc_err *err)
{
	double value = 0;

	if (json_parse_double(text, &value) != 0 || !isfinite(value))
		return vc_fail(err, VC_ERR_INPUT, "number '%.64s' is out of range", text);
	return attach_new(b, json_object_new_double(value), SCALAR_BYTES, err);
}

/**
 * vc_build_bool() - A truth value
 * @b:		builder
 * @value:	value
 * @err:	why not
 *
 * Return: 0, -VC_ERR_INPUT (a limit) or -VC_ERR_INTERNAL
 */
int vc_build_bool(struct vc_tree_builder *b, bool value, struct vc_err *err)
{
	return attach_new(b, json_object_new_boolean(value), SCALAR_BYTES, err);
}

/**
 * vc_build_null() - A null
 * @b:		builder
 * @err:	why not
 *
 * Return: 0, -VC_ERR_INPUT (a limit) or -VC_ERR_INTERNAL
 */
int vc_build_null(struct vc_tree_builder *b, struct vc_err *err)
{
	int r = take_room(b, SCALAR_BYTES, err);

	return r < 0 ? r : attach(b, NULL, err); /* json-c has NULL for null */
}

/* Reading a text */

/* Nothing but white space is an empty JSON stream. */
static bool is_json(const char *text, size_t len)
{
	size_t i = 0;

	while (i < len &&
	       (text[i] == ' ' || text[i] == '\t' || text[i] == '\n' || text[i] == '\r'))
		i++;
	return i == len || text[i] == '{' || text[i] == '[';
}

static struct vc_tree *new_tree(const char *file, enum vc_tree_format format)
{
	VC_AUTO_TREE struct vc_tree *tree = calloc(1, sizeof(*tree));

	if (!tree)
		return NULL;
	tree->format = format;
	tree->file = strdup(file);
	tree->documents = json_object_new_array_ext(ARRAY_ROOM);
	return tree->file && tree->documents ? vc_steal(&tree) : NULL;
}

/**
 * vc_tree_parse() - Read a text as JSON or YAML documents
 * @text:	text, need not be terminated
 * @len:	its length
 * @file:	name for messages; copied
 * @ret_tree:	tree with at least one document; the caller frees it
 * @err:	"FILE:LINE:COLUMN: what is wrong"
 *
 * Return: 0, -VC_ERR_INPUT or -VC_ERR_INTERNAL
 */
int vc_tree_parse(const char *text, size_t len, const char *file,
                  struct vc_tree **ret_tree, struct vc_err *err)
{
	static const char bom[] = "\xef\xbb\xbf";
	bool json = is_json(text, len);
	VC_AUTO_TREE struct vc_tree *tree =
		new_tree(file, json ? VC_TREE_JSON : VC_TREE_YAML);
	struct vc_tree_builder builder = { 0 };
	int r;

	if (!tree)
		return vc_fail_oom(err);
	if (len >= sizeof(bom) - 1 && memcmp(text, bom, sizeof(bom) - 1) == 0)
		return vc_fail(err, VC_ERR_INPUT,
		               "%s:1:1: the text begins with a byte order mark; "
		               "save it without one",
		               file);
	builder.open[0] = tree->documents;
	r = json ? vc_json_parse(text, len, file, &builder, err)
	         : vc_yaml_parse(text, len, file, &builder, err);
	if (r < 0)
		return r;
	if (vc_tree_documents(tree) == 0)
		return vc_fail(err, VC_ERR_INPUT, "%s: no document: the text is empty",
		               file);
	*ret_tree = vc_steal(&tree);
	return 0;
}

/**
 * vc_tree_free() - Free a tree; nodes of it are no longer valid
 * @tree:	tree or NULL
 */
void vc_tree_free(struct vc_tree *tree)
{
	if (!tree)
		return;
	json_object_put(tree->documents);
	free(tree->file);
	free(tree);
}

/**
 * vc_tree_documents() - How many documents the text has
 * @tree:	tree
 *
 * Return: >= 1
 */
size_t vc_tree_documents(const struct vc_tree *tree)
{
	return json_object_array_length(tree->documents);
}

/**
 * vc_tree_format() - Which format the text has
 * @tree:	tree
 *
 * Return: the format
 */
enum vc_tree_format vc_tree_format(const struct vc_tree *tree)
{
	return tree->format;
}

/**
 * vc_tree_root() - The root of a document
 * @tree:	tree; must outlive the node
 * @i:		document, < vc_tree_documents()
 *
 * Return: the node
 */
struct vc_node vc_tree_root(const struct vc_tree *tree, size_t i)
{
	return (struct vc_node){
		.value = json_object_array_get_idx(tree->documents, i),
		.index = i,
		.file = tree->file,
	};
}

/* Walking */

/**
 * vc_node_type() - What a node is
 * @node:	node
 *
 * Return: its type
 */
enum vc_node_type vc_node_type(const struct vc_node *node)
{
	switch (json_object_get_type(node->value)) {
	case json_type_boolean:
		return VC_NODE_BOOL;
	case json_type_int:
		return VC_NODE_INT;
	case json_type_double:
		return VC_NODE_FLOAT;
	case json_type_string:
		return VC_NODE_STRING;
	case json_type_array:
		return VC_NODE_ARRAY;
	case json_type_object:
		return VC_NODE_OBJECT;
	case json_type_null:
		break;
	}
	return VC_NODE_NULL;
}

/**
 * vc_node_member() - A member of an object
 * @node:	any node; must outlive the child
 * @key:	key
 * @ret_child:	child, which may be null, when there is one
 *
 * Return: whether @node is an object that has the key
 */
bool vc_node_member(const struct vc_node *node, const char *key,
                    struct vc_node *ret_child)
{
	struct lh_entry *entry = NULL;

	if (vc_node_type(node) == VC_NODE_OBJECT)
		entry = lh_table_lookup_entry(json_object_get_object(node->value), key);
	if (!entry)
		return false;
	*ret_child = (struct vc_node){
		.value = lh_entry_v(entry),
		.parent = node,
		.key = lh_entry_k(entry),
		.file = node->file,
	};
	return true;
}

/**
 * vc_node_member_text() - The text of a member of an object
 * @node:	any node
 * @key:	key
 *
 * Return: text, which lives as long as the tree; NULL: there is no such member, or it is
 * no string
 */
const char *vc_node_member_text(const struct vc_node *node, const char *key)
{
	struct vc_node member;

	return vc_node_member(node, key, &member) ? vc_node_text(&member) : NULL;
}

/**
 * vc_node_count() - Elements of an array, members of an object
 * @node:	any node
 *
 * Return: how many, 0 for a scalar
 */
size_t vc_node_count(const struct vc_node *node)
{
	switch (vc_node_type(node)) {
	case VC_NODE_ARRAY:
		return json_object_array_length(node->value);
	case VC_NODE_OBJECT:
		return (size_t)json_object_object_length(node->value);
	case VC_NODE_NULL:
	case VC_NODE_BOOL:
	case VC_NODE_INT:
	case VC_NODE_FLOAT:
	case VC_NODE_STRING:
		break;
	}
	return 0;
}

/**
 * vc_node_element() - An element of an array
 * @node:	array; must outlive the child
 * @i:		index, < vc_node_count()
 *
 * Return: the element
 */
struct vc_node vc_node_element(const struct vc_node *node, size_t i)
{
	return (struct vc_node){
		.value = json_object_array_get_idx(node->value, i),
		.parent = node,
		.index = i,
		.file = node->file,
	};
}

static void free_index(struct json_object *object VC_UNUSED, void *userdata)
{
	free(userdata);
}

/* json-c has only a list of the members; an index is made when it is first asked for. */
static struct lh_entry **member_index(struct json_object *object)
{
	struct lh_entry **index = json_object_get_userdata(object);
	size_t n = (size_t)json_object_object_length(object), i = 0;

	if (index)
		return index;
	index = calloc(n + 1, sizeof(struct lh_entry *));
	if (!index)
		return NULL;
	for (struct lh_entry *e = json_object_get_object(object)->head; e; e = e->next)
		index[i++] = e;
	json_object_set_userdata(object, index, free_index);
	return index;
}

static struct lh_entry *nth_entry(struct json_object *object, size_t i)
{
	struct lh_entry **index = member_index(object);
	struct lh_entry *e;

	if (index)
		return index[i];
	e = json_object_get_object(object)->head;
	while (i-- > 0)
		e = e->next;
	return e;
}

/**
 * vc_node_nth_member() - A member of an object, by its place in the input
 * @node:	object; must outlive the child
 * @i:		index, < vc_node_count()
 *
 * Return: the member; its .key says which
 */
struct vc_node vc_node_nth_member(const struct vc_node *node, size_t i)
{
	const struct lh_entry *entry = nth_entry(node->value, i);

	return (struct vc_node){
		.value = lh_entry_v(entry),
		.parent = node,
		.key = lh_entry_k(entry),
		.file = node->file,
	};
}

/**
 * vc_node_text() - The text of a string
 * @node:	any node
 *
 * Return: the text, borrowed from the tree, without NUL in it; NULL when @node is no
 * string
 */
const char *vc_node_text(const struct vc_node *node)
{
	return vc_node_type(node) == VC_NODE_STRING ? json_object_get_string(node->value)
	                                            : NULL;
}

/**
 * vc_node_int_value() - The value of an integer
 * @node:	any node
 * @ret_value:	value, when it is one
 *
 * Return: whether @node is an integer; 1.0 is none
 */
bool vc_node_int_value(const struct vc_node *node, int64_t *ret_value)
{
	if (vc_node_type(node) != VC_NODE_INT)
		return false;
	*ret_value = json_object_get_int64(node->value);
	return true;
}

/**
 * vc_node_bool_value() - The value of a boolean
 * @node:	any node
 * @ret_value:	value, when it is one
 *
 * Return: whether @node is a boolean
 */
bool vc_node_bool_value(const struct vc_node *node, bool *ret_value)
{
	if (vc_node_type(node) != VC_NODE_BOOL)
		return false;
	*ret_value = json_object_get_boolean(node->value) != 0;
	return true;
}
