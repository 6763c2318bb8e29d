/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "claim/device_metadata.h"
#include "unit.h"

#define LIMIT ((size_t)16 << 20)
#define UID1  "5d1f0c52-0f1e-4b53-9e0e-000000000007"
#define UID2  "5d1f0c52-0f1e-4b53-9e0e-000000000008"

/* One document: version, UID, requests */
#define DOC(version, uid, requests)                                                       \
	"{\"kind\":\"DeviceMetadata\",\"apiVersion\":\"metadata.resource.k8s.io/" version \
	"\",\"metadata\":{\"name\":\"vm7-dev\",\"namespace\":\"lab\",\"uid\":\"" uid      \
	"\",\"generation\":1},\"requests\":[" requests "]}\n"
#define REQUEST(name, devices) "{\"name\":\"" name "\",\"devices\":[" devices "]}"
#define DEVICE(more) \
	"{\"driver\":\"pci.example.org\",\"pool\":\"node-a\",\"name\":\"d0\"" more "}"
#define ATTRIBUTES(list) ",\"attributes\":{" list "}"
#define BUS_ID(address)  "\"resource.kubernetes.io/pciBusID\":{\"string\":\"" address "\"}"
#define ONE(attributes)  DOC("v1", UID1, REQUEST("r", DEVICE(ATTRIBUTES(attributes))))

struct run {
	struct vc_arena arena;
	struct vc_facts facts;
	struct vc_err err;
};

static void run_release(struct run *run)
{
	vc_arena_release(&run->arena);
}

#define AUTO_RUN VC_CLEANUP(run_release) struct run
#define RUN_INIT                       \
	{                              \
		.arena = VC_ARENA_INIT \
	}

static int run_text(struct run *run, const char *text)
{
	VC_AUTO_TREE struct vc_tree *tree = NULL;
	int r = vc_tree_parse(text, strlen(text), "m.json", &tree, &run->err);

	if (r == 0)
		r = vc_device_metadata_read(&run->arena, tree, &run->facts, &run->err);
	return r;
}

static const struct vc_device *one_device(struct run *run, const char *text)
{
	if (run_text(run, text) < 0)
		fail_msg("%s", run->err.msg);
	assert_int_equal(run->facts.claims.n, 1);
	assert_int_equal(run->facts.claims.v[0].devices.n, 1);
	return &run->facts.claims.v[0].devices.v[0];
}

static const char full[] =
	"{\"kind\":\"DeviceMetadata\",\"apiVersion\":\"metadata.resource.k8s.io/v1beta1\","
	"\"metadata\":{\"name\":\"vm7.dev\",\"namespace\":\"lab\",\"uid\":\"" UID1
	"\",\"generation\":4},\"podClaimName\":\"dev\",\"requests\":["
	"{\"name\":\"nic/fast\",\"devices\":[{\"driver\":\"Net.Example.org\","
	"\"pool\":\"rack/1/node-a\",\"name\":\"vf3\",\"attributes\":{"
	"\"resource.kubernetes.io/pciBusID\":{\"string\":\"0000:AF:00.3\"},"
	"\"resource.kubernetes.io/numaNode\":{\"ints\":[1,0]},"
	"\"vf\":{\"int\":3},\"trusted\":{\"bool\":true},\"net.example.org/fw\":"
	"{\"version\":\"1.2.3\"},\"tags\":{\"strings\":[\"a\",\"b\"]},"
	"\"future\":{\"quantity\":\"1Gi\"},\"nothing\":{}},"
	"\"networkData\":{\"interfaceName\":\"net1\",\"ips\":[\"192.0.2.7/24\","
	"\"2001:db8::7/64\"],\"hardwareAddress\":\"02:00:00:00:00:07\"}},"
	"{\"driver\":\"gpu.example.org\",\"pool\":\"node-a\",\"name\":\"g0\","
	"\"attributes\":null,\"networkData\":null,\"conditions\":null}]},"
	"{\"name\":\"none\",\"devices\":null}]}";

