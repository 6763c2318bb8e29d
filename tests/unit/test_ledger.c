/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>

#include "claimd/burst.h"
#include "claimd/ledger.h"
#include "claimd/renewed.h"
#include "unit.h"

/* One event each; when would it be acted on? */
static void test_burst(void **state VC_UNUSED)
{
	static const struct {
		int64_t events[16];
		int64_t due;
	} cases[] = {
		{ { 0 }, -1 },
		{ { 1000 }, 1200 },
		{ { 1000, 1100, 1150 }, 1350 },
		/* one that does not end */
		{ { 1000, 1190, 1380, 1570, 1760, 1950, 2140, 2330, 2520, 2710, 2900,
		    2999 },
		  3000 },
		{ { 1000, 2799 }, 2999 },
		{ { 1000, 2801 }, 3000 },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		struct vc_burst burst = { 0 };

		for (size_t j = 0; cases[i].events[j] > 0; j++)
			vc_burst_event(&burst, cases[i].events[j]);
		assert_int_equal(vc_burst_due(&burst), cases[i].due);
	}
}

static void test_burst_ends(void **state VC_UNUSED)
{
	static const struct {
		int64_t cost, event, due;
	} cases[] = {
		{ 1, 5000, 5200 },    /* long ago */
		{ 500, 2400, 5000 },  /* while it was acted on: a pause of 4 times */
		{ 500, 4900, 5100 },  /* at the end of the pause */
		{ 0, 2400, 3000 },    /* at once */
		{ 9000, 2400, 13000 } /* a pause has an end */
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		struct vc_burst burst = { 0 };

		vc_burst_event(&burst, 1000);
		vc_burst_begin(&burst);
		assert_int_equal(vc_burst_due(&burst), -1);
		if (cases[i].event < 3000)
			vc_burst_event(&burst, cases[i].event);
		vc_burst_end(&burst, cases[i].cost, 3000);
		if (cases[i].event >= 3000)
			vc_burst_event(&burst, cases[i].event);
		assert_int_equal(vc_burst_due(&burst), cases[i].due);
	}
}

static bool problem(struct vc_ledger *ledger, const char *subject, const char *text)
{
	struct vc_err err = VC_ERR_INIT;
	bool news;

	assert_int_equal(vc_ledger_problem(ledger, subject, text, &news, &err), 0);
	return news;
}

static bool failed(struct vc_ledger *ledger, const char *subject, const char *text,
                   int64_t now)
{
	struct vc_err err = VC_ERR_INIT;
	bool news;

	assert_int_equal(vc_ledger_failed(ledger, subject, text, now, &news, &err), 0);
	return news;
}

/* Each problem once, until it changes or comes back. */
static void test_said_once(void **state VC_UNUSED)
{
	struct vc_ledger ledger = { 0 };
	char subject[32] = "untouched";

	assert_true(problem(&ledger, "b", "is gone"));
	assert_true(problem(&ledger, "a", "is gone"));
	assert_false(problem(&ledger, "a", "is gone"));
	assert_true(problem(&ledger, "a", "is on driver nvme"));
	assert_false(vc_ledger_settled(&ledger, subject, sizeof(subject)));
	assert_string_equal(subject, "untouched");

	vc_ledger_begin(&ledger);
	assert_false(failed(&ledger, "a", "is on driver nvme", 100));
	assert_true(vc_ledger_settled(&ledger, subject, sizeof(subject)));
	assert_string_equal(subject, "b");
	assert_false(vc_ledger_settled(&ledger, subject, sizeof(subject)));
	assert_int_equal(ledger.n, 1);

	vc_ledger_begin(&ledger);
	vc_ledger_keep(&ledger, "a");
	vc_ledger_keep(&ledger, "never heard of");
	assert_false(vc_ledger_settled(&ledger, subject, sizeof(subject)));
	assert_true(problem(&ledger, "b", "is gone"));
	vc_ledger_release(&ledger);
	assert_int_equal(ledger.n, 0);
}

