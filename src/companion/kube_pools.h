/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kube_pools.h - what slices said of the devices of a pool when they were complete last.
 *
 * [DRA] A driver that changes a pool writes slice after slice, and in between the pool is
 * incomplete; a kubelet that starts deletes the slices of all drivers, until they are
 * back. Neither says anything about devices that are allocated. So a pool is what its
 * last complete generation was, as long as it has slices or a claim uses it.
 */
#pragma once

#include "companion/kube_cache.h"

/* The slices of one generation of one pool. */
struct vc_kube_pool {
	struct vc_kube_entry **v;
	size_t n;
};

/* All zero: none. */
struct vc_kube_pools {
	struct vc_kube_pool *v;
	size_t n, cap;
};

/* After a change of either. */
int vc_kube_pools_update(struct vc_kube_pools *pools, const struct vc_kube_cache *slices,
                         const struct vc_kube_cache *claims, struct vc_err *err)
	VC_MUST_CHECK;
/* Slices of complete pools; of the others those that there are. */
int vc_kube_pools_collect(const struct vc_kube_pools *pools,
                          const struct vc_kube_cache *slices, struct vc_arena *arena,
                          struct vc_facts *facts, struct vc_err *err) VC_MUST_CHECK;
void vc_kube_pools_release(struct vc_kube_pools *pools);
