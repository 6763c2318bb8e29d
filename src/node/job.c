/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "node/job.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "store/boot_id.h"
#include "store/claim_store.h"
#include "store/lock.h"

#define WAIT_STEP_MS 20

/**
 * vc_job_lock() - Take the lock of the node
 * @job:	job
 * @ret_fd:	the caller closes it
 * @err:	who has it
 *
 * Return: as vc_lock_take()
 */
int vc_job_lock(const struct vc_job *job, int *ret_fd, struct vc_err *err)
{
	return vc_lock_take(job->node->config->run, VC_JOB_LOCK_MS, ret_fd, err);
}

/**
 * vc_job_write() - Write the entry of a job
 * @job:	job
 * @err:	why not
 *
 * Return: as vc_journal_write()
 */
int vc_job_write(const struct vc_job *job, struct vc_err *err)
{
	return vc_journal_write(job->arena, job->node->config->run, &job->entry, err);
}

/**
 * vc_job_read() - Read the journal and the leases again
 * @job:	gets .entries and .leases
 * @err:	why not
 *
 * Return: 0, -VC_ERR_REFUSED (an entry that cannot be read), -VC_ERR_SYSTEM or
 * -VC_ERR_INTERNAL
 */
int vc_job_read(struct vc_job *job, struct vc_err *err)
{
	const struct vc_local_node *node = job->node;

	if (vc_journal_list(job->arena, node->config->run, node->boot_id, &job->entries,
	                    err) < 0 ||
	    vc_lease_living(job->arena, &node->leases, &job->leases, err) < 0)
		return -(int)err->kind;
	return 0;
}

/**
 * vc_job_observe() - Look at everything that is decided on
 * @job:	gets .entries, .leases and .inventory
 * @err:	why not
 *
 * Return: as vc_job_read() and vc_node_observe()
 */
int vc_job_observe(struct vc_job *job, struct vc_err *err)
{
	if (vc_job_read(job, err) < 0)
		return -(int)err->kind;
	return vc_node_observe(job->arena, job->node, &job->inventory, err);
}

/**
 * vc_job_input() - What is decided on, as plans want it
 * @job:	job that has observed
 *
 * Return: input; lives as long as @job stays where it is
 */
struct vc_prepare_input vc_job_input(const struct vc_job *job)
{
	return (struct vc_prepare_input){
		.node = job->node,
		.claim = &job->claim,
		.inventory = &job->inventory,
		.entries = &job->entries,
		.leases = &job->leases,
	};
}

/**
 * vc_job_find_entry() - The entry of a claim
 * @job:	job that has read the journal
 * @uid:	of the claim
 *
 * Return: one of .entries, NULL none
 */
struct vc_entry *vc_job_find_entry(const struct vc_job *job, const char *uid)
{
	for (size_t i = 0; i < job->entries.n; i++)
		if (strcmp(job->entries.v[i].uid, uid) == 0)
			return &job->entries.v[i];
	return NULL;
}

static struct vc_entry *find_by_name(const struct vc_job *job, const char *namespace,
                                     const char *name)
{
	for (size_t i = 0; i < job->entries.n; i++)
		if (strcmp(job->entries.v[i].namespace, namespace) == 0 &&
		    strcmp(job->entries.v[i].name, name) == 0)
			return &job->entries.v[i];
	return NULL;
}

/**
 * vc_job_owner_lives() - Whether another process is at work on a claim
 * @job:	job
 * @entry:	entry of the claim
 *
 * What cannot be found out counts as alive. This process itself does not: it has one
 * thread, and whatever it did before is over.
 *
 * Return: whether one is
 */
bool vc_job_owner_lives(const struct vc_job *job, const struct vc_entry *entry)
{
	struct vc_err err = VC_ERR_INIT;
	struct vc_process process;
	int r;

	if (entry->owner_pid == 0 || entry->owner_pid == job->node->owner_pid)
		return false;
	r = vc_process_read(job->arena, "/proc", (pid_t)entry->owner_pid, &process, &err);
	if (r < 0)
		return r != -VC_ERR_ABSENT;
	return process.start == entry->owner_start;
}

