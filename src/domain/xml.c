/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "domain/xml.h"

#include <limits.h>
#include <string.h>

#include <libxml/dict.h>
#include <libxml/parser.h>
#include <libxml/xmlerror.h>
#include <libxml/xmlsave.h>

#include "base/buf.h"

/* More than any input can become: every character may turn into five or six. */
#define TEXT_MAX      ((size_t)256 << 20)

#define PARSE_OPTIONS (XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING)

static void free_parserp(xmlParserCtxtPtr *ctxt)
{
	if (*ctxt)
		xmlFreeParserCtxt(*ctxt);
}

/* A DOCTYPE is refused before anything of it is used. */
static void refuse_doctype(void *data, const xmlChar *name VC_UNUSED,
                           const xmlChar *external VC_UNUSED,
                           const xmlChar *system VC_UNUSED)
{
	xmlParserCtxtPtr ctxt = data;

	ctxt->_private = ctxt; /* any non-NULL: "there was one" */
	xmlStopParser(ctxt);
}

static int read_failed(xmlParserCtxtPtr ctxt, const char *file, struct vc_err *err)
{
	const xmlError *e = xmlCtxtGetLastError(ctxt);
	const char *message = e && e->message ? e->message : "not well-formed";
	int len = (int)strcspn(message, "\n");
	int line = e ? e->line : 1;

	if (ctxt->_private)
		return vc_fail(err, VC_ERR_INPUT,
		               "%s: a DOCTYPE is not accepted; remove it", file);
	if (strstr(message, "XML_PARSE_HUGE")) /* an option of libxml2, not of ours */
		return vc_fail(err, VC_ERR_INPUT,
		               "%s:%d: nested too deeply, or one text too long", file,
		               line);
	return vc_fail(err, VC_ERR_INPUT, "%s:%d: %.*s", file, line, len, message);
}

static void share_dict(xmlParserCtxtPtr ctxt, xmlDictPtr dict)
{
#if LIBXML_VERSION >= 21400
	xmlCtxtSetDict(ctxt, dict);
#else
	(void)xmlDictReference(dict);
	xmlDictFree(ctxt->dict);
	ctxt->dict = dict;
#endif
}

/**
 * vc_xml_read_sharing() - Parse an XML document whose names are shared with another
 * @text:	XML text
 * @len:	its length
 * @file:	for messages
 * @dict:	dictionary; NULL: one of its own. [libxslt] the sheets of one stylesheet
 *		have to share it, for names are compared by their address
 * @ret_doc:	document; its owner calls xmlFreeDoc()
 * @err:	"FILE:LINE: what is wrong"
 *
 * Return: 0, -VC_ERR_INPUT (not well-formed, a DOCTYPE, too large) or -VC_ERR_INTERNAL
 */
int vc_xml_read_sharing(const char *text, size_t len, const char *file, xmlDictPtr dict,
                        xmlDocPtr *ret_doc, struct vc_err *err)
{
	VC_CLEANUP(free_parserp) xmlParserCtxtPtr ctxt = xmlNewParserCtxt();
	VC_AUTO_XML xmlDocPtr doc = NULL;

	if (!ctxt)
		return vc_fail_oom(err);
	if (len > INT_MAX)
		return vc_fail(err, VC_ERR_INPUT, "%s: larger than 2 GiB", file);
	if (dict)
		share_dict(ctxt, dict);
	ctxt->sax->internalSubset = refuse_doctype;
	doc = xmlCtxtReadMemory(ctxt, text, (int)len, NULL, NULL, PARSE_OPTIONS);
	if (!doc || ctxt->_private)
		return read_failed(ctxt, file, err);
	*ret_doc = vc_steal(&doc);
	return 0;
}

/**
 * vc_xml_read() - Parse an XML document
 * @text:	XML text
 * @len:	its length
 * @file:	for messages
 * @ret_doc:	document; its owner calls xmlFreeDoc()
 * @err:	"FILE:LINE: what is wrong"
 *
 * Return: 0, -VC_ERR_INPUT (not well-formed, a DOCTYPE, too large) or -VC_ERR_INTERNAL
 */
