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

	if (b->r < 0)
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
	if (b->r < 0 || !value)
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

static void add_host_side(struct builder *b, xmlNodePtr node,
                          const struct vc_plan_device *device)
{
	xmlNodePtr host = NULL;

	if (device->host.kind == VC_KIND_UNKNOWN)
		return;
	if (device->host.kind == VC_KIND_MDEV && !device->host.mdev_uuid)
		return;
	host = add_child(b, node, vc_kind_name(device->host.kind));
	if (!host)
		return;
	if (device->host.kind == VC_KIND_PCI) {
		set_pci(b, host, &device->host.pci);
		return;
	}
	set(b, host, "uuid", device->host.mdev_uuid);
	set(b, host, "model", vc_mdev_model_name(device->host.mdev_model));
}

static void add_address(struct builder *b, xmlNodePtr node,
                        const struct vc_guest_address *guest)
{
	const struct vc_pci_address pci = {
		.bus = guest->bus,
		.slot = guest->slot,
		.function = guest->function,
	};
	xmlNodePtr address = guest->set ? add_child(b, node, "address") : NULL;

	if (!address)
		return;
	set(b, address, "type", "pci");
	set_pci(b, address, &pci);
	set_tri(b, address, "multifunction", guest->multifunction, "off", "on");
}

static void add_options(struct builder *b, xmlNodePtr node,
                        const struct vc_options *options)
{
	xmlNodePtr child = NULL;

	set_tri(b, node, "display", options->display, "off", "on");
	set_tri(b, node, "ramfb", options->ramfb, "off", "on");
	add_address(b, node, &options->address);
	if (options->boot_order > 0 && (child = add_child(b, node, "boot")))
		set_number(b, child, "order", "", options->boot_order, 0);
	if (options->rom_bar == VC_UNKNOWN && !options->rom_file)
		return;
	child = add_child(b, node, "rom");
	if (!child)
		return;
	set_tri(b, child, "bar", options->rom_bar, "off", "on");
	set(b, child, "file", options->rom_file);
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

/* Whether the host side and the options are written; else what is there stays. */
static bool writes(const struct vc_plan_device *device)
{
	return device->action == VC_PLAN_ADD || device->action == VC_PLAN_CHANGE;
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

static void add_device(struct builder *b, xmlNodePtr plan,
                       const struct vc_plan_device *device)
{
	xmlNodePtr node = add_child(b, plan, "device");
	enum vc_tri managed = device->managed;

	if (!node)
		return;
	b->alias = device->alias;
	if (device->action == VC_PLAN_ADD && managed == VC_UNKNOWN)
		managed = VC_NO;
	set(b, node, "action", vc_plan_action_name(device->action));
	set(b, node, "kind", vc_kind_name(device->host.kind));
	set_number(b, node, "at", "", device->at, 0);
	set(b, node, "alias", device->alias);
	if (device->keep_alias)
		set(b, node, "keepAlias", "yes");
	if (device->recorded)
		set(b, node, "recorded", "yes");
	if (writes(device)) {
		set(b, node, "write", "yes");
		set_tri(b, node, "managed", managed, "no", "yes");
		add_host_side(b, node, device);
		add_options(b, node, &device->options);
	}
	add_record(b, node, device);
	if (device->device)
		add_attributes(b, node, &device->device->attributes);
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
	for (size_t i = 0; i < plan->devices.n && b.r == 0; i++)
		add_device(&b, root, &plan->devices.v[i]);
	if (b.r < 0)
		return b.r;
	*ret_doc = vc_steal(&doc);
	return 0;
}
