/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>

#include "node/reconcile.h"
#include "unit.h"

enum {
	NOTHING = 0,
	RECOVER = 1 << 0,
	PREPARE = 1 << 1,
	PUBLISH = 1 << 2,
	WITHDRAW = 1 << 3,
	WAIT = 1 << 4,
	MISSING = 1 << 5,
};

/* How one device of the claim is. */
enum device {
	FINE,
	GONE,
	UNKNOWN, /* there, but not known again: what proves it cannot be seen */
	CHANGED, /* on another driver */
};

#define GONE_TEXT    "is not there"
#define UNKNOWN_TEXT "may be another one"
#define CHANGED_TEXT "is on driver nvme, expected vfio-pci"

static unsigned flags_of(const struct vc_duty *duty)
{
	return (duty->recover ? RECOVER : 0U) | (duty->prepare ? PREPARE : 0U) |
	       (duty->publish ? PUBLISH : 0U) | (duty->withdraw ? WITHDRAW : 0U) |
	       (duty->wait ? WAIT : 0U) | (duty->missing ? MISSING : 0U);
}

static void set_device(struct vc_device_status *device, enum device how)
{
	static char address[] = "0000:02:00.0", gone[] = GONE_TEXT,
		    unknown[] = UNKNOWN_TEXT, changed[] = CHANGED_TEXT;
	static char *const problems[] = {
		[FINE] = NULL, [GONE] = gone, [UNKNOWN] = unknown, [CHANGED] = changed
	};

	device->address = how == GONE || how == UNKNOWN ? NULL : address;
	device->problem = problems[how];
}

struct world {
	struct vc_claimed_device claimed[2];
	struct vc_device_status devices[2];
	struct vc_host_claim claim;
	struct vc_step step;
	struct vc_entry entry;
	struct vc_claim_status status;
};

static void make_world(struct world *w, enum vc_claim_state state, enum device second)
{
	static char names[2][16] = { "nvme-one", "nvme-two" };

	*w = (struct world){ 0 };
	for (size_t i = 0; i < 2; i++) {
		w->claimed[i].name = names[i];
		w->devices[i].claimed = &w->claimed[i];
		set_device(&w->devices[i], i == 0 ? FINE : second);
	}
	w->claim.persistent = true;
	w->entry.steps.v = &w->step;
	w->entry.steps.n = 1;
	w->status = (struct vc_claim_status){
		.claim = &w->claim,
		.entry = state == VC_CLAIM_CREATED ? NULL : &w->entry,
		.state = state,
		.healthy = second == FINE,
		.devices = { .v = w->devices, .n = 2, .cap = 2 },
	};
}

static struct vc_duty decide(const struct vc_duty_facts *facts, char *problem,
                             size_t size)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_err err = VC_ERR_INIT;
	struct vc_duty duty;

	assert_int_equal(vc_duty_decide(&arena, facts, &duty, &err), 0);
	(void)snprintf(problem, size, "%s", duty.problem ? duty.problem : "");
	return duty;
}

static void test_decide(void **state VC_UNUSED)
{
	static const struct {
		enum vc_claim_state state;
		enum device second;
		bool renewed, too_early;
		unsigned expected;
		const char *problem;
	} cases[] = {
		{ VC_CLAIM_CREATED, FINE, false, false, PREPARE, "" },
		{ VC_CLAIM_CREATED, FINE, false, true, WAIT, "" },
		{ VC_CLAIM_CREATED, FINE, true, false, PREPARE, "" },
		/* on the driver of the host, of course */
		{ VC_CLAIM_CREATED, CHANGED, false, false, PREPARE, "" },

		{ VC_CLAIM_PREPARED, FINE, false, false, PUBLISH, "" },
		{ VC_CLAIM_PREPARED, FINE, true, false, PUBLISH, "" },
		{ VC_CLAIM_PREPARED, FINE, true, true, PUBLISH, "" },
		{ VC_CLAIM_PREPARED, GONE, false, false, WITHDRAW | MISSING,
		  "device 'nvme-two': " GONE_TEXT },
		{ VC_CLAIM_PREPARED, GONE, true, false, WITHDRAW | MISSING,
		  "device 'nvme-two': " GONE_TEXT },
		/* somebody takes it back on purpose, and is in the middle of it */
		{ VC_CLAIM_PREPARED, UNKNOWN, false, false, WITHDRAW,
		  "device 'nvme-two': " UNKNOWN_TEXT },
		/* it came back, and its driver did not yet */
		{ VC_CLAIM_PREPARED, UNKNOWN, true, false, WITHDRAW | MISSING,
		  "device 'nvme-two': " UNKNOWN_TEXT },
		/* somebody took it back on purpose */
		{ VC_CLAIM_PREPARED, CHANGED, false, false, WITHDRAW,
		  "device 'nvme-two': " CHANGED_TEXT },
		/* it was away and is a new device to the kernel */
		{ VC_CLAIM_PREPARED, CHANGED, true, false, WITHDRAW | PREPARE | MISSING,
		  "" },
		{ VC_CLAIM_PREPARED, CHANGED, true, true, WITHDRAW | WAIT | MISSING, "" },

		{ VC_CLAIM_IN_USE, FINE, false, false, PUBLISH, "" },
		{ VC_CLAIM_IN_USE, GONE, false, false, WITHDRAW | MISSING,
		  "device 'nvme-two': " GONE_TEXT },
		/* not below a guest that runs */
		{ VC_CLAIM_IN_USE, CHANGED, true, false, WITHDRAW | MISSING,
		  "device 'nvme-two': " CHANGED_TEXT },

		{ VC_CLAIM_PREPARING, CHANGED, false, false, WAIT, "" },
		{ VC_CLAIM_PREPARING, GONE, true, false, WAIT, "" },
		{ VC_CLAIM_UNPREPARING, FINE, false, false, WAIT, "" },
		{ VC_CLAIM_INTERRUPTED, CHANGED, false, false, RECOVER,
		  "left behind by a process that is gone" },
		{ VC_CLAIM_INTERRUPTED, CHANGED, false, true, WAIT, "" },
		{ VC_CLAIM_QUARANTINED, CHANGED, false, false, RECOVER,
		  "quarantined: it could not be undone" },
		{ VC_CLAIM_QUARANTINED, CHANGED, true, true, NOTHING,
		  "quarantined: it could not be undone" },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		bool created = cases[i].state == VC_CLAIM_CREATED;
		struct vc_duty_facts facts = {
			.renewed = cases[i].renewed,
			.may_try = !cases[i].too_early,
			.gone = cases[i].second == GONE,
			.not_found = !created && (cases[i].second == GONE ||
			                          cases[i].second == UNKNOWN)
			                     ? "not found"
			                     : NULL,
		};
		struct vc_duty duty;
		char problem[256];
		struct world w;

		make_world(&w, cases[i].state, cases[i].second);
		facts.status = &w.status;
		duty = decide(&facts, problem, sizeof(problem));
		if (flags_of(&duty) != cases[i].expected)
			fail_msg("case %zu: %#x", i, flags_of(&duty));
		assert_string_equal(problem, cases[i].problem);
	}
}

