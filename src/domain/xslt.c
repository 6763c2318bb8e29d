/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Theory of operation
 *
 * A master stylesheet is put together in memory. It imports rewrite.xsl, the sheets of
 * the kinds that occur, and the site's last: what is imported later wins. Sheets of
 * ours are compiled into the program. libxslt asks one function for every stylesheet;
 * that function knows our names, and the directory of the site's sheet under the name
 * "virt-claim:/site/", which is what makes relative imports of a site's sheet work and
 * keeps them in that directory.
 *
 * libxslt takes this function, and where its messages go, from globals: both are set
 * for the time of one call and put back.
 */
#include "domain/xslt.h"

#include <fcntl.h>
#include <libgen.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <libxml/uri.h>
#include <libxml/xmlerror.h>
#include <libxslt/documents.h>
#include <libxslt/security.h>
#include <libxslt/transform.h>
#include <libxslt/xslt.h>
#include <libxslt/xsltInternals.h>
#include <libxslt/xsltutils.h>

#include "base/file.h"
#include "domain/embedded.h"
#include "domain/xml.h"

#define XSL_NS    "http://www.w3.org/1999/XSL/Transform"
#define SITE_PATH VC_XSLT_PREFIX "/site/"

/* Far more than any domain needs; a sheet that does not end hits one of these. */
#define TEMPLATE_DEPTH_MAX 500
#define TEMPLATE_OPS_MAX   5000000ul
#define XPATH_OPS_MAX      20000000ul

/* What one call shares with libxslt's callbacks. */
struct session {
	struct vc_arena *arena;
	const char *site; /* path; NULL none */
	char *site_name;  /* its last component */
	int site_dir;     /* -1 none */
	char messages[1024];
	size_t n_messages;
	bool told;       /* why a sheet cannot be read: what libxslt adds is its echo */
	xmlDictPtr dict; /* of the sheet that is being loaded; borrowed */
};

static _Thread_local struct session *current;

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

/* One line out of what libxslt prints in pieces. */
static void add_message(struct session *session, const char *text)
{
	const size_t last = sizeof(session->messages) - 1;

	if (session->told)
		return;
	for (; *text && session->n_messages < last; text++) {
		size_t n = session->n_messages;
		bool space = *text == '\n' || *text == ' ';

		if (space && (n == 0 || session->messages[n - 1] == ' '))
			continue;
		session->messages[n] = *text;
		if (space)
			session->messages[n] = ' ';
		session->messages[n + 1] = '\0';
		session->n_messages = n + 1;
	}
}

static void on_message(void *data, const char *fmt, ...) VC_PRINTF(2, 3);
static void on_message(void *data, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	add_message(data, text);
}

static void on_xml_error(void *data, vc_xml_error error)
{
	if (error && error->message)
		add_message(data, error->message);
}

static int failed(struct session *session, enum vc_err_kind kind, struct vc_err *err)
{
	size_t n = session->n_messages;
	const char *text = n > 0 ? session->messages : "no reason given";

	while (n > 0 && session->messages[n - 1] == ' ')
		session->messages[--n] = '\0';
	if (!session->site)
		return vc_fail(err, VC_ERR_INTERNAL, "the stylesheets: %s", text);
	return vc_fail(err, kind, "site stylesheet '%s': %s", session->site, text);
}

/* Loading stylesheets */

/* Why a sheet cannot be read, in place of what was said on the way. */
static void tell(struct session *session, const char *text)
{
	session->n_messages = 0;
	add_message(session, text);
	session->told = true;
}

static xmlDocPtr parse_sheet(struct session *session, const char *text, size_t len,
                             const char *name)
{
	struct vc_err err = VC_ERR_INIT;
	xmlDocPtr doc = NULL;

	if (vc_xml_read_sharing(text, len, name, session->dict, &doc, &err) < 0)
		tell(session, err.msg);
	return doc;
}

