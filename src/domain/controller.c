/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The controllers of a domain, and what is attached to those for SCSI. [LV] formatdomain,
 * "Controllers".
 *
 * An odd value is left to libvirt: it is then not one that we wrote.
 */
#include <string.h>

#include "base/parse.h"
#include "domain/read.h"
#include "domain/xml.h"

#define CONTROLLERS_MAX 4096

/* What we write, and what libvirt adds when it defines that. */
static bool is_plain(xmlNodePtr element)
{
	static const char *const attributes[] = { "type", "index", "model" };
	static const char *const children[] = { "address", "alias", "target", "model" };
	const xmlAttr *attr = element->properties;
	xmlNodePtr node = element->children;
	bool known = true;

	for (; attr && known; attr = attr->next) {
		known = false;
		for (size_t i = 0; i < VC_ARRAY_SIZE(attributes); i++)
			known |= strcmp((const char *)attr->name, attributes[i]) == 0;
	}
	for (; node && known; node = node->next) {
		known = vc_xml_is_blank(node);
		for (size_t i = 0; i < VC_ARRAY_SIZE(children); i++)
			known |= vc_xml_is(node, children[i], NULL);
	}
	return known;
}

static int read_controller(const struct vc_reader *reader, xmlNodePtr element, size_t at,
                           struct vc_err *err)
{
	struct vc_controllers *controllers = &reader->domain->controllers;
	struct vc_controller *c;
	char *index = NULL;
	uint32_t value = 0;

	if (controllers->n == CONTROLLERS_MAX)
		return vc_xml_fail(reader->document, element, err, VC_ERR_INPUT,
		                   "more than %d controllers", CONTROLLERS_MAX);
	c = vc_list_push(reader->arena, controllers);
	if (!c)
		return vc_fail_oom(err);
	*c = (struct vc_controller){ .at = at, .plain = is_plain(element) };
	if (vc_xml_attribute(reader->arena, element, "type", &c->type, err) < 0 ||
	    vc_xml_attribute(reader->arena, element, "model", &c->model, err) < 0 ||
	    vc_xml_attribute(reader->arena, element, "index", &index, err) < 0)
		return -(int)err->kind;
	c->has_index = index && vc_parse_auto(index, UINT32_MAX, &value);
	c->index = c->has_index ? value : 0;
	return 0;
}

static int add_scsi_user(const struct vc_reader *reader, xmlNodePtr element, size_t at,
                         struct vc_err *err)
{
	xmlNodePtr address = vc_xml_child(element, "address");
	const char *type = vc_xml_peek(address, "type");
	const char *index = vc_xml_peek(address, "controller");
	struct vc_scsi_user *user =
		vc_list_push(reader->arena, &reader->domain->scsi_users);
	uint32_t value = 0;

	if (!user)
		return vc_fail_oom(err);
	*user = (struct vc_scsi_user){ .at = at, .controller = -1 };
	if (type && strcmp(type, "drive") == 0 &&
	    (!index || vc_parse_auto(index, UINT32_MAX, &value)))
		user->controller = value;
	return 0;
}

static bool is(const char *a, const char *b)
{
	return a && strcmp(a, b) == 0;
}

/**
 * vc_read_attachment() - Read a child of <devices>, if it has to do with controllers
 * @reader:	reader; fills .domain->controllers and .scsi_users
 * @element:	any child element of <devices>
 * @at:		which child node it is
 * @err:	"FILE:LINE: what is wrong"
 *
 * Return: 0, -VC_ERR_INPUT or -VC_ERR_INTERNAL
 */
int vc_read_attachment(const struct vc_reader *reader, xmlNodePtr element, size_t at,
                       struct vc_err *err)
{
	const char *name = (const char *)element->name;
	const char *type = vc_xml_peek(element, "type");
	const char *bus = vc_xml_peek(vc_xml_child(element, "target"), "bus");

	if (is(name, "controller"))
		return read_controller(reader, element, at, err);
	if ((is(name, "disk") && is(bus, "scsi")) ||
	    (is(name, "hostdev") && is(type, "scsi")))
		return add_scsi_user(reader, element, at, err);
	return 0;
}
