/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/file.h"
#include "claim/cdi.h"
#include "claim/cdi_write.h"
#include "claim/tree.h"
#include "prepared_claim.h"

static const char *written(struct vc_arena *arena, const struct vc_claim *claim)
{
	VC_AUTO_BUF struct vc_buf buf = VC_BUF_INIT(VC_FILE_MAX_BYTES);
	VC_AUTOFREE char *text = NULL;
	struct vc_err err = VC_ERR_INIT;

	if (vc_cdi_write(claim, &buf, &err) < 0 ||
	    vc_buf_take(&buf, &text, NULL, &err) < 0)
		fail_msg("%s", err.msg);
	return text_of(arena, text);
}

static void read_back(struct vc_arena *arena, const char *text,
                      struct vc_claim *ret_claim)
{
	VC_AUTO_TREE struct vc_tree *tree = NULL;
	struct vc_err err = VC_ERR_INIT;
	struct vc_facts facts = { 0 };

	if (vc_tree_parse(text, strlen(text), "cdi", &tree, &err) < 0 ||
	    vc_cdi_read(arena, tree, "", false, 0, &facts, &err) < 0)
		fail_msg("%s", err.msg);
	assert_int_equal(facts.notes.n, 0);
	assert_int_equal(facts.claims.n, 1);
	if (facts.claims.v)
		*ret_claim = facts.claims.v[0];
}

static const struct vc_device *device_at(const struct vc_claim *claim, size_t i)
{
	static const struct vc_device none = VC_DEVICE_INIT;

	assert_true(i < claim->devices.n);
	return claim->devices.v ? &claim->devices.v[i] : &none;
}

static void test_file_names(void **state VC_UNUSED)
{
	static const char *const others[] = {
		"",
		"virt-claim.io-claim_" UID_A ".yaml",
		"virt-claim.io-claim_" UID_A "x.json",
		"virt-claim.io-claim_" UID_A,
		"virt-claim.io-claim_5d1f0c52-0f1e-4b53-9e0e-00000000000g.json",
		"virt-claim.io-claim_.json",
		"k8s.virt-claim.io-claim_" UID_A ".json",
		".virt-claim.io-claim_" UID_A ".json",
	};
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	char uid[VC_CDI_UID_SIZE] = "as it was";
	const char *name = vc_cdi_claim_file(&arena, UID_A);

	for (size_t i = 0; i < VC_ARRAY_SIZE(others); i++)
		assert_false(vc_cdi_is_claim_file(others[i], uid));
	assert_string_equal(uid, "as it was");
	assert_string_equal(name, "virt-claim.io-claim_" UID_A ".json");
	assert_true(vc_cdi_is_claim_file(name, uid));
	assert_string_equal(uid, UID_A);
}

static void test_bytes(void **state VC_UNUSED)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_claim claim = claim_of(&arena, "c", UID_A);
	struct vc_device *d =
		add_function(&arena, &claim, "gpu", "pci-0000-65-00-0", 0x65);

	add_text(&arena, d, VC_ATTR_BOOT_ID, BOOT);
	assert_string_equal(written(&arena, &claim),
	                    "{\n"
	                    "  \"cdiVersion\": \"0.6.0\",\n"
	                    "  \"kind\": \"virt-claim.io/claim\",\n"
	                    "  \"devices\": [\n"
	                    "    {\n"
	                    "      \"name\": \"" UID_A "_gpu_0\",\n"
	                    "      \"annotations\": {\n"
	                    "        \"virt-claim.io/claim-uid\": \"" UID_A "\",\n"
	                    "        \"virt-claim.io/claim-namespace\": \"lab\",\n"
	                    "        \"virt-claim.io/claim-name\": \"c\",\n"
	                    "        \"virt-claim.io/request\": \"gpu\",\n"
	                    "        \"virt-claim.io/driver\": \"virt-claim.io\",\n"
	                    "        \"virt-claim.io/pool\": \"host-7\",\n"
	                    "        \"virt-claim.io/device\": \"pci-0000-65-00-0\",\n"
	                    "        \"virt-claim.io/pci-address\": \"0000:65:00.0\",\n"
	                    "        \"virt-claim.io/iommu-group\": \"101\",\n"
	                    "        \"virt-claim.io/boot-id\": \"" BOOT "\"\n"
	                    "      },\n"
	                    "      \"containerEdits\": {\n"
	                    "        \"deviceNodes\": [\n"
	                    "          {\n"
	                    "            \"path\": \"/dev/vfio/101\",\n"
	                    "            \"type\": \"c\",\n"
	                    "            \"permissions\": \"rw\"\n"
	                    "          }\n"
	                    "        ]\n"
	                    "      }\n"
	                    "    }\n"
	                    "  ],\n"
	                    "  \"containerEdits\": {\n"
	                    "    \"deviceNodes\": [\n"
	                    "      {\n"
	                    "        \"path\": \"/dev/vfio/vfio\",\n"
	                    "        \"type\": \"c\",\n"
	                    "        \"permissions\": \"rw\"\n"
	                    "      }\n"
	                    "    ]\n"
	                    "  }\n"
	                    "}\n");
}

/* Names count within a request, and stay names of CDI whatever the request is. */
static void test_names(void **state VC_UNUSED)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_claim claim = claim_of(&arena, "c", UID_A), read = { 0 };

	(void)add_function(&arena, &claim, "a", "d0", 1);
	(void)add_function(&arena, &claim, "1-b", "d1", 2);
	(void)add_function(&arena, &claim, "a", "d2", 3);
	read_back(&arena, written(&arena, &claim), &read);
	assert_string_equal(device_at(&read, 0)->cdi_name,
	                    "virt-claim.io/claim=" UID_A "_a_0");
	assert_string_equal(device_at(&read, 1)->cdi_name,
	                    "virt-claim.io/claim=" UID_A "_1-b_0");
	assert_string_equal(device_at(&read, 2)->cdi_name,
	                    "virt-claim.io/claim=" UID_A "_a_1");
	assert_string_equal(device_at(&read, 2)->name, "d2");
}

