/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * place.h - what the parts of vc_place() share. Only they include it.
 *
 *   place.c	which devices have to be placed, and where each goes
 *   place_numa.c	expander buses and ports below the guest's NUMA cells
 *   place_memory.c	addresses of aliases without element; what of ours is still needed
 */
#pragma once

#include "domain/guest_topology.h"
#include "domain/planner.h"

#define VC_FUNCTIONS 8

/**
 * struct vc_place_unit - devices that share a guest slot
 * @devices:	of the plan, by guest function; NULL none
 * @first:	the one at function 0
 * @n:		how many
 * @cell:	guest NUMA cell; -1 anywhere
 */
struct vc_place_unit {
	struct vc_plan_device *devices[VC_FUNCTIONS];
	struct vc_plan_device *first;
	size_t n;
	int cell;
};

/**
 * struct vc_placing - one run
 * @what:	VC_PLACE_ flags
 * @topology:	buses, with everything that is placed so far
 * @grouped:	for each device of the plan whether it is in a unit with others
 * @units:	what has to be placed, in the order of the plan
 */
struct vc_placing {
	struct vc_planner *planner;
	unsigned what;
	struct vc_guest_topology *topology;
	bool *grouped;
	struct {
		struct vc_place_unit *v;
		size_t n, cap;
	} units;
};

void vc_place_unit_at(struct vc_placing *placing, struct vc_place_unit *unit,
                      const struct vc_guest_address *slot);
int vc_place_numa(struct vc_placing *placing, struct vc_err *err) VC_MUST_CHECK;
