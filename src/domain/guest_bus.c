/* SPDX-License-Identifier: GPL-2.0-or-later */
/* [LV] formatdomain, "Controllers": type='pci', index, model, target/node, address */
#include "domain/guest_bus.h"

#include <string.h>

#include "domain/read.h"
#include "domain/xml.h"

#define BUSES_MAX 256

static bool read_number(const xmlNode *element, const char *name, uint32_t max,
                        uint32_t *ret_value)
{
	const char *text = element ? vc_xml_peek(element, name) : NULL;

	return text && vc_parse_auto(text, max, ret_value);
}

static void read_address(xmlNodePtr controller, struct vc_guest_address *address)
{
	xmlNodePtr element = vc_xml_child(controller, "address");
	const char *type = element ? vc_xml_peek(element, "type") : NULL;
	uint32_t bus = 0, slot = 0, function = 0;

	if (!type || strcmp(type, "pci") != 0)
		return;
	(void)read_number(element, "bus", 0xff, &bus);
	(void)read_number(element, "slot", 0x1f, &slot);
	(void)read_number(element, "function", 7, &function);
	*address = (struct vc_guest_address){
		.set = true,
		.bus = (uint8_t)bus,
		.slot = (uint8_t)slot,
		.function = (uint8_t)function,
	};
}

/* The text of <target><node>; -1 none */
static int read_cell(xmlNodePtr controller)
{
	xmlNodePtr node = vc_xml_child(vc_xml_child(controller, "target"), "node");
	VC_AUTO_XML_STRING xmlChar *text = node ? xmlNodeGetContent(node) : NULL;
	uint32_t cell = 0;

	if (!text || !vc_parse_auto((const char *)text, 4095, &cell))
		return -1;
	return (int)cell;
}

static bool is_pci_controller(const xmlNode *node)
{
	const char *type;

	if (!vc_xml_is(node, "controller", NULL))
		return false;
	type = vc_xml_peek(node, "type");
	return type && strcmp(type, "pci") == 0;
}

static int add_bus(struct vc_arena *arena, struct vc_guest_buses *buses,
                   xmlNodePtr controller, size_t at, uint32_t index, struct vc_err *err)
{
	struct vc_guest_bus *bus = vc_list_push(arena, buses);

	if (!bus)
		return vc_fail_oom(err);
	bus->at = at;
	bus->index = index;
	bus->cell = read_cell(controller);
	read_address(controller, &bus->address);
	return vc_xml_attribute(arena, controller, "model", &bus->model, err);
}

static bool is_unassigned(xmlNodePtr node)
{
	xmlNodePtr address =
		node->type == XML_ELEMENT_NODE ? vc_xml_child(node, "address") : NULL;
	const char *type = address ? vc_xml_peek(address, "type") : NULL;

	return type && strcmp(type, "unassigned") == 0;
}

static int add_unassigned(struct vc_arena *arena, struct vc_guest_buses *buses, size_t at,
                          struct vc_err *err)
{
	size_t *slot = vc_list_push(arena, &buses->unassigned);

	if (!slot)
		return vc_fail_oom(err);
	*slot = at;
	return 0;
}

/**
 * vc_guest_buses_read() - Read the PCI controllers of a domain
 * @arena:	holds them
 * @document:	document; not needed afterwards
 * @ret_buses:	buses
 * @err:	out of memory
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_guest_buses_read(struct vc_arena *arena, const struct vc_document *document,
                        struct vc_guest_buses *ret_buses, struct vc_err *err)
{
	xmlNodePtr devices = vc_xml_child(xmlDocGetRootElement(document->xml), "devices");
	xmlNodePtr node = devices ? devices->children : NULL;
	struct vc_guest_buses buses = { 0 };
	bool seen[BUSES_MAX] = { false };

	for (size_t at = 1; node; node = node->next, at++) {
		uint32_t index = 0;

		if (is_unassigned(node) && add_unassigned(arena, &buses, at, err) < 0)
			return -(int)err->kind;
		if (!is_pci_controller(node) ||
		    !read_number(node, "index", BUSES_MAX - 1, &index) || seen[index])
			continue;
		seen[index] = true;
		if (add_bus(arena, &buses, node, at, index, err) < 0)
			return -(int)err->kind;
	}
	*ret_buses = buses;
	return 0;
}
