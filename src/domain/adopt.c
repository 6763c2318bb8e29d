/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Taking over elements that a domain already has, and letting them go again. Neither
 * changes a host side. Records that nothing was asked about stay as they are.
 */
#include <string.h>

#include "domain/planner.h"

/* KubeVirt finds its devices by these aliases [KV]. */
static bool is_kubevirt_alias(const char *alias)
{
	static const char *const prefixes[] = {
		"ua-dra-hostdevice-",
		"ua-dra-gpu-",
		"ua-sriov-",
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(prefixes); i++)
		if (strncmp(alias, prefixes[i], strlen(prefixes[i])) == 0)
			return true;
	return false;
}

/* The aliases of the command line, with "ua-"; every one has to be met. */
struct wanted {
	struct vc_index index;
	bool *met;
};

static int read_wanted(const struct vc_planner *planner, struct wanted *wanted,
                       struct vc_err *err)
{
	const struct vc_plan_input *in = planner->input;

	wanted->met = vc_arena_alloc(planner->arena, in->n_aliases + 1, sizeof(bool));
	if (!wanted->met)
		return vc_fail_oom(err);
	for (size_t i = 0; i < in->n_aliases; i++) {
		const char *alias = in->aliases[i];

		if (strncmp(alias, VC_ALIAS_PREFIX, strlen(VC_ALIAS_PREFIX)) != 0)
			alias = vc_arena_printf(planner->arena, VC_ALIAS_PREFIX "%s",
			                        alias);
		if (!alias)
			return vc_fail_oom(err);
		if (vc_index_add(planner->arena, &wanted->index, alias, i, err) < 0)
			return -(int)err->kind;
	}
	vc_index_sort(&wanted->index);
	return 0;
}

static bool is_wanted(const struct wanted *wanted, const char *alias)
{
	const struct vc_index_entry *e;
	size_t n;

	if (wanted->index.n == 0)
		return true;
	e = vc_index_find(&wanted->index, alias, &n);
	for (size_t i = 0; i < n; i++)
		wanted->met[e[i].value] = true;
	return n > 0;
}

static const char *or_none(const char *text)
{
	return text[0] != '\0' ? text : "none";
}

static const char *list_records(const struct vc_planner *planner)
{
	const struct vc_records *records = &planner->domain->records;
	const char *text = "";

	for (size_t i = 0; i < records->n; i++)
		text = vc_list_more(planner, text, i, records->v[i].binding.alias);
	return or_none(text);
}

static const char *first_unmet(const struct wanted *wanted)
{
	for (size_t i = 0; i < wanted->index.n; i++)
		if (!wanted->met[wanted->index.v[i].value])
			return wanted->index.v[i].key;
	return NULL;
}

/* ---- unbind ---- */

static int unbind(struct vc_planner *planner, const struct vc_record *record,
                  struct vc_err *err)
{
	const char *alias = record->binding.alias;
	struct vc_plan_device *d;

	if (vc_plan_record(planner, record, &d, err) < 0)
		return -(int)err->kind;
	d->action = VC_PLAN_UNBIND;
	d->recorded = false;
	d->keep_alias = record->keep_alias || is_kubevirt_alias(alias);
	d->why = vc_arena_strdup(planner->arena,
	                         d->at ? "the element stays" : "its element has gone");
	return d->why ? 0 : vc_fail_oom(err);
}

/**
 * vc_plan_unbind() - Plan for VC_MODE_UNBIND: elements stay, aliases and records go
 * @planner:	planner
 * @err:	an alias that is not bound, with those that are
 *
 * Return: 0, -VC_ERR_REFUSED, -VC_ERR_INPUT or -VC_ERR_INTERNAL
 */
