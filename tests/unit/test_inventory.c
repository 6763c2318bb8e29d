/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The machines of tests/fixtures/make-sysfs as the inventory sees them. */
#include <stdlib.h>
#include <string.h>

#include "base/parse.h"
#include "host/device_attributes.h"
#include "host/inventory.h"
#include "unit.h"

#define SYSFS    VC_FIXTURES "/sysfs/"
#define BOOT_VGA "0000:00:02.0"

static struct vc_arena arena = VC_ARENA_INIT;
static struct vc_inventory station, lab;

static const struct vc_inventory_request station_request = {
	.sysfs = SYSFS "workstation",
	.proc = VC_FIXTURES "/proc/workstation",
	.modules_alias = VC_FIXTURES "/modules.alias",
	.pci_ids = VC_FIXTURES "/pci.ids",
	.vpd = true,
};

static void take(const struct vc_inventory_request *request,
                 struct vc_inventory *ret_inventory)
{
	struct vc_err err = VC_ERR_INIT;
	int r = vc_inventory_take(&arena, request, ret_inventory, &err);

	if (r < 0)
		fail_msg("%s", err.msg);
	assert_int_equal(err.kind, VC_ERR_NONE);
}

static int set_up(void **state VC_UNUSED)
{
	const struct vc_inventory_request lab_request = {
		.sysfs = SYSFS "lab",
		.modules_alias = VC_FIXTURES "/modules.alias",
		.pci_ids = VC_FIXTURES "/pci.ids",
	};

	assert_int_equal(setenv("VIRT_CLAIM_MODULE_DIR", VC_MODULE_DIR, 1), 0);
	take(&station_request, &station);
	take(&lab_request, &lab);
	return 0;
}

static int tear_down(void **state VC_UNUSED)
{
	vc_arena_release(&arena);
	return 0;
}

static struct vc_host_device *find(const struct vc_inventory *inventory, const char *text)
{
	struct vc_host_device *d = vc_inventory_find(inventory, text);

	if (!d)
		fail_msg("there is no '%s'", text);
	return d;
}

static void test_counts(void **state VC_UNUSED)
{
	assert_int_equal(station.n_pci, 24);
	assert_int_equal(station.devices.n, 34);
	assert_int_equal(station.notes.n, 0);
	assert_true(station.protection_known);
	assert_int_equal(station.groups.n, 19);
	for (size_t i = 1; i < station.groups.n; i++)
		assert_true(station.groups.v[i - 1].number < station.groups.v[i].number);
	assert_int_equal(lab.n_pci, 17);
	assert_int_equal(lab.devices.n, 23);
	assert_int_equal(lab.notes.n, 0);
	assert_false(lab.protection_known);
}

static void test_verdicts(void **state VC_UNUSED)
{
	/* NULL: claimable alone; "+...": together with; else a part of a reason */
	static const char *const cases[][2] = {
		{ "0000:00:00.0", "is a bridge" },
		{ BOOT_VGA, "it is the boot display" },
		{ "0000:00:14.0",
		  "it is above '1-4.3', which holds the file system at '/mnt/backup'" },
		{ "0000:00:17.0", "it holds the file system at '/'" },
		{ "0000:00:1c.0", "it is above '0000:05:00.0', which carries a login" },
		{ "0000:00:1f.3",
		  "IOMMU group 9 also has 0000:00:1f.6 (the host needs it: it carries" },
		{ "0000:00:1f.6", "it carries the default route ('br0')" },
		{ "0000:01:00.0", "+0000:01:00.1" },
		{ "0000:01:00.1", "+0000:01:00.0" },
		{ "0000:02:00.0", NULL },
		{ "0000:03:00.0", NULL },
		{ "0000:05:00.0", "is the physical function of 2 virtual functions" },
		{ "0000:05:00.0", "it carries a login session ('enp5s0')" },
		{ "0000:05:02.0", NULL },
		{ "0000:06:00.0", "is a bridge" },
		{ "0000:07:00.0", "+0000:07:01.0" },
		{ "0000:08:00.0", "no IOMMU group" },
		{ "1-4", "is a hub" },
		{ "1-4", "it is above '1-4.3'" },
		{ "usb1", "is a hub" },
		{ "1-4.1", NULL },
		{ "1-4.3", "it holds the file system at '/mnt/backup'" },
		{ "1-7", NULL },
		{ "mtty/mtty-1", NULL },
		{ "mtty/mtty-old", "no instance is left" },
		{ "8c1f2c64-0b3e-4f5d-9a70-2d84e6b91c05", NULL },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		const struct vc_host_device *d = find(&station, cases[i][0]);
		const char *what = cases[i][1];
		const struct vc_names *list = &d->verdict.reasons;
		bool found = false;

		if (!what || *what == '+') {
			assert_true(d->verdict.claimable);
			assert_int_equal(list->n, 0);
			list = &d->verdict.together;
			assert_int_equal(list->n, what ? 1 : 0);
			if (what)
				assert_string_equal(list->v[0], what + 1);
			continue;
		}
		assert_false(d->verdict.claimable);
		assert_int_equal(d->verdict.together.n, 0);
		for (size_t j = 0; j < list->n; j++)
			found = found || strstr(list->v[j], what);
		if (!found)
			fail_msg("%s: no reason has '%s'", cases[i][0], what);
	}
}

