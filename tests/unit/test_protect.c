/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the host needs for itself, on small machines that are laid out here. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "host/inventory.h"
#include "unit.h"

#define ROOT  "devices/pci0000:00/"
#define DISK  ROOT "0000:00:01.0/ata1/block/sda"
#define OTHER ROOT "0000:00:02.0/nvme/nvme0"
#define MOUNT "25 1 %s / %s rw - ext4 %s rw\n"

static char dir[] = "/tmp/vc-protect-XXXXXX";

static void make_parents(char *path)
{
	for (char *p = strchr(path + 1, '/'); p; p = strchr(p + 1, '/')) {
		*p = '\0';
		if (mkdir(path, 0755) < 0)
			assert_int_equal(errno, EEXIST);
		*p = '/';
	}
}

/* A file below the directory of the test; NULL for @text makes a directory. */
static void put(const char *name, const char *text)
{
	char path[512];
	VC_AUTOCLOSE int fd = -1;

	(void)snprintf(path, sizeof(path), "%s/%s%s", dir, name, text ? "" : "/");
	make_parents(path);
	if (!text)
		return;
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

/* @name is a link to @target, both below sys/. */
static void lead(const char *name, const char *target)
{
	char path[512], text[512] = "";

	(void)snprintf(path, sizeof(path), "%s/sys/%s", dir, name);
	make_parents(path);
	for (const char *p = strchr(name, '/'); p; p = strchr(p + 1, '/'))
		(void)snprintf(text + strlen(text), sizeof(text) - strlen(text), "../");
	(void)snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s", target);
	assert_int_equal(symlink(text, path), 0);
}

static void add_function(const char *address, const char *class)
{
	static const char *const names[] = { "vendor", "device", "class" };
	const char *const values[] = { "0x8086\n", "0x1234\n", class };
	char path[512], target[256];

	for (size_t i = 0; i < VC_ARRAY_SIZE(names); i++) {
		(void)snprintf(path, sizeof(path), "sys/" ROOT "%s/%s", address,
		               names[i]);
		put(path, values[i]);
	}
	(void)snprintf(path, sizeof(path), "bus/pci/devices/%s", address);
	(void)snprintf(target, sizeof(target), ROOT "%s", address);
	lead(path, target);
}

static void add_block(const char *path, const char *number)
{
	char name[512];

	(void)snprintf(name, sizeof(name), "sys/%s/dev", path);
	put(name, number);
	(void)snprintf(name, sizeof(name), "class/block/%s", strrchr(path, '/') + 1);
	lead(name, path);
	(void)snprintf(name, sizeof(name), "dev/block/%s", number);
	lead(name, path);
}

static int remove_one(const char *path, const struct stat *st VC_UNUSED,
                      int type VC_UNUSED, struct FTW *ftw VC_UNUSED)
{
	return remove(path);
}

static int set_up(void **state VC_UNUSED)
{
	(void)snprintf(dir, sizeof(dir), "/tmp/vc-protect-XXXXXX");
	assert_non_null(mkdtemp(dir));
	add_function("0000:00:01.0", "0x010601\n");
	add_function("0000:00:02.0", "0x010802\n");
	add_function("0000:00:03.0", "0x020000\n");
	add_function("0000:00:04.0", "0x020000\n");
	add_block(DISK, "8:0");
	add_block(DISK "/sda1", "8:1");
	put("proc/self/mountinfo", "");
	return 0;
}

static int tear_down(void **state VC_UNUSED)
{
	return nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static int take(struct vc_arena *arena, struct vc_inventory *ret_inventory,
                struct vc_err *err)
{
	char sysfs[64], proc[64];
	const struct vc_inventory_request request = { .sysfs = sysfs, .proc = proc };

	(void)snprintf(sysfs, sizeof(sysfs), "%s/sys", dir);
	(void)snprintf(proc, sizeof(proc), "%s/proc", dir);
	assert_int_equal(setenv("VIRT_CLAIM_MODULE_DIR", VC_MODULE_DIR, 1), 0);
	return vc_inventory_take(arena, &request, ret_inventory, err);
}

/* @expected: for 00:01.0 to 00:04.0, NULL: not protected. Returns the number of notes. */
static size_t check(const char *const expected[4])
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_inventory inventory = { 0 };
	struct vc_err err = VC_ERR_INIT;

	if (take(&arena, &inventory, &err) < 0)
		fail_msg("%s", err.msg);
	assert_int_equal(inventory.n_pci, 4);
	for (size_t i = 0; i < 4; i++) {
		const char *got = inventory.devices.v[i].protection;

		if (expected[i] && got)
			assert_string_equal(got, expected[i]);
		else if (expected[i] || got)
			fail_msg("%s: got '%s'", inventory.devices.v[i].address,
			         got ? got : "nothing");
	}
	return inventory.notes.n;
}

static void mount(const char *number, const char *where, const char *source)
{
	char line[512];

	(void)snprintf(line, sizeof(line), MOUNT, number, where, source);
	put("proc/self/mountinfo", line);
}

static void test_nothing(void **state VC_UNUSED)
{
	static const char *const none[4] = { NULL };

	assert_int_equal(check(none), 0);
	/* file systems without a disk */
	mount("0:25", "/run", "tmpfs");
	assert_int_equal(check(none), 0);
}

static void test_partition(void **state VC_UNUSED)
{
	static const char *const first[4] = { "holds the file system at '/data'" };

	mount("8:1", "/data", "/dev/sda1");
	assert_int_equal(check(first), 0);
}

static void test_no_mountinfo(void **state VC_UNUSED)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_inventory inventory = { .n_pci = 77 };
	struct vc_err err = VC_ERR_INIT;
	char path[64];

	(void)snprintf(path, sizeof(path), "%s/proc/self/mountinfo", dir);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(take(&arena, &inventory, &err), -VC_ERR_ABSENT);
	assert_int_equal(mkdir(path, 0755), 0);
	assert_int_equal(take(&arena, &inventory, &err), -VC_ERR_INPUT);
	assert_int_equal(inventory.n_pci, 77);
}

