/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What becomes of a host claim on the machine of tests/fixtures/make-sysfs. */
#include "claim/names.h"
#include "host/device_attributes.h"
#include "host/inventory.h"
#include "node/identity.h"
#include "publish_util.h"

#define SYSFS    VC_FIXTURES "/sysfs/"
#define DISK     "0000:03:00.0" /* on vfio-pci */
#define VF       "0000:05:02.1" /* on vfio-pci, of 0000:05:00.0 */
#define NIC      "0000:00:1f.6"
#define STICK    "1-4.3"
#define MDEV     "8c1f2c64-0b3e-4f5d-9a70-2d84e6b91c05"
#define OURS(id) VC_ATTR_DOMAIN "/" id

static struct vc_arena arena = VC_ARENA_INIT;
static struct vc_inventory station;

static int set_up(void **state VC_UNUSED)
{
	const struct vc_inventory_request request = {
		.sysfs = SYSFS "workstation",
		.proc = VC_FIXTURES "/proc/workstation",
		.modules_alias = VC_FIXTURES "/modules.alias",
		.pci_ids = VC_FIXTURES "/pci.ids",
	};
	struct vc_err err = VC_ERR_INIT;

	assert_int_equal(setenv("VIRT_CLAIM_MODULE_DIR", VC_MODULE_DIR, 1), 0);
	return vc_inventory_take(&arena, &request, &station, &err);
}

static int tear_down(void **state VC_UNUSED)
{
	vc_arena_release(&arena);
	return 0;
}

/* A claim of one device, which was found. */
struct case_ {
	struct vc_host_claim claim;
	struct vc_claimed_device claimed;
	struct vc_found_device found;
	struct vc_found_devices all;
};

static struct vc_host_device *find(const char *address)
{
	struct vc_host_device *d = vc_inventory_find(&station, address);

	if (!d)
		fail_msg("there is no '%s'", address);
	return d;
}

static void set_up_case(struct case_ *c, const char *address)
{
	struct vc_host_device *d = find(address);
	struct vc_err err = VC_ERR_INIT;

	*c = (struct case_){
		.claim = { .uid = text_of(&arena, UID_A),
		           .namespace = text_of(&arena, "lab"),
		           .name = text_of(&arena, "vm7"),
		           .pool = text_of(&arena, "host-7"),
		           .origin = text_of(&arena, "vm7.json"),
		           .generation = 5 },
		.claimed = { .request = text_of(&arena, "r"),
		             .name = text_of(&arena, "name"),
		             .vlan = -1 },
		.found = { .located = { .device = d }, .device = d },
		.all = { .n = 1 },
	};
	assert_int_equal(vc_identity_record(&arena, d, BOOT, &c->claimed.identity, &err),
	                 0);
	c->found.claimed = &c->claimed;
	c->all.v = &c->found;
	switch (d->kind) {
	case VC_DEVICE_PCI:
		c->found.host.kind = VC_KIND_PCI;
		c->found.host.has_pci = true;
		c->found.host.pci = d->pci.address;
		break;
	case VC_DEVICE_USB:
		c->found.host.kind = VC_KIND_USB;
		c->found.host.usb = (struct vc_usb_device){ .bus = d->usb.bus,
			                                    .device = d->usb.device };
		break;
	case VC_DEVICE_MDEV:
	case VC_DEVICE_MDEV_TYPE:
		c->found.host.kind = VC_KIND_MDEV;
		c->found.host.mdev_uuid = d->mdev.uuid;
		break;
	}
}

static const struct vc_device *publish(struct case_ *c, struct vc_claim *ret_claim)
{
	static const struct vc_device none = VC_DEVICE_INIT;
	struct vc_err err = VC_ERR_INIT;

	if (vc_publish_claim(&arena, &c->claim, &c->all, &station, ret_claim, &err) < 0)
		fail_msg("%s", err.msg);
	assert_int_equal(ret_claim->devices.n, c->all.n);
	return ret_claim->devices.v ? &ret_claim->devices.v[0] : &none;
}

static const char *text(const struct vc_device *d, const char *name)
{
	return vc_attributes_string(&d->attributes, name);
}

static int64_t number(const struct vc_device *d, const char *name)
{
	int64_t value = -1;

	(void)vc_attributes_int(&d->attributes, name, &value);
	return value;
}

static bool flag(const struct vc_device *d, const char *name)
{
	const struct vc_attribute *a = vc_attributes_find(&d->attributes, name);

	assert_true(a && a->type == VC_ATTRIBUTE_BOOL);
	return a && a->bools[0];
}

static void add_evidence(struct case_ *c, enum vc_evidence_kind kind, const char *value)
{
	struct vc_evidence *e = vc_list_push(&arena, &c->claimed.identity.evidence);

	assert_non_null(e);
	if (!e)
		return;
	e->kind = kind;
	e->value = text_of(&arena, value);
}

