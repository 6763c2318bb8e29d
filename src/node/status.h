/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * status.h - how a host claim is now, for `list`, `show` and the daemon. Pure, but for the
 * question whether the process at work on it lives.
 */
#pragma once

#include "node/plan.h"

enum vc_claim_state {
	VC_CLAIM_CREATED, /* not prepared */
	VC_CLAIM_PREPARING,
	VC_CLAIM_PREPARED,
	VC_CLAIM_IN_USE, /* a running domain has a lease */
	VC_CLAIM_UNPREPARING,
	VC_CLAIM_INTERRUPTED, /* whoever was at work on it is gone */
	VC_CLAIM_QUARANTINED,
};

/**
 * struct vc_device_status - one device of a claim
 * @claimed:	which
 * @host:	where it is; .kind VC_KIND_UNKNOWN: not to be found, or not made yet
 * @address:	the same for people, NULL not to be found
 * @driver:	that holds it, NULL none
 * @lease:	who uses it, NULL nobody
 * @problem:	what is wrong with it, NULL nothing: "is on driver nvme, expected vfio-pci",
 *		"serial was A, is B" ...
 * @note:	"moved from ...", "prepare makes it from ..."; NULL
 */
struct vc_device_status {
	const struct vc_claimed_device *claimed;
	struct vc_host_side host;
	char *address;
	char *driver;
	const struct vc_lease *lease;
	char *problem;
	char *note;
};

/**
 * struct vc_claim_status - one claim
 * @claim:	which
 * @entry:	its journal, NULL none
 * @state:	state
 * @healthy:	no device has a problem
 * @devices:	as many as the claim has
 */
struct vc_claim_status {
	const struct vc_host_claim *claim;
	const struct vc_entry *entry;
	enum vc_claim_state state;
	bool healthy;
	struct {
		struct vc_device_status *v;
		size_t n, cap;
	} devices;
};

/* @input: as for a plan. */
int vc_claim_status(struct vc_arena *arena, const struct vc_prepare_input *input,
                    struct vc_claim_status *ret_status, struct vc_err *err) VC_MUST_CHECK;
const char *vc_claim_state_name(enum vc_claim_state state);
