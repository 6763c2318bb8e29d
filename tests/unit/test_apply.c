/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>

#include "domain_util.h"

static void test_add_to_empty_devices(void **state VC_UNUSED)
{
	struct rig rig = RIG_INIT;

	rig_device(&rig, VC_PLAN_ADD, "ua-gpu", 0, "0000:65:00.0");
	rig_expect(&rig,
	           "<domain type='kvm'>\n"
	           "  <name>a</name>\n"
	           "  <devices/>\n"
	           "</domain>\n",
	           "<domain type=\"kvm\">\n"
	           "  <name>a</name>\n"
	           "  <metadata>\n"
	           "    <vc:claims xmlns:vc=\"urn:virt-claim:domain:1\">\n"
	           "      <vc:device alias=\"ua-gpu\" claim=\"c\" request=\"r\" "
	           "index=\"1\" made=\"yes\"/>\n"
	           "    </vc:claims>\n"
	           "  </metadata>\n"
	           "  <devices>\n"
	           "    <hostdev mode=\"subsystem\" type=\"pci\" managed=\"no\">\n"
	           "      <driver name=\"vfio\"/>\n"
	           "      <source>\n"
	           "        <address domain=\"0x0000\" bus=\"0x65\" slot=\"0x00\" "
	           "function=\"0x0\"/>\n"
	           "      </source>\n"
	           "      <alias name=\"ua-gpu\"/>\n"
	           "    </hostdev>\n"
	           "  </devices>\n"
	           "</domain>\n");
	rig_release(&rig);
}

static void test_add_without_devices(void **state VC_UNUSED)
{
	struct rig rig = RIG_INIT;

	rig.plan.metadata = false;
	rig_device(&rig, VC_PLAN_ADD, "ua-gpu", 0, "10000:65:1f.7");
	rig_expect(&rig, "<domain>\n\t<name>a</name>\n</domain>\n",
	           "<domain>\n"
	           "\t<name>a</name>\n"
	           "\t<devices>\n"
	           "\t\t<hostdev mode=\"subsystem\" type=\"pci\" managed=\"no\">\n"
	           "\t\t\t<driver name=\"vfio\"/>\n"
	           "\t\t\t<source>\n"
	           "\t\t\t\t<address domain=\"0x10000\" bus=\"0x65\" slot=\"0x1f\" "
	           "function=\"0x7\"/>\n"
	           "\t\t\t</source>\n"
	           "\t\t\t<alias name=\"ua-gpu\"/>\n"
	           "\t\t</hostdev>\n"
	           "\t</devices>\n"
	           "</domain>\n");
	rig_expect(&rig, "<domain/>\n",
	           "<domain><devices>"
	           "<hostdev mode=\"subsystem\" type=\"pci\" managed=\"no\">"
	           "<driver name=\"vfio\"/><source><address domain=\"0x10000\" "
	           "bus=\"0x65\" slot=\"0x1f\" function=\"0x7\"/></source>"
	           "<alias name=\"ua-gpu\"/></hostdev></devices></domain>\n");
	rig_release(&rig);
}

/* As KubeVirt writes one: no mode, no driver. */
static void test_add_second(void **state VC_UNUSED)
{
	struct rig rig = RIG_INIT;

	rig.plan.metadata = false;
	rig_device(&rig, VC_PLAN_KEEP, "ua-dra-gpu-g", 2, NULL);
	rig_device(&rig, VC_PLAN_ADD, "ua-b", 0, "0000:01:00.0")->managed = VC_YES;
	rig_device(&rig, VC_PLAN_ADD, "ua-c", 0, "0000:01:00.1");
	rig_expect(&rig,
	           "<domain>\n"
	           "  <devices>\n"
	           "    <hostdev type=\"pci\" managed=\"no\">\n"
	           "      <source><address domain='0' bus='65' slot='0' function='0'/>"
	           "</source>\n"
	           "      <alias name=\"ua-dra-gpu-g\"/>\n"
	           "    </hostdev>\n"
	           "    <panic model=\"isa\"/>\n"
	           "  </devices>\n"
	           "</domain>\n",
	           "<domain>\n"
	           "  <devices>\n"
	           "    <hostdev type=\"pci\" managed=\"no\">\n"
	           "      <source><address domain=\"0\" bus=\"65\" slot=\"0\" "
	           "function=\"0\"/></source>\n"
	           "      <alias name=\"ua-dra-gpu-g\"/>\n"
	           "    </hostdev>\n"
	           "    <hostdev mode=\"subsystem\" type=\"pci\" managed=\"yes\">\n"
	           "      <driver name=\"vfio\"/>\n"
	           "      <source>\n"
	           "        <address domain=\"0x0000\" bus=\"0x01\" slot=\"0x00\" "
	           "function=\"0x0\"/>\n"
	           "      </source>\n"
	           "      <alias name=\"ua-b\"/>\n"
	           "    </hostdev>\n"
	           "    <hostdev mode=\"subsystem\" type=\"pci\" managed=\"no\">\n"
	           "      <driver name=\"vfio\"/>\n"
	           "      <source>\n"
	           "        <address domain=\"0x0000\" bus=\"0x01\" slot=\"0x00\" "
	           "function=\"0x1\"/>\n"
	           "      </source>\n"
	           "      <alias name=\"ua-c\"/>\n"
	           "    </hostdev>\n"
	           "    <panic model=\"isa\"/>\n"
	           "  </devices>\n"
	           "</domain>\n");
	rig_release(&rig);
}

