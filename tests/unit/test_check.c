/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <unistd.h>

#include "domain/check.h"
#include "domain/xml.h"
#include "domain_util.h"

#define SITE(name) VC_FIXTURES "/sites/" name ".xsl"

#define DOMAIN                                                                   \
	"<domain>\n"                                                             \
	"  <name>n</name>\n"                                                     \
	"  <description>&lt;/description>&lt;devices>&lt;hostdev/>&lt;/devices>" \
	"&lt;description></description>\n"                                       \
	"  <devices>\n"                                                          \
	"    <panic model='isa'/>\n"                                             \
	"  </devices>\n"                                                         \
	"</domain>\n"

static void plan_one(struct rig *rig)
{
	rig_device(rig, VC_PLAN_ADD, "ua-a", 0, "0000:65:00.0");
}

static void test_good_sites(void **state VC_UNUSED)
{
	static const struct {
		const char *site, *text;
	} cases[] = {
		{ SITE("rom-off"), "\n      <rom bar=\"off\"/>\n" },
		{ SITE("imports"), "\n      <rom bar=\"off\"/>\n" },
		{ SITE("message"), "\n      <alias name=\"ua-a\"/>\n" },
		{ SITE("strip-space"), "<alias name=\"ua-a\"/>" },
		{ VC_FIXTURES "/../../xslt/examples/site-rom-off.xsl",
		  "\n      <rom bar=\"off\"/>\n" },
	};
	static const char *const vendor = "8086";
	struct vc_attribute attribute = {
		.name = (char[]){ VC_ATTR_VENDOR_ID },
		.type = VC_ATTRIBUTE_STRING,
		.n = 1,
	};
	struct vc_device device = VC_DEVICE_INIT;

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		struct rig rig = RIG_INIT;
		char *text = rig_text(&rig, vendor);

		attribute.strings = &text;
		device.attributes.v = &attribute;
		device.attributes.n = 1;
		plan_one(&rig);
		rig.plan.devices.v[0].device = &device;
		if (rig_apply(&rig, DOMAIN, cases[i].site) < 0)
			fail_msg("%s", rig.err.msg);
		assert_true(rig.result.changed);
		assert_non_null(strstr(rig.result.text, cases[i].text));
		rig_release(&rig);
	}
}

/* A device that we keep is the site's business too, and only once. */
static void test_site_and_kept_device(void **state VC_UNUSED)
{
	const char *xml = "<domain><devices><hostdev type=\"pci\"><source/>"
			  "<alias name=\"ua-a\"/></hostdev></devices></domain>\n";
	const char *off = "<domain><devices><hostdev type=\"pci\"><source/>"
			  "<alias name=\"ua-a\"/><rom bar=\"off\"/></hostdev></devices>"
			  "</domain>\n";
	struct rig rig = RIG_INIT;

	rig.plan.metadata = false;
	rig_device(&rig, VC_PLAN_KEEP, "ua-a", 1, NULL);
	assert_int_equal(rig_apply(&rig, xml, SITE("rom-off")), 0);
	assert_string_equal(rig.result.text, off);
	assert_int_equal(rig_apply(&rig, off, SITE("rom-off")), 0);
	assert_string_equal(rig.result.text, off);
	assert_false(rig.result.changed);
	rig.plan.devices.n = 0;
	assert_int_equal(rig_apply(&rig, xml, SITE("bad-empty")), 0);
	assert_false(rig.result.changed);
	rig_release(&rig);
}

/* A site's xsl:strip-space moves every node of what it transforms, but not of what the
 * result is compared with: the wrong device would be written, and is not let through. */
static void test_site_moves_nodes(void **state VC_UNUSED)
{
	const char *xml = "<domain><devices>\n"
			  "<hostdev type='pci'><source/><alias name='ua-a'/></hostdev>\n"
			  "<hostdev type='pci'><source/><alias name='ua-b'/></hostdev>\n"
			  "</devices></domain>";
	struct rig rig = RIG_INIT;

	rig.plan.metadata = false;
	rig_device(&rig, VC_PLAN_CHANGE, "ua-a", 2, "0000:65:00.0");
	assert_int_equal(rig_apply(&rig, xml, SITE("strip-space")), -VC_ERR_REFUSED);
	assert_null(rig.result.text);
	rig_release(&rig);
}

