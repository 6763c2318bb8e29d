/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan.h - the steps that a claim needs. Pure: the claim, the inventory and the journal
 * decide; nothing is touched.
 *
 * Two rounds, because what is made in the first can be seen only afterwards: VFs and
 * mediated devices, then drivers and nodes. Each round observes the machine anew.
 */
#pragma once

#include "model/host_claim.h"
#include "node/identity.h"
#include "node/node.h"
#include "store/journal.h"

/**
 * struct vc_prepare_input - what is decided on
 * @node:	users, deadlines
 * @claim:	what is to be prepared
 * @inventory:	the machine now
 * @entries:	of all claims, this one's too if it has one
 * @leases:	that live
 */
struct vc_prepare_input {
	const struct vc_local_node *node;
	const struct vc_host_claim *claim;
	const struct vc_inventory *inventory;
	const struct vc_entries *entries;
	const struct vc_leases *leases;
};

/**
 * struct vc_found_device - where a claimed device is
 * @claimed:	which
 * @located:	the device itself, or its PF or parent
 * @device:	the device itself; NULL as long as it has to be made
 * @host:	where it is, or will be
 */
struct vc_found_device {
	const struct vc_claimed_device *claimed;
	struct vc_located located;
	struct vc_host_device *device;
	struct vc_host_side host;
};

struct vc_found_devices {
	struct vc_found_device *v;
	size_t n, cap;
};

/* Where every device of the claim is; refuses as vc_identity_locate() does. */
int vc_plan_find(struct vc_arena *arena, const struct vc_prepare_input *input,
                 struct vc_found_devices *ret_found, struct vc_err *err) VC_MUST_CHECK;
/* Round one. Adds to @entry what is reserved and the steps that make devices. Refuses
 * devices that the host needs, that another entry or a running domain has. */
int vc_plan_prepare(struct vc_arena *arena, const struct vc_prepare_input *input,
                    struct vc_entry *entry, struct vc_err *err) VC_MUST_CHECK;
/* Round two. Adds the steps for drivers and nodes. Refuses groups with members on host
 * drivers that are not part of the claim, with the list. */
int vc_plan_bind(struct vc_arena *arena, const struct vc_prepare_input *input,
                 struct vc_entry *entry, struct vc_err *err) VC_MUST_CHECK;

/* The kinds of steps; plan_vf.c, plan_mdev.c, plan_driver.c, plan_access.c. Each adds
 * nothing when the machine is as it should be already. */
int vc_plan_vfs(struct vc_arena *arena, const struct vc_prepare_input *input,
                const struct vc_found_device *found, struct vc_entry *entry,
                struct vc_err *err) VC_MUST_CHECK;
int vc_plan_vf(struct vc_arena *arena, const struct vc_prepare_input *input,
               const struct vc_found_device *found, struct vc_entry *entry,
               struct vc_err *err) VC_MUST_CHECK;
int vc_plan_mdev(struct vc_arena *arena, const struct vc_prepare_input *input,
                 const struct vc_found_device *found, struct vc_entry *entry,
                 struct vc_err *err) VC_MUST_CHECK;
int vc_plan_driver(struct vc_arena *arena, const struct vc_prepare_input *input,
                   const struct vc_found_device *found, struct vc_entry *entry,
                   struct vc_err *err) VC_MUST_CHECK;
int vc_plan_access(struct vc_arena *arena, const struct vc_prepare_input *input,
                   const struct vc_found_device *found, struct vc_entry *entry,
                   struct vc_err *err) VC_MUST_CHECK;
/* Where VF @index of a PF will be: [SR-IOV] RID of the PF + offset + index * stride, from
 * sriov_offset and sriov_stride. */
int vc_plan_vf_address(struct vc_arena *arena, const char *sysfs,
                       const struct vc_pci_address *pf, unsigned index,
                       struct vc_pci_address *ret_address, struct vc_err *err)
	VC_MUST_CHECK;
