/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Devices below the guest's NUMA cells: an expander bus for each cell that has devices,
 * and below it one root port for each unit.
 *
 * [LV] pci-addresses, pcie-expander-bus: devices do not plug into it, only ports do, and
 * these need an address of their own. Nothing checks that its bus numbers suffice: an
 * expander of busNr N has the numbers up to the next expander's, one for itself and one
 * for each bus below it.
 */
#include <stdlib.h>
#include <string.h>

#include "domain/place.h"

#define BUS_NR_END 255 /* numbers are below it */
#define ROOM       8   /* ports that a new expander can have at least */
#define IMPLICIT   2   /* devices that libvirt adds: USB controller, balloon */

/* One cell that gets devices. */
struct cell {
	unsigned id;
	unsigned bus;    /* of its expander; 0 none yet */
	unsigned bus_nr; /* of its expander */
	size_t wanted;   /* ports that have to be made */
	unsigned slot;   /* of the expander, for the next port */
};

struct cells {
	struct cell *v;
	size_t n, cap;
};

/* What there is. */
struct numa {
	struct vc_placing *placing;
	const struct vc_layout *layout;
	struct cells cells;
	unsigned lowest; /* busNr of any expander */
	unsigned next;   /* index of the next controller */
	bool had_ports;  /* the domain writes controllers beside the root */
	struct vc_err *err;
};

/* ---- which cell ---- */

static int host_node(const struct vc_planner *planner, const struct vc_plan_device *d)
{
	const struct vc_function *f = NULL;

	if (planner->input->host && d->host.has_pci)
		f = vc_host_facts_function(planner->input->host, &d->host.pci);
	return f ? f->numa_node : -1;
}

static int cell_of_node(const struct vc_layout *layout, int node)
{
	for (size_t i = 0; i < layout->cells.n; i++)
		if (vc_nodeset_has(layout->cells.v[i].host_nodes, (unsigned)node))
			return (int)layout->cells.v[i].id;
	return -1;
}

static int find_cell(const struct numa *numa, struct vc_place_unit *unit)
{
	struct vc_planner *planner = numa->placing->planner;
	const char *alias = unit->first->alias;
	int node = host_node(planner, unit->first);

	if (!vc_kind_is_pci(unit->first->host.kind))
		return 0;
	if (node < 0)
		return vc_plan_note(
			planner, numa->err, "'%s' is not placed by NUMA node: %s", alias,
			planner->input->host ? "the machine does not say its node"
					     : "--sysfs tells its node");
	unit->cell = cell_of_node(numa->layout, node);
	if (unit->cell >= 0)
		return 0;
	return vc_plan_note(planner, numa->err,
	                    "'%s' is not placed by NUMA node: no cell of the guest has "
	                    "its memory on node %d (<numatune><memnode>)",
	                    alias, node);
}

/* ---- what is there ---- */

static const struct vc_pci_controller *bus_at(const struct numa *numa, unsigned bus)
{
	return numa->placing->topology->buses[bus];
}

/* The expander above a controller; NULL when it is below the root. */
static const struct vc_pci_controller *expander_above(const struct numa *numa,
                                                      const struct vc_pci_controller *c)
{
	for (size_t i = 0; c && i < VC_BUSES; i++) {
		if (!c->address.set)
			return NULL;
		c = bus_at(numa, c->address.bus);
		if (c && c->model == VC_BUS_PCIE_EXPANDER)
			return c;
	}
	return NULL;
}

static size_t count_below(const struct numa *numa,
                          const struct vc_pci_controller *expander)
{
	size_t n = 0;

	for (unsigned bus = 1; bus < VC_BUSES; bus++)
		n += bus_at(numa, bus) &&
		     expander_above(numa, bus_at(numa, bus)) == expander;
	return n;
}

/* Numbers that the root's own buses need. */
static size_t count_main(const struct numa *numa)
{
	size_t n = numa->layout->floating + IMPLICIT;

	for (unsigned bus = 0; bus <= numa->placing->topology->last; bus++) {
		const struct vc_pci_controller *c = bus_at(numa, bus);

		n += !c || (c->model != VC_BUS_PCIE_EXPANDER && !expander_above(numa, c));
	}
	return n;
}

static const struct vc_pci_controller *expander_of(const struct numa *numa, unsigned cell)
{
	for (unsigned bus = 1; bus < VC_BUSES; bus++) {
		const struct vc_pci_controller *c = bus_at(numa, bus);

		if (c && c->model == VC_BUS_PCIE_EXPANDER && c->node == (int)cell)
			return c;
	}
	return NULL;
}

/* A root port below the cell's expander where nothing is. */
static bool free_port(const struct numa *numa, unsigned cell,
                      struct vc_guest_address *ret_address)
{
	const struct vc_guest_topology *t = numa->placing->topology;

