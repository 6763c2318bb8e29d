/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an element of ours has to look like is worked out here from the plan and the
 * element that was there, and shares nothing with the stylesheets.
 *
 * [LV] formatdomain, "Host device assignment": what a PCI device and each model of a
 * mediated device may have.
 */
#include "domain/check_device.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "domain/compare.h"
#include "domain/document.h"
#include "domain/form.h"
#include "domain/xml.h"

#define OVERLAY_MAX 6

/* Attributes that have to have a value (or, with NULL, must not be there); all others
 * are those of the element before. */
struct overlay {
	struct {
		const char *name, *value;
	} v[OVERLAY_MAX];
	size_t n;
};

enum presence {
	AS_BEFORE, /* there when it was there */
	PRESENT,
	GONE,
};

/* One child of a device. */
struct part {
	const char *name;
	enum presence presence;
	struct overlay overlay;
};

/* Text of the numbers of a host or guest address. */
struct address_text {
	char domain[sizeof("0xffffffff")];
	char bus[sizeof("0xff")], slot[sizeof("0xff")];
	char function[sizeof("0xf")];
};

static void require(struct overlay *o, const char *name, const char *value)
{
	o->v[o->n].name = name;
	o->v[o->n].value = value;
	o->n++;
}

static void require_tri(struct overlay *o, const char *name, enum vc_tri value,
                        const char *no, const char *yes)
{
	if (value != VC_UNKNOWN)
		require(o, name, value == VC_YES ? yes : no);
}

static void require_address(struct overlay *o, struct address_text *text,
                            const struct vc_pci_address *pci)
{
	(void)snprintf(text->domain, sizeof(text->domain), "0x%04x", pci->domain);
	(void)snprintf(text->bus, sizeof(text->bus), "0x%02x", pci->bus);
	(void)snprintf(text->slot, sizeof(text->slot), "0x%02x", pci->slot);
	(void)snprintf(text->function, sizeof(text->function), "0x%x",
	               pci->function & 0xfu);
	require(o, "domain", text->domain);
	require(o, "bus", text->bus);
	require(o, "slot", text->slot);
	require(o, "function", text->function);
}

static bool in_overlay(const struct overlay *o, const xmlAttr *attr)
{
	for (size_t i = 0; !attr->ns && i < o->n; i++)
		if (strcmp((const char *)attr->name, o->v[i].name) == 0)
			return true;
	return false;
}

/* The attributes of @b are those of @a (NULL: none) with @o laid over them. */
static bool attributes_ok(const struct overlay *o, const xmlNode *a, const xmlNode *b)
{
	const xmlAttr *attr = NULL;

	for (size_t i = 0; i < o->n; i++) {
		const char *value = vc_xml_peek(b, o->v[i].name);

		if (!value != !o->v[i].value ||
		    (value && strcmp(value, o->v[i].value) != 0))
			return false;
	}
	for (attr = b->properties; attr; attr = attr->next)
		if (!in_overlay(o, attr) && (!a || !vc_xml_has_attribute(a, attr)))
			return false;
	for (attr = a ? a->properties : NULL; attr; attr = attr->next)
		if (!in_overlay(o, attr) && !vc_xml_has_attribute(b, attr))
			return false;
	return true;
}

static bool is_plain(const xmlNode *element)
{
	return !element->ns && !element->nsDef;
}

/* Name, namespaces and content are those of @a; plain and empty without one. */
static bool rest_ok(xmlNodePtr a, xmlNodePtr b)
{
	if (!a)
		return is_plain(b) && !vc_xml_solid(b->children);
	return vc_xml_equal_name(a, b) &&
	       vc_xml_equal_content(a, b, VC_XML_BLANKS_IGNORE);
}

static bool part_ok(const struct part *part, xmlNodePtr before, xmlNodePtr after)
{
	xmlNodePtr a = vc_xml_child(before, part->name);
	xmlNodePtr b = vc_xml_child(after, part->name);

	if (part->presence == GONE || !b)
		return !b &&
		       (part->presence == GONE || (part->presence == AS_BEFORE && !a));
	if (part->presence == AS_BEFORE && !a)
		return false;
	return rest_ok(a, b) && attributes_ok(&part->overlay, a, b);
}

