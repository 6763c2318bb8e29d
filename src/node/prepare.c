/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * prepare.c - plan -> journal -> apply -> publish -> commit.
 *
 * Theory of operation: everything that is decided is decided under the lock, from what the
 * machine says at that moment, and is in the journal before the lock is given back. Then
 * the steps run without it. Rounds of this go on until nothing is left to be planned: the
 * first makes devices, the second gives them to vfio; the last one finds nothing to do, and
 * what it sees is published.
 */
#include "node/prepare.h"

#include <string.h>

#include "node/job.h"
#include "node/plan_check.h"

/* Devices, drivers, nodes that only drivers make; and one that finds nothing to do. */
#define ROUNDS_MAX 4

/**
 * vc_entry_has_planned() - Whether steps of an entry have still to be begun
 * @entry:	entry
 *
 * Return: whether there are any
 */
bool vc_entry_has_planned(const struct vc_entry *entry)
{
	for (size_t i = 0; i < entry->steps.n; i++)
		if (entry->steps.v[i].state == VC_STEP_PLANNED)
			return true;
	return false;
}

static struct vc_entry new_entry(const struct vc_job *job)
{
	return (struct vc_entry){
		.uid = job->claim.uid,
		.namespace = job->claim.namespace,
		.name = job->claim.name,
		.boot_id = job->node->boot_id,
		.phase = VC_PHASE_PREPARING,
		.owner_pid = job->node->owner_pid,
		.owner_start = job->node->owner_start,
	};
}

/* [VFIO] a group is used by one process at a time, whoever has claimed its members. */
static int note_neighbours(struct vc_job *job, const struct vc_prepare_input *input,
                           const struct vc_host_device *d, struct vc_err *err)
{
	const struct vc_iommu_group *group =
		vc_inventory_group(input->inventory, d->iommu_group);

	for (size_t i = 0; group && i < group->members.n; i++) {
		const struct vc_entry *other = vc_plan_holder(input, group->members.v[i]);

		if (other &&
		    vc_job_note(job, err,
		                "'%s' and '%s' of claim '%s/%s' are in one IOMMU "
		                "group: only one domain can use both",
		                d->address, group->members.v[i], other->namespace,
		                other->name) < 0)
			return -(int)err->kind;
	}
	return 0;
}

static int note_groups(struct vc_job *job, const struct vc_prepare_input *input,
                       struct vc_err *err)
{
	struct vc_found_devices found = { 0 };

