/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * usb.c - USB devices.
 *
 * [ABI-USB] bus/usb/devices has devices (usb<bus>, <bus>-<port>.<port>) and interfaces
 * (<device>:<configuration>.<interface>). A device has busnum, devnum, idVendor,
 * idProduct, bDeviceClass, serial, manufacturer, product; an interface has
 * bInterfaceClass and driver.
 */
#include <stdlib.h>
#include <string.h>

#include "base/parse.h"
#include "host/device_path.h"
#include "host/scan.h"
#include "host/sysfs.h"

#define DEVICES     "bus/usb/devices"
#define DEVICES_MAX 16384U
#define CLASS_HUB   9U

/* [USB] strings have at most 126 characters. */
#define TEXT_MAX 512U

/* An interface of @device, whose sysfs name is the first @device_len bytes of its own. */
static int read_interface(struct vc_scan *scan, const char *name,
                          struct vc_names *drivers, struct vc_names *classes,
                          struct vc_err *err)
{
	struct vc_arena *arena = scan->arena;
	const struct vc_at at = { .arena = arena, .dir = scan->root };
	char *driver = vc_arena_printf(arena, DEVICES "/%s/driver", name);
	char *class = vc_arena_printf(arena, DEVICES "/%s/bInterfaceClass", name);
	char *text;

	if (!driver || !class)
		return vc_fail_oom(err);
	if (vc_at_link(&at, driver, &text, err) < 0 ||
	    (text && vc_names_add(arena, drivers, text, err) < 0) ||
	    vc_at_text(&at, class, &text, err) < 0 ||
	    (text && vc_names_add(arena, classes, text, err) < 0))
		return -(int)err->kind;
	return 0;
}

/* Sorted, each once, with blanks between; NULL none. */
static int join_names(struct vc_arena *arena, struct vc_names *names, char **ret_text,
                      struct vc_err *err)
{
	char *text = NULL;

	vc_names_sort(names);
	for (size_t i = 0; i < names->n && i < 32; i++) {
		text = text ? vc_arena_printf(arena, "%s %s", text, names->v[i])
		            : names->v[i];
		if (!text)
			return vc_fail_oom(err);
	}
	*ret_text = text;
	return 0;
}

