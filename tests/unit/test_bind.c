/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which binding wins, which claim and device it means. */
#include "plan_world.h"

#define A65 "0000:65:00.0"
#define A66 "0000:66:00.0"
#define A67 "0000:67:00.0"

static void test_command_line(void **state VC_UNUSED)
{
	static const char *const texts[] = { "gpu=lab/c:r", "gpu=c:r", "gpu=c:r#1" };

	for (size_t i = 0; i < VC_ARRAY_SIZE(texts); i++) {
		AUTO_WORLD w = world_of(EMPTY);

		add_simple(&w);
		add_bind(&w, texts[i]);
		must_be(&w, "add ua-gpu >0000:65:00.0 made recorded");
		assert_int_equal(w.plan.devices.v[0].index, 1);
		assert_int_equal(w.plan.devices.v[0].at, 0);
		assert_string_equal(w.plan.devices.v[0].uid, UID_A);
		assert_string_equal(w.plan.devices.v[0].namespace, "lab");
		assert_string_equal(w.plan.devices.v[0].device_name, "dev-0");
		assert_true(w.plan.metadata);
	}
}

static void test_whole_request(void **state VC_UNUSED)
{
	AUTO_WORLD w = world_of(EMPTY);
	struct vc_claim *c = add_simple(&w);

	add_device(&w, c, "other", A66);
	/* another driver for the same request */
	add_device(&w, c, "r", A67)->driver = dup_text(&w, "nic.example.com");
	add_bind(&w, "gpu=c:r");
	must_be(&w, "add ua-gpu >0000:65:00.0 made recorded; "
	            "add ua-gpu-2 >0000:67:00.0 made recorded");
	assert_int_equal(w.plan.devices.v[1].index, 2);
	assert_string_equal(w.plan.devices.v[1].driver, "nic.example.com");
}

static void test_one_of_a_request(void **state VC_UNUSED)
{
	AUTO_WORLD w = world_of(EMPTY);
	struct vc_claim *c = add_simple(&w);

	add_device(&w, c, "r", A66);
	add_bind(&w, "gpu=c:r#2");
	must_be(&w, "add ua-gpu >0000:66:00.0 made recorded");
	assert_int_equal(w.plan.devices.v[0].index, 2);
}

/* What records of the family there are belongs to the binding. */
static void test_family_supersedes_records(void **state VC_UNUSED)
{
	AUTO_WORLD w = world_of(
		DOMAIN(OURS(RECORD("ua-gpu", "1") RECORD("ua-gpu-2", "2")
	                            RECORD("ua-gpu-3", "3"))
	                       DEVICES(PCI("ua-gpu", "0x65") PCI("ua-gpu-2", "0x66")
	                                       PCI("ua-gpu-3", "0x67"))));
	struct vc_claim *c = add_claim(&w, "lab", "c", UID_B); /* made again */

	add_device(&w, c, "r", A65);
	add_device(&w, c, "r", A66);
	add_bind(&w, "gpu=c:r");
	must_be(&w, "keep ua-gpu 0000:65:00.0>0000:65:00.0 made recorded; "
	            "keep ua-gpu-2 0000:66:00.0>0000:66:00.0 made recorded; "
	            "remove ua-gpu-3 0000:67:00.0> made");
	assert_string_equal(w.plan.devices.v[0].uid, UID_B);
}

static void test_precedence(void **state VC_UNUSED)
{
	AUTO_WORLD w = world_of(DOMAIN(OURS(RECORD("ua-gpu", "1")) DEVICES("")));
	struct vc_claim *c = add_simple(&w);
	struct vc_binding *b;

	add_device(&w, c, "s", A66);
	add_device(&w, c, "t", A67);
	b = add_vmi(&w, "gpu=c:s");
	b->options.rom_bar = VC_NO;
	must_be(&w, "add ua-gpu >0000:66:00.0 made recorded");
	add_bind(&w, "gpu=c:t");
	must_be(&w, "add ua-gpu >0000:67:00.0 made recorded");
	/* the winner takes the options that it does not set itself */
	assert_int_equal(w.plan.devices.v[0].options.rom_bar, VC_NO);
}

