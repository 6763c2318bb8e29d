/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guest addresses that are asked for and cannot be: libvirt or QEMU would refuse them
 * too, but in words that name neither alias nor binding, and some only at start.
 *
 * A bus that the domain does not write is no mistake: [LV] libvirt makes it.
 */
#include "domain/guest_topology.h"
#include "domain/planner.h"

static int refuse(const struct vc_plan_device *d, const char *why, struct vc_err *err)
{
	const struct vc_guest_address *a = &d->options.address;

	return vc_fail(err, VC_ERR_REFUSED,
	               "%s: alias '%s' wants guest address '%02x:%02x.%x': %s",
	               vc_options_origin(&d->options, VC_OPT_GUEST_ADDRESS, d->origin),
	               d->alias, (unsigned)a->bus, (unsigned)a->slot,
	               (unsigned)a->function, why);
}

static const char *bus_text(const struct vc_planner *planner,
                            const struct vc_guest_topology *topology, unsigned bus)
{
	const struct vc_pci_controller *c = topology->buses[bus];
	const char *text;

	if (!c)
		return "a bus that libvirt makes";
	text = vc_arena_printf(planner->arena, "the %s in line %ld",
	                       vc_bus_model_name(c->model), c->line);
	return text ? text : vc_bus_model_name(c->model);
}

static const char *why_not(const struct vc_planner *planner,
                           const struct vc_guest_topology *topology,
                           const struct vc_guest_address *a)
{
	const char *reserved = vc_topology_reserved(topology, a);
	const char *bus = bus_text(planner, topology, a->bus);
	struct vc_bus_rule rule;

	if (topology->machine == VC_MACHINE_MICROVM)
		return "a microvm has no PCI bus";
	if (reserved)
		return vc_arena_printf(planner->arena, "it belongs to %s", reserved);
	if (!vc_topology_rule(topology, a->bus, &rule))
		return NULL;
	if (!rule.endpoints)
		return vc_arena_printf(planner->arena,
		                       "bus %02x is %s, which takes ports only; name the "
		                       "bus of a port of it",
		                       (unsigned)a->bus, bus);
	if (a->slot < rule.first)
		return vc_arena_printf(planner->arena,
		                       "bus %02x is %s, whose slots begin at %02x",
		                       (unsigned)a->bus, bus, (unsigned)rule.first);
	if (a->slot > rule.last)
		return vc_arena_printf(planner->arena,
		                       "bus %02x is %s, which has slot %02x only",
		                       (unsigned)a->bus, bus, (unsigned)rule.last);
	return NULL;
}

/**
 * vc_check_guest_place() - Refuse guest addresses where no device can be
 * @planner:	planner with a complete plan
 * @err:	names alias, address and controller
 *
 * Return: 0, -VC_ERR_REFUSED or -VC_ERR_INTERNAL
 */
int vc_check_guest_place(const struct vc_planner *planner, struct vc_err *err)
{
	struct vc_guest_topology *topology =
		vc_arena_alloc(planner->arena, 1, sizeof(*topology));

	if (!topology)
		return vc_fail_oom(err);
	vc_topology_init(topology, planner->domain);
	for (size_t i = 0; i < planner->plan->devices.n; i++) {
		const struct vc_plan_device *d = &planner->plan->devices.v[i];
		const char *why;

		if (d->action == VC_PLAN_REMOVE || !d->options.address.set)
			continue;
		why = why_not(planner, topology, &d->options.address);
		if (why)
			return refuse(d, why, err);
	}
	return 0;
}
