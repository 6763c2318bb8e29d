/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * guest_topology.h - the guest's PCI buses: which there are, what they take, what is free.
 *
 * [LV] pci-addresses: libvirt makes the buses that are missing up to the highest one that
 * an address names, as root ports where the machine is PCI Express, else as bridges.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "domain/document.h"

#define VC_BUSES 256
#define VC_SLOTS 32

/**
 * struct vc_guest_topology - buses of one guest
 * @machine:	VC_MACHINE_UNKNOWN unless the document says it, or its controllers do
 * @buses:	controller of each bus; NULL: none is written
 * @last:	highest bus that a controller or an address names; 0 none
 * @used:	for each slot a bit for each function
 */
struct vc_guest_topology {
	enum vc_machine machine;
	const struct vc_pci_controller *buses[VC_BUSES];
	unsigned last;
	uint8_t used[VC_BUSES][VC_SLOTS];
};

/* What may stand on a bus. */
struct vc_bus_rule {
	bool endpoints;
	uint8_t first, last; /* slot */
};

void vc_topology_init(struct vc_guest_topology *topology,
                      const struct vc_domain *domain) VC_NONNULL;
void vc_topology_take(struct vc_guest_topology *topology,
                      const struct vc_guest_address *address) VC_NONNULL;
bool vc_topology_is_pcie(const struct vc_guest_topology *topology) VC_NONNULL;
bool vc_topology_rule(const struct vc_guest_topology *topology, unsigned bus,
                      struct vc_bus_rule *ret_rule) VC_NONNULL;
bool vc_topology_free_slot(const struct vc_guest_topology *topology,
                           struct vc_guest_address *ret_address) VC_NONNULL;
const char *vc_topology_reserved(const struct vc_guest_topology *topology,
                                 const struct vc_guest_address *address) VC_NONNULL;
