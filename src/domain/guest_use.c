/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Each guest address and boot order once, and one ramfb: what bindings ask for, together
 * with everything that the domain has.
 *
 * [LV] formatdomain: boot orders are unique and do not go together with <os><boot>; a
 * function above 0 is only found by the guest when function 0 of its slot is there.
 * Only what a binding asks for is judged; the rest of the domain is libvirt's business.
 */
#include <stdio.h>
#include <stdlib.h>

#include "domain/planner.h"

/* A device of the domain after the plan. */
struct user {
	const char *what;                     /* for messages */
	const struct vc_plan_device *planned; /* NULL: not ours */
	struct vc_guest_address address;
	unsigned boot_order;
	bool ramfb;
	unsigned acpi_index;
	const char *acpi_nodes;
};

struct users {
	struct user *v;
	size_t n, cap;
	struct vc_index addresses, boots, acpi;
};

#define KEY_SIZE sizeof("4294967295")

static const char *address_key(struct vc_arena *arena, const struct vc_guest_address *a,
                               unsigned function)
{
	return vc_arena_printf(arena, "%02x:%02x.%x", (unsigned)a->bus, (unsigned)a->slot,
	                       function);
}

static int add_user(const struct vc_planner *planner, struct users *users,
                    const struct user *user, struct vc_err *err)
{
	struct user *slot = vc_list_push(planner->arena, users);
	const char *address = NULL, *boot = NULL, *acpi = NULL;

	if (user->acpi_index > 0)
		acpi = vc_arena_printf(planner->arena, "%u", user->acpi_index);
	if (user->address.set)
		address = address_key(planner->arena, &user->address,
		                      user->address.function);
	if (user->boot_order > 0)
		boot = vc_arena_printf(planner->arena, "%u", user->boot_order);
	if (!slot || (user->address.set && !address) || (user->boot_order > 0 && !boot) ||
	    (user->acpi_index > 0 && !acpi))
		return vc_fail_oom(err);
	*slot = *user;
	if (vc_index_add(planner->arena, &users->addresses, address, users->n - 1, err) <
	            0 ||
	    vc_index_add(planner->arena, &users->acpi, acpi, users->n - 1, err) < 0)
		return -(int)err->kind;
	return vc_index_add(planner->arena, &users->boots, boot, users->n - 1, err);
}

static void override(struct user *user, const struct vc_plan_device *d)
{
	user->planned = d;
	if (d->options.address.set)
		user->address = d->options.address;
	if (d->options.boot_order > 0)
		user->boot_order = d->options.boot_order;
	if (d->options.ramfb != VC_UNKNOWN)
		user->ramfb = d->options.ramfb == VC_YES;
	if (d->options.acpi_index > 0)
		user->acpi_index = d->options.acpi_index;
	if (d->options.acpi_nodeset)
		user->acpi_nodes = d->options.acpi_nodeset;
}

static int add_existing(const struct vc_planner *planner, struct users *users,
                        const struct vc_guest_device *g, const struct vc_plan_device *d,
                        struct vc_err *err)
{
	struct user user = {
		.address = g->address,
		.boot_order = g->boot_order,
		.ramfb = g->ramfb,
		.acpi_index = g->acpi_index,
		.acpi_nodes = g->acpi_nodes,
	};

	if (d && d->action == VC_PLAN_REMOVE)
		return 0;
	user.what =
		vc_arena_printf(planner->arena, "<%s> in line %ld", g->element, g->line);
	if (!user.what)
		return vc_fail_oom(err);
	if (d)
		override(&user, d);
	return add_user(planner, users, &user, err);
}

/* A planned device by its place; several new ones share place 0. */
struct placed {
	size_t at;
	const struct vc_plan_device *device;
};

static int by_place(const void *left, const void *right)
{
	const struct placed *a = left;
	const struct placed *b = right;

	if (a->at != b->at)
		return a->at < b->at ? -1 : 1;
	return (a->device > b->device) - (a->device < b->device);
}

/* The plan in the order of <devices>; NULL when out of memory. */
static struct placed *sort_planned(const struct vc_planner *planner, struct vc_err *err)
{
	const struct vc_plan *plan = planner->plan;
	struct placed *sorted;

