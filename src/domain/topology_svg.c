/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * schemas/topology.rng is the grammar of the XML; xslt/topology-svg.xsl draws it.
 *
 * Heights are summed up here, since adding up all that stands above each node would make
 * a stylesheet quadratic; everything else of the layout is the stylesheet's.
 */
#include "domain/topology_svg.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libxslt/security.h>
#include <libxslt/transform.h>
#include <libxslt/xsltInternals.h>
#include <libxslt/xsltutils.h>

#include "domain/embedded.h"
#include "domain/xml.h"

#define SHEET "virt-claim:topology-svg.xsl"

/* Building sticks at the first failure, which can only be a lack of memory. */
struct builder {
	bool failed;
};

static void free_stylep(xsltStylesheetPtr *style)
{
	xsltFreeStylesheet(*style);
}

static void free_contextp(xsltTransformContextPtr *ctxt)
{
	xsltFreeTransformContext(*ctxt);
}

static void free_prefsp(xsltSecurityPrefsPtr *prefs)
{
	xsltFreeSecurityPrefs(*prefs);
}

static xmlNodePtr add_child(struct builder *b, xmlNodePtr parent, const char *name)
{
	xmlNodePtr child = NULL;

	if (b->failed)
		return NULL;
	child = xmlNewChild(parent, parent->ns, (const xmlChar *)name, NULL);
	b->failed = !child;
	return child;
}

static void set(struct builder *b, xmlNodePtr node, const char *name, const char *value)
{
	if (b->failed || !value)
		return;
	b->failed = !xmlNewProp(node, (const xmlChar *)name, (const xmlChar *)value);
}

static void set_number(struct builder *b, xmlNodePtr node, const char *name, size_t value)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "%zu", value);
	set(b, node, name, text);
}

static void add_node(struct builder *b, xmlNodePtr side, char letter, size_t number,
                     const struct vc_topology_node *n, const struct vc_topology_place *p)
{
	xmlNodePtr node = add_child(b, side, "node");
	char id[32];

	(void)snprintf(id, sizeof(id), "%c%zu", letter, number);
	set(b, node, "id", id);
	set(b, node, "type", vc_topology_type_name(n->type));
	set_number(b, node, "depth", n->depth);
	set_number(b, node, "y", p->y);
	set_number(b, node, "height", p->height);
	set(b, node, "label", n->label);
	set(b, node, "detail", n->detail);
	set(b, node, "address", n->address);
	set(b, node, "kind", n->kind);
	set(b, node, "driver", n->driver);
	set(b, node, "claim", n->claim);
	set(b, node, "alias", n->alias);
	set(b, node, "problem", n->problem);
	if (n->type == VC_TOPOLOGY_DEVICE && !n->host)
		set(b, node, "emulated", "yes");
	(void)snprintf(id, sizeof(id), "%c%zu", letter == 'h' ? 'g' : 'h', n->peer);
	if (n->peer > 0)
		set(b, node, "peer", id);
}

static int add_side(struct vc_arena *arena, struct builder *b, xmlNodePtr root,
                    const char *name, const struct vc_topology_side *side,
                    struct vc_err *err)
{
	struct vc_topology_place *places =
		vc_arena_alloc(arena, side->n + 1, sizeof(*places));
	xmlNodePtr element;

	if (!places)
		return vc_fail_oom(err);
	element = add_child(b, root, name);
	if (!element)
		return vc_fail_oom(err);
	set_number(b, element, "height", vc_topology_layout(side, places));
	for (size_t i = 0; i < side->n && !b->failed; i++)
		add_node(b, element, name[0], i + 1, &side->v[i], &places[i]);
	return b->failed ? vc_fail_oom(err) : 0;
}

static int build(struct vc_arena *arena, const struct vc_topology *topology,
                 xmlDocPtr *ret_doc, struct vc_err *err)
{
	VC_AUTO_XML xmlDocPtr doc = xmlNewDoc((const xmlChar *)"1.0");
	xmlNodePtr root =
		doc ? xmlNewDocNode(doc, NULL, (const xmlChar *)"topology", NULL) : NULL;
	struct builder b = { 0 };
	xmlNsPtr ns;

	if (!root)
		return vc_fail_oom(err);
	(void)xmlDocSetRootElement(doc, root);
	ns = xmlNewNs(root, (const xmlChar *)VC_TOPOLOGY_NS, NULL);
	if (!ns)
		return vc_fail_oom(err);
	xmlSetNs(root, ns);
	set(&b, root, "name", topology->name);
	set(&b, root, "lookedUp", topology->have_host ? "yes" : "no");
	set(&b, root, "domain", topology->have_guest ? "yes" : "no");
	if (add_side(arena, &b, root, "host", &topology->host, err) < 0 ||
	    add_side(arena, &b, root, "guest", &topology->guest, err) < 0)
		return -(int)err->kind;
	*ret_doc = vc_steal(&doc);
	return 0;
}

