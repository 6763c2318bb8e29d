/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Theory of operation: the journal says what was done, the inventory what there is. A
 * device of a prepared claim is in order when it is found, is where it was prepared, has
 * the driver that its step gave it, and a node. What is not in order is a problem, since
 * the files of the claim are no longer true then; who may open a node is a note, because
 * libvirt hands nodes out by itself.
 *
 * Pure, but for the question whether the process at work on a claim still lives.
 */
#include "node/status.h"

#include <string.h>

#include "base/parse.h"
#include "node/status_internal.h"
#include "store/boot_id.h"

static const char *const state_names[] = {
	[VC_CLAIM_CREATED] = "created",         [VC_CLAIM_PREPARING] = "preparing",
	[VC_CLAIM_PREPARED] = "prepared",       [VC_CLAIM_IN_USE] = "in-use",
	[VC_CLAIM_UNPREPARING] = "unpreparing", [VC_CLAIM_INTERRUPTED] = "interrupted",
	[VC_CLAIM_QUARANTINED] = "quarantined",
};

/**
 * vc_claim_state_name() - A state in a word
 * @state:	state
 *
 * Return: a static string
 */
const char *vc_claim_state_name(enum vc_claim_state state)
{
	return state_names[state];
}

static const struct vc_entry *find_entry(const struct vc_prepare_input *input)
{
	for (size_t i = 0; i < input->entries->n; i++)
		if (strcmp(input->entries->v[i].uid, input->claim->uid) == 0)
			return &input->entries->v[i];
	return NULL;
}

/* One that cannot be asked about is taken to live: nothing is done to its claim then. */
static bool owner_lives(struct vc_arena *arena, const struct vc_prepare_input *input,
                        const struct vc_entry *entry)
{
	struct vc_err err = VC_ERR_INIT;
	struct vc_process process;
	int r;

	if (entry->owner_pid <= 0)
		return false;
	r = vc_process_read(arena, input->node->leases.proc, (pid_t)entry->owner_pid,
	                    &process, &err);
	if (r == -VC_ERR_ABSENT)
		return false;
	return r < 0 || process.start == entry->owner_start;
}

static enum vc_claim_state at_work(bool lives, enum vc_claim_state state)
{
	return lives ? state : VC_CLAIM_INTERRUPTED;
}

static enum vc_claim_state state_of(struct vc_arena *arena,
                                    const struct vc_prepare_input *input,
                                    const struct vc_entry *entry)
{
	if (!entry)
		return VC_CLAIM_CREATED;
	switch (entry->phase) {
	case VC_PHASE_PREPARING:
		return at_work(owner_lives(arena, input, entry), VC_CLAIM_PREPARING);
	case VC_PHASE_UNPREPARING:
		return at_work(owner_lives(arena, input, entry), VC_CLAIM_UNPREPARING);
	case VC_PHASE_QUARANTINED:
		return VC_CLAIM_QUARANTINED;
	case VC_PHASE_PREPARED:
		break;
	}
	return VC_CLAIM_PREPARED;
}

static const struct vc_lease *find_lease(const struct vc_leases *leases, const char *key)
{
	for (size_t i = 0; key && i < leases->n; i++)
		if (strcmp(leases->v[i].device, key) == 0)
			return &leases->v[i];
	return NULL;
}

/* vc_plan_find() begins with the name of the device, which stands beside the problem. */
static const char *without_name(struct vc_arena *arena, const char *message,
                                const struct vc_claimed_device *claimed)
{
	const char *prefix = vc_arena_printf(arena, "device '%s': ", claimed->name);

	if (prefix)
		(void)vc_parse_literal(&message, prefix);
	return message;
}

/* Where the device is; not being found is a problem of the device, no failure. */
static int find_device(struct vc_look *look, struct vc_err *err)
{
	struct vc_host_claim one = *look->input->claim;
	struct vc_prepare_input input = *look->input;
	struct vc_found_devices found = { 0 };
	struct vc_err why = VC_ERR_INIT;
	int r;

	one.devices.v = look->input->claim->devices.v + look->index;
	one.devices.n = one.devices.cap = 1;
	input.claim = &one;
	r = vc_plan_find(look->arena, &input, &found, &why);
	if (r == -VC_ERR_INTERNAL) {
		*err = why;
		return r;
	}
	if (r < 0)
		return vc_look_problem(
			look, err, "%s",
			without_name(look->arena, why.msg, look->status.claimed));
	look->found = found.v[0];
	look->is_found = true;
	return 0;
}

