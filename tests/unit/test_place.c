/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where devices are placed, what is remembered of it, and that it settles. */
#include "domain/apply.h"
#include "plan_world.h"

#define Q35 "<os><type machine='q35'>hvm</type></os>"
#define NUMA                                                                   \
	"<cpu><numa><cell id='0'/><cell id='1'/></numa></cpu><numatune>"       \
	"<memnode cellid='0' nodeset='0'/><memnode cellid='1' nodeset='2-3'/>" \
	"</numatune>"
#define AT(bus, slot, function)                                             \
	"<address type='pci' domain='0x0000' bus='0x" bus "' slot='0x" slot \
	"' function='0x" function "'/>"
#define VIDEO(bus) "<video>" AT(bus, "00", "0") "</video>"
#define MACHINE(m) "<os><type machine='" m "'>hvm</type></os>"

/* Carries the plan out and starts again from the result; returns its text. */
static const char *apply(struct world *w)
{
	struct vc_apply_result result = { 0 };
	struct vc_document *old = w->document;

	if (vc_apply(&w->arena, old, &w->domain, &w->plan, NULL, &result, &w->err) < 0)
		fail_msg("%s", w->err.msg);
	if (vc_document_parse(result.text, result.len, "vm.xml", &w->document, &w->err) <
	            0 ||
	    vc_domain_read(&w->arena, w->document, &w->domain, &w->err) < 0)
		fail_msg("%s\n%s", w->err.msg, result.text);
	vc_document_free(old);
	free(result.text);
	return w->document->text;
}

static void must_have(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("'%s' is not in %s", part, text);
}

static void must_lack(const char *text, const char *part)
{
	if (strstr(text, part))
		fail_msg("'%s' is in %s", part, text);
}

/* With and without the option the next run has nothing to do. */
static void must_stay(struct world *w)
{
	struct vc_place_wish wish = w->input.place;

	for (int i = 0; i < 2; i++) {
		struct vc_apply_result result = { 0 };

		must_plan(w);
		if (vc_apply(&w->arena, w->document, &w->domain, &w->plan, NULL, &result,
		             &w->err) < 0)
			fail_msg("%s", w->err.msg);
		if (result.changed)
			fail_msg("'%s' became '%s'", w->document->text, result.text);
		free(result.text);
		w->input.place = (struct vc_place_wish){ 0 };
	}
	w->input.place = wish;
}

static void wish(struct world *w, unsigned what)
{
	w->input.place = (struct vc_place_wish){ .said = true, .what = what };
}

/* "05:00.0+ 05:00.1 -": the addresses of the plan, + for multifunction */
static const char *places(struct world *w)
{
	const char *text = "";

	for (size_t i = 0; i < w->plan.devices.n; i++) {
		const struct vc_guest_address *a = &w->plan.devices.v[i].options.address;
		const char *one = a->set ? vc_guest_address_text(&w->arena, a) : "-";

		text = vc_arena_printf(&w->arena, "%s%s%s%s", text, i > 0 ? " " : "", one,
		                       a->multifunction == VC_YES ? "+" : "");
		assert_non_null(text);
	}
	return text;
}

static void test_words(void **state VC_UNUSED)
{
	static const char *const bad[] = {
		"",      "x",         "numa,",     ",numa", "Numa",
		"numa ", "numa,none", "none,numa", "nonee", "numa,,functions"
	};
	struct vc_err err = VC_ERR_INIT;
	unsigned what = 77;

	for (size_t i = 0; i < VC_ARRAY_SIZE(bad); i++) {
		assert_int_equal(vc_place_parse_list(bad[i], ',', &what, &err),
		                 -VC_ERR_INPUT);
		assert_int_equal(what, 77);
	}
	assert_int_equal(vc_place_parse_list("none", ',', &what, &err), 0);
	assert_int_equal(what, 0);
	for (unsigned flags = 1; flags < 8; flags++) {
		assert_int_equal(
			vc_place_parse_list(vc_place_text(flags), ' ', &what, &err), 0);
		assert_int_equal(what, flags);
	}
	assert_string_equal(vc_place_text(0), "");
}

