/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hook/install.h"
#include "unit.h"

#define PROGRAM "/usr/bin/virt-claim-qemu-hook"
#define HOOKS_D "/etc/libvirt/hooks/qemu.d"
#define LINK    HOOKS_D "/virt-claim"

/* A system below a scratch directory. */
struct system {
	char root[32];
	struct vc_arena arena;
	struct vc_hook_place place;
	struct vc_findings findings;
	struct vc_err err;
};

static const char *at(const struct system *s, const char *path)
{
	static char full[256];

	(void)snprintf(full, sizeof(full), "%s%s", s->root, path);
	return full;
}

static void make_directories(const struct system *s, const char *path)
{
	char full[256];

	(void)snprintf(full, sizeof(full), "%s", at(s, path));
	for (char *p = strchr(full + 1, '/'); p; p = strchr(p + 1, '/')) {
		*p = '\0';
		(void)mkdir(full, 0755);
		*p = '/';
	}
	(void)mkdir(full, 0755);
}

static void write_file(const struct system *s, const char *path, const char *text,
                       mode_t mode)
{
	FILE *f = fopen(at(s, path), "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(at(s, path), mode), 0);
}

static int setup(void **state)
{
	struct system *s = calloc(1, sizeof(*s));

	if (!s)
		return 1;
	*s = (struct system){ .root = "/tmp/vc-install-XXXXXX", .arena = VC_ARENA_INIT };
	if (!mkdtemp(s->root))
		return 1;
	(void)umask(022);
	s->place = (struct vc_hook_place){ .root = s->root, .program = PROGRAM };
	make_directories(s, "/usr/bin");
	write_file(s, PROGRAM, "", 0755);
	*state = s;
	return 0;
}

static int remove_one(const char *path, const struct stat *st VC_UNUSED,
                      int type VC_UNUSED, struct FTW *ftw VC_UNUSED)
{
	return remove(path);
}

static int teardown(void **state)
{
	struct system *s = *state;

	(void)nftw(s->root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	vc_arena_release(&s->arena);
	free(s);
	return 0;
}

static int install(struct system *s, bool dry_run)
{
	s->findings = (struct vc_findings){ 0 };
	return vc_hook_install(&s->arena, &s->place, dry_run, &s->findings, &s->err);
}

static void check(struct system *s)
{
	s->findings = (struct vc_findings){ 0 };
	assert_int_equal(vc_hook_check(&s->arena, &s->place, &s->findings, &s->err), 0);
}

/* Whether a finding of that level has that text. */
static bool found(const struct system *s, enum vc_finding_level level, const char *text)
{
	for (size_t i = 0; i < s->findings.n; i++)
		if (s->findings.v[i].level == level &&
		    strstr(s->findings.v[i].text, text))
			return true;
	return false;
}

static void test_install(void **state)
{
	struct system *s = *state;
	char target[64] = "";

	assert_int_equal(install(s, true), 0);
	assert_true(found(s, VC_FINDING_OK, "would lead to"));
	assert_int_equal(access(at(s, "/etc"), F_OK), -1);

	assert_int_equal(install(s, false), 0);
	assert_true(readlink(at(s, LINK), target, sizeof(target) - 1) > 0);
	assert_string_equal(target, PROGRAM);
	assert_int_equal(install(s, false), 0);
	assert_true(found(s, VC_FINDING_OK, "already leads to"));
}

static void test_old_link_is_replaced(void **state)
{
	struct system *s = *state;
	char target[64] = "";

	make_directories(s, HOOKS_D);
	assert_int_equal(symlink("/somewhere/else", at(s, LINK)), 0);
	assert_int_equal(install(s, false), 0);
	assert_true(readlink(at(s, LINK), target, sizeof(target) - 1) > 0);
	assert_string_equal(target, PROGRAM);
}

static void test_install_refused(void **state)
{
	struct system *s = *state;

	s->place.program = "bin/x";
	assert_int_equal(install(s, false), -VC_ERR_USAGE);
	s->place.program = "/usr/bin/missing";
	assert_int_equal(install(s, false), -VC_ERR_ABSENT);
	s->place.program = "/usr/bin";
	assert_int_equal(install(s, false), -VC_ERR_REFUSED);
	write_file(s, PROGRAM, "", 0644);
	s->place.program = PROGRAM;
	assert_int_equal(install(s, false), -VC_ERR_REFUSED);
	write_file(s, PROGRAM, "", 0755);
	make_directories(s, HOOKS_D);
	write_file(s, LINK, "#!/bin/sh\n", 0755);
	assert_int_equal(install(s, false), -VC_ERR_REFUSED);
	assert_non_null(strstr(s->err.msg, "somebody else's"));
}

static void test_apparmor(void **state)
{
	struct system *s = *state;

	make_directories(s, "/etc/apparmor.d");
	make_directories(s, "/usr/libexec");
	write_file(s, "/usr/libexec/hook", "", 0755);
	s->place.program = "/usr/libexec/hook";
	assert_int_equal(install(s, true), 0);
	write_file(s, "/etc/apparmor.d/usr.sbin.libvirtd", "", 0644);
	assert_int_equal(install(s, true), -VC_ERR_REFUSED);
	assert_non_null(strstr(s->err.msg, "AppArmor"));
	s->place.program = PROGRAM;
	assert_int_equal(install(s, true), 0);
}

static void test_reload(void **state)
{
	struct system *s = *state;

	assert_int_equal(install(s, true), 0);
	assert_true(found(s, VC_FINDING_OK, "no libvirt daemon is running"));
	make_directories(s, "/run/libvirt");
	write_file(s, "/run/libvirt/virtqemud-sock", "", 0600);
	assert_int_equal(install(s, true), 0);
	assert_true(found(s, VC_FINDING_UNKNOWN, "systemctl reload virtqemud"));
	make_directories(s, HOOKS_D);
	write_file(s, HOOKS_D "/other", "", 0755);
	assert_int_equal(install(s, true), 0);
	assert_true(found(s, VC_FINDING_OK, "other hooks were there"));
}

static void test_selinux(void **state)
{
	struct system *s = *state;

	make_directories(s, "/sys/fs/selinux/booleans");
	write_file(s, "/sys/fs/selinux/enforce", "1", 0644);
	assert_int_equal(install(s, true), 0);
	assert_true(found(s, VC_FINDING_UNKNOWN, "virt_hooks_unconfined"));
	write_file(s, "/sys/fs/selinux/booleans/virt_hooks_unconfined", "0 0", 0644);
	assert_int_equal(install(s, true), 0);
	assert_true(found(s, VC_FINDING_FAILED, "setsebool -P virt_hooks_unconfined on"));
	write_file(s, "/sys/fs/selinux/booleans/virt_hooks_unconfined", "1 1", 0644);
	assert_int_equal(install(s, true), 0);
	assert_true(found(s, VC_FINDING_OK, "virt_hooks_unconfined is on"));
}

static void test_check_is_content(void **state)
{
	struct system *s = *state;

	assert_int_equal(install(s, false), 0);
	check(s);
	assert_int_equal(s->findings.n_failed, geteuid() == 0 ? 0 : 5);
}

static void test_check_complains(void **state)
{
	struct system *s = *state;

	check(s);
	assert_true(found(s, VC_FINDING_FAILED, "run: virt-claim hook install"));

	assert_int_equal(install(s, false), 0);
	write_file(s, HOOKS_D "/virt-claim~", "", 0755);
	write_file(s, HOOKS_D "/.hidden", "", 0755);
	write_file(s, HOOKS_D "/x.dpkg-old", "", 0755);
	write_file(s, HOOKS_D "/y.dpkg-old", "", 0644); /* does not run */
	assert_int_equal(chmod(at(s, HOOKS_D), 0775), 0);
	make_directories(s, "/etc/virt-claim");
	write_file(s, "/etc/virt-claim/virt-claim.yaml", "clams: []\n", 0644);
	check(s);
	assert_true(found(s, VC_FINDING_FAILED, "virt-claim~"));
	assert_true(found(s, VC_FINDING_FAILED, ".hidden"));
	assert_true(found(s, VC_FINDING_FAILED, "x.dpkg-old"));
	assert_false(found(s, VC_FINDING_FAILED, "y.dpkg-old"));
	assert_true(found(s, VC_FINDING_FAILED, "chmod go-w"));
	assert_true(found(s, VC_FINDING_FAILED, "/clams: unknown key"));

	assert_int_equal(unlink(at(s, PROGRAM)), 0);
	check(s);
	assert_true(found(s, VC_FINDING_FAILED, "cannot find the hook program"));
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_install),          TEST(test_old_link_is_replaced),
		TEST(test_install_refused),  TEST(test_apparmor),
		TEST(test_reload),           TEST(test_selinux),
		TEST(test_check_is_content), TEST(test_check_complains),
	};

	return cmocka_run_group_tests_name("hook_install", tests, NULL, NULL);
}
