/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_apply_kinds.c - elements of each kind: written, changed in place, and checked. */
#include <stdio.h>

#include "domain/check.h"
#include "domain_util.h"

static char vdpa0[] = "/dev/vhost-vdpa-0", wwpn[] = "naa.5001405b8e6d8b3c";
static char mac[] = "52:54:00:00:00:07", port[] = "4.2", vdb[] = "vdb";

static const struct vc_host_side usb = { VC_KIND_USB, .usb = { .bus = 1, .device = 5 } };
static const struct vc_host_side usb_port = { VC_KIND_USB,
	                                      .usb = { .bus = 1, .port = port } };
static const struct vc_host_side usb_ids = {
	VC_KIND_USB,
	.usb = { .bus = 1,
	         .device = 5,
	         .has_ids = true,
	         .vendor = 0x781,
	         .product = 0x5583 },
};
static const struct vc_host_side vf = {
	VC_KIND_NETWORK,
	.has_pci = true,
	.pci = { 0, 0x65, 0, 1 },
};
static const struct vc_host_side ssd = {
	VC_KIND_NVME,
	.has_pci = true,
	.pci = { 0x10000, 0x65, 0, 0 },
	.nvme_namespace = 2,
};
static const struct vc_host_side vdpa = { VC_KIND_VDPA, .vdpa = vdpa0 };
static const struct vc_host_side unit = { VC_KIND_SCSI, .scsi = { true, 2, 0, 1, 7 } };
static const struct vc_host_side vhost = { VC_KIND_SCSI_HOST, .wwpn = wwpn };

#define HOSTDEV(type, source)                                                  \
	"<hostdev mode=\"subsystem\" type=\"" type "\" managed=\"no\">" source \
	"<alias name=\"ua-x\"/></hostdev>"
#define INTERFACE(type, inside)                                                    \
	"<interface type=\"" type "\"><mac address=\"52:54:00:00:00:07\"/>" inside \
	"<alias name=\"ua-x\"/></interface>"
#define PCI_TYPED(bus)                                                                   \
	"<source><address type=\"pci\" domain=\"0x0000\" bus=\"" bus "\" slot=\"0x00\" " \
	"function=\"0x1\"/></source>"

/* What is written of a new device. */
static const struct {
	const struct vc_host_side *side;
	const char *text;
} new[] = {
	{ &usb, HOSTDEV("usb", "<source><address bus=\"1\" device=\"5\"/></source>") },
	{ &usb_port,
	  HOSTDEV("usb", "<source><address bus=\"1\" port=\"4.2\"/></source>") },
	{ &usb_ids,
	  HOSTDEV("usb", "<source><vendor id=\"0x0781\"/><product id=\"0x5583\"/>"
	                 "<address bus=\"1\" device=\"5\"/></source>") },
	{ &vf, "<interface type=\"hostdev\" managed=\"no\"><mac "
	       "address=\"52:54:00:00:00:07\"/>" PCI_TYPED("0x65") "<vlan><tag "
	                                                           "id=\"17\"/></"
	                                                           "vlan><alias "
	                                                           "name=\"ua-x\"/></"
	                                                           "interface>" },
	{ &ssd,
	  "<disk type=\"nvme\" device=\"disk\"><driver name=\"qemu\" type=\"raw\"/>"
	  "<source type=\"pci\" managed=\"no\" namespace=\"2\"><address "
	  "domain=\"0x10000\" bus=\"0x65\" slot=\"0x00\" function=\"0x0\"/></source>"
	  "<target dev=\"vdb\" bus=\"virtio\"/><alias name=\"ua-x\"/></disk>" },
	{ &vdpa, INTERFACE("vdpa", "<source dev=\"/dev/vhost-vdpa-0\"/>") },
	{ &unit,
	  HOSTDEV("scsi", "<source><adapter name=\"scsi_host2\"/><address bus=\"0\" "
	                  "target=\"1\" unit=\"7\"/></source>") },
	{ &vhost, HOSTDEV("scsi_host", "<source protocol=\"vhost\" "
	                               "wwpn=\"naa.5001405b8e6d8b3c\"/>") },
};

