/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * recover.c - what processes left that are gone.
 *
 * Theory of operation: an entry whose owner does not live any more is brought to its end
 * when nothing but the end is missing, and undone otherwise; the machine says which. Both
 * can be interrupted again. What was stuck is tried again. Files without an entry behind
 * them go, and those of prepared claims are written again.
 */
#include <stddef.h>
#include <string.h>

#include "node/job.h"
#include "node/prepare.h"
#include "store/claim_store.h"

/* Under the lock. Whether all rounds were planned and all steps are done. */
static int is_complete(struct vc_job *job, bool *ret_complete, struct vc_err *err)
{
	struct vc_prepare_input input;
	struct vc_entry plan;
	bool all_done;
	size_t n = job->entry.steps.n;

	if (vc_job_observe(job, err) < 0 || vc_job_look(job, false, &all_done, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < n; i++)
		all_done = all_done && (job->entry.steps.v[i].state == VC_STEP_DOING ||
		                        job->entry.steps.v[i].state == VC_STEP_DONE);
	*ret_complete = false;
	if (!all_done)
		return 0;
	for (size_t i = 0; i < n; i++)
		job->entry.steps.v[i].state = VC_STEP_DONE;
	input = vc_job_input(job);
	plan = job->entry;
	if (vc_plan_bind(job->arena, &input, &plan, err) < 0)
		return -(int)err->kind;
	*ret_complete = plan.steps.n == n;
	for (size_t i = 0; i < n; i++)
		*ret_complete = *ret_complete && plan.steps.v[i].state == VC_STEP_DONE;
	return 0;
}

static int observe_complete(struct vc_job *job, bool *ret_complete, struct vc_err *err)
{
	VC_AUTOCLOSE int lock = -1;

	if (vc_job_lock(job, &lock, err) < 0)
		return -(int)err->kind;
	return is_complete(job, ret_complete, err);
}

/* Returns whether the claim is prepared now; any doubt, and all is given back. */
static bool try_to_finish(struct vc_job *job)
{
	struct vc_entry before = job->entry;
	struct vc_err doubt = VC_ERR_INIT;
	bool complete = false, changed;

	if (!job->claim.uid || job->entry.phase != VC_PHASE_PREPARING ||
	    job->entry.devices.n != job->claim.devices.n)
		return false;
	if (observe_complete(job, &complete, &doubt) == 0 && complete &&
	    vc_job_publish(job, &changed, &doubt) == 0 &&
	    vc_job_commit(job, job->claim.persistent, &doubt) == 0)
		return true;
	job->entry.phase = before.phase;
	job->entry.owner_pid = before.owner_pid;
	job->entry.owner_start = before.owner_start;
	return false;
}

/**
 * vc_job_recover() - Bring an entry to its end, or undo it
 * @job:	job whose entry was taken over; the lock is not held
 * @err:	what could not be undone
 *
 * Return: 0 when the claim is prepared or nothing is left of it; else it is quarantined, and
 * as vc_job_give_back()
 */
int vc_job_recover(struct vc_job *job, struct vc_err *err)
{
	if (try_to_finish(job))
		return 0;
	return vc_job_give_back(job, err);
}

/* What became of one claim, for people. */
static int note_outcome(struct vc_job *job, bool finished, struct vc_err *err)
{
	if (finished)
		return vc_job_note(job, err, "claim '%s/%s': preparing it was finished",
		                   job->entry.namespace, job->entry.name);
	return vc_job_note(job, err,
	                   "claim '%s/%s': everything that it had was given back",
	                   job->entry.namespace, job->entry.name);
}

static int note_failure(struct vc_job *job, const struct vc_err *why, struct vc_err *err)
{
	if (why->kind == VC_ERR_INTERNAL) {
		*err = *why;
		return -(int)err->kind;
	}
	job->report.n_failed++;
	return vc_job_note(job, err, "claim '%s/%s' stays quarantined: %.1200s",
	                   job->entry.namespace, job->entry.name, why->msg);
}

static int recover_left(struct vc_job *job, struct vc_err *err)
{
	struct vc_err why = VC_ERR_INIT;

	if (vc_job_recover(job, &why) < 0)
		return note_failure(job, &why, err);
	return note_outcome(job, job->entry.phase == VC_PHASE_PREPARED, err);
}

/* Its files may have been taken away, or never been written. */
static int publish_again(struct vc_job *job, struct vc_err *err)
{
	struct vc_err why = VC_ERR_INIT;
	bool all_done, changed = false;
	int r = vc_job_look(job, false, &all_done, &why);

	if (r == 0 && !all_done)
		return vc_job_note(job, err,
		                   "claim '%s/%s': somebody has undone some of what was "
		                   "done for it; run: virt-claim prepare %s/%s",
		                   job->entry.namespace, job->entry.name,
		                   job->entry.namespace, job->entry.name);
	if (r == 0)
		r = vc_job_publish(job, &changed, &why);
	if (r < 0)
		return vc_job_note(job, err, "claim '%s/%s': %.1500s",
		                   job->entry.namespace, job->entry.name, why.msg);
	if (!changed)
		return 0;
	return vc_job_note(job, err, "claim '%s/%s': its files were written again",
	                   job->entry.namespace, job->entry.name);
}

static const char *intention(const struct vc_entry *entry)
{
	switch (entry->phase) {
	case VC_PHASE_PREPARING:
		return "was left while it was prepared; it will be finished or undone";
	case VC_PHASE_UNPREPARING:
		return "was left while it was unprepared; it will be undone to the end";
	case VC_PHASE_QUARANTINED:
		return "is quarantined; undoing it will be tried again";
	case VC_PHASE_PREPARED:
		break;
	}
	return NULL;
}

/* A claim that cannot be read is undone from its entry alone. */
static int read_claim(struct vc_job *job, const struct vc_entry *entry,
                      struct vc_err *err)
{
	struct vc_err why = VC_ERR_INIT;
	int r = vc_claim_store_read(job->arena, job->node->config->state,
	                            entry->namespace, entry->name, &job->claim, &why);

	if (r == -VC_ERR_INTERNAL) {
		*err = why;
		return r;
	}
	if (r < 0 || strcmp(job->claim.uid, entry->uid) != 0)
		job->claim = (struct vc_host_claim){ .namespace = entry->namespace,
			                             .name = entry->name };
	return 0;
}

/* Under the lock, until *ret_left says that something is left to be done without it. */
static int look_at(struct vc_job *job, const char *uid, bool dry_run, bool *ret_left,
                   struct vc_err *err)
{
	const struct vc_entry *entry;

	*ret_left = false;
	if (vc_job_read(job, err) < 0)
		return -(int)err->kind;
	entry = vc_job_find_entry(job, uid);
	if (!entry)
		return 0;
	job->entry = *entry;
	if (vc_job_owner_lives(job, entry))
		return vc_job_note(job, err,
		                   "claim '%s/%s': process %ld is at work on it",
		                   entry->namespace, entry->name, entry->owner_pid);
	if (read_claim(job, entry, err) < 0)
		return -(int)err->kind;
	if (entry->phase == VC_PHASE_PREPARED)
		return 0;
	if (dry_run)
		return vc_job_note(job, err, "claim '%s/%s' %s", entry->namespace,
		                   entry->name, intention(entry));
	*ret_left = true;
	return vc_job_take_over(job, entry, err);
}

static int recover_one(struct vc_job *job, const char *uid, bool dry_run,
                       struct vc_err *err)
{
	int lock = -1, r;
	bool left;

	if (vc_job_lock(job, &lock, err) < 0)
		return -(int)err->kind;
	r = look_at(job, uid, dry_run, &left, err);
	vc_closep(&lock);
	return r == 0 && left ? recover_left(job, err) : r;
}

static int keep_step(struct vc_job *job, const struct vc_step *step, struct vc_err *err)
{
	static const size_t texts[] = {
		offsetof(struct vc_step, mac),
		offsetof(struct vc_step, old_mac),
		offsetof(struct vc_step, parent),
		offsetof(struct vc_step, type),
		offsetof(struct vc_step, uuid),
		offsetof(struct vc_step, driver),
		offsetof(struct vc_step, old_driver),
		offsetof(struct vc_step, old_override),
		offsetof(struct vc_step, node),
		offsetof(struct vc_step, problem),
	};
	struct vc_step *slot = vc_list_push(job->arena, &job->report.steps);

	if (!slot)
		return vc_fail_oom(err);
	*slot = *step;
	for (size_t i = 0; i < VC_ARRAY_SIZE(texts); i++) {
		char **text = (char **)(void *)((char *)slot + texts[i]);

		if (*text && !(*text = vc_arena_strdup(job->arena, *text)))
			return vc_fail_oom(err);
	}
	return 0;
}

/* What was done for one claim, with memory of its own, is told with all others. */
static int keep_report(struct vc_job *job, const struct vc_prepare_report *report,
                       struct vc_err *err)
{
	for (size_t i = 0; i < report->steps.n; i++)
		if (keep_step(job, &report->steps.v[i], err) < 0)
			return -(int)err->kind;
	for (size_t i = 0; i < report->notes.n; i++)
		if (vc_job_note(job, err, "%s", report->notes.v[i]) < 0)
			return -(int)err->kind;
	job->report.n_failed += report->n_failed;
	return 0;
}

static int recover_apart(struct vc_job *job, const char *uid, bool dry_run,
                         struct vc_err *err)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_job one = { .arena = &arena, .node = job->node };

	if (recover_one(&one, uid, dry_run, err) < 0)
		return -(int)err->kind;
	return keep_report(job, &one.report, err);
}

