/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * layout.h - what a domain document says of the guest's PCI buses and NUMA cells.
 *
 * Most documents say little of it: libvirt adds controllers and addresses when the domain
 * is defined. What a document does not say is not guessed here.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/binding.h"

/* [LV] formatdomain, os/type/@machine: how PCI is laid out. */
enum vc_machine {
	VC_MACHINE_UNKNOWN = 0,
	VC_MACHINE_Q35,
	VC_MACHINE_I440FX,
	VC_MACHINE_VIRT,    /* of aarch64, riscv64 and loongarch64 */
	VC_MACHINE_MICROVM, /* has no PCI bus */
};

/* [LV] formatdomain, controller type='pci': what the bus behind it is. */
enum vc_bus_model {
	VC_BUS_UNKNOWN = 0,
	VC_BUS_PCIE_ROOT,
	VC_BUS_ROOT_PORT,
	VC_BUS_UPSTREAM_PORT,
	VC_BUS_DOWNSTREAM_PORT,
	VC_BUS_PCIE_EXPANDER,
	VC_BUS_PCI_ROOT,
	VC_BUS_PCI_BRIDGE,
	VC_BUS_DMI_TO_PCI,
	VC_BUS_PCIE_TO_PCI,
	VC_BUS_PCI_EXPANDER,
};

/**
 * struct vc_pci_controller - one <controller type='pci'>
 * @at:		which child node of <devices>, from 1, over all nodes
 * @line:	line in the document, 0 unknown
 * @alias:	NULL none
 * @has_index:	whether @index is written out and not above 255
 * @index:	number of the bus behind it
 * @model:	model
 * @bus_nr:	<target busNr=>; 0 not said
 * @node:	<target><node>: guest NUMA cell; -1 not said
 * @address:	where it is plugged in; .set when the document says so
 */
struct vc_pci_controller {
	size_t at;
	long line;
	char *alias;
	bool has_index;
	unsigned index;
	enum vc_bus_model model;
	unsigned bus_nr;
	int node;
	struct vc_guest_address address;
};

/**
 * struct vc_cell - one guest NUMA cell
 * @id:		number
 * @host_nodes:	host NUMA nodes that its memory is bound to, as [LV] numatune/memnode
 *		says: "0-1,^0"; NULL not said
 */
struct vc_cell {
	unsigned id;
	char *host_nodes;
};

/**
 * struct vc_layout - PCI and NUMA of a guest
 * @machine:	machine
 * @controllers: PCI controllers, in document order
 * @cells:	guest NUMA cells, in document order
 * @floating:	about how many devices libvirt will give a place on a PCI bus
 */
struct vc_layout {
	enum vc_machine machine;
	struct {
		struct vc_pci_controller *v;
		size_t n, cap;
	} controllers;
	struct {
		struct vc_cell *v;
		size_t n, cap;
	} cells;
	size_t floating;
};

enum vc_machine vc_machine_of(const char *name);
enum vc_bus_model vc_bus_model_of(const char *name);
const char *vc_bus_model_name(enum vc_bus_model model);
bool vc_nodeset_parse(const char *text, bool *ret_set, size_t n_set) VC_NONNULL;
bool vc_layout_has_nodes(const struct vc_layout *layout, const char *nodes,
                         unsigned *ret_missing) VC_NONNULL;
bool vc_nodeset_has(const char *text, unsigned node);
