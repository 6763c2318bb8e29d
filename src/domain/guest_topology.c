/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "domain/guest_topology.h"

#include <string.h>

/* [LV] pci-hotplug and domain_addr: what plugs into which controller. */
static const struct {
	enum vc_bus_model model;
	struct vc_bus_rule rule;
} rules[] = {
	{ VC_BUS_PCIE_ROOT, { true, 1, 31 } },
	{ VC_BUS_ROOT_PORT, { true, 0, 0 } },
	{ VC_BUS_UPSTREAM_PORT, { false, 0, 31 } },
	{ VC_BUS_DOWNSTREAM_PORT, { true, 0, 0 } },
	{ VC_BUS_PCIE_EXPANDER, { false, 0, 31 } },
	{ VC_BUS_PCI_ROOT, { true, 1, 31 } },
	{ VC_BUS_PCI_BRIDGE, { true, 1, 31 } },
	{ VC_BUS_DMI_TO_PCI, { true, 0, 31 } },
	{ VC_BUS_PCIE_TO_PCI, { true, 1, 31 } },
	{ VC_BUS_PCI_EXPANDER, { true, 1, 31 } },
};

/* A domain without machine may have the controllers of one. */
static enum vc_machine guess_machine(const struct vc_pci_controller *root)
{
	if (root && root->model == VC_BUS_PCIE_ROOT)
		return VC_MACHINE_Q35;
	return VC_MACHINE_UNKNOWN;
}

static void take_bus(struct vc_guest_topology *topology, unsigned bus)
{
	if (bus > topology->last)
		topology->last = bus;
}

/**
 * vc_topology_init() - Find the buses of a guest and what is on them
 * @topology:	filled; borrows from @domain
 * @domain:	domain
 */
void vc_topology_init(struct vc_guest_topology *topology, const struct vc_domain *domain)
{
	const struct vc_layout *layout = &domain->layout;

	memset(topology, 0, sizeof(*topology));
	for (size_t i = 0; i < layout->controllers.n; i++) {
		const struct vc_pci_controller *c = &layout->controllers.v[i];

		if (!c->has_index || topology->buses[c->index])
			continue;
		topology->buses[c->index] = c;
		take_bus(topology, c->index);
	}
	topology->machine = layout->machine;
	if (topology->machine == VC_MACHINE_UNKNOWN)
		topology->machine = guess_machine(topology->buses[0]);
	for (size_t i = 0; i < domain->guests.n; i++)
		vc_topology_take(topology, &domain->guests.v[i].address);
}

/**
 * vc_topology_take() - Mark a guest address as used
 * @topology:	topology
 * @address:	address, nothing happens unless .set
 */
void vc_topology_take(struct vc_guest_topology *topology,
                      const struct vc_guest_address *address)
{
	if (!address->set || address->slot >= VC_SLOTS)
		return;
	topology->used[address->bus][address->slot] |= (uint8_t)(1u << address->function);
	take_bus(topology, address->bus);
}

/**
 * vc_topology_is_pcie() - Whether missing buses become root ports
 * @topology:	topology
 *
 * Return: whether; false also when the machine is not known
 */
bool vc_topology_is_pcie(const struct vc_guest_topology *topology)
{
	return topology->machine == VC_MACHINE_Q35 ||
	       topology->machine == VC_MACHINE_VIRT;
}

/* What a bus is that the document does not write. */
static enum vc_bus_model missing_model(const struct vc_guest_topology *topology,
                                       unsigned bus)
{
	if (vc_topology_is_pcie(topology))
		return bus == 0 ? VC_BUS_PCIE_ROOT : VC_BUS_ROOT_PORT;
	if (topology->machine == VC_MACHINE_I440FX)
		return bus == 0 ? VC_BUS_PCI_ROOT : VC_BUS_PCI_BRIDGE;
	return VC_BUS_UNKNOWN;
}

