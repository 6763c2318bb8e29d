/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <unistd.h>

#include "domain/schema.h"
#include "domain_util.h"

/* A domain with these lines as hostdev of line 8, and this metadata in line 5. */
#define DOMAIN(metadata, device)                                                \
	"<domain type='kvm'>\n"                                                 \
	"  <name>n</name>\n"                                                    \
	"  <memory>65536</memory>\n"                                            \
	"  <os><type>hvm</type></os>\n"                                         \
	"  <metadata>" metadata "</metadata>\n"                                 \
	"  <devices>\n"                                                         \
	"    <disk type='file'><source file='/d'/><target dev='vda'/></disk>\n" \
	"    " device "\n"                                                      \
	"  </devices>\n"                                                        \
	"</domain>\n"

#define GOOD                                                                       \
	"<hostdev mode='subsystem' type='pci' managed='no'><driver name='vfio'/>"  \
	"<source><address domain='0x0000' bus='0x65' slot='0x00' function='0x0'/>" \
	"</source><alias name='ua-a'/></hostdev>"
#define CLAIMS(device) \
	"<vc:claims xmlns:vc='urn:virt-claim:domain:1'>" device "</vc:claims>"

static int run(struct rig *rig, const char *xml, const char *directory,
               struct vc_complaints *ret_complaints)
{
	return vc_schema_validate(&rig->arena, xml, strlen(xml), &rig->plan, directory,
	                          ret_complaints, &rig->err);
}

/* Without libvirt there is nothing to test with. */
static void need_schemas(void)
{
	if (access("/usr/share/libvirt/schemas/domain.rng", R_OK) < 0)
		skip();
}

static void test_valid(void **state VC_UNUSED)
{
	static const char *const texts[] = {
		DOMAIN("", GOOD),
		DOMAIN(CLAIMS("<vc:device alias='ua-a' namespace='n' claim='c.d' uid='u' "
		              "request='r' index='2' made='yes'/>"),
		       GOOD),
		DOMAIN("<x xmlns='urn:x'/>", ""),
	};

	need_schemas();
	for (size_t i = 0; i < VC_ARRAY_SIZE(texts); i++) {
		struct rig rig = RIG_INIT;
		struct vc_complaints complaints = { 0 };

		rig_device(&rig, VC_PLAN_ADD, "ua-a", 0, "0000:65:00.0");
		assert_int_equal(run(&rig, texts[i], NULL, &complaints), 0);
		assert_int_equal(complaints.n, 0);
		rig_release(&rig);
	}
}

static bool has_complaint(const struct vc_complaints *complaints, long line,
                          const char *text)
{
	for (size_t i = 0; i < complaints->n; i++)
		if (complaints->v[i].line == line && strstr(complaints->v[i].text, text))
			return true;
	return false;
}

static void test_invalid(void **state VC_UNUSED)
{
#define HOSTDEV(attributes, source, rest) \
	DOMAIN("",                        \
	       "<hostdev " attributes "><source>" source "</source>" rest "</hostdev>")
#define ADDRESS "<address domain='0' bus='1' slot='0' function='0'/>"
#define ALIAS   "<alias name='ua-a'/>"
	static const struct {
		const char *xml, *text;
		long line;
	} cases[] = {
		{ HOSTDEV("type='pci'", "<address bus='0x1ff'/>", ALIAS), "'ua-a': ", 8 },
		{ HOSTDEV("type='pci' managed='maybe'", ADDRESS, ALIAS), "managed", 8 },
		{ HOSTDEV("type='pci'", ADDRESS, ALIAS "<claim/>"), "claim", 8 },
		{ HOSTDEV("type='pci'", "", ALIAS), "has no <address>", 8 },
		{ HOSTDEV("type='mdev'",
		          "<address uuid='c2177883-f1bb-47f0-914d-32a22e3a8804'/>",
		          ALIAS),
		  "needs 'model'", 8 },
		{ HOSTDEV("type='pci' model='vfio-pci'", ADDRESS, ALIAS), "mediated", 8 },
		{ HOSTDEV("type='pci'", ADDRESS, ALIAS "<boot order='0'/>"), "boot order",
		  8 },
		{ DOMAIN("", GOOD "<disk/>"), "devices", 6 },
		{ DOMAIN(CLAIMS("<vc:device alias='gpu' claim='c' request='r'/>"), GOOD),
		  "alias", 5 },
		{ DOMAIN(CLAIMS("<vc:device alias='ua-a' colour='red'/>"), GOOD),
		  "colour", 5 },
		{ DOMAIN(CLAIMS("<vc:device claim='c'/>"), GOOD), "device", 5 },
		{ DOMAIN(CLAIMS("<vc:device alias='ua-a' claim='C'/>"), GOOD), "claim",
		  5 },
		{ DOMAIN(CLAIMS("<vc:device alias='ua-a' index='0'/>"), GOOD), "index",
		  5 },
		{ DOMAIN(CLAIMS("<vc:thing/>"), GOOD), "thing", 5 },
	};

	need_schemas();
	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		struct rig rig = RIG_INIT;
		struct vc_complaints complaints = { 0 };

		rig_device(&rig, VC_PLAN_ADD, "ua-a", 0, "0000:65:00.0");
		assert_int_equal(run(&rig, cases[i].xml, NULL, &complaints), 0);
		if (!has_complaint(&complaints, cases[i].line, cases[i].text))
			fail_msg("case %zu: %zu complaints, first '%s' of line %ld", i,
			         complaints.n,
			         complaints.n > 0 ? complaints.v[0].text : "",
			         complaints.n > 0 ? complaints.v[0].line : 0);
		rig_release(&rig);
	}
