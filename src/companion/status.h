/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * status.h - what virt-claimd knows of the claims of a Kubernetes node, for those who ask:
 * RUN/companion.json, replaced as a whole.
 *
 *   {"settled": true,
 *    "claims": [{"uid": "...", "namespace": "...", "name": "...", "state": "published",
 *                "text": "..."}, ...],
 *    "troubles": [{"subject": "/var/run/cdi/x.yaml", "text": "..."}, ...]}
 *
 * A claim is "published", "incomplete", "broken", or "unrelated" (of containers alone);
 * .text says why, and may be there of a published one, too.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "companion/source.h"

#define VC_COMPANION_STATUS "companion.json"

/**
 * struct vc_companion_claim - one claim
 * @uid:	always known
 * @namespace, @name: NULL unknown
 * @state:	as above
 * @text:	NULL nothing to be said
 */
struct vc_companion_claim {
	const char *uid, *namespace, *name;
	const char *state;
	const char *text;
};

struct vc_companion_status {
	bool settled;
	struct {
		struct vc_companion_claim *v;
		size_t n, cap;
	} claims;
	struct vc_troubles troubles;
};

/* Writes nothing when the file is like that already. */
int vc_companion_status_write(struct vc_arena *arena, const char *run,
                              const struct vc_companion_status *status,
                              struct vc_err *err) VC_MUST_CHECK;
/* -VC_ERR_ABSENT: virt-claimd did not run with sources in this boot. */
int vc_companion_status_read(struct vc_arena *arena, const char *run,
                             struct vc_companion_status *ret_status, struct vc_err *err)
	VC_MUST_CHECK;
/* By namespace and name; NULL there is none. */
const struct vc_companion_claim *
vc_companion_status_find(const struct vc_companion_status *status, const char *namespace,
                         const char *name) VC_NONNULL;
