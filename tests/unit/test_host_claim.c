/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "claim/host_claim.h"
#include "claim/kubernetes.h"
#include "unit.h"

#define UID     "5d1f0c52-0f1e-4b53-9e0e-000000000007"
#define BOOT    "33333333-3333-4333-8333-333333333333"
#define MDEV    "4b20d080-1b54-4048-85b3-a6a62d165c01"

#define TEXT(s) ((char[]){ s })

struct fixture {
	struct vc_arena arena;
	struct vc_err err;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (!f)
		return -1;
	f->arena = (struct vc_arena)VC_ARENA_INIT;
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	vc_arena_release(&f->arena);
	free(f);
	return 0;
}

/* A disk and its twin in one request, a VF with everything, and an mdev of each kind of
 * parent. */
static struct vc_evidence disk_evidence[] = {
	{ VC_EVIDENCE_NVME, TEXT("NVME 0001"), NULL },
	{ VC_EVIDENCE_DSN, TEXT("00e04c68ffff0001"), NULL },
};
static struct vc_evidence card_evidence[] = { { VC_EVIDENCE_MAC,
	                                        TEXT("02:00:00:00:00:01"), NULL } };

static struct vc_claimed_device devices[] = {
	{
		.request = TEXT("disk"),
		.name = TEXT("nvme-nvme0001"),
		.identity = { .kind = VC_DEVICE_PCI,
	                      .vendor = 0x144d,
	                      .device = 0xa80a,
	                      .subsystem_vendor = 0x144d,
	                      .subsystem_device = 0xa801,
	                      .evidence = { disk_evidence, 2, 2 },
	                      .slot_path = TEXT("\\_SB_.PC12/01.0/00.0"),
	                      .address = TEXT("0000:65:00.0"),
	                      .boot_id = TEXT(BOOT),
	                      .seen = VC_SEEN_ON_HOST_DRIVER },
		.vlan = -1,
		.match = TEXT("class=nvme,serial=a\\,b"),
	},
	{
		.request = TEXT("disk"),
		.name = TEXT("nvme-2"),
		.identity = { .kind = VC_DEVICE_PCI,
	                      .vendor = 0x144d,
	                      .device = 0xa80a,
	                      .address = TEXT("10000:e1:00.0"),
	                      .boot_id = TEXT(BOOT),
	                      .seen = VC_SEEN_ON_NOTHING },
		.vlan = -1,
	},
	{
		.request = TEXT("nic"),
		.name = TEXT("nic-vf3"),
		.made_from = VC_MADE_FROM_PF,
		.identity = { .kind = VC_DEVICE_PCI,
	                      .vendor = 0x8086,
	                      .device = 0x10c9,
	                      .evidence = { card_evidence, 1, 1 },
	                      .address = TEXT("0000:01:00.0"),
	                      .boot_id = TEXT(BOOT),
	                      .seen = VC_SEEN_ON_HOST_DRIVER },
		.vf_index = 3,
		.mac = TEXT("52:54:00:12:34:56"),
		.vlan = 100,
	},
	{
		.request = TEXT("vgpu"),
		.name = TEXT("mdev-1"),
		.made_from = VC_MADE_FROM_TYPE,
		.identity = { .kind = VC_DEVICE_MDEV,
	                      .slot_path = TEXT("mtty"),
	                      .address = TEXT("mtty"),
	                      .boot_id = TEXT(BOOT),
	                      .seen = VC_SEEN_ON_NOTHING },
		.vlan = -1,
		.mdev_type = TEXT("mtty-2"),
		.mdev_uuid = TEXT(MDEV),
	},
	{
		.request = TEXT("stick"),
		.name = TEXT("usb-1"),
		.identity = { .kind = VC_DEVICE_USB,
	                      .vendor = 0x0951,
	                      .device = 0x1666,
	                      .slot_path = TEXT("\\_SB_.PCI0/14.0/usb/4"),
	                      .address = TEXT("1-4"),
	                      .boot_id = TEXT(BOOT),
	                      .seen = VC_SEEN_ON_HOST_DRIVER },
		.vlan = -1,
	},
};