/* The entry of a claim whose document has gone is found by its name. */
static int read_claim(struct vc_job *job, const char *namespace, const char *name,
                      struct vc_entry **ret_entry, struct vc_err *err)
{
	struct vc_err why = VC_ERR_INIT;
	struct vc_entry *entry;
	int r = vc_claim_store_read(job->arena, job->node->config->state, namespace, name,
	                            &job->claim, &why);

	if (r == 0) {
		*ret_entry = vc_job_find_entry(job, job->claim.uid);
		return 0;
	}
	entry = find_by_name(job, namespace, name);
	if (r != -VC_ERR_ABSENT || !entry) {
		*err = why;
		return r;
	}
	job->claim = (struct vc_host_claim){ .namespace = entry->namespace,
		                             .name = entry->name };
	*ret_entry = entry;
	return 0;
}

/* Under the lock, which is given back when somebody is at work. */
static int try_begin(struct vc_job *job, const char *namespace, const char *name,
                     int *ret_lock, const struct vc_entry **ret_busy, struct vc_err *err)
{
	VC_AUTOCLOSE int lock = -1;
	struct vc_entry *entry = NULL;

	if (vc_job_lock(job, &lock, err) < 0 || vc_job_read(job, err) < 0 ||
	    read_claim(job, namespace, name, &entry, err) < 0)
		return -(int)err->kind;
	*ret_busy = entry && vc_job_owner_lives(job, entry) ? entry : NULL;
	if (*ret_busy)
		return 0;
	job->entry = entry ? *entry : (struct vc_entry){ 0 };
	*ret_lock = vc_steal_fd(&lock);
	return 0;
}

static int refuse_busy(const struct vc_entry *entry, struct vc_err *err)
{
	return vc_fail(err, VC_ERR_REFUSED,
	               "claim '%s/%s': process %ld is at work on it (%s); try again when "
	               "it is done",
	               entry->namespace, entry->name, entry->owner_pid,
	               vc_phase_name(entry->phase));
}

/**
 * vc_job_begin() - Begin to work on a claim
 * @job:	gets .claim (its .uid is NULL when only the journal knows it), .entries, .leases
 *		and .entry (its .uid is NULL when there is none)
 * @namespace:	of the claim
 * @name:	of the claim
 * @ret_lock:	the lock of the node, the caller's
 * @err:	why not
 *
 * Return: 0, -VC_ERR_ABSENT (no such claim), -VC_ERR_REFUSED (another process is at work on it,
 * or has the lock, for too long; an entry that cannot be read), or as vc_claim_store_read()
 */
int vc_job_begin(struct vc_job *job, const char *namespace, const char *name,
                 int *ret_lock, struct vc_err *err)
{
	const struct vc_entry *busy = NULL;

	for (unsigned waited = 0;; waited += WAIT_STEP_MS) {
		if (try_begin(job, namespace, name, ret_lock, &busy, err) < 0)
			return -(int)err->kind;
		if (!busy)
			return 0;
		if (waited >= VC_JOB_OWNER_MS)
			return refuse_busy(busy, err);
		(void)nanosleep(&(struct timespec){ .tv_nsec = WAIT_STEP_MS * 1000000L },
		                NULL);
	}
}

/**
 * vc_job_take_over() - Become the owner of an entry
 * @job:	gets .entry
 * @entry:	entry whose owner is gone
 * @err:	why not
 *
 * Return: as vc_journal_write()
 */
int vc_job_take_over(struct vc_job *job, const struct vc_entry *entry, struct vc_err *err)
{
	job->entry = *entry;
	job->entry.owner_pid = job->node->owner_pid;
	job->entry.owner_start = job->node->owner_start;
	return vc_job_write(job, err);
}

/**
 * vc_job_note() - Say something to people
 * @job:	gets it, in .report
 * @err:	out of memory
 * @fmt:	what
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_job_note(struct vc_job *job, struct vc_err *err, const char *fmt, ...)
{
	char text[VC_ERR_MSG_SIZE];
	char **slot = vc_list_push(job->arena, &job->report.notes);
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (slot)
		*slot = vc_arena_strdup(job->arena, text);
	return slot && *slot ? 0 : vc_fail_oom(err);
}
