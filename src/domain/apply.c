/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "domain/apply.h"

#include <stdlib.h>
#include <string.h>

#include "domain/check.h"
#include "domain/compare.h"
#include "domain/form.h"
#include "domain/record_xml.h"
#include "domain/xml.h"
#include "domain/xslt.h"

/* What one run knows. */
struct run {
	struct vc_arena *arena;
	const struct vc_document *document;
	const struct vc_plan *plan;
	const char *site;
	bool metadata; /* whether our metadata has to change */
	struct vc_err *err;
};

static xmlNodePtr find_claims(const struct vc_document *document)
{
	xmlNodePtr root = xmlDocGetRootElement(document->xml);
	xmlNodePtr metadata = vc_xml_child(root, "metadata");
	xmlNodePtr node = metadata ? metadata->children : NULL;

	while (node && !vc_xml_is(node, "claims", VC_DOMAIN_NS))
		node = node->next;
	return node;
}

static int decide_metadata(struct run *run)
{
	bool matches = true;

	if (run->plan->metadata &&
	    vc_record_matches(run->arena, run->plan, find_claims(run->document), &matches,
	                      run->err) < 0)
		return -(int)run->err->kind;
	run->metadata = !matches;
	return 0;
}

/* Whether the stylesheets have anything to say. A site's sheet has something to say of
 * every device of ours, also of one that we keep. */
static bool has_work(const struct run *run)
{
	for (size_t i = 0; i < run->plan->devices.n; i++) {
		const struct vc_plan_device *device = &run->plan->devices.v[i];

		if (device->at > 0 ? run->site || device->action != VC_PLAN_KEEP
		                   : device->action == VC_PLAN_ADD)
			return true;
	}
	for (size_t i = 0; i < run->plan->controllers.n; i++)
		if (run->plan->controllers.v[i].action != VC_PLAN_KEEP)
			return true;
	return run->metadata;
}

/* Refusals: what would make a result that libvirt does not take, or that cannot be
 * told apart from another. */

static int refuse_options(const struct run *run, const struct vc_plan_device *device)
{
	const struct vc_options *options = &device->options;
	const char *model = vc_mdev_model_name(device->host.mdev_model);
	const char *what = NULL;

	if (device->host.kind != VC_KIND_MDEV)
		return 0;
	if (options->boot_order > 0 && device->host.mdev_model != VC_MDEV_VFIO_CCW)
		what = "a boot order";
	else if ((options->rom_bar != VC_UNKNOWN || options->rom_file) &&
	         strcmp(model, "vfio-pci") != 0)
		what = "a ROM";
	else if (options->address.set && strcmp(model, "vfio-pci") != 0)
		what = "a guest PCI address";
	else if ((options->display == VC_YES || options->ramfb == VC_YES) &&
	         strcmp(model, "vfio-pci") != 0)
		what = "a display";
	if (!what)
		return 0;
	return vc_fail(run->err, VC_ERR_REFUSED,
	               "'%s': a mediated device of model %s cannot have %s; "
	               "take the option out",
	               device->alias, model, what);
}

static int refuse_kind(const struct run *run, const struct vc_plan_device *device)
{
	if (device->host.kind == VC_KIND_UNKNOWN)
		return vc_fail(run->err, VC_ERR_INTERNAL,
		               "'%s': planned without knowing its kind", device->alias);
	if (device->host.kind == VC_KIND_MDEV && !device->host.mdev_uuid)
		return vc_fail(run->err, VC_ERR_INTERNAL, "'%s': planned without a UUID",
		               device->alias);
	return refuse_options(run, device);
}

/* What is put beside a text becomes a part of it. libvirt drops such text anyway. */
static int refuse_text(const struct run *run, xmlNodePtr element)
{
	xmlNodePtr node = element ? element->children : NULL;

	for (; node; node = node->next)
		if ((node->type == XML_TEXT_NODE ||
		     node->type == XML_CDATA_SECTION_NODE) &&
		    !vc_xml_is_blank(node))
			return vc_xml_fail(run->document, node, run->err, VC_ERR_INPUT,
			                   "text in <%s>, which holds elements only; "
			                   "take it out",
			                   (const char *)element->name);
	return 0;
}

static int refuse_texts(const struct run *run)
{
	xmlNodePtr root = xmlDocGetRootElement(run->document->xml);

	if (refuse_text(run, root) < 0 ||
	    refuse_text(run, vc_xml_child(root, "metadata")) < 0)
		return -(int)run->err->kind;
	return refuse_text(run, vc_xml_child(root, "devices"));
}

