/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/protect.h"

#include <string.h>

#include "host/device_path.h"

static bool is_allowed(const struct vc_scan *scan, const struct vc_host_device *d)
{
	for (size_t i = 0; i < scan->request->n_allowed; i++)
		if (vc_inventory_find(scan->inventory, scan->request->allowed[i]) == d)
			return true;
	return false;
}

/* The first reason stays: disks come before networks, those before displays. */
static int mark(struct vc_scan *scan, struct vc_host_device *d, const char *why,
                struct vc_err *err)
{
	if (d->protection || is_allowed(scan, d))
		return 0;
	d->protection = vc_arena_strdup(scan->arena, why);
	return d->protection ? 0 : vc_fail_oom(err);
}

/* @below is the device that is needed, NULL @d itself is. */
static int mark_one(struct vc_scan *scan, struct vc_host_device *d, const char *below,
                    const char *why, struct vc_err *err)
{
	struct vc_host_device *pf;
	char *text;

	if (below) {
		text = vc_arena_printf(scan->arena, "is above '%s', which %s", below,
		                       why);
		return text ? mark(scan, d, text, err) : vc_fail_oom(err);
	}
	if (mark(scan, d, why, err) < 0)
		return -(int)err->kind;
	if (d->kind != VC_DEVICE_PCI || !d->pci.is_vf)
		return 0;
	pf = vc_inventory_function(scan->inventory, &d->pci.pf);
	text = vc_arena_printf(scan->arena, "is the physical function of '%s', which %s",
	                       d->address, why);
	if (!text)
		return vc_fail_oom(err);
	return pf ? mark(scan, pf, text, err) : 0;
}

static struct vc_host_device *find_usb(const struct vc_scan *scan, const char *name)
{
	for (size_t i = scan->inventory->n_pci; i < scan->inventory->devices.n; i++) {
		struct vc_host_device *d = &scan->inventory->devices.v[i];

		if (d->kind == VC_DEVICE_USB && strcmp(d->address, name) == 0)
			return d;
	}
	return NULL;
}

static struct vc_host_device *find_part(const struct vc_scan *scan, const char *part)
{
	struct vc_pci_address address;

	if (vc_path_is_function(part, &address))
		return vc_inventory_function(scan->inventory, &address);
	return vc_path_is_usb_device(part) ? find_usb(scan, part) : NULL;
}

/**
 * vc_protect_path() - Protect what a device hangs on
 * @scan:	scan; PCI and USB devices are known
 * @path:	path of a disk or a network interface, from the sysfs root
 * @why:	completes "it ..."
 * @ret_any:	whether a known device is on the path
 * @err:	out of memory
 *
 * The last device on the path is the one that is needed, the others are above it.
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_protect_path(struct vc_scan *scan, const char *path, const char *why,
                    bool *ret_any, struct vc_err *err)
{
	struct vc_host_device *on_path[VC_PATH_PARTS_MAX];
	char part[VC_PATH_PART_SIZE];
	const char *cursor = path;
	size_t n = 0;

	while (n < VC_PATH_PARTS_MAX && vc_path_next(&cursor, part)) {
		on_path[n] = find_part(scan, part);
		n += on_path[n] != NULL;
	}
	for (size_t i = 0; i < n; i++) {
		const char *below = i + 1 < n ? on_path[n - 1]->address : NULL;

		if (mark_one(scan, on_path[i], below, why, err) < 0)
			return -(int)err->kind;
	}
	*ret_any = n > 0;
	return 0;
}

/* [ABI-PCI] boot_vga */
static int protect_display(struct vc_scan *scan, struct vc_err *err)
{
	for (size_t i = 0; i < scan->inventory->n_pci; i++) {
		struct vc_host_device *d = &scan->inventory->devices.v[i];
		bool any;

		if (d->pci.boot_vga && d->path &&
		    vc_protect_path(scan, d->path, "is the boot display", &any, err) < 0)
			return -(int)err->kind;
	}
	return 0;
}

/**
 * vc_protect() - Find the devices that the host needs
 * @scan:	scan; PCI and USB devices are known, and get their .protection
 * @proc:	directory like /proc; -1 none: then only the boot display is protected
 * @err:	why it cannot be said
 *
 * Return: 0, -VC_ERR_ABSENT (@proc has no mountinfo), -VC_ERR_INPUT, -VC_ERR_SYSTEM or
 * -VC_ERR_INTERNAL
 */
int vc_protect(struct vc_scan *scan, int proc, struct vc_err *err)
{
	if (proc >= 0 && (vc_protect_disks(scan, proc, err) < 0 ||
	                  vc_protect_networks(scan, proc, err) < 0))
		return -(int)err->kind;
	scan->inventory->protection_known = proc >= 0;
	return protect_display(scan, err);
}
