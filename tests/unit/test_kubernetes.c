/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "claim/kubernetes.h"
#include "unit.h"

struct fixture {
	struct vc_arena arena;
	struct vc_facts facts;
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
	return vc_kubernetes_read(&f->arena, tree, &f->facts, &f->err);
}

static void read_fixture(struct fixture *f, const char *name)
{
	char path[512], *text;
	size_t len;

	(void)snprintf(path, sizeof(path), "%s/kubernetes/%s", VC_FIXTURES, name);
	if (vc_file_read(&f->arena, AT_FDCWD, path, 0, &text, &len, &f->err) < 0 ||
	    read_text(f, text, len, name) < 0)
		fail_msg("%s", f->err.msg);
}

static void test_claim(void **state)
{
	static const struct {
		const char *request, *subrequest, *driver, *pool, *name;
		enum vc_tri admin;
	} results[] = {
		{ "gpu", NULL, "GPU.botany.example", "greenhouse-2", "gpu-3", VC_NO },
		{ "gpu", NULL, "gpu.botany.example", "greenhouse-2", "gpu-1", VC_NO },
		{ "nic", "fast", "nic.botany.example", "greenhouse-2/fabric", "vf-12",
		  VC_NO },
		{ "monitor", NULL, "gpu.botany.example", "greenhouse-2", "gpu-0",
		  VC_YES },
	};
	struct fixture *f = *state;
	const struct vc_claim *c;

	read_fixture(f, "claim-v1.json");
	assert_int_equal(f->facts.claims.n, 1);
	c = f->facts.claims.v;
	assert_string_equal(c->uid, "d9b4a2c8-6f1e-4d07-9a35-58c7e0b1f422");
	assert_string_equal(c->namespace, "conservatory");
	assert_string_equal(c->name, "virt-launcher-orchid-q7xkd-accelerators-8w2hn");
	assert_string_equal(c->pod_claim, "accelerators");
	assert_string_equal(c->origin, "claim-v1.json");
	assert_true(c->from_api);
	assert_true(c->allocated);
	assert_false(c->deleting);
	assert_int_equal(c->generation, 0);
	assert_int_equal(c->devices.n, VC_ARRAY_SIZE(results));
	for (size_t i = 0; i < VC_ARRAY_SIZE(results); i++) {
		const struct vc_device *d = &c->devices.v[i];

		assert_string_equal(d->request, results[i].request);
		if (results[i].subrequest)
			assert_string_equal(d->subrequest, results[i].subrequest);
		else
			assert_null(d->subrequest);
		assert_string_equal(d->driver, results[i].driver);
		assert_string_equal(d->pool, results[i].pool);
		assert_string_equal(d->name, results[i].name);
		assert_int_equal(d->admin_access, results[i].admin);
		assert_false(d->host.has_pci);
		assert_int_equal(d->iommu_group, -1);
	}
	assert_string_equal(c->devices.v[1].origin,
	                    "claim-v1.json: /status/allocation/devices/results/1");
}

static void test_claim_status(void **state)
{
	struct fixture *f = *state;
	const struct vc_claim *c;

	read_fixture(f, "claim-v1.json");
	c = f->facts.claims.v;
	assert_int_equal(c->owners.n, 1);
	assert_string_equal(c->owners.v[0].resource, "Pod");
	assert_string_equal(c->owners.v[0].api_group, "");
	assert_int_equal(c->reserved_for.n, 2);
	assert_string_equal(c->reserved_for.v[0].api_group, "");
	assert_string_equal(c->reserved_for.v[0].resource, "pods");
	assert_string_equal(c->reserved_for.v[1].api_group, "kubevirt.io");
	assert_string_equal(c->reserved_for.v[1].name, "orchid");
	assert_string_equal(c->devices.v[2].interface_name, "net1");
	assert_string_equal(c->devices.v[2].hardware_address, "02:5e:00:00:12:01");
	assert_int_equal(c->devices.v[2].ips.n, 2);
	assert_string_equal(c->devices.v[2].ips.v[1], "2001:db8::12/64");
	assert_null(c->devices.v[1].interface_name);
}

static void test_beta_claims(void **state)
{
	struct fixture *f = *state;
	const struct vc_claim *c;

	read_fixture(f, "claim-v1beta1.yaml");
	read_fixture(f, "claim-v1beta2.json");
	assert_int_equal(f->facts.claims.n, 2);
	c = f->facts.claims.v;
	assert_true(c[0].deleting);
	assert_true(c[0].allocated);
	assert_int_equal(c[0].devices.n, 1);
	assert_string_equal(c[0].devices.v[0].name, "nvme-7");
	assert_int_equal(c[0].reserved_for.n, 0);
	assert_true(c[1].from_api);
	assert_false(c[1].allocated);
	assert_int_equal(c[1].devices.n, 0);
}