static void test_annotation_adds_options(void **state VC_UNUSED)
{
	AUTO_WORLD w = world_of(DOMAIN(DEVICES(KV_PCI("ua-dra-hostdevice-d0", "0x65"))));
	struct vc_binding *b;

	add_simple(&w);
	b = add_vmi(&w, "ua-dra-hostdevice-d0=c:r");
	b->options.rom_bar = VC_NO;
	add_vmi(&w, "ua-dra-hostdevice-d0=c:r");
	w.bindings.v[1].origin_kind = VC_BINDING_ANNOTATION;
	w.bindings.v[1].options.rom_bar = VC_YES;
	w.bindings.v[1].options.boot_order = 3;
	must_be(&w, "change ua-dra-hostdevice-d0 0000:65:00.0>0000:65:00.0 own-alias");
	assert_int_equal(w.plan.devices.v[0].options.rom_bar, VC_NO);
	assert_int_equal(w.plan.devices.v[0].options.boot_order, 3);
	assert_false(w.plan.metadata);
}

static void test_record_of_a_nameless_device(void **state VC_UNUSED)
{
	static const char xml[] =
		DOMAIN(OURS("<c:device alias='ua-x' uid='" UID_A "' device='dev-1'/>"
	                    "<c:device alias='ua-y' device='gpu0'/>") DEVICES(""));
	AUTO_WORLD w = world_of(xml);
	struct vc_claim *c = add_claim(&w, NULL, NULL, UID_A);
	struct vc_device *d;

	add_device(&w, c, NULL, A65);
	add_device(&w, c, NULL, A66);
	d = add_device(&w, add_claim(&w, NULL, NULL, NULL), NULL, A67);
	d->name = NULL;
	d->cdi_name = dup_text(&w, "example.com/gpu=gpu0");
	must_be(&w, "add ua-x >0000:66:00.0 made recorded; "
	            "add ua-y >0000:67:00.0 made recorded");
	assert_int_equal(w.plan.devices.v[0].index, 0);
}

static void test_attach_all(void **state VC_UNUSED)
{
	AUTO_WORLD w = world_of(EMPTY);
	struct vc_claim *c = add_claim(&w, "lab", "vm7.dev", UID_A);

	w.input.attach_all = true;
	add_device(&w, c, "r", A65);
	add_device(&w, c, "r", NULL);
	add_device(&w, c, "r", A66);
	c = add_claim(&w, NULL, NULL, UID_B);
	add_device(&w, c, NULL, A67);
	add_device(&w, c, NULL, MDEV);
	must_be(&w, "add ua-vm7-dev-r >0000:65:00.0 made recorded; "
	            "add ua-vm7-dev-r-3 >0000:66:00.0 made recorded; "
	            "add ua-" UID_B "-dev-0 >0000:67:00.0 made recorded; "
	            "add ua-" UID_B "-dev-1 >" MDEV " made recorded");
	assert_int_equal(w.plan.notes.n, 2);
	assert_non_null(strstr(w.plan.notes.v[0], "every device of the claims"));
	assert_non_null(strstr(w.plan.notes.v[1], "not attached: vm7.dev.json: no host"));
}

static void test_attach_all_of_nothing(void **state VC_UNUSED)
{
	AUTO_WORLD w = world_of(EMPTY);

	w.input.attach_all = true;
	must_be(&w, "");
	assert_int_equal(w.plan.notes.n, 1);
	assert_false(w.plan.metadata);
	add_device(&w, add_claim(&w, "lab", "c", UID_A), "r", NULL);
	must_fail(&w, VC_ERR_ABSENT, "no host address");
}

