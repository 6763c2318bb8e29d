/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include <libxml/relaxng.h>

#include "domain/guest_bus.h"
#include "domain/topology_svg.h"
#include "domain/xml.h"
#include "translate/topology.h"
#include "unit.h"

/* spelled so that no editor turns it */
static const char turned[] = { 'a', '\xe2', '\x80', '\xae', 'g', '\0' };

static void test_clean(void **state VC_UNUSED)
{
	static const struct {
		const char *text, *clean;
	} cases[] = {
		{ "ua-gpu", "ua-gpu" },
		{ "", "" },
		{ "a\nb\tc\x1b[31m", "a?b?c?[31m" },
		{ "\xc3\xa9\xe2\x82\xac\xf0\x9f\x96\xa5",
		  "\xc3\xa9\xe2\x82\xac\xf0\x9f\x96\xa5" },
		{ "\xc3", "?" },
		{ "\xc0\xaf", "??" },           /* not the shortest form */
		{ "\xe0\x80\xaf", "???" },      /* nor this */
		{ "\xed\xa0\x80", "???" },      /* a surrogate */
		{ "\xf4\x90\x80\x80", "????" }, /* beyond the last character */
		{ "\xff\xfe", "??" },
		{ "\xe2\x82", "??" }, /* ends too early */
		{ turned, "a?g" },    /* turns the writing direction */
		{ "\xef\xbf\xbe\xef\xbb\xbf", "??" },
		{ "\xc2\x9b"
		  "31m",
		  "?31m" }, /* an escape in one byte */
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;

		assert_string_equal(vc_topology_clean(&arena, cases[i].text),
		                    cases[i].clean);
	}
	assert_null(vc_topology_clean(NULL, NULL));
}

static void test_layout(void **state VC_UNUSED)
{
	struct vc_topology_node nodes[] = {
		{ .type = VC_TOPOLOGY_NUMA_NODE, .depth = 0 },
		{ .type = VC_TOPOLOGY_GROUP, .depth = 1 },
		{ .type = VC_TOPOLOGY_DEVICE, .depth = 2 },
		{ .type = VC_TOPOLOGY_DEVICE, .depth = 2 },
		{ .type = VC_TOPOLOGY_DEVICE, .depth = 1 },
		{ .type = VC_TOPOLOGY_PLACE, .depth = 0 },
	};
	const struct vc_topology_side side = { nodes, VC_ARRAY_SIZE(nodes), 0 };
	struct vc_topology_place p[VC_ARRAY_SIZE(nodes)];
	size_t height = vc_topology_layout(&side, p);

	for (size_t i = 0; i < VC_ARRAY_SIZE(nodes); i++) {
		assert_true(p[i].height > 0);
		assert_true(p[i].y + p[i].height <= height);
		if (i > 0)
			assert_true(p[i].y > p[i - 1].y);
	}
	/* a group reaches around its devices, and not to the next thing */
	assert_true(p[3].y + p[3].height < p[1].y + p[1].height);
	assert_true(p[1].y + p[1].height < p[4].y);
	assert_true(p[4].y + p[4].height < p[0].y + p[0].height);
	assert_true(p[0].y + p[0].height < p[5].y);
	assert_int_equal(vc_topology_layout(&(struct vc_topology_side){ 0 }, p), 0);
}

/* A machine: one group with two functions, one function that nobody wants. */
static void make_inventory(struct vc_inventory *inventory,
                           struct vc_host_device devices[3])
{
	static char names[3][16] = { "0000:65:00.0", "0000:65:00.1", "0000:c1:00.0" };

	memset(devices, 0, 3 * sizeof(*devices));
	for (size_t i = 0; i < 3; i++) {
		devices[i].kind = VC_DEVICE_PCI;
		devices[i].address = names[i];
		devices[i].iommu_group = i < 2 ? 37 : 60;
		devices[i].numa_node = i < 2 ? 1 : -1;
		devices[i].pci.class_code = 0x030000;
		devices[i].pci.vf_index = -1;
		devices[i].pci.address =
			(struct vc_pci_address){ .bus = i < 2 ? 0x65 : 0xc1,
			                         .function = (uint8_t)(i == 1) };
	}
	*inventory = (struct vc_inventory){ .n_pci = 3 };
	inventory->devices.v = devices;
	inventory->devices.n = 3;
}

static struct vc_topology make(struct vc_arena *arena, const char *text,
                               const struct vc_inventory *inventory, bool used_only)
{
	VC_AUTO_DOCUMENT struct vc_document *document = NULL;
	struct vc_translation *t = vc_arena_alloc(arena, 1, sizeof(*t));
	struct vc_guest_buses buses = { 0 };
	struct vc_topology topology = { 0 };
	struct vc_err err = VC_ERR_INIT;
	const struct vc_topology_input input = {
		.translation = t,
		.buses = &buses,
		.inventory = inventory,
		.used_only = used_only,
	};

	assert_non_null(t);
	t->have_domain = true;
	if (vc_document_parse(text, strlen(text), "vm.xml", &document, &err) < 0 ||
	    vc_domain_read(arena, document, &t->domain, &err) < 0 ||
	    vc_guest_buses_read(arena, document, &buses, &err) < 0 ||
	    vc_topology_make(arena, &input, &topology, &err) < 0)
		fail_msg("%s", err.msg);
	return topology;
}

static size_t count(const struct vc_topology_side *side, const char *label)
{
	size_t n = 0;

	for (size_t i = 0; i < side->n; i++)
		n += strcmp(side->v[i].label, label) == 0;
	return n;
}