static void test_add_with_options(void **state VC_UNUSED)
{
	struct rig rig = RIG_INIT;
	struct vc_plan_device *device =
		rig_mdev(&rig, VC_PLAN_ADD, "ua-v", 0,
	                 "c2177883-f1bb-47f0-914d-32a22e3a8804", VC_MDEV_VFIO_PCI);

	rig.plan.metadata = false;
	device->options.display = VC_YES;
	device->options.ramfb = VC_YES;
	device = rig_device(&rig, VC_PLAN_ADD, "ua-n", 0, "0000:02:00.0");
	device->options = (struct vc_options){
		.address = { .set = true, .bus = 6, .slot = 31, .multifunction = VC_YES },
		.boot_order = 12,
		.rom_bar = VC_NO,
		.rom_file = rig_text(&rig, "/a&\"<b"),
	};
	rig_expect(&rig, "<domain><devices><a/></devices></domain>\n",
	           "<domain><devices><a/>"
	           "<hostdev mode=\"subsystem\" type=\"mdev\" managed=\"no\" "
	           "model=\"vfio-pci\" display=\"on\" ramfb=\"on\"><source>"
	           "<address uuid=\"c2177883-f1bb-47f0-914d-32a22e3a8804\"/></source>"
	           "<alias name=\"ua-v\"/></hostdev>"
	           "<hostdev mode=\"subsystem\" type=\"pci\" managed=\"no\">"
	           "<driver name=\"vfio\"/><source><address domain=\"0x0000\" "
	           "bus=\"0x02\" slot=\"0x00\" function=\"0x0\"/></source>"
	           "<boot order=\"12\"/><alias name=\"ua-n\"/>"
	           "<rom bar=\"off\" file=\"/a&amp;&quot;&lt;b\"/>"
	           "<address type=\"pci\" domain=\"0x0000\" bus=\"0x06\" slot=\"0x1f\" "
	           "function=\"0x0\" multifunction=\"on\"/></hostdev>"
	           "</devices></domain>\n");
	rig_release(&rig);
}

/* vfio-ap and vfio-ccw have neither guest PCI address nor boot order of their own. */
static void test_add_s390(void **state VC_UNUSED)
{
	static const struct {
		enum vc_mdev_model model;
		const char *name;
	} models[] = {
		{ VC_MDEV_VFIO_AP, "vfio-ap" },
		{ VC_MDEV_VFIO_CCW, "vfio-ccw" },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(models); i++) {
		struct rig rig = RIG_INIT;
		char expected[512];

		rig.plan.metadata = false;
		rig_mdev(&rig, VC_PLAN_ADD, "ua-x", 0,
		         "c2177883-f1bb-47f0-914d-32a22e3a8804", models[i].model);
		(void)snprintf(expected, sizeof(expected),
		               "<domain><devices>"
		               "<hostdev mode=\"subsystem\" type=\"mdev\" managed=\"no\" "
		               "model=\"%s\"><source><address "
		               "uuid=\"c2177883-f1bb-47f0-914d-32a22e3a8804\"/></source>"
		               "<alias name=\"ua-x\"/></hostdev></devices></domain>\n",
		               models[i].name);
		rig_expect(&rig, "<domain><devices/></domain>\n", expected);
		rig_release(&rig);
	}
}

/* Everything that a hostdev may have, with its host side in @1. */
#define FULL(attributes, host)                                                      \
	"<domain>\n"                                                                \
	"  <devices>\n"                                                             \
	"    <hostdev " attributes ">\n"                                            \
	"      <!-- the left card -->\n"                                            \
	"      <driver name=\"vfio\" iommufd=\"yes\"/>\n"                           \
	"      <source writeFiltering=\"no\">\n"                                    \
	"        <!-- inner -->\n"                                                  \
	"        " host "\n"                                                        \
	"      </source>\n"                                                         \
	"      <teaming type=\"transient\" persistent=\"ua-net\"/>\n"               \
	"      <boot order=\"2\"/>\n"                                               \
	"      <alias name=\"ua-gpu\"/>\n"                                          \
	"      <rom bar=\"on\" file=\"/rom\"/>\n"                                   \
	"      <acpi index=\"3\"/>\n"                                               \
	"      <address type=\"pci\" domain=\"0x0000\" bus=\"0x05\" slot=\"0x00\" " \
	"function=\"0x0\" multifunction=\"on\">\n"                                  \
	"        <zpci uid=\"0x1\"/>\n"                                             \
	"      </address>\n"                                                        \
	"      <unknown xmlns:x=\"urn:x\"><x:y/></unknown>\n"                       \
	"    </hostdev>\n"                                                          \
	"  </devices>\n"                                                            \
	"</domain>\n"