int vc_plan_unbind(struct vc_planner *planner, struct vc_err *err)
{
	const struct vc_records *records = &planner->domain->records;
	struct wanted wanted = { 0 };
	struct vc_plan_device *kept;
	const char *unmet;

	if (read_wanted(planner, &wanted, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < records->n; i++) {
		const struct vc_record *r = &records->v[i];
		bool goes = is_wanted(&wanted, r->binding.alias);

		if ((goes ? unbind(planner, r, err)
		          : vc_plan_record(planner, r, &kept, err)) < 0)
			return -(int)err->kind;
	}
	unmet = first_unmet(&wanted);
	if (unmet)
		return vc_fail(err, VC_ERR_REFUSED,
		               "%s: alias '%s' is not bound; bound are: %s",
		               planner->document->file, unmet, list_records(planner));
	if (records->n == 0)
		return vc_plan_note(planner, err, "%s: nothing is bound",
		                    planner->document->file);
	return 0;
}

/* ---- adopt ---- */

/* Which device of the claims is at a host address. */
struct known {
	const struct vc_claim *claim;
	const struct vc_device *device;
};

struct knowns {
	struct known *v;
	size_t n, cap;
	struct vc_index hosts;
};

static int read_knowns(const struct vc_planner *planner, struct knowns *knowns,
                       struct vc_err *err)
{
	const struct vc_claims *claims = planner->input->claims;

	for (size_t i = 0; i < claims->n; i++)
		for (size_t j = 0; j < claims->v[i].devices.n; j++) {
			const struct vc_device *d = &claims->v[i].devices.v[j];
			struct known *k = vc_list_push(planner->arena, knowns);

			if (!k)
				return vc_fail_oom(err);
			*k = (struct known){ &claims->v[i], d };
			if (vc_index_add(planner->arena, &knowns->hosts,
			                 vc_host_side_key(planner->arena, &d->host),
			                 knowns->n - 1, err) < 0)
				return -(int)err->kind;
		}
	vc_index_sort(&knowns->hosts);
	return 0;
}

static bool is_recorded(const struct vc_planner *planner, const char *alias)
{
	return alias && vc_index_find(&planner->records, alias, NULL);
}

static int adopt(struct vc_planner *planner, struct vc_bound *bound, struct vc_err *err)
{
	const struct vc_hostdev *h = bound->hostdev;
	const char *host = vc_hostdev_host(planner, h);
	struct vc_plan_device *d;

	if (vc_check_bound(planner, bound, err) < 0 ||
	    vc_plan_bound(planner, bound, &d, err) < 0)
		return -(int)err->kind;
	d->action = VC_PLAN_ADOPT;
	d->options = (struct vc_options){ 0 };
	d->managed = h->managed;
	d->host = h->host;
	d->mac = NULL;
	d->vlan = 0;
	d->recorded = true;
	d->made = false;
	d->keep_alias = h->alias && strcmp(h->alias, bound->alias) == 0;
	d->to = vc_arena_strdup(planner->arena, host);
	d->why = vc_arena_strdup(planner->arena, "the domain already has it");
	return d->to && d->why ? 0 : vc_fail_oom(err);
}

static int check_new_alias(const struct vc_planner *planner, const struct vc_bound *b,
                           struct vc_err *err)
{
	const char *has = b->hostdev->alias;

	if (has && strcmp(has, b->alias) == 0)
		return 0;
	if (has && vc_alias_is_valid(has))
		return vc_fail(err, VC_ERR_REFUSED,
		               "%s:%ld: the element already has alias '%s', and %s wants "
		               "'%s'; adopt it with --bind %s=...",
		               planner->document->file, b->hostdev->line, has,
		               b->binding->origin, b->alias,
		               has + strlen(VC_ALIAS_PREFIX));
	if (vc_index_find(&planner->guests, b->alias, NULL) ||
	    is_recorded(planner, b->alias))
		return vc_fail(
			err, VC_ERR_REFUSED,
			"%s:%ld: '%s' is the alias of another device already; choose "
			"one with --bind",
			planner->document->file, b->hostdev->line, b->alias);
	return 0;
}

/* The element that has the bound device of the host. */
static int find_element(const struct vc_planner *planner, const struct vc_bound *b,
                        const struct vc_hostdev **ret_hostdev, struct vc_err *err)
{
	const char *host = vc_device_host(planner, b->device);
	const char *key = vc_host_side_key(planner->arena, &b->device->host);
	const struct vc_index_entry *e = vc_index_find(&planner->hosts, key, NULL);
	const struct vc_hostdev *h = e ? &planner->domain->hostdevs.v[e->value] : NULL;

	if (!h || h->host.kind == VC_KIND_UNKNOWN)
		return vc_fail(err, VC_ERR_REFUSED,
		               "%s: no element of '%s' has host device '%s', so there is "
		               "nothing to adopt; 'virt-claim rewrite' adds one",
		               b->binding->origin, planner->document->file, host);
	*ret_hostdev = h;
	return 0;
}

static int adopt_bindings(struct vc_planner *planner, size_t *n_adopted,
                          struct vc_err *err)
{
	struct vc_bounds bounds;

	if (vc_bind(planner, &bounds, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < bounds.n; i++) {
		struct vc_bound *b = &bounds.v[i];

		if (!b->device)
			continue;
		if (vc_check_address(planner, b, err) < 0 ||
		    find_element(planner, b, &b->hostdev, err) < 0)
			return -(int)err->kind;
		if (is_recorded(planner, b->hostdev->alias))
			continue;
		if (check_new_alias(planner, b, err) < 0 || adopt(planner, b, err) < 0)
			return -(int)err->kind;
		++*n_adopted;
	}
	return 0;
}

static int make_binding(const struct vc_planner *planner, const struct vc_hostdev *h,
                        const struct known *k, struct vc_binding *b, struct vc_err *err)
{
	b->origin_kind = VC_BINDING_ALL;
	b->claim = k->claim->name;
	b->pod_claim = k->claim->pod_claim;
	b->namespace = k->claim->namespace;
	b->uid = k->claim->uid;
	b->request = k->device->request;
	b->index = vc_match_position(planner, k->claim, k->device);
	b->origin = vc_arena_printf(planner->arena, "%s:%ld", planner->document->file,
	                            h->line);
	if (!b->origin)
		return vc_fail_oom(err);
	if (h->alias && vc_alias_is_valid(h->alias)) {
		b->alias = h->alias;
		return 0;
	}
	if (vc_bind_alias(planner, k->claim, k->device, &b->alias, err) < 0)
		return -(int)err->kind;
	if (b->index > 1)
		b->alias = vc_arena_printf(planner->arena, "%s-%u", b->alias, b->index);
	return b->alias ? 0 : vc_fail_oom(err);
}

static int adopt_element(struct vc_planner *planner, const struct vc_hostdev *h,
                         const struct known *k, struct vc_err *err)
{
	struct vc_binding *binding = vc_arena_alloc(planner->arena, 1, sizeof(*binding));
	struct vc_bound bound = {
		.binding = binding,
		.hostdev = h,
		.claim = k->claim,
		.device = k->device,
	};

	if (!binding)
		return vc_fail_oom(err);
	if (make_binding(planner, h, k, binding, err) < 0)
		return -(int)err->kind;
	bound.alias = binding->alias;
	bound.index = binding->index;
	if (check_new_alias(planner, &bound, err) < 0)
		return -(int)err->kind;
	return adopt(planner, &bound, err);
}

static int two_claims(const struct vc_planner *planner, const struct vc_hostdev *h,
                      const struct known *a, const struct known *b, struct vc_err *err)
{
	return vc_fail(
		err, VC_ERR_REFUSED,
		"%s:%ld: host device '%s' is in claim '%s' ('%s') and in claim '%s' "
		"('%s'); say which with --bind",
		planner->document->file, h->line, vc_hostdev_host(planner, h),
		vc_claim_label(planner, a->claim), a->claim->origin,
		vc_claim_label(planner, b->claim), b->claim->origin);
}

static int adopt_matching(struct vc_planner *planner, const struct knowns *knowns,
                          const struct wanted *wanted, size_t *n_adopted,
                          struct vc_err *err)
{
	const struct vc_hostdevs *hostdevs = &planner->domain->hostdevs;

	for (size_t i = 0; i < hostdevs->n; i++) {
		const struct vc_hostdev *h = &hostdevs->v[i];
		const struct vc_index_entry *e;
		size_t n;

		e = vc_index_find(&knowns->hosts,
		                  vc_host_side_key(planner->arena, &h->host), &n);
		if (n == 0 || h->host.kind == VC_KIND_UNKNOWN ||
		    !is_wanted(wanted, h->alias) || is_recorded(planner, h->alias))
			continue;
		if (n > 1)
			return two_claims(planner, h, &knowns->v[e[0].value],
			                  &knowns->v[e[1].value], err);
		if (adopt_element(planner, h, &knowns->v[e->value], err) < 0)
			return -(int)err->kind;
		++*n_adopted;
	}
	return 0;
}

static const char *list_hostdevs(const struct vc_planner *planner)
{
	const struct vc_index *hosts = &planner->hosts;
	const char *text = "";

	for (size_t i = 0; i < hosts->n; i++)
		text = vc_list_more(
			planner, text, i,
			vc_hostdev_host(planner,
		                        &planner->domain->hostdevs.v[hosts->v[i].value]));
	return or_none(text);
}

static const char *list_knowns(const struct vc_planner *planner,
                               const struct knowns *knowns)
{
	const struct vc_index *hosts = &knowns->hosts;
	const char *text = "";

	for (size_t i = 0; i < hosts->n; i++)
		text = vc_list_more(
			planner, text, i,
			vc_device_host(planner, knowns->v[hosts->v[i].value].device));
	return or_none(text);
}

static int check_adopted(const struct vc_planner *planner, const struct knowns *knowns,
                         const struct wanted *wanted, size_t n_adopted,
                         struct vc_err *err)
{
	const char *unmet = first_unmet(wanted);

	if (unmet)
		return vc_fail(
			err, VC_ERR_REFUSED,
			"%s: no element with alias '%s' has a device of the claims",
			planner->document->file, unmet);
	if (n_adopted > 0)
		return 0;
	if (planner->domain->records.n > 0)
		return vc_plan_note(planner, err, "%s: nothing more to adopt",
		                    planner->document->file);
	return vc_fail(err, VC_ERR_REFUSED,
	               "%s: nothing to adopt: the domain has host devices %s, the claims "
	               "have %s",
	               planner->document->file, list_hostdevs(planner),
	               list_knowns(planner, knowns));
}

/**
 * vc_plan_adopt() - Plan for VC_MODE_ADOPT: elements get our aliases and records
 * @planner:	planner
 * @err:	why an element cannot be adopted
 *
 * With bindings these are adopted, else every <hostdev> whose device is in a claim.
 *
 * Return: 0, -VC_ERR_REFUSED, -VC_ERR_ABSENT, -VC_ERR_INPUT or -VC_ERR_INTERNAL
 */
int vc_plan_adopt(struct vc_planner *planner, struct vc_err *err)
{
	const struct vc_records *records = &planner->domain->records;
	const struct vc_bindings *bindings = planner->input->bindings;
	struct knowns knowns = { 0 };
	struct wanted wanted = { 0 };
	struct vc_plan_device *kept;
	size_t n_adopted = 0;
	int r;

	if (read_wanted(planner, &wanted, err) < 0 ||
	    read_knowns(planner, &knowns, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < records->n; i++)
		if (vc_plan_record(planner, &records->v[i], &kept, err) < 0)
			return -(int)err->kind;
	if (bindings && bindings->n > 0)
		r = adopt_bindings(planner, &n_adopted, err);
	else
		r = adopt_matching(planner, &knowns, &wanted, &n_adopted, err);
	if (r < 0)
		return r;
	if (check_adopted(planner, &knowns, &wanted, n_adopted, err) < 0)
		return -(int)err->kind;
	return vc_check_host_use(planner, err);
}
