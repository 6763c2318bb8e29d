/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * view.h - what one run sees, and what follows from it for claims and entries. Internal to
 * work.c, view_claim.c and view_entry.c.
 */
#pragma once

#include "claimd/note.h"
#include "claimd/work.h"
#include "node/publish.h"
#include "node/reconcile.h"

/**
 * struct vc_view - all that is known at one moment, and what follows from it
 * @work:	what was asked for
 * @arena:	holds it
 * @node, @publish: where things are
 * @inventory, @claims, @entries, @leases, @missing: what there is
 * @duties:	what to do for each claim
 * @counts:	for the summary
 * @recover:	something has to be recovered
 * @recovered:	that was done in this run
 */
struct vc_view {
	const struct vc_work *work;
	struct vc_arena *arena;
	struct vc_local_node node;
	struct vc_publish publish;
	struct vc_inventory inventory;
	struct vc_host_claims claims;
	struct vc_entries entries;
	struct vc_leases leases;
	struct vc_names missing;
	struct vc_duty *duties;
	struct vc_counts counts;
	bool recover;
	bool recovered;
};

/* work.c */
int vc_view_tell(const struct vc_view *view, const struct vc_note *note,
                 struct vc_err *err) VC_MUST_CHECK;
/* @subject NULL: VC_SUBJECT_NODE */
int vc_view_say(const struct vc_view *view, enum vc_note_kind kind, const char *subject,
                const char *text, enum vc_err_kind kind_of_err, struct vc_err *err)
	VC_MUST_CHECK;

/* view_claim.c: decides on claim @i, puts its files right, and tells its problem. Under the
 * lock of the node. */
int vc_view_visit_claim(struct vc_view *view, size_t i, struct vc_err *err) VC_MUST_CHECK;

/* view_entry.c: entries of the journal whose claim is not there, and processes at work. */
int vc_view_visit_entries(struct vc_view *view, struct vc_err *err) VC_MUST_CHECK;