/* md of sda1 and an NVMe disk, a partition on it, and dm on top of that */
static void test_stack(void **state VC_UNUSED)
{
	static const char *const both[4] = {
		"holds swap space '/dev/dm-0'",
		"holds swap space '/dev/dm-0'",
	};

	add_block(OTHER "/nvme0n1", "259:0");
	add_block("devices/virtual/block/md0", "9:0");
	add_block("devices/virtual/block/md0/md0p1", "259:7");
	lead("devices/virtual/block/md0/slaves/sda1", DISK "/sda1");
	lead("devices/virtual/block/md0/slaves/nvme0n1", OTHER "/nvme0n1");
	add_block("devices/virtual/block/dm-0", "253:0");
	lead("devices/virtual/block/dm-0/slaves/md0p1",
	     "devices/virtual/block/md0/md0p1");
	put("proc/swaps", "Filename Type Size Used Priority\n"
	                  "/dev/dm-0 partition 8388604 0 -2\n"
	                  "/srv/swapfile file 1048572 0 -3\n");
	assert_int_equal(check(both), 0);
}

/* Nothing ends in a loop, and what is beside it is found. */
static void test_loop(void **state VC_UNUSED)
{
	static const char *const first[4] = { "holds the file system at '/'" };

	add_block("devices/virtual/block/dm-0", "253:0");
	add_block("devices/virtual/block/dm-1", "253:1");
	lead("devices/virtual/block/dm-0/slaves/dm-1", "devices/virtual/block/dm-1");
	lead("devices/virtual/block/dm-1/slaves/dm-0", "devices/virtual/block/dm-0");
	lead("devices/virtual/block/dm-1/slaves/dm-1", "devices/virtual/block/dm-1");
	lead("devices/virtual/block/dm-1/slaves/sda", DISK);
	mount("253:0", "/", "/dev/mapper/x");
	assert_int_equal(check(first), 0);
}

/* A disk with several paths is no child of its controllers. */
static void test_nvme_multipath(void **state VC_UNUSED)
{
	static const char *const second[4] = { NULL, "holds the file system at '/'" };

	put("sys/" OTHER "/serial", "S1\n");
	add_block("devices/virtual/nvme-subsystem/nvme-subsys0/nvme0n1", "259:0");
	add_block("devices/virtual/nvme-subsystem/nvme-subsys0/nvme0n1/nvme0n1p2",
	          "259:2");
	lead("devices/virtual/nvme-subsystem/nvme-subsys0/nvme0", OTHER);
	mount("259:2", "/", "/dev/nvme0n1p2");
	assert_int_equal(check(second), 0);
	mount("259:0", "/", "/dev/nvme0n1");
	assert_int_equal(check(second), 0);
}

