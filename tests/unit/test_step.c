/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "model/step.h"
#include "unit.h"

static char mac[] = "52:54:00:12:34:56", driver[] = "vfio-pci", old[] = "nvme",
	    parent[] = "0000:17:00.0", type[] = "nvidia-558",
	    uuid[] = "4b20d080-1b54-4048-85b3-a6a62d165c01", node[] = "vfio/12";

static void test_text(void **state VC_UNUSED)
{
	static const struct {
		struct vc_step step;
		const char *text;
	} cases[] = {
		{ { .kind = VC_STEP_VFS, .pci = { .bus = 1 }, .n_vfs = 4 },
		  "0000:01:00.0: make 4 virtual functions" },
		{ { .kind = VC_STEP_VFS, .pci = { .bus = 1 }, .n_vfs = 1 },
		  "0000:01:00.0: make 1 virtual function" },
		{ { .kind = VC_STEP_VF, .pci = { .bus = 1 }, .mac = mac, .vlan = -1 },
		  "0000:01:00.0: virtual function 0: MAC 52:54:00:12:34:56" },
		{ { .kind = VC_STEP_VF, .pci = { .bus = 1 }, .vf_index = 3, .vlan = 0 },
		  "0000:01:00.0: virtual function 3: VLAN 0" },
		{ { .kind = VC_STEP_VF,
		    .pci = { .bus = 1 },
		    .vf_index = 3,
		    .mac = mac,
		    .vlan = 100 },
		  "0000:01:00.0: virtual function 3: MAC 52:54:00:12:34:56, VLAN 100" },
		{ { .kind = VC_STEP_MDEV, .parent = parent, .type = type, .uuid = uuid },
		  "0000:17:00.0: make mediated device "
		  "4b20d080-1b54-4048-85b3-a6a62d165c01 of type nvidia-558" },
		{ { .kind = VC_STEP_DRIVER,
		    .pci = { .domain = 0x10000, .bus = 0xe1 },
		    .driver = driver,
		    .old_driver = old },
		  "10000:e1:00.0: nvme -> vfio-pci" },
		{ { .kind = VC_STEP_DRIVER, .pci = { .bus = 1 }, .driver = driver },
		  "0000:01:00.0: no driver -> vfio-pci" },
		{ { .kind = VC_STEP_ACCESS,
		    .node = node,
		    .uid = 107,
		    .gid = 108,
		    .mode = 0660,
		    .old_mode = 0600 },
		  "/dev/vfio/12: owner 0:0 mode 0600 -> owner 107:108 mode 0660" },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
		char *text = vc_step_text(&arena, &cases[i].step);

		assert_non_null(text);
		assert_string_equal(text, cases[i].text);
	}
}

static void test_undo_texts(void **state VC_UNUSED)
{
	static char nvme[] = "nvme", mtty[] = "mtty";
	const struct vc_pci_address pci = { .bus = 1 };
	static const char *const expected[] = {
		"0000:01:00.0: vfio-pci -> nvme",
		"0000:01:00.0: vfio-pci -> no driver",
		"0000:01:00.0: remove 1 virtual function",
		"0000:01:00.0: remove 4 virtual functions",
		"0000:01:00.0: virtual function 3: MAC and VLAN as before",
		("mtty: remove mediated device "
		 "4b20d080-1b54-4048-85b3-a6a62d165c01"),
		"/dev/vfio/12: owner 1:2 mode 0600",
	};
	const struct vc_step steps[] = {
		{ .kind = VC_STEP_DRIVER,
		  .pci = pci,
		  .driver = driver,
		  .old_driver = nvme },
		{ .kind = VC_STEP_DRIVER, .pci = pci, .driver = driver },
		{ .kind = VC_STEP_VFS, .pci = pci, .n_vfs = 1 },
		{ .kind = VC_STEP_VFS, .pci = pci, .n_vfs = 4 },
		{ .kind = VC_STEP_VF, .pci = pci, .vf_index = 3 },
		{ .kind = VC_STEP_MDEV, .parent = mtty, .uuid = uuid },
		{ .kind = VC_STEP_ACCESS,
		  .node = node,
		  .old_uid = 1,
		  .old_gid = 2,
		  .old_mode = 0600 },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(steps); i++) {
		VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
		char *text = vc_step_undo_text(&arena, &steps[i]);

		assert_non_null(text);
		assert_string_equal(text, expected[i]);
	}
}

static void test_names(void **state VC_UNUSED)
{
	for (int i = 0; i < VC_STEP_KINDS; i++)
		for (int j = 0; j < i; j++)
			assert_string_not_equal(vc_step_kind_name((enum vc_step_kind)i),
			                        vc_step_kind_name((enum vc_step_kind)j));
	for (int i = 0; i <= VC_STEP_STUCK; i++)
		for (int j = 0; j < i; j++)
			assert_string_not_equal(
				vc_step_state_name((enum vc_step_state)i),
				vc_step_state_name((enum vc_step_state)j));
}

static void test_shared(void **state VC_UNUSED)
{
	static char group[] = "vfio/12", other[] = "vfio/13";
	const struct vc_pci_address pf = { .bus = 1 }, pf2 = { .bus = 2 };
	const struct vc_step steps[] = {
		{ .kind = VC_STEP_VFS, .pci = pf },
		{ .kind = VC_STEP_VFS, .pci = pf2 },
		{ .kind = VC_STEP_ACCESS, .node = group },
		{ .kind = VC_STEP_ACCESS, .node = other },
		{ .kind = VC_STEP_VF, .pci = pf },
		{ .kind = VC_STEP_DRIVER, .pci = pf, .driver = driver },
	};
	const struct vc_step vfs = { .kind = VC_STEP_VFS, .pci = pf, .n_vfs = 4 };
	const struct vc_step access = { .kind = VC_STEP_ACCESS, .node = group, .uid = 1 };

	for (size_t i = 0; i < VC_ARRAY_SIZE(steps); i++) {
		assert_int_equal(vc_step_shared(&steps[i], &vfs), i == 0);
		assert_int_equal(vc_step_shared(&steps[i], &access), i == 2);
		assert_int_equal(vc_step_shared(&steps[i], &steps[i]), i < 4);
	}
}

static void test_out_of_memory(void **state VC_UNUSED)
{
	VC_AUTO_ARENA struct vc_arena arena = { .max_bytes = 1 };
	const struct vc_step step = { .kind = VC_STEP_DRIVER, .driver = driver };

	assert_null(vc_step_text(&arena, &step));
	assert_null(vc_step_undo_text(&arena, &step));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),          cmocka_unit_test(test_undo_texts),
		cmocka_unit_test(test_names),         cmocka_unit_test(test_shared),
		cmocka_unit_test(test_out_of_memory),
	};

	return cmocka_run_group_tests_name("step", tests, NULL, NULL);
}