static bool writes(const struct vc_plan_device *device)
{
	return device->action == VC_PLAN_ADD || device->action == VC_PLAN_CHANGE;
}

static bool is_mdev(const struct vc_plan_device *device, const char *model)
{
	return device->host.kind == VC_KIND_MDEV &&
	       (!model ||
	        strcmp(vc_mdev_model_name(device->host.mdev_model), model) == 0);
}

/* Whether the element before was of the same kind, so that what it has beside its host
 * side still means something. */
static bool same_kind(const struct vc_plan_device *device, const xmlNode *before)
{
	const char *type = before ? vc_xml_peek(before, "type") : NULL;

	return type && strcmp(type, vc_form(device->host.kind)->type) == 0;
}

static void require_hostdev(struct overlay *o, const struct vc_plan_device *device,
                            bool same)
{
	const struct vc_options *options = &device->options;
	bool keep =
		same && (device->host.kind == VC_KIND_PCI || is_mdev(device, "vfio-pci"));

	require(o, "mode", "subsystem");
	if (is_mdev(device, NULL))
		require(o, "model", vc_mdev_model_name(device->host.mdev_model));
	else if (!same || device->host.kind == VC_KIND_PCI)
		require(o, "model", NULL);
	require_tri(o, "display", options->display, "off", "on");
	require_tri(o, "ramfb", options->ramfb, "off", "on");
	if (!keep && options->display == VC_UNKNOWN)
		require(o, "display", NULL);
	if (!keep && options->ramfb == VC_UNKNOWN)
		require(o, "ramfb", NULL);
}

/* Attributes of the element itself */
static bool own_attributes_ok(const struct vc_plan_device *device, xmlNodePtr before,
                              xmlNodePtr after)
{
	const struct vc_form *form = vc_form(device->host.kind);
	enum vc_tri managed = device->managed;
	struct overlay o = { 0 };

	if (!writes(device))
		return attributes_ok(&o, before, after);
	if (device->action == VC_PLAN_ADD && managed == VC_UNKNOWN)
		managed = VC_NO;
	require(&o, "type", form->type);
	if (strcmp(form->element, "hostdev") == 0)
		require_hostdev(&o, device, same_kind(device, before));
	else if (strcmp(form->element, "disk") == 0 && !before)
		require(&o, "device", "disk");
	if (device->host.kind != VC_KIND_NVME && device->host.kind != VC_KIND_VDPA)
		require_tri(&o, "managed", managed, "no", "yes");
	return attributes_ok(&o, before, after);
}

#define SOURCE_CHILDREN_MAX 3

/* A <source>: its own attributes, and its children in order. */
struct source {
	struct overlay own;
	struct {
		const char *name;
		struct overlay overlay;
	} v[SOURCE_CHILDREN_MAX];
	size_t n;
	struct address_text address;
	char text[4][sizeof("scsi_host4294967295")];
};

static struct overlay *require_child(struct source *source, const char *name)
{
	source->v[source->n].name = name;
	return &source->v[source->n++].overlay;
}

static const char *number(struct source *source, size_t i, const char *fmt, ...)
	VC_PRINTF(3, 4);
static const char *number(struct source *source, size_t i, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(source->text[i], sizeof(source->text[i]), fmt, ap);
	va_end(ap);
	return source->text[i];
}

static void require_usb(struct source *s, const struct vc_usb_device *usb)
{
	struct overlay *address;

	if (usb->has_ids) {
		require(require_child(s, "vendor"), "id",
		        number(s, 0, "0x%04x", usb->vendor));
		require(require_child(s, "product"), "id",
		        number(s, 1, "0x%04x", usb->product));
	}
	if (usb->bus == 0)
		return;
	address = require_child(s, "address");
	require(address, "bus", number(s, 2, "%u", usb->bus));
	if (usb->device > 0)
		require(address, "device", number(s, 3, "%u", usb->device));
	else
		require(address, "port", usb->port);
}

