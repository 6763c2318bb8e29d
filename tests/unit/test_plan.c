/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is done, what is refused, and that doing it twice changes nothing. */
#include "base/buf.h"
#include "plan_world.h"

#define A65 "0000:65:00.0"
#define A66 "0000:66:00.0"
#define A67 "0000:67:00.0"

static void test_actions(void **state VC_UNUSED)
{
	static const struct {
		const char *devices, *plan, *why;
	} cases[] = {
		{ "", "add ua-gpu >0000:65:00.0 made recorded", "new" },
		{ PCI("ua-gpu", "0x65"),
		  "keep ua-gpu 0000:65:00.0>0000:65:00.0 recorded own-alias",
		  "up to date" },
		{ PCI("ua-gpu", "0x66"),
		  "change ua-gpu 0000:66:00.0>0000:65:00.0 recorded own-alias",
		  "another" },
		{ KV_PCI("ua-gpu", "0x65"),
		  "change ua-gpu 0000:65:00.0>0000:65:00.0 recorded own-alias",
		  "not written out" },
		{ MDEV_DEV("ua-gpu", ""),
		  "change ua-gpu " MDEV ">0000:65:00.0 recorded own-alias", "another" },
		{ "<hostdev type='pci'><alias name='ua-gpu'/></hostdev>",
		  "change ua-gpu >0000:65:00.0 recorded own-alias", "another" },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		char xml[1024];

		(void)snprintf(xml, sizeof(xml), DOMAIN(DEVICES("%s")), cases[i].devices);
		AUTO_WORLD w = world_of(xml);
		add_simple(&w);
		add_bind(&w, "gpu=c:r");
		must_be(&w, cases[i].plan);
		assert_non_null(strstr(w.plan.devices.v[0].why, cases[i].why));
		assert_int_equal(w.plan.devices.v[0].managed, VC_NO);
		must_settle(&w);
	}
}

static void test_no_devices_element(void **state VC_UNUSED)
{
	AUTO_WORLD w = world_of("<domain/>");

	add_simple(&w);
	add_bind(&w, "gpu=c:r");
	must_be(&w, "add ua-gpu >0000:65:00.0 made recorded");
	assert_int_equal(w.plan.devices.v[0].at, 0);
	must_settle(&w);
}

static void test_options(void **state VC_UNUSED)
{
	AUTO_WORLD w = world_of(DOMAIN(DEVICES(PCI("ua-gpu", "0x65"))));
	struct vc_options *o;

	add_simple(&w);
	o = &add_bind(&w, "gpu=c:r")->options;
	w.input.target_libvirt = 10003000;
	o->boot_order = 1;
	o->rom_bar = VC_YES;
	o->rom_file = dup_text(&w, "/r");
	o->display = VC_YES;
	o->ramfb = VC_YES;
	o->address = (struct vc_guest_address){ .set = true,
		                                .bus = 5,
		                                .multifunction = VC_YES };
	must_plan(&w);
	assert_int_equal(w.plan.devices.v[0].action, VC_PLAN_CHANGE);
	must_settle(&w);
	/* not asking for it leaves it there */
	*o = (struct vc_options){ 0 };
	must_be(&w, "keep ua-gpu 0000:65:00.0>0000:65:00.0 recorded own-alias");
	o->address = (struct vc_guest_address){ .set = true, .bus = 6 };
	must_be(&w, "change ua-gpu 0000:65:00.0>0000:65:00.0 recorded own-alias");
	must_settle(&w);
}

static void test_mdev(void **state VC_UNUSED)
{
	AUTO_WORLD w = world_of(EMPTY);
	struct vc_claim *c = add_claim(&w, "lab", "c", UID_A);
	struct vc_binding *b = add_bind(&w, "gpu=c:r");

	add_device(&w, c, "r", MDEV);
	w.input.managed = true;
	b->options.display = VC_YES;
	must_be(&w, "add ua-gpu >" MDEV " made recorded");
	assert_int_equal(w.plan.devices.v[0].host.mdev_model, VC_MDEV_VFIO_PCI);
	/* libvirt knows no managed mdev */
	assert_int_equal(w.plan.devices.v[0].managed, VC_NO);
	must_settle(&w);
	w.claims.v[0].devices.v[0].host.mdev_model = VC_MDEV_VFIO_AP;
	b->options.display = VC_UNKNOWN;
	must_be(&w, "change ua-gpu " MDEV ">" MDEV " made recorded");
	assert_int_equal(w.plan.devices.v[0].host.mdev_model, VC_MDEV_VFIO_AP);
	must_settle(&w);
}

static void test_managed(void **state VC_UNUSED)
{
	AUTO_WORLD w = world_of(DOMAIN(DEVICES(PCI("ua-gpu", "0x65"))));

	add_simple(&w);
	add_bind(&w, "gpu=c:r");
	w.input.managed = true;
	must_be(&w, "change ua-gpu 0000:65:00.0>0000:65:00.0 recorded own-alias");
	assert_int_equal(w.plan.devices.v[0].managed, VC_YES);
	must_settle(&w);
	/* asked for once, it stays: a hook knows nothing of --managed */
	w.input.managed = false;
	must_be(&w, "keep ua-gpu 0000:65:00.0>0000:65:00.0 recorded own-alias");
	assert_int_equal(w.plan.devices.v[0].managed, VC_YES);
}

static void test_records(void **state VC_UNUSED)
{
	AUTO_WORLD w = world_of(EMPTY);
	struct vc_claim *c = add_simple(&w);

	add_device(&w, c, "r", A66);
	add_device(&w, c, "s", A67);
	add_bind(&w, "z=c:s");
	add_bind(&w, "gpu=c:r");
	must_plan(&w);
	must_settle(&w);
	/* from the records alone; their order is the metadata's */
	w.bindings.n = 0;
	must_be(&w, "keep ua-z 0000:67:00.0>0000:67:00.0 made recorded; "
	            "keep ua-gpu 0000:65:00.0>0000:65:00.0 made recorded; "
	            "keep ua-gpu-2 0000:66:00.0>0000:66:00.0 made recorded");
	must_settle(&w);
	w.claims.v[0].devices.v[1].host.pci.bus = 0x68;
	add_bind(&w, "gpu=c:r");
	must_be(&w, "keep ua-z 0000:67:00.0>0000:67:00.0 made recorded; "
	            "keep ua-gpu 0000:65:00.0>0000:65:00.0 made recorded; "
	            "change ua-gpu-2 0000:66:00.0>0000:68:00.0 made recorded");
	must_settle(&w);
}

