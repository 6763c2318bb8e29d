/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * run_steps.c - do the steps of an entry, undo them, and ask the machine about them; each
 * change of a step is in the journal before and after it. After one and before the next
 * is the same moment.
 *
 * Steps that several claims need at once (the VFs of a PF, the permissions of a node) are
 * in the entry of each of them. Undoing one of these is decided under the lock: as long as
 * another entry has it, ours only goes; the last one undoes it.
 */
#include <errno.h>
#include <string.h>

#include "node/apply.h"
#include "node/job.h"

static bool stop_was_asked(const struct vc_job *job)
{
	return job->options && job->options->stop && *job->options->stop;
}

static int set_state(struct vc_job *job, struct vc_step *step, enum vc_step_state state,
                     struct vc_err *err)
{
	step->state = state;
	return vc_job_write(job, err);
}

static int explain(struct vc_job *job, const struct vc_step *step, struct vc_err *err)
{
	char *text = vc_step_text(job->arena, step);

	return vc_err_context(err, "claim '%s/%s': %s", job->entry.namespace,
	                      job->entry.name,
	                      text ? text : vc_step_kind_name(step->kind));
}

static int verify(struct vc_job *job, const struct vc_step *step, struct vc_err *err)
{
	enum vc_step_look look;

	if (vc_step_ops(step->kind)->look(job->arena, job->node, step, &look, err) < 0)
		return -(int)err->kind;
	if (look == VC_LOOK_AFTER)
		return 0;
	if (look == VC_LOOK_GONE)
		return vc_fail(err, VC_ERR_SYSTEM, "the device is gone");
	return vc_fail(err, VC_ERR_SYSTEM,
	               "it was done, and somebody undid it at the same moment");
}

static int do_step(struct vc_job *job, struct vc_step *step, struct vc_err *err)
{
	const struct vc_step_kind_ops *ops = vc_step_ops(step->kind);

	if (stop_was_asked(job)) {
		(void)vc_fail(err, VC_ERR_SYSTEM, "interrupted by a signal");
		err->sys = EINTR;
		return -VC_ERR_SYSTEM;
	}
	/* this also says that the step before is done */
	if (set_state(job, step, VC_STEP_DOING, err) < 0 ||
	    ops->act(job->arena, job->node, step, err) < 0 || verify(job, step, err) < 0)
		return -(int)err->kind;
	step->state = VC_STEP_DONE;
	return 0;
}

static int report_step(struct vc_job *job, const struct vc_step *step, struct vc_err *err)
{
	struct vc_step *slot = vc_list_push(job->arena, &job->report.steps);

	if (!slot)
		return vc_fail_oom(err);
	*slot = *step;
	return 0;
}

/**
 * vc_job_do_steps() - Do what is planned, in order
 * @job:	job whose entry is on disk
 * @err:	the step that failed, and why; .sys is EINTR when a signal ended it
 *
 * Return: 0, or what the step and the journal return
 */
int vc_job_do_steps(struct vc_job *job, struct vc_err *err)
{
	bool any = false;

	for (size_t i = 0; i < job->entry.steps.n; i++) {
		struct vc_step *step = &job->entry.steps.v[i];

		if (step->state != VC_STEP_PLANNED)
			continue;
		if (do_step(job, step, err) < 0)
			return explain(job, step, err);
		if (report_step(job, step, err) < 0)
			return -(int)err->kind;
		any = true;
	}
	return any ? vc_job_write(job, err) : 0;
}

static bool is_shared_kind(const struct vc_step *step)
{
	return step->kind == VC_STEP_VFS || step->kind == VC_STEP_ACCESS;
}

static bool others_need(const struct vc_job *job, const struct vc_step *step)
{
	for (size_t i = 0; i < job->entries.n; i++) {
		const struct vc_entry *other = &job->entries.v[i];

		if (strcmp(other->uid, job->entry.uid) == 0)
			continue;
		for (size_t j = 0; j < other->steps.n; j++)
			if (other->steps.v[j].state != VC_STEP_UNDONE &&
			    vc_step_shared(&other->steps.v[j], step))
				return true;
	}
	return false;
}

/* Says in the journal what will happen to the step, which others read there. */
static int begin_shared_undo(struct vc_job *job, struct vc_step *step, struct vc_err *err)
{
	VC_AUTOCLOSE int lock = -1;

	if (vc_job_lock(job, &lock, err) < 0 || vc_job_read(job, err) < 0)
		return -(int)err->kind;
	return set_state(job, step,
	                 others_need(job, step) ? VC_STEP_UNDONE : VC_STEP_UNDOING, err);
}

