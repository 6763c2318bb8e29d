/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pin/plan.h"

#include <string.h>

static bool equal(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0;
}

/* Entry of @uid, or (NULL) of any VM but @not_uid. */
static const struct vc_pin_holder *find_vm(const struct vc_pin_claim *claim,
                                           const char *uid, const char *not_uid)
{
	for (size_t i = 0; i < claim->holders.n; i++) {
		const struct vc_pin_holder *holder = &claim->holders.v[i];

		if (vc_pin_is_vm(holder) && (!uid || equal(holder->uid, uid)) &&
		    !equal(holder->uid, not_uid))
			return holder;
	}
	return NULL;
}

static bool is_generated(const struct vc_pin_claim *claim)
{
	return claim->pod_claim || claim->extended || equal(claim->owner_kind, "Pod");
}

static bool is_old(const struct vc_pin_input *input)
{
	return input->major < VC_PIN_MAJOR ||
	       (input->major == VC_PIN_MAJOR && input->minor < VC_PIN_MINOR);
}

/* An interrupted run may have got no further for another VM of another name. */
static bool is_promised(const struct vc_pin_input *input)
{
	const struct vc_pin_claim *claim = input->claim;

	return claim->record_uid && *claim->record_uid &&
	       !equal(claim->record_vm, input->vm_name);
}

/* Why an entry for this VM, which is not there, must not be written */
static enum vc_pin_refusal judge(const struct vc_pin_input *input)
{
	const struct vc_pin_claim *claim = input->claim;

	if (claim->deleted)
		return VC_PIN_CLAIM_DELETING;
	if (is_generated(claim))
		return VC_PIN_TEMPLATE;
	if (find_vm(claim, NULL, input->vm->uid) || is_promised(input))
		return VC_PIN_OTHER_VM;
	if (!claim->allocated)
		return VC_PIN_UNALLOCATED;
	if (claim->admin_device)
		return VC_PIN_ADMIN;
	if (!claim->allocated_at)
		return VC_PIN_NO_TIMESTAMP;
	if (claim->holders.n >= VC_PIN_MAX_RESERVED)
		return VC_PIN_FULL;
	return VC_PIN_GRANTED;
}

static bool is_guard_complete(const struct vc_pin_input *input)
{
	return input->claim->guarded && equal(input->claim->record_vm, input->vm->name) &&
	       equal(input->claim->record_uid, input->vm->uid);
}

/* A refusal; a record without its entry is taken away, unless it is another VM's. */
static struct vc_pin_plan refuse(const struct vc_pin_input *input,
                                 enum vc_pin_refusal refusal)
{
	const struct vc_pin_claim *claim = input->claim;
	const char *uid = input->vm ? input->vm->uid : NULL;
	bool stale = claim->record_vm && equal(claim->record_vm, input->vm_name) &&
	             !vc_pin_our_entry(claim, NULL);

	return (struct vc_pin_plan){
		.step = stale ? VC_PIN_UNGUARD : VC_PIN_NOTHING,
		.refusal = refusal,
		.holder = refusal == VC_PIN_OTHER_VM ? find_vm(claim, NULL, uid) : NULL,
	};
}

/**
 * vc_pin_plan_pin() - The next step of pinning a claim to a VM
 * @input:	what is known
 *
 * An entry of this VM that somebody else wrote is left alone, and what we began is taken
 * back.
 *
 * Return: the step
 */
struct vc_pin_plan vc_pin_plan_pin(const struct vc_pin_input *input)
{
	const struct vc_pin_claim *claim = input->claim;
	const struct vc_pin_holder *entry;
	enum vc_pin_refusal refusal;