static void test_bad_sites(void **state VC_UNUSED)
{
	static const struct {
		const char *site, *message;
		enum vc_err_kind kind;
	} cases[] = {
		{ SITE("bad-address"), "'ua-a': its host device", VC_ERR_REFUSED },
		{ SITE("bad-second-address"), "'ua-a': its host device", VC_ERR_REFUSED },
		{ SITE("bad-second-source"), "'ua-a': a child is there twice",
		  VC_ERR_REFUSED },
		{ SITE("bad-nested"), "'ua-a': an unknown child", VC_ERR_REFUSED },
		{ SITE("bad-prefixes"), "needs exclude-result-prefixes", VC_ERR_REFUSED },
		{ SITE("bad-guest-address"), "'ua-a': its guest address",
		  VC_ERR_REFUSED },
		{ SITE("bad-alias"), "<hostdev> was added", VC_ERR_REFUSED },
		{ SITE("bad-managed"), "'ua-a': its attributes", VC_ERR_REFUSED },
		{ SITE("bad-hostdev"), "<panic> of line 5", VC_ERR_REFUSED },
		{ SITE("bad-disk"), "<panic> of line 5", VC_ERR_REFUSED },
		{ SITE("bad-twice"), "<hostdev> was added", VC_ERR_REFUSED },
		{ SITE("bad-nothing"), "'ua-a' is missing", VC_ERR_REFUSED },
		{ SITE("bad-domain"), "<name> of line 2", VC_ERR_REFUSED },
		{ SITE("bad-attribute"), "<domain> itself", VC_ERR_REFUSED },
		{ SITE("bad-namespace"), "<name> of line 2", VC_ERR_REFUSED },
		{ SITE("bad-metadata"), "our metadata", VC_ERR_REFUSED },
		{ SITE("bad-record"), "our metadata", VC_ERR_REFUSED },
		{ SITE("bad-escape"), "<description> of line 3", VC_ERR_REFUSED },
		{ SITE("bad-comment"), "<domain> of line 1", VC_ERR_REFUSED },
		{ SITE("bad-root"), "<domain> itself", VC_ERR_REFUSED },
		{ SITE("bad-empty"), "the rewritten domain", VC_ERR_REFUSED },
		{ SITE("stop"), "no card goes to ua-a", VC_ERR_REFUSED },
		{ SITE("broken-xpath"), "1 +", VC_ERR_INPUT },
		{ SITE("broken-xslt"), "template", VC_ERR_INPUT },
		{ SITE("broken-xml"), "broken-xml.xsl:5: ", VC_ERR_INPUT },
		{ SITE("doctype"), "DOCTYPE", VC_ERR_INPUT },
		{ SITE("endless"), "recursion", VC_ERR_INPUT },
		{ SITE("endless-wide"), "limit", VC_ERR_INPUT },
		{ SITE("read-file"), "denied", VC_ERR_INPUT },
		{ SITE("read-absolute"), "denied", VC_ERR_INPUT },
		{ SITE("read-url"), "denied", VC_ERR_INPUT },
		{ SITE("read-network"), "denied", VC_ERR_INPUT },
		{ SITE("write-file"), "denied", VC_ERR_INPUT },
		{ SITE("import-outside"), "x.xsl", VC_ERR_INPUT },
		{ SITE("import-encoded"), "message.xsl", VC_ERR_INPUT },
		{ SITE("import-link"), "link.xsl", VC_ERR_INPUT },
		{ SITE("import-absolute"), "passwd", VC_ERR_INPUT },
		{ SITE("import-network"), "127.0.0.1", VC_ERR_INPUT },
		{ SITE("import-missing"), "nowhere.xsl", VC_ERR_INPUT },
		{ SITE("import-itself"), "recursion", VC_ERR_INPUT },
		{ SITE("missing"), "missing.xsl", VC_ERR_INPUT },
		{ "/nonexistent/site.xsl", "/nonexistent", VC_ERR_ABSENT },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		struct rig rig = RIG_INIT;
		int r = 0;

		plan_one(&rig);
		r = rig_apply(&rig, DOMAIN, cases[i].site);
		if (r != -(int)cases[i].kind || !strstr(rig.err.msg, cases[i].message) ||
		    !strstr(rig.err.msg, "site stylesheet '"))
			fail_msg("%s: %d: %s", cases[i].site, r, rig.err.msg);
		assert_null(rig.result.text);
		rig_release(&rig);
	}
	assert_int_not_equal(access("written.xml", F_OK), 0);
	assert_int_not_equal(access(VC_FIXTURES "/sites/written.xml", F_OK), 0);
}

