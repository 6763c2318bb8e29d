/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * prepare.h - plan -> journal -> apply -> publish -> commit, and the way back.
 */
#pragma once

#include <signal.h>

#include "node/node.h"
#include "node/plan.h"
#include "store/journal.h"

/**
 * struct vc_prepare_options - how
 * @dry_run:	plan only: .steps of the report, nothing is written
 * @transient:	not again at the next boot
 * @stop:	set by a signal handler: the step at work ends, and all is given back. NULL
 *		never
 */
struct vc_prepare_options {
	bool dry_run;
	bool transient;
	const volatile sig_atomic_t *stop;
};

/**
 * struct vc_prepare_report - what was done, or would be
 * @steps:	that were done or undone, in order
 * @notes:	for people
 * @unchanged:	it was so already
 * @n_failed:	of vc_node_recover(): claims that could neither be finished nor undone
 */
struct vc_prepare_report {
	struct vc_steps steps;
	struct vc_names notes;
	bool unchanged;
	size_t n_failed;
};

/* Prepared already: checked, and published again; what somebody undid meanwhile is done
 * again, unless a running domain has a device of the claim. On failure everything is given
 * back; what cannot be is quarantined, and the error says both. */
int vc_node_prepare(struct vc_arena *arena, const struct vc_local_node *node,
                    const char *namespace, const char *name,
                    const struct vc_prepare_options *options,
                    struct vc_prepare_report *ret_report, struct vc_err *err)
	VC_MUST_CHECK;
/**
 * struct vc_prepare_many - claims of one run, and who is told of them
 * @claims:	to be prepared; persistent ones stay so, the others are transient
 * @n:		how many
 * @stop:	set by a signal handler: no other claim is begun. NULL never
 * @before:	something begins that may take long: so many steps, or 0 for a look at the
 *		machine
 * @over:	claim @i is prepared, @report says how; or @why says why not
 * @arg:	for these; when one of them fails everything is left as after a crash
 */
struct vc_prepare_many {
	const struct vc_host_claim *claims;
	size_t n;
	const volatile sig_atomic_t *stop;
	int (*before)(void *arg, size_t n_steps, struct vc_err *err);
	int (*over)(void *arg, size_t i, const struct vc_prepare_report *report,
	            const struct vc_err *why, struct vc_err *err);
	void *arg;
};

/* As vc_node_prepare() of each, with one look at the machine for many of them. */
int vc_node_prepare_many(const struct vc_local_node *node,
                         const struct vc_prepare_many *many, struct vc_err *err)
	VC_MUST_CHECK;
/* Refused while a running domain has a lease on one of the devices. Not prepared: fine. */
int vc_node_unprepare(struct vc_arena *arena, const struct vc_local_node *node,
                      const char *namespace, const char *name,
                      const struct vc_prepare_options *options,
                      struct vc_prepare_report *ret_report, struct vc_err *err)
	VC_MUST_CHECK;
/* Finishes or undoes what processes left that are gone; tries quarantined entries again;
 * forgets other boots; withdraws files that no entry stands behind. One claim that fails
 * does not stop the others; .notes says each, and .n_failed how many. */
int vc_node_recover(struct vc_arena *arena, const struct vc_local_node *node,
                    bool dry_run, struct vc_prepare_report *ret_report,
                    struct vc_err *err) VC_MUST_CHECK;