	if (is_old(input))
		return refuse(input, VC_PIN_OLD_SERVER);
	if (!input->vm)
		return refuse(input, VC_PIN_VM_ABSENT);
	entry = find_vm(claim, input->vm->uid, NULL);
	if (entry && !vc_pin_is_ours(claim, entry))
		return (struct vc_pin_plan){
			.step = claim->record_uid ? VC_PIN_UNGUARD : VC_PIN_NOTHING,
			.foreign = true,
			.holder = entry,
		};
	if (input->vm->deleting)
		return refuse(input, VC_PIN_VM_DELETING);
	refusal = entry ? VC_PIN_GRANTED : judge(input);
	if (refusal != VC_PIN_GRANTED)
		return refuse(input, refusal);
	if (!is_guard_complete(input) && !claim->deleted)
		return (struct vc_pin_plan){ .step = VC_PIN_GUARD, .holder = entry };
	return (struct vc_pin_plan){ .step = entry ? VC_PIN_NOTHING : VC_PIN_RESERVE,
		                     .holder = entry };
}

/* Nobody but @entry uses the claim, and Kubernetes would give its devices back when the
 * last pod had gone: it does so for claims with the finalizer, which the scheduler adds.
 * What somebody allocated without it stays. One that is being deleted goes by itself. */
static bool is_last(const struct vc_pin_claim *claim, const struct vc_pin_holder *entry)
{
	return claim->holders.n == 1 && !entry->managers.other && claim->allocated &&
	       !claim->deleted && claim->guarded &&
	       (!claim->guard.ours || claim->guard.other);
}

/**
 * vc_pin_plan_unpin() - The next step of taking back what we did to a claim
 * @claim:	claim
 * @vm_uid:	only if it was for this VM; NULL whatever it is
 *
 * Return: the step
 */
struct vc_pin_plan vc_pin_plan_unpin(const struct vc_pin_claim *claim, const char *vm_uid)
{
	const struct vc_pin_holder *entry = vc_pin_our_entry(claim, vm_uid);
	struct vc_pin_plan plan = { .step = VC_PIN_NOTHING, .holder = entry };

	if (entry)
		plan.step = is_last(claim, entry) ? VC_PIN_RELEASE : VC_PIN_UNRESERVE;
	else if (vc_pin_is_touched(claim) && !vc_pin_our_entry(claim, NULL) &&
	         (!vm_uid || !claim->record_uid || equal(claim->record_uid, vm_uid)))
		plan.step = VC_PIN_UNGUARD;
	return plan;
}

/**
 * vc_pin_is_touched() - Whether a claim has anything of ours that is to go
 * @claim:	claim
 *
 * A finalizer of ours stays as long as somebody uses the claim: Kubernetes takes it away
 * with the last pod.
 *
 * Return: whether it has our record, an entry of ours, or our finalizer and no user
 */
bool vc_pin_is_touched(const struct vc_pin_claim *claim)
{
	return claim->record_uid || vc_pin_our_entry(claim, NULL) ||
	       (claim->guard.ours && claim->holders.n == 0);
}

/**
 * vc_pin_our_entry() - The entry that we put into a claim
 * @claim:	claim
 * @vm_uid:	of this VM; NULL any
 *
 * Return: entry, or NULL
 */
const struct vc_pin_holder *vc_pin_our_entry(const struct vc_pin_claim *claim,
                                             const char *vm_uid)
{
	for (size_t i = 0; i < claim->holders.n; i++) {
		const struct vc_pin_holder *holder = &claim->holders.v[i];

		if (vc_pin_is_ours(claim, holder) &&
		    (!vm_uid || equal(holder->uid, vm_uid)))
			return holder;
	}
	return NULL;
}

/* Messages */

static int refuse_other_vm(const struct vc_pin_input *input,
                           const struct vc_pin_holder *holder, struct vc_err *err)
{
	const struct vc_pin_claim *claim = input->claim;
	const char *name = holder ? holder->name : claim->record_vm;
	const char *uid = holder ? holder->uid : claim->record_uid;
	bool ours = !holder || vc_pin_is_ours(claim, holder);

	if (equal(name, input->vm_name))
		return vc_fail(err, VC_ERR_REFUSED,
		               "%s/%s: it is pinned to an earlier virtual machine '%s' "
		               "(uid %s), which is not the one of now (uid %s); %s",
		               claim->namespace, claim->name, name, uid, input->vm->uid,
		               ours ? "run 'virt-claim unpin' first"
		                    : "whoever wrote that entry has to remove it");
	return vc_fail(
		err, VC_ERR_REFUSED,
		"%s/%s: it belongs to virtual machine '%s' (uid %s), not to '%s'; %s",
		claim->namespace, claim->name, name, uid, input->vm_name,
		ours ? "run 'virt-claim unpin' first if that one does not need it any "
		       "more"
		     : "whoever wrote that entry has to remove it");
}

