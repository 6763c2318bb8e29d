/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/sysfs.h"
#include "unit.h"

#define BDF "bus/pci/devices/0000:65:00.0/"

static int open_lab(void)
{
	int fd = open(VC_FIXTURES "/sysfs/lab", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

static void test_read(void **state VC_UNUSED)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	VC_AUTOCLOSE int root = open_lab();
	struct vc_err err = VC_ERR_INIT;
	char *text = NULL;

	assert_int_equal(vc_sysfs_read(&arena, root, BDF "vendor", &text, &err), 0);
	assert_string_equal(text, "0x10de");
	assert_int_equal(vc_sysfs_link(&arena, root, BDF "iommu_group", &text, &err), 0);
	assert_string_equal(text, "37");
	assert_int_equal(
		vc_sysfs_link_parent(&arena, root, BDF "iommu_group", &text, &err), 0);
	assert_string_equal(text, "iommu_groups");
	assert_true(vc_sysfs_is_directory(root, BDF "vfio-dev"));
	assert_false(vc_sysfs_is_directory(root, BDF "vendor"));
	assert_false(vc_sysfs_is_directory(root, BDF "nothing"));
}

static void test_list(void **state VC_UNUSED)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	VC_AUTOCLOSE int root = open_lab();
	struct vc_err err = VC_ERR_INIT;
	struct vc_names names = { 0 };

	assert_int_equal(vc_sysfs_list(&arena, root, "kernel/iommu_groups/52/devices",
	                               &names, &err),
	                 0);
	assert_int_equal(names.n, 3);
	assert_string_equal(names.v[0], "0000:07:01.0");
	assert_string_equal(names.v[2], "0000:08:00.1");

	names.n = 77;
	assert_int_equal(vc_sysfs_list(&arena, root, "kernel/iommu_groups/1000/devices",
	                               &names, &err),
	                 -VC_ERR_ABSENT);
	assert_int_equal(names.n, 77);
}