int vc_xml_read(const char *text, size_t len, const char *file, xmlDocPtr *ret_doc,
                struct vc_err *err)
{
	return vc_xml_read_sharing(text, len, file, NULL, ret_doc, err);
}

/* libxml2 writes names of namespaces as they are, and reads something else then. */
static int check_namespaces(const xmlNode *node, struct vc_err *err)
{
	for (; node; node = node->next) {
		const xmlNs *ns = node->type == XML_ELEMENT_NODE ? node->nsDef : NULL;

		for (; ns; ns = ns->next) {
			const char *name = (const char *)ns->href;

			if (name && name[strcspn(name, "<\t\n\r")] != '\0')
				return vc_fail(
					err, VC_ERR_INPUT,
					"line %ld: the name of a namespace of <%s> "
					"has '<', a tab or a line break; use "
					"another one",
					xmlGetLineNo(node), (const char *)node->name);
		}
		if (node->type == XML_ELEMENT_NODE &&
		    check_namespaces(node->children, err) < 0)
			return -(int)err->kind;
	}
	return 0;
}

static int write_bytes(void *data, const char *bytes, int len)
{
	vc_buf_add(data, bytes, (size_t)len);
	return len;
}

/**
 * vc_xml_write() - Serialise a document as UTF-8
 * @doc:	document
 * @declaration: whether it begins with an XML declaration
 * @ret_text:	text, NUL-terminated; the caller frees it
 * @ret_len:	its length
 * @err:	error
 *
 * Return: 0, -VC_ERR_INPUT (a name of a namespace that cannot be written) or
 * -VC_ERR_INTERNAL
 */
int vc_xml_write(xmlDocPtr doc, enum vc_xml_declaration declaration, char **ret_text,
                 size_t *ret_len, struct vc_err *err)
{
	VC_AUTO_BUF struct vc_buf buf = VC_BUF_INIT(TEXT_MAX);
	int options = declaration == VC_XML_BARE ? XML_SAVE_NO_DECL : 0;
	xmlSaveCtxtPtr save;
	long written = 0;

	if (check_namespaces(doc->children, err) < 0)
		return -(int)err->kind;
	save = xmlSaveToIO(write_bytes, NULL, &buf, "UTF-8", options | XML_SAVE_AS_XML);
	if (!save)
		return vc_fail_oom(err);
	written = xmlSaveDoc(save, doc);
	if (xmlSaveClose(save) < 0 || written < 0)
		return vc_fail(err, VC_ERR_INTERNAL, "the XML cannot be written");
	return vc_buf_take(&buf, ret_text, ret_len, err);
}

/**
 * vc_xml_is_blank() - Whether a node is white space only
 * @node:	node or NULL
 *
 * Return: whether it is text or CDATA, and all of it white space
 */
bool vc_xml_is_blank(const xmlNode *node)
{
	const char *text = NULL;

	if (!node ||
	    (node->type != XML_TEXT_NODE && node->type != XML_CDATA_SECTION_NODE))
		return false;
	text = (const char *)node->content;
	return !text || text[strspn(text, " \t\r\n")] == '\0';
}

/**
 * vc_xml_is() - Whether a node is a certain element
 * @node:	node or NULL
 * @name:	local name
 * @ns:	namespace; NULL none
 *
 * Return: whether it is
 */
bool vc_xml_is(const xmlNode *node, const char *name, const char *ns)
{
	if (!node || node->type != XML_ELEMENT_NODE ||
	    strcmp((const char *)node->name, name) != 0)
		return false;
	if (!ns || !node->ns)
		return !ns && !node->ns;
	return strcmp((const char *)node->ns->href, ns) == 0;
}

/**
 * vc_xml_peek() - Look at the value of an attribute without namespace
 * @element:	element or NULL
 * @name:	attribute
 *
 * Without a DOCTYPE there are no entities, so a value is one text node or none.
 *
 * Return: the value, which belongs to the document; NULL when there is none
 */
const char *vc_xml_peek(const xmlNode *element, const char *name)
{
	const xmlAttr *attr = element ? element->properties : NULL;

	for (; attr; attr = attr->next)
		if (!attr->ns && strcmp((const char *)attr->name, name) == 0)
			return attr->children ? (const char *)attr->children->content
			                      : "";
	return NULL;
}
