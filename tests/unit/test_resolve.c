/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "claim/join.h"
#include "unit.h"

#define MDEV "11111111-2222-4333-8444-555555555555"

/* the model has no const strings */
#define TEXT(s) ((char[]){ s })

static const struct {
	struct vc_pci_address address;
	uint32_t class_code;
	bool on_vfio;
	int group;
} machine[] = {
	/* a bridge and a disk */
	{ { 0, 0, 1, 0 }, 0x060400, false, 5 },
	{ { 0, 4, 0, 0 }, 0x010802, false, 5 },
	/* a GPU with its audio function: both on vfio, only the GPU, none */
	{ { 0, 0x65, 0, 0 }, 0x030000, true, 37 },
	{ { 0, 0x65, 0, 1 }, 0x040300, true, 37 },
	{ { 0, 0x66, 0, 0 }, 0x030000, true, 38 },
	{ { 0, 0x66, 0, 1 }, 0x040300, false, 38 },
	{ { 0, 0x67, 0, 0 }, 0x030000, false, 39 },
	{ { 0, 0x67, 0, 1 }, 0x040300, false, 39 },
	/* only the audio function on vfio, the GPU waits for its driver */
	{ { 0, 0x68, 0, 0 }, 0x030000, false, 42 },
	{ { 0, 0x68, 0, 1 }, 0x040300, true, 42 },
	/* only a bridge */
	{ { 0, 0, 2, 0 }, 0x060400, false, 40 },
};
static struct vc_mdev_fact mdevs[] = {
	{ .uuid = TEXT(MDEV), .model = VC_MDEV_VFIO_AP, .iommu_group = 60 },
};
static struct vc_cdev_fact cdevs[] = {
	{ .number = 3, .address = { 0, 0x66, 0, 0 } },
	{ .number = 0, .address = { 0, 4, 0, 0 } },
};
static struct vc_arena host_arena = VC_ARENA_INIT;
static struct vc_host_facts host = {
	.mdevs = { .v = mdevs, .n = VC_ARRAY_SIZE(mdevs) },
	.cdevs = { .v = cdevs, .n = VC_ARRAY_SIZE(cdevs) },
};

struct subject {
	const char *address; /* of the claim; NULL unknown */
	const char *mdev;
	enum vc_mdev_model model;
	int64_t group, cdev; /* 0 unknown, -2 is really 0 */
};

static int64_t number(int64_t n)
{
	return n == 0 ? -1 : n == -2 ? 0 : n;
}

static int resolve(struct vc_arena *arena, const struct subject *s,
                   const struct vc_host_facts *facts, struct vc_device *device,
                   struct vc_err *err)
{
	struct vc_claim claim = { .devices = { .v = device, .n = 1, .cap = 1 } };
	struct vc_claims claims = { .v = &claim, .n = 1, .cap = 1 };

	*device = (struct vc_device){
		.host.mdev_uuid = vc_arena_strdup(arena, s->mdev),
		.host.mdev_model = s->model,
		.iommu_group = number(s->group),
		.vfio_cdev = number(s->cdev),
		.origin = vc_arena_strdup(arena, "cdi.yaml: /devices/0"),
	};
	if (s->address) {
		assert_int_equal(vc_pci_address_parse(s->address, &device->host.pci, err),
		                 0);
		device->host.has_pci = true;
	}
	return vc_resolve(arena, &claims, facts, NULL, err);
}

static void test_found(void **state VC_UNUSED)
{
	static const struct {
		struct subject in;
		const char *address;
	} cases[] = {
		{ { .cdev = 3 }, "0000:66:00.0" },
		{ { .cdev = -2 }, "0000:04:00.0" },
		{ { .group = 5 }, "0000:04:00.0" },
		{ { .group = 38 }, "0000:66:00.0" },
		{ { .group = 38, .cdev = 3 }, "0000:66:00.0" },
		{ { .group = 37, .cdev = 77, .address = "0000:65:00.1" },
		  "0000:65:00.1" },
		{ { .address = "0000:99:00.0", .group = 12 }, "0000:99:00.0" },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
		struct vc_err err = VC_ERR_INIT;
		char back[VC_PCI_ADDRESS_SIZE];
		struct vc_device d;

		assert_int_equal(resolve(&arena, &cases[i].in, &host, &d, &err), 0);
		assert_true(d.host.has_pci);
		assert_null(d.unresolved);
		vc_pci_address_format(&d.host.pci, back);
		assert_string_equal(back, cases[i].address);
	}
}

