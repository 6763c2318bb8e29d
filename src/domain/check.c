/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Theory of operation: input and result are walked side by side. At every step the two
 * nodes are equal, or the plan accounts for the difference; so nothing can be in the
 * result that is neither in the input nor in the plan. White space between the children
 * of domain, devices and metadata is stepped over.
 */
#include "domain/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "domain/check_device.h"
#include "domain/compare.h"
#include "domain/form.h"
#include "domain/record_xml.h"
#include "domain/xml.h"

struct walk {
	struct vc_arena *arena;
	const struct vc_check_input *in;
	struct vc_planned *by_at;
	size_t n_by_at;
	size_t n_added;         /* devices and controllers of the plan that are new */
	size_t next;            /* where in the plan to look for the next new device */
	size_t next_controller; /* and for the next new controller */
	size_t n_records;       /* of our metadata, after the change */
	struct vc_err *err;
};

static int wrong(const struct walk *w, const char *fmt, ...) VC_PRINTF(2, 3);
static int wrong(const struct walk *w, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (w->in->site)
		return vc_fail(w->err, VC_ERR_REFUSED, "site stylesheet '%s': %s",
		               w->in->site, text);
	return vc_fail(w->err, VC_ERR_INTERNAL, "%s: the rewritten domain: %s",
	               w->in->before->file, text);
}

/* A node in words: "<disk>", "a comment" */
struct words {
	char text[64];
};

static struct words describe(const xmlNode *node)
{
	struct words words = { "text" };

	if (!node)
		return (struct words){ "nothing" };
	if (node->type == XML_COMMENT_NODE)
		return (struct words){ "a comment" };
	if (node->type == XML_PI_NODE)
		return (struct words){ "a processing instruction" };
	if (node->type == XML_ELEMENT_NODE)
		(void)snprintf(words.text, sizeof(words.text), "<%.60s>",
		               (const char *)node->name);
	return words;
}

static int missing(const struct walk *w, xmlNodePtr a)
{
	return wrong(w, "%s of line %ld is missing", describe(a).text, xmlGetLineNo(a));
}

static int added(const struct walk *w, xmlNodePtr b)
{
	return wrong(w, "%s was added", describe(b).text);
}

/* Both are steps of the input and have to be equal. */
static int step_equal(const struct walk *w, xmlNodePtr *a, xmlNodePtr *b)
{
	xmlNodePtr first = *a;

	if (!*a)
		return added(w, *b);
	if (!*b)
		return missing(w, first);
	if (!vc_xml_equal_step(a, b, VC_XML_BLANKS_COUNT))
		return wrong(w,
		             "%s of line %ld is missing or was changed, or something "
		             "was put in front of it",
		             describe(first).text, xmlGetLineNo(first));
	return 0;
}

static bool is_claims(const xmlNode *node)
{
	return vc_xml_is(node, "claims", VC_DOMAIN_NS);
}

static xmlNodePtr next_foreign(xmlNodePtr node)
{
	node = vc_xml_solid(node);
	while (node && is_claims(node))
		node = vc_xml_solid(node->next);
	return node;
}

static xmlNodePtr first_claims(xmlNodePtr metadata)
{
	xmlNodePtr node = metadata ? metadata->children : NULL;

	while (node && !is_claims(node))
		node = node->next;
	return node;
}

static int check_claims(const struct walk *w, xmlNodePtr before, xmlNodePtr after)
{
	xmlNodePtr old = first_claims(before);
	xmlNodePtr claims = first_claims(after);
	xmlNodePtr second = claims ? claims->next : NULL;
	bool matches = false;

	while (second && !is_claims(second))
		second = second->next;
	if (second)
		return wrong(w, "our metadata is there twice");
	if (vc_record_matches(w->arena, w->in->plan, claims, &matches, w->err) < 0)
		return -(int)w->err->kind;
	if (!matches || (claims && old && !vc_xml_equal_start(old, claims)) ||
	    (claims && !old && claims->properties))
		return wrong(w, "our metadata is not as planned");
	return 0;
}

