/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All bindings, merged: command line, VMI, annotation, then the records of the domain;
 * for each alias the first wins, and takes from the later ones the options that it does
 * not set itself. A binding of a whole request then becomes one vc_bound per device,
 * aliases ALIAS, ALIAS-2, ...; records of these aliases belong to it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/parse.h"
#include "domain/planner.h"

/* A binding that was asked for, by whomever. */
struct candidate {
	const struct vc_binding *binding;
	const struct vc_record *record; /* when the binding is one */
	struct vc_options options;
	bool loses;            /* to an earlier one of the same alias */
	struct vc_match match; /* .claim NULL: nothing is known */
};

struct candidates {
	struct candidate *v;
	size_t n, cap;
	struct vc_index aliases;
};

static int add_candidate(const struct vc_planner *planner, struct candidates *list,
                         const struct vc_binding *binding, const struct vc_record *record,
                         struct vc_err *err)
{
	struct candidate *c = vc_list_push(planner->arena, list);

	if (!c)
		return vc_fail_oom(err);
	c->binding = binding;
	c->record = record;
	c->options = binding->options;
	return vc_index_add(planner->arena, &list->aliases, binding->alias, list->n - 1,
	                    err);
}

/* ---- with no binding at all: everything ---- */

static void dots_to_dashes(char *text)
{
	for (; *text != '\0'; text++)
		if (*text == '.')
			*text = '-';
}

/**
 * vc_bind_alias() - The alias of a device that nobody named
 * @planner:	planner
 * @claim:	claim
 * @device:	one of its devices
 * @ret_alias:	"ua-<claim>-<request>", or "ua-<uid>-<device>" when either is unknown
 * @err:	what is missing or impossible, and that --bind helps
 *
 * Return: 0, -VC_ERR_REFUSED or -VC_ERR_INTERNAL
 */
int vc_bind_alias(const struct vc_planner *planner, const struct vc_claim *claim,
                  const struct vc_device *device, char **ret_alias, struct vc_err *err)
{
	bool named = claim->name && device->request;
	const char *who = claim->name ? claim->name : claim->uid;
	const char *what = named ? device->request : vc_device_label(device);
	char *alias;

	if (!what)
		return vc_fail(err, VC_ERR_REFUSED,
		               "'%s' names neither request nor device; give the claim's "
		               "metadata file too, or an alias with --bind",
		               device->origin);
	if (!named && claim->uid)
		who = claim->uid;
	alias = vc_arena_printf(planner->arena, VC_ALIAS_PREFIX "%s%s%s", who ? who : "",
	                        who ? "-" : "", what);
	if (!alias)
		return vc_fail_oom(err);
	dots_to_dashes(alias);
	if (!vc_alias_is_valid(alias))
		return vc_fail(err, VC_ERR_REFUSED,
		               "'%s': '%s' is no alias: only letters, digits, '-' and "
		               "'_', at most %d characters; give one with --bind",
		               device->origin, alias, VC_ALIAS_MAX);
	*ret_alias = alias;
	return 0;
}

static int add_generated(const struct vc_planner *planner, struct candidates *list,
                         const struct vc_claim *claim, const struct vc_device *device,
                         struct vc_err *err)
{
	struct vc_binding *b = vc_arena_alloc(planner->arena, 1, sizeof(*b));
	const char *label = vc_device_label(device);

	if (!b)
		return vc_fail_oom(err);
	if (vc_bind_alias(planner, claim, device, &b->alias, err) < 0)
		return -(int)err->kind;
	b->origin_kind = VC_BINDING_ALL;
	b->namespace = claim->namespace;
	b->claim = claim->name;
	b->pod_claim = claim->pod_claim;
	b->uid = claim->uid;
	b->request = device->request;
	b->origin = claim->origin;
	if (!b->request && label) {
		b->device = vc_arena_strdup(planner->arena, label);
		if (!b->device)
			return vc_fail_oom(err);
	}
	return add_candidate(planner, list, b, NULL, err);
}

