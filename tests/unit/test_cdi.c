/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "claim/cdi.h"
#include "unit.h"

/* The claims of the fixtures */
#define UID1 "3f7a92d4-6b0e-4d15-9c83-e1a4507bd926"
#define UID2 "a84c1e07-52f9-4b36-8d7a-90f3b6c2e415"
#define POD  "71c5e0a2-88d4-4f19-a3be-2f906c7b41d8"
#define MDEV "1d6f8a10-93c2-4b57-8e0d-64a7b1c20f31"

static int read_text(struct vc_arena *arena, const char *text, const char *file_name,
                     bool follow, struct vc_facts *facts, struct vc_err *err)
{
	VC_AUTO_TREE struct vc_tree *tree = NULL;
	int r = vc_tree_parse(text, strlen(text), file_name, &tree, err);

	return r < 0 ? r : vc_cdi_read(arena, tree, file_name, follow, 0, facts, err);
}

static struct vc_facts read_fixture(struct vc_arena *arena, const char *directory,
                                    const char *file_name)
{
	VC_AUTOFREE char *path = NULL;
	struct vc_facts facts = { 0 };
	struct vc_err err = VC_ERR_INIT;
	char *text = NULL;
	size_t len = 0;
	int r;

	assert_true(asprintf(&path, VC_FIXTURES "/cdi/%s/%s", directory, file_name) > 0);
	assert_int_equal(vc_file_read(arena, AT_FDCWD, path, 0, &text, &len, &err), 0);
	r = read_text(arena, text, file_name, true, &facts, &err);
	if (r < 0)
		print_error("%s\n", err.msg);
	assert_int_equal(r, 0);
	assert_int_equal(err.kind, VC_ERR_NONE);
	return facts;
}

static const struct vc_claim *claim_at(const struct vc_facts *facts, size_t i)
{
	if (!facts->claims.v || i >= facts->claims.n) {
		fail_msg("no claim %zu", i);
		abort();
	}
	return &facts->claims.v[i];
}

static const struct vc_device *device_at(const struct vc_claim *claim, size_t i)
{
	if (!claim->devices.v || i >= claim->devices.n) {
		fail_msg("no device %zu", i);
		abort();
	}
	return &claim->devices.v[i];
}

static void assert_address(const struct vc_device *device, const char *text)
{
	char address[VC_PCI_ADDRESS_SIZE];

	assert_true(device->host.has_pci);
	assert_int_equal(device->host.kind, VC_KIND_PCI);
	vc_pci_address_format(&device->host.pci, address);
	assert_string_equal(address, text);
}

/* The only device of the only claim, whose UID is @uid. */
static const struct vc_device *only_device(const struct vc_facts *facts, const char *uid)
{
	const struct vc_claim *claim = claim_at(facts, 0);

	assert_int_equal(facts->claims.n, 1);
	if (uid)
		assert_string_equal(claim->uid, uid);
	else
		assert_null(claim->uid);
	assert_int_equal(claim->devices.n, 1);
	return device_at(claim, 0);
}

static void test_pci_driver(void **state VC_UNUSED)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_facts facts = read_fixture(
		&arena, "pci-driver", "k8s.pci.resource.kubevirt.io-pci_" UID1 ".yaml");
	const struct vc_device *device = only_device(&facts, UID1);

	assert_address(device, "0000:c1:00.0");
	assert_int_equal(device->iommu_group, 60);
	assert_int_equal(device->vfio_cdev, -1);
	assert_string_equal(device->driver, "pci.resource.kubevirt.io");
	assert_null(device->name); /* a new one at each start of the plugin */
	assert_string_equal(device->cdi_name, "k8s.pci.resource.kubevirt.io/"
	                                      "pci=0db2f7c6-7e3d-4c8f-b1a5-48c9e6103f7d");
	assert_string_equal(device->origin,
	                    "k8s.pci.resource.kubevirt.io-pci_" UID1 ".yaml: /devices/0");
	assert_int_equal(facts.notes.n, 0);

	facts = read_fixture(&arena, "pci-driver",
	                     "k8s.pci.resource.kubevirt.io-pci_common.yaml");
	assert_int_equal(facts.claims.n, 0);
}

