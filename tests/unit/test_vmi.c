/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "claim/vmi.h"
#include "unit.h"

struct fixture {
	struct vc_arena arena;
	struct vc_vmi vmi;
	struct vc_err err;
};

static int set_up(void **state)
{
	static struct fixture f;

	f = (struct fixture){ .arena = VC_ARENA_INIT, .err = VC_ERR_INIT };
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	vc_arena_release(&f->arena);
	return 0;
}

static int read_text(struct fixture *f, const char *text, size_t len, const char *name)
{
	VC_AUTO_TREE struct vc_tree *tree = NULL;

	if (vc_tree_parse(text, len, name, &tree, &f->err) < 0)
		fail_msg("%s", f->err.msg);
	return vc_vmi_read(&f->arena, tree, &f->vmi, &f->err);
}

static void read_fixture(struct fixture *f, const char *name)
{
	char path[512], *text;
	size_t len;

	(void)snprintf(path, sizeof(path), "%s/vmi/%s", VC_FIXTURES, name);
	if (vc_file_read(&f->arena, AT_FDCWD, path, 0, &text, &len, &f->err) < 0 ||
	    read_text(f, text, len, name) < 0)
		fail_msg("%s", f->err.msg);
}

static void check_text(const char *text, const char *expected)
{
	if (expected)
		assert_string_equal(text, expected);
	else
		assert_null(text);
}

#define ANNOTATION "vmi.json: /metadata/annotations/virt-claim.io~1devices: "

static void test_vmi(void **state)
{
	static const struct {
		const char *alias, *claim, *pod_claim, *request, *subrequest;
		unsigned index;
		bool kubevirt, primary;
		const char *origin;
	} expected[] = {
		{ "ua-dra-hostdevice-scratch", "orchid-disks", NULL, "nvme", NULL, 1,
		  true, false, "vmi.json: /spec/domain/devices/hostDevices/1" },
		{ "ua-dra-gpu-g0", NULL, "accelerators", "gpu", NULL, 1, true, true,
		  "vmi.json: /spec/domain/devices/gpus/0" },
		{ "ua-dra-gpu-g1", NULL, "accelerators", "vgpu", NULL, 1, true, true,
		  "vmi.json: /spec/domain/devices/gpus/1" },
		{ "ua-sriov-fabric", NULL, "nets", "nic", "fast", 1, true, false,
		  "vmi.json: /spec/networks/1" },
		{ "ua-second", "orchid-disks", NULL, "nvme", NULL, 2, false, false,
		  ANNOTATION "/devices/1" },
		{ "ua-audio", "orchid-audio", NULL, "card", "onboard", 0, false, false,
		  ANNOTATION "/devices/2" },
	};
	struct fixture *f = *state;

	read_fixture(f, "vmi.json");
	assert_string_equal(f->vmi.namespace, "conservatory");
	assert_string_equal(f->vmi.name, "orchid");
	assert_string_equal(f->vmi.uid, "a41d7b60-0e9c-4b8f-95f2-c6d83e07b866");
	assert_string_equal(f->vmi.vm_uid, "0c77e1f4-8b26-47d9-a0f3-6d1b94e2c533");
	assert_int_equal(f->vmi.bindings.n, VC_ARRAY_SIZE(expected));
	for (size_t i = 0; i < VC_ARRAY_SIZE(expected); i++) {
		const struct vc_binding *b = &f->vmi.bindings.v[i];

		check_text(b->alias, expected[i].alias);
		check_text(b->namespace, "conservatory");
		check_text(b->claim, expected[i].claim);
		check_text(b->pod_claim, expected[i].pod_claim);
		check_text(b->request, expected[i].request);
		check_text(b->subrequest, expected[i].subrequest);
		check_text(b->origin, expected[i].origin);
		assert_int_equal(b->index, expected[i].index);
		assert_int_equal(b->kubevirt_made, expected[i].kubevirt);
		assert_int_equal(b->primary_display, expected[i].primary);
		assert_int_equal(b->origin_kind, expected[i].kubevirt
		                                         ? VC_BINDING_VMI
		                                         : VC_BINDING_ANNOTATION);
	}
}