/* @before is NULL when the element is new. */
static int check_metadata(const struct walk *w, xmlNodePtr before, xmlNodePtr after)
{
	xmlNodePtr a = next_foreign(before ? before->children : NULL);
	xmlNodePtr b = next_foreign(after->children);

	if (before ? !vc_xml_equal_start(before, after)
	           : after->properties || after->nsDef)
		return wrong(w, "<metadata> is not as planned");
	while (a || b) {
		if (step_equal(w, &a, &b) < 0)
			return -(int)w->err->kind;
		a = next_foreign(a);
		b = next_foreign(b);
	}
	return check_claims(w, before, after);
}

/* The device of the plan that @b is, if it is the next new one. */
static const struct vc_plan_device *next_added(struct walk *w, const xmlNode *b)
{
	const struct vc_plan *plan = w->in->plan;
	const char *alias = NULL;

	while (w->next < plan->devices.n &&
	       plan->devices.v[w->next].action != VC_PLAN_ADD)
		w->next++;
	if (w->next == plan->devices.n ||
	    !vc_xml_is(b, vc_form(plan->devices.v[w->next].host.kind)->element, NULL))
		return NULL;
	for (b = b->children; b && !alias; b = b->next)
		if (vc_xml_is(b, "alias", NULL))
			alias = vc_xml_peek(b, "name");
	if (!alias || strcmp(plan->devices.v[w->next].alias, alias) != 0)
		return NULL;
	w->n_added--;
	return &plan->devices.v[w->next++];
}

/* The controller of the plan that @b is, if it is the next new one. */
static const struct vc_plan_controller *next_added_controller(struct walk *w,
                                                              const xmlNode *b)
{
	const struct vc_plan *plan = w->in->plan;
	const struct vc_plan_controller *c;

	if (!vc_xml_is(b, "controller", NULL))
		return NULL;
	while (w->next_controller < plan->controllers.n &&
	       plan->controllers.v[w->next_controller].action != VC_PLAN_ADD)
		w->next_controller++;
	if (w->next_controller == plan->controllers.n)
		return NULL;
	c = &plan->controllers.v[w->next_controller];
	if (!vc_check_controller(c, b))
		return NULL;
	w->n_added--;
	w->next_controller++;
	return c;
}

static int check_device(const struct walk *w, const struct vc_plan_device *device,
                        xmlNodePtr before, xmlNodePtr after)
{
	const char *text = NULL;

	if (after->type != XML_ELEMENT_NODE)
		return wrong(w, "'%s' is missing", device->alias);
	text = vc_check_device(device, before, after, w->in->site != NULL);
	return text ? wrong(w, "'%s': %s", device->alias, text) : 0;
}

/* A place in the children of <devices> of the input. */
struct place {
	xmlNodePtr node;
	size_t at;
};

static bool is_removed(const struct walk *w, size_t at)
{
	const struct vc_planned *p = at < w->n_by_at ? &w->by_at[at] : NULL;

	if (p && p->device)
		return p->device->action == VC_PLAN_REMOVE;
	return p && p->controller && p->controller->action == VC_PLAN_REMOVE;
}

/* Over white space, and over what the plan removes. */
static void settle(const struct walk *w, struct place *place)
{
	for (;;) {
		xmlNodePtr solid = vc_xml_solid(place->node);

		for (; place->node && place->node != solid;
		     place->node = place->node->next)
			place->at++;
		if (!solid || !is_removed(w, place->at))
			return;
		place->node = solid->next;
		place->at++;
	}
}

