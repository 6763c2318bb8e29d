/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "domain/document.h"
#include "unit.h"

#define DEVICES(x)  "<domain>\n<devices>" x "</devices></domain>"
#define OURS        "<c:claims xmlns:c='urn:virt-claim:domain:1'>"
#define METADATA(x) "<domain>\n<metadata>" OURS x "</c:claims></metadata></domain>"
#define PCI(x)      "<hostdev type='pci'><source><address " x "/></source></hostdev>"
#define UUID        "83B8F4F2-509F-382F-3C1E-E6BFE0FA1001"
#define UUID_LOWER  "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"

static int read_domain(struct vc_arena *arena, const char *text,
                       struct vc_domain *ret_domain, struct vc_err *err)
{
	VC_AUTO_DOCUMENT struct vc_document *document = NULL;

	int r = vc_document_parse(text, strlen(text), "vm.xml", &document, err);

	if (r < 0)
		return r;
	return vc_domain_read(arena, document, ret_domain, err);
}

static struct vc_domain must_read(struct vc_arena *arena, const char *text)
{
	struct vc_err err = VC_ERR_INIT;
	struct vc_domain domain = { 0 };

	if (read_domain(arena, text, &domain, &err) < 0) {
		fail_msg("%s", err.msg);
		abort(); /* never reached, which the analyzer does not know */
	}
	return domain;
}

static void test_number_bases(void **state VC_UNUSED)
{
	static const struct {
		const char *text, *address;
	} cases[] = {
		{ PCI("bus='65'"), "0000:41:00.0" },
		{ PCI("bus='0x65' slot='0x1f' function='0x7'"), "0000:65:1f.7" },
		{ PCI("domain='0x0' bus='0X41' slot='0' function='1'"), "0000:41:00.1" },
		{ PCI("bus='010' slot='00'"), "0000:08:00.0" },
		{ PCI("domain='0x10000' bus='0xe1'"), "10000:e1:00.0" },
		{ PCI("domain='4294967295'"), "ffffffff:00:00.0" },
		{ PCI(""), "0000:00:00.0" },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
		char text[256], address[VC_PCI_ADDRESS_SIZE];
		struct vc_domain domain;

		(void)snprintf(text, sizeof(text), DEVICES("%s"), cases[i].text);
		domain = must_read(&arena, text);
		assert_int_equal(domain.hostdevs.n, 1);
		assert_true(domain.hostdevs.v[0].host.has_pci);
		vc_pci_address_format(&domain.hostdevs.v[0].host.pci, address);
		assert_string_equal(address, cases[i].address);
	}
}

static void test_whole_hostdev(void **state VC_UNUSED)
{
	static const char text[] =
		"<domain><name>vm7</name><uuid>u-1</uuid>\n"
		"<devices>\n<!-- c --><hostdev mode='subsystem' type='pci' managed='no' "
		"display='on' ramfb='off'>\n<driver name='vfio'/><source>"
		"<address domain='0' bus='0x65'/></source><boot order='2'/>"
		"<rom bar='off' file='/r'/><alias name='ua-gpu'/>"
		"<address type='pci' domain='0x0000' bus='0x05' slot='0x00' function='0x1' "
		"multifunction='on'/></hostdev></devices></domain>";
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_domain domain = must_read(&arena, text);
	const struct vc_hostdev *h = domain.hostdevs.v;

	assert_string_equal(domain.name, "vm7");
	assert_string_equal(domain.uuid, "u-1");
	assert_int_equal(domain.hostdevs.n, 1);
	assert_int_equal(h->at, 3);
	assert_int_equal(h->line, 3);
	assert_string_equal(h->element, "hostdev");
	assert_string_equal(h->alias, "ua-gpu");
	assert_int_equal(h->host.kind, VC_KIND_PCI);
	assert_int_equal(h->managed, VC_NO);
	assert_true(h->has_mode);
	assert_string_equal(h->driver, "vfio");
	assert_int_equal(h->options.display, VC_YES);
	assert_int_equal(h->options.ramfb, VC_NO);
	assert_int_equal(h->options.rom_bar, VC_NO);
	assert_string_equal(h->options.rom_file, "/r");
	assert_int_equal(h->options.boot_order, 2);
	assert_true(h->options.address.set);
	assert_int_equal(h->options.address.bus, 5);
	assert_int_equal(h->options.address.function, 1);
	assert_int_equal(h->options.address.multifunction, VC_YES);
	assert_int_equal(domain.aliases.n, 1);
	assert_string_equal(domain.aliases.v[0], "ua-gpu");
	assert_false(domain.os_boot);
}

