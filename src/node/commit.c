/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * commit.c - what others see of a claim: published files, its document, its entry.
 *
 * Identity is evidence, and evidence has a time: what a device proves while a driver of
 * the host has it is not replaced by the less that can be seen later.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "node/identity.h"
#include "node/job.h"
#include "store/claim_store.h"

static int where(const struct vc_job *job, struct vc_publish *ret_publish,
                 struct vc_err *err)
{
	const struct vc_config *config = job->node->config;
	char *claims = vc_arena_printf(job->arena, "%s/claims", config->run);

	if (!claims)
		return vc_fail_oom(err);
	*ret_publish = (struct vc_publish){
		.claims = claims,
		.cdi = config->cdi,
		.boot_id = job->node->boot_id,
	};
	return 0;
}

/**
 * vc_job_publish() - Write the files that say what the claim became
 * @job:	job that has observed after the last step
 * @ret_changed: whether anything was written
 * @err:	why not
 *
 * Return: 0, or as vc_plan_find(), vc_publish_claim() and vc_publish_write()
 */
int vc_job_publish(struct vc_job *job, bool *ret_changed, struct vc_err *err)
{
	const struct vc_prepare_input input = vc_job_input(job);
	struct vc_found_devices found;
	struct vc_publish publish;
	struct vc_claim claim;

	if (where(job, &publish, err) < 0 ||
	    vc_plan_find(job->arena, &input, &found, err) < 0 ||
	    vc_publish_claim(job->arena, &job->claim, &found, &job->inventory, &claim,
	                     err) < 0 ||
	    vc_publish_write(job->arena, &publish, &claim, ret_changed, err) < 0)
		return -(int)err->kind;
	return 0;
}

/**
 * vc_job_withdraw() - Remove the files again
 * @job:	job
 * @err:	why not
 *
 * Return: as vc_publish_withdraw()
 */
int vc_job_withdraw(struct vc_job *job, struct vc_err *err)
{
	struct vc_publish publish = { 0 };

	if (where(job, &publish, err) < 0)
		return -(int)err->kind;
	return vc_publish_withdraw(job->arena, &publish, job->entry.namespace,
	                           job->entry.name, job->entry.uid, err);
}

/* Whether all metadata files of a request are those that we write. */
static bool is_request_of_ours(struct vc_job *job, int claim, const char *request)
{
	static const char ours[] = VC_HOST_DRIVER "-metadata.json";
	VC_AUTOCLOSE int dir = -1;
	struct vc_err ignored = VC_ERR_INIT;
	struct vc_names names = { 0 };

	if (*request == '.' ||
	    vc_file_open_directory(claim, request, VC_FILE_BENEATH, &dir, &ignored) < 0)
		return true;
	if (vc_file_list(job->arena, dir, &names, &ignored) < 0)
		return false;
	for (size_t i = 0; i < names.n; i++)
		if (names.v[i][0] != '.' && strcmp(names.v[i], ours) != 0)
			return false;
	return true;
}

/* Somebody else may have put claims there by hand. */
static bool is_ours(struct vc_job *job, const struct vc_publish *publish,
                    const struct vc_claim *claim)
{
	char *path = vc_arena_printf(job->arena, "%s/%s/%s", publish->claims,
	                             claim->namespace, claim->name);
	VC_AUTOCLOSE int dir = -1;
	struct vc_err why = VC_ERR_INIT;
	struct vc_names names = { 0 };

	/* a CDI spec of ours, which is left alone */
	if (*claim->namespace == '\0')
		return true;
	if (!path)
		return false;
	if (vc_file_open_directory(AT_FDCWD, path, 0, &dir, &why) < 0)
		return why.kind == VC_ERR_ABSENT;
	if (vc_file_list(job->arena, dir, &names, &why) < 0)
		return false;
	for (size_t i = 0; i < names.n; i++)
		if (!is_request_of_ours(job, dir, names.v[i]))
			return false;
	return true;
}

/**
 * vc_job_list_published() - The claims that have files of ours, and of nobody else
 * @job:	job
 * @ret_claims:	.uid, .namespace and .name of each
 * @err:	why not
 *
 * Return: as vc_publish_list()
 */
int vc_job_list_published(struct vc_job *job, struct vc_claims *ret_claims,
                          struct vc_err *err)
{
	struct vc_claims claims = { 0 };
	struct vc_publish publish = { 0 };
	size_t kept = 0;

