/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * claim_steps.h - what prepare, unprepare and recover have in common: several claims one
 * after the other, signals, and how it is told what was done.
 */
#pragma once

#include "cli/node_options.h"
#include "node/prepare.h"

/**
 * struct vc_told_claim - what is told of one claim
 * @namespace, @name: of it
 * @report:	what was done
 */
struct vc_told_claim {
	const char *namespace;
	const char *name;
	struct vc_prepare_report report;
};

struct vc_told_claims {
	struct vc_told_claim *v;
	size_t n, cap;
};

/**
 * struct vc_claim_work - what is done with each claim
 * @run:	vc_node_prepare() or vc_node_unprepare()
 * @options:	for it; .stop is set here
 * @done, @would, @already: how it is called: "prepared", "would be prepared", "is prepared
 *		already"
 * @text:	how a step is told: vc_step_text() or vc_step_undo_text()
 * @json:	told to a program
 */
struct vc_claim_work {
	int (*run)(struct vc_arena *arena, const struct vc_local_node *node,
	           const char *namespace, const char *name,
	           const struct vc_prepare_options *options,
	           struct vc_prepare_report *ret_report, struct vc_err *err);
	struct vc_prepare_options options;
	const char *done, *would, *already;
	char *(*text)(struct vc_arena *arena, const struct vc_step *step);
	bool json;
};

int vc_claims_work(struct vc_arena *arena, const struct vc_node_options *options,
                   const struct vc_claim_work *work, int n_operands, char **operands,
                   struct vc_err *err) VC_MUST_CHECK;
/* The notes of a recovery, and what it undid. */
int vc_recovery_tell(struct vc_arena *arena, const struct vc_prepare_report *report,
                     bool json, struct vc_err *err) VC_MUST_CHECK;
