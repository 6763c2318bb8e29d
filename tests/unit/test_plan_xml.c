/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <libxml/relaxng.h>

#include "domain/xml.h"
#include "domain_util.h"

#define PARTS                                                                      \
	"<driver/><teaming/><source/><readonly/><shareable/><boot/><alias/><rom/>" \
	"<acpi/><address/>"
#define RECORD "<record alias=\"ua-a\" claim=\"c\" request=\"r\" index=\"1\"/>"

static void quiet(void *data VC_UNUSED, vc_xml_error error VC_UNUSED)
{
}

/* 0 when @doc is valid by schemas/plan.rng */
static int validate_plan(xmlDocPtr doc)
{
	xmlRelaxNGParserCtxtPtr parser =
		xmlRelaxNGNewParserCtxt(VC_FIXTURES "/../../schemas/plan.rng");
	xmlRelaxNGPtr schema = xmlRelaxNGParse(parser);
	xmlRelaxNGValidCtxtPtr ctxt = NULL;
	int r = 0;

	assert_non_null(schema);
	ctxt = xmlRelaxNGNewValidCtxt(schema);
	assert_non_null(ctxt);
	xmlRelaxNGSetValidStructuredErrors(ctxt, quiet, NULL);
	r = xmlRelaxNGValidateDoc(ctxt, doc);
	xmlRelaxNGFreeValidCtxt(ctxt);
	xmlRelaxNGFree(schema);
	xmlRelaxNGFreeParserCtxt(parser);
	return r;
}

/* The plan as text, which is also valid. */
static void expect_plan(struct rig *rig, const char *expected)
{
	VC_AUTO_XML xmlDocPtr doc = NULL;
	VC_AUTOFREE char *text = NULL;
	size_t len = 0;

	assert_int_equal(vc_plan_to_xml(&rig->plan, &doc, &rig->err), 0);
	assert_int_equal(validate_plan(doc), 0);
	assert_int_equal(vc_xml_write(doc, VC_XML_BARE, &text, &len, &rig->err), 0);
	assert_string_equal(text, expected);
}

static void test_metadata_word(void **state VC_UNUSED)
{
	struct rig rig = RIG_INIT;

	expect_plan(&rig,
	            "<plan xmlns=\"urn:virt-claim:plan:1\" metadata=\"remove\"/>\n");
	rig.plan.metadata = false;
	expect_plan(&rig, "<plan xmlns=\"urn:virt-claim:plan:1\" metadata=\"keep\"/>\n");
	rig.plan.metadata = true;
	rig_device(&rig, VC_PLAN_KEEP, "ua-a", 3, NULL);
	expect_plan(&rig,
	            "<plan xmlns=\"urn:virt-claim:plan:1\" metadata=\"write\">"
	            "<device action=\"keep\" kind=\"unknown\" "
	            "element=\"hostdev\" at=\"3\" "
	            "alias=\"ua-a\" recorded=\"yes\">" PARTS RECORD "</device></plan>\n");
	rig_release(&rig);
}

static void test_write(void **state VC_UNUSED)
{
	struct rig rig = RIG_INIT;
	struct vc_plan_device *device =
		rig_device(&rig, VC_PLAN_CHANGE, "ua-a", 1, "ffffffff:ff:1f.7");

	rig.plan.metadata = false;
	device->recorded = false;
	device->managed = VC_YES;
	device->options = (struct vc_options){
		.address = { .set = true, .bus = 255, .slot = 31, .function = 7 },
		.boot_order = 4294967295u,
		.rom_bar = VC_YES,
		.rom_file = rig_text(&rig, ""),
		.display = VC_NO,
		.ramfb = VC_YES,
		.driver_model = rig_text(&rig, "m"),
		.iommufd = VC_YES,
		.teaming = rig_text(&rig, "ua-b"),
		.acpi_index = 5,
		.acpi_nodeset = rig_text(&rig, "1-8"),
	};
	expect_plan(&rig,
	            "<plan xmlns=\"urn:virt-claim:plan:1\" metadata=\"keep\">"
	            "<device action=\"change\" kind=\"pci\" element=\"hostdev\" at=\"1\" "
	            "alias=\"ua-a\" write=\"yes\" type=\"pci\" managed=\"yes\" "
	            "display=\"off\" ramfb=\"on\">"
	            "<driver model=\"m\" iommufd=\"yes\"/>"
	            "<teaming type=\"transient\" persistent=\"ua-b\"/>"
	            "<source><address domain=\"0xffffffff\" bus=\"0xff\" slot=\"0x1f\" "
	            "function=\"0x7\"/></source><readonly/><shareable/>"
	            "<boot order=\"4294967295\"/><alias name=\"ua-a\"/>"
	            "<rom bar=\"on\" file=\"\"/>"
	            "<acpi index=\"5\" nodeset=\"1-8\"/>"
	            "<address type=\"pci\" domain=\"0x0000\" bus=\"0xff\" slot=\"0x1f\" "
	            "function=\"0x7\"/>" RECORD "</device></plan>\n");
	rig_release(&rig);
}

