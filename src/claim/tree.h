/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tree.h - JSON and YAML documents as one kind of tree, read strictly and with limits.
 *
 * tree.c is the only file that includes json-c, yaml.c the only one that includes
 * libyaml; both end in json-c objects, so readers do not care which of the two a file is.
 *
 * JSON is RFC 8259 and nothing more: duplicate keys, NaN, Infinity, single quotes,
 * comments, trailing commas, a BOM, integers beyond int64, invalid UTF-8 and NUL
 * (\u0000) in strings are refused, with line and column. A file may hold a stream of
 * JSON documents [KEP-5304] or of YAML documents separated by "---".
 *
 * YAML: anchors, aliases and tags are refused (expansion bombs), duplicate keys too. A
 * plain scalar is null, bool, int or float by the YAML 1.2 core schema, else a string; a
 * plain yes, no, on, off (any case) is refused, because YAML 1.1 readers make booleans
 * of them.
 *
 * A node is a cursor in the caller's frame. It knows its parents, so that an error can
 * begin with "FILE: /json/pointer: ".
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

struct json_object;
struct vc_tree;

#define VC_TREE_MAX_DEPTH     48
#define VC_TREE_MAX_DOCUMENTS 10000

enum vc_tree_format {
	VC_TREE_JSON,
	VC_TREE_YAML,
};

enum vc_node_type {
	VC_NODE_NULL,
	VC_NODE_BOOL,
	VC_NODE_INT,
	VC_NODE_FLOAT,
	VC_NODE_STRING,
	VC_NODE_ARRAY,
	VC_NODE_OBJECT,
};

struct vc_node {
	struct json_object *value; /* borrowed from the tree */
	const struct vc_node *parent;
	const char *key;  /* in an object */
	size_t index;     /* in an array; document number at the root */
	const char *file; /* for messages */
};

/* Reading a text. @file is only for messages. Format by content: JSON when the first
 * character that is no white space is '{' or '[', else YAML. */
int vc_tree_parse(const char *text, size_t len, const char *file,
                  struct vc_tree **ret_tree, struct vc_err *err) VC_MUST_CHECK;
void vc_tree_free(struct vc_tree *tree);
size_t vc_tree_documents(const struct vc_tree *tree);
enum vc_tree_format vc_tree_format(const struct vc_tree *tree);
struct vc_node vc_tree_root(const struct vc_tree *tree, size_t i);

static inline void vc_tree_freep(struct vc_tree **tree)
{
	vc_tree_free(*tree);
}
#define VC_AUTO_TREE VC_CLEANUP(vc_tree_freep)

/* Walking */
enum vc_node_type vc_node_type(const struct vc_node *node);
bool vc_node_member(const struct vc_node *node, const char *key,
                    struct vc_node *ret_child);
const char *vc_node_member_text(const struct vc_node *node, const char *key);
size_t vc_node_count(const struct vc_node *node); /* array elements or object members */
struct vc_node vc_node_element(const struct vc_node *node, size_t i);
struct vc_node vc_node_nth_member(const struct vc_node *node, size_t i); /* input order */

/* Typed members: absent or null gives 0 and leaves *ret alone (or is an error with
 * VC_REQUIRED); a wrong type is -VC_ERR_INPUT with the pointer of the member. Strings
 * are copied into the arena. */
enum vc_presence { VC_OPTIONAL, VC_REQUIRED };
int vc_node_object(const struct vc_node *node, const char *key, enum vc_presence presence,
                   struct vc_node *ret_child, bool *ret_found, struct vc_err *err);
int vc_node_array(const struct vc_node *node, const char *key, enum vc_presence presence,
                  struct vc_node *ret_child, bool *ret_found, struct vc_err *err);
int vc_node_string(struct vc_arena *arena, const struct vc_node *node, const char *key,
                   enum vc_presence presence, char **ret_text, struct vc_err *err);
int vc_node_int(const struct vc_node *node, const char *key, enum vc_presence presence,
                int64_t *ret_value, struct vc_err *err);
int vc_node_bool(const struct vc_node *node, const char *key, enum vc_presence presence,
                 bool *ret_value, struct vc_err *err);

/* The value of the node itself */
const char *
vc_node_text(const struct vc_node *node); /* of a string, else NULL; borrowed */
bool vc_node_int_value(const struct vc_node *node, int64_t *ret_value);
bool vc_node_bool_value(const struct vc_node *node, bool *ret_value);

/* vc_node_fail(&n, err, VC_ERR_INPUT, "expected ...") -> "FILE: /a/0/b: expected ..." */
int vc_node_fail(const struct vc_node *node, struct vc_err *err, enum vc_err_kind kind,
                 const char *fmt, ...) VC_PRINTF(4, 5);
/* "FILE: /a/0/b", in the arena; NULL when out of memory */
char *vc_node_where(struct vc_arena *arena, const struct vc_node *node);
