/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "model/options.h"
#include "unit.h"

#define ALL_KINDS ((1U << VC_KINDS) - 2) /* without VC_KIND_UNKNOWN */

/* Every row can be found, says what it is, and belongs to some kind. */
static void test_rows(void **state VC_UNUSED)
{
	for (enum vc_opt opt = 0; opt < VC_OPTS; opt++) {
		const struct vc_opt_rule *rule = &vc_opt_rules[opt];
		enum vc_opt found = VC_OPTS;

		assert_non_null(rule->key);
		assert_true(vc_opt_parse(rule->key, &found));
		assert_int_equal(found, opt);
		assert_non_null(rule->expected);
		assert_non_null(rule->meaning);
		assert_true(rule->kinds != 0 && (rule->kinds & ~ALL_KINDS) == 0);
		assert_int_equal(rule->since_kinds & ~rule->kinds, 0);
		assert_int_equal(rule->since > 0, rule->since_kinds > 0);
		assert_int_equal(rule->type == VC_OPT_IS_NUMBER, rule->max > 0);
		assert_int_equal(rule->type == VC_OPT_IS_TEXT, rule->read != NULL);
		assert_false(vc_opt_fits(opt, VC_KIND_UNKNOWN));
	}
}

/* A value that fits, what it is kept as (NULL: the same), and values that do not fit. */
static const struct {
	const char *key, *good, *kept;
	const char *bad[8];
} values[] = {
	{ "kind", "nvme", NULL, { "", "NVME", "usb", "mdev", "unknown", "pci " } },
	{ "guestAddress",
	  "0000:0A:1f.7",
	  "0a:1f.7",
	  { "", "5:0.0", "0001:05:00.0", "05:20.0", "05:00.8", "05:00.0 " } },
	{ "multifunction", "yes", "on", { "", "true", "1", "ON", "on " } },
	{ "unassigned", "yes", "on", { "", "true" } },
	{ "bootOrder", "65535", NULL, { "", "0", "65536", "-1", "+1", "1 ", "01x" } },
	{ "rom.bar", "no", "off", { "maybe" } },
	{ "rom.file", "/usr/share/rom.bin", NULL, { "", "rom.bin", "/a\nb", "/a\x7f" } },
	{ "display", "on", NULL, { "x" } },
	{ "ramfb", "on", NULL, { "x" } },
	{ "managed", "yes", "on", { "x" } },
	{ "driver.model",
	  "mlx5_vfio_pci",
	  NULL,
	  { "", "a b", "a/b", "a.ko", "\xc3\xa4" } },
	{ "driver.iommufd", "on", NULL, { "x" } },
	{ "acpi.index", "16383", NULL, { "0", "16384", "a" } },
	{ "acpi.nodeset",
	  "7,1,2-3,3",
	  "1-3,7",
	  { "", ",", "1,", "1-", "-1", "3-1", "1024", "^1" } },
	{ "teaming", "backup", "ua-backup", { "", "a.b", "ua-", "a b" } },
	{ "readonly", "on", NULL, { "x" } },
	{ "shareable", "on", NULL, { "x" } },
	{ "mac",
	  "52:54:00:AB:cd:ef",
	  "52:54:00:ab:cd:ef",
	  { "", "52:54:00:ab:cd", "52:54:00:ab:cd:ef:00", "53:54:00:00:00:01",
	    "00:00:00:00:00:00", "52-54-00-ab-cd-ef", "52:54:00:ab:cd:eg" } },
	{ "vlan", "4094", NULL, { "0", "4095" } },
};

/* None of the values is taken, and nothing is written. */
static void must_refuse_values(struct vc_arena *arena, enum vc_opt opt,
                               const char *const bad[8])
{
	struct vc_options options = { 0 };
	struct vc_err err = VC_ERR_INIT;

	for (size_t j = 0; j < 8 && bad[j]; j++) {
		if (vc_options_set(arena, &options, opt, bad[j], "x", &err) !=
		    -VC_ERR_INPUT)
			fail_msg("%s: '%s'", vc_opt_rules[opt].key, bad[j]);
		assert_false(vc_options_any(&options));
		assert_null(options.origins[opt]);
	}
}

