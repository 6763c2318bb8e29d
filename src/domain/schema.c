/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * [LV] libvirt's grammar is an interleave of everything, so one mistake in one device is
 * reported as "Extra element devices in interleave". A grammar that starts at the define
 * of that device alone says what it is; it has to include domainoverrides.rng, for
 * domaincommon.rng alone finds fault with every disk.
 *
 * libxml2's messages are collected from its structured error callback; nothing of it
 * reaches stderr.
 */
#include "domain/schema.h"

#include <string.h>
#include <unistd.h>

#include <libxml/relaxng.h>
#include <libxml/uri.h>

#include "domain/document.h"
#include "domain/embedded.h"
#include "domain/index.h"
#include "domain/xml.h"

#define RNG_NS         "http://relaxng.org/ns/structure/1.0"
#define CLAIMS_RNG     "virt-claim:domain-claims.rng"
#define COMPLAINTS_MAX 200

/* An element of the plan in the document. */
struct ours {
	const char *alias;
	xmlNodePtr element;
};

struct validation {
	struct vc_arena *arena;
	const char *directory;
	struct vc_complaints complaints;
	const char *about; /* put in front of what libxml2 says; NULL nothing */
	bool failed;       /* out of memory while complaining */
	struct {
		struct ours *v;
		size_t n, cap;
	} ours;
	struct vc_err *err;
};

static void free_parserp(xmlRelaxNGParserCtxtPtr *ctxt)
{
	if (*ctxt)
		xmlRelaxNGFreeParserCtxt(*ctxt);
}

static void free_schemap(xmlRelaxNGPtr *schema)
{
	if (*schema)
		xmlRelaxNGFree(*schema);
}

static void free_validp(xmlRelaxNGValidCtxtPtr *ctxt)
{
	if (*ctxt)
		xmlRelaxNGFreeValidCtxt(*ctxt);
}

#define AUTO_PARSER VC_CLEANUP(free_parserp)
#define AUTO_SCHEMA VC_CLEANUP(free_schemap)
#define AUTO_VALID  VC_CLEANUP(free_validp)

static void complain(struct validation *v, long line, const char *text)
{
	struct vc_complaint *complaint = NULL;
	int len = (int)strcspn(text, "\n");

	if (v->failed || v->complaints.n == COMPLAINTS_MAX)
		return;
	complaint = vc_list_push(v->arena, &v->complaints);
	if (complaint) {
		complaint->line = line;
		complaint->text = vc_arena_printf(
			v->arena, "%s%s%s%.*s", v->about ? "'" : "",
			v->about ? v->about : "", v->about ? "': " : "", len, text);
	}
	v->failed = !complaint || !complaint->text;
}

static void on_error(void *data, vc_xml_error error)
{
	long line = 0;

	if (!error || !error->message)
		return;
	line = error->node ? xmlGetLineNo(error->node) : error->line;
	complain(data, line, error->message);
}

/* For what libxml2 says while it reads a grammar. */
static void on_grammar_error(void *data, vc_xml_error error)
{
	struct vc_err *err = data;

	if (error && error->message && err->kind == VC_ERR_NONE)
		(void)vc_fail(err, VC_ERR_SYSTEM, "%s:%d: %.*s",
		              error->file ? error->file : "grammar", error->line,
		              (int)strcspn(error->message, "\n"), error->message);
}

static int compile(struct validation *v, xmlRelaxNGParserCtxtPtr parser, const char *name,
                   xmlRelaxNGPtr *ret_schema)
{
	struct vc_err why = VC_ERR_INIT;
	xmlRelaxNGPtr schema = NULL;

	if (!parser)
		return vc_fail_oom(v->err);
	xmlRelaxNGSetParserStructuredErrors(parser, on_grammar_error, &why);
	xmlSetStructuredErrorFunc(&why, on_grammar_error);
	schema = xmlRelaxNGParse(parser);
	xmlSetStructuredErrorFunc(NULL, NULL);
	if (!schema)
		return vc_fail(v->err, VC_ERR_SYSTEM, "'%s' cannot be compiled: %s", name,
		               why.msg);
	*ret_schema = schema;
	return 0;
}