static void test_everything(void **state VC_UNUSED)
{
	AUTO_RUN run = RUN_INIT;
	const struct vc_claim *claim;
	const struct vc_device *d;
	int64_t value = 0;

	assert_int_equal(run_text(&run, full), 0);
	assert_int_equal(run.facts.claims.n, 1);
	claim = &run.facts.claims.v[0];
	assert_string_equal(claim->uid, UID1);
	assert_string_equal(claim->namespace, "lab");
	assert_string_equal(claim->name, "vm7.dev");
	assert_string_equal(claim->pod_claim, "dev");
	assert_int_equal(claim->generation, 4);
	assert_false(claim->from_api);
	assert_string_equal(claim->origin, "m.json");
	assert_int_equal(claim->devices.n, 2);
	d = &claim->devices.v[0];
	assert_string_equal(d->request, "nic");
	assert_string_equal(d->subrequest, "fast");
	assert_string_equal(d->driver, "Net.Example.org");
	assert_string_equal(d->pool, "rack/1/node-a");
	assert_string_equal(d->name, "vf3");
	assert_string_equal(d->origin, "m.json: /requests/0/devices/0");
	assert_int_equal(d->host.kind, VC_KIND_PCI);
	assert_int_equal(d->host.pci.bus, 0xaf);
	assert_int_equal(d->iommu_group, -1);
	assert_string_equal(d->interface_name, "net1");
	assert_string_equal(d->hardware_address, "02:00:00:00:00:07");
	assert_int_equal(d->ips.n, 2);
	assert_string_equal(d->ips.v[1], "2001:db8::7/64");
	assert_int_equal(d->attributes.n, 6);
	assert_true(vc_attributes_int(&d->attributes, VC_ATTR_NUMA_NODE, &value));
	assert_int_equal(value, 1);
	assert_true(vc_attributes_int(&d->attributes, "Net.Example.org/vf", &value));
	assert_non_null(vc_attributes_find(&d->attributes, "Net.Example.org/fw"));
	d = &claim->devices.v[1];
	assert_string_equal(d->driver, "gpu.example.org");
	assert_int_equal(d->host.kind, VC_KIND_UNKNOWN);
	assert_false(d->host.has_pci);
}

static void test_no_devices(void **state VC_UNUSED)
{
	AUTO_RUN run = RUN_INIT;

	assert_int_equal(run_text(&run, DOC("v1alpha1", UID1, "")), 0);
	assert_int_equal(run.facts.claims.n, 1);
	assert_int_equal(run.facts.claims.v[0].devices.n, 0);
}

static void test_kinds(void **state VC_UNUSED)
{
	static const struct {
		const char *text;
		enum vc_kind kind;
		uint32_t domain; /* of PCI devices */
		const char *uuid;
		enum vc_mdev_model model;
		int group;
	} cases[] = {
		{ ONE(BUS_ID("0000:65:00.0")), VC_KIND_PCI, 0, NULL, VC_MDEV_UNKNOWN,
		  -1 },
		{ ONE("\"virt-claim.io/pciAddress\":{\"string\":\"10000:e1:00.0\"},"
		      "\"virt-claim.io/iommuGroup\":{\"int\":12}"),
		  VC_KIND_PCI, 0x10000, NULL, VC_MDEV_UNKNOWN, 12 },
		{ ONE(BUS_ID(
			  "0001:65:00.0") ","
		                          "\"virt-claim.io/pciAddress\":{\"string\":\"0001:65:00.0\"}"),
		  VC_KIND_PCI, 1, NULL, VC_MDEV_UNKNOWN, -1 },
		{ ONE("\"mdevUUID\":{\"string\":"
		      "\"ABCDEF00-0000-4000-8000-000000000001\"}," BUS_ID(
			      "0000:65:00.0")),
		  VC_KIND_MDEV, 0, "abcdef00-0000-4000-8000-000000000001",
		  VC_MDEV_UNKNOWN, -1 },
		{ ONE("\"virt-claim.io/mdevUUID\":{\"string\":"
		      "\"abcdef00-0000-4000-8000-000000000001\"},"
		      "\"virt-claim.io/mdevModel\":{\"string\":\"vfio-ap\"},"
		      "\"virt-claim.io/kind\":{\"string\":\"mdev\"}"),
		  VC_KIND_MDEV, 0, "abcdef00-0000-4000-8000-000000000001",
		  VC_MDEV_VFIO_AP, -1 },
		/* a driver's own pciBusID is not the standard one */
		{ ONE("\"pciBusID\":{\"string\":\"0000:65:00.0\"}"), VC_KIND_UNKNOWN, 0,
		  NULL, VC_MDEV_UNKNOWN, -1 },
		/* kinds that we cannot attach are not attached as something else */
		{ ONE(BUS_ID(
			  "0000:65:00.0") ",\"virt-claim.io/kind\":{\"string\":\"usb\"}"),
		  VC_KIND_UNKNOWN, 0, NULL, VC_MDEV_UNKNOWN, -1 },
		{ ONE(BUS_ID(
			  "0000:65:00.0") ",\"virt-claim.io/kind\":{\"string\":\"mdev\"}"),
		  VC_KIND_UNKNOWN, 0, NULL, VC_MDEV_UNKNOWN, -1 },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		AUTO_RUN run = RUN_INIT;
		const struct vc_device *d = one_device(&run, cases[i].text);

		assert_int_equal(d->host.kind, cases[i].kind);
		assert_int_equal(d->host.has_pci, d->host.kind == VC_KIND_PCI);
		if (d->host.has_pci)
			assert_int_equal(d->host.pci.domain, cases[i].domain);
		assert_int_equal(d->host.mdev_uuid != NULL, cases[i].uuid != NULL);
		if (cases[i].uuid)
			assert_string_equal(d->host.mdev_uuid, cases[i].uuid);
		assert_int_equal(d->host.mdev_model, cases[i].model);
		assert_int_equal(d->iommu_group, cases[i].group);
	}
}

