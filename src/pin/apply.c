/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pin/apply.h"

#include <string.h>
#include <time.h>

#include "pin/body.h"

#define READS     8U
#define STEPS_MAX 8U
#define MS_NS     1000000L

/**
 * struct work - one claim that is worked on
 * @input:	.claim points to @claim
 * @vm:		of @input
 * @unpin:	what is wanted
 * @api_version: of claims
 * @no_release:	the allocation cannot be cleared: the entry goes alone
 * @reads, @max_reads: how often the claim was read again, and may be read
 * @err:	what failed last
 * @out:	what happened so far
 */
struct work {
	const struct vc_pin_context *context;
	struct vc_arena *arena;
	const struct vc_pin_order *order;
	struct vc_err err;
	struct vc_pin_input input;
	struct vc_pin_vm vm;
	bool unpin, no_release;
	const char *api_version;
	unsigned reads, max_reads;
	struct vc_pin_outcome out;
};

/* Others need time to finish what they do. */
static void pause_before(unsigned n)
{
	static const long ms[] = { 20, 40, 80, 160, 320, 500 };
	const struct timespec pause = {
		.tv_nsec = ms[n < VC_ARRAY_SIZE(ms) ? n : VC_ARRAY_SIZE(ms) - 1] * MS_NS,
	};

	(void)nanosleep(&pause, NULL);
}

/* Reading */

static void take_claim(struct work *work, const struct vc_pin_claim *claim)
{
	work->out.gone =
		work->order->claim_uid && strcmp(work->order->claim_uid, claim->uid) != 0;
	work->out.claim = *claim;
}

static int parse_claim(struct work *work, const struct vc_kube_text *text,
                       struct vc_arena *arena, struct vc_pin_claim *ret_claim)
{
	if (vc_pin_claim_parse(arena, text, ret_claim, &work->err) < 0)
		return vc_err_context(&work->err, "%s/%s", work->order->namespace,
		                      work->order->claim);
	return 0;
}

static int read_claim(struct work *work)
{
	VC_AUTO_ARENA struct vc_arena scratch = VC_ARENA_INIT;
	const struct vc_kube_target target = {
		.resource = &vc_kube_claims,
		.namespace = work->order->namespace,
		.name = work->order->claim,
	};
	struct vc_kube_text text;
	struct vc_pin_claim claim;
	struct vc_err err = VC_ERR_INIT;
	int r = vc_kube_get(work->context->kube, &scratch, &target, &text, &err);

	if (r == -VC_ERR_REMOTE &&
	    vc_kube_status_absent(vc_kube_last(work->context->kube))) {
		work->out.gone = true;
		return 0;
	}
	if (r < 0) {
		work->err = err;
		return r;
	}
	if (parse_claim(work, &text, work->arena, &claim) < 0)
		return -(int)work->err.kind;
	take_claim(work, &claim);
	return 0;
}

static int read_vm(struct work *work)
{
	VC_AUTO_ARENA struct vc_arena scratch = VC_ARENA_INIT;
	const struct vc_kube_target target = {
		.resource = &vc_kube_vms,
		.namespace = work->order->namespace,
		.name = work->order->vm,
	};
	struct vc_kube_text text;
	struct vc_err err = VC_ERR_INIT;
	int r = vc_kube_get(work->context->kube, &scratch, &target, &text, &err);

	if (r == -VC_ERR_REMOTE &&
	    vc_kube_status_absent(vc_kube_last(work->context->kube)))
		return 0;
	if (r < 0) {
		work->err = err;
		return r;
	}
	if (vc_pin_vm_parse(work->arena, &text, &work->vm, &work->err) < 0)
		return vc_err_context(&work->err, "virtual machine %s/%s",
		                      work->order->namespace, work->order->vm);
	if (!work->order->vm_uid || strcmp(work->order->vm_uid, work->vm.uid) == 0)
		work->input.vm = &work->vm;
	return 0;
}

