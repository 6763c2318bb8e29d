/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * topology_internal.h - the parts of vc_topology_make().
 *
 * Claims and domain mention devices of the host. A mention finds its entry: a device of
 * the inventory, or one that only the mention knows. Entries become nodes of the host's
 * side, mentions of host devices those of the guest's.
 */
#pragma once

#include "translate/topology.h"

#define VC_NO_ENTRY SIZE_MAX

/**
 * struct vc_mention - a device of the host that somebody names
 * @side:	where it is
 * @claim:	"lab/vm7-dev:gpu"; NULL none
 * @alias:	of the guest; NULL none
 * @name:	stands in for an unknown address; NULL: then it makes no entry
 * @problem:	why there is no address; NULL
 * @hostdev:	the domain's device that it is; NULL a claim's
 * @entry:	position of its entry, VC_NO_ENTRY none
 */
struct vc_mention {
	struct vc_host_side side;
	const char *claim;
	const char *alias;
	const char *name;
	const char *problem;
	const struct vc_hostdev *hostdev;
	size_t entry;
};

/**
 * struct vc_host_entry - a device of the host's side
 * @device:	in the inventory; NULL it is not there
 * @first:	the first mention of it; NULL none
 * @claim, @alias: of the first mention that says so
 * @wanted:	to be drawn
 * @used:	the guest has it
 * @node:	position + 1 of its node
 * @numa, @port, @group: what it is sorted by; port NULL unknown, the others -1
 */
struct vc_host_entry {
	const struct vc_host_device *device;
	const struct vc_mention *first;
	const char *claim, *alias;
	bool wanted, used;
	size_t node;
	int numa;
	const char *port;
	int64_t group;
};

struct vc_topology_maker {
	struct vc_arena *arena;
	const struct vc_topology_input *input;
	struct {
		struct vc_mention *v;
		size_t n, cap;
	} mentions;
	struct {
		struct vc_host_entry *v;
		size_t n, cap;
	} entries;
	struct vc_topology *topology;
	struct vc_err *err;
};

int vc_topology_match(struct vc_topology_maker *maker) VC_MUST_CHECK;
int vc_topology_make_host(struct vc_topology_maker *maker) VC_MUST_CHECK;
int vc_topology_make_guest(struct vc_topology_maker *maker) VC_MUST_CHECK;

int vc_topology_add(struct vc_topology_maker *maker, struct vc_topology_side *side,
                    const struct vc_topology_node *node) VC_MUST_CHECK;
