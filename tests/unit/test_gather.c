/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/gather.h"
#include "unit.h"

#define MDEV_PCI "1d6f8a10-93c2-4b57-8e0d-64a7b1c20f31"
#define MDEV_CCW "6e0b54c7-2af1-4d39-b8c6-0f7d9e3a5512"
#define MDEV_AP  "b27c9d3e-58a4-4f06-9d1b-7730ce84af65"

static struct vc_pci_address address_of(const char *text)
{
	struct vc_err err = VC_ERR_INIT;
	struct vc_pci_address address = { 0 };

	assert_int_equal(vc_pci_address_parse(text, &address, &err), 0);
	return address;
}

/* Asks the lab machine about one device. */
static int gather_one(struct vc_arena *arena, const char *root_path,
                      struct vc_device device, struct vc_host_facts *facts,
                      struct vc_err *err)
{
	VC_AUTOCLOSE int root = open(root_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct vc_claim claim = { .devices = { .v = &device, .n = 1, .cap = 1 } };
	const struct vc_claims claims = { .v = &claim, .n = 1, .cap = 1 };

	assert_true(root >= 0);
	return vc_host_gather(arena, root, &claims, NULL, 0, facts, err);
}

static struct vc_host_facts lab_facts(struct vc_arena *arena, struct vc_device device)
{
	struct vc_host_facts facts = { 0 };
	struct vc_err err = VC_ERR_INIT;
	int r = gather_one(arena, VC_FIXTURES "/sysfs/lab", device, &facts, &err);

	if (r < 0)
		print_error("%s\n", err.msg);
	assert_int_equal(r, 0);
	assert_int_equal(err.kind, VC_ERR_NONE);
	return facts;
}

static struct vc_device pci_device(const char *text)
{
	struct vc_device device = VC_DEVICE_INIT;

	device.host.has_pci = true;
	device.host.pci = address_of(text);
	return device;
}

static void test_functions(void **state VC_UNUSED)
{
	static const struct {
		const char *address, *driver;
		int64_t group;
		size_t n_functions; /* with the rest of the group */
		uint32_t class_code;
		int numa;
		unsigned n_vfs;
		bool on_vfio, is_vf;
	} cases[] = {
		{ "0000:65:00.0", "vfio-pci", 37, 2, 0x030000, 1, 0, true, false },
		{ "0000:65:00.1", "vfio-pci", 37, 2, 0x040300, 1, 0, true, false },
		{ "0000:b3:00.1", "snd_hda_intel", 41, 2, 0x040300, 1, 0, false, false },
		{ "0000:07:01.0", "pcieport", 52, 3, 0x060400, 0, 0, false, false },
		{ "0000:08:00.1", "i40e", 52, 3, 0x020000, 0, 0, false, false },
		{ "0000:c1:00.0", "vfio-pci", 60, 1, 0x010802, 1, 0, true, false },
		{ "0000:c2:00.0", "nvme", 61, 1, 0x010802, 1, 0, false, false },
		{ "0000:03:00.0", "xe", 20, 1, 0x038000, 0, 2, false, false },
		{ "0000:03:00.1", "xe-vfio-pci", 21, 1, 0x038000, 0, 0, true, true },
		{ "0000:03:00.2", NULL, 22, 1, 0x038000, 0, 0, false, true },
		{ "0009:01:00.0", "nvgrace_gpu_vfio_pci", 9, 1, 0x030200, 0, 0, true,
		  false },
		{ "0000:d1:00.0", NULL, 70, 1, 0x020700, -1, 0, false, false },
		{ "0000:04:00.0", "e1000e", -1, 1, 0x020000, -1, 0, false, false },
		{ "10000:e1:00.0", "vfio-pci", 80, 1, 0x010802, 1, 0, true, false },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
		struct vc_device device = pci_device(cases[i].address);
		struct vc_host_facts facts = lab_facts(&arena, device);
		const struct vc_function *f =
			vc_host_facts_function(&facts, &device.host.pci);

		assert_non_null(f);
		assert_int_equal(facts.functions.n, cases[i].n_functions);
		if (cases[i].driver)
			assert_string_equal(f->driver, cases[i].driver);
		else
			assert_null(f->driver);
		assert_int_equal(f->on_vfio, cases[i].on_vfio);
		assert_int_equal(f->iommu_group, cases[i].group);
		assert_int_equal(f->numa_node, cases[i].numa);
		assert_int_equal(f->is_vf, cases[i].is_vf);
		assert_int_equal(f->n_vfs, cases[i].n_vfs);
		assert_int_equal(f->class_code, cases[i].class_code);
	}
}

/* [NVMe] padded with blanks; only the host's driver shows it. */
static void test_nvme_serial(void **state VC_UNUSED)
{
	static const struct {
		const char *address, *serial;
	} cases[] = {
		{ "0000:02:00.0", "S7DPNJ0W100001F" },
		{ "0000:03:00.0", NULL }, /* its twin, on vfio-pci */
		{ "0000:05:00.0", NULL }, /* a NIC */
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
		struct vc_device device = pci_device(cases[i].address);
		struct vc_host_facts facts = { 0 };
		struct vc_err err = VC_ERR_INIT;
		const struct vc_function *f;

		assert_int_equal(gather_one(&arena, VC_FIXTURES "/sysfs/workstation",
		                            device, &facts, &err),
		                 0);
		f = vc_host_facts_function(&facts, &device.host.pci);
		assert_non_null(f);
		if (cases[i].serial)
			assert_string_equal(f->serial, cases[i].serial);
		else
			assert_null(f->serial);
		assert_null(facts.boot_id);
	}
}

static void test_group_is_sorted(void **state VC_UNUSED)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_device device = VC_DEVICE_INIT;
	struct vc_host_facts facts;