static void test_same_variable_twice(void **state VC_UNUSED)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_facts facts = read_fixture(
		&arena, "pci-driver", "k8s.pci.resource.kubevirt.io-pci_" UID2 ".yaml");

	assert_int_equal(facts.claims.n, 1);
	assert_int_equal(claim_at(&facts, 0)->devices.n, 2);
	assert_address(device_at(claim_at(&facts, 0), 0), "0000:c1:00.0");
	assert_address(device_at(claim_at(&facts, 0), 1), "10000:e1:00.0");
	assert_int_equal(facts.notes.n, 1);
	assert_non_null(strstr(facts.notes.v[0], "only the last value"));
	assert_non_null(strstr(facts.notes.v[0], "/devices/1"));
}

static void test_nvidia(void **state VC_UNUSED)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_facts facts =
		read_fixture(&arena, "nvidia", "k8s.gpu.nvidia.com-claim_" UID1 ".yaml");
	const struct vc_device *device = only_device(&facts, UID1);

	assert_false(device->host.has_pci);
	assert_int_equal(device->host.kind, VC_KIND_UNKNOWN);
	assert_int_equal(device->iommu_group, 37);
	assert_int_equal(device->vfio_cdev, -1);
	assert_string_equal(device->driver, "gpu.nvidia.com");
	assert_string_equal(device->name, "gpu-vfio-2");

	facts = read_fixture(&arena, "nvidia", "k8s.gpu.nvidia.com-claim_" UID2 ".yaml");
	device = only_device(&facts, UID2);
	assert_int_equal(device->iommu_group, -1);
	assert_int_equal(device->vfio_cdev, 0);
	assert_string_equal(device->name, "gpu-vfio-0");
}

static void test_example(void **state VC_UNUSED)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_facts facts =
		read_fixture(&arena, "example", "k8s.gpu.example.com-gpu_" UID2 ".yaml");
	const struct vc_device *device = only_device(&facts, UID2);

	assert_false(device->host.has_pci);
	assert_string_equal(device->driver, "gpu.example.com");
	assert_string_equal(device->name, "gpu-5");
	facts = read_fixture(&arena, "example", "k8s.gpu.example.com-gpu_common.yaml");
	assert_int_equal(facts.claims.n, 0);
}

static void test_sriov(void **state VC_UNUSED)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_facts facts = read_fixture(
		&arena, "sriov", "sriovnetwork.k8snetworkplumbingwg.io-vf_" UID1 ".yaml");
	const struct vc_device *device = only_device(&facts, UID1);

	assert_address(device, "0000:3b:02.4");
	assert_int_equal(device->iommu_group, 118);
	assert_string_equal(device->name, "0000-3b-02-4");
	assert_string_equal(device->driver, "sriovnetwork.k8snetworkplumbingwg.io");

	/* the file of a pod is about no claim */
	facts = read_fixture(&arena, "sriov",
	                     "sriovnetwork.k8snetworkplumbingwg.io-vf_" POD ".yaml");
	assert_int_equal(facts.claims.n, 0);

	/* the host path decides, and it has no IOMMU */
	facts = read_fixture(&arena, "sriov",
	                     "sriovnetwork.k8snetworkplumbingwg.io-vf_" UID2 ".yaml");
	assert_int_equal(facts.claims.n, 1);
	assert_int_equal(claim_at(&facts, 0)->devices.n, 0);
	assert_int_equal(facts.notes.n, 1);
	assert_non_null(strstr(facts.notes.v[0], "/dev/vfio/noiommu-2"));
}

static void test_intel(void **state VC_UNUSED)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_facts facts = read_fixture(&arena, "intel", "intel.com-gpu.yaml");
	const struct vc_device *device = only_device(&facts, NULL);

	assert_address(device, "0000:03:00.1");
	assert_int_equal(device->iommu_group, 21);
	assert_int_equal(device->vfio_cdev, 4);
	assert_string_equal(device->name, "0000-03-00-1-0x56c0");
	assert_string_equal(device->driver, "gpu.intel.com");
	assert_string_equal(device->cdi_name, "intel.com/gpu=0000-03-00-1-0x56c0");
}

static void test_amd(void **state VC_UNUSED)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_facts facts =
		read_fixture(&arena, "amd", "k8s.gpu.amd.com-gpu_" UID2 ".yaml");
	const struct vc_device *device = only_device(&facts, UID2);

	assert_false(device->host.has_pci);
	assert_int_equal(device->iommu_group, 41);
	assert_string_equal(device->driver, "gpu.amd.com");
	assert_string_equal(device->name, "gpu-vfio-1");
}