/* Attributes are there to select by; what XML cannot hold is left out. */
static void test_attributes(void **state VC_UNUSED)
{
	struct rig rig = RIG_INIT;
	int64_t ints[] = { INT64_MIN, 7 };
	bool bools[] = { true, false };
	char *strings[] = { rig_text(&rig, "a<&>\n"), rig_text(&rig, "b\001"),
		            rig_text(&rig, "\xff"), rig_text(&rig, "\xef\xbf\xbe"),
		            rig_text(&rig, "\xed\xa0\x80") };
	struct vc_attribute attributes[] = {
		{ .name = rig_text(&rig, "d/i"),
		  .type = VC_ATTRIBUTE_INT,
		  .n = 2,
		  .ints = ints },
		{ .name = rig_text(&rig, "d/b"),
		  .type = VC_ATTRIBUTE_BOOL,
		  .n = 2,
		  .bools = bools },
		{ .name = rig_text(&rig, "d/s"),
		  .type = VC_ATTRIBUTE_STRING,
		  .n = 5,
		  .strings = strings },
		{ .name = rig_text(&rig, "d/v"),
		  .type = VC_ATTRIBUTE_VERSION,
		  .n = 1,
		  .strings = strings },
	};
	struct vc_device device = VC_DEVICE_INIT;

	device.attributes.v = attributes;
	device.attributes.n = VC_ARRAY_SIZE(attributes);
	rig.plan.metadata = false;
	rig_device(&rig, VC_PLAN_KEEP, "ua-a", 1, NULL)->device = &device;
	expect_plan(
		&rig,
		"<plan xmlns=\"urn:virt-claim:plan:1\" metadata=\"keep\">"
		"<device action=\"keep\" kind=\"unknown\" element=\"hostdev\" at=\"1\" "
		"alias=\"ua-a\" recorded=\"yes\">" PARTS RECORD
		"<attribute name=\"d/i\" type=\"int\" "
		"value=\"-9223372036854775808\"/>"
		"<attribute name=\"d/i\" type=\"int\" value=\"7\"/>"
		"<attribute name=\"d/b\" type=\"bool\" value=\"true\"/>"
		"<attribute name=\"d/b\" type=\"bool\" value=\"false\"/>"
		"<attribute name=\"d/s\" type=\"string\" value=\"a&lt;&amp;&gt;&#10;\"/>"
		"<attribute name=\"d/v\" type=\"version\" "
		"value=\"a&lt;&amp;&gt;&#10;\"/>"
		"</device></plan>\n");
	rig_release(&rig);
}

static void test_refused_text(void **state VC_UNUSED)
{
	static const char *const texts[] = { "\001", "a\037",        "\x80",
		                             "\xc3", "\xef\xbf\xbf", "\xed\xbf\xbf" };

	for (size_t i = 0; i < VC_ARRAY_SIZE(texts); i++) {
		struct rig rig = RIG_INIT;
		xmlDocPtr doc = NULL;

		rig_device(&rig, VC_PLAN_ADD, "ua-a", 0, "0000:65:00.0")->uid =
			rig_text(&rig, texts[i]);
		rig_device(&rig, VC_PLAN_ADD, "ua-b", 0, "0000:66:00.0");
		assert_int_equal(vc_plan_to_xml(&rig.plan, &doc, &rig.err),
		                 -VC_ERR_INPUT);
		assert_string_equal(rig.err.msg,
		                    "'ua-a': uid has characters that XML cannot hold");
		assert_null(doc);
		rig_release(&rig);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_metadata_word),
		cmocka_unit_test(test_write),
		cmocka_unit_test(test_attributes),
		cmocka_unit_test(test_refused_text),
	};

	return cmocka_run_group_tests_name("plan_xml", tests, NULL, NULL);
}