static void test_kinds(void **state VC_UNUSED)
{
	static const struct {
		const char *text;
		enum vc_kind kind;
		const char *host; /* "" not known */
	} cases[] = {
		{ PCI("bus='1'"), VC_KIND_PCI, "0000:01:00.0" },
		{ "<hostdev type='pci'/>", VC_KIND_PCI, "" },
		{ "<hostdev mode='capabilities' type='pci'/>", VC_KIND_UNKNOWN, "" },
		{ "<hostdev mode='subsystem' type='mdev' model='vfio-ap'><source>"
		  "<address uuid='" UUID "'/></source></hostdev>",
		  VC_KIND_MDEV, UUID_LOWER },
		{ "<hostdev type='usb'><source><address bus='0x1' device='012'/></source>"
		  "</hostdev>",
		  VC_KIND_USB, "usb 1:10" },
		{ "<hostdev type='usb'><source><vendor id='0x951'/><product id='0x1666'/>"
		  "</source></hostdev>",
		  VC_KIND_USB, "usb 0951:1666" },
		{ "<hostdev type='usb'><source><vendor id='1'/></source></hostdev>",
		  VC_KIND_USB, "" },
		{ "<hostdev type='usb'><source><address bus='3' port='1.4'/></source>"
		  "</hostdev>",
		  VC_KIND_USB, "usb 3-1.4" },
		{ "<hostdev type='usb'><source/></hostdev>", VC_KIND_USB, "" },
		{ "<hostdev type='scsi'><source><adapter name='scsi_host2'/><address "
		  "bus='0' target='1' unit='7'/></source></hostdev>",
		  VC_KIND_SCSI, "scsi 2:0:1:7" },
		{ "<hostdev type='scsi'><source><adapter name='scsi_host2'/></source>"
		  "</hostdev>",
		  VC_KIND_SCSI, "" },
		{ "<hostdev type='scsi'><source protocol='iscsi' name='iqn'><host "
		  "name='h'/></source></hostdev>",
		  VC_KIND_UNKNOWN, "" },
		{ "<hostdev type='scsi'/>", VC_KIND_UNKNOWN, "" },
		{ "<hostdev type='scsi_host'><source protocol='vhost' "
		  "wwpn='naa.5001405B8E6D8B3C'/></hostdev>",
		  VC_KIND_SCSI_HOST, "naa.5001405b8e6d8b3c" },
		{ "<hostdev type='scsi_host'/>", VC_KIND_SCSI_HOST, "" },
		{ "<hostdev type='other'/>", VC_KIND_UNKNOWN, "" },
		{ "<hostdev/>", VC_KIND_UNKNOWN, "" },
		{ "<interface type='hostdev'><source><address type='pci' bus='2'/></source>"
		  "</interface>",
		  VC_KIND_NETWORK, "0000:02:00.0" },
		{ "<interface type='vdpa'><source dev='/dev/vhost-vdpa-3'/></interface>",
		  VC_KIND_VDPA, "/dev/vhost-vdpa-3" },
		{ "<disk type='nvme'><source type='pci'><address bus='3'/></source></disk>",
		  VC_KIND_NVME, "0000:03:00.0" },
		{ "<disk type='nvme'><source type='pci' namespace='2'><address bus='3'/>"
		  "</source></disk>",
		  VC_KIND_NVME, "0000:03:00.0 namespace 2" },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
		const struct vc_hostdev *h;
		struct vc_domain domain;
		const char *host;
		char text[512];

		(void)snprintf(text, sizeof(text), DEVICES("%s"), cases[i].text);
		domain = must_read(&arena, text);
		assert_int_equal(domain.hostdevs.n, 1);
		h = domain.hostdevs.v;
		assert_int_equal(h->host.kind, cases[i].kind);
		host = vc_host_side_text(&arena, &h->host);
		assert_string_equal(host ? host : "", cases[i].host);
	}
}