/* A file of all devices of a node means them only when it is alone. */
static void test_attach_all_leftovers(void **state VC_UNUSED)
{
	AUTO_WORLD w = world_of(EMPTY);
	struct vc_claim *c = add_claim(&w, NULL, NULL, NULL);

	w.input.attach_all = true;
	add_device(&w, c, NULL, A66);
	add_device(&w, c, NULL, A67);
	must_be(&w, "add ua-dev-0 >0000:66:00.0 made recorded; "
	            "add ua-dev-1 >0000:67:00.0 made recorded");
	add_simple(&w);
	must_be(&w, "add ua-c-r >0000:65:00.0 made recorded");
	assert_int_equal(w.plan.notes.n, 2);
	assert_non_null(strstr(w.plan.notes.v[0],
	                       "cdi.json: 2 devices that no claim has: not attached"));
	/* a UID alone is a claim too */
	w.claims.v[1].name = w.claims.v[1].namespace = NULL;
	must_be(&w, "add ua-" UID_A "-dev-0 >0000:65:00.0 made recorded");
	/* and by name they can be had */
	add_bind(&w, "x=c:r")->request = NULL;
	w.bindings.v[0].claim = NULL;
	w.bindings.v[0].device = dup_text(&w, "dev-1");
	must_be(&w, "add ua-x >0000:67:00.0 made recorded");
}

static void test_attach_all_only_without_bindings(void **state VC_UNUSED)
{
	AUTO_WORLD w = world_of(EMPTY);

	add_simple(&w);
	must_be(&w, "");
	assert_int_equal(w.plan.notes.n, 0);
	w.input.attach_all = true;
	w.input.namespace = "prod";
	must_be(&w, "");
	w.input.namespace = "lab";
	must_be(&w, "add ua-c-r >0000:65:00.0 made recorded");
	add_device(&w, add_claim(&w, "lab", "d", UID_B), "r", A66);
	add_bind(&w, "x=d:r");
	must_be(&w, "add ua-x >0000:66:00.0 made recorded");
}

static void test_attach_all_collisions(void **state VC_UNUSED)
{
	AUTO_WORLD w = world_of(EMPTY);
	struct vc_device *d;

	w.input.attach_all = true;
	add_device(&w, add_claim(&w, "lab", "a-b", UID_A), "c", A65);
	add_device(&w, add_claim(&w, "lab", "a", UID_B), "b-c", A66);
	must_fail(&w, VC_ERR_REFUSED, "alias 'ua-a-b-c' is also what a-b.json asks for");
	w.claims.n = 0;
	d = add_device(&w, add_claim(&w, NULL, NULL, UID_A), NULL, A65);
	d->name = dup_text(&w, "0000:65:00.0");
	must_fail(&w, VC_ERR_REFUSED, "is no alias");
	d->name = NULL;
	must_fail(&w, VC_ERR_REFUSED, "names neither request nor device");
}

static void test_attach_all_expansion_collides(void **state VC_UNUSED)
{
	AUTO_WORLD w = world_of(EMPTY);
	struct vc_claim *c = add_simple(&w);

	add_device(&w, c, "r", A66);
	add_device(&w, c, "r-2", A67);
	w.input.attach_all = true;
	must_fail(&w, VC_ERR_REFUSED, "alias 'ua-c-r-2'");
}

static void test_claim_absent(void **state VC_UNUSED)
{
	AUTO_WORLD w = world_of(EMPTY);

	add_bind(&w, "gpu=x:r");
	must_fail(&w, VC_ERR_ABSENT, "--bind 'gpu=x:r': nothing is known of claim 'x'");
	add_simple(&w);
	must_fail(&w, VC_ERR_ABSENT, "'x' is not among the claims given ('lab/c')");
	add_claim(&w, NULL, NULL, UID_B);
	must_fail(&w, VC_ERR_ABSENT,
	          "'cdi.json' does not say the name of its claim (UID '" UID_B "')");
}

static void test_namespaces(void **state VC_UNUSED)
{
	AUTO_WORLD w = world_of(EMPTY);

	add_bind(&w, "gpu=c:r");
	add_simple(&w);
	add_device(&w, add_claim(&w, "prod", "c", UID_B), "r", A66);
	must_fail(&w, VC_ERR_REFUSED,
	          "can be 'lab/c' (UID " UID_A ", 'c.json') or 'prod/c'");
	w.input.namespace = "prod";
	must_be(&w, "add ua-gpu >0000:66:00.0 made recorded");
	w.input.namespace = "none";
	must_fail(&w, VC_ERR_ABSENT, "from namespace 'none'");
	w.bindings.v[0].namespace = dup_text(&w, "lab");
	must_be(&w, "add ua-gpu >0000:65:00.0 made recorded");
	/* a claim of unknown namespace only when no other fits */
	w.claims.v[1].namespace = NULL;
	must_be(&w, "add ua-gpu >0000:65:00.0 made recorded");
	w.bindings.v[0].namespace = dup_text(&w, "prod");
	must_be(&w, "add ua-gpu >0000:66:00.0 made recorded");
}

