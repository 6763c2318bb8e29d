/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "node_world.h"

#define CARD "0000:17:00.0"

static struct vc_host_device *add_type(struct node_world *w, const char *parent,
                                       const char *type, int64_t available)
{
	struct vc_host_device *d =
		world_add(w, VC_DEVICE_MDEV_TYPE,
	                  vc_arena_printf(&w->arena, "%s/%s", parent, type));

	d->mdev.parent = text(w, parent);
	d->mdev.type = text(w, type);
	d->mdev.available = available;
	return d;
}

static struct vc_host_device *add_instance(struct node_world *w, const char *parent,
                                           const char *type)
{
	struct vc_host_device *d = world_add(w, VC_DEVICE_MDEV, text(w, MDEV_UUID));

	d->mdev.uuid = d->address;
	d->mdev.parent = parent ? text(w, parent) : NULL;
	d->mdev.type = type ? text(w, type) : NULL;
	return d;
}

/* A card with two types and mtty with one; a claim on nvidia-558 of the card. */
static void init(struct node_world *w)
{
	world_init(w);
	w->found.located.device = world_add(w, VC_DEVICE_PCI, text(w, CARD));
	add_type(w, CARD, "nvidia-558", 4);
	add_type(w, CARD, "nvidia-559", 0);
	add_type(w, "mtty", "mtty-2", 4);
	w->claimed.made_from = VC_MADE_FROM_TYPE;
	w->claimed.mdev_type = text(w, "nvidia-558");
	w->claimed.mdev_uuid = text(w, MDEV_UUID);
}

static int plan(struct node_world *w)
{
	return vc_plan_mdev(&w->arena, &w->input, &w->found, &w->entry, &w->err);
}

static void assert_step(const struct node_world *w, const char *parent, const char *type)
{
	const struct vc_step *step = &w->entry.steps.v[w->entry.steps.n - 1];

	assert_int_equal(step->kind, VC_STEP_MDEV);
	assert_int_equal(step->state, VC_STEP_PLANNED);
	assert_string_equal(step->parent, parent);
	assert_string_equal(step->type, type);
	assert_string_equal(step->uuid, MDEV_UUID);
}

static void test_make(void **state VC_UNUSED)
{
	struct node_world w;

	init(&w);
	assert_int_equal(plan(&w), 0);
	assert_int_equal(plan(&w), 0);
	assert_int_equal(w.entry.steps.n, 1);
	assert_step(&w, CARD, "nvidia-558");
	vc_arena_release(&w.arena);
}

/* A parent that is no PCI function is known by what is below it. */
static void test_parent_without_function(void **state VC_UNUSED)
{
	struct node_world w;

	init(&w);
	w.found.located.device = &w.devices[3];
	w.claimed.mdev_type = text(&w, "mtty-2");
	assert_int_equal(plan(&w), 0);
	assert_int_equal(w.entry.steps.n, 1);
	assert_step(&w, "mtty", "mtty-2");
	vc_arena_release(&w.arena);
}

static void test_nothing_to_do(void **state VC_UNUSED)
{
	struct node_world w;

	init(&w);
	add_instance(&w, CARD, "nvidia-558");
	assert_int_equal(plan(&w), 0);
	w.claimed.made_from = VC_MADE_BY_NOBODY;
	w.claimed.mdev_uuid = NULL;
	assert_int_equal(plan(&w), 0);
	w.claimed.made_from = VC_MADE_FROM_PF;
	assert_int_equal(plan(&w), 0);
	assert_int_equal(w.entry.steps.n, 0);
	vc_arena_release(&w.arena);
}

static void test_unknown_number(void **state VC_UNUSED)
{
	struct node_world w;

	init(&w);
	w.devices[1].mdev.available = -1;
	assert_int_equal(plan(&w), 0);
	assert_int_equal(w.entry.steps.n, 1);
	vc_arena_release(&w.arena);
}

static void test_refused(void **state VC_UNUSED)
{
	static const struct {
		const char *type;
		bool exists;
		const char *parent_is, *type_is;
		const char *text;
	} cases[] = {
		{ "nvidia-559", false, NULL, NULL,
		  "can make 0 more of type 'nvidia-559'" },
		{ "nvidia-560", false, NULL, NULL, "only of: nvidia-558, nvidia-559" },
		{ "mtty-2", false, NULL, NULL, "of type 'mtty-2' now" },
		{ "nvidia-558", true, CARD, "nvidia-559", "of type 'nvidia-559'" },
		{ "nvidia-558", true, "mtty", "nvidia-558", "parent 'mtty'" },
		{ "nvidia-558", true, NULL, "nvidia-558", "parent 'unknown'" },
		{ "nvidia-558", true, CARD, NULL, "of type 'unknown'" },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		struct node_world w;

		init(&w);
		w.claimed.mdev_type = text(&w, cases[i].type);
		if (cases[i].exists)
			add_instance(&w, cases[i].parent_is, cases[i].type_is);
		assert_int_equal(plan(&w), -VC_ERR_REFUSED);
		assert_says(&w.err, cases[i].text);
		assert_says(&w.err, CARD);
		assert_int_equal(w.entry.steps.n, 0);
		vc_arena_release(&w.arena);
	}
}

static void test_no_types(void **state VC_UNUSED)
{
	struct node_world w;

	init(&w);
	w.inventory.devices.n = 1;
	assert_int_equal(plan(&w), -VC_ERR_REFUSED);
	assert_says(&w.err, "'" CARD "' makes no mediated devices now");
	vc_arena_release(&w.arena);
}

/* One instance is left; the journal of this claim, or of another one, has a step. */
static int plan_beside(enum vc_step_state state, const char *type, bool own)
{
	struct node_world w;
	struct vc_step step;
	int r;

	init(&w);
	w.devices[1].mdev.available = 1;
	step = (struct vc_step){
		.kind = VC_STEP_MDEV,
		.state = state,
		.parent = text(&w, CARD),
		.type = text(&w, type),
		.uuid = text(&w, OTHER_UID),
	};
	world_other(&w, &step);
	if (own) {
		w.entry.steps = w.others[0].steps;
		w.entries.n = 0;
	}
	r = plan(&w);
	vc_arena_release(&w.arena);
	return r;
}

/* What claims have yet to make is as good as made; what was made counts already. */
static void test_instances_are_counted(void **state VC_UNUSED)
{
	static const struct {
		enum vc_step_state state;
		const char *type;
		int r;
	} cases[] = {
		{ VC_STEP_PLANNED, "nvidia-558", -VC_ERR_REFUSED },
		{ VC_STEP_DOING, "nvidia-558", -VC_ERR_REFUSED },
		{ VC_STEP_DONE, "nvidia-558", 0 },
		{ VC_STEP_UNDONE, "nvidia-558", 0 },
		{ VC_STEP_PLANNED, "nvidia-559", 0 },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++)
		for (int own = 0; own < 2; own++)
			assert_int_equal(plan_beside(cases[i].state, cases[i].type, own),
			                 cases[i].r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_make),
		cmocka_unit_test(test_parent_without_function),
		cmocka_unit_test(test_nothing_to_do),
		cmocka_unit_test(test_unknown_number),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_no_types),
		cmocka_unit_test(test_instances_are_counted),
	};

	return cmocka_run_group_tests_name("plan_mdev", tests, NULL, NULL);
}