/* A claim that is not to be prepared at boot, or whose device is not there. */
static void test_created(void **state VC_UNUSED)
{
	struct vc_duty_facts facts = { .not_found = "no device has serial A",
		                       .may_try = true };
	struct vc_duty duty;
	char problem[256];
	struct world w;

	make_world(&w, VC_CLAIM_CREATED, GONE);
	facts.status = &w.status;
	duty = decide(&facts, problem, sizeof(problem));
	assert_int_equal(flags_of(&duty), NOTHING);
	assert_string_equal(problem, "no device has serial A");

	w.claim.persistent = false;
	duty = decide(&facts, problem, sizeof(problem));
	assert_int_equal(flags_of(&duty), NOTHING);
	assert_string_equal(problem, "");
	facts.not_found = NULL;
	duty = decide(&facts, problem, sizeof(problem));
	assert_int_equal(flags_of(&duty), NOTHING);
}

/* The journal says why. */
static void test_quarantined(void **state VC_UNUSED)
{
	static char why[] = "0000:02:00.0: not done after 30000 ms";
	struct vc_duty_facts facts = { .may_try = true };
	char problem[256];
	struct world w;

	make_world(&w, VC_CLAIM_QUARANTINED, FINE);
	facts.status = &w.status;
	w.step.problem = why;
	(void)decide(&facts, problem, sizeof(problem));
	assert_string_equal(problem, "quarantined: it could not be undone");
	w.step.state = VC_STEP_STUCK;
	(void)decide(&facts, problem, sizeof(problem));
	assert_string_equal(problem,
	                    "quarantined: 0000:02:00.0: not done after 30000 ms");
}

/* Unhealthy, and nobody says why. */
static void test_no_reason(void **state VC_UNUSED)
{
	struct vc_duty_facts facts = { .may_try = true };
	struct vc_duty duty;
	char problem[256];
	struct world w;

	make_world(&w, VC_CLAIM_PREPARED, FINE);
	w.status.healthy = false;
	facts.status = &w.status;
	duty = decide(&facts, problem, sizeof(problem));
	assert_int_equal(flags_of(&duty), WITHDRAW);
	assert_string_equal(problem, "something is wrong with it");
}

static void test_no_memory(void **state VC_UNUSED)
{
	struct vc_arena full = { .max_bytes = 0 };
	struct vc_duty_facts facts = { .may_try = true };
	struct vc_duty duty = { .wait = true };
	static const enum vc_claim_state states[] = { VC_CLAIM_PREPARED,
		                                      VC_CLAIM_QUARANTINED };

	for (size_t i = 0; i < VC_ARRAY_SIZE(states); i++) {
		struct vc_err err = VC_ERR_INIT;
		struct world w;

		make_world(&w, states[i], GONE);
		facts.status = &w.status;
		facts.not_found = "gone";
		assert_int_equal(vc_duty_decide(&full, &facts, &duty, &err),
		                 -VC_ERR_INTERNAL);
		assert_int_equal(flags_of(&duty), WAIT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decide),      cmocka_unit_test(test_created),
		cmocka_unit_test(test_quarantined), cmocka_unit_test(test_no_reason),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests_name("reconcile", tests, NULL, NULL);
}
