/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "node_world.h"
#include "temp_tree.h"

#define ZEROS "00:00:00:00:00:00"
#define MAC   "52:54:00:12:34:56"
#define MAC2  "52:54:00:12:34:57"

/* A PF that could have 8 VFs and has @n_vfs, and a claim on its VF 3. */
static struct vc_host_device *with_pf(struct node_world *w, unsigned n_vfs)
{
	struct vc_host_device *pf = world_add(w, VC_DEVICE_PCI, text(w, PF_TEXT));
	char **interface = vc_list_push(&w->arena, &pf->pci.interfaces);

	assert_non_null(interface);
	if (interface)
		*interface = text(w, "enp5s0");
	pf->driver = text(w, "i40e");
	pf->pci.total_vfs = 8;
	pf->pci.n_vfs = n_vfs;
	pf->pci.vf_autoprobe = true;
	w->claimed.made_from = VC_MADE_FROM_PF;
	w->claimed.identity.address = text(w, PF_TEXT);
	w->claimed.vf_index = 3;
	w->found.located.device = pf;
	return pf;
}

static struct vc_host_device *with_vf(struct node_world *w, const char *mac, int vlan)
{
	struct vc_host_device *vf = world_add(w, VC_DEVICE_PCI, text(w, "0000:05:02.3"));

	vf->pci.is_vf = true;
	vf->pci.pf = w->found.located.device->pci.address;
	vf->pci.vf_index = 3;
	vf->pci.vf_mac = mac ? text(w, mac) : NULL;
	vf->pci.vf_vlan = vlan;
	w->found.device = vf;
	return vf;
}

static int plan_vfs(struct node_world *w)
{
	return vc_plan_vfs(&w->arena, &w->input, &w->found, &w->entry, &w->err);
}

static int plan_vf(struct node_world *w)
{
	return vc_plan_vf(&w->arena, &w->input, &w->found, &w->entry, &w->err);
}

static struct vc_step vfs_step(const struct node_world *w, enum vc_step_state state)
{
	return (struct vc_step){
		.kind = VC_STEP_VFS,
		.state = state,
		.pci = w->found.located.device->pci.address,
		.n_vfs = 6,
		.vlan = -1,
	};
}

static void test_make(void **state VC_UNUSED)
{
	struct node_world w;

	world_init(&w);
	with_pf(&w, 0);
	assert_int_equal(plan_vfs(&w), 0);
	assert_int_equal(w.entry.steps.n, 1);
	assert_int_equal(w.entry.steps.v[0].kind, VC_STEP_VFS);
	assert_int_equal(w.entry.steps.v[0].state, VC_STEP_PLANNED);
	assert_int_equal(w.entry.steps.v[0].n_vfs, 8);
	assert_true(w.entry.steps.v[0].autoprobe);
	assert_int_equal(w.entry.steps.v[0].pci.bus, 5);
	/* a second device of the claim needs no second step */
	w.claimed.vf_index = 4;
	assert_int_equal(plan_vfs(&w), 0);
	assert_int_equal(w.entry.steps.n, 1);
	vc_arena_release(&w.arena);
}

/* No VF, or VFs that nobody of ours made: no step. */
static void test_nothing_to_do(void **state VC_UNUSED)
{
	struct node_world w;

	world_init(&w);
	with_pf(&w, 4);
	assert_int_equal(plan_vfs(&w), 0);
	w.claimed.made_from = VC_MADE_BY_NOBODY;
	w.found.located.device->pci.n_vfs = 0;
	assert_int_equal(plan_vfs(&w), 0);
	w.claimed.mac = text(&w, MAC);
	assert_int_equal(plan_vf(&w), 0);
	w.claimed.made_from = VC_MADE_FROM_TYPE;
	assert_int_equal(plan_vfs(&w), 0);
	assert_int_equal(plan_vf(&w), 0);
	w.claimed.made_from = VC_MADE_FROM_PF;
	w.claimed.mac = NULL;
	assert_int_equal(plan_vf(&w), 0);
	assert_int_equal(w.entry.steps.n, 0);
	vc_arena_release(&w.arena);
}

