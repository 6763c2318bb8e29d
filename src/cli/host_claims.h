/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * host_claims.h - claims of this host as people and programs see them.
 */
#pragma once

#include "base/buf.h"
#include "node/registry.h"

/* "0000:65:00.0", "0000:01:00.0/vf3", "0000:17:00.0/nvidia-558": where it was last. */
const char *vc_host_claims_place(struct vc_arena *arena,
                                 const struct vc_claimed_device *claimed) VC_NONNULL;
/* Where it is now, as `devices` lists it; NULL: nowhere, or out of memory. */
const char *vc_host_claims_address(struct vc_arena *arena,
                                   const struct vc_device_status *device) VC_NONNULL;
/* Files that were published for a claim and are there. */
int vc_host_claims_files(struct vc_arena *arena, const struct vc_local_node *node,
                         const struct vc_host_claim *claim, struct vc_names *ret_files,
                         struct vc_err *err) VC_MUST_CHECK;
int vc_host_claims_table(struct vc_arena *arena, const struct vc_registry *registry,
                         struct vc_buf *buf, struct vc_err *err) VC_MUST_CHECK;
int vc_host_claims_text(struct vc_arena *arena, const struct vc_local_node *node,
                        const struct vc_claim_status *status, struct vc_buf *buf,
                        struct vc_err *err) VC_MUST_CHECK;
/* One document with all claims of several registries; schemas/host-claims.schema.json */
int vc_host_claims_json(struct vc_arena *arena, const struct vc_local_node *node,
                        const struct vc_registry *registries, size_t n_registries,
                        struct vc_buf *buf, struct vc_err *err) VC_MUST_CHECK;