static void test_addresses(void **state VC_UNUSED)
{
	static const struct {
		const char *machine, *devices, *places;
	} cases[] = {
		{ MACHINE("q35"), "", "01:00.0 02:00.0" },
		{ MACHINE("q35"), VIDEO("01"), "02:00.0 03:00.0" },
		{ MACHINE("pc"), "", "00:02.0 00:03.0" },
		{ MACHINE("pc"), "<video>" AT("00", "02", "0") "</video>",
		  "00:03.0 00:04.0" },
		{ MACHINE("s390-ccw-virtio"), "", "- -" },
		{ "", "", "- -" },
		{ MACHINE("microvm"), "", "- -" },
		{ MACHINE("q35"),
		  "<controller type='pci' index='0' model='pcie-root'/>"
		  "<controller type='pci' index='1' model='pcie-to-pci-bridge'/>",
		  "02:00.0 03:00.0" },
		/* what has an address keeps it, of whatever type it is */
		{ MACHINE("q35"),
		  "<hostdev mode='subsystem' type='pci' managed='no'><driver "
		  "name='vfio'/>" PCI_SOURCE("0x65") "<alias name='ua-gpu'/>" AT(
			  "07", "00", "0") "</hostdev>",
		  "- 01:00.0" },
		{ MACHINE("q35"),
		  "<hostdev mode='subsystem' type='pci' managed='no'><driver "
		  "name='vfio'/>" PCI_SOURCE(
			  "0x65") "<alias name='ua-gpu'/>"
		                  "<address type='unassigned'/></hostdev>",
		  "- 01:00.0" },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		char xml[4096];

		(void)snprintf(xml, sizeof(xml), DOMAIN("%s" DEVICES("%s")),
		               cases[i].machine, cases[i].devices);
		AUTO_WORLD w = world_of(xml);
		add_device(&w, add_simple(&w), "r", "0000:66:00.0");
		add_bind(&w, "gpu=c:r");
		wish(&w, VC_PLACE_ADDRESSES);
		must_plan(&w);
		assert_string_equal(places(&w), cases[i].places);
		must_have(apply(&w), ":place what=\"addresses\"/>");
		must_stay(&w);
	}
}

static void test_nothing_by_default(void **state VC_UNUSED)
{
	AUTO_WORLD w = world_of(DOMAIN(Q35 NUMA DEVICES("")));

	add_device(&w, add_simple(&w), "r", "0000:65:00.1");
	add_function(&w, "0000:65:00.0", 1, 1);
	add_function(&w, "0000:65:00.1", 1, 1);
	add_bind(&w, "gpu=c:r");
	must_plan(&w);
	assert_string_equal(places(&w), "- -");
	assert_int_equal(w.plan.controllers.n, 0);
	must_lack(apply(&w), "place");
}

static void test_functions(void **state VC_UNUSED)
{
	AUTO_WORLD w = world_of(DOMAIN(Q35 DEVICES(VIDEO("02"))));
	struct vc_claim *c = add_claim(&w, "lab", "c", UID_A);

	add_device(&w, c, "r", "0000:65:00.1");
	add_device(&w, c, "r", "0000:66:00.0");
	add_device(&w, c, "r", "0000:65:00.0");
	add_device(&w, c, "r", "0000:65:00.3");
	add_device(&w, c, "r", "0001:65:00.0");
	add_bind(&w, "gpu=c:r");
	wish(&w, VC_PLACE_FUNCTIONS);
	must_plan(&w);
	/* the others have no company, so libvirt chooses */
	assert_string_equal(places(&w), "01:00.1 - 01:00.0+ 01:00.3 -");
	apply(&w);
	must_stay(&w);
	wish(&w, VC_PLACE_ADDRESSES | VC_PLACE_FUNCTIONS);
	must_plan(&w);
	assert_string_equal(places(&w), "- 03:00.0 - - 04:00.0");
	apply(&w);
	must_stay(&w);
}

/* A function that comes later goes to the slot where function 0 is. */
static void test_join(void **state VC_UNUSED)
{
	static const char gpu[] =
		"<hostdev mode='subsystem' type='pci' managed='no'><driver name='vfio'/>" PCI_SOURCE(
			"0x65") "<alias name='ua-gpu'/><address type='pci' domain='0' "
				"bus='9' slot='0' function='%s'%s/></hostdev>";
	static const struct {
		const char *function, *attribute, *places, *refusal;
	} cases[] = {
		{ "0", "", "09:00.0+ 09:00.1", NULL },
		{ "0", " multifunction='on'", "- 09:00.1", NULL },
		{ "0", " multifunction='off'", NULL,
		  "'ua-gpu' at '09:00.0' has multifunction='off'" },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		char device[1024], xml[2048];

		(void)snprintf(device, sizeof(device), gpu, cases[i].function,
		               cases[i].attribute);
		(void)snprintf(xml, sizeof(xml), DOMAIN(Q35 DEVICES("%s")), device);
		AUTO_WORLD w = world_of(xml);
		add_device(&w, add_simple(&w), "r", "0000:65:00.1");
		add_bind(&w, "gpu=c:r");
		wish(&w, VC_PLACE_FUNCTIONS);
		if (cases[i].refusal) {
			must_fail(&w, VC_ERR_REFUSED, cases[i].refusal);
			continue;
		}
		must_plan(&w);
		assert_string_equal(places(&w), cases[i].places);
		apply(&w);
		must_stay(&w);
	}
}

