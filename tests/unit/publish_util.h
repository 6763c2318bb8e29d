/* SPDX-License-Identifier: GPL-2.0-or-later */
/* publish_util.h - where a test publishes, and what readers make of the files. */
#pragma once

#include <inttypes.h>

#include "claim/join.h"
#include "claim/source.h"
#include "node/publish.h"
#include "prepared_claim.h"
#include "temp_tree.h"

/* Where a test publishes, below its own directory. */
struct place {
	char claims[128], cdi[128];
	struct vc_publish publish;
};

static inline void place_in(const struct temp_tree *t, struct place *place)
{
	(void)snprintf(place->claims, sizeof(place->claims), "%s/run/claims", t->path);
	(void)snprintf(place->cdi, sizeof(place->cdi), "%s/cdi", t->path);
	place->publish = (struct vc_publish){ place->claims, place->cdi, BOOT, NULL };
}

static inline int write_claim(const struct place *place, const struct vc_claim *claim,
                              bool *ret_changed, struct vc_err *err)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;

	return vc_publish_write(&arena, &place->publish, claim, ret_changed, err);
}

static inline void must_write(const struct place *place, const struct vc_claim *claim,
                              bool changes)
{
	struct vc_err err = VC_ERR_INIT;
	bool changed = !changes;

	if (write_claim(place, claim, &changed, &err) < 0)
		fail_msg("%s", err.msg);
	assert_int_equal(changed, changes);
}

static inline int withdraw(const struct place *place, const char *name, const char *uid,
                           struct vc_err *err)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;

	return vc_publish_withdraw(&arena, &place->publish, "lab", name, uid, err);
}

/* What everybody reads: paths as of --claims, joined. */
static inline void read_claims(struct vc_arena *arena, const char *const paths[],
                               size_t n, struct vc_claims *ret_claims)
{
	const struct vc_source_options options = { .file_flags = VC_FILE_TRUSTED };
	struct vc_facts facts = { 0 };
	struct vc_err err = VC_ERR_INIT;

	if (vc_sources_read(arena, paths, n, &options, &facts, &err) < 0 ||
	    vc_join(arena, &facts, ret_claims, &err) < 0)
		fail_msg("%s", err.msg);
}

/* A whole file below the tree; "" when it is not there. */
static inline char *file_text(struct vc_arena *arena, const struct temp_tree *t,
                              const char *path)
{
	struct vc_err err = VC_ERR_INIT;
	char *text = NULL;
	size_t len;

	if (vc_file_read(arena, t->dir, path, VC_FILE_WHOLE, &text, &len, &err) < 0)
		return text_of(arena, "");
	return text;
}
