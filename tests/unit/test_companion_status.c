/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What virt-claimd leaves for those who ask, and what they make of anything else.
 */
#include <string.h>

#include "companion/status.h"
#include "temp_tree.h"

#define UID_A "5b6f0c7e-2d41-4c0a-9a53-0d6f5a1c9e10"
#define UID_B "c0ffee00-1111-4222-8333-444455556666"

static struct vc_companion_status example(struct vc_arena *arena)
{
	static const struct vc_companion_claim claims[] = {
		{ UID_A, "lab", "vm1", "broken", "is not published: \"no\"" },
		{ UID_B, "lab", "vm1", "published", NULL },
		{ "u3", NULL, NULL, "incomplete", "is not published" },
	};
	const struct vc_trouble trouble = { .subject = "/cdi/x.yaml", .text = "broken" };
	struct vc_companion_status status = { .settled = true };
	struct vc_err err = VC_ERR_INIT;

	for (size_t i = 0; i < VC_ARRAY_SIZE(claims); i++) {
		struct vc_companion_claim *c = vc_list_push(arena, &status.claims);

		assert_non_null(c);
		if (c)
			*c = claims[i];
	}
	assert_int_equal(vc_trouble_add(arena, &status.troubles, &trouble, &err), 0);
	return status;
}

static void must_write(struct vc_arena *arena, const struct temp_tree *t,
                       const struct vc_companion_status *status)
{
	struct vc_err err = VC_ERR_INIT;

	if (vc_companion_status_write(arena, t->path, status, &err) < 0)
		fail_msg("%s", err.msg);
}

static void test_round_trip(void **state)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	const struct vc_companion_status written = example(&arena);
	const struct temp_tree *t = *state;
	struct vc_err err = VC_ERR_INIT;
	struct vc_companion_status read;
	const struct vc_companion_claim *found;

	must_write(&arena, t, &written);
	if (vc_companion_status_read(&arena, t->path, &read, &err) < 0)
		fail_msg("%s", err.msg);
	assert_true(read.settled);
	assert_int_equal(read.claims.n, 3);
	assert_string_equal(read.claims.v[0].text, "is not published: \"no\"");
	assert_null(read.claims.v[1].text);
	assert_null(read.claims.v[2].name);
	assert_int_equal(read.troubles.n, 1);
	assert_string_equal(read.troubles.v[0].subject, "/cdi/x.yaml");
	/* the one that is published, of two */
	found = vc_companion_status_find(&read, "lab", "vm1");
	assert_non_null(found);
	if (found)
		assert_string_equal(found->uid, UID_B);
	assert_null(vc_companion_status_find(&read, "lab", "vm2"));
	assert_null(vc_companion_status_find(&read, "other", "vm1"));
}

/* The same again is not written again; somebody may watch it. */
static void test_written_once(void **state)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_companion_status status = example(&arena);
	const struct temp_tree *t = *state;
	struct stat first, second;

	must_write(&arena, t, &status);
	assert_int_equal(fstatat(t->dir, VC_COMPANION_STATUS, &first, 0), 0);
	assert_int_equal(first.st_mode & 07777, 0644);
	must_write(&arena, t, &status);
	assert_int_equal(fstatat(t->dir, VC_COMPANION_STATUS, &second, 0), 0);
	assert_int_equal(first.st_ino, second.st_ino);
	status.settled = false;
	must_write(&arena, t, &status);
	assert_int_equal(fstatat(t->dir, VC_COMPANION_STATUS, &second, 0), 0);
	assert_int_not_equal(first.st_ino, second.st_ino);
}

static void test_refused(void **state)
{
	static const struct {
		const char *text;
		int r;
	} cases[] = {
		{ NULL, -VC_ERR_ABSENT },
		{ "", -VC_ERR_INPUT },
		{ "{", -VC_ERR_INPUT },
		{ "[]", -VC_ERR_INPUT },
		{ "{}", -VC_ERR_INPUT },
		{ "{\"settled\": 1, \"claims\": [], \"troubles\": []}", -VC_ERR_INPUT },
		{ "{\"settled\": true, \"claims\": {}, \"troubles\": []}",
		  -VC_ERR_INPUT },
		{ "{\"settled\": true, \"claims\": []}", -VC_ERR_INPUT },
		{ "{\"settled\": true, \"claims\": [{}], \"troubles\": []}",
		  -VC_ERR_INPUT },
		{ "{\"settled\": true, \"claims\": [{\"uid\": \"a\"}], \"troubles\": []}",
		  -VC_ERR_INPUT },
		{ "{\"settled\": true, \"claims\": [1], \"troubles\": []}",
		  -VC_ERR_INPUT },
		{ "{\"settled\": true, \"claims\": [], \"troubles\": [{}]}",
		  -VC_ERR_INPUT },
	};
	const struct temp_tree *t = *state;

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
		struct vc_companion_status read = { .settled = true };
		struct vc_err err = VC_ERR_INIT;

		if (cases[i].text)
			temp_tree_put(t, VC_COMPANION_STATUS, cases[i].text);
		read.claims.n = 77;
		if (vc_companion_status_read(&arena, t->path, &read, &err) != cases[i].r)
			fail_msg("case %zu: %s", i, err.msg);
		assert_int_equal(read.claims.n, 77);
	}
}

/* Nobody else may say what is published. */
static void test_trust(void **state)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	const struct vc_companion_status status = example(&arena);
	const struct temp_tree *t = *state;
	struct vc_err err = VC_ERR_INIT;
	struct vc_companion_status read;

	must_write(&arena, t, &status);
	assert_int_equal(fchmodat(t->dir, VC_COMPANION_STATUS, 0666, 0), 0);
	assert_int_equal(vc_companion_status_read(&arena, t->path, &read, &err),
	                 -VC_ERR_REFUSED);
}

#define TREE_TEST(f) \
	cmocka_unit_test_setup_teardown(f, temp_tree_setup, temp_tree_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TREE_TEST(test_round_trip),
		TREE_TEST(test_written_once),
		TREE_TEST(test_refused),
		TREE_TEST(test_trust),
	};

	return cmocka_run_group_tests_name("companion status", tests, NULL, NULL);
}