	for (unsigned bus = 1; bus < VC_BUSES; bus++) {
		const struct vc_pci_controller *c = bus_at(numa, bus);
		const struct vc_pci_controller *above = expander_above(numa, c);

		if (!c || c->model != VC_BUS_ROOT_PORT || !above ||
		    above->node != (int)cell || t->used[bus][0] != 0)
			continue;
		*ret_address =
			(struct vc_guest_address){ .set = true, .bus = (uint8_t)bus };
		return true;
	}
	return false;
}

/* ---- room ---- */

static int no_room(const struct numa *numa, unsigned cell, const char *what)
{
	return vc_fail(numa->err, VC_ERR_REFUSED,
	               "%s: devices of NUMA cell %u cannot be placed: %s",
	               numa->placing->planner->document->file, cell, what);
}

/* Whether @n more ports fit below an expander that is there. */
static int check_room(const struct numa *numa, const struct vc_pci_controller *expander,
                      const struct cell *cell)
{
	size_t end = expander->bus_nr + count_below(numa, expander) + cell->wanted;
	unsigned limit = BUS_NR_END;

	if (expander->bus_nr == 0)
		return no_room(numa, cell->id,
		               "its expander bus has no busNr yet; define the domain "
		               "first, or give it one");
	for (unsigned bus = 1; bus < VC_BUSES; bus++) {
		const struct vc_pci_controller *c = bus_at(numa, bus);

		if (c && c->model == VC_BUS_PCIE_EXPANDER &&
		    c->bus_nr > expander->bus_nr && c->bus_nr < limit)
			limit = c->bus_nr;
	}
	if (end < limit)
		return 0;
	return no_room(numa, cell->id,
	               "the next expander's busNr leaves too few bus numbers below its "
	               "own");
}

static int find_lowest(struct numa *numa)
{
	numa->lowest = BUS_NR_END;
	for (unsigned bus = 1; bus < VC_BUSES; bus++) {
		const struct vc_pci_controller *c = bus_at(numa, bus);

		if (!c || c->model != VC_BUS_PCIE_EXPANDER)
			continue;
		if (c->bus_nr == 0)
			return no_room(numa, c->node < 0 ? 0 : (unsigned)c->node,
			               "an expander bus has no busNr yet; define the "
			               "domain first, or give it one");
		if (c->bus_nr < numa->lowest)
			numa->lowest = c->bus_nr;
	}
	return 0;
}

static int take_room(struct numa *numa, struct cell *cell)
{
	size_t size = 1 + (cell->wanted > ROOM ? cell->wanted : ROOM);

	if (numa->lowest < size + count_main(numa))
		return no_room(numa, cell->id,
		               "too few bus numbers are left for an expander bus");
	numa->lowest -= (unsigned)size;
	cell->bus_nr = numa->lowest;
	return 0;
}

/* ---- making ---- */

static int next_index(struct numa *numa, unsigned cell, unsigned *ret_index)
{
	if (numa->next >= VC_BUSES)
		return no_room(numa, cell, "the guest has 256 buses already");
	*ret_index = numa->next++;
	return 0;
}

static int make(const struct numa *numa, struct vc_plan_controller *controller,
                enum vc_bus_model model, const char *why)
{
	static char type[] = "pci";
	struct vc_planner *planner = numa->placing->planner;

	controller->type = type;
	controller->model = vc_arena_strdup(planner->arena, vc_bus_model_name(model));
	if (!controller->model)
		return vc_fail_oom(numa->err);
	return vc_plan_controller(planner, controller, why, numa->err);
}

static int make_expander(struct numa *numa, struct cell *cell)
{
	struct vc_plan_controller c = { .node = (int)cell->id };

	if (take_room(numa, cell) < 0 || next_index(numa, cell->id, &cell->bus) < 0)
		return -(int)numa->err->kind;
	c.index = cell->bus;
	c.bus_nr = cell->bus_nr;
	return make(numa, &c, VC_BUS_PCIE_EXPANDER, "for a NUMA cell");
}

static int ready_cell(struct numa *numa, struct cell *cell)
{
	const struct vc_pci_controller *expander = expander_of(numa, cell->id);

	if (cell->wanted == 0)
		return 0;
	if (!expander)
		return make_expander(numa, cell);
	cell->bus = expander->index;
	return check_room(numa, expander, cell);
}

static int make_port(struct numa *numa, struct cell *cell,
                     struct vc_guest_address *ret_slot)
{
	struct vc_guest_topology *topology = numa->placing->topology;
	struct vc_plan_controller c = { .node = -1 };

	while (cell->slot < VC_SLOTS && topology->used[cell->bus][cell->slot] != 0)
		cell->slot++;
	if (cell->slot == VC_SLOTS)
		return no_room(numa, cell->id, "its expander bus has 32 ports already");
	if (next_index(numa, cell->id, &c.index) < 0)
		return -(int)numa->err->kind;
	c.address = (struct vc_guest_address){ .set = true,
		                               .bus = (uint8_t)cell->bus,
		                               .slot = (uint8_t)cell->slot };
	vc_topology_take(topology, &c.address);
	*ret_slot = (struct vc_guest_address){ .set = true, .bus = (uint8_t)c.index };
	return make(numa, &c, VC_BUS_ROOT_PORT, "for a device of a NUMA cell");
}

