/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "domain/apply.h"
#include "domain/xml.h"

/* CDATA is text, and a rewritten domain has none of it. */
static void unwrap_cdata(xmlNodePtr node)
{
	for (; node; node = node->next) {
		if (node->type == XML_CDATA_SECTION_NODE)
			node->type = XML_TEXT_NODE;
		if (node->type == XML_ELEMENT_NODE)
			unwrap_cdata(node->children);
	}
}

/**
 * vc_document_print() - A domain as our serialiser prints it
 * @xml:	XML text
 * @len:	its length
 * @ret_text:	the same document, UTF-8, without XML declaration; the caller frees it
 * @ret_len:	its length
 * @err:	"domain:LINE: what is wrong"
 *
 * Quotes, CDATA, line ends and encoding come out the same way whoever wrote @xml, so a
 * diff of two results shows real changes only.
 *
 * Return: 0, -VC_ERR_INPUT or -VC_ERR_INTERNAL
 */
int vc_document_print(const char *xml, size_t len, char **ret_text, size_t *ret_len,
                      struct vc_err *err)
{
	VC_AUTO_XML xmlDocPtr doc = NULL;

	if (vc_xml_read(xml, len, "domain", &doc, err) < 0)
		return -(int)err->kind;
	unwrap_cdata(doc->children);
	if (vc_xml_write(doc, VC_XML_BARE, ret_text, ret_len, err) < 0)
		return vc_err_context(err, "domain");
	return 0;
}