static const struct vc_host_claim whole = {
	.namespace = TEXT("lab"),
	.name = TEXT("vm7"),
	.uid = TEXT(UID),
	.pool = TEXT("greenhouse"),
	.generation = 4,
	.persistent = true,
	.devices = { devices, VC_ARRAY_SIZE(devices), 0 },
};

static char *print(struct fixture *f, const struct vc_host_claim *claim)
{
	VC_AUTO_BUF struct vc_buf buf = VC_BUF_INIT(1U << 20);
	char *text;

	if (vc_host_claim_write(claim, &buf, &f->err) < 0)
		fail_msg("%s", f->err.msg);
	text = vc_arena_strndup(&f->arena, buf.data, buf.len);
	assert_non_null(text);
	return text;
}

static int parse(struct fixture *f, const char *text, struct vc_host_claim *ret_claim)
{
	VC_AUTO_TREE struct vc_tree *tree = NULL;
	int r = vc_tree_parse(text, strlen(text), "f", &tree, &f->err);

	return r < 0 ? r : vc_host_claim_read(&f->arena, tree, ret_claim, &f->err);
}

static void assert_text_equal(const char *a, const char *b)
{
	if (a && b)
		assert_string_equal(a, b);
	else
		assert_true(!a && !b);
}

static void assert_identity_equal(const struct vc_identity *a,
                                  const struct vc_identity *b)
{
	assert_int_equal(a->kind, b->kind);
	assert_int_equal(a->vendor, b->vendor);
	assert_int_equal(a->device, b->device);
	assert_int_equal(a->subsystem_vendor, b->subsystem_vendor);
	assert_int_equal(a->subsystem_device, b->subsystem_device);
	assert_int_equal(a->evidence.n, b->evidence.n);
	for (size_t i = 0; i < a->evidence.n; i++) {
		assert_int_equal(a->evidence.v[i].kind, b->evidence.v[i].kind);
		assert_string_equal(a->evidence.v[i].value, b->evidence.v[i].value);
		assert_null(b->evidence.v[i].useless);
	}
	assert_text_equal(a->slot_path, b->slot_path);
	assert_string_equal(a->address, b->address);
	assert_string_equal(a->boot_id, b->boot_id);
	assert_int_equal(a->seen, b->seen);
}

static void assert_device_equal(const struct vc_claimed_device *a,
                                const struct vc_claimed_device *b)
{
	assert_string_equal(a->request, b->request);
	assert_string_equal(a->name, b->name);
	assert_int_equal(a->made_from, b->made_from);
	assert_identity_equal(&a->identity, &b->identity);
	assert_int_equal(a->vf_index, b->vf_index);
	assert_text_equal(a->mac, b->mac);
	assert_int_equal(a->vlan, b->vlan);
	assert_text_equal(a->mdev_type, b->mdev_type);
	assert_text_equal(a->mdev_uuid, b->mdev_uuid);
	assert_text_equal(a->match, b->match);
}

static void test_round_trip(void **state)
{
	struct fixture *f = *state;
	struct vc_host_claim back = { 0 };
	const char *text = print(f, &whole);

	if (parse(f, text, &back) < 0)
		fail_msg("%s", f->err.msg);
	assert_string_equal(back.namespace, "lab");
	assert_string_equal(back.name, "vm7");
	assert_string_equal(back.uid, UID);
	assert_string_equal(back.pool, "greenhouse");
	assert_int_equal(back.generation, 4);
	assert_true(back.persistent);
	assert_string_equal(back.origin, "f");
	assert_int_equal(back.devices.n, VC_ARRAY_SIZE(devices));
	for (size_t i = 0; i < back.devices.n; i++)
		assert_device_equal(&devices[i], &back.devices.v[i]);
	assert_string_equal(print(f, &back), text);
}