static void test_change_in_place(void **state VC_UNUSED)
{
	struct rig rig = RIG_INIT;

	rig.plan.metadata = false;
	rig_device(&rig, VC_PLAN_CHANGE, "ua-gpu", 2, "0000:c1:00.0");
	rig_expect(&rig,
	           FULL("mode=\"subsystem\" type=\"pci\" managed=\"yes\"",
	                "<address domain=\"0x0000\" bus=\"0x41\" slot=\"0x00\" "
	                "function=\"0x0\"/>"),
	           FULL("mode=\"subsystem\" type=\"pci\" managed=\"yes\"",
	                "<address domain=\"0x0000\" bus=\"0xc1\" slot=\"0x00\" "
	                "function=\"0x0\"/>"));
	rig.plan.devices.v[0].managed = VC_NO;
	rig_expect(&rig, FULL("type=\"pci\" managed=\"yes\"", "<address bus=\"65\"/>"),
	           FULL("type=\"pci\" managed=\"no\" mode=\"subsystem\"",
	                "<address bus=\"0xc1\" domain=\"0x0000\" slot=\"0x00\" "
	                "function=\"0x0\"/>"));
	rig_release(&rig);
}

static void test_change_options(void **state VC_UNUSED)
{
	struct rig rig = RIG_INIT;
	struct vc_plan_device *device =
		rig_device(&rig, VC_PLAN_CHANGE, "ua-gpu", 1, "0000:c1:00.0");

	rig.plan.metadata = false;
	device->options = (struct vc_options){
		.address = { .set = true, .bus = 9, .multifunction = VC_NO },
		.boot_order = 7,
		.rom_bar = VC_NO,
	};
	rig_expect(&rig,
	           "<domain><devices><hostdev mode=\"subsystem\" type=\"pci\">"
	           "<source><address bus=\"0x01\"/></source><alias name=\"ua-gpu\"/>"
	           "<boot order=\"1\" loadparm=\"X\"/><rom file=\"/r\"/>"
	           "<address type=\"unassigned\"/></hostdev></devices></domain>\n",
	           "<domain><devices><hostdev mode=\"subsystem\" type=\"pci\">"
	           "<driver name=\"vfio\"/><source><address bus=\"0xc1\" "
	           "domain=\"0x0000\" slot=\"0x00\" function=\"0x0\"/></source>"
	           "<alias name=\"ua-gpu\"/><boot order=\"7\" loadparm=\"X\"/>"
	           "<rom file=\"/r\" bar=\"off\"/>"
	           "<address type=\"pci\" domain=\"0x0000\" bus=\"0x09\" slot=\"0x00\" "
	           "function=\"0x0\" multifunction=\"off\"/></hostdev></devices>"
	           "</domain>\n");
	rig_release(&rig);
}

/* libvirt's grammar takes children in any order, but a <driver> only beside <source>. */
static void test_driver_beside_source(void **state VC_UNUSED)
{
	struct rig rig = RIG_INIT;

	rig.plan.metadata = false;
	rig_device(&rig, VC_PLAN_CHANGE, "ua-a", 1, "0000:01:00.0");
	rig_expect(&rig,
	           "<domain><devices><hostdev mode=\"subsystem\" type=\"pci\" "
	           "managed=\"no\"><rom bar=\"on\"/><alias name=\"ua-a\"/><source>"
	           "<address domain=\"0x0000\" bus=\"0x01\" slot=\"0x00\" "
	           "function=\"0x0\"/></source></hostdev></devices></domain>\n",
	           "<domain><devices><hostdev mode=\"subsystem\" type=\"pci\" "
	           "managed=\"no\"><rom bar=\"on\"/><alias name=\"ua-a\"/>"
	           "<driver name=\"vfio\"/><source>"
	           "<address domain=\"0x0000\" bus=\"0x01\" slot=\"0x00\" "
	           "function=\"0x0\"/></source></hostdev></devices></domain>\n");
	rig_release(&rig);
}

