/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * act.c - one claim: decide, ask the server whether it is still so, do it, say it.
 */
#include <stdio.h>
#include <string.h>

#include "base/now.h"
#include "controller/controller.h"
#include "controller/facts.h"
#include "controller/say.h"
#include "pin/apply.h"

#define NAMESPACE_SIZE 64
#define TEXT_SIZE      512

/**
 * struct act - what is done about one claim
 * @c, @claim, @decision: what, and why
 * @arena:	of what was asked
 * @namespace:	of the claim
 * @context:	for src/pin
 * @outcome:	of it
 * @settled:	nothing is left to do until something changes
 * @more:	somebody is left to be told
 */
struct act {
	struct vc_controller *c;
	struct vc_known_claim *claim;
	struct vc_decision decision;
	struct vc_arena arena;
	char namespace[NAMESPACE_SIZE];
	struct vc_pin_context context;
	struct vc_pin_outcome outcome;
	bool settled, more;
};

static const char *name_of(const char *key)
{
	return strchr(key, '/') + 1;
}

static void say_news(const struct act *act, enum vc_log_level level, const char *reason,
                     const char *text)
{
	const struct vc_saying saying = { .claim = act->claim,
		                          .vm = act->decision.vm,
		                          .level = level,
		                          .reason = reason,
		                          .text = text };

	vc_say_news(act->c, act->claim, &saying);
}

/* What was done, is always news; @once of each time. */
static void say_done(const struct act *act, const char *reason, const char *text)
{
	const struct vc_saying saying = { .claim = act->claim,
		                          .vm = act->decision.vm,
		                          .level = VC_LOG_INFO,
		                          .reason = reason,
		                          .text = text,
		                          .once = act->outcome.claim.resource_version };

	vc_say_nothing(act->claim);
	vc_world_written(act->claim, vc_now_ms());
	vc_say(act->c, &saying);
}

/* Waiting */

static void say_wait(const struct act *act)
{
	const struct vc_decision *d = &act->decision;
	char text[TEXT_SIZE] = "";

	if (d->why == VC_WHY_NO_CLAIM) {
		(void)snprintf(
			text, sizeof(text),
			"virtual machine '%s' names it, but there is no such claim; "
			"waiting for it",
			name_of(d->vm->key));
		say_news(act, VC_LOG_WARNING, "NoSuchClaim", text);
	} else if (d->why == VC_WHY_NO_VM) {
		say_news(act, VC_LOG_WARNING, "NoSuchVirtualMachine",
		         "the virtual machine of its annotation " VC_PIN_TO
		         " does not exist; waiting for it");
	} else {
		say_news(act, VC_LOG_INFO, "WaitingForAllocation",
		         "it will be pinned as soon as the scheduler has allocated it: "
		         "start the virtual machine once");
	}
}

/* What is known after a write, before the watch says it */
static int take_outcome(struct act *act, struct vc_err *err)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_claim_facts facts;
	const char *wanted = NULL;
	unsigned sync = act->claim->sync;
	const char *key = vc_arena_strdup(&arena, act->claim->key);

	if (!key)
		return vc_fail_oom(err);
	if (act->context.dry_run)
		return 0;
	if (act->outcome.gone) {
		vc_world_claim_gone(&act->c->world, key);
		act->claim = NULL;
		return 0;
	}
	for (const struct vc_tie *t = act->claim->ties; t; t = t->of_claim.next)
		if (t->kind == VC_TIE_ASKED)
			wanted = name_of(t->vm->key);
	wanted = wanted ? vc_arena_strdup(&arena, wanted) : NULL;
	vc_facts_of_pin(&act->outcome.claim, wanted, &facts);
	return vc_world_claim(&act->c->world, key, &facts, sync, err);
}

/* Pinning */

static struct vc_pin_order order_of(const struct act *act)
{
	return (struct vc_pin_order){
		.namespace = act->namespace,
		.claim = name_of(act->claim->key),
		.claim_uid = vc_claim_uid(act->claim),
		.vm = act->decision.vm ? name_of(act->decision.vm->key) : NULL,
		.vm_uid = act->decision.uid,
		.by_controller = true,
	};
}

/* A refusal that passes without a change that we see is tried again, late. */
static void refuse(struct act *act)
{
	enum vc_pin_refusal refusal = act->outcome.refusal;

	/* what was known is late, and the watch will tell */
	act->settled = refusal != VC_PIN_VM_ABSENT;
	if (refusal == VC_PIN_UNALLOCATED || refusal == VC_PIN_VM_ABSENT ||
	    refusal == VC_PIN_CLAIM_DELETING || refusal == VC_PIN_VM_DELETING)
		return;
	say_news(act, VC_LOG_WARNING, "NotPinned", act->outcome.message);
	act->settled = refusal != VC_PIN_FULL;
	act->c->n_bad += act->settled;
	act->c->worst = act->c->worst ? act->c->worst : act->outcome.kind;
}

