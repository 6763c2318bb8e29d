/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "generate/cel.h"
#include "generate/plugin.h"
#include "translate/doors.h"
#include "unit.h"

#define LIMIT ((size_t)1 << 16)

/* ---- the writer ---- */

static void assert_text(struct vc_buf *buf, const char *expected)
{
	VC_AUTOFREE char *text = NULL;
	struct vc_err err = VC_ERR_INIT;
	size_t len;

	assert_int_equal(vc_buf_take(buf, &text, &len, &err), 0);
	assert_string_equal(text, expected);
}

static void test_messages(void **state VC_UNUSED)
{
	VC_AUTO_BUF struct vc_buf buf = VC_BUF_INIT(LIMIT);
	struct vc_cel_writer w = { .buf = &buf };

	vc_cel_message(&w, NULL, "A");
	vc_cel_field_string(&w, "S", "x");
	vc_cel_message(&w, "M", "B");
	vc_cel_close(&w);
	vc_cel_field_uint(&w, "U", UINT32_MAX);
	vc_cel_field(&w, "E", "h.E");
	vc_cel_field_annotation(&w, "N", "a/b", true);
	vc_cel_field_annotation(&w, "T", "c", false);
	vc_cel_close(&w);
	assert_text(&buf,
	            "A{S: \"x\", M: B{}, U: uint(4294967295), E: h.E, "
	            "N: uint(vmi.Annotations[\"a/b\"]), T: vmi.Annotations[\"c\"]}");
}

static void test_strings(void **state VC_UNUSED)
{
	static const struct {
		const char *text, *literal;
	} cases[] = {
		{ "", "\"\"" },
		{ "a", "\"a\"" },
		{ "\"", "\"\\\"\"" },
		{ "\\", "\"\\\\\"" },
		{ "\\\"} + {\"", "\"\\\\\\\"} + {\\\"\"" },
		{ "a\nb\t\x7f", "\"a\\x0ab\\x09\\x7f\"" },
		{ "\xc3\xa4", "\"\xc3\xa4\"" },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		VC_AUTO_BUF struct vc_buf buf = VC_BUF_INIT(LIMIT);

		vc_cel_string(&buf, cases[i].text);
		assert_text(&buf, cases[i].literal);
	}
}

static void test_misuse(void **state VC_UNUSED)
{
	VC_AUTO_BUF struct vc_buf buf = VC_BUF_INIT(LIMIT), deep = VC_BUF_INIT(LIMIT);
	struct vc_cel_writer w = { .buf = &buf };
	struct vc_err err = VC_ERR_INIT;
	char *text = NULL;
	size_t len = 7;

	vc_cel_close(&w);
	assert_int_equal(vc_buf_take(&buf, &text, &len, &err), -VC_ERR_INTERNAL);
	w = (struct vc_cel_writer){ .buf = &deep };
	for (int i = 0; i <= VC_CEL_DEPTH; i++)
		vc_cel_message(&w, i > 0 ? "F" : NULL, "T");
	err = (struct vc_err)VC_ERR_INIT;
	assert_int_equal(vc_buf_take(&deep, &text, &len, &err), -VC_ERR_INTERNAL);
	assert_null(text);
	assert_int_equal(len, 7);
}

/* ---- doors ---- */