static int read_version(struct work *work)
{
	struct vc_kube_version version = { 0 };

	if (work->context->version)
		version = *work->context->version;
	else if (vc_kube_version(work->context->kube, &version, &work->err) < 0)
		return -(int)work->err.kind;
	work->input.major = version.major;
	work->input.minor = version.minor;
	return 0;
}

/* Writing */

static struct vc_pin_plan make_plan(struct work *work)
{
	struct vc_pin_plan plan;

	work->input.claim = &work->out.claim;
	plan = work->unpin ? vc_pin_plan_unpin(&work->out.claim, work->order->vm_uid)
	                   : vc_pin_plan_pin(&work->input);
	if (plan.step == VC_PIN_RELEASE && work->no_release)
		plan.step = VC_PIN_UNRESERVE;
	return plan;
}

static int send_body(struct work *work, const struct vc_pin_body *body,
                     const struct vc_kube_write *write, struct vc_kube_text *ret_text)
{
	const struct vc_kube_target target = {
		.resource = &vc_kube_claims,
		.namespace = work->order->namespace,
		.name = work->order->claim,
		.subresource = body->status ? "status" : NULL,
	};

	if (body->method == VC_PIN_APPLY)
		return vc_kube_apply(write, &target, ret_text, &work->err);
	return vc_kube_patch(write, &target, VC_KUBE_PATCH_JSON, ret_text, &work->err);
}

/* One step; what the claim is afterwards goes into .out, unless @dry_run. */
static int write_step(struct work *work, enum vc_pin_step step,
                      const struct vc_pin_plan *plan, bool dry_run)
{
	VC_AUTO_ARENA struct vc_arena scratch = VC_ARENA_INIT;
	VC_AUTO_BUF struct vc_buf buf = VC_BUF_INIT(VC_PIN_BODY_MAX);
	const struct vc_pin_wish wish = {
		.step = step,
		.claim = &work->out.claim,
		.vm = work->input.vm,
		.entry = plan->holder,
		.api_version = work->api_version,
		.by_controller = work->order->by_controller,
	};
	const struct vc_pin_body body = vc_pin_body_write(&wish, &buf);
	struct vc_kube_write write = {
		.kube = work->context->kube,
		.arena = &scratch,
		.dry_run = dry_run,
	};
	struct vc_kube_text text;
	struct vc_pin_claim claim;

	if (buf.failed)
		return vc_fail_oom(&work->err);
	write.text = (struct vc_kube_text){ buf.data, buf.len };
	if (send_body(work, &body, &write, &text) < 0)
		return -(int)work->err.kind;
	/* Only what answers with a claim is an API server that has understood. */
	if (parse_claim(work, &text, dry_run ? &scratch : work->arena, &claim) < 0)
		return -(int)work->err.kind;
	if (!dry_run)
		take_claim(work, &claim);
	return 0;
}

/* A server that would not let us reserve is asked before anything is written. */
static int do_step(struct work *work, const struct vc_pin_plan *plan)
{
	bool dry_run = work->context->dry_run;

	if (plan->step == VC_PIN_GUARD && !plan->holder &&
	    write_step(work, VC_PIN_RESERVE, plan, true) < 0)
		return -(int)work->err.kind;
	if (write_step(work, plan->step, plan, dry_run) < 0)
		return -(int)work->err.kind;
	if (work->out.steps++ == 0)
		work->out.first = plan->step;
	work->out.last = plan->step;
	if (work->context->stepped && !dry_run)
		work->context->stepped(work->context->arg, plan->step, &work->out.claim);
	return 0;
}

static int note_refusal(struct work *work, const struct vc_pin_plan *plan)
{
	struct vc_err why = VC_ERR_INIT;

	if (plan->refusal == VC_PIN_GRANTED)
		return 0;
	(void)vc_pin_refuse(&work->input, plan, &why);
	work->out.kind = why.kind;
	work->out.message = vc_arena_strdup(work->arena, why.msg);
	return work->out.message ? 0 : vc_fail_oom(&work->err);
}

