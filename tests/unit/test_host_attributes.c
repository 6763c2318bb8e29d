/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_host_attributes.c - where a device is, from its attributes and from sysfs. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "claim/device_metadata.h"
#include "claim/join.h"
#include "host/gather.h"
#include "unit.h"

#define V "virt-claim.io/"

/* A metadata file with one device of these attributes. */
static int read_device(struct vc_arena *arena, const char *attributes,
                       struct vc_facts *facts, struct vc_err *err)
{
	char *text = vc_arena_printf(
		arena,
		"{\"apiVersion\":\"metadata.resource.k8s.io/v1beta1\",\"kind\":"
		"\"DeviceMetadata\",\"metadata\":{\"name\":\"c\",\"namespace\":\"n\","
		"\"uid\":\"u\",\"generation\":1},\"requests\":[{\"name\":\"r\","
		"\"devices\":[{\"driver\":\"d.example\",\"pool\":\"p\",\"name\":\"x\","
		"\"attributes\":{%s}}]}]}",
		attributes);

	VC_AUTO_TREE struct vc_tree *tree = NULL;

	assert_non_null(text);
	assert_int_equal(vc_tree_parse(text, strlen(text), "m.json", &tree, err), 0);
	return vc_device_metadata_read(arena, tree, facts, err);
}

static void test_known(void **state VC_UNUSED)
{
	static const struct {
		const char *attributes;
		enum vc_kind kind;
		const char *host;
	} cases[] = {
		{ "\"" V "usbBus\":{\"int\":1},\"" V "usbDevice\":{\"int\":5}",
		  VC_KIND_USB, "usb 1:5" },
		{ "\"" V "usbBus\":{\"int\":999},\"" V "usbPort\":{\"string\":\"1.4.2\"}",
		  VC_KIND_USB, "usb 999-1.4.2" },
		{ "\"" V "usbVendorID\":{\"string\":\"0951\"},\"" V
		  "usbProductID\":{\"string\":\"0x1666\"}",
		  VC_KIND_USB, "usb 0951:1666" },
		{ "\"" V "usbSerial\":{\"string\":\"E0D5\"}", VC_KIND_USB, NULL },
		/* as an inventory of the machine says it */
		{ "\"" V "kind\":{\"string\":\"usb\"},\"" V
		  "vendorID\":{\"string\":\"0951\"},\"" V
		  "deviceID\":{\"string\":\"1666\"}",
		  VC_KIND_USB, "usb 0951:1666" },
		{ "\"" V "vendorID\":{\"string\":\"0951\"},\"" V
		  "deviceID\":{\"string\":\"1666\"}",
		  VC_KIND_UNKNOWN, NULL },
		{ "\"" V "vdpaPath\":{\"string\":\"/dev/vhost-vdpa-12\"}", VC_KIND_VDPA,
		  "/dev/vhost-vdpa-12" },
		{ "\"" V "scsiAddress\":{\"string\":\"2:0:1:18446744073709551615\"}",
		  VC_KIND_SCSI, "scsi 2:0:1:18446744073709551615" },
		{ "\"" V "wwpn\":{\"string\":\"naa.5001405B8E6D8B3C\"}",
		  VC_KIND_SCSI_HOST, "naa.5001405b8e6d8b3c" },
		{ "\"" V "pciAddress\":{\"string\":\"0000:65:00.0\"}", VC_KIND_PCI,
		  "0000:65:00.0" },
		{ "\"" V "pciAddress\":{\"string\":\"0000:65:00.0\"},\"" V
		  "kind\":{\"string\":\"network\"},\"" V "vlan\":{\"int\":4094}",
		  VC_KIND_NETWORK, "0000:65:00.0" },
		{ "\"" V "pciAddress\":{\"string\":\"0000:65:00.0\"},\"" V
		  "kind\":{\"string\":\"nvme\"},\"" V "nvmeNamespace\":{\"int\":2}",
		  VC_KIND_NVME, "0000:65:00.0 namespace 2" },
		/* what is more than a function wins: the address is its parent's */
		{ "\"" V "pciAddress\":{\"string\":\"0000:65:00.0\"},\"" V
		  "vdpaPath\":{\"string\":\"/dev/vhost-vdpa-0\"}",
		  VC_KIND_VDPA, "/dev/vhost-vdpa-0" },
		{ "\"" V "pciAddress\":{\"string\":\"0000:65:00.0\"},\"" V
		  "usbBus\":{\"int\":1},\"" V "usbDevice\":{\"int\":5}",
		  VC_KIND_USB, "usb 1:5" },
		/* a kind that nobody can attach, and one of which nothing is said */
		{ "\"" V "pciAddress\":{\"string\":\"0000:65:00.0\"},\"" V
		  "kind\":{\"string\":\"fpga-region\"}",
		  VC_KIND_UNKNOWN, NULL },
		{ "\"" V "pciAddress\":{\"string\":\"0000:65:00.0\"},\"" V
		  "kind\":{\"string\":\"usb\"}",
		  VC_KIND_UNKNOWN, NULL },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
		struct vc_facts facts = { 0 };
		struct vc_err err = VC_ERR_INIT;
		const struct vc_device *d;
		const char *host;

		if (read_device(&arena, cases[i].attributes, &facts, &err) < 0)
			fail_msg("%s", err.msg);
		d = &facts.claims.v[0].devices.v[0];
		assert_int_equal(d->host.kind, cases[i].kind);
		host = vc_host_side_text(&arena, &d->host);
		assert_string_equal(host ? host : "-",
		                    cases[i].host ? cases[i].host : "-");
		assert_int_equal(d->host.has_pci, vc_kind_is_pci(cases[i].kind));
	}
}

