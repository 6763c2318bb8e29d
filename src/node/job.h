/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * job.h - one claim that is prepared, unprepared or recovered: what its parts share.
 * Internal to src/node.
 *
 * Theory of operation
 *
 * Two things keep processes apart. The lock of the node, held while state is read and
 * devices are reserved, and never while the kernel changes something. And the owner of an
 * entry of the journal: who is named there, and lives, works on that claim alone. An owner
 * that is gone left the entry to whoever comes next.
 *
 * A journal entry is there before anything is changed, and goes when nothing of it is left.
 * Published files are there only while the entry is, and go first.
 */
#pragma once

#include "node/plan.h"
#include "node/prepare.h"
#include "node/publish.h"

/* How long to wait for the lock, and for another process at work on the same claim. */
#define VC_JOB_LOCK_MS  30000U
#define VC_JOB_OWNER_MS 10000U

/**
 * struct vc_job - one claim at work
 * @options:	of the caller; NULL all defaults
 * @claim:	of the store; .uid NULL: it is not there any more
 * @entries, @leases, @inventory: as they were seen last, under the lock
 * @entry:	ours, as it is on disk or will be
 * @report:	what was done
 */
struct vc_job {
	struct vc_arena *arena;
	const struct vc_local_node *node;
	const struct vc_prepare_options *options;
	struct vc_host_claim claim;
	struct vc_entries entries;
	struct vc_leases leases;
	struct vc_inventory inventory;
	struct vc_entry entry;
	struct vc_prepare_report report;
};

/* job.c */
int vc_job_lock(const struct vc_job *job, int *ret_fd, struct vc_err *err) VC_MUST_CHECK;
int vc_job_write(const struct vc_job *job, struct vc_err *err) VC_MUST_CHECK;
/* Reads entries and leases again. */
int vc_job_read(struct vc_job *job, struct vc_err *err) VC_MUST_CHECK;
/* The same, and looks at the machine. */
int vc_job_observe(struct vc_job *job, struct vc_err *err) VC_MUST_CHECK;
struct vc_prepare_input vc_job_input(const struct vc_job *job) VC_NONNULL;
struct vc_entry *vc_job_find_entry(const struct vc_job *job, const char *uid) VC_NONNULL;
bool vc_job_owner_lives(const struct vc_job *job,
                        const struct vc_entry *entry) VC_NONNULL;
/* Waits until nobody else is at work on the claim, and takes the lock. */
int vc_job_begin(struct vc_job *job, const char *namespace, const char *name,
                 int *ret_lock, struct vc_err *err) VC_MUST_CHECK;
/* Takes an entry over that its owner left; the lock is held. */
int vc_job_take_over(struct vc_job *job, const struct vc_entry *entry, struct vc_err *err)
	VC_MUST_CHECK;
int vc_job_note(struct vc_job *job, struct vc_err *err, const char *fmt, ...)
	VC_PRINTF(3, 4) VC_MUST_CHECK;

/* run_steps.c; the lock is not held. */
int vc_job_do_steps(struct vc_job *job, struct vc_err *err) VC_MUST_CHECK;
/* All that can be undone is; what cannot be is stuck, and the first of it is in @err. */
int vc_job_undo_steps(struct vc_job *job, struct vc_err *err) VC_MUST_CHECK;
/* Whether every step that was not undone is done, as far as the machine says. A step of
 * which somebody has undone something goes back to VC_STEP_PLANNED when @again. */
int vc_job_look(struct vc_job *job, bool again, bool *ret_all_done, struct vc_err *err)
	VC_MUST_CHECK;

/* commit.c */
int vc_job_publish(struct vc_job *job, bool *ret_changed, struct vc_err *err)
	VC_MUST_CHECK;
int vc_job_withdraw(struct vc_job *job, struct vc_err *err) VC_MUST_CHECK;
int vc_job_list_published(struct vc_job *job, struct vc_claims *ret_claims,
                          struct vc_err *err) VC_MUST_CHECK;
/* What the machine says of the claimed devices while they are still on their drivers. */
int vc_job_refresh_claim(struct vc_job *job, struct vc_err *err) VC_MUST_CHECK;
/* Claim and entry on disk; takes the lock. */
int vc_job_commit(struct vc_job *job, bool persistent, struct vc_err *err) VC_MUST_CHECK;
int vc_job_set_persistent(struct vc_job *job, bool persistent, struct vc_err *err)
	VC_MUST_CHECK;

/* prepare.c; each says whether the lock is held and the machine was looked at. */
bool vc_entry_has_planned(const struct vc_entry *entry) VC_NONNULL;
int vc_job_reserve(struct vc_job *job, struct vc_err *err) VC_MUST_CHECK;
int vc_job_plan_more(struct vc_job *job, bool *ret_more, struct vc_err *err)
	VC_MUST_CHECK;
int vc_job_complete(struct vc_job *job, struct vc_err *err) VC_MUST_CHECK;
int vc_job_finish(struct vc_job *job, struct vc_err *err) VC_MUST_CHECK;

/* preview.c: what prepare would do, into .report. */
int vc_job_preview(struct vc_job *job, const char *namespace, const char *name,
                   struct vc_err *err) VC_MUST_CHECK;

/* give_back.c: withdraws, undoes, and removes the entry, or leaves it quarantined. */
int vc_job_give_back(struct vc_job *job, struct vc_err *err) VC_MUST_CHECK;
/* The same after a failure: @err says what failed first, and what could not be undone. */
int vc_job_fail(struct vc_job *job, struct vc_err *err);
/* After a crash, of an entry that was taken over: to its end or back. */
int vc_job_recover(struct vc_job *job, struct vc_err *err) VC_MUST_CHECK;
