/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of the inventory that read texts: paths, aliases, VPD, tables. */
#include <string.h>

#include "base/parse.h"
#include "host/device_path.h"
#include "host/modules_alias.h"
#include "host/proc.h"
#include "host/scan.h"
#include "host/vpd.h"
#include "unit.h"

static void test_path_parts(void **state VC_UNUSED)
{
	static const struct {
		const char *part;
		bool function, root, usb, root_hub;
	} cases[] = {
		{ "0000:65:00.0", true, false, false, false },
		{ "10000:e1:00.0", true, false, false, false },
		{ "0000:65:00.8", false, false, false, false },
		{ "0000:65:0A.0", false, false, false, false },
		{ "pci_0000_65_00_0", false, false, false, false },
		{ "0:0:0:0", false, false, false, false },
		{ "pci0000:00", false, true, false, false },
		{ "pci10000:e0", false, true, false, false },
		{ "pci0000:000", false, false, false, false },
		{ "pci000:00", false, false, false, false },
		{ "usb1", false, false, true, true },
		{ "usb", false, false, false, false },
		{ "usb1x", false, false, false, false },
		{ "1-4", false, false, true, false },
		{ "1-4.2.1", false, false, true, false },
		{ "1-4.", false, false, false, false },
		{ "1-", false, false, false, false },
		{ "1-4:1.0", false, false, false, false },
		{ "-4", false, false, false, false },
		{ "", false, false, false, false },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		struct vc_pci_address address;

		assert_int_equal(vc_path_is_function(cases[i].part, &address),
		                 cases[i].function);
		assert_int_equal(vc_path_is_pci_root(cases[i].part), cases[i].root);
		assert_int_equal(vc_path_is_usb_device(cases[i].part), cases[i].usb);
		assert_int_equal(vc_path_is_root_hub(cases[i].part), cases[i].root_hub);
	}
}

static void test_path_next(void **state VC_UNUSED)
{
	const char *cursor = "devices/pci0000:00";
	char part[VC_PATH_PART_SIZE], longer[400];

	assert_true(vc_path_next(&cursor, part));
	assert_string_equal(part, "devices");
	assert_true(vc_path_next(&cursor, part));
	assert_string_equal(part, "pci0000:00");
	assert_false(vc_path_next(&cursor, part));
	assert_string_equal(part, "pci0000:00");
	memset(longer, 'x', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	cursor = longer;
	assert_false(vc_path_next(&cursor, part));
	assert_ptr_equal(cursor, longer);
}

static const struct vc_pci_part nic = {
	.vendor = 0x15b3,
	.device = 0x101e,
	.subsystem_vendor = 0x15b3,
	.subsystem_device = 0x0008,
	.class_code = 0x020000,
};

static const char *best(struct vc_arena *arena, const char *text)
{
	struct vc_vfio_aliases aliases = { 0 };
	struct vc_err err = VC_ERR_INIT;

	assert_int_equal(vc_vfio_aliases_parse(arena, vc_arena_strdup(arena, text),
	                                       &aliases, &err),
	                 0);
	return vc_vfio_aliases_best(&aliases, &nic);
}

#define ANY      "alias vfio_pci:v*d*sv*sd*bc*sc*i* vfio_pci\n"
#define MLX5     "alias vfio_pci:v000015B3d0000101Esv*sd*bc*sc*i* mlx5_vfio_pci\n"
#define NARROWER "alias vfio_pci:v000015B3d0000101Esv*sd*bc02sc*i* narrower\n"
#define EQUAL    "alias vfio_pci:v000015B3d0000101Esv*sd*bc*sc00i* another\n"

static void test_alias_best(void **state VC_UNUSED)
{
	static const char *const cases[][2] = {
		{ "", NULL },
		{ ANY, "vfio_pci" },
		{ ANY MLX5, "mlx5_vfio_pci" },
		{ MLX5 ANY, "mlx5_vfio_pci" },
		{ MLX5 ANY NARROWER, "narrower" },
		{ NARROWER EQUAL, "another" },
		{ EQUAL NARROWER, "another" },
		{ "alias vfio_pci:v000015B3d0000101Fsv*sd*bc*sc*i* other\n" ANY,
		  "vfio_pci" },
		{ "alias pci:v000015B3d0000101Esv*sd*bc*sc*i* mlx5_core\n", NULL },
	};
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		const char *got = best(&arena, cases[i][0]);

		if (cases[i][1])
			assert_string_equal(got, cases[i][1]);
		else
			assert_null(got);
	}
}

