/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * give_back.c - the way back: files first, so that nobody picks up a device that is going
 * away; then the steps; then the entry, or its quarantine.
 */
#include <string.h>

#include "node/job.h"

static int quarantine(struct vc_job *job, struct vc_err *err)
{
	struct vc_err why = VC_ERR_INIT;

	job->entry.phase = VC_PHASE_QUARANTINED;
	job->entry.owner_pid = 0;
	job->entry.owner_start = 0;
	if (vc_job_write(job, &why) < 0)
		return vc_err_context(err, "%.512s", why.msg);
	return -(int)err->kind;
}

/**
 * vc_job_give_back() - Give everything back that a claim has
 * @job:	job whose entry is ours; the lock is not held
 * @err:	what could not be withdrawn or undone
 *
 * Return: 0 when nothing is left and the entry is gone; else the claim is quarantined:
 * -VC_ERR_SYSTEM, -VC_ERR_REFUSED or -VC_ERR_INTERNAL
 */
int vc_job_give_back(struct vc_job *job, struct vc_err *err)
{
	if (vc_job_withdraw(job, err) < 0 || vc_job_undo_steps(job, err) < 0)
		return quarantine(job, err);
	return vc_journal_remove(job->arena, job->node->config->run, job->entry.uid, err);
}

/**
 * vc_job_fail() - Give everything back because something failed
 * @job:	job whose entry is ours; the lock is not held
 * @err:	what failed; gets what could not be undone
 *
 * Return: -(int)@err->kind
 */
int vc_job_fail(struct vc_job *job, struct vc_err *err)
{
	struct vc_err first = *err, why = VC_ERR_INIT;

	if (vc_job_give_back(job, &why) == 0)
		return -(int)err->kind;
	(void)vc_fail(err, first.kind,
	              "%.900s; and this could not be undone: %.900s; the claim is "
	              "quarantined: when the device is free, run: virt-claim recover",
	              first.msg, why.msg);
	err->sys = first.sys;
	return -(int)err->kind;
}
