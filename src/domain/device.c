/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The children of <devices>: which of them take a device of the host, and what each of
 * them takes of the guest.
 *
 * [LV] formatdomain, "Host device assignment". hostdev/@mode is 'subsystem' when absent;
 * address attributes are read like C literals (0x41 is 65 is 0101), absent ones are 0.
 *
 * Host devices are read strictly: an address that we cannot read could be one that we
 * are about to hand out. Of other devices an odd value is left to libvirt.
 */
#include <string.h>

#include "base/parse.h"
#include "domain/read.h"
#include "domain/xml.h"

static bool parse_octal(const char *p, uint32_t max, uint32_t *ret_value)
{
	uint64_t value = 0;

	for (; *p >= '0' && *p <= '7' && value <= max; p++)
		value = value * 8 + (uint64_t)(*p - '0');
	if (!vc_parse_end(p) || value > max)
		return false;
	*ret_value = (uint32_t)value;
	return true;
}

/**
 * vc_parse_auto() - Read a whole text as a number in the base that its prefix says
 * @text:	"0x41", "65" or "0101"
 * @max:	largest value
 * @ret_value:	value, when it is one
 *
 * Return: whether it is one
 */
bool vc_parse_auto(const char *text, uint32_t max, uint32_t *ret_value)
{
	uint64_t decimal;
	uint32_t hex;

	if (vc_parse_literal(&text, "0x") || vc_parse_literal(&text, "0X")) {
		if (!vc_parse_hex(&text, 1, 8, &hex) || !vc_parse_end(text) || hex > max)
			return false;
		*ret_value = hex;
		return true;
	}
	if (text[0] == '0')
		return parse_octal(text, max, ret_value);
	if (!vc_parse_number(text, max, &decimal))
		return false;
	*ret_value = (uint32_t)decimal;
	return true;
}

/**
 * vc_read_pci_address() - Read the PCI address that an element holds
 * @reader:	reader
 * @element:	an <address>
 * @ret_address: address, unless a value is bad
 * @ret_bad:	a value that is not a number in range; untouched when there is none
 * @err:	out of memory
 *
 * Return: 0, also with a bad value, or -VC_ERR_INTERNAL
 */
int vc_read_pci_address(const struct vc_reader *reader, xmlNodePtr element,
                        struct vc_pci_address *ret_address, struct vc_bad_part *ret_bad,
                        struct vc_err *err)
{
	static const char *const names[] = { "domain", "bus", "slot", "function" };
	static const uint32_t max[] = { UINT32_MAX, 0xff, 0x1f, 7 };
	uint32_t part[4] = { 0 };

	for (size_t i = 0; i < VC_ARRAY_SIZE(names); i++) {
		char *text = NULL;

		if (vc_xml_attribute(reader->arena, element, names[i], &text, err) < 0)
			return -(int)err->kind;
		if (text && !vc_parse_auto(text, max[i], &part[i])) {
			*ret_bad = (struct vc_bad_part){ names[i], text };
			return 0;
		}
	}
	*ret_address = (struct vc_pci_address){
		.domain = part[0],
		.bus = (uint8_t)part[1],
		.slot = (uint8_t)part[2],
		.function = (uint8_t)part[3],
	};
	return 0;
}

/* Whether it is an element that takes a device of the host. */
static bool takes_host_device(xmlNodePtr element)
{
	const char *name = (const char *)element->name;
	const char *type = vc_xml_peek(element, "type");

	if (strcmp(name, "hostdev") == 0)
		return true;
	if (!type)
		return false;
	if (strcmp(name, "interface") == 0)
		return strcmp(type, "hostdev") == 0 || strcmp(type, "vdpa") == 0;
	return strcmp(name, "disk") == 0 && strcmp(type, "nvme") == 0;
}