/* The result of a rewrite, by hand, one replacement at a time: each is a way in which a
 * stylesheet could do wrong. */
#define BEFORE                                                                    \
	"<!-- head --><domain type='kvm'>\n"                                      \
	"<name>n</name>\n"                                                        \
	"<metadata><o:o xmlns:o='urn:o'/></metadata><os xmlns:z='urn:z'/>\n"      \
	"<devices>\n"                                                             \
	"<disk type='file'><target dev='vda'/></disk>\n"                          \
	"<hostdev mode='subsystem' type='pci' managed='no'><driver name='vfio'/>" \
	"<source><address domain='0' bus='1' slot='2' function='3'/></source>"    \
	"<alias name='ua-c'/><rom bar='on'/><address type='pci' bus='5'/>"        \
	"<!-- c --></hostdev>\n"                                                  \
	"<hostdev type='usb'><source/></hostdev>\n"                               \
	"<hostdev type='pci'><source/><alias name='ua-r'/></hostdev>\n"           \
	"<hostdev type='pci'><source/><alias name='ua-k'/></hostdev>\n"           \
	"<hostdev type='pci'><source/><alias name='ua-u'/></hostdev>\n"           \
	"</devices>\n"                                                            \
	"</domain>"

static const char after[] =
	"<!-- head --><domain type='kvm'>\n"
	"<name>n</name>\n"
	"<metadata><o:o xmlns:o='urn:o'/><q:claims xmlns:q='urn:virt-claim:domain:1'>"
	"<q:device alias='ua-c' claim='c' request='r' index='1'/>"
	"<q:device alias='ua-k' claim='c' request='r' index='1'/>"
	"<q:device alias='ua-n' claim='c' request='r' index='1' made='yes'/>"
	"</q:claims></metadata><os xmlns:z='urn:z'/>\n"
	"<devices>\n"
	"<disk type='file'><target dev='vda'/></disk>\n"
	"<hostdev mode='subsystem' type='pci' managed='no'><driver name='vfio'/>"
	"<source><address domain='0x0000' bus='0x65' slot='0x00' function='0x0'/></source>"
	"<alias name='ua-c'/><rom bar='on'/><address type='pci' bus='5'/><!-- c -->"
	"</hostdev>\n"
	"<hostdev type='usb'><source/></hostdev>\n"
	"<hostdev type='pci'><source/><alias name='ua-k'/></hostdev>\n"
	"<hostdev type='pci'><source/></hostdev>\n"
	"<hostdev mode='subsystem' type='pci' managed='no'><driver name='vfio'/><source>"
	"<address domain='0x0000' bus='0x66' slot='0x00' function='0x0'/></source>"
	"<boot order='2'/><alias name='ua-n'/>"
	"<address type='pci' domain='0x0000' bus='0x07' slot='0x00' function='0x0'/>"
	"</hostdev>\n"
	"</devices>\n"
	"</domain>";

