/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * seen.h - what the pieces that sources told make of each claim. Pure.
 *
 * Claims are put together one by one, so that one that contradicts itself is no obstacle
 * to others. What the machine says is added to what drivers said, and wins over it.
 */
#pragma once

#include "model/claim.h"
#include "model/host_facts.h"

enum vc_seen_state {
	VC_SEEN_COMPLETE,   /* everything is known that a published claim has to say */
	VC_SEEN_INCOMPLETE, /* .text: what is missing */
	VC_SEEN_BROKEN,     /* .text: what contradicts what */
	VC_SEEN_UNRELATED,  /* no device of it can be a guest's: it is a container's */
};

/**
 * struct vc_seen_claim - a claim on this node
 * @claim:	of a broken one only .uid, and .namespace and .name if they are known
 * @state:	what it is
 * @text:	why it is not complete; NULL it is
 */
struct vc_seen_claim {
	struct vc_claim claim;
	enum vc_seen_state state;
	char *text;
};

/* Sorted by .claim.uid, which all have. */
struct vc_seen_list {
	struct vc_seen_claim *v;
	size_t n, cap;
};

int vc_seen_join(struct vc_arena *arena, const struct vc_facts *facts,
                 struct vc_seen_list *ret_seen, struct vc_err *err) VC_MUST_CHECK;
/* Those that are not broken, for vc_host_gather(). */
int vc_seen_claims(struct vc_arena *arena, const struct vc_seen_list *seen,
                   struct vc_claims *ret_claims, struct vc_err *err) VC_MUST_CHECK;
/* Finds addresses through the machine, checks them, adds what it says, and decides what
 * is complete. */
int vc_seen_check(struct vc_arena *arena, struct vc_seen_list *seen,
                  const struct vc_host_facts *host, struct vc_err *err) VC_MUST_CHECK;

/* seen_device.c: one device of a claim against the machine. *ret_wrong: what is not true,
 * as a clause; NULL all is well. */
int vc_seen_check_device(struct vc_arena *arena, struct vc_device *device,
                         const struct vc_host_facts *host, char **ret_wrong,
                         struct vc_err *err) VC_MUST_CHECK;