/* Everybody who reads ResourceClaims can read ours. */
static void test_resource_claim(void **state)
{
	struct fixture *f = *state;
	const char *text = print(f, &whole);
	VC_AUTO_TREE struct vc_tree *tree = NULL;
	struct vc_facts facts = { 0 };
	const struct vc_claim *c;

	if (vc_tree_parse(text, strlen(text), "f", &tree, &f->err) < 0 ||
	    vc_kubernetes_read(&f->arena, tree, &facts, &f->err) < 0)
		fail_msg("%s", f->err.msg);
	assert_int_equal(facts.notes.n, 0);
	if (facts.claims.n != 1)
		abort();
	c = &facts.claims.v[0];
	assert_string_equal(c->namespace, "lab");
	assert_string_equal(c->name, "vm7");
	assert_string_equal(c->uid, UID);
	assert_true(c->allocated);
	assert_int_equal(c->devices.n, VC_ARRAY_SIZE(devices));
	for (size_t i = 0; i < c->devices.n; i++) {
		assert_string_equal(c->devices.v[i].request, devices[i].request);
		assert_string_equal(c->devices.v[i].driver, VC_HOST_DRIVER);
		assert_string_equal(c->devices.v[i].pool, "greenhouse");
		assert_string_equal(c->devices.v[i].name, devices[i].name);
	}
}

/* @from once replaced by @to. */
static char *replace(struct fixture *f, const char *text, const char *from,
                     const char *to)
{
	const char *at = strstr(text, from);

	if (!at)
		fail_msg("the document has no '%s'", from);
	return vc_arena_printf(&f->arena, "%.*s%s%s", (int)(at - text), text, to,
	                       at + strlen(from));
}

