/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's machine, NUMA cells and PCI controllers.
 *
 * [LV] formatdomain: os/type, cpu/numa/cell, numatune/memnode, controller. These are
 * libvirt's business: an odd value counts as not said, and libvirt complains about it.
 */
#include <string.h>

#include "base/parse.h"
#include "domain/read.h"
#include "domain/xml.h"

#define CELLS_MAX       1024
#define CONTROLLERS_MAX 4096
#define BUS_MAX         255u

static int read_number(const struct vc_reader *reader, xmlNodePtr element,
                       const char *name, uint32_t max, bool *ret_found,
                       unsigned *ret_value, struct vc_err *err)
{
	char *text = NULL;
	uint32_t value = 0;

	if (vc_xml_attribute(reader->arena, element, name, &text, err) < 0)
		return -(int)err->kind;
	*ret_found = text && vc_parse_auto(text, max, &value);
	if (*ret_found)
		*ret_value = value;
	return 0;
}

static bool is_element(const xmlNode *node, const char *name)
{
	return node->type == XML_ELEMENT_NODE && !node->ns &&
	       strcmp((const char *)node->name, name) == 0;
}

/* ---- machine and cells ---- */

static int read_cell(const struct vc_reader *reader, xmlNodePtr node, struct vc_err *err)
{
	struct vc_layout *layout = &reader->domain->layout;
	struct vc_cell *cell;
	bool found = false;

	if (layout->cells.n == CELLS_MAX)
		return vc_xml_fail(reader->document, node, err, VC_ERR_INPUT,
		                   "more than %d NUMA cells", CELLS_MAX);
	cell = vc_list_push(reader->arena, &layout->cells);
	if (!cell)
		return vc_fail_oom(err);
	/* [LV] without an id the cells are counted. */
	cell->id = (unsigned)layout->cells.n - 1;
	return read_number(reader, node, "id", CELLS_MAX, &found, &cell->id, err);
}

static int read_memnode(const struct vc_reader *reader, xmlNodePtr node,
                        struct vc_err *err)
{
	struct vc_layout *layout = &reader->domain->layout;
	unsigned id = 0;
	bool found = false;
	char *nodes = NULL;

	if (read_number(reader, node, "cellid", CELLS_MAX, &found, &id, err) < 0 ||
	    vc_xml_attribute(reader->arena, node, "nodeset", &nodes, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; found && i < layout->cells.n; i++)
		if (layout->cells.v[i].id == id && !layout->cells.v[i].host_nodes)
			layout->cells.v[i].host_nodes = nodes;
	return 0;
}

static int
read_children(const struct vc_reader *reader, xmlNodePtr parent, const char *name,
              int (*read)(const struct vc_reader *, xmlNodePtr, struct vc_err *),
              struct vc_err *err)
{
	xmlNodePtr node = parent ? parent->children : NULL;
	size_t n = 0;

	for (; node && n < CELLS_MAX; node = node->next) {
		if (!is_element(node, name))
			continue;
		if (read(reader, node, err) < 0)
			return -(int)err->kind;
		n++;
	}
	return 0;
}

/**
 * vc_read_machine() - Read machine and NUMA cells of a domain
 * @reader:	reader; fills .domain->layout
 * @root:	the <domain> element
 * @err:	error
 *
 * Return: 0, -VC_ERR_INPUT (too many cells) or -VC_ERR_INTERNAL
 */
int vc_read_machine(const struct vc_reader *reader, xmlNodePtr root, struct vc_err *err)
{
	xmlNodePtr type = vc_xml_child(vc_xml_child(root, "os"), "type");
	xmlNodePtr numa = vc_xml_child(vc_xml_child(root, "cpu"), "numa");
	char *machine = NULL;

	if (vc_xml_attribute(reader->arena, type, "machine", &machine, err) < 0)
		return -(int)err->kind;
	reader->domain->layout.machine = vc_machine_of(machine);
	if (read_children(reader, numa, "cell", read_cell, err) < 0)
		return -(int)err->kind;
	return read_children(reader, vc_xml_child(root, "numatune"), "memnode",
	                     read_memnode, err);
}

/* ---- controllers ---- */

static int read_target(const struct vc_reader *reader, xmlNodePtr element,
                       struct vc_pci_controller *controller, struct vc_err *err)
{
	xmlNodePtr target = vc_xml_child(element, "target");
	xmlNodePtr node = target ? vc_xml_child(target, "node") : NULL;
	xmlChar *text = node ? xmlNodeGetContent(node) : NULL;
	uint64_t number = 0;
	bool found = false;

	if (node && !text)
		return vc_fail_oom(err);
	if (text && vc_parse_number((const char *)text, CELLS_MAX, &number))
		controller->node = (int)number;
	xmlFree(text);
	return read_number(reader, target, "busNr", BUS_MAX, &found, &controller->bus_nr,
	                   err);
}

/* [LV] what libvirt puts on a PCI bus when it has no address. Only an estimate: it also
 * depends on models and on the machine. */
static bool is_floating(xmlNodePtr element)
{
	static const char *const names[] = { "interface",  "video",   "rng",
		                             "sound",      "vsock",   "memballoon",
		                             "filesystem", "hostdev", "watchdog" };
	const char *name = (const char *)element->name;
	const char *bus = vc_xml_peek(vc_xml_child(element, "target"), "bus");
	const char *type = vc_xml_peek(element, "type");

	if (vc_xml_child(element, "address"))
		return false;
	if (strcmp(name, "disk") == 0)
		return bus && strcmp(bus, "virtio") == 0;
	if (strcmp(name, "controller") == 0)
		return type && strcmp(type, "pci") != 0 && strcmp(type, "sata") != 0 &&
		       strcmp(type, "ide") != 0 && strcmp(type, "fdc") != 0;
	for (size_t i = 0; i < VC_ARRAY_SIZE(names); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

/**
 * vc_read_controller() - Read a <controller>, if it is one of PCI
 * @reader:	reader; fills .domain->layout
 * @element:	any child of <devices>
 * @guest:	what was read of it already
 * @err:	error
 *
 * Return: 0, -VC_ERR_INPUT (too many) or -VC_ERR_INTERNAL
 */
int vc_read_controller(const struct vc_reader *reader, xmlNodePtr element,
                       const struct vc_guest_device *guest, struct vc_err *err)
{
	struct vc_layout *layout = &reader->domain->layout;
	struct vc_pci_controller *c;
	char *type = NULL, *model = NULL;

	layout->floating += is_floating(element);
	if (!is_element(element, "controller"))
		return 0;
	if (vc_xml_attribute(reader->arena, element, "type", &type, err) < 0 ||
	    vc_xml_attribute(reader->arena, element, "model", &model, err) < 0)
		return -(int)err->kind;
	if (!type || strcmp(type, "pci") != 0)
		return 0;
	if (layout->controllers.n == CONTROLLERS_MAX)
		return vc_xml_fail(reader->document, element, err, VC_ERR_INPUT,
		                   "more than %d PCI controllers", CONTROLLERS_MAX);
	c = vc_list_push(reader->arena, &layout->controllers);
	if (!c)
		return vc_fail_oom(err);
	*c = (struct vc_pci_controller){
		.at = guest->at,
		.line = guest->line,
		.alias = guest->alias,
		.model = vc_bus_model_of(model),
		.node = -1,
		.address = guest->address,
	};
	if (read_target(reader, element, c, err) < 0)
		return -(int)err->kind;
	return read_number(reader, element, "index", BUS_MAX, &c->has_index, &c->index,
	                   err);
}
