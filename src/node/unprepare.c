/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * unprepare.c - give everything back: each function its driver, each VF and mediated device
 * its end.
 *
 * A domain may be about to start: its hook has read the files and takes its leases next. So
 * unprepare takes the leases of the devices itself before it begins: either the hook was
 * first, and unprepare is refused, or the hook is. They die with this process.
 */
#include <string.h>

#include "node/job.h"
#include "node/plan_check.h"
#include "node/prepare.h"

/* A USB device that was plugged in anew is used under another key by now. */
static int find_moved(struct vc_job *job, struct vc_err *err)
{
	struct vc_err why = VC_ERR_INIT;
	struct vc_prepare_input input;
	struct vc_found_devices found;
	bool has_usb = false;

	for (size_t i = 0; i < job->entry.devices.n; i++)
		has_usb = has_usb || strncmp(job->entry.devices.v[i].key, "usb-", 4) == 0;
	if (!has_usb || !job->claim.uid)
		return 0;
	if (vc_node_observe(job->arena, job->node, &job->inventory, err) < 0)
		return -(int)err->kind;
	input = vc_job_input(job);
	if (vc_plan_find(job->arena, &input, &found, &why) < 0)
		return 0;
	for (size_t i = 0; i < found.n; i++)
		if (vc_plan_reserve(job->arena, &found.v[i], &job->entry, err) < 0)
			return -(int)err->kind;
	return 0;
}

/* Devices that were never made have no lease. */
static int list_keys(struct vc_job *job, const char ***ret_keys, size_t *ret_n,
                     struct vc_err *err)
{
	const char **keys =
		vc_arena_alloc(job->arena, job->entry.devices.n + 1, sizeof(*keys));
	size_t n = 0;

	if (!keys)
		return vc_fail_oom(err);
	for (size_t i = 0; i < job->entry.devices.n; i++)
		if (strncmp(job->entry.devices.v[i].key, "vf-", 3) != 0)
			keys[n++] = job->entry.devices.v[i].key;
	*ret_keys = keys;
	*ret_n = n;
	return 0;
}

static int describe_us(struct vc_job *job, struct vc_lease *ret_who, struct vc_err *err)
{
	char *name = vc_arena_printf(job->arena, "unprepare-%s-%s", job->entry.namespace,
	                             job->entry.name);

	if (!name)
		return vc_fail_oom(err);
	*ret_who = (struct vc_lease){
		.uuid = job->entry.uid,
		.domain = name,
		.holder_pid = job->node->owner_pid,
		.holder_start = job->node->owner_start,
	};
	return 0;
}

static int keep_domains_away(struct vc_job *job, struct vc_err *err)
{
	struct vc_lease who;
	const char **keys = NULL;
	size_t n = 0;

	if (find_moved(job, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < job->entry.devices.n; i++)
		if (vc_plan_check_lease(&job->leases, job->entry.devices.v[i].key, err) <
		    0)
			return -(int)err->kind;
	if (list_keys(job, &keys, &n, err) < 0 || describe_us(job, &who, err) < 0)
		return -(int)err->kind;
	return vc_lease_take(job->arena, &job->node->leases, keys, n, &who, err);
}

static int drop_leases(struct vc_job *job, struct vc_err *err)
{
	struct vc_lease who;
	const char **keys = NULL;
	size_t n = 0;

	if (list_keys(job, &keys, &n, err) < 0 || describe_us(job, &who, err) < 0)
		return -(int)err->kind;
	return vc_lease_drop(job->arena, &job->node->leases, keys, n, &who, err);
}

/* A lease that cannot be dropped is dead as soon as this process is. */
static void let_domains_in(struct vc_job *job)
{
	struct vc_err ignored = VC_ERR_INIT;
	int r = drop_leases(job, &ignored);

	(void)r;
}

/* Under the lock. */
static int reserve(struct vc_job *job, struct vc_err *err)
{
	int r = keep_domains_away(job, err);

	if (r < 0)
		return vc_err_context(err, "claim '%s/%s'", job->entry.namespace,
		                      job->entry.name);
	r = vc_job_set_persistent(job, false, err);
	job->entry.phase = VC_PHASE_UNPREPARING;
	if (r == 0)
		r = vc_job_take_over(job, &job->entry, err);
	if (r < 0)
		let_domains_in(job);
	return r;
}

static int report_what_would_be(struct vc_job *job, struct vc_err *err)
{
	for (size_t i = job->entry.steps.n; i-- > 0;) {
		const struct vc_step *step = &job->entry.steps.v[i];
		struct vc_step *slot;

		if (step->state == VC_STEP_PLANNED || step->state == VC_STEP_UNDONE)
			continue;
		slot = vc_list_push(job->arena, &job->report.steps);
		if (!slot)
			return vc_fail_oom(err);
		*slot = *step;
	}
	return 0;
}

/* Not prepared, and yet it may be one that is to be prepared at each boot, or have files
 * that somebody left. */
static int forget(struct vc_job *job, struct vc_err *err)
{
	job->report.unchanged = !job->claim.persistent;
	if (job->options && job->options->dry_run)
		return 0;
	job->entry.uid = job->claim.uid;
	job->entry.namespace = job->claim.namespace;
	job->entry.name = job->claim.name;
	if (vc_job_withdraw(job, err) < 0)
		return -(int)err->kind;
	return vc_job_set_persistent(job, false, err);
}

static int give_back(struct vc_job *job, struct vc_err *err)
{
	int r = vc_job_give_back(job, err);

	let_domains_in(job);
	if (r == 0)
		return 0;
	return vc_err_context(err,
	                      "the claim is quarantined; when the device is free, run "
	                      "'virt-claim recover'");
}

static int unprepare(struct vc_job *job, const char *namespace, const char *name,
                     struct vc_err *err)
{
	int lock = -1;
	int r = vc_job_begin(job, namespace, name, &lock, err);

	if (r < 0)
		return r;
	if (!job->entry.uid)
		r = forget(job, err);
	else if (job->options && job->options->dry_run)
		r = report_what_would_be(job, err);
	else
		r = reserve(job, err);
	vc_closep(&lock);
	if (r < 0 || job->entry.phase != VC_PHASE_UNPREPARING ||
	    (job->options && job->options->dry_run))
		return r;
	return give_back(job, err);
}

/**
 * vc_node_unprepare() - Give the devices of a claim back to the host
 * @arena:	holds the report
 * @node:	node; the caller has one thread and no children
 * @namespace:	of the claim
 * @name:	of the claim; its document may be gone, if the journal knows it
 * @options:	how; NULL all defaults. .stop is not looked at: going on is the way out
 * @ret_report:	what was undone
 * @err:	who uses it, or what could not be undone
 *
 * A claim that is quarantined is tried again.
 *
 * Return: 0, -VC_ERR_ABSENT (no such claim), -VC_ERR_REFUSED (a running domain uses it, another
 * process is at work on it), -VC_ERR_SYSTEM (quarantined) or -VC_ERR_INTERNAL
 */
int vc_node_unprepare(struct vc_arena *arena, const struct vc_local_node *node,
                      const char *namespace, const char *name,
                      const struct vc_prepare_options *options,
                      struct vc_prepare_report *ret_report, struct vc_err *err)
{
	struct vc_job job = { .arena = arena, .node = node, .options = options };
	int r;

	if (node->config->role != VC_ROLE_HOST)
		return vc_fail(
			err, VC_ERR_REFUSED,
			"the role of this host is 'kubernetes': a DRA driver prepares "
			"devices here, and nothing else changes them");
	r = unprepare(&job, namespace, name, err);
	if (r == 0)
		*ret_report = job.report;
	return r;
}