/* Each is a change of the document that makes it wrong. */
static const struct refused_case {
	const char *from, *to, *message;
} refused_cases[] = {
	{ "resource.k8s.io/v1", "resource.k8s.io/v1beta1",
	  "f: /apiVersion: expected 'resource.k8s.io/v1'" },
	{ "\"ResourceClaim\"", "\"ResourceSlice\"", "f: /kind: expected" },
	{ "\"kind\": \"ResourceClaim\"", "\"kind\": 1", "f: /kind: expected" },
	{ "\"metadata\"", "\"meta\"", "f: /meta: unknown key" },
	{ "\"namespace\"", "\"managedFields\"", "unknown key; a newer" },
	{ "\"lab\"", "\"Lab\"", "f: /metadata/namespace: expected a DNS label" },
	{ "\"vm7\"", "\"../vm7\"", "f: /metadata/name: expected a DNS label" },
	{ UID, "5d1f", "f: uid has to be a UUID" },
	{ "\"generation\": 4", "\"generation\": 0", "f: generation has to be 1 or more" },
	{ "\"generation\": 4", "\"generation\": \"4\"",
	  "f: /metadata/generation: expected" },
	{ "virt-claim.io/persistent", "virt-claim.io/eternal",
	  "f: /metadata/annotations/virt-claim.io~1eternal: unknown key" },
	{ "\"true\"", "true", "f: /metadata/annotations/" },
	{ "\"true\"", "\"yes\"", "'yes' is not known" },
	/* requests */
	{ "\"name\": \"disk\"", "\"name\": \"disc\"",
	  "request 'disc' is for 2 devices and has 0" },
	{ "\"count\": 2", "\"count\": 3", "request 'disk' is for 3 devices and has 2" },
	{ "\"count\": 2", "\"count\": 1", "request 'disk' is for 1 devices and has 2" },
	{ "\"count\": 2", "\"count\": 2, \"selectors\": []", "unknown key" },
	{ "ExactCount", "All", "expected 'ExactCount', not 'All'" },
	{ "\"deviceClassName\": \"virt-claim.io\"", "\"deviceClassName\": \"gpu\"",
	  "expected 'virt-claim.io', not 'gpu'" },
	/* what was asked for */
	{ "\"requests\": [\n            \"disk\"\n          ]", "\"requests\": [\"nic\"]",
	  "f: /spec/devices/config/0/requests/0: expected 'disk'" },
	{ "\"driver\": \"virt-claim.io\"", "\"driver\": \"other.io\"",
	  "f: /spec/devices/config/0/opaque/driver: expected" },
	{ "virt-claim.io/v1alpha1", "virt-claim.io/v1",
	  "parameters/apiVersion: expected 'virt-claim.io/v1alpha1'" },
	{ "DeviceParameters", "BindConfig", "expected 'DeviceParameters'" },
	{ "\"device\": \"nvme-nvme0001\"", "\"device\": \"nvme-7\"",
	  "'nvme-7' is not among the results" },
	{ "\"device\": \"nic-vf3\"", "\"device\": \"nvme-nvme0001\"",
	  "device 'nvme-nvme0001' has parameters already" },
	{ "\"mac\": \"52:", "\"trust\": true, \"mac\": \"52:",
	  "parameters/trust: unknown key" },
	{ "52:54:00", "53:54:00", "mac has to be a unicast address" },
	{ "52:54:00:12:34:56", "00:00:00:00:00:00", "mac has to be a unicast" },
	{ "52:54:00:12:34:56", "52:54:00:12:34", "mac has to be a unicast" },
	{ "\"vlan\": 100", "\"vlan\": 0", "/vlan: expected 1..4094" },
	{ "\"vlan\": 100", "\"vlan\": 4095", "/vlan: expected 1..4094" },
	{ "\"vlan\": 100", "\"vlan\": 1e2", "/vlan: expected" },
	{ "mtty-2", "../2", "mdevType has to be the id of a type" },
	{ "\"mdevType\": \"mtty-2\"", "\"vlan\": 1",
	  "only a virtual function can be given mac and vlan" },
	/* results */
	{ "\"request\": \"disk\"", "\"request\": \"disk/fast\"", "expected a DNS label" },
	{ "\"pool\": \"greenhouse\"", "\"pool\": \"orangery\"",
	  "devices of two pools, 'orangery' and 'greenhouse'" },
	{ "\"device\": \"nvme-2\"", "\"device\": \"nvme-nvme0001\"",
	  "'nvme-2' is not among the results" },
	{ "\"requests\": [\n            \"disk\"\n          ]", "\"requests\": []",
	  "f: /spec/devices/config/0/requests: expected one request" },
	{ "\"requests\": [\n            \"disk\"\n          ],", "",
	  "'requests' is missing" },
	{ "\"device\": \"nvme-2\",\n        \"data\"",
	  "\"device\": \"nvme-nvme0001\",\n        \"data\"",
	  "expected device 'nvme-2', as in the results" },
	{ "\"results\"", "\"result\"", "unknown key" },
	/* identities */
	{ "DeviceIdentity", "DeviceHealth", "expected 'DeviceIdentity'" },
	{ "\"madeFrom\": \"nobody\"", "\"madeFrom\": \"dust\"",
	  "/madeFrom: 'dust' is not known" },
	{ "\"madeFrom\": \"nobody\"", "\"madeFrom\": \"pf\"",
	  "vfIndex goes with madeFrom 'pf'" },
	{ "\"madeFrom\": \"nobody\"", "\"madeFrom\": \"mdev-type\"",
	  "mdevType has to be the id" },
	{ "\"vfIndex\": 3", "\"vfIndex\": -1", "/vfIndex: expected 0..65534" },
	{ "\"vfIndex\": 3", "\"vfIndex\": 65535", "/vfIndex: expected 0..65534" },
	{ "\"mdevUUID\": \"" MDEV "\"", "\"mdevUUID\": \"4b20\"",
	  "mdevUUID has to be a UUID" },
	{ "\"deviceKind\": \"pci\"", "\"deviceKind\": \"mdev-type\"",
	  "'mdev-type' is not known" },
	{ "\"vendorID\": \"144d\"", "\"vendorID\": \"144\"", "expected four hex digits" },
	{ "\"vendorID\": \"144d\"", "\"vendorID\": 5197", "expected" },
	{ "\"vendorID\": \"144d\",", "", "data: 'vendorID' is missing" },
	{ "nvmeSerial", "aura", "/evidence/0/kind: 'aura' is not known" },
	{ "NVME 0001", "", "/evidence/0/value: expected one line" },
	{ "NVME 0001", "NVME\\n0001", "/evidence/0/value: expected one line" },
	{ "\"slotPath\": \"mtty\",", "",
	  "the parent of a mediated device has to have a name" },
	{ "\"address\": \"0000:65:00.0\",", "", "data: 'address' is missing" },
	{ BOOT, "333", "bootID has to be a UUID" },
	{ "\"seenOn\": \"host-driver\"", "\"seenOn\": \"tv\"", "'tv' is not known" },
	{ "\"seenOn\": \"host-driver\"",
	  "\"seenOn\": \"host-driver\", \"firmware\": \"1\"",
	  "data/firmware: unknown key" },
};

