/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A claim that is read can be written, unless it is refused, and stays as it is. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "claim/device_metadata.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int read_text(struct vc_arena *arena, const char *text, size_t len,
                     struct vc_facts *facts)
{
	VC_AUTO_TREE struct vc_tree *tree = NULL;
	struct vc_err err = VC_ERR_INIT;

	return vc_tree_parse(text, len, "f", &tree, &err) < 0
	               ? -1
	               : vc_device_metadata_read(arena, tree, facts, &err);
}

static char *write_claim(const struct vc_claim *claim)
{
	static const char *const versions[] = { "v1beta1", "v1alpha1" };
	VC_AUTO_BUF struct vc_buf buf = VC_BUF_INIT((size_t)64 << 20);
	struct vc_err err = VC_ERR_INIT;
	char *text = NULL;
	int r = vc_device_metadata_write(claim, versions, 2, &buf, &err);

	if (r == 0)
		r = vc_buf_take(&buf, &text, NULL, &err);
	return r < 0 ? NULL : text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_facts facts = { 0 };

	(void)read_text(&arena, (const char *)data, size, &facts);
	for (size_t i = 0; i < facts.claims.n; i++) {
		VC_AUTOFREE char *once = write_claim(&facts.claims.v[i]);
		VC_AUTOFREE char *twice = NULL;
		struct vc_facts again = { 0 };

		if (!once)
			continue;
		if (read_text(&arena, once, strlen(once), &again) < 0 ||
		    again.claims.n != 1)
			abort();
		twice = write_claim(&again.claims.v[0]);
		if (!twice || strcmp(once, twice) != 0)
			abort();
	}
	return 0;
}