	if (vc_plan_find(job->arena, input, &found, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < found.n; i++)
		if (found.v[i].device && found.v[i].device->kind == VC_DEVICE_PCI &&
		    note_neighbours(job, input, found.v[i].device, err) < 0)
			return -(int)err->kind;
	return 0;
}

/**
 * vc_job_reserve() - Reserve the devices of a claim, and plan what is to be done first
 * @job:	job that has observed, for a claim without an entry; the lock is held
 * @err:	why not; nothing is reserved then
 *
 * What has to be made is made first.
 *
 * Return: 0, or as vc_plan_prepare(), vc_plan_bind(), vc_job_refresh_claim() and
 * vc_journal_write()
 */
int vc_job_reserve(struct vc_job *job, struct vc_err *err)
{
	const struct vc_prepare_input input = vc_job_input(job);

	job->entry = new_entry(job);
	if (vc_plan_prepare(job->arena, &input, &job->entry, err) < 0)
		return -(int)err->kind;
	if (!vc_entry_has_planned(&job->entry) &&
	    vc_plan_bind(job->arena, &input, &job->entry, err) < 0)
		return -(int)err->kind;
	if (vc_job_refresh_claim(job, err) < 0 || note_groups(job, &input, err) < 0)
		return -(int)err->kind;
	return vc_job_write(job, err);
}

/**
 * vc_job_plan_more() - Plan what has to be done after the steps so far
 * @job:	job that has observed since its last step; the lock is held
 * @ret_more:	whether there is something; the entry is on disk then
 * @err:	why not
 *
 * Return: 0, or as vc_plan_bind() and vc_journal_write()
 */
int vc_job_plan_more(struct vc_job *job, bool *ret_more, struct vc_err *err)
{
	const struct vc_prepare_input input = vc_job_input(job);
	bool more;

	if (vc_plan_bind(job->arena, &input, &job->entry, err) < 0)
		return -(int)err->kind;
	more = vc_entry_has_planned(&job->entry);
	if (more && vc_job_write(job, err) < 0)
		return -(int)err->kind;
	*ret_more = more;
	return 0;
}

static int plan_again(struct vc_job *job, bool *ret_more, struct vc_err *err)
{
	VC_AUTOCLOSE int lock = -1;

	if (vc_job_lock(job, &lock, err) < 0 || vc_job_observe(job, err) < 0)
		return -(int)err->kind;
	return vc_job_plan_more(job, ret_more, err);
}

static int apply(struct vc_job *job, struct vc_err *err)
{
	bool more = true;

	for (int round = 0; round < ROUNDS_MAX && more; round++)
		if (vc_job_do_steps(job, err) < 0 || plan_again(job, &more, err) < 0)
			return -(int)err->kind;
	if (more)
		return vc_fail(err, VC_ERR_SYSTEM,
		               "claim '%s/%s': somebody undoes again and again what is "
		               "done for it",
		               job->claim.namespace, job->claim.name);
	return 0;
}

static bool is_persistent(const struct vc_job *job)
{
	return !(job->options && job->options->transient);
}

/**
 * vc_job_complete() - Publish and commit a claim for which all is done
 * @job:	job whose last look found nothing to do; the lock is not held
 * @err:	why not
 *
 * Return: 0, or as vc_job_publish() and vc_job_commit()
 */
int vc_job_complete(struct vc_job *job, struct vc_err *err)
{
	bool changed;

	if (vc_job_publish(job, &changed, err) < 0)
		return -(int)err->kind;
	return vc_job_commit(job, is_persistent(job), err);
}

/**
 * vc_job_finish() - Do what is planned for a claim, and all that follows from it
 * @job:	job whose entry is on disk and ours; the lock is not held
 * @err:	what failed first, and what could not be undone
 *
 * Return: 0; or everything was given back, and as vc_job_fail()
 */
int vc_job_finish(struct vc_job *job, struct vc_err *err)
{
	if (apply(job, err) < 0 || vc_job_complete(job, err) < 0)
		return vc_job_fail(job, err);
	return 0;
}

/* Steps of devices that were pulled out; one that comes back is another one. */
static void drop_undone(struct vc_steps *steps)
{
	size_t kept = 0;

	for (size_t i = 0; i < steps->n; i++)
		if (steps->v[i].state != VC_STEP_UNDONE)
			steps->v[kept++] = steps->v[i];
	steps->n = kept;
}

/* Somebody undid something. The plan has asked again whether it may be done at all. */
static int repair(struct vc_job *job, struct vc_err *err)
{
	for (size_t i = 0; i < job->entry.devices.n; i++)
		if (vc_plan_check_lease(&job->leases, job->entry.devices.v[i].key, err) <
		    0)
			return vc_err_context(err,
			                      "claim '%s/%s' is not as it was prepared",
			                      job->entry.namespace, job->entry.name);
	job->entry.phase = VC_PHASE_PREPARING;
	return vc_job_take_over(job, &job->entry, err);
}

/* Whether a device has another key than before, as a USB device that was plugged in anew. */
static bool has_moved(const struct vc_job *job)
{
	const struct vc_entry *before = vc_job_find_entry(job, job->entry.uid);

	for (size_t i = 0; i < job->entry.devices.n && before; i++)
		if (i >= before->devices.n ||
		    strcmp(job->entry.devices.v[i].key, before->devices.v[i].key) != 0)
			return true;
	return false;
}

/* The list of reserved devices is changed in place, and compared with what it was. */
static int copy_devices(struct vc_job *job, struct vc_err *err)
{
	struct vc_reserved *copy =
		vc_arena_alloc(job->arena, job->entry.devices.n + 1, sizeof(*copy));

	if (!copy)
		return vc_fail_oom(err);
	for (size_t i = 0; i < job->entry.devices.n; i++)
		copy[i] = job->entry.devices.v[i];
	job->entry.devices.v = copy;
	job->entry.devices.cap = job->entry.devices.n;
	return 0;
}

/* Under the lock, of a claim that is prepared; *ret_more: something has to be done. */
static int check_prepared(struct vc_job *job, bool *ret_more, struct vc_err *err)
{
	struct vc_prepare_input input;
	bool all_done, changed;

	if (vc_job_observe(job, err) < 0 || copy_devices(job, err) < 0 ||
	    vc_job_look(job, true, &all_done, err) < 0)
		return -(int)err->kind;
	drop_undone(&job->entry.steps);
	input = vc_job_input(job);
	input.leases = NULL; /* a domain that uses what it has is none of our business */
	if (vc_plan_prepare(job->arena, &input, &job->entry, err) < 0)
		return -(int)err->kind;
	if (!vc_entry_has_planned(&job->entry) &&
	    vc_plan_bind(job->arena, &input, &job->entry, err) < 0)
		return -(int)err->kind;
	*ret_more = vc_entry_has_planned(&job->entry);
	if (*ret_more)
		return repair(job, err);
	if (has_moved(job) && vc_job_write(job, err) < 0)
		return -(int)err->kind;
	job->report.unchanged = job->claim.persistent == is_persistent(job);
	if (vc_job_set_persistent(job, is_persistent(job), err) < 0 ||
	    vc_job_publish(job, &changed, err) < 0)
		return -(int)err->kind;
	job->report.unchanged = job->report.unchanged && !changed;
	return 0;
}

static int refuse_quarantined(const struct vc_job *job, struct vc_err *err)
{
	const char *problem = "a step could not be undone";

	for (size_t i = 0; i < job->entry.steps.n; i++)
		if (job->entry.steps.v[i].state == VC_STEP_STUCK &&
		    job->entry.steps.v[i].problem)
			problem = job->entry.steps.v[i].problem;
	return vc_fail(err, VC_ERR_REFUSED,
	               "claim '%s/%s' is quarantined: %.1200s; when the device is free, "
	               "run: virt-claim recover",
	               job->entry.namespace, job->entry.name, problem);
}

static int check_claim(const struct vc_job *job, const char *namespace, const char *name,
                       struct vc_err *err)
{
	if (job->claim.uid)
		return 0;
	return vc_fail(err, VC_ERR_ABSENT,
	               "there is no claim '%s/%s' any more, though it is prepared; run: "
	               "virt-claim unprepare %s/%s",
	               namespace, name, namespace, name);
}

/* What a process left that is gone comes to its end or back first. */
static int begin(struct vc_job *job, const char *namespace, const char *name,
                 int *ret_lock, struct vc_err *err)
{
	int lock = -1;
	int r = vc_job_begin(job, namespace, name, &lock, err);

	if (r == 0 && (job->entry.phase == VC_PHASE_PREPARED ||
	               job->entry.phase == VC_PHASE_QUARANTINED || !job->entry.uid)) {
		*ret_lock = lock;
		return 0;
	}
	if (r == 0)
		r = vc_job_take_over(job, &job->entry, err);
	vc_closep(&lock);
	if (r == 0)
		r = vc_job_recover(job, err);
	return r < 0 ? r : vc_job_begin(job, namespace, name, ret_lock, err);
}

/* Under the lock; *ret_more: without it more has to be done. */
static int decide(struct vc_job *job, const char *namespace, const char *name,
                  bool *ret_more, struct vc_err *err)
{
	if (check_claim(job, namespace, name, err) < 0)
		return -(int)err->kind;
	*ret_more = true;
	if (!job->entry.uid)
		return vc_job_observe(job, err) < 0 ? -(int)err->kind
		                                    : vc_job_reserve(job, err);
	if (job->entry.phase == VC_PHASE_PREPARED)
		return check_prepared(job, ret_more, err);
	return refuse_quarantined(job, err);
}

static int prepare(struct vc_job *job, const char *namespace, const char *name,
                   struct vc_err *err)
{
	bool more = false;
	int lock = -1;
	int r = begin(job, namespace, name, &lock, err);