static const struct {
	const char *attributes, *message;
} refused[] = {
	{ "\"" V "usbBus\":{\"int\":1}",
	  "needs '" V "usbDevice' or '" V "usbPort' beside it" },
	{ "\"" V "usbDevice\":{\"int\":1}", "needs '" V "usbBus' beside it" },
	{ "\"" V "usbPort\":{\"string\":\"1\"}", "needs '" V "usbBus'" },
	{ "\"" V "usbBus\":{\"int\":0},\"" V "usbDevice\":{\"int\":1}",
	  "expected a number from 1 to 999" },
	{ "\"" V "usbBus\":{\"int\":1},\"" V "usbDevice\":{\"int\":1000}",
	  "usbDevice': expected a number from 1 to 999" },
	{ "\"" V "usbBus\":{\"string\":\"1\"},\"" V "usbDevice\":{\"int\":1}",
	  "usbBus': expected a number" },
	{ "\"" V "usbBus\":{\"ints\":[1]},\"" V "usbDevice\":{\"int\":1}",
	  "usbBus': expected a number" },
	{ "\"" V "usbBus\":{\"int\":1},\"" V "usbPort\":{\"string\":\"\"}",
	  "is not a port" },
	{ "\"" V "usbBus\":{\"int\":1},\"" V "usbPort\":{\"string\":\"1.\"}",
	  "'1.' is not a port" },
	{ "\"" V "usbBus\":{\"int\":1},\"" V "usbPort\":{\"string\":\"1.0\"}",
	  "'1.0' is not a port" },
	{ "\"" V "usbBus\":{\"int\":1},\"" V "usbPort\":{\"string\":\"1-2\"}",
	  "'1-2' is not a port" },
	{ "\"" V "usbBus\":{\"int\":1},\"" V "usbPort\":{\"string\":\"256\"}",
	  "'256' is not a port" },
	{ "\"" V "usbBus\":{\"int\":1},\"" V "usbPort\":{\"string\":\"1.1.1.1.1.1.1.1\"}",
	  "is not a port" },
	{ "\"" V "usbVendorID\":{\"string\":\"0951\"}",
	  "needs '" V "usbProductID' beside it" },
	{ "\"" V "usbProductID\":{\"string\":\"0951\"}",
	  "needs '" V "usbVendorID' beside it" },
	{ "\"" V "usbVendorID\":{\"string\":\"951\"},\"" V
	  "usbProductID\":{\"string\":\"1666\"}",
	  "'951' is not four hexadecimal digits" },
	{ "\"" V "usbVendorID\":{\"string\":\"0951\"},\"" V
	  "usbProductID\":{\"int\":1666}",
	  "usbProductID': expected a string" },
	{ "\"" V "usbSerial\":{\"string\":\"\"}", "usbSerial' is empty" },
	{ "\"" V "vdpaPath\":{\"string\":\"vhost-vdpa-0\"}",
	  "is not /dev/vhost-vdpa-<number>" },
	{ "\"" V "vdpaPath\":{\"string\":\"/dev/vhost-vdpa-\"}", "is not /dev/" },
	{ "\"" V "vdpaPath\":{\"string\":\"/dev/vhost-vdpa-0/../mem\"}", "is not /dev/" },
	{ "\"" V "vdpaPath\":{\"string\":\"/tmp/dev/vhost-vdpa-0\"}", "is not /dev/" },
	{ "\"" V "scsiAddress\":{\"string\":\"2:0:1\"}", "is not 'host:" },
	{ "\"" V "scsiAddress\":{\"string\":\"2:0:1:0:0\"}", "is not 'host:" },
	{ "\"" V "scsiAddress\":{\"string\":\"4294967296:0:1:0\"}", "is not 'host:" },
	{ "\"" V "scsiAddress\":{\"string\":\"a:0:1:0\"}", "is not 'host:" },
	{ "\"" V "scsiAddress\":{\"string\":\"2:0::0\"}", "is not 'host:" },
	{ "\"" V "wwpn\":{\"string\":\"5001405b8e6d8b3c\"}", "is not 'naa.'" },
	{ "\"" V "wwpn\":{\"string\":\"naa.5001405b8e6d8b3\"}", "is not 'naa.'" },
	{ "\"" V "wwpn\":{\"string\":\"naa.5001405b8e6d8b3cc\"}", "is not 'naa.'" },
	{ "\"" V "wwpn\":{\"string\":\"naa.5001405b8e6d8b3g\"}", "is not 'naa.'" },
	{ "\"" V "vlan\":{\"int\":0}", "vlan': expected a number from 1 to 4094" },
	{ "\"" V "vlan\":{\"int\":4095}", "from 1 to 4094" },
	{ "\"" V "nvmeNamespace\":{\"int\":0}", "from 1 to 4294967295" },
	{ "\"" V "nvmeNamespace\":{\"int\":4294967296}", "from 1 to 4294967295" },
	{ "\"" V "kind\":{\"int\":1}", "kind': expected a string" },
	{ "\"" V "kind\":{\"string\":\"nvme\"},\"" V
	  "vdpaPath\":{\"string\":\"/dev/vhost-vdpa-0\"}",
	  "kind' is 'nvme', but there is a vDPA path" },
	{ "\"" V "kind\":{\"string\":\"pci\"},\"" V "usbBus\":{\"int\":1},\"" V
	  "usbDevice\":{\"int\":5}",
	  "but there is a USB address" },
	{ "\"" V "scsiAddress\":{\"string\":\"2:0:1:0\"},\"" V
	  "vdpaPath\":{\"string\":\"/dev/vhost-vdpa-0\"}",
	  "name more than one kind of device; '" V "kind' says which one" },
};

