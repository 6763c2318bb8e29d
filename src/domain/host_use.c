/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Each host device once: in the plan, and together with everything of the domain that
 * the plan does not touch.
 */
#include <string.h>

#include "domain/planner.h"

static bool leaves(enum vc_plan_action action)
{
	return action == VC_PLAN_REMOVE || action == VC_PLAN_UNBIND;
}

static int twice_in_plan(const struct vc_plan_device *a, const struct vc_plan_device *b,
                         const char *host, struct vc_err *err)
{
	return vc_fail(
		err, VC_ERR_REFUSED,
		"%s: host device '%s' would be used twice: as '%s' (%s) and as '%s' "
		"(%s)",
		b->origin, host, a->alias, a->origin, b->alias, b->origin);
}

static int used_by_domain(const struct vc_planner *planner,
                          const struct vc_plan_device *d, const struct vc_hostdev *h,
                          const char *host, struct vc_err *err)
{
	bool adoptable = h->host.kind != VC_KIND_UNKNOWN;

	return vc_fail(err, VC_ERR_REFUSED,
	               "%s:%ld: host device '%s' is already used by this <%s>, which is "
	               "not ours, and alias '%s' (%s) wants it too; %s",
	               planner->document->file, h->line, host, h->element, d->alias,
	               d->origin,
	               adoptable ? "'virt-claim adopt' takes the element over"
	                         : "remove the element, or choose another device");
}

/* For each host device of the domain whether the plan is about it; NULL when out of
 * memory. */
static bool *mark_planned(const struct vc_planner *planner, struct vc_err *err)
{
	const struct vc_hostdevs *hostdevs = &planner->domain->hostdevs;
	const struct vc_plan *plan = planner->plan;
	bool *planned;

	planned = vc_arena_alloc(planner->arena, hostdevs->n + 1, sizeof(*planned));
	if (!planned) {
		(void)vc_fail_oom(err);
		return NULL;
	}
	for (size_t i = 0; i < plan->devices.n; i++) {
		size_t low = 0, high = hostdevs->n;

		while (low < high) {
			size_t middle = low + (high - low) / 2;

			if (hostdevs->v[middle].at < plan->devices.v[i].at)
				low = middle + 1;
			else
				high = middle;
		}
		if (low < hostdevs->n && hostdevs->v[low].at == plan->devices.v[i].at)
			planned[low] = true;
	}
	return planned;
}

static int check_other(const struct vc_planner *planner, const bool *planned,
                       const struct vc_plan_device *d, const char *host,
                       struct vc_err *err)
{
	const struct vc_index_entry *e;
	size_t n;

	e = vc_index_find(&planner->hosts, host, &n);
	for (size_t i = 0; i < n; i++)
		if (!planned[e[i].value])
			return used_by_domain(planner, d,
			                      &planner->domain->hostdevs.v[e[i].value],
			                      host, err);
	return 0;
}

/**
 * vc_check_host_use() - Refuse a host device that would be used twice
 * @planner:	planner with a complete plan
 * @err:	names both users
 *
 * Return: 0, -VC_ERR_REFUSED or -VC_ERR_INTERNAL
 */
int vc_check_host_use(const struct vc_planner *planner, struct vc_err *err)
{
	const struct vc_plan_device *devices = planner->plan->devices.v;
	struct vc_index hosts = { 0 };
	const bool *planned = mark_planned(planner, err);

	if (!planned)
		return -(int)err->kind;
	for (size_t i = 0; i < planner->plan->devices.n; i++)
		if (!leaves(devices[i].action) &&
		    vc_index_add(planner->arena, &hosts,
		                 vc_planned_host(planner, &devices[i]), i, err) < 0)
			return -(int)err->kind;
	vc_index_sort(&hosts);
	for (size_t i = 0; i < hosts.n; i++) {
		const struct vc_plan_device *d = &devices[hosts.v[i].value];

		if (i > 0 && strcmp(hosts.v[i - 1].key, hosts.v[i].key) == 0)
			return twice_in_plan(&devices[hosts.v[i - 1].value], d,
			                     hosts.v[i].key, err);
		if (check_other(planner, planned, d, hosts.v[i].key, err) < 0)
			return -(int)err->kind;
	}
	return 0;
}
