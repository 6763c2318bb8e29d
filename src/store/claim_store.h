/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * claim_store.h - host claims on disk: STATE/claims/NAMESPACE/NAME.json.
 *
 * Durable: a change is a temporary file, fsync, rename, fsync of the directory. A reader
 * sees the old or the new document. Who changes anything holds the lock of store/lock.h;
 * readers need none.
 */
#pragma once

#include "model/host_claim.h"

/* fsync(2) calls of a creation or an update: the file and its directory. One more for each
 * directory that has to be made first, one for a deletion. */
#define VC_CLAIM_STORE_FSYNCS 2

/* @state is "/var/lib/virt-claim". Absent: -VC_ERR_ABSENT. */
int vc_claim_store_read(struct vc_arena *arena, const char *state, const char *namespace,
                        const char *name, struct vc_host_claim *ret_claim,
                        struct vc_err *err) VC_MUST_CHECK;
/* All, sorted by namespace and name. One that cannot be read does not hide the others:
 * @notes gets what is wrong with it, "FILE: /pointer: ...". */
int vc_claim_store_list(struct vc_arena *arena, const char *state,
                        struct vc_host_claims *ret_claims, struct vc_names *notes,
                        struct vc_err *err) VC_MUST_CHECK;
/* A claim of that name exists: -VC_ERR_REFUSED. */
int vc_claim_store_create(struct vc_arena *arena, const char *state,
                          const struct vc_host_claim *claim, struct vc_err *err)
	VC_MUST_CHECK;
/* Replaces it, with the next generation; it must still have the generation of @claim, else
 * -VC_ERR_REFUSED ("somebody changed it meanwhile"). */
int vc_claim_store_update(struct vc_arena *arena, const char *state,
                          struct vc_host_claim *claim, struct vc_err *err) VC_MUST_CHECK;
int vc_claim_store_delete(struct vc_arena *arena, const char *state,
                          const struct vc_host_claim *claim, struct vc_err *err)
	VC_MUST_CHECK;