static void test_names(void **state VC_UNUSED)
{
	const struct vc_device *d;
	struct vc_claim claim;
	struct case_ c;

	set_up_case(&c, DISK);
	d = publish(&c, &claim);
	assert_string_equal(claim.uid, UID_A);
	assert_string_equal(claim.namespace, "lab");
	assert_string_equal(claim.name, "vm7");
	assert_int_equal(claim.generation, 0);
	assert_false(claim.from_api);
	assert_string_equal(d->request, "r");
	assert_string_equal(d->driver, "virt-claim.io");
	assert_string_equal(d->pool, "host-7");
	assert_string_equal(d->name, "name");
}

/* On vfio a disk shows no serial number; what was recorded before stays. */
static void test_recorded_evidence(void **state VC_UNUSED)
{
	const struct vc_device *d;
	struct vc_claim claim;
	struct case_ c;

	set_up_case(&c, DISK);
	d = publish(&c, &claim);
	assert_null(text(d, VC_ATTR_SERIAL));
	assert_true(flag(d, OURS("unverified")));
	c.claimed.identity.evidence.n = 0;
	add_evidence(&c, VC_EVIDENCE_MAC, "02:00:00:00:00:01");
	add_evidence(&c, VC_EVIDENCE_NVME, "S64X");
	c.claimed.identity.seen = VC_SEEN_ON_HOST_DRIVER;
	d = publish(&c, &claim);
	assert_string_equal(text(d, VC_ATTR_SERIAL), "S64X");
	assert_string_equal(text(d, OURS("mac")), "02:00:00:00:00:01");
	assert_false(flag(d, OURS("unverified")));
	assert_string_equal(text(d, OURS("driver")), "vfio-pci");
	assert_string_equal(text(d, VC_ATTR_PCI_BUS_ID), DISK);
	assert_string_equal(text(d, VC_ATTR_VENDOR_ID), "144d");
	assert_true(vc_host_side_equal(&d->host, &c.found.host));
	assert_int_equal(d->iommu_group, 16);
	assert_int_equal(number(d, VC_ATTR_IOMMU_GROUP), 16);
	assert_int_equal(d->vfio_cdev, 0);
}

/* What can be seen now counts where nothing was recorded. */
static void test_evidence_of_now(void **state VC_UNUSED)
{
	const struct vc_device *d;
	const char *mac;
	struct vc_claim claim;
	struct case_ c;

	set_up_case(&c, NIC);
	d = publish(&c, &claim);
	mac = text(d, OURS("mac"));
	assert_non_null(mac);
	c.claimed.identity.evidence.n = 0;
	d = publish(&c, &claim);
	assert_string_equal(text(d, OURS("mac")), mac);
	add_evidence(&c, VC_EVIDENCE_MAC, "02:00:00:00:00:01");
	d = publish(&c, &claim);
	assert_string_equal(text(d, OURS("mac")), "02:00:00:00:00:01");
	assert_int_equal(d->vfio_cdev, -1);
}

/* Made from its PF, whose identity is not that of the VF. */
static void test_vf(void **state VC_UNUSED)
{
	const struct vc_device *d;
	struct vc_claim claim;
	struct case_ c;

	set_up_case(&c, VF);
	c.claimed.made_from = VC_MADE_FROM_PF;
	c.claimed.vf_index = 1;
	c.claimed.mac = text_of(&arena, "52:54:00:12:34:56");
	c.claimed.vlan = 7;
	c.claimed.identity.seen = VC_SEEN_ON_HOST_DRIVER;
	add_evidence(&c, VC_EVIDENCE_VPD, "serial of the PF");
	d = publish(&c, &claim);
	assert_string_equal(d->hardware_address, "52:54:00:12:34:56");
	assert_int_equal(number(d, VC_ATTR_VLAN), 7);
	assert_string_equal(text(d, OURS("pfAddress")), "0000:05:00.0");
	assert_int_equal(number(d, OURS("vfIndex")), 1);
	assert_null(text(d, VC_ATTR_SERIAL));
	assert_false(flag(d, OURS("unverified")));
	assert_int_equal(d->vfio_cdev, 1);
	c.claimed.mac = NULL;
	c.claimed.vlan = 0;
	d = publish(&c, &claim);
	assert_null(d->hardware_address);
	assert_null(vc_attributes_find(&d->attributes, VC_ATTR_VLAN));
}

static void test_usb(void **state VC_UNUSED)
{
	const struct vc_host_device *stick = find(STICK);
	const struct vc_device *d;
	struct vc_claim claim;
	struct case_ c;

	set_up_case(&c, STICK);
	d = publish(&c, &claim);
	assert_int_equal(d->host.kind, VC_KIND_USB);
	assert_int_equal(d->host.usb.bus, stick->usb.bus);
	assert_int_equal(d->host.usb.device, stick->usb.device);
	assert_int_equal(number(d, VC_ATTR_USB_DEVICE), stick->usb.device);
	assert_string_equal(d->host.usb.port, "4.3");
	assert_true(d->host.usb.has_ids);
	assert_string_equal(d->host.usb.serial, vc_host_device_serial(stick));
	assert_int_equal(d->iommu_group, -1);
}