static void test_pod_claim(void **state VC_UNUSED)
{
	AUTO_WORLD w = world_of(EMPTY);
	struct vc_claim *c = add_claim(&w, "lab", "virt-launcher-a-abcde-gpu", UID_A);
	struct vc_binding *b = add_vmi(&w, "ua-dra-gpu-g=x:r");

	c->pod_claim = dup_text(&w, "gpu");
	add_device(&w, c, "r", A65);
	b->claim = NULL;
	b->pod_claim = dup_text(&w, "gpu");
	must_be(&w, "add ua-dra-gpu-g >0000:65:00.0 made");
	c = add_claim(&w, "lab", "virt-launcher-b-abcde-gpu", UID_B);
	c->pod_claim = dup_text(&w, "gpu");
	add_device(&w, c, "r", A66);
	must_fail(&w, VC_ERR_REFUSED, "claim 'gpu' can be");
	/* every VM from one template has one: ours is the one of our pod */
	w.input.vmi_name = "b";
	for (size_t i = 0; i < 2; i++) {
		c = &w.claims.v[i];
		c->from_api = c->allocated = true;
		add_consumer(&w, &c->reserved_for, "", "pods",
		             i == 0 ? "virt-launcher-a-abcde" : "virt-launcher-b-abcde");
	}
	must_be(&w, "add ua-dra-gpu-g >0000:66:00.0 made");
}

static void test_claim_made_again(void **state VC_UNUSED)
{
	AUTO_WORLD w = world_of(
		DOMAIN(OURS(RECORD("ua-gpu", "1")) DEVICES(PCI("ua-gpu", "0x65"))));

	add_device(&w, add_claim(&w, "lab", "c", UID_B), "r", A65);
	must_fail(&w, VC_ERR_REFUSED,
	          "vm.xml:2: alias 'ua-gpu' was bound to claim UID '" UID_A
	          "', but claim "
	          "'lab/c' ('c.json') has UID '" UID_B "'");
	assert_non_null(strstr(w.err.msg, "--bind gpu="));
	add_bind(&w, "gpu=c:r");
	must_be(&w, "keep ua-gpu 0000:65:00.0>0000:65:00.0 made recorded");
	assert_string_equal(w.plan.devices.v[0].uid, UID_B);
	/* the recorded UID says which claim, whatever it is called */
	w.bindings.n = 0;
	w.claims.v[0].uid = dup_text(&w, UID_A);
	w.claims.v[0].name = dup_text(&w, "renamed");
	must_be(&w, "keep ua-gpu 0000:65:00.0>0000:65:00.0 made recorded");
}

static void test_request_problems(void **state VC_UNUSED)
{
	AUTO_WORLD w = world_of(EMPTY);
	struct vc_claim *c = add_claim(&w, "lab", "c", UID_A);

	add_bind(&w, "gpu=c:x");
	must_fail(&w, VC_ERR_ABSENT, "'c.json' names no device of claim 'lab/c'");
	add_device(&w, c, "r", A65)->subrequest = dup_text(&w, "big");
	add_device(&w, c, "s", A66);
	must_fail(&w, VC_ERR_REFUSED, "has no request 'x', it has 'r', 's'");
	add_device(&w, c, NULL, A67);
	must_fail(
		&w, VC_ERR_ABSENT,
		"'c.json' does not say which request of claim 'lab/c' its device 'dev-2' "
		"answers");
	w.bindings.n = 0;
	add_bind(&w, "gpu=c:r/small");
	must_fail(&w, VC_ERR_REFUSED, "was answered by 'big', not by 'small'");
	w.bindings.n = 0;
	add_bind(&w, "gpu=c:s/small");
	must_fail(&w, VC_ERR_REFUSED, "was answered by 'no alternative'");
	w.bindings.n = 0;
	add_bind(&w, "gpu=c:r#2");
	must_fail(&w, VC_ERR_REFUSED,
	          "device 2 of request 'r' is wanted, but claim 'lab/c'");
	w.bindings.n = 0;
	add_bind(&w, "gpu=c:r/big");
	must_be(&w, "add ua-gpu >0000:65:00.0 made recorded");
	assert_string_equal(w.plan.devices.v[0].subrequest, "big");
}

