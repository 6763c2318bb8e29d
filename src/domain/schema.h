/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * schema.h - validation against libvirt's RNG and against our own grammars.
 *
 * Compiling libvirt's grammar costs more than ten rewrites, so hooks never do this.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "model/plan.h"

/* One complaint; line 0 unknown. */
struct vc_complaint {
	long line;
	char *text;
};

struct vc_complaints {
	struct vc_complaint *v;
	size_t n, cap;
};

/* Our metadata against our grammar, what is known to be wrong with the elements of @plan
 * in words, the whole document against DIR/domain.rng, and, when that complains, each
 * element of @plan against the small grammar that starts at its define, whose messages
 * say what is wrong. What says most stands first. @plan NULL: whole document and
 * metadata only. @directory NULL: libvirt's installed schemas. No schemas installed is
 * -VC_ERR_ABSENT. */
int vc_schema_validate(struct vc_arena *arena, const char *xml, size_t len,
                       const struct vc_plan *plan, const char *directory,
                       struct vc_complaints *ret_complaints, struct vc_err *err)
	VC_MUST_CHECK;