static void plan_all(struct rig *rig)
{
	struct vc_plan_device *device = NULL;

	rig_device(rig, VC_PLAN_CHANGE, "ua-c", 4, "0000:65:00.0");
	rig_device(rig, VC_PLAN_REMOVE, "ua-r", 8, NULL);
	rig_device(rig, VC_PLAN_KEEP, "ua-k", 10, NULL);
	rig_device(rig, VC_PLAN_UNBIND, "ua-u", 12, NULL);
	device = rig_device(rig, VC_PLAN_ADD, "ua-n", 0, "0000:66:00.0");
	device->options.boot_order = 2;
	device->options.address = (struct vc_guest_address){ .set = true, .bus = 7 };
}

/* @from becomes @to, once, in the result. */
static int check_mutant(struct rig *rig, const char *from, const char *to,
                        const char *site)
{
	const char *at = strstr(after, from);
	VC_AUTO_XML xmlDocPtr doc = NULL;
	struct vc_check_input input = {
		.plan = &rig->plan,
		.metadata = true,
		.site = site,
	};
	char text[4096];

	assert_non_null(at);
	(void)snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - after), after, to,
	               at + strlen(from));
	vc_document_free(rig->document);
	rig->document = NULL;
	assert_int_equal(vc_document_parse(BEFORE, strlen(BEFORE), "d.xml",
	                                   &rig->document, &rig->err),
	                 0);
	assert_int_equal(vc_xml_read(text, strlen(text), "after", &doc, &rig->err), 0);
	input.before = rig->document;
	input.after = doc;
	return vc_check_result(&rig->arena, &input, &rig->err);
}

static void test_result_as_planned(void **state VC_UNUSED)
{
	static const char *const same[][2] = {
		{ "<name>", "<name>" },
		{ "</disk>\n", "</disk>\n\n\n\t" },
		{ "<devices>\n", "<devices>" },
		{ "type='kvm'", "type=\"kvm\"" },
		{ "mode='subsystem' type='pci' managed='no'",
		  "managed='no' mode='subsystem' type='pci'" },
		{ "<driver name='vfio'/><source>", "<driver name='vfio'/> <source> " },
		{ "<name>n</name>", "<name><![CDATA[n]]></name>" },
		{ "<q:claims xmlns:q='urn:virt-claim:domain:1'>",
		  "<q:claims xmlns:q='urn:virt-claim:domain:1'><!-- x --> " },
	};
	struct rig rig = RIG_INIT;

	plan_all(&rig);
	for (size_t i = 0; i < VC_ARRAY_SIZE(same); i++) {
		if (check_mutant(&rig, same[i][0], same[i][1], NULL) < 0)
			fail_msg("%zu: %s", i, rig.err.msg);
		assert_int_equal(check_mutant(&rig, same[i][0], same[i][1], "s"), 0);
	}
	rig_release(&rig);
}