static void test_change_kind(void **state VC_UNUSED)
{
	struct rig rig = RIG_INIT;
	const char *pci = "<domain><devices><hostdev mode=\"subsystem\" type=\"pci\" "
			  "managed=\"no\" display=\"on\"><driver name=\"vfio\"/><source "
			  "writeFiltering=\"no\"><address bus=\"0x01\"/></source>"
			  "<teaming type=\"transient\"/><boot order=\"1\"/>"
			  "<alias name=\"ua-gpu\"/><rom bar=\"off\"/>"
			  "<address type=\"pci\" bus=\"0x05\"/></hostdev></devices>"
			  "</domain>\n";
	const char *mdev = "<domain><devices><hostdev mode=\"subsystem\" type=\"mdev\" "
			   "managed=\"no\" model=\"vfio-pci\"><source><address "
			   "uuid=\"c2177883-f1bb-47f0-914d-32a22e3a8804\"/></source>"
			   "<alias name=\"ua-gpu\"/><rom bar=\"off\"/>"
			   "<address type=\"pci\" bus=\"0x05\"/></hostdev></devices>"
			   "</domain>\n";
	const char *back = "<domain><devices><hostdev mode=\"subsystem\" type=\"pci\" "
			   "managed=\"no\"><driver name=\"vfio\"/><source><address "
			   "domain=\"0x0000\" bus=\"0x01\" slot=\"0x00\" "
			   "function=\"0x0\"/></source><alias name=\"ua-gpu\"/>"
			   "<rom bar=\"off\"/><address type=\"pci\" bus=\"0x05\"/>"
			   "</hostdev></devices></domain>\n";
	const char *ap = "<domain><devices><hostdev mode=\"subsystem\" type=\"mdev\" "
			 "managed=\"no\" model=\"vfio-ap\"><source><address "
			 "uuid=\"c2177883-f1bb-47f0-914d-32a22e3a8804\"/></source>"
			 "<alias name=\"ua-gpu\"/></hostdev></devices></domain>\n";

	rig.plan.metadata = false;
	rig_mdev(&rig, VC_PLAN_CHANGE, "ua-gpu", 1,
	         "c2177883-f1bb-47f0-914d-32a22e3a8804", VC_MDEV_VFIO_PCI);
	rig_expect(&rig, pci, mdev);
	rig.plan.devices.v[0].host.mdev_model = VC_MDEV_VFIO_AP;
	rig_expect(&rig, pci, ap);
	rig.plan.devices.n = 0;
	rig_device(&rig, VC_PLAN_CHANGE, "ua-gpu", 1, "0000:01:00.0");
	rig_expect(&rig, mdev, back);
	rig_release(&rig);
}

static void test_change_interface(void **state VC_UNUSED)
{
	struct rig rig = RIG_INIT;

	rig.plan.metadata = false;
	rig_device(&rig, VC_PLAN_CHANGE, "ua-n", 1, "0000:c1:00.0");
	rig.plan.devices.v[0].host.kind = VC_KIND_NETWORK;
	rig.plan.devices.v[0].managed = VC_YES;
	rig_expect(&rig,
	           "<domain><devices><interface type=\"hostdev\"><mac address=\"m\"/>"
	           "<source><address type=\"pci\" bus=\"0x01\"/></source>"
	           "<alias name=\"ua-n\"/></interface></devices></domain>\n",
	           "<domain><devices><interface type=\"hostdev\" managed=\"yes\">"
	           "<mac address=\"m\"/><source><address type=\"pci\" bus=\"0xc1\" "
	           "domain=\"0x0000\" slot=\"0x00\" function=\"0x0\"/></source>"
	           "<alias name=\"ua-n\"/></interface></devices></domain>\n");
	rig_release(&rig);
}

static void test_remove(void **state VC_UNUSED)
{
	struct rig rig = RIG_INIT;

	rig.plan.metadata = false;
	rig_device(&rig, VC_PLAN_REMOVE, "ua-a", 4, NULL);
	rig_device(&rig, VC_PLAN_REMOVE, "ua-c", 6, NULL);
	rig_device(&rig, VC_PLAN_ADD, "ua-n", 0, "0000:01:00.0");
	rig_expect(&rig,
	           "<domain>\n"
	           "  <devices>\n"
	           "    <disk/>\n"
	           "    <hostdev><alias name=\"ua-a\"/></hostdev>\n"
	           "    <hostdev><alias name=\"ua-c\"/></hostdev>\n"
	           "    <!-- end -->\n"
	           "  </devices>\n"
	           "</domain>\n",
	           "<domain>\n"
	           "  <devices>\n"
	           "    <disk/>\n"
	           "    <hostdev mode=\"subsystem\" type=\"pci\" managed=\"no\">\n"
	           "      <driver name=\"vfio\"/>\n"
	           "      <source>\n"
	           "        <address domain=\"0x0000\" bus=\"0x01\" slot=\"0x00\" "
	           "function=\"0x0\"/>\n"
	           "      </source>\n"
	           "      <alias name=\"ua-n\"/>\n"
	           "    </hostdev>\n"
	           "    <!-- end -->\n"
	           "  </devices>\n"
	           "</domain>\n");
	rig_release(&rig);
}