static void test_refused(void **state VC_UNUSED)
{
	static const struct {
		unsigned total, n_vfs, index;
		const char *driver;
		bool on_vfio;
		const char *text;
	} cases[] = {
		{ 0, 0, 0, "e1000e", false, "cannot have virtual functions" },
		{ 8, 0, 8, "i40e", false,
		  "can have 8 virtual functions, numbered from 0" },
		{ 8, 8, 4294967295U, "i40e", false,
		  "there will be no number 4294967295" },
		{ 8, 4, 4, "i40e", false,
		  "has 4 virtual functions, numbered from 0, and the "
		  "claim wants number 4" },
		{ 8, 0, 3, NULL, false, "has no driver" },
		{ 8, 0, 3, "vfio-pci", true, "is held by 'vfio-pci'" },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		struct node_world w;
		struct vc_host_device *pf;

		world_init(&w);
		pf = with_pf(&w, cases[i].n_vfs);
		pf->pci.total_vfs = cases[i].total;
		pf->driver = cases[i].driver ? text(&w, cases[i].driver) : NULL;
		pf->pci.on_vfio = cases[i].on_vfio;
		w.claimed.vf_index = cases[i].index;
		assert_int_equal(plan_vfs(&w), -VC_ERR_REFUSED);
		assert_says(&w.err, "'" PF_TEXT "'");
		assert_says(&w.err, cases[i].text);
		assert_int_equal(w.entry.steps.n, 0);
		vc_arena_release(&w.arena);
	}
}

/* The last claim removes what the first one made. */
static void test_others(void **state VC_UNUSED)
{
	static const struct {
		enum vc_step_state theirs;
		unsigned n_vfs;
		int r;
		size_t n_steps;
		const char *text;
	} cases[] = {
		{ VC_STEP_DONE, 6, 0, 1, NULL },
		{ VC_STEP_UNDONE, 6, 0, 0, NULL },
		{ VC_STEP_UNDONE, 0, 0, 1, NULL },
		{ VC_STEP_PLANNED, 0, -VC_ERR_REFUSED, 0,
		  "'lab/theirs' is at work on it" },
		{ VC_STEP_DOING, 0, -VC_ERR_REFUSED, 0, "'lab/theirs' is at work on it" },
		{ VC_STEP_DOING, 6, -VC_ERR_REFUSED, 0, "run: virt-claim recover" },
		{ VC_STEP_UNDOING, 6, -VC_ERR_REFUSED, 0,
		  "'lab/theirs' is at work on it" },
		{ VC_STEP_UNDOING, 0, -VC_ERR_REFUSED, 0, "functions of '" PF_TEXT "'" },
		{ VC_STEP_STUCK, 6, -VC_ERR_REFUSED, 0, "'lab/theirs' is quarantined" },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		struct vc_step theirs;
		struct node_world w;

		world_init(&w);
		with_pf(&w, cases[i].n_vfs);
		theirs = vfs_step(&w, cases[i].theirs);
		world_other(&w, &theirs);
		assert_int_equal(plan_vfs(&w), cases[i].r);
		assert_int_equal(w.entry.steps.n, cases[i].n_steps);
		if (cases[i].text)
			assert_says(&w.err, cases[i].text);
		if (cases[i].theirs == VC_STEP_DONE) {
			assert_int_equal(w.entry.steps.v[0].state, VC_STEP_DONE);
			assert_int_equal(w.entry.steps.v[0].n_vfs, 6);
			assert_false(w.entry.steps.v[0].autoprobe);
		}
		vc_arena_release(&w.arena);
	}
}

/* An entry of the claim itself is no other claim; a step of another PF neither. */
static void test_not_others(void **state VC_UNUSED)
{
	struct vc_step theirs;
	struct node_world w;

	world_init(&w);
	with_pf(&w, 6);
	theirs = vfs_step(&w, VC_STEP_UNDOING);
	world_other(&w, &theirs);
	w.others[0].uid = text(&w, OWN_UID);
	theirs = vfs_step(&w, VC_STEP_UNDOING);
	theirs.pci.bus = 6;
	world_other(&w, &theirs);
	assert_int_equal(plan_vfs(&w), 0);
	assert_int_equal(w.entry.steps.n, 0);
	vc_arena_release(&w.arena);
}

/* Somebody wrote 0 to sriov_numvfs although claims have the VFs. */
static void test_made_again(void **state VC_UNUSED)
{
	struct vc_step theirs;
	struct node_world w;

	world_init(&w);
	with_pf(&w, 0);
	theirs = vfs_step(&w, VC_STEP_DONE);
	world_other(&w, &theirs);
	assert_int_equal(plan_vfs(&w), 0);
	assert_int_equal(w.entry.steps.n, 1);
	assert_int_equal(w.entry.steps.v[0].state, VC_STEP_PLANNED);
	vc_arena_release(&w.arena);
}

