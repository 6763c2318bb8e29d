/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hook/install.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "hook/hook.h"

#define HOOKS      "/etc/libvirt/hooks"
#define HOOKS_D    "/etc/libvirt/hooks/qemu.d"
#define LINK_NAME  "virt-claim"
#define LINK_FILE  HOOKS_D "/" LINK_NAME
#define BOOLEAN    "/sys/fs/selinux/booleans/virt_hooks_unconfined"
#define ANY_X_BITS 0111

/* Everything that one run needs. */
struct job {
	struct vc_arena *arena;
	const struct vc_hook_place *place;
	struct vc_findings *findings;
};

static int add(struct job *job, struct vc_err *err, enum vc_finding_level level,
               const char *fmt, ...) VC_PRINTF(4, 5);

static int add(struct job *job, struct vc_err *err, enum vc_finding_level level,
               const char *fmt, ...)
{
	struct vc_finding *finding = vc_list_push(job->arena, job->findings);
	char text[VC_ERR_MSG_SIZE];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (finding)
		finding->text = vc_arena_strdup(job->arena, text);
	if (!finding || !finding->text)
		return vc_fail_oom(err);
	finding->level = level;
	job->findings->n_failed += level == VC_FINDING_FAILED;
	return 0;
}

/* @path below the root, in the arena; NULL out of memory. */
static char *below(struct job *job, const char *path)
{
	return vc_arena_printf(job->arena, "%s%s", job->place->root, path);
}

static bool exists(struct job *job, const char *path)
{
	char *full = below(job, path);

	return full && access(full, F_OK) == 0;
}

/**
 * vc_hook_program() - Where the program of this installation is
 *
 * Return: a static path
 */
const char *vc_hook_program(void)
{
	return VC_HOOK_PROGRAM;
}

/* [LV] apparmor profiles of libvirtd and virtqemud: what is directly in these (PUx) */
static bool apparmor_lets_run(const char *program)
{
	static const char *const directories[] = { "/usr/bin/", "/usr/sbin/", "/bin/",
		                                   "/sbin/" };

	for (size_t i = 0; i < VC_ARRAY_SIZE(directories); i++) {
		size_t len = strlen(directories[i]);

		if (strncmp(program, directories[i], len) == 0 &&
		    !strchr(program + len, '/'))
			return true;
	}
	return false;
}

static bool has_apparmor(struct job *job)
{
	return exists(job, "/etc/apparmor.d/usr.sbin.libvirtd") ||
	       exists(job, "/etc/apparmor.d/usr.sbin.virtqemud");
}

static int check_program(struct job *job, struct vc_err *err)
{
	const char *program = job->place->program;
	char *full = below(job, program);
	struct stat st;

	if (!full)
		return vc_fail_oom(err);
	if (*program != '/')
		return vc_fail(err, VC_ERR_USAGE, "'%s' does not begin with '/'",
		               program);
	if (stat(full, &st) < 0)
		return vc_fail_sys(err, errno, "cannot find the hook program '%s'", full);
	if (!S_ISREG(st.st_mode) || !(st.st_mode & ANY_X_BITS))
		return vc_fail(err, VC_ERR_REFUSED, "'%s' is not a program", full);
	if (has_apparmor(job) && !apparmor_lets_run(program))
		return vc_fail(err, VC_ERR_REFUSED,
		               "AppArmor does not let libvirt run '%s'; the program must "
		               "be in /usr/bin or /usr/sbin",
		               program);
	return 0;
}

/* Whether libvirt runs any hook already: [LV] a regular file with an x bit. */
static bool is_hook(int dir, const char *name)
{
	struct stat st;

	return fstatat(dir, name, &st, 0) == 0 && S_ISREG(st.st_mode) &&
	       (st.st_mode & ANY_X_BITS);
}

static int list_hooks(struct job *job, int *ret_dir, struct vc_names *ret_names,
                      struct vc_err *err)
{
	char *path = below(job, HOOKS_D);
	int dir = path ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	if (!path)
		return vc_fail_oom(err);
	if (dir < 0)
		return vc_fail_sys(err, errno, "cannot open '%s'", path);
	if (vc_file_list(job->arena, dir, ret_names, err) < 0) {
		(void)close(dir);
		return -(int)err->kind;
	}
	*ret_dir = dir;
	return 0;
}

