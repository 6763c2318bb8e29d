/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * taken.h - which devices of the inventory belong to a claim already.
 *
 * Claims are compared by identity: what a claim has is found wherever it is now. One that
 * cannot be told from a claimed one counts as taken too. Internal to src/node.
 */
#pragma once

#include "node/select.h"

/**
 * struct vc_taken_part - a virtual function or mediated device that belongs to a claim
 * @pf, @vf_index: of a virtual function; @pf NULL: it is a mediated device
 * @parent, @type, @uuid: of a mediated device; @parent NULL when it is not to be found
 * @exists:	a mediated device that is there, and no longer among the available ones
 * @reason:	"claim 'lab/vm7' has it"
 * @whole_reason: why its PF or parent is not to be had: "... has virtual function 3 of it"
 */
struct vc_taken_part {
	const struct vc_host_device *pf;
	unsigned vf_index;
	const char *parent, *type, *uuid;
	bool exists;
	const char *reason, *whole_reason;
};

/**
 * struct vc_taken - what is taken
 * @inventory:	of this inventory
 * @reasons:	for each of its devices: why it is taken as a whole; NULL it is not
 * @parts:	of devices that are made, or will be
 */
struct vc_taken {
	const struct vc_inventory *inventory;
	const char **reasons;
	struct {
		struct vc_taken_part *v;
		size_t n, cap;
	} parts;
};

/* A device of a claim that does not count, because somebody accepts another one for it on
 * purpose: doubt about devices that have moved is no obstacle then. */
struct vc_taken_except {
	const char *uid;
	size_t index;
};

/* By all claims; @except NULL: nothing is left out. */
int vc_taken_make(struct vc_arena *arena, const struct vc_select *select,
                  const struct vc_taken_except *except, struct vc_taken *ret_taken,
                  struct vc_err *err) VC_MUST_CHECK;
/* @device is @claimed itself, its PF, or one that stands for its parent. @owner: "claim
 * 'lab/vm7'" */
int vc_taken_add(struct vc_arena *arena, struct vc_taken *taken,
                 const struct vc_claimed_device *claimed,
                 const struct vc_host_device *device, const char *owner,
                 struct vc_err *err) VC_MUST_CHECK;

/* Why it cannot be had; NULL it can. A PF and a parent not when a part of them is taken. */
const char *vc_taken_device(const struct vc_taken *taken,
                            const struct vc_host_device *device) VC_NONNULL;
const char *vc_taken_vf(const struct vc_taken *taken, const struct vc_host_device *pf,
                        unsigned index) VC_NONNULL;
/* Why no part can be made of it: it is taken as a whole. */
const char *vc_taken_whole(const struct vc_taken *taken,
                           const struct vc_host_device *device) VC_NONNULL;
/* Instances of a type that claims will make. */
int64_t vc_taken_instances(const struct vc_taken *taken,
                           const struct vc_host_device *type) VC_NONNULL;