/* What the claim has told its VF has to be told again; other PFs are not concerned. */
static void test_told_again(void **state VC_UNUSED)
{
	struct node_world w;

	world_init(&w);
	with_pf(&w, 0);
	w.claimed.vlan = 100;
	assert_int_equal(plan_vfs(&w), 0);
	assert_int_equal(plan_vf(&w), 0);
	assert_int_equal(w.entry.steps.n, 2);
	w.entry.steps.v[0].state = w.entry.steps.v[1].state = VC_STEP_DONE;
	assert_int_equal(plan_vfs(&w), 0);
	assert_int_equal(plan_vf(&w), 0);
	assert_int_equal(w.entry.steps.n, 2);
	assert_int_equal(w.entry.steps.v[0].state, VC_STEP_PLANNED);
	assert_int_equal(w.entry.steps.v[1].state, VC_STEP_PLANNED);
	/* the VFs are planned already, as after a look at the machine */
	w.entry.steps.v[1].state = VC_STEP_DONE;
	assert_int_equal(plan_vfs(&w), 0);
	assert_int_equal(w.entry.steps.v[1].state, VC_STEP_PLANNED);
	w.entry.steps.v[1].state = VC_STEP_DONE;
	w.entry.steps.v[1].pci.bus++;
	assert_int_equal(plan_vfs(&w), 0);
	assert_int_equal(w.entry.steps.v[1].state, VC_STEP_DONE);
	vc_arena_release(&w.arena);
}

static void test_setting(void **state VC_UNUSED)
{
	static const struct {
		const char *wanted;
		int wanted_vlan;
		const char *is;
		int is_vlan;
		const char *mac;
		int vlan;
	} cases[] = {
		{ MAC, 100, ZEROS, 0, MAC, 100 },
		{ MAC, -1, MAC2, 7, MAC, -1 },
		{ NULL, 100, MAC2, 7, NULL, 100 },
		{ MAC, 7, MAC2, 7, MAC, -1 },
		{ "52:54:00:AB:CD:EF", 8, "52:54:00:ab:cd:ef", 7, NULL, 8 },
		{ MAC, 7, MAC, 7, NULL, -1 },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		bool same = !cases[i].mac && cases[i].vlan < 0;
		const struct vc_step *step;
		struct node_world w;

		world_init(&w);
		with_pf(&w, 8);
		with_vf(&w, cases[i].is, cases[i].is_vlan);
		w.claimed.mac = cases[i].wanted ? text(&w, cases[i].wanted) : NULL;
		w.claimed.vlan = cases[i].wanted_vlan;
		assert_int_equal(plan_vf(&w), 0);
		assert_int_equal(plan_vf(&w), 0);
		assert_int_equal(w.entry.steps.n, same ? 0 : 1);
		step = same ? NULL : &w.entry.steps.v[0];
		if (step) {
			assert_int_equal(step->kind, VC_STEP_VF);
			assert_int_equal(step->pci.bus, 5);
			assert_int_equal(step->vf_index, 3);
			assert_int_equal(step->vlan, cases[i].vlan);
			assert_int_equal(step->old_vlan, cases[i].is_vlan);
			assert_string_equal(step->old_mac, cases[i].is);
			assert_int_equal(step->mac != NULL, cases[i].mac != NULL);
		}
		if (step && step->mac)
			assert_string_equal(step->mac, cases[i].mac);
		vc_arena_release(&w.arena);
	}
}

/* A VF that is made for the claim had nothing before. */
static void test_setting_of_new_vf(void **state VC_UNUSED)
{
	for (int exists = 0; exists < 2; exists++) {
		struct node_world w;

		world_init(&w);
		with_pf(&w, 0);
		w.claimed.mac = text(&w, MAC);
		assert_int_equal(plan_vfs(&w), 0);
		if (exists)
			with_vf(&w, NULL, 0);
		assert_int_equal(plan_vf(&w), 0);
		assert_int_equal(w.entry.steps.n, 2);
		assert_string_equal(w.entry.steps.v[1].old_mac, ZEROS);
		assert_int_equal(w.entry.steps.v[1].old_vlan, 0);
		assert_int_equal(w.entry.steps.v[1].vlan, -1);
		vc_arena_release(&w.arena);
	}
}

static void test_setting_refused(void **state VC_UNUSED)
{
	struct node_world w;

	world_init(&w);
	with_pf(&w, 8);
	with_vf(&w, NULL, 0);
	w.claimed.mac = text(&w, MAC);
	assert_int_equal(plan_vf(&w), -VC_ERR_REFUSED);
	assert_says(&w.err, "'ip link show enp5s0' has to list it");
	w.found.located.device->pci.interfaces.n = 0;
	assert_int_equal(plan_vf(&w), -VC_ERR_REFUSED);
	assert_says(&w.err, "'" PF_TEXT "' has no network interface (driver: i40e)");
	w.found.located.device->driver = NULL;
	assert_int_equal(plan_vf(&w), -VC_ERR_REFUSED);
	assert_says(&w.err, "(driver: none)");
	w.found.located.device->pci.total_vfs = 0;
	assert_int_equal(plan_vf(&w), -VC_ERR_REFUSED);
	assert_int_equal(w.entry.steps.n, 0);
	vc_arena_release(&w.arena);
}