/* Neither changes what the element is, apart from its alias. */
static void test_adopt_and_unbind(void **state VC_UNUSED)
{
	struct rig rig = RIG_INIT;
	const char *without = "<domain>\n"
			      "  <devices>\n"
			      "    <hostdev type=\"pci\" managed=\"yes\">\n"
			      "      <source>\n"
			      "        <address bus=\"1\"/>\n"
			      "      </source>\n"
			      "    </hostdev>\n"
			      "    <disk type=\"nvme\"><source/></disk>\n"
			      "  </devices>\n"
			      "</domain>\n";
	const char *with =
		"<domain>\n"
		"  <devices>\n"
		"    <hostdev type=\"pci\" managed=\"yes\">\n"
		"      <source>\n"
		"        <address bus=\"1\"/>\n"
		"      </source>\n"
		"      <alias name=\"ua-a\"/>\n"
		"    </hostdev>\n"
		"    <disk type=\"nvme\"><source/><alias name=\"ua-b\"/></disk>\n"
		"  </devices>\n"
		"</domain>\n";

	rig.plan.metadata = false;
	rig_device(&rig, VC_PLAN_ADOPT, "ua-a", 2, "0000:01:00.0");
	rig_device(&rig, VC_PLAN_ADOPT, "ua-b", 4, NULL);
	rig_expect(&rig, without, with);
	rig.plan.devices.v[0].action = VC_PLAN_UNBIND;
	rig.plan.devices.v[1].action = VC_PLAN_UNBIND;
	rig_expect(&rig, with, without);
	rig.plan.devices.v[0].keep_alias = true;
	rig.plan.devices.v[1].keep_alias = true;
	rig_expect(&rig, with, with);
	rig_release(&rig);
}

static void test_metadata(void **state VC_UNUSED)
{
	struct rig rig = RIG_INIT;
	struct vc_plan_device *device = NULL;
	const char *none = "<domain>\n"
			   "  <name>a</name>\n"
			   "  <title>b</title>\n"
			   "  <metadata>\n"
			   "    <o:x xmlns:o=\"urn:o\"><y/></o:x>\n"
			   "  </metadata>\n"
			   "  <os/>\n"
			   "</domain>\n";
	const char *one = "<domain>\n"
			  "  <name>a</name>\n"
			  "  <title>b</title>\n"
			  "  <metadata>\n"
			  "    <o:x xmlns:o=\"urn:o\"><y/></o:x>\n"
			  "    <vc:claims xmlns:vc=\"urn:virt-claim:domain:1\">\n"
			  "      <vc:device alias=\"ua-a\" namespace=\"n\" claim=\"c\" "
			  "podClaim=\"p\" uid=\"u\" request=\"r\" subrequest=\"s\" "
			  "index=\"1\" driver=\"d\" pool=\"l\" device=\"v\" "
			  "identity=\"i\" made=\"yes\" keepAlias=\"yes\"/>\n"
			  "    </vc:claims>\n"
			  "  </metadata>\n"
			  "  <os/>\n"
			  "</domain>\n";

	device = rig_device(&rig, VC_PLAN_KEEP, "ua-a", 0, NULL);
	device->namespace = rig_text(&rig, "n");
	device->pod_claim = rig_text(&rig, "p");
	device->uid = rig_text(&rig, "u");
	device->subrequest = rig_text(&rig, "s");
	device->driver = rig_text(&rig, "d");
	device->pool = rig_text(&rig, "l");
	device->device_name = rig_text(&rig, "v");
	device->identity = rig_text(&rig, "i");
	device->made = true;
	device->keep_alias = true;
	rig_expect(&rig, none, one);
	rig_expect(&rig, one, one);
	rig.plan.metadata = false;
	rig_expect(&rig, none, none);
	rig.plan.metadata = true;
	device->recorded = false;
	rig_expect(&rig, one, none);
	rig_expect(&rig, none, none);
	rig_release(&rig);
}

/* Another prefix, another order, other white space: all the same to us. */
static void test_metadata_spellings(void **state VC_UNUSED)
{
	static const char *const same[] = {
		"<domain><metadata><claims xmlns='urn:virt-claim:domain:1'><device "
		"request='r' alias='ua-a' index='1' claim='c'/><device alias='ua-b' "
		"claim='c' request='r' index='1'/></claims></metadata></domain>",
		"<domain><metadata>\n\n<q:claims xmlns:q='urn:virt-claim:domain:1'>"
		"<!-- c --><q:device alias='ua-b' claim='c' request='r' index='1'/>\n"
		"<q:device alias='ua-a' claim='c' request='r' index='1'/>"
		"</q:claims></metadata></domain>",
	};
	struct rig rig = RIG_INIT;

	rig_device(&rig, VC_PLAN_KEEP, "ua-a", 0, NULL);
	rig_device(&rig, VC_PLAN_KEEP, "ua-b", 0, NULL);
	for (size_t i = 0; i < VC_ARRAY_SIZE(same); i++)
		rig_expect(&rig, same[i], same[i]);
	rig.plan.devices.n = 1;
	rig_expect(&rig, same[0],
	           "<domain><metadata><claims xmlns=\"urn:virt-claim:domain:1\"><device "
	           "alias=\"ua-a\" claim=\"c\" request=\"r\" index=\"1\"/></claims>"
	           "</metadata></domain>\n");
	rig_release(&rig);
}

