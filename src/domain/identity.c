/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a device is, apart from where it is: "144d:a80a" or "144d:a80a serial S64...".
 *
 * The machine says it (ids of a PCI function, ids and serial number of a USB device), else
 * the attributes of the claim, ours or the driver's own. The serial number of an NVMe disk
 * is compared as long as the host's driver shows it, and never recorded from there: on vfio
 * nobody sees it. Three voices are compared: machine, claim, and
 * what our metadata recorded. A voice that is silent agrees with everything.
 */
#include <string.h>

#include "base/parse.h"
#include "domain/planner.h"

#define SERIAL_WORD " serial "

struct identity {
	bool known;
	uint32_t vendor, device;
	const char *serial; /* NULL unknown */
};

/* "144d" or "0x144d" */
static bool parse_id(const char *text, uint32_t *ret_id)
{
	if (!text)
		return false;
	if (!vc_parse_literal(&text, "0x"))
		(void)vc_parse_literal(&text, "0X");
	return vc_parse_hex(&text, 4, 4, ret_id) && vc_parse_end(text);
}

/* The first that is a text: the one of the kind, ours, the one of the driver. */
static const char *attribute(const struct vc_planner *planner,
                             const struct vc_device *device, const char *special,
                             const char *name)
{
	const char *value = NULL, *own;

	if (device->host.kind == VC_KIND_USB)
		value = vc_attributes_string(&device->attributes, special);
	own = vc_arena_printf(planner->arena, "%s/%s", VC_ATTR_DOMAIN, name);
	if (!value && own)
		value = vc_attributes_string(&device->attributes, own);
	if (value || !device->driver)
		return value;
	own = vc_arena_printf(planner->arena, "%s/%s", device->driver, name);
	return own ? vc_attributes_string(&device->attributes, own) : NULL;
}

static struct identity of_claim(const struct vc_planner *planner,
                                const struct vc_device *device)
{
	struct identity id = { .known = false };

	if (device->host.kind == VC_KIND_USB)
		id.serial = vc_attributes_string(&device->attributes, VC_ATTR_USB_SERIAL);
	if (!id.serial)
		id.serial = vc_attributes_string(&device->attributes, VC_ATTR_SERIAL);
	id.known =
		parse_id(attribute(planner, device, VC_ATTR_USB_VENDOR_ID, "vendorID"),
	                 &id.vendor) &&
		parse_id(attribute(planner, device, VC_ATTR_USB_PRODUCT_ID, "deviceID"),
	                 &id.device);
	return id;
}

static struct identity of_machine(const struct vc_planner *planner,
                                  const struct vc_device *device)
{
	const struct vc_host_facts *host = planner->input->host;
	const struct vc_usb_device where = {
		.bus = device->host.usb.bus,
		.device = device->host.usb.device,
		.port = device->host.usb.port,
	};
	const struct vc_usb_fact *usb = NULL;
	const struct vc_function *f = NULL;
	struct identity id = { 0 };
	size_t n;

	if (vc_kind_is_pci(device->host.kind))
		f = vc_host_facts_function(host, &device->host.pci);
	if (device->host.kind == VC_KIND_USB && where.bus > 0)
		usb = vc_host_facts_usb(host, &where, &n);
	if (usb)
		id = (struct identity){
			.known = true,
			.vendor = usb->vendor,
			.device = usb->product,
			.serial = usb->serial,
		};
	if (f)
		id = (struct identity){
			.known = true,
			.vendor = f->vendor,
			.device = f->device,
			.serial = f->serial,
		};
	return id;
}

static struct identity of_record(const struct vc_record *record)
{
	const char *p = record ? record->identity : NULL;
	struct identity id = { 0 };

	if (!p || !vc_parse_hex(&p, 4, 4, &id.vendor) || !vc_parse_literal(&p, ":") ||
	    !vc_parse_hex(&p, 4, 4, &id.device))
		return id;
	id.known = true;
	if (vc_parse_literal(&p, SERIAL_WORD))
		id.serial = p;
	return id;
}

static bool agree(const struct identity *a, const struct identity *b)
{
	if (a->known && b->known && (a->vendor != b->vendor || a->device != b->device))
		return false;
	return !a->serial || !b->serial || strcmp(a->serial, b->serial) == 0;
}

