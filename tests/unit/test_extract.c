/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdbool.h>
#include <string.h>

#include "domain/extract.h"
#include "unit.h"

#define DOMAIN                                                                         \
	"<domain><metadata><o:x xmlns:o='urn:other'/>"                                 \
	"<vc:claims xmlns:vc='urn:virt-claim:domain:1' xmlns:y='urn:y'>"               \
	"<vc:device alias='ua-a' request='r&amp;s' y:note='1'><vc:later/></vc:device>" \
	"<y:foreign vc:mark='2'/></vc:claims></metadata><devices>"                     \
	"<disk type='file'><source file='ua-a'/></disk>"                               \
	"<hostdev mode='subsystem' type='pci'><alias name='ua-a'/></hostdev>"          \
	"<controller type='scsi' index='2'><alias name='ua-b'/></controller></devices></domain>"

static char untouched[] = "untouched";

static void test_device(void **state VC_UNUSED)
{
	static const struct {
		const char *alias, *element;
	} cases[] = {
		{ "ua-a", "<hostdev mode=\"subsystem\" type=\"pci\">"
		          "<alias name=\"ua-a\"/></hostdev>" },
		{ "ua-b",
		  "<controller type=\"scsi\" index=\"2\"><alias name=\"ua-b\"/></controller>" },
		{ "ua", NULL },
		{ "", NULL },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
		struct vc_err err = VC_ERR_INIT;
		char *element = untouched;

		assert_int_equal(vc_extract_device(&arena, DOMAIN, strlen(DOMAIN),
		                                   cases[i].alias, &element, &err),
		                 0);
		if (cases[i].element)
			assert_string_equal(element, cases[i].element);
		else
			assert_null(element);
	}
}

static void test_controller(void **state VC_UNUSED)
{
	static const struct {
		const char *type;
		unsigned index;
		bool found;
	} cases[] = {
		{ "scsi", 2, true },
		{ "scsi", 0, false },
		{ "pci", 2, false },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
		struct vc_err err = VC_ERR_INIT;
		char *element = untouched;

		assert_int_equal(vc_extract_controller(&arena, DOMAIN, strlen(DOMAIN),
		                                       cases[i].type, cases[i].index,
		                                       &element, &err),
		                 0);
		assert_int_equal(element != NULL, cases[i].found);
		assert_ptr_not_equal(element, untouched);
	}
}

/* Everything of ours leaves our namespace, nothing of others leaves theirs. */
static void test_metadata(void **state VC_UNUSED)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_err err = VC_ERR_INIT;
	char *element = untouched;

	assert_int_equal(
		vc_extract_metadata(&arena, DOMAIN, strlen(DOMAIN), &element, &err), 0);
	assert_string_equal(
		element,
		"<claims xmlns:y=\"urn:y\"><device alias=\"ua-a\" request=\"r&amp;s\" "
		"y:note=\"1\"><later/></device><y:foreign mark=\"2\"/></claims>");
}

static void test_nothing(void **state VC_UNUSED)
{
	static const struct {
		const char *xml;
		int status;
	} cases[] = {
		{ "<domain/>", 0 },
		{ "<domain><devices/><metadata/></domain>", 0 },
		{ "<domain><metadata><claims/></metadata></domain>", 0 },
		{ "<domain>", -VC_ERR_INPUT },
		{ "", -VC_ERR_INPUT },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
		const char *xml = cases[i].xml;
		struct vc_err err = VC_ERR_INIT;
		char *a = untouched, *b = untouched;

		assert_int_equal(
			vc_extract_device(&arena, xml, strlen(xml), "ua-a", &a, &err),
			cases[i].status);
		assert_int_equal(vc_extract_metadata(&arena, xml, strlen(xml), &b, &err),
		                 cases[i].status);
		assert_ptr_equal(a, cases[i].status < 0 ? untouched : NULL);
		assert_ptr_equal(b, cases[i].status < 0 ? untouched : NULL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_device),
		cmocka_unit_test(test_controller),
		cmocka_unit_test(test_metadata),
		cmocka_unit_test(test_nothing),
	};

	return cmocka_run_group_tests_name("extract", tests, NULL, NULL);
}
