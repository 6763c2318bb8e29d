/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kube_scope.h - which claims of a cluster are this node's. Pure.
 *
 * A claim without an allocation is nobody's. Else its node selector decides, when it
 * names nodes; else whether one of its devices is of a pool that this node publishes, or
 * whether it is reserved for a pod that runs here.
 */
#pragma once

#include "claim/tree.h"
#include "model/claim.h"

/**
 * struct vc_kube_allocation - what decides before a claim is read at all
 * @allocated:	there is an allocation
 * @here:	what its node selector says; VC_UNKNOWN: there is none, or it leaves open
 *		on which node
 */
struct vc_kube_allocation {
	bool allocated;
	enum vc_tri here;
};

struct vc_kube_allocation vc_kube_allocation_read(const struct vc_node *claim,
                                                  const char *node);
/* Whether a device of @claim is of a pool of @slices. */
bool vc_kube_claim_in_pools(const struct vc_claim *claim, const struct vc_slices *slices);
/* Whether @claim is reserved for @pod. */
bool vc_kube_claim_for_pod(const struct vc_claim *claim, const struct vc_pod *pod);