static int read_hostdev(const struct vc_reader *reader, xmlNodePtr element,
                        const struct vc_guest_device *guest, struct vc_err *err)
{
	struct vc_hostdevs *hostdevs = &reader->domain->hostdevs;
	struct vc_hostdev *hostdev;

	if (hostdevs->n == VC_HOSTDEVS_MAX)
		return vc_xml_fail(reader->document, element, err, VC_ERR_INPUT,
		                   "more than %d host devices", VC_HOSTDEVS_MAX);
	hostdev = vc_list_push(reader->arena, hostdevs);
	if (!hostdev)
		return vc_fail_oom(err);
	hostdev->at = guest->at;
	hostdev->line = guest->line;
	hostdev->element = guest->element;
	hostdev->alias = guest->alias;
	hostdev->options.address = guest->address;
	hostdev->options.boot_order = guest->boot_order;
	hostdev->options.acpi_index = guest->acpi_index;
	hostdev->options.acpi_nodeset = guest->acpi_nodes;
	hostdev->has_address = vc_xml_child(element, "address") != NULL;
	if (guest->unassigned)
		hostdev->options.unassigned = VC_YES;
	return vc_read_hostdev(reader, element, hostdev, err);
}

static int read_guest_address(const struct vc_reader *reader, xmlNodePtr element,
                              struct vc_guest_address *ret_address, bool *ret_unassigned,
                              struct vc_err *err)
{
	xmlNodePtr address = vc_xml_child(element, "address");
	char *type = NULL, *multifunction = NULL;
	struct vc_pci_address pci = { 0 };
	struct vc_bad_part bad = { 0 };

	if (vc_xml_attribute(reader->arena, address, "type", &type, err) < 0 ||
	    vc_xml_attribute(reader->arena, address, "multifunction", &multifunction,
	                     err) < 0)
		return -(int)err->kind;
	*ret_unassigned = type && strcmp(type, "unassigned") == 0;
	if (!type || strcmp(type, "pci") != 0)
		return 0;
	if (vc_read_pci_address(reader, address, &pci, &bad, err) < 0)
		return -(int)err->kind;
	if (bad.name || pci.domain != 0)
		return 0;
	*ret_address = (struct vc_guest_address){
		.set = true,
		.bus = pci.bus,
		.slot = pci.slot,
		.function = pci.function,
	};
	if (multifunction)
		ret_address->multifunction =
			strcmp(multifunction, "on") == 0 ? VC_YES : VC_NO;
	return 0;
}

static int read_boot_order(const struct vc_reader *reader, xmlNodePtr element,
                           unsigned *ret_order, struct vc_err *err)
{
	uint32_t order = 0;
	char *text = NULL;

	if (vc_xml_attribute(reader->arena, vc_xml_child(element, "boot"), "order", &text,
	                     err) < 0)
		return -(int)err->kind;
	if (text && vc_parse_auto(text, UINT32_MAX, &order))
		*ret_order = order;
	return 0;
}

/* A ramfb is an attribute of a hostdev, or <video><model type='ramfb'/>. */
static int read_display(const struct vc_reader *reader, xmlNodePtr element,
                        struct vc_guest_device *guest, struct vc_err *err)
{
	bool video = strcmp((const char *)element->name, "video") == 0;
	char *ramfb = NULL, *display = NULL, *model = NULL;

	if (vc_xml_attribute(reader->arena, element, "ramfb", &ramfb, err) < 0 ||
	    vc_xml_attribute(reader->arena, element, "display", &display, err) < 0 ||
	    vc_xml_attribute(reader->arena, vc_xml_child(element, "model"), "type",
	                     &model, err) < 0)
		return -(int)err->kind;
	guest->ramfb = (ramfb && strcmp(ramfb, "on") == 0) ||
	               (video && model && strcmp(model, "ramfb") == 0);
	guest->display = display && strcmp(display, "on") == 0;
	return 0;
}

static int read_acpi_and_teaming(const struct vc_reader *reader, xmlNodePtr element,
                                 struct vc_guest_device *guest, struct vc_err *err)
{
	xmlNodePtr acpi = vc_xml_child(element, "acpi");
	char *index = NULL, *teaming = NULL;
	uint32_t number = 0;