/* [KEP-5304] streams; every order of known and unknown versions */
#define G(version) \
	DOC(version, UID1, REQUEST("r", DEVICE(ATTRIBUTES(BUS_ID("0000:65:00.0")))))
#define H(version) \
	DOC(version, UID1, REQUEST("r", DEVICE(ATTRIBUTES(BUS_ID("0000:66:00.0")))))
#define S(version) DOC(version, UID1, REQUEST("s", DEVICE("")))
#define O(version) DOC(version, UID2, REQUEST("r", DEVICE("")))

#define OLDER(version)                                                                    \
	"{\"kind\":\"DeviceMetadata\",\"apiVersion\":\"metadata.resource.k8s.io/" version \
	"\",\"metadata\":{\"name\":\"vm7-dev\",\"namespace\":\"lab\",\"uid\":\"" UID1     \
	"\"},\"requests\":[" REQUEST("r", DEVICE("")) "]}"

static void test_streams(void **state VC_UNUSED)
{
	static const struct {
		const char *text;
		size_t claims, notes;
		unsigned bus; /* of the first claim's device */
	} cases[] = {
		{ G("v1"), 1, 0, 0x65 },
		{ G("v1beta1") H("v1alpha1"), 1, 0, 0x65 },
		{ H("v1alpha1") G("v1beta1"), 1, 0, 0x66 },
		{ G("v1") H("v1beta1") H("v1alpha1"), 1, 0, 0x65 },
		{ G("v1beta1") H("v1") H("v1alpha1"), 1, 0, 0x65 },
		{ G("v1alpha1") H("v1beta1") H("v1"), 1, 0, 0x65 },
		{ H("v2") G("v1beta1"), 1, 0, 0x65 },
		{ G("v1beta1") H("v2"), 1, 0, 0x65 },
		{ H("v2") G("v1beta1") H("v3") H("v1alpha1"), 1, 0, 0x65 },
		/* several files in one */
		{ G("v1beta1") G("v1alpha1") O("v1beta1") O("v1alpha1"), 2, 0, 0x65 },
		{ G("v1beta1") G("v1alpha1") S("v1beta1") S("v1alpha1"), 2, 0, 0x65 },
		{ G("v1alpha1") S("v1alpha1") O("v1alpha1"), 3, 0, 0x65 },
		{ G("v1alpha1") G("v1alpha1"), 2, 0, 0x65 },
		{ G("v1") G("v1alpha1") G("v1") G("v1alpha1"), 2, 0, 0x65 },
		{ G("v1") OLDER("v1alpha1"), 2, 0, 0x65 },
		/* a file that we cannot read is not lost without a word */
		{ G("v1") O("v2"), 1, 1, 0x65 },
		{ O("v2") O("v3") G("v1"), 1, 2, 0x65 },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		AUTO_RUN run = RUN_INIT;

		if (run_text(&run, cases[i].text) < 0)
			fail_msg("%s", run.err.msg);
		assert_int_equal(run.facts.claims.n, cases[i].claims);
		assert_int_equal(run.facts.notes.n, cases[i].notes);
		assert_int_equal(run.facts.claims.v[0].devices.v[0].host.pci.bus,
		                 cases[i].bus);
	}
}

static void test_drivers_of_one_request(void **state VC_UNUSED)
{
	static const char text[] =
		DOC("v1beta1", UID1,
	            REQUEST("r", "{\"driver\":\"a.org\",\"pool\":\"p\",\"name\":\"d\"}"))
			DOC("v1alpha1", UID1,
	                    REQUEST("r", "{\"driver\":\"b.org\",\"pool\":\"p\","
	                                 "\"name\":\"d\"}"));
	AUTO_RUN run = RUN_INIT;

	assert_int_equal(run_text(&run, text), 0);
	assert_int_equal(run.facts.claims.n, 2);
}