static void test_metadata_places(void **state VC_UNUSED)
{
#define OURS                                                                    \
	"<metadata><vc:claims xmlns:vc=\"urn:virt-claim:domain:1\"><vc:device " \
	"alias=\"ua-a\" claim=\"c\" request=\"r\" index=\"1\"/></vc:claims></metadata>"
	static const char *const cases[][2] = {
		{ "<domain/>", "<domain>" OURS "</domain>\n" },
		{ "<domain><os/></domain>", "<domain>" OURS "<os/></domain>\n" },
		{ "<domain><name>n</name><uuid>u</uuid><os/></domain>",
		  "<domain><name>n</name><uuid>u</uuid>" OURS "<os/></domain>\n" },
		{ "<domain><os/><name>n</name></domain>",
		  "<domain><os/><name>n</name>" OURS "</domain>\n" },
		{ "<domain><metadata/><os/></domain>",
		  "<domain>" OURS "<os/></domain>\n" },
		/* a second one of ours would be dropped by libvirt */
		{ "<domain><metadata><c:claims xmlns:c=\"urn:virt-claim:domain:1\"/>"
		  "<c:claims xmlns:c=\"urn:virt-claim:domain:1\"/></metadata></domain>",
		  "<domain><metadata><c:claims xmlns:c=\"urn:virt-claim:domain:1\">"
		  "<c:device alias=\"ua-a\" claim=\"c\" request=\"r\" index=\"1\"/>"
		  "</c:claims></metadata></domain>\n" },
	};
#undef OURS
	struct rig rig = RIG_INIT;

	rig_device(&rig, VC_PLAN_KEEP, "ua-a", 0, NULL);
	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++)
		rig_expect(&rig, cases[i][0], cases[i][1]);
	rig_release(&rig);
}

/* What is not ours is the same under Canonical XML, whatever it looks like. */
static void test_foreign_survives(void **state VC_UNUSED)
{
#define HEAD                                                                                        \
	"<!-- before --><?pi before?>\n"                                                            \
	"<domain type='kvm' id='1' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'"         \
	" xmlns:un='urn:unused'>\n"                                                                 \
	"  <name>n\xc3\xb6rd &amp; &lt;s&#xfc;d&gt;</name>\n"                                       \
	"  <?inner pi?><!-- inner -->\n"                                                            \
	"  <description a='1&#10;2&#9;3 &quot;&apos;'>a <![CDATA[<b> & ]]> c\n\n  </description>\n" \
	"  <metadata>\n    <o:o xmlns:o='urn:o'> <o:p o:a='1' b='2'><![CDATA[]]></o:p>"             \
	"<q xmlns='urn:q'><r xmlns=''/></q></o:o>\n  </metadata>\n"                                 \
	"  <devices>\n"                                                                             \
	"    <disk><!-- d --><source file='/x'/>  <target/> </disk>\n"                              \
	"    <disk>text <b/> </disk>\n"                                                             \
	"    <x:y xmlns:x='urn:x' x:z='1'/>\n"
#define TAIL                                                                        \
	"  </devices>\n"                                                            \
	"  <qemu:commandline>\n    <qemu:arg value='-s'/>\n  </qemu:commandline>\n" \
	"  <devices><hostdev/></devices><metadata/>\n"                              \
	"</domain>\n<!-- after --><?pi after?>"
#define NEW                                                                        \
	"<hostdev mode='subsystem' type='pci' managed='no'><driver name='vfio'/>"  \
	"<source><address domain='0x0000' bus='0x65' slot='0x00' function='0x0'/>" \
	"</source><alias name='ua-a'/></hostdev>"
	struct rig rig = RIG_INIT;
	char *expected = canonical(HEAD NEW TAIL);
	char *actual = NULL;

	rig.plan.metadata = false;
	rig_device(&rig, VC_PLAN_ADD, "ua-a", 0, "0000:65:00.0");
	assert_int_equal(rig_apply(&rig, HEAD TAIL, NULL), 0);
	actual = canonical(rig.result.text);
	assert_string_equal(actual, expected);
	free(actual);
	free(expected);
#undef HEAD
#undef TAIL
#undef NEW
	rig_release(&rig);
}

/* Nothing to do: the input's own bytes, whatever they are. */
static void test_nothing_to_do(void **state VC_UNUSED)
{
	static const char *const texts[] = {
		"<domain/>",
		"\n\n<domain   type = 'kvm'  ><devices></devices></domain  >\n\n",
		"\xef\xbb\xbf<domain/>",
		"<?xml version='1.0' encoding='ISO-8859-1'?><domain>\xe9</domain>",
		"<domain>\r\n<devices>\r\n</devices>\r\n</domain>\r\n",
	};
	struct rig rig = RIG_INIT;

	for (size_t i = 0; i < VC_ARRAY_SIZE(texts); i++) {
		rig_expect(&rig, texts[i], texts[i]);
		rig.plan.metadata = false;
		rig_expect(&rig, texts[i], texts[i]);
		rig.plan.metadata = true;
	}
	rig_release(&rig);
}

