/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * join.h - pieces of claims put together, and addresses found for their devices. Pure.
 */
#pragma once

#include "model/binding.h"
#include "model/claim.h"
#include "model/host_facts.h"

/* Pieces of one UID become one claim; a contradiction is -VC_ERR_INPUT naming both
 * files. Devices without an address get one from the slices (newest complete pool
 * generation). The claims are sorted by namespace, name, UID; devices keep the order of
 * the allocation, else of the first file. */
int vc_join(struct vc_arena *arena, const struct vc_facts *facts,
            struct vc_claims *ret_claims, struct vc_err *err) VC_MUST_CHECK;

/* The recovery ladder's last steps: an IOMMU group or a vfio cdev leads to an address,
 * if only one function can be meant; fills kind and mdev model from host facts too. What
 * the machine contradicts is an error for claims that @wanted may mean (NULL: all); other
 * devices lose their address. */
int vc_resolve(struct vc_arena *arena, struct vc_claims *claims,
               const struct vc_host_facts *host, const struct vc_bindings *wanted,
               struct vc_err *err) VC_MUST_CHECK;