static void require_scsi(struct source *s, const struct vc_scsi_unit *scsi)
{
	struct overlay *address;

	require(require_child(s, "adapter"), "name",
	        number(s, 0, "scsi_host%" PRIu32, scsi->host));
	address = require_child(s, "address");
	require(address, "bus", number(s, 1, "%" PRIu32, scsi->channel));
	require(address, "target", number(s, 2, "%" PRIu32, scsi->target));
	require(address, "unit", number(s, 3, "%" PRIu64, scsi->lun));
}

static void require_function(struct source *s, const struct vc_plan_device *device)
{
	const struct vc_host_side *host = &device->host;
	struct overlay *address = require_child(s, "address");

	require_address(address, &s->address, &host->pci);
	if (host->kind == VC_KIND_NETWORK)
		require(address, "type", "pci");
	if (host->kind != VC_KIND_NVME)
		return;
	require(&s->own, "type", "pci");
	require(&s->own, "namespace", number(s, 0, "%" PRIu32, vc_nvme_namespace(host)));
	require_tri(&s->own, "managed", device->managed, "no", "yes");
}

static void plan_source(const struct vc_plan_device *device, struct source *s)
{
	const struct vc_host_side *host = &device->host;

	switch (host->kind) {
	case VC_KIND_PCI:
	case VC_KIND_NETWORK:
	case VC_KIND_NVME:
		require_function(s, device);
		return;
	case VC_KIND_MDEV:
		require(require_child(s, "address"), "uuid", host->mdev_uuid);
		return;
	case VC_KIND_USB:
		require_usb(s, &host->usb);
		return;
	case VC_KIND_SCSI:
		require_scsi(s, &host->scsi);
		return;
	case VC_KIND_VDPA:
		require(&s->own, "dev", host->vdpa);
		return;
	case VC_KIND_SCSI_HOST:
		require(&s->own, "protocol", "vhost");
		require(&s->own, "wwpn", host->wwpn);
		return;
	case VC_KIND_UNKNOWN:
		return;
	}
}

/* Exactly these children, each with exactly these attributes. */
static bool new_children_ok(const struct source *s, xmlNodePtr source)
{
	xmlNodePtr child = vc_xml_solid(source->children);

	for (size_t i = 0; i < s->n; i++) {
		if (!child || !vc_xml_is(child, s->v[i].name, NULL) || !is_plain(child) ||
		    vc_xml_solid(child->children) ||
		    !attributes_ok(&s->v[i].overlay, NULL, child))
			return false;
		child = vc_xml_solid(child->next);
	}
	return !child;
}

/* A <source> that was there: only the host address is another. */
static bool old_children_ok(const struct overlay *o, xmlNodePtr a, xmlNodePtr b)
{
	a = vc_xml_solid(a->children);
	b = vc_xml_solid(b->children);
	while (a && b) {
		if (!vc_xml_is(a, "address", NULL)) {
			if (!vc_xml_equal_step(&a, &b, VC_XML_BLANKS_IGNORE))
				return false;
		} else if (!vc_xml_is(b, "address", NULL) || !rest_ok(a, b) ||
		           !attributes_ok(o, a, b)) {
			return false;
		} else {
			a = a->next;
			b = b->next;
		}
		a = vc_xml_solid(a);
		b = vc_xml_solid(b);
	}
	return !a && !b;
}

static bool source_ok(const struct vc_plan_device *device, xmlNodePtr before,
                      xmlNodePtr after)
{
	static const struct part untouched = { .name = "source" };
	xmlNodePtr a = vc_xml_child(before, "source");
	xmlNodePtr b = vc_xml_child(after, "source");
	enum vc_kind kind = device->host.kind;
	struct source s = { .n = 0 };

	if (!writes(device))
		return part_ok(&untouched, before, after);
	if (!b)
		return false;
	plan_source(device, &s);
	if (!same_kind(device, before))
		a = NULL;
	if (kind == VC_KIND_USB || kind == VC_KIND_SCSI)
		return is_plain(b) && attributes_ok(&s.own, a, b) &&
		       new_children_ok(&s, b);
	if (!a || (s.n > 0 && !vc_xml_child(a, "address")))
		return is_plain(b) && attributes_ok(&s.own, NULL, b) &&
		       new_children_ok(&s, b);
	return vc_xml_equal_name(a, b) && attributes_ok(&s.own, a, b) &&
	       old_children_ok(&s.v[0].overlay, a, b);
}

