/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One device of a claim against the machine: whether it is there, whether it is the one
 * that the driver meant, and what else the machine knows about it.
 *
 * Ids are the driver's under "<driver>/vendorID", or ours. The serial number of an NVMe
 * disk can be seen only while the host's driver has it, so mostly nothing contradicts.
 */
#include <stdio.h>
#include <string.h>

#include "base/parse.h"
#include "companion/seen.h"
#include "host/device_attributes.h"

#define OURS(id) VC_ATTR_DOMAIN "/" id
/* What the writer of files adds itself: address, group, mdev, boot. */
#define ADDED_LATER 5U

/* Attributes */

static struct vc_attribute *add(struct vc_arena *arena, struct vc_device *d,
                                const char *name, enum vc_attribute_type type)
{
	struct vc_attribute *a = vc_list_push(arena, &d->attributes);

	if (!a)
		return NULL;
	a->type = type;
	a->n = 1;
	a->name = vc_arena_strdup(arena, name);
	return a->name ? a : NULL;
}

/* What drivers said stays as they said it, and has the room. */
static bool wants(const struct vc_device *d, const char *name)
{
	return d->attributes.n + ADDED_LATER < VC_ATTRIBUTES_MAX &&
	       !vc_attributes_find(&d->attributes, name);
}

static int add_int(struct vc_arena *arena, struct vc_device *d, const char *name,
                   int64_t value, struct vc_err *err)
{
	struct vc_attribute *a;

	if (!wants(d, name))
		return 0;
	a = add(arena, d, name, VC_ATTRIBUTE_INT);
	if (a)
		a->ints = vc_arena_alloc(arena, 1, sizeof(*a->ints));
	if (!a || !a->ints)
		return vc_fail_oom(err);
	a->ints[0] = value;
	return 0;
}

static int add_text(struct vc_arena *arena, struct vc_device *d, const char *name,
                    const char *text, struct vc_err *err)
{
	struct vc_attribute *a;

	if (!wants(d, name) || strlen(text) > VC_ATTRIBUTE_TEXT_MAX)
		return 0;
	a = add(arena, d, name, VC_ATTRIBUTE_STRING);
	if (a)
		a->strings = vc_arena_alloc(arena, 1, sizeof(*a->strings));
	if (!a || !a->strings)
		return vc_fail_oom(err);
	a->strings[0] = vc_arena_strdup(arena, text);
	return a->strings[0] ? 0 : vc_fail_oom(err);
}

static int add_id(struct vc_arena *arena, struct vc_device *d, const char *name,
                  unsigned id, struct vc_err *err)
{
	char text[sizeof("ffffff")];

	(void)snprintf(text, sizeof(text), "%04x", id & 0xffffU);
	return add_text(arena, d, name, text, err);
}

/* Identity */

/* "144d" or "0x144d" */
static bool parse_id(const char *text, uint32_t *ret_id)
{
	if (!vc_parse_literal(&text, "0x"))
		(void)vc_parse_literal(&text, "0X");
	return vc_parse_hex(&text, 4, 4, ret_id) && vc_parse_end(text);
}

/* What ours says, else the driver's own; NULL none says it. */
static const char *claimed(struct vc_arena *arena, const struct vc_device *d,
                           const char *id)
{
	const char *name = vc_arena_printf(arena, OURS("%s"), id);
	const char *text = name ? vc_attributes_string(&d->attributes, name) : NULL;

	if (text || !d->driver)
		return text;
	name = vc_arena_printf(arena, "%s/%s", d->driver, id);
	return name ? vc_attributes_string(&d->attributes, name) : NULL;
}

static bool is_other(struct vc_arena *arena, const struct vc_device *d, const char *name,
                     uint32_t real)
{
	const char *text = claimed(arena, d, name);
	uint32_t id;

	return text && parse_id(text, &id) && id != real;
}

/* @text is NULL when there was no memory for it. */
static int say(char **ret_wrong, char *text, struct vc_err *err)
{
	if (!text)
		return vc_fail_oom(err);
	*ret_wrong = text;
	return 0;
}

