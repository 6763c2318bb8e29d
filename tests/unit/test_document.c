/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "domain/document.h"
#include "unit.h"

static void test_keeps_the_bytes(void **state VC_UNUSED)
{
	static const char text[] =
		"<?xml version='1.0'?>\n<domain  type='kvm'></domain>\n\n";
	VC_AUTO_DOCUMENT struct vc_document *document = NULL;
	struct vc_err err = VC_ERR_INIT;

	assert_int_equal(
		vc_document_parse(text, sizeof(text) - 1, "vm.xml", &document, &err), 0);
	assert_string_equal(document->text, text);
	assert_int_equal(document->len, sizeof(text) - 1);
	assert_string_equal(document->file, "vm.xml");
}

static void test_refused(void **state VC_UNUSED)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{ "", "vm.xml" },
		{ " ", "vm.xml" },
		{ "{}", "vm.xml:1: " },
		{ "<domain>", "vm.xml:1: " },
		{ "<domain>\n<devices>\n</domain>", "vm.xml:3: " },
		{ "<domain a='1' a='2'/>", "vm.xml:1: " },
		{ "<domain>&nbsp;</domain>", "vm.xml:1: " },
		{ "<domain/><domain/>", "vm.xml:1: " },
		{ "<domain/>x", "vm.xml:1: " },
		{ "<network/>", "expected <domain>" },
		{ "<domain xmlns='urn:x'/>",
		  "<domain> in namespace 'urn:x', expected <domain> in none" },
		{ "<x:domain xmlns:x='urn:x'/>", "in namespace 'urn:x'" },
		{ "<!DOCTYPE domain><domain/>", "DOCTYPE" },
		{ "<!DOCTYPE domain SYSTEM 'file:///etc/passwd'><domain/>", "DOCTYPE" },
		{ "<!DOCTYPE d [<!ENTITY a 'b'>]><domain>&a;</domain>", "DOCTYPE" },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		struct vc_document *document = NULL;
		struct vc_err err = VC_ERR_INIT;

		assert_int_equal(vc_document_parse(cases[i].text, strlen(cases[i].text),
		                                   "vm.xml", &document, &err),
		                 -VC_ERR_INPUT);
		assert_null(document);
		if (!strstr(err.msg, cases[i].message))
			fail_msg("'%s': %s", cases[i].text, err.msg);
	}
}

static void test_nul_byte(void **state VC_UNUSED)
{
	static const char text[] = "<domain>\0</domain>";
	struct vc_document *document = NULL;
	struct vc_err err = VC_ERR_INIT;

	assert_int_equal(
		vc_document_parse(text, sizeof(text) - 1, "vm.xml", &document, &err),
		-VC_ERR_INPUT);
	assert_null(document);
	assert_non_null(strstr(err.msg, "NUL"));
}

static void test_too_deep(void **state VC_UNUSED)
{
	static char text[600 * 3 + 64] = "<domain>";
	struct vc_document *document = NULL;
	struct vc_err err = VC_ERR_INIT;
	size_t len = strlen(text);

	for (size_t i = 0; i < 600; i++, len += 3)
		memcpy(text + len, "<a>", 4);
	assert_int_equal(vc_document_parse(text, len, "vm.xml", &document, &err),
	                 -VC_ERR_INPUT);
	assert_null(document);
}

static void test_helpers(void **state VC_UNUSED)
{
	static const char text[] = "<domain>\n<o:name xmlns:o='urn:o'/>\n"
				   "<name a='1' o:a='2' xmlns:o='urn:o'/></domain>";
	VC_AUTO_DOCUMENT struct vc_document *document = NULL;
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_err err = VC_ERR_INIT;
	char *value = NULL;
	xmlNodePtr node;

	assert_int_equal(
		vc_document_parse(text, sizeof(text) - 1, "vm.xml", &document, &err), 0);
	node = vc_xml_child(xmlDocGetRootElement(document->xml), "name");
	assert_non_null(node);
	assert_int_equal(xmlGetLineNo(node), 3);
	assert_int_equal(vc_xml_attribute(&arena, node, "a", &value, &err), 0);
	assert_string_equal(value, "1");
	assert_int_equal(vc_xml_attribute(&arena, node, "b", &value, &err), 0);
	assert_null(value);
	assert_int_equal(vc_xml_fail(document, node, &err, VC_ERR_REFUSED, "not %d", 7),
	                 -VC_ERR_REFUSED);
	assert_string_equal(err.msg, "vm.xml:3: not 7");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keeps_the_bytes), cmocka_unit_test(test_refused),
		cmocka_unit_test(test_nul_byte),        cmocka_unit_test(test_too_deep),
		cmocka_unit_test(test_helpers),
	};

	return cmocka_run_group_tests_name("document", tests, NULL, NULL);
}