static void test_kata(void **state VC_UNUSED)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_facts facts = read_fixture(&arena, "kata", "nvidia.com-pgpu.yaml");

	assert_int_equal(facts.claims.n, 1);
	assert_null(claim_at(&facts, 0)->uid);
	assert_int_equal(claim_at(&facts, 0)->devices.n, 2);
	assert_int_equal(device_at(claim_at(&facts, 0), 1)->iommu_group, 41);
	assert_string_equal(device_at(claim_at(&facts, 0), 1)->name, "1");
	assert_null(device_at(claim_at(&facts, 0), 1)->driver);
}

static void test_own(void **state VC_UNUSED)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_facts facts =
		read_fixture(&arena, "own", "virt-claim.io-pci_" UID1 ".json");
	const struct vc_claim *claim = claim_at(&facts, 0);

	assert_int_equal(facts.claims.n, 1);
	assert_string_equal(claim->uid, UID1);
	assert_string_equal(claim->name, "db-disk");
	assert_string_equal(claim->namespace, "lab");
	assert_int_equal(claim->devices.n, 2);
	assert_address(device_at(claim, 0), "0000:c1:00.0");
	assert_int_equal(device_at(claim, 0)->iommu_group, 60);
	assert_string_equal(device_at(claim, 0)->request, "disk");
	assert_string_equal(device_at(claim, 0)->driver, "pci.virt-claim.io");
	assert_string_equal(device_at(claim, 0)->name, "nvme-s4x9");
	assert_string_equal(
		vc_attributes_string(&device_at(claim, 0)->attributes, VC_ATTR_BOOT_ID),
		"9c1b0e52-64f3-4a8d-b7d0-15ce8a7f2b36");
	assert_int_equal(device_at(claim, 1)->host.kind, VC_KIND_MDEV);
	assert_string_equal(device_at(claim, 1)->host.mdev_uuid, MDEV);
	assert_int_equal(device_at(claim, 1)->host.mdev_model, VC_MDEV_VFIO_PCI);
	assert_int_equal(device_at(claim, 1)->iommu_group, 91);
	assert_null(device_at(claim, 1)->name);
}

static void test_metadata_not_here(void **state VC_UNUSED)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_facts facts = read_fixture(
		&arena, "metadata", "gpu.nvidia.com_metadata_" UID1 "_graphics.json");

	assert_int_equal(facts.claims.n, 1);
	assert_string_equal(claim_at(&facts, 0)->uid, UID1);
	assert_int_equal(claim_at(&facts, 0)->devices.n, 0);
	assert_int_equal(facts.notes.n, 1);
	assert_non_null(strstr(facts.notes.v[0], "/var/lib/kubelet/plugins"));
}

#define METADATA(uid)                                                                   \
	"{\"apiVersion\":\"metadata.resource.k8s.io/v1alpha1\",\"kind\":"               \
	"\"DeviceMetadata\",\"metadata\":{\"name\":\"render-1\",\"namespace\":"         \
	"\"studio\",\"uid\":\"" uid "\",\"generation\":1},\"requests\":[{\"name\":"     \
	"\"graphics\",\"devices\":[{\"driver\":\"gpu.nvidia.com\",\"pool\":\"bench-3\"" \
	",\"name\":\"gpu-vfio-2\",\"attributes\":{\"resource.kubernetes.io/pciBusID\":" \
	"{\"string\":\"0000:65:00.0\"}}}]}]}"

static int follow(struct vc_arena *arena, const char *metadata, bool do_follow,
                  struct vc_facts *facts, struct vc_err *err)
{
	char path[] = "/tmp/vc-cdi-XXXXXX";
	int fd = mkstemp(path);
	VC_AUTOFREE char *cdi = NULL;
	int r;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, metadata, strlen(metadata)), strlen(metadata));
	(void)close(fd);
	assert_true(
		asprintf(&cdi,
	                 "{\"cdiVersion\":\"0.5.0\",\"kind\":\"gpu.nvidia.com/"
	                 "metadata\",\"devices\":[{\"name\":\"" UID1 "_graphics\","
	                 "\"containerEdits\":{\"mounts\":[{\"hostPath\":\"%s\","
	                 "\"containerPath\":\"/x\",\"options\":[\"ro\",\"bind\"]}]}}]}",
	                 path) > 0);
	r = read_text(arena, cdi, "gpu.nvidia.com_metadata_" UID1 "_graphics.json",
	              do_follow, facts, err);
	(void)unlink(path);
	return r;
}

