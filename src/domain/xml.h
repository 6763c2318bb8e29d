/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xml.h - XML text to tree and back.
 *
 * Reading is deliberately narrow, and the same for domains, stylesheets and results: no
 * network, no DTD at all (so no entities beyond the five of XML itself, no external
 * subset, no expansion), libxml2's own limits on depth and text size left in place (no
 * XML_PARSE_HUGE).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <libxml/tree.h>
#include <libxml/xmlerror.h>

#include "base/cleanup.h"
#include "base/err.h"

static inline void vc_xml_docp(xmlDocPtr *doc)
{
	xmlFreeDoc(*doc);
}
#define VC_AUTO_XML VC_CLEANUP(vc_xml_docp)

static inline void vc_xml_stringp(xmlChar **text)
{
	if (*text)
		xmlFree(*text);
}
#define VC_AUTO_XML_STRING VC_CLEANUP(vc_xml_stringp)

/* What a structured error function gets. */
#if LIBXML_VERSION >= 21200
typedef const xmlError *vc_xml_error;
#else
typedef xmlErrorPtr vc_xml_error;
#endif

enum vc_xml_declaration {
	VC_XML_BARE,     /* no <?xml ...?> */
	VC_XML_DECLARED, /* with one */
};

int vc_xml_read(const char *text, size_t len, const char *file, xmlDocPtr *ret_doc,
                struct vc_err *err) VC_MUST_CHECK;
/* The same, with names in a dictionary that is shared; NULL: one of its own. */
int vc_xml_read_sharing(const char *text, size_t len, const char *file, xmlDictPtr dict,
                        xmlDocPtr *ret_doc, struct vc_err *err) VC_MUST_CHECK;
int vc_xml_write(xmlDocPtr doc, enum vc_xml_declaration declaration, char **ret_text,
                 size_t *ret_len, struct vc_err *err) VC_MUST_CHECK;

/* Text or CDATA that is white space only. */
bool vc_xml_is_blank(const xmlNode *node);
/* An element of that name; without namespace when @ns is NULL. */
bool vc_xml_is(const xmlNode *node, const char *name, const char *ns);
/* Value of an attribute without namespace, as stored; NULL none. Not a copy. */
const char *vc_xml_peek(const xmlNode *element, const char *name);