#define WITH_METADATA(metadata)                                                        \
	"{\"kind\":\"DeviceMetadata\",\"apiVersion\":\"metadata.resource.k8s.io/v1\"," \
	"\"metadata\":" metadata ",\"requests\":[]}"
#define LONG63 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct {
	const char *text, *message;
} bad[] = {
	/* the envelope */
	{ "{}", "m.json: 'apiVersion' is missing" },
	{ "[]", "expected an object" },
	{ "{\"apiVersion\":\"\",\"kind\":\"DeviceMetadata\"}",
	  "expected DeviceMetadata" },
	{ "{\"apiVersion\":\"v1\",\"kind\":\"Pod\"}", "expected DeviceMetadata of" },
	{ "{\"apiVersion\":\"metadata.resource.k8s.io/v1\",\"kind\":\"X\"}",
	  "expected DeviceMetadata" },
	{ "{\"apiVersion\":1,\"kind\":\"DeviceMetadata\"}",
	  "/apiVersion: expected a string" },
	{ G("v2"), "no version that we know: 'metadata.resource.k8s.io/v2'" },
	{ G("v1alpha2") G("v2"), "v1, v1beta1 and v1alpha1" },
	{ G("v1") "{\"apiVersion\":\"v1\",\"kind\":\"Pod\"}",
	  "m.json: document 2: expected" },
	{ G("v1") "{", "the file ends in the middle" },
	/* a known version that is broken is not skipped */
	{ DOC("v1beta1", UID1, "7") G("v1alpha1"),
	  "m.json: /requests/0: expected an object" },
	{ G("v1beta1") DOC("v1alpha1", UID1, "7"), "document 2: /requests/0" },
	/* the claim */
	{ WITH_METADATA("null"), "/metadata: expected an object, not null" },
	{ WITH_METADATA("{\"namespace\":\"n\",\"uid\":\"u\"}"), "'name' is missing" },
	{ WITH_METADATA("{\"name\":\"n\",\"uid\":\"u\"}"), "'namespace' is missing" },
	{ WITH_METADATA("{\"name\":\"n\",\"namespace\":\"n\"}"), "'uid' is missing" },
	{ WITH_METADATA("{\"name\":\"../x\",\"namespace\":\"n\",\"uid\":\"u\"}"),
	  "/metadata/name: expected a DNS subdomain, not '../x'" },
	{ WITH_METADATA("{\"name\":\"a/b\",\"namespace\":\"n\",\"uid\":\"u\"}"), "DNS" },
	{ WITH_METADATA("{\"name\":\".\",\"namespace\":\"n\",\"uid\":\"u\"}"), "DNS" },
	{ WITH_METADATA("{\"name\":\"\",\"namespace\":\"n\",\"uid\":\"u\"}"), "DNS" },
	{ WITH_METADATA("{\"name\":\"a\\nb\",\"namespace\":\"n\",\"uid\":\"u\"}"),
	  "not 'a?b'" },
	{ WITH_METADATA("{\"name\":\"a\\u0000\",\"namespace\":\"n\",\"uid\":\"u\"}"),
	  "NUL" },
	{ WITH_METADATA("{\"name\":\"n\",\"namespace\":\"..\",\"uid\":\"u\"}"),
	  "/metadata/namespace: expected a DNS label" },
	{ WITH_METADATA("{\"name\":\"n\",\"namespace\":\"n\",\"uid\":\"a/b\"}"),
	  "/metadata/uid: expected a UID" },
	{ WITH_METADATA("{\"name\":\"n\",\"namespace\":\"n\",\"uid\":\"u\","
	                "\"generation\":-1}"),
	  "less than 0" },
	{ WITH_METADATA("{\"name\":\"n\",\"namespace\":\"n\",\"uid\":\"u\","
	                "\"generation\":1.5}"),
	  "/metadata/generation: expected an integer" },
	{ WITH_METADATA("{\"name\":\"n\",\"namespace\":\"n\",\"uid\":\"u\"},"
	                "\"podClaimName\":\"..\""),
	  "/podClaimName: expected a DNS label" },
	{ WITH_METADATA("{\"name\":\"n\",\"namespace\":\"n\",\"uid\":\"u\"},"
	                "\"podClaimName\":7"),
	  "/podClaimName: expected a string" },
	/* requests */
	{ DOC("v1", UID1, "{}"), "/requests/0: 'name' is missing" },
	{ DOC("v1", UID1, REQUEST("", "")), "/requests/0/name: expected 'request'" },
	{ DOC("v1", UID1, REQUEST("a/b/c", "")), "expected 'request' or" },
	{ DOC("v1", UID1, REQUEST("a/", "")), "expected 'request' or" },
	{ DOC("v1", UID1, REQUEST("/a", "")), "expected 'request' or" },
	{ DOC("v1", UID1, REQUEST("A", "")), "expected 'request' or" },
	{ DOC("v1", UID1, REQUEST("a", DEVICE("")) "," REQUEST("a", DEVICE(""))),
	  "/requests/1: request 'a' is there twice" },
	{ DOC("v1", UID1, REQUEST("a/x", DEVICE("")) "," REQUEST("a/y", DEVICE(""))),
	  "request 'a' is there twice" },
	{ DOC("v1", UID1, "{\"name\":\"a\",\"devices\":{}}"), "expected an array" },
	/* devices */
	{ DOC("v1", UID1, REQUEST("a", "7")),
	  "/requests/0/devices/0: expected an object" },
	{ DOC("v1", UID1, REQUEST("a", "null")), "expected an object" },
	{ DOC("v1", UID1, REQUEST("a", "{\"pool\":\"p\",\"name\":\"d\"}")),
	  "'driver' is missing" },
	{ DOC("v1", UID1, REQUEST("a", "{\"driver\":\"d\",\"name\":\"d\"}")),
	  "'pool' is missing" },
	{ DOC("v1", UID1, REQUEST("a", "{\"driver\":\"d\",\"pool\":\"p\"}")),
	  "'name' is missing" },
	{ DOC("v1", UID1,
	      REQUEST("a", "{\"driver\":\"../d\",\"pool\":\"p\",\"name\":\"d\"}")),
	  "/driver: expected the name of a driver" },
	{ DOC("v1", UID1,
	      REQUEST("a", "{\"driver\":\"a" LONG63 "\",\"pool\":\"p\",\"name\":\"d\"}")),
	  "/driver: expected the name of a driver" },
	{ DOC("v1", UID1,
	      REQUEST("a", "{\"driver\":\"d\",\"pool\":\"p//q\",\"name\":\"d\"}")),
	  "/pool: expected the name of a pool" },
	{ DOC("v1", UID1,
	      REQUEST("a",
	              "{\"driver\":\"d\",\"pool\":\"p\",\"name\":\"0000:65:00.0\"}")),
	  "/name: expected a DNS label" },
	/* networkData */
	{ DOC("v1", UID1, REQUEST("a", DEVICE(",\"networkData\":7"))),
	  "expected an object" },
	{ DOC("v1", UID1,
	      REQUEST("a", DEVICE(",\"networkData\":{\"interfaceName\":\"a\\nb\"}"))),
	  "/interfaceName: has a control character" },
	{ DOC("v1", UID1, REQUEST("a", DEVICE(",\"networkData\":{\"ips\":[\"x\"]}"))),
	  "/ips/0: expected an address" },
	{ DOC("v1", UID1, REQUEST("a", DEVICE(",\"networkData\":{\"ips\":\"::1\"}"))),
	  "/ips: expected an array" },
	/* attributes */
	{ DOC("v1", UID1, REQUEST("a", DEVICE(",\"attributes\":[]"))),
	  "expected an object" },
	{ ONE("\"a b\":{\"int\":1}"), "/attributes/a b: expected an attribute name" },
	{ ONE("\"\":{\"int\":1}"), "expected an attribute name" },
	{ ONE("\"a/\":{\"int\":1}"), "expected an attribute name" },
	{ ONE("\"a..b/c\":{\"int\":1}"), "/attributes/a..b~1c: 'a..b' is not a domain" },
	{ ONE("\"a/b/c\":{\"int\":1}"), "expected an attribute name" },
	{ ONE("\"x\":7"), "/attributes/x: expected an object like" },
	{ ONE("\"x\":{\"int\":1,\"bool\":true}"), "has both 'int' and 'bool'" },
	{ ONE("\"x\":{\"int\":\"1\"}"), "/attributes/x/int: expected an integer" },
	{ ONE("\"x\":{\"int\":1.0}"), "expected an integer" },
	{ ONE("\"x\":{\"int\":1e3}"), "expected an integer" },
	{ ONE("\"x\":{\"bool\":0}"), "expected true or false" },
	{ ONE("\"x\":{\"string\":1}"), "expected a string" },
	{ ONE("\"x\":{\"strings\":\"a\"}"), "expected an array" },
	{ ONE("\"x\":{\"ints\":[1,\"2\"]}"),
	  "/attributes/x/ints/1: expected an integer" },
	{ ONE("\"x\":{\"int\":1},\"pci.example.org/x\":{\"int\":1}"), "is there twice" },
	{ ONE("\"x\":{\"int\":1},\"PCI.example.org/x\":{\"int\":1}"), "is there twice" },
	/* addresses */
	{ ONE(BUS_ID("65:00.0")), "expected 'dddd:bb:ss.f'" },
	{ ONE(BUS_ID("10000:e1:00.0")), "a longer domain goes into 'virt-claim.io" },
	{ ONE(BUS_ID("pci_0000_65_00_0")), "expected 'dddd:bb:ss.f'" },
	{ ONE(BUS_ID("0000:65:00.8")), "/requests/0/devices/0: attribute" },
	{ ONE(BUS_ID("0000:65:00.0\\n")), "expected 'dddd:bb:ss.f'" },
	{ ONE(BUS_ID("0000:65:20.0")), "slot up to 1f" },
	{ ONE("\"resource.kubernetes.io/pciBusID\":{\"strings\":[\"0000:65:00.0\"]}"),
	  "expected a string" },
	{ ONE(BUS_ID("0000:65:00.0") ",\"virt-claim.io/pciAddress\":{\"string\":"
	                             "\"0000:66:00.0\"}"),
	  "also said to be at '0000:66:00.0'" },
	{ ONE("\"mdevUUID\":{\"string\":\"65\"}"), "'65' is not a UUID" },
	{ ONE("\"mdevUUID\":{\"string\":\"" UID1
	      "\"},\"virt-claim.io/mdevUUID\":{\"string\":\"" UID2 "\"}"),
	  "also said to be mdev" },
	{ ONE("\"mdevUUID\":{\"string\":\"" UID1
	      "\"},\"virt-claim.io/kind\":{\"string\":\"pci\"}"),
	  "is 'pci', but there is an mdev UUID" },
	{ ONE("\"virt-claim.io/mdevModel\":{\"string\":\"vfio\"}"), "is not vfio-pci" },
	{ ONE("\"virt-claim.io/iommuGroup\":{\"int\":-1}"), "expected a number >= 0" },
	{ ONE("\"virt-claim.io/iommuGroup\":{\"string\":\"1\"}"),
	  "expected a number >= 0" },
};