static int step_device(struct walk *w, struct place *a, xmlNodePtr *b)
{
	const struct vc_plan_device *device =
		a->node && a->at < w->n_by_at ? w->by_at[a->at].device : NULL;
	xmlNodePtr node = a->node;

	if (device && !*b)
		return wrong(w, "'%s' is missing", device->alias);
	if (device) {
		if (check_device(w, device, node, *b) < 0)
			return -(int)w->err->kind;
		a->node = node->next;
		a->at++;
		*b = (*b)->next;
		return 0;
	}
	if (step_equal(w, &a->node, b) < 0)
		return -(int)w->err->kind;
	for (; node != a->node; node = node->next)
		a->at++;
	return 0;
}

/* @before is NULL when the element is new. */
static int check_devices(struct walk *w, xmlNodePtr before, xmlNodePtr after)
{
	struct place a = { .node = before ? before->children : NULL, .at = 1 };
	xmlNodePtr b = vc_xml_solid(after->children);

	if (before ? !vc_xml_equal_start(before, after)
	           : after->properties || after->nsDef)
		return wrong(w, "<devices> is not as planned");
	for (settle(w, &a); a.node || b; settle(w, &a), b = vc_xml_solid(b)) {
		const struct vc_plan_device *device = b ? next_added(w, b) : NULL;

		if (b && next_added_controller(w, b)) {
			b = b->next;
			continue;
		}
		if (!device) {
			if (step_device(w, &a, &b) < 0)
				return -(int)w->err->kind;
			continue;
		}
		if (check_device(w, device, NULL, b) < 0)
			return -(int)w->err->kind;
		b = b->next;
	}
	return 0;
}

/* The two elements that the plan may change, and may make. */
struct special {
	xmlNodePtr metadata, devices; /* of the input; NULL: not there */
	bool seen_metadata, seen_devices;
};

static int step_part(struct walk *w, struct special *special, xmlNodePtr *a,
                     xmlNodePtr *b)
{
	bool metadata = vc_xml_is(*b, "metadata", NULL);
	bool devices = vc_xml_is(*b, "devices", NULL);
	int r = 0;

	if (metadata && !special->seen_metadata && w->in->metadata &&
	    (special->metadata ? *a == special->metadata : w->n_records > 0)) {
		special->seen_metadata = true;
		r = check_metadata(w, special->metadata, *b);
		*a = special->metadata ? (*a)->next : *a;
		*b = (*b)->next;
		return r;
	}
	if (devices && !special->seen_devices &&
	    (special->devices ? *a == special->devices : w->n_added > 0)) {
		special->seen_devices = true;
		r = check_devices(w, special->devices, *b);
		*a = special->devices ? (*a)->next : *a;
		*b = (*b)->next;
		return r;
	}
	return step_equal(w, a, b);
}

static int check_domain(struct walk *w, xmlNodePtr before, xmlNodePtr after)
{
	struct special special = {
		.metadata = vc_xml_child(before, "metadata"),
		.devices = vc_xml_child(before, "devices"),
	};
	xmlNodePtr a = vc_xml_solid(before->children);
	xmlNodePtr b = vc_xml_solid(after->children);

	if (!vc_xml_equal_start(before, after))
		return wrong(w, "%s itself was changed", describe(before).text);
	while (a || b) {
		if (step_part(w, &special, &a, &b) < 0)
			return -(int)w->err->kind;
		a = vc_xml_solid(a);
		b = vc_xml_solid(b);
	}
	if (w->in->metadata && w->n_records > 0 && !special.seen_metadata)
		return wrong(w, "our metadata is missing");
	return 0;
}

static int check_document(struct walk *w)
{
	xmlNodePtr before = xmlDocGetRootElement(w->in->before->xml);
	xmlNodePtr a = w->in->before->xml->children;
	xmlNodePtr b = w->in->after->children;

	while (a || b) {
		if (!a || a != before || !b || b->type != XML_ELEMENT_NODE) {
			if (step_equal(w, &a, &b) < 0)
				return -(int)w->err->kind;
			continue;
		}
		if (check_domain(w, a, b) < 0)
			return -(int)w->err->kind;
		a = a->next;
		b = b->next;
	}
	return 0;
}