	device.iommu_group = 52;
	facts = lab_facts(&arena, device);
	assert_int_equal(facts.functions.n, 3);
	for (size_t i = 1; i < facts.functions.n; i++)
		assert_true(vc_pci_address_compare(&facts.functions.v[i - 1].address,
		                                   &facts.functions.v[i].address) < 0);
	assert_int_equal(facts.functions.v[1].vendor, 0x8086);
	assert_int_equal(facts.functions.v[1].device, 0x1572);
}

static void test_cdevs(void **state VC_UNUSED)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_device device = VC_DEVICE_INIT;
	struct vc_pci_address want = address_of("10000:e1:00.0");
	struct vc_host_facts facts;

	device.vfio_cdev = 5;
	facts = lab_facts(&arena, device);
	assert_int_equal(facts.cdevs.n, 1);
	assert_int_equal(facts.cdevs.v[0].number, 5);
	assert_int_equal(vc_pci_address_compare(&facts.cdevs.v[0].address, &want), 0);
	assert_non_null(vc_host_facts_function(&facts, &want));

	device.vfio_cdev = 6; /* an mdev's */
	facts = lab_facts(&arena, device);
	assert_int_equal(facts.cdevs.n, 0);
	device.vfio_cdev = 1000;
	facts = lab_facts(&arena, device);
	assert_int_equal(facts.cdevs.n, 0);
	assert_int_equal(facts.functions.n, 0);
}

static void test_mdevs(void **state VC_UNUSED)
{
	static char upper[] = "1D6F8A10-93C2-4B57-8E0D-64A7B1C20F31";
	static char ccw[] = MDEV_CCW, ap[] = MDEV_AP;
	static const struct {
		char *uuid;
		const char *found, *parent, *type;
		enum vc_mdev_model model;
		int64_t group;
	} cases[] = {
		{ upper, MDEV_PCI, "0000:17:00.0", "nvidia-558", VC_MDEV_VFIO_PCI, 91 },
		{ ccw, MDEV_CCW, "0.0.0313", "vfio_ccw-io", VC_MDEV_VFIO_CCW, 92 },
		{ ap, MDEV_AP, "matrix", "vfio_ap-passthrough", VC_MDEV_VFIO_AP, 93 },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
		struct vc_device device = VC_DEVICE_INIT;
		const struct vc_mdev_fact *mdev;
		struct vc_host_facts facts;

		device.host.mdev_uuid = cases[i].uuid;
		facts = lab_facts(&arena, device);
		mdev = vc_host_facts_mdev(&facts, cases[i].found);
		assert_non_null(mdev);
		assert_string_equal(mdev->parent, cases[i].parent);
		assert_string_equal(mdev->type, cases[i].type);
		assert_int_equal(mdev->model, cases[i].model);
		assert_int_equal(mdev->iommu_group, cases[i].group);
	}
}

static void test_mdev_by_group(void **state VC_UNUSED)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_device device = VC_DEVICE_INIT;
	struct vc_host_facts facts;

	device.iommu_group = 91;
	facts = lab_facts(&arena, device);
	assert_int_equal(facts.functions.n, 0);
	assert_int_equal(facts.mdevs.n, 1);
	assert_string_equal(facts.mdevs.v[0].uuid, MDEV_PCI);
}

static void test_nothing_there(void **state VC_UNUSED)
{
	static char unknown[] = "00000000-0000-4000-8000-000000000000";
	static char tricky[] = "../../../../kernel/iommu_groups/37/x";
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_device device = pci_device("0000:ff:1f.7");
	struct vc_host_facts facts;

	device.iommu_group = 9999;
	device.vfio_cdev = 9999;
	device.host.mdev_uuid = unknown;
	facts = lab_facts(&arena, device);
	assert_int_equal(facts.functions.n + facts.mdevs.n + facts.cdevs.n, 0);
	device.host.mdev_uuid = tricky;
	facts = lab_facts(&arena, device);
	assert_int_equal(facts.mdevs.n, 0);
}