static void test_device_problems(void **state VC_UNUSED)
{
	AUTO_WORLD w = world_of(
		DOMAIN(OURS("<c:device alias='ua-x' uid='" UID_A "' device='gone'/>")));
	struct vc_claim *c = add_claim(&w, NULL, NULL, UID_A);

	add_device(&w, c, NULL, A65);
	must_fail(&w, VC_ERR_REFUSED,
	          "claim 'UID " UID_A "' ('cdi.json') has no device 'gone'");
	add_device(&w, c, NULL, A66)->name = dup_text(&w, "gone");
	add_device(&w, c, NULL, A67)->name = dup_text(&w, "gone");
	must_fail(&w, VC_ERR_REFUSED, "has 2 devices called 'gone'");
}

static void test_not_allocated(void **state VC_UNUSED)
{
	AUTO_WORLD w = world_of(EMPTY);
	struct vc_claim *c = add_simple(&w);

	add_bind(&w, "gpu=c:r");
	c->from_api = true;
	must_fail(&w, VC_ERR_REFUSED, "claim 'lab/c' ('c.json') is not allocated");
	c->allocated = true;
	must_plan(&w);
}

static void test_no_address(void **state VC_UNUSED)
{
	AUTO_WORLD w = world_of(EMPTY);
	struct vc_device *d = add_device(&w, add_claim(&w, "lab", "c", UID_A), "r", NULL);

	add_bind(&w, "gpu=c:r");
	must_fail(&w, VC_ERR_ABSENT,
	          "no host address of device 'dev-0' of claim 'lab/c'");
	assert_non_null(strstr(w.err.msg, "--sysfs"));
	d->iommu_group = 37;
	must_fail(&w, VC_ERR_ABSENT, "all that is known is IOMMU group 37");
	d->vfio_cdev = 3;
	must_fail(&w, VC_ERR_ABSENT, "/dev/vfio/devices/vfio3");
	d->unresolved = dup_text(&w, "group 37 holds two");
	must_fail(&w, VC_ERR_ABSENT, "group 37 holds two");
}

static void test_aliases(void **state VC_UNUSED)
{
	AUTO_WORLD w = world_of(EMPTY);
	struct vc_claim *c = add_simple(&w);
	char long_alias[VC_ALIAS_MAX + 1] = "ua-";

	add_device(&w, c, "r", A66);
	add_bind(&w, "gpu=c:r#1");
	add_bind(&w, "gpu=c:r#2");
	must_fail(&w, VC_ERR_REFUSED,
	          "--bind 'gpu=c:r#2': alias 'ua-gpu' is also what "
	          "--bind 'gpu=c:r#1' asks for");
	w.bindings.n = 0;
	add_bind(&w, "gpu=c:r");
	add_bind(&w, "gpu-2=c:r#2");
	must_fail(&w, VC_ERR_REFUSED, "alias 'ua-gpu-2' is also what");
	w.bindings.n = 1;
	memset(long_alias + 3, 'x', VC_ALIAS_MAX - 3);
	w.bindings.v[0].alias = long_alias;
	must_fail(&w, VC_ERR_REFUSED, "is no alias");
	w.bindings.v[0].alias = dup_text(&w, "ua-a.b");
	must_fail(&w, VC_ERR_REFUSED, "'ua-a.b' is no alias");
}