/* All disks of the file system, whichever of them mountinfo names. */
static void test_btrfs(void **state VC_UNUSED)
{
	static const char *const both[4] = { "holds the file system at '/'",
		                             "holds the file system at '/'" };

	add_block(OTHER "/nvme0n1", "259:0");
	lead("fs/btrfs/5c1a/devices/sda1", DISK "/sda1");
	lead("fs/btrfs/5c1a/devices/nvme0n1", OTHER "/nvme0n1");
	lead("fs/btrfs/aaaa/devices/other", "devices/virtual/other");
	put("proc/self/mountinfo", "25 1 0:30 / / rw - btrfs /dev/sda1 rw\n");
	assert_int_equal(check(both), 0);
}

static void test_mapper_name(void **state VC_UNUSED)
{
	static const char *const first[4] = { "holds the file system at '/'" };

	add_block("devices/virtual/block/dm-0", "253:0");
	put("sys/devices/virtual/block/dm-0/dm/name", "vg-root\n");
	lead("devices/virtual/block/dm-0/slaves/sda1", DISK "/sda1");
	mount("0:40", "/", "/dev/mapper/vg-root");
	assert_int_equal(check(first), 0);
}

/* What cannot be followed is noted, never passed over. */
static void test_unknown_disks(void **state VC_UNUSED)
{
	static const char *const lines[] = {
		"25 1 0:30 / / rw - zfs tank/root rw\n",
		"25 1 8:99 / / rw - ext4 /dev/sdz9 rw\n",
		"25 1 0:30 / / rw - btrfs /dev/mapper/gone rw\n",
		"25 1 8:1\n",
		"this is no mountinfo at all, it has no dash in it\n",
	};
	static const char *const none[4] = { NULL };

	for (size_t i = 0; i < VC_ARRAY_SIZE(lines); i++) {
		put("proc/self/mountinfo", lines[i]);
		assert_int_equal(check(none), 1);
	}
}

static void test_escaping_paths(void **state VC_UNUSED)
{
	static const char *const lines[] = {
		"25 1 0:30 / / rw - btrfs /dev/../../etc rw\n",
		"25 1 0:30 / / rw - btrfs /dev/ rw\n",
		"25 1 8:1/../.. / / rw - ext4 none rw\n",
	};
	static const char *const none[4] = { NULL };

	for (size_t i = 0; i < VC_ARRAY_SIZE(lines); i++) {
		put("proc/self/mountinfo", lines[i]);
		(void)check(none);
	}
	lead("dev/block/8:7", "../../../etc/passwd");
	mount("8:7", "/", "none");
	assert_int_equal(check(none), 1);
}

static void test_default_route(void **state VC_UNUSED)
{
	static const char *const third[4] = { NULL, NULL,
		                              "carries the default route ('bond0.7')" };

	put("sys/" ROOT "0000:00:03.0/net/eth0/address", "52:54:00:00:00:01\n");
	lead("class/net/eth0", ROOT "0000:00:03.0/net/eth0");
	put("sys/devices/virtual/net/bond0.7", NULL);
	lead("class/net/bond0.7", "devices/virtual/net/bond0.7");
	lead("class/net/bond0", "devices/virtual/net/bond0");
	lead("devices/virtual/net/bond0.7/lower_bond0", "devices/virtual/net/bond0");
	lead("devices/virtual/net/bond0/lower_eth0", ROOT "0000:00:03.0/net/eth0");
	lead("devices/virtual/net/bond0/lower_bond0.7", "devices/virtual/net/bond0.7");
	put("proc/net/route",
	    "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\n"
	    "eth9\t00000000\t00000000\t0200\t0\t0\t0\t00000000\n"
	    "bond0.7\t00000000\t0101A8C0\t0003\t0\t0\t0\t00000000\n");
	assert_int_equal(check(third), 0);
}

static void test_default_route6(void **state VC_UNUSED)
{
	static const char *const fourth[4] = { NULL, NULL, NULL,
		                               "carries the default route ('eth1')" };
	static const char zeros[] = "00000000000000000000000000000000";
	char text[1024];

	put("sys/" ROOT "0000:00:04.0/net/eth1/address", "52:54:00:00:00:02\n");
	lead("class/net/eth1", ROOT "0000:00:04.0/net/eth1");
	(void)snprintf(text, sizeof(text),
	               "%s 00 %s 00 fe800000000000000000000000000001 00000400 00000001 "
	               "00000000 00000003 eth1\n"
	               "%s 00 %s 00 %s ffffffff 00000001 00000000 00200200 lo\n"
	               "fe800000000000000000000000000000 40 %s 00 %s 00000100 00000001 "
	               "00000000 00000001 eth9\n",
	               zeros, zeros, zeros, zeros, zeros, zeros, zeros);
	put("proc/net/ipv6_route", text);
	assert_int_equal(check(fourth), 0);
}