/* Hooks other than ours. */
static size_t count_others(struct job *job)
{
	VC_AUTOCLOSE int dir = -1;
	struct vc_err unused = VC_ERR_INIT;
	struct vc_names names = { 0 };
	size_t n = 0;
	char *qemu = below(job, HOOKS "/qemu");

	n += qemu && is_hook(AT_FDCWD, qemu);
	if (list_hooks(job, &dir, &names, &unused) < 0)
		return n;
	for (size_t i = 0; i < names.n; i++)
		n += strcmp(names.v[i], LINK_NAME) != 0 && is_hook(dir, names.v[i]);
	return n;
}

static const char *running_daemon(struct job *job)
{
	static const char *const daemons[][2] = {
		{ "/run/libvirt/virtqemud-sock", "virtqemud" },
		{ "/run/libvirt/libvirt-sock", "libvirtd" },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(daemons); i++)
		if (exists(job, daemons[i][0]))
			return daemons[i][1];
	return NULL;
}

/* [LV] virhook.c: "are there hooks" is found out at start and at reload only. */
static int advise_reload(struct job *job, struct vc_err *err)
{
	const char *daemon = running_daemon(job);

	if (count_others(job) > 0)
		return add(job, err, VC_FINDING_OK,
		           "other hooks were there before, no daemon has to be reloaded");
	if (!daemon)
		return add(job, err, VC_FINDING_OK,
		           "no libvirt daemon is running that would have to be reloaded");
	return add(job, err, VC_FINDING_UNKNOWN,
	           "this is the only hook: a daemon that was started before it looks for "
	           "hooks again only when told; run: systemctl reload %s",
	           daemon);
}

static int check_selinux(struct job *job, struct vc_err *err)
{
	VC_AUTOCLOSE int fd = -1;
	char *path = below(job, BOOLEAN);
	char value = '\0';

	if (!path)
		return vc_fail_oom(err);
	if (!exists(job, "/sys/fs/selinux/enforce"))
		return 0;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, &value, 1) != 1)
		return add(
			job, err, VC_FINDING_UNKNOWN,
			"SELinux: the policy has no boolean virt_hooks_unconfined; look "
			"for denials of the hook in the audit log");
	if (value != '1')
		return add(job, err, VC_FINDING_FAILED,
		           "SELinux: hooks may not do their work; run: setsebool -P "
		           "virt_hooks_unconfined on && restorecon -R " HOOKS);
	return add(job, err, VC_FINDING_OK, "SELinux: virt_hooks_unconfined is on");
}

static int make_directories(struct job *job, struct vc_err *err)
{
	static const char *const directories[] = { "/etc", "/etc/libvirt", HOOKS,
		                                   HOOKS_D };

	for (size_t i = 0; i < VC_ARRAY_SIZE(directories); i++) {
		char *path = below(job, directories[i]);

		if (!path)
			return vc_fail_oom(err);
		if (mkdir(path, 0755) < 0 && errno != EEXIST)
			return vc_fail_sys(err, errno, "cannot make '%s'", path);
	}
	return 0;
}

/* 1: the link is there and right, 0: it has to be made. */
static int look_at_link(struct job *job, const char *path, struct vc_err *err)
{
	char target[PATH_MAX];
	struct stat st;
	ssize_t len;

	if (lstat(path, &st) < 0)
		return errno == ENOENT || errno == ENOTDIR
		               ? 0
		               : vc_fail_sys(err, errno, "cannot look at '%s'", path);
	if (!S_ISLNK(st.st_mode))
		return vc_fail(err, VC_ERR_REFUSED,
		               "'%s' is a file of somebody else's, not a link; move it "
		               "away",
		               path);
	len = readlink(path, target, sizeof(target) - 1);
	if (len < 0)
		return vc_fail_sys(err, errno, "cannot read the link '%s'", path);
	target[len] = '\0';
	return strcmp(target, job->place->program) == 0;
}

