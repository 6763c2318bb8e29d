/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The plan as a document for the stylesheets; schemas/plan.rng is its grammar.
 *
 * Values are spelled as they will stand in the domain, so that a stylesheet copies
 * attributes and formats nothing.
 */
#include <stdio.h>
#include <string.h>

#include "domain/apply.h"
#include "domain/form.h"
#include "domain/record_xml.h"
#include "domain/xml.h"

/* Building sticks at the first failure, which is then the one reported. */
struct builder {
	struct vc_err *err;
	const char *alias;
	int r;
};

static xmlNodePtr add_child(struct builder *b, xmlNodePtr parent, const char *name)
{
	xmlNodePtr child = NULL;

	if (b->r < 0 || !parent)
		return NULL;
	child = xmlNewChild(parent, parent->ns, (const xmlChar *)name, NULL);
	if (!child)
		b->r = vc_fail_oom(b->err);
	return child;
}

/* XML 1.0, production 2: what a document may hold. */
static bool xml_can_hold(const char *text)
{
	const unsigned char *p = (const unsigned char *)text;

	if (!xmlCheckUTF8(p))
		return false;
	for (; *p; p++) {
		if (*p < 0x20 && *p != '\t' && *p != '\n' && *p != '\r')
			return false;
		if (p[0] == 0xed && p[1] >= 0xa0) /* surrogates */
			return false;
		if (p[0] == 0xef && p[1] == 0xbf && p[2] >= 0xbe)
			return false;
	}
	return true;
}

static void set(struct builder *b, xmlNodePtr node, const char *name, const char *value)
{
	if (b->r < 0 || !node || !value)
		return;
	if (!xml_can_hold(value)) {
		b->r = vc_fail(b->err, VC_ERR_INPUT,
		               "'%s': %s has characters that XML cannot hold", b->alias,
		               name);
		return;
	}
	if (!xmlNewProp(node, (const xmlChar *)name, (const xmlChar *)value))
		b->r = vc_fail_oom(b->err);
}

static void set_number(struct builder *b, xmlNodePtr node, const char *name,
                       const char *format_prefix, unsigned long value, int digits)
{
	char text[32];

	if (digits > 0)
		(void)snprintf(text, sizeof(text), "%s%0*lx", format_prefix, digits,
		               value);
	else
		(void)snprintf(text, sizeof(text), "%s%lu", format_prefix, value);
	set(b, node, name, text);
}

static void set_tri(struct builder *b, xmlNodePtr node, const char *name,
                    enum vc_tri value, const char *no, const char *yes)
{
	if (value != VC_UNKNOWN)
		set(b, node, name, value == VC_YES ? yes : no);
}

/* [LV] host addresses as libvirt prints them */
static void set_pci(struct builder *b, xmlNodePtr node, const struct vc_pci_address *pci)
{
	set_number(b, node, "domain", "0x", pci->domain, 4);
	set_number(b, node, "bus", "0x", pci->bus, 2);
	set_number(b, node, "slot", "0x", pci->slot, 2);
	set_number(b, node, "function", "0x", pci->function, 1);
}

/* Whether the host side and the options are written; else what is there stays. */
static bool writes(const struct vc_plan_device *device)
{
	return device->action == VC_PLAN_ADD || device->action == VC_PLAN_CHANGE;
}

/* [LV] USB ids as libvirt prints them */
static void set_usb(struct builder *b, xmlNodePtr source, const struct vc_usb_device *usb)
{
	xmlNodePtr address = NULL;

	if (usb->has_ids) {
		set_number(b, add_child(b, source, "vendor"), "id", "0x", usb->vendor, 4);
		set_number(b, add_child(b, source, "product"), "id", "0x", usb->product,
		           4);
	}
	if (usb->bus == 0)
		return;
	address = add_child(b, source, "address");
	set_number(b, address, "bus", "", usb->bus, 0);
	if (usb->device > 0)
		set_number(b, address, "device", "", usb->device, 0);
	else
		set(b, address, "port", usb->port);
}

/* [LV] a SCSI host is named after its number, and channels are called buses. */
static void set_scsi(struct builder *b, xmlNodePtr source,
                     const struct vc_scsi_unit *scsi)
{
	xmlNodePtr adapter = add_child(b, source, "adapter");
	xmlNodePtr address = NULL;

	set_number(b, adapter, "name", "scsi_host", scsi->host, 0);
	address = add_child(b, source, "address");
	set_number(b, address, "bus", "", scsi->channel, 0);
	set_number(b, address, "target", "", scsi->target, 0);
	set_number(b, address, "unit", "", scsi->lun, 0);
}