/* A member on vfio or without a driver does no harm, one of the host has to come. */
static void test_lab_groups(void **state VC_UNUSED)
{
	assert_int_equal(find(&lab, "0000:65:00.0")->verdict.together.n, 0);
	assert_int_equal(find(&lab, "0000:b3:00.0")->verdict.together.n, 1);
	assert_string_equal(find(&lab, "0000:b3:00.0")->verdict.together.v[0],
	                    "0000:b3:00.1");
	assert_int_equal(find(&lab, "0000:b3:00.1")->verdict.together.n, 0);
	assert_true(find(&lab, "0000:08:00.0")->verdict.claimable);
	assert_false(find(&lab, "0000:17:00.0")->verdict.claimable);
	assert_string_equal(find(&lab, "0000:17:00.0")->verdict.reasons.v[0],
	                    "is the parent of 1 mediated device");
	assert_int_equal(vc_inventory_group(&lab, 52)->members.n, 3);
	assert_null(vc_inventory_group(&lab, 53));
}

static void assert_evidence(const struct vc_host_device *d, enum vc_evidence_kind kind,
                            const char *value)
{
	const struct vc_evidence *e = vc_host_device_evidence(d, kind);

	if (!value) {
		assert_null(e);
		return;
	}
	assert_non_null(e);
	assert_string_equal(e->value, value);
}

static void test_evidence(void **state VC_UNUSED)
{
	const struct vc_host_device *disk = find(&station, "0000:02:00.0");
	const struct vc_host_device *twin = find(&station, "0000:03:00.0");
	const struct vc_host_device *pf = find(&station, "0000:05:00.0");
	const struct vc_host_device *vf = find(&station, "0000:05:02.0");

	assert_evidence(disk, VC_EVIDENCE_NVME, "S7DPNJ0W100001F");
	assert_string_equal(vc_host_device_serial(disk), "S7DPNJ0W100001F");
	/* the maker gave both disks one DSN */
	assert_evidence(disk, VC_EVIDENCE_DSN, NULL);
	assert_evidence(twin, VC_EVIDENCE_DSN, NULL);
	assert_int_equal(twin->evidence.n, 1);
	assert_string_equal(twin->evidence.v[0].useless, "0000:02:00.0 has the same");
	assert_null(vc_host_device_serial(twin));
	assert_int_equal(disk->seen, VC_SEEN_ON_HOST_DRIVER);
	assert_int_equal(twin->seen, VC_SEEN_ON_VFIO);
	assert_evidence(pf, VC_EVIDENCE_DSN, "3cfdfeffffb8cdb9");
	assert_evidence(pf, VC_EVIDENCE_MAC, "3c:fd:fe:b8:cd:b9");
	assert_evidence(pf, VC_EVIDENCE_VPD, "B8CD3CFD");
	/* that of its PF, on another slot but of the same card */
	assert_evidence(vf, VC_EVIDENCE_DSN, "3cfdfeffffb8cdb9");
	/* made up by its driver */
	assert_evidence(vf, VC_EVIDENCE_MAC, NULL);
	assert_string_equal(vf->pci.interfaces.v[0], "enp5s0v0");
	assert_evidence(find(&station, "1-4.1"), VC_EVIDENCE_USB, "4C530001230412117463");
	assert_evidence(find(&station, "1-4.2"), VC_EVIDENCE_USB, "4C530001230412118832");
	assert_int_equal(find(&station, "usb1")->evidence.n, 0);
	assert_int_equal(find(&station, "1-7")->evidence.n, 0);
}

