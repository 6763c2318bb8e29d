/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "hook/qemu_hook.h"
#include "unit.h"

static char alias_gpu[] = "ua-gpu", alias_nvme[] = "ua-nvme", alias_other[] = "ua-other";
static char from[] = "0000:65:00.0", to[] = "0000:66:00.0";
static char ns[] = "lab", claim[] = "vm7-dev", request[] = "gpu";
static char uuid[] = "4b20d080-1b54-4048-85b3-a6a62d165c01";

#define REMEDY "do it right"

static void test_steps(void **state VC_UNUSED)
{
	static const struct {
		const char *operation, *suboperation;
		enum vc_qemu_step step;
	} cases[] = {
		{ "prepare", "begin", VC_QEMU_VERIFY },
		{ "started", "begin", VC_QEMU_CONFIRM },
		{ "reconnect", "begin", VC_QEMU_CONFIRM },
		{ "release", "end", VC_QEMU_RELEASE },
		{ "migrate", "begin", VC_QEMU_REWRITE },
		{ "restore", "begin", VC_QEMU_REWRITE },
		{ "start", "begin", VC_QEMU_NOTHING },
		{ "stopped", "end", VC_QEMU_NOTHING },
		{ "attach", "begin", VC_QEMU_NOTHING },
		{ "release", "begin", VC_QEMU_NOTHING },
		{ "prepare", "", VC_QEMU_NOTHING },
		{ "", "begin", VC_QEMU_NOTHING },
		{ "prepare begin", "begin", VC_QEMU_NOTHING },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++)
		assert_int_equal(vc_qemu_step(cases[i].operation, cases[i].suboperation),
		                 cases[i].step);
}

static void test_cannot_claim(void **state VC_UNUSED)
{
	static const struct {
		const char *xml;
		bool result;
	} cases[] = {
		{ "<domain></domain>", true },
		{ "<domain type='kvm'>\n <name>a &amp; b</name>\n</domain>\n", true },
		{ "", false },
		{ " <domain></domain>", false },
		{ "<domain>", false },
		{ "<domain/>", false },
		{ "</domain> x", false },
		{ "<domain xmlns:v='urn:virt-claim:domain:1'></domain>", false },
		{ "<domain xmlns:v='urn&#58;virt-claim:domain:1'></domain>", false },
		{ "<!DOCTYPE x><domain></domain>", false },
		{ "<?xml version='1.0' encoding='UTF-7'?><domain></domain>", false },
	};
	static const char wide[] = "<\0d\0o\0m\0a\0i\0n\0/\0>\0</domain>";

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++)
		assert_int_equal(vc_qemu_cannot_claim(cases[i].xml, strlen(cases[i].xml)),
		                 cases[i].result);
	assert_false(vc_qemu_cannot_claim(wide, sizeof(wide) - 1));
}

static void test_leases(void **state VC_UNUSED)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_hostdev hostdevs[] = {
		{ .host = { VC_KIND_PCI, .has_pci = true, .pci = { 0, 1, 0, 0 } } },
		{ .alias = alias_nvme, .host = { VC_KIND_MDEV, .mdev_uuid = uuid } },
		{ .alias = alias_gpu,
		  .host = { VC_KIND_PCI, .has_pci = true, .pci = { 0, 0x65, 0, 0 } } },
		{ .alias = alias_other }, /* usb */
	};
	struct vc_record records[] = {
		{ .binding = { .alias = alias_gpu } },
		{ .binding = { .alias = alias_nvme } },
		{ .binding = { .alias = alias_other } },
		{ .binding = { .alias = request } }, /* its element has gone */
	};
	const struct vc_domain domain = {
		.hostdevs = { .v = hostdevs, .n = VC_ARRAY_SIZE(hostdevs) },
		.records = { .v = records, .n = VC_ARRAY_SIZE(records) },
	};
	struct vc_err err = VC_ERR_INIT;
	struct vc_names names;

	assert_int_equal(vc_qemu_leases(&arena, &domain, &names, &err), 0);
	assert_int_equal(names.n, 2);
	assert_string_equal(names.v[0], "pci-0000:65:00.0");
	assert_string_equal(names.v[1], "mdev-4b20d080-1b54-4048-85b3-a6a62d165c01");
}

static struct vc_plan_device planned(enum vc_plan_action action)
{
	return (struct vc_plan_device){
		.action = action,
		.alias = alias_gpu,
		.host = { VC_KIND_PCI, .has_pci = true, .pci = { 0, 0x65, 0, 0 } },
		.at = action == VC_PLAN_ADD ? 0 : 1,
		.namespace = ns,
		.claim = claim,
		.request = request,
		.index = 1,
		.from = action == VC_PLAN_ADD ? NULL : from,
		.to = action == VC_PLAN_REMOVE ? NULL : to,
	};
}

/* A translation whose plan is @devices, of a domain with one PCI host device. */
static struct vc_translation with_plan(struct vc_plan_device *devices, size_t n)
{
	static struct vc_hostdev hostdev = { .at = 1, .host.kind = VC_KIND_PCI };

	return (struct vc_translation){
		.domain = { .hostdevs = { .v = &hostdev, .n = 1 } },
		.plan = { .devices = { .v = devices, .n = n } },
	};
}

static void test_start_is_right(void **state VC_UNUSED)
{
	struct vc_plan_device device = planned(VC_PLAN_KEEP);
	struct vc_translation t = with_plan(&device, 1);
	struct vc_function function = { .address = { 0, 0x65, 0, 0 } };
	struct vc_err err = VC_ERR_INIT;

	assert_int_equal(vc_qemu_judge_start(&t, REMEDY, &err), 0);
	t.changed = true; /* of the metadata only */
	assert_int_equal(vc_qemu_judge_start(&t, REMEDY, &err), 0);
	t.have_host = true;
	t.host.functions.v = &function;
	t.host.functions.n = 1;
	assert_int_equal(vc_qemu_judge_start(&t, REMEDY, &err), 0);
	t.plan.devices.n = 0;
	assert_int_equal(vc_qemu_judge_start(&t, REMEDY, &err), 0);
}