static struct vc_plan_device *rig_side(struct rig *rig, enum vc_plan_action action,
                                       const struct vc_host_side *side)
{
	struct vc_plan_device *d =
		rig_device(rig, action, "ua-x", action == VC_PLAN_ADD ? 0 : 1, NULL);

	rig->plan.metadata = false;
	d->recorded = false;
	d->host = *side;
	d->managed = VC_NO;
	if (side->kind == VC_KIND_NETWORK || side->kind == VC_KIND_VDPA)
		d->mac = mac;
	if (action == VC_PLAN_ADD && side->kind == VC_KIND_NETWORK)
		d->vlan = 17;
	if (action == VC_PLAN_ADD && side->kind == VC_KIND_NVME)
		d->target = vdb;
	return d;
}

static void test_new(void **state VC_UNUSED)
{
	for (size_t i = 0; i < VC_ARRAY_SIZE(new); i++) {
		struct rig rig = RIG_INIT;
		char *expected;

		rig_side(&rig, VC_PLAN_ADD, new[i].side);
		expected = vc_arena_printf(&rig.arena,
		                           "<domain><devices><a/>%s</devices></domain>\n",
		                           new[i].text);
		assert_non_null(expected);
		rig_expect(&rig, "<domain><devices><a/></devices></domain>\n", expected);
		rig_release(&rig);
	}
}

/* What is there and is not the host side stays. */
static void test_in_place(void **state VC_UNUSED)
{
	static const struct {
		const struct vc_host_side *side;
		const char *before, *after;
	} cases[] = {
		{ &usb,
		  "<hostdev type=\"usb\"><source startupPolicy=\"optional\" "
		  "guestReset=\"off\"><vendor id=\"1\"/><product id=\"2\"/></source>"
		  "<address type=\"usb\" bus=\"0\" port=\"2\"/></hostdev>",
		  "<hostdev type=\"usb\" mode=\"subsystem\" managed=\"no\"><source "
		  "startupPolicy=\"optional\" guestReset=\"off\"><address bus=\"1\" "
		  "device=\"5\"/></source><alias name=\"ua-x\"/><address type=\"usb\" "
		  "bus=\"0\" port=\"2\"/></hostdev>" },
		{ &usb_ids,
		  "<hostdev type=\"usb\"><source><address bus=\"3\" device=\"4\"/>"
		  "</source><boot order=\"2\"/></hostdev>",
		  "<hostdev type=\"usb\" mode=\"subsystem\" managed=\"no\"><source><vendor "
		  "id=\"0x0781\"/><product id=\"0x5583\"/><address bus=\"1\" device=\"5\"/>"
		  "</source><boot order=\"2\"/><alias name=\"ua-x\"/></hostdev>" },
		{ &vf,
		  "<interface type=\"hostdev\" managed=\"yes\" trustGuestRxFilters=\"yes\">"
		  "<source><address type=\"pci\" bus=\"0x01\"/></source><mac "
		  "address=\"52:54:00:00:00:01\" type=\"static\"/><vlan><tag id=\"5\"/>"
		  "</vlan><virtualport type=\"802.1Qbh\"/></interface>",
		  "<interface type=\"hostdev\" managed=\"no\" trustGuestRxFilters=\"yes\">"
		  "<source><address type=\"pci\" bus=\"0x65\" domain=\"0x0000\" "
		  "slot=\"0x00\" function=\"0x1\"/></source><mac "
		  "address=\"52:54:00:00:00:07\" type=\"static\"/><vlan><tag id=\"5\"/>"
		  "</vlan><virtualport type=\"802.1Qbh\"/><alias name=\"ua-x\"/>"
		  "</interface>" },
		{ &ssd,
		  "<disk type=\"nvme\" device=\"disk\" snapshot=\"no\"><driver "
		  "name=\"qemu\" type=\"qcow2\" cache=\"none\"/><source type=\"pci\" "
		  "managed=\"yes\" namespace=\"1\"><address bus=\"1\"/><encryption "
		  "format=\"luks\"/></source><target dev=\"sda\" bus=\"scsi\"/></disk>",
		  "<disk type=\"nvme\" device=\"disk\" snapshot=\"no\"><driver "
		  "name=\"qemu\" type=\"qcow2\" cache=\"none\"/><source type=\"pci\" "
		  "managed=\"no\" namespace=\"2\"><address bus=\"0x65\" "
		  "domain=\"0x10000\" slot=\"0x00\" function=\"0x0\"/><encryption "
		  "format=\"luks\"/></source><target dev=\"sda\" bus=\"scsi\"/><alias "
		  "name=\"ua-x\"/></disk>" },
		{ &vdpa,
		  "<interface type=\"vdpa\"><source dev=\"/dev/vhost-vdpa-9\"/><model "
		  "type=\"virtio\"/><driver queues=\"2\"/></interface>",
		  "<interface type=\"vdpa\"><source dev=\"/dev/vhost-vdpa-0\"/><model "
		  "type=\"virtio\"/><mac address=\"52:54:00:00:00:07\"/><driver "
		  "queues=\"2\"/><alias name=\"ua-x\"/></interface>" },
		{ &unit,
		  "<hostdev type=\"scsi\" sgio=\"filtered\" rawio=\"yes\"><source><adapter "
		  "name=\"scsi_host0\"/><address bus=\"0\" target=\"0\" unit=\"0\"/>"
		  "</source><readonly/><address type=\"drive\" unit=\"5\"/></hostdev>",
		  "<hostdev type=\"scsi\" sgio=\"filtered\" rawio=\"yes\" "
		  "mode=\"subsystem\" managed=\"no\"><source><adapter "
		  "name=\"scsi_host2\"/><address bus=\"0\" target=\"1\" unit=\"7\"/>"
		  "</source><readonly/><alias name=\"ua-x\"/><address type=\"drive\" "
		  "unit=\"5\"/></hostdev>" },
		{ &vhost,
		  "<hostdev type=\"scsi_host\" model=\"virtio-non-transitional\"><source "
		  "protocol=\"vhost\" wwpn=\"naa.1\"/></hostdev>",
		  "<hostdev type=\"scsi_host\" model=\"virtio-non-transitional\" "
		  "mode=\"subsystem\" managed=\"no\"><source protocol=\"vhost\" "
		  "wwpn=\"naa.5001405b8e6d8b3c\"/><alias name=\"ua-x\"/></hostdev>" },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		struct rig rig = RIG_INIT;
		char *before = vc_arena_printf(&rig.arena,
		                               "<domain><devices>%s</devices>"
		                               "</domain>\n",
		                               cases[i].before);
		char *after = vc_arena_printf(&rig.arena,
		                              "<domain><devices>%s</devices>"
		                              "</domain>\n",
		                              cases[i].after);

		rig_side(&rig, VC_PLAN_CHANGE, cases[i].side);
		rig_expect(&rig, before, after);
		rig_expect(&rig, after, after);
		rig_release(&rig);
	}
}

