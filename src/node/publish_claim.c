/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a host claim and the devices that were found for it to a prepared claim.
 *
 * A device on vfio cannot show its NVMe serial number or MAC address any more. What was
 * recorded while it could stays part of what is published: a reader that meets the
 * device elsewhere compares with it.
 */
#include <string.h>

#include "base/parse.h"
#include "claim/host_attributes.h"
#include "host/device_attributes.h"
#include "node/publish.h"

#define OURS(id) VC_ATTR_DOMAIN "/" id

/* One device on its way. */
struct maker {
	struct vc_arena *arena;
	const struct vc_host_claim *claim;
	const struct vc_found_device *found;
	const struct vc_host_device *host;
	struct vc_device device;
};

static bool has_kind(const struct vc_identity *identity, enum vc_evidence_kind kind)
{
	for (size_t i = 0; i < identity->evidence.n; i++)
		if (identity->evidence.v[i].kind == kind)
			return true;
	return false;
}

/* The evidence of @host joins what was recorded of it. */
static int add_recorded(const struct maker *m, struct vc_host_device *host,
                        struct vc_err *err)
{
	const struct vc_identity *identity = &m->found->claimed->identity;
	size_t n = identity->evidence.n + host->evidence.n, used = 0;
	struct vc_evidence *v = vc_arena_alloc(m->arena, n + 1, sizeof(*v));

	if (!v)
		return vc_fail_oom(err);
	for (size_t i = 0; i < identity->evidence.n; i++)
		v[used++] = identity->evidence.v[i];
	for (size_t i = 0; i < host->evidence.n; i++)
		if (!has_kind(identity, host->evidence.v[i].kind))
			v[used++] = host->evidence.v[i];
	host->evidence.v = v;
	host->evidence.n = host->evidence.cap = used;
	host->seen = identity->seen;
	return 0;
}

/* Of a device that is made, the identity is that of its PF or parent: it has none of its
 * own. */
static int describe(struct maker *m, struct vc_err *err)
{
	const struct vc_claimed_device *claimed = m->found->claimed;
	struct vc_host_device host = *m->host;

	if (claimed->made_from == VC_MADE_BY_NOBODY && add_recorded(m, &host, err) < 0)
		return -(int)err->kind;
	if (claimed->made_from != VC_MADE_BY_NOBODY)
		host.seen = claimed->identity.seen;
	if (host.kind == VC_DEVICE_PCI && claimed->made_from == VC_MADE_FROM_PF &&
	    host.pci.vf_index < 0)
		host.pci.vf_index = (int)claimed->vf_index;
	return vc_host_device_attributes(m->arena, &host, &m->device.attributes, err);
}

static int add_int(struct maker *m, const char *name, int64_t value, struct vc_err *err)
{
	struct vc_attribute *a;

	if (vc_attributes_find(&m->device.attributes, name))
		return 0;
	a = vc_list_push(m->arena, &m->device.attributes);
	if (!a)
		return vc_fail_oom(err);
	a->type = VC_ATTRIBUTE_INT;
	a->n = 1;
	a->name = vc_arena_strdup(m->arena, name);
	a->ints = vc_arena_alloc(m->arena, 1, sizeof(*a->ints));
	if (!a->name || !a->ints)
		return vc_fail_oom(err);
	a->ints[0] = value;
	return 0;
}

/* "vfio3" */
static int64_t cdev_number(const struct vc_host_device *host)
{
	const char *cursor = host->vfio_cdev;
	uint64_t number;

	if (!cursor || !vc_parse_literal(&cursor, "vfio") ||
	    !vc_parse_number(cursor, INT32_MAX, &number))
		return -1;
	return (int64_t)number;
}