	if (vc_xml_attribute(reader->arena, acpi, "index", &index, err) < 0 ||
	    vc_xml_attribute(reader->arena, acpi, "nodeset", &guest->acpi_nodes, err) < 0)
		return -(int)err->kind;
	if (index && vc_parse_auto(index, UINT32_MAX, &number))
		guest->acpi_index = number;
	if (vc_xml_attribute(reader->arena, vc_xml_child(element, "teaming"), "type",
	                     &teaming, err) < 0)
		return -(int)err->kind;
	guest->teaming_persistent = teaming && strcmp(teaming, "persistent") == 0;
	return 0;
}

static int read_guest(const struct vc_reader *reader, xmlNodePtr element, size_t at,
                      struct vc_guest_device *ret_guest, struct vc_err *err)
{
	struct vc_guest_device guest = {
		.at = at,
		.line = xmlGetLineNo(element),
		.element = vc_arena_strdup(reader->arena, (const char *)element->name),
	};

	if (!guest.element)
		return vc_fail_oom(err);
	if (vc_xml_attribute(reader->arena, vc_xml_child(element, "alias"), "name",
	                     &guest.alias, err) < 0 ||
	    read_guest_address(reader, element, &guest.address, &guest.unassigned, err) <
	            0 ||
	    read_boot_order(reader, element, &guest.boot_order, err) < 0 ||
	    read_display(reader, element, &guest, err) < 0 ||
	    read_acpi_and_teaming(reader, element, &guest, err) < 0)
		return -(int)err->kind;
	*ret_guest = guest;
	return 0;
}

static int keep_guest(const struct vc_reader *reader, const struct vc_guest_device *guest,
                      struct vc_err *err)
{
	struct vc_guest_device *slot;
	char **alias;

	if (!guest->alias && !guest->address.set && guest->boot_order == 0 &&
	    !guest->ramfb && !guest->display && guest->acpi_index == 0 &&
	    !guest->acpi_nodes)
		return 0;
	slot = vc_list_push(reader->arena, &reader->domain->guests);
	if (!slot)
		return vc_fail_oom(err);
	*slot = *guest;
	if (!guest->alias)
		return 0;
	alias = vc_list_push(reader->arena, &reader->domain->aliases);
	if (!alias)
		return vc_fail_oom(err);
	*alias = guest->alias;
	return 0;
}

/* [LV] target/@dev of a disk is unique, whatever its bus. */
static int keep_target(const struct vc_reader *reader, xmlNodePtr element,
                       struct vc_err *err)
{
	const char *name = vc_xml_peek(vc_xml_child(element, "target"), "dev");
	char **slot;

	if (!name || strcmp((const char *)element->name, "disk") != 0)
		return 0;
	slot = vc_list_push(reader->arena, &reader->domain->targets);
	if (slot)
		*slot = vc_arena_strdup(reader->arena, name);
	return slot && *slot ? 0 : vc_fail_oom(err);
}

static int read_device(const struct vc_reader *reader, xmlNodePtr element, size_t at,
                       struct vc_err *err)
{
	struct vc_guest_device guest = { 0 };

	if (read_guest(reader, element, at, &guest, err) < 0 ||
	    keep_guest(reader, &guest, err) < 0 ||
	    vc_read_controller(reader, element, &guest, err) < 0 ||
	    vc_read_attachment(reader, element, at, err) < 0 ||
	    keep_target(reader, element, err) < 0)
		return -(int)err->kind;
	return takes_host_device(element) ? read_hostdev(reader, element, &guest, err)
	                                  : 0;
}

/**
 * vc_read_devices() - Read the devices of a domain
 * @reader:	reader; fills .domain->hostdevs, .controllers, .guests and .aliases
 * @devices:	the <devices> element, NULL when there is none
 * @err:	"FILE:LINE: what is wrong"
 *
 * Return: 0, -VC_ERR_INPUT or -VC_ERR_INTERNAL
 */
int vc_read_devices(const struct vc_reader *reader, xmlNodePtr devices,
                    struct vc_err *err)
{
	xmlNodePtr node = devices ? devices->children : NULL;

	for (size_t at = 1; node; node = node->next, at++)
		if (node->type == XML_ELEMENT_NODE && !node->ns &&
		    read_device(reader, node, at, err) < 0)
			return -(int)err->kind;
	return 0;
}