static void test_interface(void **state VC_UNUSED)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_domain domain = must_read(
		&arena,
		DEVICES("<interface type='hostdev' managed='yes'><mac address='52:54:00:AA:"
	                "00:01'/><vlan><tag id='17'/></vlan></interface>"
	                "<interface type='hostdev'><vlan trunk='yes'><tag id='1'/><tag "
	                "id='2'/></vlan></interface><interface type='network'/>"
	                "<disk type='nvme'><driver name='qemu'/><source managed='no'/>"
	                "<target dev='vdb'/><readonly/></disk>"
	                "<disk type='file'><target dev='sda' bus='sata'/></disk>"));
	const struct vc_hostdev *h = domain.hostdevs.v;

	assert_int_equal(domain.hostdevs.n, 3);
	assert_string_equal(h[0].options.mac, "52:54:00:AA:00:01");
	assert_int_equal(h[0].options.vlan, 17);
	assert_int_equal(h[0].managed, VC_YES);
	assert_null(h[1].options.mac);
	assert_int_equal(h[1].options.vlan, 0);
	assert_int_equal(h[1].managed, VC_UNKNOWN);
	assert_int_equal(h[2].managed, VC_NO);
	assert_int_equal(h[2].options.readonly, VC_YES);
	assert_int_equal(h[2].options.shareable, VC_UNKNOWN);
	assert_string_equal(h[2].driver, "qemu");
	assert_int_equal(domain.targets.n, 2);
	assert_string_equal(domain.targets.v[0], "vdb");
	assert_string_equal(domain.targets.v[1], "sda");
}

static void test_not_host_devices(void **state VC_UNUSED)
{
	static const char text[] = DEVICES(
		"<interface type='network'><source><address bus='zz'/></source>"
		"<boot order='1'/><alias name='net0'/></interface>"
		"<disk type='file'/><x:hostdev xmlns:x='urn:x' type='pci'/>"
		"<video><model type='ramfb'/></video>"
		"<controller><address type='pci' bus='0x0' slot='0x02'/></controller>"
		"<controller><address type='pci' bus='zz'/></controller>"
		"<disk><address type='drive' bus='9'/></disk>");
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_domain domain = must_read(&arena, text);

	assert_int_equal(domain.hostdevs.n, 0);
	assert_int_equal(domain.guests.n, 3);
	assert_int_equal(domain.guests.v[0].boot_order, 1);
	assert_string_equal(domain.guests.v[0].alias, "net0");
	assert_int_equal(domain.guests.v[0].at, 1);
	assert_true(domain.guests.v[1].ramfb);
	assert_true(domain.guests.v[2].address.set);
	assert_int_equal(domain.guests.v[2].address.slot, 2);
	assert_int_equal(domain.aliases.n, 1);
}

static void test_nothing_there(void **state VC_UNUSED)
{
	static const char *const texts[] = {
		"<domain/>",
		"<domain><devices/><metadata/></domain>",
		"<domain><os><boot dev='hd'/></os><metadata><a/></metadata></domain>",
		"<domain><metadata/><metadata>" OURS
		"<c:device alias='ua-a' claim='c' request='r'/></c:claims></metadata>"
		"</domain>",
		METADATA("<device alias='ua-a'/><!-- c --><c:other/>"),
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(texts); i++) {
		VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
		struct vc_domain domain = must_read(&arena, texts[i]);

		assert_int_equal(domain.hostdevs.n, 0);
		assert_int_equal(domain.records.n, 0);
		assert_int_equal(domain.os_boot, i == 2);
	}
}