static void test_start_is_wrong(void **state VC_UNUSED)
{
	static const struct {
		enum vc_plan_action action;
		const char *message;
	} cases[] = {
		{ VC_PLAN_CHANGE, "ua-gpu has 0000:65:00.0, claim lab/vm7-dev:gpu is now "
		                  "0000:66:00.0; run: " REMEDY },
		{ VC_PLAN_ADD,
		  "ua-gpu is missing, claim lab/vm7-dev:gpu is 0000:66:00.0; "
		  "run: " REMEDY },
		{ VC_PLAN_REMOVE, "ua-gpu has 0000:65:00.0, claim lab/vm7-dev:gpu no "
		                  "longer has such a device; run: " REMEDY },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		struct vc_plan_device device = planned(cases[i].action);
		struct vc_translation t = with_plan(&device, 1);
		struct vc_err err = VC_ERR_INIT;

		assert_int_equal(vc_qemu_judge_start(&t, REMEDY, &err), -VC_ERR_REFUSED);
		assert_string_equal(err.msg, cases[i].message);
	}
}

static void test_device_is_gone(void **state VC_UNUSED)
{
	struct vc_plan_device device = planned(VC_PLAN_KEEP);
	struct vc_translation t = with_plan(&device, 1);
	struct vc_err err = VC_ERR_INIT;

	t.have_host = true;
	assert_int_equal(vc_qemu_judge_start(&t, REMEDY, &err), -VC_ERR_REFUSED);
	assert_string_equal(err.msg,
	                    "ua-gpu has 0000:65:00.0, which this machine does not have");
}

static void test_many_reasons(void **state VC_UNUSED)
{
	struct vc_plan_device devices[5];
	struct vc_translation t = with_plan(devices, VC_ARRAY_SIZE(devices));
	struct vc_err err = VC_ERR_INIT;

	for (size_t i = 0; i < VC_ARRAY_SIZE(devices); i++)
		devices[i] = planned(VC_PLAN_CHANGE);
	assert_int_equal(vc_qemu_judge_start(&t, REMEDY, &err), -VC_ERR_REFUSED);
	assert_non_null(strstr(err.msg, "; and 2 more; run: " REMEDY));
	assert_null(strchr(err.msg, '\n'));
}

static void test_rewrite_keeps_abi(void **state VC_UNUSED)
{
	static const struct {
		enum vc_plan_action action;
		enum vc_kind kind;
		int result;
	} cases[] = {
		{ VC_PLAN_KEEP, VC_KIND_PCI, 0 },
		{ VC_PLAN_CHANGE, VC_KIND_PCI, 0 },
		{ VC_PLAN_CHANGE, VC_KIND_MDEV, -VC_ERR_REFUSED },
		{ VC_PLAN_ADD, VC_KIND_PCI, -VC_ERR_REFUSED },
		{ VC_PLAN_REMOVE, VC_KIND_PCI, -VC_ERR_REFUSED },
		{ VC_PLAN_ADOPT, VC_KIND_PCI, -VC_ERR_REFUSED },
		{ VC_PLAN_UNBIND, VC_KIND_PCI, -VC_ERR_REFUSED },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		struct vc_plan_device device = planned(cases[i].action);
		struct vc_translation t = with_plan(&device, 1);
		struct vc_err err = VC_ERR_INIT;

		device.host.kind = cases[i].kind;
		assert_int_equal(vc_qemu_judge_rewrite(&t, &err), cases[i].result);
	}
}

static void test_remedy_is_for_a_shell(void **state VC_UNUSED)
{
	static const struct {
		const char *name, *command;
		bool system;
	} cases[] = {
		{ "vm1", "virt-claim sync --connect qemu:///system vm1", true },
		{ "a'b $(x)", "virt-claim sync --connect qemu:///session 'a'\\''b $(x)'",
		  false },
		{ "-x", "virt-claim sync --connect qemu:///system -- -x", true },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
		struct vc_err err = VC_ERR_INIT;
		char *command;

		assert_int_equal(vc_qemu_remedy(&arena, cases[i].name, cases[i].system,
		                                &command, &err),
		                 0);
		assert_string_equal(command, cases[i].command);
	}
}

static void test_command_line(void **state VC_UNUSED)
{
	char *argv[] = { alias_gpu, alias_gpu, from, to, ns, NULL };
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_hook_answer answer = { 0 };
	struct vc_err err = VC_ERR_INIT;

	for (int argc = 1; argc < 5; argc++)
		assert_int_equal(vc_qemu_hook(&arena, argc, argv, &answer, &err),
		                 -VC_ERR_USAGE);
	/* An unknown operation does not even read its input. */
	assert_int_equal(vc_qemu_hook(&arena, 5, argv, &answer, &err), 0);
	assert_int_equal(answer.len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_steps),
		cmocka_unit_test(test_cannot_claim),
		cmocka_unit_test(test_leases),
		cmocka_unit_test(test_start_is_right),
		cmocka_unit_test(test_start_is_wrong),
		cmocka_unit_test(test_device_is_gone),
		cmocka_unit_test(test_many_reasons),
		cmocka_unit_test(test_rewrite_keeps_abi),
		cmocka_unit_test(test_remedy_is_for_a_shell),
		cmocka_unit_test(test_command_line),
	};

	return cmocka_run_group_tests_name("qemu_hook", tests, NULL, NULL);
}
