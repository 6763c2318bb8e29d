/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * [ABI-USB] bus/usb/devices/<bus>-<port>: busnum, devnum, idVendor, idProduct, serial; a
 *           root hub is usb<bus>; names with ':' are interfaces
 * [ABI-SCSI] bus/scsi/devices/<host>:<channel>:<target>:<lun>
 * [VHOST-VDPA] bus/vdpa/devices/<name>/vhost-vdpa-<N>, when vhost_vdpa has it; the
 *           character device is called so too
 */
#include "host/gather_devices.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/parse.h"
#include "host/sysfs.h"

#define PATH_SIZE   512U
#define USB_DEVICES "bus/usb/devices"
#define DEVICES_MAX 16384U
#define NUMBER_MAX  999U

struct gather {
	struct vc_arena *arena;
	int root;
	struct vc_host_facts *facts;
};

/**
 * vc_want_device() - Ask for what a claim or a domain says of a device
 * @arena:	holds the list
 * @wanted:	what is asked for so far
 * @side:	of any kind
 * @err:	out of memory
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_want_device(struct vc_arena *arena, struct vc_wanted_devices *wanted,
                   const struct vc_host_side *side, struct vc_err *err)
{
	struct vc_scsi_unit *slot;

	wanted->usb |= side->kind == VC_KIND_USB;
	wanted->vdpa |= side->kind == VC_KIND_VDPA;
	if (side->kind != VC_KIND_SCSI || !side->scsi.set)
		return 0;
	slot = vc_list_push(arena, &wanted->scsi);
	if (!slot)
		return vc_fail_oom(err);
	*slot = side->scsi;
	return 0;
}

/* *ret_text is NULL when there is no such attribute. */
static int read_text(const struct gather *g, const char *device, const char *what,
                     char **ret_text, struct vc_err *err)
{
	char path[PATH_SIZE];
	struct vc_err why = VC_ERR_INIT;
	int r;

	(void)snprintf(path, sizeof(path), USB_DEVICES "/%.255s/%s", device, what);
	*ret_text = NULL;
	r = vc_sysfs_read(g->arena, g->root, path, ret_text, &why);
	if (r == -VC_ERR_ABSENT)
		return 0;
	if (r < 0)
		*err = why;
	return r;
}

static int bad_value(const char *device, const char *what, const char *text,
                     struct vc_err *err)
{
	return vc_fail(err, VC_ERR_INPUT,
	               "sysfs '" USB_DEVICES "/%s/%s' holds '%.32s', expected a number",
	               device, what, text);
}

/* *ret_value stays when the device has gone meanwhile. */
static int read_number(const struct gather *g, const char *device, const char *what,
                       unsigned *ret_value, struct vc_err *err)
{
	uint64_t value = 0;
	char *text;

	if (read_text(g, device, what, &text, err) < 0)
		return -(int)err->kind;
	if (!text)
		return 0;
	if (!vc_parse_number(text, NUMBER_MAX, &value))
		return bad_value(device, what, text, err);
	*ret_value = (unsigned)value;
	return 0;
}

static int read_id(const struct gather *g, const char *device, const char *what,
                   uint16_t *ret_id, struct vc_err *err)
{
	const char *cursor;
	uint32_t id;
	char *text;

	if (read_text(g, device, what, &text, err) < 0)
		return -(int)err->kind;
	cursor = text;
	if (!text)
		return 0;
	if (!vc_parse_hex(&cursor, 4, 4, &id) || !vc_parse_end(cursor))
		return bad_value(device, what, text, err);
	*ret_id = (uint16_t)id;
	return 0;
}

static int find_usb(const struct gather *g, const char *name, struct vc_err *err)
{
	const char *dash = strchr(name, '-');
	struct vc_usb_fact fact = { 0 };
	struct vc_usb_fact *slot;

	if (strchr(name, ':'))
		return 0; /* an interface */
	if (read_number(g, name, "busnum", &fact.bus, err) < 0 ||
	    read_number(g, name, "devnum", &fact.device, err) < 0 ||
	    read_id(g, name, "idVendor", &fact.vendor, err) < 0 ||
	    read_id(g, name, "idProduct", &fact.product, err) < 0 ||
	    read_text(g, name, "serial", &fact.serial, err) < 0)
		return -(int)err->kind;
	if (fact.bus == 0 || fact.device == 0)
		return 0;
	fact.port = vc_arena_strdup(g->arena, dash ? dash + 1 : "");
	slot = vc_list_push(g->arena, &g->facts->usbs);
	if (!slot || !fact.port)
		return vc_fail_oom(err);
	*slot = fact;
	return 0;
}