static void test_refused(void **state VC_UNUSED)
{
	for (size_t i = 0; i < VC_ARRAY_SIZE(refused); i++) {
		VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
		struct vc_facts facts = { 0 };
		struct vc_err err = VC_ERR_INIT;

		assert_int_equal(read_device(&arena, refused[i].attributes, &facts, &err),
		                 -VC_ERR_INPUT);
		if (!strstr(err.msg, refused[i].message))
			fail_msg("%s: '%s'", refused[i].attributes, err.msg);
		assert_non_null(strstr(err.msg, "m.json: /requests/0/devices/0"));
		assert_int_equal(facts.claims.n, 0);
	}
}

/* Reads, joins, asks a machine (NULL: none) and resolves. */
static int resolve_one(struct vc_arena *arena, const char *attributes,
                       const char *machine, struct vc_device *ret_device,
                       struct vc_err *err)
{
	VC_AUTOCLOSE int root = -1;
	struct vc_facts facts = { 0 };
	struct vc_claims claims = { 0 };
	struct vc_host_facts host = { 0 };
	char *path = vc_arena_printf(arena, VC_FIXTURES "/sysfs/%s", machine);

	assert_int_equal(read_device(arena, attributes, &facts, err), 0);
	assert_int_equal(vc_join(arena, &facts, &claims, err), 0);
	if (machine) {
		root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		assert_true(root >= 0);
		assert_int_equal(
			vc_host_gather(arena, root, &claims, NULL, 0, &host, err), 0);
	}
	if (vc_resolve(arena, &claims, machine ? &host : NULL, NULL, err) < 0)
		return -(int)err->kind;
	*ret_device = claims.v[0].devices.v[0];
	return 0;
}