static void test_record(void **state VC_UNUSED)
{
	static const char text[] = METADATA(
		"\n<c:device alias='ua-gpu' namespace='lab' claim='c' podClaim='p' uid='u' "
		"request='r' subrequest='s' index='2' driver='d' pool='o' device='n' "
		"identity='10de:2331' made='yes' keepAlias='yes' newer='x'/>"
		"<c:device alias='ua-b' uid='u' device='n' index='7'/>"
		"<c:device alias='ua-c' podClaim='p' request='r' made='no'/>");
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_domain domain = must_read(&arena, text);
	const struct vc_record *r = domain.records.v;

	assert_int_equal(domain.records.n, 3);
	assert_string_equal(r->binding.alias, "ua-gpu");
	assert_string_equal(r->binding.namespace, "lab");
	assert_string_equal(r->binding.claim, "c");
	assert_string_equal(r->binding.pod_claim, "p");
	assert_string_equal(r->binding.uid, "u");
	assert_string_equal(r->binding.request, "r");
	assert_string_equal(r->binding.subrequest, "s");
	assert_int_equal(r->binding.index, 2);
	assert_null(r->binding.device);
	assert_int_equal(r->binding.origin_kind, VC_BINDING_DOMAIN);
	assert_string_equal(r->binding.origin, "vm.xml:3");
	assert_string_equal(r->driver, "d");
	assert_string_equal(r->pool, "o");
	assert_string_equal(r->device, "n");
	assert_string_equal(r->identity, "10de:2331");
	assert_true(r->made);
	assert_true(r->keep_alias);
	assert_int_equal(r[1].binding.index, 0);
	assert_string_equal(r[1].binding.device, "n");
	assert_false(r[1].made);
	assert_int_equal(r[2].binding.index, 1);
	assert_false(r[2].made);
}

static void test_first_claims_element_counts(void **state VC_UNUSED)
{
	static const char text[] =
		"<domain><metadata>" OURS "<c:device alias='ua-a' claim='c' request='r'/>"
		"</c:claims>" OURS "<c:device alias='ua-b' claim='c' request='r'/>"
		"</c:claims></metadata></domain>";
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_domain domain = must_read(&arena, text);

	assert_int_equal(domain.records.n, 1);
	assert_string_equal(domain.records.v[0].binding.alias, "ua-a");
}