static void test_addresses_swap(void **state VC_UNUSED)
{
	AUTO_WORLD w =
		world_of(DOMAIN(DEVICES(PCI("ua-a", "0x66") PCI("ua-a-2", "0x65"))));
	struct vc_claim *c = add_simple(&w);

	add_device(&w, c, "r", A66);
	add_bind(&w, "a=c:r");
	must_be(&w, "change ua-a 0000:66:00.0>0000:65:00.0 recorded own-alias; "
	            "change ua-a-2 0000:65:00.0>0000:66:00.0 recorded own-alias");
	must_settle(&w);
}

static void test_element_has_gone(void **state VC_UNUSED)
{
	AUTO_WORLD w = world_of(DOMAIN(OURS(RECORD("ua-gpu", "1")) DEVICES("")));

	add_simple(&w);
	must_be(&w, "add ua-gpu >0000:65:00.0 made recorded");
	assert_non_null(strstr(w.plan.devices.v[0].why, "gone"));
	must_settle(&w);
}

static void test_claim_shrinks(void **state VC_UNUSED)
{
	AUTO_WORLD w = world_of(
		DOMAIN(OURS(RECORD("ua-a", "1") RECORD("ua-b", "2") RECORD("ua-c", "3"))
	                       DEVICES(PCI("ua-a", "0x65") PCI("ua-b", "0x66"))));

	add_simple(&w);
	must_be(&w, "keep ua-a 0000:65:00.0>0000:65:00.0 made recorded; "
	            "remove ua-b 0000:66:00.0> made");
	assert_int_equal(w.plan.notes.n, 2);
	assert_non_null(strstr(w.plan.notes.v[0], "no longer has device 2"));
	must_settle(&w);
	assert_int_equal(w.domain.hostdevs.n, 1);
	assert_int_equal(w.domain.records.n, 1);
}

static void test_adopted_surplus(void **state VC_UNUSED)
{
	static const char xml[] = DOMAIN(
		OURS("<c:device alias='ua-b' namespace='lab' claim='c' request='r' "
	             "index='2' made='no'/>") DEVICES(PCI("ua-b", "0x66")));
	AUTO_WORLD w = world_of(xml);

	add_simple(&w);
	must_fail(&w, VC_ERR_REFUSED, "was adopted and is not ours to remove");
	assert_non_null(strstr(w.err.msg, "virt-claim unbind"));
}

static void test_host_device_twice(void **state VC_UNUSED)
{
	AUTO_WORLD w = world_of(EMPTY);
	struct vc_claim *c = add_simple(&w);

	add_device(&w, c, "s", A65);
	add_bind(&w, "a=c:r");
	add_bind(&w, "b=c:s");
	must_fail(&w, VC_ERR_REFUSED,
	          "host device '0000:65:00.0' would be used twice: as 'ua-a' (--bind "
	          "'a=c:r') and as 'ua-b'");
	c->devices.v[0].host.kind = c->devices.v[1].host.kind = VC_KIND_MDEV;
	c->devices.v[0].host.mdev_uuid = c->devices.v[1].host.mdev_uuid =
		dup_text(&w, MDEV);
	must_fail(&w, VC_ERR_REFUSED, "host device '" MDEV "' would be used twice");
}

static void test_host_device_taken(void **state VC_UNUSED)
{
	static const struct {
		const char *device, *message;
	} cases[] = {
		{ PLAIN_PCI("0x65"),
		  "vm.xml:2: host device '0000:65:00.0' is already used "
		  "by this <hostdev>" },
		{ PLAIN_PCI("101"), "'virt-claim adopt'" },
		{ PCI("ua-other", "0x65"), "by this <hostdev>" },
		{ "<interface type='hostdev'><source><address type='pci' bus='0x65'/>"
		  "</source></interface>",
		  "this <interface>, which is not ours" },
		{ "<disk type='nvme'><source><address bus='0x65'/></source></disk>",
		  "this <disk>" },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		char xml[1024];

		(void)snprintf(xml, sizeof(xml), DOMAIN(DEVICES("%s")), cases[i].device);
		AUTO_WORLD w = world_of(xml);
		add_simple(&w);
		add_bind(&w, "gpu=c:r");
		must_fail(&w, VC_ERR_REFUSED, cases[i].message);
	}
}

static void test_admin_access(void **state VC_UNUSED)
{
	AUTO_WORLD w = world_of(EMPTY);
	struct vc_claim *c = add_simple(&w);

	add_bind(&w, "gpu=c:r");
	c->devices.v[0].admin_access = VC_YES;
	must_fail(&w, VC_ERR_REFUSED,
	          "request 'r' of claim 'lab/c' ('c.json') has "
	          "adminAccess");
	c->devices.v[0].admin_access = VC_NO;
	must_plan(&w);
}

static void test_deleting(void **state VC_UNUSED)
{
	AUTO_WORLD w = world_of(EMPTY);
	struct vc_claim *c = add_simple(&w);

	add_device(&w, c, "r", A66);
	add_bind(&w, "gpu=c:r");
	c->deleting = true;
	must_plan(&w);
	assert_int_equal(w.plan.notes.n, 1);
	assert_non_null(strstr(w.plan.notes.v[0], "is being deleted"));
}

#define LONG_VM "vm-with-a-name-that-is-much-longer-than-launchers-can-hold"