static xmlDocPtr load_site(struct session *session, const char *name)
{
	struct vc_err err = VC_ERR_INIT;
	int dir = session->site_dir;
	unsigned flags = VC_FILE_BENEATH;
	char *text = NULL;
	size_t len = 0;

	/* The sheet itself may be a symbolic link, what it imports may not. */
	if (strcmp(name, session->site_name) == 0)
		flags = 0;
	if (vc_file_read(session->arena, dir, name, flags, &text, &len, &err) < 0) {
		tell(session, err.msg);
		return NULL;
	}
	return parse_sheet(session, text, len, name);
}

static xmlDocPtr find_sheet(struct session *session, const char *uri)
{
	const struct vc_embedded *sheet = vc_embedded_find(uri);
	VC_AUTO_XML_STRING xmlChar *name = NULL;

	if (sheet)
		return parse_sheet(session, (const char *)sheet->data, sheet->len, uri);
	if (session->site && strncmp(uri, SITE_PATH, strlen(SITE_PATH)) == 0)
		name = (xmlChar *)xmlURIUnescapeString(uri + strlen(SITE_PATH), 0, NULL);
	return name ? load_site(session, (const char *)name) : NULL;
}

static xmlDocPtr load_sheet(const xmlChar *uri, xmlDictPtr dict, int options VC_UNUSED,
                            void *ctxt VC_UNUSED, xsltLoadType type)
{
	xmlDocPtr doc = NULL;

	if (type == XSLT_LOAD_DOCUMENT || !current)
		return NULL;
	current->dict = dict;
	doc = find_sheet(current, (const char *)uri);
	if (doc && !doc->URL)
		doc->URL = xmlStrdup(uri);
	return doc;
}

/* The master stylesheet */

static bool add_import(xmlNodePtr root, const char *href)
{
	xmlNodePtr import = xmlNewChild(root, root->ns, (const xmlChar *)"import", NULL);

	return import &&
	       xmlNewProp(import, (const xmlChar *)"href", (const xmlChar *)href) != NULL;
}

static xmlNodePtr new_master_root(xmlDocPtr doc)
{
	xmlNodePtr root = xmlNewDocNode(doc, NULL, (const xmlChar *)"stylesheet", NULL);
	xmlNsPtr ns = NULL;

	if (!root)
		return NULL;
	(void)xmlDocSetRootElement(doc, root);
	ns = xmlNewNs(root, (const xmlChar *)XSL_NS, (const xmlChar *)"xsl");
	xmlSetNs(root, ns);
	if (!ns || !xmlNewProp(root, (const xmlChar *)"version", (const xmlChar *)"1.0"))
		return NULL;
	return root;
}

static bool add_kind_imports(xmlNodePtr root, const struct vc_xslt_job *job)
{
	for (enum vc_kind kind = VC_KIND_PCI; kind < VC_KINDS; kind++) {
		char name[64];

		(void)snprintf(name, sizeof(name), VC_XSLT_PREFIX "%s.xsl",
		               vc_kind_name(kind));
		if (job->kinds[kind] && !add_import(root, name))
			return false;
	}
	return true;
}

static bool add_site_import(xmlNodePtr root, const struct session *session)
{
	VC_AUTO_XML_STRING xmlChar *name = NULL;
	VC_AUTO_XML_STRING xmlChar *href = NULL;

	if (!session->site)
		return true;
	name = xmlURIEscapeStr((const xmlChar *)session->site_name, NULL);
	href = name ? xmlStrdup((const xmlChar *)SITE_PATH) : NULL;
	href = href ? xmlStrcat(href, name) : NULL;
	return href && add_import(root, (const char *)href);
}

