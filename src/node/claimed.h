/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * claimed.h - what a device of the inventory becomes in a claim. Internal to src/node.
 *
 * A virtual function is claimed as a number of its PF and a mediated device as an instance
 * of a type, whether they exist or not: after a boot they have to be made again.
 */
#pragma once

#include "model/host_claim.h"

/**
 * struct vc_claim_target - what is to be claimed
 * @device:	a function, a USB device, a type of mediated devices or one of them
 * @vf_index:	>= 0: this virtual function of @device; -1: @device itself
 */
struct vc_claim_target {
	struct vc_host_device *device;
	int vf_index;
};

/* Fills all but .request, .mac, .vlan and .match; .vlan is -1. @uuid: of a mediated device
 * to make. What cannot be recognised again: -VC_ERR_REFUSED, with only the reason. */
int vc_claimed_make(struct vc_arena *arena, const struct vc_inventory *inventory,
                    const struct vc_claim_target *target, const char *boot_id,
                    const char *uuid, struct vc_claimed_device *ret_claimed,
                    struct vc_err *err) VC_MUST_CHECK;
/* The device that @target stands for in inventory and identity: itself, the PF, the
 * parent or, when that is no PCI function, one that stands for it. NULL: not there. */
struct vc_host_device *
vc_claim_target_base(const struct vc_inventory *inventory,
                     const struct vc_claim_target *target) VC_NONNULL;
/* What people should know about it; NULL nothing. Out of memory is nothing. */
char *vc_claimed_doubt(struct vc_arena *arena,
                       const struct vc_claimed_device *claimed) VC_NONNULL;
/* "0000:65:00.0", "0000:01:00.0/vf3" */
const char *vc_claim_target_text(struct vc_arena *arena,
                                 const struct vc_claim_target *target) VC_NONNULL;
