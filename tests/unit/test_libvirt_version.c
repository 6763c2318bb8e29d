/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "translate/libvirt_version.h"
#include "unit.h"

static void test_text(void **state VC_UNUSED)
{
	static const struct {
		const char *text;
		unsigned long version;
	} good[] = {
		{ "9.0.0", 9000000 }, { "12.8", 12008000 },
		{ "12", 12000000 },   { "10.10.1", 10010001 },
		{ "1.0.0", 1000000 }, { "4293.999.999", 4293999999 },
	};
	static const char *const bad[] = {
		"",         "0",       "0.9.1",
		"9.",       "9.0.",    "9.0.0.",
		"9.0.0.1",  ".9",      "9.1000",
		"9.0.1000", "v9.0.0",  "9.0.0 ",
		" 9",       "-9",      "+9.0",
		"9.-1",     "4294",    "99999999999999999999",
		"9,0",      "9.0.0\n",
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(good); i++) {
		struct vc_err err = VC_ERR_INIT;
		unsigned long version = 0;

		assert_int_equal(vc_libvirt_version_parse(good[i].text, &version, &err),
		                 0);
		assert_int_equal(version, good[i].version);
	}
	for (size_t i = 0; i < VC_ARRAY_SIZE(bad); i++) {
		struct vc_err err = VC_ERR_INIT;
		unsigned long version = 77;

		assert_int_equal(vc_libvirt_version_parse(bad[i], &version, &err),
		                 -VC_ERR_USAGE);
		assert_int_equal(version, 77);
	}
}

static void test_file_name(void **state VC_UNUSED)
{
	static const struct {
		const char *name;
		unsigned long version;
	} good[] = {
		{ "libvirt.so.0.9000.0", 9000000 },
		{ "libvirt.so.0.12008.0", 12008000 },
		{ "libvirt.so.0.10010.1", 10010001 },
	};
	static const char *const bad[] = {
		"",
		"libvirt.so.0",
		"libvirt.so.0.9000",
		"libvirt.so.0.9000.",
		"libvirt.so.0.9000.0.1",
		"libvirt.so.1.9000.0",
		"libvirt.so.0.10.2",
		"libvirt.so.0.9000.1000",
		"libvirt-qemu.so.0.9000.0",
		"libvirt.so.0.99999999.0",
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(good); i++) {
		unsigned long version = 0;

		assert_true(vc_libvirt_version_of_file(good[i].name, &version));
		assert_int_equal(version, good[i].version);
	}
	for (size_t i = 0; i < VC_ARRAY_SIZE(bad); i++) {
		unsigned long version = 77;

		assert_false(vc_libvirt_version_of_file(bad[i], &version));
		assert_int_equal(version, 77);
	}
}

static void test_directories(void **state VC_UNUSED)
{
	char dir[] = "/tmp/vc-test-XXXXXX";
	const char *directories[] = { "/nonexistent", dir };
	char link[PATH_MAX];

	assert_non_null(mkdtemp(dir));
	(void)snprintf(link, sizeof(link), "%s/libvirt.so.0", dir);
	assert_int_equal(vc_installed_libvirt_in(directories, 2), 0);

	assert_int_equal(symlink("/elsewhere/libvirt.so.0.12008.0", link), 0);
	assert_int_equal(vc_installed_libvirt_in(directories, 2), 12008000);
	assert_int_equal(unlink(link), 0);

	assert_int_equal(symlink("something-else", link), 0);
	assert_int_equal(vc_installed_libvirt_in(directories, 2), 0);
	assert_int_equal(unlink(link), 0);
	assert_int_equal(rmdir(dir), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_file_name),
		cmocka_unit_test(test_directories),
	};

	return cmocka_run_group_tests_name("libvirt_version", tests, NULL, NULL);
}