static void test_join_taken(void **state VC_UNUSED)
{
	AUTO_WORLD w = world_of(DOMAIN(Q35 DEVICES("<video>" AT(
		"09", "00",
		"1") "</video>"
	             "<hostdev type='pci'>" PCI_SOURCE(
			     "0x65") "<alias name='ua-gpu'/>" AT("09", "00",
	                                                         "0") "</hostdev>")));

	add_device(&w, add_simple(&w), "r", "0000:65:00.1");
	add_bind(&w, "gpu=c:r");
	wish(&w, VC_PLACE_FUNCTIONS);
	must_fail(&w, VC_ERR_REFUSED,
	          "'ua-gpu-2' wants guest address '09:00.1', which '<video> in line 2'");
}

static void test_no_function_0(void **state VC_UNUSED)
{
	AUTO_WORLD w = world_of(DOMAIN(Q35 DEVICES("")));
	struct vc_claim *c = add_claim(&w, "lab", "c", UID_A);

	add_device(&w, c, "r", "0000:65:00.1");
	add_device(&w, c, "r", "0000:65:00.2");
	add_bind(&w, "gpu=c:r");
	wish(&w, VC_PLACE_FUNCTIONS);
	must_plan(&w);
	assert_string_equal(places(&w), "- -");
	assert_int_equal(w.plan.notes.n, 1);
	must_have(w.plan.notes.v[0], "its function 0 is not attached");
}

/* Virtual functions of one slot are devices of their own. */
static void test_virtual_functions(void **state VC_UNUSED)
{
	AUTO_WORLD w = world_of(DOMAIN(Q35 DEVICES("")));

	add_device(&w, add_simple(&w), "r", "0000:65:00.1");
	add_function(&w, "0000:65:00.0", 1, 1)->is_vf = true;
	add_function(&w, "0000:65:00.1", 1, 1)->is_vf = true;
	add_bind(&w, "gpu=c:r");
	wish(&w, VC_PLACE_FUNCTIONS);
	must_plan(&w);
	assert_string_equal(places(&w), "- -");
}

/* ---- NUMA ---- */

static struct vc_claim *add_on_nodes(struct world *w, const int *nodes, size_t n)
{
	struct vc_claim *c = add_claim(w, "lab", "c", UID_A);

	for (size_t i = 0; i < n; i++) {
		const char *host =
			vc_arena_printf(&w->arena, "0000:%02x:00.0", 0x40u + (unsigned)i);

		assert_non_null(host);
		add_device(w, c, "r", host);
		add_function(w, host, 1, 1)->numa_node = nodes[i];
	}
	add_bind(w, "gpu=c:r");
	wish(w, VC_PLACE_NUMA);
	return c;
}

static const char *controllers(struct world *w)
{
	const char *text = "";

	for (size_t i = 0; i < w->plan.controllers.n; i++) {
		const struct vc_plan_controller *c = &w->plan.controllers.v[i];

		text = vc_arena_printf(&w->arena, "%s%s%s %u %s", text, i > 0 ? "; " : "",
		                       vc_plan_action_name(c->action), c->index,
		                       c->model);
		if (c->bus_nr > 0)
			text = vc_arena_printf(&w->arena, "%s %u/%d", text, c->bus_nr,
			                       c->node);
		if (c->address.set)
			text = vc_arena_printf(
				&w->arena, "%s %s", text,
				vc_guest_address_text(&w->arena, &c->address));
		assert_non_null(text);
	}
	return text;
}