static void test_mdev(void **state VC_UNUSED)
{
	static const struct subject cases[] = {
		{ .group = 60 },
		{ .group = 60, .cdev = 77 }, /* the mdev's, which no function has */
		{ .mdev = MDEV },
		{ .mdev = MDEV, .group = 60, .model = VC_MDEV_VFIO_AP },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
		struct vc_err err = VC_ERR_INIT;
		struct vc_device d;

		assert_int_equal(resolve(&arena, &cases[i], &host, &d, &err), 0);
		assert_string_equal(d.host.mdev_uuid, MDEV);
		assert_int_equal(d.host.mdev_model, VC_MDEV_VFIO_AP);
		assert_false(d.host.has_pci);
	}
}

static void test_unresolved(void **state VC_UNUSED)
{
	static const struct {
		struct subject in;
		bool no_host;
		const char *why;
	} cases[] = {
		{ { .group = 37 },
		  false,
		  "IOMMU group 37 holds 0000:65:00.0 and 0000:65:00.1" },
		{ { .group = 39 },
		  false,
		  "IOMMU group 39 holds 0000:67:00.0 and 0000:67:00.1" },
		{ { .group = 42 },
		  false,
		  "IOMMU group 42 holds 0000:68:00.0 and 0000:68:00.1" },
		{ { .group = 40 }, false, "no device is in IOMMU group 40" },
		{ { .group = 41 }, false, "no device is in IOMMU group 41" },
		{ { .cdev = 77 }, false, "no /dev/vfio/devices/vfio77" },
		{ { .group = 38, .cdev = 77 }, false, "no /dev/vfio/devices/vfio77" },
		{ { .group = 40, .cdev = 77 }, false, "no device is in IOMMU group 40" },
		{ { .group = 5 }, true, "only its IOMMU group 5 is known; give --sysfs" },
		{ { .cdev = 3 }, true, "only /dev/vfio/devices/vfio3 is known" },
		{ { .group = 0 }, false, NULL },
		{ { .group = 0 }, true, NULL },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
		struct vc_err err = VC_ERR_INIT;
		struct vc_device d;

		assert_int_equal(resolve(&arena, &cases[i].in,
		                         cases[i].no_host ? NULL : &host, &d, &err),
		                 0);
		assert_false(d.host.has_pci);
		assert_null(d.host.mdev_uuid);
		if (cases[i].why)
			assert_non_null(strstr(d.unresolved, cases[i].why));
		else
			assert_null(d.unresolved);
	}
}

static void test_refused(void **state VC_UNUSED)
{
	static const struct {
		struct subject in;
		const char *says, *is;
	} cases[] = {
		{ { .address = "0000:65:00.0", .group = 36 },
		  "group 36",
		  "'0000:65:00.0' is in group 37" },
		{ { .address = "0000:65:00.0", .group = -2 }, "group 0", "group 37" },
		{ { .cdev = 3, .group = 37 },
		  "group 37",
		  "'0000:66:00.0' is in group 38" },
		{ { .address = "0000:65:00.0", .cdev = 3 },
		  "'0000:65:00.0'",
		  "'0000:66:00.0'" },
		{ { .mdev = MDEV, .group = 61 }, "group 61", "group 60" },
		{ { .mdev = MDEV, .model = VC_MDEV_VFIO_PCI }, "vfio-pci", "vfio-ap" },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
		struct vc_err err = VC_ERR_INIT;
		struct vc_device d;

		assert_int_equal(resolve(&arena, &cases[i].in, &host, &d, &err),
		                 -VC_ERR_REFUSED);
		assert_non_null(strstr(err.msg, "cdi.yaml: /devices/0: says"));
		assert_non_null(strstr(err.msg, cases[i].says));
		assert_non_null(strstr(err.msg, cases[i].is));
	}
}

/* A stale file is in the way of those only who want its claim. */
static void test_stale_and_wanted(void **state VC_UNUSED)
{
	static char name[] = "vm7-dev", other[] = "other", uid[] = "u-1", upper[] = "U-1";
	static const struct {
		struct vc_binding binding;
		struct vc_claim claim;
		int result;
	} cases[] = {
		{ { .claim = name }, { .name = name, .uid = uid }, -VC_ERR_REFUSED },
		{ { .uid = upper, .claim = other }, { .uid = uid }, -VC_ERR_REFUSED },
		{ { .pod_claim = other }, { .name = name }, -VC_ERR_REFUSED },
		{ { .pod_claim = other, .claim = other },
		  { .name = name },
		  -VC_ERR_REFUSED },
		{ { .device = other }, { .uid = uid }, -VC_ERR_REFUSED },
		{ { .claim = other }, { .name = name, .uid = uid }, 0 },
		{ { .claim = name }, { .uid = uid }, 0 },
		{ { .pod_claim = other, .claim = other }, { .uid = uid }, 0 },
		{ { .uid = other, .claim = other }, { .name = name }, 0 },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
		struct vc_binding binding = cases[i].binding;
		struct vc_bindings wanted = { .v = &binding, .n = 1 };
		struct vc_device device = VC_DEVICE_INIT;
		struct vc_claim claim = cases[i].claim;
		struct vc_claims claims = { .v = &claim, .n = 1 };
		struct vc_err err = VC_ERR_INIT;

		device.host.has_pci = true;
		device.host.pci.bus = 0x65;
		device.iommu_group = 12345;
		claim.devices = (struct vc_devices){ .v = &device, .n = 1 };
		assert_int_equal(vc_resolve(&arena, &claims, &host, &wanted, &err),
		                 cases[i].result);
		assert_int_equal(device.host.has_pci, cases[i].result != 0);
		if (cases[i].result == 0)
			assert_non_null(strstr(device.unresolved, "group 12345"));
	}
}