	if (where(job, &publish, err) < 0 ||
	    vc_publish_list(job->arena, &publish, &claims, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < claims.n; i++)
		if (is_ours(job, &publish, &claims.v[i]))
			claims.v[kept++] = claims.v[i];
	claims.n = kept;
	*ret_claims = claims;
	return 0;
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool same_evidence(const struct vc_identity *a, const struct vc_identity *b)
{
	if (a->evidence.n != b->evidence.n)
		return false;
	for (size_t i = 0; i < a->evidence.n; i++)
		if (a->evidence.v[i].kind != b->evidence.v[i].kind ||
		    strcmp(a->evidence.v[i].value, b->evidence.v[i].value) != 0)
			return false;
	return true;
}

static bool same_identity(const struct vc_identity *a, const struct vc_identity *b)
{
	return same_text(a->slot_path, b->slot_path) &&
	       same_text(a->address, b->address) && same_text(a->boot_id, b->boot_id) &&
	       a->seen == b->seen && same_evidence(a, b);
}

static bool has_kind(const struct vc_identity *identity, enum vc_evidence_kind kind)
{
	for (size_t i = 0; i < identity->evidence.n; i++)
		if (identity->evidence.v[i].kind == kind)
			return true;
	return false;
}

/* What cannot be seen any more was still true. */
static int keep_evidence(struct vc_arena *arena, const struct vc_identity *old,
                         struct vc_identity *identity, struct vc_err *err)
{
	for (size_t i = 0; i < old->evidence.n; i++) {
		struct vc_evidence *slot;

		if (has_kind(identity, old->evidence.v[i].kind))
			continue;
		slot = vc_list_push(arena, &identity->evidence);
		if (!slot)
			return vc_fail_oom(err);
		*slot = old->evidence.v[i];
	}
	return 0;
}

static int compare_evidence(const void *a, const void *b)
{
	const struct vc_evidence *x = a, *y = b;

	return x->kind < y->kind ? -1 : x->kind > y->kind;
}

static int refresh(struct vc_job *job, const struct vc_found_device *found,
                   struct vc_identity *identity, struct vc_err *err)
{
	struct vc_identity now;

	if (vc_identity_record(job->arena, found->located.device, job->node->boot_id,
	                       &now, err) < 0 ||
	    keep_evidence(job->arena, identity, &now, err) < 0)
		return -(int)err->kind;
	if (now.seen != VC_SEEN_ON_HOST_DRIVER)
		now.seen = identity->seen;
	if (!now.slot_path)
		now.slot_path = identity->slot_path;
	if (now.evidence.n > 1)
		qsort(now.evidence.v, now.evidence.n, sizeof(*now.evidence.v),
		      compare_evidence);
	if (now.kind == identity->kind && !same_identity(&now, identity))
		*identity = now;
	return 0;
}

/* That it moved, or what little it is recognised by. */
static int note(struct vc_job *job, const struct vc_found_device *found,
                struct vc_err *err)
{
	if (!found->located.note)
		return 0;
	return vc_job_note(job, err, "'%s': %s", found->claimed->name,
	                   found->located.note);
}

/**
 * vc_job_refresh_claim() - Note in the claim where its devices are, and what they prove
 * @job:	job that has observed, before drivers change; .claim is changed, not yet on disk
 * @err:	why not
 *
 * Return: 0, or as vc_plan_find() and vc_identity_record()
 */
int vc_job_refresh_claim(struct vc_job *job, struct vc_err *err)
{
	const struct vc_prepare_input input = vc_job_input(job);
	struct vc_found_devices found;

	if (vc_plan_find(job->arena, &input, &found, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < found.n; i++)
		if (note(job, &found.v[i], err) < 0 ||
		    refresh(job, &found.v[i], &job->claim.devices.v[i].identity, err) < 0)
			return -(int)err->kind;
	return 0;
}

static bool same_claim(const struct vc_host_claim *a, const struct vc_host_claim *b)
{
	if (a->persistent != b->persistent || a->devices.n != b->devices.n)
		return false;
	for (size_t i = 0; i < a->devices.n; i++)
		if (!same_identity(&a->devices.v[i].identity, &b->devices.v[i].identity))
			return false;
	return true;
}

/* Nothing is written when nothing changed. */
static int store_claim(struct vc_job *job, bool persistent, bool with_devices,
                       struct vc_err *err)
{
	const char *state = job->node->config->state;
	struct vc_host_claim now, next;

	if (vc_claim_store_read(job->arena, state, job->claim.namespace, job->claim.name,
	                        &now, err) < 0)
		return -(int)err->kind;
	if (strcmp(now.uid, job->claim.uid) != 0)
		return vc_fail(err, VC_ERR_REFUSED,
		               "claim '%s/%s' was deleted and created again meanwhile",
		               now.namespace, now.name);
	/* a newer document knows better what its devices are */
	next = with_devices && now.generation == job->claim.generation ? job->claim : now;
	next.persistent = persistent;
	if (same_claim(&now, &next))
		return 0;
	return vc_claim_store_update(job->arena, state, &next, err);
}

/**
 * vc_job_set_persistent() - Note whether the claim is prepared again at each boot
 * @job:	job that holds the lock; the claim may have no document
 * @persistent:	whether it is
 * @err:	why not
 *
 * Return: 0, or as vc_claim_store_read() and vc_claim_store_update()
 */
int vc_job_set_persistent(struct vc_job *job, bool persistent, struct vc_err *err)
{
	return job->claim.uid ? store_claim(job, persistent, false, err) : 0;
}

/**
 * vc_job_commit() - From now on the claim is prepared
 * @job:	job whose claim is published
 * @persistent:	whether it is prepared again at each boot
 * @err:	why not
 *
 * Return: 0, or as vc_job_lock(), vc_claim_store_update() and vc_journal_write()
 */
int vc_job_commit(struct vc_job *job, bool persistent, struct vc_err *err)
{
	VC_AUTOCLOSE int lock = -1;

	if (vc_job_lock(job, &lock, err) < 0 ||
	    store_claim(job, persistent, true, err) < 0)
		return -(int)err->kind;
	job->entry.phase = VC_PHASE_PREPARED;
	job->entry.owner_pid = 0;
	job->entry.owner_start = 0;
	return vc_job_write(job, err);
}