static void test_values(void **state VC_UNUSED)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;

	assert_int_equal(VC_ARRAY_SIZE(values), VC_OPTS);
	for (size_t i = 0; i < VC_ARRAY_SIZE(values); i++) {
		const char *kept = values[i].kept ? values[i].kept : values[i].good;
		struct vc_options options = { 0 }, again = { 0 };
		struct vc_err err = VC_ERR_INIT;
		enum vc_opt opt = VC_OPTS;

		assert_true(vc_opt_parse(values[i].key, &opt));
		must_refuse_values(&arena, opt, values[i].bad);
		assert_int_equal(vc_options_set(&arena, &options, opt, values[i].good,
		                                "--option", &err),
		                 0);
		assert_true(vc_options_has(&options, opt));
		assert_string_equal(vc_options_text(&arena, &options, opt), kept);
		assert_string_equal(vc_options_origin(&options, opt, "b"), "--option");
		assert_int_equal(vc_options_set(&arena, &again, opt, kept, NULL, &err),
		                 0);
		assert_true(vc_options_same(&options, &again, opt));
		assert_string_equal(vc_options_origin(&again, opt, "b"), "b");
		vc_options_clear(&options, opt);
		assert_false(vc_options_any(&options));
	}
}

static void test_merge(void **state VC_UNUSED)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_err err = VC_ERR_INIT;
	struct vc_options first = { .boot_order = 1 };
	struct vc_options all = { 0 };

	first.origins[VC_OPT_BOOT_ORDER] = "first";
	for (size_t i = 0; i < VC_ARRAY_SIZE(values); i++) {
		enum vc_opt opt = VC_OPTS;

		assert_true(vc_opt_parse(values[i].key, &opt));
		assert_int_equal(
			vc_options_set(&arena, &all, opt, values[i].good, "all", &err),
			0);
	}
	vc_options_merge(&first, &all);
	assert_int_equal(first.boot_order, 1);
	assert_string_equal(first.origins[VC_OPT_BOOT_ORDER], "first");
	for (enum vc_opt opt = 0; opt < VC_OPTS; opt++) {
		if (opt == VC_OPT_BOOT_ORDER)
			continue;
		assert_true(vc_options_same(&first, &all, opt));
		assert_string_equal(first.origins[opt], "all");
	}
	/* an address that comes later does not take multifunction away */
	first = (struct vc_options){ .address = { .multifunction = VC_NO } };
	vc_options_merge(&first, &all);
	assert_true(first.address.set);
	assert_int_equal(first.address.multifunction, VC_NO);
}

static void test_satisfied(void **state VC_UNUSED)
{
	static char path[] = "/a";
	static const struct {
		enum vc_opt opt;
		struct vc_options want, have;
		bool satisfied;
	} cases[] = {
		{ VC_OPT_DISPLAY, { 0 }, { .display = VC_YES }, true },
		{ VC_OPT_DISPLAY, { .display = VC_NO }, { 0 }, true },
		{ VC_OPT_DISPLAY, { .display = VC_YES }, { 0 }, false },
		{ VC_OPT_DISPLAY, { .display = VC_NO }, { .display = VC_YES }, false },
		{ VC_OPT_ROM_BAR, { .rom_bar = VC_NO }, { 0 }, false },
		{ VC_OPT_ROM_BAR, { .rom_bar = VC_YES }, { 0 }, false },
		{ VC_OPT_ROM_BAR, { .rom_bar = VC_NO }, { .rom_bar = VC_NO }, true },
		{ VC_OPT_BOOT_ORDER, { .boot_order = 1 }, { .boot_order = 2 }, false },
		{ VC_OPT_BOOT_ORDER, { .boot_order = 1 }, { .boot_order = 1 }, true },
		{ VC_OPT_ROM_FILE, { .rom_file = path }, { 0 }, false },
		{ VC_OPT_ROM_FILE, { .rom_file = path }, { .rom_file = path }, true },
		{ VC_OPT_GUEST_ADDRESS,
		  { .address = { .set = true, .bus = 5 } },
		  { .address = { .set = true, .bus = 6 } },
		  false },
		{ VC_OPT_GUEST_ADDRESS,
		  { .address = { .set = true, .bus = 5 } },
		  { .address = { .set = true, .bus = 5, .multifunction = VC_YES } },
		  true },
		{ VC_OPT_MULTIFUNCTION,
		  { .address = { .multifunction = VC_YES } },
		  { .address = { .set = true, .bus = 5 } },
		  false },
		{ VC_OPT_KIND, { .kind = VC_KIND_NVME }, { .kind = VC_KIND_PCI }, false },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++)
		assert_int_equal(vc_options_satisfied(&cases[i].want, &cases[i].have,
		                                      cases[i].opt),
		                 cases[i].satisfied);
}