/* Lines that make no sense are no aliases. */
static void test_alias_skipped(void **state VC_UNUSED)
{
	static const char *const lines[] = {
		"alias vfio_pci:v*d*sv*sd*bc*sc*i*",
		"alias vfio_pci:v*d*sv*sd*bc*sc* vfio_pci",
		"alias vfio_pci:v*d*sv*sd*bc*sc*i*x vfio_pci",
		"alias vfio_pci:v15B3d*sv*sd*bc*sc*i* short",
		"alias vfio_pci:v000015BGd*sv*sd*bc*sc*i* nohex",
		"alias vfio_pci:d*v*sv*sd*bc*sc*i* order",
		"alias vfio_pci:v*d*sv*sd*bc*sc*i* ../../evil",
		"alias vfio_pci:v*d*sv*sd*bc*sc*i* \"quoted\"",
		"alias vfio_pci: vfio_pci",
		"# alias vfio_pci:v*d*sv*sd*bc*sc*i* vfio_pci",
	};
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;

	for (size_t i = 0; i < VC_ARRAY_SIZE(lines); i++)
		assert_null(best(&arena, lines[i]));
}

struct bytes {
	const uint8_t *v;
	size_t n, n_read;
};

static bool read_bytes(void *arg, unsigned position, uint8_t *bytes, unsigned n)
{
	struct bytes *b = arg;

	if (position > b->n || n > b->n - position)
		return false;
	memcpy(bytes, b->v + position, n);
	b->n_read += n;
	return true;
}

static bool serial_of(const char *text, size_t n, char serial[VC_VPD_SERIAL_SIZE])
{
	struct bytes b = { (const uint8_t *)text, n, 0 };
	const struct vc_vpd_source source = { read_bytes, &b };

	return vc_vpd_serial(&source, serial);
}

#define VPD(text) text, sizeof(text) - 1

static void test_vpd(void **state VC_UNUSED)
{
	static const struct {
		const char *text;
		size_t n;
		const char *serial;
	} cases[] = {
		{ VPD("\x82\x02\x00NM\x90\x0b\x00PN\x01XSN\x03"
		      "ABC\x79"),
		  "ABC" },
		{ VPD("\x90\x06\x00SN\x03"
		      "ABC"),
		  "ABC" },
		{ VPD(""), NULL },
		{ VPD("\x90\x06\x00SN"), NULL },
		{ VPD("\x90\x06\x00SN\x03"
		      "AB"),
		  NULL },
		/* a field longer than its resource, one without a value */
		{ VPD("\x90\x06\x00SN\x04"
		      "ABCD"),
		  NULL },
		{ VPD("\x90\x03\x00SN\x00"), NULL },
		/* only what may be written, an unknown tag, the end tag first, ones */
		{ VPD("\x91\x06\x00SN\x03"
		      "ABC"),
		  NULL },
		{ VPD("\x84\x06\x00SN\x03"
		      "ABC"),
		  NULL },
		{ VPD("\x78"), NULL },
		{ VPD("\xff\xff\xff\xff\xff\xff"), NULL },
		{ VPD("\x82\xff\xff"), NULL },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		char serial[VC_VPD_SERIAL_SIZE] = "untouched";

		assert_int_equal(serial_of(cases[i].text, cases[i].n, serial),
		                 cases[i].serial != NULL);
		if (cases[i].serial)
			assert_string_equal(serial, cases[i].serial);
	}
}

