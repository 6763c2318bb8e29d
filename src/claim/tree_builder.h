/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tree_builder.h - how the JSON and the YAML parser put a tree together.
 *
 * The limits that both formats share (depth, memory, number of documents, duplicate
 * keys, NUL in strings) are kept here. An error says what is wrong; the parser, which
 * knows line and column, puts them in front. Calls come in the order of the text:
 *
 *   document := value
 *   value    := object (key value)* end | array value* end | a scalar
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "claim/tree.h"

struct lh_entry;

/**
 * struct vc_tree_builder - a tree under construction
 * @open:	containers around the next value; [0] is the list of documents
 * @depth:	index of the innermost one
 * @member:	the member of an object that has its key and waits for its value; NULL
 * @bytes:	what the tree holds, roughly
 */
struct vc_tree_builder {
	struct json_object *open[VC_TREE_MAX_DEPTH + 1];
	size_t depth;
	struct lh_entry *member;
	size_t bytes;
};

int vc_build_object(struct vc_tree_builder *b, struct vc_err *err) VC_MUST_CHECK;
int vc_build_array(struct vc_tree_builder *b, struct vc_err *err) VC_MUST_CHECK;
void vc_build_end(struct vc_tree_builder *b);
bool vc_build_wants_key(const struct vc_tree_builder *b);
int vc_build_key(struct vc_tree_builder *b, const char *text, size_t len,
                 struct vc_err *err) VC_MUST_CHECK;
int vc_build_string(struct vc_tree_builder *b, const char *text, size_t len,
                    struct vc_err *err) VC_MUST_CHECK;
int vc_build_int(struct vc_tree_builder *b, int64_t value, struct vc_err *err)
	VC_MUST_CHECK;
int vc_build_float(struct vc_tree_builder *b, const char *text, struct vc_err *err)
	VC_MUST_CHECK;
int vc_build_bool(struct vc_tree_builder *b, bool value, struct vc_err *err)
	VC_MUST_CHECK;
int vc_build_null(struct vc_tree_builder *b, struct vc_err *err) VC_MUST_CHECK;
