/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * view_claim.c - one claim: what is to be done for it, and its files.
 */
#include <string.h>

#include "claimd/missing.h"
#include "claimd/view.h"

static struct vc_prepare_input input_of(const struct vc_view *view,
                                        const struct vc_host_claim *claim)
{
	return (struct vc_prepare_input){
		.node = &view->node,
		.claim = claim,
		.inventory = &view->inventory,
		.entries = &view->entries,
		.leases = &view->leases,
	};
}

static bool has_name(const struct vc_names *names, const char *name)
{
	for (size_t i = 0; i < names->n; i++)
		if (strcmp(names->v[i], name) == 0)
			return true;
	return false;
}

/* Of the devices themselves, or of those that they are made from. */
static bool any_renewed(const struct vc_view *view, const struct vc_found_devices *found)
{
	for (size_t i = 0; i < found->n; i++)
		if (vc_renewed_has(view->work->renewed,
		                   found->v[i].located.device->address))
			return true;
	return false;
}

/* Whether there is nothing where a device, or the one that it is made from, was last. */
static bool any_gone(const struct vc_view *view, const struct vc_host_claim *claim)
{
	for (size_t i = 0; i < claim->devices.n; i++) {
		const struct vc_identity *identity = &claim->devices.v[i].identity;

		if (identity->kind != VC_DEVICE_MDEV && identity->address &&
		    !vc_inventory_find(&view->inventory, identity->address))
			return true;
	}
	return false;
}

/* Sets .not_found, .gone and .renewed. */
static int find_devices(struct vc_view *view, const struct vc_host_claim *claim,
                        struct vc_duty_facts *facts, struct vc_err *err)
{
	const struct vc_prepare_input input = input_of(view, claim);
	struct vc_err not_found = VC_ERR_INIT;
	struct vc_found_devices found = { 0 };

	facts->renewed = has_name(&view->missing, claim->uid);
	if (vc_plan_find(view->arena, &input, &found, &not_found) == 0) {
		facts->renewed = facts->renewed || any_renewed(view, &found);
		return 0;
	}
	if (not_found.kind == VC_ERR_INTERNAL) {
		*err = not_found;
		return -(int)err->kind;
	}
	facts->gone = any_gone(view, claim);
	facts->not_found = vc_arena_strdup(view->arena, not_found.msg);
	return facts->not_found ? 0 : vc_fail_oom(err);
}

static int decide(struct vc_view *view, const struct vc_claim_status *status,
                  const char *subject, struct vc_duty *ret_duty, struct vc_err *err)
{
	const struct vc_host_claim *claim = status->claim;
	struct vc_duty_facts facts = {
		.status = status,
		.may_try =
			vc_ledger_may_try(view->work->ledger, subject, view->work->now),
	};
	bool wanted = status->state == VC_CLAIM_CREATED && claim->persistent;

	if ((wanted || !status->healthy) && find_devices(view, claim, &facts, err) < 0)
		return -(int)err->kind;
	return vc_duty_decide(view->arena, &facts, ret_duty, err);
}

static int publish(struct vc_view *view, const struct vc_host_claim *claim,
                   const char *subject, struct vc_err *err)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	const struct vc_prepare_input input = input_of(view, claim);
	struct vc_found_devices found;
	struct vc_claim published;
	bool changed;

	if (vc_plan_find(&arena, &input, &found, err) < 0 ||
	    vc_publish_claim(&arena, claim, &found, &view->inventory, &published, err) <
	            0 ||
	    vc_publish_write(&arena, &view->publish, &published, &changed, err) < 0)
		return -(int)err->kind;
	if (!changed)
		return 0;
	return vc_view_say(view, VC_NOTE_DONE, subject, "published", VC_ERR_NONE, err);
}

static int withdraw(struct vc_view *view, const struct vc_host_claim *claim,
                    struct vc_err *err)
{
	return vc_publish_withdraw(view->arena, &view->publish, claim->namespace,
	                           claim->name, claim->uid, err);
}

static int remember(struct vc_view *view, const struct vc_host_claim *claim, bool missing,
                    struct vc_err *err)
{
	const char *run = view->work->config->run;
	bool known = has_name(&view->missing, claim->uid);

	if (missing == known)
		return 0;
	return missing ? vc_missing_add(view->arena, run, claim->uid, err)
	               : vc_missing_remove(view->arena, run, claim->uid, err);
}

/* The files of one claim; what is wrong with it is told. */
static int settle_claim(struct vc_view *view, const struct vc_host_claim *claim,
                        const char *subject, const struct vc_duty *duty,
                        struct vc_err *err)
{
	struct vc_err own = VC_ERR_INIT;
	int r = remember(view, claim, duty->missing, &own);

	if (r == 0 && duty->withdraw)
		r = withdraw(view, claim, &own);
	if (r == 0 && duty->publish)
		r = publish(view, claim, subject, &own);
	if (r < 0)
		return vc_view_say(view, VC_NOTE_FAILED, subject, own.msg, own.kind, err);
	if (duty->recover && !view->recovered)
		return 0; /* it will be looked at again after that */
	if (duty->problem)
		return vc_view_say(view, duty->recover ? VC_NOTE_FAILED : VC_NOTE_PROBLEM,
		                   subject, duty->problem, VC_ERR_REFUSED, err);
	return duty->wait
	               ? vc_view_say(view, VC_NOTE_WAIT, subject, NULL, VC_ERR_NONE, err)
	               : 0;
}

static void count(struct vc_counts *counts, enum vc_claim_state state)
{
	counts->prepared += state == VC_CLAIM_PREPARED || state == VC_CLAIM_IN_USE;
	counts->in_use += state == VC_CLAIM_IN_USE;
}

/**
 * vc_view_visit_claim() - See to one claim
 * @view:	run that has looked
 * @i:		which
 * @err:	why the run cannot go on
 *
 * What is wrong with the claim is told, and no error.
 *
 * Return: 0, -VC_ERR_SYSTEM or -VC_ERR_INTERNAL
 */
int vc_view_visit_claim(struct vc_view *view, size_t i, struct vc_err *err)
{
	const struct vc_host_claim *claim = &view->claims.v[i];
	const struct vc_prepare_input input = input_of(view, claim);
	char *subject =
		vc_arena_printf(view->arena, "%s/%s", claim->namespace, claim->name);
	struct vc_claim_status status;

	if (!subject)
		return vc_fail_oom(err);
	if (vc_claim_status(view->arena, &input, &status, err) < 0 ||
	    decide(view, &status, subject, &view->duties[i], err) < 0)
		return -(int)err->kind;
	count(&view->counts, status.state);
	view->counts.absent +=
		status.state == VC_CLAIM_CREATED && view->duties[i].problem;
	view->recover = view->recover || view->duties[i].recover;
	return settle_claim(view, claim, subject, &view->duties[i], err);
}