static void test_places(void **state VC_UNUSED)
{
	const struct vc_host_device *gpu = find(&station, "0000:01:00.0");
	const struct vc_host_device *old = find(&station, "0000:07:01.0");
	const struct vc_host_device *vmd = find(&lab, "10000:e1:00.0");
	char text[VC_PCI_ADDRESS_SIZE];

	assert_string_equal(gpu->slot_path, "\\_SB_.PC00/01.0/00.0");
	assert_string_equal(gpu->pci.pcie_root, "pci0000:00");
	assert_string_equal(gpu->pci.physical_slot, "1");
	assert_string_equal(find(&station, "0000:01:00.1")->pci.physical_slot, "1");
	assert_true(gpu->pci.has_upstream);
	assert_string_equal(old->slot_path, "\\_SB_.PC00/1d.0/00.0/01.0");
	vc_pci_address_format(&old->pci.root_port, text);
	assert_string_equal(text, "0000:00:1d.0");
	vc_pci_address_format(&old->pci.upstream, text);
	assert_string_equal(text, "0000:06:00.0");
	assert_false(find(&station, BOOT_VGA)->pci.has_upstream);
	assert_string_equal(find(&station, "0000:02:00.0")->pci.acpi_path,
	                    "\\_SB_.PC00.RP09.PXSX");
	assert_string_equal(vmd->slot_path, "pci0000:e0/05.5/02.0/00.0");
	assert_string_equal(vmd->pci.pcie_root, "pci0000:e0");
	assert_string_equal(find(&station, "1-4.2")->slot_path,
	                    "\\_SB_.PC00/14.0/usb/4.2");
}

static void test_functions(void **state VC_UNUSED)
{
	const struct vc_host_device *gpu = find(&station, "0000:01:00.0");
	const struct vc_host_device *pf = find(&station, "0000:05:00.0");
	const struct vc_host_device *vf = find(&station, "0000:05:02.1");

	assert_int_equal(gpu->pci.vendor, 0x10de);
	assert_int_equal(gpu->pci.class_code, 0x030000);
	assert_int_equal(gpu->pci.subsystem_device, 0x165b);
	assert_int_equal(gpu->pci.revision, 0xa1);
	assert_string_equal(gpu->pci.device_name, "AD102");
	assert_string_equal(gpu->pci.class_name, "VGA compatible controller");
	assert_string_equal(gpu->pci.reset_methods, "flr bus");
	assert_string_equal(gpu->driver, "nvidia");
	assert_int_equal(gpu->numa_node, 0);
	assert_int_equal(find(&lab, "0000:d1:00.0")->numa_node, -1);
	assert_int_equal(pf->pci.total_vfs, 64);
	assert_int_equal(pf->pci.n_vfs, 2);
	assert_true(vf->pci.is_vf);
	assert_int_equal(vf->pci.vf_index, 1);
	assert_int_equal(vc_pci_address_compare(&vf->pci.pf, &pf->pci.address), 0);
	assert_string_equal(vf->pci.vfio_driver, "iavf_vfio_pci");
	assert_string_equal(gpu->pci.vfio_driver, "vfio-pci");
	assert_string_equal(find(&lab, "0009:01:00.0")->pci.vfio_driver,
	                    "nvgrace_gpu_vfio_pci");
	/* the module is xe_vfio_pci, its driver is not called like that */
	assert_string_equal(find(&lab, "0000:03:00.2")->pci.vfio_driver, "xe-vfio-pci");
}

static void test_usb_and_mdev(void **state VC_UNUSED)
{
	const struct vc_host_device *stick = find(&station, "1-4.1");
	const struct vc_host_device *type = find(&station, "mtty/mtty-1");
	const struct vc_host_device *mdev =
		find(&lab, "1d6f8a10-93c2-4b57-8e0d-64a7b1c20f31");

	assert_int_equal(stick->usb.bus, 1);
	assert_int_equal(stick->usb.device, 3);
	assert_string_equal(stick->usb.port, "4.1");
	assert_int_equal(stick->usb.vendor, 0x0781);
	assert_string_equal(stick->usb.interface_classes, "08");
	assert_string_equal(stick->driver, "usb-storage");
	assert_string_equal(stick->usb.product_name, "Ultra Fit");
	assert_true(find(&station, "1-4")->usb.hub);
	assert_false(stick->usb.hub);
	assert_int_equal(type->mdev.available, 22);
	assert_string_equal(type->mdev.device_api, "vfio-pci");
	assert_string_equal(type->mdev.type_name, "Single port serial");
	assert_string_equal(mdev->mdev.type, "nvidia-558");
	assert_string_equal(mdev->mdev.parent, "0000:17:00.0");
	assert_true(mdev->mdev.has_parent_pci);
	assert_int_equal(mdev->iommu_group, 91);
	assert_int_equal(mdev->numa_node, 0);
}

