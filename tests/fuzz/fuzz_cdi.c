/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One CDI file, JSON or YAML: whatever it says, it is refused or becomes facts. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "claim/cdi.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A device has what its kind says, and a place in the file. */
static void check_device(const struct vc_device *device)
{
	if (!device->origin || !device->cdi_name)
		abort();
	if ((device->host.kind == VC_KIND_PCI) != device->host.has_pci)
		abort();
	if ((device->host.kind == VC_KIND_MDEV) != (device->host.mdev_uuid != NULL))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	VC_AUTO_TREE struct vc_tree *tree = NULL;
	struct vc_err err = VC_ERR_INIT;
	struct vc_facts facts = { 0 };
	int r;

	if (vc_tree_parse((const char *)data, size, "f", &tree, &err) < 0)
		return 0;
	(void)vc_cdi_recognise(tree);
	r = vc_cdi_read(&arena, tree, "x_3f7a92d4-6b0e-4d15-9c83-e1a4507bd926.json",
	                false, 0, &facts, &err);
	if (r < 0 && (facts.claims.n > 0 || facts.notes.n > 0 || strlen(err.msg) == 0))
		abort();
	for (size_t i = 0; i < facts.claims.n; i++)
		for (size_t j = 0; j < facts.claims.v[i].devices.n; j++)
			check_device(&facts.claims.v[i].devices.v[j]);
	return 0;
}
