/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mdev.c - mediated devices, and the types that their parents can make.
 *
 * [ABI-MDEV] class/mdev_bus/<parent> leads to a parent; there
 * mdev_supported_types/<type>/{device_api,available_instances,name,description}.
 * bus/mdev/devices/<uuid> leads to an instance, which lies in its parent's directory and
 * has mdev_type, iommu_group and driver.
 */
#include <ctype.h>
#include <string.h>

#include "base/parse.h"
#include "host/device_path.h"
#include "host/scan.h"
#include "host/sysfs.h"

#define PARENTS   "class/mdev_bus"
#define INSTANCES "bus/mdev/devices"
#define MDEVS_MAX 65536U
#define TYPES_MAX 1024U

static struct vc_host_device *add_device(struct vc_scan *scan, enum vc_device_kind kind,
                                         const char *address, const char *prefix)
{
	struct vc_host_device *d = vc_list_push(scan->arena, &scan->inventory->devices);

	if (!d)
		return NULL;
	d->kind = kind;
	d->iommu_group = d->numa_node = -1;
	d->mdev.available = -1;
	d->address = vc_arena_strdup(scan->arena, address);
	d->name = vc_host_device_name(scan->arena, prefix, address);
	return d->address && d->name ? d : NULL;
}

static int set_parent(struct vc_scan *scan, struct vc_host_device *d, const char *parent,
                      struct vc_err *err)
{
	const struct vc_host_device *function;

	d->mdev.parent = vc_arena_strdup(scan->arena, parent);
	if (!d->mdev.parent)
		return vc_fail_oom(err);
	d->mdev.has_parent_pci = vc_path_is_function(parent, &d->mdev.parent_pci);
	if (!d->mdev.has_parent_pci)
		return 0;
	function = vc_inventory_function(scan->inventory, &d->mdev.parent_pci);
	if (function)
		d->numa_node = function->numa_node;
	return 0;
}

/* @dir is the directory of the type. */
static int read_type(struct vc_scan *scan, struct vc_host_device *d, const char *dir,
                     struct vc_err *err)
{
	VC_AUTOCLOSE int fd = -1;
	struct vc_at at = { .arena = scan->arena };
	struct vc_mdev_part *mdev = &d->mdev;

	if (vc_sysfs_open_directory(scan->root, dir, &fd, err) < 0) {
		*err = (struct vc_err)VC_ERR_INIT;
		return 0;
	}
	at.dir = fd;
	if (vc_at_text(&at, "device_api", &mdev->device_api, err) < 0 ||
	    vc_at_text(&at, "name", &mdev->type_name, err) < 0 ||
	    vc_at_text(&at, "description", &mdev->description, err) < 0)
		return -(int)err->kind;
	mdev->device_api = vc_clean_text(mdev->device_api);
	mdev->type_name = vc_clean_text(mdev->type_name);
	mdev->description = vc_clean_text(mdev->description);
	if (d->kind != VC_DEVICE_MDEV_TYPE)
		return 0;
	at.broken = &d->broken;
	return vc_at_number(&at, "available_instances", UINT32_MAX, &mdev->available,
	                    err);
}

static int add_type(struct vc_scan *scan, const char *parent, const char *parent_path,
                    const char *type, struct vc_err *err)
{
	struct vc_arena *arena = scan->arena;
	char *address = vc_arena_printf(arena, "%s/%s", parent, type);
	struct vc_host_device *d =
		address ? add_device(scan, VC_DEVICE_MDEV_TYPE, address, "mdev-type")
			: NULL;

	if (!d)
		return vc_fail_oom(err);
	d->mdev.type = vc_arena_strdup(arena, type);
	d->path = vc_arena_printf(arena, "%s/mdev_supported_types/%s", parent_path, type);
	if (!d->mdev.type || !d->path)
		return vc_fail_oom(err);
	if (set_parent(scan, d, parent, err) < 0)
		return -(int)err->kind;
	return read_type(scan, d, d->path, err);
}