static int refuse_twice(const struct run *run, const struct vc_plan_device *device,
                        xmlNodePtr element)
{
	const char *const *name = vc_form(device->host.kind)->children;
	xmlNodePtr node = NULL;

	for (; *name; name++) {
		node = vc_xml_child(element, *name);
		for (node = node ? node->next : NULL; node; node = node->next)
			if (vc_xml_is(node, *name, NULL))
				return vc_xml_fail(run->document, node, run->err,
				                   VC_ERR_INPUT,
				                   "'%s' has two <%s>; leave one",
				                   device->alias, *name);
	}
	node = vc_xml_child(vc_xml_child(element, "source"), "address");
	for (node = node ? node->next : NULL; node; node = node->next)
		if (vc_xml_is(node, "address", NULL))
			return vc_xml_fail(run->document, node, run->err, VC_ERR_INPUT,
			                   "'%s' has two host addresses; leave one",
			                   device->alias);
	return 0;
}

static int refuse_element(const struct run *run, const struct vc_plan_device *device,
                          xmlNodePtr element)
{
	const char *name = vc_form(device->host.kind)->element;

	if (!vc_xml_is(element, "hostdev", NULL) &&
	    !vc_xml_is(element, "interface", NULL) && !vc_xml_is(element, "disk", NULL))
		return vc_fail(run->err, VC_ERR_INTERNAL,
		               "'%s': planned where there is no host device",
		               device->alias);
	if (device->action == VC_PLAN_KEEP && !run->site)
		return 0;
	if (device->action == VC_PLAN_CHANGE && !vc_xml_is(element, name, NULL))
		return vc_xml_fail(run->document, element, run->err, VC_ERR_REFUSED,
		                   "'%s' is a <%s>, which cannot be given this device; "
		                   "make it a <%s>",
		                   device->alias, (const char *)element->name, name);
	if (refuse_text(run, element) < 0)
		return -(int)run->err->kind;
	return refuse_twice(run, device, element);
}

static int refuse_places(const struct run *run)
{
	xmlNodePtr root = xmlDocGetRootElement(run->document->xml);
	xmlNodePtr devices = vc_xml_child(root, "devices");
	xmlNodePtr node = devices ? devices->children : NULL;
	struct vc_planned *by_at = NULL;
	size_t n = 0, at = 1;

	if (vc_plan_by_place(run->arena, run->plan, &by_at, &n, run->err) < 0)
		return -(int)run->err->kind;
	for (; node && at < n; node = node->next, at++)
		if (by_at[at].device && refuse_element(run, by_at[at].device, node) < 0)
			return -(int)run->err->kind;
	if (at < n)
		return vc_fail(run->err, VC_ERR_INTERNAL,
		               "'%s': planned behind the last device",
		               by_at[n - 1].device ? by_at[n - 1].device->alias
		                                   : "a controller");
	return 0;
}

static int refuse(const struct run *run)
{
	for (size_t i = 0; i < run->plan->devices.n; i++) {
		const struct vc_plan_device *device = &run->plan->devices.v[i];

		if ((device->action == VC_PLAN_ADD || device->action == VC_PLAN_CHANGE) &&
		    refuse_kind(run, device) < 0)
			return -(int)run->err->kind;
		if (device->action == VC_PLAN_CHANGE && device->at == 0)
			return vc_fail(run->err, VC_ERR_INTERNAL,
			               "'%s': planned to change, but not where",
			               device->alias);
	}
	if (refuse_places(run) < 0)
		return -(int)run->err->kind;
	return refuse_texts(run);
}

/* The work */

static int make_plan(const struct run *run, xmlDocPtr *ret_doc)
{
	VC_AUTO_XML xmlDocPtr doc = NULL;

	if (vc_plan_to_xml(run->plan, &doc, run->err) < 0)
		return -(int)run->err->kind;
	if (!run->metadata &&
	    !xmlSetProp(xmlDocGetRootElement(doc), (const xmlChar *)"metadata",
	                (const xmlChar *)"keep"))
		return vc_fail_oom(run->err);
	*ret_doc = vc_steal(&doc);
	return 0;
}

