/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_kinds.c - what devices of each kind become in a plan, and what is refused. */

#include "domain/apply.h"
#include "plan_world.h"

#define A65 "0000:65:00.0"
#define A66 "0000:66:00.0"

static struct vc_plan_device *first(struct world *w)
{
	return &w->plan.devices.v[0];
}

/* A device of claim lab/c, request r, with a host side. */
static struct vc_device *add_side(struct world *w, const struct vc_host_side *side)
{
	struct vc_claim *c =
		w->claims.n > 0 ? &w->claims.v[0] : add_claim(w, "lab", "c", UID_A);
	struct vc_device *d = add_device(w, c, "r", NULL);

	d->host = *side;
	return d;
}

static const struct vc_host_side stick = { VC_KIND_USB,
	                                   .usb = { .bus = 1, .device = 5 } };
static const struct vc_host_side ids = {
	VC_KIND_USB,
	.usb = { .has_ids = true, .vendor = 0x781, .product = 0x5583 },
};
static const struct vc_host_side unit = { VC_KIND_SCSI, .scsi = { true, 2, 0, 1, 7 } };
static const struct vc_host_side vf = {
	VC_KIND_NETWORK,
	.has_pci = true,
	.pci = { 0, 0x65, 0, 0 },
};
static const struct vc_host_side ssd = {
	VC_KIND_NVME,
	.has_pci = true,
	.pci = { 0, 0x65, 0, 0 },
};

/* What a PCI function becomes. */
static void test_functions(void **state VC_UNUSED)
{
#define INTERFACE                                                                   \
	"<interface type='hostdev' managed='no'><mac address='52:54:00:00:00:01'/>" \
	"<source><address type='pci' domain='0' bus='0x65' slot='0' function='0'/>" \
	"</source><alias name='ua-gpu'/></interface>"
	static const struct {
		const char *devices, *attribute;
		enum vc_kind option, expected;
		enum vc_plan_action action;
	} cases[] = {
		{ "", NULL, 0, VC_KIND_PCI, VC_PLAN_ADD },
		{ "", "pci", 0, VC_KIND_PCI, VC_PLAN_ADD },
		{ "", "network", 0, VC_KIND_NETWORK, VC_PLAN_ADD },
		{ "", "nvme", 0, VC_KIND_NVME, VC_PLAN_ADD },
		{ "", NULL, VC_KIND_NVME, VC_KIND_NVME, VC_PLAN_ADD },
		{ "", "network", VC_KIND_PCI, VC_KIND_PCI, VC_PLAN_ADD },
		{ PCI("ua-gpu", "0x65"), NULL, 0, VC_KIND_PCI, VC_PLAN_KEEP },
		{ INTERFACE, NULL, 0, VC_KIND_NETWORK, VC_PLAN_KEEP },
		{ INTERFACE, "network", 0, VC_KIND_NETWORK, VC_PLAN_KEEP },
		{ INTERFACE, "pci", 0, VC_KIND_NETWORK, VC_PLAN_KEEP },
		{ INTERFACE, NULL, VC_KIND_NETWORK, VC_KIND_NETWORK, VC_PLAN_KEEP },
		{ INTERFACE, "nvme", VC_KIND_NETWORK, VC_KIND_NETWORK, VC_PLAN_KEEP },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		char xml[1024];

		(void)snprintf(xml, sizeof(xml), DOMAIN(DEVICES("%s")), cases[i].devices);
		AUTO_WORLD w = world_of(xml);
		struct vc_device *d = &add_simple(&w)->devices.v[0];

		if (cases[i].attribute) {
			add_attribute(&w, d, VC_ATTR_KIND, cases[i].attribute);
			assert_true(vc_host_side_settle(&d->host, cases[i].attribute));
		}
		add_bind(&w, "gpu=c:r")->options.kind = cases[i].option;
		must_plan(&w);
		if (first(&w)->host.kind != cases[i].expected ||
		    first(&w)->action != cases[i].action)
			fail_msg("case %zu: %s %s: %s", i,
			         vc_plan_action_name(first(&w)->action),
			         vc_kind_name(first(&w)->host.kind), first(&w)->why);
	}
}

