/* SPDX-License-Identifier: GPL-2.0-or-later */
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_add_to_empty_devices),
		cmocka_unit_test(test_add_without_devices),
	};

	return cmocka_run_group_tests_name("apply", tests, NULL, NULL);
}
