/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Typed members and messages of tree.h: what needs no json-c. */
#include <stdio.h>
#include <string.h>

#include "claim/tree.h"

#define POINTER_SIZE 768

static const char *type_name(enum vc_node_type type)
{
	static const char *const names[] = {
		[VC_NODE_NULL] = "null",        [VC_NODE_BOOL] = "a boolean",
		[VC_NODE_INT] = "an integer",   [VC_NODE_FLOAT] = "a float",
		[VC_NODE_STRING] = "a string",  [VC_NODE_ARRAY] = "an array",
		[VC_NODE_OBJECT] = "an object",
	};

	return names[type];
}

/* [RFC 6901] escapes; stops when @text is full. */
static size_t add_token(char text[static POINTER_SIZE], size_t at, const char *key)
{
	text[at++] = '/';
	for (; *key != '\0' && at + 3 < POINTER_SIZE; key++) {
		if (*key != '~' && *key != '/') {
			text[at++] = *key;
			continue;
		}
		text[at++] = '~';
		text[at++] = *key == '~' ? '0' : '1';
	}
	return at;
}

/* The pointer of @node from its root, as long as it fits; returns its length. */
static size_t write_pointer(const struct vc_node *node, char text[static POINTER_SIZE])
{
	char number[24];
	size_t at;

	if (!node->parent)
		return 0;
	at = write_pointer(node->parent, text);
	if (at + 4 >= POINTER_SIZE)
		return at;
	(void)snprintf(number, sizeof(number), "%zu", node->index);
	return add_token(text, at, node->key ? node->key : number);
}

/* ": document 2: /a/b", with only those parts that say something */
static void describe(const struct vc_node *node, char text[static POINTER_SIZE + 64])
{
	char pointer[POINTER_SIZE + 1];
	const struct vc_node *root = node;
	size_t len = write_pointer(node, pointer);
	int used = 0;

	pointer[len] = '\0';
	text[0] = '\0';
	while (root->parent)
		root = root->parent;
	if (root->index > 0)
		used = snprintf(text, 64, ": document %zu", root->index + 1);
	if (len > 0)
		(void)snprintf(text + used, POINTER_SIZE + 64 - (size_t)used, ": %s",
		               pointer);
}

/**
 * vc_node_fail() - Fail because of what a node says
 * @node:	node that is wrong
 * @err:	filled with "FILE: [document N: ]/json/pointer: message"
 * @kind:	kind of the error
 * @fmt:	message
 *
 * Return: -(int)@kind
 */
int vc_node_fail(const struct vc_node *node, struct vc_err *err, enum vc_err_kind kind,
                 const char *fmt, ...)
{
	char place[POINTER_SIZE + 64], message[VC_ERR_MSG_SIZE];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);
	describe(node, place);
	return vc_fail(err, kind, "%s%s: %s", node->file, place, message);
}

/**
 * vc_node_where() - The place of a node, for messages that come later
 * @arena:	holds the text
 * @node:	node
 *
 * Return: "FILE: [document N: ]/json/pointer", "FILE" for the first root; NULL
 */
char *vc_node_where(struct vc_arena *arena, const struct vc_node *node)
{
	char place[POINTER_SIZE + 64];

	describe(node, place);
	return vc_arena_printf(arena, "%s%s", node->file, place);
}

/* A member of a type: 1, 0 when it is absent or null and may be, or an error. */
static int find_typed(const struct vc_node *node, const char *key, enum vc_node_type type,
                      enum vc_presence presence, struct vc_node *ret_child,
                      struct vc_err *err)
{
	struct vc_node child;
	bool has;

	if (vc_node_type(node) != VC_NODE_OBJECT)
		return vc_node_fail(node, err, VC_ERR_INPUT, "expected an object, not %s",
		                    type_name(vc_node_type(node)));
	has = vc_node_member(node, key, &child);
	if (has && vc_node_type(&child) == type) {
		*ret_child = child;
		return 1;
	}
	if (has && (vc_node_type(&child) != VC_NODE_NULL || presence == VC_REQUIRED))
		return vc_node_fail(&child, err, VC_ERR_INPUT, "expected %s, not %s",
		                    type_name(type), type_name(vc_node_type(&child)));
	if (presence == VC_REQUIRED)
		return vc_node_fail(node, err, VC_ERR_INPUT,
		                    "'%s' is missing; expected %s", key, type_name(type));
	return 0;
}