static int add_claim(struct vc_planner *planner, struct candidates *list,
                     const struct vc_claim *claim, struct vc_err *err)
{
	const char *want = planner->input->namespace;

	if (want && claim->namespace && strcmp(want, claim->namespace) != 0)
		return vc_plan_note(planner, err,
		                    "%s: claim '%s' is not attached: namespace '%s' was "
		                    "asked for",
		                    claim->origin, vc_claim_label(planner, claim), want);
	for (size_t i = 0; i < claim->devices.n; i++) {
		const struct vc_device *d = &claim->devices.v[i];

		/* the first device of a request stands for all of them */
		if ((!d->request || vc_match_position(planner, claim, d) == 1) &&
		    add_generated(planner, list, claim, d, err) < 0)
			return -(int)err->kind;
	}
	return 0;
}

static bool is_real(const struct vc_claim *claim)
{
	return claim->uid || claim->name;
}

static bool has_real_claim(const struct vc_claims *claims)
{
	for (size_t i = 0; i < claims->n; i++)
		if (is_real(&claims->v[i]))
			return true;
	return false;
}

/*
 * A CDI file of all devices of a node is what is left of it when claims are given too:
 * devices that these do not claim. Alone it means what it says.
 */
static int add_all(struct vc_planner *planner, struct candidates *list,
                   struct vc_err *err)
{
	const struct vc_claims *claims = planner->input->claims;
	bool real = has_real_claim(claims);

	for (size_t i = 0; i < claims->n; i++) {
		const struct vc_claim *c = &claims->v[i];
		int r;

		if (real && !is_real(c))
			r = vc_plan_note(planner, err,
			                 "%s: %zu device%s that no claim has: not "
			                 "attached",
			                 c->origin, c->devices.n,
			                 c->devices.n == 1 ? "" : "s");
		else
			r = add_claim(planner, list, c, err);
		if (r < 0)
			return r;
	}
	if (list->n == 0)
		return vc_plan_note(planner, err,
		                    "no binding was given, and no claim with a device: "
		                    "nothing is attached");
	return vc_plan_note(planner, err,
	                    "no binding was given: every device of the claims is "
	                    "attached; --bind chooses");
}

/* ---- merging ---- */

static int collect(struct vc_planner *planner, struct candidates *list,
                   struct vc_err *err)
{
	const struct vc_bindings *bindings = planner->input->bindings;
	const struct vc_records *records = &planner->domain->records;
	enum vc_binding_origin kind = VC_BINDING_COMMAND_LINE;

	for (; kind <= VC_BINDING_ALL; kind++)
		for (size_t i = 0; bindings && i < bindings->n; i++)
			if (bindings->v[i].origin_kind == kind &&
			    add_candidate(planner, list, &bindings->v[i], NULL, err) < 0)
				return -(int)err->kind;
	if (planner->input->mode == VC_MODE_ADOPT ||
	    planner->input->mode == VC_MODE_ATTACH)
		return 0;
	if (list->n == 0 && records->n == 0 && planner->input->attach_all)
		return add_all(planner, list, err);
	for (size_t i = 0; i < records->n; i++)
		if (add_candidate(planner, list, &records->v[i].binding, &records->v[i],
		                  err) < 0)
			return -(int)err->kind;
	return 0;
}

static int twice(const char *alias, const struct vc_binding *a,
                 const struct vc_binding *b, struct vc_err *err)
{
	return vc_fail(err, VC_ERR_REFUSED,
	               "%s: alias '%s' is also what %s asks for; choose another one with "
	               "--bind",
	               b->origin, alias, a->origin);
}

