/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * adopt.c - a device of a claim was replaced on purpose: record what is there now.
 */
#include <string.h>

#include "node/claimed.h"
#include "node/select.h"
#include "node/taken.h"

/* Whether a device can be what the claimed one was: itself, a PF, or a parent. */
static bool is_of_kind(const struct vc_claimed_device *claimed,
                       const struct vc_host_device *d)
{
	switch (claimed->identity.kind) {
	case VC_DEVICE_PCI:
		return d->kind == VC_DEVICE_PCI && !d->pci.is_vf;
	case VC_DEVICE_USB:
		return d->kind == VC_DEVICE_USB;
	case VC_DEVICE_MDEV_TYPE:
	case VC_DEVICE_MDEV:
		break;
	}
	return false;
}

static struct vc_host_device *find_in_slot(const struct vc_inventory *inventory,
                                           const struct vc_claimed_device *claimed)
{
	const char *slot = claimed->identity.slot_path;

	for (size_t i = 0; slot && i < inventory->devices.n; i++) {
		struct vc_host_device *d = &inventory->devices.v[i];

		if (is_of_kind(claimed, d) && d->slot_path &&
		    strcmp(d->slot_path, slot) == 0)
			return d;
	}
	return NULL;
}

static int check_found(const struct vc_claimed_device *claimed, const char *address,
                       const struct vc_host_device *d, struct vc_err *err)
{
	if (claimed->identity.kind == VC_DEVICE_MDEV)
		return vc_fail(err, VC_ERR_REFUSED,
		               "'%s' is known by its name alone; there is nothing to "
		               "record anew",
		               claimed->identity.address);
	if (!d && address)
		return vc_fail(err, VC_ERR_ABSENT,
		               "there is no device '%.128s'; 'virt-claim devices' lists "
		               "them all",
		               address);
	if (!d)
		return vc_fail(err, VC_ERR_REFUSED,
		               "nothing is in slot '%s' now; name a device with --device",
		               claimed->identity.slot_path ? claimed->identity.slot_path
		                                           : "unknown");
	if (!is_of_kind(claimed, d))
		return vc_fail(err, VC_ERR_REFUSED,
		               "%s is of another kind than the device that was claimed",
		               d->address);
	return 0;
}

/* NULL: failed */
static struct vc_host_device *find_device(const struct vc_inventory *inventory,
                                          const struct vc_claimed_device *claimed,
                                          const char *address, struct vc_err *err)
{
	struct vc_host_device *d = address ? vc_inventory_find(inventory, address)
	                                   : find_in_slot(inventory, claimed);

	return check_found(claimed, address, d, err) < 0 ? NULL : d;
}

static const struct vc_host_device *find_type(const struct vc_inventory *inventory,
                                              const struct vc_host_device *parent,
                                              const char *type)
{
	for (size_t i = inventory->n_pci; i < inventory->devices.n; i++) {
		const struct vc_host_device *d = &inventory->devices.v[i];

		if (d->kind == VC_DEVICE_MDEV_TYPE &&
		    strcmp(d->mdev.parent, parent->address) == 0 &&
		    strcmp(d->mdev.type, type) == 0)
			return d;
	}
	return NULL;
}

static int check_whole(const struct vc_taken *taken, const struct vc_host_device *d,
                       struct vc_err *err)
{
	const char *reason = vc_taken_device(taken, d);

	if (!reason && !d->verdict.claimable)
		reason = d->verdict.reasons.n > 0 ? d->verdict.reasons.v[0]
		                                  : "it cannot be claimed";
	return reason ? vc_fail(err, VC_ERR_REFUSED, "%s: %s", d->address, reason) : 0;
}