static void test_owner(void **state VC_UNUSED)
{
	static const struct {
		const char *vm, *group, *resource, *name, *message;
	} cases[] = {
		{ "vm7", "", "pods", "virt-launcher-vm7-x8k2p", NULL },
		{ "vm7", "kubevirt.io", "virtualmachines", "vm7", NULL },
		{ "vm7", "kubevirt.io", "virtualmachineinstances", "vm7", NULL },
		{ LONG_VM, "", "pods",
		  "virt-launcher-vm-with-a-name-that-is-much-longer-than-launx8k2p",
		  NULL },
		{ NULL, "", "pods", "virt-launcher-vm8-x8k2p", NULL },
		{ NULL, "", "pods", "job-1", NULL },
		{ "vm7", "scheduling.k8s.io", "podgroups", "g", NULL },
		{ "vm7", "", "pods", "virt-launcher-vm8-x8k2p",
		  "is reserved for pods 'virt-launcher-vm8-x8k2p', which is not VM 'vm7'" },
		{ "vm7", "", "pods", "virt-launcher-vm7-b-x8k2p", "is not VM 'vm7'" },
		{ "vm7", "", "pods", "virt-launcher-vm-x8k2p", "is not VM 'vm7'" },
		{ "vm7", "", "pods", "virt-launcher-", "is not VM 'vm7'" },
		{ "vm7", "", "pods", "job-1", "reserved for pods 'job-1'" },
		{ "vm7", "kubevirt.io", "virtualmachines", "vm8",
		  "reserved for virtualmachines 'vm8'" },
		{ LONG_VM, "", "pods",
		  "virt-launcher-vm-with-a-name-that-is-much-longer-than-lbunx8k2p",
		  "is not VM" },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		AUTO_WORLD w = world_of(EMPTY);
		struct vc_claim *c = add_simple(&w);

		add_bind(&w, "gpu=c:r");
		c->from_api = c->allocated = true;
		w.input.vmi_name = cases[i].vm;
		add_consumer(&w, &c->reserved_for, cases[i].group, cases[i].resource,
		             cases[i].name);
		if (cases[i].message)
			must_fail(&w, VC_ERR_REFUSED, cases[i].message);
		else
			must_plan(&w);
		/* without the object nothing is said about owners */
		c->from_api = false;
		must_plan(&w);
	}
}

static void test_owner_references(void **state VC_UNUSED)
{
	AUTO_WORLD w = world_of(EMPTY);
	struct vc_claim *c = add_simple(&w);

	add_bind(&w, "gpu=c:r");
	c->from_api = c->allocated = true;
	w.input.vmi_name = "vm7";
	add_consumer(&w, &c->owners, "apps", "Deployment", "d");
	add_consumer(&w, &c->owners, "", "Pod", "virt-launcher-vm7-x8k2p");
	must_plan(&w);
	add_consumer(&w, &c->owners, "kubevirt.io", "VirtualMachine", "vm8");
	must_fail(&w, VC_ERR_REFUSED, "is owned by VirtualMachine 'vm8'");
}

static void test_owner_by_uid(void **state VC_UNUSED)
{
	AUTO_WORLD w = world_of(EMPTY);
	struct vc_claim *c = add_simple(&w);

	add_bind(&w, "gpu=c:r");
	c->from_api = c->allocated = true;
	w.input.vmi_name = "vm7";
	w.input.vmi_uid = "u-7";
	add_consumer(&w, &c->reserved_for, "kubevirt.io", "virtualmachineinstances",
	             "vm7");
	c->reserved_for.v[0].uid = dup_text(&w, "u-7");
	must_plan(&w);
	/* the same name, another VM */
	c->reserved_for.v[0].uid = dup_text(&w, "u-6");
	must_fail(&w, VC_ERR_REFUSED, "is not VM 'vm7'");
}

/* A pod says itself whose it is, whatever it is called. */
static void test_owner_by_pod(void **state VC_UNUSED)
{
	AUTO_WORLD w = world_of(EMPTY);
	struct vc_claim *c = add_simple(&w);
	struct vc_pod *pod = vc_list_push(&w.arena, &w.pods);

	add_bind(&w, "gpu=c:r");
	c->from_api = c->allocated = true;
	w.input.pods = &w.pods;
	w.input.vmi_name = "vm7";
	pod->uid = dup_text(&w, "p-1");
	pod->name = dup_text(&w, "virt-launcher-vm8-x8k2p");
	pod->namespace = dup_text(&w, "lab");
	add_consumer(&w, &pod->owners, "kubevirt.io", "VirtualMachineInstance", "vm7");
	add_consumer(&w, &c->reserved_for, "", "pods", "virt-launcher-vm8-x8k2p");
	must_plan(&w);
	pod->owners.v[0].name = dup_text(&w, "vm8");
	must_fail(&w, VC_ERR_REFUSED, "is not VM 'vm7'");
	/* another pod of that name, in another namespace */
	pod->namespace = dup_text(&w, "prod");
	pod->owners.v[0].name = dup_text(&w, "vm7");
	must_fail(&w, VC_ERR_REFUSED, "is not VM 'vm7'");
	c->reserved_for.v[0].uid = dup_text(&w, "p-1");
	must_plan(&w);
}

static void test_shared(void **state VC_UNUSED)
{
	static const struct {
		const char *first[2], *second[2];
		bool shared;
	} cases[] = {
		{ { "virtualmachines", "vm7" },
		  { "pods", "virt-launcher-vm7-aaaaa" },
		  false },
		{ { "pods", "virt-launcher-vm7-aaaaa" },
		  { "virtualmachines", "vm7" },
		  false },
		{ { "pods", "virt-launcher-vm7-aaaaa" },
		  { "pods", "virt-launcher-vm7-bbbbb" },
		  false },
		{ { "pods", "virt-launcher-vm7-aaaaa" },
		  { "pods", "virt-launcher-vm8-aaaaa" },
		  true },
		{ { "virtualmachines", "vm7" },
		  { "pods", "virt-launcher-vm8-aaaaa" },
		  true },
		{ { "virtualmachines", "vm7" }, { "virtualmachines", "vm8" }, true },
		{ { "pods", "a" }, { "pods", "b" }, true },
		{ { "podgroups", "a" }, { "podgroups", "b" }, true },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		AUTO_WORLD w = world_of(EMPTY);
		struct vc_claim *c = add_simple(&w);

		add_bind(&w, "gpu=c:r");
		c->from_api = c->allocated = true;
		add_consumer(&w, &c->reserved_for, "", cases[i].first[0],
		             cases[i].first[1]);
		add_consumer(&w, &c->reserved_for, "", cases[i].second[0],
		             cases[i].second[1]);
		if (cases[i].shared)
			must_fail(&w, VC_ERR_REFUSED,
			          "claim 'lab/c' ('c.json') is shared");
		else
			must_plan(&w);
	}
}

static void test_other_namespace(void **state VC_UNUSED)
{
	AUTO_WORLD w = world_of(EMPTY);

	add_simple(&w);
	add_bind(&w, "gpu=lab/c:r");
	w.input.namespace = "prod";
	must_plan(&w);
	w.input.vmi_name = "vm7";
	must_fail(&w, VC_ERR_REFUSED, "is in another namespace than VM 'prod/vm7'");
	w.input.namespace = "lab";
	must_plan(&w);
}

