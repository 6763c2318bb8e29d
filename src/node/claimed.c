/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "node/claimed.h"

#include <ctype.h>
#include <string.h>

#include "base/parse.h"
#include "node/identity.h"
#include "node/likeness.h"

/* [ACPI] the root of all devices: says nothing */
#define ACPI_DEVICES "\\_SB_."

/**
 * vc_claim_target_base() - Whose identity counts
 * @inventory:	inventory
 * @target:	what is to be claimed
 *
 * Return: the device itself, the PF of a virtual function, the parent of a mediated device
 * or, when that is no PCI function, the device that stands for it; NULL when the inventory
 * does not have it
 */
struct vc_host_device *vc_claim_target_base(const struct vc_inventory *inventory,
                                            const struct vc_claim_target *target)
{
	struct vc_host_device *d = target->device;

	switch (d->kind) {
	case VC_DEVICE_PCI:
		return d->pci.is_vf ? vc_inventory_function(inventory, &d->pci.pf) : d;
	case VC_DEVICE_MDEV_TYPE:
	case VC_DEVICE_MDEV:
		if (!d->mdev.parent)
			return NULL;
		return d->mdev.has_parent_pci
		               ? vc_inventory_function(inventory, &d->mdev.parent_pci)
		               : d;
	case VC_DEVICE_USB:
		break;
	}
	return d;
}

/**
 * vc_claim_target_text() - What people call it
 * @arena:	holds the text
 * @target:	what is to be claimed
 *
 * Return: text, or NULL when out of memory
 */
const char *vc_claim_target_text(struct vc_arena *arena,
                                 const struct vc_claim_target *target)
{
	if (target->vf_index < 0)
		return target->device->address;
	return vc_arena_printf(arena, "%s/vf%d", target->device->address,
	                       target->vf_index);
}

static void to_lower(char *text)
{
	for (; text && *text != '\0'; text++)
		*text = (char)tolower((unsigned char)*text);
}

/* By what stays: the serial number, or else the slot. */
static char *base_name(struct vc_arena *arena, const struct vc_host_device *d)
{
	const char *what = vc_host_device_serial(d);
	char *text;

	if (!what)
		what = d->slot_path ? d->slot_path : d->address;
	(void)vc_parse_literal(&what, ACPI_DEVICES);
	text = vc_arena_strdup(arena, what);
	to_lower(text);
	return text ? vc_host_device_name(arena, vc_host_device_class(d), text) : NULL;
}

static char *vf_name(struct vc_arena *arena, const struct vc_host_device *pf,
                     unsigned index)
{
	const char *name = base_name(arena, pf);
	char *text = name ? vc_arena_printf(arena, "%s-vf%u", name, index) : NULL;

	return text && !vc_is_dns_label(text) ? vc_host_device_name(arena, "vf", text)
	                                      : text;
}

static int refuse(struct vc_err *err, const char *reason)
{
	return vc_fail(err, VC_ERR_REFUSED, "%s", reason);
}

static int check_identity(const struct vc_identity *identity, struct vc_err *err)
{
	if (identity->kind == VC_DEVICE_MDEV || identity->evidence.n > 0 ||
	    vc_slot_path_is_stable(identity->slot_path))
		return 0;
	return refuse(err,
	              "nothing proves which device it is: it shows no serial number, "
	              "and its slot has no name that stays");
}

static int make_vf(struct vc_arena *arena, const struct vc_host_device *pf, int index,
                   struct vc_claimed_device *claimed, struct vc_err *err)
{
	if (index < 0)
		return refuse(err, "which virtual function of its PF it is, is unknown");
	claimed->made_from = VC_MADE_FROM_PF;
	claimed->vf_index = (unsigned)index;
	claimed->name = vf_name(arena, pf, claimed->vf_index);
	return claimed->name ? 0 : vc_fail_oom(err);
}

static int make_mdev(struct vc_arena *arena, const struct vc_mdev_part *mdev,
                     const char *uuid, struct vc_claimed_device *claimed,
                     struct vc_err *err)
{
	if (!mdev->type)
		return refuse(err, "its type is unknown");
	claimed->made_from = VC_MADE_FROM_TYPE;
	claimed->mdev_type = vc_arena_strdup(arena, mdev->type);
	claimed->mdev_uuid = vc_arena_strdup(arena, mdev->uuid ? mdev->uuid : uuid);
	if (!claimed->mdev_type || !claimed->mdev_uuid)
		return vc_fail_oom(err);
	claimed->name = vc_host_device_name(arena, "mdev", claimed->mdev_uuid);
	return claimed->name ? 0 : vc_fail_oom(err);
}

/**
 * vc_claimed_make() - Make a device of a claim
 * @arena:	holds it
 * @inventory:	inventory
 * @target:	what is to be claimed
 * @boot_id:	this boot
 * @uuid:	for a mediated device that does not exist; may be NULL otherwise
 * @ret_claimed: device, named by what stays
 * @err:	reason alone, for a message that begins with the device
 *
 * Return: 0, -VC_ERR_REFUSED or -VC_ERR_INTERNAL
 */
int vc_claimed_make(struct vc_arena *arena, const struct vc_inventory *inventory,
                    const struct vc_claim_target *target, const char *boot_id,
                    const char *uuid, struct vc_claimed_device *ret_claimed,
                    struct vc_err *err)
{
	const struct vc_host_device *d = target->device;
	const struct vc_host_device *base = vc_claim_target_base(inventory, target);
	struct vc_claimed_device claimed = { .vlan = -1 };
	int r;

	if (!base)
		return refuse(err, "the device that it is made from is not to be found");
	if (vc_identity_record(arena, base, boot_id, &claimed.identity, err) < 0 ||
	    check_identity(&claimed.identity, err) < 0)
		return -(int)err->kind;
	if (d->kind == VC_DEVICE_MDEV_TYPE || d->kind == VC_DEVICE_MDEV) {
		r = make_mdev(arena, &d->mdev, uuid, &claimed, err);
	} else if (target->vf_index >= 0 || base != d) {
		r = make_vf(arena, base, base != d ? d->pci.vf_index : target->vf_index,
		            &claimed, err);
	} else {
		claimed.name = base_name(arena, d);
		r = claimed.name ? 0 : vc_fail_oom(err);
	}
	if (r == 0)
		*ret_claimed = claimed;
	return r;
}

static bool has_better_than_dsn(const struct vc_identity *identity)
{
	for (size_t i = 0; i < identity->evidence.n; i++)
		if (identity->evidence.v[i].kind != VC_EVIDENCE_DSN)
			return true;
	return false;
}

/**
 * vc_claimed_doubt() - How little a device is known by
 * @arena:	holds the text
 * @claimed:	device of a claim
 *
 * Return: a note, or NULL
 */
char *vc_claimed_doubt(struct vc_arena *arena, const struct vc_claimed_device *claimed)
{
	const struct vc_identity *identity = &claimed->identity;
	const char *by =
		identity->evidence.n > 0
			? "its device serial number (dsn), which not every maker "
			  "keeps unique"
			: "its ids and its slot only, so that another one of its "
			  "kind would be taken for it there";

	if (identity->kind == VC_DEVICE_MDEV || has_better_than_dsn(identity))
		return NULL;
	return vc_arena_printf(arena, "%s: it will be recognised by %s%s",
	                       identity->address, by,
	                       identity->seen == VC_SEEN_ON_VFIO
	                               ? "; a vfio driver holds it, and what it shows to "
	                                 "its own driver is not known"
	                               : "");
}