/* Whoever looks sees the old link or the new one. */
static int make_link(struct job *job, const char *path, struct vc_err *err)
{
	char *temporary = vc_arena_printf(job->arena, "%s%s/.virt-claim.%d",
	                                  job->place->root, HOOKS_D, (int)getpid());

	if (!temporary)
		return vc_fail_oom(err);
	if (make_directories(job, err) < 0)
		return -(int)err->kind;
	if (symlink(job->place->program, temporary) < 0)
		return vc_fail_sys(err, errno, "cannot make '%s'", temporary);
	if (rename(temporary, path) < 0) {
		(void)vc_fail_sys(err, errno, "cannot make '%s'", path);
		(void)unlink(temporary);
		return -(int)err->kind;
	}
	return 0;
}

/**
 * vc_hook_install() - Link the hook program into libvirt's hooks
 * @arena:	holds the findings
 * @place:	where
 * @dry_run:	only say what would be done
 * @findings:	what was done, and what the administrator has to do
 * @err:	why it cannot be done
 *
 * Return: 0, -VC_ERR_ABSENT (no such program), -VC_ERR_REFUSED (a file in the way, a
 * program that AppArmor would not run), -VC_ERR_USAGE, -VC_ERR_SYSTEM or -VC_ERR_INTERNAL
 */
int vc_hook_install(struct vc_arena *arena, const struct vc_hook_place *place,
                    bool dry_run, struct vc_findings *findings, struct vc_err *err)
{
	struct job job = { .arena = arena, .place = place, .findings = findings };
	char *path = below(&job, LINK_FILE);
	int there;

	if (!path)
		return vc_fail_oom(err);
	if (check_program(&job, err) < 0)
		return -(int)err->kind;
	there = look_at_link(&job, path, err);
	if (there < 0)
		return there;
	if (!there && !dry_run && make_link(&job, path, err) < 0)
		return -(int)err->kind;
	if (add(&job, err, VC_FINDING_OK, "'%s' %s '%s'", path,
	        there     ? "already leads to"
	        : dry_run ? "would lead to"
	                  : "leads to",
	        place->program) < 0 ||
	    advise_reload(&job, err) < 0)
		return -(int)err->kind;
	return check_selinux(&job, err);
}

static int check_mode(struct job *job, const char *path, struct vc_err *err)
{
	char *full = below(job, path);
	struct stat st;

	if (!full)
		return vc_fail_oom(err);
	if (stat(full, &st) < 0)
		return add(job, err, VC_FINDING_FAILED, "'%s': %s", full,
		           strerror(errno));
	if (st.st_uid != 0)
		return add(
			job, err, VC_FINDING_FAILED,
			"'%s' belongs to user %u, who could run anything as root; run: "
			"chown root: '%s'",
			full, st.st_uid, full);
	if (st.st_mode & (S_IWGRP | S_IWOTH))
		return add(job, err, VC_FINDING_FAILED,
		           "'%s' can be written by others (mode %04o), who could run "
		           "anything as root; run: chmod go-w '%s'",
		           full, st.st_mode & 07777, full);
	return add(job, err, VC_FINDING_OK, "'%s' is root's alone to write", full);
}

static int check_modes(struct job *job, struct vc_err *err)
{
	const char *program = job->place->program;
	const char *slash = strrchr(program, '/');
	char *directory = vc_arena_strndup(job->arena, program,
	                                   slash ? (size_t)(slash - program) : 0);
	const char *paths[] = { "/etc/libvirt", HOOKS, HOOKS_D, directory, program };

	if (!directory)
		return vc_fail_oom(err);
	for (size_t i = 0; i < VC_ARRAY_SIZE(paths); i++)
		if (check_mode(job, paths[i], err) < 0)
			return -(int)err->kind;
	return 0;
}

static int check_link(struct job *job, struct vc_err *err)
{
	char *path = below(job, LINK_FILE);
	struct vc_err reason = VC_ERR_INIT;
	int there;

	if (!path)
		return vc_fail_oom(err);
	there = look_at_link(job, path, &reason);
	if (there > 0 && check_program(job, &reason) == 0)
		return add(job, err, VC_FINDING_OK, "'%s' leads to '%s'", path,
		           job->place->program);
	if (there > 0 || there < 0)
		return add(job, err, VC_FINDING_FAILED, "%s", reason.msg);
	return add(job, err, VC_FINDING_FAILED,
	           "'%s' does not lead to '%s'; run: virt-claim hook install", path,
	           job->place->program);
}

