/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * host_claim.h - the document of a host claim: a ResourceClaim of resource.k8s.io/v1.
 *
 * Every reader of ResourceClaims can read it. What Kubernetes has no field for lies where
 * Kubernetes lets drivers put it: identities in status.devices[].data, what was asked for
 * in spec.devices.config[].opaque.parameters, both with apiVersion virt-claim.io/v1alpha1;
 * "prepare at boot" is the annotation virt-claim.io/persistent. An unknown apiVersion or
 * an unknown field of ours is refused: a newer virt-claim wrote it.
 */
#pragma once

#include "base/buf.h"
#include "claim/tree.h"
#include "model/host_claim.h"

int vc_host_claim_read(struct vc_arena *arena, const struct vc_tree *tree,
                       struct vc_host_claim *ret_claim, struct vc_err *err) VC_MUST_CHECK;
int vc_host_claim_write(const struct vc_host_claim *claim, struct vc_buf *buf,
                        struct vc_err *err) VC_MUST_CHECK;
