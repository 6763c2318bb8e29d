/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A text that is accepted, written as JSON, reads back and is written the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The text as JSON, NULL when it is refused or too deep for the writer. */
static char *rewrite(const char *text, size_t len)
{
	VC_AUTO_BUF struct vc_buf buf = VC_BUF_INIT((size_t)64 << 20);
	VC_AUTO_TREE struct vc_tree *tree = NULL;
	struct vc_json_writer w = { .buf = &buf };
	struct vc_err err = VC_ERR_INIT;
	char *json = NULL;

	if (vc_tree_parse(text, len, "f", &tree, &err) < 0)
		return NULL;
	for (size_t i = 0; i < vc_tree_documents(tree); i++) {
		struct vc_node root = vc_tree_root(tree, i);

		fuzz_write_node(&w, &root);
	}
	return vc_buf_take(&buf, &json, NULL, &err) < 0 ? NULL : json;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	VC_AUTOFREE char *once = rewrite((const char *)data, size);
	VC_AUTOFREE char *twice = once ? rewrite(once, strlen(once)) : NULL;

	if (once && (!twice || strcmp(once, twice) != 0))
		abort();
	return 0;
}
