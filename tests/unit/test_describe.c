/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "cli/describe.h"
#include "cli/show.h"
#include "unit.h"

static char lab[] = "lab", vm7[] = "vm7-dev", gpu[] = "gpu", big[] = "big";
static char uid[] = "u-1", driver[] = "d.example.com", pool[] = "p", name[] = "n";
static char from[] = "0000:03:00.0", to[] = "0000:65:00.0";

static void test_requests(void **state VC_UNUSED)
{
	static const struct {
		struct vc_plan_device device;
		const char *expected;
	} cases[] = {
		{ { .namespace = lab, .claim = vm7, .request = gpu, .index = 1 },
		  "lab/vm7-dev:gpu" },
		{ { .claim = vm7, .request = gpu, .subrequest = big, .index = 2 },
		  "vm7-dev:gpu/big#2" },
		{ { .namespace = lab, .pod_claim = vm7, .request = gpu },
		  "lab/vm7-dev:gpu" },
		{ { .uid = uid, .namespace = lab }, "u-1" },
		{ { .uid = uid, .request = gpu }, "u-1:gpu" },
		{ { .action = VC_PLAN_ADD }, "-" },
	};
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++)
		assert_string_equal(vc_describe_request(&arena, &cases[i].device),
		                    cases[i].expected);
}

static void test_changes(void **state VC_UNUSED)
{
	static const struct {
		struct vc_plan_device device;
		const char *expected;
	} cases[] = {
		{ { .from = from, .to = to }, "0000:03:00.0 -> 0000:65:00.0" },
		{ { .from = to, .to = to }, "0000:65:00.0" },
		{ { .to = to }, "none -> 0000:65:00.0" },
		{ { .from = from }, "0000:03:00.0 -> none" },
		{ { .action = VC_PLAN_KEEP }, "-" },
	};
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++)
		assert_string_equal(vc_describe_change(&arena, &cases[i].device),
		                    cases[i].expected);
}

static void test_devices(void **state VC_UNUSED)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_device device = VC_DEVICE_INIT;

	assert_string_equal(vc_describe_device(&arena, driver, pool, name),
	                    "d.example.com/p/n");
	assert_string_equal(vc_describe_device(&arena, driver, NULL, name),
	                    "d.example.com/n");
	assert_string_equal(vc_describe_device(&arena, NULL, NULL, NULL), "-");

	assert_string_equal(vc_describe_host(&arena, &device), "-");
	device.host.kind = VC_KIND_PCI;
	device.host.has_pci = true;
	device.host.pci.bus = 0x65;
	assert_string_equal(vc_describe_host(&arena, &device), "pci 0000:65:00.0");
	device.host.mdev_uuid = uid;
	device.host.kind = VC_KIND_MDEV;
	assert_string_equal(vc_describe_host(&arena, &device), "mdev u-1");
}

/* The facts that are missing, in order, separated by commas. */
static void expect(const struct vc_missings *list, const char *expected)
{
	char text[256] = "";

	for (size_t i = 0; i < list->n; i++) {
		size_t used = strlen(text);

		assert_non_null(list->v[i].hint);
		(void)snprintf(text + used, sizeof(text) - used, "%s%s",
		               used > 0 ? "," : "", list->v[i].fact);
	}
	assert_string_equal(text, expected);
}

static void test_missing(void **state VC_UNUSED)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_device device = VC_DEVICE_INIT;
	struct vc_err err = VC_ERR_INIT;
	struct vc_missings list = { 0 };
	struct vc_claim claim = { 0 };

	assert_int_equal(vc_show_missing_of_claim(&arena, &claim, &list, &err), 0);
	expect(&list, "UID,namespace,name,owner");
	claim = (struct vc_claim){
		.uid = uid, .namespace = lab, .name = vm7, .from_api = true
	};
	list = (struct vc_missings){ 0 };
	assert_int_equal(vc_show_missing_of_claim(&arena, &claim, &list, &err), 0);
	expect(&list, "");

	assert_int_equal(vc_show_missing_of_device(&arena, &device, &list, &err), 0);
	expect(&list, "request,driver,device name,host address");
	assert_non_null(strstr(list.v[3].hint, "CDI"));
	device.request = gpu;
	device.driver = driver;
	device.name = name;
	device.iommu_group = 37;
	list = (struct vc_missings){ 0 };
	assert_int_equal(vc_show_missing_of_device(&arena, &device, &list, &err), 0);
	expect(&list, "host address");
	assert_non_null(strstr(list.v[0].hint, "--sysfs"));
	device.host.kind = VC_KIND_PCI;
	device.host.has_pci = true;
	list = (struct vc_missings){ 0 };
	assert_int_equal(vc_show_missing_of_device(&arena, &device, &list, &err), 0);
	expect(&list, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_requests),
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_devices),
		cmocka_unit_test(test_missing),
	};

	return cmocka_run_group_tests_name("describe", tests, NULL, NULL);
}