static void test_metadata_followed(void **state VC_UNUSED)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_facts facts = { 0 };
	struct vc_err err = VC_ERR_INIT;
	const struct vc_claim *claim;

	assert_int_equal(follow(&arena, METADATA(UID1), true, &facts, &err), 0);
	assert_int_equal(facts.claims.n, 2);
	assert_string_equal(claim_at(&facts, 0)->uid, UID1);
	claim = claim_at(&facts, 1);
	assert_string_equal(claim->uid, UID1);
	assert_string_equal(claim->name, "render-1");
	assert_int_equal(claim->devices.n, 1);
	assert_address(device_at(claim, 0), "0000:65:00.0");
	assert_int_equal(facts.notes.n, 0);

	facts = (struct vc_facts){ 0 };
	assert_int_equal(follow(&arena, METADATA(UID1), false, &facts, &err), 0);
	assert_int_equal(facts.claims.n, 1);
}

static void test_metadata_refused(void **state VC_UNUSED)
{
	static const char *const texts[][2] = {
		{ METADATA(UID2), "is for claim '" UID2 "'" },
		{ "{\"apiVersion\":", "vc-cdi-" },
		{ "{}", "is mounted as device metadata but is none" },
		{ "", "vc-cdi-" },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(texts); i++) {
		VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
		struct vc_facts facts = { 0 };
		struct vc_err err = VC_ERR_INIT;

		assert_int_equal(follow(&arena, texts[i][0], true, &facts, &err),
		                 -VC_ERR_INPUT);
		if (!strstr(err.msg, texts[i][1]))
			print_error("%s\n", err.msg);
		assert_non_null(strstr(err.msg, texts[i][1]));
		assert_int_equal(facts.claims.n + facts.notes.n, 0);
	}
}

/* One device in a file; NULL members have a value that says nothing. */
struct one {
	const char *file_name, *vendor, *name, *env, *annotations, *nodes;
};

static int read_one(struct vc_arena *arena, const struct one *one, struct vc_facts *facts,
                    struct vc_err *err)
{
	VC_AUTOFREE char *text = NULL;

	assert_true(asprintf(&text,
	                     "{\"cdiVersion\":\"0.6.0\",\"kind\":\"%s/x\",\"devices\":[{"
	                     "\"name\":\"%s\",\"annotations\":{%s},\"containerEdits\":{"
	                     "\"env\":[\"Z=1\"%s%s],\"deviceNodes\":[{\"path\":"
	                     "\"/dev/vfio/vfio\"},{\"path\":\"/dev/iommu\"}%s%s]}}]}",
	                     one->vendor ? one->vendor : "acme.test",
	                     one->name ? one->name : "d",
	                     one->annotations ? one->annotations : "",
	                     one->env ? "," : "", one->env ? one->env : "",
	                     one->nodes ? "," : "", one->nodes ? one->nodes : "") > 0);
	return read_text(arena, text, one->file_name ? one->file_name : "f.json", false,
	                 facts, err);
}

#define PATH(p)       "{\"path\":\"" p "\"}"
#define HOST(p, h)    "{\"path\":\"" p "\",\"hostPath\":\"" h "\"}"
#define NOTE(k, v)    "\"virt-claim.io/" k "\":\"" v "\""
#define PCI_ENV(list) "\"PCI_RESOURCE_X=" list "\""
#define SRIOV_VENDOR  "sriovnetwork.k8snetworkplumbingwg.io"

