/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "node/reconcile.h"

/* The first device with a problem, in words. */
static int device_problem(struct vc_arena *arena, const struct vc_claim_status *status,
                          const char **ret_problem, struct vc_err *err)
{
	for (size_t i = 0; i < status->devices.n; i++) {
		const struct vc_device_status *device = &status->devices.v[i];
		char *text;

		if (!device->problem)
			continue;
		text = vc_arena_printf(arena, "device '%s': %s", device->claimed->name,
		                       device->problem);
		if (!text)
			return vc_fail_oom(err);
		*ret_problem = text;
		return 0;
	}
	*ret_problem = "something is wrong with it";
	return 0;
}

/* Why undoing failed, as the journal has it. */
static int stuck_problem(struct vc_arena *arena, const struct vc_claim_status *status,
                         const char **ret_problem, struct vc_err *err)
{
	const struct vc_steps *steps = &status->entry->steps;
	const char *why = NULL;
	char *text;

	for (size_t i = 0; i < steps->n && !why; i++)
		if (steps->v[i].state == VC_STEP_STUCK)
			why = steps->v[i].problem;
	text = vc_arena_printf(arena, "quarantined: %s",
	                       why ? why : "it could not be undone");
	if (!text)
		return vc_fail_oom(err);
	*ret_problem = text;
	return 0;
}

static struct vc_duty when_created(const struct vc_duty_facts *facts)
{
	if (!facts->status->claim->persistent)
		return (struct vc_duty){ 0 };
	if (facts->not_found)
		return (struct vc_duty){ .problem = facts->not_found };
	return (struct vc_duty){ .prepare = facts->may_try, .wait = !facts->may_try };
}

static int when_prepared(struct vc_arena *arena, const struct vc_duty_facts *facts,
                         struct vc_duty *duty, struct vc_err *err)
{
	const struct vc_claim_status *status = facts->status;

	if (status->healthy) {
		duty->publish = true;
		return 0;
	}
	duty->withdraw = true;
	duty->missing = facts->gone || facts->renewed;
	if (facts->renewed && !facts->not_found && status->state == VC_CLAIM_PREPARED) {
		duty->prepare = facts->may_try;
		duty->wait = !facts->may_try;
		return 0;
	}
	return device_problem(arena, status, &duty->problem, err);
}

/**
 * vc_duty_decide() - What to do for one claim
 * @arena:	for the text of the problem
 * @facts:	what is known of it
 * @ret_duty:	what to do
 * @err:	out of memory
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_duty_decide(struct vc_arena *arena, const struct vc_duty_facts *facts,
                   struct vc_duty *ret_duty, struct vc_err *err)
{
	struct vc_duty duty = { 0 };
	int r = 0;

	switch (facts->status->state) {
	case VC_CLAIM_CREATED:
		duty = when_created(facts);
		break;
	case VC_CLAIM_PREPARED:
	case VC_CLAIM_IN_USE:
		r = when_prepared(arena, facts, &duty, err);
		break;
	case VC_CLAIM_PREPARING:
	case VC_CLAIM_UNPREPARING:
		duty.wait = true;
		break;
	case VC_CLAIM_INTERRUPTED:
		duty.recover = facts->may_try;
		duty.wait = !facts->may_try;
		duty.problem =
			facts->may_try ? "left behind by a process that is gone" : NULL;
		break;
	case VC_CLAIM_QUARANTINED:
		duty.recover = facts->may_try;
		r = stuck_problem(arena, facts->status, &duty.problem, err);
		break;
	}
	if (r < 0)
		return r;
	*ret_duty = duty;
	return 0;
}
