/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the guest sees its devices. Asked for with --place, in our annotation, or in an
 * earlier run; otherwise libvirt decides.
 *
 * An address that is there, asked for or remembered stays. What has none is put into
 * units: functions of one host slot together, or a device alone. Each unit gets a slot.
 */
#include "domain/place.h"

#include <stdlib.h>
#include <string.h>

/* ---- what a device has ---- */

static const struct vc_hostdev *element_of(const struct vc_planner *planner,
                                           const struct vc_plan_device *d)
{
	const struct vc_index_entry *e;
	size_t n = 0;

	e = vc_index_find(&planner->hostdevs, d->alias, &n);
	for (size_t i = 0; i < n; i++)
		if (d->at > 0 && planner->domain->hostdevs.v[e[i].value].at == d->at)
			return &planner->domain->hostdevs.v[e[i].value];
	return NULL;
}

static bool is_leaving(const struct vc_plan_device *d)
{
	return d->action == VC_PLAN_REMOVE || d->action == VC_PLAN_UNBIND;
}

/* The guest address after the plan; .set is false when it has none. */
static struct vc_guest_address address_of(const struct vc_planner *planner,
                                          const struct vc_plan_device *d)
{
	const struct vc_hostdev *h = element_of(planner, d);

	if (d->options.address.set || !h)
		return d->options.address;
	return h->options.address;
}

/* Whether it has an address of any type, so that there is nothing to decide. */
static bool has_place(const struct vc_planner *planner, const struct vc_plan_device *d)
{
	const struct vc_hostdev *h = element_of(planner, d);

	return d->options.address.set || d->options.unassigned == VC_YES ||
	       (h && h->has_address);
}

static bool is_on_pci(const struct vc_plan_device *d)
{
	if (d->host.kind == VC_KIND_MDEV)
		return d->host.mdev_model == VC_MDEV_VFIO_PCI;
	return vc_opt_fits(VC_OPT_GUEST_ADDRESS, d->host.kind);
}

/* A record without element stays as it is. */
static bool is_open(const struct vc_planner *planner, const struct vc_plan_device *d)
{
	return !is_leaving(d) && (d->at > 0 || d->action == VC_PLAN_ADD) &&
	       is_on_pci(d) && !has_place(planner, d);
}

/* ---- giving places ---- */

static void set_address(struct vc_plan_device *d, const struct vc_guest_address *slot,
                        size_t function, enum vc_tri multifunction)
{
	static char why[] = "its place in the guest";

	d->options.address = *slot;
	d->options.address.set = true;
	d->options.address.function = (uint8_t)function;
	d->options.address.multifunction = multifunction;
	if (d->action != VC_PLAN_KEEP)
		return;
	d->action = VC_PLAN_CHANGE;
	d->why = why;
}

/**
 * vc_place_unit_at() - Give a unit its slot
 * @placing:	run; the slot is in use afterwards
 * @unit:	unit; its devices get addresses
 * @slot:	slot, the function does not matter
 */
void vc_place_unit_at(struct vc_placing *placing, struct vc_place_unit *unit,
                      const struct vc_guest_address *slot)
{
	for (size_t i = 0; i < VC_FUNCTIONS; i++) {
		if (!unit->devices[i])
			continue;
		set_address(unit->devices[i], slot, i,
		            i == 0 && unit->n > 1 ? VC_YES : VC_UNKNOWN);
		vc_topology_take(placing->topology, &unit->devices[i]->options.address);
	}
}

/* ---- functions of one host slot ---- */

static bool is_function(const struct vc_planner *planner, const struct vc_plan_device *d)
{
	const struct vc_function *f = NULL;

	if (is_leaving(d) || !d->host.has_pci ||
	    (d->host.kind != VC_KIND_PCI && d->host.kind != VC_KIND_NETWORK))
		return false;
	/* virtual functions of one slot have nothing to do with each other */
	if (planner->input->host)
		f = vc_host_facts_function(planner->input->host, &d->host.pci);
	return !f || !f->is_vf;
}