static void test_which_claim(void **state VC_UNUSED)
{
	static const struct {
		struct one one;
		const char *uid;
	} cases[] = {
		{ { .file_name = "a_" UID1 ".json" }, UID1 },
		{ { .file_name = "a_b_" UID1 "_request.json" }, UID1 },
		{ { .file_name = "a_" UID1 }, UID1 },
		{ { .file_name = "a_3F7A92D4-6B0E-4D15-9C83-E1A4507BD926.yaml" }, UID1 },
		{ { .name = UID1 "-x" }, UID1 },
		{ { .name = UID1 "_x" }, UID1 },
		{ { .env = "\"GPU_RESOURCE_CLAIM=" UID1 "\"" }, UID1 },
		{ { .annotations = NOTE("claim-uid", UID1) }, UID1 },
		{ { .file_name = "a_" UID1 ".json",
		    .name = UID1 "-x",
		    .env = "\"GPU_RESOURCE_CLAIM=" UID1 "\"",
		    .annotations = NOTE("claim-uid", UID1) },
		  UID1 },
		/* none of these is a claim */
		{ { .file_name = UID1 ".json" }, NULL },
		{ { .file_name = "a-" UID1 ".json" }, NULL },
		{ { .file_name = "a_" UID1 "0.json" }, NULL },
		{ { .file_name = "a_common.yaml" }, NULL },
		{ { .name = UID1 }, NULL },
		{ { .name = UID1 "x" }, NULL },
		{ { .env = "\"GPU_RESOURCE_CLAIM=none\"" }, NULL },
		{ { .env = "\"_RESOURCE_CLAIM=" UID1 "\"" }, NULL },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
		struct one one = cases[i].one;
		struct vc_facts facts = { 0 };
		struct vc_err err = VC_ERR_INIT;

		one.nodes = PATH("/dev/vfio/9");
		assert_int_equal(read_one(&arena, &one, &facts, &err), 0);
		(void)only_device(&facts, cases[i].uid);
	}
}

static void test_refused(void **state VC_UNUSED)
{
	static const struct {
		struct one one;
		const char *complaint;
	} cases[] = {
		{ { .file_name = "a_" UID1 ".json", .name = UID2 "-x" },
		  "the device name says claim '" UID2 "', but the file name says" },
		{ { .name = UID1 "-x", .annotations = NOTE("claim-uid", UID2) },
		  "the annotation says claim" },
		{ { .name = UID1 "-x", .env = "\"A_RESOURCE_CLAIM=" UID2 "\"" },
		  "the environment says" },
		{ { .annotations = NOTE("claim-uid", "5") }, "expected a UUID" },
		{ { .annotations = NOTE("pci-address", "65:00.0") }, "'0000:65:00.0'" },
		{ { .annotations = NOTE("pci-address", "0000:65:00.0 ") },
		  "virt-claim.io/pci-address" },
		{ { .annotations = NOTE("mdev-uuid", "x") }, "UUID of an mdev" },
		{ { .annotations = NOTE("mdev-model", "vfio") }, "vfio-ccw" },
		{ { .annotations = NOTE("iommu-group", "-1") }, "expected a number" },
		{ { .annotations = NOTE("iommu-group", "99999999999") }, "a number" },
		{ { .annotations = NOTE("vfio-cdev", "vfio0") }, "expected a number" },
		{ { .annotations =
		            NOTE("claim-uid", UID1) "," NOTE("claim-name", "../x") },
		  "no Kubernetes object" },
		{ { .annotations =
		            NOTE("claim-uid", UID1) "," NOTE("claim-namespace", "A") },
		  "no Kubernetes object" },
		{ { .env = PCI_ENV("gpu0") }, "variable 'PCI_RESOURCE_X' holds 'gpu0'" },
		{ { .env = PCI_ENV("0000:65:00.0,,0000:66:00.0") }, "holds ''" },
		{ { .env = PCI_ENV("0000:65:00.0 0000:66:00.0") }, "a PCI address" },
		{ { .env = PCI_ENV("0000:65:00.0\\n") }, "a PCI address" },
		{ { .env = "\"MDEV_PCI_RESOURCE_X=0000:65:00.0\"" }, "of an mdev" },
		{ { .env = PCI_ENV("0000:65:00.0"),
		    .annotations = NOTE("pci-address", "0000:66:00.0") },
		  "its environment contradicts" },
		{ { .env = PCI_ENV("0000:65:00.0,0000:65:00.1"),
		    .annotations = NOTE("pci-address", "0000:65:00.0") },
		  "its environment contradicts" },
		{ { .env = "\"MDEV_PCI_RESOURCE_X=" UID1 "\"",
		    .annotations = NOTE("mdev-uuid", MDEV) },
		  "contradicts" },
		{ { .vendor = SRIOV_VENDOR,
		    .name = UID1 "-0000-08-00-1",
		    .env = "\"SRIOVNETWORK_VF_DEVICE_A=0000:08:00.2\"",
		    .nodes = PATH("/dev/vfio/5") },
		  "its name contradicts" },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
		struct vc_facts facts = { 0 };
		struct vc_err err = VC_ERR_INIT;
		int r = read_one(&arena, &cases[i].one, &facts, &err);

		if (r != -VC_ERR_INPUT || !strstr(err.msg, cases[i].complaint))
			print_error("case %zu: %d %s\n", i, r, err.msg);
		assert_int_equal(r, -VC_ERR_INPUT);
		assert_non_null(strstr(err.msg, cases[i].complaint));
		assert_non_null(strstr(err.msg, ": /devices/0: "));
		assert_int_equal(facts.claims.n + facts.notes.n, 0);
	}
}