static bool alias_ok(const struct vc_plan_device *device, xmlNodePtr before,
                     xmlNodePtr after)
{
	xmlNodePtr alias = vc_xml_child(after, "alias");
	struct part part = { .name = "alias" };
	struct overlay o = { 0 };

	if (device->action == VC_PLAN_UNBIND && !device->keep_alias)
		part.presence = GONE;
	if (device->action == VC_PLAN_KEEP || device->action == VC_PLAN_UNBIND)
		return part_ok(&part, before, after);
	require(&o, "name", device->alias);
	return alias && rest_ok(NULL, alias) && attributes_ok(&o, NULL, alias);
}

/* Whether the guest address that is there means something to the planned device. */
static bool keeps_address(const struct vc_plan_device *device, const xmlNode *address)
{
	const char *type = vc_xml_peek(address, "type");

	if (!writes(device) || !address)
		return true;
	if (is_mdev(device, "vfio-ap"))
		return false;
	return !type || strcmp(type, is_mdev(device, "vfio-ccw") ? "pci" : "ccw") != 0;
}

static bool address_ok(const struct vc_plan_device *device, xmlNodePtr before,
                       xmlNodePtr after)
{
	const struct vc_guest_address *guest = &device->options.address;
	const struct vc_pci_address pci = {
		.bus = guest->bus,
		.slot = guest->slot,
		.function = guest->function,
	};
	struct part part = { .name = "address" };
	struct address_text text = { 0 };

	if (writes(device) && guest->set) {
		part.presence = PRESENT;
		require(&part.overlay, "type", "pci");
		require_address(&part.overlay, &text, &pci);
		require_tri(&part.overlay, "multifunction", guest->multifunction, "off",
		            "on");
	} else if (writes(device) && device->options.unassigned == VC_YES) {
		part.presence = PRESENT;
		require(&part.overlay, "type", "unassigned");
	} else if (!keeps_address(device, vc_xml_child(before, "address"))) {
		part.presence = GONE;
	}
	return part_ok(&part, before, after);
}

static void plan_driver(const struct vc_plan_device *device, xmlNodePtr before,
                        struct part *part)
{
	xmlNodePtr driver = vc_xml_child(before, "driver");
	const char *name = vc_xml_peek(driver, "name");
	const char *type = vc_xml_peek(driver, "type");

	if (device->host.kind == VC_KIND_MDEV) {
		part->presence = GONE;
	} else if (device->host.kind == VC_KIND_PCI) {
		part->presence = PRESENT;
		require(&part->overlay, "name", name ? name : "vfio");
	} else if (device->host.kind == VC_KIND_NVME) {
		part->presence = PRESENT;
		require(&part->overlay, "name", name ? name : "qemu");
		require(&part->overlay, "type", type ? type : "raw");
	}
	if (device->host.kind == VC_KIND_NETWORK &&
	    (device->options.driver_model || device->options.iommufd != VC_UNKNOWN))
		require(&part->overlay, "name", name ? name : "vfio");
	if (device->options.driver_model) {
		part->presence = PRESENT;
		require(&part->overlay, "model", device->options.driver_model);
	}
	if (device->options.iommufd != VC_UNKNOWN) {
		part->presence = PRESENT;
		require_tri(&part->overlay, "iommufd", device->options.iommufd, "no",
		            "yes");
	}
}

static void plan_teaming(const struct vc_plan_device *device, struct part *part)
{
	if (is_mdev(device, NULL)) {
		part->presence = GONE;
	} else if (device->options.teaming) {
		part->presence = PRESENT;
		require(&part->overlay, "type", "transient");
		require(&part->overlay, "persistent", device->options.teaming);
	}
}

static void plan_acpi(const struct vc_plan_device *device, struct part *part,
                      char index[sizeof("4294967295")])
{
	const struct vc_options *options = &device->options;

	if (options->acpi_index > 0) {
		(void)snprintf(index, sizeof("4294967295"), "%u", options->acpi_index);
		part->presence = PRESENT;
		require(&part->overlay, "index", index);
	}
	if (options->acpi_nodeset) {
		part->presence = PRESENT;
		require(&part->overlay, "nodeset", options->acpi_nodeset);
	}
}

