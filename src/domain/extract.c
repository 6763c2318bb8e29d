/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "domain/extract.h"

#include <limits.h>
#include <string.h>

#include "base/parse.h"
#include "domain/document.h"
#include "domain/xml.h"

static void freep_buffer(xmlBufferPtr *buffer)
{
	xmlBufferFree(*buffer);
}

static int print(struct vc_arena *arena, xmlNodePtr node, char **ret_text,
                 struct vc_err *err)
{
	VC_CLEANUP(freep_buffer) xmlBufferPtr buffer = xmlBufferCreate();
	char *text;

	if (!buffer || xmlNodeDump(buffer, node->doc, node, 0, 0) < 0)
		return vc_fail_oom(err);
	text = vc_arena_strdup(arena, (const char *)xmlBufferContent(buffer));
	if (!text)
		return vc_fail_oom(err);
	*ret_text = text;
	return 0;
}

static bool has_alias(xmlNodePtr device, const char *alias)
{
	const char *name = NULL;

	if (device->type == XML_ELEMENT_NODE && vc_xml_child(device, "alias"))
		name = vc_xml_peek(vc_xml_child(device, "alias"), "name");
	return name && strcmp(name, alias) == 0;
}

/**
 * vc_extract_device() - The device with an alias, as text
 * @arena:	holds it
 * @xml:	domain
 * @len:	its length
 * @alias:	whole alias
 * @ret_element: element, or NULL when no device has that alias
 * @err:	"domain:LINE: what is wrong"
 *
 * Return: 0, -VC_ERR_INPUT or -VC_ERR_INTERNAL
 */
int vc_extract_device(struct vc_arena *arena, const char *xml, size_t len,
                      const char *alias, char **ret_element, struct vc_err *err)
{
	VC_AUTO_XML xmlDocPtr doc = NULL;
	xmlNodePtr devices, node;

	if (vc_xml_read(xml, len, "domain", &doc, err) < 0)
		return -(int)err->kind;
	devices = vc_xml_child(xmlDocGetRootElement(doc), "devices");
	for (node = devices ? devices->children : NULL; node; node = node->next)
		if (has_alias(node, alias))
			return print(arena, node, ret_element, err);
	*ret_element = NULL;
	return 0;
}

static bool is_controller(xmlNodePtr node, const char *type, unsigned index)
{
	uint64_t number;

	return vc_xml_is(node, "controller", NULL) && vc_xml_peek(node, "type") &&
	       strcmp(vc_xml_peek(node, "type"), type) == 0 &&
	       vc_xml_peek(node, "index") &&
	       vc_parse_number(vc_xml_peek(node, "index"), UINT_MAX, &number) &&
	       number == index;
}

/**
 * vc_extract_controller() - A controller, as text
 * @arena:	holds it
 * @xml:	domain
 * @len:	its length
 * @type:	attribute
 * @index:	attribute
 * @ret_element: element, or NULL when there is no such controller
 * @err:	"domain:LINE: what is wrong"
 *
 * Return: 0, -VC_ERR_INPUT or -VC_ERR_INTERNAL
 */
int vc_extract_controller(struct vc_arena *arena, const char *xml, size_t len,
                          const char *type, unsigned index, char **ret_element,
                          struct vc_err *err)
{
	VC_AUTO_XML xmlDocPtr doc = NULL;
	xmlNodePtr devices, node;

	if (vc_xml_read(xml, len, "domain", &doc, err) < 0)
		return -(int)err->kind;
	devices = vc_xml_child(xmlDocGetRootElement(doc), "devices");
	for (node = devices ? devices->children : NULL; node; node = node->next)
		if (is_controller(node, type, index))
			return print(arena, node, ret_element, err);
	*ret_element = NULL;
	return 0;
}

static xmlNodePtr find_claims(xmlDocPtr doc)
{
	xmlNodePtr metadata = vc_xml_child(xmlDocGetRootElement(doc), "metadata");
	xmlNodePtr node = metadata ? metadata->children : NULL;

	while (node && !vc_xml_is(node, "claims", VC_DOMAIN_NS))
		node = node->next;
	return node;
}

static bool is_ours(const xmlNs *ns)
{
	return ns && strcmp((const char *)ns->href, VC_DOMAIN_NS) == 0;
}

/* Nothing refers to them any more. */
static void drop_declarations(xmlNodePtr element)
{
	xmlNsPtr *link = &element->nsDef;

	while (*link) {
		xmlNsPtr ns = *link;

		if (!is_ours(ns)) {
			link = &ns->next;
			continue;
		}
		*link = ns->next;
		xmlFreeNs(ns);
	}
}

/* Takes everything out of our namespace. */
static void strip(xmlNodePtr element)
{
	for (xmlNodePtr node = element->children; node; node = node->next)
		if (node->type == XML_ELEMENT_NODE)
			strip(node);
	for (xmlAttrPtr attr = element->properties; attr; attr = attr->next)
		if (is_ours(attr->ns))
			attr->ns = NULL;
	if (is_ours(element->ns))
		element->ns = NULL;
}

static void drop_all_declarations(xmlNodePtr element)
{
	for (xmlNodePtr node = element->children; node; node = node->next)
		if (node->type == XML_ELEMENT_NODE)
			drop_all_declarations(node);
	drop_declarations(element);
}

/**
 * vc_extract_metadata() - Our metadata, as virDomainSetMetadata() wants it
 * @arena:	holds it
 * @xml:	domain
 * @len:	its length
 * @ret_element: <claims> in no namespace, or NULL when there is none
 * @err:	"domain:LINE: what is wrong"
 *
 * [LV] libvirt puts the elements without a namespace into ours.
 *
 * Return: 0, -VC_ERR_INPUT or -VC_ERR_INTERNAL
 */
int vc_extract_metadata(struct vc_arena *arena, const char *xml, size_t len,
                        char **ret_element, struct vc_err *err)
{
	VC_AUTO_XML xmlDocPtr doc = NULL;
	VC_AUTO_XML xmlDocPtr copy = NULL;
	xmlNodePtr claims;

	if (vc_xml_read(xml, len, "domain", &doc, err) < 0)
		return -(int)err->kind;
	claims = find_claims(doc);
	if (!claims) {
		*ret_element = NULL;
		return 0;
	}
	copy = xmlNewDoc(NULL);
	/* copied, so that it declares each namespace that it uses */
	claims = copy ? xmlDocCopyNode(claims, copy, 1) : NULL;
	if (!claims)
		return vc_fail_oom(err);
	(void)xmlDocSetRootElement(copy, claims);
	strip(claims);
	drop_all_declarations(claims);
	return print(arena, claims, ret_element, err);
}
