/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is remembered of places: the address of an alias that has no element for now, and
 * which of the controllers that we made are still needed.
 */
#include <string.h>

#include "domain/check.h"
#include "domain/place.h"

static const struct vc_remembered *find_remembered(const struct vc_planner *planner,
                                                   const char *alias)
{
	const struct vc_remembereds *list = &planner->domain->addresses;

	for (size_t i = 0; i < list->n; i++)
		if (strcmp(list->v[i].alias, alias) == 0)
			return &list->v[i];
	return NULL;
}

/**
 * vc_place_recall() - Give an alias that comes back its guest address again
 * @planner:	planner
 * @bound:	alias; nothing happens when it has an element
 * @options:	get the address, unless they have one
 * @err:	out of memory
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_place_recall(const struct vc_planner *planner, const struct vc_bound *bound,
                    struct vc_options *options, struct vc_err *err)
{
	const struct vc_remembered *r;
	char *origin;

	if (bound->hostdev || options->address.set || options->unassigned == VC_YES)
		return 0;
	r = find_remembered(planner, bound->alias);
	if (!r)
		return 0;
	origin = vc_arena_printf(planner->arena, "%s:%ld (remembered)",
	                         planner->document->file, r->line);
	if (!origin)
		return vc_fail_oom(err);
	options->address = r->address;
	options->origins[VC_OPT_GUEST_ADDRESS] = origin;
	return 0;
}

static int remember(const struct vc_planner *planner, const char *alias,
                    const struct vc_guest_address *address, struct vc_err *err)
{
	struct vc_remembered *slot =
		vc_list_push(planner->arena, &planner->plan->addresses);
	char *copy = vc_arena_strdup(planner->arena, alias);

	if (!slot || !copy)
		return vc_fail_oom(err);
	*slot = (struct vc_remembered){ .alias = copy, .address = *address };
	return 0;
}

static int index_plan(const struct vc_planner *planner, struct vc_index *index,
                      struct vc_err *err)
{
	const struct vc_plan *plan = planner->plan;

	for (size_t i = 0; i < plan->devices.n; i++)
		if (vc_index_add(planner->arena, index, plan->devices.v[i].alias, i,
		                 err) < 0)
			return -(int)err->kind;
	vc_index_sort(index);
	return 0;
}

static int remember_removed(const struct vc_planner *planner, struct vc_err *err)
{
	const struct vc_plan *plan = planner->plan;

	for (size_t i = 0; i < plan->devices.n; i++) {
		const struct vc_plan_device *d = &plan->devices.v[i];
		const struct vc_index_entry *e = NULL;
		const struct vc_hostdev *h;

		if (d->action == VC_PLAN_REMOVE)
			e = vc_index_find(&planner->hostdevs, d->alias, NULL);
		h = e ? &planner->domain->hostdevs.v[e->value] : NULL;
		if (h && h->options.address.set &&
		    remember(planner, d->alias, &h->options.address, err) < 0)
			return -(int)err->kind;
	}
	return 0;
}

/**
 * vc_place_remember() - Remember the addresses of aliases that have no element now
 * @planner:	planner; the devices of its plan are complete
 * @err:	out of memory
 *
 * Of an element that goes because its claim has shrunk the address is kept; who detaches
 * or unbinds a device lets go of its address as well.
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_place_remember(struct vc_planner *planner, struct vc_err *err)
{
	const struct vc_remembereds *list = &planner->domain->addresses;
	struct vc_index index = { 0 };
	bool recorded = planner->input->mode != VC_MODE_UNBIND;

	for (size_t i = 0; i < planner->plan->devices.n; i++)
		recorded |= planner->plan->devices.v[i].recorded;
	if (!recorded)
		return 0;
	if (index_plan(planner, &index, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < list->n; i++)
		if (!vc_index_find(&index, list->v[i].alias, NULL) &&
		    remember(planner, list->v[i].alias, &list->v[i].address, err) < 0)
			return -(int)err->kind;
	if (planner->input->mode != VC_MODE_REWRITE)
		return 0;
	return remember_removed(planner, err);
}

/* ---- what is still needed ---- */

