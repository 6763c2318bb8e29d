/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kubernetes objects, read and joined: what comes out is sorted and has its place. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "claim/join.h"
#include "claim/kubernetes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_claim(const struct vc_claim *claim)
{
	if (!claim->from_api || !claim->name || !claim->origin)
		abort();
	for (size_t i = 0; i < claim->devices.n; i++) {
		const struct vc_device *d = &claim->devices.v[i];

		if (!d->request || !d->driver || !d->pool || !d->name || !d->origin)
			abort();
		if ((d->host.kind == VC_KIND_PCI) != d->host.has_pci)
			abort();
		if (d->unresolved && (d->host.has_pci || d->host.mdev_uuid))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	VC_AUTO_TREE struct vc_tree *tree = NULL;
	struct vc_err err = VC_ERR_INIT;
	struct vc_facts facts = { 0 };
	struct vc_claims claims = { 0 };

	if (vc_tree_parse((const char *)data, size, "f", &tree, &err) < 0)
		return 0;
	(void)vc_kubernetes_recognise(tree);
	if (vc_kubernetes_read(&arena, tree, &facts, &err) < 0 ||
	    vc_join(&arena, &facts, &claims, &err) < 0) {
		if (claims.n > 0 || strlen(err.msg) == 0)
			abort();
		return 0;
	}
	if (claims.n > facts.claims.n || err.kind != VC_ERR_NONE)
		abort();
	for (size_t i = 0; i < claims.n; i++)
		check_claim(&claims.v[i]);
	return 0;
}