/* An endless list of empty resources costs little. */
static void test_vpd_ends(void **state VC_UNUSED)
{
	static uint8_t zeros[0x8000];
	struct bytes b = { zeros, sizeof(zeros), 0 };
	const struct vc_vpd_source source = { read_bytes, &b };
	char serial[VC_VPD_SERIAL_SIZE];

	for (size_t i = 0; i < sizeof(zeros); i += 3)
		zeros[i] = 0x82;
	assert_false(vc_vpd_serial(&source, serial));
	assert_in_range(b.n_read, 1, 100);
	memset(zeros, 0, sizeof(zeros));
	zeros[0] = 0x90;
	zeros[1] = 0xf0;
	zeros[2] = 0x7f;
	b.n_read = 0;
	assert_false(vc_vpd_serial(&source, serial));
	assert_in_range(b.n_read, 1, 1000);
}

static void test_vpd_long_serial(void **state VC_UNUSED)
{
	char text[300] = "\x90\xff\x01SN\xff", serial[VC_VPD_SERIAL_SIZE];

	memset(text + 6, 'S', sizeof(text) - 6);
	text[1] = (char)0x20;
	text[2] = 1;
	assert_true(serial_of(text, sizeof(text), serial));
	assert_int_equal(strlen(serial), VC_VPD_SERIAL_SIZE - 1);
}

static void test_clean_text(void **state VC_UNUSED)
{
	static const char *const cases[][2] = {
		{ "plain", "plain" },
		{ "  S7DPNJ0W100001F     ", "S7DPNJ0W100001F" },
		{ "   ", NULL },
		{ "", NULL },
		{ "a\033[31mb", "a?[31mb" },
		{ "a\nb\tc", "a b c" },
		{ "gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f" },
		{ "\xc3", "?" },
		{ "\xc0\x80", "??" },
		{ "\xe0\x80\x80", "???" },
		{ "\xed\xa0\x80", "???" },
		{ "\xf4\x90\x80\x80", "????" },
		{ "\xf0\x9f\x92\xbe", "\xf0\x9f\x92\xbe" },
		{ "\xff\xfe", "??" },
	};
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		char *text = vc_clean_text(vc_arena_strdup(&arena, cases[i][0]));

		if (cases[i][1])
			assert_string_equal(text, cases[i][1]);
		else
			assert_null(text);
	}
	assert_null(vc_clean_text(NULL));
}

static void test_tables(void **state VC_UNUSED)
{
	char text[] = "a  b\tc\n\nlast", *cursor = text, *words[2] = { NULL };
	char *line = vc_proc_line(&cursor);

	assert_int_equal(vc_proc_words(line, words, 2), 2);
	assert_string_equal(words[1], "b");
	line = vc_proc_line(&cursor);
	assert_string_equal(line, "");
	assert_int_equal(vc_proc_words(line, words, 2), 0);
	assert_string_equal(vc_proc_line(&cursor), "last");
	assert_null(vc_proc_line(&cursor));
}

static void test_boot_id(void **state VC_UNUSED)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_err err = VC_ERR_INIT;
	char *id = NULL;

	assert_int_equal(vc_proc_boot_id(&arena, "/proc", &id, &err), 0);
	assert_true(vc_is_uuid(id));
	assert_int_equal(vc_proc_boot_id(&arena, "/nonexistent", &id, &err), 0);
	assert_null(id);
	id = (char[]){ "x" };
	assert_int_equal(vc_proc_boot_id(&arena, "/dev", &id, &err), 0);
	assert_null(id);
	assert_int_equal(err.kind, VC_ERR_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_path_parts),
		cmocka_unit_test(test_path_next),
		cmocka_unit_test(test_alias_best),
		cmocka_unit_test(test_alias_skipped),
		cmocka_unit_test(test_vpd),
		cmocka_unit_test(test_vpd_ends),
		cmocka_unit_test(test_vpd_long_serial),
		cmocka_unit_test(test_clean_text),
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_boot_id),
	};

	return cmocka_run_group_tests_name("host_parts", tests, NULL, NULL);
}