/* libxml2 gives the reason without a line and the element that failed with it after that. */
static void give_lines(struct validation *v, size_t first, xmlDocPtr doc)
{
	long line = xmlGetLineNo(xmlDocGetRootElement(doc));
	size_t i = v->complaints.n;

	while (i > first) {
		struct vc_complaint *complaint = &v->complaints.v[--i];

		if (complaint->line == 0)
			complaint->line = line;
		line = complaint->line;
	}
}

/* Complaints go to the list; what is returned says only whether it could be done. */
static int validate(struct validation *v, xmlRelaxNGPtr schema, xmlDocPtr doc,
                    const char *about)
{
	AUTO_VALID xmlRelaxNGValidCtxtPtr ctxt = xmlRelaxNGNewValidCtxt(schema);
	size_t first = v->complaints.n;

	if (!ctxt)
		return vc_fail_oom(v->err);
	v->about = about;
	xmlRelaxNGSetValidStructuredErrors(ctxt, on_error, v);
	if (xmlRelaxNGValidateDoc(ctxt, doc) < 0)
		return vc_fail(v->err, VC_ERR_INTERNAL, "the XML cannot be validated");
	v->about = NULL;
	give_lines(v, first, doc);
	return v->failed ? vc_fail_oom(v->err) : 0;
}

/* One element as a document of its own; it keeps its line numbers. */
static int validate_element(struct validation *v, xmlRelaxNGPtr schema,
                            xmlNodePtr element, const char *about)
{
	VC_AUTO_XML xmlDocPtr doc = xmlNewDoc((const xmlChar *)"1.0");
	xmlNodePtr copy = doc ? xmlDocCopyNode(element, doc, 1) : NULL;

	if (!copy)
		return vc_fail_oom(v->err);
	(void)xmlDocSetRootElement(doc, copy);
	return validate(v, schema, doc, about);
}

/* Our metadata */

static int validate_metadata(struct validation *v, xmlNodePtr root)
{
	const struct vc_embedded *grammar = vc_embedded_find(CLAIMS_RNG);
	AUTO_PARSER xmlRelaxNGParserCtxtPtr parser = NULL;
	AUTO_SCHEMA xmlRelaxNGPtr schema = NULL;
	xmlNodePtr metadata = vc_xml_child(root, "metadata");
	xmlNodePtr node = metadata ? metadata->children : NULL;

	while (node && !vc_xml_is(node, "claims", VC_DOMAIN_NS))
		node = node->next;
	if (!node)
		return 0;
	if (!grammar)
		return vc_fail(v->err, VC_ERR_INTERNAL, "'%s' is not compiled in",
		               CLAIMS_RNG);
	parser = xmlRelaxNGNewMemParserCtxt((const char *)grammar->data,
	                                    (int)grammar->len);
	if (compile(v, parser, CLAIMS_RNG, &schema) < 0)
		return -(int)v->err->kind;
	return validate_element(v, schema, node, NULL);
}

/* The elements of the plan */

static int find_ours(struct validation *v, const struct vc_plan *plan, xmlNodePtr root)
{
	xmlNodePtr devices = vc_xml_child(root, "devices");
	xmlNodePtr node = devices ? devices->children : NULL;
	struct vc_index index = { 0 };

	for (size_t i = 0; i < plan->devices.n; i++)
		if (vc_index_add(v->arena, &index, plan->devices.v[i].alias, i, v->err) <
		    0)
			return -(int)v->err->kind;
	vc_index_sort(&index);
	for (; node; node = node->next) {
		xmlNodePtr alias = vc_xml_child(node, "alias");
		const struct vc_index_entry *entry =
			vc_index_find(&index, vc_xml_peek(alias, "name"), NULL);
		struct ours *ours = NULL;

		if (!entry)
			continue;
		ours = vc_list_push(v->arena, &v->ours);
		if (!ours)
			return vc_fail_oom(v->err);
		*ours = (struct ours){ entry->key, node };
	}
	return 0;
}

static void complain_of(struct validation *v, const struct ours *ours, const char *text)
{
	v->about = ours->alias;
	complain(v, xmlGetLineNo(ours->element), text);
	v->about = NULL;
}

