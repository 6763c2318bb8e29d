/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * place.c - where a PCI function sits: its path from the root down, and its slot.
 *
 * [SYSFS] the path of a function names every bridge above it. Bus numbers in it change
 * when a card is added; device and function numbers of the bridges are wiring.
 * [DRA] deviceattribute, pcieRoot: the first component below devices/, where the path
 * begins with devices/pci and ends in the address.
 * [ABI-PCI] bus/pci/slots/<name>/address: "0000:65:00"
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/device_path.h"
#include "host/scan.h"
#include "host/sysfs.h"

#define SLOT_PATH_MAX 256U
#define SLOTS_MAX     16384U

/* What firmware calls a root bus, or else its own name; NULL: no memory. Many functions
 * have the same: the last answer is kept. */
static const char *root_name(struct vc_scan *scan, const char *root, struct vc_err *err)
{
	const struct vc_at at = { .arena = scan->arena, .dir = scan->root };
	char *path, *text;

	if (scan->root_name && strcmp(scan->root_bus, root) == 0)
		return scan->root_name;
	path = vc_arena_printf(scan->arena, "devices/%s/firmware_node/path", root);
	if (!path || vc_at_text(&at, path, &text, err) < 0)
		return NULL;
	text = vc_clean_text(text);
	scan->root_bus = vc_arena_strdup(scan->arena, root);
	scan->root_name = text ? text : scan->root_bus;
	return scan->root_bus ? scan->root_name : NULL;
}

/* Goes down the path; false when it is not that of the function. */
static bool walk(struct vc_host_device *d, char slot_path[SLOT_PATH_MAX], size_t len)
{
	const char *cursor = d->path;
	char part[VC_PATH_PART_SIZE];
	struct vc_pci_address above = { 0 }, here;
	unsigned depth = 0;

	while (vc_path_next(&cursor, part)) {
		int n;

		if (!vc_path_is_function(part, &here))
			continue;
		if (depth == 1)
			d->pci.root_port = above;
		if (depth++ > 0)
			d->pci.upstream = above;
		above = here;
		n = snprintf(slot_path + len, SLOT_PATH_MAX - len, "/%02x.%x", here.slot,
		             here.function);
		if (n < 0 || (size_t)n >= SLOT_PATH_MAX - len)
			return false;
		len += (size_t)n;
	}
	d->pci.has_upstream = depth > 1;
	return depth > 0 && vc_pci_address_compare(&above, &d->pci.address) == 0;
}

static int read_path(struct vc_scan *scan, struct vc_host_device *d, struct vc_err *err)
{
	char *link = vc_arena_printf(scan->arena, "bus/pci/devices/%s", d->address);
	int r;

	if (!link)
		return vc_fail_oom(err);
	r = vc_sysfs_link_path(scan->arena, scan->root, link, &d->path, err);
	if (r == -VC_ERR_INTERNAL)
		return r;
	if (r < 0) {
		if (!d->broken)
			d->broken = vc_arena_strdup(scan->arena, err->msg);
		*err = (struct vc_err)VC_ERR_INIT;
	}
	return 0;
}

/**
 * vc_read_place() - Find out where a function sits
 * @scan:	scan
 * @device:	function; gets .path, .slot_path, and the bridges above it
 * @err:	out of memory
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_read_place(struct vc_scan *scan, struct vc_host_device *device, struct vc_err *err)
{
	char slot_path[SLOT_PATH_MAX];
	char part[VC_PATH_PART_SIZE];
	const char *cursor;
	const char *name;

	if (read_path(scan, device, err) < 0)
		return -(int)err->kind;
	cursor = device->path;
	if (!cursor || !vc_path_next(&cursor, part) || strcmp(part, "devices") != 0 ||
	    !vc_path_next(&cursor, part) || !vc_path_is_pci_root(part))
		return 0;
	name = root_name(scan, part, err);
	if (!name)
		return vc_fail_oom(err);
	if (strlen(name) >= sizeof(slot_path))
		return 0;
	memcpy(slot_path, name, strlen(name) + 1);
	if (!walk(device, slot_path, strlen(name)))
		return 0;
	device->slot_path = vc_arena_strdup(scan->arena, slot_path);
	device->pci.pcie_root = vc_arena_strdup(scan->arena, part);
	if (!device->slot_path || !device->pci.pcie_root)
		return vc_fail_oom(err);
	return 0;
}

/* "0000:65:00": a slot has no function number. */
static void name_slot(struct vc_scan *scan, char *slot, const char *text)
{
	struct vc_pci_address address;
	struct vc_host_device *d;
	char full[VC_PCI_ADDRESS_SIZE + 2];
	int n = snprintf(full, sizeof(full), "%s.0", text);

	if (n < 0 || (size_t)n >= sizeof(full) || !vc_path_is_function(full, &address))
		return;
	for (; address.function < 8; address.function++) {
		d = vc_inventory_function(scan->inventory, &address);
		if (d && !d->pci.physical_slot)
			d->pci.physical_slot = slot;
	}
}

/**
 * vc_scan_slots() - Give functions the names of their physical slots
 * @scan:	scan; its functions are known
 * @err:	out of memory
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_scan_slots(struct vc_scan *scan, struct vc_err *err)
{
	const struct vc_at at = { .arena = scan->arena, .dir = scan->root };
	struct vc_names slots;

	if (vc_at_list(&at, "bus/pci/slots", &slots, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < slots.n && i < SLOTS_MAX; i++) {
		char *path = vc_arena_printf(scan->arena, "bus/pci/slots/%s/address",
		                             slots.v[i]);
		char *text;

		if (!path)
			return vc_fail_oom(err);
		if (vc_at_text(&at, path, &text, err) < 0)
			return -(int)err->kind;
		if (text)
			name_slot(scan, vc_clean_text(slots.v[i]), text);
	}
	return 0;
}