/* Of a step that is ours alone the journal may lag behind: undoing it can be repeated, and
 * a full file system must not keep us from it. *ret_ours: it was not left to others. */
static int undo_step(struct vc_job *job, struct vc_step *step, bool *ret_ours,
                     struct vc_err *err)
{
	struct vc_err ignored = VC_ERR_INIT;

	if (!is_shared_kind(step))
		(void)set_state(job, step, VC_STEP_UNDOING, &ignored);
	else if (begin_shared_undo(job, step, err) < 0)
		return -(int)err->kind;
	*ret_ours = step->state == VC_STEP_UNDOING;
	if (*ret_ours &&
	    vc_step_ops(step->kind)->undo(job->arena, job->node, step, err) < 0)
		return -(int)err->kind;
	step->problem = NULL;
	(void)set_state(job, step, VC_STEP_UNDONE, &ignored);
	return 0;
}

/* What others were made for has to be free before it goes. */
static bool makes_devices(const struct vc_step *step)
{
	return step->kind == VC_STEP_VFS || step->kind == VC_STEP_VF ||
	       step->kind == VC_STEP_MDEV;
}

/* The entry says so, whether or not it can be written now: if not, its owner is gone soon,
 * and the machine will be asked. */
static void get_stuck(struct vc_job *job, struct vc_step *step, const struct vc_err *why)
{
	struct vc_err ignored = VC_ERR_INIT;

	step->problem = vc_arena_strdup(job->arena, why->msg);
	(void)set_state(job, step, VC_STEP_STUCK, &ignored);
}

/**
 * vc_job_undo_steps() - Undo every step that was begun, the last one first
 * @job:	job whose entry is on disk
 * @err:	the first step that could not be undone, and why
 *
 * A step that cannot be undone is stuck, and those after it are tried all the same; only
 * what devices were made for stays as long as one of them is stuck.
 *
 * Return: 0 when nothing is left, else -VC_ERR_SYSTEM or -VC_ERR_INTERNAL
 */
int vc_job_undo_steps(struct vc_job *job, struct vc_err *err)
{
	bool stuck = false;

	for (size_t i = job->entry.steps.n; i-- > 0;) {
		struct vc_step *step = &job->entry.steps.v[i];
		struct vc_err why = VC_ERR_INIT;
		bool ours = false;

		if (step->state == VC_STEP_PLANNED || step->state == VC_STEP_UNDONE ||
		    (stuck && makes_devices(step)))
			continue;
		if (undo_step(job, step, &ours, &why) == 0) {
			if (ours && report_step(job, step, &why) < 0)
				return vc_fail_oom(err);
			continue;
		}
		get_stuck(job, step, &why);
		if (stuck)
			continue;
		stuck = true;
		*err = why;
		(void)explain(job, step, err);
	}
	return stuck ? -(int)err->kind : 0;
}

/**
 * vc_job_look() - Ask the machine about all steps
 * @job:	job
 * @again:	steps that somebody has undone are planned again, those of devices that are
 *		gone count as undone; the entry is not written
 * @ret_all_done: whether none of them, and none that is planned, has to be done
 * @err:	why the machine does not say
 *
 * A step of a device that is gone has nothing to be done.
 *
 * Return: 0, -VC_ERR_SYSTEM or -VC_ERR_INTERNAL
 */
int vc_job_look(struct vc_job *job, bool again, bool *ret_all_done, struct vc_err *err)
{
	bool all_done = true;

	for (size_t i = 0; i < job->entry.steps.n; i++) {
		struct vc_step *step = &job->entry.steps.v[i];
		enum vc_step_look look;

		if (step->state == VC_STEP_UNDONE)
			continue;
		if (vc_step_ops(step->kind)
		            ->look(job->arena, job->node, step, &look, err) < 0)
			return explain(job, step, err);
		if (look == VC_LOOK_GONE && again)
			step->state = VC_STEP_UNDONE;
		if (look == VC_LOOK_AFTER || look == VC_LOOK_GONE)
			continue;
		all_done = false;
		if (again)
			step->state = VC_STEP_PLANNED;
	}
	*ret_all_done = all_done;
	return 0;
}