static void test_machine(void **state VC_UNUSED)
{
	AUTO_WORLD w = world_of(EMPTY);
	struct vc_function *f;

	add_function(&w, A66, 0x10de, 0x2331);
	add_simple(&w);
	add_bind(&w, "gpu=c:r");
	must_fail(&w, VC_ERR_REFUSED, "'0000:65:00.0' ('c.json') does not exist on this");
	f = add_function(&w, A65, 0x10de, 0x2331);
	must_plan(&w);
	assert_string_equal(w.plan.devices.v[0].identity, "10de:2331");
	f->class_code = 0x060400;
	must_fail(&w, VC_ERR_REFUSED, "is a bridge");
	f->class_code = 0x020000;
	f->n_vfs = 4;
	must_fail(&w, VC_ERR_REFUSED, "physical function of 4 virtual functions");
	f->n_vfs = 0;
	f->is_vf = true;
	must_plan(&w);
	w.claims.v[0].devices.v[0].host.kind = VC_KIND_MDEV;
	w.claims.v[0].devices.v[0].host.mdev_uuid = dup_text(&w, MDEV);
	must_fail(&w, VC_ERR_REFUSED,
	          "mediated device '" MDEV "' ('c.json') does not exist");
}

static void test_identity_of_claim(void **state VC_UNUSED)
{
	AUTO_WORLD w = world_of(EMPTY);
	struct vc_device *d = &add_simple(&w)->devices.v[0];

	add_bind(&w, "gpu=c:r");
	add_function(&w, A65, 0x10de, 0x2331);
	add_attribute(&w, d, "gpu.example.com/vendorID", "0x10DE");
	add_attribute(&w, d, "gpu.example.com/deviceID", "2331");
	must_plan(&w);
	w.host.functions.v[0].device = 0x2332;
	must_fail(&w, VC_ERR_REFUSED,
	          "device '0000:65:00.0' is '10de:2332', but its claim says '10de:2331'");
	/* ours are believed before the driver's */
	add_attribute(&w, d, VC_ATTR_VENDOR_ID, "10de");
	add_attribute(&w, d, VC_ATTR_DEVICE_ID, "2332");
	must_plan(&w);
	/* what is no id says nothing */
	d->attributes.n = 0;
	add_attribute(&w, d, "gpu.example.com/vendorID", "NVIDIA");
	add_attribute(&w, d, "gpu.example.com/deviceID", "0x123456");
	must_plan(&w);
}

/* What the host's driver shows of a disk is compared, and not recorded: on vfio it is
 * gone. */
static void test_identity_of_disk(void **state VC_UNUSED)
{
	AUTO_WORLD w = world_of(EMPTY);
	struct vc_device *d = &add_simple(&w)->devices.v[0];

	add_bind(&w, "gpu=c:r");
	add_function(&w, A65, 0x144d, 0xa80a)->serial = dup_text(&w, "S2");
	must_plan(&w);
	assert_string_equal(w.plan.devices.v[0].identity, "144d:a80a");
	add_attribute(&w, d, VC_ATTR_SERIAL, "S2");
	must_plan(&w);
	assert_string_equal(w.plan.devices.v[0].identity, "144d:a80a serial S2");
	w.host.functions.v[0].serial = dup_text(&w, "S3");
	must_fail(&w, VC_ERR_REFUSED,
	          "device '0000:65:00.0' is '144d:a80a serial S3', but its claim says "
	          "'serial S2'");
	w.host.functions.v[0].serial = NULL;
	must_plan(&w);
}

static void test_identity_of_record(void **state VC_UNUSED)
{
	static const char xml[] =
		DOMAIN(OURS("<c:device alias='ua-gpu' claim='c' uid='" UID_A
	                    "' request='r' made='yes' identity='10de:2331 serial S1'/>")
	                       DEVICES(PCI("ua-gpu", "0x65")));
	AUTO_WORLD w = world_of(xml);
	struct vc_device *d = &add_simple(&w)->devices.v[0];

	must_plan(&w);
	assert_string_equal(w.plan.devices.v[0].identity, "10de:2331 serial S1");
	add_attribute(&w, d, VC_ATTR_SERIAL, "S2");
	must_fail(&w, VC_ERR_REFUSED,
	          "is 'serial S2', but the domain recorded '10de:2331 serial S1'");
	d->attributes.n = 0;
	add_function(&w, A65, 0x10de, 0x2332);
	must_fail(&w, VC_ERR_REFUSED,
	          "is '10de:2332', but the domain recorded '10de:2331 serial S1'");
	add_bind(&w, "gpu=c:r");
	must_plan(&w);
	assert_string_equal(w.plan.devices.v[0].identity, "10de:2332");
	must_settle(&w);
}

struct guest_case {
	const char *domain;
	struct vc_options options;
	const char *message; /* NULL: fine */
};

#define AT(b, s, f)                                                   \
	{                                                             \
		.set = true, .bus = (b), .slot = (s), .function = (f) \
	}
#define GUEST(bus, slot, function, more)                            \
	"<controller><address type='pci' bus='" bus "' slot='" slot \
	"' function='" function "'" more "/></controller>"