static void test_alias_on_something_else(void **state VC_UNUSED)
{
	static const struct {
		const char *devices, *message;
		enum vc_err_kind kind;
	} cases[] = {
		{ "<disk type='file'><alias name='ua-gpu'/></disk>",
		  "vm.xml:2: alias 'ua-gpu' is on <disk>", VC_ERR_REFUSED },
		{ "<hostdev type='usb'><alias name='ua-gpu'/></hostdev>",
		  "'ua-gpu' is a <hostdev type='usb'>, and its device is to be a "
		  "<hostdev type='pci'>",
		  VC_ERR_REFUSED },
		{ "<hostdev type='other'><alias name='ua-gpu'/></hostdev>",
		  "on <hostdev>, which has no device of the host that we know",
		  VC_ERR_REFUSED },
		{ "<interface type='network'><alias name='ua-gpu'/></interface>",
		  "on <interface>", VC_ERR_REFUSED },
		{ "<disk><alias name='ua-gpu'/></disk>\n<disk><alias name='ua-gpu'/></disk>",
		  "vm.xml:3: alias 'ua-gpu' is used twice, first in line 2",
		  VC_ERR_INPUT },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		char xml[512];

		(void)snprintf(xml, sizeof(xml), DOMAIN(DEVICES("%s")), cases[i].devices);
		AUTO_WORLD w = world_of(xml);
		add_simple(&w);
		add_bind(&w, "gpu=c:r");
		must_fail(&w, cases[i].kind, cases[i].message);
	}
}

static void test_kubevirt_without_claims(void **state VC_UNUSED)
{
	AUTO_WORLD w = world_of(DOMAIN(DEVICES(KV_PCI("ua-dra-hostdevice-d0", "0x65"))));
	struct vc_claim *c;

	add_vmi(&w, "ua-dra-hostdevice-d0=c:r");
	must_be(&w, "keep ua-dra-hostdevice-d0 0000:65:00.0>0000:65:00.0 own-alias");
	assert_null(w.plan.devices.v[0].device);
	assert_false(w.plan.metadata);
	/* options do not need the claim */
	w.bindings.v[0].options.rom_bar = VC_NO;
	must_be(&w, "change ua-dra-hostdevice-d0 0000:65:00.0>0000:65:00.0 own-alias");
	w.bindings.v[0].options.rom_bar = VC_UNKNOWN;
	/* pieces that do not say enough change nothing */
	c = add_claim(&w, "lab", "c", UID_A);
	must_be(&w, "keep ua-dra-hostdevice-d0 0000:65:00.0>0000:65:00.0 own-alias");
	/* a claim that contradicts does */
	add_device(&w, c, "s", A66);
	must_fail(&w, VC_ERR_REFUSED, "has no request 'r'");
	w.claims.n = 0;
	add_vmi(&w, "ua-dra-hostdevice-d1=c:s");
	must_fail(&w, VC_ERR_ABSENT, "vmi.json: /spec");
}

static void test_kubevirt_with_claims(void **state VC_UNUSED)
{
	AUTO_WORLD w = world_of(DOMAIN(DEVICES(KV_PCI("ua-dra-hostdevice-d0", "0x65"))));
	struct vc_claim *c = add_simple(&w);

	add_vmi(&w, "ua-dra-hostdevice-d0=c:r");
	must_be(&w, "keep ua-dra-hostdevice-d0 0000:65:00.0>0000:65:00.0 own-alias");
	c->devices.v[0].host.pci.bus = 0x66;
	must_be(&w, "change ua-dra-hostdevice-d0 0000:65:00.0>0000:66:00.0 own-alias");
}

static void test_primary_display(void **state VC_UNUSED)
{
	AUTO_WORLD w = world_of(DOMAIN(DEVICES(MDEV_DEV("ua-dra-gpu-b", ""))));
	struct vc_claim *c = add_simple(&w);

	add_device(&w, c, "s", MDEV);
	add_vmi(&w, "ua-dra-gpu-a=c:r")->primary_display = true;
	add_vmi(&w, "ua-dra-gpu-b=c:s")->primary_display = true;
	must_plan(&w);
	assert_int_equal(w.plan.devices.v[0].options.display, VC_UNKNOWN);
	assert_int_equal(w.plan.devices.v[1].options.display, VC_YES);
	assert_int_equal(w.plan.devices.v[1].options.ramfb, VC_YES);
	assert_int_equal(w.plan.devices.v[1].action, VC_PLAN_CHANGE);
	w.bindings.v[1].options.display = VC_NO;
	must_plan(&w);
	assert_int_equal(w.plan.devices.v[1].options.display, VC_NO);
	assert_int_equal(w.plan.devices.v[1].action, VC_PLAN_KEEP);
}

