/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A host claim that is read can be written, stays as it is, and is a ResourceClaim. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "claim/host_claim.h"
#include "claim/kubernetes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int read_text(struct vc_arena *arena, const char *text, size_t len,
                     struct vc_host_claim *claim)
{
	VC_AUTO_TREE struct vc_tree *tree = NULL;
	struct vc_err err = VC_ERR_INIT;
	int r = vc_tree_parse(text, len, "f", &tree, &err);

	if (r == 0)
		r = vc_host_claim_read(arena, tree, claim, &err);
	if ((r < 0) != (err.kind != VC_ERR_NONE))
		abort();
	return r;
}

/* Only what a claim may hold of one device can be too much. */
static char *write_claim(const struct vc_host_claim *claim)
{
	VC_AUTO_BUF struct vc_buf buf = VC_BUF_INIT((size_t)4 << 20);
	struct vc_err err = VC_ERR_INIT;
	char *text = NULL;
	int r = vc_host_claim_write(claim, &buf, &err);

	if (r < 0 && !strstr(err.msg, "says more about itself"))
		abort();
	if (r == 0)
		r = vc_buf_take(&buf, &text, NULL, &err);
	return r < 0 ? NULL : text;
}

static void check_resource_claim(struct vc_arena *arena, const char *text)
{
	VC_AUTO_TREE struct vc_tree *tree = NULL;
	struct vc_err err = VC_ERR_INIT;
	struct vc_facts facts = { 0 };

	if (vc_tree_parse(text, strlen(text), "f", &tree, &err) < 0 ||
	    vc_kubernetes_read(arena, tree, &facts, &err) < 0 || facts.claims.n != 1)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_host_claim claim = { .generation = -7 }, again;
	VC_AUTOFREE char *once = NULL;
	VC_AUTOFREE char *twice = NULL;

	if (read_text(&arena, (const char *)data, size, &claim) < 0) {
		if (claim.generation != -7)
			abort();
		return 0;
	}
	once = write_claim(&claim);
	if (!once)
		return 0;
	if (read_text(&arena, once, strlen(once), &again) < 0)
		abort();
	twice = write_claim(&again);
	if (!twice || strcmp(once, twice) != 0)
		abort();
	check_resource_claim(&arena, once);
	return 0;
}