static const struct {
	const char *from, *to, *message;
} mutants[] = {
	/* outside of ours */
	{ "<!-- head -->", "", "a comment of line 1" },
	{ "<!-- head -->", "<!-- head --><!-- x -->", "<domain> of line 1" },
	{ "</domain>", "</domain><!-- x -->", "a comment was added" },
	{ "type='kvm'", "type='qemu'", "<domain> itself" },
	{ "type='kvm'", "type='kvm' id='1'", "<domain> itself" },
	{ "type='kvm'", "type='kvm' xmlns:x='urn:x'", "<domain> itself" },
	{ "<name>n", "<name>n ", "<name> of line 2" },
	{ "<name>n", "<!-- x --><name>n", "<name> of line 2" },
	{ "<name>n</name>", "", "<name> of line 2" },
	{ "</name>", "</name><os/>", "<metadata> of line 3" },
	{ "</devices>\n", "</devices><os/>", "<os> was added" },
	{ "<os xmlns:z='urn:z'/>", "<os/>", "<os> of line 3" },
	{ "<os xmlns:z='urn:z'/>", "<os xmlns:z='urn:y'/>", "<os> of line 3" },
	{ "</devices>\n", "</devices><devices/>", "<devices> was added" },
	{ "<o:o xmlns:o='urn:o'/>", "", "<o> of line 3 is missing" },
	{ "xmlns:o='urn:o'/>", "xmlns:o='urn:o'/><x/>", "<x> was added" },
	{ "<devices>", "<devices x='y'>", "<devices> is not" },
	{ "<metadata>", "<metadata x='y'>", "<metadata> is not" },
	{ "dev='vda'", "dev='vdb'", "<disk> of line 5" },
	{ "<target dev='vda'/>", " <target dev='vda'/>", "<disk> of line 5" },
	{ "<hostdev type='usb'><source/></hostdev>", "", "<hostdev> of line 7" },
	{ "<hostdev type='usb'>", "<hostdev/><hostdev type='usb'>",
	  "<hostdev> of line 7" },
	{ "</hostdev>\n</devices>", "</hostdev><hostdev/></devices>",
	  "<hostdev> was added" },
	{ "</hostdev>\n</devices>", "</hostdev><!-- x --></devices>",
	  "a comment was added" },
	{ "<hostdev type='usb'>",
	  "<hostdev type='pci'><source/><alias name='ua-r'/></hostdev>"
	  "<hostdev type='usb'>",
	  "<hostdev> of line 7" },
	/* host side */
	{ "bus='0x65'", "bus='0x64'", "'ua-c': its host device" },
	{ "domain='0x0000' bus='0x65'", "domain='0x0001' bus='0x65'",
	  "'ua-c': its host device" },
	{ "bus='0x65' slot='0x00'", "bus='0x65' slot='0x01'", "'ua-c': its host device" },
	{ "slot='0x00' function='0x0'/></source><alias name='ua-c'",
	  "slot='0x00' function='0x1'/></source><alias name='ua-c'",
	  "'ua-c': its host device" },
	{ "bus='0x66'", "bus='0x65'", "'ua-n': its host device" },
	{ "<source><address domain='0x0000' bus='0x65'",
	  "<source startupPolicy='x'><address domain='0x0000' bus='0x65'",
	  "'ua-c': its host device" },
	{ "type='pci' managed='no'><driver name='vfio'/><source>"
	  "<address domain='0x0000' bus='0x65'",
	  "type='mdev' managed='no'><driver name='vfio'/><source>"
	  "<address domain='0x0000' bus='0x65'",
	  "'ua-c': its attributes" },
	{ "mode='subsystem'", "", "'ua-c': its attributes" },
	{ "mode='subsystem'", "mode='capabilities'", "'ua-c': its attributes" },
	{ "mode='subsystem'", "mode='subsystem' display='on'", "'ua-c': its attributes" },
	{ "managed='no'><driver name='vfio'/><source><address domain='0x0000' "
	  "bus='0x66'",
	  "managed='yes'><driver name='vfio'/><source><address domain='0x0000' "
	  "bus='0x66'",
	  "'ua-n': its attributes" },
	/* aliases, guest addresses, the rest */
	{ "<alias name='ua-c'/>", "<alias name='ua-x'/>", "'ua-c': its alias" },
	{ "<alias name='ua-c'/>", "", "'ua-c': its alias" },
	{ "<alias name='ua-c'/>", "<alias name='ua-c'/><alias name='ua-c'/>",
	  "'ua-c': a child is there twice" },
	{ "<alias name='ua-n'/>", "<alias name='ua-x'/>", "<hostdev> was added" },
	{ "<alias name='ua-k'/>", "", "'ua-k': " },
	{ "<hostdev type='pci'><source/></hostdev>",
	  "<hostdev type='pci'><source/><alias name='ua-u'/></hostdev>",
	  "'ua-u': its alias" },
	{ "<hostdev type='pci'><source/></hostdev>", "", "'ua-u'" },
	{ "bus='5'", "bus='6'", "'ua-c': its guest address" },
	{ "<address type='pci' bus='5'/>", "", "'ua-c': its guest address" },
	{ "bus='0x07'", "bus='0x08'", "'ua-n': its guest address" },
	{ "<address type='pci' domain='0x0000' bus='0x07' slot='0x00' "
	  "function='0x0'/>",
	  "", "'ua-n': its guest address" },
	{ "<!-- c -->", "", "'ua-c': something" },
	{ "<!-- c -->", "<!-- c --><x/>", "'ua-c': something" },
	{ "<!-- c --></hostdev>", "<!-- c --></hostdev><hostdev/>",
	  "<hostdev> of line 7" },
	/* our metadata */
	{ "<q:device alias='ua-k' claim='c' request='r' index='1'/>", "",
	  "our metadata" },
	{ "<q:device alias='ua-k' claim='c' request='r' index='1'/>",
	  "<q:device alias='ua-c' claim='c' request='r' index='1'/>", "our metadata" },
	{ "claim='c'", "claim='d'", "our metadata" },
	{ "made='yes'", "", "our metadata" },
	{ "made='yes'", "made='yes' x='y'", "our metadata" },
	{ "</q:claims>", "<q:device alias='ua-z'/></q:claims>", "our metadata" },
	{ "</q:claims>", "</q:claims><q:claims xmlns:q='urn:virt-claim:domain:1'/>",
	  "our metadata" },
	{ "<q:claims ", "<q:claims x='y' ", "our metadata" },
};