static void test_refused(void **state VC_UNUSED)
{
	for (size_t i = 0; i < VC_ARRAY_SIZE(bad); i++) {
		AUTO_RUN run = RUN_INIT;
		int r = run_text(&run, bad[i].text);

		if (r != -VC_ERR_INPUT || !strstr(run.err.msg, bad[i].message))
			fail_msg("%d '%s', not '%s'", r, run.err.msg, bad[i].message);
		assert_int_equal(run.facts.claims.n, 0);
		assert_int_equal(strncmp(run.err.msg, "m.json:", 7), 0);
	}
}

static void test_too_many(void **state VC_UNUSED)
{
	VC_AUTO_BUF struct vc_buf buf = VC_BUF_INIT(LIMIT);
	AUTO_RUN run = RUN_INIT;

	vc_buf_puts(&buf, "{\"kind\":\"DeviceMetadata\",\"apiVersion\":\"metadata."
	                  "resource.k8s.io/v1\",\"metadata\":{\"name\":\"c\","
	                  "\"namespace\":\"n\",\"uid\":\"u\"},\"requests\":[{\"name\":"
	                  "\"r\",\"devices\":[" DEVICE(""));
	for (int i = 0; i < 2000; i++)
		vc_buf_puts(&buf, "," DEVICE(""));
	vc_buf_puts(&buf, "]}]}");
	assert_int_equal(run_text(&run, buf.data), -VC_ERR_INPUT);
	assert_non_null(strstr(run.err.msg, "more than 1024 devices"));
}