static void test_display_is_taken(void **state VC_UNUSED)
{
	AUTO_WORLD w = world_of(
		DOMAIN(DEVICES("<hostdev type='mdev' model='vfio-pci' display='on'/>")));

	add_device(&w, add_claim(&w, "lab", "c", UID_A), "r", MDEV);
	add_vmi(&w, "ua-dra-gpu-a=c:r")->primary_display = true;
	must_plan(&w);
	assert_int_equal(w.plan.devices.v[0].options.display, VC_UNKNOWN);
}

/* [KV] a PCI device gets no display from virtualGPUOptions. */
static void test_no_display_for_pci(void **state VC_UNUSED)
{
	AUTO_WORLD w = world_of(DOMAIN(DEVICES(KV_PCI("ua-dra-gpu-a", "0x65"))));
	struct vc_binding *b;

	add_simple(&w);
	b = add_vmi(&w, "ua-dra-gpu-a=c:r");
	b->kubevirt_display = true;
	b->options.display = VC_YES;
	b->options.ramfb = VC_YES;
	must_be(&w, "keep ua-dra-gpu-a 0000:65:00.0>0000:65:00.0 own-alias");
	assert_int_equal(w.plan.devices.v[0].options.display, VC_UNKNOWN);
	assert_int_equal(w.plan.devices.v[0].options.ramfb, VC_UNKNOWN);
	w.claims.n = 0; /* without a claim the element says what it is */
	must_be(&w, "keep ua-dra-gpu-a 0000:65:00.0>0000:65:00.0 own-alias");
	w.claims.n = 1;
	w.bindings.v[0].kubevirt_display = false;
	must_fail(&w, VC_ERR_REFUSED, "cannot have display: libvirt knows it");
}

static void test_one_option_for_several(void **state VC_UNUSED)
{
	static const struct {
		struct vc_options options;
		const char *message;
	} cases[] = {
		{ { .boot_order = 1 }, "cannot all have the same bootOrder" },
		{ { .acpi_index = 1 }, "cannot all have the same acpi.index" },
		{ { .address = { .set = true, .bus = 5 } },
		  "'ua-x' stands for several devices of request 'r', which cannot all "
		  "have the same guestAddress" },
		{ { .rom_bar = VC_NO }, NULL },
	};
	AUTO_WORLD w = world_of(EMPTY);
	struct vc_claim *c = add_simple(&w);
	struct vc_binding *b = add_bind(&w, "x=c:r");

	b->options.boot_order = 1;
	must_be(&w, "add ua-x >0000:65:00.0 made recorded");
	add_device(&w, c, "r", A66);
	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		b->options = cases[i].options;
		if (cases[i].message)
			must_fail(&w, VC_ERR_REFUSED, cases[i].message);
		else
			must_plan(&w);
	}
	b->options.boot_order = 1;
	b->index = 2;
	must_be(&w, "add ua-x >0000:66:00.0 made recorded");
}

/* --option ALIAS.KEY=VALUE */
static void give(struct world *w, struct vc_alias_options_list *list, const char *alias,
                 enum vc_opt opt, const char *value)
{
	struct vc_alias_options *slot = NULL;

	for (size_t i = 0; i < list->n; i++)
		if (strcmp(list->v[i].alias, alias) == 0)
			slot = &list->v[i];
	if (!slot)
		slot = vc_list_push(&w->arena, list);
	assert_non_null(slot);
	slot->alias = dup_text(w, alias);
	assert_int_equal(vc_options_set(&w->arena, &slot->options, opt, value,
	                                "--option 'x'", &w->err),
	                 0);
	w->input.options = list;
}

