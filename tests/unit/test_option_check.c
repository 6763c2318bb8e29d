/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Options of a device: how they look in the domain, that asking again changes nothing,
 * and what is refused with the names of those who asked.
 */
#include "plan_world.h"

#define A65 "0000:65:00.0"
#define A66 "0000:66:00.0"

#define NEW 12008000UL
#define OLD 9000000UL

#define BACKUP(more)                                                                \
	"<interface type='network'><source network='n'/><teaming type='persistent'" \
	"/><alias name='ua-backup'/>" more "</interface>"
#define CELLS(text) "<cpu><numa>" text "</numa></cpu>"
#define GPU(children)                                                             \
	"<hostdev mode='subsystem' type='pci' managed='no'>" children PCI_SOURCE( \
		"0x65") "<alias name='ua-gpu'/></hostdev>"

/* Gives ua-gpu "key=value key=value", each with an origin of its own. */
static void give(struct world *w, const char *text)
{
	struct vc_options *options = &w->bindings.v[0].options;
	enum vc_opt opt = VC_OPTS;

	while (*text != '\0') {
		size_t len = strcspn(text, "="), value_len = strcspn(text + len, " ");
		char *key = vc_arena_strndup(&w->arena, text, len);
		char *value = vc_arena_strndup(&w->arena, text + len + 1, value_len - 1);

		assert_true(key && value && vc_opt_parse(key, &opt));
		if (vc_options_set(&w->arena, options, opt, value,
		                   vc_arena_printf(&w->arena, "place of %s", key),
		                   &w->err) < 0)
			fail_msg("%s: %s", key, w->err.msg);
		text += len + value_len;
		text += *text == ' ';
	}
}

struct option_case {
	const char *host; /* PCI address, mdev UUID */
	const char *domain;
	unsigned long target;
	const char *options;
	const char *result; /* of <hostdev>; with NULL: */
	const char *message;
};

static const struct option_case written[] = {
	{ A65, DEVICES(""), NEW, "driver.model=mlx5_vfio_pci",
	  "<driver name=\"vfio\" model=\"mlx5_vfio_pci\"/>", NULL },
	{ A65, DEVICES(""), 10000000, "driver.model=mlx5_vfio_pci",
	  "<driver name=\"vfio\" model=\"mlx5_vfio_pci\"/>", NULL },
	{ A65, DEVICES(""), NEW, "driver.iommufd=on",
	  "<driver name=\"vfio\" iommufd=\"yes\"/>", NULL },
	{ A65, DEVICES(GPU("<driver name='vfio' model='a' x='1'/>")), NEW,
	  "driver.model=b driver.iommufd=no",
	  "<driver name=\"vfio\" model=\"b\" x=\"1\" iommufd=\"no\"/>", NULL },
	{ A65, DEVICES(GPU("<driver name='vfio' iommufd='yes'/>")), NEW,
	  "driver.iommufd=off", "iommufd=\"no\"", NULL },
	{ A65, DEVICES(""), OLD, "acpi.index=7", "<acpi index=\"7\"/>", NULL },
	{ MDEV, DEVICES(""), OLD, "acpi.index=7", "<acpi index=\"7\"/>", NULL },
	{ A65, CELLS("<cell id='0'/><cell id='1'/><cell id='2'/>") DEVICES(""), NEW,
	  "acpi.nodeset=2,1", "<acpi nodeset=\"1-2\"/>", NULL },
	{ A65,
	  CELLS("<cell id='1'/>") DEVICES(GPU("<driver name='vfio'/><acpi index='3'/>")),
	  NEW, "acpi.nodeset=1", "<acpi index=\"3\" nodeset=\"1\"/>", NULL },
	{ A65, DEVICES(BACKUP("")), OLD, "teaming=backup",
	  "<teaming type=\"transient\" persistent=\"ua-backup\"/>", NULL },
	{ A65,
	  DEVICES(BACKUP("") GPU("<driver name='vfio'/><teaming type='transient' "
	                         "persistent='ua-other'/>")),
	  OLD, "teaming=ua-backup",
	  "<teaming type=\"transient\" persistent=\"ua-backup\"/>", NULL },
	{ A65, DEVICES(""), OLD, "managed=yes", "managed=\"yes\"", NULL },
	{ A65, DEVICES(GPU("<address type='pci' bus='5'/>")), OLD, "multifunction=on",
	  "slot=\"0x00\" function=\"0x0\" multifunction=\"on\"/>", NULL },
	{ A65, DEVICES(""), NEW, "display=off ramfb=off", "display=\"off\" ramfb=\"off\"",
	  NULL },
	/* what is so anyway is not said to those who do not know it */
	{ A65, DEVICES(""), OLD, "display=off ramfb=off driver.iommufd=off readonly=off",
	  "managed=\"no\">\n<driver name=\"vfio\"/>\n<source>", NULL },
	{ MDEV, DEVICES(""), OLD, "managed=off shareable=off driver.iommufd=off",
	  "model=\"vfio-pci\">\n<source>", NULL },
};