static void test_options(void **state)
{
	struct fixture *f = *state;
	const struct vc_options *o;

	read_fixture(f, "vmi.json");
	o = &f->vmi.bindings.v[0].options;
	assert_true(o->address.set);
	assert_int_equal(o->address.bus, 7);
	assert_int_equal(o->boot_order, 2);
	assert_int_equal(o->rom_bar, VC_NO);
	assert_null(o->rom_file);
	o = &f->vmi.bindings.v[3].options;
	assert_int_equal(o->address.bus, 0x81);
	assert_int_equal(o->address.slot, 1);
	assert_int_equal(o->boot_order, 3);
	assert_int_equal(f->vmi.bindings.v[1].options.display, VC_UNKNOWN);
}

static void test_display(void **state)
{
	static const enum vc_tri expected[][2] = {
		{ VC_UNKNOWN, VC_UNKNOWN },
		{ VC_YES, VC_YES },
		{ VC_YES, VC_NO },
		{ VC_NO, VC_UNKNOWN },
	};
	struct fixture *f = *state;

	read_fixture(f, "display.yaml");
	assert_int_equal(f->vmi.bindings.n, VC_ARRAY_SIZE(expected));
	for (size_t i = 0; i < VC_ARRAY_SIZE(expected); i++) {
		const struct vc_binding *b = &f->vmi.bindings.v[i];

		assert_int_equal(b->options.display, expected[i][0]);
		assert_int_equal(b->options.ramfb, expected[i][1]);
		assert_false(b->primary_display);
	}
}

/* KubeVirt's hook input has no kind, and nulls where lists are empty. */
static void test_hook_input(void **state)
{
	struct fixture *f = *state;

	read_fixture(f, "hook.json");
	assert_string_equal(f->vmi.name, "moss");
	assert_null(f->vmi.uid);
	assert_null(f->vmi.vm_uid);
	assert_int_equal(f->vmi.bindings.n, 0);
}

#define HEAD  "metadata: {name: a}\n"
#define NAMES HEAD "spec:\n  resourceClaims: [{name: c, resourceClaimName: d}]\n"