static const struct {
	const char *text, *message;
} refused[] = {
	{ DEVICES("\n" PCI("bus='0a'")), "vm.xml:3: host address bus='0a'" },
	{ DEVICES(PCI("bus='0x100'")), "bus='0x100'" },
	{ DEVICES(PCI("bus='-1'")), "bus='-1'" },
	{ DEVICES(PCI("bus=' 1'")), "bus=' 1'" },
	{ DEVICES(PCI("bus='0x'")), "bus='0x'" },
	{ DEVICES(PCI("bus=''")), "bus=''" },
	{ DEVICES(PCI("slot='0x20'")), "slot='0x20'" },
	{ DEVICES(PCI("slot='08'")), "slot='08'" },
	{ DEVICES(PCI("slot='0777777777777777777777777'")), "slot='0777" },
	{ DEVICES(PCI("function='8'")), "function='8'" },
	{ DEVICES(PCI("domain='0x100000000'")), "domain='0x100000000'" },
	{ DEVICES("<interface type='hostdev'><source><address bus='x'/></source>"
	          "</interface>"),
	  "bus='x'" },
	{ DEVICES("<disk type='nvme'><source><address bus='x'/></source></disk>"),
	  "bus='x'" },
	{ DEVICES("<hostdev type='usb'><source><address bus='1' device='x'/>"
	          "</source></hostdev>"),
	  "host address device='x'" },
	{ DEVICES("<hostdev type='usb'><source><address bus='1000' device='1'/>"
	          "</source></hostdev>"),
	  "bus='1000'" },
	{ DEVICES("<hostdev type='usb'><source><vendor id='0x10000'/></source>"
	          "</hostdev>"),
	  "id='0x10000'" },
	{ DEVICES("<hostdev type='scsi'><source><adapter name='fc_host1'/>"
	          "</source></hostdev>"),
	  "like 'scsi_host2'" },
	{ DEVICES("<hostdev type='scsi'><source><adapter name='scsi_host1'/>"
	          "<address bus='0' target='-1'/></source></hostdev>"),
	  "target='-1'" },
	{ DEVICES("<disk type='nvme'><source namespace='x'/></disk>"), "namespace='x'" },
	{ DEVICES("<disk type='nvme'><source managed='x'/></disk>"), "managed='x'" },
	{ DEVICES("<hostdev type='pci' managed='maybe'/>"), "managed='maybe'" },
	{ DEVICES("<hostdev type='pci' display='yes'/>"), "'off' or 'on'" },
	{ DEVICES("<hostdev type='pci' ramfb='1'/>"), "ramfb='1'" },
	{ DEVICES("<hostdev type='pci'><rom bar='no'/></hostdev>"), "bar='no'" },
	{ DEVICES("<hostdev type='mdev' model='vfio'/>"), "model 'vfio'" },
	{ DEVICES("<hostdev type='mdev'><source><address uuid='x'/></source>"
	          "</hostdev>"),
	  "'x' is not a UUID" },
	{ METADATA("\n<c:device claim='c' request='r'/>"), "vm.xml:3: <device>" },
	{ METADATA("<c:device alias='gpu' claim='c' request='r'/>"), "alias 'gpu'" },
	{ METADATA("<c:device alias='ua-a.b' claim='c' request='r'/>"), "ua-a.b" },
	{ METADATA("<c:device alias='ua-a' claim='c'/>"), "neither 'request'" },
	{ METADATA("<c:device alias='ua-a' request='r'/>"), "neither 'claim'" },
	{ METADATA("<c:device alias='ua-a' claim='c' request='r' kind='usb'/>"),
	  "kind 'usb' is not pci, network or nvme" },
	{ METADATA("<c:device alias='ua-a' claim='c' request='r' index='0'/>"),
	  "index '0'" },
	{ METADATA("<c:device alias='ua-a' claim='c' request='r' index='x'/>"),
	  "index 'x'" },
	{ METADATA("<c:device alias='ua-a' claim='c' request='r' made='1'/>"),
	  "made='1'" },
	{ METADATA("<c:device alias='ua-a' claim='c' request='r' keepAlias=''/>"),
	  "keepAlias=''" },
	{ METADATA("<c:device alias='ua-a' claim='c' request='r'/>\n"
	           "<c:device alias='ua-a' claim='c' request='s'/>"),
	  "vm.xml:3: alias 'ua-a' is in our metadata twice, first in line 2" },
	{ "<domain><metadata><x xmlns='urn:virt-claim:domain:1'/></metadata></domain>",
	  "expected <claims>" },
};

static void test_refused(void **state VC_UNUSED)
{
	for (size_t i = 0; i < VC_ARRAY_SIZE(refused); i++) {
		VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
		struct vc_domain domain = { .os_boot = true };
		struct vc_err err = VC_ERR_INIT;

		if (read_domain(&arena, refused[i].text, &domain, &err) != -VC_ERR_INPUT)
			fail_msg("'%s' was read", refused[i].text);
		if (!strstr(err.msg, refused[i].message))
			fail_msg("'%s': %s", refused[i].text, err.msg);
		assert_true(domain.os_boot);
		assert_int_equal(domain.hostdevs.n + domain.records.n, 0);
	}
}

static void test_limits(void **state VC_UNUSED)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	VC_AUTO_BUF struct vc_buf buf = VC_BUF_INIT((size_t)1 << 20);
	VC_AUTOFREE char *text = NULL;
	struct vc_domain domain = { 0 };
	struct vc_err err = VC_ERR_INIT;

	vc_buf_puts(&buf, "<domain><devices>");
	for (size_t i = 0; i < 4097; i++)
		vc_buf_puts(&buf, "<hostdev type='usb'/>");
	vc_buf_puts(&buf, "</devices></domain>");
	assert_int_equal(vc_buf_take(&buf, &text, NULL, &err), 0);
	assert_int_equal(read_domain(&arena, text, &domain, &err), -VC_ERR_INPUT);
	assert_non_null(strstr(err.msg, "more than 4096"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_number_bases),
		cmocka_unit_test(test_whole_hostdev),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_interface),
		cmocka_unit_test(test_not_host_devices),
		cmocka_unit_test(test_nothing_there),
		cmocka_unit_test(test_record),
		cmocka_unit_test(test_first_claims_element_counts),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests_name("domain", tests, NULL, NULL);
}