/* What the inventory does not have, because it is about the claim. */
static int add_details(struct maker *m, struct vc_err *err)
{
	const struct vc_claimed_device *claimed = m->found->claimed;
	const struct vc_usb_device *usb = &m->found->host.usb;

	if (claimed->made_from == VC_MADE_FROM_PF) {
		m->device.hardware_address = claimed->mac;
		if (claimed->vlan > 0 && add_int(m, VC_ATTR_VLAN, claimed->vlan, err) < 0)
			return -(int)err->kind;
	}
	if (m->host->kind == VC_DEVICE_USB && usb->device > 0)
		return add_int(m, VC_ATTR_USB_DEVICE, usb->device, err);
	return 0;
}

static int refuse_unmade(const struct maker *m, struct vc_err *err)
{
	return vc_fail(
		err, VC_ERR_REFUSED,
		"claim '%s/%s': device '%s' of request '%s' does not exist yet, so "
		"there is nothing to publish; prepare the claim first",
		m->claim->namespace, m->claim->name, m->found->claimed->name,
		m->found->claimed->request);
}

static const struct vc_host_device *find_host(const struct vc_found_device *found,
                                              const struct vc_inventory *inventory)
{
	if (found->device)
		return found->device;
	if (vc_kind_is_pci(found->host.kind) && found->host.has_pci)
		return vc_inventory_function(inventory, &found->host.pci);
	return found->host.mdev_uuid ? vc_inventory_find(inventory, found->host.mdev_uuid)
	                             : NULL;
}

static int make_device(struct maker *m, const struct vc_inventory *inventory,
                       struct vc_err *err)
{
	const char *where = vc_arena_printf(m->arena, "claim '%s/%s': device '%s'",
	                                    m->claim->namespace, m->claim->name,
	                                    m->found->claimed->name);

	if (!where)
		return vc_fail_oom(err);
	m->host = find_host(m->found, inventory);
	if (!m->host || m->host->kind == VC_DEVICE_MDEV_TYPE)
		return refuse_unmade(m, err);
	m->device = (struct vc_device)VC_DEVICE_INIT;
	m->device.request = m->found->claimed->request;
	m->device.name = m->found->claimed->name;
	m->device.pool = m->claim->pool;
	m->device.driver = vc_arena_strdup(m->arena, VC_HOST_DRIVER);
	m->device.host = m->found->host;
	m->device.vfio_cdev = cdev_number(m->host);
	m->device.origin = m->claim->origin;
	if (!m->device.driver)
		return vc_fail_oom(err);
	if (describe(m, err) < 0 || add_details(m, err) < 0)
		return -(int)err->kind;
	return vc_device_apply_attributes(m->arena, &m->device, where, err);
}

/**
 * vc_publish_claim() - A prepared claim as the model knows it
 * @arena:	holds it; texts of @claim, @found and @inventory are shared
 * @claim:	host claim
 * @found:	where its devices are; all of them exist
 * @inventory:	the machine as it is now, drivers bound
 * @ret_claim:	the claim: devices in the order of @found, with every attribute that can be
 *		known: of the device as it is, and evidence that was recorded when it could be
 *		seen. No generation and no boot
 * @err:	which device is not there yet, or is not where it was found
 *
 * Return: 0, -VC_ERR_REFUSED, -VC_ERR_INPUT (inventory and @found contradict each other)
 * or -VC_ERR_INTERNAL
 */
int vc_publish_claim(struct vc_arena *arena, const struct vc_host_claim *claim,
                     const struct vc_found_devices *found,
                     const struct vc_inventory *inventory, struct vc_claim *ret_claim,
                     struct vc_err *err)
{
	struct vc_claim result = {
		.uid = claim->uid,
		.namespace = claim->namespace,
		.name = claim->name,
		.origin = claim->origin,
	};

	for (size_t i = 0; i < found->n; i++) {
		struct maker m = { arena, claim, &found->v[i], NULL, VC_DEVICE_INIT };
		struct vc_device *slot;

		if (make_device(&m, inventory, err) < 0)
			return -(int)err->kind;
		slot = vc_list_push(arena, &result.devices);
		if (!slot)
			return vc_fail_oom(err);
		*slot = m.device;
	}
	*ret_claim = result;
	return 0;
}