/* Whether it may be that the claim is not what it was. Only reading it again tells: a
 * test of a JSON patch that fails, a rule of RBAC that is missing, and an allocation that
 * has gone are all 422. */
static bool may_have_changed(const struct vc_kube *kube)
{
	enum vc_kube_reason reason = vc_kube_last(kube)->reason;

	return reason == VC_KUBE_CONFLICT || reason == VC_KUBE_INVALID ||
	       reason == VC_KUBE_NOT_FOUND;
}

/* What is missing, in words that can be looked for */
static int explain(struct work *work)
{
	if (strstr(work->err.msg, "resourceclaims/binding"))
		(void)vc_err_context(&work->err,
		                     "%s/%s: who pins needs 'patch' of "
		                     "resourceclaims/binding in a ClusterRole",
		                     work->order->namespace, work->order->claim);
	return -(int)work->err.kind;
}

/* [DRA] without an allocation there is no status.devices, and who writes that needs rights
 * for each driver in it. Kubernetes clears both when the next pod has ended. */
static bool may_not_release(struct work *work, enum vc_pin_step step)
{
	bool missing = step == VC_PIN_RELEASE && work->err.kind == VC_ERR_REMOTE &&
	               strstr(work->err.msg, "resourceclaims/driver");

	work->no_release = work->no_release || missing;
	return missing;
}

static int fail_busy(struct work *work)
{
	if (vc_kube_last(work->context->kube)->reason != VC_KUBE_CONFLICT)
		return explain(work);
	return vc_err_context(&work->err,
	                      "%s/%s: others keep changing it; try again later",
	                      work->order->namespace, work->order->claim);
}

/* After a write that failed: 0 when the claim has changed, and is now known as it is. */
static int look_again(struct work *work)
{
	const struct vc_err failed = work->err;
	const char *version = work->out.claim.resource_version;

	if (failed.kind != VC_ERR_REMOTE || !may_have_changed(work->context->kube))
		return explain(work);
	if (work->reads + 1 >= work->max_reads)
		return fail_busy(work);
	pause_before(work->reads++);
	if (read_claim(work) < 0)
		return -(int)work->err.kind;
	if (!work->out.gone && strcmp(version, work->out.claim.resource_version) == 0) {
		work->err = failed;
		return explain(work);
	}
	return 0;
}

/* Whom the claim was for when we came */
static void note_before(struct work *work)
{
	const struct vc_pin_claim *claim = &work->out.claim;
	const struct vc_pin_holder *entry = vc_pin_our_entry(claim, NULL);

	if (work->out.gone)
		return;
	work->out.vm = entry ? entry->name : claim->record_vm;
	work->out.vm_uid = entry ? entry->uid : claim->record_uid;
	work->out.by_controller = claim->record_by != NULL;
}

/* A VM that was deleted while we wrote its entry: nobody would take that away again. If it
 * has gone, what we did is taken back, and refused. */
static bool is_still_there(struct work *work)
{
	struct vc_pin_plan plan = { .refusal = VC_PIN_VM_ABSENT };
	const struct vc_pin_vm before = work->vm;
	bool same;

	work->input.vm = NULL;
	if (read_vm(work) < 0)
		return true;
	same = work->input.vm && strcmp(before.uid, work->vm.uid) == 0;
	if (same && !work->vm.deleting)
		return true;
	if (same)
		plan.refusal = VC_PIN_VM_DELETING;
	work->out.refusal = plan.refusal;
	work->unpin = true;
	return note_refusal(work, &plan) < 0;
}