static bool is_positive(const char *text)
{
	return text[strspn(text, "0123456789")] == '\0' &&
	       text[strspn(text, "0")] != '\0';
}

/* What the grammar does not see, or has no clear word for. [LV] hostdev */
static void check_in_words(struct validation *v, const struct ours *ours)
{
	xmlNodePtr source = vc_xml_child(ours->element, "source");
	xmlNodePtr address = vc_xml_child(source, "address");
	xmlNodePtr boot = vc_xml_child(ours->element, "boot");
	const char *type = vc_xml_peek(ours->element, "type");
	const char *order = vc_xml_peek(boot, "order");
	bool hostdev = vc_xml_is(ours->element, "hostdev", NULL);
	bool mdev = hostdev && type && strcmp(type, "mdev") == 0;
	bool pci = hostdev && type && strcmp(type, "pci") == 0;

	if (!vc_alias_is_valid(ours->alias))
		complain_of(
			v, ours,
			"libvirt drops this alias: expected 'ua-' and letters, digits, "
			"'-' and '_'");
	if ((pci || mdev) && !address)
		complain_of(v, ours, "<source> has no <address>, so no host device");
	if (mdev && !vc_xml_peek(ours->element, "model"))
		complain_of(v, ours, "a mediated device needs 'model'");
	if (pci && vc_xml_peek(ours->element, "model"))
		complain_of(v, ours, "'model' is for mediated devices only");
	if (pci && vc_xml_peek(source, "startupPolicy"))
		complain_of(v, ours, "'startupPolicy' is for USB devices only");
	if (order && !is_positive(order))
		complain_of(v, ours, "boot order is not a positive number");
}

/* libvirt's grammar */

/* The first of two files that is there; @second may be NULL. NULL on failure, which is
 * reported. */
static const char *find_schema(struct validation *v, const char *first,
                               const char *second)
{
	const char *const names[] = { first, second };

	for (size_t i = 0; i < VC_ARRAY_SIZE(names) && names[i]; i++) {
		char *path = vc_arena_printf(v->arena, "%s/%s", v->directory, names[i]);

		if (!path) {
			(void)vc_fail_oom(v->err);
			return NULL;
		}
		if (access(path, R_OK) == 0)
			return path;
	}
	(void)vc_fail(v->err, VC_ERR_ABSENT,
	              "'%s/%s' is not there; install libvirt's schemas, or name their "
	              "directory",
	              v->directory, first);
	return NULL;
}

/* <grammar><include href=.../><start><ref name=.../></start></grammar> */
static xmlDocPtr element_grammar(const char *path, const char *define)
{
	VC_AUTO_XML xmlDocPtr doc = xmlNewDoc((const xmlChar *)"1.0");
	VC_AUTO_XML_STRING xmlChar *href =
		xmlURIEscapeStr((const xmlChar *)path, (const xmlChar *)"/");
	xmlNodePtr root = NULL, include = NULL, start = NULL, ref = NULL;

	if (!doc || !href)
		return NULL;
	root = xmlNewDocNode(doc, NULL, (const xmlChar *)"grammar", NULL);
	if (!root)
		return NULL;
	(void)xmlDocSetRootElement(doc, root);
	xmlSetNs(root, xmlNewNs(root, (const xmlChar *)RNG_NS, NULL));
	include = xmlNewChild(root, root->ns, (const xmlChar *)"include", NULL);
	start = xmlNewChild(root, root->ns, (const xmlChar *)"start", NULL);
	ref = start ? xmlNewChild(start, root->ns, (const xmlChar *)"ref", NULL) : NULL;
	if (!include || !ref || !xmlNewProp(include, (const xmlChar *)"href", href) ||
	    !xmlNewProp(ref, (const xmlChar *)"name", (const xmlChar *)define))
		return NULL;
	return vc_steal(&doc);
}

