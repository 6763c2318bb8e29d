/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * iommu.c - IOMMU groups.
 *
 * [ABI-IOMMU] kernel/iommu_groups/<N>/devices/ has a link for each member, PCI function
 * or not; name is there for groups that somebody made: "vfio-noiommu" for those of vfio
 * without an IOMMU.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/parse.h"
#include "host/scan.h"

#define GROUPS "kernel/iommu_groups"

static int compare_numbers(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* What the kernel lists, and what says itself that it is a member. */
static int read_members(struct vc_scan *scan, struct vc_iommu_group *group,
                        struct vc_err *err)
{
	const struct vc_at at = { .arena = scan->arena, .dir = scan->root };
	char *path = vc_arena_printf(scan->arena, GROUPS "/%" PRId64 "/devices",
	                             group->number);

	if (!path)
		return vc_fail_oom(err);
	return vc_at_list(&at, path, &group->members, err);
}

static int read_name(struct vc_scan *scan, struct vc_iommu_group *group,
                     struct vc_err *err)
{
	const struct vc_at at = { .arena = scan->arena, .dir = scan->root };
	char *path =
		vc_arena_printf(scan->arena, GROUPS "/%" PRId64 "/name", group->number);
	char *text;

	if (!path)
		return vc_fail_oom(err);
	if (vc_at_text(&at, path, &text, err) < 0)
		return -(int)err->kind;
	group->unsafe = text && strcmp(text, "vfio-noiommu") == 0;
	return 0;
}

/* A device whose group does not list it has been moved meanwhile, or is lying. */
static int check_membership(struct vc_scan *scan, struct vc_host_device *d,
                            struct vc_err *err)
{
	struct vc_iommu_group *group =
		vc_inventory_group(scan->inventory, d->iommu_group);
	const char *name = d->kind == VC_DEVICE_MDEV ? d->mdev.uuid : d->address;

	if (!group || vc_names_have(&group->members, name))
		return 0;
	if (!d->broken)
		d->broken = vc_arena_printf(scan->arena,
		                            "IOMMU group %" PRId64 " does not list it",
		                            d->iommu_group);
	return d->broken ? 0 : vc_fail_oom(err);
}

/* The numbers that occur, sorted, each once. */
static int64_t *list_numbers(struct vc_scan *scan, size_t *ret_n)
{
	const struct vc_inventory *inventory = scan->inventory;
	int64_t *v = vc_arena_alloc(scan->arena, inventory->devices.n + 1, sizeof(*v));
	size_t n = 0, kept = 0;

	if (!v)
		return NULL;
	for (size_t i = 0; i < inventory->devices.n; i++)
		if (inventory->devices.v[i].iommu_group >= 0)
			v[n++] = inventory->devices.v[i].iommu_group;
	qsort(v, n, sizeof(*v), compare_numbers);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || v[i] != v[kept - 1])
			v[kept++] = v[i];
	*ret_n = kept;
	return v;
}

/* Groups that vfio made are asked for their name; it holds all members of those. */
static int find_unsafe(struct vc_scan *scan, struct vc_err *err)
{
	for (size_t i = 0; i < scan->inventory->n_pci; i++) {
		const struct vc_host_device *d = &scan->inventory->devices.v[i];
		struct vc_iommu_group *group =
			vc_inventory_group(scan->inventory, d->iommu_group);

		if (group && d->pci.on_vfio && read_name(scan, group, err) < 0)
			return -(int)err->kind;
	}
	return 0;
}

/**
 * vc_scan_groups() - Find the IOMMU groups of all devices
 * @scan:	scan; its devices are known
 * @err:	out of memory
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_scan_groups(struct vc_scan *scan, struct vc_err *err)
{
	struct vc_inventory *inventory = scan->inventory;
	size_t n;
	int64_t *numbers = list_numbers(scan, &n);

	if (!numbers)
		return vc_fail_oom(err);
	for (size_t i = 0; i < n; i++) {
		struct vc_iommu_group *group =
			vc_list_push(scan->arena, &inventory->groups);

		if (!group)
			return vc_fail_oom(err);
		group->number = numbers[i];
		if (read_members(scan, group, err) < 0)
			return -(int)err->kind;
	}
	for (size_t i = 0; i < inventory->devices.n; i++)
		if (check_membership(scan, &inventory->devices.v[i], err) < 0)
			return -(int)err->kind;
	return find_unsafe(scan, err);
}
