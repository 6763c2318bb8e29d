/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "domain/compare.h"

#include <string.h>

#include "domain/document.h"
#include "domain/xml.h"

static bool same(const xmlChar *a, const xmlChar *b)
{
	return strcmp(a ? (const char *)a : "", b ? (const char *)b : "") == 0;
}

static bool is_text(const xmlNode *node)
{
	return node->type == XML_TEXT_NODE || node->type == XML_CDATA_SECTION_NODE;
}

static bool is_empty(const xmlNode *node)
{
	return is_text(node) && (!node->content || !*node->content);
}

/**
 * vc_xml_solid() - Step over white space
 * @node:	node or NULL
 *
 * Text in several pieces (CDATA) is white space only when every piece is.
 *
 * Return: @node or the first sibling after it that is no white space; NULL
 */
xmlNodePtr vc_xml_solid(xmlNodePtr node)
{
	while (node && is_text(node)) {
		xmlNodePtr end = node;

		while (end && vc_xml_is_blank(end))
			end = end->next;
		if (end && is_text(end))
			return node;
		node = end;
	}
	return node;
}

static xmlNodePtr skip(xmlNodePtr node, enum vc_xml_blanks blanks)
{
	if (blanks == VC_XML_BLANKS_IGNORE)
		return vc_xml_solid(node);
	while (node && is_empty(node))
		node = node->next;
	return node;
}

/* A place in a run of text nodes. */
struct cursor {
	xmlNodePtr node;
	const xmlChar *p;
};

static void settle(struct cursor *c)
{
	while (c->node && is_text(c->node) && (!c->p || !*c->p)) {
		c->node = c->node->next;
		c->p = c->node ? c->node->content : NULL;
	}
}

static bool in_run(const struct cursor *c)
{
	return c->node && is_text(c->node);
}

static bool equal_runs(xmlNodePtr *a, xmlNodePtr *b)
{
	struct cursor x = { *a, (*a)->content };
	struct cursor y = { *b, (*b)->content };

	for (settle(&x), settle(&y); in_run(&x) && in_run(&y); settle(&x), settle(&y))
		if (*x.p++ != *y.p++)
			return false;
	*a = x.node;
	*b = y.node;
	return !in_run(&x) && !in_run(&y);
}

static bool equal_ns(const xmlNs *a, const xmlNs *b)
{
	if (!a || !b)
		return !a && !b;
	return same(a->href, b->href) && same(a->prefix, b->prefix);
}

/* Whether what @a declares is in scope at @b. */
static bool declared(const xmlNode *a, xmlNodePtr b)
{
	const xmlNs *ns = a->nsDef;

	for (; ns; ns = ns->next) {
		const xmlNs *other = xmlSearchNs(b->doc, b, ns->prefix);

		if (!same(ns->href, other ? other->href : NULL))
			return false;
	}
	return true;
}

static bool equal_value(const xmlAttr *a, const xmlAttr *b)
{
	xmlNodePtr x = skip(a->children, VC_XML_BLANKS_COUNT);
	xmlNodePtr y = skip(b->children, VC_XML_BLANKS_COUNT);

	if (!x || !y)
		return !x && !y;
	return is_text(x) && is_text(y) && equal_runs(&x, &y) && !x && !y;
}

static const xmlAttr *find_attr(const xmlNode *element, const xmlAttr *like)
{
	const xmlAttr *attr = element->properties;

	for (; attr; attr = attr->next)
		if (same(attr->name, like->name) && equal_ns(attr->ns, like->ns))
			return attr;
	return NULL;
}

static bool equal_attributes(const xmlNode *a, const xmlNode *b)
{
	const xmlAttr *attr = a->properties;
	const xmlAttr *other = b->properties;

	for (; attr; attr = attr->next, other = other->next) {
		const xmlAttr *found = other;

		if (!other)
			return false;
		if (!same(attr->name, other->name) || !equal_ns(attr->ns, other->ns))
			found = find_attr(b, attr);
		if (!found || !equal_value(attr, found))
			return false;
	}
	return !other;
}

/**
 * vc_xml_has_attribute() - Whether an element has a certain attribute
 * @element:	element
 * @like:	attribute of another element
 *
 * Return: whether it has one of the same name, namespace and value
 */
bool vc_xml_has_attribute(const xmlNode *element, const xmlAttr *like)
{
	const xmlAttr *attr = find_attr(element, like);

	return attr && equal_value(attr, like);
}

/**
 * vc_xml_equal_name() - Whether two elements are called the same
 * @a:	element
 * @b:	element
 *
 * Return: whether names, prefixes and namespaces in scope are the same
 */
bool vc_xml_equal_name(xmlNodePtr a, xmlNodePtr b)
{
	return same(a->name, b->name) && equal_ns(a->ns, b->ns) && declared(a, b) &&
	       declared(b, a);
}

/**
 * vc_xml_equal_start() - Whether two elements are equal apart from their content
 * @a:	element
 * @b:	element
 *
 * Return: whether names, prefixes, namespaces in scope and attributes are the same
 */