static void plan_boot(const struct vc_plan_device *device, struct part *part,
                      char order[sizeof("4294967295")])
{
	if (is_mdev(device, NULL) && !is_mdev(device, "vfio-ccw")) {
		part->presence = GONE;
	} else if (device->options.boot_order > 0) {
		(void)snprintf(order, sizeof("4294967295"), "%u",
		               device->options.boot_order);
		part->presence = PRESENT;
		require(&part->overlay, "order", order);
	}
}

static void plan_rom(const struct vc_plan_device *device, struct part *part)
{
	const struct vc_options *options = &device->options;

	if (is_mdev(device, NULL) && !is_mdev(device, "vfio-pci")) {
		part->presence = GONE;
	} else if (options->rom_bar != VC_UNKNOWN || options->rom_file) {
		part->presence = PRESENT;
		require_tri(&part->overlay, "bar", options->rom_bar, "off", "on");
		if (options->rom_file)
			require(&part->overlay, "file", options->rom_file);
	}
}

/* The children that a site may alter; without one they are as planned. */
static const char *check_parts(const struct vc_plan_device *device, xmlNodePtr before,
                               xmlNodePtr after)
{
	struct part driver = { .name = "driver" }, boot = { .name = "boot" };
	struct part rom = { .name = "rom" }, acpi = { .name = "acpi" };
	struct part teaming = { .name = "teaming" };
	char order[sizeof("4294967295")], index[sizeof("4294967295")];

	if (writes(device)) {
		plan_driver(device, before, &driver);
		plan_boot(device, &boot, order);
		plan_rom(device, &rom);
		plan_acpi(device, &acpi, index);
		plan_teaming(device, &teaming);
	}
	if (!part_ok(&driver, before, after))
		return "<driver> is not as planned";
	if (!part_ok(&boot, before, after))
		return "<boot> is not as planned";
	if (!part_ok(&rom, before, after))
		return "<rom> is not as planned";
	if (!part_ok(&acpi, before, after))
		return "<acpi> is not as planned";
	return part_ok(&teaming, before, after) ? NULL : "<teaming> is not as planned";
}

static bool vlan_ok(const struct vc_plan_device *device, xmlNodePtr before,
                    xmlNodePtr after)
{
	static const struct part untouched = { .name = "vlan" };
	xmlNodePtr vlan = vc_xml_child(after, "vlan");
	xmlNodePtr tag = vlan ? vc_xml_solid(vlan->children) : NULL;
	char id[sizeof("4294967295")];
	struct overlay o = { 0 };

	if (!writes(device) || device->vlan == 0)
		return part_ok(&untouched, before, after);
	(void)snprintf(id, sizeof(id), "%u", device->vlan);
	require(&o, "id", id);
	return vlan && is_plain(vlan) && !vlan->properties &&
	       vc_xml_is(tag, "tag", NULL) && rest_ok(NULL, tag) &&
	       attributes_ok(&o, NULL, tag) && !vc_xml_solid(tag->next);
}

static void plan_switch(enum vc_tri value, struct part *part)
{
	if (value == VC_YES)
		part->presence = PRESENT;
	else if (value == VC_NO)
		part->presence = GONE;
}

/* The children of some kinds that nobody else may alter. */
static const char *check_special(const struct vc_plan_device *device, xmlNodePtr before,
                                 xmlNodePtr after)
{
	struct part mac = { .name = "mac" }, target = { .name = "target" };
	struct part readonly = { .name = "readonly" };
	struct part shareable = { .name = "shareable" };

	if (writes(device) && device->mac) {
		mac.presence = PRESENT;
		require(&mac.overlay, "address", device->mac);
	}
	if (writes(device) && device->target) {
		target.presence = PRESENT;
		require(&target.overlay, "dev", device->target);
		require(&target.overlay, "bus", "virtio");
	}
	if (writes(device)) {
		plan_switch(device->options.readonly, &readonly);
		plan_switch(device->options.shareable, &shareable);
	}
	if (!part_ok(&mac, before, after))
		return "its MAC address is not as planned";
	if (!vlan_ok(device, before, after))
		return "its VLAN is not as planned";
	if (!part_ok(&target, before, after))
		return "its name in the guest is not as planned";
	return part_ok(&readonly, before, after) && part_ok(&shareable, before, after)
	               ? NULL
	               : "<readonly> or <shareable> is not as planned";
}