/* The new domain; NULL on failure, which is reported. */
static xmlDocPtr transform(const struct run *run)
{
	VC_AUTO_XML xmlDocPtr copy = NULL;
	struct vc_xslt_job job = { .domain = run->document->xml, .site = run->site };
	xmlDocPtr result = NULL;

	for (size_t i = 0; i < run->plan->devices.n; i++)
		job.kinds[run->plan->devices.v[i].host.kind] = true;
	if (run->site) {
		/* xsl:strip-space takes nodes out of the very source. */
		copy = xmlCopyDoc(run->document->xml, 1);
		if (!copy) {
			(void)vc_fail_oom(run->err);
			return NULL;
		}
		job.domain = copy;
	}
	if (make_plan(run, &job.plan) < 0 ||
	    vc_xslt_run(run->arena, &job, &result, run->err) < 0)
		return NULL;
	return result;
}

/* As declared in the input, apart from the encoding. */
static enum vc_xml_declaration declaration(const struct vc_document *document)
{
	const char *text = document->text;

	if (strncmp(text, "\xef\xbb\xbf", 3) == 0)
		text += 3;
	return strncmp(text, "<?xml", 5) == 0 ? VC_XML_DECLARED : VC_XML_BARE;
}

static int print(const struct run *run, xmlDocPtr result, char **ret_text,
                 size_t *ret_len)
{
	result->standalone = run->document->xml->standalone;
	if (vc_xml_write(result, declaration(run->document), ret_text, ret_len,
	                 run->err) < 0)
		return vc_err_context(run->err, "%s", run->document->file);
	return 0;
}

/* What is checked is what was printed, not the tree that it was printed from. */
static int check(const struct run *run, const char *text, size_t len, bool *ret_changed)
{
	VC_AUTO_XML xmlDocPtr after = NULL;
	struct vc_check_input input = {
		.before = run->document,
		.plan = run->plan,
		.metadata = run->metadata,
		.site = run->site,
	};

	if (vc_xml_read(text, len, "the rewritten domain", &after, run->err) < 0) {
		run->err->kind = run->site ? VC_ERR_REFUSED : VC_ERR_INTERNAL;
		if (run->site)
			return vc_err_context(run->err, "site stylesheet '%s'",
			                      run->site);
		return -(int)run->err->kind;
	}
	input.after = after;
	if (vc_check_result(run->arena, &input, run->err) < 0)
		return -(int)run->err->kind;
	*ret_changed = !vc_domain_equal(run->document->xml, after);
	return 0;
}

static int finish(const struct run *run, xmlDocPtr tree,
                  struct vc_apply_result *ret_result)
{
	VC_AUTOFREE char *text = NULL;
	size_t len = 0;
	bool changed = false;

	if (print(run, tree, &text, &len) < 0 || check(run, text, len, &changed) < 0)
		return -(int)run->err->kind;
	ret_result->changed = changed;
	if (!changed)
		return 0;
	ret_result->text = vc_steal(&text);
	ret_result->len = len;
	return 0;
}

static int rewrite(const struct run *run, struct vc_apply_result *ret_result)
{
	VC_AUTO_XML xmlDocPtr tree = NULL;

	if (refuse(run) < 0)
		return -(int)run->err->kind;
	tree = transform(run);
	return tree ? finish(run, tree, ret_result) : -(int)run->err->kind;
}

/**
 * vc_apply() - Carry out a plan
 * @arena:	scratch
 * @document:	domain; apart from what libxslt notes in its tree it stays as it is
 * @domain:	what was read of it; not needed yet
 * @plan:	plan for it
 * @site:	path of a site stylesheet; NULL none
 * @ret_result:	the new domain; the input's own bytes when nothing changed
 * @err:	error
 *
 * Return: 0, -VC_ERR_INPUT (an element of ours is ambiguous, or the site stylesheet is
 * broken), -VC_ERR_REFUSED (options that the kind of device cannot have, a site
 * stylesheet that refuses or does what it must not), -VC_ERR_ABSENT or -VC_ERR_SYSTEM
 * (it cannot be read), -VC_ERR_INTERNAL
 */
/* The signature is the contract of the header. NOLINTNEXTLINE(*-function-size) */
int vc_apply(struct vc_arena *arena, const struct vc_document *document,
             const struct vc_domain *domain VC_UNUSED, const struct vc_plan *plan,
             const char *site, struct vc_apply_result *ret_result, struct vc_err *err)
{
	struct vc_apply_result result = { 0 };
	struct run run = {
		.arena = arena,
		.document = document,
		.plan = plan,
		.site = site,
		.err = err,
	};

	if (decide_metadata(&run) < 0)
		return -(int)err->kind;
	if (has_work(&run) && rewrite(&run, &result) < 0)
		return -(int)err->kind;
	if (!result.changed) {
		result.text = strndup(document->text, document->len);
		result.len = document->len;
		if (!result.text)
			return vc_fail_oom(err);
	}
	*ret_result = result;
	return 0;
}
