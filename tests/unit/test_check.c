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
		{ SITE("read-network"), "denied", VC_ERR_INPUT },
		{ SITE("write-file"), "denied", VC_ERR_INPUT },
		{ SITE("import-outside"), "x.xsl", VC_ERR_INPUT },
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good_sites),
		cmocka_unit_test(test_site_and_kept_device),
		cmocka_unit_test(test_bad_sites),
	};

	return cmocka_run_group_tests_name("check", tests, NULL, NULL);
}
