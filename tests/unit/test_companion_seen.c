/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pieces of claims as drivers leave them, put together one by one, against a machine.
 */
#include <stdio.h>
#include <string.h>

#include "companion/seen.h"
#include "host/device_attributes.h"
#include "unit.h"

#define UID_A "5b6f0c7e-2d41-4c0a-9a53-0d6f5a1c9e10"
#define UID_B "c0ffee00-1111-4222-8333-444455556666"
#define BOOT  "304c3c49-85ad-489d-b1cb-79ebadf64732"

static char *text_of(struct vc_arena *arena, const char *text)
{
	char *copy = text ? vc_arena_strdup(arena, text) : NULL;

	assert_true(!text || copy);
	return copy;
}

static struct vc_claim *add_claim(struct vc_arena *arena, struct vc_facts *facts,
                                  const char *uid, const char *name, const char *origin)
{
	struct vc_claim *c = vc_list_push(arena, &facts->claims);

	assert_non_null(c);
	c->uid = text_of(arena, uid);
	c->namespace = text_of(arena, name ? "lab" : NULL);
	c->name = text_of(arena, name);
	c->origin = text_of(arena, origin);
	return c;
}

/* What device metadata says: everything but where it is. */
static struct vc_device *add_device(struct vc_arena *arena, struct vc_claim *claim,
                                    const char *name)
{
	struct vc_device *d = vc_list_push(arena, &claim->devices);

	assert_non_null(d);
	*d = (struct vc_device)VC_DEVICE_INIT;
	d->request = text_of(arena, "gpu");
	d->driver = text_of(arena, "gpu.example.com");
	d->pool = text_of(arena, "node1");
	d->name = text_of(arena, name);
	d->origin = text_of(arena, claim->origin);
	return d;
}

static void set_pci(struct vc_device *d, uint8_t bus)
{
	d->host.kind = VC_KIND_PCI;
	d->host.has_pci = true;
	d->host.pci = (struct vc_pci_address){ .bus = bus };
}

static void add_text(struct vc_arena *arena, struct vc_device *d, const char *name,
                     const char *text)
{
	struct vc_attribute *a = vc_list_push(arena, &d->attributes);

	assert_non_null(a);
	a->name = text_of(arena, name);
	a->type = VC_ATTRIBUTE_STRING;
	a->n = 1;
	a->strings = vc_arena_alloc(arena, 1, sizeof(*a->strings));
	assert_non_null(a->strings);
	a->strings[0] = text_of(arena, text);
}

/* Functions 0000:65:00.0 and :66:00.0, each alone in a group; :67:00.0 and .1 share one. */
static void add_function(struct vc_arena *arena, struct vc_host_facts *host, uint8_t bus,
                         uint8_t function, int64_t group)
{
	struct vc_function *f = vc_list_push(arena, &host->functions);

	assert_non_null(f);
	if (!f)
		return;
	*f = (struct vc_function){
		.address = { .bus = bus, .function = function },
		.vendor = 0x144d,
		.device = 0xa80a,
		.class_code = 0x010802,
		.on_vfio = true,
		.iommu_group = group,
		.numa_node = 1,
	};
}

static void take_machine(struct vc_arena *arena, struct vc_host_facts *host)
{
	*host = (struct vc_host_facts){ .boot_id = text_of(arena, BOOT) };
	add_function(arena, host, 0x65, 0, 37);
	add_function(arena, host, 0x66, 0, 38);
	add_function(arena, host, 0x67, 0, 39);
	add_function(arena, host, 0x67, 1, 39);
	host->functions.v[0].serial = text_of(arena, "S1");
}

static struct vc_seen_list look(struct vc_arena *arena, const struct vc_facts *facts)
{
	struct vc_err err = VC_ERR_INIT;
	struct vc_host_facts host;
	struct vc_seen_list seen;

	take_machine(arena, &host);
	if (vc_seen_join(arena, facts, &seen, &err) < 0 ||
	    vc_seen_check(arena, &seen, &host, &err) < 0)
		fail_msg("%s", err.msg);
	return seen;
}

static void assert_says(const struct vc_seen_claim *seen, enum vc_seen_state state,
                        const char *text)
{
	if (seen->state != state)
		fail_msg("state %d: %s", (int)seen->state, seen->text ? seen->text : "");
	if (!text)
		assert_null(seen->text);
	else if (!seen->text || !strstr(seen->text, text))
		fail_msg("'%s' is not in '%s'", text, seen->text ? seen->text : "");
}