static void test_given_options(void **state VC_UNUSED)
{
	AUTO_WORLD w = world_of(DOMAIN(OURS(RECORD("ua-old", "1")) DEVICES("")));
	struct vc_alias_options_list list = { 0 };
	struct vc_claim *c;

	add_simple(&w);
	c = add_claim(&w, "lab", "d", UID_B);
	add_device(&w, c, "r", A66);
	add_device(&w, c, "r", A67);
	add_bind(&w, "x=d:r")->options.boot_order = 7;
	/* of a record, of a whole binding, of its second device; each wins over ours */
	give(&w, &list, "ua-old", VC_OPT_BOOT_ORDER, "1");
	give(&w, &list, "ua-x", VC_OPT_ROM_BAR, "off");
	give(&w, &list, "ua-x", VC_OPT_BOOT_ORDER, "2");
	give(&w, &list, "ua-x-2", VC_OPT_BOOT_ORDER, "3");
	must_plan(&w);
	assert_int_equal(w.plan.devices.n, 3);
	assert_int_equal(w.plan.devices.v[0].options.boot_order, 1);
	assert_int_equal(w.plan.devices.v[0].options.rom_bar, VC_UNKNOWN);
	assert_int_equal(w.plan.devices.v[1].options.boot_order, 2);
	assert_int_equal(w.plan.devices.v[1].options.rom_bar, VC_NO);
	assert_int_equal(w.plan.devices.v[2].options.boot_order, 3);
	assert_int_equal(w.plan.devices.v[2].options.rom_bar, VC_NO);
	assert_string_equal(w.plan.devices.v[2].options.origins[VC_OPT_BOOT_ORDER],
	                    "--option 'x'");
	give(&w, &list, "ua-y", VC_OPT_ROM_BAR, "off");
	must_fail(&w, VC_ERR_REFUSED,
	          "--option 'x': alias 'ua-y' is not bound; bound are: 'ua-old', 'ua-x', "
	          "'ua-x-2'");
}

static void test_given_options_elsewhere(void **state VC_UNUSED)
{
	static const enum vc_plan_mode modes[] = { VC_MODE_ADOPT, VC_MODE_UNBIND,
		                                   VC_MODE_DETACH };
	AUTO_WORLD w = world_of(EMPTY);
	struct vc_alias_options_list list = { 0 };

	add_simple(&w);
	give(&w, &list, "ua-x", VC_OPT_ROM_BAR, "off");
	must_fail(&w, VC_ERR_REFUSED, "alias 'ua-x' is not bound; bound are: none");
	for (size_t i = 0; i < VC_ARRAY_SIZE(modes); i++) {
		w.input.mode = modes[i];
		must_fail(&w, VC_ERR_REFUSED, "elements stay as they are here");
	}
	w.input.mode = VC_MODE_REWRITE;
	w.input.attach_all = true;
	must_fail(&w, VC_ERR_REFUSED, "bound are: 'ua-c-r'");
	list.n = 0;
	must_be(&w, "add ua-c-r >0000:65:00.0 made recorded");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_command_line),
		cmocka_unit_test(test_whole_request),
		cmocka_unit_test(test_one_of_a_request),
		cmocka_unit_test(test_family_supersedes_records),
		cmocka_unit_test(test_precedence),
		cmocka_unit_test(test_annotation_adds_options),
		cmocka_unit_test(test_record_of_a_nameless_device),
		cmocka_unit_test(test_attach_all),
		cmocka_unit_test(test_attach_all_of_nothing),
		cmocka_unit_test(test_attach_all_leftovers),
		cmocka_unit_test(test_attach_all_only_without_bindings),
		cmocka_unit_test(test_attach_all_collisions),
		cmocka_unit_test(test_attach_all_expansion_collides),
		cmocka_unit_test(test_claim_absent),
		cmocka_unit_test(test_namespaces),
		cmocka_unit_test(test_pod_claim),
		cmocka_unit_test(test_claim_made_again),
		cmocka_unit_test(test_request_problems),
		cmocka_unit_test(test_device_problems),
		cmocka_unit_test(test_not_allocated),
		cmocka_unit_test(test_no_address),
		cmocka_unit_test(test_aliases),
		cmocka_unit_test(test_alias_on_something_else),
		cmocka_unit_test(test_kubevirt_without_claims),
		cmocka_unit_test(test_kubevirt_with_claims),
		cmocka_unit_test(test_primary_display),
		cmocka_unit_test(test_display_is_taken),
		cmocka_unit_test(test_no_display_for_pci),
		cmocka_unit_test(test_one_option_for_several),
		cmocka_unit_test(test_given_options),
		cmocka_unit_test(test_given_options_elsewhere),
	};

	return cmocka_run_group_tests_name("bind", tests, NULL, NULL);
}