static void test_pauses(void **state VC_UNUSED)
{
	static const int64_t pauses[] = { 10000,  20000,  40000,  80000, 160000,
		                          320000, 640000, 640000, 640000 };
	struct vc_ledger ledger = { 0 };
	int64_t now = 1000;

	assert_true(vc_ledger_may_try(&ledger, "a", now));
	assert_int_equal(vc_ledger_next(&ledger, 0), -1);
	for (size_t i = 0; i < VC_ARRAY_SIZE(pauses); i++) {
		(void)failed(&ledger, "a", "no", now);
		assert_false(vc_ledger_may_try(&ledger, "a", now + pauses[i] - 1));
		assert_true(vc_ledger_may_try(&ledger, "a", now + pauses[i]));
		assert_true(vc_ledger_may_try(&ledger, "b", now));
		/* the clock gives up, events do not */
		assert_int_equal(vc_ledger_next(&ledger, now),
		                 i < VC_LEDGER_TIMED ? now + pauses[i] : -1);
		/* it had its chance: somebody else is at work on it */
		assert_int_equal(vc_ledger_next(&ledger, now + pauses[i]), -1);
		now += pauses[i];
	}
	vc_ledger_forgive(&ledger);
	assert_true(vc_ledger_may_try(&ledger, "a", now - 1));
	(void)failed(&ledger, "a", "no", now);
	assert_int_equal(vc_ledger_next(&ledger, now), now + 10000);
	/* nothing was tried: the device is gone */
	(void)problem(&ledger, "a", "is gone");
	assert_int_equal(vc_ledger_next(&ledger, now), -1);
	assert_true(vc_ledger_may_try(&ledger, "a", now));
	vc_ledger_release(&ledger);
}

static void test_next_is_first(void **state VC_UNUSED)
{
	struct vc_ledger ledger = { 0 };

	(void)failed(&ledger, "b", "no", 500);
	(void)failed(&ledger, "a", "no", 300);
	(void)failed(&ledger, "c", "no", 400);
	(void)problem(&ledger, "d", "is gone");
	assert_int_equal(vc_ledger_next(&ledger, 500), 10300);
	assert_int_equal(vc_ledger_next(&ledger, 10300), 10400);
	assert_int_equal(vc_ledger_next(&ledger, 10500), -1);
	vc_ledger_release(&ledger);
}

/* More problems than can be told apart are not kept. */
static void test_limit(void **state VC_UNUSED)
{
	struct vc_ledger ledger = { 0 };
	char subject[32];

	for (unsigned i = 0; i < VC_LEDGER_MAX; i++) {
		(void)snprintf(subject, sizeof(subject), "%05u",
		               i * 7919 % VC_LEDGER_MAX);
		assert_true(problem(&ledger, subject, "no"));
	}
	assert_false(problem(&ledger, "x", "no"));
	assert_false(failed(&ledger, "x", "no", 1));
	assert_int_equal(ledger.n, VC_LEDGER_MAX);
	assert_true(failed(&ledger, "00000", "other", 1));
	for (size_t i = 1; i < ledger.n; i++)
		assert_true(strcmp(ledger.v[i - 1].subject, ledger.v[i].subject) < 0);
	vc_ledger_release(&ledger);
}

/* A subject that is too long is known all the same. */
static void test_long_subject(void **state VC_UNUSED)
{
	struct vc_ledger ledger = { 0 };
	char subject[2 * VC_SUBJECT_SIZE], back[2 * VC_SUBJECT_SIZE];

	memset(subject, 'x', sizeof(subject) - 1);
	subject[sizeof(subject) - 1] = '\0';
	assert_true(problem(&ledger, subject, "no"));
	assert_false(problem(&ledger, subject, "no"));
	assert_true(problem(&ledger, subject, "other"));
	assert_int_equal(ledger.n, 1);
	vc_ledger_begin(&ledger);
	assert_true(vc_ledger_settled(&ledger, back, sizeof(back)));
	assert_int_equal(strlen(back), VC_SUBJECT_SIZE - 1);
	vc_ledger_release(&ledger);
}

static void test_renewed(void **state VC_UNUSED)
{
	struct vc_renewed renewed = { .n = 0 };
	char longest[80];

	memset(longest, 'x', sizeof(longest));
	longest[64] = '\0';
	vc_renewed_add(&renewed, longest);
	assert_int_equal(renewed.n, 0);
	longest[63] = '\0';
	vc_renewed_add(&renewed, longest);
	vc_renewed_add(&renewed, longest);
	assert_int_equal(renewed.n, 1);
	assert_true(vc_renewed_has(&renewed, longest));
	assert_false(vc_renewed_has(&renewed, longest + 1));
	assert_false(vc_renewed_has(&renewed, NULL));
	for (unsigned i = 0; i < 2 * VC_RENEWED_MAX; i++) {
		(void)snprintf(longest, sizeof(longest), "%u", i);
		vc_renewed_add(&renewed, longest);
	}
	assert_int_equal(renewed.n, VC_RENEWED_MAX);
	assert_false(vc_renewed_has(&renewed, longest));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_burst),         cmocka_unit_test(test_burst_ends),
		cmocka_unit_test(test_said_once),     cmocka_unit_test(test_pauses),
		cmocka_unit_test(test_next_is_first), cmocka_unit_test(test_limit),
		cmocka_unit_test(test_long_subject),  cmocka_unit_test(test_renewed),
	};

	return cmocka_run_group_tests_name("ledger", tests, NULL, NULL);
}