/* [design] for each alias the first wins; one source may not name it twice. */
static int choose(struct candidates *list, struct vc_err *err)
{
	const struct vc_index *aliases = &list->aliases;
	struct candidate *winner = NULL;

	for (size_t i = 0; i < aliases->n; i++) {
		struct candidate *c = &list->v[aliases->v[i].value];

		if (!winner || strcmp(winner->binding->alias, c->binding->alias) != 0) {
			winner = c;
			continue;
		}
		if (winner->binding->origin_kind == c->binding->origin_kind)
			return twice(c->binding->alias, winner->binding, c->binding, err);
		c->loses = true;
		vc_options_merge(&winner->options, &c->options);
	}
	return 0;
}

static int check_alias(const struct vc_binding *b, const char *alias, struct vc_err *err)
{
	if (vc_alias_is_valid(alias))
		return 0;
	return vc_fail(err, VC_ERR_REFUSED,
	               "%s: '%s' is no alias: 'ua-', then letters, digits, '-' and '_', "
	               "at most %d characters",
	               b->origin, alias, VC_ALIAS_MAX);
}

/* ---- expanding ---- */

/* A new bound of @alias; NULL with *err filled when that is not possible. */
static struct vc_bound *push_bound(const struct vc_planner *planner,
                                   struct vc_bounds *bounds, const struct candidate *c,
                                   const char *alias, struct vc_err *err)
{
	struct vc_bound *b;

	if (check_alias(c->binding, alias, err) < 0)
		return NULL;
	b = vc_list_push(planner->arena, bounds);
	if (!b) {
		(void)vc_fail_oom(err);
		return NULL;
	}
	b->alias = alias;
	b->binding = c->binding;
	b->claim = c->match.claim;
	b->options = c->options;
	return b;
}

/* Device number @index, from 1, of the candidate's request. */
static int push_device(const struct vc_planner *planner, struct vc_bounds *bounds,
                       const struct candidate *c, size_t index, struct vc_err *err)
{
	const char *alias = c->binding->alias;
	struct vc_bound *b;

	if (c->binding->index == 0 && index > 1)
		alias = vc_arena_printf(planner->arena, "%s-%zu", alias, index);
	if (!alias)
		return vc_fail_oom(err);
	b = push_bound(planner, bounds, c, alias, err);
	if (!b)
		return -(int)err->kind;
	b->device = &c->match.claim->devices.v[c->match.devices[index - 1].value];
	b->index = c->binding->request ? (unsigned)index : 0;
	return 0;
}

static int push_surplus(const struct vc_planner *planner, struct vc_bounds *bounds,
                        const struct candidate *c, struct vc_err *err)
{
	struct vc_bound *b = push_bound(planner, bounds, c, c->binding->alias, err);

	if (!b)
		return -(int)err->kind;
	b->surplus = true;
	b->index = c->binding->index;
	return 0;
}

static int no_such_device(const struct vc_planner *planner, const struct candidate *c,
                          struct vc_err *err)
{
	return vc_fail(
		err, VC_ERR_REFUSED,
		"%s: device %u of request '%s' is wanted, but claim '%s' ('%s') has "
		"%zu",
		c->binding->origin, c->binding->index, c->binding->request,
		vc_claim_label(planner, c->match.claim), c->match.claim->origin,
		c->match.n);
}

/* What was not asked for by name may lack an address: it is left out, aloud. */
static int push_attached(const struct vc_planner *planner, struct vc_bounds *bounds,
                         const struct candidate *c, size_t index, struct vc_err *err)
{
	struct vc_bound probe = { .alias = c->binding->alias, .binding = c->binding };
	struct vc_err why = VC_ERR_INIT;

	probe.claim = c->match.claim;
	probe.device = &probe.claim->devices.v[c->match.devices[index - 1].value];
	if (vc_check_address(planner, &probe, &why) == 0)
		return push_device(planner, bounds, c, index, err);
	if (why.kind == VC_ERR_INTERNAL) {
		*err = why;
		return -(int)err->kind;
	}
	return vc_plan_note(planner, err, "not attached: %s", why.msg);
}

