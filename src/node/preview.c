/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * preview.c - what preparing a claim would do now. Nothing is written, no lock is taken:
 * by the time that somebody prepares it, things may be different.
 */
#include <string.h>

#include "node/job.h"
#include "node/plan_check.h"
#include "store/claim_store.h"

/* What is not there yet cannot be asked which driver it will have. */
static int foresee(struct vc_job *job, const struct vc_found_device *found,
                   struct vc_err *err)
{
	const struct vc_claimed_device *claimed = found->claimed;
	const char *source = found->located.device->address;
	char address[VC_PCI_ADDRESS_SIZE] = "";

	if (claimed->made_from != VC_MADE_FROM_PF)
		return vc_job_note(job, err, "'%s' will be mediated device '%s'",
		                   claimed->name, claimed->mdev_uuid);
	if (found->host.has_pci)
		vc_pci_address_format(&found->host.pci, address);
	return vc_job_note(
		job, err,
		"virtual function %u of '%s'%s%s%s is given to a vfio driver when it is made",
		claimed->vf_index, source, *address ? ", which will be '" : "", address,
		*address ? "'," : "");
}

/* As vc_plan_bind(), of what is there. */
static int plan_one(struct vc_job *job, const struct vc_prepare_input *input,
                    const struct vc_found_device *found, struct vc_err *err)
{
	if (found->located.note && vc_job_note(job, err, "'%s': %s", found->claimed->name,
	                                       found->located.note) < 0)
		return -(int)err->kind;
	if (!found->device)
		return foresee(job, found, err);
	if (vc_plan_driver(job->arena, input, found, &job->entry, err) < 0)
		return -(int)err->kind;
	return vc_plan_access(job->arena, input, found, &job->entry, err);
}

static int report_planned(struct vc_job *job, struct vc_err *err)
{
	for (size_t i = 0; i < job->entry.steps.n; i++) {
		struct vc_step *slot;

		if (job->entry.steps.v[i].state != VC_STEP_PLANNED)
			continue;
		slot = vc_list_push(job->arena, &job->report.steps);
		if (!slot)
			return vc_fail_oom(err);
		*slot = job->entry.steps.v[i];
	}
	return 0;
}

static int read_all(struct vc_job *job, const char *namespace, const char *name,
                    struct vc_err *err)
{
	const struct vc_config *config = job->node->config;
	const struct vc_entry *entry;

	if (vc_claim_store_read(job->arena, config->state, namespace, name, &job->claim,
	                        err) < 0 ||
	    vc_job_observe(job, err) < 0)
		return -(int)err->kind;
	entry = vc_job_find_entry(job, job->claim.uid);
	if (entry)
		job->entry = *entry;
	else
		job->entry.uid = job->claim.uid;
	return 0;
}

static int refuse_busy(const struct vc_job *job, struct vc_err *err)
{
	return vc_fail(
		err, VC_ERR_REFUSED,
		"claim '%s/%s' is %s; nothing can be said of it before that ends%s",
		job->claim.namespace, job->claim.name, vc_phase_name(job->entry.phase),
		vc_job_owner_lives(job, &job->entry) ? "" : ": run: virt-claim recover");
}

/**
 * vc_job_preview() - What prepare would do
 * @job:	gets .report
 * @namespace:	of the claim
 * @name:	of the claim
 * @err:	why it would be refused
 *
 * Return: as vc_node_prepare()
 */
int vc_job_preview(struct vc_job *job, const char *namespace, const char *name,
                   struct vc_err *err)
{
	struct vc_prepare_input input;
	struct vc_found_devices found;
	bool prepared, all_done;

	if (read_all(job, namespace, name, err) < 0)
		return -(int)err->kind;
	prepared = job->entry.boot_id != NULL;
	if (prepared && job->entry.phase != VC_PHASE_PREPARED)
		return refuse_busy(job, err);
	if (vc_job_look(job, true, &all_done, err) < 0)
		return -(int)err->kind;
	input = vc_job_input(job);
	if (prepared)
		input.leases = NULL;
	if (vc_plan_prepare(job->arena, &input, &job->entry, err) < 0 ||
	    vc_plan_find(job->arena, &input, &found, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < found.n; i++)
		if (plan_one(job, &input, &found.v[i], err) < 0)
			return -(int)err->kind;
	if (report_planned(job, err) < 0)
		return -(int)err->kind;
	job->report.unchanged = prepared && job->report.steps.n == 0;
	return 0;
}