/* The file alone is a claim with identity. */
static void test_says_everything(void **state VC_UNUSED)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_claim claim = example_claim(&arena), read = { 0 };
	const struct vc_device *d;

	add_text(&arena, &claim.devices.v[0], VC_ATTR_BOOT_ID, BOOT);
	claim.devices.v[0].vfio_cdev = 4;
	read_back(&arena, written(&arena, &claim), &read);
	assert_string_equal(read.uid, UID_A);
	assert_string_equal(read.namespace, "lab");
	assert_string_equal(read.name, "vm7");
	assert_int_equal(read.devices.n, 3);
	d = device_at(&read, 0);
	assert_string_equal(d->request, "disk");
	assert_string_equal(d->driver, VC_HOST_DRIVER);
	assert_string_equal(d->pool, "host-7");
	assert_true(vc_host_side_equal(&d->host, &claim.devices.v[0].host));
	assert_int_equal(d->iommu_group, 0x65);
	assert_int_equal(d->vfio_cdev, 4);
	assert_string_equal(vc_attributes_string(&d->attributes, VC_ATTR_SERIAL), "S1");
	assert_string_equal(vc_attributes_string(&d->attributes, VC_ATTR_VENDOR_ID),
	                    "144d");
	assert_string_equal(vc_attributes_string(&d->attributes, VC_ATTR_DEVICE_ID),
	                    "a80a");
	assert_string_equal(vc_attributes_string(&d->attributes, VC_ATTR_BOOT_ID), BOOT);
	assert_int_equal(device_at(&read, 1)->attributes.n, 0);
}

static struct vc_device *add_other(struct vc_arena *arena, struct vc_claim *claim,
                                   enum vc_kind kind)
{
	struct vc_device *d = add_function(arena, claim, "r", "d", 1);

	d->host = (struct vc_host_side){ .kind = kind };
	d->attributes.n = 0;
	d->iommu_group = -1;
	return d;
}

static void test_usb(void **state VC_UNUSED)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_claim claim = claim_of(&arena, "c", UID_A), read = { 0 };
	struct vc_device *d = add_other(&arena, &claim, VC_KIND_USB);
	const char *text;

	d->host.usb = (struct vc_usb_device){ .bus = 1, .device = 12 };
	text = written(&arena, &claim);
	assert_non_null(strstr(text, "\"path\": \"/dev/bus/usb/001/012\""));
	assert_null(strstr(text, "vfio"));
	read_back(&arena, text, &read);
	assert_int_equal(device_at(&read, 0)->host.kind, VC_KIND_USB);
	assert_int_equal(device_at(&read, 0)->host.usb.bus, 1);
	assert_int_equal(device_at(&read, 0)->host.usb.device, 12);
}

static void test_mdev(void **state VC_UNUSED)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_claim claim = claim_of(&arena, "c", UID_A), read = { 0 };
	struct vc_device *d = add_other(&arena, &claim, VC_KIND_MDEV);

	d->host.mdev_uuid = text_of(&arena, "1d6f8a10-93c2-4b57-8e0d-64a7b1c20f31");
	d->host.mdev_model = VC_MDEV_VFIO_CCW;
	d->iommu_group = 91;
	read_back(&arena, written(&arena, &claim), &read);
	assert_true(vc_host_side_equal(&device_at(&read, 0)->host, &d->host));
	assert_int_equal(device_at(&read, 0)->iommu_group, 91);
}

/* What the format, or the CDI library, would not stand. */
static void test_refusals(void **state VC_UNUSED)
{
	enum wrong { UID, NAMESPACE, NAME, DEVICES, REQUEST, GROUP, USB_NUMBER, N_WRONG };
	static const char *const says[] = {
		[UID] = "UUID",           [NAMESPACE] = "namespace",
		[NAME] = "name",          [DEVICES] = "needs a device",
		[REQUEST] = "request",    [GROUP] = "no node",
		[USB_NUMBER] = "no node",
	};

	for (enum wrong wrong = 0; wrong < N_WRONG; wrong++) {
		VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
		VC_AUTO_BUF struct vc_buf buf = VC_BUF_INIT(VC_FILE_MAX_BYTES);
		struct vc_claim claim = example_claim(&arena);
		struct vc_device *d = &claim.devices.v[2];
		struct vc_err err = VC_ERR_INIT;

		if (wrong == UID)
			claim.uid = text_of(&arena, "not-a-uuid");
		if (wrong == NAMESPACE)
			claim.namespace = NULL;
		if (wrong == NAME)
			claim.name = text_of(&arena, "../x");
		if (wrong == DEVICES)
			claim.devices.n = 0;
		if (wrong == REQUEST)
			d->request = text_of(&arena, "A=B");
		if (wrong == GROUP)
			d->iommu_group = -1;
		if (wrong == USB_NUMBER) {
			d->host = (struct vc_host_side){ .kind = VC_KIND_USB };
			d->host.usb.bus = 1;
		}
		assert_int_equal(vc_cdi_write(&claim, &buf, &err), -VC_ERR_REFUSED);
		assert_non_null(strstr(err.msg, says[wrong]));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_file_names), cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_names),      cmocka_unit_test(test_says_everything),
		cmocka_unit_test(test_usb),        cmocka_unit_test(test_mdev),
		cmocka_unit_test(test_refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