/* An element never becomes one of another name. */
static void test_other_element(void **state VC_UNUSED)
{
	static const struct {
		const char *devices;
		const struct vc_host_side *side;
		enum vc_kind option;
	} cases[] = {
		{ INTERFACE, &ssd, VC_KIND_NVME },
		{ INTERFACE, &ssd, VC_KIND_PCI },
		{ INTERFACE, &stick, 0 },
		{ PCI("ua-gpu", "0x65"), &vf, VC_KIND_NETWORK },
		{ PCI("ua-gpu", "0x65"), &stick, 0 },
		{ PCI("ua-gpu", "0x65"), &unit, 0 },
		{ "<hostdev type='usb'><alias name='ua-gpu'/></hostdev>", &unit, 0 },
		{ "<disk type='nvme'><alias name='ua-gpu'/></disk>", &vf,
		  VC_KIND_NETWORK },
		{ "<interface type='vdpa'><alias name='ua-gpu'/></interface>", &vf,
		  VC_KIND_NETWORK },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		char xml[1024];

		(void)snprintf(xml, sizeof(xml), DOMAIN(DEVICES("%s")), cases[i].devices);
		AUTO_WORLD w = world_of(xml);

		add_side(&w, cases[i].side);
		add_bind(&w, "gpu=c:r")->options.kind = cases[i].option;
		must_fail(&w, VC_ERR_REFUSED, "and its device is to be a <");
	}
}

/* The kind option is about PCI functions. */
static void test_kind_of_others(void **state VC_UNUSED)
{
	const struct vc_host_side *const sides[] = { &stick, &ids, &unit };

	for (size_t i = 0; i < VC_ARRAY_SIZE(sides); i++) {
		AUTO_WORLD w = world_of(EMPTY);

		add_side(&w, sides[i]);
		add_bind(&w, "x=c:r")->options.kind = VC_KIND_NETWORK;
		must_fail(&w, VC_ERR_REFUSED, "cannot have kind: it is of kind");
	}
}

static void test_usb_port(void **state VC_UNUSED)
{
	static char port[] = "4.2";
	struct vc_host_side side = { VC_KIND_USB, .usb = { .bus = 1, .port = port } };
	AUTO_WORLD w = world_of(EMPTY);
	struct vc_device *d = add_side(&w, &side);

	add_bind(&w, "x=c:r");
	w.input.target_libvirt = 11999999;
	must_fail(&w, VC_ERR_REFUSED, "is USB port 1-4.2");
	w.input.target_libvirt = 12000000;
	must_be(&w, "add ua-x >usb 1-4.2 made recorded");
	d->host.usb.device = 9; /* the number is enough for every libvirt */
	w.input.target_libvirt = 9000000;
	must_be(&w, "add ua-x >usb 1:9 made recorded");
	assert_null(first(&w)->host.usb.port);
}

static void test_usb_is_off(void **state VC_UNUSED)
{
	AUTO_WORLD w = world_of(
		DOMAIN(DEVICES("<controller type='usb' index='0' model='none'/>")));

	add_side(&w, &stick);
	add_bind(&w, "x=c:r");
	must_fail(&w, VC_ERR_REFUSED, "has USB switched off");
	w.claims.v[0].devices.v[0].host = unit;
	must_plan(&w);
}

static struct vc_usb_fact *add_usb_fact(struct world *w, unsigned device,
                                        const char *serial)
{
	struct vc_usb_fact *f = vc_list_push(&w->arena, &w->host.usbs);

	assert_non_null(f);
	*f = (struct vc_usb_fact){
		.bus = 1,
		.device = device,
		.port = dup_text(w, "4"),
		.vendor = 0x781,
		.product = 0x5583,
		.serial = dup_text(w, serial),
	};
	w->input.host = &w->host;
	return f;
}