static void test_refused(void **state)
{
	struct fixture *f = *state;
	const char *text = print(f, &whole);

	for (size_t i = 0; i < VC_ARRAY_SIZE(refused_cases); i++) {
		const struct refused_case *c = &refused_cases[i];
		struct vc_host_claim back = { .generation = -7 };
		const char *broken = replace(f, text, c->from, c->to);

		f->err = (struct vc_err)VC_ERR_INIT;
		if (parse(f, broken, &back) != -VC_ERR_INPUT)
			fail_msg("'%s' -> '%s' is accepted", c->from, c->to);
		if (!strstr(f->err.msg, c->message))
			fail_msg("'%s' -> '%s': %s", c->from, c->to, f->err.msg);
		assert_int_equal(back.generation, -7);
	}
}

static void test_refused_documents(void **state)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{ "[]", "f: expected an object" },
		{ "{}", "f: 'apiVersion' is missing" },
		{ "{\"apiVersion\":\"resource.k8s.io/v1\",\"kind\":\"ResourceClaim\"}",
		  "f: 'metadata' is missing" },
		{ "{} {}", "f: expected one ResourceClaim" },
		{ "{\"apiVersion\":", "f:1:" },
		{ "", "f" },
	};
	struct fixture *f = *state;
	const char *text = print(f, &whole);

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		struct vc_host_claim back = { .generation = -7 };

		f->err = (struct vc_err)VC_ERR_INIT;
		assert_int_equal(parse(f, cases[i].text, &back), -VC_ERR_INPUT);
		if (!strstr(f->err.msg, cases[i].message))
			fail_msg("'%s': %s", cases[i].text, f->err.msg);
		assert_int_equal(back.generation, -7);
	}
	/* torn anywhere */
	for (size_t len = 0; len + 2 < strlen(text); len += 7) {
		struct vc_host_claim back = { .generation = -7 };
		const char *torn = vc_arena_strndup(&f->arena, text, len);

		assert_true(parse(f, torn, &back) < 0);
		assert_int_equal(back.generation, -7);
	}
}