static int pin(struct act *act, struct vc_err *err)
{
	const struct vc_pin_order order = order_of(act);
	char text[TEXT_SIZE];

	if (vc_pin_pin(&act->context, &act->arena, &order, &act->outcome, err) < 0)
		return -(int)err->kind;
	act->settled = true;
	if (act->outcome.refusal != VC_PIN_GRANTED) {
		refuse(act);
	} else if (act->outcome.steps > 0) {
		(void)snprintf(text, sizeof(text),
		               "%spinned to virtual machine '%s': it keeps its devices "
		               "when that one stops",
		               act->context.dry_run ? "would be " : "", order.vm);
		say_done(act, "Pinned", text);
	}
	return take_outcome(act, err);
}

/* Taking back */

/* An object as it is now; *ret_tree: NULL there is none. Of kinds that the server does not
 * know nothing is known, either. */
static int ask(struct act *act, const struct vc_kube_resource *resource, const char *key,
               struct vc_tree **ret_tree, struct vc_err *err)
{
	const struct vc_kube_target target = { .resource = resource,
		                               .namespace = act->namespace,
		                               .name = name_of(key) };
	struct vc_kube_text text;
	int r = vc_kube_get(act->c->kube, &act->arena, &target, &text, err);

	if (r == 0)
		return vc_tree_parse(text.data, text.len, key, ret_tree, err);
	if (r != -VC_ERR_REMOTE || !vc_kube_status_absent(vc_kube_last(act->c->kube)))
		return r;
	*ret_tree = NULL;
	return 0;
}

/* *ret_facts: .uid NULL there is none */
static int ask_for_vm(struct act *act, struct vc_vm_facts *ret_facts, struct vc_err *err)
{
	VC_AUTO_TREE struct vc_tree *tree = NULL;
	struct vc_node root;

	if (ask(act, &vc_kube_vms, act->decision.vm->key, &tree, err) < 0)
		return -(int)err->kind;
	if (!tree) {
		*ret_facts = (struct vc_vm_facts){ .n_claims = 0 };
		return 0;
	}
	root = vc_tree_root(tree, 0);
	return vc_facts_of_vm(&act->arena, &root, ret_facts, err);
}

static int ask_for_wish(struct act *act, bool *ret_wanted, struct vc_err *err)
{
	VC_AUTO_TREE struct vc_tree *tree = NULL;
	struct vc_claim_facts facts = { .n_holders = 0 };
	struct vc_node root;

	if (ask(act, &vc_kube_claims, act->claim->key, &tree, err) < 0)
		return -(int)err->kind;
	if (tree) {
		root = vc_tree_root(tree, 0);
		if (vc_facts_of_claim(&act->arena, &root, &facts, err) < 0)
			return -(int)err->kind;
	}
	*ret_wanted =
		facts.wanted && strcmp(facts.wanted, name_of(act->decision.vm->key)) == 0;
	return 0;
}

static bool names(const struct vc_vm_facts *facts, const char *claim)
{
	for (size_t i = 0; i < facts->n_claims; i++)
		if (strcmp(facts->claims[i], claim) == 0)
			return true;
	return false;
}

/* A mirror that is late must not take a device from a VM: ask before. */
static int is_so(struct act *act, bool *ret_so, struct vc_err *err)
{
	const struct vc_decision *d = &act->decision;
	struct vc_vm_facts vm = { .n_claims = 0 };
	bool same, wanted = false;

	*ret_so = true;
	if (d->why == VC_WHY_CLAIM_DELETING || d->why == VC_WHY_LEFTOVER)
		return 0; /* deletions are not taken back; a leftover protects nothing */
	if (ask_for_vm(act, &vm, err) < 0)
		return -(int)err->kind;
	same = vm.uid && strcmp(vm.uid, d->uid) == 0;
	if (same && d->why == VC_WHY_NOT_ASKED && ask_for_wish(act, &wanted, err) < 0)
		return -(int)err->kind;
	if (same)
		*ret_so = d->why == VC_WHY_NOT_ASKED && !wanted &&
		          !names(&vm, name_of(act->claim->key));
	return 0;
}

/* "released: " what stands around the name of the VM */
struct why_text {
	const char *before, *after;
};

static struct why_text why_text(enum vc_why why)
{
	switch (why) {
	case VC_WHY_VM_GONE:
		return (struct why_text){ "virtual machine '", "' is gone" };
	case VC_WHY_VM_REPLACED:
		return (struct why_text){
			"virtual machine '",
			"' was deleted, and made again as another one"
		};
	case VC_WHY_NOT_ASKED:
		return (struct why_text){ "no annotation asks for virtual machine '",
			                  "' any more" };
	case VC_WHY_CLAIM_DELETING:
		return (struct why_text){ "it is being deleted, and virtual machine '",
			                  "' lets go of it" };
	case VC_WHY_NONE:
	case VC_WHY_NO_CLAIM:
	case VC_WHY_NO_VM:
	case VC_WHY_UNALLOCATED:
	case VC_WHY_LEFTOVER:
		break;
	}
	return (struct why_text){ "half of a pin was left there", "" };
}