static void test_recognise(void **state VC_UNUSED)
{
	static const struct {
		const char *text;
		bool is;
	} cases[] = {
		{ G("v1"), true },
		{ G("v7"), true },
		{ "{\"kind\":\"DeviceMetadata\"}", true },
		{ "{\"apiVersion\":\"resource.k8s.io/v1\",\"kind\":\"ResourceClaim\"}",
		  false },
		{ "{\"apiVersion\":7}", false },
		{ "[]", false },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		VC_AUTO_TREE struct vc_tree *tree = NULL;
		struct vc_err err = VC_ERR_INIT;

		assert_int_equal(vc_tree_parse(cases[i].text, strlen(cases[i].text), "t",
		                               &tree, &err),
		                 0);
		assert_int_equal(vc_device_metadata_recognise(tree), cases[i].is);
	}
}

/* Writing */

static const char *const both[] = { "v1beta1", "v1alpha1" };

static char *write_claim(const struct vc_claim *claim, const char *const versions[],
                         size_t n)
{
	VC_AUTO_BUF struct vc_buf buf = VC_BUF_INIT(LIMIT);
	struct vc_err err = VC_ERR_INIT;
	char *text = NULL;

	if (vc_device_metadata_write(claim, versions, n, &buf, &err) < 0)
		fail_msg("%s", err.msg);
	assert_int_equal(vc_buf_take(&buf, &text, NULL, &err), 0);
	return text;
}