static int publish_apart(struct vc_job *job, const struct vc_entry *entry,
                         struct vc_err *err)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_job one = *job;

	one.arena = &arena;
	one.report = (struct vc_prepare_report){ 0 };
	one.entry = *entry;
	if (read_claim(&one, entry, err) < 0 ||
	    (one.claim.uid && publish_again(&one, err) < 0))
		return -(int)err->kind;
	return keep_report(job, &one.report, err);
}

/* All at once: the machine does not change meanwhile. */
static int publish_prepared(struct vc_job *job, struct vc_err *err)
{
	if (vc_job_observe(job, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < job->entries.n; i++)
		if (job->entries.v[i].phase == VC_PHASE_PREPARED &&
		    publish_apart(job, &job->entries.v[i], err) < 0)
			return -(int)err->kind;
	return 0;
}

/* Files that no entry stands behind; those of a claim at work have one. */
static int withdraw_strays(struct vc_job *job, bool dry_run, struct vc_err *err)
{
	struct vc_claims published = { 0 };

	if (vc_job_read(job, err) < 0 || vc_job_list_published(job, &published, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < published.n; i++) {
		const struct vc_claim *claim = &published.v[i];

		if (vc_job_find_entry(job, claim->uid))
			continue;
		job->entry = (struct vc_entry){ .uid = claim->uid,
			                        .namespace = claim->namespace,
			                        .name = claim->name };
		if (!dry_run && vc_job_withdraw(job, err) < 0)
			return -(int)err->kind;
		if (vc_job_note(job, err,
		                "claim '%s/%s' (%s): its files %s, since it is not "
		                "prepared",
		                claim->namespace, claim->name, claim->uid,
		                dry_run ? "will be removed" : "were removed") < 0)
			return -(int)err->kind;
	}
	return 0;
}

static int clean_leases(struct vc_job *job, bool dry_run, struct vc_err *err)
{
	int n = dry_run ? 0
	                : vc_lease_clean(job->arena, &job->node->leases,
	                                 &job->report.notes, err);

	if (n <= 0)
		return n;
	return vc_job_note(job, err, "%d lease%s of domains that are gone removed", n,
	                   n == 1 ? "" : "s");
}

/* What concerns no single claim. */
static int recover_rest(struct vc_job *job, bool dry_run, struct vc_err *err)
{
	VC_AUTOCLOSE int lock = -1;

	if (vc_job_lock(job, &lock, err) < 0)
		return -(int)err->kind;
	if (!dry_run && vc_journal_forget(job->arena, job->node->config->run,
	                                  job->node->boot_id, err) < 0)
		return -(int)err->kind;
	if (withdraw_strays(job, dry_run, err) < 0 ||
	    (!dry_run && publish_prepared(job, err) < 0))
		return -(int)err->kind;
	return clean_leases(job, dry_run, err);
}

static int recover_all(struct vc_job *job, bool dry_run, struct vc_err *err)
{
	struct vc_entries entries;

	if (vc_job_read(job, err) < 0)
		return -(int)err->kind;
	entries = job->entries;
	for (size_t i = 0; i < entries.n; i++)
		if (entries.v[i].phase != VC_PHASE_PREPARED &&
		    recover_apart(job, entries.v[i].uid, dry_run, err) < 0)
			return -(int)err->kind;
	return recover_rest(job, dry_run, err);
}

/**
 * vc_node_recover() - Finish or undo what processes left that are gone
 * @arena:	holds the report
 * @node:	node; the caller has one thread and no children
 * @dry_run:	only say what would be done
 * @ret_report:	what was done, and how many claims could not be helped
 * @err:	why nothing could be done at all
 *
 * Return: 0, -VC_ERR_REFUSED (an entry of the journal cannot be read; somebody has the lock
 * for too long), -VC_ERR_SYSTEM or -VC_ERR_INTERNAL
 */
int vc_node_recover(struct vc_arena *arena, const struct vc_local_node *node,
                    bool dry_run, struct vc_prepare_report *ret_report,
                    struct vc_err *err)
{
	struct vc_job job = { .arena = arena, .node = node };

	if (node->config->role != VC_ROLE_HOST)
		return vc_fail(
			err, VC_ERR_REFUSED,
			"the role of this host is 'kubernetes': there is nothing that "
			"virt-claim prepared here");
	if (recover_all(&job, dry_run, err) < 0)
		return -(int)err->kind;
	*ret_report = job.report;
	return 0;
}