/* All elements of ours that are called @define. */
static int validate_kind(struct validation *v, const char *path, const char *define)
{
	VC_AUTO_XML xmlDocPtr grammar = NULL;
	AUTO_PARSER xmlRelaxNGParserCtxtPtr parser = NULL;
	AUTO_SCHEMA xmlRelaxNGPtr schema = NULL;

	for (size_t i = 0; i < v->ours.n; i++) {
		const struct ours *ours = &v->ours.v[i];

		if (!vc_xml_is(ours->element, define, NULL))
			continue;
		if (!schema) {
			grammar = element_grammar(path, define);
			parser = grammar ? xmlRelaxNGNewDocParserCtxt(grammar) : NULL;
			if (compile(v, parser, path, &schema) < 0)
				return -(int)v->err->kind;
		}
		if (validate_element(v, schema, ours->element, ours->alias) < 0)
			return -(int)v->err->kind;
	}
	return 0;
}

static int validate_elements(struct validation *v)
{
	static const char *const defines[] = { "hostdev", "interface", "disk",
		                               "controller" };
	const char *path = find_schema(v, "domainoverrides.rng", "domaincommon.rng");

	if (!path)
		return -(int)v->err->kind;
	for (size_t i = 0; i < VC_ARRAY_SIZE(defines); i++)
		if (validate_kind(v, path, defines[i]) < 0)
			return -(int)v->err->kind;
	return 0;
}

/* The elements come first in the list, but are looked at only when the whole is wrong:
 * a grammar costs more to compile than everything else together. */
static int validate_domain(struct validation *v, xmlDocPtr doc)
{
	struct vc_complaints before = v->complaints;
	struct vc_complaints whole = { 0 };
	AUTO_PARSER xmlRelaxNGParserCtxtPtr parser = NULL;
	AUTO_SCHEMA xmlRelaxNGPtr schema = NULL;
	const char *path = find_schema(v, "domain.rng", NULL);

	if (!path)
		return -(int)v->err->kind;
	parser = xmlRelaxNGNewParserCtxt(path);
	if (compile(v, parser, path, &schema) < 0)
		return -(int)v->err->kind;
	v->complaints = (struct vc_complaints){ 0 };
	if (validate(v, schema, doc, NULL) < 0)
		return -(int)v->err->kind;
	whole = v->complaints;
	v->complaints = before;
	if (whole.n > 0 && validate_elements(v) < 0)
		return -(int)v->err->kind;
	for (size_t i = 0; i < whole.n; i++)
		complain(v, whole.v[i].line, whole.v[i].text);
	return v->failed ? vc_fail_oom(v->err) : 0;
}

/**
 * vc_schema_validate() - Validate a domain
 * @arena:	holds the complaints
 * @xml:	XML text
 * @len:	its length
 * @plan:	whose elements are looked at more closely; NULL none
 * @directory:	where libvirt's grammars are; NULL: where they are installed
 * @ret_complaints: what is wrong, with the line in @xml; empty when it is valid
 * @err:	why it could not be validated
 *
 * Return: 0, -VC_ERR_INPUT (not XML), -VC_ERR_ABSENT (no schemas there), -VC_ERR_SYSTEM
 * (a grammar cannot be compiled) or -VC_ERR_INTERNAL
 */
/* The signature is the contract of the header. NOLINTNEXTLINE(*-function-size) */
int vc_schema_validate(struct vc_arena *arena, const char *xml, size_t len,
                       const struct vc_plan *plan, const char *directory,
                       struct vc_complaints *ret_complaints, struct vc_err *err)
{
	VC_AUTO_XML xmlDocPtr doc = NULL;
	struct validation v = {
		.arena = arena,
		.directory = directory ? directory : VC_LIBVIRT_SCHEMAS,
		.err = err,
	};
	xmlNodePtr root = NULL;

	if (vc_xml_read(xml, len, "domain", &doc, err) < 0)
		return -(int)err->kind;
	root = xmlDocGetRootElement(doc);
	if (validate_metadata(&v, root) < 0 || (plan && find_ours(&v, plan, root) < 0))
		return -(int)err->kind;
	for (size_t i = 0; i < v.ours.n; i++)
		check_in_words(&v, &v.ours.v[i]);
	if (validate_domain(&v, doc) < 0)
		return -(int)err->kind;
	*ret_complaints = v.complaints;
	return 0;
}