static char *format(const struct vc_planner *planner, const struct identity *id)
{
	if (!id->known)
		return vc_arena_printf(planner->arena, "serial %s",
		                       id->serial ? id->serial : "unknown");
	return vc_arena_printf(planner->arena, "%04x:%04x%s%s", id->vendor, id->device,
	                       id->serial ? SERIAL_WORD : "",
	                       id->serial ? id->serial : "");
}

static int differ(const struct vc_planner *planner, const struct vc_bound *b,
                  const struct identity *is, const char *says, const struct identity *was,
                  struct vc_err *err)
{
	const char *host = vc_device_host(planner, b->device);
	const char *now = format(planner, is), *before = format(planner, was);

	return vc_fail(
		err, VC_ERR_REFUSED,
		"%s: alias '%s': device '%s' is '%s', but %s '%s': it moved or was "
		"replaced; prepare the claim again%s",
		b->binding->origin, b->alias, host ? host : "?", now ? now : "?", says,
		before ? before : "?",
		b->record ? ", or accept the device with --bind" : "");
}

static bool same(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0;
}

/**
 * vc_still_recorded() - Whether the record of an alias is about what it is bound to now
 * @b:		alias with its claim and device, if known
 *
 * Return: whether there is a record, and of the same device of the same claim
 */
bool vc_still_recorded(const struct vc_bound *b)
{
	const struct vc_binding *old = b->record ? &b->record->binding : NULL;

	if (!old || b->binding == old || !b->device)
		return old != NULL;
	if (old->uid && b->claim->uid && strcmp(old->uid, b->claim->uid) != 0)
		return false;
	if (!old->request || !b->device->request)
		return same(b->record->device, vc_device_label(b->device));
	return same(old->request, b->device->request) && old->index == b->index;
}

/**
 * vc_identity_check() - Refuse a device that is not what was claimed or recorded
 * @planner:	planner
 * @bound:	.device is known
 * @err:	"ORIGIN: ..." naming both identities
 *
 * A binding of the command line accepts whatever was recorded to be wrong, but not a
 * claim that is at odds with the machine.
 *
 * Return: 0 or -VC_ERR_REFUSED
 */
int vc_identity_check(const struct vc_planner *planner, const struct vc_bound *bound,
                      struct vc_err *err)
{
	struct identity claim = of_claim(planner, bound->device);
	struct identity machine = of_machine(planner, bound->device);
	struct identity record = of_record(bound->record);

	if (!agree(&machine, &claim))
		return differ(planner, bound, &machine, "its claim says", &claim, err);
	if (bound->binding->origin_kind == VC_BINDING_COMMAND_LINE ||
	    !vc_still_recorded(bound))
		return 0;
	if (!agree(&machine, &record))
		return differ(planner, bound, &machine, "the domain recorded", &record,
		              err);
	if (!agree(&claim, &record))
		return differ(planner, bound, &claim, "the domain recorded", &record,
		              err);
	return 0;
}

/**
 * vc_identity() - What our metadata is to record of a device
 * @planner:	planner
 * @bound:	.device is known, and vc_identity_check() passed
 * @ret_identity: text in the arena, or NULL when nothing is known
 * @err:	out of memory
 *
 * What was recorded before and is not contradicted stays as it is.
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_identity(const struct vc_planner *planner, const struct vc_bound *bound,
                char **ret_identity, struct vc_err *err)
{
	struct identity now = of_machine(planner, bound->device);
	struct identity claim = of_claim(planner, bound->device);
	struct identity record = { 0 };
	char *text;

	if (vc_still_recorded(bound))
		record = of_record(bound->record);
	if (vc_kind_is_pci(bound->device->host.kind))
		now.serial = NULL;
	if (!now.known)
		now = claim;
	if (claim.serial)
		now.serial = claim.serial;
	if (record.known && agree(&now, &record) &&
	    (!now.known || record.serial || !now.serial)) {
		*ret_identity = bound->record->identity;
		return 0;
	}
	if (!now.known) {
		*ret_identity = NULL;
		return 0;
	}
	text = format(planner, &now);
	if (!text)
		return vc_fail_oom(err);
	*ret_identity = text;
	return 0;
}