/* What must not be written either. */
static void test_not_written(void **state)
{
	struct fixture *f = *state;
	struct vc_claimed_device many[VC_HOST_CLAIM_DEVICES_MAX + 1];
	struct vc_claimed_device two[2] = { devices[0], devices[0] };
	struct vc_claimed_device apart[3] = { devices[0], devices[2], devices[1] };
	struct vc_evidence big[VC_IDENTITY_EVIDENCE_MAX + 1];
	struct vc_claimed_device fat = devices[1];
	char text[VC_IDENTITY_TEXT_MAX + 2];
	struct {
		struct vc_claimed_device *v;
		size_t n;
		const char *message;
	} cases[] = {
		{ many, 0, "1 to 32 devices" },
		{ many, VC_ARRAY_SIZE(many), "1 to 32 devices" },
		{ two, 2, "device 'nvme-nvme0001': is there twice" },
		{ apart, 3, "stands apart from others of its request" },
		{ &fat, 1, "more evidence than a device has" },
		{ &fat, 1, "at most 512 bytes" },
		{ &fat, 1, "says more about itself than the 10240 bytes" },
	};

	memset(many, 0, sizeof(many));
	memset(text, 0x01, sizeof(text));
	text[sizeof(text) - 1] = '\0';
	for (size_t i = 0; i < VC_ARRAY_SIZE(big); i++)
		big[i] = (struct vc_evidence){ .value = text };
	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		VC_AUTO_BUF struct vc_buf buf = VC_BUF_INIT(1U << 20);
		struct vc_host_claim claim = whole;

		fat.identity.evidence.v = big;
		fat.identity.evidence.n = i == 4 ? VC_ARRAY_SIZE(big) : 16;
		if (i == 6) {
			memset(text, 'x', VC_IDENTITY_TEXT_MAX);
			memset(text, '"', VC_IDENTITY_TEXT_MAX / 2);
			text[VC_IDENTITY_TEXT_MAX] = '\0';
		}
		claim.devices.v = cases[i].v;
		claim.devices.n = cases[i].n;
		f->err = (struct vc_err)VC_ERR_INIT;
		assert_int_equal(vc_host_claim_write(&claim, &buf, &f->err),
		                 -VC_ERR_INPUT);
		if (!strstr(f->err.msg, cases[i].message))
			fail_msg("case %zu: %s", i, f->err.msg);
	}
}

/* What is in tests/fixtures/host-claims; the schema is checked against the same. */
static void test_fixtures(void **state)
{
	struct fixture *f = *state;
	VC_AUTOCLOSE int dir = -1;
	struct vc_names names;
	size_t accepted = 0;

	assert_int_equal(vc_file_open_directory(AT_FDCWD, VC_FIXTURES "/host-claims", 0,
	                                        &dir, &f->err),
	                 0);
	assert_int_equal(vc_file_list(&f->arena, dir, &names, &f->err), 0);
	for (size_t i = 0; i < names.n; i++) {
		bool good = strncmp(names.v[i], "ok-", 3) == 0;
		struct vc_host_claim claim;
		char *text;
		size_t len;

		f->err = (struct vc_err)VC_ERR_INIT;
		assert_int_equal(
			vc_file_read(&f->arena, dir, names.v[i], 0, &text, &len, &f->err),
			0);
		if ((parse(f, text, &claim) == 0) != good)
			fail_msg("%s: %s", names.v[i], good ? f->err.msg : "accepted");
		if (good)
			assert_string_equal(print(f, &claim), text);
		accepted += good;
	}
	assert_true(accepted > 1 && names.n > 10 * accepted);
}

static void test_mac(void **state VC_UNUSED)
{
	static const char *const good[] = { "52:54:00:12:34:56", "02:00:00:00:00:00",
		                            "fe:FF:ff:ff:ff:ff" };
	static const char *const bad[] = { "",
		                           "52-54-00-12-34-56",
		                           "52:54:00:12:34:5",
		                           "52:54:00:12:34:567",
		                           "52:54:00:12:34:56:",
		                           "52:54:00:12:34:56 ",
		                           "01:00:5e:00:00:01",
		                           "ff:ff:ff:ff:ff:ff",
		                           "00:00:00:00:00:00",
		                           "g2:54:00:12:34:56" };

	for (size_t i = 0; i < VC_ARRAY_SIZE(good); i++)
		assert_true(vc_is_unicast_mac(good[i]));
	for (size_t i = 0; i < VC_ARRAY_SIZE(bad); i++)
		assert_false(vc_is_unicast_mac(bad[i]));
	assert_false(vc_is_unicast_mac(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_round_trip, setup, teardown),
		cmocka_unit_test_setup_teardown(test_resource_claim, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused_documents, setup, teardown),
		cmocka_unit_test_setup_teardown(test_not_written, setup, teardown),
		cmocka_unit_test_setup_teardown(test_fixtures, setup, teardown),
		cmocka_unit_test(test_mac),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