static void test_result_mutated(void **state VC_UNUSED)
{
	for (size_t i = 0; i < VC_ARRAY_SIZE(mutants); i++) {
		struct rig rig = RIG_INIT;

		plan_all(&rig);
		if (check_mutant(&rig, mutants[i].from, mutants[i].to, "s.xsl") !=
		            -VC_ERR_REFUSED ||
		    !strstr(rig.err.msg, mutants[i].message) ||
		    !strstr(rig.err.msg, "site stylesheet 's.xsl': "))
			fail_msg("%zu: %s", i, rig.err.msg);
		assert_int_equal(check_mutant(&rig, mutants[i].from, mutants[i].to, NULL),
		                 -VC_ERR_INTERNAL);
		assert_non_null(strstr(rig.err.msg, "d.xml: the rewritten domain: "));
		rig_release(&rig);
	}
}

/* What a site may alter, and nobody else. */
static void test_result_of_site(void **state VC_UNUSED)
{
	static const char *const altered[][3] = {
		{ "<rom bar='on'/>", "<rom bar='off'/>", "<rom>" },
		{ "<rom bar='on'/>", "", "<rom>" },
		{ "<driver name='vfio'/>", "<driver iommufd='yes'/>", "<driver>" },
		{ "<alias name='ua-n'/>", "<alias name='ua-n'/><acpi index='1'/>",
		  "<acpi>" },
		{ "<alias name='ua-n'/>",
		  "<alias name='ua-n'/><teaming type='transient' persistent='ua-x'/>",
		  "<teaming>" },
		{ "<boot order='2'/>", "<boot order='3'/>", "<boot>" },
		{ "<boot order='2'/>", "", "<boot>" },
	};
	struct rig rig = RIG_INIT;

	plan_all(&rig);
	for (size_t i = 0; i < VC_ARRAY_SIZE(altered); i++) {
		assert_int_equal(check_mutant(&rig, altered[i][0], altered[i][1], "s"),
		                 0);
		assert_int_equal(check_mutant(&rig, altered[i][0], altered[i][1], NULL),
		                 -VC_ERR_INTERNAL);
		assert_non_null(strstr(rig.err.msg, altered[i][2]));
		rig.err = (struct vc_err)VC_ERR_INIT;
	}
	rig_release(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good_sites),
		cmocka_unit_test(test_site_and_kept_device),
		cmocka_unit_test(test_site_moves_nodes),
		cmocka_unit_test(test_bad_sites),
		cmocka_unit_test(test_result_as_planned),
		cmocka_unit_test(test_result_mutated),
		cmocka_unit_test(test_result_of_site),
	};

	return cmocka_run_group_tests_name("check", tests, NULL, NULL);
}