static void test_usb_on_the_machine(void **state VC_UNUSED)
{
	static char serial[] = "S1";
	struct vc_host_side lost = { VC_KIND_USB, .usb = { .serial = serial } };
	AUTO_WORLD w = world_of(EMPTY);
	struct vc_device *d = add_side(&w, &stick);

	add_bind(&w, "x=c:r");
	w.input.host = &w.host;
	must_fail(&w, VC_ERR_REFUSED, "'usb 1:5' ('c.json') does not exist");
	add_usb_fact(&w, 5, "S1");
	must_be(&w, "add ua-x >usb 1:5 made recorded");
	assert_string_equal(first(&w)->identity, "0781:5583 serial S1");
	d->host = ids;
	must_be(&w, "add ua-x >usb 0781:5583 made recorded");
	add_usb_fact(&w, 6, "S2");
	must_fail(&w, VC_ERR_REFUSED, "is more than one device of this machine");
	d->host = lost;
	d->unresolved = dup_text(&w, "no USB device of this machine has serial 'S1'");
	must_fail(&w, VC_ERR_REFUSED, "is not here: no USB device");
	w.input.host = NULL;
	must_fail(&w, VC_ERR_ABSENT, "no host address of device");
}

/* A stick that was exchanged for another one. */
static void test_usb_identity(void **state VC_UNUSED)
{
	AUTO_WORLD w = world_of(EMPTY);
	struct vc_device *d = add_side(&w, &stick);

	add_attribute(&w, d, VC_ATTR_USB_VENDOR_ID, "0781");
	add_attribute(&w, d, VC_ATTR_USB_PRODUCT_ID, "5584");
	add_bind(&w, "x=c:r");
	must_be(&w, "add ua-x >usb 1:5 made recorded");
	assert_string_equal(first(&w)->identity, "0781:5584");
	add_usb_fact(&w, 5, NULL);
	must_fail(&w, VC_ERR_REFUSED, "is '0781:5583', but its claim says '0781:5584'");
}

static void test_network_on_the_machine(void **state VC_UNUSED)
{
	AUTO_WORLD w = world_of(EMPTY);
	struct vc_function *f;

	add_attribute(&w, add_side(&w, &vf), VC_ATTR_KIND, "network");
	add_bind(&w, "nic=c:r");
	f = add_function(&w, A65, 0x8086, 0x154c);
	f->class_code = 0x020000;
	must_fail(&w, VC_ERR_REFUSED, "'0000:65:00.0' ('c.json') is no virtual function");
	f->is_vf = true;
	must_be(&w, "add ua-nic >0000:65:00.0 made recorded");
	w.host.functions.n = 0;
	must_fail(&w, VC_ERR_REFUSED, "does not exist on this machine");
}

static void test_nvme_on_the_machine(void **state VC_UNUSED)
{
	AUTO_WORLD w = world_of(EMPTY);
	struct vc_function *f;

	add_attribute(&w, add_side(&w, &ssd), VC_ATTR_KIND, "nvme");
	add_bind(&w, "disk=c:r");
	f = add_function(&w, A65, 0x144d, 0xa80a);
	must_fail(&w, VC_ERR_REFUSED, "is no NVMe controller");
	f->class_code = 0x010802;
	must_be(&w, "add ua-disk >0000:65:00.0 made recorded");
}

static void test_others_on_the_machine(void **state VC_UNUSED)
{
	static char path[] = "/dev/vhost-vdpa-0", name[] = "2:0:1:7";
	static char *names[] = { name }, *paths[] = { path };
	struct vc_host_side vdpa = { VC_KIND_VDPA, .vdpa = path };
	AUTO_WORLD w = world_of(EMPTY);
	struct vc_device *d = add_side(&w, &unit);

	add_bind(&w, "x=c:r");
	w.input.host = &w.host;
	must_fail(&w, VC_ERR_REFUSED, "'scsi 2:0:1:7' ('c.json') does not exist");
	w.host.scsi.v = names;
	w.host.scsi.n = 1;
	must_plan(&w);
	d->host = vdpa;
	must_fail(&w, VC_ERR_REFUSED, "'/dev/vhost-vdpa-0' ('c.json') does not exist");
	w.host.vdpas.v = paths;
	w.host.vdpas.n = 1;
	must_plan(&w);
}