static void test_switches(void **state VC_UNUSED)
{
	static const char *const with =
		"<domain><devices><hostdev mode=\"subsystem\" type=\"scsi\" managed=\"no\">"
		"<source><adapter name=\"scsi_host2\"/><address bus=\"0\" target=\"1\" "
		"unit=\"7\"/></source><readonly/><shareable/><alias name=\"ua-x\"/>"
		"</hostdev></devices></domain>\n";
	static const char *const without =
		"<domain><devices><hostdev mode=\"subsystem\" type=\"scsi\" managed=\"no\">"
		"<source><adapter name=\"scsi_host2\"/><address bus=\"0\" target=\"1\" "
		"unit=\"7\"/></source><alias name=\"ua-x\"/></hostdev></devices></domain>\n";
	struct rig rig = RIG_INIT;
	struct vc_plan_device *d = rig_side(&rig, VC_PLAN_CHANGE, &unit);

	rig_expect(&rig, with, with);
	rig_expect(&rig, without, without);
	d->options.readonly = d->options.shareable = VC_YES;
	rig_expect(&rig, without, with);
	rig_expect(&rig, with, with);
	d->options.readonly = d->options.shareable = VC_NO;
	rig_expect(&rig, with, without);
	rig_release(&rig);
}

static void test_vlan_is_replaced(void **state VC_UNUSED)
{
	struct rig rig = RIG_INIT;

	rig_side(&rig, VC_PLAN_CHANGE, &vf)->vlan = 9;
	rig_expect(
		&rig,
		"<domain><devices><interface type=\"hostdev\">" PCI_TYPED(
			"0x65") "<vlan trunk=\"yes\"><tag id=\"1\"/><tag id=\"2\"/></vlan>"
				"</interface></devices></domain>\n",
		"<domain><devices><interface type=\"hostdev\" managed=\"no\"><mac "
		"address=\"52:54:00:00:00:07\"/>" PCI_TYPED(
			"0x65") "<vlan><tag "
				"id=\"9\"/></vlan><alias name=\"ua-x\"/></interface></devices>"
				"</domain>\n");
	rig_release(&rig);
}

