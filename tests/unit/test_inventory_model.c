/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "base/parse.h"
#include "model/inventory.h"
#include "unit.h"

static void test_labels(void **state VC_UNUSED)
{
	static const char *const cases[][3] = {
		{ "pci", "0000:65:00.0", "pci-0000-65-00-0" },
		{ "pci", "10000:e1:00.0", "pci-10000-e1-00-0" },
		{ "usb", "1-4.2", "usb-1-4-2" },
		{ "usb", "usb1", "usb-usb1" },
		{ "mdev", "1d6f8a10-93c2-4b57-8e0d-64a7b1c20f31",
		  "mdev-1d6f8a10-93c2-4b57-8e0d-64a7b1c20f31" },
		{ "mdev-type", "0000:17:00.0/nvidia-558",
		  "mdev-type-0000-17-00-0-nvidia-558" },
	};
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++)
		assert_string_equal(vc_host_device_name(&arena, cases[i][0], cases[i][1]),
		                    cases[i][2]);
}

static void test_labels_stay_unique(void **state VC_UNUSED)
{
	static const char *const texts[] = {
		"matrix/vfio_ap-passthrough",
		"matrix/vfio-ap-passthrough",
		"matrix/VFIO-ap-passthrough",
		"x/0123456789012345678901234567890123456789012345678901234567890123456789",
		"x/0123456789012345678901234567890123456789012345678901234567890123456780",
		"x/ends-in-",
		"x/\xc3\xa4",
		"x/\n",
	};
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;

	for (size_t i = 0; i < VC_ARRAY_SIZE(texts); i++) {
		const char *label = vc_host_device_name(&arena, "mdev-type", texts[i]);

		assert_true(vc_is_dns_label(label));
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(
				label,
				vc_host_device_name(&arena, "mdev-type", texts[j]));
	}
}

static void test_classes(void **state VC_UNUSED)
{
	static const struct {
		uint32_t code;
		const char *word, *yes, *also, *no;
	} cases[] = {
		{ 0x010802, "nvme", "storage", "0108", "0106" },
		{ 0x010601, "storage", "01", "0x010601", "nvme" },
		{ 0x030000, "display", "03", "0300", "network" },
		{ 0x040300, "audio", "multimedia", "0403", "0401" },
		{ 0x060400, "bridge", "06", "060400", "080600" },
		{ 0x0c0330, "usb-controller", "serial-bus", "0C03", "usb" },
		{ 0x120000, "accelerator", "pci", "12", "mdev" },
		{ 0xff0000, "other", "ff", "FF00", "12" },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		const struct vc_host_device d = {
			.kind = VC_DEVICE_PCI,
			.pci.class_code = cases[i].code,
		};

		assert_string_equal(vc_host_device_class(&d), cases[i].word);
		assert_true(vc_class_matches(&d, cases[i].word));
		assert_true(vc_class_matches(&d, cases[i].yes));
		assert_true(vc_class_matches(&d, cases[i].also));
		assert_false(vc_class_matches(&d, cases[i].no));
	}
}

static void test_class_texts(void **state VC_UNUSED)
{
	static const char *const known[] = { "nvme",   "usb",    "mdev-type", "03",
		                             "0x0c03", "010802", "other",     "pci" };
	static const char *const unknown[] = {
		"", "3", "030", "03000", "0x", "vga", "Display", "0x0x03", "03 ", "zz"
	};
	const struct vc_host_device usb = { .kind = VC_DEVICE_USB };

	for (size_t i = 0; i < VC_ARRAY_SIZE(known); i++)
		assert_true(vc_class_known(known[i]));
	for (size_t i = 0; i < VC_ARRAY_SIZE(unknown); i++)
		assert_false(vc_class_known(unknown[i]));
	assert_true(vc_class_matches(&usb, "usb"));
	assert_false(vc_class_matches(&usb, "00"));
	assert_false(vc_class_matches(&usb, "other"));
}

static void test_find(void **state VC_UNUSED)
{
	struct vc_host_device v[] = {
		{ .name = (char[]){ "pci-0000-01-00-0" },
		  .address = (char[]){ "0000:01:00.0" },
		  .pci.address = { 0, 1, 0, 0 } },
		{ .name = (char[]){ "pci-0000-02-00-0" },
		  .address = (char[]){ "0000:02:00.0" },
		  .pci.address = { 0, 2, 0, 0 } },
		{ .kind = VC_DEVICE_USB,
		  .name = (char[]){ "usb-1-4-2" },
		  .address = (char[]){ "1-4.2" } },
	};
	const struct vc_inventory inventory = {
		.devices = { v, VC_ARRAY_SIZE(v), VC_ARRAY_SIZE(v) },
		.n_pci = 2,
	};

	assert_ptr_equal(vc_inventory_find(&inventory, "0000:02:00.0"), &v[1]);
	assert_ptr_equal(vc_inventory_find(&inventory, "pci_0000_01_00_0"), &v[0]);
	assert_ptr_equal(vc_inventory_find(&inventory, "pci-0000-01-00-0"), &v[0]);
	assert_ptr_equal(vc_inventory_find(&inventory, "1-4.2"), &v[2]);
	assert_ptr_equal(vc_inventory_find(&inventory, "usb-1-4-2"), &v[2]);
	assert_null(vc_inventory_find(&inventory, "0000:03:00.0"));
	assert_null(vc_inventory_find(&inventory, "1-4"));
	assert_null(vc_inventory_find(&inventory, ""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_labels),  cmocka_unit_test(test_labels_stay_unique),
		cmocka_unit_test(test_classes), cmocka_unit_test(test_class_texts),
		cmocka_unit_test(test_find),
	};

	return cmocka_run_group_tests_name("inventory_model", tests, NULL, NULL);
}