/* The machine adds group, node and ids; what a driver said stays. */
static void test_complete(void **state VC_UNUSED)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_facts facts = { 0 };
	struct vc_claim *c = add_claim(&arena, &facts, UID_A, "vm1", "m.json");
	struct vc_device *d = add_device(&arena, c, "gpu-0");
	struct vc_seen_list seen;
	int64_t node;

	set_pci(d, 0x65);
	add_text(&arena, d, "gpu.example.com/vendorID", "0x144d");
	add_text(&arena, d, VC_ATTR_DEVICE_ID, "a80a");
	add_text(&arena, d, VC_ATTR_SERIAL, "S1");
	seen = look(&arena, &facts);
	assert_int_equal(seen.n, 1);
	assert_says(&seen.v[0], VC_SEEN_COMPLETE, NULL);
	d = &seen.v[0].claim.devices.v[0];
	assert_int_equal(d->iommu_group, 37);
	assert_true(vc_attributes_int(&d->attributes, VC_ATTR_NUMA_NODE, &node));
	assert_int_equal(node, 1);
	assert_string_equal(vc_attributes_string(&d->attributes, VC_ATTR_VENDOR_ID),
	                    "144d");
	assert_int_equal(d->attributes.n, 5);
}

/* A driver that says a lot leaves no room for us, and the writer needs some. */
static void test_full(void **state VC_UNUSED)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_facts facts = { 0 };
	struct vc_claim *c = add_claim(&arena, &facts, UID_A, "vm1", "m.json");
	struct vc_device *d = add_device(&arena, c, "gpu-0");
	struct vc_seen_list seen;
	char name[64];

	set_pci(d, 0x65);
	for (unsigned i = 0; i < VC_ATTRIBUTES_MAX - 5; i++) {
		(void)snprintf(name, sizeof(name), "gpu.example.com/a%u", i);
		add_text(&arena, d, name, "x");
	}
	seen = look(&arena, &facts);
	assert_says(&seen.v[0], VC_SEEN_COMPLETE, NULL);
	assert_int_equal(seen.v[0].claim.devices.v[0].attributes.n,
	                 VC_ATTRIBUTES_MAX - 5);
}

/* One wrong thing of a device. */
static void no_such_device(struct vc_arena *arena VC_UNUSED, struct vc_device *d)
{
	set_pci(d, 0x99);
}

static void other_vendor(struct vc_arena *arena, struct vc_device *d)
{
	add_text(arena, d, "gpu.example.com/vendorID", "10de");
}

static void other_device(struct vc_arena *arena, struct vc_device *d)
{
	add_text(arena, d, VC_ATTR_DEVICE_ID, "a80b");
}

static void other_serial(struct vc_arena *arena, struct vc_device *d)
{
	add_text(arena, d, VC_ATTR_SERIAL, "S2");
}

static void no_such_mdev(struct vc_arena *arena, struct vc_device *d)
{
	d->host = (struct vc_host_side){ .kind = VC_KIND_MDEV,
		                         .mdev_uuid = text_of(arena, UID_B) };
}

static void no_such_usb(struct vc_arena *arena VC_UNUSED, struct vc_device *d)
{
	d->host = (struct vc_host_side){ .kind = VC_KIND_USB };
	d->host.usb.bus = 1;
	d->host.usb.device = 4;
}

static void other_group(struct vc_arena *arena VC_UNUSED, struct vc_device *d)
{
	d->iommu_group = 40;
}

static void other_boot(struct vc_arena *arena, struct vc_device *d)
{
	add_text(arena, d, VC_ATTR_BOOT_ID, UID_B);
}

static void no_address(struct vc_arena *arena VC_UNUSED, struct vc_device *d)
{
	d->host = (struct vc_host_side){ 0 };
}

static void shared_group(struct vc_arena *arena VC_UNUSED, struct vc_device *d)
{
	d->host = (struct vc_host_side){ 0 };
	d->iommu_group = 39;
}

static void no_request(struct vc_arena *arena VC_UNUSED, struct vc_device *d)
{
	d->request = NULL;
}

static void no_pool(struct vc_arena *arena VC_UNUSED, struct vc_device *d)
{
	d->pool = NULL;
	d->driver = NULL;
}