/* Whether the new device can do what the old one did for the claim. */
static int check_device(const struct vc_taken *taken,
                        const struct vc_claimed_device *claimed,
                        const struct vc_host_device *d, struct vc_err *err)
{
	const char *reason = vc_taken_whole(taken, d);

	if (d->broken)
		return vc_fail(err, VC_ERR_REFUSED, "%s: cannot be judged: %s",
		               d->address, d->broken);
	switch (claimed->made_from) {
	case VC_MADE_FROM_PF:
		if (!reason)
			reason = vc_taken_vf(taken, d, claimed->vf_index);
		if (claimed->vf_index >= d->pci.total_vfs)
			return vc_fail(err, VC_ERR_REFUSED,
			               "%s can have %u virtual functions, and number %u "
			               "is claimed",
			               d->address, d->pci.total_vfs, claimed->vf_index);
		break;
	case VC_MADE_FROM_TYPE:
		if (!find_type(taken->inventory, d, claimed->mdev_type))
			return vc_fail(err, VC_ERR_REFUSED,
			               "%s makes no mediated devices of type '%s'",
			               d->address, claimed->mdev_type);
		break;
	case VC_MADE_BY_NOBODY:
		return check_whole(taken, d, err);
	}
	return reason ? vc_fail(err, VC_ERR_REFUSED, "%s: %s", d->address, reason) : 0;
}

static bool is_used(const struct vc_host_claim *claim, size_t index, const char *name)
{
	for (size_t i = 0; i < claim->devices.n; i++)
		if (i != index && strcmp(claim->devices.v[i].name, name) == 0)
			return true;
	return false;
}

/* Identity and name; a mediated device keeps its name, which is its UUID. */
static int record(struct vc_arena *arena, const struct vc_select *select,
                  struct vc_host_device *d, struct vc_claimed_device *claimed,
                  struct vc_err *err)
{
	const struct vc_claim_target target = {
		d,
		claimed->made_from == VC_MADE_FROM_PF ? (int)claimed->vf_index : -1,
	};
	struct vc_claimed_device now;

	if (vc_claimed_make(arena, select->inventory, &target, select->boot_id, NULL,
	                    &now, err) < 0)
		return err->kind == VC_ERR_REFUSED ? vc_err_context(err, "%s", d->address)
		                                   : -(int)err->kind;
	claimed->identity = now.identity;
	if (claimed->made_from != VC_MADE_FROM_TYPE)
		claimed->name = now.name;
	return 0;
}

/**
 * vc_select_adopt() - Accept another device for a claim
 * @arena:	holds what is recorded
 * @select:	inventory, all claims and the journal; wishes and uuids are not used
 * @claim:	the claim, which is one of @select
 * @index:	which of its devices
 * @address:	the new device, or its PF or parent; NULL: what is in the slot of the old one
 * @notes:	what people should know is added
 * @err:	why not
 *
 * Return: 0, -VC_ERR_ABSENT, -VC_ERR_REFUSED or -VC_ERR_INTERNAL
 */
int vc_select_adopt(struct vc_arena *arena, const struct vc_select *select,
                    struct vc_host_claim *claim, size_t index, const char *address,
                    struct vc_names *notes, struct vc_err *err)
{
	const struct vc_taken_except except = { claim->uid, index };
	struct vc_claimed_device now = claim->devices.v[index];
	struct vc_host_device *d = find_device(select->inventory, &now, address, err);
	struct vc_taken taken;
	char *doubt, **slot;

	if (!d)
		return -(int)err->kind;
	if (vc_taken_make(arena, select, &except, &taken, err) < 0 ||
	    check_device(&taken, &now, d, err) < 0 ||
	    record(arena, select, d, &now, err) < 0)
		return -(int)err->kind;
	if (is_used(claim, index, now.name))
		now.name = vc_arena_printf(arena, "%.58s-%zu", now.name, index + 1);
	doubt = vc_claimed_doubt(arena, &now);
	slot = doubt ? vc_list_push(arena, notes) : NULL;
	if (!now.name || (doubt && !slot))
		return vc_fail_oom(err);
	if (slot)
		*slot = doubt;
	claim->devices.v[index] = now;
	return 0;
}