static int expand(const struct vc_planner *planner, struct vc_bounds *bounds,
                  const struct candidate *c, struct vc_err *err)
{
	const struct vc_binding *b = c->binding;
	size_t first = b->index > 0 ? b->index : 1;
	size_t last = b->index > 0 ? b->index : c->match.n;

	if (first > c->match.n && c->record)
		return push_surplus(planner, bounds, c, err);
	if (first > c->match.n)
		return no_such_device(planner, c, err);
	for (size_t i = first; i <= last; i++) {
		bool all = b->origin_kind == VC_BINDING_ALL;

		if ((all ? push_attached : push_device)(planner, bounds, c, i, err) < 0)
			return -(int)err->kind;
	}
	return 0;
}

/* KubeVirt wrote the element, and no input is about its claim: it stays. */
static int expand_kubevirt(const struct vc_planner *planner, struct vc_bounds *bounds,
                           const struct candidate *c, struct vc_err *err)
{
	struct vc_bound *b = push_bound(planner, bounds, c, c->binding->alias, err);

	if (!b)
		return -(int)err->kind;
	b->index = c->binding->index;
	return 0;
}

static bool same_text(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0;
}

/* "ua-gpu-3", when "ua-gpu" binds the same request as a whole. */
static const struct candidate *family_head(const struct vc_planner *planner,
                                           const struct candidates *list,
                                           const struct candidate *c)
{
	const struct vc_binding *b = c->binding, *h;
	const char *dash = strrchr(b->alias, '-');
	const struct vc_index_entry *e;
	uint64_t number;
	char *base;

	if (!c->record || !dash || !vc_parse_number(dash + 1, UINT32_MAX, &number) ||
	    number < 2)
		return NULL;
	base = vc_arena_strndup(planner->arena, b->alias, (size_t)(dash - b->alias));
	e = vc_index_find(&list->aliases, base, NULL);
	if (!e)
		return NULL;
	h = list->v[e->value].binding;
	if (list->v[e->value].record || h->index != 0 ||
	    !same_text(h->request, b->request))
		return NULL;
	return same_text(h->claim, b->claim) || same_text(h->pod_claim, b->pod_claim)
	               ? &list->v[e->value]
	               : NULL;
}

/* Candidates that asked by hand come first, so a family's head is expanded by now. */
static int expand_one(const struct vc_planner *planner, const struct candidates *list,
                      struct vc_bounds *bounds, struct candidate *c, struct vc_err *err)
{
	const struct candidate *head = family_head(planner, list, c);
	bool there = vc_index_find(&planner->hostdevs, c->binding->alias, NULL) != NULL;

	if (head && head->match.claim) {
		c->match.claim = head->match.claim;
		return push_surplus(planner, bounds, c, err);
	}
	if (vc_match(planner, c->binding, &c->match, err) == 0)
		return expand(planner, bounds, c, err);
	if (err->kind != VC_ERR_ABSENT || !c->binding->kubevirt_made || !there)
		return -(int)err->kind;
	*err = (struct vc_err)VC_ERR_INIT;
	c->match = (struct vc_match){ 0 };
	return expand_kubevirt(planner, bounds, c, err);
}

/* Of two of one alias a record gives way: it is the family's. */
static int drop_doubles(const struct vc_planner *planner, struct vc_bounds *bounds,
                        struct vc_err *err)
{
	struct vc_index index = { 0 };
	const struct vc_bound *winner = NULL;
	size_t kept = 0;

	for (size_t i = 0; i < bounds->n; i++)
		if (vc_index_add(planner->arena, &index, bounds->v[i].alias, i, err) < 0)
			return -(int)err->kind;
	vc_index_sort(&index);
	for (size_t i = 0; i < index.n; i++) {
		struct vc_bound *b = &bounds->v[index.v[i].value];

		if (!winner || strcmp(winner->alias, b->alias) != 0) {
			winner = b;
			continue;
		}
		if (b->binding->origin_kind != VC_BINDING_DOMAIN)
			return twice(b->alias, winner->binding, b->binding, err);
		b->binding = NULL;
	}
	for (size_t i = 0; i < bounds->n; i++)
		if (bounds->v[i].binding)
			bounds->v[kept++] = bounds->v[i];
	bounds->n = kept;
	return 0;
}