static const struct option_case refused[] = {
	{ A65, DEVICES(""), 9010000, "driver.model=x", NULL,
	  "place of driver.model: alias 'ua-gpu' cannot have driver.model: libvirt knows "
	  "it from 10.0 on, and the target is 9.10.0; see --target-libvirt" },
	{ A65, DEVICES(""), 12000000, "driver.iommufd=on", NULL,
	  "from 12.1 on, and the target is 12.0.0" },
	{ A65, CELLS("<cell id='1'/>") DEVICES(""), 11007000, "acpi.nodeset=1", NULL,
	  "from 11.8 on" },
	{ A65, CELLS("<cell id='1'/>") DEVICES(""), NEW, "acpi.nodeset=1-2", NULL,
	  "place of acpi.nodeset: alias 'ua-gpu' has acpi nodeset '1-2', but the domain "
	  "has no NUMA cell 2" },
	{ A65, DEVICES("<interface><acpi index='7'/></interface>"), OLD, "acpi.index=7",
	  NULL, "place of acpi.index: alias 'ua-gpu' has acpi index 7, which" },
	{ MDEV, DEVICES(""), NEW, "driver.model=x", NULL,
	  "cannot have driver.model: it is of kind mdev, and only pci, network have it" },
	{ MDEV, DEVICES(""), NEW, "driver.iommufd=on", NULL, "it is of kind mdev" },
	{ MDEV, CELLS("<cell id='1'/>") DEVICES(""), NEW, "acpi.nodeset=1", NULL,
	  "only pci have it" },
	{ MDEV, DEVICES(BACKUP("")), OLD, "teaming=backup", NULL, "it is of kind mdev" },
	{ MDEV, DEVICES(""), OLD, "managed=on", NULL,
	  "cannot have managed: it is of kind mdev" },
	{ MDEV, DEVICES(""), OLD, "kind=network", NULL, "it is of kind mdev" },
	{ A65, DEVICES(""), OLD, "readonly=on", NULL, "only nvme, scsi have it" },
	{ A65, DEVICES(""), OLD, "shareable=on", NULL, "only nvme, scsi have it" },
	{ A65, DEVICES(""), OLD, "mac=52:54:00:00:00:01", NULL,
	  "only network, vdpa have it" },
	{ A65, DEVICES(""), OLD, "vlan=5", NULL, "only network have it" },
	{ A65, DEVICES(""), OLD, "teaming=backup", NULL,
	  "place of teaming: alias 'ua-gpu' cannot have teaming with 'ua-backup': the "
	  "domain has no device of that alias" },
	{ A65, DEVICES("<interface type='network'><alias name='ua-backup'/></interface>"),
	  OLD, "teaming=backup", NULL,
	  "the <interface> in line 2 has no <teaming type='persistent'/>" },
	{ A65, DEVICES(""), OLD, "rom.bar=off rom.file=/r", NULL,
	  "place of rom.file: alias 'ua-gpu' cannot have rom.file with rom.bar 'off' "
	  "(place of rom.bar): " },
	{ A65, DEVICES(GPU("<rom bar='off'/>")), OLD, "rom.file=/r", NULL,
	  "cannot have rom.file with rom.bar 'off' (vm.xml:2)" },
	{ A65, DEVICES(GPU("<rom file='/r'/>")), OLD, "rom.bar=off", NULL,
	  "place of rom.bar: alias 'ua-gpu' cannot have rom.bar with rom.file '/r' "
	  "(vm.xml:2)" },
	{ A65, DEVICES(""), NEW, "display=off ramfb=on", NULL,
	  "place of ramfb: alias 'ua-gpu' cannot have ramfb with display 'off' (place of "
	  "display): " },
	{ MDEV, DEVICES(MDEV_DEV("ua-gpu", "display='on' ramfb='on'")), NEW,
	  "display=off", NULL, "cannot have display with ramfb 'on' (vm.xml:2)" },
	{ A65, DEVICES(""), OLD, "multifunction=on", NULL,
	  "cannot have multifunction: it needs guestAddress" },
	{ A65, DEVICES(GPU("<driver name='kvm'/>")), NEW, "driver.iommufd=on", NULL,
	  "place of driver.iommufd: alias 'ua-gpu' cannot have driver.iommufd: it goes "
	  "with driver 'vfio', and the element in line 2 has 'kvm'" },
	{ A65, DEVICES(GPU("<driver name='xen'/>")), NEW, "driver.model=x", NULL,
	  "has 'xen'" },
	{ A65, "<os><boot dev='hd'/></os>" DEVICES(""), OLD, "bootOrder=1", NULL,
	  "place of bootOrder: " },
	{ A65, DEVICES("<controller><address type='pci' bus='5'/></controller>"), OLD,
	  "guestAddress=05:00.0", NULL, "place of guestAddress: " },
};

static struct world world_for(const struct option_case *c)
{
	char xml[2048];
	struct world w;

	(void)snprintf(xml, sizeof(xml), DOMAIN("%s"), c->domain);
	w = world_of(xml);
	add_device(&w, add_claim(&w, "lab", "c", UID_A), "r", c->host);
	add_bind(&w, "gpu=c:r");
	w.input.target_libvirt = c->target;
	give(&w, c->options);
	return w;
}

