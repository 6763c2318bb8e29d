/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When the controller looks at what, and how it says that it lives. */
#include <stdio.h>
#include <string.h>

#include "controller/event.h"
#include "controller/health.h"
#include "controller/queue.h"
#include "temp_tree.h"
#include "unit.h"

#define ITEMS 500U

static void put(struct vc_queue *queue, struct vc_item *item, int64_t due)
{
	struct vc_err err = VC_ERR_INIT;

	assert_int_equal(vc_queue_at(queue, item, due, &err), 0);
}

static void test_order(void **state VC_UNUSED)
{
	static struct vc_item items[ITEMS];
	struct vc_queue queue = { .n = 0 };
	unsigned seed = 7, n = 0;
	int64_t last = 0;

	for (size_t i = 0; i < ITEMS; i++) {
		seed = seed * 1103515245U + 12345U;
		put(&queue, &items[i], (seed >> 8) % 1000);
	}
	for (size_t i = 0; i < ITEMS; i += 5)
		vc_queue_remove(&queue, &items[i]);
	for (size_t i = 0; i < ITEMS; i += 10)
		vc_queue_remove(&queue, &items[i]); /* not in it any more */
	assert_null(vc_queue_take(&queue, -1));
	for (struct vc_item *item; (item = vc_queue_take(&queue, 2000)); n++) {
		assert_true(item->due >= last);
		assert_int_equal(item->at, 0);
		last = item->due;
	}
	assert_int_equal(n, ITEMS - ITEMS / 5);
	assert_true(vc_queue_due(&queue) == VC_QUEUE_NEVER);
	vc_queue_release(&queue);
}

static void test_once(void **state VC_UNUSED)
{
	struct vc_queue queue = { .n = 0 };
	struct vc_item a = { .due = 0 }, b = { .due = 0 };

	put(&queue, &a, 50);
	put(&queue, &b, 40);
	put(&queue, &a, 60); /* it comes earlier anyway */
	assert_int_equal(queue.n, 2);
	assert_true(vc_queue_due(&queue) == 40);
	put(&queue, &a, 30);
	assert_int_equal(queue.n, 2);
	assert_null(vc_queue_take(&queue, 29));
	assert_ptr_equal(vc_queue_take(&queue, 30), &a);
	assert_null(vc_queue_take(&queue, 30));
	assert_ptr_equal(vc_queue_take(&queue, 40), &b);
	assert_null(vc_queue_take(&queue, 1000));
	vc_queue_release(&queue);
}

static void test_pauses(void **state VC_UNUSED)
{
	struct vc_queue queue = { .pause_min = 100, .pause_max = 1000 };
	struct vc_queue usual = { .n = 0 };
	struct vc_err err = VC_ERR_INIT;
	struct vc_item item = { .due = 0 };
	unsigned longest = 0, shortest = 1000;

	for (unsigned i = 0; i < 200; i++) {
		unsigned first = vc_queue_pause(&queue, 1);
		unsigned late = vc_queue_pause(&queue, i < 20 ? 40 : 4000000000U);

		assert_in_range(first, 50, 100);
		assert_in_range(late, 500, 1000);
		longest = late > longest ? late : longest;
		shortest = late < shortest ? late : shortest;
		assert_in_range(vc_queue_pause(&usual, 100), VC_QUEUE_PAUSE_MAX / 2,
		                VC_QUEUE_PAUSE_MAX);
	}
	assert_true(longest - shortest > 100); /* not all at once */
	for (unsigned i = 1; i <= 3; i++) {
		assert_int_equal(vc_queue_again(&queue, &item, 5000, &err), 0);
		assert_int_equal(item.tries, i);
		assert_in_range(item.due - 5000, 50U << (i - 1), 100U << (i - 1));
		assert_ptr_equal(vc_queue_take(&queue, 10000), &item);
	}
	vc_queue_release(&queue);
}

static void test_release(void **state VC_UNUSED)
{
	struct vc_queue queue = { .n = 0 };
	struct vc_item item = { .due = 0 };

	put(&queue, &item, 1);
	vc_queue_release(&queue);
	assert_int_equal(item.at, 0);
	assert_null(queue.v);
	put(&queue, &item, 2);
	assert_ptr_equal(vc_queue_take(&queue, 2), &item);
	vc_queue_release(&queue);
}

static void test_health(void **state)
{
	static const struct {
		const char *text;
		int64_t now;
		int r;
	} cases[] = {
		{ "1000\n", 1000, 0 },
		{ "1000\n", 1000 + VC_HEALTH_LIMIT_MS, 0 },
		{ "0\n", 1, 0 },
		{ "1000\n", 1001 + VC_HEALTH_LIMIT_MS, -VC_ERR_REFUSED },
		{ "1000\n", 999, -VC_ERR_REFUSED },
		{ "9223372036854775807\n", 5, -VC_ERR_REFUSED },
		{ "9223372036854775808\n", 5, -VC_ERR_INPUT },
		{ "", 5, -VC_ERR_INPUT },
		{ "\n", 5, -VC_ERR_INPUT },
		{ "1", 5, -VC_ERR_INPUT },
		{ "1\n2\n", 5, -VC_ERR_INPUT },
		{ "-1\n", 5, -VC_ERR_INPUT },
		{ "x\n", 5, -VC_ERR_INPUT },
	};
	const struct temp_tree *t = *state;
	struct vc_err err = VC_ERR_INIT;
	char path[512];

	(void)snprintf(path, sizeof(path), "%s/health", t->path);
	assert_int_equal(vc_health_check(path, 0, &err), -VC_ERR_ABSENT);
	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		temp_tree_put(t, "health", cases[i].text);
		if (vc_health_check(path, cases[i].now, &err) != cases[i].r)
			fail_msg("%zu: %s", i, err.msg);
	}
	temp_tree_put(t, "health", "a longer text that was there\n");
	assert_int_equal(vc_health_write(path, 77, &err), 0);
	assert_int_equal(vc_health_check(path, 78, &err), 0);
	(void)snprintf(path, sizeof(path), "%s/none/health", t->path);
	assert_int_not_equal(vc_health_write(path, 77, &err), 0);
}

static void test_hash(void **state VC_UNUSED)
{
	uint64_t ab = vc_event_hash(vc_event_hash(0, "a"), "b");

	assert_true(ab == vc_event_hash(vc_event_hash(0, "a"), "b"));
	assert_true(ab != vc_event_hash(vc_event_hash(0, "ab"), ""));
	assert_true(ab != vc_event_hash(vc_event_hash(0, "b"), "a"));
	assert_true(vc_event_hash(0, "") != vc_event_hash(0, NULL));
	assert_true(vc_event_hash(0, NULL) != 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_once),
		cmocka_unit_test(test_pauses),
		cmocka_unit_test(test_release),
		cmocka_unit_test_setup_teardown(test_health, temp_tree_setup,
		                                temp_tree_teardown),
		cmocka_unit_test(test_hash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
