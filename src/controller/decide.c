/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "controller/decide.h"

#include <string.h>

static bool is_wish(const struct vc_tie *tie)
{
	return tie->kind != VC_TIE_HELD;
}

/* A wish counts when the VM is there to stay. */
static bool counts(const struct vc_tie *tie)
{
	return is_wish(tie) && tie->vm->facts && !tie->vm->deleting;
}

static bool is_the_same(const struct vc_tie *held)
{
	return held->vm->facts && strcmp(vc_vm_uid(held->vm), held->uid) == 0;
}

static bool is_wanted_by(const struct vc_known_claim *claim, const struct vc_known_vm *vm)
{
	for (const struct vc_tie *t = claim->ties; t; t = t->of_claim.next)
		if (is_wish(t) && t->vm == vm)
			return true;
	return false;
}

/* Why a reservation of ours has to go; VC_WHY_NONE it stays. */
static enum vc_why why_end(const struct vc_known_claim *claim, const struct vc_tie *held)
{
	if (claim->deleting)
		return VC_WHY_CLAIM_DELETING;
	if (!held->vm->facts)
		return VC_WHY_VM_GONE;
	if (!is_the_same(held))
		return VC_WHY_VM_REPLACED;
	return claim->kept && !is_wanted_by(claim, held->vm) ? VC_WHY_NOT_ASKED
	                                                     : VC_WHY_NONE;
}

static bool is_older(const struct vc_known_vm *a, const struct vc_known_vm *b)
{
	int order = strcmp(a->created, b->created);

	return order != 0 ? order < 0 : strcmp(vc_vm_uid(a), vc_vm_uid(b)) < 0;
}

/* Whose wish comes first */
static const struct vc_known_vm *first_wish(const struct vc_known_claim *claim)
{
	const struct vc_known_vm *first = NULL;

	for (const struct vc_tie *t = claim->ties; t; t = t->of_claim.next) {
		if (!counts(t))
			continue;
		if (t->kind == VC_TIE_ASKED)
			return t->vm;
		if (!first || is_older(t->vm, first))
			first = t->vm;
	}
	return first;
}

/* Who has it: ours before theirs, so that there is one answer. */
static const struct vc_tie *find_keeper(const struct vc_known_claim *claim)
{
	const struct vc_tie *keeper = NULL;

	for (const struct vc_tie *t = claim->ties; t; t = t->of_claim.next)
		if (t->kind == VC_TIE_HELD && (!keeper || (t->ours && !keeper->ours)))
			keeper = t;
	return keeper;
}

static bool asks(const struct vc_known_claim *claim)
{
	for (const struct vc_tie *t = claim->ties; t; t = t->of_claim.next)
		if (t->kind == VC_TIE_ASKED)
			return true;
	return false;
}

static const struct vc_tie *find_ended(const struct vc_known_claim *claim,
                                       enum vc_why *ret_why)
{
	for (const struct vc_tie *t = claim->ties; t; t = t->of_claim.next) {
		enum vc_why why = t->kind == VC_TIE_HELD && t->ours ? why_end(claim, t)
		                                                    : VC_WHY_NONE;

		if (why == VC_WHY_NONE)
			continue;
		*ret_why = why;
		return t;
	}
	return NULL;
}

/* Somebody has it: a pin of ours that is wanted has to be whole. */
static struct vc_decision decide_kept(const struct vc_known_claim *claim,
                                      const struct vc_tie *keeper)
{
	bool mend = keeper->ours && !keeper->whole && !keeper->vm->deleting &&
	            is_wanted_by(claim, keeper->vm);

	return (struct vc_decision){ .verdict = mend ? VC_PIN : VC_LEAVE,
		                     .vm = keeper->vm,
		                     .uid = keeper->uid,
		                     .keeper = keeper };
}

static struct vc_decision decide_free(const struct vc_known_claim *claim)
{
	const struct vc_known_vm *vm = first_wish(claim);
	struct vc_decision decision = { .verdict = VC_LEAVE, .vm = vm };

	if (claim->deleting || !vm) {
		if (claim->marked)
			decision = (struct vc_decision){ .verdict = VC_UNPIN,
				                         .why = VC_WHY_LEFTOVER };
		else if (!claim->deleting && asks(claim))
			decision = (struct vc_decision){ .verdict = VC_WAIT,
				                         .why = VC_WHY_NO_VM };
		return decision;
	}
	decision.uid = vc_vm_uid(vm);
	decision.verdict = claim->allocated ? VC_PIN : VC_WAIT;
	decision.why = claim->allocated ? VC_WHY_NONE : VC_WHY_UNALLOCATED;
	return decision;
}

/**
 * vc_decide() - What is to be done about a claim
 * @claim:	claim, or the name of one
 *
 * Return: decision; what it points to lives as long as the world does not change
 */
struct vc_decision vc_decide(const struct vc_known_claim *claim)
{
	const struct vc_tie *held;
	enum vc_why why = VC_WHY_NONE;

	if (!claim->facts) {
		const struct vc_known_vm *vm = first_wish(claim);

		return (struct vc_decision){ .verdict = vm ? VC_WAIT : VC_LEAVE,
			                     .why = vm ? VC_WHY_NO_CLAIM : VC_WHY_NONE,
			                     .vm = vm };
	}
	held = find_ended(claim, &why);
	if (held)
		return (struct vc_decision){
			.verdict = VC_UNPIN, .why = why, .vm = held->vm, .uid = held->uid
		};
	held = find_keeper(claim);
	return held ? decide_kept(claim, held) : decide_free(claim);
}

/**
 * vc_is_loser() - Whether somebody else has what a VM wants
 * @decision:	of the claim
 * @tie:	of the claim
 *
 * Return: whether its VM is to be told that it does not get the claim
 */
bool vc_is_loser(const struct vc_decision *decision, const struct vc_tie *tie)
{
	if (!counts(tie) || decision->verdict == VC_UNPIN ||
	    decision->verdict == VC_WAIT || !decision->uid)
		return false;
	return strcmp(vc_vm_uid(tie->vm), decision->uid) != 0;
}