static int describe_found(struct vc_look *look, struct vc_err *err)
{
	struct vc_device_status *s = &look->status;

	s->host = look->found.host;
	s->address = vc_host_side_text(look->arena, &s->host);
	if (!s->address && vc_host_side_known(&s->host))
		return vc_fail_oom(err);
	s->driver = look->found.device->driver;
	s->note = look->found.located.note;
	return 0;
}

/* A device that prepare makes is nowhere until then. */
static int describe_unmade(struct vc_look *look, struct vc_err *err)
{
	const char *from = look->found.located.device->address;

	if (!look->is_prepared)
		return vc_look_note(look, err, "prepare makes it from '%s'", from);
	return vc_look_problem(
		look, err,
		"it was made from '%s' and is there no longer; prepare the "
		"claim again",
		from);
}

/* Under which lease its user would be: where it is, or where it was prepared. */
static int find_user(struct vc_look *look, struct vc_err *err)
{
	const struct vc_leases *leases = look->input->leases;
	const char *key = NULL;

	if (vc_host_side_known(&look->status.host)) {
		key = vc_host_side_key(look->arena, &look->status.host);
		if (!key)
			return vc_fail_oom(err);
	}
	look->status.lease = find_lease(leases, key);
	if (!look->status.lease && look->reserved)
		look->status.lease = find_lease(leases, look->reserved->key);
	return 0;
}

static int look_at_device(struct vc_look *look, struct vc_err *err)
{
	if (find_device(look, err) < 0)
		return -(int)err->kind;
	if (look->is_found && look->found.device && describe_found(look, err) < 0)
		return -(int)err->kind;
	if (look->is_found && !look->found.device && describe_unmade(look, err) < 0)
		return -(int)err->kind;
	if (find_user(look, err) < 0)
		return -(int)err->kind;
	if (look->is_prepared && look->is_found && look->found.device)
		return vc_look_in_order(look, err);
	return 0;
}

static int add_devices(struct vc_arena *arena, const struct vc_prepare_input *input,
                       struct vc_claim_status *status, struct vc_err *err)
{
	for (size_t i = 0; i < input->claim->devices.n; i++) {
		const struct vc_claimed_device *claimed = &input->claim->devices.v[i];
		struct vc_look look = {
			.arena = arena,
			.input = input,
			.index = i,
			.entry = status->entry,
			.reserved = vc_status_reserved(status->entry, claimed),
			.is_prepared = status->state == VC_CLAIM_PREPARED,
			.status = { .claimed = claimed },
		};
		struct vc_device_status *slot = vc_list_push(arena, &status->devices);

		if (!slot)
			return vc_fail_oom(err);
		if (look_at_device(&look, err) < 0)
			return -(int)err->kind;
		*slot = look.status;
	}
	return 0;
}

static void judge(struct vc_claim_status *status)
{
	status->healthy = true;
	for (size_t i = 0; i < status->devices.n; i++) {
		if (status->devices.v[i].problem)
			status->healthy = false;
		if (status->devices.v[i].lease && status->state == VC_CLAIM_PREPARED)
			status->state = VC_CLAIM_IN_USE;
	}
}

/**
 * vc_claim_status() - How a host claim is now
 * @arena:	holds the status; it points into @input, too
 * @input:	claim, machine, journal, leases that live
 * @ret_status:	status; .devices are those of the claim, in their order
 * @err:	out of memory
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_claim_status(struct vc_arena *arena, const struct vc_prepare_input *input,
                    struct vc_claim_status *ret_status, struct vc_err *err)
{
	struct vc_claim_status status = {
		.claim = input->claim,
		.entry = find_entry(input),
	};

	status.state = state_of(arena, input, status.entry);
	if (add_devices(arena, input, &status, err) < 0 ||
	    vc_status_stuck(arena, &status, err) < 0)
		return -(int)err->kind;
	judge(&status);
	*ret_status = status;
	return 0;
}