	sorted = vc_arena_alloc(planner->arena, plan->devices.n + 1, sizeof(*sorted));
	if (!sorted) {
		(void)vc_fail_oom(err);
		return NULL;
	}
	for (size_t i = 0; i < plan->devices.n; i++)
		sorted[i] = (struct placed){ plan->devices.v[i].at, &plan->devices.v[i] };
	if (plan->devices.n > 1)
		qsort(sorted, plan->devices.n, sizeof(*sorted), by_place);
	return sorted;
}

static int add_planned(const struct vc_planner *planner, struct users *users,
                       const struct vc_plan_device *d, struct vc_err *err)
{
	struct user user = { .what = d->alias };

	if (d->action == VC_PLAN_REMOVE)
		return 0;
	override(&user, d);
	return add_user(planner, users, &user, err);
}

static int collect(const struct vc_planner *planner, struct users *users,
                   struct vc_err *err)
{
	const struct vc_guest_devices *guests = &planner->domain->guests;
	size_t n = planner->plan->devices.n;
	const struct placed *sorted = sort_planned(planner, err);
	size_t j = 0;

	if (!sorted)
		return -(int)err->kind;
	for (size_t i = 0; i < guests->n; i++) {
		const struct vc_plan_device *d = NULL;

		for (; j < n && sorted[j].at < guests->v[i].at; j++)
			if (add_planned(planner, users, sorted[j].device, err) < 0)
				return -(int)err->kind;
		if (j < n && sorted[j].at == guests->v[i].at)
			d = sorted[j++].device;
		if (add_existing(planner, users, &guests->v[i], d, err) < 0)
			return -(int)err->kind;
	}
	for (; j < n; j++)
		if (add_planned(planner, users, sorted[j].device, err) < 0)
			return -(int)err->kind;
	vc_index_sort(&users->addresses);
	vc_index_sort(&users->boots);
	vc_index_sort(&users->acpi);
	return 0;
}

static const char *name_of(const struct user *user)
{
	return user->planned ? user->planned->alias : user->what;
}

/* " (who gave the option)", when it is one of ours that was given it */
static const char *where(const struct vc_planner *planner, const struct user *user,
                         enum vc_opt opt)
{
	const struct vc_plan_device *d = user->planned;
	const char *text;

	if (!d || !vc_options_has(&d->options, opt))
		return "";
	text = vc_arena_printf(planner->arena, " (%s)",
	                       vc_options_origin(&d->options, opt, d->origin));
	return text ? text : "";
}

/* Another user of the same key, NULL when there is none. */
static const struct user *rival(const struct users *users, const struct vc_index *index,
                                const char *key, const struct user *user)
{
	const struct vc_index_entry *e;
	size_t n;

	e = vc_index_find(index, key, &n);
	for (size_t i = 0; i < n; i++)
		if (&users->v[e[i].value] != user)
			return &users->v[e[i].value];
	return NULL;
}

static int check_address(const struct vc_planner *planner, const struct users *users,
                         const struct user *user, struct vc_err *err)
{
	const struct vc_plan_device *d = user->planned;
	const struct vc_guest_address *a = &user->address;
	const char *own, *first, *wants = "wants", *origin;
	const struct user *other;

	if (!d || !a->set || d->action == VC_PLAN_UNBIND)
		return 0;
	origin = vc_options_origin(&d->options, VC_OPT_GUEST_ADDRESS, d->origin);
	if (!d->options.address.set)
		wants = "is at";
	own = address_key(planner->arena, a, a->function);
	first = address_key(planner->arena, a, 0);
	if (!own || !first)
		return vc_fail_oom(err);
	other = rival(users, &users->addresses, own, user);
	if (other && d->options.address.set)
		return vc_fail(err, VC_ERR_REFUSED,
		               "%s: alias '%s' wants guest address '%s', which '%s' "
		               "has%s; choose another one",
		               origin, d->alias, own, name_of(other),
		               where(planner, other, VC_OPT_GUEST_ADDRESS));
	if (a->function == 0)
		return 0;
	other = rival(users, &users->addresses, first, user);
	if (!other)
		return vc_fail(
			err, VC_ERR_REFUSED,
			"%s: alias '%s' %s guest address '%s', but nothing is at "
			"'%s': guests find a function only when function 0 is there",
			origin, d->alias, wants, own, first);
	if (other->address.multifunction == VC_NO)
		return vc_fail(err, VC_ERR_REFUSED,
		               "%s: alias '%s' %s guest address '%s', but '%s' at '%s' "
		               "has multifunction='off'",
		               origin, d->alias, wants, own, name_of(other), first);
	return 0;
}