#define SERIAL(text) "\"" V "usbSerial\":{\"string\":\"" text "\"}"
#define IDS(vendor, product)                                     \
	",\"" V "usbVendorID\":{\"string\":\"" vendor "\"},\"" V \
	"usbProductID\":{\"string\":\"" product "\"}"
#define AT(bus, device) \
	",\"" V "usbBus\":{\"int\":" bus "},\"" V "usbDevice\":{\"int\":" device "}"

static void test_serials(void **state VC_UNUSED)
{
	static const struct {
		const char *attributes, *machine, *host, *unresolved;
	} cases[] = {
		{ SERIAL("4C530001230412118832"), "workstation", "usb 1:4", NULL },
		{ SERIAL("4C530001230412117463"), "workstation", "usb 1:3", NULL },
		/* it moved: the numbers are old */
		{ SERIAL("4C530001230412117463") AT("1", "9"), "workstation", "usb 1:3",
		  NULL },
		{ SERIAL("E0D55EA574") IDS("0951", "1666"), "workstation", "usb 1:5",
		  NULL },
		/* the serial of another model is not this one's */
		{ SERIAL("E0D55EA574") IDS("0781", "5583"), "workstation", NULL,
		  "no USB device of this machine has serial number 'E0D55EA574'" },
		{ SERIAL("gone"), "workstation", NULL, "no USB device of this machine" },
		{ SERIAL("gone") AT("1", "5"), "workstation", NULL, "no USB device" },
		{ SERIAL("E0D55EA574"), "lab", NULL, "no USB device of this machine" },
		{ SERIAL("E0D55EA574"), NULL, NULL,
		  "only its serial number 'E0D55EA574' is known; give --sysfs" },
		/* ids may be another stick's */
		{ SERIAL("E0D55EA574") IDS("0951", "1666"), NULL, NULL, "give --sysfs" },
		{ SERIAL("E0D55EA574") AT("1", "5"), NULL, "usb 1:5", NULL },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
		struct vc_device d = VC_DEVICE_INIT;
		struct vc_err err = VC_ERR_INIT;
		const char *host;

		if (resolve_one(&arena, cases[i].attributes, cases[i].machine, &d, &err) <
		    0)
			fail_msg("%s", err.msg);
		host = vc_host_side_text(&arena, &d.host);
		assert_string_equal(host ? host : "-",
		                    cases[i].host ? cases[i].host : "-");
		if (!cases[i].unresolved)
			assert_null(d.unresolved);
		else
			assert_non_null(strstr(d.unresolved, cases[i].unresolved));
	}
}