static const struct {
	const char *text, *message;
} refused[] = {
	{ "kind: VirtualMachine\napiVersion: kubevirt.io/v1\n" HEAD "spec: {}",
	  "x: expected a VirtualMachineInstance, not the VirtualMachine; `kubectl get vmi" },
	{ "kind: Pod\napiVersion: v1\n" HEAD "spec: {}", "not Pod of v1" },
	{ "apiVersion: kubevirt.org/v1\n" HEAD "spec: {}",
	  "not an object of kubevirt.org" },
	{ HEAD "spec: {}\n---\n" HEAD "spec: {}", "not 2 documents" },
	{ "[]", "x: expected an object" },
	{ "spec: {}", "x: 'metadata' is missing" },
	{ "metadata: {}", "x: /metadata: 'name' is missing" },
	{ HEAD, "x: 'spec' is missing" },
	{ HEAD "spec: []", "x: /spec: expected an object" },
	{ HEAD "spec: {resourceClaims: {}}", "x: /spec/resourceClaims: expected" },
	{ HEAD "spec: {resourceClaims: [{name: A}]}", "x: /spec/resourceClaims/0/name" },
	{ HEAD "spec: {resourceClaims: [{name: a, resourceClaimName: /}]}",
	  "x: /spec/resourceClaims/0/resourceClaimName: expected a DNS subdomain" },
	{ HEAD "spec: {domain: 1}", "x: /spec/domain: expected an object" },
	{ HEAD "spec: {domain: {devices: []}}", "x: /spec/domain/devices" },
	{ HEAD "spec: {domain: {devices: {gpus: {}}}}", "x: /spec/domain/devices/gpus" },
	{ HEAD "spec: {domain: {devices: {hostDevices: [1]}}}",
	  "/hostDevices/0: expected" },
	{ NAMES "  domain: {devices: {hostDevices: [{name: n, claimName: c}]}}",
	  "/hostDevices/0: 'requestName' is missing" },
	{ NAMES "  domain: {devices: {hostDevices: [{name: n, requestName: c}]}}",
	  "/hostDevices/0: 'claimName' is missing" },
	{ NAMES "  domain: {devices: {gpus: [{claimName: c, requestName: r}]}}",
	  "/gpus/0: 'name' is missing" },
	{ NAMES "  domain: {devices: {gpus: [{name: n, claimName: e, requestName: r}]}}",
	  "x: /spec/domain/devices/gpus/0/claimName: 'e' is not in /spec/resourceClaims" },
	{ NAMES "  domain: {devices: {gpus: [{name: n, claimName: c, requestName: R}]}}",
	  "/gpus/0/requestName: expected the name of a request" },
	{ NAMES
	  "  domain: {devices: {gpus: [{name: a.b, claimName: c, requestName: r}]}}",
	  "/gpus/0: libvirt drops the alias 'ua-dra-gpu-a.b'" },
	{ NAMES "  domain: {devices: {gpus: [{name: n, claimName: c, requestName: r}, "
	        "{name: n, claimName: c, requestName: s}]}}",
	  "/gpus/1: a second device with the name 'n'" },
	{ NAMES
	  "  domain: {devices: {gpus: [{name: n, virtualGPUOptions: {display: on-}}]}}",
	  "/virtualGPUOptions/display: expected an object" },
	{ NAMES "  domain: {devices: {gpus: [{name: n, virtualGPUOptions: {display: "
	        "{enabled: 1}}}]}}",
	  "/display/enabled: expected a boolean" },
	{ NAMES
	  "  domain: {devices: {interfaces: [{name: n, sriov: {}, bootOrder: 0}]}}\n"
	  "  networks: [{name: n, resourceClaim: {claimName: c, requestName: r}}]",
	  "/interfaces/0/bootOrder: expected a number from 1" },
	{ NAMES
	  "  domain: {devices: {interfaces: [{name: n, sriov: {}, pciAddress: x}]}}\n"
	  "  networks: [{name: n, resourceClaim: {claimName: c, requestName: r}}]",
	  "/interfaces/0/pciAddress: expected a guest PCI address" },
	{ NAMES "  domain: {devices: {interfaces: [{name: n, sriov: {}}]}}\n"
	        "  networks: [{name: n, resourceClaim: {claimName: c}}]",
	  "x: /spec/networks/0/resourceClaim: 'requestName' is missing" },
	{ "metadata: {name: a, annotations: {virt-claim.io/devices: {}}}\nspec: {}",
	  "x: /metadata/annotations/virt-claim.io~1devices: expected a string" },
	{ "metadata: {name: a, annotations: {virt-claim.io/devices: \"devices: []\"}}\n"
	  "spec: {}",
	  "virt-claim.io~1devices: expected a JSON object" },
	{ "metadata: {name: a, annotations: {virt-claim.io/devices: '{\"devices\": [}'}}\n"
	  "spec: {}",
	  "x: /metadata/annotations/virt-claim.io~1devices:1:14: " },
	{ "metadata: {name: a, annotations: {virt-claim.io/devices: '{\"devices\": []} {}'}}\n"
	  "spec: {}",
	  "virt-claim.io~1devices: expected one JSON object, not 2" },
};

static void test_refused(void **state)
{
	for (size_t i = 0; i < VC_ARRAY_SIZE(refused); i++) {
		struct fixture *f = *state;
		int r;

		f->vmi.vm_uid = f->err.msg;
		r = read_text(f, refused[i].text, strlen(refused[i].text), "x");
		if (r != -VC_ERR_INPUT || !strstr(f->err.msg, refused[i].message))
			fail_msg("%d '%s' is not in '%s' for %s", r, refused[i].message,
			         f->err.msg, refused[i].text);
		assert_ptr_equal(f->vmi.vm_uid, f->err.msg);
	}
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_vmi),        TEST(test_options), TEST(test_display),
		TEST(test_hook_input), TEST(test_refused),
	};

	return cmocka_run_group_tests_name("vmi", tests, NULL, NULL);
}