static void test_known(void **state VC_UNUSED)
{
	static const struct {
		enum vc_opt opt;
		enum vc_kind kind;
		unsigned long before, since;
	} cases[] = {
		{ VC_OPT_DISPLAY, VC_KIND_PCI, 10002000, 10003000 },
		{ VC_OPT_RAMFB, VC_KIND_PCI, 10002000, 10003000 },
		{ VC_OPT_DRIVER_MODEL, VC_KIND_NETWORK, 9010000, 10000000 },
		{ VC_OPT_IOMMUFD, VC_KIND_PCI, 12000000, 12001000 },
		{ VC_OPT_ACPI_NODESET, VC_KIND_PCI, 11007000, 11008000 },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		assert_false(vc_opt_known(cases[i].opt, cases[i].kind, cases[i].before));
		assert_true(vc_opt_known(cases[i].opt, cases[i].kind, cases[i].since));
	}
	assert_true(vc_opt_known(VC_OPT_DISPLAY, VC_KIND_MDEV, 9000000));
	assert_true(vc_opt_known(VC_OPT_ACPI_INDEX, VC_KIND_PCI, 9000000));
	assert_false(vc_opt_fits(VC_OPT_ROM_BAR, VC_KIND_MDEV));
	assert_true(vc_opt_fits(VC_OPT_MAC, VC_KIND_VDPA));
}

static void test_unknown_keys(void **state VC_UNUSED)
{
	static const char *const keys[] = { "",           "rom",    "rom.",  "bootorder",
		                            "boot-order", "driver", "kind ", "alias" };
	enum vc_opt opt = VC_OPT_VLAN;

	for (size_t i = 0; i < VC_ARRAY_SIZE(keys); i++) {
		assert_false(vc_opt_parse(keys[i], &opt));
		assert_int_equal(opt, VC_OPT_VLAN);
	}
}

static char *read_project_file(struct vc_arena *arena, const char *name)
{
	struct vc_err err = VC_ERR_INIT;
	char path[512], *text;
	size_t len;

	(void)snprintf(path, sizeof(path), "%s/../../%s", VC_FIXTURES, name);
	if (vc_file_read(arena, AT_FDCWD, path, 0, &text, &len, &err) < 0)
		fail_msg("%s", err.msg);
	return text;
}

/* docs/options.md has a row for each option with the version that brought it, and the
 * schema of the annotation has its key. */
static void test_documented(void **state VC_UNUSED)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	const char *docs = read_project_file(&arena, "docs/options.md");
	const char *schema =
		read_project_file(&arena, "schemas/vmi-annotation.schema.json");

	for (enum vc_opt opt = 0; opt < VC_OPTS; opt++) {
		const struct vc_opt_rule *rule = &vc_opt_rules[opt];
		const char *dot = strchr(rule->key, '.');
		const char *row, *since;
		char text[64];

		(void)snprintf(text, sizeof(text), "\n| `%s` |", rule->key);
		row = strstr(docs, text);
		if (!row)
			fail_msg("docs/options.md: '%s' is missing", rule->key);
		(void)snprintf(text, sizeof(text), "| %lu.%lu ", rule->since / 1000000,
		               rule->since / 1000 % 1000);
		since = row ? strstr(row + 1, text) : NULL;
		if (rule->since > 0 && (!since || since > strchr(row + 1, '\n')))
			fail_msg("docs/options.md: '%s': not '%s'", rule->key, text);
		(void)snprintf(text, sizeof(text), "\"%s\": {",
		               dot ? dot + 1 : rule->key);
		if (!strstr(schema, text))
			fail_msg("the schema does not know '%s'", rule->key);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),       cmocka_unit_test(test_values),
		cmocka_unit_test(test_merge),      cmocka_unit_test(test_satisfied),
		cmocka_unit_test(test_known),      cmocka_unit_test(test_unknown_keys),
		cmocka_unit_test(test_documented),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