static void say_unpinned(struct act *act)
{
	const struct vc_known_vm *vm = act->decision.vm;
	const struct why_text why = why_text(act->decision.why);
	char text[TEXT_SIZE];

	(void)snprintf(text, sizeof(text), "%sreleased: %s%s%s",
	               act->context.dry_run ? "would be " : "", why.before,
	               vm ? name_of(vm->key) : "", why.after);
	say_done(act, "Released", text);
}

static int unpin(struct act *act, struct vc_err *err)
{
	const struct vc_pin_order order = order_of(act);
	bool so;

	if (is_so(act, &so, err) < 0)
		return -(int)err->kind;
	if (!so)
		return 0; /* again, when the watch has told more */
	if (vc_pin_unpin(&act->context, &act->arena, &order, &act->outcome, err) < 0)
		return -(int)err->kind;
	act->settled = true;
	if (act->outcome.steps > 0)
		say_unpinned(act);
	return take_outcome(act, err);
}

/* Failures */

/* Of the server as a whole: nothing else is worth a try now. */
static bool is_everywhere(enum vc_kube_reason reason)
{
	return reason == VC_KUBE_NO_ANSWER || reason == VC_KUBE_UNAUTHORIZED ||
	       reason == VC_KUBE_BUSY || reason == VC_KUBE_FAILED;
}

static int fail(struct act *act, const struct vc_err *why, struct vc_err *err)
{
	struct vc_controller *c = act->c;
	const struct vc_kube_status *last = vc_kube_last(c->kube);
	unsigned pause;

	if (why->kind == VC_ERR_INTERNAL) {
		*err = *why;
		return -(int)err->kind;
	}
	c->worst = c->worst ? c->worst : why->kind;
	if (why->kind == VC_ERR_REMOTE && is_everywhere(last->reason)) {
		pause = vc_queue_pause(&c->queue, ++c->hold_tries);
		if (pause < last->retry_after_s * 1000U)
			pause = last->retry_after_s * 1000U;
		c->hold_until = vc_now_ms() + pause;
		if (c->hold_tries == 1)
			vc_log(&c->log, VC_LOG_WARNING, "%s", why->msg);
		return vc_queue_again(&c->queue, &act->claim->item, vc_now_ms(), err);
	}
	if (why->kind != VC_ERR_ABSENT) /* it has gone; the watch will tell */
		say_news(act, VC_LOG_WARNING, "NotPinned", why->msg);
	return vc_queue_again(&c->queue, &act->claim->item, vc_now_ms(), err);
}

static int carry_out(struct act *act, struct vc_err *err)
{
	switch (act->decision.verdict) {
	case VC_LEAVE:
		vc_say_nothing(act->claim);
		act->settled = true;
		return 0;
	case VC_WAIT:
		say_wait(act);
		act->settled = true;
		return 0;
	case VC_PIN:
		return pin(act, err);
	case VC_UNPIN:
		return unpin(act, err);
	}
	return 0;
}

static void release_act(struct act *act)
{
	vc_arena_release(&act->arena);
}

/**
 * vc_controller_act() - Do what is to be done about a claim
 * @c:		controller
 * @claim:	claim, not in the queue; may be gone afterwards
 * @err:	a bug, or out of memory
 *
 * What the server does not let us do is said, and tried again later.
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_controller_act(struct vc_controller *c, struct vc_known_claim *claim,
                      struct vc_err *err)
{
	VC_CLEANUP(release_act)
	struct act act = {
		.c = c,
		.claim = claim,
		.decision = vc_decide(claim),
		.arena = VC_ARENA_INIT,
		.context = { .kube = c->kube,
		             .version = &c->version,
		             .dry_run = c->options->dry_run },
	};
	struct vc_err why = VC_ERR_INIT;

	(void)snprintf(act.namespace, sizeof(act.namespace), "%.*s",
	               (int)strcspn(claim->key, "/"), claim->key);
	act.more = vc_say_losers(c, &act.decision, claim);
	if (carry_out(&act, &why) < 0)
		return fail(&act, &why, err);
	c->hold_tries = 0;
	if (!act.claim)
		return 0;
	if (!act.settled)
		return vc_queue_again(&c->queue, &claim->item, vc_now_ms(), err);
	claim->item.tries = 0;
	if (act.more)
		return vc_queue_at(&c->queue, &claim->item, vc_now_ms(), err);
	vc_world_settled(&c->world, claim);
	return 0;
}