/* What a device of no claim says: how many devices, and the first one. */
static const struct {
	struct one one;
	size_t n;
	const char *address;
	int64_t group, cdev;
} evidence_cases[] = {
	{ { .nodes = NULL }, 0, NULL, -1, -1 },
	{ { .nodes = PATH("/dev/vfio/7") }, 1, NULL, 7, -1 },
	{ { .nodes = PATH("/dev/vfio/devices/vfio7") }, 1, NULL, -1, 7 },
	{ { .nodes = HOST("/dev/vfio/1", "/dev/vfio/7") }, 1, NULL, 7, -1 },
	{ { .nodes = HOST("/dev/vfio/1", "/faked/dev/vfio/7") }, 0, NULL, -1, -1 },
	{ { .nodes = PATH("/dev/vfio/07") }, 0, NULL, -1, -1 },
	{ { .nodes = PATH("/dev/vfio/7x") }, 0, NULL, -1, -1 },
	{ { .nodes = PATH("/dev/vfio/") }, 0, NULL, -1, -1 },
	{ { .nodes = PATH("/dev/vfio/../7") }, 0, NULL, -1, -1 },
	{ { .nodes = PATH("/dev/vfio/99999999999") }, 0, NULL, -1, -1 },
	{ { .nodes = PATH("/dev/vfio/devices/") }, 0, NULL, -1, -1 },
	{ { .nodes = PATH("/dev/vfio/7") "," PATH("/dev/vfio/7") }, 1, NULL, 7, -1 },
	{ { .nodes = PATH("/dev/vfio/7") "," PATH("/dev/vfio/devices/vfio2") },
	  1,
	  NULL,
	  7,
	  2 },
	{ { .nodes = PATH("/dev/vfio/7") "," PATH("/dev/vfio/8") }, 2, NULL, 7, -1 },
	{ { .env = PCI_ENV("0000:65:00.0"), .nodes = PATH("/dev/vfio/7") },
	  1,
	  "0000:65:00.0",
	  7,
	  -1 },
	{ { .env = PCI_ENV("0000:65:00.0,") }, 1, "0000:65:00.0", -1, -1 },
	{ { .env = PCI_ENV("") }, 0, NULL, -1, -1 },
	{ { .env = PCI_ENV("0000:65:00.0,0000:65:00.1"), .nodes = PATH("/dev/vfio/7") },
	  2,
	  "0000:65:00.0",
	  -1,
	  -1 },
	{ { .env = PCI_ENV("0000:65:00.0") ",\"PCI_RESOURCE_Y=0000:65:00.0\"" },
	  1,
	  "0000:65:00.0",
	  -1,
	  -1 },
	{ { .env = "\"USB_RESOURCE_X=1:2\"" }, 1, NULL, -1, -1 },
	{ { .env = "\"USB_RESOURCE_X=1:2,1:2,\"" }, 1, NULL, -1, -1 },
	{ { .env = "\"USB_RESOURCE_X=1:2,3:4\"" }, 2, NULL, -1, -1 },
	{ { .env = "\"XUSB_RESOURCE_X=1:2\"" }, 0, NULL, -1, -1 },
	{ { .env = "\"XPCI_RESOURCE_X=0000:65:00.0\"" }, 0, NULL, -1, -1 },
	{ { .annotations = NOTE("pci-address", "0000:66:00.0") },
	  1,
	  "0000:66:00.0",
	  -1,
	  -1 },
	{ { .annotations = NOTE("iommu-group", "5"), .nodes = PATH("/dev/vfio/7") },
	  1,
	  NULL,
	  5,
	  -1 },
	/* a name is an address only if its vendor means it, and with a node */
	{ { .name = "0000-03-00-1-0x56c0", .nodes = PATH("/dev/vfio/7") },
	  1,
	  NULL,
	  7,
	  -1 },
	{ { .vendor = "intel.com",
	    .name = "0000-03-00-1-0x56c0",
	    .nodes = PATH("/dev/vfio/7") },
	  1,
	  "0000:03:00.1",
	  7,
	  -1 },
	{ { .vendor = "intel.com", .name = "0000-03-00-1-0x56c0" }, 0, NULL, -1, -1 },
	{ { .vendor = "intel.com",
	    .name = "0000-03-00-8-0x56c0",
	    .nodes = PATH("/dev/vfio/7") },
	  1,
	  NULL,
	  7,
	  -1 },
	{ { .vendor = "intel.com", .name = "0000-03-00-1", .nodes = PATH("/dev/vfio/7") },
	  1,
	  NULL,
	  7,
	  -1 },
};