static int check_all_added(struct walk *w)
{
	const struct vc_plan *plan = w->in->plan;

	for (; w->next < plan->devices.n; w->next++)
		if (plan->devices.v[w->next].action == VC_PLAN_ADD)
			return wrong(w, "'%s' is missing",
			             plan->devices.v[w->next].alias);
	for (; w->next_controller < plan->controllers.n; w->next_controller++) {
		const struct vc_plan_controller *c =
			&plan->controllers.v[w->next_controller];

		if (c->action == VC_PLAN_ADD)
			return wrong(w, "%s controller %u is missing", c->type, c->index);
	}
	return 0;
}

static size_t count_places(const struct vc_plan *plan)
{
	size_t last = 0;

	for (size_t i = 0; i < plan->devices.n; i++)
		if (plan->devices.v[i].at > last)
			last = plan->devices.v[i].at;
	for (size_t i = 0; i < plan->controllers.n; i++)
		if (plan->controllers.v[i].at > last)
			last = plan->controllers.v[i].at;
	return last + 1;
}

/**
 * vc_plan_by_place() - Find what a plan is about to do at each place of <devices>
 * @arena:	holds the table
 * @plan:	plan
 * @ret_by_at:	[at] is what is there
 * @ret_n:	length of the table
 * @err:	error
 *
 * Return: 0 or -VC_ERR_INTERNAL (out of memory, or two things in one place)
 */
int vc_plan_by_place(struct vc_arena *arena, const struct vc_plan *plan,
                     struct vc_planned **ret_by_at, size_t *ret_n, struct vc_err *err)
{
	size_t n = count_places(plan);
	struct vc_planned *by_at = vc_arena_alloc(arena, n, sizeof(*by_at));

	if (!by_at)
		return vc_fail_oom(err);
	for (size_t i = 0; i < plan->devices.n; i++) {
		const struct vc_plan_device *device = &plan->devices.v[i];

		if (device->at == 0)
			continue;
		if (by_at[device->at].device)
			return vc_fail(err, VC_ERR_INTERNAL,
			               "'%s' and '%s' are planned for one element",
			               by_at[device->at].device->alias, device->alias);
		by_at[device->at].device = device;
	}
	for (size_t i = 0; i < plan->controllers.n; i++) {
		const struct vc_plan_controller *c = &plan->controllers.v[i];

		if (c->at == 0)
			continue;
		if (by_at[c->at].device || by_at[c->at].controller)
			return vc_fail(err, VC_ERR_INTERNAL,
			               "%s controller %u is planned for an element that "
			               "is planned already",
			               c->type, c->index);
		by_at[c->at].controller = c;
	}
	*ret_by_at = by_at;
	*ret_n = n;
	return 0;
}

/**
 * vc_check_result() - Compare a rewritten domain with input and plan
 * @arena:	scratch
 * @input:	what to compare
 * @err:	what is wrong
 *
 * Return: 0; -VC_ERR_REFUSED when a site stylesheet did it, else -VC_ERR_INTERNAL
 */
int vc_check_result(struct vc_arena *arena, const struct vc_check_input *input,
                    struct vc_err *err)
{
	struct walk w = { .arena = arena, .in = input, .err = err };

	if (vc_plan_by_place(arena, input->plan, &w.by_at, &w.n_by_at, err) < 0)
		return -(int)err->kind;
	w.n_records = vc_record_count(input->plan);
	for (size_t i = 0; i < input->plan->devices.n; i++)
		w.n_added += input->plan->devices.v[i].action == VC_PLAN_ADD;
	for (size_t i = 0; i < input->plan->controllers.n; i++)
		w.n_added += input->plan->controllers.v[i].action == VC_PLAN_ADD;
	if (check_document(&w) < 0)
		return -(int)err->kind;
	return check_all_added(&w);
}