static int check_ids(struct vc_arena *arena, const struct vc_device *d,
                     const struct vc_function *f, const char *address, char **ret_wrong,
                     struct vc_err *err)
{
	const char *serial = vc_attributes_string(&d->attributes, VC_ATTR_SERIAL);

	if (is_other(arena, d, "vendorID", f->vendor) ||
	    is_other(arena, d, "deviceID", f->device))
		return say(ret_wrong,
		           vc_arena_printf(arena,
		                           "its ids are %s:%s, but %s of this machine is "
		                           "%04x:%04x; let the driver prepare the claim "
		                           "again",
		                           claimed(arena, d, "vendorID"),
		                           claimed(arena, d, "deviceID"), address,
		                           (unsigned)f->vendor, (unsigned)f->device),
		           err);
	if (!serial || !f->serial || strcmp(serial, f->serial) == 0)
		return 0;
	return say(ret_wrong,
	           vc_arena_printf(arena,
	                           "its serial number is '%.64s', but that of %s of "
	                           "this machine is '%.64s'; let the driver prepare the "
	                           "claim again",
	                           serial, address, f->serial),
	           err);
}

/* Kinds */

static int check_function(struct vc_arena *arena, struct vc_device *d,
                          const struct vc_host_facts *host, char **ret_wrong,
                          struct vc_err *err)
{
	const struct vc_function *f = vc_host_facts_function(host, &d->host.pci);
	char address[VC_PCI_ADDRESS_SIZE];
	char *wrong = NULL;

	vc_pci_address_format(&d->host.pci, address);
	if (!f)
		return say(ret_wrong,
		           vc_arena_printf(arena, "%s is no device of this machine",
		                           address),
		           err);
	if (check_ids(arena, d, f, address, &wrong, err) < 0)
		return -(int)err->kind;
	*ret_wrong = wrong;
	if (wrong)
		return 0;
	if (d->iommu_group < 0)
		d->iommu_group = f->iommu_group;
	if (f->numa_node >= 0 &&
	    add_int(arena, d, VC_ATTR_NUMA_NODE, f->numa_node, err) < 0)
		return -(int)err->kind;
	if (add_id(arena, d, VC_ATTR_VENDOR_ID, f->vendor, err) < 0 ||
	    add_id(arena, d, VC_ATTR_DEVICE_ID, f->device, err) < 0)
		return -(int)err->kind;
	return 0;
}

static int check_mdev(struct vc_arena *arena, struct vc_device *d,
                      const struct vc_host_facts *host, char **ret_wrong,
                      struct vc_err *err)
{
	const struct vc_mdev_fact *m = vc_host_facts_mdev(host, d->host.mdev_uuid);

	if (!m)
		return say(ret_wrong,
		           vc_arena_printf(arena,
		                           "mdev '%.64s' does not exist on this machine",
		                           d->host.mdev_uuid),
		           err);
	if (d->iommu_group < 0)
		d->iommu_group = m->iommu_group;
	return 0;
}

/**
 * vc_seen_check_device() - Compare a device with the machine, and add what that says
 * @arena:	holds what is added
 * @device:	device with or without an address
 * @host:	facts about all devices that the claims name
 * @ret_wrong:	what is not true, as a clause; NULL nothing is known to be wrong
 * @err:	out of memory
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_seen_check_device(struct vc_arena *arena, struct vc_device *device,
                         const struct vc_host_facts *host, char **ret_wrong,
                         struct vc_err *err)
{
	char *wrong = NULL;
	int r = 0;

	if (!vc_host_side_has_address(&device->host)) {
		*ret_wrong = NULL;
		return 0;
	}
	if (vc_kind_is_pci(device->host.kind))
		r = check_function(arena, device, host, &wrong, err);
	else if (device->host.kind == VC_KIND_MDEV)
		r = check_mdev(arena, device, host, &wrong, err);
	else if (!vc_host_facts_has(host, &device->host))
		r = say(&wrong,
		        vc_arena_printf(arena, "%s is no device of this machine",
		                        vc_host_side_text(arena, &device->host)),
		        err);
	if (r == 0)
		*ret_wrong = wrong;
	return r;
}