static void test_mdev(void **state VC_UNUSED)
{
	const struct vc_device *d;
	struct vc_claim claim;
	struct case_ c;

	set_up_case(&c, MDEV);
	c.claimed.made_from = VC_MADE_FROM_TYPE;
	d = publish(&c, &claim);
	assert_int_equal(d->host.kind, VC_KIND_MDEV);
	assert_string_equal(d->host.mdev_uuid, MDEV);
	assert_int_equal(d->host.mdev_model, VC_MDEV_VFIO_PCI);
	assert_int_equal(d->iommu_group, 40);
}

/* Limits of resource.k8s.io, for every device of the machine. */
static void test_limits(void **state VC_UNUSED)
{
	for (size_t i = 0; i < station.devices.n; i++) {
		const struct vc_host_device *host = &station.devices.v[i];
		const struct vc_device *d;
		struct vc_claim claim;
		struct case_ c;

		if (host->kind == VC_DEVICE_MDEV_TYPE ||
		    (host->kind == VC_DEVICE_USB && !host->usb.port))
			continue;
		set_up_case(&c, host->address);
		add_evidence(&c, VC_EVIDENCE_NVME,
		             "0123456789012345678901234567890123456789"
		             "012345678901234567890123");
		add_evidence(&c, VC_EVIDENCE_DSN, "0123456789abcdef");
		add_evidence(&c, VC_EVIDENCE_MAC, "02:00:00:00:00:01");
		d = publish(&c, &claim);
		/* and the boot */
		assert_true(d->attributes.n < VC_ATTRIBUTES_MAX);
		for (size_t j = 0; j < d->attributes.n; j++) {
			const struct vc_attribute *a = &d->attributes.v[j];
			const char *id = strchr(a->name, '/');

			assert_true(id && strlen(id + 1) <= 32);
			if (a->type == VC_ATTRIBUTE_STRING)
				assert_true(strlen(a->strings[0]) <=
				            VC_ATTRIBUTE_TEXT_MAX);
		}
	}
}

static void test_refusals(void **state VC_UNUSED)
{
	struct vc_claim claim = { .generation = 77 };
	struct vc_err err = VC_ERR_INIT;
	struct case_ c;

	set_up_case(&c, DISK);
	c.found.device = NULL;
	c.found.host = (struct vc_host_side){ .kind = VC_KIND_UNKNOWN };
	assert_int_equal(
		vc_publish_claim(&arena, &c.claim, &c.all, &station, &claim, &err),
		-VC_ERR_REFUSED);
	assert_non_null(strstr(err.msg, "does not exist yet"));
	set_up_case(&c, "mtty/mtty-1");
	assert_int_equal(
		vc_publish_claim(&arena, &c.claim, &c.all, &station, &claim, &err),
		-VC_ERR_REFUSED);
	set_up_case(&c, DISK);
	c.found.host.pci.bus++;
	assert_int_equal(
		vc_publish_claim(&arena, &c.claim, &c.all, &station, &claim, &err),
		-VC_ERR_INPUT);
	assert_non_null(strstr(err.msg, "claim 'lab/vm7': device 'name'"));
	assert_int_equal(claim.generation, 77);
}

/* A made device is found by its address as well. */
static void test_found_by_address(void **state VC_UNUSED)
{
	struct vc_claim claim;
	struct case_ c;

	set_up_case(&c, VF);
	c.found.device = NULL;
	assert_int_equal(publish(&c, &claim)->vfio_cdev, 1);
	set_up_case(&c, MDEV);
	c.found.device = NULL;
	assert_int_equal(publish(&c, &claim)->iommu_group, 40);
}

/* The whole way: what is published of real devices is what readers get. */
static void test_round_trip(void **state)
{
	static const char *const addresses[] = { DISK, VF, NIC, STICK, MDEV };
	struct temp_tree *t = NULL;
	void *tree = NULL;
	struct place place;

	(void)state;
	assert_int_equal(temp_tree_setup(&tree), 0);
	t = tree;
	place_in(t, &place);
	for (size_t i = 0; i < VC_ARRAY_SIZE(addresses); i++) {
		struct vc_claims read = { 0 };
		const struct vc_device *d;
		struct vc_err err = VC_ERR_INIT;
		struct vc_claim claim;
		struct case_ c;

		set_up_case(&c, addresses[i]);
		d = publish(&c, &claim);
		must_write(&place, &claim, true);
		read_claims(&arena, (const char *const[]){ place.claims, place.cdi }, 2,
		            &read);
		assert_true(read.n == 1 && read.v && read.v[0].devices.n == 1);
		assert_true(read.v &&
		            vc_host_side_equal(&read.v[0].devices.v[0].host, &d->host));
		assert_true(read.v && read.v[0].devices.v[0].vfio_cdev == d->vfio_cdev);
		assert_int_equal(withdraw(&place, "vm7", UID_A, &err), 0);
	}
	assert_int_equal(temp_tree_teardown(&tree), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_recorded_evidence),
		cmocka_unit_test(test_evidence_of_now),
		cmocka_unit_test(test_vf),
		cmocka_unit_test(test_usb),
		cmocka_unit_test(test_mdev),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_found_by_address),
		cmocka_unit_test(test_round_trip),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