static void test_guest_side(void **state VC_UNUSED)
{
	static const struct guest_case cases[] = {
		{ DEVICES(GUEST("5", "0", "0", "")),
		  { .address = AT(5, 0, 0) },
		  "wants guest address '05:00.0', which '<controller> in line 2' has" },
		{ DEVICES(GUEST("5", "0", "0", "")), { .address = AT(6, 0, 0) }, NULL },
		{ DEVICES(GUEST("5", "0", "0", "")), { .address = AT(5, 0, 1) }, NULL },
		{ DEVICES(GUEST("5", "0", "0", " multifunction='on'")),
		  { .address = AT(5, 0, 1) },
		  NULL },
		{ DEVICES(GUEST("5", "0", "0", " multifunction='off'")),
		  { .address = AT(5, 0, 1) },
		  "has multifunction='off'" },
		{ DEVICES(GUEST("5", "1", "0", "")),
		  { .address = AT(5, 0, 1) },
		  "wants guest address '05:00.1', but nothing is at '05:00.0'" },
		{ DEVICES("<disk><boot order='1'/></disk>"),
		  { .boot_order = 1 },
		  "wants boot order 1, which '<disk> in line 2' has" },
		{ DEVICES("<disk><boot order='1'/></disk>"), { .boot_order = 2 }, NULL },
		{ "<os><boot dev='hd'/></os>" DEVICES(""),
		  { .boot_order = 2 },
		  "boots by <os><boot>" },
		{ "<os><boot dev='hd'/></os>" DEVICES(""), { .rom_bar = VC_NO }, NULL },
		{ DEVICES("<video><model type='ramfb'/></video>"),
		  { .ramfb = VC_YES, .display = VC_YES },
		  "wants ramfb, which '<video> in line 2' has" },
		{ DEVICES("<hostdev type='mdev' ramfb='on'/>"),
		  { .ramfb = VC_YES, .display = VC_YES },
		  "wants ramfb, which '<hostdev> in line 2' has" },
		{ DEVICES(""), { .ramfb = VC_YES, .display = VC_YES }, NULL },
		{ DEVICES(""),
		  { .ramfb = VC_YES },
		  "cannot have ramfb: it needs display" },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		char xml[512];

		(void)snprintf(xml, sizeof(xml), DOMAIN("%s"), cases[i].domain);
		AUTO_WORLD w = world_of(xml);
		add_simple(&w);
		w.input.target_libvirt = 12000000;
		add_bind(&w, "gpu=c:r")->options = cases[i].options;
		if (cases[i].message) {
			must_fail(&w, VC_ERR_REFUSED, cases[i].message);
			continue;
		}
		must_plan(&w);
		must_settle(&w);
	}
}

static void test_guest_side_of_two(void **state VC_UNUSED)
{
	AUTO_WORLD w = world_of(EMPTY);
	struct vc_claim *c = add_simple(&w);
	struct vc_options *a, *b;

	add_device(&w, c, "s", A66);
	add_bind(&w, "a=c:r");
	add_bind(&w, "b=c:s");
	w.input.target_libvirt = 12000000;
	a = &w.bindings.v[0].options;
	b = &w.bindings.v[1].options;
	*a = *b = (struct vc_options){ .address = AT(5, 0, 0) };
	must_fail(&w, VC_ERR_REFUSED,
	          "'ua-a' wants guest address '05:00.0', which 'ua-b' has");
	b->address.function = 1;
	must_plan(&w);
	must_settle(&w);
	*a = *b = (struct vc_options){ .boot_order = 1 };
	must_fail(&w, VC_ERR_REFUSED, "wants boot order 1");
	*a = *b = (struct vc_options){ .ramfb = VC_YES, .display = VC_YES };
	must_fail(&w, VC_ERR_REFUSED, "wants ramfb");
}

/* One's own element is no rival, one that is moved away neither. */
static void test_guest_address_moves(void **state VC_UNUSED)
{
	AUTO_WORLD w = world_of(DOMAIN(DEVICES(
		"<hostdev mode='subsystem' type='pci' managed='no'>"
		"<driver name='vfio'/>" PCI_SOURCE(
			"0x65") "<alias name='ua-a'/>"
				"<address type='pci' bus='5'/><boot order='1'/></hostdev>")));
	struct vc_claim *c = add_simple(&w);

	add_device(&w, c, "s", A66);
	add_bind(&w, "a=c:r")->options =
		(struct vc_options){ .boot_order = 1, .address = AT(5, 0, 0) };
	must_be(&w, "keep ua-a 0000:65:00.0>0000:65:00.0 recorded own-alias");
	w.bindings.v[0].options.address.bus = 6;
	w.bindings.v[0].options.boot_order = 2;
	add_bind(&w, "b=c:s")->options =
		(struct vc_options){ .boot_order = 1, .address = AT(5, 0, 0) };
	must_plan(&w);
	must_settle(&w);
}

static void test_mdev_options(void **state VC_UNUSED)
{
	static char rom_file[] = "/r";
	static const struct {
		enum vc_mdev_model model;
		struct vc_options options;
		const char *message;
	} cases[] = {
		{ VC_MDEV_UNKNOWN, { .rom_bar = VC_NO }, "cannot have rom.bar" },
		{ VC_MDEV_VFIO_CCW, { .rom_file = rom_file }, "cannot have rom.file" },
		{ VC_MDEV_VFIO_PCI, { .boot_order = 1 }, "cannot have bootOrder" },
		{ VC_MDEV_VFIO_AP, { .boot_order = 1 }, "cannot have bootOrder" },
		{ VC_MDEV_VFIO_CCW, { .boot_order = 1 }, NULL },
		{ VC_MDEV_VFIO_AP,
		  { .address = AT(5, 0, 0) },
		  "cannot have guestAddress" },
		{ VC_MDEV_VFIO_CCW,
		  { .address = AT(5, 0, 0) },
		  "cannot have guestAddress" },
		{ VC_MDEV_VFIO_PCI, { .address = AT(5, 0, 0) }, NULL },
		{ VC_MDEV_VFIO_AP, { .display = VC_YES }, "cannot have display" },
		{ VC_MDEV_VFIO_CCW, { .display = VC_YES }, "cannot have display" },
		{ VC_MDEV_UNKNOWN, { .display = VC_YES, .ramfb = VC_YES }, NULL },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		AUTO_WORLD w = world_of(EMPTY);

		add_device(&w, add_claim(&w, "lab", "c", UID_A), "r", MDEV)
			->host.mdev_model = cases[i].model;
		add_bind(&w, "gpu=c:r")->options = cases[i].options;
		if (cases[i].message)
			must_fail(&w, VC_ERR_REFUSED, cases[i].message);
		else
			must_plan(&w);
	}
}

static void test_target_libvirt(void **state VC_UNUSED)
{
	AUTO_WORLD w = world_of(EMPTY);
	struct vc_options *o;

	add_simple(&w);
	o = &add_bind(&w, "gpu=c:r")->options;
	o->display = VC_YES;
	w.input.target_libvirt = 10002999;
	must_fail(&w, VC_ERR_REFUSED,
	          "cannot have display: libvirt knows it from 10.3 on, and the target is "
	          "10.2.999");
	w.input.target_libvirt = 10003000;
	must_plan(&w);
	/* off is what an old libvirt does anyway */
	w.input.target_libvirt = 9000000;
	o->display = VC_NO;
	must_plan(&w);
	assert_int_equal(w.plan.devices.v[0].options.display, VC_UNKNOWN);
}