	if (r < 0)
		return r;
	r = decide(job, namespace, name, &more, err);
	vc_closep(&lock);
	return r == 0 && more ? vc_job_finish(job, err) : r;
}

/**
 * vc_node_prepare() - Make the devices of a claim ready for QEMU
 * @arena:	holds the report
 * @node:	node; the caller has one thread and no children
 * @namespace:	of the claim
 * @name:	of the claim
 * @options:	how; NULL all defaults
 * @ret_report:	what was done
 * @err:	what failed first, and what could not be undone
 *
 * Return: 0, -VC_ERR_ABSENT (no such claim), -VC_ERR_INPUT (a document that is broken),
 * -VC_ERR_REFUSED, -VC_ERR_SYSTEM (the machine said no; .sys is EINTR when .stop was set) or
 * -VC_ERR_INTERNAL
 */
int vc_node_prepare(struct vc_arena *arena, const struct vc_local_node *node,
                    const char *namespace, const char *name,
                    const struct vc_prepare_options *options,
                    struct vc_prepare_report *ret_report, struct vc_err *err)
{
	struct vc_job job = { .arena = arena, .node = node, .options = options };
	bool dry_run = options && options->dry_run;
	int r;

	if (node->config->role != VC_ROLE_HOST)
		return vc_fail(
			err, VC_ERR_REFUSED,
			"the role of this host is 'kubernetes': a DRA driver prepares "
			"devices here, and nothing else changes them");
	r = dry_run ? vc_job_preview(&job, namespace, name, err)
	            : prepare(&job, namespace, name, err);
	if (r == 0)
		*ret_report = job.report;
	return r;
}