/* What a site may alter. */
static const char *const site_parts[] = { "driver", "boot", "rom", "acpi", "teaming" };

static bool is_site_part(const char *name)
{
	for (size_t i = 0; i < VC_ARRAY_SIZE(site_parts); i++)
		if (strcmp(name, site_parts[i]) == 0)
			return true;
	return false;
}

static bool is_part(const xmlNode *node, const char *const *parts)
{
	for (; *parts; parts++)
		if (vc_xml_is(node, *parts, NULL))
			return true;
	return false;
}

static xmlNodePtr next_other(xmlNodePtr node, const char *const *parts)
{
	node = vc_xml_solid(node);
	while (node && is_part(node, parts))
		node = vc_xml_solid(node->next);
	return node;
}

/* Comments, unknown elements and the like, in their order. */
static bool others_ok(const char *const *parts, xmlNodePtr before, xmlNodePtr after)
{
	xmlNodePtr a = next_other(before ? before->children : NULL, parts);
	xmlNodePtr b = next_other(after->children, parts);

	while (a && b) {
		if (!vc_xml_equal_step(&a, &b, VC_XML_BLANKS_IGNORE))
			return false;
		a = next_other(a, parts);
		b = next_other(b, parts);
	}
	return !a && !b;
}

static size_t count(const xmlNode *element, const char *name)
{
	const xmlNode *node = element ? element->children : NULL;
	size_t n = 0;

	for (; node; node = node->next)
		n += vc_xml_is(node, name, NULL);
	return n;
}

/* No part is there twice, and what a site altered holds no further elements. */
static const char *check_shape(const char *const *parts, xmlNodePtr before,
                               xmlNodePtr after)
{
	for (; *parts; parts++) {
		xmlNodePtr a = vc_xml_child(before, *parts);
		xmlNodePtr b = vc_xml_child(after, *parts);

		if (count(after, *parts) > 1)
			return "a child is there twice";
		if (b && b->nsDef && (!a || !a->nsDef))
			return "a child declares namespaces; the stylesheet needs "
			       "exclude-result-prefixes";
		if (b && is_site_part(*parts) && !rest_ok(NULL, b) &&
		    (!a || !rest_ok(a, b)))
			return "an unknown child was added";
	}
	return NULL;
}

static bool name_ok(const struct vc_form *form, xmlNodePtr before, xmlNodePtr after)
{
	if (before)
		return vc_xml_equal_name(before, after);
	return vc_xml_is(after, form->element, NULL) && !after->nsDef;
}

/**
 * vc_check_device() - Compare one element with the plan
 * @device:	planned device, not one that is removed
 * @before:	the element that was there; NULL when it is new
 * @after:	the element of the result
 * @site:	whether a site stylesheet ran: it may alter boot, rom, driver, acpi, teaming
 *
 * Return: what is wrong, a static string; NULL when nothing is
 */
const char *vc_check_device(const struct vc_plan_device *device, xmlNodePtr before,
                            xmlNodePtr after, bool site)
{
	const struct vc_form *form = vc_form(device->host.kind);
	const char *wrong = NULL;

	if (device->action == VC_PLAN_KEEP && !site)
		return before && vc_xml_equal(before, after, VC_XML_BLANKS_IGNORE)
		               ? NULL
		               : "it was changed";
	if (!name_ok(form, before, after))
		return "it is another element";
	if (!own_attributes_ok(device, before, after))
		return "its attributes are not as planned";
	wrong = check_shape(form->children, before, after);
	if (wrong)
		return wrong;
	if (!source_ok(device, before, after))
		return "its host device is not the planned one";
	if (!alias_ok(device, before, after))
		return "its alias is not as planned";
	if (!address_ok(device, before, after))
		return "its guest address is not as planned";
	wrong = check_special(device, before, after);
	if (wrong)
		return wrong;
	if (!others_ok(form->children, before, after))
		return "something that was there is missing or changed, or was added";
	return site ? NULL : check_parts(device, before, after);
}