static void test_doors_of_options(void **state VC_UNUSED)
{
	static const struct {
		const char *key, *value;
		enum vc_door door;
	} cases[] = {
		{ "kind", "pci", VC_DOOR_PLUGIN },
		{ "kind", "network", VC_DOOR_HOOK },
		{ "kind", "nvme", VC_DOOR_HOOK },
		{ "guestAddress", "05:00.0", VC_DOOR_PLUGIN },
		{ "multifunction", "on", VC_DOOR_PLUGIN },
		{ "unassigned", "on", VC_DOOR_PLUGIN },
		{ "bootOrder", "1", VC_DOOR_PLUGIN },
		{ "rom.bar", "off", VC_DOOR_PLUGIN },
		{ "rom.file", "/x", VC_DOOR_PLUGIN },
		{ "display", "on", VC_DOOR_PLUGIN },
		{ "ramfb", "on", VC_DOOR_PLUGIN },
		{ "managed", "on", VC_DOOR_PLUGIN },
		{ "driver.model", "x", VC_DOOR_PLUGIN },
		{ "driver.iommufd", "on", VC_DOOR_PLUGIN },
		{ "acpi.index", "1", VC_DOOR_PLUGIN },
		{ "acpi.nodeset", "1", VC_DOOR_HOOK },
		{ "teaming", "x", VC_DOOR_HOOK },
		{ "readonly", "on", VC_DOOR_HOOK },
		{ "shareable", "on", VC_DOOR_HOOK },
		{ "mac", "52:54:00:12:34:56", VC_DOOR_HOOK },
		{ "vlan", "7", VC_DOOR_HOOK },
	};
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	size_t seen = 0;

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		struct vc_options options = { 0 };
		struct vc_err err = VC_ERR_INIT;
		enum vc_opt opt;

		assert_true(vc_opt_parse(cases[i].key, &opt));
		assert_int_equal(vc_options_set(&arena, &options, opt, cases[i].value,
		                                "test", &err),
		                 0);
		assert_int_equal(vc_door_of_option(&options, opt), cases[i].door);
		seen |= (size_t)1 << opt;
	}
	assert_int_equal(seen, ((size_t)1 << VC_OPTS) - 1);
}

static void test_doors_of_kinds(void **state VC_UNUSED)
{
	for (enum vc_kind kind = 0; kind < VC_KINDS; kind++)
		assert_int_equal(vc_door_of_kind(kind),
		                 kind <= VC_KIND_MDEV ? VC_DOOR_STOCK : VC_DOOR_HOOK);
}

/* Which of them KubeVirt does not write itself */
static void test_asks(void **state VC_UNUSED)
{
	char origin[] = "vmi.json: /spec/networks/0";
	struct vc_binding b = {
		.origin = origin,
		.kubevirt_made = true,
		.options = { .boot_order = 1, .rom_bar = VC_NO },
	};

	b.options.origins[VC_OPT_BOOT_ORDER] =
		"vmi.json: /spec/domain/devices/x/bootOrder";
	assert_false(vc_door_asks_any(&b));
	b.options.origins[VC_OPT_ROM_BAR] =
		"vmi.json: /metadata/annotations/virt-claim.io~1devices: /devices/0/rom/bar";
	assert_true(vc_door_asks(&b, VC_OPT_ROM_BAR));
	assert_false(vc_door_asks(&b, VC_OPT_BOOT_ORDER));
	assert_false(vc_door_asks(&b, VC_OPT_GUEST_ADDRESS));
	b.kubevirt_made = false;
	assert_true(vc_door_asks(&b, VC_OPT_BOOT_ORDER));
}

/* ---- names of annotations ---- */

static void test_keys(void **state VC_UNUSED)
{
	static const struct {
		size_t len; /* of the alias */
		const char *part;
		int r;
	} cases[] = {
		{ 54, "function", 0 },
		{ 55, "function", -VC_ERR_REFUSED },
		{ 58, "uuid", 0 },
		{ 59, "uuid", -VC_ERR_REFUSED },
		{ 200, "bus", -VC_ERR_REFUSED },
	};
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		char alias[VC_ALIAS_MAX + 1] = "ua-";
		struct vc_plugin_device d = { .alias = alias, .origin = "here" };
		struct vc_err err = VC_ERR_INIT;
		char *key = NULL;

		memset(alias + 3, 'x', cases[i].len - 3);
		d.kind = strcmp(cases[i].part, "uuid") == 0 ? VC_KIND_MDEV : VC_KIND_PCI;
		assert_int_equal(vc_plugin_key(&arena, &d, cases[i].part, &key, &err),
		                 cases[i].r);
		assert_int_equal(key == NULL, cases[i].r != 0);
		if (!key)
			continue;
		assert_non_null(strstr(key, d.kind == VC_KIND_MDEV
		                                    ? "mdev.virt-claim.io/"
		                                    : "pci.virt-claim.io/"));
		assert_int_equal(strlen(strchr(key, '/') + 1),
		                 cases[i].len + 1 + strlen(cases[i].part));
	}
}

