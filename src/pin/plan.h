/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan.h - what the next step of pinning or unpinning a claim is. Pure.
 *
 * One step is one request to the API server. After it, the claim that was answered is
 * looked at anew, until there is nothing to do: whoever was interrupted, or overtaken by
 * somebody else, goes on from whatever there is.
 *
 *	pin	GUARD, RESERVE
 *	unpin	RELEASE or UNRESERVE, then UNGUARD
 *
 * Facts about servers are from a control plane of 1.36 [observed], docs/kubernetes.md.
 */
#pragma once

#include "pin/claim.h"

/* [DRA] before 1.36 an entry that is not a pod's stops the controller from tidying up. */
#define VC_PIN_MAJOR 1U
#define VC_PIN_MINOR 36U

/* [DRA] resource/v1: entries of reservedFor */
#define VC_PIN_MAX_RESERVED 256U

enum vc_pin_step {
	VC_PIN_NOTHING,   /* all is as it should be */
	VC_PIN_GUARD,     /* write record and finalizer; the claim itself */
	VC_PIN_RESERVE,   /* write the entry; its status */
	VC_PIN_UNRESERVE, /* take the entry out; its status */
	VC_PIN_RELEASE,   /* take entry and allocation out: nobody else uses it; status */
	VC_PIN_UNGUARD, /* take record out, and our finalizer if nobody uses the claim */
};

/* Why not. Of these only UNALLOCATED and FULL pass by themselves. */
enum vc_pin_refusal {
	VC_PIN_GRANTED,
	VC_PIN_OLD_SERVER,
	VC_PIN_VM_ABSENT,
	VC_PIN_VM_DELETING,
	VC_PIN_CLAIM_DELETING,
	VC_PIN_TEMPLATE,
	VC_PIN_OTHER_VM,
	VC_PIN_UNALLOCATED,
	VC_PIN_ADMIN,
	VC_PIN_NO_TIMESTAMP,
	VC_PIN_FULL,
};

/**
 * struct vc_pin_input - what is decided on
 * @major, @minor: version of the server
 * @claim:	claim
 * @vm_name:	VM that it is to be pinned to
 * @vm:		that; NULL there is none of that name
 */
struct vc_pin_input {
	unsigned major, minor;
	const struct vc_pin_claim *claim;
	const char *vm_name;
	const struct vc_pin_vm *vm;
};

/**
 * struct vc_pin_plan - what is to be done now
 * @step:	with a refusal: what an interrupted run has left, and is to be taken away
 * @refusal:	why the claim is not to be pinned
 * @foreign:	somebody else has pinned it to this VM, and keeps it so
 * @holder:	entry that this is about: ours, theirs, another VM's; NULL none
 */
struct vc_pin_plan {
	enum vc_pin_step step;
	enum vc_pin_refusal refusal;
	bool foreign;
	const struct vc_pin_holder *holder;
};

struct vc_pin_plan vc_pin_plan_pin(const struct vc_pin_input *input);
struct vc_pin_plan vc_pin_plan_unpin(const struct vc_pin_claim *claim,
                                     const char *vm_uid);
bool vc_pin_is_touched(const struct vc_pin_claim *claim);
const struct vc_pin_holder *vc_pin_our_entry(const struct vc_pin_claim *claim,
                                             const char *vm_uid);
int vc_pin_refuse(const struct vc_pin_input *input, const struct vc_pin_plan *plan,
                  struct vc_err *err);