static void set_function(struct builder *b, xmlNodePtr source,
                         const struct vc_plan_device *device)
{
	const struct vc_host_side *host = &device->host;
	xmlNodePtr address = NULL;

	if (host->kind == VC_KIND_NVME) {
		set(b, source, "type", "pci");
		set_tri(b, source, "managed", device->managed, "no", "yes");
		set_number(b, source, "namespace", "", vc_nvme_namespace(host), 0);
	}
	address = add_child(b, source, "address");
	if (host->kind == VC_KIND_NETWORK)
		set(b, address, "type", "pci");
	set_pci(b, address, &host->pci);
}

/* What stands in <source>. */
static void fill_source(struct builder *b, xmlNodePtr source,
                        const struct vc_plan_device *device)
{
	const struct vc_host_side *host = &device->host;

	switch (host->kind) {
	case VC_KIND_PCI:
	case VC_KIND_NETWORK:
	case VC_KIND_NVME:
		set_function(b, source, device);
		return;
	case VC_KIND_MDEV:
		set(b, add_child(b, source, "address"), "uuid", host->mdev_uuid);
		return;
	case VC_KIND_USB:
		set_usb(b, source, &host->usb);
		return;
	case VC_KIND_VDPA:
		set(b, source, "dev", host->vdpa);
		return;
	case VC_KIND_SCSI:
		set_scsi(b, source, &host->scsi);
		return;
	case VC_KIND_SCSI_HOST:
		set(b, source, "protocol", "vhost");
		set(b, source, "wwpn", host->wwpn);
		return;
	case VC_KIND_UNKNOWN:
		return;
	}
}

static void fill_address(struct builder *b, xmlNodePtr node,
                         const struct vc_guest_address *guest)
{
	const struct vc_pci_address pci = {
		.bus = guest->bus,
		.slot = guest->slot,
		.function = guest->function,
	};

	if (!guest->set)
		return;
	set(b, node, "type", "pci");
	set_pci(b, node, &pci);
	set_tri(b, node, "multifunction", guest->multifunction, "off", "on");
}

/* Parts of the element that say which device it is. */
static void fill_host_part(struct builder *b, xmlNodePtr node, const char *name,
                           const struct vc_plan_device *device)
{
	if (strcmp(name, "source") == 0 && vc_host_side_known(&device->host)) {
		fill_source(b, node, device);
	} else if (strcmp(name, "mac") == 0) {
		set(b, node, "address", device->mac);
	} else if (strcmp(name, "vlan") == 0 && device->vlan > 0) {
		set_number(b, add_child(b, node, "tag"), "id", "", device->vlan, 0);
	} else if (strcmp(name, "target") == 0 && device->target) {
		set(b, node, "dev", device->target);
		set(b, node, "bus", "virtio");
	}
}

/* Parts that say how the guest sees it. */
static void fill_option_part(struct builder *b, xmlNodePtr node, const char *name,
                             const struct vc_options *options)
{
	if (strcmp(name, "address") == 0) {
		fill_address(b, node, &options->address);
		if (options->unassigned == VC_YES)
			set(b, node, "type", "unassigned");
	} else if (strcmp(name, "boot") == 0 && options->boot_order > 0) {
		set_number(b, node, "order", "", options->boot_order, 0);
	} else if (strcmp(name, "rom") == 0) {
		set_tri(b, node, "bar", options->rom_bar, "off", "on");
		set(b, node, "file", options->rom_file);
	} else if (strcmp(name, "driver") == 0) {
		set(b, node, "model", options->driver_model);
		set_tri(b, node, "iommufd", options->iommufd, "no", "yes");
	} else if (strcmp(name, "teaming") == 0 && options->teaming) {
		set(b, node, "type", "transient");
		set(b, node, "persistent", options->teaming);
	} else if (strcmp(name, "acpi") == 0) {
		if (options->acpi_index > 0)
			set_number(b, node, "index", "", options->acpi_index, 0);
		set(b, node, "nodeset", options->acpi_nodeset);
	} else if (strcmp(name, "readonly") == 0) {
		set_tri(b, node, "set", options->readonly, "no", "yes");
	} else if (strcmp(name, "shareable") == 0) {
		set_tri(b, node, "set", options->shareable, "no", "yes");
	}
}

