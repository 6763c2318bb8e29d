/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists and watch events: in which pieces they arrive makes no difference, and what the
 * tree parser reads as a list has the objects that were found. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "claim/tree.h"
#include "kube/scan.h"

#define MAX_OBJECT 2000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
	size_t n, bytes;
	uint64_t sum;
};

static void add(struct seen *seen, const char *text)
{
	for (; *text; text++)
		seen->sum = seen->sum * 31 + (unsigned char)*text;
	seen->sum++;
}

static int take(void *arg, struct vc_scan_object *o, struct vc_err *err)
{
	struct seen *seen = arg;

	(void)err;
	if (o->text && strlen(o->text) > o->len)
		abort();
	seen->n++;
	seen->bytes += o->len;
	add(seen, o->type);
	add(seen, o->namespace);
	add(seen, o->name);
	add(seen, o->uid);
	add(seen, o->resource_version);
	add(seen, o->text ? o->text : "?");
	return 0;
}

static int scan_all(enum vc_scan_form form, const char *text, size_t size, size_t piece,
                    struct seen *seen)
{
	struct vc_err err = VC_ERR_INIT;
	struct vc_scan *scan = NULL;
	int r = vc_scan_new(form, "Thing", "g/v1", MAX_OBJECT, &scan, &err);

	for (size_t i = 0; r == 0 && i < size; i += piece)
		r = vc_scan_feed(scan, text + i, size - i < piece ? size - i : piece,
		                 take, seen, &err);
	if (r == 0)
		r = vc_scan_end(scan, &err);
	add(seen, scan ? vc_scan_list_version(scan) : "");
	vc_scan_free(scan);
	return r;
}

/* How many objects a list has, by the tree parser; -1: it is no list that it reads */
static long count_items(const char *text, size_t size)
{
	VC_AUTO_TREE struct vc_tree *tree = NULL;
	struct vc_err err = VC_ERR_INIT;
	struct vc_node root, items;
	long n = 0;

	if (vc_tree_parse(text, size, "f", &tree, &err) < 0 ||
	    vc_tree_format(tree) != VC_TREE_JSON || vc_tree_documents(tree) != 1)
		return -1;
	root = vc_tree_root(tree, 0);
	if (!vc_node_member(&root, "items", &items) ||
	    vc_node_type(&items) != VC_NODE_ARRAY)
		return -1;
	for (size_t i = 0; i < vc_node_count(&items); i++) {
		struct vc_node element = vc_node_element(&items, i);

		n += vc_node_type(&element) == VC_NODE_OBJECT;
	}
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	static const enum vc_scan_form forms[] = { VC_SCAN_LIST, VC_SCAN_EVENTS };
	long items = size > 0 && text[0] == '{' ? count_items(text, size) : -1;

	for (size_t i = 0; i < 2; i++) {
		struct seen whole = { 0 }, pieces = { 0 }, bytes = { 0 };
		int r = scan_all(forms[i], text, size, size + 1, &whole);

		if (scan_all(forms[i], text, size, 7, &pieces) != r ||
		    scan_all(forms[i], text, size, 1, &bytes) != r)
			abort();
		if (memcmp(&whole, &pieces, sizeof(whole)) != 0 ||
		    memcmp(&whole, &bytes, sizeof(whole)) != 0)
			abort();
		/* keys may be written with escapes, which the scanner does not read */
		if (forms[i] == VC_SCAN_LIST && items >= 0 && r == 0 &&
		    !memchr(text, '\\', size) && whole.n != (size_t)items)
			abort();
	}
	return 0;
}