static void put_pf(const struct temp_tree *t, const char *offset, const char *stride)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "bus/pci/devices/%s/sriov_offset", PF_TEXT);
	if (offset)
		temp_tree_put(t, path, offset);
	(void)snprintf(path, sizeof(path), "bus/pci/devices/%s/sriov_stride", PF_TEXT);
	if (stride)
		temp_tree_put(t, path, stride);
}

/* [SR-IOV] VFs may lie on buses behind that of their PF. */
static void test_address(void **state)
{
	static const struct {
		const char *offset, *stride;
		unsigned index;
		const char *address;
	} cases[] = {
		{ "16\n", "1\n", 0, "0000:05:02.0" },
		{ "16\n", "1\n", 7, "0000:05:02.7" },
		{ "16\n", "1\n", 8, "0000:05:03.0" },
		{ "1\n", "1\n", 6, "0000:05:00.7" },
		{ "128\n", "2\n", 63, "0000:05:1f.6" },
		{ "128\n", "2\n", 64, "0000:06:00.0" },
		{ "256\n", "1\n", 0, "0000:06:00.0" },
		{ "1\n", "0\n", 0, "0000:05:00.1" },
		{ "64255\n", "1\n", 0, "0000:ff:1f.7" },
	};
	const struct temp_tree *t = *state;

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		struct temp_tree own = temp_tree_case(t, i);
		VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
		const struct vc_pci_address pf = { .bus = 5 };
		struct vc_err err = VC_ERR_INIT;
		struct vc_pci_address vf;
		char text_of[VC_PCI_ADDRESS_SIZE];

		put_pf(&own, cases[i].offset, cases[i].stride);
		assert_int_equal(vc_plan_vf_address(&arena, own.path, &pf, cases[i].index,
		                                    &vf, &err),
		                 0);
		vc_pci_address_format(&vf, text_of);
		assert_string_equal(text_of, cases[i].address);
		(void)close(own.dir);
	}
}

static void test_address_refused(void **state)
{
	static const struct {
		const char *offset, *stride;
		unsigned index;
		int r;
	} cases[] = {
		{ NULL, NULL, 0, -VC_ERR_ABSENT },
		{ "16\n", NULL, 0, -VC_ERR_ABSENT },
		{ "0\n", "0\n", 0, -VC_ERR_ABSENT },
		{ "-1\n", "1\n", 0, -VC_ERR_INPUT },
		{ "65536\n", "1\n", 0, -VC_ERR_INPUT },
		{ "0x10\n", "1\n", 0, -VC_ERR_INPUT },
		{ "16\n", "\n", 0, -VC_ERR_INPUT },
		{ "16\n", "0\n", 1, -VC_ERR_INPUT },
		{ "64256\n", "1\n", 0, -VC_ERR_INPUT },
		{ "64255\n", "1\n", 1, -VC_ERR_INPUT },
		{ "16\n", "65535\n", 1, -VC_ERR_INPUT },
		{ "16\n", "65535\n", 4294967295U, -VC_ERR_INPUT },
	};
	const struct temp_tree *t = *state;

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		struct temp_tree own = temp_tree_case(t, i);
		VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
		const struct vc_pci_address pf = { .bus = 5 };
		struct vc_pci_address vf = { .bus = 77 };
		struct vc_err err = VC_ERR_INIT;

		put_pf(&own, cases[i].offset, cases[i].stride);
		assert_int_equal(vc_plan_vf_address(&arena, own.path, &pf, cases[i].index,
		                                    &vf, &err),
		                 cases[i].r);
		assert_int_equal(vf.bus, 77);
		(void)close(own.dir);
	}
}

#define TREE_TEST(fn) \
	cmocka_unit_test_setup_teardown(fn, temp_tree_setup, temp_tree_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_make),
		cmocka_unit_test(test_nothing_to_do),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_not_others),
		cmocka_unit_test(test_made_again),
		cmocka_unit_test(test_told_again),
		cmocka_unit_test(test_setting),
		cmocka_unit_test(test_setting_of_new_vf),
		cmocka_unit_test(test_setting_refused),
		TREE_TEST(test_address),
		TREE_TEST(test_address_refused),
	};

	return cmocka_run_group_tests_name("plan_vf", tests, NULL, NULL);
}