static void test_list(void **state)
{
	struct fixture *f = *state;
	const struct vc_device *d;
	const struct vc_pod *p;

	read_fixture(f, "list.json");
	assert_int_equal(f->facts.claims.n, 0);
	assert_int_equal(f->facts.slices.n, 2);
	assert_string_equal(f->facts.slices.v[0].node, "greenhouse-2");
	assert_int_equal(f->facts.slices.v[0].generation, 6);
	assert_int_equal(f->facts.slices.v[0].slice_count, 1);
	assert_string_equal(f->facts.slices.v[0].origin, "list.json: /items/2");
	assert_null(f->facts.slices.v[1].node);
	assert_int_equal(f->facts.slices.v[1].devices.n, 0);
	d = f->facts.slices.v[0].devices.v;
	assert_int_equal(f->facts.slices.v[0].devices.n, 3);
	assert_true(d[0].host.has_pci);
	assert_int_equal(d[0].host.pci.bus, 0x65);
	assert_string_equal(
		vc_attributes_string(&d[0].attributes, "gpu.botany.example/model"),
		"Petal 9");
	assert_false(d[2].host.has_pci);

	assert_int_equal(f->facts.pods.n, 1);
	p = f->facts.pods.v;
	assert_string_equal(p->owners.v[0].api_group, "kubevirt.io");
	assert_int_equal(p->claims.n, 3);
	assert_string_equal(p->claims.v[0].claim_name,
	                    "virt-launcher-orchid-q7xkd-accelerators-8w2hn");
	assert_string_equal(p->claims.v[1].claim_name, "orchid-disks");
	assert_null(p->claims.v[2].claim_name);

	assert_int_equal(f->facts.notes.n, 2);
	assert_non_null(
		strstr(f->facts.notes.v[0], "list.json: /items/2/spec/devices/2"));
	assert_string_equal(f->facts.notes.v[1],
	                    "list.json: 2 of kind 'Secret' skipped: not used");
	assert_int_equal(f->err.kind, VC_ERR_NONE);
}

static void test_api_list(void **state)
{
	struct fixture *f = *state;

	read_fixture(f, "resourceclaimlist.json");
	assert_int_equal(f->facts.claims.n, 2);
	assert_string_equal(f->facts.claims.v[0].uid, "uid-a");
	assert_false(f->facts.claims.v[0].allocated);
	assert_true(f->facts.claims.v[1].allocated);
	assert_int_equal(f->facts.notes.n, 0);
}

static void test_beta_slices(void **state)
{
	struct fixture *f = *state;
	const struct vc_slice *s;

	read_fixture(f, "slices-v1beta1.yaml");
	assert_int_equal(f->facts.slices.n, 2);
	s = f->facts.slices.v;
	assert_int_equal(s[0].devices.v[0].host.pci.bus, 0x41);
	assert_string_equal(vc_attributes_string(&s[0].devices.v[0].attributes,
	                                         "nvme.botany.example/serial"),
	                    "S7F2");
	assert_null(s[1].node);
	assert_string_equal(s[1].origin, "slices-v1beta1.yaml: document 2");
}

static void test_accepted(void **state)
{
	static const struct {
		const char *text;
		size_t claims, notes;
	} cases[] = {
		{ "{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[]}", 0, 0 },
		{ "{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":null}", 0, 0 },
		{ "{\"apiVersion\":\"v1\",\"kind\":\"PodList\"}", 0, 0 },
		/* a manifest that no server has seen */
		{ "apiVersion: resource.k8s.io/v1\nkind: ResourceClaim\n"
		  "metadata: {name: a}\n",
		  1, 0 },
		/* another group's Pod is not ours */
		{ "apiVersion: resource.k8s.io/v1\nkind: ResourceClaim\n"
		  "metadata: {name: a}\n"
		  "---\napiVersion: example.org/v1\nkind: Pod\n---\n"
		  "apiVersion: resource.k8s.io/v1\nkind: DeviceClass\n",
		  1, 2 },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		struct fixture *f = *state;

		f->facts = (struct vc_facts){ 0 };
		if (read_text(f, cases[i].text, strlen(cases[i].text), "x") < 0)
			fail_msg("%s", f->err.msg);
		assert_int_equal(f->facts.claims.n, cases[i].claims);
		assert_int_equal(f->facts.notes.n, cases[i].notes);
	}
}

#define CLAIM "apiVersion: resource.k8s.io/v1\nkind: ResourceClaim\n"
#define NAMED CLAIM "metadata: {name: a, uid: u}\n"
#define RESULT \
	NAMED "status: {allocation: {devices: {results: [{request: r, driver: d.example, pool: p, device: d}"
