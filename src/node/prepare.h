/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * prepare.h - plan -> journal -> apply -> publish -> commit, and the way back.
 */
#pragma once

#include "node/node.h"
#include "node/plan.h"
#include "store/journal.h"

struct vc_prepare_options {
	bool dry_run;   /* plan only: .steps of the report, nothing is written */
	bool transient; /* not again at the next boot */
};

/**
 * struct vc_prepare_report - what was done, or would be
 * @steps:	in order
 * @notes:	for people
 * @unchanged:	it was so already
 */
struct vc_prepare_report {
	struct vc_steps steps;
	struct vc_names notes;
	bool unchanged;
};

/* Prepared already: only checked, and published again. On failure everything is given
 * back; what cannot be is quarantined, and the error says both. */
int vc_node_prepare(struct vc_arena *arena, const struct vc_node *node,
                    const char *namespace, const char *name,
                    const struct vc_prepare_options *options,
                    struct vc_prepare_report *ret_report, struct vc_err *err)
	VC_MUST_CHECK;
/* Refused while a running domain has a lease on one of the devices. Not prepared: fine. */
int vc_node_unprepare(struct vc_arena *arena, const struct vc_node *node,
                      const char *namespace, const char *name,
                      const struct vc_prepare_options *options,
                      struct vc_prepare_report *ret_report, struct vc_err *err)
	VC_MUST_CHECK;
/* Finishes or undoes what processes left that are gone; tries quarantined entries again;
 * forgets other boots; withdraws files that no entry stands behind. One claim that fails
 * does not stop the others; .notes says each. */
int vc_node_recover(struct vc_arena *arena, const struct vc_node *node, bool dry_run,
                    struct vc_prepare_report *ret_report, struct vc_err *err)
	VC_MUST_CHECK;
