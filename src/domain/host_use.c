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
                       const struct vc_plan_device *d, const char *key,
                       struct vc_err *err)
{
	const struct vc_index_entry *e;
	size_t n;

	e = vc_index_find(&planner->hosts, key, &n);
	for (size_t i = 0; i < n; i++)
		if (!planned[e[i].value])
			return used_by_domain(planner, d,
			                      &planner->domain->hostdevs.v[e[i].value],
			                      vc_planned_host(planner, d), err);
	return 0;
}

/* [LV] USB devices are the same for libvirt when one is given by its ids alone, and the
 * other has these ids too. */
struct usb_user {
	const struct vc_host_side *host;
	const struct vc_plan_device *planned; /* NULL: of the domain, and not ours */
	const struct vc_hostdev *hostdev;
};

struct usb_users {
	struct usb_user *v;
	size_t n, cap;
	struct vc_index ids;
};

static bool by_ids_alone(const struct vc_host_side *host)
{
	return host->usb.has_ids && host->usb.bus == 0;
}

static int add_usb(const struct vc_planner *planner, struct usb_users *users,
                   const struct usb_user *user, struct vc_err *err)
{
	const struct vc_usb_device *usb = &user->host->usb;
	struct usb_user *slot;
	const char *key;

	if (user->host->kind != VC_KIND_USB || !usb->has_ids)
		return 0;
	key = vc_arena_printf(planner->arena, "%04x:%04x", usb->vendor, usb->product);
	slot = vc_list_push(planner->arena, users);
	if (!key || !slot)
		return vc_fail_oom(err);
	*slot = *user;
	return vc_index_add(planner->arena, &users->ids, key, users->n - 1, err);
}

/* One of them is given by its ids alone. */
static int check_usb_pair(const struct vc_planner *planner, const struct usb_user *a,
                          const struct usb_user *b, struct vc_err *err)
{
	const struct usb_user *ours = b->planned ? b : a, *other = b->planned ? a : b;
	const char *host = vc_planned_host(planner, ours->planned);

	if (!ours->planned)
		return 0;
	if (other->planned)
		return twice_in_plan(other->planned, ours->planned, host, err);
	return used_by_domain(planner, ours->planned, other->hostdev, host, err);
}

/* One of @n devices with the same ids that is given by these alone; NULL none. */
static const struct usb_user *find_vague(const struct usb_users *users,
                                         const struct vc_index_entry *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (by_ids_alone(users->v[v[i].value].host))
			return &users->v[v[i].value];
	return NULL;
}

static int check_usb(const struct vc_planner *planner, struct usb_users *users,
                     struct vc_err *err)
{
	size_t n = 0;

	vc_index_sort(&users->ids);
	for (size_t i = 0; i < users->ids.n; i += n) {
		const struct vc_index_entry *v =
			vc_index_find(&users->ids, users->ids.v[i].key, &n);
		const struct usb_user *vague = find_vague(users, v, n);

		for (size_t j = 0; vague && j < n; j++)
			if (&users->v[v[j].value] != vague &&
			    check_usb_pair(planner, vague, &users->v[v[j].value], err) <
			            0)
				return -(int)err->kind;
	}
	return 0;
}

static int check_usb_ids(const struct vc_planner *planner, const bool *planned,
                         struct vc_err *err)
{
	const struct vc_hostdevs *hostdevs = &planner->domain->hostdevs;
	const struct vc_plan *plan = planner->plan;
	struct usb_users users = { 0 };

	for (size_t i = 0; i < hostdevs->n; i++) {
		const struct usb_user user = { .host = &hostdevs->v[i].host,
			                       .hostdev = &hostdevs->v[i] };

		if (!planned[i] && add_usb(planner, &users, &user, err) < 0)
			return -(int)err->kind;
	}
	for (size_t i = 0; i < plan->devices.n; i++) {
		const struct usb_user user = { .host = &plan->devices.v[i].host,
			                       .planned = &plan->devices.v[i] };

		if (!leaves(plan->devices.v[i].action) &&
		    add_usb(planner, &users, &user, err) < 0)
			return -(int)err->kind;
	}
	return check_usb(planner, &users, err);
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
		                 vc_host_side_key(planner->arena, &devices[i].host), i,
		                 err) < 0)
			return -(int)err->kind;
	vc_index_sort(&hosts);
	for (size_t i = 0; i < hosts.n; i++) {
		const struct vc_plan_device *d = &devices[hosts.v[i].value];

		if (i > 0 && strcmp(hosts.v[i - 1].key, hosts.v[i].key) == 0)
			return twice_in_plan(&devices[hosts.v[i - 1].value], d,
			                     vc_planned_host(planner, d), err);
		if (check_other(planner, planned, d, hosts.v[i].key, err) < 0)
			return -(int)err->kind;
	}
	return check_usb_ids(planner, planned, err);
}