/* Asked for, else claimed, else there, else derived. */
static void test_mac(void **state VC_UNUSED)
{
	static const char *const claimed[] = { NULL, "52:54:00:AA:BB:CC" };
	static char asked[] = "52:54:00:00:00:09";
	char derived[2][sizeof("52:54:00:00:00:00")];

	for (size_t i = 0; i < 2; i++) {
		AUTO_WORLD w = world_of(EMPTY);
		struct vc_device *d = add_side(&w, &vf);
		struct vc_binding *b;

		add_attribute(&w, d, VC_ATTR_KIND, "network");
		d->hardware_address = dup_text(&w, claimed[i]);
		b = add_bind(&w, "nic=c:r");
		must_plan(&w);
		if (claimed[i]) {
			assert_string_equal(first(&w)->mac, "52:54:00:aa:bb:cc");
		} else {
			/* local and unicast: the second lowest bit alone */
			assert_non_null(strchr("26ae", first(&w)->mac[1]));
			memcpy(derived[0], first(&w)->mac, sizeof(derived[0]));
			must_plan(&w);
			assert_string_equal(first(&w)->mac, derived[0]);
			w.claims.v[0].uid = dup_text(&w, UID_B);
			must_plan(&w);
			assert_string_not_equal(first(&w)->mac, derived[0]);
		}
		b->options.mac = asked;
		must_plan(&w);
		assert_string_equal(first(&w)->mac, asked);
	}
}

/* Two devices of one request have two addresses. */
static void test_derived_macs_differ(void **state VC_UNUSED)
{
	struct vc_host_side second = vf;
	AUTO_WORLD w = world_of(EMPTY);

	second.pci.bus = 0x66;
	add_attribute(&w, add_side(&w, &vf), VC_ATTR_KIND, "network");
	add_attribute(&w, add_side(&w, &second), VC_ATTR_KIND, "network");
	add_bind(&w, "nic=c:r");
	must_plan(&w);
	assert_int_equal(w.plan.devices.n, 2);
	assert_string_not_equal(w.plan.devices.v[0].mac, w.plan.devices.v[1].mac);
}

static void test_mac_of_an_element(void **state VC_UNUSED)
{
	AUTO_WORLD w = world_of(DOMAIN(DEVICES(INTERFACE)));
	struct vc_device *d = &add_simple(&w)->devices.v[0];

	add_bind(&w, "gpu=c:r");
	must_be(&w, "keep ua-gpu 0000:65:00.0>0000:65:00.0 recorded own-alias");
	assert_null(first(&w)->mac);
	d->hardware_address = dup_text(&w, "52:54:00:00:00:01");
	must_be(&w, "keep ua-gpu 0000:65:00.0>0000:65:00.0 recorded own-alias");
	d->hardware_address = dup_text(&w, "52:54:00:00:00:02");
	must_be(&w, "change ua-gpu 0000:65:00.0>0000:65:00.0 recorded own-alias");
	assert_string_equal(first(&w)->mac, "52:54:00:00:00:02");
	assert_string_equal(first(&w)->why, "MAC address or VLAN differ");
}

static void test_bad_hardware_address(void **state VC_UNUSED)
{
	static const char *const bad[] = {
		"",
		"x",
		"52:54:00:aa:bb",
		"53:54:00:aa:bb:cc",
		("80:00:02:08:fe:80:00:00:00:00:00:00:00:02:c9:03:00:aa:bb:cc"),
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(bad); i++) {
		AUTO_WORLD w = world_of(EMPTY);
		struct vc_device *d = add_side(&w, &vf);

		add_attribute(&w, d, VC_ATTR_KIND, "network");
		d->hardware_address = dup_text(&w, bad[i]);
		add_bind(&w, "nic=c:r");
		must_fail(&w, VC_ERR_REFUSED, "is not a unicast MAC address");
	}
}

static void test_vlan(void **state VC_UNUSED)
{
	static int64_t id = 17;
	AUTO_WORLD w = world_of(EMPTY);
	struct vc_device *d = add_side(&w, &vf);
	struct vc_binding *b;

	add_attribute(&w, d, VC_ATTR_KIND, "network");
	add_attribute(&w, d, VC_ATTR_VLAN, "");
	d->attributes.v[1].type = VC_ATTRIBUTE_INT;
	d->attributes.v[1].ints = &id;
	b = add_bind(&w, "nic=c:r");
	must_plan(&w);
	assert_int_equal(first(&w)->vlan, 17);
	b->options.vlan = 4094;
	must_plan(&w);
	assert_int_equal(first(&w)->vlan, 4094);
	b->options.kind = VC_KIND_PCI; /* nobody can set it then */
	must_fail(&w, VC_ERR_REFUSED, "cannot have vlan");
	b->options.vlan = 0;
	must_plan(&w);
	assert_int_equal(first(&w)->vlan, 0);
}

