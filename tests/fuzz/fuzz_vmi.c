/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A VMI with our annotation: every binding that comes out can be used. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "claim/vmi.h"
#include "translate/verify_vmi.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_binding(const struct vc_binding *binding)
{
	const struct vc_options *o = &binding->options;

	if (!vc_alias_is_valid(binding->alias) || !binding->request || !binding->origin)
		abort();
	if ((binding->claim == NULL) == (binding->pod_claim == NULL))
		abort();
	if (o->address.multifunction != VC_UNKNOWN && !o->address.set)
		abort();
	if (o->rom_file && o->rom_file[0] != '/')
		abort();
}

/* What the other annotation asks for, be the rest of the VMI what it may */
static void check_compute(const struct vc_tree *tree)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_node root = vc_tree_root(tree, 0);
	struct vc_err err = VC_ERR_INIT;
	struct vc_listed_claims listed;
	struct vc_compute_claims list;

	if (vc_verify_vmi_listed(&arena, &root, &listed, &err) < 0 ||
	    vc_verify_vmi_compute(&arena, &root, &listed, &list, &err) < 0)
		abort();
	for (size_t i = 0; i < list.n; i++)
		if (strpbrk(list.v[i].name, ",/") ||
		    (list.v[i].listed &&
		     strcmp(list.v[i].listed->name, list.v[i].name) != 0))
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	VC_AUTO_TREE struct vc_tree *tree = NULL;
	struct vc_err err = VC_ERR_INIT;
	struct vc_vmi vmi = { 0 };

	if (vc_tree_parse((const char *)data, size, "f", &tree, &err) < 0)
		return 0;
	check_compute(tree);
	if (vc_vmi_read(&arena, tree, &vmi, &err) < 0) {
		if (vmi.name || strlen(err.msg) == 0)
			abort();
		return 0;
	}
	if (!vmi.name || err.kind != VC_ERR_NONE)
		abort();
	for (size_t i = 0; i < vmi.bindings.n; i++)
		check_binding(&vmi.bindings.v[i]);
	return 0;
}