static void use(bool used[VC_BUSES], const struct vc_guest_address *address)
{
	if (address->set)
		used[address->bus] = true;
}

/* What the plan puts on buses, and what will want to be there again. */
static void use_planned(const struct vc_plan *plan, bool used[VC_BUSES])
{
	for (size_t i = 0; i < plan->devices.n; i++)
		if (plan->devices.v[i].action != VC_PLAN_REMOVE)
			use(used, &plan->devices.v[i].options.address);
	for (size_t i = 0; i < plan->controllers.n; i++)
		if (plan->controllers.v[i].action == VC_PLAN_ADD)
			use(used, &plan->controllers.v[i].address);
	for (size_t i = 0; i < plan->addresses.n; i++)
		use(used, &plan->addresses.v[i].address);
}

/* Which buses have a controller that we made. */
static void find_made(const struct vc_planner *planner, bool made[VC_BUSES])
{
	const struct vc_controller_records *records =
		&planner->domain->controller_records;

	for (size_t i = 0; i < records->n; i++)
		if (records->v[i].index < VC_BUSES &&
		    strcmp(records->v[i].type, "pci") == 0)
			made[records->v[i].index] = true;
}

/* What stays on buses, apart from controllers that we made. */
static void use_existing(const struct vc_planner *planner, const struct vc_planned *at,
                         size_t n_at, const bool made[VC_BUSES], bool used[VC_BUSES])
{
	const struct vc_guest_devices *guests = &planner->domain->guests;
	const struct vc_layout *layout = &planner->domain->layout;
	size_t c = 0;

	for (size_t i = 0; i < guests->n; i++) {
		const struct vc_guest_device *g = &guests->v[i];

		if (g->at < n_at && at[g->at].device &&
		    at[g->at].device->action == VC_PLAN_REMOVE)
			continue;
		while (c < layout->controllers.n && layout->controllers.v[c].at < g->at)
			c++;
		if (c < layout->controllers.n && layout->controllers.v[c].at == g->at &&
		    layout->controllers.v[c].has_index &&
		    made[layout->controllers.v[c].index])
			continue;
		use(used, &g->address);
	}
}

/* A bus with a port in use is in use. */
static void use_parents(const struct vc_layout *layout, bool used[VC_BUSES])
{
	bool again = true;

	while (again) {
		again = false;
		for (size_t i = 0; i < layout->controllers.n; i++) {
			const struct vc_pci_controller *c = &layout->controllers.v[i];

			if (!c->has_index || !used[c->index] || !c->address.set ||
			    used[c->address.bus])
				continue;
			used[c->address.bus] = true;
			again = true;
		}
	}
}

/**
 * vc_place_needed() - Which PCI buses are needed after the plan
 * @planner:	planner; the devices of its plan are complete
 * @at:		what the plan does at each place of <devices>
 * @n_at:	how many places
 * @ret_needed:	for each bus
 *
 * The root bus and the free port on it are there because of the expanders.
 */
void vc_place_needed(const struct vc_planner *planner, const struct vc_planned *at,
                     size_t n_at, bool ret_needed[VC_BUSES])
{
	const struct vc_layout *layout = &planner->domain->layout;
	bool made[VC_BUSES] = { false }, used[VC_BUSES] = { false };
	bool expander = false;

	find_made(planner, made);
	use_planned(planner->plan, used);
	use_existing(planner, at, n_at, made, used);
	use_parents(layout, used);
	for (size_t i = 0; i < layout->controllers.n; i++) {
		const struct vc_pci_controller *c = &layout->controllers.v[i];

		expander |= c->has_index && c->model == VC_BUS_PCIE_EXPANDER &&
		            used[c->index];
	}
	memcpy(ret_needed, used, sizeof(used));
	for (size_t i = 0; i < layout->controllers.n; i++) {
		const struct vc_pci_controller *c = &layout->controllers.v[i];
		bool on_root = !c->address.set || c->address.bus == 0;

		if (c->has_index && c->model != VC_BUS_PCIE_EXPANDER && on_root)
			ret_needed[c->index] |= expander;
	}
}