static int add_types(struct vc_scan *scan, const char *parent, struct vc_err *err)
{
	const struct vc_at at = { .arena = scan->arena, .dir = scan->root };
	char *link = vc_arena_printf(scan->arena, PARENTS "/%s", parent);
	struct vc_names types;
	char *path, *list;

	if (!link)
		return vc_fail_oom(err);
	if (vc_sysfs_link_path(scan->arena, scan->root, link, &path, err) < 0) {
		vc_scan_note(scan, "%s", err->msg);
		*err = (struct vc_err)VC_ERR_INIT;
		return 0;
	}
	list = vc_arena_printf(scan->arena, "%s/mdev_supported_types", path);
	if (!list)
		return vc_fail_oom(err);
	if (vc_at_list(&at, list, &types, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < types.n && i < TYPES_MAX; i++)
		if (add_type(scan, parent, path, types.v[i], err) < 0)
			return -(int)err->kind;
	return 0;
}

static int read_instance(struct vc_scan *scan, struct vc_host_device *d,
                         struct vc_err *err)
{
	const struct vc_at at = {
		.arena = scan->arena,
		.dir = scan->root,
		.broken = &d->broken,
	};
	char *type = vc_arena_printf(scan->arena, "%s/mdev_type", d->path);
	char *group = vc_arena_printf(scan->arena, "%s/iommu_group", d->path);
	char *driver = vc_arena_printf(scan->arena, "%s/driver", d->path);
	char *cdev = vc_arena_printf(scan->arena, "%s/vfio-dev", d->path);
	uint64_t number;
	char *name;

	if (!type || !group || !driver || !cdev)
		return vc_fail_oom(err);
	if (vc_at_link(&at, type, &d->mdev.type, err) < 0 ||
	    vc_at_link(&at, driver, &d->driver, err) < 0 ||
	    vc_at_link(&at, group, &name, err) < 0 ||
	    vc_at_cdev(&at, cdev, &d->vfio_cdev, err) < 0)
		return -(int)err->kind;
	if (name && vc_parse_number(name, INT64_MAX, &number))
		d->iommu_group = (int64_t)number;
	return read_type(scan, d, type, err);
}

static int add_instance(struct vc_scan *scan, const char *name, struct vc_err *err)
{
	struct vc_arena *arena = scan->arena;
	char *link = vc_arena_printf(arena, INSTANCES "/%s", name);
	char *uuid = vc_arena_strdup(arena, name);
	struct vc_host_device *d;
	char *parent;

	if (!link || !uuid)
		return vc_fail_oom(err);
	for (char *p = uuid; *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	d = add_device(scan, VC_DEVICE_MDEV, uuid, "mdev");
	if (!d)
		return vc_fail_oom(err);
	d->mdev.uuid = uuid;
	d->seen = VC_SEEN_ON_VFIO;
	if (vc_sysfs_link_path(arena, scan->root, link, &d->path, err) < 0) {
		d->broken = vc_arena_strdup(arena, err->msg);
		*err = (struct vc_err)VC_ERR_INIT;
		return d->broken ? 0 : vc_fail_oom(err);
	}
	parent = vc_path_parent(arena, d->path);
	if (parent && set_parent(scan, d, vc_path_last(parent), err) < 0)
		return -(int)err->kind;
	return read_instance(scan, d, err);
}

static void count_instances(struct vc_scan *scan)
{
	for (size_t i = scan->inventory->n_pci; i < scan->inventory->devices.n; i++) {
		const struct vc_host_device *d = &scan->inventory->devices.v[i];
		struct vc_host_device *parent;

		if (d->kind != VC_DEVICE_MDEV || !d->mdev.has_parent_pci)
			continue;
		parent = vc_inventory_function(scan->inventory, &d->mdev.parent_pci);
		if (parent)
			parent->pci.n_mdevs++;
	}
}

/**
 * vc_scan_mdev() - Find mediated devices and their types
 * @scan:	scan; the PCI functions are known
 * @err:	why not
 *
 * Return: 0, -VC_ERR_INPUT (too many) or -VC_ERR_INTERNAL
 */
int vc_scan_mdev(struct vc_scan *scan, struct vc_err *err)
{
	const struct vc_at at = { .arena = scan->arena, .dir = scan->root };
	struct vc_names parents, instances;

	if (vc_at_list(&at, PARENTS, &parents, err) < 0 ||
	    vc_at_list(&at, INSTANCES, &instances, err) < 0)
		return -(int)err->kind;
	if (parents.n > MDEVS_MAX || instances.n > MDEVS_MAX)
		return vc_fail(err, VC_ERR_INPUT,
		               "sysfs '" INSTANCES "' has %zu entries, the limit is %u",
		               instances.n, MDEVS_MAX);
	for (size_t i = 0; i < parents.n; i++)
		if (add_types(scan, parents.v[i], err) < 0)
			return -(int)err->kind;
	for (size_t i = 0; i < instances.n; i++)
		if (vc_is_uuid(instances.v[i]) &&
		    add_instance(scan, instances.v[i], err) < 0)
			return -(int)err->kind;
	count_instances(scan);
	return 0;
}