/* A change that changes nothing runs the stylesheets and still gives the bytes back. */
static void test_change_without_effect(void **state VC_UNUSED)
{
	const char *xml =
		"<domain>\r\n <devices>\t<hostdev managed='no' type='pci'\r\n"
		"   mode='subsystem'><alias name='ua-a'></alias>\n\n"
		"<driver name='vfio'/><source><address function='0x0' slot='0x00' "
		"bus='0x65' domain='0x0000'/></source></hostdev></devices>"
		"</domain>";
	struct rig rig = RIG_INIT;

	rig.plan.metadata = false;
	rig_device(&rig, VC_PLAN_CHANGE, "ua-a", 2, "0000:65:00.0");
	rig_expect(&rig, xml, xml);
	rig_release(&rig);
}

/* The result again, as the plan for it would be: byte for byte. */
static void test_idempotent(void **state VC_UNUSED)
{
	struct rig rig = RIG_INIT;
	char *first = NULL;

	rig_device(&rig, VC_PLAN_ADD, "ua-a", 0, "0000:65:00.0");
	assert_int_equal(rig_apply(&rig, "<domain>\r\n  <os/>\r\n</domain>", NULL), 0);
	first = strdup(rig.result.text);
	assert_non_null(first);
	assert_null(strchr(first, '\r'));
	rig.plan.devices.v[0].action = VC_PLAN_KEEP;
	rig.plan.devices.v[0].at = 2;
	rig_expect(&rig, first, first);
	rig.plan.devices.v[0].action = VC_PLAN_CHANGE;
	rig_expect(&rig, first, first);
	free(first);
	rig_release(&rig);
}

static void test_declaration(void **state VC_UNUSED)
{
	static const char *const cases[][2] = {
		{ "<?xml version='1.0'?><domain><name>\xc3\xa9</name><devices/></domain>",
		  "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<domain><name>\xc3\xa9</name>" },
		{ "\xef\xbb\xbf<?xml version='1.0' standalone='yes'?><domain><devices/>"
		  "</domain>",
		  "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<domain>" },
		{ "<?xml version='1.0' encoding='ISO-8859-1'?><domain><name>\xe9</name>"
		  "<devices/></domain>",
		  "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<domain><name>\xc3\xa9</name>" },
		{ "<domain><name>\xc3\xa9</name><devices/></domain>",
		  "<domain><name>\xc3\xa9</name>" },
	};
	struct rig rig = RIG_INIT;

	rig.plan.metadata = false;
	rig_device(&rig, VC_PLAN_ADD, "ua-a", 0, "0000:65:00.0");
	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		assert_int_equal(rig_apply(&rig, cases[i][0], NULL), 0);
		assert_memory_equal(rig.result.text, cases[i][1], strlen(cases[i][1]));
	}
	rig_release(&rig);
}

static void refused(struct rig *rig, const char *xml, enum vc_err_kind kind,
                    const char *message)
{
	rig->err = (struct vc_err)VC_ERR_INIT;
	assert_int_equal(rig_apply(rig, xml, NULL), -(int)kind);
	assert_non_null(strstr(rig->err.msg, message));
	assert_null(rig->result.text);
}

static void test_refused_elements(void **state VC_UNUSED)
{
	static const struct {
		const char *xml, *message;
		enum vc_err_kind kind;
	} cases[] = {
		{ "<hostdev type='pci'><source/><source/></hostdev>", "two <source>",
		  VC_ERR_INPUT },
		{ "<hostdev type='pci'><alias/><alias/></hostdev>", "two <alias>",
		  VC_ERR_INPUT },
		{ "<hostdev type='pci'><boot/><boot/></hostdev>", "two <boot>",
		  VC_ERR_INPUT },
		{ "<hostdev type='pci'><source><address/><address/></source></hostdev>",
		  "d.xml:1: 'ua-a' has two host addresses", VC_ERR_INPUT },
		{ "<hostdev type='pci'>x<source/></hostdev>",
		  "d.xml:1: text in <hostdev>", VC_ERR_INPUT },
		{ "<hostdev type='pci'/><![CDATA[x]]>", "d.xml:1: text in <devices>",
		  VC_ERR_INPUT },
		{ "<hostdev type='pci'/></devices>x<devices>",
		  "d.xml:1: text in <domain>", VC_ERR_INPUT },
		{ "<hostdev type='pci'/></devices><metadata> x </metadata><devices>",
		  "d.xml:1: text in <metadata>", VC_ERR_INPUT },
		{ "<hostdev type='pci'/></devices><a xmlns='x&#10;y'/><devices>",
		  "d.xml: line 1: the name of a namespace of <a>", VC_ERR_INPUT },
		{ "<disk type='nvme'/>", "is a <disk>", VC_ERR_REFUSED },
		{ "<video/>", "no host device", VC_ERR_INTERNAL },
		{ "", "behind the last device", VC_ERR_INTERNAL },
	};
	struct rig rig = RIG_INIT;

	rig_device(&rig, VC_PLAN_CHANGE, "ua-a", 1, "0000:65:00.0");
	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		char xml[256];

		(void)snprintf(xml, sizeof(xml), "<domain><devices>%s</devices></domain>",
		               cases[i].xml);
		refused(&rig, xml, cases[i].kind, cases[i].message);
	}
	rig_release(&rig);
}