static void add_nics(void)
{
	lead("class/net/eth0", ROOT "0000:00:03.0/net/eth0");
	lead("class/net/eth1", ROOT "0000:00:04.0/net/eth1");
	/* 192.0.2.0/24 on eth0, 192.0.2.128/25 on eth1; little-endian, as proc has it */
	put("proc/net/route",
	    "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\n"
	    "eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\n"
	    "eth1\t800200C0\t00000000\t0001\t0\t0\t0\t80FFFFFF\n");
}

static void test_sessions(void **state VC_UNUSED)
{
	static const struct {
		const char *file, *line;
		size_t who; /* index of the function; 4 nobody */
	} cases[] = {
		{ "proc/net/tcp", "0: 010200C0:0016 210200C0:C3A8 01\n", 2 },
		{ "proc/net/tcp", "0: 010200C0:0016 A10200C0:C3A8 01\n", 3 },
		/* not established, another port, from the machine itself, nonsense */
		{ "proc/net/tcp", "0: 010200C0:0016 210200C0:C3A8 0A\n", 4 },
		{ "proc/net/tcp", "0: 010200C0:0017 210200C0:C3A8 01\n", 4 },
		{ "proc/net/tcp", "0: 0100007F:0016 0100007F:C3A8 01\n", 4 },
		{ "proc/net/tcp", "0: 010200C0:0016 210200C0 01\n", 4 },
		{ "proc/net/tcp", "0: 010200C0:16 210200C0:C3A8 01\n", 4 },
		{ "proc/net/tcp", "0:\n", 4 },
		{ "proc/net/tcp6",
		  "0: 0000000000000000FFFF0000010200C0:0016 "
		  "0000000000000000FFFF0000A10200C0:C3A8 01\n",
		  3 },
		{ "proc/net/tcp6",
		  "0: B80D0120000000000000000005000000:0016 "
		  "B80D0120000000000000000009000000:C3A8 01\n",
		  2 },
	};

	add_nics();
	put("proc/net/if_inet6",
	    "20010db8000000000000000000000006 03 40 00 80     eth1\n"
	    "20010db8000000000000000000000005 02 40 00 80     eth0\n");
	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		const char *expected[5] = { NULL };

		expected[cases[i].who] = cases[i].who == 2
		                                 ? "carries a login session ('eth0')"
		                                 : "carries a login session ('eth1')";
		put("proc/net/tcp", "");
		put("proc/net/tcp6", "");
		put(cases[i].file, cases[i].line);
		assert_int_equal(check(expected), 0);
	}
}

static void test_unknown_session(void **state VC_UNUSED)
{
	static const char *const none[4] = { NULL };

	add_nics();
	put("proc/net/tcp", "0: 010200C0:0016 210233C6:C3A8 01\n");
	assert_int_equal(check(none), 1);
}

/* A name of an interface is no path. */
static void test_interface_names(void **state VC_UNUSED)
{
	static const char *const names[] = { "../../x", "..", "a/b" };
	static const char *const none[4] = { NULL };
	char text[256];

	for (size_t i = 0; i < VC_ARRAY_SIZE(names); i++) {
		(void)snprintf(text, sizeof(text),
		               "%s\t00000000\t0\t0003\t0\t0\t0\t00000000\n", names[i]);
		put("proc/net/route", text);
		assert_int_equal(check(none), 0);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_nothing),
		TEST(test_partition),
		TEST(test_no_mountinfo),
		TEST(test_stack),
		TEST(test_loop),
		TEST(test_nvme_multipath),
		TEST(test_btrfs),
		TEST(test_mapper_name),
		TEST(test_unknown_disks),
		TEST(test_escaping_paths),
		TEST(test_default_route),
		TEST(test_default_route6),
		TEST(test_sessions),
		TEST(test_unknown_session),
		TEST(test_interface_names),
	};

	return cmocka_run_group_tests_name("protect", tests, NULL, NULL);
}
