/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a device is, apart from where it is: "144d:a80a" or "144d:a80a serial S64...".
 *
 * The machine says it (vendor and device id of a PCI function), else the attributes of
 * the claim, ours or the driver's own. Three voices are compared: machine, claim, and
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

/* Our attribute, else the one of the driver. */
static const char *attribute(const struct vc_planner *planner,
                             const struct vc_device *device, const char *name)
{
	const char *value, *own;

	own = vc_arena_printf(planner->arena, "%s/%s", VC_ATTR_DOMAIN, name);
	value = own ? vc_attributes_string(&device->attributes, own) : NULL;
	if (value || !device->driver)
		return value;
	own = vc_arena_printf(planner->arena, "%s/%s", device->driver, name);
	return own ? vc_attributes_string(&device->attributes, own) : NULL;
}

static struct identity of_claim(const struct vc_planner *planner,
                                const struct vc_device *device)
{
	struct identity id = { .serial = vc_attributes_string(&device->attributes,
		                                              VC_ATTR_SERIAL) };

	id.known = parse_id(attribute(planner, device, "vendorID"), &id.vendor) &&
	           parse_id(attribute(planner, device, "deviceID"), &id.device);
	return id;
}

static struct identity of_machine(const struct vc_planner *planner,
                                  const struct vc_device *device)
{
	struct identity id = { 0 };
	const struct vc_function *f = NULL;

	if (device->host.kind == VC_KIND_PCI)
		f = vc_host_facts_function(planner->input->host, &device->host.pci);
	if (f)
		id = (struct identity){
			.known = true,
			.vendor = f->vendor,
			.device = f->device,
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
	if (!now.known)
		now = claim;
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