/* What the machine said comes along, so that libvirt looks again. */
static void test_serial_brings_ids(void **state VC_UNUSED)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_device d = VC_DEVICE_INIT;
	struct vc_err err = VC_ERR_INIT;

	assert_int_equal(
		resolve_one(&arena, SERIAL("E0D55EA574"), "workstation", &d, &err), 0);
	assert_true(d.host.usb.has_ids);
	assert_int_equal(d.host.usb.vendor, 0x951);
	assert_int_equal(d.host.usb.product, 0x1666);
	assert_null(d.host.usb.port);
}

static struct vc_host_facts ask(struct vc_arena *arena, const struct vc_host_side *side,
                                const char *machine)
{
	const struct vc_claims none = { 0 };
	struct vc_host_facts facts = { 0 };
	struct vc_err err = VC_ERR_INIT;
	char *path = vc_arena_printf(arena, VC_FIXTURES "/sysfs/%s", machine);
	VC_AUTOCLOSE int root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_true(root >= 0);
	if (vc_host_gather(arena, root, &none, side, 1, &facts, &err) < 0)
		fail_msg("%s", err.msg);
	return facts;
}

static void test_usb_facts(void **state VC_UNUSED)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	const struct vc_host_side any = { .kind = VC_KIND_USB };
	const struct vc_host_side pci = { VC_KIND_PCI, .has_pci = true };
	struct vc_host_facts facts = ask(&arena, &any, "workstation");
	struct vc_usb_device twins = { .has_ids = true, .vendor = 0x781 };
	static char port[] = "4.3", other[] = "4.4";
	struct vc_usb_device plug = { .bus = 1, .port = port };
	const struct vc_usb_fact *f;
	size_t n;

	assert_int_equal(facts.usbs.n, 6); /* hubs too, interfaces not */
	for (size_t i = 1; i < facts.usbs.n; i++)
		assert_true(facts.usbs.v[i - 1].device < facts.usbs.v[i].device);
	twins.product = 0x5583;
	f = vc_host_facts_usb(&facts, &twins, &n);
	assert_int_equal(n, 2);
	assert_int_equal(f->device, 3);
	f = vc_host_facts_usb(&facts, &plug, &n);
	assert_int_equal(n, 1);
	assert_int_equal(f->device, 5);
	assert_string_equal(f->serial, "E0D55EA574");
	plug.port = other;
	assert_null(vc_host_facts_usb(&facts, &plug, &n));
	assert_int_equal(n, 0);
	assert_null(vc_host_facts_usb(NULL, &plug, &n));
	facts = ask(&arena, &pci, "workstation");
	assert_int_equal(facts.usbs.n, 0); /* nobody asked */
}

static void test_scsi_facts(void **state VC_UNUSED)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_host_side side = { VC_KIND_SCSI, .scsi = { true, 6, 0, 0, 0 } };
	struct vc_host_facts facts = ask(&arena, &side, "workstation");

	assert_true(vc_host_facts_has(&facts, &side));
	side.scsi.lun = 1;
	assert_false(vc_host_facts_has(&facts, &side));
	facts = ask(&arena, &side, "workstation");
	assert_int_equal(facts.scsi.n, 0);
}

static void test_vdpa_facts(void **state VC_UNUSED)
{
	static char zero[] = "/dev/vhost-vdpa-0", one[] = "/dev/vhost-vdpa-1";
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_host_side side = { VC_KIND_VDPA, .vdpa = zero };
	struct vc_host_facts facts = ask(&arena, &side, "lab");

	assert_true(vc_host_facts_has(&facts, &side));
	side.vdpa = one;
	assert_false(vc_host_facts_has(&facts, &side));
	facts = ask(&arena, &side, "workstation");
	assert_int_equal(facts.vdpas.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_serials),
		cmocka_unit_test(test_serial_brings_ids),
		cmocka_unit_test(test_usb_facts),
		cmocka_unit_test(test_scsi_facts),
		cmocka_unit_test(test_vdpa_facts),
	};

	return cmocka_run_group_tests_name("host_attributes", tests, NULL, NULL);
}