static void test_refused_options(void **state VC_UNUSED)
{
	static const struct {
		enum vc_mdev_model model;
		struct vc_options options;
		const char *message;
	} cases[] = {
		{ VC_MDEV_VFIO_PCI, { .boot_order = 1 }, "boot order" },
		{ VC_MDEV_VFIO_AP, { .boot_order = 1 }, "boot order" },
		{ VC_MDEV_VFIO_AP, { .address = { .set = true } }, "guest PCI address" },
		{ VC_MDEV_VFIO_CCW, { .address = { .set = true } }, "guest PCI address" },
		{ VC_MDEV_VFIO_CCW, { .rom_bar = VC_NO }, "ROM" },
		{ VC_MDEV_VFIO_AP, { .display = VC_YES }, "display" },
		{ VC_MDEV_VFIO_CCW, { .ramfb = VC_YES }, "display" },
	};
	struct rig rig = RIG_INIT;

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		rig.plan.devices.n = 0;
		rig_mdev(&rig, VC_PLAN_ADD, "ua-a", 0,
		         "c2177883-f1bb-47f0-914d-32a22e3a8804", cases[i].model)
			->options = cases[i].options;
		refused(&rig, "<domain/>", VC_ERR_REFUSED, cases[i].message);
	}
	rig_release(&rig);
}

static void test_refused_plans(void **state VC_UNUSED)
{
	struct rig rig = RIG_INIT;

	rig_device(&rig, VC_PLAN_ADD, "ua-a", 0, NULL);
	refused(&rig, "<domain/>", VC_ERR_INTERNAL, "without knowing its kind");
	rig.plan.devices.n = 0;
	rig_device(&rig, VC_PLAN_CHANGE, "ua-a", 0, "0000:65:00.0");
	refused(&rig, "<domain/>", VC_ERR_INTERNAL, "not where");
	rig.plan.devices.v[0].at = 1;
	rig_device(&rig, VC_PLAN_CHANGE, "ua-b", 1, "0000:66:00.0");
	refused(&rig, "<domain><devices><hostdev/></devices></domain>", VC_ERR_INTERNAL,
	        "planned for one element");
	rig.plan.devices.n = 0;
	rig_device(&rig, VC_PLAN_ADD, "ua-a", 0, "0000:65:00.0")->pool =
		rig_text(&rig, "a\001b");
	refused(&rig, "<domain/>", VC_ERR_INPUT, "'ua-a': pool has characters");
	rig_release(&rig);
}

static void test_print(void **state VC_UNUSED)
{
	static const char *const cases[][2] = {
		{ "<a b='1'  c=\"2\"><d></d><![CDATA[<]]></a>",
		  "<a b=\"1\" c=\"2\"><d/>&lt;</a>\n" },
		{ "<?xml version='1.0' encoding='ISO-8859-1'?>\r\n<a>\xe9\r\n</a>",
		  "<a>\xc3\xa9\n</a>\n" },
	};
	struct vc_err err = VC_ERR_INIT;
	char *text = NULL;
	size_t len = 0;

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		assert_int_equal(vc_document_print(cases[i][0], strlen(cases[i][0]),
		                                   &text, &len, &err),
		                 0);
		assert_string_equal(text, cases[i][1]);
		assert_int_equal(len, strlen(text));
		free(text);
		text = NULL;
	}
	assert_int_equal(vc_document_print("<a>", 3, &text, &len, &err), -VC_ERR_INPUT);
	assert_null(text);
	err = (struct vc_err)VC_ERR_INIT;
	assert_int_equal(vc_document_print("<a xmlns:b='&lt;'/>", 19, &text, &len, &err),
	                 -VC_ERR_INPUT);
	assert_null(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_add_to_empty_devices),
		cmocka_unit_test(test_add_without_devices),
		cmocka_unit_test(test_add_second),
		cmocka_unit_test(test_add_with_options),
		cmocka_unit_test(test_add_s390),
		cmocka_unit_test(test_change_in_place),
		cmocka_unit_test(test_change_options),
		cmocka_unit_test(test_driver_beside_source),
		cmocka_unit_test(test_change_kind),
		cmocka_unit_test(test_change_interface),
		cmocka_unit_test(test_remove),
		cmocka_unit_test(test_adopt_and_unbind),
		cmocka_unit_test(test_metadata),
		cmocka_unit_test(test_metadata_spellings),
		cmocka_unit_test(test_metadata_places),
		cmocka_unit_test(test_foreign_survives),
		cmocka_unit_test(test_nothing_to_do),
		cmocka_unit_test(test_change_without_effect),
		cmocka_unit_test(test_idempotent),
		cmocka_unit_test(test_declaration),
		cmocka_unit_test(test_refused_elements),
		cmocka_unit_test(test_refused_options),
		cmocka_unit_test(test_refused_plans),
		cmocka_unit_test(test_print),
	};

	return cmocka_run_group_tests_name("apply", tests, NULL, NULL);
}
