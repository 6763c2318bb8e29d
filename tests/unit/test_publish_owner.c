/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whose a published folder is, and whether others have put something into it.
 */
#include <stdio.h>

#include "publish_util.h"

#define FOLDER "run/claims/lab/vm7"
#define OWNER  "somebody\n"

static struct vc_folder_owner owner_of(struct vc_arena *arena, const struct place *place)
{
	struct vc_folder_owner owner = { 0 };
	struct vc_err err = VC_ERR_INIT;

	if (vc_publish_owner(arena, &place->publish, "lab", "vm7", &owner, &err) < 0)
		fail_msg("%s", err.msg);
	return owner;
}

static void test_none(void **state)
{
	static const char *const names[][2] = {
		{ "lab", "vm7" }, { "lab", "../lab" }, { "..", "lab" }, { "", "" }
	};
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_folder_owner owner = { .foreign = (char *)&arena };
	struct place place;

	place_in(*state, &place);
	for (size_t i = 0; i < VC_ARRAY_SIZE(names); i++) {
		struct vc_err err = VC_ERR_INIT;

		assert_int_equal(vc_publish_owner(&arena, &place.publish, names[i][0],
		                                  names[i][1], &owner, &err),
		                 -VC_ERR_ABSENT);
		assert_ptr_equal(owner.foreign, &arena);
	}
}

/* It stays when files are replaced, and when the folder is. */
static void test_kept(void **state)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_claim claim = example_claim(&arena);
	struct place place;

	place_in(*state, &place);
	must_write(&place, &claim, true);
	assert_null(owner_of(&arena, &place).owner);
	assert_int_equal(withdraw(&place, "vm7", UID_A, &(struct vc_err)VC_ERR_INIT), 0);
	place.publish.owner = OWNER;
	must_write(&place, &claim, true);
	assert_string_equal(owner_of(&arena, &place).owner, OWNER);
	assert_null(owner_of(&arena, &place).foreign);
	must_write(&place, &claim, false);
	add_text(&arena, &claim.devices.v[0], "example.com/x", "y");
	must_write(&place, &claim, true);
	assert_string_equal(owner_of(&arena, &place).owner, OWNER);
	claim.devices.n = 1;
	must_write(&place, &claim, true);
	assert_string_equal(owner_of(&arena, &place).owner, OWNER);
	assert_null(owner_of(&arena, &place).foreign);
	must_write(&place, &claim, false);
}

static void test_foreign(void **state)
{
	static const char *const names[] = { "readme", "disk/readme", "more/x.json",
		                             "nic/.hidden" };
	const struct temp_tree *t = *state;
	struct place place;

	for (size_t i = 0; i < VC_ARRAY_SIZE(names); i++) {
		VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
		struct temp_tree own = temp_tree_case(t, i);
		const struct vc_claim claim = example_claim(&arena);
		char path[128];

		place_in(&own, &place);
		place.publish.owner = OWNER;
		must_write(&place, &claim, true);
		(void)snprintf(path, sizeof(path), FOLDER "/%s", names[i]);
		temp_tree_put(&own, path, "mine");
		assert_string_equal(owner_of(&arena, &place).foreign, names[i]);
		(void)close(own.dir);
	}
}

#define TREE_TEST(f) \
	cmocka_unit_test_setup_teardown(f, temp_tree_setup, temp_tree_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TREE_TEST(test_none),
		TREE_TEST(test_kept),
		TREE_TEST(test_foreign),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