static void test_evidence(void **state VC_UNUSED)
{
	for (size_t i = 0; i < VC_ARRAY_SIZE(evidence_cases); i++) {
		VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
		struct vc_facts facts = { 0 };
		struct vc_err err = VC_ERR_INIT;
		const struct vc_device *device;
		int r = read_one(&arena, &evidence_cases[i].one, &facts, &err);

		if (r < 0 || facts.claims.n != (evidence_cases[i].n > 0))
			print_error("case %zu: %s\n", i, err.msg);
		assert_int_equal(r, 0);
		assert_int_equal(facts.claims.n, evidence_cases[i].n > 0);
		if (evidence_cases[i].n == 0)
			continue;
		assert_int_equal(claim_at(&facts, 0)->devices.n, evidence_cases[i].n);
		device = device_at(claim_at(&facts, 0), 0);
		assert_int_equal(device->iommu_group, evidence_cases[i].group);
		assert_int_equal(device->vfio_cdev, evidence_cases[i].cdev);
		assert_int_equal(device->host.has_pci, evidence_cases[i].address != NULL);
		if (evidence_cases[i].address)
			assert_address(device, evidence_cases[i].address);
	}
}

static void test_usb(void **state VC_UNUSED)
{
	static const char *const bad[] = { "",     "1",     "1:",     ":1",     "0:1",
		                           "1:0",  "1:1:1", "1000:1", "1:1000", "a:1",
		                           "-1:1", "1.1",   "1:0x1" };
	const struct one one = { .env = "\"USB_RESOURCE_A_B=999:2,1:999\"" };
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_facts facts = { 0 };
	struct vc_err err = VC_ERR_INIT;
	const struct vc_device *d;

	assert_int_equal(read_one(&arena, &one, &facts, &err), 0);
	assert_int_equal(claim_at(&facts, 0)->devices.n, 2);
	d = device_at(claim_at(&facts, 0), 0);
	assert_int_equal(d[0].host.kind, VC_KIND_USB);
	assert_int_equal(d[0].host.usb.bus, 999);
	assert_int_equal(d[0].host.usb.device, 2);
	assert_int_equal(d[1].host.usb.bus, 1);
	assert_int_equal(d[1].host.usb.device, 999);
	for (size_t i = 1; i < VC_ARRAY_SIZE(bad); i++) {
		char *env = vc_arena_printf(&arena, "\"USB_RESOURCE_X=%s\"", bad[i]);
		const struct one wrong = { .env = env };

		assert_int_equal(read_one(&arena, &wrong, &facts, &err), -VC_ERR_INPUT);
		assert_non_null(strstr(err.msg, "expected a USB bus and device"));
	}
}

static void test_several_groups(void **state VC_UNUSED)
{
	static const struct one one = {
		.name = UID1 "-pair",
		.nodes = PATH("/dev/vfio/7") "," PATH("/dev/vfio/8"),
	};
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_facts facts = { 0 };
	struct vc_err err = VC_ERR_INIT;

	assert_int_equal(read_one(&arena, &one, &facts, &err), 0);
	assert_int_equal(claim_at(&facts, 0)->devices.n, 2);
	for (size_t i = 0; i < 2; i++) {
		const struct vc_device *device = device_at(claim_at(&facts, 0), i);

		assert_int_equal(device->iommu_group, 7 + (int64_t)i);
		assert_string_equal(device->name, "pair");
		assert_string_equal(device->cdi_name, "acme.test/x=" UID1 "-pair");
	}
}