#undef HOSTDEV
#undef ADDRESS
#undef ALIAS
}

/* libvirt's grammar takes a dot, libvirt drops such an alias. */
static void test_alias_with_dot(void **state VC_UNUSED)
{
	struct rig rig = RIG_INIT;
	struct vc_complaints complaints = { 0 };

	need_schemas();
	rig_device(&rig, VC_PLAN_ADD, "ua-a.b", 0, "0000:65:00.0");
	assert_int_equal(run(&rig,
	                     DOMAIN("", "<hostdev type='pci'><source><address bus='1'/>"
	                                "</source><alias name='ua-a.b'/></hostdev>"),
	                     NULL, &complaints),
	                 0);
	assert_true(has_complaint(&complaints, 8, "libvirt drops this alias"));
	rig_release(&rig);
}

static void test_many_complaints(void **state VC_UNUSED)
{
	struct rig rig = RIG_INIT;
	struct vc_complaints complaints = { 0 };
	char *xml = malloc(200000);
	size_t n = 0;

	need_schemas();
	assert_non_null(xml);
	n += (size_t)snprintf(xml, 200000, "<domain><devices>");
	for (int i = 0; i < 1000; i++) {
		char alias[16];

		(void)snprintf(alias, sizeof(alias), "ua-%d", i);
		rig_device(&rig, VC_PLAN_ADD, alias, 0, "0000:65:00.0");
		n += (size_t)snprintf(xml + n, 200000 - n,
		                      "<hostdev type='pci'><alias name='ua-%d'/>"
		                      "</hostdev>",
		                      i);
	}
	(void)snprintf(xml + n, 200000 - n, "</devices></domain>");
	assert_int_equal(run(&rig, xml, NULL, &complaints), 0);
	assert_int_equal(complaints.n, 200);
	free(xml);
	rig_release(&rig);
}

static void test_cannot_validate(void **state VC_UNUSED)
{
	static const struct {
		const char *xml, *directory, *text;
		enum vc_err_kind kind;
	} cases[] = {
		{ "<domain", NULL, "domain:1: ", VC_ERR_INPUT },
		{ "<!DOCTYPE d><domain/>", NULL, "DOCTYPE", VC_ERR_INPUT },
		{ "<domain/>", "/nonexistent", "'/nonexistent/domain.rng' is not there",
		  VC_ERR_ABSENT },
		{ "<domain/>", VC_FIXTURES "/schemas-broken", "cannot be compiled",
		  VC_ERR_SYSTEM },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		struct rig rig = RIG_INIT;
		struct vc_complaints complaints = { .n = 77 };

		assert_int_equal(run(&rig, cases[i].xml, cases[i].directory, &complaints),
		                 -(int)cases[i].kind);
		assert_non_null(strstr(rig.err.msg, cases[i].text));
		assert_int_equal(complaints.n, 77);
		rig_release(&rig);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_valid),
		cmocka_unit_test(test_invalid),
		cmocka_unit_test(test_alias_with_dot),
		cmocka_unit_test(test_many_complaints),
		cmocka_unit_test(test_cannot_validate),
	};

	return cmocka_run_group_tests_name("schema", tests, NULL, NULL);
}