/**
 * vc_node_object() - A member that is an object
 * @node:	object; must outlive the child
 * @key:	key
 * @presence:	whether absent and null are errors
 * @ret_child:	member, when it is there
 * @ret_found:	whether it is there; NULL when it must be
 * @err:	what is wrong, with the pointer
 *
 * Return: 0 or -VC_ERR_INPUT
 */
int vc_node_object(const struct vc_node *node, const char *key, enum vc_presence presence,
                   struct vc_node *ret_child, bool *ret_found, struct vc_err *err)
{
	int r = find_typed(node, key, VC_NODE_OBJECT, presence, ret_child, err);

	if (r >= 0 && ret_found)
		*ret_found = r > 0;
	return r < 0 ? r : 0;
}

/**
 * vc_node_array() - A member that is an array
 * @node:	object; must outlive the child
 * @key:	key
 * @presence:	whether absent and null are errors
 * @ret_child:	member, when it is there
 * @ret_found:	whether it is there; NULL when it must be
 * @err:	what is wrong, with the pointer
 *
 * Return: 0 or -VC_ERR_INPUT
 */
int vc_node_array(const struct vc_node *node, const char *key, enum vc_presence presence,
                  struct vc_node *ret_child, bool *ret_found, struct vc_err *err)
{
	int r = find_typed(node, key, VC_NODE_ARRAY, presence, ret_child, err);

	if (r >= 0 && ret_found)
		*ret_found = r > 0;
	return r < 0 ? r : 0;
}

/**
 * vc_node_string() - A member that is a string
 * @arena:	holds the copy
 * @node:	object
 * @key:	key
 * @presence:	whether absent and null are errors
 * @ret_text:	copy of the string, when it is there
 * @err:	what is wrong, with the pointer
 *
 * Return: 0, -VC_ERR_INPUT or -VC_ERR_INTERNAL
 */
int vc_node_string(struct vc_arena *arena, const struct vc_node *node, const char *key,
                   enum vc_presence presence, char **ret_text, struct vc_err *err)
{
	struct vc_node child;
	int r = find_typed(node, key, VC_NODE_STRING, presence, &child, err);
	char *text;

	if (r <= 0)
		return r;
	text = vc_arena_strdup(arena, vc_node_text(&child));
	if (!text)
		return vc_fail_oom(err);
	*ret_text = text;
	return 0;
}

/**
 * vc_node_int() - A member that is an integer
 * @node:	object
 * @key:	key
 * @presence:	whether absent and null are errors
 * @ret_value:	value, when it is there
 * @err:	what is wrong, with the pointer
 *
 * Return: 0 or -VC_ERR_INPUT
 */
int vc_node_int(const struct vc_node *node, const char *key, enum vc_presence presence,
                int64_t *ret_value, struct vc_err *err)
{
	struct vc_node child;
	int r = find_typed(node, key, VC_NODE_INT, presence, &child, err);

	if (r > 0)
		(void)vc_node_int_value(&child, ret_value);
	return r < 0 ? r : 0;
}

/**
 * vc_node_bool() - A member that is a boolean
 * @node:	object
 * @key:	key
 * @presence:	whether absent and null are errors
 * @ret_value:	value, when it is there
 * @err:	what is wrong, with the pointer
 *
 * Return: 0 or -VC_ERR_INPUT
 */
int vc_node_bool(const struct vc_node *node, const char *key, enum vc_presence presence,
                 bool *ret_value, struct vc_err *err)
{
	struct vc_node child;
	int r = find_typed(node, key, VC_NODE_BOOL, presence, &child, err);

	if (r > 0)
		(void)vc_node_bool_value(&child, ret_value);
	return r < 0 ? r : 0;
}