static void test_write_reads_back(void **state VC_UNUSED)
{
	AUTO_RUN run = RUN_INIT;
	AUTO_RUN again = RUN_INIT;
	VC_AUTOFREE char *first = NULL;
	VC_AUTOFREE char *second = NULL;

	assert_int_equal(run_text(&run, full), 0);
	first = write_claim(&run.facts.claims.v[0], both, 2);
	assert_non_null(strstr(first, "metadata.resource.k8s.io/v1beta1"));
	assert_int_equal(run_text(&again, first), 0);
	assert_int_equal(again.facts.claims.n, 1);
	assert_int_equal(again.facts.claims.v[0].devices.v[0].attributes.n, 6);
	second = write_claim(&again.facts.claims.v[0], both, 2);
	assert_string_equal(first, second);
}

static char uid1[] = UID1, uid2[] = UID2, lab[] = "lab", c_name[] = "c", r_name[] = "r",
	    s_name[] = "s", driver_name[] = "pci.example.org", p_name[] = "p",
	    d0_name[] = "d0", bad_pool[] = "p//q";

static struct vc_device sample_device(void)
{
	struct vc_device d = VC_DEVICE_INIT;

	d.request = r_name;
	d.driver = driver_name;
	d.pool = p_name;
	d.name = d0_name;
	return d;
}

static struct vc_claim sample_claim(struct vc_device *devices, size_t n)
{
	struct vc_claim claim = { .uid = uid1, .namespace = lab, .name = c_name };

	claim.devices.v = devices;
	claim.devices.n = n;
	return claim;
}

static void test_written_text(void **state VC_UNUSED)
{
	static const char *const v1[] = { "v1" };
	struct vc_device d = sample_device();
	struct vc_claim claim = sample_claim(&d, 1);
	VC_AUTOFREE char *text = NULL;

	d.subrequest = s_name;
	d.host.kind = VC_KIND_PCI;
	d.host.has_pci = true;
	d.host.pci = (struct vc_pci_address){ 0, 0x65, 0, 0 };
	d.iommu_group = 12;
	text = write_claim(&claim, v1, 1);
	assert_string_equal(
		text,
		"{\n  \"kind\": \"DeviceMetadata\",\n"
		"  \"apiVersion\": \"metadata.resource.k8s.io/v1\",\n"
		"  \"metadata\": {\n    \"name\": \"c\",\n    \"namespace\": \"lab\",\n"
		"    \"uid\": \"" UID1 "\",\n    \"generation\": 1\n  },\n"
		"  \"requests\": [\n    {\n      \"name\": \"r/s\",\n"
		"      \"devices\": [\n        {\n"
		"          \"driver\": \"pci.example.org\",\n"
		"          \"pool\": \"p\",\n          \"name\": \"d0\",\n"
		"          \"attributes\": {\n"
		"            \"resource.kubernetes.io/pciBusID\": {\n"
		"              \"string\": \"0000:65:00.0\"\n            },\n"
		"            \"virt-claim.io/iommuGroup\": {\n"
		"              \"int\": 12\n            }\n          }\n        }\n"
		"      ]\n    }\n  ]\n}\n");
}