#define HOSTDEV(bus, alias, more)                                         \
	"<hostdev mode='subsystem' type='pci'><source><address bus='" bus \
	"'/></source><alias name='" alias "'/>" more "</hostdev>"
#define ROOT "<controller type='pci' index='0' model='pcie-root'/>"
#define PORT(i, bus)                                                   \
	"<controller type='pci' index='" i "' model='pcie-root-port'>" \
	"<address type='pci' bus='" bus "' slot='1'/></controller>"
#define DOMAIN(x) "<domain><name>vm</name><devices>" x "</devices></domain>"

static void test_links(void **state VC_UNUSED)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_host_device devices[3];
	struct vc_inventory inventory;
	struct vc_topology t;

	make_inventory(&inventory, devices);
	t = make(&arena,
	         DOMAIN(ROOT PORT("1", "0")
	                        HOSTDEV("0x65", "ua-gpu", "<address type='pci' bus='1'/>")
	                                HOSTDEV("0x65", "ua-again", "")
	                                        HOSTDEV("0x70", "ua-gone", "")),
	         &inventory, true);
	/* the other function of the group stays, what nobody wants goes */
	assert_int_equal(count(&t.host, "0000:65:00.0"), 1);
	assert_int_equal(count(&t.host, "0000:65:00.1"), 1);
	assert_int_equal(count(&t.host, "0000:c1:00.0"), 0);
	assert_int_equal(count(&t.host, "0000:70:00.0"), 1);
	for (size_t i = 0; i < t.guest.n; i++) {
		const struct vc_topology_node *n = &t.guest.v[i];

		if (n->type != VC_TOPOLOGY_DEVICE)
			continue;
		assert_in_range(n->peer, 1, t.host.n);
		if (strcmp(n->label, "ua-gone") == 0)
			assert_string_equal(n->problem, "not on this host");
		else
			assert_null(n->problem);
	}
	t = make(&arena, DOMAIN(""), &inventory, false);
	assert_int_equal(count(&t.host, "0000:c1:00.0"), 1);
	assert_int_equal(t.guest.n, 0);
}

/* Whatever controllers say, each bus and device is drawn once. */
static void test_odd_buses(void **state VC_UNUSED)
{
	static const struct {
		const char *devices;
		size_t n; /* nodes of the guest */
	} cases[] = {
		{ ROOT, 1 },
		{ ROOT PORT("1", "0"), 2 },                               /* free */
		{ ROOT PORT("1", "0") PORT("2", "0") PORT("5", "0"), 2 }, /* one line */
		{ PORT("1", "1"), 1 },                                    /* in itself */
		{ PORT("1", "2") PORT("2", "1"), 2 },                     /* a circle */
		/* of two with one number the second makes no bus, but is there */
		{ ROOT ROOT PORT("1", "0") PORT("1", "0"), 3 },
		/* devices of a bus that nobody makes */
		{ PORT("256", "0") PORT("-1", "0") PORT("x", "0"), 4 },
		{ HOSTDEV("1", "ua-a", "<address type='pci' bus='9'/>"), 2 },
		{ HOSTDEV("1", "ua-a", "<address type='unassigned'/>"), 2 },
		{ HOSTDEV("1", "ua-a", ""), 2 },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
		char text[2048];
		struct vc_topology t;

		(void)snprintf(text, sizeof(text), DOMAIN("%s"), cases[i].devices);
		t = make(&arena, text, NULL, false);
		if (t.guest.n != cases[i].n)
			fail_msg("%s: %zu nodes", cases[i].devices, t.guest.n);
	}
}

static void test_grammar(void **state VC_UNUSED)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	VC_AUTO_XML xmlDocPtr doc = NULL;
	xmlRelaxNGParserCtxtPtr parser =
		xmlRelaxNGNewParserCtxt(VC_FIXTURES "/../../schemas/topology.rng");
	xmlRelaxNGPtr schema = xmlRelaxNGParse(parser);
	xmlRelaxNGValidCtxtPtr valid = xmlRelaxNGNewValidCtxt(schema);
	struct vc_err err = VC_ERR_INIT;
	struct vc_host_device devices[3];
	struct vc_inventory inventory;
	struct vc_topology t;
	char *text = NULL;
	size_t len = 0;

	make_inventory(&inventory, devices);
	t = make(&arena,
	         DOMAIN(ROOT PORT("1", "0") PORT("2", "0") HOSTDEV(
			 "0x65", "ua-&lt;/title&gt;", "<address type='pci' bus='1'/>")
	                        HOSTDEV("0x70", "ua-gone", "")),
	         &inventory, false);
	assert_int_equal(vc_topology_xml(&arena, &t, &text, &len, &err), 0);
	assert_int_equal(vc_xml_read(text, len, "topology", &doc, &err), 0);
	assert_int_equal(xmlRelaxNGValidateDoc(valid, doc), 0);
	/* and the grammar does not take everything */
	(void)xmlNewProp(xmlDocGetRootElement(doc), (const xmlChar *)"odd",
	                 (const xmlChar *)"1");
	assert_int_not_equal(xmlRelaxNGValidateDoc(valid, doc), 0);
	free(text);
	xmlRelaxNGFreeValidCtxt(valid);
	xmlRelaxNGFree(schema);
	xmlRelaxNGFreeParserCtxt(parser);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clean),   cmocka_unit_test(test_layout),
		cmocka_unit_test(test_links),   cmocka_unit_test(test_odd_buses),
		cmocka_unit_test(test_grammar),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