/* The first name that no disk has, whatever its bus. */
static void test_names_of_disks(void **state VC_UNUSED)
{
	AUTO_WORLD w =
		world_of(DOMAIN(DEVICES("<disk><target dev='vda' bus='virtio'/></disk>"
	                                "<disk><target dev='vdc' bus='sata'/></disk>")));

	for (unsigned i = 0; i < 30; i++) {
		struct vc_host_side side = ssd;

		side.pci.bus = (uint8_t)(i + 1);
		add_attribute(&w, add_side(&w, &side), VC_ATTR_KIND, "nvme");
	}
	add_bind(&w, "disk=c:r");
	must_plan(&w);
	assert_string_equal(w.plan.devices.v[0].target, "vdb");
	assert_string_equal(w.plan.devices.v[1].target, "vdd");
	assert_string_equal(w.plan.devices.v[22].target, "vdy");
	assert_string_equal(w.plan.devices.v[23].target, "vdz");
	assert_string_equal(w.plan.devices.v[24].target, "vdaa");
	assert_string_equal(w.plan.devices.v[29].target, "vdaf");
}

/* One function is used once, whatever it is made to. */
static void test_function_once(void **state VC_UNUSED)
{
	static const char *const there[] = {
		"<hostdev type='pci'>" PCI_SOURCE("0x65") "</hostdev>",
		"<disk type='nvme'>" PCI_SOURCE("0x65") "</disk>",
		"<disk type='nvme'><source namespace='2'><address bus='0x65'/></source>"
		"</disk>",
		"<interface type='hostdev'>" PCI_SOURCE("0x65") "</interface>",
	};
	const struct vc_host_side *const sides[] = { &vf, &ssd };

	for (size_t i = 0; i < VC_ARRAY_SIZE(there); i++)
		for (size_t j = 0; j < VC_ARRAY_SIZE(sides); j++) {
			char xml[1024];

			(void)snprintf(xml, sizeof(xml), DOMAIN(DEVICES("%s")), there[i]);
			AUTO_WORLD w = world_of(xml);

			add_attribute(&w, add_side(&w, sides[j]), VC_ATTR_KIND,
			              vc_kind_name(sides[j]->kind));
			add_bind(&w, "x=c:r");
			must_fail(&w, VC_ERR_REFUSED, "is already used by this <");
		}
}

/* [LV] ids alone may be any of the devices that have them. */
static void test_usb_once(void **state VC_UNUSED)
{
#define USB(inside) "<hostdev type='usb'><source>" inside "</source></hostdev>"
#define IDS         "<vendor id='0x781'/><product id='0x5583'/>"
	static const struct {
		const char *there;
		bool by_ids, with_ids, refused;
	} cases[] = {
		{ USB("<address bus='1' device='5'/>"), false, false, true },
		{ USB("<address bus='1' device='6'/>"), false, false, false },
		{ USB(IDS), false, false, false }, /* nobody knows */
		{ USB(IDS), false, true, true },
		{ USB(IDS "<address bus='1' device='6'/>"), false, true, false },
		{ USB(IDS "<address bus='1' device='5'/>"), false, true, true },
		{ USB(IDS "<address bus='1' device='6'/>"), true, false, true },
		{ USB(IDS), true, false, true },
		{ USB("<vendor id='0x781'/><product id='0x5584'/>"), true, false, false },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		struct vc_host_side side = cases[i].by_ids ? ids : stick;
		char xml[1024];

		(void)snprintf(xml, sizeof(xml), DOMAIN(DEVICES("%s")), cases[i].there);
		AUTO_WORLD w = world_of(xml);

		side.usb.has_ids = cases[i].by_ids || cases[i].with_ids;
		side.usb.vendor = ids.usb.vendor;
		side.usb.product = ids.usb.product;
		add_side(&w, &side);
		add_bind(&w, "x=c:r");
		if (cases[i].refused)
			must_fail(&w, VC_ERR_REFUSED,
			          "is already used by this <hostdev>");
		else
			must_plan(&w);
	}
}