/* A configuration names one device; what is above it stays protected. */
static void test_allowed(void **state VC_UNUSED)
{
	static const char *const allowed[] = { "pci_0000_00_02_0", "1-4.3",
		                               "0000:ff:00.0" };
	struct vc_inventory_request request = station_request;
	struct vc_inventory inventory;

	request.allowed = allowed;
	request.n_allowed = VC_ARRAY_SIZE(allowed);
	take(&request, &inventory);
	assert_true(find(&inventory, BOOT_VGA)->verdict.claimable);
	assert_true(find(&inventory, "1-4.3")->verdict.claimable);
	assert_non_null(find(&inventory, "0000:00:14.0")->protection);
	assert_non_null(find(&inventory, "0000:00:17.0")->protection);
}

/* Without modules.alias, and where vfio-pci is not loaded. */
static void test_no_vfio_driver(void **state VC_UNUSED)
{
	const struct vc_inventory_request request = { .sysfs = SYSFS "workstation" };
	struct vc_inventory inventory;

	take(&request, &inventory);
	assert_string_equal(find(&inventory, "0000:05:02.0")->pci.vfio_driver,
	                    "vfio-pci");
	assert_null(find(&inventory, "0000:00:1c.0")->pci.vfio_driver);
}

/* [DRA] resource/v1 types.go */
static void assert_publishable(const struct vc_host_device *d)
{
	struct vc_err err = VC_ERR_INIT;
	struct vc_attributes list = { 0 };

	assert_true(vc_is_dns_label(d->name));
	assert_int_equal(vc_host_device_attributes(&arena, d, &list, &err), 0);
	assert_in_range(list.n, 1, VC_ATTRIBUTES_MAX);
	for (size_t i = 0; i < list.n; i++) {
		const char *id = strchr(list.v[i].name, '/');

		assert_non_null(id);
		assert_in_range(strlen(id + 1), 1, 32);
		assert_int_equal(strspn(id + 1, "abcdefghijklmnopqrstuvwxyz"
		                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"),
		                 strlen(id + 1));
		assert_ptr_equal(vc_attributes_find(&list, list.v[i].name), &list.v[i]);
		assert_int_equal(list.v[i].n, 1);
		if (list.v[i].type == VC_ATTRIBUTE_STRING)
			assert_in_range(strlen(list.v[i].strings[0]), 1, 64);
	}
}

static void test_publishable(void **state VC_UNUSED)
{
	for (size_t i = 0; i < station.devices.n; i++)
		assert_publishable(&station.devices.v[i]);
	for (size_t i = 0; i < lab.devices.n; i++)
		assert_publishable(&lab.devices.v[i]);
}

static void test_attribute_values(void **state VC_UNUSED)
{
	static const struct {
		const char *device, *name, *value; /* NULL: none */
	} cases[] = {
		{ "0000:02:00.0", VC_ATTR_PCI_BUS_ID, "0000:02:00.0" },
		{ "0000:02:00.0", VC_ATTR_PCIE_ROOT, "pci0000:00" },
		{ "0000:02:00.0", VC_ATTR_SERIAL, "S7DPNJ0W100001F" },
		{ "0000:02:00.0", "virt-claim.io/dsn", NULL },
		{ "0000:03:00.0", VC_ATTR_SERIAL, NULL },
		{ "0000:05:00.0", "virt-claim.io/sriov", "pf" },
		{ "0000:05:02.1", "virt-claim.io/sriov", "vf" },
		{ "0000:05:02.1", "virt-claim.io/pfAddress", "0000:05:00.0" },
		{ "1-4.2", "virt-claim.io/usbPort", "4.2" },
		{ "1-4.2", VC_ATTR_PCI_BUS_ID, NULL },
		{ "mtty/mtty-2", "virt-claim.io/mdevType", "mtty-2" },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		struct vc_err err = VC_ERR_INIT;
		struct vc_attributes list;
		const char *value;

		assert_int_equal(
			vc_host_device_attributes(&arena, find(&station, cases[i].device),
		                                  &list, &err),
			0);
		value = vc_attributes_string(&list, cases[i].name);
		if (cases[i].value)
			assert_string_equal(value, cases[i].value);
		else
			assert_null(value);
	}
}

/* [DRA] pciBusID has four digits of domain; ours has what there is. */
static void test_wide_domain(void **state VC_UNUSED)
{
	struct vc_err err = VC_ERR_INIT;
	struct vc_attributes list;

	assert_int_equal(vc_host_device_attributes(&arena, find(&lab, "10000:e1:00.0"),
	                                           &list, &err),
	                 0);
	assert_null(vc_attributes_find(&list, VC_ATTR_PCI_BUS_ID));
	assert_string_equal(vc_attributes_string(&list, VC_ATTR_PCI_ADDRESS),
	                    "10000:e1:00.0");
	assert_string_equal(find(&lab, "10000:e1:00.0")->name, "pci-10000-e1-00-0");
}

static void test_attributes_cut_or_left_out(void **state VC_UNUSED)
{
	char umlauts[2 * 40 + 1] = "", serial[66];
	struct vc_evidence evidence = { VC_EVIDENCE_USB, serial, NULL };
	struct vc_host_device d = {
		.kind = VC_DEVICE_USB,
		.name = umlauts,
		.address = umlauts,
		.evidence = { &evidence, 1, 1 },
		.usb = { .manufacturer = umlauts },
	};
	struct vc_err err = VC_ERR_INIT;
	struct vc_attributes list;

	umlauts[0] = 'x';
	for (size_t i = 1; i + 2 < sizeof(umlauts); i += 2)
		memcpy(umlauts + i, "\xc3\xa4", 3);
	memset(serial, 'S', 65);
	serial[65] = '\0';
	assert_int_equal(vc_host_device_attributes(&arena, &d, &list, &err), 0);
	assert_null(vc_attributes_find(&list, VC_ATTR_SERIAL));
	assert_int_equal(strlen(vc_attributes_string(&list, "virt-claim.io/vendor")), 63);
	serial[64] = '\0';
	assert_int_equal(vc_host_device_attributes(&arena, &d, &list, &err), 0);
	assert_int_equal(strlen(vc_attributes_string(&list, VC_ATTR_SERIAL)), 64);
}

static void test_refused(void **state VC_UNUSED)
{
	static const struct {
		struct vc_inventory_request request;
		int r;
	} cases[] = {
		{ { .sysfs = SYSFS "nothing" }, -VC_ERR_ABSENT },
		{ { .sysfs = SYSFS "lab", .proc = SYSFS "nothing" }, -VC_ERR_ABSENT },
		/* a directory that is no /proc: nothing would be protected */
		{ { .sysfs = SYSFS "lab", .proc = SYSFS "lab" }, -VC_ERR_ABSENT },
		{ { .sysfs = SYSFS "lab", .modules_alias = SYSFS "nothing" },
		  -VC_ERR_ABSENT },
		{ { .sysfs = SYSFS "lab", .modules_alias = SYSFS "lab" }, -VC_ERR_INPUT },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		struct vc_inventory inventory = { .n_pci = 77 };
		struct vc_err err = VC_ERR_INIT;

		assert_int_equal(
			vc_inventory_take(&arena, &cases[i].request, &inventory, &err),
			cases[i].r);
		assert_int_equal(inventory.n_pci, 77);
		assert_true(err.msg[0] != '\0');
	}
}

static void test_module_missing(void **state VC_UNUSED)
{
	const struct vc_inventory_request request = { .sysfs = SYSFS "lab" };
	struct vc_inventory inventory = { .n_pci = 77 };
	struct vc_err err = VC_ERR_INIT;

	assert_int_equal(setenv("VIRT_CLAIM_MODULE_DIR", VC_FIXTURES, 1), 0);
	assert_int_equal(vc_inventory_take(&arena, &request, &inventory, &err),
	                 -VC_ERR_SYSTEM);
	assert_non_null(strstr(err.msg, "libpci"));
	assert_int_equal(inventory.n_pci, 77);
	assert_int_equal(setenv("VIRT_CLAIM_MODULE_DIR", VC_MODULE_DIR, 1), 0);
}

/* [VFIO] only what a vfio driver holds has a node of its own, and not in every kernel. */
static void test_cdevs(void **state VC_UNUSED)
{
	size_t n = 0;

	assert_string_equal(find(&station, "0000:03:00.0")->vfio_cdev, "vfio0");
	assert_string_equal(find(&station, "0000:05:02.1")->vfio_cdev, "vfio1");
	for (size_t i = 0; i < station.devices.n; i++)
		n += station.devices.v[i].vfio_cdev != NULL;
	assert_int_equal(n, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_cdevs),
		cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_lab_groups),
		cmocka_unit_test(test_evidence),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_functions),
		cmocka_unit_test(test_usb_and_mdev),
		cmocka_unit_test(test_allowed),
		cmocka_unit_test(test_no_vfio_driver),
		cmocka_unit_test(test_publishable),
		cmocka_unit_test(test_attribute_values),
		cmocka_unit_test(test_wide_domain),
		cmocka_unit_test(test_attributes_cut_or_left_out),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_module_missing),
	};

	return cmocka_run_group_tests_name("inventory", tests, set_up, tear_down);
}
