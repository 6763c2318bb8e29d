/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "node/share.h"

#include <string.h>

static const struct vc_step *find_step(const struct vc_entry *entry,
                                       const struct vc_step *like)
{
	for (size_t i = 0; i < entry->steps.n; i++) {
		const struct vc_step *step = &entry->steps.v[i];

		if (step->state != VC_STEP_UNDONE && vc_step_shared(step, like))
			return step;
	}
	return NULL;
}

static int refuse_busy(const struct vc_entry *other, const struct vc_step *step,
                       struct vc_err *err)
{
	if (step->state == VC_STEP_STUCK)
		return vc_fail(err, VC_ERR_REFUSED,
		               "claim '%s/%s' is quarantined: %s; free the device, then "
		               "run: virt-claim recover",
		               other->namespace, other->name,
		               step->problem ? step->problem
		                             : "a step could not be undone");
	return vc_fail(err, VC_ERR_REFUSED,
	               "claim '%s/%s' is at work on it; try again when it is done, or if "
	               "that process is gone, run: virt-claim recover",
	               other->namespace, other->name);
}

/**
 * vc_plan_add() - Add a step to an entry
 * @arena:	holds the list
 * @step:	copied; its texts live as long as @entry
 * @entry:	entry
 * @err:	out of memory
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_plan_add(struct vc_arena *arena, const struct vc_step *step,
                struct vc_entry *entry, struct vc_err *err)
{
	struct vc_step *slot = vc_list_push(arena, &entry->steps);

	if (!slot)
		return vc_fail_oom(err);
	*slot = *step;
	return 0;
}

/**
 * vc_plan_share() - Use a step that is done already
 * @arena:	holds what is added
 * @input:	.entries of all claims
 * @step:	what is wanted; says what it is about, its values do not count
 * @entry:	gets a copy of the step that another claim has done
 * @ret_shared:	whether @entry has such a step now
 * @err:	who is in the way
 *
 * Return: 0, -VC_ERR_REFUSED (another claim is doing or undoing it, or is quarantined with
 * it) or -VC_ERR_INTERNAL
 */
int vc_plan_share(struct vc_arena *arena, const struct vc_prepare_input *input,
                  const struct vc_step *step, struct vc_entry *entry, bool *ret_shared,
                  struct vc_err *err)
{
	const struct vc_step *done = find_step(entry, step);
	bool is_own = done != NULL;

	for (size_t i = 0; !is_own && i < input->entries->n; i++) {
		const struct vc_entry *other = &input->entries->v[i];
		const struct vc_step *theirs;

		if (strcmp(other->uid, entry->uid) == 0)
			continue;
		theirs = find_step(other, step);
		if (!theirs)
			continue;
		if (theirs->state != VC_STEP_DONE)
			return refuse_busy(other, theirs, err);
		done = theirs;
	}
	if (done && !is_own && vc_plan_add(arena, done, entry, err) < 0)
		return -(int)err->kind;
	*ret_shared = done != NULL;
	return 0;
}