static void test_numa(void **state VC_UNUSED)
{
	static const int nodes[] = { 3, 0, 0 };
	AUTO_WORLD w = world_of(DOMAIN(Q35 NUMA DEVICES("")));

	add_on_nodes(&w, nodes, 3);
	must_plan(&w);
	assert_string_equal(places(&w), "03:00.0 04:00.0 05:00.0");
	assert_string_equal(controllers(&w),
	                    "add 0 pcie-root; add 1 pcie-expander-bus 246/0; "
	                    "add 2 pcie-expander-bus 237/1; "
	                    "add 3 pcie-root-port 02:00.0; "
	                    "add 4 pcie-root-port 01:00.0; "
	                    "add 5 pcie-root-port 01:01.0; add 8 pcie-root-port");
	must_have(apply(&w), "<target busNr=\"246\"><node>0</node></target>");
	must_stay(&w);
	/* where the device was it will be again: the port stays */
	w.claims.v[0].devices.n = 2;
	w.bindings.n = 0;
	must_plan(&w);
	must_have(controllers(&w), "keep 5 pcie-root-port");
	assert_int_equal(w.plan.addresses.n, 1);
	must_have(controllers(&w), "keep 4 pcie-root-port");
}

/* An address that is remembered keeps its port; one that was given up does not. */
static void test_numa_leaves(void **state VC_UNUSED)
{
	static const int nodes[] = { 3 };
	static const char *const alias = "ua-gpu";
	AUTO_WORLD w = world_of(DOMAIN(Q35 NUMA DEVICES("")));

	add_on_nodes(&w, nodes, 1);
	must_plan(&w);
	apply(&w);
	w.bindings.n = 0;
	w.input.mode = VC_MODE_DETACH;
	w.input.aliases = &alias;
	w.input.n_aliases = 1;
	must_plan(&w);
	assert_string_equal(controllers(&w),
	                    "remove 0 pcie-root; remove 1 pcie-expander-bus; "
	                    "remove 2 pcie-root-port; remove 5 pcie-root-port");
	must_lack(apply(&w), "controller");
	must_lack(w.document->text, "claims");
}

static void test_numa_there(void **state VC_UNUSED)
{
	static const int nodes[] = { 0, 0, 2 };
	AUTO_WORLD w = world_of(DOMAIN(Q35 NUMA DEVICES(
		"<controller type='pci' index='0' model='pcie-root'/>"
		"<controller type='pci' index='4' model='pcie-expander-bus'>"
		"<target busNr='100'><node>0</node></target></controller>"
		"<controller type='pci' index='5' model='pcie-root-port'>" AT(
			"04", "00", "0") "</controller>")));

	add_on_nodes(&w, nodes, 3);
	must_plan(&w);
	/* the free port first, then a new one below the same expander */
	assert_string_equal(places(&w), "05:00.0 07:00.0 08:00.0");
	assert_string_equal(controllers(&w), "add 6 pcie-expander-bus 91/1; "
	                                     "add 7 pcie-root-port 04:01.0; "
	                                     "add 8 pcie-root-port 06:00.0");
	apply(&w);
	must_stay(&w);
}

static void test_numa_refused(void **state VC_UNUSED)
{
#define EXPANDER(index, nr, node)                                             \
	"<controller type='pci' index='" index "' model='pcie-expander-bus'>" \
	"<target" nr "><node>" node "</node></target></controller>"
	static const int nodes[] = { 0, 0 };
	static const struct {
		const char *devices, *part;
	} cases[] = {
		{ EXPANDER("1", "", "0"), "has no busNr yet" },
		{ EXPANDER("1", "", "1"), "has no busNr yet" },
		{ EXPANDER("1", " busNr='253'", "0"), "too few bus numbers below its" },
		{ EXPANDER("1", " busNr='100'", "0") EXPANDER("2", " busNr='102'", "1"),
		  "too few bus numbers below its" },
		{ EXPANDER("1", " busNr='10'", "1"), "too few bus numbers are left" },
		{ EXPANDER("255", " busNr='100'", "0"), "256 buses already" },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		char xml[4096];

		(void)snprintf(xml, sizeof(xml), DOMAIN(Q35 NUMA DEVICES("%s")),
		               cases[i].devices);
		AUTO_WORLD w = world_of(xml);
		add_on_nodes(&w, nodes, 2);
		must_fail(&w, VC_ERR_REFUSED, cases[i].part);
	}
}