static int by_host(const void *left, const void *right)
{
	const struct vc_plan_device *const *a = left;
	const struct vc_plan_device *const *b = right;

	return vc_pci_address_compare(&(*a)->host.pci, &(*b)->host.pci);
}

static bool same_slot(const struct vc_plan_device *a, const struct vc_plan_device *b)
{
	return a->host.pci.domain == b->host.pci.domain &&
	       a->host.pci.bus == b->host.pci.bus && a->host.pci.slot == b->host.pci.slot;
}

static struct vc_place_unit *add_unit(struct vc_placing *placing)
{
	struct vc_place_unit *unit =
		vc_list_push(placing->planner->arena, &placing->units);

	if (unit)
		*unit = (struct vc_place_unit){ .cell = -1 };
	return unit;
}

static void join_unit(struct vc_place_unit *unit, struct vc_plan_device *d,
                      size_t function)
{
	unit->devices[function] = d;
	unit->n++;
	if (function == 0)
		unit->first = d;
}

/* Function 0 has a place: the others join it there. */
static void join_first(struct vc_placing *placing, struct vc_plan_device **group,
                       size_t n)
{
	struct vc_planner *planner = placing->planner;
	struct vc_guest_address slot = address_of(planner, group[0]);
	bool joined = false;

	if (!slot.set || slot.function != 0)
		return;
	for (size_t i = 1; i < n; i++) {
		if (!is_open(planner, group[i]))
			continue;
		set_address(group[i], &slot, group[i]->host.pci.function, VC_UNKNOWN);
		vc_topology_take(placing->topology, &group[i]->options.address);
		joined = true;
	}
	if (joined && slot.multifunction == VC_UNKNOWN)
		set_address(group[0], &slot, 0, VC_YES);
}

/* @group is sorted by function. */
static int place_group(struct vc_placing *placing, struct vc_plan_device **group,
                       size_t n, struct vc_err *err)
{
	struct vc_planner *planner = placing->planner;
	struct vc_place_unit *unit;

	if (n < 2)
		return 0;
	if (group[0]->host.pci.function != 0) {
		for (size_t i = 0; i < n; i++)
			if (is_open(planner, group[i]))
				return vc_plan_note(
					planner, err,
					"'%s' and '%s' are functions of one device of the "
					"host, but its function 0 is not attached: each "
					"gets a slot of its own",
					group[0]->alias, group[1]->alias);
		return 0;
	}
	if (!is_open(planner, group[0])) {
		join_first(placing, group, n);
		return 0;
	}
	unit = add_unit(placing);
	if (!unit)
		return vc_fail_oom(err);
	for (size_t i = 0; i < n; i++)
		if (is_open(planner, group[i])) {
			join_unit(unit, group[i], group[i]->host.pci.function);
			placing->grouped[group[i] - planner->plan->devices.v] = true;
		}
	return 0;
}

static int place_functions(struct vc_placing *placing, struct vc_err *err)
{
	struct vc_planner *planner = placing->planner;
	struct vc_plan *plan = planner->plan;
	struct vc_plan_device **sorted;
	size_t n = 0, end;

	sorted = vc_arena_alloc(planner->arena, plan->devices.n + 1,
	                        sizeof(struct vc_plan_device *));
	if (!sorted)
		return vc_fail_oom(err);
	for (size_t i = 0; i < plan->devices.n; i++)
		if (is_function(planner, &plan->devices.v[i]))
			sorted[n++] = &plan->devices.v[i];
	if (n > 1)
		qsort(sorted, n, sizeof(struct vc_plan_device *), by_host);
	for (size_t start = 0; start < n; start = end) {
		for (end = start + 1; end < n && same_slot(sorted[start], sorted[end]);)
			end++;
		if (place_group(placing, sorted + start, end - start, err) < 0)
			return -(int)err->kind;
	}
	return 0;
}

/* ---- everything else ---- */