bool vc_xml_equal_start(xmlNodePtr a, xmlNodePtr b)
{
	return vc_xml_equal_name(a, b) && equal_attributes(a, b);
}

/**
 * vc_xml_equal_content() - Whether two elements hold the same
 * @a:	element
 * @b:	element
 * @blanks:	whether white space counts
 *
 * Return: whether their children are equal
 */
bool vc_xml_equal_content(xmlNodePtr a, xmlNodePtr b, enum vc_xml_blanks blanks)
{
	a = a->children;
	b = b->children;
	for (;;) {
		a = skip(a, blanks);
		b = skip(b, blanks);
		if (!a || !b)
			return !a && !b;
		if (!vc_xml_equal_step(&a, &b, blanks))
			return false;
	}
}

/**
 * vc_xml_equal() - Whether two nodes are equal, with everything below them
 * @a:	node
 * @b:	node, also of another document
 * @blanks:	whether white space below them counts
 *
 * Return: whether they are
 */
bool vc_xml_equal(xmlNodePtr a, xmlNodePtr b, enum vc_xml_blanks blanks)
{
	if (is_text(a) && is_text(b))
		return same(a->content, b->content);
	if (a->type != b->type)
		return false;
	if (a->type == XML_COMMENT_NODE)
		return same(a->content, b->content);
	if (a->type == XML_PI_NODE)
		return same(a->name, b->name) && same(a->content, b->content);
	if (a->type != XML_ELEMENT_NODE)
		return false;
	return vc_xml_equal_start(a, b) && vc_xml_equal_content(a, b, blanks);
}

/**
 * vc_xml_equal_step() - Compare two siblings and go on
 * @a:	node; moves to the next sibling, behind the whole text when it is text
 * @b:	the same, of the other tree
 * @blanks:	whether white space below them counts
 *
 * Return: whether they are equal; if not, @a and @b may have moved or not
 */
bool vc_xml_equal_step(xmlNodePtr *a, xmlNodePtr *b, enum vc_xml_blanks blanks)
{
	if (is_text(*a) && is_text(*b))
		return equal_runs(a, b);
	if (!vc_xml_equal(*a, *b, blanks))
		return false;
	*a = (*a)->next;
	*b = (*b)->next;
	return true;
}

typedef bool (*equal_child)(xmlNodePtr *a, xmlNodePtr *b);

/* The children of two nodes one by one, without the white space between them. */
static bool equal_each(xmlNodePtr a, xmlNodePtr b, equal_child equal)
{
	a = a->children;
	b = b->children;
	for (;;) {
		a = vc_xml_solid(a);
		b = vc_xml_solid(b);
		if (!a || !b)
			return !a && !b;
		if (!equal(&a, &b))
			return false;
	}
}

static bool equal_device(xmlNodePtr *a, xmlNodePtr *b)
{
	bool host = vc_xml_is(*a, "hostdev", NULL) || vc_xml_is(*a, "interface", NULL) ||
	            vc_xml_is(*a, "disk", NULL);

	return vc_xml_equal_step(a, b, host ? VC_XML_BLANKS_IGNORE : VC_XML_BLANKS_COUNT);
}

static bool equal_metadata(xmlNodePtr *a, xmlNodePtr *b)
{
	bool ours = vc_xml_is(*a, "claims", VC_DOMAIN_NS);

	return vc_xml_equal_step(a, b, ours ? VC_XML_BLANKS_IGNORE : VC_XML_BLANKS_COUNT);
}

static bool equal_part(xmlNodePtr *a, xmlNodePtr *b)
{
	bool devices = vc_xml_is(*a, "devices", NULL);

	if (!devices && !vc_xml_is(*a, "metadata", NULL))
		return vc_xml_equal_step(a, b, VC_XML_BLANKS_COUNT);
	if ((*b)->type != XML_ELEMENT_NODE || !vc_xml_equal_start(*a, *b) ||
	    !equal_each(*a, *b, devices ? equal_device : equal_metadata))
		return false;
	*a = (*a)->next;
	*b = (*b)->next;
	return true;
}

static bool equal_top(xmlNodePtr *a, xmlNodePtr *b)
{
	if (!vc_xml_is(*a, "domain", NULL))
		return vc_xml_equal_step(a, b, VC_XML_BLANKS_COUNT);
	if ((*b)->type != XML_ELEMENT_NODE || !vc_xml_equal_start(*a, *b) ||
	    !equal_each(*a, *b, equal_part))
		return false;
	*a = (*a)->next;
	*b = (*b)->next;
	return true;
}

/**
 * vc_domain_equal() - Whether two domains are equal
 * @a:	domain
 * @b:	domain
 *
 * Return: whether they are, apart from white space that means nothing
 */
bool vc_domain_equal(xmlDocPtr a, xmlDocPtr b)
{
	return equal_each((xmlNodePtr)a, (xmlNodePtr)b, equal_top);
}
