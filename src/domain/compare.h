/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * compare.h - whether two XML trees say the same.
 *
 * The same as under Canonical XML: names, prefixes, namespaces in scope, attributes in
 * any order, text (CDATA is text), comments and processing instructions count.
 */
#pragma once

#include <stdbool.h>

#include <libxml/tree.h>

enum vc_xml_blanks {
	VC_XML_BLANKS_COUNT,  /* every character counts */
	VC_XML_BLANKS_IGNORE, /* text that is only white space does not */
};

/* @node or the first sibling after it that is not part of a run of white space. */
xmlNodePtr vc_xml_solid(xmlNodePtr node);
/* Name, prefix and namespaces in scope. */
bool vc_xml_equal_name(xmlNodePtr a, xmlNodePtr b);
/* Whether @element has an attribute like @like: name, namespace, value. */
bool vc_xml_has_attribute(const xmlNode *element, const xmlAttr *like);
/* The same as vc_xml_equal_name(), and attributes; without content. */
bool vc_xml_equal_start(xmlNodePtr a, xmlNodePtr b);
bool vc_xml_equal(xmlNodePtr a, xmlNodePtr b, enum vc_xml_blanks blanks);
/* The children of two elements. */
bool vc_xml_equal_content(xmlNodePtr a, xmlNodePtr b, enum vc_xml_blanks blanks);
/* Compares one child (a run of text is one) and moves both behind it. */
bool vc_xml_equal_step(xmlNodePtr *a, xmlNodePtr *b, enum vc_xml_blanks blanks);
/* Of two whole domains: white space counts only where libvirt's data is, that is, not in
 * domain, devices and metadata, in host devices and in our metadata. */
bool vc_domain_equal(xmlDocPtr a, xmlDocPtr b);