/* [LV] libvirt adds a free port to a domain without any; it no longer does so when there
 * are controllers. It fills free buses from below, so ours stands above what it needs. */
static int make_spare(struct numa *numa)
{
	struct vc_plan_controller c = { .node = -1 };

	c.index = numa->next + (unsigned)numa->layout->floating + IMPLICIT;
	if (numa->had_ports || c.index >= VC_BUSES)
		return 0;
	vc_topology_take(
		numa->placing->topology,
		&(struct vc_guest_address){ .set = true, .bus = (uint8_t)c.index });
	return make(numa, &c, VC_BUS_ROOT_PORT, "free, for hot-plug");
}

static int make_root(struct numa *numa)
{
	struct vc_plan_controller c = { .node = -1 };

	if (bus_at(numa, 0))
		return 0;
	return make(numa, &c, VC_BUS_PCIE_ROOT, "the root of all others");
}

/* ---- all of it ---- */

static struct cell *cell_of(struct numa *numa, unsigned id)
{
	struct cell *cell;

	for (size_t i = 0; i < numa->cells.n; i++)
		if (numa->cells.v[i].id == id)
			return &numa->cells.v[i];
	cell = vc_list_push(numa->placing->planner->arena, &numa->cells);
	if (cell)
		*cell = (struct cell){ .id = id };
	return cell;
}

/* Free ports are used first; then it is known how many have to be made. */
static int collect(struct numa *numa)
{
	struct vc_placing *placing = numa->placing;

	for (size_t i = 0; i < placing->units.n; i++) {
		struct vc_place_unit *unit = &placing->units.v[i];
		struct vc_guest_address slot;
		struct cell *cell;

		if (find_cell(numa, unit) < 0)
			return -(int)numa->err->kind;
		if (unit->cell < 0)
			continue;
		cell = cell_of(numa, (unsigned)unit->cell);
		if (!cell)
			return vc_fail_oom(numa->err);
		if (free_port(numa, cell->id, &slot))
			vc_place_unit_at(placing, unit, &slot);
		else
			cell->wanted++;
	}
	return 0;
}

static int make_ports(struct numa *numa)
{
	struct vc_placing *placing = numa->placing;

	for (size_t i = 0; i < placing->units.n; i++) {
		struct vc_place_unit *unit = &placing->units.v[i];
		struct vc_guest_address slot;
		struct cell *cell;

		if (unit->cell < 0 || unit->first->options.address.set)
			continue;
		cell = cell_of(numa, (unsigned)unit->cell);
		if (!cell)
			return vc_fail_oom(numa->err);
		if (make_port(numa, cell, &slot) < 0)
			return -(int)numa->err->kind;
		vc_place_unit_at(placing, unit, &slot);
	}
	return 0;
}

static int by_id(const void *left, const void *right)
{
	const struct cell *a = left;
	const struct cell *b = right;

	return (a->id > b->id) - (a->id < b->id);
}

static int make_all(struct numa *numa)
{
	bool any = false;

	if (numa->cells.n > 1)
		qsort(numa->cells.v, numa->cells.n, sizeof(struct cell), by_id);
	for (size_t i = 0; i < numa->cells.n; i++)
		any |= numa->cells.v[i].wanted > 0;
	if (!any)
		return 0;
	if (find_lowest(numa) < 0 || make_root(numa) < 0)
		return -(int)numa->err->kind;
	for (size_t i = 0; i < numa->cells.n; i++)
		if (ready_cell(numa, &numa->cells.v[i]) < 0)
			return -(int)numa->err->kind;
	if (make_ports(numa) < 0)
		return -(int)numa->err->kind;
	return make_spare(numa);
}

/**
 * vc_place_numa() - Place units below the NUMA cells of the guest
 * @placing:	run; units whose cell is known are placed
 * @err:	"FILE: ...": no room
 *
 * Nothing is done, with a note, when the guest has no cells or a node is not known.
 *
 * Return: 0, -VC_ERR_REFUSED or -VC_ERR_INTERNAL
 */
int vc_place_numa(struct vc_placing *placing, struct vc_err *err)
{
	struct vc_planner *planner = placing->planner;
	struct numa numa = {
		.placing = placing,
		.layout = &planner->domain->layout,
		.next = placing->topology->last + 1,
		.err = err,
	};

	if (numa.layout->cells.n == 0 || !vc_topology_is_pcie(placing->topology))
		return vc_plan_note(planner, err,
		                    "%s: devices are not placed by NUMA node: the guest "
		                    "has no NUMA cells on PCI Express",
		                    planner->document->file);
	for (size_t i = 0; i < numa.layout->controllers.n; i++)
		numa.had_ports |= numa.layout->controllers.v[i].has_index &&
		                  numa.layout->controllers.v[i].index > 0;
	if (collect(&numa) < 0)
		return -(int)err->kind;
	return make_all(&numa);
}
