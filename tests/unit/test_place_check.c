/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guest's buses and cells as the domain says them; addresses that cannot be. */
#include "domain/guest_topology.h"
#include "plan_world.h"

#define MACHINE(m) "<os><type machine='" m "'>hvm</type></os>"
#define CTRL(i, model, inner) \
	"<controller type='pci' index='" i "' model='" model "'>" inner "</controller>"
#define AT(bus, slot, function)                                             \
	"<address type='pci' domain='0x0000' bus='0x" bus "' slot='0x" slot \
	"' function='0x" function "'/>"
#define OTHER(bus, slot, function) "<video>" AT(bus, slot, function) "</video>"
#define PORTS                                                                         \
	CTRL("0", "pcie-root", "")                                                    \
	CTRL("1", "pcie-root-port", AT("00", "02", "0"))                              \
	CTRL("2", "pcie-expander-bus", "<target busNr='200'><node>1</node></target>") \
	CTRL("3", "pcie-root-port", AT("02", "00", "0"))                              \
	CTRL("4", "pcie-to-pci-bridge", "")

static void test_machine(void **state VC_UNUSED)
{
	static const struct {
		const char *name;
		enum vc_machine machine;
	} cases[] = {
		{ "q35", VC_MACHINE_Q35 },
		{ "pc-q35-9.0", VC_MACHINE_Q35 },
		{ "pc", VC_MACHINE_I440FX },
		{ "pc-i440fx-2.11", VC_MACHINE_I440FX },
		{ "virt", VC_MACHINE_VIRT },
		{ "virt-8.2", VC_MACHINE_VIRT },
		{ "microvm", VC_MACHINE_MICROVM },
		{ "q35x", VC_MACHINE_UNKNOWN },
		{ "pc-q35-", VC_MACHINE_UNKNOWN },
		{ "virtual", VC_MACHINE_UNKNOWN },
		{ "", VC_MACHINE_UNKNOWN },
		{ NULL, VC_MACHINE_UNKNOWN },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++)
		assert_int_equal(vc_machine_of(cases[i].name), cases[i].machine);
}

static void test_nodeset(void **state VC_UNUSED)
{
	static const char *const bad[] = {
		"",    ",",  "1,",   "a",    "1-",     "2-1", "-1",
		"1 2", "^0", "0,^0", "1024", "0-1024", " 1",  "99999999999999999999"
	};

	assert_true(vc_nodeset_has("0", 0));
	assert_true(vc_nodeset_has("0-3,^1,7", 7));
	assert_true(vc_nodeset_has("0-3,^1", 3));
	assert_true(vc_nodeset_has("1023", 1023));
	assert_false(vc_nodeset_has("0-3,^1", 1));
	assert_false(vc_nodeset_has("0-3", 4));
	assert_false(vc_nodeset_has("0-3", 5000));
	assert_false(vc_nodeset_has(NULL, 0));
	for (size_t i = 0; i < VC_ARRAY_SIZE(bad); i++) {
		bool set[1024];

		if (vc_nodeset_parse(bad[i], set, VC_ARRAY_SIZE(set)))
			fail_msg("'%s' is a set", bad[i]);
		assert_false(vc_nodeset_has(bad[i], 0));
	}
}

static void test_layout(void **state VC_UNUSED)
{
	AUTO_WORLD w = world_of(DOMAIN(MACHINE(
		"q35") "<cpu><numa><cell id='4'/><cell/></numa></cpu>"
	               "<numatune><memnode cellid='4' nodeset='0-1'/>"
	               "<memnode cellid='9' nodeset='2'/>"
	               "<memnode cellid='x' nodeset='3'/></numatune>" DEVICES(
			       PORTS CTRL("x", "pci-bridge", "") CTRL("256", "pci-bridge", "") CTRL(
				       "5", "odd",
				       "<target busNr='256'><node>-1</node></target>") "<controller type='usb' index='6'/>")));
	const struct vc_layout *l = &w.domain.layout;

	assert_int_equal(l->machine, VC_MACHINE_Q35);
	assert_int_equal(l->cells.n, 2);
	assert_int_equal(l->cells.v[0].id, 4);
	assert_string_equal(l->cells.v[0].host_nodes, "0-1");
	assert_int_equal(l->cells.v[1].id, 1);
	assert_null(l->cells.v[1].host_nodes);
	assert_int_equal(l->controllers.n, 8);
	assert_int_equal(l->controllers.v[1].model, VC_BUS_ROOT_PORT);
	assert_int_equal(l->controllers.v[1].address.slot, 2);
	assert_int_equal(l->controllers.v[1].node, -1);
	assert_int_equal(l->controllers.v[2].bus_nr, 200);
	assert_int_equal(l->controllers.v[2].node, 1);
	assert_false(l->controllers.v[5].has_index);
	assert_false(l->controllers.v[6].has_index);
	assert_int_equal(l->controllers.v[7].model, VC_BUS_UNKNOWN);
	assert_int_equal(l->controllers.v[7].bus_nr, 0);
	assert_int_equal(l->controllers.v[7].node, -1);
}