static void test_usb_twice_in_plan(void **state VC_UNUSED)
{
	struct vc_host_side both = stick;
	AUTO_WORLD w = world_of(EMPTY);

	both.usb.has_ids = true;
	both.usb.vendor = ids.usb.vendor;
	both.usb.product = ids.usb.product;
	add_side(&w, &both);
	add_side(&w, &ids);
	add_bind(&w, "x=c:r");
	must_fail(&w, VC_ERR_REFUSED, "would be used twice: as 'ua-x");
	w.claims.v[0].devices.v[1].host.usb.product = 1;
	must_plan(&w);
}

/* managed='yes' is for what has a driver on the host. */
static void test_managed(void **state VC_UNUSED)
{
	static char path[] = "/dev/vhost-vdpa-0";
	const struct vc_host_side vdpa = { VC_KIND_VDPA, .vdpa = path };
	const struct vc_host_side *const sides[] = { &vf, &ssd, &stick, &unit, &vdpa };

	for (size_t i = 0; i < VC_ARRAY_SIZE(sides); i++) {
		AUTO_WORLD w = world_of(EMPTY);

		add_side(&w, sides[i]);
		add_bind(&w, "x=c:r");
		w.input.managed = true;
		must_plan(&w);
		assert_int_equal(first(&w)->managed,
		                 vc_kind_is_pci(sides[i]->kind) ? VC_YES : VC_NO);
	}
}

/* The plan carried out, and the result planned again: nothing more to do. */
static void settles(struct world *w)
{
	struct vc_apply_result result = { 0 };
	const char *xml;

	if (vc_apply(&w->arena, w->document, &w->domain, &w->plan, NULL, &result,
	             &w->err) < 0)
		fail_msg("%s", w->err.msg);
	xml = dup_text(w, result.text);
	free(result.text);
	vc_document_free(w->document);
	assert_int_equal(
		vc_document_parse(xml, strlen(xml), "vm.xml", &w->document, &w->err), 0);
	if (vc_domain_read(&w->arena, w->document, &w->domain, &w->err) < 0)
		fail_msg("%s", w->err.msg);
	must_plan(w);
	for (size_t i = 0; i < w->plan.devices.n; i++)
		if (w->plan.devices.v[i].action != VC_PLAN_KEEP)
			fail_msg("%s: %s", xml, w->plan.devices.v[i].why);
	for (size_t i = 0; i < w->plan.controllers.n; i++)
		assert_int_equal(w->plan.controllers.v[i].action, VC_PLAN_KEEP);
}

static void test_settles(void **state VC_UNUSED)
{
	static char path[] = "/dev/vhost-vdpa-0", wwpn[] = "naa.5001405b8e6d8b3c";
	const struct vc_host_side vdpa = { VC_KIND_VDPA, .vdpa = path };
	const struct vc_host_side vhost = { VC_KIND_SCSI_HOST, .wwpn = wwpn };
	const struct vc_host_side *const sides[] = { &vf,   &ssd,  &stick, &ids,
		                                     &unit, &vdpa, &vhost };

	for (size_t i = 0; i < VC_ARRAY_SIZE(sides); i++) {
		AUTO_WORLD w = world_of(EMPTY);

		add_attribute(&w, add_side(&w, sides[i]), VC_ATTR_KIND,
		              vc_kind_name(sides[i]->kind));
		add_bind(&w, "x=c:r");
		must_plan(&w);
		assert_int_equal(first(&w)->action, VC_PLAN_ADD);
		settles(&w);
		w.bindings.n = 0; /* from the record */
		settles(&w);
	}
}

/* ---- SCSI controllers ---- */

static const struct vc_plan_controller *controller(struct world *w)
{
	assert_int_equal(w->plan.controllers.n, 1);
	return &w->plan.controllers.v[0];
}

static void test_scsi_controller(void **state VC_UNUSED)
{
	AUTO_WORLD w = world_of(EMPTY);

	add_side(&w, &unit);
	add_bind(&w, "tape=c:r");
	must_plan(&w);
	assert_int_equal(controller(&w)->action, VC_PLAN_ADD);
	assert_string_equal(controller(&w)->model, "virtio-scsi");
	assert_true(controller(&w)->recorded);
	settles(&w);
	assert_int_equal(controller(&w)->action, VC_PLAN_KEEP);
}

