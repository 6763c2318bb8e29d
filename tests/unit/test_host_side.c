/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "model/host_side.h"
#include "unit.h"

static char uuid[] = "4b20d080-1b54-4048-85b3-a6a62d165c01";
static char vdpa0[] = "/dev/vhost-vdpa-0";
static char vdpa1[] = "/dev/vhost-vdpa-1";
static char wwpn0[] = "naa.5001405b8e6d8b3c";
static char wwpn1[] = "naa.5001405b8e6d8b3d";
static char uuid1[] = "4b20d080-1b54-4048-85b3-a6a62d165c02";
static char port[] = "4.2";

static void test_kinds(void **state VC_UNUSED)
{
	enum vc_kind kind = VC_KIND_UNKNOWN;

	for (enum vc_kind k = VC_KIND_PCI; k < VC_KINDS; k++) {
		assert_true(vc_kind_parse(vc_kind_name(k), &kind));
		assert_int_equal(kind, k);
	}
	kind = VC_KIND_USB;
	assert_false(vc_kind_parse("unknown", &kind));
	assert_false(vc_kind_parse("PCI", &kind));
	assert_false(vc_kind_parse("", &kind));
	assert_int_equal(kind, VC_KIND_USB);
	assert_true(vc_kind_is_pci(VC_KIND_PCI));
	assert_true(vc_kind_is_pci(VC_KIND_NETWORK));
	assert_true(vc_kind_is_pci(VC_KIND_NVME));
	assert_false(vc_kind_is_pci(VC_KIND_MDEV));
	assert_false(vc_kind_is_pci(VC_KIND_UNKNOWN));
}

static const struct {
	struct vc_host_side side;
	const char *text, *key;
} known[] = {
	{ { VC_KIND_PCI, .has_pci = true, .pci = { 0x10000, 0x65, 0, 1 } },
	  "10000:65:00.1",
	  "pci-10000:65:00.1" },
	{ { VC_KIND_NETWORK, .has_pci = true, .pci = { 0, 0x65, 2, 0 } },
	  "0000:65:02.0",
	  "pci-0000:65:02.0" },
	{ { VC_KIND_NVME, .has_pci = true, .pci = { 0, 1, 0, 0 }, .nvme_namespace = 1 },
	  "0000:01:00.0",
	  "pci-0000:01:00.0" },
	{ { VC_KIND_NVME, .has_pci = true, .pci = { 0, 1, 0, 0 }, .nvme_namespace = 2 },
	  "0000:01:00.0 namespace 2",
	  "pci-0000:01:00.0" },
	{ { VC_KIND_MDEV, .mdev_uuid = uuid },
	  uuid,
	  "mdev-4b20d080-1b54-4048-85b3-a6a62d165c01" },
	{ { VC_KIND_USB, .usb = { .bus = 1,
	                          .device = 5,
	                          .port = port,
	                          .has_ids = true,
	                          .vendor = 0x951 } },
	  "usb 1:5",
	  "usb-1:5" },
	{ { VC_KIND_USB, .usb = { .bus = 1, .port = port } }, "usb 1-4.2", "usb-1-4.2" },
	{ { VC_KIND_USB, .usb = { .has_ids = true, .vendor = 0x951, .product = 0x1666 } },
	  "usb 0951:1666",
	  "usb-id-0951:1666" },
	{ { VC_KIND_VDPA, .vdpa = vdpa0 }, vdpa0, "vdpa-vhost-vdpa-0" },
	{ { VC_KIND_SCSI, .scsi = { true, 2, 0, 1, 7 } },
	  "scsi 2:0:1:7",
	  "scsi-2:0:1:7" },
	{ { VC_KIND_SCSI_HOST, .wwpn = wwpn0 }, wwpn0, "scsi-host-naa.5001405b8e6d8b3c" },
};

static void test_text(void **state VC_UNUSED)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;

	for (size_t i = 0; i < VC_ARRAY_SIZE(known); i++) {
		const struct vc_host_side *side = &known[i].side;

		assert_true(vc_host_side_known(side));
		assert_string_equal(vc_host_side_text(&arena, side), known[i].text);
		assert_string_equal(vc_host_side_key(&arena, side), known[i].key);
		assert_null(strchr(known[i].key, '/'));
	}
}

/* What is said of another kind does not count. */
static void test_unknown(void **state VC_UNUSED)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	static const struct vc_host_side sides[] = {
		{ VC_KIND_UNKNOWN, .has_pci = true },
		{ VC_KIND_PCI, .mdev_uuid = uuid },
		{ VC_KIND_MDEV, .has_pci = true },
		{ VC_KIND_USB, .usb = { .bus = 1 } },
		{ VC_KIND_USB, .usb = { .device = 1 } },
		{ VC_KIND_USB, .usb = { .port = port } },
		{ VC_KIND_NETWORK, .vdpa = vdpa0 },
		{ VC_KIND_NVME, .nvme_namespace = 1 },
		{ VC_KIND_VDPA, .has_pci = true },
		{ VC_KIND_SCSI, .scsi = { .lun = 1 } },
		{ VC_KIND_SCSI_HOST, .has_pci = true },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(sides); i++) {
		assert_false(vc_host_side_known(&sides[i]));
		assert_null(vc_host_side_text(&arena, &sides[i]));
		assert_null(vc_host_side_key(&arena, &sides[i]));
		assert_false(vc_host_side_equal(&sides[i], &sides[i]));
	}
}

static void test_equal(void **state VC_UNUSED)
{
	static const struct vc_host_side others[] = {
		{ VC_KIND_PCI, .has_pci = true, .pci = { 0, 0x65, 2, 0 } },
		{ VC_KIND_MDEV, .mdev_uuid = uuid, .mdev_model = VC_MDEV_VFIO_AP },
		{ VC_KIND_MDEV, .mdev_uuid = uuid1 },
		{ VC_KIND_USB, .usb = { .bus = 1, .device = 5 } },
		{ VC_KIND_USB, .usb = { 2, .port = port } },
		{ VC_KIND_USB, .usb = { .has_ids = true, .vendor = 0x951 } },
		{ VC_KIND_VDPA, .vdpa = vdpa1 },
		{ VC_KIND_SCSI, .scsi = { true, 2, 0, 1, 8 } },
		{ VC_KIND_SCSI, .scsi = { true, 3, 0, 1, 7 } },
		{ VC_KIND_SCSI_HOST, .wwpn = wwpn1 },
	};
	struct vc_host_side first = known[2].side;

	for (size_t i = 0; i < VC_ARRAY_SIZE(known); i++)
		for (size_t j = 0; j < VC_ARRAY_SIZE(known); j++)
			assert_int_equal(
				vc_host_side_equal(&known[i].side, &known[j].side),
				i == j);
	for (size_t i = 0; i < VC_ARRAY_SIZE(known); i++)
		for (size_t j = 0; j < VC_ARRAY_SIZE(others); j++)
			assert_false(vc_host_side_equal(&known[i].side, &others[j]));
	first.nvme_namespace = 0; /* not said, which means the first */
	assert_true(vc_host_side_equal(&first, &known[2].side));
	assert_false(vc_host_side_equal(&first, &known[3].side));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_equal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