/* ---- what is refused ---- */

static int read_and_check(struct vc_arena *arena, const char *annotation,
                          struct vc_err *err)
{
	VC_AUTO_BUF struct vc_buf buf = VC_BUF_INIT(LIMIT);
	struct vc_translate_input input = { .vmi_name = "vmi" };
	struct vc_plugin plugin = { 0 };
	VC_AUTOFREE char *text = NULL;
	size_t len;
	int r;

	vc_buf_printf(
		&buf,
		"{\"metadata\":{\"name\":\"v\",\"namespace\":\"n\",\"annotations\":{"
		"\"virt-claim.io/devices\":\"{'devices':[%s]}\"}},\"spec\":{"
		"\"resourceClaims\":[{\"name\":\"c\",\"resourceClaimName\":\"d\"}],"
		"\"domain\":{\"devices\":{\"hostDevices\":[{\"name\":\"h\","
		"\"claimName\":\"c\",\"requestName\":\"r\"}]}}}}",
		annotation);
	assert_int_equal(vc_buf_take(&buf, &text, &len, err), 0);
	/* ' stands for a quote of the inner JSON */
	buf = (struct vc_buf)VC_BUF_INIT(LIMIT);
	for (const char *p = text; *p != '\0'; p++)
		if (*p == '\'')
			vc_buf_puts(&buf, "\\\"");
		else
			vc_buf_add(&buf, p, 1);
	input.vmi = buf.data;
	input.vmi_len = buf.len;
	r = vc_plugin_read(arena, &input, &plugin, err);
	if (r < 0) {
		assert_int_equal(plugin.devices.n, 0);
		assert_null(plugin.vmi.name);
		return r;
	}
	return vc_plugin_check(&plugin, "vmi", 0, err);
}

#define OWN "'alias':'ua-dra-hostdevice-h'"
#define NEW "'alias':'x','claim':'c','request':'r','index':1"

static void test_checks(void **state VC_UNUSED)
{
	static const struct {
		const char *annotation;
		int r;
		const char *message;
	} cases[] = {
		{ "{" OWN ",'bootOrder':1}", 0, NULL },
		{ "{" NEW "}", 0, NULL },
		{ "{" OWN ",'display':true,'ramfb':true}", 0, NULL },
		{ "{" OWN ",'driver':{'iommufd':false}}", 0, NULL },
		{ "", -VC_ERR_REFUSED, "asks for nothing" },
		{ "{'alias':'x','claim':'c','request':'r'}", -VC_ERR_REFUSED, "'index'" },
		{ "{" OWN ",'driver':{'iommufd':true}}", -VC_ERR_REFUSED,
		  "needs libvirt 12.1" },
		{ "{" OWN ",'vlan':7}", -VC_ERR_REFUSED, "'vlan'" },
		{ "{" OWN ",'kind':'nvme'}", -VC_ERR_REFUSED, "'kind'" },
		{ "{" NEW ",'shareable':true}", -VC_ERR_REFUSED, "'shareable'" },
		{ "{" NEW ",'rom':{'bar':false,'file':'/x'}}", -VC_ERR_REFUSED,
		  "rom.file" },
		{ "{" NEW ",'unassigned':true,'guestAddress':'05:00.0'}", -VC_ERR_REFUSED,
		  "unassigned" },
		{ "{" NEW ",'nothing':1}", -VC_ERR_INPUT, "unknown key" },
		{ "{" OWN "}", -VC_ERR_INPUT, "says nothing" },
		{ "{", -VC_ERR_INPUT, "" },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
		struct vc_err err = VC_ERR_INIT;
		int r = read_and_check(&arena, cases[i].annotation, &err);

		if (r != cases[i].r)
			fail_msg("%s: %d, %s", cases[i].annotation, r, err.msg);
		if (cases[i].message && !strstr(err.msg, cases[i].message))
			fail_msg("%s: %s", cases[i].annotation, err.msg);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_misuse),
		cmocka_unit_test(test_doors_of_options),
		cmocka_unit_test(test_doors_of_kinds),
		cmocka_unit_test(test_asks),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_checks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
