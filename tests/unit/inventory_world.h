/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * inventory_world.h - a machine in a few lines, for tests of what is decided on one.
 *
 * The inventory that src/host/ makes of sysfs, without sysfs: only what decisions look at.
 */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/inventory.h"
#include "unit.h"

/**
 * struct world_device - one device
 * @address:	"0000:65:00.0", "1-4.2", "0000:17:00.0/nvidia-558", "mtty/mtty-2" or a UUID
 * @ids:	"144d:a80a" or "144d:a80a/144d:a801"; NULL of mdevs
 * @slot:	slot path; NULL unknown
 * @evidence:	"nvme=A dsn=B mac=C", '!' before what is useless; NULL none
 * @driver:	NULL none; "vfio-pci" makes it seen on vfio
 * @group:	IOMMU group; 0 none
 * @reasons:	why it cannot be claimed; NULL it can
 * @protection: why the host needs it; NULL it does not
 * @together:	"0000:65:00.1 0000:65:00.2"; NULL nothing
 * @pf:		of a VF: its PF
 * @vf_index:	of a VF
 * @total_vfs, @n_vfs: of a PF
 * @class_code:	of PCI; 0 is 0x010802
 * @type:	of an mdev: its type; the parent is @pf
 * @available:	of an mdev type
 */
struct world_device {
	const char *address, *ids, *slot, *evidence, *driver;
	int64_t group;
	const char *reasons, *protection, *together, *pf;
	int vf_index;
	unsigned total_vfs, n_vfs;
	uint32_t class_code;
	const char *type;
	int64_t available;
};

static inline char *world_text(struct vc_arena *arena, const char *text)
{
	char *copy = text ? vc_arena_strdup(arena, text) : NULL;

	assert_true(!text || copy);
	return copy;
}

static inline char **world_add(struct vc_arena *arena, struct vc_names *names)
{
	char **slot = vc_list_push(arena, names);

	if (!slot)
		abort();
	return slot;
}

static inline void world_split(struct vc_arena *arena, const char *text,
                               struct vc_names *names)
{
	while (text && *text) {
		size_t len = strcspn(text, " ");
		char **slot = world_add(arena, names);

		*slot = vc_arena_strndup(arena, text, len);
		assert_non_null(*slot);
		text += len + strspn(text + len, " ");
	}
}

static inline uint16_t world_id(const char *text)
{
	unsigned value = 0;

	for (size_t i = 0; i < 4; i++)
		value = value * 16 + (unsigned)(strchr("0123456789abcdef", text[i]) -
		                                "0123456789abcdef");
	return (uint16_t)value;
}

static inline void world_evidence(struct vc_arena *arena, const char *text,
                                  struct vc_host_device *d)
{
	static const char *const kinds[] = { [VC_EVIDENCE_NVME] = "nvme",
		                             [VC_EVIDENCE_VPD] = "vpd",
		                             [VC_EVIDENCE_USB] = "usb",
		                             [VC_EVIDENCE_DSN] = "dsn",
		                             [VC_EVIDENCE_MAC] = "mac" };
	struct vc_names parts = { 0 };

	world_split(arena, text, &parts);
	for (size_t i = 0; i < parts.n; i++) {
		struct vc_evidence *e = vc_list_push(arena, &d->evidence);
		const char *part = parts.v[i];
		const char *equals = strchr(part, '=');
		size_t kind = 0;

		assert_true(e && equals);
		e->useless = *part == '!' ? world_text(arena, "another has it") : NULL;
		part += *part == '!';
		while (strncmp(kinds[kind], part, strlen(kinds[kind])) != 0)
			kind++;
		e->kind = (enum vc_evidence_kind)kind;
		e->value = world_text(arena, equals + 1);
	}
}

static inline bool world_is_vfio(const char *driver)
{
	return driver && strstr(driver, "vfio");
}

static inline void world_pci(const struct world_device *w, struct vc_host_device *d,
                             struct vc_arena *arena)
{
	struct vc_pci_part *pci = &d->pci;
	struct vc_err err = VC_ERR_INIT;