/* @names are all of them, sorted; interfaces of @device may stand anywhere after it. */
static int read_interfaces(struct vc_scan *scan, struct vc_host_device *d,
                           const struct vc_names *names, struct vc_err *err)
{
	struct vc_names drivers = { 0 }, classes = { 0 };
	char *prefix = vc_arena_printf(scan->arena, "%s:", d->address);
	size_t low = 0, high = names->n;

	if (!prefix)
		return vc_fail_oom(err);
	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (strcmp(names->v[mid], prefix) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	for (; low < names->n && strncmp(names->v[low], prefix, strlen(prefix)) == 0;
	     low++)
		if (read_interface(scan, names->v[low], &drivers, &classes, err) < 0)
			return -(int)err->kind;
	if (join_names(scan->arena, &drivers, &d->driver, err) < 0)
		return -(int)err->kind;
	return join_names(scan->arena, &classes, &d->usb.interface_classes, err);
}

static int read_text(const struct vc_at *at, const char *name, char **ret_text,
                     struct vc_err *err)
{
	char *text;

	if (vc_at_text(at, name, &text, err) < 0)
		return -(int)err->kind;
	if (text && strlen(text) > TEXT_MAX)
		text[TEXT_MAX] = '\0';
	*ret_text = vc_clean_text(text);
	return 0;
}

static int read_ids(const struct vc_at *at, struct vc_usb_part *usb, struct vc_err *err)
{
	uint32_t vendor = 0, product = 0, class = 0;
	int64_t bus = 0, device = 0;

	if (vc_at_hex(at, "idVendor", 4, &vendor, err) < 0 ||
	    vc_at_hex(at, "idProduct", 4, &product, err) < 0 ||
	    vc_at_hex(at, "bDeviceClass", 2, &class, err) < 0 ||
	    vc_at_number(at, "busnum", 999, &bus, err) < 0 ||
	    vc_at_number(at, "devnum", 999, &device, err) < 0)
		return -(int)err->kind;
	usb->vendor = (uint16_t)vendor;
	usb->product = (uint16_t)product;
	usb->device_class = (uint8_t) class;
	usb->bus = bus > 0 ? (unsigned)bus : 0;
	usb->device = device > 0 ? (unsigned)device : 0;
	return 0;
}

static int read_device(struct vc_scan *scan, struct vc_host_device *d, struct vc_err *err)
{
	VC_AUTOCLOSE int fd = -1;
	struct vc_at at = { .arena = scan->arena, .broken = &d->broken };
	char *serial = NULL;

	if (!d->path || vc_sysfs_open_directory(scan->root, d->path, &fd, err) < 0) {
		*err = (struct vc_err)VC_ERR_INIT;
		if (!d->broken)
			d->broken = vc_arena_strdup(
				scan->arena, "its directory in sysfs cannot be opened");
		return 0;
	}
	at.dir = fd;
	if (read_ids(&at, &d->usb, err) < 0)
		return -(int)err->kind;
	at.broken = NULL;
	if (read_text(&at, "manufacturer", &d->usb.manufacturer, err) < 0 ||
	    read_text(&at, "product", &d->usb.product_name, err) < 0 ||
	    read_text(&at, "serial", &serial, err) < 0)
		return -(int)err->kind;
	d->usb.hub = d->usb.device_class == CLASS_HUB || vc_path_is_root_hub(d->address);
	/* The serial number of a root hub is the address of its controller. */
	return vc_path_is_root_hub(d->address)
	               ? 0
	               : vc_add_evidence(scan->arena, d, VC_EVIDENCE_USB, serial, err);
}

/* The last PCI function above it, and its place below that. */
static int read_upstream(struct vc_scan *scan, struct vc_host_device *d,
                         struct vc_err *err)
{
	const char *cursor = d->path ? d->path : "";
	struct vc_host_device *controller;
	char part[VC_PATH_PART_SIZE];

	while (vc_path_next(&cursor, part))
		if (vc_path_is_function(part, &d->usb.controller))
			d->usb.has_controller = true;
	if (!d->usb.has_controller)
		return 0;
	controller = vc_inventory_function(scan->inventory, &d->usb.controller);
	if (!controller)
		return 0;
	d->numa_node = controller->numa_node;
	if (!controller->slot_path || !d->usb.port)
		return 0;
	d->slot_path = vc_arena_printf(scan->arena, "%s/usb/%s", controller->slot_path,
	                               d->usb.port);
	return d->slot_path ? 0 : vc_fail_oom(err);
}

static int add_device(struct vc_scan *scan, const char *name,
                      const struct vc_names *names, struct vc_err *err)
{
	struct vc_host_device *d = vc_list_push(scan->arena, &scan->inventory->devices);
	const char *dash = strchr(name, '-');
	char *link = vc_arena_printf(scan->arena, DEVICES "/%s", name);

	if (!d || !link)
		return vc_fail_oom(err);
	d->kind = VC_DEVICE_USB;
	d->iommu_group = d->numa_node = -1;
	d->address = vc_arena_strdup(scan->arena, name);
	d->name = vc_host_device_name(scan->arena, "usb", name);
	d->usb.port = dash ? vc_arena_strdup(scan->arena, dash + 1) : NULL;
	if (!d->address || !d->name || (dash && !d->usb.port))
		return vc_fail_oom(err);
	if (vc_sysfs_link_path(scan->arena, scan->root, link, &d->path, err) < 0) {
		d->broken = vc_arena_strdup(scan->arena, err->msg);
		*err = (struct vc_err)VC_ERR_INIT;
	}
	if (read_device(scan, d, err) < 0 || read_upstream(scan, d, err) < 0 ||
	    read_interfaces(scan, d, names, err) < 0)
		return -(int)err->kind;
	d->seen = d->driver ? VC_SEEN_ON_HOST_DRIVER : VC_SEEN_ON_NOTHING;
	return 0;
}

/**
 * vc_scan_usb() - Find the USB devices
 * @scan:	scan; the PCI functions are known
 * @err:	why not
 *
 * Return: 0, -VC_ERR_INPUT (too many) or -VC_ERR_INTERNAL
 */
int vc_scan_usb(struct vc_scan *scan, struct vc_err *err)
{
	const struct vc_at at = { .arena = scan->arena, .dir = scan->root };
	struct vc_names names;

	if (vc_at_list(&at, DEVICES, &names, err) < 0)
		return -(int)err->kind;
	if (names.n > DEVICES_MAX)
		return vc_fail(err, VC_ERR_INPUT,
		               "sysfs '" DEVICES "' has %zu entries, the limit is %u",
		               names.n, DEVICES_MAX);
	for (size_t i = 0; i < names.n; i++)
		if (vc_path_is_usb_device(names.v[i]) &&
		    add_device(scan, names.v[i], &names, err) < 0)
			return -(int)err->kind;
	return 0;
}