/* A domain that has one, or gets one from libvirt for other devices, keeps that. */
static void test_scsi_controller_is_there(void **state VC_UNUSED)
{
	static const char *const there[] = {
		"<controller type='scsi' index='0' model='lsilogic'/>",
		"<controller type='scsi'/>",
		"<disk><target dev='sda' bus='scsi'/></disk>",
		"<hostdev type='scsi'><source protocol='iscsi'/></hostdev>",
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(there); i++) {
		char xml[512];

		(void)snprintf(xml, sizeof(xml), DOMAIN(DEVICES("%s")), there[i]);
		AUTO_WORLD w = world_of(xml);

		add_side(&w, &unit);
		add_bind(&w, "tape=c:r");
		must_plan(&w);
		assert_int_equal(w.plan.controllers.n, 0);
	}
}

#define SCSI(alias, unit)                                                           \
	"<hostdev mode='subsystem' type='scsi' managed='no'><source><adapter "      \
	"name='scsi_host2'/><address bus='0' target='1' unit='" unit "'/></source>" \
	"<alias name='" alias "'/><address type='drive' controller='0' unit='" unit \
	"'/>"                                                                       \
	"</hostdev>"
#define OURS_SCSI "<c:controller type='scsi' index='0' model='virtio-scsi'/>"

/* The claim has lost its second device: the controller goes with the last one only. */
static void test_scsi_controller_goes(void **state VC_UNUSED)
{
	static const struct {
		const char *devices;
		int n;
		enum vc_plan_action action;
	} cases[] = {
		/* still needed by the first device */
		{ "<controller type='scsi' index='0' model='virtio-scsi'/>" SCSI(
			  "ua-t", "7") SCSI("ua-t-2", "8"),
		  1, VC_PLAN_KEEP },
		/* only the one that goes needs it */
		{ "<controller type='scsi' index='0' model='virtio-scsi'><address/>"
		  "</controller>" SCSI("ua-t-2", "8"),
		  1, VC_PLAN_REMOVE },
		/* a disk of others is on it by now, or may be */
		{ "<controller type='scsi' index='0' model='virtio-scsi'/>" SCSI(
			  "ua-t-2", "8") "<disk><target dev='sda' bus='scsi'/><address "
		                         "type='drive' controller='0'/></disk>",
		  1, VC_PLAN_KEEP },
		{ "<controller type='scsi' index='0' model='virtio-scsi'/>" SCSI(
			  "ua-t-2", "8") "<disk><target dev='sda' bus='scsi'/></disk>",
		  1, VC_PLAN_KEEP },
		{ "<controller type='scsi' index='0' model='virtio-scsi'/>" SCSI(
			  "ua-t-2", "8") "<disk><target dev='sda' bus='scsi'/><address "
		                         "type='drive' controller='1'/></disk>",
		  1, VC_PLAN_REMOVE },
		/* somebody changed it, or it has gone: it is ours no more */
		{ "<controller type='scsi' index='0' model='virtio-scsi'><driver "
		  "queues='4'/></controller>" SCSI("ua-t-2", "8"),
		  0, VC_PLAN_KEEP },
		{ "<controller type='scsi' index='0' model='lsilogic'/>" SCSI("ua-t-2",
		                                                              "8"),
		  0, VC_PLAN_KEEP },
		{ SCSI("ua-t-2", "8"), 0, VC_PLAN_KEEP },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		char xml[2048];

		(void)snprintf(
			xml, sizeof(xml),
			DOMAIN(OURS(RECORD("ua-t-2", "2") OURS_SCSI) DEVICES("%s")),
			cases[i].devices);
		AUTO_WORLD w = world_of(xml);

		/* the first one is not ours, or not there */
		add_claim(&w, "lab", "c", UID_A);
		add_device(&w, &w.claims.v[0], "r", A66);
		must_plan(&w);
		if (w.plan.controllers.n != (size_t)cases[i].n ||
		    (cases[i].n > 0 && w.plan.controllers.v[0].action != cases[i].action))
			fail_msg("case %zu: %zu controllers", i, w.plan.controllers.n);
		if (cases[i].n > 0)
			assert_int_equal(w.plan.controllers.v[0].recorded,
			                 cases[i].action == VC_PLAN_KEEP);
	}
}

