/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan_check.h - what speaks against giving a device to a claim. Internal to src/node.
 */
#pragma once

#include "node/plan.h"

/* The journal of the claim itself; NULL none. */
const struct vc_entry *vc_plan_entry(const struct vc_prepare_input *input) VC_NONNULL;
/* The other claim that has the function at an address; NULL none. */
const struct vc_entry *vc_plan_holder(const struct vc_prepare_input *input,
                                      const char *address);
/* Under which key a device is reserved; NULL out of memory. */
char *vc_plan_key(struct vc_arena *arena, const struct vc_found_device *found) VC_NONNULL;
int vc_plan_reserve(struct vc_arena *arena, const struct vc_found_device *found,
                    struct vc_entry *entry, struct vc_err *err) VC_MUST_CHECK;
/* Whether a device is a VF, and of which PF. */
bool vc_plan_pf(const struct vc_found_device *found,
                struct vc_pci_address *ret_pf) VC_NONNULL;
/* No other claim has it, nor what it is made from or the other way round; no running
 * domain uses it. */
int vc_plan_check_free(struct vc_arena *arena, const struct vc_prepare_input *input,
                       const struct vc_found_device *found, struct vc_err *err)
	VC_MUST_CHECK;
int vc_plan_check_lease(const struct vc_leases *leases, const char *key,
                        struct vc_err *err) VC_MUST_CHECK;
/* Its verdict; one that is not there yet has none. */
int vc_plan_check_device(const struct vc_found_device *found, struct vc_err *err)
	VC_MUST_CHECK;
/* IOMMU groups as a whole. */
int vc_plan_check_groups(const struct vc_found_devices *found, struct vc_err *err)
	VC_MUST_CHECK;