static void test_free_slot(void **state VC_UNUSED)
{
	static const struct {
		const char *machine, *devices, *free;
	} cases[] = {
		{ MACHINE("q35"), "", "01:00.0" },
		{ MACHINE("virt-9.0"), OTHER("01", "00", "0"), "02:00.0" },
		{ MACHINE("q35"), OTHER("03", "00", "1"), "01:00.0" },
		{ MACHINE("q35"), PORTS, "01:00.0" },
		/* not below the expander, not on the bridge: the next bus */
		{ MACHINE("q35"), PORTS OTHER("01", "00", "0"), "05:00.0" },
		{ "", CTRL("0", "pcie-root", ""), "01:00.0" },
		{ MACHINE("pc"), "", "00:02.0" },
		{ MACHINE("pc"), OTHER("00", "02", "0"), "00:03.0" },
		{ MACHINE("microvm"), "", NULL },
		{ "", "", NULL },
		{ MACHINE("q35"),
		  CTRL("255", "pcie-to-pci-bridge", "") OTHER("01", "00", "0"),
		  "02:00.0" },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		struct vc_guest_address want, got = { .bus = 77 };
		static struct vc_guest_topology topology;
		char xml[4096];

		(void)snprintf(xml, sizeof(xml), DOMAIN("%s" DEVICES("%s")),
		               cases[i].machine, cases[i].devices);
		AUTO_WORLD w = world_of(xml);
		vc_topology_init(&topology, &w.domain);
		assert_int_equal(vc_topology_free_slot(&topology, &got),
		                 cases[i].free != NULL);
		if (!cases[i].free) {
			assert_int_equal(got.bus, 77);
			continue;
		}
		assert_int_equal(vc_guest_address_parse(cases[i].free, &want, &w.err), 0);
		if (got.bus != want.bus || got.slot != want.slot || got.function != 0)
			fail_msg("%zu: %02x:%02x", i, (unsigned)got.bus,
			         (unsigned)got.slot);
	}
}

static void test_free_slot_full(void **state VC_UNUSED)
{
	static struct vc_guest_topology topology;
	struct vc_guest_address got = { .bus = 77 };

	topology.machine = VC_MACHINE_Q35;
	for (unsigned bus = 0; bus < VC_BUSES; bus++) {
		struct vc_guest_address a = { .set = true, .bus = (uint8_t)bus };

		assert_true(bus == 0 || vc_topology_free_slot(&topology, &got));
		assert_true(bus == 0 || got.bus == bus);
		vc_topology_take(&topology, &a);
	}
	got.bus = 77;
	assert_false(vc_topology_free_slot(&topology, &got));
	assert_int_equal(got.bus, 77);
}