#define SLICE "apiVersion: resource.k8s.io/v1\nkind: ResourceSlice\nmetadata: {name: s}\n"
#define POD   "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n"

static const struct {
	const char *text, *message;
} refused[] = {
	{ "[]", "x: expected a Kubernetes object" },
	{ "{}", "x: expected a Kubernetes object with" },
	{ "kind: Pod", "'apiVersion' and 'kind'" },
	{ "{\"kind\":\"List\",\"items\":{}}", "x: /items: expected an array" },
	{ "{\"kind\":\"List\",\"items\":[7]}", "x: /items/0: expected a Kubernetes" },
	{ "{\"kind\":\"List\",\"items\":[{}]}", "x: /items/0: expected" },
	{ "apiVersion: v1\nkind: Secret",
	  "expected a ResourceClaim, ResourceSlice or Pod, or a list of them, "
	  "not a Secret" },
	{ "apiVersion: kubevirt.io/v1\nkind: VirtualMachineInstance", "--vmi" },
	{ "{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[{\"kind\":\"List\","
	  "\"apiVersion\":\"v1\"}]}",
	  "not a List" },
	{ "apiVersion: resource.k8s.io/v1alpha3\nkind: ResourceClaim",
	  "'resource.k8s.io/v1alpha3' of a ResourceClaim is not known; expected "
	  "resource.k8s.io/v1, v1beta2 or v1beta1" },
	{ "apiVersion: v2\nkind: Pod", "expected v1" },
	{ "apiVersion: resource.k8s.io/v1\nkind: ResourceSliceList\nitems: [{}]",
	  "x: /items/0: 'spec'" },
	{ CLAIM, "'metadata' is missing" },
	{ CLAIM "metadata: []", "x: /metadata: expected an object" },
	{ CLAIM "metadata: {}", "x: /metadata: 'name' is missing" },
	{ CLAIM "metadata: {name: ../a}", "x: /metadata/name: expected a DNS" },
	{ CLAIM "metadata: {name: a, namespace: a.b}", "x: /metadata/namespace" },
	{ CLAIM "metadata: {name: a, uid: \"a b\"}", "x: /metadata/uid" },
	{ CLAIM "metadata: {name: a, deletionTimestamp: 1}", "/deletionTimestamp" },
	{ CLAIM "metadata: {name: a, ownerReferences: [{}]}", "/ownerReferences/0" },
	{ CLAIM "metadata: {name: a, annotations: "
	        "{resource.kubernetes.io/pod-claim-name: [1]}}",
	  "x: /metadata/annotations/resource.kubernetes.io~1pod-claim-name" },
	{ CLAIM "metadata: {name: a, annotations: "
	        "{resource.kubernetes.io/pod-claim-name: A}}",
	  "expected a DNS label" },
	{ NAMED "spec: {devices: {requests: [{name: r, exactly: "
	        "{allocationMode: Some}}]}}",
	  "x: /spec/devices/requests/0/exactly: allocationMode 'Some'" },
	{ NAMED "spec: {devices: {requests: [{name: r, allocationMode: Some}]}}",
	  "x: /spec/devices/requests/0: allocationMode" },
	{ NAMED "spec: {devices: {requests: [{firstAvailable: "
	        "[{allocationMode: Some}]}]}}",
	  "/firstAvailable/0: allocationMode" },
	{ NAMED "status: 1", "x: /status: expected an object" },
	{ NAMED "status: {allocation: true}", "x: /status/allocation: expected" },
	{ RESULT ", 1]}}}", "/results/1: expected an object" },
	{ RESULT ", {}]}}}", "/results/1: 'request' is missing" },
	{ RESULT ", {request: a/b/c}]}}}", "/results/1/request: expected the name" },
	{ RESULT ", {request: a/}]}}}", "/results/1/request" },
	{ RESULT ", {request: a, driver: ..}]}}}", "/results/1/driver" },
	{ RESULT ", {request: a, driver: d.e, pool: a//b}]}}}", "/results/1/pool" },
	{ RESULT ", {request: a, driver: d.e, pool: a, device: \"0000:65:00.0\"}]}}}",
	  "/results/1/device: expected a DNS label" },
	{ RESULT ", {request: a, driver: d.e, pool: a, device: b, "
	         "adminAccess: 1}]}}}",
	  "/results/1/adminAccess: expected a boolean" },
	{ RESULT "]}}, reservedFor: [{name: a, uid: b}]}",
	  "x: /status/reservedFor/0: 'resource' is missing" },
	{ RESULT "]}}, reservedFor: [{resource: pods, name: a}]}",
	  "x: /status/reservedFor/0: 'uid' is missing" },
	{ RESULT "]}}, devices: [{}]}", "x: /status/devices/0: 'driver'" },
	{ RESULT "]}}, devices: [{driver: d.example, pool: p, device: d, "
	         "networkData: {ips: [1]}}]}",
	  "/networkData/ips/0: expected an address" },
	{ RESULT "]}}, devices: [{driver: d.example, pool: p, device: d, "
	         "networkData: {interfaceName: \"a\\nb\"}}]}",
	  "/interfaceName: expected one line" },
	{ SLICE, "'spec' is missing" },
	{ SLICE "spec: {driver: \"\"}", "x: /spec/driver" },
	{ SLICE "spec: {driver: d.e}", "'pool' is missing" },
	{ SLICE "spec: {driver: d.e, pool: {name: p}}", "resourceSliceCount" },
	{ SLICE "spec: {driver: d.e, pool: {name: p, resourceSliceCount: 0}}",
	  "x: /spec/pool: expected a resourceSliceCount above 0" },
	{ SLICE "spec: {driver: d.e, pool: {name: p, resourceSliceCount: 1, "
	        "generation: -1}}",
	  "x: /spec/pool: expected" },
	{ SLICE "spec: {driver: d.e, pool: {name: p, resourceSliceCount: 1}, "
	        "devices: [{name: a.b}]}",
	  "x: /spec/devices/0/name" },
	{ SLICE "spec: {driver: d.e, pool: {name: p, resourceSliceCount: 1}, "
	        "devices: [{name: a, basic: 1}]}",
	  "x: /spec/devices/0/basic: expected an object" },
	{ SLICE "spec: {driver: d.e, pool: {name: p, resourceSliceCount: 1}, "
	        "devices: [{name: a, attributes: {x: {int: a}}}]}",
	  "x: /spec/devices/0/attributes/x" },
	{ POD "spec: {resourceClaims: {}}", "x: /spec/resourceClaims: expected" },
	{ POD "spec: {resourceClaims: [{}]}", "x: /spec/resourceClaims/0: 'name'" },
	{ POD "status: {resourceClaimStatuses: [{name: a, resourceClaimName: 1}]}",
	  "x: /status/resourceClaimStatuses/0/resourceClaimName: expected a string" },
};

