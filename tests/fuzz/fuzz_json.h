/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz_json.h - any node through the JSON writer. */
#pragma once

#include "claim/json_writer.h"
#include "claim/tree.h"

/* No format of ours has fractions, so nodes do not give their value: written as null. */
static inline void fuzz_write_node(struct vc_json_writer *w, const struct vc_node *node)
{
	enum vc_node_type type = vc_node_type(node);
	int64_t number = 0;
	bool flag = false;

	if (type == VC_NODE_OBJECT || type == VC_NODE_ARRAY) {
		(type == VC_NODE_OBJECT ? vc_json_object : vc_json_array)(w, node->key);
		for (size_t i = 0; i < vc_node_count(node); i++) {
			struct vc_node child = type == VC_NODE_OBJECT
			                               ? vc_node_nth_member(node, i)
			                               : vc_node_element(node, i);

			fuzz_write_node(w, &child);
		}
		vc_json_close(w);
	} else if (type == VC_NODE_STRING) {
		vc_json_string(w, node->key, vc_node_text(node));
	} else if (vc_node_int_value(node, &number)) {
		vc_json_int(w, node->key, number);
	} else if (vc_node_bool_value(node, &flag)) {
		vc_json_bool(w, node->key, flag);
	} else {
		vc_json_null(w, node->key);
	}
}