static int check_boot(const struct vc_planner *planner, const struct users *users,
                      const struct user *user, struct vc_err *err)
{
	const struct vc_plan_device *d = user->planned;
	const struct user *other;
	char key[KEY_SIZE];

	if (!d || d->options.boot_order == 0)
		return 0;
	if (planner->domain->os_boot)
		return vc_fail(
			err, VC_ERR_REFUSED,
			"%s: alias '%s' wants boot order %u, but the domain boots "
			"by <os><boot>; libvirt takes only one of them",
			vc_options_origin(&d->options, VC_OPT_BOOT_ORDER, d->origin),
			d->alias, d->options.boot_order);
	(void)snprintf(key, sizeof(key), "%u", user->boot_order);
	other = rival(users, &users->boots, key, user);
	if (other)
		return vc_fail(
			err, VC_ERR_REFUSED,
			"%s: alias '%s' wants boot order %u, which '%s' has%s; "
			"choose another one",
			vc_options_origin(&d->options, VC_OPT_BOOT_ORDER, d->origin),
			d->alias, d->options.boot_order, name_of(other),
			where(planner, other, VC_OPT_BOOT_ORDER));
	return 0;
}

/* [LV] neither libvirt nor QEMU's command line notices either of these. */
static int check_acpi(const struct vc_planner *planner, const struct users *users,
                      const struct user *user, struct vc_err *err)
{
	const struct vc_plan_device *d = user->planned;
	const struct vc_layout *layout = &planner->domain->layout;
	const struct user *other = NULL;
	char key[KEY_SIZE];
	unsigned node = 0;

	if (!d || d->action == VC_PLAN_UNBIND)
		return 0;
	(void)snprintf(key, sizeof(key), "%u", user->acpi_index);
	if (user->acpi_index > 0)
		other = rival(users, &users->acpi, key, user);
	if (other)
		return vc_fail(
			err, VC_ERR_REFUSED,
			"%s: alias '%s' has acpi index %s, which '%s' has too%s; a "
			"guest names its network devices by it: choose another one",
			vc_options_origin(&d->options, VC_OPT_ACPI_INDEX, d->origin),
			d->alias, key, name_of(other),
			where(planner, other, VC_OPT_ACPI_INDEX));
	if (!user->acpi_nodes || vc_layout_has_nodes(layout, user->acpi_nodes, &node))
		return 0;
	return vc_fail(err, VC_ERR_REFUSED,
	               "%s: alias '%s' has acpi nodeset '%s', but the domain has no NUMA "
	               "cell %u; <cpu><numa> makes cells",
	               vc_options_origin(&d->options, VC_OPT_ACPI_NODESET, d->origin),
	               d->alias, user->acpi_nodes, node);
}

static int check_ramfb(const struct vc_planner *planner, const struct users *users,
                       struct vc_err *err)
{
	const struct user *first = NULL, *asked = NULL, *other = NULL;

	for (size_t i = 0; i < users->n; i++) {
		const struct user *u = &users->v[i];

		if (!u->ramfb)
			continue;
		if (!asked && u->planned && u->planned->options.ramfb == VC_YES)
			asked = u;
		if (!first)
			first = u;
		else
			other = u;
	}
	if (!asked || !other)
		return 0;
	other = asked == first ? other : first;
	return vc_fail(err, VC_ERR_REFUSED,
	               "%s: alias '%s' wants ramfb, which '%s' has%s; a guest can have "
	               "one",
	               vc_options_origin(&asked->planned->options, VC_OPT_RAMFB,
	                                 asked->planned->origin),
	               asked->planned->alias, name_of(other),
	               where(planner, other, VC_OPT_RAMFB));
}

/**
 * vc_check_guest_use() - Refuse guest addresses, boot orders and ramfb that collide
 * @planner:	planner with a complete plan
 * @err:	names both users
 *
 * Return: 0, -VC_ERR_REFUSED or -VC_ERR_INTERNAL
 */
int vc_check_guest_use(const struct vc_planner *planner, struct vc_err *err)
{
	struct users users = { 0 };

	if (collect(planner, &users, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < users.n; i++)
		if (check_address(planner, &users, &users.v[i], err) < 0 ||
		    check_boot(planner, &users, &users.v[i], err) < 0 ||
		    check_acpi(planner, &users, &users.v[i], err) < 0)
			return -(int)err->kind;
	return check_ramfb(planner, &users, err);
}