static int make_master(const struct session *session, const struct vc_xslt_job *job,
                       xmlDocPtr *ret_doc, struct vc_err *err)
{
	VC_AUTO_XML xmlDocPtr doc = xmlNewDoc((const xmlChar *)"1.0");
	xmlNodePtr root = doc ? new_master_root(doc) : NULL;

	if (!root)
		return vc_fail_oom(err);
	doc->URL = xmlStrdup((const xmlChar *)VC_XSLT_PREFIX "master.xsl");
	if (!doc->URL || !add_import(root, VC_XSLT_PREFIX "rewrite.xsl") ||
	    !add_kind_imports(root, job) || !add_site_import(root, session))
		return vc_fail_oom(err);
	*ret_doc = vc_steal(&doc);
	return 0;
}

/* Compiling and running */

static int compile(struct session *session, const struct vc_xslt_job *job,
                   xsltStylesheetPtr *ret_style, struct vc_err *err)
{
	VC_AUTO_XML xmlDocPtr master = NULL;
	xsltStylesheetPtr style = NULL;

	if (make_master(session, job, &master, err) < 0)
		return -(int)err->kind;
	style = xsltParseStylesheetDoc(master);
	if (!style)
		return failed(session, VC_ERR_INPUT, err);
	master = NULL; /* the style owns it now */
	*ret_style = style;
	return 0;
}

static int allow_plan(xsltSecurityPrefsPtr prefs VC_UNUSED,
                      xsltTransformContextPtr ctxt VC_UNUSED, const char *value)
{
	return strcmp(value, VC_XSLT_PLAN) == 0;
}

static xsltSecurityPrefsPtr new_prefs(void)
{
	static const xsltSecurityOption forbidden[] = {
		XSLT_SECPREF_READ_FILE,
		XSLT_SECPREF_WRITE_FILE,
		XSLT_SECPREF_CREATE_DIRECTORY,
		XSLT_SECPREF_WRITE_NETWORK,
	};
	VC_CLEANUP(free_prefsp) xsltSecurityPrefsPtr prefs = xsltNewSecurityPrefs();

	if (!prefs)
		return NULL;
	for (size_t i = 0; i < VC_ARRAY_SIZE(forbidden); i++)
		if (xsltSetSecurityPrefs(prefs, forbidden[i], xsltSecurityForbid) < 0)
			return NULL;
	if (xsltSetSecurityPrefs(prefs, XSLT_SECPREF_READ_NETWORK, allow_plan) < 0)
		return NULL;
	return vc_steal(&prefs);
}

/* *plan moves into the context once that has taken it. */
static int prepare_context(struct session *session, xsltTransformContextPtr ctxt,
                           xsltSecurityPrefsPtr prefs, xmlDocPtr *plan,
                           struct vc_err *err)
{
	ctxt->maxTemplateDepth = TEMPLATE_DEPTH_MAX;
	ctxt->opLimit = TEMPLATE_OPS_MAX;
	ctxt->xpathCtxt->opLimit = XPATH_OPS_MAX;
	xsltSetTransformErrorFunc(ctxt, session, on_message);
	if (xsltSetCtxtSecurityPrefs(prefs, ctxt) < 0)
		return vc_fail_oom(err);
	(*plan)->URL = xmlStrdup((const xmlChar *)VC_XSLT_PLAN);
	if (!(*plan)->URL || !xsltNewDocument(ctxt, *plan))
		return vc_fail_oom(err);
	*plan = NULL;
	return 0;
}

/* libxslt has one word for <xsl:message terminate='yes'> and for its limits. */
static bool hit_limit(const struct session *session)
{
	return strstr(session->messages, "runtime error") ||
	       strstr(session->messages, "Operation limit exceeded");
}

static int transform(struct session *session, xsltStylesheetPtr style,
                     const struct vc_xslt_job *job, xmlDocPtr *plan,
                     xmlDocPtr *ret_result, struct vc_err *err)
{
	VC_CLEANUP(free_prefsp) xsltSecurityPrefsPtr prefs = new_prefs();
	VC_CLEANUP(free_contextp)
	xsltTransformContextPtr ctxt =
		prefs ? xsltNewTransformContext(style, job->domain) : NULL;
	VC_AUTO_XML xmlDocPtr result = NULL;

	if (!ctxt)
		return vc_fail_oom(err);
	if (prepare_context(session, ctxt, prefs, plan, err) < 0)
		return -(int)err->kind;
	result = xsltApplyStylesheetUser(style, job->domain, NULL, NULL, NULL, ctxt);
	if (ctxt->state == XSLT_STATE_STOPPED && !hit_limit(session))
		return failed(session, VC_ERR_REFUSED, err);
	if (!result || ctxt->state != XSLT_STATE_OK)
		return failed(session, VC_ERR_INPUT, err);
	*ret_result = vc_steal(&result);
	return 0;
}