/* Nothing is done, aloud, when something is not known. */
static void test_numa_unknown(void **state VC_UNUSED)
{
	static const struct {
		const char *xml;
		int node;
		bool host;
		const char *note;
	} cases[] = {
		{ DOMAIN(Q35 DEVICES("")), 0, true, "the guest has no NUMA cells" },
		{ DOMAIN(MACHINE("pc") NUMA DEVICES("")), 0, true,
		  "no NUMA cells on PCI" },
		{ DOMAIN(Q35 NUMA DEVICES("")), -1, true, "does not say its node" },
		{ DOMAIN(Q35 NUMA DEVICES("")), 0, false, "--sysfs tells its node" },
		{ DOMAIN(Q35 NUMA DEVICES("")), 1, true, "has its memory on node 1" },
		{ DOMAIN(MACHINE("x") NUMA DEVICES("")), 0, true, "known of q35" },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		AUTO_WORLD w = world_of(cases[i].xml);
		add_on_nodes(&w, &cases[i].node, 1);
		if (!cases[i].host)
			w.input.host = NULL;
		must_plan(&w);
		assert_string_equal(places(&w), "-");
		assert_int_equal(w.plan.controllers.n, 0);
		assert_int_equal(w.plan.notes.n, 1);
		must_have(w.plan.notes.v[0], cases[i].note);
	}
}

/* A whole board goes below its cell together. */
static void test_numa_functions(void **state VC_UNUSED)
{
	AUTO_WORLD w = world_of(DOMAIN(Q35 NUMA DEVICES("")));

	add_device(&w, add_simple(&w), "r", "0000:65:00.1");
	add_function(&w, "0000:65:00.0", 1, 1)->numa_node = 2;
	add_function(&w, "0000:65:00.1", 1, 1)->numa_node = 2;
	add_bind(&w, "gpu=c:r");
	wish(&w, VC_PLACE_NUMA | VC_PLACE_FUNCTIONS);
	must_plan(&w);
	assert_string_equal(places(&w), "02:00.0+ 02:00.1");
	must_have(apply(&w), ":place what=\"functions numa\"/>");
	must_stay(&w);
}

/* ---- remembered ---- */

#define MADE(alias, bus, guest)                                                               \
	"<hostdev mode='subsystem' type='pci' managed='no'><driver name='vfio'/>" PCI_SOURCE( \
		bus) "<alias name='" alias "'/>" AT(guest, "00", "0") "</hostdev>"

static void test_remembered(void **state VC_UNUSED)
{
	AUTO_WORLD w = world_of(
		DOMAIN(OURS(RECORD("ua-gpu", "1") RECORD("ua-gpu-2", "2")) DEVICES(
			MADE("ua-gpu", "0x65", "05") MADE("ua-gpu-2", "0x66", "06"))));

	add_simple(&w);
	must_be(&w, "keep ua-gpu 0000:65:00.0>0000:65:00.0 made recorded; "
	            "remove ua-gpu-2 0000:66:00.0> made");
	must_have(apply(&w), ":address alias=\"ua-gpu-2\" address=\"06:00.0\"/>");
	must_stay(&w);
	/* it comes back with another device */
	add_device(&w, &w.claims.v[0], "r", "0000:67:00.0");
	add_bind(&w, "gpu-2=c:r#2");
	must_plan(&w);
	assert_string_equal(places(&w), "- 06:00.0");
	must_lack(apply(&w), ":address alias");
	must_stay(&w);
}

static void test_remembered_taken(void **state VC_UNUSED)
{
	AUTO_WORLD w = world_of(DOMAIN(
		OURS(RECORD("ua-gpu", "1") "<c:address alias='ua-x' address='05:00.0'/>")
			DEVICES(PCI("ua-gpu", "0x65") "<video>" AT("05", "00",
	                                                           "0") "</video>")));
	struct vc_claim *c = add_simple(&w);

	add_device(&w, c, "s", "0000:66:00.0");
	must_plan(&w);
	add_bind(&w, "x=c:s");
	must_fail(&w, VC_ERR_REFUSED,
	          "vm.xml:2 (remembered): alias 'ua-x' wants guest address '05:00.0', "
	          "which '<video> in line 2' has");
	/* another address was asked for */
	w.bindings.v[0].options.address =
		(struct vc_guest_address){ .set = true, .bus = 9 };
	must_plan(&w);
	assert_string_equal(places(&w), "- 09:00.0");
}