/* A claim that says in which boot it was prepared holds in no other one. */
static void test_boot(void **state VC_UNUSED)
{
	static char here[] = "9c1b0e52-64f3-4a8d-b7d0-15ce8a7f2b36";
	static char shouted[] = "9C1B0E52-64F3-4A8D-B7D0-15CE8A7F2B36";
	static char other[] = "00000000-64f3-4a8d-b7d0-15ce8a7f2b36";
	static char boot_name[] = VC_ATTR_BOOT_ID, ours[] = "Virt-claim.io";
	static char theirs[] = "gpu.example.com", lab[] = "lab", vm7[] = "vm7";
	static const struct {
		char *host, *claim, *driver, *name;
		const char *says; /* NULL: believed */
	} cases[] = {
		{ here, here, ours, vm7, NULL },
		{ here, shouted, ours, vm7, NULL },
		{ NULL, other, ours, vm7, NULL },
		{ here, other, ours, vm7, "run: virt-claim prepare lab/vm7" },
		{ here, other, ours, NULL, "let the driver prepare the claim again" },
		{ here, other, theirs, vm7, "let the driver prepare the claim again" },
		{ here, other, NULL, vm7, "let the driver prepare the claim again" },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
		char *texts[] = { cases[i].claim };
		struct vc_attribute a = { .name = boot_name,
			                  .type = VC_ATTRIBUTE_STRING,
			                  .n = 1,
			                  .strings = texts };
		struct vc_device device = VC_DEVICE_INIT;
		struct vc_claim claim = { .namespace = lab, .name = cases[i].name };
		struct vc_claims claims = { .v = &claim, .n = 1 };
		const struct vc_host_facts facts = { .boot_id = cases[i].host };
		const struct vc_bindings nobody = { 0 };
		struct vc_err err = VC_ERR_INIT;

		device.driver = cases[i].driver;
		device.host.kind = VC_KIND_PCI;
		device.host.has_pci = true;
		device.attributes.v = &a;
		device.attributes.n = 1;
		claim.devices = (struct vc_devices){ .v = &device, .n = 1 };
		assert_int_equal(vc_resolve(&arena, &claims, &facts, NULL, &err),
		                 cases[i].says ? -VC_ERR_REFUSED : 0);
		if (!cases[i].says)
			continue;
		assert_non_null(strstr(err.msg, cases[i].says));
		assert_non_null(strstr(err.msg, other));
		assert_non_null(strstr(err.msg, here));
		/* nobody asked for it */
		assert_true(device.host.has_pci);
		err = (struct vc_err)VC_ERR_INIT;
		assert_int_equal(vc_resolve(&arena, &claims, &facts, &nobody, &err), 0);
		assert_false(device.host.has_pci);
		assert_non_null(strstr(device.unresolved, "boot"));
		/* and without a machine to ask nothing is known */
		assert_int_equal(vc_resolve(&arena, &claims, NULL, NULL, &err), 0);
	}
}

static int fill_machine(void **state VC_UNUSED)
{
	for (size_t i = 0; i < VC_ARRAY_SIZE(machine); i++) {
		struct vc_function *f = vc_list_push(&host_arena, &host.functions);

		if (!f)
			return -1;
		f->address = machine[i].address;
		f->class_code = machine[i].class_code;
		f->on_vfio = machine[i].on_vfio;
		f->iommu_group = machine[i].group;
	}
	return 0;
}

static int release_machine(void **state VC_UNUSED)
{
	vc_arena_release(&host_arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_found),
		cmocka_unit_test(test_mdev),
		cmocka_unit_test(test_unresolved),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_stale_and_wanted),
		cmocka_unit_test(test_boot),
	};

	return cmocka_run_group_tests_name("resolve", tests, fill_machine,
	                                   release_machine);
}
