/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "node_world.h"

#define UID 64055U
#define GID 108U

static struct vc_device_node *add_node(struct node_world *w, const char *name, uid_t uid,
                                       gid_t gid, mode_t mode)
{
	struct vc_device_node *n = vc_list_push(&w->arena, &w->inventory.nodes);

	assert_non_null(n);
	*n = (struct vc_device_node){ text(w, name), uid, gid, mode };
	return n;
}

/* A function of group 12, which vfio does not have yet, and a user. */
static void init(struct node_world *w)
{
	world_init(w);
	w->node.has_user = true;
	w->node.uid = UID;
	w->node.gid = GID;
	w->found.device = world_add(w, VC_DEVICE_PCI, text(w, "0000:65:00.0"));
	w->found.device->iommu_group = 12;
}

static int plan(struct node_world *w)
{
	return vc_plan_access(&w->arena, &w->input, &w->found, &w->entry, &w->err);
}

static void assert_step(const struct node_world *w, size_t i, const char *node,
                        mode_t mode, mode_t old_mode)
{
	const struct vc_step *step = &w->entry.steps.v[i];

	assert_int_equal(step->kind, VC_STEP_ACCESS);
	assert_string_equal(step->node, node);
	assert_int_equal(step->uid, w->node.uid);
	assert_int_equal(step->gid, w->node.gid);
	assert_int_equal(step->mode, mode);
	assert_int_equal(step->old_mode, old_mode);
}

static void test_group(void **state VC_UNUSED)
{
	struct node_world w;

	init(&w);
	assert_int_equal(plan(&w), 0);
	assert_int_equal(plan(&w), 0);
	assert_int_equal(w.entry.steps.n, 1);
	assert_step(&w, 0, "vfio/12", 0660, 0600);
	assert_int_equal(w.entry.steps.v[0].old_uid, 0);
	w.found.device = world_add(&w, VC_DEVICE_MDEV, text(&w, MDEV_UUID));
	w.found.device->iommu_group = 13;
	w.inventory.has_cdevs = true;
	assert_int_equal(plan(&w), 0);
	assert_int_equal(w.entry.steps.n, 3);
	assert_step(&w, 1, "vfio/13", 0660, 0600);
	assert_step(&w, 2, "vfio/devices/" MDEV_UUID, 0660, 0600);
	vc_arena_release(&w.arena);
}

/* Nothing is taken away from anybody. */
static void test_existing(void **state VC_UNUSED)
{
	static const struct {
		uid_t uid;
		gid_t gid;
		mode_t is;
		gid_t group;
		mode_t wanted; /* 0: it is so already */
	} cases[] = {
		{ 0, 0, 0664, GID, 0664 },   { 0, 46, 0640, GID, 0660 },
		{ 0, 0, 0600, 0, 0600 },     { 0, 0, 0666, 0, 0666 },
		{ 1, 2, 0400, GID, 0660 },   { UID, GID, 0660, GID, 0 },
		{ UID, GID, 0666, GID, 0 },  { UID, GID, 0600, GID, 0660 },
		{ UID, 0, 0660, GID, 0660 }, { 0, GID, 0660, GID, 0660 },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		struct node_world w;

		init(&w);
		w.node.gid = cases[i].group;
		w.found.device = world_add(&w, VC_DEVICE_USB, text(&w, "1-4.2"));
		w.found.device->usb.bus = 1;
		w.found.device->usb.device = 4;
		add_node(&w, "bus/usb/001/003", 7, 7, 0777);
		add_node(&w, "bus/usb/001/004", cases[i].uid, cases[i].gid, cases[i].is);
		add_node(&w, "vfio/12", 7, 7, 0777);
		assert_int_equal(plan(&w), 0);
		assert_int_equal(w.entry.steps.n, cases[i].wanted ? 1 : 0);
		if (cases[i].wanted) {
			assert_step(&w, 0, "bus/usb/001/004", cases[i].wanted,
			            cases[i].is);
			assert_int_equal(w.entry.steps.v[0].old_uid, cases[i].uid);
			assert_int_equal(w.entry.steps.v[0].old_gid, cases[i].gid);
		}
		vc_arena_release(&w.arena);
	}
}

static void test_nothing_to_do(void **state VC_UNUSED)
{
	struct node_world w;

	init(&w);
	w.node.has_user = false;
	assert_int_equal(plan(&w), 0);
	w.node.has_user = true;
	w.found.device = NULL;
	assert_int_equal(plan(&w), 0);
	w.found.device = world_add(&w, VC_DEVICE_MDEV_TYPE, text(&w, "mtty/mtty-1"));
	assert_int_equal(plan(&w), 0);
	assert_int_equal(w.entry.steps.n, 0);
	vc_arena_release(&w.arena);
}

static void test_no_group(void **state VC_UNUSED)
{
	struct node_world w;

	init(&w);
	w.found.device->iommu_group = -1;
	assert_int_equal(plan(&w), -VC_ERR_REFUSED);
	assert_says(&w.err, "'0000:65:00.0' has no IOMMU group");
	assert_int_equal(w.entry.steps.n, 0);
	vc_arena_release(&w.arena);
}

/* Another claim has a device of the group: the old owner is the one that it found. */
static void test_others(void **state VC_UNUSED)
{
	static const struct {
		enum vc_step_state theirs;
		const char *node;
		int r;
		size_t n_steps;
		uid_t old_uid;
	} cases[] = {
		{ VC_STEP_DONE, "vfio/12", 0, 1, 77 },
		{ VC_STEP_UNDONE, "vfio/12", 0, 0, 0 },
		{ VC_STEP_DONE, "vfio/13", 0, 0, 0 },
		{ VC_STEP_UNDOING, "vfio/13", 0, 0, 0 },
		{ VC_STEP_PLANNED, "vfio/12", -VC_ERR_REFUSED, 0, 0 },
		{ VC_STEP_DOING, "vfio/12", -VC_ERR_REFUSED, 0, 0 },
		{ VC_STEP_UNDOING, "vfio/12", -VC_ERR_REFUSED, 0, 0 },
		{ VC_STEP_STUCK, "vfio/12", -VC_ERR_REFUSED, 0, 0 },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		struct node_world w;
		struct vc_step step;

		init(&w);
		add_node(&w, "vfio/12", UID, GID, 0660);
		step = (struct vc_step){
			.kind = VC_STEP_ACCESS,
			.state = cases[i].theirs,
			.node = text(&w, cases[i].node),
			.uid = UID,
			.gid = GID,
			.mode = 0660,
			.old_uid = 77,
		};
		world_other(&w, &step);
		assert_int_equal(plan(&w), cases[i].r);
		assert_int_equal(w.entry.steps.n, cases[i].n_steps);
		if (cases[i].n_steps) {
			assert_int_equal(w.entry.steps.v[0].state, VC_STEP_DONE);
			assert_int_equal(w.entry.steps.v[0].old_uid, cases[i].old_uid);
		}
		if (cases[i].r < 0)
			assert_says(&w.err, "/vfio/12'");
		vc_arena_release(&w.arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_group),         cmocka_unit_test(test_existing),
		cmocka_unit_test(test_nothing_to_do), cmocka_unit_test(test_no_group),
		cmocka_unit_test(test_others),
	};

	return cmocka_run_group_tests_name("plan_access", tests, NULL, NULL);
}