static void test_wrong(void **state VC_UNUSED)
{
	static const struct {
		void (*spoil)(struct vc_arena *arena, struct vc_device *d);
		enum vc_seen_state state;
		const char *text;
	} wrongs[] = {
		{ no_such_device, VC_SEEN_BROKEN, "0000:99:00.0 is no device of this" },
		{ other_vendor, VC_SEEN_BROKEN, "ids are 10de:" },
		{ other_device, VC_SEEN_BROKEN, "is 144d:a80a; let the driver" },
		{ other_serial, VC_SEEN_BROKEN, "serial number is 'S2'" },
		{ no_such_mdev, VC_SEEN_BROKEN, "does not exist on this machine" },
		{ no_such_usb, VC_SEEN_BROKEN, "is no device of this machine" },
		{ other_group, VC_SEEN_INCOMPLETE, "is in group 37" },
		{ other_boot, VC_SEEN_INCOMPLETE, "prepared in boot" },
		{ shared_group, VC_SEEN_INCOMPLETE, "0000:67:00.0 and 0000:67:00.1" },
		{ no_request, VC_SEEN_INCOMPLETE,
		  "of device 'gpu-0' its request. Device" },
		{ no_pool, VC_SEEN_INCOMPLETE, "its driver, pool" },
		{ no_address, VC_SEEN_UNRELATED, "host address" },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(wrongs); i++) {
		VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
		struct vc_facts facts = { 0 };
		struct vc_claim *c = add_claim(&arena, &facts, UID_A, "vm1", "m.json");
		struct vc_device *d = add_device(&arena, c, "gpu-0");
		struct vc_seen_list seen;

		set_pci(d, 0x65);
		wrongs[i].spoil(&arena, d);
		seen = look(&arena, &facts);
		assert_int_equal(seen.n, 1);
		assert_says(&seen.v[0], wrongs[i].state, wrongs[i].text);
	}
}

/* What contradicts itself costs only itself, and is still called by its name. */
static void test_contradiction(void **state VC_UNUSED)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_facts facts = { 0 };
	struct vc_seen_list seen;

	set_pci(add_device(&arena, add_claim(&arena, &facts, UID_B, "vm2", "2.json"),
	                   "g"),
	        0x66);
	set_pci(add_device(&arena, add_claim(&arena, &facts, UID_A, "vm1", "1.json"),
	                   "g"),
	        0x65);
	set_pci(add_device(&arena, add_claim(&arena, &facts, UID_A, "vm9", "9.json"),
	                   "g"),
	        0x65);
	seen = look(&arena, &facts);
	assert_int_equal(seen.n, 2);
	assert_string_equal(seen.v[0].claim.name, "vm1");
	assert_says(&seen.v[0], VC_SEEN_BROKEN, "contradicts");
	assert_says(&seen.v[1], VC_SEEN_COMPLETE, NULL);
}

/* A CDI file that knows nothing but the UID, alone. */
static void test_nameless(void **state VC_UNUSED)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_facts facts = { 0 };
	struct vc_claim *c = add_claim(&arena, &facts, UID_A, NULL, "x.yaml");
	struct vc_device *d = vc_list_push(&arena, &c->devices);
	struct vc_seen_list seen;

	assert_non_null(d);
	*d = (struct vc_device)VC_DEVICE_INIT;
	d->name = text_of(&arena, "gpu-vfio-0");
	d->iommu_group = 37;
	seen = look(&arena, &facts);
	assert_says(&seen.v[0], VC_SEEN_INCOMPLETE, "its namespace and name; of device");
	assert_true(seen.v[0].claim.devices.v[0].host.has_pci);
}

/* Pieces of no claim belong to nobody, and are no claim. */
static void test_loose(void **state VC_UNUSED)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_facts facts = { 0 };
	struct vc_claim *c = add_claim(&arena, &facts, NULL, NULL, "intel.com-gpu.yaml");
	struct vc_seen_list seen;

	set_pci(add_device(&arena, c, "0000-65-00-0-0x56a0"), 0x65);
	seen = look(&arena, &facts);
	assert_int_equal(seen.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_complete), cmocka_unit_test(test_full),
		cmocka_unit_test(test_wrong),    cmocka_unit_test(test_contradiction),
		cmocka_unit_test(test_nameless), cmocka_unit_test(test_loose),
	};

	return cmocka_run_group_tests_name("companion seen", tests, NULL, NULL);
}
