/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * apply.h - pins and unpins claims: asks, plans, writes, until there is nothing to do.
 *
 * Each write says the uid and the resourceVersion that it was decided on. What somebody
 * else changed meanwhile is a conflict: the claim is read again, a bounded number of
 * times. Interrupted at any point, the next call goes on, and unpinning takes everything
 * back. Calls wait for the API server.
 *
 * Requests, and so the rules of RBAC that are needed: "get" of resourceclaims and
 * virtualmachines, "patch" of resourceclaims, resourceclaims/status and, in a
 * ClusterRole, resourceclaims/binding; "list" of resourceclaims to find all pins.
 */
#pragma once

#include "kube/api.h"
#include "pin/plan.h"

/**
 * struct vc_pin_context - on whose behalf
 * @kube:	client
 * @version:	of the server; NULL it is asked for each time
 * @attempts:	how often a claim is read because others changed it; 0: 8 times, with
 *		pauses that add up to 2 s
 * @dry_run:	the server only says whether it would do the first step
 * @stepped:	called after each step that was written; NULL nobody cares
 * @arg:	for @stepped
 */
struct vc_pin_context {
	struct vc_kube *kube;
	const struct vc_kube_version *version;
	unsigned attempts;
	bool dry_run;
	void (*stepped)(void *arg, enum vc_pin_step step, const struct vc_pin_claim *now);
	void *arg;
};

/**
 * struct vc_pin_order - what is wanted
 * @namespace, @claim: claim
 * @claim_uid:	it has to have this uid; NULL any
 * @vm:		VM that it is pinned to; not used by unpin
 * @by_controller: pin: an annotation asks for it, and the controller takes it back
 * @vm_uid:	pin: the VM has to have this uid; unpin: only a pin to this VM; NULL any
 */
struct vc_pin_order {
	const char *namespace, *claim;
	const char *claim_uid;
	const char *vm, *vm_uid;
	bool by_controller;
};

/**
 * struct vc_pin_outcome - what became of it
 * @steps:	how many steps were written (with .dry_run: would be the first ones)
 * @first, @last: of them; VC_PIN_NOTHING there was none
 * @refusal:	VC_PIN_GRANTED, or why the claim was not pinned
 * @kind, @message: the refusal as an error; NULL there is none
 * @vm, @vm_uid: that the claim was pinned to before, by us; NULL none
 * @by_controller: that was because of an annotation
 * @foreign:	somebody else has pinned it to this VM: nothing was done
 * @gone:	unpin: there is no such claim (any more)
 * @claim:	as it was last seen; not when @gone. In the arena of the call
 */
struct vc_pin_outcome {
	unsigned steps;
	enum vc_pin_step first, last;
	enum vc_pin_refusal refusal;
	enum vc_err_kind kind;
	char *message;
	char *vm, *vm_uid;
	bool by_controller, foreign, gone;
	struct vc_pin_claim claim;
};

int vc_pin_pin(const struct vc_pin_context *context, struct vc_arena *arena,
               const struct vc_pin_order *order, struct vc_pin_outcome *ret_outcome,
               struct vc_err *err) VC_MUST_CHECK;
int vc_pin_unpin(const struct vc_pin_context *context, struct vc_arena *arena,
                 const struct vc_pin_order *order, struct vc_pin_outcome *ret_outcome,
                 struct vc_err *err) VC_MUST_CHECK;
int vc_pin_outcome_check(const struct vc_pin_outcome *outcome, struct vc_err *err)
	VC_MUST_CHECK;