static void test_refused(void **state)
{
	for (size_t i = 0; i < VC_ARRAY_SIZE(refused); i++) {
		struct fixture *f = *state;
		int r;

		f->facts = (struct vc_facts){ 0 };
		r = read_text(f, refused[i].text, strlen(refused[i].text), "x");
		if (r != -VC_ERR_INPUT || !strstr(f->err.msg, refused[i].message))
			fail_msg("%d '%s' is not in '%s' for %s", r, refused[i].message,
			         f->err.msg, refused[i].text);
		assert_int_equal(f->facts.claims.n + f->facts.slices.n + f->facts.pods.n,
		                 0);
	}
}

static void test_limits(void **state)
{
	VC_AUTO_BUF struct vc_buf buf = VC_BUF_INIT(60000);
	struct fixture *f = *state;

	vc_buf_puts(&buf, RESULT);
	for (int i = 0; i < 256; i++)
		vc_buf_printf(&buf, ",\n{request: r, driver: d.e, pool: p, device: d%d}",
		              i);
	vc_buf_puts(&buf, "]}}}\n");
	assert_false(buf.failed);
	assert_int_equal(read_text(f, buf.data, buf.len, "x"), -VC_ERR_INPUT);
	assert_non_null(strstr(f->err.msg, "/results: 257 elements; at most 256"));
}

static void test_recognise(void **state)
{
	static const struct {
		const char *text;
		bool yes;
	} cases[] = {
		{ "{\"apiVersion\":\"v1\",\"kind\":\"List\"}", true },
		{ CLAIM, true },
		{ "{\"apiVersion\":\"metadata.resource.k8s.io/v1alpha1\","
		  "\"kind\":\"DeviceMetadata\"}",
		  false },
		{ "{\"cdiVersion\":\"0.5.0\",\"kind\":\"a.example/b\"}", false },
		{ "{\"apiVersion\":1,\"kind\":\"List\"}", false },
		{ "[]", false },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		VC_AUTO_TREE struct vc_tree *tree = NULL;

		assert_int_equal(vc_tree_parse(cases[i].text, strlen(cases[i].text), "x",
		                               &tree, &f->err),
		                 0);
		assert_int_equal(vc_kubernetes_recognise(tree), cases[i].yes);
	}
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_recognise),   TEST(test_claim),    TEST(test_claim_status),
		TEST(test_beta_claims), TEST(test_list),     TEST(test_api_list),
		TEST(test_beta_slices), TEST(test_accepted), TEST(test_refused),
		TEST(test_limits),
	};

	return cmocka_run_group_tests_name("kubernetes", tests, NULL, NULL);
}