static void test_adopt(void **state VC_UNUSED)
{
	AUTO_WORLD w = world_of(DOMAIN(
		DEVICES(PLAIN_PCI("0x65") PCI("ua-mine", "0x66") PLAIN_PCI("0x99"))));
	struct vc_claim *c = add_simple(&w);

	add_device(&w, c, "r", A66);
	w.input.mode = VC_MODE_ADOPT;
	must_be(&w, "adopt ua-c-r 0000:65:00.0>0000:65:00.0 recorded; "
	            "adopt ua-mine 0000:66:00.0>0000:66:00.0 recorded own-alias");
	assert_int_equal(w.plan.devices.v[1].index, 2);
	assert_true(w.plan.metadata);
	apply_and_reopen(&w);
	/* again: nothing more */
	must_be(&w, "keep ua-c-r 0000:65:00.0>0000:65:00.0 recorded; "
	            "keep ua-mine 0000:66:00.0>0000:66:00.0 recorded own-alias");
	assert_int_equal(w.plan.notes.n, 1);
	/* adopted elements are left alone until their device is another one */
	w.input.mode = VC_MODE_REWRITE;
	must_be(&w, "keep ua-c-r 0000:65:00.0>0000:65:00.0 recorded; "
	            "keep ua-mine 0000:66:00.0>0000:66:00.0 recorded own-alias");
	must_settle(&w);
	w.claims.v[0].devices.v[0].host.pci.bus = 0x67;
	must_be(&w, "change ua-c-r 0000:65:00.0>0000:67:00.0 recorded; "
	            "keep ua-mine 0000:66:00.0>0000:66:00.0 recorded own-alias");
	must_settle(&w);
	/* and back */
	w.input.mode = VC_MODE_UNBIND;
	must_be(&w, "unbind ua-c-r 0000:67:00.0>0000:67:00.0; "
	            "unbind ua-mine 0000:66:00.0>0000:66:00.0 own-alias");
	apply_and_reopen(&w);
	assert_int_equal(w.domain.records.n, 0);
	assert_int_equal(w.domain.hostdevs.n, 3);
	assert_int_equal(w.domain.aliases.n, 1);
	assert_string_equal(w.domain.aliases.v[0], "ua-mine");
	must_be(&w, "");
	assert_false(w.plan.metadata);
}

static void test_adopt_by_binding(void **state VC_UNUSED)
{
	AUTO_WORLD w =
		world_of(DOMAIN(DEVICES(PLAIN_PCI("0x65") PCI("ua-mine", "0x66"))));
	struct vc_claim *c = add_simple(&w);

	add_device(&w, c, "s", A66);
	add_device(&w, c, "t", A67);
	w.input.mode = VC_MODE_ADOPT;
	add_bind(&w, "gpu=c:r");
	must_be(&w, "adopt ua-gpu 0000:65:00.0>0000:65:00.0 recorded");
	add_bind(&w, "other=c:s");
	must_fail(&w, VC_ERR_REFUSED, "already has alias 'ua-mine'");
	assert_non_null(strstr(w.err.msg, "--bind mine="));
	w.bindings.n = 0;
	add_bind(&w, "mine=c:r");
	must_fail(&w, VC_ERR_REFUSED, "'ua-mine' is the alias of another device");
	w.bindings.n = 0;
	add_bind(&w, "gone=c:t");
	must_fail(&w, VC_ERR_REFUSED, "no element of 'vm.xml' has host device");
	w.bindings.n = 0;
	add_bind(&w, "mine=c:s");
	must_be(&w, "adopt ua-mine 0000:66:00.0>0000:66:00.0 recorded own-alias");
	apply_and_reopen(&w);
	must_be(&w, "keep ua-mine 0000:66:00.0>0000:66:00.0 recorded own-alias");
}

static void test_adopt_listed(void **state VC_UNUSED)
{
	static const char *const aliases[] = { "mine", "ua-none" };
	AUTO_WORLD w =
		world_of(DOMAIN(DEVICES(PLAIN_PCI("0x65") PCI("ua-mine", "0x66"))));
	struct vc_claim *c = add_simple(&w);

	add_device(&w, c, "s", A66);
	w.input.mode = VC_MODE_ADOPT;
	w.input.aliases = aliases;
	w.input.n_aliases = 1;
	must_be(&w, "adopt ua-mine 0000:66:00.0>0000:66:00.0 recorded own-alias");
	w.input.n_aliases = 2;
	must_fail(&w, VC_ERR_REFUSED, "no element with alias 'ua-none'");
}

static void test_adopt_refused(void **state VC_UNUSED)
{
	AUTO_WORLD w = world_of(DOMAIN(
		DEVICES(PLAIN_PCI("0x65") PCI("ua-c-s", "0x70") PLAIN_PCI("0x66"))));
	struct vc_claim *c;

	w.input.mode = VC_MODE_ADOPT;
	must_fail(&w, VC_ERR_REFUSED,
	          "vm.xml: nothing to adopt: the domain has host devices '0000:65:00.0', "
	          "'0000:66:00.0', '0000:70:00.0', the claims have none");
	c = add_simple(&w);
	c->devices.v[0].admin_access = VC_YES;
	must_fail(&w, VC_ERR_REFUSED, "adminAccess");
	c->devices.v[0].admin_access = VC_NO;
	add_device(&w, c, "s", A66);
	must_fail(&w, VC_ERR_REFUSED, "'ua-c-s' is the alias of another device");
	c->devices.n = 1;
	add_device(&w, add_claim(&w, "lab", "d", UID_B), "r", A65);
	must_fail(
		&w, VC_ERR_REFUSED,
		"vm.xml:2: host device '0000:65:00.0' is in claim 'lab/c' ('c.json') and "
		"in claim 'lab/d' ('d.json')");
}