static void test_written(void **state VC_UNUSED)
{
	for (size_t i = 0; i < VC_ARRAY_SIZE(written); i++) {
		AUTO_WORLD w = world_for(&written[i]);

		must_plan(&w);
		must_settle(&w);
		if (!strstr(w.document->text, written[i].result))
			fail_msg("%s: %s", written[i].options, w.document->text);
		/* what is not asked for stays */
		w.bindings.v[0].options = (struct vc_options){ 0 };
		must_plan(&w);
		assert_int_equal(w.plan.devices.v[0].action, VC_PLAN_KEEP);
	}
}

static void test_refused(void **state VC_UNUSED)
{
	for (size_t i = 0; i < VC_ARRAY_SIZE(refused); i++) {
		AUTO_WORLD w = world_for(&refused[i]);

		must_fail(&w, VC_ERR_REFUSED, refused[i].message);
	}
}

/* An option that is gone from a host device of another kind is not asked for. */
static void test_element_is_not_judged(void **state VC_UNUSED)
{
	AUTO_WORLD w = world_of(DOMAIN(
		DEVICES(GPU("<rom bar='off' file='/r'/><driver name='kvm' iommufd='yes'/>"
	                    "<teaming type='transient' persistent='ua-x'/>"))));

	add_device(&w, add_claim(&w, "lab", "c", UID_A), "r", A66);
	add_bind(&w, "gpu=c:r");
	must_be(&w, "change ua-gpu 0000:65:00.0>0000:66:00.0 recorded own-alias");
	must_settle(&w);
	give(&w, "bootOrder=3");
	must_plan(&w);
}

#define KIND_RECORD(kind)                                                     \
	OURS("<c:device alias='ua-gpu' namespace='lab' claim='c' uid='" UID_A \
	     "' request='r' index='1' made='yes' kind='" kind "'/>")
#define INTERFACE                                                                   \
	"<interface type='hostdev' managed='no'><mac address='52:54:00:00:00:01'/>" \
	"<source><address type='pci' domain='0' bus='0x65' slot='0' function='0'/>" \
	"</source><alias name='ua-gpu'/></interface>"

/* A wish, else the element, else what the element was before it went. */
static void test_kind_is_remembered(void **state VC_UNUSED)
{
	static const struct {
		const char *domain, *options;
		enum vc_kind kind;
	} cases[] = {
		{ DOMAIN(KIND_RECORD("network") DEVICES("")), "", VC_KIND_NETWORK },
		{ DOMAIN(KIND_RECORD("nvme") DEVICES("")), "", VC_KIND_NVME },
		{ DOMAIN(KIND_RECORD("nvme") DEVICES("")), "kind=pci", VC_KIND_PCI },
		{ DOMAIN(KIND_RECORD("nvme") DEVICES(INTERFACE)), "", VC_KIND_NETWORK },
		{ DOMAIN(KIND_RECORD("nvme") DEVICES(GPU(""))), "", VC_KIND_PCI },
		{ DOMAIN(OURS(RECORD("ua-gpu", "1")) DEVICES("")), "", VC_KIND_PCI },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		AUTO_WORLD w = world_of(cases[i].domain);

		add_device(&w, add_claim(&w, "lab", "c", UID_A), "r", A65);
		if (cases[i].options[0] != '\0') {
			add_bind(&w, "gpu=c:r");
			give(&w, cases[i].options);
		}
		must_plan(&w);
		assert_int_equal(w.plan.devices.v[0].host.kind, cases[i].kind);
	}
}

static void test_clash_names_both(void **state VC_UNUSED)
{
	static const struct {
		enum vc_opt opt;
		const char *value, *message;
	} cases[] = {
		{ VC_OPT_BOOT_ORDER, "1", "which 'ua-other' has (place of the other)" },
		{ VC_OPT_ACPI_INDEX, "1",
		  "which 'ua-other' has too (place of the other)" },
		{ VC_OPT_GUEST_ADDRESS, "05:00.0",
		  "which 'ua-other' has (place of the other)" },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		AUTO_WORLD w = world_of(EMPTY);
		struct vc_claim *c = add_simple(&w);
		const char *key = vc_opt_rules[cases[i].opt].key;

		add_device(&w, c, "s", A66);
		add_bind(&w, "gpu=c:r");
		add_bind(&w, "other=c:s");
		give(&w, vc_arena_printf(&w.arena, "%s=%s", key, cases[i].value));
		assert_int_equal(vc_options_set(&w.arena, &w.bindings.v[1].options,
		                                cases[i].opt, cases[i].value,
		                                "place of the other", &w.err),
		                 0);
		must_fail(&w, VC_ERR_REFUSED, cases[i].message);
		must_fail(&w, VC_ERR_REFUSED,
		          vc_arena_printf(&w.arena, "place of %s: ", key));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_written),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_element_is_not_judged),
		cmocka_unit_test(test_kind_is_remembered),
		cmocka_unit_test(test_clash_names_both),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