/* Two claims in one file, their devices mixed. */
static void test_two_claims(void **state VC_UNUSED)
{
	static const char text[] =
		"{\"cdiVersion\":\"0.5.0\",\"kind\":\"k8s.a.test/x\",\"devices\":["
		"{\"name\":\"" UID2 "-a\",\"containerEdits\":{\"env\":[\"A=1\"]}},"
		"{\"name\":\"" UID1 "-b\",\"containerEdits\":{\"env\":[\"A=1\"]}},"
		"{\"name\":\"" UID2 "-c\",\"containerEdits\":{\"env\":[\"A=1\"]}}]}";
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_facts facts = { 0 };
	struct vc_err err = VC_ERR_INIT;

	assert_int_equal(read_text(&arena, text, "x.json", false, &facts, &err), 0);
	assert_int_equal(facts.claims.n, 2);
	assert_string_equal(claim_at(&facts, 0)->uid, UID1);
	assert_int_equal(claim_at(&facts, 0)->devices.n, 1);
	assert_string_equal(claim_at(&facts, 1)->uid, UID2);
	assert_int_equal(claim_at(&facts, 1)->devices.n, 2);
	assert_string_equal(device_at(claim_at(&facts, 1), 0)->name, "a");
	assert_string_equal(device_at(claim_at(&facts, 1), 1)->name, "c");
}

/* More addresses than any device has are refused, not worked through. */
static void test_flood(void **state VC_UNUSED)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	const size_t size = 4800;
	VC_AUTOFREE char *env = malloc(size);
	struct vc_facts facts = { 0 };
	struct vc_err err = VC_ERR_INIT;
	struct one one = { .env = env };
	size_t used;

	assert_non_null(env);
	used = (size_t)snprintf(env, size, "\"PCI_RESOURCE_X=");
	for (unsigned i = 0; i < 300; i++)
		used += (size_t)snprintf(env + used, size - used, "%04x:00:00.0,", i);
	(void)snprintf(env + used, size - used, "\"");
	assert_int_equal(read_one(&arena, &one, &facts, &err), -VC_ERR_INPUT);
	assert_non_null(strstr(err.msg, "more than 256"));
}

static void test_out_of_memory(void **state VC_UNUSED)
{
	static const struct one one = {
		.file_name = "a_" UID1 ".json",
		.vendor = "k8s.a.test",
		.name = UID1 "-x",
		.env = PCI_ENV("0000:65:00.0,0000:65:00.1"),
		.annotations = NOTE("boot-id", "x") "," NOTE("request", "r"),
		.nodes = PATH("/dev/vfio/7"),
	};
	size_t limit = 0;

	for (int r = -VC_ERR_INTERNAL; r != 0; limit += 64) {
		VC_AUTO_ARENA struct vc_arena arena = { .max_bytes = limit };
		struct vc_facts facts = { 0 };
		struct vc_err err = VC_ERR_INIT;

		assert_true(limit < 100000);
		r = read_one(&arena, &one, &facts, &err);
		assert_true(r == 0 || r == -VC_ERR_INTERNAL);
		assert_true(r == 0 || facts.claims.n == 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pci_driver),
		cmocka_unit_test(test_same_variable_twice),
		cmocka_unit_test(test_nvidia),
		cmocka_unit_test(test_example),
		cmocka_unit_test(test_sriov),
		cmocka_unit_test(test_intel),
		cmocka_unit_test(test_amd),
		cmocka_unit_test(test_kata),
		cmocka_unit_test(test_own),
		cmocka_unit_test(test_metadata_not_here),
		cmocka_unit_test(test_metadata_followed),
		cmocka_unit_test(test_metadata_refused),
		cmocka_unit_test(test_which_claim),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_evidence),
		cmocka_unit_test(test_usb),
		cmocka_unit_test(test_several_groups),
		cmocka_unit_test(test_two_claims),
		cmocka_unit_test(test_flood),
		cmocka_unit_test(test_out_of_memory),
	};

	return cmocka_run_group_tests_name("cdi", tests, NULL, NULL);
}