static void test_unbind(void **state VC_UNUSED)
{
	static const char *const aliases[] = { "b", "ua-none" };
	AUTO_WORLD w =
		world_of(DOMAIN(OURS(RECORD("ua-a", "1") RECORD("ua-b", "2") RECORD(
			"ua-dra-gpu-c", "3") RECORD("ua-gone", "4"))
	                                DEVICES(PCI("ua-a", "0x65") PCI("ua-b", "0x66")
	                                                KV_PCI("ua-dra-gpu-c", "0x67"))));

	w.input.mode = VC_MODE_UNBIND;
	w.input.aliases = aliases;
	w.input.n_aliases = 2;
	must_fail(&w, VC_ERR_REFUSED,
	          "vm.xml: alias 'ua-none' is not bound; bound are: 'ua-a', 'ua-b'");
	w.input.n_aliases = 1;
	must_be(&w, "keep ua-a 0000:65:00.0>0000:65:00.0 made recorded; "
	            "unbind ua-b 0000:66:00.0>0000:66:00.0 made; "
	            "keep ua-dra-gpu-c 0000:67:00.0>0000:67:00.0 made recorded; "
	            "keep ua-gone > made recorded");
	assert_true(w.plan.metadata);
	apply_and_reopen(&w);
	assert_int_equal(w.domain.records.n, 3);
	w.input.n_aliases = 0;
	must_be(&w, "unbind ua-a 0000:65:00.0>0000:65:00.0 made; "
	            "unbind ua-dra-gpu-c 0000:67:00.0>0000:67:00.0 made own-alias; "
	            "unbind ua-gone > made");
	apply_and_reopen(&w);
	assert_int_equal(w.domain.records.n, 0);
	assert_int_equal(w.domain.hostdevs.n, 3);
	must_be(&w, "");
	assert_non_null(strstr(w.plan.notes.v[0], "nothing is bound"));
}

/* One more device; what else is recorded stays, though its claim is not at hand. */
static void test_attach(void **state VC_UNUSED)
{
	AUTO_WORLD w =
		world_of(DOMAIN(OURS(RECORD("ua-a", "1") RECORD("ua-gone", "2"))
	                                DEVICES(PCI("ua-a", "0x65") PLAIN_PCI("0x66"))));
	struct vc_claim *c = add_claim(&w, "lab", "d", UID_B);

	w.input.mode = VC_MODE_ATTACH;
	must_be(&w, "keep ua-a 0000:65:00.0>0000:65:00.0 made recorded; "
	            "keep ua-gone > made recorded");
	add_device(&w, c, "s", A67);
	add_bind(&w, "b=d:s");
	must_be(&w, "keep ua-a 0000:65:00.0>0000:65:00.0 made recorded; "
	            "keep ua-gone > made recorded; add ua-b >0000:67:00.0 made recorded");
	apply_and_reopen(&w);
	assert_int_equal(w.domain.records.n, 3);
	must_be(&w, "keep ua-a 0000:65:00.0>0000:65:00.0 made recorded; "
	            "keep ua-gone > made recorded; "
	            "keep ua-b 0000:67:00.0>0000:67:00.0 made recorded");
	/* the refusals of a rewrite hold */
	w.claims.v[0].devices.v[0].host.pci.bus = 0x65;
	must_fail(&w, VC_ERR_REFUSED, "would be used twice");
	w.claims.v[0].devices.v[0].host.pci.bus = 0x66;
	must_fail(&w, VC_ERR_REFUSED, "already used by this <hostdev>");
	w.claims.n = 0;
	must_fail(&w, VC_ERR_ABSENT, "no claims were given");
}

/* A controller that we made goes with what needed it, but never from a running guest. */
static void test_detach_controller(void **state VC_UNUSED)
{
	static const char *const aliases[] = { "ua-a" };
	AUTO_WORLD w = world_of(DOMAIN(
		OURS(RECORD("ua-a", "1")
	                     RECORD("ua-b", "2") "<c:controller type='scsi' index='0' "
	                                         "model='virtio-scsi'/>")
			DEVICES("<controller type='scsi' index='0' "
	                        "model='virtio-scsi'/>" PCI("ua-a", "0x65")
	                                PCI("ua-b", "0x66"))));

	w.input.mode = VC_MODE_DETACH;
	w.input.aliases = aliases;
	w.input.n_aliases = 1;
	w.input.running = true;
	must_plan(&w);
	assert_int_equal(w.plan.controllers.n, 1);
	assert_int_equal(w.plan.controllers.v[0].action, VC_PLAN_KEEP);
	assert_true(w.plan.controllers.v[0].recorded);
	w.input.running = false;
	must_plan(&w);
	assert_int_equal(w.plan.controllers.n, 1);
	assert_int_equal(w.plan.controllers.v[0].action, VC_PLAN_REMOVE);
}

static void test_detach(void **state VC_UNUSED)
{
	static const char *const aliases[] = { "ua-b", "ua-gone", "ua-none" };
	static const char *const adopted[] = { "ua-mine" };
	AUTO_WORLD w =
		world_of(DOMAIN(OURS(RECORD("ua-a", "1") RECORD("ua-b", "2") RECORD(
			"ua-gone",
			"3") "<c:device alias='ua-mine' claim='c' request='r'/>")
	                                DEVICES(PCI("ua-a", "0x65") PCI("ua-b", "0x66")
	                                                PCI("ua-mine", "0x67"))));

	w.input.mode = VC_MODE_DETACH;
	w.input.aliases = adopted;
	w.input.n_aliases = 1;
	must_fail(&w, VC_ERR_REFUSED, "the element of 'ua-mine' was adopted");
	w.input.n_aliases = 0;
	must_be(&w, "keep ua-a 0000:65:00.0>0000:65:00.0 made recorded; "
	            "keep ua-b 0000:66:00.0>0000:66:00.0 made recorded; "
	            "keep ua-gone > made recorded; "
	            "keep ua-mine 0000:67:00.0>0000:67:00.0 recorded");
	w.input.aliases = aliases;
	w.input.n_aliases = 3;
	must_be(&w, "keep ua-a 0000:65:00.0>0000:65:00.0 made recorded; "
	            "remove ua-b 0000:66:00.0> made; unbind ua-gone > made; "
	            "keep ua-mine 0000:67:00.0>0000:67:00.0 recorded");
	apply_and_reopen(&w);
	assert_int_equal(w.domain.records.n, 2);
	assert_int_equal(w.domain.hostdevs.n, 2);
	must_be(&w, "keep ua-a 0000:65:00.0>0000:65:00.0 made recorded; "
	            "keep ua-mine 0000:67:00.0>0000:67:00.0 recorded");
}