static int add_single_units(struct vc_placing *placing, struct vc_err *err)
{
	struct vc_plan *plan = placing->planner->plan;

	for (size_t i = 0; i < plan->devices.n; i++) {
		struct vc_plan_device *d = &plan->devices.v[i];
		struct vc_place_unit *unit;

		if (!is_open(placing->planner, d) || placing->grouped[i])
			continue;
		unit = add_unit(placing);
		if (!unit)
			return vc_fail_oom(err);
		join_unit(unit, d, 0);
	}
	return 0;
}

/* In the order of the plan, so that what is placed does not depend on host addresses. */
static int by_plan(const void *left, const void *right)
{
	const struct vc_place_unit *a = left;
	const struct vc_place_unit *b = right;

	return (a->first > b->first) - (a->first < b->first);
}

static int place_rest(struct vc_placing *placing, struct vc_err *err)
{
	for (size_t i = 0; i < placing->units.n; i++) {
		struct vc_place_unit *unit = &placing->units.v[i];
		struct vc_guest_address slot;

		if (unit->first->options.address.set ||
		    (unit->n < 2 && (placing->what & VC_PLACE_ADDRESSES) == 0))
			continue;
		if (!vc_topology_free_slot(placing->topology, &slot))
			return vc_fail(
				err, VC_ERR_REFUSED,
				"%s: alias '%s' cannot be placed: the guest has no "
				"free PCI slot, and no bus number for another one",
				unit->first->origin, unit->first->alias);
		vc_place_unit_at(placing, unit, &slot);
	}
	return 0;
}

static void take_known(struct vc_placing *placing)
{
	const struct vc_planner *planner = placing->planner;

	for (size_t i = 0; i < planner->plan->devices.n; i++)
		vc_topology_take(placing->topology,
		                 &planner->plan->devices.v[i].options.address);
	for (size_t i = 0; i < planner->domain->addresses.n; i++)
		vc_topology_take(placing->topology,
		                 &planner->domain->addresses.v[i].address);
}

static int place_units(struct vc_placing *placing, struct vc_err *err)
{
	if ((placing->what & VC_PLACE_FUNCTIONS) != 0 &&
	    place_functions(placing, err) < 0)
		return -(int)err->kind;
	if (add_single_units(placing, err) < 0)
		return -(int)err->kind;
	if (placing->units.n > 1)
		qsort(placing->units.v, placing->units.n, sizeof(struct vc_place_unit),
		      by_plan);
	if ((placing->what & VC_PLACE_NUMA) != 0 && vc_place_numa(placing, err) < 0)
		return -(int)err->kind;
	return place_rest(placing, err);
}

static bool has_open(const struct vc_planner *planner)
{
	for (size_t i = 0; i < planner->plan->devices.n; i++)
		if (is_open(planner, &planner->plan->devices.v[i]))
			return true;
	return false;
}

/**
 * vc_place() - Decide where the guest sees devices that have no address
 * @planner:	planner with a complete plan; addresses and controllers are added to it
 * @err:	"ORIGIN: ..."
 *
 * Return: 0, -VC_ERR_REFUSED (no room) or -VC_ERR_INTERNAL
 */
int vc_place(struct vc_planner *planner, struct vc_err *err)
{
	struct vc_placing placing = { .planner = planner };

	planner->plan->place = planner->input->place.said ? planner->input->place.what
	                                                  : planner->domain->place;
	placing.what = planner->plan->place | planner->input->vmi_place;
	if (planner->input->mode != VC_MODE_REWRITE || placing.what == 0 ||
	    !has_open(planner))
		return 0;
	placing.topology = vc_arena_alloc(planner->arena, 1, sizeof(*placing.topology));
	placing.grouped = vc_arena_alloc(planner->arena, planner->plan->devices.n,
	                                 sizeof(*placing.grouped));
	if (!placing.topology || !placing.grouped)
		return vc_fail_oom(err);
	vc_topology_init(placing.topology, planner->domain);
	if (!vc_topology_is_pcie(placing.topology) &&
	    placing.topology->machine != VC_MACHINE_I440FX)
		return vc_plan_note(planner, err,
		                    "%s: devices are not placed: which PCI buses its "
		                    "machine has is known of q35, virt and pc only",
		                    planner->document->file);
	take_known(&placing);
	return place_units(&placing, err);
}