/* Steps, until there is none. */
static int work_on(struct work *work)
{
	note_before(work);
	for (unsigned n = 0; n < STEPS_MAX && !work->out.gone;) {
		const struct vc_pin_plan plan = make_plan(work);

		if (plan.step == VC_PIN_NOTHING && work->out.last == VC_PIN_RESERVE &&
		    !work->unpin && !is_still_there(work))
			continue;
		if (!work->unpin) {
			work->out.foreign = plan.foreign;
			work->out.refusal = plan.refusal;
		}
		if (plan.step == VC_PIN_NOTHING)
			return note_refusal(work, &plan);
		if (do_step(work, &plan) < 0) {
			if (!may_not_release(work, plan.step) && look_again(work) < 0)
				return -(int)work->err.kind;
			continue;
		}
		if (work->context->dry_run)
			return note_refusal(work, &plan);
		n++;
	}
	if (work->out.gone)
		return 0;
	return vc_fail(&work->err, VC_ERR_REMOTE,
	               "%s/%s: others undo what is done to it; try again later",
	               work->order->namespace, work->order->claim);
}

static void begin(struct work *work)
{
	unsigned attempts = work->context->attempts;

	work->max_reads = attempts > 0 ? attempts : READS;
	work->input.vm_name = work->order->vm;
}

static int read_api_version(struct work *work)
{
	return vc_kube_discover(work->context->kube, &work->api_version, &work->err);
}

static int fail_gone(struct work *work)
{
	return vc_fail(&work->err, VC_ERR_ABSENT,
	               "%s/%s: the API server has no such claim%s",
	               work->order->namespace, work->order->claim,
	               work->order->claim_uid ? " any more" : "");
}

/**
 * vc_pin_pin() - Pin a claim to a VM
 * @context:	client
 * @arena:	holds the outcome
 * @order:	claim and VM
 * @ret_outcome: what became of it. A refusal is an outcome, see vc_pin_outcome_check()
 * @err:	why it is not known, or not done
 *
 * Return: 0, -VC_ERR_ABSENT (no such claim), -VC_ERR_INPUT (not a name; an answer that
 * is no claim), -VC_ERR_REMOTE (vc_kube_last() knows more, unless others kept changing
 * the claim) or -VC_ERR_INTERNAL
 */
int vc_pin_pin(const struct vc_pin_context *context, struct vc_arena *arena,
               const struct vc_pin_order *order, struct vc_pin_outcome *ret_outcome,
               struct vc_err *err)
{
	struct work work = { .context = context, .arena = arena, .order = order };

	begin(&work);
	if (read_version(&work) < 0 || read_api_version(&work) < 0 ||
	    read_claim(&work) < 0 || (!work.out.gone && read_vm(&work) < 0) ||
	    work_on(&work) < 0 || (work.out.gone && fail_gone(&work) < 0)) {
		*err = work.err;
		return -(int)err->kind;
	}
	*ret_outcome = work.out;
	return 0;
}

/**
 * vc_pin_unpin() - Take back what was done to a claim
 * @context:	client
 * @arena:	holds the outcome
 * @order:	claim, and perhaps which VM
 * @ret_outcome: what became of it
 * @err:	why it is not known, or not done
 *
 * Return: 0, -VC_ERR_INPUT, -VC_ERR_REMOTE or -VC_ERR_INTERNAL as vc_pin_pin()
 */
int vc_pin_unpin(const struct vc_pin_context *context, struct vc_arena *arena,
                 const struct vc_pin_order *order, struct vc_pin_outcome *ret_outcome,
                 struct vc_err *err)
{
	struct work work = {
		.context = context, .arena = arena, .order = order, .unpin = true
	};

	begin(&work);
	if (read_api_version(&work) < 0 || read_claim(&work) < 0 || work_on(&work) < 0) {
		*err = work.err;
		return -(int)err->kind;
	}
	*ret_outcome = work.out;
	return 0;
}

/**
 * vc_pin_outcome_check() - Make an error of a refusal
 * @outcome:	of vc_pin_pin()
 * @err:	why it was refused
 *
 * Return: 0, -VC_ERR_REFUSED, or -VC_ERR_ABSENT: there is no such VM
 */
int vc_pin_outcome_check(const struct vc_pin_outcome *outcome, struct vc_err *err)
{
	return outcome->refusal == VC_PIN_GRANTED
	               ? 0
	               : vc_fail(err, outcome->kind, "%s", outcome->message);
}
