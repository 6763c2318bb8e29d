/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "claim/cdi.h"

#include <strings.h>

#include "claim/cdi_recover.h"

/**
 * vc_cdi_recognise() - Whether a tree is meant to be a CDI file
 * @tree:	tree
 *
 * Return: whether its first document has cdiVersion; or kind and devices, but nothing of
 * a Kubernetes object, so that a file without cdiVersion is told what it lacks
 */
bool vc_cdi_recognise(const struct vc_tree *tree)
{
	struct vc_node root = vc_tree_root(tree, 0);
	bool version = false, kind = false, devices = false, kubernetes = false;

	if (vc_node_type(&root) != VC_NODE_OBJECT)
		return false;
	for (size_t i = 0; i < vc_node_count(&root); i++) {
		const char *key = vc_node_nth_member(&root, i).key;

		version |= strcasecmp(key, "cdiVersion") == 0;
		kind |= strcasecmp(key, "kind") == 0;
		devices |= strcasecmp(key, "devices") == 0;
		kubernetes |= strcasecmp(key, "apiVersion") == 0;
	}
	return version || (kind && devices && !kubernetes);
}

/**
 * vc_cdi_read() - Read one CDI file
 * @arena:	holds the facts
 * @tree:	its content
 * @file_name:	its base name, in which many drivers put the claim UID; "" none
 * @follow:	whether to read the metadata files that it mounts
 * @file_flags:	how to read those
 * @facts:	what the file says is added; as it was on failure
 * @err:	"FILE: /json/pointer: what is wrong"
 *
 * Return: 0, -VC_ERR_INPUT, -VC_ERR_REFUSED, -VC_ERR_SYSTEM (of a followed file) or
 * -VC_ERR_INTERNAL
 */
/* The signature is the contract of the header. NOLINTNEXTLINE(*-function-size) */
int vc_cdi_read(struct vc_arena *arena, const struct vc_tree *tree, const char *file_name,
                bool follow, unsigned file_flags, struct vc_facts *facts,
                struct vc_err *err)
{
	const struct vc_cdi_options options = {
		.follow = follow,
		.file_flags = file_flags,
	};
	struct vc_cdi_spec spec;
	int r = vc_cdi_spec_read(arena, tree, &spec, err);

	return r < 0 ? r : vc_cdi_recover(arena, &spec, file_name, &options, facts, err);
}
