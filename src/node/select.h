/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * select.h - which devices a new claim gets. Pure: the inventory, the other claims and the
 * journal decide; first fit in the order of the inventory, all or nothing.
 */
#pragma once

#include "model/host_claim.h"
#include "store/journal.h"

/**
 * struct vc_wish - one --device or --match of `create`
 * @request:	NULL: VC_HOST_REQUEST
 * @address:	as in struct vc_host_device, or "PF/vf", "PF/vf3"; NULL: @match
 * @match:	"class=nvme,numaNode=1": every one has to fit; see match.h
 * @count:	how many devices, 1 unless said
 * @mac, @vlan:	of a VF; NULL, -1 not asked for
 */
struct vc_wish {
	const char *request;
	const char *address;
	const char *match;
	unsigned count;
	const char *mac;
	int vlan;
};

/**
 * struct vc_select - what is decided on
 * @inventory:	the machine
 * @claims:	that are there: their devices are taken
 * @entries:	journal of this boot: where claimed devices are, and what is reserved; NULL
 *		none
 * @wishes, @n_wishes: in the order of the command line
 * @boot_id:	this boot
 * @uuids:	VC_HOST_CLAIM_DEVICES_MAX fresh UUIDs, for mediated devices to make
 */
struct vc_select {
	const struct vc_inventory *inventory;
	const struct vc_host_claims *claims;
	const struct vc_entries *entries;
	const struct vc_wish *wishes;
	size_t n_wishes;
	const char *boot_id;
	const char *const *uuids;
};

/* Fills .devices of @claim. Not claimable, taken, or a group that would be torn apart:
 * -VC_ERR_REFUSED with the reason of each device that came close. */
int vc_select_devices(struct vc_arena *arena, const struct vc_select *select,
                      struct vc_host_claim *claim, struct vc_names *notes,
                      struct vc_err *err) VC_MUST_CHECK;
/* Makes .devices.v[@index] of @claim what @address is now; NULL: what is in its slot.
 * Wishes and uuids are not used. */
int vc_select_adopt(struct vc_arena *arena, const struct vc_select *select,
                    struct vc_host_claim *claim, size_t index, const char *address,
                    struct vc_names *notes, struct vc_err *err) VC_MUST_CHECK;