/* Whether the check accepts @after for a plan of one new device of @side. */
static bool accepts(const struct vc_host_side *side, const char *after)
{
	static const char before[] = "<domain><devices/></domain>";
	struct vc_document *document = NULL;
	struct rig rig = RIG_INIT;
	struct vc_check_input input = { .plan = &rig.plan };
	char *text;
	int r;

	rig_side(&rig, VC_PLAN_ADD, side);
	text = vc_arena_printf(&rig.arena, "<domain><devices>%s</devices></domain>",
	                       after);
	assert_int_equal(vc_document_parse(before, strlen(before), "d.xml", &rig.document,
	                                   &rig.err),
	                 0);
	if (vc_document_parse(text, strlen(text), "after", &document, &rig.err) < 0)
		fail_msg("%s: %s", text, rig.err.msg);
	input.before = rig.document;
	input.after = document->xml;
	r = vc_check_result(&rig.arena, &input, &rig.err);
	vc_document_free(document);
	rig_release(&rig);
	return r == 0;
}

/* Every attribute and every element of what is written counts: @text with one of its
 * values spoiled, or with one of its elements missing, is not accepted. */
static void spoil(const struct vc_host_side *side, const char *text)
{
	char copy[1024];

	assert_true(strlen(text) + 2 < sizeof(copy));
	assert_true(accepts(side, text));
	for (size_t i = 0; text[i] != '\0'; i++) {
		if (text[i] != '"' || text[i - 1] != '=')
			continue;
		/* one character more at the beginning of a value */
		(void)snprintf(copy, sizeof(copy), "%.*sz%s", (int)i + 1, text,
		               text + i + 1);
		if (accepts(side, copy))
			fail_msg("accepted: %s", copy);
	}
	for (size_t i = 1; text[i] != '\0'; i++) {
		size_t len = strcspn(text + i, ">") + 1;

		if (text[i] != '<' || text[i + 1] == '/' || text[i + len - 2] != '/')
			continue;
		(void)snprintf(copy, sizeof(copy), "%.*s%s", (int)i, text,
		               text + i + len);
		if (accepts(side, copy))
			fail_msg("accepted: %s", copy);
		(void)snprintf(copy, sizeof(copy), "%.*s%.*s%s", (int)i, text, (int)len,
		               text + i, text + i);
		if (accepts(side, copy))
			fail_msg("accepted: %s", copy);
		(void)snprintf(copy, sizeof(copy), "%.*s<zz/>%s", (int)i, text, text + i);
		if (accepts(side, copy))
			fail_msg("accepted: %s", copy);
	}
}

static void test_every_clause(void **state VC_UNUSED)
{
	for (size_t i = 0; i < VC_ARRAY_SIZE(new); i++)
		spoil(new[i].side, new[i].text);
}

/* The element of one kind is not the element of another. */
static void test_kinds_are_not_mixed_up(void **state VC_UNUSED)
{
	for (size_t i = 0; i < VC_ARRAY_SIZE(new); i++)
		for (size_t j = 0; j < VC_ARRAY_SIZE(new); j++)
			if (accepts(new[i].side, new[j].text) != (i == j))
				fail_msg("%s for %s", new[j].text, new[i].text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_new),
		cmocka_unit_test(test_in_place),
		cmocka_unit_test(test_switches),
		cmocka_unit_test(test_vlan_is_replaced),
		cmocka_unit_test(test_every_clause),
		cmocka_unit_test(test_kinds_are_not_mixed_up),
	};

	return cmocka_run_group_tests_name("apply_kinds", tests, NULL, NULL);
}