static void test_extra_and_repeated(void **state VC_UNUSED)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	VC_AUTOCLOSE int root =
		open(VC_FIXTURES "/sysfs/lab", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const struct vc_claims none = { 0 };
	const struct vc_host_side extra[] = {
		{ VC_KIND_PCI, .has_pci = true, .pci = address_of("0000:c2:00.0") },
		{ VC_KIND_NVME, .has_pci = true, .pci = address_of("0000:c1:00.0") },
		{ VC_KIND_PCI, .has_pci = true, .pci = address_of("0000:c2:00.0") },
	};
	struct vc_host_facts facts;
	struct vc_err err = VC_ERR_INIT;

	assert_int_equal(vc_host_gather(&arena, root, &none, extra, 3, &facts, &err), 0);
	assert_int_equal(facts.functions.n, 2);
	assert_int_equal(facts.functions.v[0].address.bus, 0xc1);
	assert_int_equal(vc_host_gather(&arena, root, &none, NULL, 0, &facts, &err), 0);
	assert_int_equal(facts.functions.n, 0);
}

static void put(const char *dir, const char *name, const char *text)
{
	char path[512];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "we");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

/* Makes 0000:01:00.0 below @dir, a template for mkdtemp(); @at is where it is. */
static void make_function(char *dir, char *at, size_t size)
{
	static const char *const steps[] = { "", "/bus", "/bus/pci", "/bus/pci/devices",
		                             "/bus/pci/devices/0000:01:00.0" };

	assert_non_null(mkdtemp(dir));
	for (size_t i = 1; i < VC_ARRAY_SIZE(steps); i++) {
		(void)snprintf(at, size, "%s%s", dir, steps[i]);
		assert_int_equal(mkdir(at, 0700), 0);
	}
	put(at, "vendor", "0x10de\n");
	put(at, "device", "0x2684\n");
	put(at, "class", "0x030000\n");
}

static int remove_one(const char *path, const struct stat *st VC_UNUSED,
                      int type VC_UNUSED, struct FTW *ftw VC_UNUSED)
{
	return remove(path);
}

/* One attribute of a function is what no kernel writes. */
static void test_hostile(void **state VC_UNUSED)
{
	static const struct {
		const char *name;
		const char *text; /* NULL: a link to @target */
		const char *target;
		int want;
	} cases[] = {
		{ "vendor", "10de\n", NULL, -VC_ERR_INPUT },
		{ "vendor", "0x\n", NULL, -VC_ERR_INPUT },
		{ "vendor", "0x10000\n", NULL, -VC_ERR_INPUT },
		{ "vendor", "0x10de 5\n", NULL, -VC_ERR_INPUT },
		{ "vendor", "", NULL, -VC_ERR_INPUT },
		{ "vendor", NULL, "vendor", -VC_ERR_SYSTEM },
		{ "device", "0x123456789\n", NULL, -VC_ERR_INPUT },
		{ "class", "0x1000000\n", NULL, -VC_ERR_INPUT },
		{ "numa_node", "-2\n", NULL, -VC_ERR_INPUT },
		{ "numa_node", "1 \n", NULL, -VC_ERR_INPUT },
		{ "numa_node", "99999999999999999999\n", NULL, -VC_ERR_INPUT },
		{ "sriov_numvfs", "two\n", NULL, 0 }, /* nobody reads it */
		{ "iommu_group", NULL, "../../kernel/iommu_groups/x", -VC_ERR_INPUT },
		{ "iommu_group", NULL, "../../kernel/iommu_groups/-1", -VC_ERR_INPUT },
		{ "iommu_group", "37", NULL, -VC_ERR_INPUT },
		{ "driver", NULL, "/", -VC_ERR_INPUT },
		{ "driver", NULL, "..", -VC_ERR_INPUT },
		{ "iommu_group", NULL, "../../kernel/iommu_groups/77", 0 },
		{ "numa_node", "-1\n", NULL, 0 },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
		char dir[] = "/tmp/vc-gather-XXXXXX", at[128], path[256];
		const struct vc_host_facts before = { .cdevs = { .n = 5 } };
		struct vc_host_facts facts = before;
		struct vc_err err = VC_ERR_INIT;
		int r;

		make_function(dir, at, sizeof(at));
		(void)snprintf(path, sizeof(path), "%s/%s", at, cases[i].name);
		(void)unlink(path);
		if (cases[i].text)
			put(at, cases[i].name, cases[i].text);
		else
			assert_int_equal(symlink(cases[i].target, path), 0);

		r = gather_one(&arena, dir, pci_device("0000:01:00.0"), &facts, &err);
		if (r != cases[i].want)
			print_error("case %zu: %s\n", i, err.msg);
		assert_int_equal(r, cases[i].want);
		if (r < 0) {
			assert_memory_equal(&facts, &before, sizeof(facts));
			assert_non_null(strstr(err.msg, cases[i].name));
		}
		assert_int_equal(nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_functions),
		cmocka_unit_test(test_nvme_serial),
		cmocka_unit_test(test_group_is_sorted),
		cmocka_unit_test(test_cdevs),
		cmocka_unit_test(test_mdevs),
		cmocka_unit_test(test_mdev_by_group),
		cmocka_unit_test(test_nothing_there),
		cmocka_unit_test(test_extra_and_repeated),
		cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests_name("gather", tests, NULL, NULL);
}
