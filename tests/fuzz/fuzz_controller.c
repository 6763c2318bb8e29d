/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A stream of objects, as claim n/c and VM n/v: what the controller knows stays in order,
 * and nothing of it is left when all have gone. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "claim/tree.h"
#include "controller/decide.h"
#include "controller/facts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_decision(const struct vc_known_claim *claim)
{
	const struct vc_decision d = vc_decide(claim);

	if ((d.verdict == VC_PIN &&
	     (!d.vm || !d.uid || !(claim->allocated || d.keeper))) ||
	    (d.verdict == VC_UNPIN && !claim->marked) ||
	    (d.verdict == VC_WAIT && d.why == VC_WHY_NONE))
		abort();
	for (const struct vc_tie *t = claim->ties; t; t = t->of_claim.next)
		if (t->claim != claim || (t->kind == VC_TIE_HELD) != (t->uid != NULL) ||
		    (vc_is_loser(&d, t) && t->kind == VC_TIE_HELD))
			abort();
}

static void take(struct vc_world *world, const struct vc_node *object)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_err err = VC_ERR_INIT;
	struct vc_claim_facts claim;
	struct vc_vm_facts vm;

	if (vc_facts_of_claim(&arena, object, &claim, &err) == 0 &&
	    vc_world_claim(world, "n/c", &claim, 1, &err) < 0)
		abort();
	if (vc_facts_of_vm(&arena, object, &vm, &err) == 0 &&
	    vc_world_vm(world, "n/v", &vm, 1, &err) < 0)
		abort();
	for (const struct vc_known_claim *c = world->claims; c; c = c->next)
		check_decision(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	VC_AUTO_TREE struct vc_tree *tree = NULL;
	struct vc_err err = VC_ERR_INIT;
	struct vc_queue queue = { .n = 0 };
	struct vc_world world = { .queue = &queue };
	struct vc_item *item;

	if (vc_tree_parse((const char *)data, size, "f", &tree, &err) < 0)
		return 0;
	for (size_t i = 0; i < vc_tree_documents(tree); i++) {
		struct vc_node root = vc_tree_root(tree, i);

		take(&world, &root);
	}
	vc_world_claims_synced(&world, 2);
	if (vc_world_vms_synced(&world, 2, &err) < 0)
		abort();
	while ((item = vc_queue_take(&queue, VC_QUEUE_NEVER - 1)))
		vc_world_settled(&world, vc_claim_of(item));
	if (world.claims || world.vms || world.n_claims > 0 || world.n_vms > 0)
		abort();
	vc_world_release(&world);
	return 0;
}
