/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "node/likeness.h"

#include <string.h>

#include "base/parse.h"

/* Devices of one kind, apart from those that are known by what they are made from. */
static bool is_candidate(const struct vc_identity *identity,
                         const struct vc_host_device *d)
{
	switch (identity->kind) {
	case VC_DEVICE_PCI:
		return d->kind == VC_DEVICE_PCI && !d->pci.is_vf;
	case VC_DEVICE_USB:
		return d->kind == VC_DEVICE_USB && d->usb.port;
	case VC_DEVICE_MDEV:
		return (d->kind == VC_DEVICE_MDEV_TYPE || d->kind == VC_DEVICE_MDEV) &&
		       d->mdev.parent && !d->mdev.has_parent_pci;
	case VC_DEVICE_MDEV_TYPE:
		break;
	}
	return false;
}

static bool has_same_ids(const struct vc_identity *identity,
                         const struct vc_host_device *d)
{
	switch (d->kind) {
	case VC_DEVICE_PCI:
		return identity->vendor == d->pci.vendor &&
		       identity->device == d->pci.device &&
		       identity->subsystem_vendor == d->pci.subsystem_vendor &&
		       identity->subsystem_device == d->pci.subsystem_device;
	case VC_DEVICE_USB:
		return identity->vendor == d->usb.vendor &&
		       identity->device == d->usb.product;
	case VC_DEVICE_MDEV_TYPE:
	case VC_DEVICE_MDEV:
		break;
	}
	return true;
}

static bool has_same_slot(const struct vc_identity *identity,
                          const struct vc_host_device *d)
{
	const char *slot =
		identity->kind == VC_DEVICE_MDEV ? d->mdev.parent : d->slot_path;

	return identity->slot_path && slot && strcmp(identity->slot_path, slot) == 0;
}

/* Of the same kind: one with the same value, or else the first one that says anything. A
 * value that other devices have too still says that this one has it. */
static const struct vc_evidence *find_evidence(const struct vc_host_device *d,
                                               const struct vc_evidence *recorded)
{
	const struct vc_evidence *other = NULL;

	for (size_t i = 0; i < d->evidence.n; i++) {
		const struct vc_evidence *e = &d->evidence.v[i];

		if (e->kind != recorded->kind)
			continue;
		if (strcmp(e->value, recorded->value) == 0)
			return e;
		if (!other && !e->useless)
			other = e;
	}
	return other;
}

/* The first, unless it is a mere device serial number. */
static const struct vc_evidence *prefer(const struct vc_evidence *a,
                                        const struct vc_evidence *b)
{
	return !a || (a->kind == VC_EVIDENCE_DSN && b->kind != VC_EVIDENCE_DSN) ? b : a;
}

static void compare_evidence(const struct vc_identity *identity,
                             const struct vc_host_device *d, struct vc_comparison *c)
{
	for (size_t i = 0; i < identity->evidence.n; i++) {
		const struct vc_evidence *recorded = &identity->evidence.v[i];
		const struct vc_evidence *now = find_evidence(d, recorded);

		if (!now) {
			c->unseen = prefer(c->unseen, recorded);
		} else if (strcmp(now->value, recorded->value) == 0) {
			c->same = prefer(c->same, now);
		} else if (!c->was) {
			c->was = recorded;
			c->is = now;
		}
	}
}

/* [PCIe] a device serial number is to be unique, but makers give whole series one. It
 * proves something as long as nothing better was ever seen. */
static bool is_proved(const struct vc_comparison *c)
{
	return c->same && (c->same->kind != VC_EVIDENCE_DSN || !c->unseen ||
	                   c->unseen->kind == VC_EVIDENCE_DSN);
}

/* Without evidence the slot is all there is. */
static enum vc_likeness judge_slot(const struct vc_identity *identity,
                                   const struct vc_comparison *c)
{
	if (!c->same_slot)
		return VC_LIKE_OTHER;
	if (identity->kind == VC_DEVICE_MDEV)
		return VC_LIKE_SAME;
	return c->same_ids ? VC_LIKE_SAME : VC_LIKE_PARTLY;
}

static enum vc_likeness judge_evidence(const struct vc_comparison *c)
{
	if (!c->same_ids || c->was)
		return c->same ? VC_LIKE_PARTLY : VC_LIKE_OTHER;
	return is_proved(c) ? VC_LIKE_SAME : VC_LIKE_MAYBE;
}

/**
 * vc_identity_compare() - Hold a device against an identity
 * @identity:	as recorded
 * @device:	as it is now
 *
 * A virtual function and a mediated device are never what was recorded: their PF or
 * parent is.
 *
 * Return: what is the same and what is not
 */
struct vc_comparison vc_identity_compare(const struct vc_identity *identity,
                                         const struct vc_host_device *device)
{
	struct vc_comparison c = { .likeness = VC_LIKE_OTHER };

	if (!is_candidate(identity, device))
		return c;
	c.same_ids = has_same_ids(identity, device);
	c.same_slot = has_same_slot(identity, device);
	compare_evidence(identity, device, &c);
	c.likeness =
		identity->evidence.n > 0 ? judge_evidence(&c) : judge_slot(identity, &c);
	return c;
}

/**
 * vc_slot_path_is_stable() - Whether a slot path outlives a reboot
 * @slot_path:	slot path, may be NULL
 *
 * It does when firmware names its root, and when the root is the first bus of the first
 * domain: any other root bus has a number that firmware or kernel hand out.
 *
 * Return: whether it does
 */
bool vc_slot_path_is_stable(const char *slot_path)
{
	return slot_path &&
	       (slot_path[0] == '\\' || vc_parse_literal(&slot_path, "pci0000:00/"));
}