	d->kind = VC_DEVICE_PCI;
	d->name = vc_host_device_name(arena, "pci", w->address);
	assert_int_equal(vc_pci_address_parse(w->address, &pci->address, &err), 0);
	if (w->ids) {
		pci->vendor = world_id(w->ids);
		pci->device = world_id(w->ids + 5);
	}
	if (w->ids && w->ids[9] == '/') {
		pci->subsystem_vendor = world_id(w->ids + 10);
		pci->subsystem_device = world_id(w->ids + 15);
	}
	pci->class_code = w->class_code ? w->class_code : 0x010802;
	pci->on_vfio = world_is_vfio(w->driver);
	pci->vfio_driver = world_text(arena, "vfio-pci");
	pci->total_vfs = w->total_vfs;
	pci->n_vfs = w->n_vfs;
	pci->is_vf = w->pf != NULL;
	pci->vf_index = w->pf ? w->vf_index : -1;
	if (w->pf)
		assert_int_equal(vc_pci_address_parse(w->pf, &pci->pf, &err), 0);
}

static inline void world_usb(const struct world_device *w, struct vc_host_device *d,
                             struct vc_arena *arena)
{
	d->kind = VC_DEVICE_USB;
	d->name = vc_host_device_name(arena, "usb", w->address);
	d->usb.bus = (unsigned)(w->address[0] - '0');
	d->usb.device = 4;
	d->usb.port = world_text(arena, strchr(w->address, '-') + 1);
	d->usb.vendor = world_id(w->ids);
	d->usb.product = world_id(w->ids + 5);
}

static inline void world_mdev(const struct world_device *w, struct vc_host_device *d,
                              struct vc_arena *arena)
{
	struct vc_mdev_part *mdev = &d->mdev;
	const char *slash = strchr(w->address, '/');
	struct vc_err err = VC_ERR_INIT;

	d->kind = slash ? VC_DEVICE_MDEV_TYPE : VC_DEVICE_MDEV;
	d->name = vc_host_device_name(arena, slash ? "mdev-type" : "mdev", w->address);
	mdev->parent =
		slash ? vc_arena_strndup(arena, w->address, (size_t)(slash - w->address))
		      : world_text(arena, w->pf);
	mdev->type = world_text(arena, slash ? slash + 1 : w->type);
	mdev->uuid = slash ? NULL : world_text(arena, w->address);
	mdev->available = slash ? w->available : -1;
	mdev->has_parent_pci = mdev->parent && mdev->parent[0] == '0';
	if (mdev->has_parent_pci)
		assert_int_equal(
			vc_pci_address_parse(mdev->parent, &mdev->parent_pci, &err), 0);
}

static inline void world_verdict(const struct world_device *w, struct vc_host_device *d,
                                 struct vc_arena *arena)
{
	d->protection = world_text(arena, w->protection);
	if (w->reasons)
		*world_add(arena, &d->verdict.reasons) = world_text(arena, w->reasons);
	d->verdict.claimable = !w->reasons;
	world_split(arena, w->together, &d->verdict.together);
}

/* @devices: PCI functions first, by address; up to one without an address. */
static inline struct vc_inventory world_make(struct vc_arena *arena,
                                             const struct world_device *devices)
{
	struct vc_inventory inventory = { .protection_known = true };

	for (const struct world_device *w = devices; w->address; w++) {
		struct vc_host_device *d = vc_list_push(arena, &inventory.devices);

		assert_non_null(d);
		d->numa_node = -1;
		if (strlen(w->address) == 36 || strchr(w->address, '/'))
			world_mdev(w, d, arena);
		else if (strchr(w->address, ':'))
			world_pci(w, d, arena);
		else
			world_usb(w, d, arena);
		d->address = world_text(arena, w->address);
		d->slot_path = world_text(arena, w->slot);
		d->driver = world_text(arena, w->driver);
		d->iommu_group = w->group > 0 ? w->group : -1;
		d->seen = world_is_vfio(w->driver) ? VC_SEEN_ON_VFIO
		          : w->driver              ? VC_SEEN_ON_HOST_DRIVER
		                                   : VC_SEEN_ON_NOTHING;
		world_evidence(arena, w->evidence, d);
		world_verdict(w, d, arena);
		inventory.n_pci += d->kind == VC_DEVICE_PCI;
	}
	return inventory;
}
