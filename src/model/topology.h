/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * topology.h - the picture of a host and a guest, as plain data: two trees, and which
 * device of the one is which device of the other.
 *
 * A tree is a list of its nodes, parents before children, each with its depth. Text,
 * JSON and SVG are printed from it in one pass, whatever it looks like.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

enum vc_topology_type {
	VC_TOPOLOGY_NUMA_NODE, /* of the host */
	VC_TOPOLOGY_ROOT_PORT, /* of the host, or a root complex without ports */
	VC_TOPOLOGY_GROUP,     /* IOMMU group */
	VC_TOPOLOGY_BUS,       /* of the guest, with the port that leads to it */
	VC_TOPOLOGY_PLACE,     /* devices of which we do not know where they are */
	VC_TOPOLOGY_DEVICE,
	VC_TOPOLOGY_FREE, /* ports of the guest with nothing in them */
};

/* Deeper nodes stand at this depth. */
#define VC_TOPOLOGY_DEPTH_MAX 8

/**
 * struct vc_topology_node - one thing in the picture; every text may be shown as it is
 * @type:	what it is
 * @depth:	0 for the outermost
 * @label:	name: "NUMA node 0", "group 37", "0000:65:00.0", "ua-gpu"
 * @detail:	more about it, for people; NULL nothing
 * @number:	of a NUMA node, group or bus; of a device its IOMMU group; -1 none
 * @cell:	guest cell or host NUMA node that it belongs to; -1 unknown
 * @address:	where it is: "0000:65:00.0" on the host, "05:00.0" in the guest; NULL
 *		unknown
 * @kind:	of a device: "pci", "usb"; of a bus its model; NULL unknown
 * @driver:	of a host device; NULL none or unknown
 * @claim:	of a device: "lab/vm7-dev:gpu"; NULL none
 * @alias:	of a guest device; of a host device the first alias that has it; NULL none
 * @problem:	what is wrong with it, one clause; NULL nothing
 * @peer:	position + 1 of the same device on the other side; 0 none
 * @host:	the device is one of the host's; false for what QEMU emulates
 */
struct vc_topology_node {
	enum vc_topology_type type;
	unsigned depth;
	const char *label;
	const char *detail;
	int64_t number;
	int cell;
	const char *address;
	const char *kind;
	const char *driver;
	const char *claim;
	const char *alias;
	const char *problem;
	size_t peer;
	bool host;
};

struct vc_topology_side {
	struct vc_topology_node *v;
	size_t n, cap;
};

/**
 * struct vc_topology - the whole picture
 * @name:	of the domain; NULL none
 * @have_host:	the host was looked at; else its side is what claims and domain say
 * @have_guest:	there is a domain
 * @host, @guest: the two trees
 */
struct vc_topology {
	const char *name;
	bool have_host;
	bool have_guest;
	struct vc_topology_side host, guest;
};

/* Where a node is drawn, in steps of the stylesheet. */
struct vc_topology_place {
	size_t y, height;
};

const char *vc_topology_type_name(enum vc_topology_type type);
bool vc_topology_is_container(const struct vc_topology_node *node) VC_NONNULL;
char *vc_topology_clean(struct vc_arena *arena, const char *text) VC_MUST_CHECK;
size_t vc_topology_layout(const struct vc_topology_side *side,
                          struct vc_topology_place *places) VC_NONNULL;