/* A tree that no kernel lays out; each name says what is wrong with it. */
static void make_hostile(char *dir)
{
	char big[VC_SYSFS_MAX_BYTES + 1];
	int root, fd;

	assert_non_null(mkdtemp(dir));
	root = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(root >= 0);
	memset(big, 'x', sizeof(big));
	fd = openat(root, "big", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(write(fd, big, sizeof(big)), sizeof(big));
	(void)close(fd);
	fd = openat(root, "page", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(write(fd, big, VC_SYSFS_MAX_BYTES), VC_SYSFS_MAX_BYTES);
	(void)close(fd);
	fd = openat(root, "nul", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(write(fd, "a\0b", 3), 3);
	(void)close(fd);
	assert_int_equal(mkfifoat(root, "fifo", 0600), 0);
	assert_int_equal(mkdirat(root, "directory", 0700), 0);
	assert_int_equal(symlinkat("loop-b", root, "loop-a"), 0);
	assert_int_equal(symlinkat("loop-a", root, "loop-b"), 0);
	assert_int_equal(symlinkat("/etc/hostname", root, "absolute"), 0);
	assert_int_equal(symlinkat("../../../../../../etc/passwd", root, "outside"), 0);
	assert_int_equal(symlinkat("..", root, "up"), 0);
	assert_int_equal(symlinkat("directory/", root, "slash"), 0);
	assert_int_equal(symlinkat("alone", root, "alone-link"), 0);
	assert_int_equal(symlinkat("/alone", root, "root-link"), 0);
	assert_int_equal(symlinkat("nowhere/device", root, "dangling"), 0);
	(void)close(root);
}

static void remove_hostile(const char *dir)
{
	static const char *const names[] = {
		"big",        "page",      "nul",      "fifo", "loop-a",
		"loop-b",     "absolute",  "outside",  "up",   "slash",
		"alone-link", "root-link", "dangling",
	};
	int root = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	for (size_t i = 0; i < VC_ARRAY_SIZE(names); i++)
		(void)unlinkat(root, names[i], 0);
	(void)unlinkat(root, "directory", AT_REMOVEDIR);
	(void)close(root);
	(void)rmdir(dir);
}

static void test_hostile(void **state VC_UNUSED)
{
	static const struct {
		const char *path;
		int read, link, parent;
	} cases[] = {
		{ "missing", -VC_ERR_ABSENT, -VC_ERR_ABSENT, -VC_ERR_ABSENT },
		{ "missing/below", -VC_ERR_ABSENT, -VC_ERR_ABSENT, -VC_ERR_ABSENT },
		{ "page/below", -VC_ERR_ABSENT, -VC_ERR_ABSENT, -VC_ERR_ABSENT },
		{ "big", -VC_ERR_INPUT, -VC_ERR_INPUT, -VC_ERR_INPUT },
		{ "page", 0, -VC_ERR_INPUT, -VC_ERR_INPUT },
		{ "nul", -VC_ERR_INPUT, -VC_ERR_INPUT, -VC_ERR_INPUT },
		{ "fifo", -VC_ERR_INPUT, -VC_ERR_INPUT, -VC_ERR_INPUT },
		{ "directory", -VC_ERR_INPUT, -VC_ERR_INPUT, -VC_ERR_INPUT },
		{ "loop-a", -VC_ERR_SYSTEM, 0, -VC_ERR_INPUT },
		{ "loop-a/below", -VC_ERR_SYSTEM, -VC_ERR_SYSTEM, -VC_ERR_SYSTEM },
		{ "absolute", -VC_ERR_SYSTEM, 0, 0 },
		{ "outside", -VC_ERR_SYSTEM, 0, 0 },
		{ "../outside", -VC_ERR_SYSTEM, -VC_ERR_SYSTEM, -VC_ERR_SYSTEM },
		{ "up", -VC_ERR_SYSTEM, -VC_ERR_INPUT, -VC_ERR_INPUT },
		{ "up/etc", -VC_ERR_SYSTEM, -VC_ERR_SYSTEM, -VC_ERR_SYSTEM },
		{ "slash", -VC_ERR_INPUT, -VC_ERR_INPUT, -VC_ERR_INPUT },
		{ "alone-link", -VC_ERR_ABSENT, 0, -VC_ERR_INPUT },
		{ "root-link", -VC_ERR_SYSTEM, 0, -VC_ERR_INPUT },
		{ "dangling", -VC_ERR_ABSENT, 0, 0 },
	};
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	char dir[] = "/tmp/vc-sysfs-XXXXXX";
	VC_AUTOCLOSE int root = -1;
	char untouched[] = "";

	make_hostile(dir);
	root = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		const int want[] = { cases[i].read, cases[i].link, cases[i].parent };
		const char *path = cases[i].path;

		for (int f = 0; f < 3; f++) {
			struct vc_err err = VC_ERR_INIT;
			char *text = untouched;
			int r = f == 0   ? vc_sysfs_read(&arena, root, path, &text, &err)
			        : f == 1 ? vc_sysfs_link(&arena, root, path, &text, &err)
			                 : vc_sysfs_link_parent(&arena, root, path, &text,
			                                        &err);

			if (r != want[f])
				print_error("%s, %d: %s\n", path, f, err.msg);
			assert_int_equal(r, want[f]);
			assert_int_equal(text == untouched, r < 0);
			assert_true(r == 0 || strstr(err.msg, path));
		}
	}
	remove_hostile(dir);
}

static void test_link_path(void **state VC_UNUSED)
{
	static const char gpu[] = "devices/pci0000:64/0000:64:00.0/0000:65:00.0";
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	VC_AUTOCLOSE int root = open_lab();
	struct vc_err err = VC_ERR_INIT;
	char link[128];
	char *path;

	assert_int_equal(vc_sysfs_link_path(&arena, root, "bus/pci/devices/0000:65:00.0",
	                                    &path, &err),
	                 0);
	assert_string_equal(path, gpu);
	(void)snprintf(link, sizeof(link), "%s/iommu_group", gpu);
	assert_int_equal(vc_sysfs_link_path(&arena, root, link, &path, &err), 0);
	assert_string_equal(path, "kernel/iommu_groups/37");
}

static void test_hostile_link_path(void **state VC_UNUSED)
{
	static const struct {
		const char *link;
		int r;
		const char *path;
	} cases[] = {
		{ "missing", -VC_ERR_ABSENT, NULL },
		{ "page", -VC_ERR_INPUT, NULL },
		{ "directory", -VC_ERR_INPUT, NULL },
		{ "loop-a", 0, "loop-b" },
		{ "absolute", -VC_ERR_INPUT, NULL },
		{ "outside", -VC_ERR_INPUT, NULL },
		{ "up", -VC_ERR_INPUT, NULL },
		{ "slash", 0, "directory" },
		{ "root-link", -VC_ERR_INPUT, NULL },
		{ "dangling", 0, "nowhere/device" },
		{ "directory/../slash", 0, "directory" },
		{ "../outside", -VC_ERR_SYSTEM, NULL },
	};
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	char dir[] = "/tmp/vc-sysfs-XXXXXX";
	VC_AUTOCLOSE int root = -1;
	char untouched[] = "";

	make_hostile(dir);
	root = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		struct vc_err err = VC_ERR_INIT;
		char *path = untouched;

		assert_int_equal(
			vc_sysfs_link_path(&arena, root, cases[i].link, &path, &err),
			cases[i].r);
		assert_int_equal(path == untouched, cases[i].r < 0);
		if (cases[i].path)
			assert_string_equal(path, cases[i].path);
	}
	remove_hostile(dir);
}

static void test_open_directory(void **state VC_UNUSED)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	VC_AUTOCLOSE int root = open_lab();
	VC_AUTOCLOSE int fd = -1;
	struct vc_err err = VC_ERR_INIT;
	struct vc_names names = { 0 };
	char *text = NULL;

	assert_int_equal(
		vc_sysfs_open_directory(root, "bus/pci/devices/0000:65:00.0", &fd, &err),
		0);
	assert_int_equal(vc_sysfs_list_open(&arena, fd, &names, &err), 0);
	assert_string_equal(names.v[0], "class");
	assert_int_equal(vc_sysfs_read(&arena, fd, "vendor", &text, &err), 0);
	/* nothing outside of it */
	assert_int_equal(vc_sysfs_read(&arena, fd, "iommu_group/type", &text, &err),
	                 -VC_ERR_SYSTEM);
	err = (struct vc_err)VC_ERR_INIT;
	(void)close(fd);
	fd = -1;
	assert_int_equal(vc_sysfs_open_directory(root, "bus/pci/nothing", &fd, &err),
	                 -VC_ERR_ABSENT);
	assert_int_equal(vc_sysfs_open_directory(root, "..", &fd, &err), -VC_ERR_SYSTEM);
	assert_int_equal(fd, -1);
}

static void test_out_of_memory(void **state VC_UNUSED)
{
	VC_AUTO_ARENA struct vc_arena arena = { .max_bytes = 1 };
	VC_AUTOCLOSE int root = open_lab();
	struct vc_err err = VC_ERR_INIT;
	struct vc_names names = { 0 };
	char *text = NULL;

	assert_int_equal(vc_sysfs_read(&arena, root, BDF "vendor", &text, &err),
	                 -VC_ERR_INTERNAL);
	assert_int_equal(vc_sysfs_link(&arena, root, BDF "driver", &text, &err),
	                 -VC_ERR_INTERNAL);
	assert_int_equal(vc_sysfs_list(&arena, root, "bus/pci/devices", &names, &err),
	                 -VC_ERR_INTERNAL);
	assert_null(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_link_path),
		cmocka_unit_test(test_hostile_link_path),
		cmocka_unit_test(test_open_directory),
		cmocka_unit_test(test_out_of_memory),
	};

	return cmocka_run_group_tests_name("sysfs", tests, NULL, NULL);
}