static const char *generated_by(const struct vc_pin_claim *claim)
{
	return claim->extended ? "the scheduler made it for an extended resource"
	                       : "it was made from a template";
}

static int refuse_claim(const struct vc_pin_claim *claim, const char *why,
                        struct vc_err *err)
{
	return vc_fail(err, VC_ERR_REFUSED, "%s/%s: %s", claim->namespace, claim->name,
	               why);
}

/**
 * vc_pin_refuse() - The error that a refusal is
 * @input:	what was decided on
 * @plan:	with a refusal
 * @err:	filled: why, and what to do
 *
 * Return: -VC_ERR_REFUSED, or -VC_ERR_ABSENT: there is no such VM
 */
int vc_pin_refuse(const struct vc_pin_input *input, const struct vc_pin_plan *plan,
                  struct vc_err *err)
{
	const struct vc_pin_claim *claim = input->claim;

	switch (plan->refusal) {
	case VC_PIN_OLD_SERVER:
		return vc_fail(
			err, VC_ERR_REFUSED,
			"%s/%s: the API server is %u.%u; pinning needs %u.%u or "
			"newer, older ones stop tidying up a claim that a VM holds",
			claim->namespace, claim->name, input->major, input->minor,
			VC_PIN_MAJOR, VC_PIN_MINOR);
	case VC_PIN_VM_ABSENT:
		return vc_fail(err, VC_ERR_ABSENT,
		               "%s/%s: there is no virtual machine '%s' in namespace "
		               "'%s'; a claim is pinned to a VirtualMachine of its own "
		               "namespace, which has to exist",
		               claim->namespace, claim->name, input->vm_name,
		               claim->namespace);
	case VC_PIN_VM_DELETING:
		return vc_fail(err, VC_ERR_REFUSED,
		               "%s/%s: virtual machine '%s' is being deleted; pin the "
		               "claim to one that stays",
		               claim->namespace, claim->name, input->vm_name);
	case VC_PIN_CLAIM_DELETING:
		return refuse_claim(claim,
		                    "it is being deleted, and takes no new holders; make "
		                    "another claim",
		                    err);
	case VC_PIN_TEMPLATE:
		return vc_fail(err, VC_ERR_REFUSED,
		               "%s/%s: %s and goes with its pod; let the VM use a "
		               "ResourceClaim of its own (resourceClaimName)",
		               claim->namespace, claim->name, generated_by(claim));
	case VC_PIN_OTHER_VM:
		return refuse_other_vm(input, plan->holder, err);
	case VC_PIN_UNALLOCATED:
		return refuse_claim(claim,
		                    "it is not allocated; start the VM once, then the "
		                    "scheduler picks the devices that are to be kept",
		                    err);
	case VC_PIN_ADMIN:
		return vc_fail(err, VC_ERR_REFUSED,
		               "%s/%s: device '%s' was allocated with adminAccess, so it "
		               "may be in use by somebody else; make a claim without it",
		               claim->namespace, claim->name, claim->admin_device);
	case VC_PIN_NO_TIMESTAMP:
		return refuse_claim(
			claim,
			"its allocation has no allocationTimestamp, so every pod that "
			"wants it would fail in the scheduler; whoever allocated it has "
			"to clear the allocation and write it with one",
			err);
	case VC_PIN_FULL:
		return vc_fail(err, VC_ERR_REFUSED,
		               "%s/%s: %zu hold it already and the API server takes no "
		               "more than %u; let pods that are done go first",
		               claim->namespace, claim->name, claim->holders.n,
		               VC_PIN_MAX_RESERVED);
	case VC_PIN_GRANTED:
		break;
	}
	return vc_fail(err, VC_ERR_INTERNAL, "%s/%s: nothing was refused",
	               claim->namespace, claim->name);
}
