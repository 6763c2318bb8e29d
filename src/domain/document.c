/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "domain/document.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/xml.h"

static int check_root(xmlDocPtr doc, const char *file, struct vc_err *err)
{
	xmlNodePtr root = xmlDocGetRootElement(doc);

	if (root && root->ns)
		return vc_fail(err, VC_ERR_INPUT,
		               "%s: the root element is <%s> in namespace '%.128s', "
		               "expected <domain> in none",
		               file, (const char *)root->name,
		               (const char *)root->ns->href);
	if (!root || strcmp((const char *)root->name, "domain") != 0)
		return vc_fail(err, VC_ERR_INPUT,
		               "%s: the root element is <%s>, expected <domain>", file,
		               root ? (const char *)root->name : "");
	return 0;
}

/**
 * vc_document_parse() - Read a domain document
 * @text:	XML text
 * @len:	its length
 * @file:	for messages
 * @ret_document:	document; free with vc_document_free()
 * @err:	"FILE:LINE: what is wrong"
 *
 * Return: 0, -VC_ERR_INPUT (not well-formed, a DOCTYPE, no <domain>) or
 * -VC_ERR_INTERNAL
 */
int vc_document_parse(const char *text, size_t len, const char *file,
                      struct vc_document **ret_document, struct vc_err *err)
{
	VC_AUTO_DOCUMENT struct vc_document *document = calloc(1, sizeof(*document));

	if (!document)
		return vc_fail_oom(err);
	if (len > INT_MAX)
		return vc_fail(err, VC_ERR_INPUT, "%s: larger than 2 GiB", file);
	if (memchr(text, '\0', len))
		return vc_fail(err, VC_ERR_INPUT, "%s: contains a NUL byte", file);
	document->text = strndup(text, len);
	document->len = len;
	document->file = strdup(file);
	if (!document->text || !document->file)
		return vc_fail_oom(err);
	if (vc_xml_read(text, len, file, &document->xml, err) < 0 ||
	    check_root(document->xml, file, err) < 0)
		return -(int)err->kind;
	*ret_document = vc_steal(&document);
	return 0;
}

/**
 * vc_document_free() - Free a document
 * @document:	document or NULL
 */
void vc_document_free(struct vc_document *document)
{
	if (!document)
		return;
	xmlFreeDoc(document->xml);
	free(document->text);
	free(document->file);
	free(document);
}

/**
 * vc_xml_child() - First child element of a name, without namespace
 * @parent:	element, may be NULL
 * @name:	local name
 *
 * Return: the element, or NULL
 */
xmlNodePtr vc_xml_child(xmlNodePtr parent, const char *name)
{
	xmlNodePtr node = parent ? parent->children : NULL;

	for (; node; node = node->next)
		if (node->type == XML_ELEMENT_NODE && !node->ns &&
		    strcmp((const char *)node->name, name) == 0)
			return node;
	return NULL;
}

/**
 * vc_xml_attribute() - Copy the value of an attribute without namespace
 * @arena:	holds the copy
 * @element:	element, may be NULL
 * @name:	attribute
 * @ret_value:	the value, or NULL when there is none
 * @err:	out of memory
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_xml_attribute(struct vc_arena *arena, xmlNodePtr element, const char *name,
                     char **ret_value, struct vc_err *err)
{
	xmlChar *value = element ? xmlGetNoNsProp(element, (const xmlChar *)name) : NULL;
	char *copy = vc_arena_strdup(arena, (const char *)value);
	bool lost = value && !copy;

	xmlFree(value);
	if (lost)
		return vc_fail_oom(err);
	*ret_value = copy;
	return 0;
}

/**
 * vc_xml_fail() - Fail at a place in the document
 * @document:	document
 * @node:	what is wrong
 * @err:	error to fill
 * @kind:	kind
 * @fmt:	message
 *
 * Return: -(int)@kind
 */
int vc_xml_fail(const struct vc_document *document, xmlNodePtr node, struct vc_err *err,
                enum vc_err_kind kind, const char *fmt, ...)
{
	char text[VC_ERR_MSG_SIZE];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return vc_fail(err, kind, "%s:%ld: %s", document->file, xmlGetLineNo(node), text);
}