/* What is written of one child of the element, beside what is there. */
static void fill_part(struct builder *b, xmlNodePtr node, const char *name,
                      const struct vc_plan_device *device)
{
	fill_host_part(b, node, name, device);
	fill_option_part(b, node, name, &device->options);
}

static bool gets_alias(const struct vc_plan_device *device)
{
	return writes(device) || device->action == VC_PLAN_ADOPT;
}

static void add_parts(struct builder *b, xmlNodePtr node,
                      const struct vc_plan_device *device)
{
	const char *const *name = vc_form(device->host.kind)->children;

	for (; *name && b->r == 0; name++) {
		xmlNodePtr part = add_child(b, node, *name);

		if (!part)
			return;
		if (strcmp(*name, "alias") == 0 && gets_alias(device))
			set(b, part, "name", device->alias);
		else if (writes(device))
			fill_part(b, part, *name, device);
	}
}

static const char *attribute_type_name(enum vc_attribute_type type)
{
	switch (type) {
	case VC_ATTRIBUTE_INT:
		return "int";
	case VC_ATTRIBUTE_BOOL:
		return "bool";
	case VC_ATTRIBUTE_VERSION:
		return "version";
	case VC_ATTRIBUTE_STRING:
		break;
	}
	return "string";
}

static void add_attribute_value(struct builder *b, xmlNodePtr node,
                                const struct vc_attribute *attribute, size_t i)
{
	char number[32];
	const char *value = number;
	xmlNodePtr child = NULL;

	if (attribute->type == VC_ATTRIBUTE_INT)
		(void)snprintf(number, sizeof(number), "%lld",
		               (long long)attribute->ints[i]);
	else if (attribute->type == VC_ATTRIBUTE_BOOL)
		value = attribute->bools[i] ? "true" : "false";
	else
		value = attribute->strings[i];
	/* Only there to select by: what XML cannot hold, nobody selects by. */
	if (!value || !xml_can_hold(value) || !xml_can_hold(attribute->name))
		return;
	child = add_child(b, node, "attribute");
	if (!child)
		return;
	set(b, child, "name", attribute->name);
	set(b, child, "type", attribute_type_name(attribute->type));
	set(b, child, "value", value);
}

static void add_attributes(struct builder *b, xmlNodePtr node,
                           const struct vc_attributes *attributes)
{
	for (size_t i = 0; i < attributes->n; i++)
		for (size_t j = 0; j < attributes->v[i].n; j++)
			add_attribute_value(b, node, &attributes->v[i], j);
}

static void add_record(struct builder *b, xmlNodePtr node,
                       const struct vc_plan_device *device)
{
	xmlNodePtr child = add_child(b, node, "record");
	struct vc_record_attributes record;

	vc_record_attributes(device, &record);
	for (size_t i = 0; child && i < record.n; i++)
		set(b, child, record.v[i].name, record.v[i].value);
}

static void add_attributes_of_element(struct builder *b, xmlNodePtr node,
                                      const struct vc_plan_device *device)
{
	enum vc_tri managed = device->managed;

	if (device->action == VC_PLAN_ADD && managed == VC_UNKNOWN)
		managed = VC_NO;
	set(b, node, "write", "yes");
	set(b, node, "type", vc_form(device->host.kind)->type);
	set_tri(b, node, "managed", managed, "no", "yes");
	if (device->host.kind == VC_KIND_MDEV)
		set(b, node, "model", vc_mdev_model_name(device->host.mdev_model));
	set_tri(b, node, "display", device->options.display, "off", "on");
	set_tri(b, node, "ramfb", device->options.ramfb, "off", "on");
}

static void add_device(struct builder *b, xmlNodePtr plan,
                       const struct vc_plan_device *device)
{
	const struct vc_form *form = vc_form(device->host.kind);
	xmlNodePtr node = add_child(b, plan, "device");

	if (!node)
		return;
	b->alias = device->alias;
	set(b, node, "action", vc_plan_action_name(device->action));
	set(b, node, "kind", vc_kind_name(device->host.kind));
	set(b, node, "element", form->element);
	set_number(b, node, "at", "", device->at, 0);
	set(b, node, "alias", device->alias);
	if (device->keep_alias)
		set(b, node, "keepAlias", "yes");
	if (device->recorded)
		set(b, node, "recorded", "yes");
	if (writes(device))
		add_attributes_of_element(b, node, device);
	add_parts(b, node, device);
	add_record(b, node, device);
	if (device->device)
		add_attributes(b, node, &device->device->attributes);
}