/* Our own sheet asks for nothing; that it gets nothing is cheap to say. */
static xsltSecurityPrefsPtr new_prefs(void)
{
	static const xsltSecurityOption all[] = {
		XSLT_SECPREF_READ_FILE,        XSLT_SECPREF_WRITE_FILE,
		XSLT_SECPREF_CREATE_DIRECTORY, XSLT_SECPREF_READ_NETWORK,
		XSLT_SECPREF_WRITE_NETWORK,
	};
	VC_CLEANUP(free_prefsp) xsltSecurityPrefsPtr prefs = xsltNewSecurityPrefs();

	for (size_t i = 0; prefs && i < VC_ARRAY_SIZE(all); i++)
		if (xsltSetSecurityPrefs(prefs, all[i], xsltSecurityForbid) < 0)
			return NULL;
	return vc_steal(&prefs);
}

static int compile(xsltStylesheetPtr *ret_style, struct vc_err *err)
{
	const struct vc_embedded *sheet = vc_embedded_find(SHEET);
	VC_AUTO_XML xmlDocPtr doc = NULL;
	xsltStylesheetPtr style;

	if (!sheet)
		return vc_fail(err, VC_ERR_INTERNAL, "'%s' is not compiled in", SHEET);
	if (vc_xml_read((const char *)sheet->data, sheet->len, SHEET, &doc, err) < 0)
		return -(int)err->kind;
	style = xsltParseStylesheetDoc(doc);
	if (!style)
		return vc_fail(err, VC_ERR_INTERNAL, "'%s' cannot be compiled", SHEET);
	doc = NULL; /* the style owns it now */
	*ret_style = style;
	return 0;
}

static int draw(xsltStylesheetPtr style, xmlDocPtr doc, xmlDocPtr *ret_svg,
                struct vc_err *err)
{
	VC_CLEANUP(free_prefsp) xsltSecurityPrefsPtr prefs = new_prefs();
	VC_CLEANUP(free_contextp)
	xsltTransformContextPtr ctxt = prefs ? xsltNewTransformContext(style, doc) : NULL;
	VC_AUTO_XML xmlDocPtr svg = NULL;

	if (!ctxt || xsltSetCtxtSecurityPrefs(prefs, ctxt) < 0)
		return vc_fail_oom(err);
	svg = xsltApplyStylesheetUser(style, doc, NULL, NULL, NULL, ctxt);
	if (!svg || ctxt->state != XSLT_STATE_OK)
		return vc_fail(err, VC_ERR_INTERNAL, "'%s' does not end", SHEET);
	*ret_svg = vc_steal(&svg);
	return 0;
}

/**
 * vc_topology_xml() - The picture as XML of the namespace VC_TOPOLOGY_NS
 * @arena:	scratch
 * @topology:	picture
 * @ret_text:	text, NUL-terminated; the caller's to free
 * @ret_len:	its length
 * @err:	out of memory
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_topology_xml(struct vc_arena *arena, const struct vc_topology *topology,
                    char **ret_text, size_t *ret_len, struct vc_err *err)
{
	VC_AUTO_XML xmlDocPtr doc = NULL;

	if (build(arena, topology, &doc, err) < 0)
		return -(int)err->kind;
	return vc_xml_write(doc, VC_XML_DECLARED, ret_text, ret_len, err);
}

/**
 * vc_topology_svg() - The picture as SVG, for browsers
 * @arena:	scratch
 * @topology:	picture
 * @ret_text:	text, NUL-terminated; the caller's to free
 * @ret_len:	its length
 * @err:	out of memory
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_topology_svg(struct vc_arena *arena, const struct vc_topology *topology,
                    char **ret_text, size_t *ret_len, struct vc_err *err)
{
	VC_CLEANUP(free_stylep) xsltStylesheetPtr style = NULL;
	VC_AUTO_XML xmlDocPtr doc = NULL;
	VC_AUTO_XML xmlDocPtr svg = NULL;

	if (build(arena, topology, &doc, err) < 0 || compile(&style, err) < 0 ||
	    draw(style, doc, &svg, err) < 0)
		return -(int)err->kind;
	return vc_xml_write(svg, VC_XML_DECLARED, ret_text, ret_len, err);
}