/* A process that rewrites many domains does it mostly for the same kinds, and one that
 * rewrites a single domain need not take the stylesheet apart before it ends. */
static _Thread_local struct {
	xsltStylesheetPtr style;
	bool kinds[VC_KINDS];
} kept;

static int compile_ours(struct session *session, const struct vc_xslt_job *job,
                        struct vc_err *err)
{
	xsltStylesheetPtr style = NULL;

	if (kept.style && memcmp(kept.kinds, job->kinds, sizeof(kept.kinds)) == 0)
		return 0;
	if (compile(session, job, &style, err) < 0)
		return -(int)err->kind;
	xsltFreeStylesheet(kept.style);
	kept.style = style;
	memcpy(kept.kinds, job->kinds, sizeof(kept.kinds));
	return 0;
}

static int run(struct session *session, const struct vc_xslt_job *job, xmlDocPtr *plan,
               xmlDocPtr *ret_result, struct vc_err *err)
{
	VC_CLEANUP(free_stylep) xsltStylesheetPtr style = NULL;

	if (!job->site) {
		if (compile_ours(session, job, err) < 0)
			return -(int)err->kind;
		return transform(session, kept.style, job, plan, ret_result, err);
	}
	if (compile(session, job, &style, err) < 0)
		return -(int)err->kind;
	return transform(session, style, job, plan, ret_result, err);
}

static int open_site(struct session *session, int *ret_dir, struct vc_err *err)
{
	char *name = vc_arena_strdup(session->arena, session->site);
	char *dir = vc_arena_strdup(session->arena, session->site);

	if (!name || !dir)
		return vc_fail_oom(err);
	session->site_name = basename(name);
	if (vc_file_open_directory(AT_FDCWD, dirname(dir), 0, ret_dir, err) < 0)
		return vc_err_context(err, "site stylesheet '%s'", session->site);
	session->site_dir = *ret_dir;
	return 0;
}

/**
 * vc_xslt_run() - Rewrite a domain
 * @arena:	scratch
 * @job:	what to do
 * @ret_result:	new domain; its owner calls xmlFreeDoc()
 * @err:	what the stylesheet did wrong, or said with <xsl:message terminate='yes'>
 *
 * Return: 0, -VC_ERR_INPUT (a broken site stylesheet), -VC_ERR_REFUSED (it refused),
 * -VC_ERR_ABSENT, -VC_ERR_SYSTEM (it cannot be read) or -VC_ERR_INTERNAL
 */
int vc_xslt_run(struct vc_arena *arena, const struct vc_xslt_job *job,
                xmlDocPtr *ret_result, struct vc_err *err)
{
	struct session session = { .arena = arena, .site = job->site, .site_dir = -1 };
	VC_AUTO_XML xmlDocPtr plan = job->plan;
	VC_AUTOCLOSE int dir = -1;
	int r = 0;

	if (job->site && open_site(&session, &dir, err) < 0)
		return -(int)err->kind;
	current = &session;
	xsltSetLoaderFunc(load_sheet);
	xsltSetGenericErrorFunc(&session, on_message);
	xmlSetStructuredErrorFunc(&session, on_xml_error);
	r = run(&session, job, &plan, ret_result, err);
	xmlSetStructuredErrorFunc(NULL, NULL);
	xsltSetGenericErrorFunc(NULL, NULL);
	xsltSetLoaderFunc(NULL);
	current = NULL;
	return r;
}