static void test_written_addresses(void **state VC_UNUSED)
{
	struct vc_device d = sample_device();
	struct vc_claim claim = sample_claim(&d, 1);
	VC_AUTOFREE char *wide = NULL;
	VC_AUTOFREE char *mdev = NULL;

	d.host.kind = VC_KIND_PCI;
	d.host.has_pci = true;
	d.host.pci = (struct vc_pci_address){ 0x10000, 0xe1, 0, 0 };
	wide = write_claim(&claim, both, 1);
	assert_null(strstr(wide, "pciBusID"));
	assert_non_null(strstr(wide, "virt-claim.io/pciAddress"));
	assert_non_null(strstr(wide, "10000:e1:00.0"));
	d.host.kind = VC_KIND_MDEV;
	d.host.mdev_uuid = uid2;
	d.host.mdev_model = VC_MDEV_VFIO_CCW;
	mdev = write_claim(&claim, both, 1);
	/* KubeVirt looks for the name without its domain */
	assert_non_null(strstr(mdev, "\"mdevUUID\": {"));
	assert_non_null(strstr(mdev, UID2));
	assert_non_null(strstr(mdev, "vfio-ccw"));
	assert_null(strstr(mdev, "pciAddress"));
}

static void test_requests_are_grouped(void **state VC_UNUSED)
{
	struct vc_device d[3] = { sample_device(), sample_device(), sample_device() };
	struct vc_claim claim = sample_claim(d, 3);
	VC_AUTOFREE char *text = NULL;
	AUTO_RUN run = RUN_INIT;

	d[1].request = s_name;
	text = write_claim(&claim, both, 2);
	assert_int_equal(run_text(&run, text), 0);
	assert_int_equal(run.facts.claims.n, 1);
	assert_int_equal(run.facts.claims.v[0].devices.n, 3);
	assert_string_equal(run.facts.claims.v[0].devices.v[1].request, "r");
	assert_string_equal(run.facts.claims.v[0].devices.v[2].request, "s");
}

static void set_null(struct vc_claim *claim, struct vc_device *d, int which)
{
	char **fields[] = { &claim->uid, &claim->namespace, &claim->name, &d->request,
		            &d->driver,  &d->pool,          &d->name };

	*fields[which] = NULL;
}

static void test_nothing_is_invented(void **state VC_UNUSED)
{
	static const char *const messages[] = {
		"its UID is not known; give the ResourceClaim",
		"its namespace is not known",
		"its name is not known",
		"the request that it answers is not known",
		"driver, pool and name",
		"driver, pool and name",
		"driver, pool and name",
	};

	for (int i = 0; i < (int)VC_ARRAY_SIZE(messages); i++) {
		VC_AUTO_BUF struct vc_buf buf = VC_BUF_INIT(LIMIT);
		struct vc_err err = VC_ERR_INIT;
		AUTO_RUN run = RUN_INIT;
		struct vc_claim *claim;

		assert_int_equal(run_text(&run, G("v1")), 0);
		claim = &run.facts.claims.v[0];
		set_null(claim, &claim->devices.v[0], i);
		assert_int_equal(vc_device_metadata_write(claim, both, 2, &buf, &err),
		                 -VC_ERR_REFUSED);
		assert_non_null(strstr(err.msg, messages[i]));
		assert_int_equal(strncmp(err.msg, "m.json", 6), 0);
		assert_int_equal(buf.len, 0);
	}
}

static void test_write_refused(void **state VC_UNUSED)
{
	static const char *const unknown[] = { "v1", "v2" };
	VC_AUTO_BUF struct vc_buf buf = VC_BUF_INIT(LIMIT);
	struct vc_err err = VC_ERR_INIT;
	AUTO_RUN run = RUN_INIT;
	struct vc_claim *claim;

	assert_int_equal(run_text(&run, G("v1")), 0);
	claim = &run.facts.claims.v[0];
	assert_int_equal(vc_device_metadata_write(claim, unknown, 2, &buf, &err),
	                 -VC_ERR_USAGE);
	claim->devices.v[0].admin_access = VC_YES;
	assert_int_equal(vc_device_metadata_write(claim, both, 2, &buf, &err),
	                 -VC_ERR_REFUSED);
	assert_non_null(strstr(err.msg, "adminAccess"));
	claim->devices.v[0].admin_access = VC_NO;
	claim->devices.v[0].pool = bad_pool;
	assert_int_equal(vc_device_metadata_write(claim, both, 2, &buf, &err),
	                 -VC_ERR_REFUSED);
	assert_int_equal(buf.len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_everything),
		cmocka_unit_test(test_no_devices),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_streams),
		cmocka_unit_test(test_drivers_of_one_request),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_recognise),
		cmocka_unit_test(test_write_reads_back),
		cmocka_unit_test(test_written_text),
		cmocka_unit_test(test_written_addresses),
		cmocka_unit_test(test_requests_are_grouped),
		cmocka_unit_test(test_nothing_is_invented),
		cmocka_unit_test(test_write_refused),
	};

	return cmocka_run_group_tests_name("device_metadata", tests, NULL, NULL);
}