static void test_metadata_broken(void **state VC_UNUSED)
{
	static const struct {
		const char *inner, *part;
	} cases[] = {
		{ "<c:place what='all'/>", "<place> in our metadata: 'all'" },
		{ "<c:place what='numa,functions'/>", "<place> in our metadata" },
		{ "<c:address address='05:00.0'/>", "needs 'alias' and 'address'" },
		{ "<c:address alias='x' address='05:00.0'/>", "needs 'alias'" },
		{ "<c:address alias='ua-x'/>", "needs 'alias' and 'address'" },
		{ "<c:address alias='ua-x' address='5'/>", "not a guest PCI address" },
		{ "<c:address alias='ua-x' address='05:00.0' multifunction='1'/>",
		  "expected 'off' or 'on'" },
		{ "<c:address alias='ua-x' address='05:00.0'/>"
		  "<c:address alias='ua-x' address='06:00.0'/>",
		  "'ua-x' is in our metadata twice" },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		struct vc_domain domain = { .name = (char *)1 };
		VC_AUTO_DOCUMENT struct vc_document *document = NULL;
		struct vc_arena arena = VC_ARENA_INIT;
		struct vc_err err = VC_ERR_INIT;
		char xml[1024];

		(void)snprintf(xml, sizeof(xml), DOMAIN(OURS("%s")), cases[i].inner);
		assert_int_equal(
			vc_document_parse(xml, strlen(xml), "vm.xml", &document, &err),
			0);
		assert_int_equal(vc_domain_read(&arena, document, &domain, &err),
		                 -VC_ERR_INPUT);
		must_have(err.msg, cases[i].part);
		assert_ptr_equal(domain.name, (char *)1);
		vc_arena_release(&arena);
	}
}

/* "none" forgets, and what is placed stays where it is. */
static void test_none(void **state VC_UNUSED)
{
	AUTO_WORLD w = world_of(DOMAIN(Q35 DEVICES("")));

	add_simple(&w);
	add_bind(&w, "gpu=c:r");
	wish(&w, VC_PLACE_ADDRESSES);
	must_plan(&w);
	must_have(apply(&w), "place");
	wish(&w, 0);
	must_plan(&w);
	must_lack(apply(&w), "place");
	must_have(w.document->text, "bus=\"0x01\"");
}

/* What the annotation asks for is not remembered: it is asked for at each start. */
static void test_vmi(void **state VC_UNUSED)
{
	AUTO_WORLD w =
		world_of(DOMAIN(Q35 DEVICES(KV_PCI("ua-dra-hostdevice-gpu", "0x65"))));

	add_simple(&w);
	add_vmi(&w, "dra-hostdevice-gpu=c:r");
	w.input.vmi_place = VC_PLACE_ADDRESSES;
	must_plan(&w);
	assert_string_equal(places(&w), "01:00.0");
	must_lack(apply(&w), "vc:");
	must_stay(&w);
}

/* Taken from the host, and not given to the guest: nothing to place. */
static void test_unassigned(void **state VC_UNUSED)
{
	AUTO_WORLD w = world_of(DOMAIN(Q35 DEVICES("")));
	struct vc_options *o;

	add_simple(&w);
	o = &add_bind(&w, "gpu=c:r")->options;
	o->unassigned = VC_YES;
	wish(&w, VC_PLACE_ADDRESSES);
	must_plan(&w);
	assert_string_equal(places(&w), "-");
	must_have(apply(&w), "<address type=\"unassigned\"/>");
	must_stay(&w);
	o->unassigned = VC_NO;
	must_fail(&w, VC_ERR_REFUSED, "take its <address> out first");
	o->unassigned = VC_YES;
	o->boot_order = 1;
	must_fail(&w, VC_ERR_REFUSED, "the guest does not get the device");
	o->boot_order = 0;
	o->address = (struct vc_guest_address){ .set = true, .bus = 1 };
	must_fail(&w, VC_ERR_REFUSED, "the guest does not get the device");
}

static void test_unassigned_there(void **state VC_UNUSED)
{
	AUTO_WORLD w = world_of(DOMAIN(Q35 DEVICES(MADE("ua-gpu", "0x65", "05"))));

	add_simple(&w);
	add_bind(&w, "gpu=c:r")->options.unassigned = VC_YES;
	must_fail(&w, VC_ERR_REFUSED, "has an address in the guest");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_nothing_by_default),
		cmocka_unit_test(test_functions),
		cmocka_unit_test(test_join),
		cmocka_unit_test(test_join_taken),
		cmocka_unit_test(test_no_function_0),
		cmocka_unit_test(test_virtual_functions),
		cmocka_unit_test(test_numa),
		cmocka_unit_test(test_numa_leaves),
		cmocka_unit_test(test_numa_there),
		cmocka_unit_test(test_numa_refused),
		cmocka_unit_test(test_numa_unknown),
		cmocka_unit_test(test_numa_functions),
		cmocka_unit_test(test_remembered),
		cmocka_unit_test(test_remembered_taken),
		cmocka_unit_test(test_metadata_broken),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_vmi),
		cmocka_unit_test(test_unassigned),
		cmocka_unit_test(test_unassigned_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