/* ---- elements ---- */

static int used_twice(const struct vc_planner *planner, const struct vc_bound *bound,
                      const struct vc_index_entry *e, struct vc_err *err)
{
	const struct vc_guest_device *guests = planner->domain->guests.v;

	return vc_fail(err, VC_ERR_INPUT,
	               "%s:%ld: alias '%s' is used twice, first in line %ld",
	               planner->document->file, guests[e[1].value].line, bound->alias,
	               guests[e[0].value].line);
}

/**
 * vc_bind_element() - Find the element and the record that have a bound's alias
 * @planner:	planner
 * @bound:	.hostdev and .record are set
 * @err:	"FILE:LINE: ..."
 *
 * Return: 0, -VC_ERR_INPUT for an alias used twice, -VC_ERR_REFUSED for an alias on
 * something that is no <hostdev> of a kind we write
 */
int vc_bind_element(const struct vc_planner *planner, struct vc_bound *bound,
                    struct vc_err *err)
{
	const struct vc_index_entry *guest, *host, *record;
	const struct vc_guest_device *g;
	const struct vc_hostdev *h;
	size_t n;

	record = vc_index_find(&planner->records, bound->alias, NULL);
	bound->record = record ? &planner->domain->records.v[record->value] : NULL;
	guest = vc_index_find(&planner->guests, bound->alias, &n);
	if (n == 0)
		return 0;
	if (n > 1)
		return used_twice(planner, bound, guest, err);
	g = &planner->domain->guests.v[guest->value];
	host = vc_index_find(&planner->hostdevs, bound->alias, NULL);
	h = host ? &planner->domain->hostdevs.v[host->value] : NULL;
	if (!h || h->host.kind == VC_KIND_UNKNOWN)
		return vc_fail(
			err, VC_ERR_REFUSED,
			"%s:%ld: alias '%s' is on <%s>, which has no device of the "
			"host that we know; %s has to use another alias",
			planner->document->file, g->line, bound->alias, g->element,
			bound->binding->origin);
	bound->hostdev = h;
	return 0;
}

/* ---- order ---- */

static int by_record(const void *left, const void *right)
{
	const struct vc_bound *a = left;
	const struct vc_bound *b = right;

	return (a->record > b->record) - (a->record < b->record);
}

/* As recorded, so that our metadata keeps its order; then as asked. */
static int sort_bounds(const struct vc_planner *planner, struct vc_bounds *bounds,
                       struct vc_err *err)
{
	struct vc_bound *sorted;
	size_t n = 0;

	sorted = vc_arena_alloc(planner->arena, bounds->n + 1, sizeof(*sorted));
	if (!sorted)
		return vc_fail_oom(err);
	for (size_t i = 0; i < bounds->n; i++)
		if (bounds->v[i].record)
			sorted[n++] = bounds->v[i];
	if (n > 1)
		qsort(sorted, n, sizeof(*sorted), by_record);
	for (size_t i = 0; i < bounds->n; i++)
		if (!bounds->v[i].record)
			sorted[n++] = bounds->v[i];
	bounds->v = sorted;
	return 0;
}

/* ---- display ---- */

/* Of the claim's device, else of the element that is there */
static const struct vc_host_side *host_of(const struct vc_bound *b)
{
	static const struct vc_host_side unknown;

	if (b->device)
		return &b->device->host;
	return b->hostdev ? &b->hostdev->host : &unknown;
}

