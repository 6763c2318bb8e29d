/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * publish.h - the files that say what a prepared claim became: the shared claims
 * directory and a CDI spec. See docs/node.md.
 *
 *   CLAIMS/NAMESPACE/CLAIM/REQUEST/DRIVER-metadata.json    newest version first, then v1alpha1
 *   CLAIMS/NAMESPACE/CLAIM/.container/...  a [KEP-5304] container tree of that claim alone,
 *                                          to be mounted into one pod
 *   CDI/virt-claim.io-claim_UID.json       [CDI] SPEC, lowest cdiVersion that does
 *
 * A claim appears and disappears as a whole folder (rename). Later updates replace single
 * files, with a higher generation; the same content again writes nothing. Synced to disk:
 * at most VC_PUBLISH_SYNCS(files) calls of fsync.
 */
#pragma once

#include "model/claim.h"
#include "node/plan.h"

/**
 * struct vc_publish - where
 * @claims:	shared claims directory, made with mode 0755 when missing
 * @cdi:	directory of CDI specs; NULL: none is written
 * @boot_id:	goes into annotations
 */
struct vc_publish {
	const char *claims;
	const char *cdi;
	const char *boot_id;
};

/* A prepared claim as the model knows it, with every attribute that can be known. */
int vc_publish_claim(struct vc_arena *arena, const struct vc_host_claim *claim,
                     const struct vc_found_devices *found,
                     const struct vc_inventory *inventory, struct vc_claim *ret_claim,
                     struct vc_err *err) VC_MUST_CHECK;
/* Writes what is not there yet, and replaces what is different. A folder of that name whose
 * UID is another one is replaced as a whole. *ret_changed: whether anything was written. */
int vc_publish_write(struct vc_arena *arena, const struct vc_publish *publish,
                     const struct vc_claim *claim, bool *ret_changed, struct vc_err *err)
	VC_MUST_CHECK;
/* Only when the UID inside is @uid; none is fine. */
int vc_publish_withdraw(struct vc_arena *arena, const struct vc_publish *publish,
                        const char *namespace, const char *name, const char *uid,
                        struct vc_err *err) VC_MUST_CHECK;
/* What is published, claims with .uid, .namespace, .name; leftovers of a crashed writer
 * (temporary names) are removed when their writer is gone. */
int vc_publish_list(struct vc_arena *arena, const struct vc_publish *publish,
                    struct vc_claims *ret_claims, struct vc_err *err) VC_MUST_CHECK;