/* Letting all devices go lets go of the controller too: both stay. */
static void test_scsi_controller_unbound(void **state VC_UNUSED)
{
	static const char *const aliases[] = { "t" };
	AUTO_WORLD w = world_of(
		DOMAIN(OURS(RECORD("ua-t", "1") RECORD("ua-u", "2") OURS_SCSI) DEVICES(
			"<controller type='scsi' index='0' "
			"model='virtio-scsi'/>" SCSI("ua-t", "7") SCSI("ua-u", "8"))));

	w.input.mode = VC_MODE_UNBIND;
	must_plan(&w);
	assert_int_equal(w.plan.controllers.n, 0);
	w.input.aliases = aliases;
	w.input.n_aliases = 1;
	must_plan(&w);
	assert_int_equal(controller(&w)->action, VC_PLAN_KEEP);
	assert_true(controller(&w)->recorded);
}

/* ---- adopting ---- */

static void test_adopt(void **state VC_UNUSED)
{
	static const struct {
		const char *devices;
		const struct vc_host_side *side;
	} cases[] = {
		{ "<hostdev type='usb'><source><address bus='1' device='5'/></source>"
		  "</hostdev>",
		  &stick },
		{ "<hostdev type='usb'><source>" IDS "</source></hostdev>", &ids },
		{ "<interface type='hostdev'>" PCI_SOURCE("0x65") "</interface>", &vf },
		{ "<disk type='nvme'>" PCI_SOURCE("0x65") "<target dev='vda'/></disk>",
		  &ssd },
		{ "<hostdev type='scsi'><source><adapter name='scsi_host2'/><address "
		  "bus='0' target='1' unit='7'/></source></hostdev>",
		  &unit },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		char xml[1024];

		(void)snprintf(xml, sizeof(xml), DOMAIN(DEVICES("%s")), cases[i].devices);
		AUTO_WORLD w = world_of(xml);
		struct vc_host_side plain = *cases[i].side;

		/* nothing says what to make of a function: what it is */
		if (vc_kind_is_pci(plain.kind))
			plain.kind = VC_KIND_PCI;
		add_side(&w, &plain);
		w.input.mode = VC_MODE_ADOPT;
		must_plan(&w);
		assert_int_equal(w.plan.devices.n, 1);
		assert_int_equal(first(&w)->action, VC_PLAN_ADOPT);
		assert_int_equal(first(&w)->host.kind, cases[i].side->kind);
		assert_null(first(&w)->mac);
		assert_null(first(&w)->target);
		w.input.mode = VC_MODE_REWRITE;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_functions),
		cmocka_unit_test(test_other_element),
		cmocka_unit_test(test_kind_of_others),
		cmocka_unit_test(test_usb_port),
		cmocka_unit_test(test_usb_is_off),
		cmocka_unit_test(test_usb_on_the_machine),
		cmocka_unit_test(test_usb_identity),
		cmocka_unit_test(test_network_on_the_machine),
		cmocka_unit_test(test_nvme_on_the_machine),
		cmocka_unit_test(test_others_on_the_machine),
		cmocka_unit_test(test_mac),
		cmocka_unit_test(test_derived_macs_differ),
		cmocka_unit_test(test_mac_of_an_element),
		cmocka_unit_test(test_bad_hardware_address),
		cmocka_unit_test(test_vlan),
		cmocka_unit_test(test_names_of_disks),
		cmocka_unit_test(test_function_once),
		cmocka_unit_test(test_usb_once),
		cmocka_unit_test(test_usb_twice_in_plan),
		cmocka_unit_test(test_managed),
		cmocka_unit_test(test_settles),
		cmocka_unit_test(test_scsi_controller),
		cmocka_unit_test(test_scsi_controller_is_there),
		cmocka_unit_test(test_scsi_controller_goes),
		cmocka_unit_test(test_scsi_controller_unbound),
		cmocka_unit_test(test_adopt),
	};

	return cmocka_run_group_tests_name("kinds", tests, NULL, NULL);
}