static bool is_vgpu(const struct vc_bound *b)
{
	const struct vc_host_side *host = host_of(b);

	return host->kind == VC_KIND_MDEV && (host->mdev_model == VC_MDEV_UNKNOWN ||
	                                      host->mdev_model == VC_MDEV_VFIO_PCI);
}

/* [KV] the display of virtualGPUOptions is written for mediated devices only. */
static void drop_pci_display(struct vc_bounds *bounds)
{
	for (size_t i = 0; i < bounds->n; i++) {
		struct vc_bound *b = &bounds->v[i];

		if (!b->binding->kubevirt_display || host_of(b)->kind != VC_KIND_PCI)
			continue;
		vc_options_clear(&b->options, VC_OPT_DISPLAY);
		vc_options_clear(&b->options, VC_OPT_RAMFB);
	}
}

/* Whether an element that is not bound, or a binding, has the display. */
static bool other_display(const struct vc_planner *planner,
                          const struct vc_bounds *bounds)
{
	const struct vc_guest_devices *guests = &planner->domain->guests;
	size_t all = 0, bound = 0;

	for (size_t i = 0; i < guests->n; i++)
		all += guests->v[i].display;
	for (size_t i = 0; i < bounds->n; i++) {
		const struct vc_hostdev *h = bounds->v[i].hostdev;

		if (bounds->v[i].options.display == VC_YES)
			return true;
		bound += h && h->options.display == VC_YES;
	}
	return all > bound;
}

/* [KV] the first virtual GPU shows the console when nothing else does. */
static void give_display(const struct vc_planner *planner, struct vc_bounds *bounds)
{
	for (size_t i = 0; i < bounds->n; i++) {
		struct vc_bound *b = &bounds->v[i];

		if (!b->binding->primary_display || !is_vgpu(b) ||
		    b->options.display != VC_UNKNOWN)
			continue;
		if (other_display(planner, bounds))
			return;
		b->options.display = VC_YES;
		if (b->options.ramfb == VC_UNKNOWN)
			b->options.ramfb = VC_YES;
		return;
	}
}

/* Everything was to be attached, and nothing can be: say why for the first one. */
static int nothing_attachable(const struct vc_planner *planner, const struct candidate *c,
                              struct vc_err *err)
{
	struct vc_bound probe = { .alias = c->binding->alias, .binding = c->binding };

	probe.claim = c->match.claim;
	probe.device = probe.claim->devices.v;
	return vc_check_address(planner, &probe, err);
}

/**
 * vc_bind() - Merge all bindings and find their claims, devices and elements
 * @planner:	planner; notes are added to its plan
 * @ret_bounds:	one per alias: those with a record first, in the order of the records
 * @err:	"ORIGIN: ..."
 *
 * Return: 0, -VC_ERR_INPUT, -VC_ERR_ABSENT, -VC_ERR_REFUSED or -VC_ERR_INTERNAL
 */
int vc_bind(struct vc_planner *planner, struct vc_bounds *ret_bounds, struct vc_err *err)
{
	struct candidates list = { 0 };
	struct vc_bounds bounds = { 0 };

	if (collect(planner, &list, err) < 0)
		return -(int)err->kind;
	vc_index_sort(&list.aliases);
	if (choose(&list, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < list.n; i++)
		if (!list.v[i].loses &&
		    expand_one(planner, &list, &bounds, &list.v[i], err) < 0)
			return -(int)err->kind;
	if (bounds.n == 0 && list.n > 0 && list.v[0].match.claim)
		return nothing_attachable(planner, &list.v[0], err);
	if (drop_doubles(planner, &bounds, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < bounds.n; i++)
		if (vc_bind_element(planner, &bounds.v[i], err) < 0)
			return -(int)err->kind;
	if (sort_bounds(planner, &bounds, err) < 0 ||
	    vc_bind_options(planner, &bounds, err) < 0)
		return -(int)err->kind;
	drop_pci_display(&bounds);
	give_display(planner, &bounds);
	*ret_bounds = bounds;
	return 0;
}