static void add_target(struct builder *b, xmlNodePtr node,
                       const struct vc_plan_controller *controller)
{
	xmlNodePtr target = add_child(b, node, "target");
	xmlNodePtr text = NULL, cell = NULL;
	char number[sizeof("-2147483648")];

	if (controller->bus_nr > 0)
		set_number(b, target, "busNr", "", controller->bus_nr, 0);
	cell = controller->node < 0 ? NULL : add_child(b, target, "node");
	if (!cell)
		return;
	(void)snprintf(number, sizeof(number), "%d", controller->node);
	text = xmlNewText((const xmlChar *)number);
	if (!text || !xmlAddChild(cell, text))
		b->r = vc_fail_oom(b->err);
}

static void add_controller(struct builder *b, xmlNodePtr plan,
                           const struct vc_plan_controller *controller)
{
	xmlNodePtr node = add_child(b, plan, "controller");

	b->alias = controller->type;
	set(b, node, "action", vc_plan_action_name(controller->action));
	set_number(b, node, "at", "", controller->at, 0);
	if (controller->recorded)
		set(b, node, "recorded", "yes");
	set(b, node, "type", controller->type);
	set_number(b, node, "index", "", controller->index, 0);
	set(b, node, "model", controller->model);
	if (controller->action != VC_PLAN_ADD)
		return;
	if (controller->bus_nr > 0 || controller->node >= 0)
		add_target(b, node, controller);
	if (controller->address.set)
		fill_address(b, add_child(b, node, "address"), &controller->address);
}

/* What our metadata says beside devices and controllers. */
static void add_place(struct builder *b, xmlNodePtr plan, const struct vc_plan *p)
{
	if (p->place != 0)
		set(b, add_child(b, plan, "place"), "what", vc_place_text(p->place));
	for (size_t i = 0; i < p->addresses.n && b->r == 0; i++) {
		const struct vc_remembered *r = &p->addresses.v[i];
		xmlNodePtr node = add_child(b, plan, "address");
		char text[sizeof("00:00.0")];

		vc_record_address(&r->address, text);
		b->alias = r->alias;
		set(b, node, "alias", r->alias);
		set(b, node, "address", text);
		set_tri(b, node, "multifunction", r->address.multifunction, "off", "on");
	}
}

static const char *metadata_word(const struct vc_plan *plan)
{
	if (!plan->metadata)
		return "keep";
	return vc_record_count(plan) > 0 ? "write" : "remove";
}

/**
 * vc_plan_to_xml() - A plan as a document
 * @plan:	plan
 * @ret_doc:	document; its owner calls xmlFreeDoc()
 * @err:	error
 *
 * Return: 0, -VC_ERR_INPUT (text that XML cannot hold) or -VC_ERR_INTERNAL
 */
int vc_plan_to_xml(const struct vc_plan *plan, xmlDocPtr *ret_doc, struct vc_err *err)
{
	VC_AUTO_XML xmlDocPtr doc = xmlNewDoc((const xmlChar *)"1.0");
	struct builder b = { .err = err, .alias = "" };
	xmlNodePtr root = NULL;
	xmlNsPtr ns = NULL;

	if (!doc)
		return vc_fail_oom(err);
	root = xmlNewDocNode(doc, NULL, (const xmlChar *)"plan", NULL);
	if (!root)
		return vc_fail_oom(err);
	(void)xmlDocSetRootElement(doc, root);
	ns = xmlNewNs(root, (const xmlChar *)VC_PLAN_NS, NULL);
	if (!ns)
		return vc_fail_oom(err);
	xmlSetNs(root, ns);
	set(&b, root, "metadata", metadata_word(plan));
	if (plan->libvirt > 0)
		set_number(&b, root, "libvirt", "", plan->libvirt, 0);
	for (size_t i = 0; i < plan->devices.n && b.r == 0; i++)
		add_device(&b, root, &plan->devices.v[i]);
	for (size_t i = 0; i < plan->controllers.n && b.r == 0; i++)
		add_controller(&b, root, &plan->controllers.v[i]);
	add_place(&b, root, plan);
	if (b.r < 0)
		return b.r;
	*ret_doc = vc_steal(&doc);
	return 0;
}
