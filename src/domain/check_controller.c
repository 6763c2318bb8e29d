/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>

#include "domain/check_device.h"
#include "domain/compare.h"
#include "domain/document.h"
#include "domain/xml.h"

#define TEXT_SIZE sizeof("-2147483648")

struct wanted {
	const char *name, *value;
};

/* A plain element with exactly these attributes; NULL values are not wanted. */
static bool has_exactly(const xmlNode *element, const struct wanted *wanted, size_t n)
{
	const xmlAttr *attr = element->properties;
	size_t n_attributes = 0, n_wanted = 0;

	if (element->ns || element->nsDef)
		return false;
	for (; attr; attr = attr->next)
		n_attributes++;
	for (size_t i = 0; i < n; i++) {
		const char *is = vc_xml_peek(element, wanted[i].name);

		if (!wanted[i].value)
			continue;
		n_wanted++;
		if (!is || strcmp(is, wanted[i].value) != 0)
			return false;
	}
	return n_attributes == n_wanted;
}

static bool node_ok(const struct vc_plan_controller *controller, xmlNodePtr target)
{
	xmlNodePtr node = vc_xml_solid(target->children);
	char number[TEXT_SIZE];

	if (controller->node < 0)
		return !node;
	(void)snprintf(number, sizeof(number), "%d", controller->node);
	return node && vc_xml_is(node, "node", NULL) && has_exactly(node, NULL, 0) &&
	       !vc_xml_solid(node->next) && node->children && !node->children->next &&
	       node->children->type == XML_TEXT_NODE &&
	       strcmp((const char *)node->children->content, number) == 0;
}

static bool target_ok(const struct vc_plan_controller *controller, xmlNodePtr target)
{
	char bus_nr[TEXT_SIZE];
	const struct wanted wanted[] = {
		{ "busNr", controller->bus_nr > 0 ? bus_nr : NULL },
	};

	(void)snprintf(bus_nr, sizeof(bus_nr), "%u", controller->bus_nr);
	return vc_xml_is(target, "target", NULL) &&
	       has_exactly(target, wanted, VC_ARRAY_SIZE(wanted)) &&
	       node_ok(controller, target);
}

static bool address_ok(const struct vc_guest_address *guest, xmlNodePtr address)
{
	char bus[TEXT_SIZE], slot[TEXT_SIZE], function[TEXT_SIZE];
	const char *multifunction = guest->multifunction == VC_YES ? "on" : "off";
	const struct wanted wanted[] = {
		{ "type", "pci" },
		{ "domain", "0x0000" },
		{ "bus", bus },
		{ "slot", slot },
		{ "function", function },
		{ "multifunction",
		  guest->multifunction == VC_UNKNOWN ? NULL : multifunction },
	};

	(void)snprintf(bus, sizeof(bus), "0x%02x", guest->bus);
	(void)snprintf(slot, sizeof(slot), "0x%02x", guest->slot);
	(void)snprintf(function, sizeof(function), "0x%x", guest->function);
	return vc_xml_is(address, "address", NULL) &&
	       has_exactly(address, wanted, VC_ARRAY_SIZE(wanted)) &&
	       !vc_xml_solid(address->children);
}

/**
 * vc_check_controller() - Compare an element with a new controller of the plan
 * @controller:	planned
 * @element:	any element of the result
 *
 * Return: whether it is exactly that
 */
bool vc_check_controller(const struct vc_plan_controller *controller,
                         const xmlNode *element)
{
	xmlNodePtr child = vc_xml_solid(element->children);
	char index[TEXT_SIZE];
	const struct wanted wanted[] = {
		{ "type", controller->type },
		{ "index", index },
		{ "model", controller->model },
	};

	(void)snprintf(index, sizeof(index), "%u", controller->index);
	if (!vc_xml_is(element, "controller", NULL) ||
	    !has_exactly(element, wanted, VC_ARRAY_SIZE(wanted)))
		return false;
	if (controller->bus_nr > 0 || controller->node >= 0) {
		if (!child || !target_ok(controller, child))
			return false;
		child = vc_xml_solid(child->next);
	}
	if (controller->address.set) {
		if (!child || !address_ok(&controller->address, child))
			return false;
		child = vc_xml_solid(child->next);
	}
	return !child;
}