/* What the VMI asks for is not recorded; what was recorded goes on being so. */
static void test_metadata_only_for_what_stays(void **state VC_UNUSED)
{
	AUTO_WORLD w = world_of(
		DOMAIN(OURS(RECORD("ua-gpu", "1")) DEVICES(PCI("ua-gpu", "0x65"))));
	struct vc_claim *c = add_simple(&w);

	add_device(&w, c, "s", A66);
	add_vmi(&w, "ua-dra-hostdevice-x=c:s")->kubevirt_made = false;
	add_vmi(&w, "gpu=c:r")->kubevirt_made = false;
	must_be(&w, "keep ua-gpu 0000:65:00.0>0000:65:00.0 made recorded; "
	            "add ua-dra-hostdevice-x >0000:66:00.0 made");
	must_settle(&w);
	assert_int_equal(w.domain.records.n, 1);
}

static void test_nothing_known(void **state VC_UNUSED)
{
	AUTO_WORLD w = world_of(EMPTY);

	add_bind(&w, "gpu=c:r");
	must_fail(&w, VC_ERR_ABSENT, "no claims were given; name its metadata file");
	w.input.searched = "'/claims'";
	must_fail(&w, VC_ERR_ABSENT, "of claim 'c': '/claims' says nothing of it");
}

static void test_no_address_to_libvirt(void **state VC_UNUSED)
{
	AUTO_WORLD w = world_of(EMPTY);
	struct vc_device *d =
		add_device(&w, add_claim(&w, "lab", "c", UID_A), "r", "0000:00:00.0");

	add_bind(&w, "gpu=c:r");
	must_fail(&w, VC_ERR_REFUSED, "'0000:00:00.0' of device 'dev-0'");
	d->host.pci.function = 1;
	must_fail(&w, VC_ERR_REFUSED, "reads slot 0 of bus 0000:00 as no address");
	d->host.pci.slot = 1;
	must_plan(&w);
	d->host.pci = (struct vc_pci_address){ .domain = 1 };
	must_plan(&w);
	d->host.pci = (struct vc_pci_address){ .bus = 1 };
	must_plan(&w);
}

/* An element at 17, whose record has @recorded, for the device of add_simple(). */
static void must_explain(const char *recorded, const char *why)
{
	char xml[1024];

	(void)snprintf(
		xml, sizeof(xml),
		DOMAIN(OURS("<c:device alias='ua-a' claim='c' request='r' "
	                    "index='1' made='yes' %s/>") DEVICES(PCI("ua-a", "0x17"))),
		recorded);
	AUTO_WORLD w = world_of(xml);

	add_simple(&w);
	must_plan(&w);
	assert_int_equal(w.plan.devices.v[0].action, VC_PLAN_CHANGE);
	assert_string_equal(w.plan.devices.v[0].why, why);
}

static void test_host_change(void **state VC_UNUSED)
{
	static const char another[] = "the claim's device is another one now";

	must_explain("", "the claim says another address");
	must_explain("device='dev-0'", "its address changed");
	must_explain("driver='gpu.example.com' pool='node-1' device='dev-0'",
	             "its address changed");
	must_explain("device='dev-1'", another);
	must_explain("driver='nic.example.com' device='dev-0'", another);
	must_explain("pool='node-2' device='dev-0'", another);
}

static void test_many(void **state VC_UNUSED)
{
	enum { N = 4000 };
	AUTO_WORLD w = world_of(EMPTY);
	struct vc_claim *c = add_claim(&w, "lab", "c", UID_A);

	for (unsigned i = 0; i < N; i++) {
		char host[VC_PCI_ADDRESS_SIZE];

		(void)snprintf(host, sizeof(host), "%04x:%02x:00.0", 1 + (i >> 8),
		               i & 0xff);
		add_device(&w, c, "r", host);
	}
	add_bind(&w, "gpu=c:r");
	must_plan(&w);
	assert_int_equal(w.plan.devices.n, N);
	assert_string_equal(w.plan.devices.v[N - 1].alias, "ua-gpu-4000");
	must_settle(&w);
	w.bindings.n = 0;
	must_plan(&w);
	assert_int_equal(w.plan.devices.n, N);
}

static void test_too_many(void **state VC_UNUSED)
{
	AUTO_WORLD w = world_of(EMPTY);
	struct vc_claim *c = add_claim(&w, "lab", "c", UID_A);

	for (unsigned i = 0; i <= VC_HOSTDEVS_MAX; i++) {
		char host[VC_PCI_ADDRESS_SIZE];

		(void)snprintf(host, sizeof(host), "%04x:%02x:00.0", 1 + (i >> 8),
		               i & 0xff);
		add_device(&w, c, "r", host);
	}
	add_bind(&w, "gpu=c:r");
	must_fail(&w, VC_ERR_REFUSED, "4097 host devices; the limit is 4096");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_actions),
		cmocka_unit_test(test_no_devices_element),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_mdev),
		cmocka_unit_test(test_managed),
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_addresses_swap),
		cmocka_unit_test(test_element_has_gone),
		cmocka_unit_test(test_claim_shrinks),
		cmocka_unit_test(test_adopted_surplus),
		cmocka_unit_test(test_host_device_twice),
		cmocka_unit_test(test_host_device_taken),
		cmocka_unit_test(test_admin_access),
		cmocka_unit_test(test_deleting),
		cmocka_unit_test(test_owner),
		cmocka_unit_test(test_owner_references),
		cmocka_unit_test(test_owner_by_uid),
		cmocka_unit_test(test_owner_by_pod),
		cmocka_unit_test(test_shared),
		cmocka_unit_test(test_other_namespace),
		cmocka_unit_test(test_machine),
		cmocka_unit_test(test_identity_of_claim),
		cmocka_unit_test(test_identity_of_disk),
		cmocka_unit_test(test_identity_of_record),
		cmocka_unit_test(test_guest_side),
		cmocka_unit_test(test_guest_side_of_two),
		cmocka_unit_test(test_guest_address_moves),
		cmocka_unit_test(test_mdev_options),
		cmocka_unit_test(test_target_libvirt),
		cmocka_unit_test(test_adopt),
		cmocka_unit_test(test_adopt_by_binding),
		cmocka_unit_test(test_adopt_listed),
		cmocka_unit_test(test_adopt_refused),
		cmocka_unit_test(test_unbind),
		cmocka_unit_test(test_attach),
		cmocka_unit_test(test_detach),
		cmocka_unit_test(test_detach_controller),
		cmocka_unit_test(test_metadata_only_for_what_stays),
		cmocka_unit_test(test_nothing_known),
		cmocka_unit_test(test_no_address_to_libvirt),
		cmocka_unit_test(test_host_change),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_too_many),
	};

	return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