/**
 * vc_topology_rule() - What may stand on a bus
 * @topology:	topology
 * @bus:	0..255
 * @ret_rule:	rule, when it is known
 *
 * Return: whether it is known; that is also so of a bus that libvirt makes
 */
bool vc_topology_rule(const struct vc_guest_topology *topology, unsigned bus,
                      struct vc_bus_rule *ret_rule)
{
	const struct vc_pci_controller *c = topology->buses[bus];
	enum vc_bus_model model = c ? c->model : missing_model(topology, bus);

	for (size_t i = 0; i < VC_ARRAY_SIZE(rules); i++) {
		if (rules[i].model != model)
			continue;
		*ret_rule = rules[i].rule;
		return true;
	}
	return false;
}

static bool parent_is_expander(const struct vc_guest_topology *topology,
                               const struct vc_pci_controller *port)
{
	const struct vc_pci_controller *parent =
		port && port->address.set ? topology->buses[port->address.bus] : NULL;

	return parent && (parent->model == VC_BUS_PCIE_EXPANDER ||
	                  parent->model == VC_BUS_PCI_EXPANDER);
}

/* A bus below an expander has a NUMA node, which is nobody's by chance. */
static bool is_ordinary(const struct vc_guest_topology *topology, unsigned bus)
{
	const struct vc_pci_controller *c = topology->buses[bus];

	if (vc_topology_is_pcie(topology))
		return bus > 0 && (!c || c->model == VC_BUS_ROOT_PORT) &&
		       !parent_is_expander(topology, c);
	return !c || c->model == VC_BUS_PCI_ROOT || c->model == VC_BUS_PCI_BRIDGE;
}

static bool free_slot_of(const struct vc_guest_topology *topology, unsigned bus,
                         struct vc_guest_address *ret_address)
{
	struct vc_bus_rule rule;

	if (!is_ordinary(topology, bus) || !vc_topology_rule(topology, bus, &rule))
		return false;
	for (unsigned slot = rule.first; slot <= rule.last; slot++) {
		struct vc_guest_address a = { .set = true,
			                      .bus = (uint8_t)bus,
			                      .slot = (uint8_t)slot };

		if (topology->used[bus][slot] != 0 || vc_topology_reserved(topology, &a))
			continue;
		*ret_address = a;
		return true;
	}
	return false;
}

/**
 * vc_topology_free_slot() - Find a slot where nothing is
 * @topology:	topology
 * @ret_address: function 0 of the first one: a root port's on PCI Express, else one of a
 *		conventional bus; when there is none, of the next bus, which libvirt makes
 *
 * Return: whether there is one, and the machine is known
 */
bool vc_topology_free_slot(const struct vc_guest_topology *topology,
                           struct vc_guest_address *ret_address)
{
	for (unsigned bus = 0; bus <= topology->last + 1 && bus < VC_BUSES; bus++)
		if (free_slot_of(topology, bus, ret_address))
			return true;
	return false;
}

/**
 * vc_topology_reserved() - What the machine itself has at a guest address
 * @topology:	topology
 * @address:	address
 *
 * Return: in words, a static string; NULL nothing
 */
const char *vc_topology_reserved(const struct vc_guest_topology *topology,
                                 const struct vc_guest_address *address)
{
	unsigned slot = address->slot;

	if (address->bus != 0)
		return NULL;
	switch (topology->machine) {
	case VC_MACHINE_Q35:
		if (slot == 0)
			return "the host bridge of q35";
		return slot == 0x1f ? "the chipset of q35" : NULL;
	case VC_MACHINE_I440FX:
		if (slot == 0)
			return "the host bridge of i440fx";
		return slot == 1 ? "the chipset of i440fx" : NULL;
	case VC_MACHINE_VIRT:
		return slot == 0 ? "the host bridge" : NULL;
	case VC_MACHINE_UNKNOWN:
	case VC_MACHINE_MICROVM:
		break;
	}
	return NULL;
}