static void test_refusals(void **state VC_UNUSED)
{
	static const struct {
		const char *machine, *devices, *address, *part; /* NULL: accepted */
	} cases[] = {
		{ MACHINE("q35"), "", "05:00.0", NULL },
		{ MACHINE("q35"), "", "00:05.0", NULL },
		{ MACHINE("q35"), PORTS, "03:00.0", NULL },
		{ MACHINE("q35"), PORTS, "04:01.0", NULL },
		{ MACHINE("q35"), PORTS, "09:00.0", NULL },
		{ MACHINE("pc"), "", "00:02.0", NULL },
		{ MACHINE("pc"), "", "01:1f.0", NULL },
		{ "", "", "01:05.0", NULL },
		{ MACHINE("q35"), PORTS, "02:00.0",
		  "bus 02 is the pcie-expander-bus in line 2, which takes ports only" },
		{ MACHINE("q35"), PORTS, "01:01.0",
		  "bus 01 is the pcie-root-port in line 2, which has slot 00 only" },
		{ MACHINE("q35"), PORTS, "04:00.0", "whose slots begin at 01" },
		{ MACHINE("q35"), "", "05:01.0", "bus 05 is a bus that libvirt makes" },
		{ MACHINE("q35"), "", "00:00.0", "the host bridge of q35" },
		{ MACHINE("q35"), "", "00:1f.0", "the chipset of q35" },
		{ MACHINE("pc"), "", "00:00.0", "the host bridge of i440fx" },
		{ MACHINE("pc"), "", "00:01.0", "the chipset of i440fx" },
		{ MACHINE("pc"), "", "01:00.0", "whose slots begin at 01" },
		{ MACHINE("virt"), "", "00:00.0", "the host bridge" },
		{ MACHINE("microvm"), "", "00:05.0", "a microvm has no PCI bus" },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		struct vc_binding *b;
		char xml[4096];

		(void)snprintf(xml, sizeof(xml), DOMAIN("%s" DEVICES("%s")),
		               cases[i].machine, cases[i].devices);
		AUTO_WORLD w = world_of(xml);
		add_simple(&w);
		b = add_bind(&w, "gpu=c:r");
		assert_int_equal(vc_guest_address_parse(cases[i].address,
		                                        &b->options.address, &w.err),
		                 0);
		if (!cases[i].part) {
			must_plan(&w);
			continue;
		}
		must_fail(&w, VC_ERR_REFUSED, cases[i].part);
		must_fail(&w, VC_ERR_REFUSED, "alias 'ua-gpu' wants guest address");
	}
}

#define GPU(inner)                                                                            \
	"<hostdev mode='subsystem' type='pci' managed='no'><driver name='vfio'/>" PCI_SOURCE( \
		"0x65") inner "<alias name='ua-gpu'/></hostdev>"

/* What neither libvirt nor QEMU notices. */
static void test_unnoticed(void **state VC_UNUSED)
{
	static const struct {
		const char *cells, *devices, *part;
	} cases[] = {
		{ "", GPU("<acpi index='4'/>") "<interface><acpi index='5'/></interface>",
		  NULL },
		{ "<cell id='0'/><cell id='1'/>", GPU("<acpi nodeset='1'/>"), NULL },
		/* others are libvirt's business */
		{ "",
		  GPU("") "<interface><acpi index='5'/></interface>"
		          "<interface><acpi index='5'/></interface>",
		  NULL },
		{ "", GPU("") "<hostdev><acpi nodeset='7'/></hostdev>", NULL },
		{ "", GPU("") OTHER("05", "00", "1"), NULL },
		{ "", GPU(AT("05", "00", "1")) OTHER("05", "00", "0"), NULL },
		{ "", GPU("<acpi index='4'/>") "<interface><acpi index='4'/></interface>",
		  "has acpi index 4, which '<interface> in line 2' has too" },
		{ "", GPU("<acpi nodeset='0'/>"), "no NUMA cell 0" },
		{ "<cell id='0'/><cell id='1'/>", GPU("<acpi nodeset='0-2'/>"),
		  "no NUMA cell 2" },
		{ "", GPU(AT("05", "00", "1")),
		  "'ua-gpu' is at guest address '05:00.1', but nothing is at '05:00.0'" },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		char xml[4096];

		(void)snprintf(xml, sizeof(xml),
		               DOMAIN("<cpu><numa>%s</numa></cpu>" DEVICES("%s")),
		               cases[i].cells, cases[i].devices);
		AUTO_WORLD w = world_of(xml);
		add_simple(&w);
		add_bind(&w, "gpu=c:r");
		if (cases[i].part)
			must_fail(&w, VC_ERR_REFUSED, cases[i].part);
		else
			must_plan(&w);
	}
}

static void test_acpi_asked(void **state VC_UNUSED)
{
	AUTO_WORLD w =
		world_of(DOMAIN(DEVICES("<interface><acpi index='4'/></interface>")));
	struct vc_options *o;

	add_simple(&w);
	o = &add_bind(&w, "gpu=c:r")->options;
	w.input.target_libvirt = 12000000;
	o->acpi_index = 4;
	must_fail(&w, VC_ERR_REFUSED, "alias 'ua-gpu' has acpi index 4");
	o->acpi_index = 0;
	o->acpi_nodeset = dup_text(&w, "0");
	must_fail(&w, VC_ERR_REFUSED, "no NUMA cell 0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_machine),        cmocka_unit_test(test_nodeset),
		cmocka_unit_test(test_layout),         cmocka_unit_test(test_free_slot),
		cmocka_unit_test(test_free_slot_full), cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_unnoticed),      cmocka_unit_test(test_acpi_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