/* What packages and editors leave behind. */
static bool is_leftover(const char *name)
{
	static const char *const endings[] = {
		"~",         ".bak",      ".orig",      ".rej",
		".dpkg-old", ".dpkg-new", ".dpkg-dist", ".dpkg-tmp",
		".rpmsave",  ".rpmnew",   ".rpmorig",   ".swp",
	};
	size_t len = strlen(name);

	if (name[0] == '.')
		return true;
	for (size_t i = 0; i < VC_ARRAY_SIZE(endings); i++) {
		size_t n = strlen(endings[i]);

		if (len > n && strcmp(name + len - n, endings[i]) == 0)
			return true;
	}
	return false;
}

static int check_leftovers(struct job *job, struct vc_err *err)
{
	VC_AUTOCLOSE int dir = -1;
	struct vc_err reason = VC_ERR_INIT;
	struct vc_names names = { 0 };

	if (list_hooks(job, &dir, &names, &reason) < 0)
		return 0; /* check_link() said it */
	for (size_t i = 0; i < names.n; i++)
		if (is_leftover(names.v[i]) && is_hook(dir, names.v[i]) &&
		    add(job, err, VC_FINDING_FAILED,
		        "'%s" HOOKS_D "/%s' looks like a leftover, and libvirt runs it; "
		        "remove it",
		        job->place->root, names.v[i]) < 0)
			return -(int)err->kind;
	return 0;
}

/* The daemon writes its pid file when it starts. */
static int check_reload(struct job *job, struct vc_err *err)
{
	const char *daemon = running_daemon(job);
	char *pid_file = vc_arena_printf(job->arena, "%s/run/%s.pid", job->place->root,
	                                 daemon ? daemon : "");
	char *path = below(job, LINK_FILE);
	struct stat link, started;

	if (!pid_file || !path)
		return vc_fail_oom(err);
	if (!daemon || lstat(path, &link) < 0 || count_others(job) > 0)
		return 0;
	if (stat(pid_file, &started) == 0 && started.st_mtime > link.st_mtime)
		return add(job, err, VC_FINDING_OK,
		           "%s was started after the hook was installed", daemon);
	return add(
		job, err, VC_FINDING_UNKNOWN,
		"%s may have started before its only hook was installed; if it was not "
		"reloaded since, run: systemctl reload %s",
		daemon, daemon);
}

static int check_config(struct job *job, struct vc_err *err)
{
	char *path = below(job, VC_CONFIG_FILE);
	struct vc_err reason = VC_ERR_INIT;
	struct vc_config config = { 0 };

	if (!path)
		return vc_fail_oom(err);
	if (vc_config_read(job->arena, path, true, &config, &reason) < 0)
		return add(job, err, VC_FINDING_FAILED, "%s", reason.msg);
	if (config.claims.n == 0)
		return add(job, err, VC_FINDING_UNKNOWN,
		           "there is no directory of claims yet; a domain that claims "
		           "devices will not start");
	return add(job, err, VC_FINDING_OK, "the configuration is sound");
}

/**
 * vc_hook_check() - Whether the hook is installed, and safely
 * @arena:	holds the findings
 * @place:	where
 * @findings:	everything that was looked at
 * @err:	out of memory
 *
 * Return: 0 (also with failed findings) or -VC_ERR_INTERNAL
 */
int vc_hook_check(struct vc_arena *arena, const struct vc_hook_place *place,
                  struct vc_findings *findings, struct vc_err *err)
{
	static int (*const checks[])(struct job * job, struct vc_err * err) = {
		check_link,   check_modes,   check_leftovers,
		check_reload, check_selinux, check_config,
	};
	struct job job = { .arena = arena, .place = place, .findings = findings };

	for (size_t i = 0; i < VC_ARRAY_SIZE(checks); i++)
		if (checks[i](&job, err) < 0)
			return -(int)err->kind;
	return 0;
}