static int compare_usb(const void *va, const void *vb)
{
	const struct vc_usb_fact *a = va;
	const struct vc_usb_fact *b = vb;

	if (a->bus != b->bus)
		return a->bus < b->bus ? -1 : 1;
	return (a->device > b->device) - (a->device < b->device);
}

/* Names in a directory; none when it does not exist. */
static int list(const struct gather *g, const char *path, struct vc_names *ret_names,
                struct vc_err *err)
{
	struct vc_err why = VC_ERR_INIT;
	struct vc_names names = { 0 };
	int r = vc_sysfs_list(g->arena, g->root, path, &names, &why);

	if (r < 0 && r != -VC_ERR_ABSENT) {
		*err = why;
		return r;
	}
	if (names.n > DEVICES_MAX)
		return vc_fail(err, VC_ERR_INPUT, "sysfs '%s' has more than %u entries",
		               path, DEVICES_MAX);
	*ret_names = names;
	return 0;
}

static int find_usbs(const struct gather *g, struct vc_err *err)
{
	struct vc_names names = { 0 };

	if (list(g, USB_DEVICES, &names, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < names.n; i++)
		if (find_usb(g, names.v[i], err) < 0)
			return -(int)err->kind;
	if (g->facts->usbs.n > 1)
		qsort(g->facts->usbs.v, g->facts->usbs.n, sizeof(*g->facts->usbs.v),
		      compare_usb);
	return 0;
}

static int find_scsi(const struct gather *g, const struct vc_scsi_unit *unit,
                     struct vc_err *err)
{
	char path[PATH_SIZE];
	char *name, **slot;

	name = vc_arena_printf(g->arena, "%" PRIu32 ":%" PRIu32 ":%" PRIu32 ":%" PRIu64,
	                       unit->host, unit->channel, unit->target, unit->lun);
	if (!name)
		return vc_fail_oom(err);
	(void)snprintf(path, sizeof(path), "bus/scsi/devices/%s", name);
	if (!vc_sysfs_is_directory(g->root, path))
		return 0;
	slot = vc_list_push(g->arena, &g->facts->scsi);
	if (!slot)
		return vc_fail_oom(err);
	*slot = name;
	return 0;
}

static int find_vdpa(const struct gather *g, const char *device, struct vc_err *err)
{
	struct vc_names names = { 0 };
	char path[PATH_SIZE];

	(void)snprintf(path, sizeof(path), "bus/vdpa/devices/%.255s", device);
	if (list(g, path, &names, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < names.n; i++) {
		const char *cursor = names.v[i];
		char **slot;

		if (!vc_parse_literal(&cursor, "vhost-vdpa-"))
			continue;
		slot = vc_list_push(g->arena, &g->facts->vdpas);
		if (slot)
			*slot = vc_arena_printf(g->arena, "/dev/%s", names.v[i]);
		if (!slot || !*slot)
			return vc_fail_oom(err);
	}
	return 0;
}

static int find_vdpas(const struct gather *g, struct vc_err *err)
{
	struct vc_names names = { 0 };

	if (list(g, "bus/vdpa/devices", &names, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < names.n; i++)
		if (find_vdpa(g, names.v[i], err) < 0)
			return -(int)err->kind;
	return 0;
}

/**
 * vc_gather_devices() - Ask sysfs about USB, SCSI and vDPA devices
 * @arena:	holds the facts
 * @root:	sysfs root, open directory
 * @wanted:	what is asked for
 * @facts:	facts; .usbs, .scsi and .vdpas are added to
 * @err:	why not; names the attribute
 *
 * Return: 0, -VC_ERR_INPUT (an attribute that no kernel writes), -VC_ERR_SYSTEM or
 * -VC_ERR_INTERNAL
 */
int vc_gather_devices(struct vc_arena *arena, int root,
                      const struct vc_wanted_devices *wanted, struct vc_host_facts *facts,
                      struct vc_err *err)
{
	const struct gather g = { .arena = arena, .root = root, .facts = facts };

	if (wanted->usb && find_usbs(&g, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < wanted->scsi.n; i++)
		if (find_scsi(&g, &wanted->scsi.v[i], err) < 0)
			return -(int)err->kind;
	return wanted->vdpa ? find_vdpas(&g, err) : 0;
}
