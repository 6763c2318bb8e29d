/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fake_kernel.c - what programs call instead of the C library: open and write for files
 * of the machine, kill for processes that cannot be killed.
 *
 * Which file a descriptor is of, /proc says; so descriptors may be passed on, and nothing
 * has to be remembered.
 */
#include "fake_kernel.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <linux/openat2.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

__thread bool vc_fake_inside;

static char machine[VC_FAKE_PATH];
static size_t machine_len;

static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_read)(int, void *, size_t);
static int (*real_openat)(int, const char *, int, ...);
static int (*real_kill)(pid_t, int);
static long (*real_syscall)(long, ...);

static const struct attribute {
	const char *pattern;
	int (*store)(const struct vc_fake_write *write);
	bool names_function; /* in its text; otherwise its directory is the function's */
} attributes[] = {
	{ "bus/pci/drivers/*/bind", vc_fake_bind, true },
	{ "bus/pci/drivers/*/unbind", vc_fake_unbind, true },
	{ "bus/pci/drivers_probe", vc_fake_probe, true },
	{ "bus/pci/drivers_autoprobe", vc_fake_switch, false },
	{ "bus/pci/rescan", vc_fake_rescan, false },
	{ "devices/*/driver_override", vc_fake_override, false },
	{ "devices/*/sriov_numvfs", vc_fake_numvfs, false },
	{ "devices/*/sriov_drivers_autoprobe", vc_fake_switch, false },
	{ "devices/*/mdev_supported_types/*/create", vc_fake_mdev_create, false },
	{ "devices/*-*-*-*-*/remove", vc_fake_mdev_remove, false },
	{ "devices/*/remove", vc_fake_pull, false },
	{ "devices/*/rescan", vc_fake_rescan, false },
};

__attribute__((constructor)) static void begin(void)
{
	const char *root = getenv("FAKE_KERNEL");
	char *real;

	real_write = (ssize_t(*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
	real_read = (ssize_t(*)(int, void *, size_t))dlsym(RTLD_NEXT, "read");
	real_openat = (int (*)(int, const char *, int, ...))dlsym(RTLD_NEXT, "openat");
	real_kill = (int (*)(pid_t, int))dlsym(RTLD_NEXT, "kill");
	real_syscall = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
	real = root ? realpath(root, NULL) : NULL;
	if (real && strlen(real) < VC_FAKE_PATH / 2) {
		(void)snprintf(machine, sizeof(machine), "%s", real);
		machine_len = strlen(machine);
	}
	free(real);
	if (machine_len > 0)
		vc_fake_inject_begin();
}

const char *vc_fake_root(void)
{
	return machine_len > 0 ? machine : NULL;
}

/* What follows "MACHINE/@what/" in a path, NULL: it lies elsewhere. */
static const char *below(const char *path, const char *what)
{
	size_t len = strlen(what);

	if (machine_len == 0 || strncmp(path, machine, machine_len) != 0 ||
	    path[machine_len] != '/' || strncmp(path + machine_len + 1, what, len) != 0 ||
	    path[machine_len + 1 + len] != '/')
		return NULL;
	return path + machine_len + len + 2;
}

/* Attributes are replaced by renaming: that a file is not the newest one does not matter. */
bool vc_fake_path_of(int fd, char path[VC_FAKE_PATH])
{
	static const char deleted[] = " (deleted)";
	char link[64], *end;
	ssize_t n;

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, VC_FAKE_PATH - 1);
	path[n > 0 ? n : 0] = '\0';
	end = path + strlen(path) - strlen(deleted);
	if (end > path && strcmp(end, deleted) == 0)
		*end = '\0';
	return n > 0;
}

static const struct attribute *find_attribute(const char *path)
{
	for (size_t i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++)
		if (fnmatch(attributes[i].pattern, path, 0) == 0)
			return &attributes[i];
	return NULL;
}

/* [ABI] an attribute gets the text up to its first newline or NUL. */
static void describe(struct vc_fake_write *w, const char *path, const void *text,
                     size_t n)
{
	const struct attribute *attribute = find_attribute(path);
	const char *name = vc_fake_last(path);
	const char *owner;

	*w = (struct vc_fake_write){ .path = path, .name = name };
	memcpy(w->text, text, n < sizeof(w->text) ? n : sizeof(w->text) - 1);
	w->text[strcspn(w->text, "\n")] = '\0';
	(void)snprintf(w->dir, sizeof(w->dir), "%.*s",
	               (int)(name > path ? name - path - 1 : 0), path);
	owner = attribute && attribute->names_function ? w->text : vc_fake_last(w->dir);
	if (*owner != '\0' && !strchr(owner, '/') && strlen(owner) < 32 &&
	    vc_fake_exists("kernel/functions/%s/driver", owner))
		(void)snprintf(w->function, sizeof(w->function), "%s", owner);
}

static int store(const struct vc_fake_write *w)
{
	const struct attribute *attribute = find_attribute(w->path);
	int verdict = vc_fake_fault(w);
	int fd, r;

	if (verdict < 0 || verdict == VC_FAKE_IGNORE)
		return verdict < 0 ? verdict : 0;
	if (!attribute)
		return -EIO;
	fd = vc_fake_lock("kernel/lock");
	if (verdict == VC_FAKE_VANISH)
		r = vc_fake_vanish(w->function);
	else
		r = attribute->store(w);
	vc_fake_unlock(fd);
	return r;
}

static int answer(const char *path, const void *text, size_t n)
{
	struct vc_fake_write w;
	int fd = -1;
	int r;

	describe(&w, path, text, n);
	if (w.function[0] != '\0')
		fd = vc_fake_lock("kernel/functions/%s/lock", w.function);
	r = store(&w);
	vc_fake_unlock(fd);
	vc_fake_log(&w, r);
	return r;
}

/* The names in the headers of the C library are reserved for it.
 * NOLINTBEGIN(readability-inconsistent-declaration-parameter-name) */

EXPORT ssize_t write(int fd, const void *bytes, size_t n)
{
	char path[VC_FAKE_PATH];
	const char *attribute;
	int r;

	if (vc_fake_inside || machine_len == 0 || !vc_fake_path_of(fd, path))
		return real_write(fd, bytes, n);
	attribute = below(path, "sys");
	if (attribute && n == 0)
		return 0; /* [SYSFS] never reaches the attribute */
	if (!vc_fake_enter("write", path, NULL))
		return -1;
	if (!attribute) {
		ssize_t written = real_write(fd, bytes, n);

		vc_fake_leave_call(written >= 0);
		return written;
	}
	vc_fake_inside = true;
	r = answer(attribute, bytes, n);
	vc_fake_inside = false;
	vc_fake_leave_call(r >= 0);
	if (r < 0) {
		errno = -r;
		return -1;
	}
	return (ssize_t)n;
}

/* [Linux] these are shown under the lock of the device: whoever reads one sleeps as long as
 * a driver does something, and only SIGKILL helps, of what tests can be killed with. */
static void wait_for_device(const char *attribute)
{
	static const char *const locked[] = { "driver_override", "sriov_numvfs" };
	const char *name = vc_fake_last(attribute);
	struct vc_fake_write w;
	sigset_t all, before;

	for (size_t i = 0; i < sizeof(locked) / sizeof(locked[0]); i++) {
		if (strcmp(name, locked[i]) != 0)
			continue;
		describe(&w, attribute, "", 0);
		if (w.function[0] == '\0')
			return;
		(void)sigfillset(&all);
		(void)sigprocmask(SIG_SETMASK, &all, &before);
		vc_fake_unlock(vc_fake_lock("kernel/functions/%s/lock", w.function));
		(void)sigprocmask(SIG_SETMASK, &before, NULL);
	}
}

EXPORT ssize_t read(int fd, void *bytes, size_t n)
{
	char path[VC_FAKE_PATH];
	const char *attribute;

	if (!real_read)
		real_read = (ssize_t(*)(int, void *, size_t))dlsym(RTLD_NEXT, "read");
	if (vc_fake_inside || machine_len == 0 || !vc_fake_path_of(fd, path))
		return real_read(fd, bytes, n);
	attribute = below(path, "sys");
	if (attribute) {
		vc_fake_inside = true;
		wait_for_device(attribute);
		vc_fake_inside = false;
	}
	return real_read(fd, bytes, n);
}

/* The path of a file that is about to be opened; false: it cannot be told. */
bool vc_fake_absolute(char ret_path[VC_FAKE_PATH], int dir, const char *path)
{
	char start[VC_FAKE_PATH];
	int n;

	if (*path == '/')
		n = snprintf(ret_path, VC_FAKE_PATH, "%s", path);
	else if (dir == AT_FDCWD ? getcwd(start, sizeof(start)) != NULL
	                         : vc_fake_path_of(dir, start))
		n = snprintf(ret_path, VC_FAKE_PATH, "%s/%s", start, path);
	else
		return false;
	return n > 0 && n < VC_FAKE_PATH;
}

static bool has_directory(const char *path)
{
	char dir[VC_FAKE_PATH];
	struct stat st;

	(void)snprintf(dir, sizeof(dir), "%.*s", (int)(vc_fake_last(path) - path), path);
	return stat(dir, &st) == 0;
}

/* [ABI] sysfs: a file is neither made nor cut, and one without a store function cannot be
 * opened for writing, by nobody. */
static int open_attribute(const char *path, int flags)
{
	char name[VC_FAKE_PATH];
	char *real = realpath(path, NULL);
	const char *attribute = real ? below(real, "sys") : NULL;
	struct stat st;
	bool writable = false;

	if (attribute && stat(real, &st) == 0)
		writable = !S_ISREG(st.st_mode) || find_attribute(attribute) != NULL;
	(void)snprintf(name, sizeof(name), "%s", real ? real : path);
	free(real);
	if (!attribute) {
		errno = flags & O_CREAT && has_directory(path) ? EACCES : ENOENT;
		return -1;
	}
	if (!writable) {
		errno = EACCES;
		return -1;
	}
	return real_openat(AT_FDCWD, name, flags & ~(O_CREAT | O_TRUNC | O_EXCL));
}

static int open_file(int dir, const char *path, int flags, mode_t mode)
{
	char full[VC_FAKE_PATH], real[VC_FAKE_PATH];
	const char *process;
	int fd;

	if (vc_fake_inside || machine_len == 0 || !vc_fake_absolute(full, dir, path))
		return real_openat(dir, path, flags, mode);
	/* Processes are those of the real machine. */
	process = below(full, "proc");
	if (process && ((*process >= '0' && *process <= '9') ||
	                strncmp(process, "self/stat", 9) == 0)) {
		(void)snprintf(real, sizeof(real), "/proc/%s", process);
		return real_openat(AT_FDCWD, real, flags, mode);
	}
	if (!vc_fake_enter_open(full, flags))
		return -1;
	if ((flags & O_ACCMODE) == O_RDONLY && !(flags & O_CREAT))
		return real_openat(dir, path, flags, mode);
	if (below(full, "sys")) {
		vc_fake_inside = true;
		fd = open_attribute(full, flags);
		vc_fake_inside = false;
	} else {
		fd = real_openat(dir, path, flags, mode);
	}
	vc_fake_leave_call(fd >= 0);
	return fd;
}

static mode_t mode_argument(int flags, va_list ap)
{
	return flags & (O_CREAT | __O_TMPFILE) ? va_arg(ap, mode_t) : 0;
}

#define OPEN_FUNCTION(name)                                    \
	EXPORT int name(const char *path, int flags, ...)      \
	{                                                      \
		va_list ap;                                    \
		va_start(ap, flags);                           \
		mode_t mode = mode_argument(flags, ap);        \
		va_end(ap);                                    \
		return open_file(AT_FDCWD, path, flags, mode); \
	}

#define OPENAT_FUNCTION(name)                                      \
	EXPORT int name(int dir, const char *path, int flags, ...) \
	{                                                          \
		va_list ap;                                        \
		va_start(ap, flags);                               \
		mode_t mode = mode_argument(flags, ap);            \
		va_end(ap);                                        \
		return open_file(dir, path, flags, mode);          \
	}

OPEN_FUNCTION(open)
OPEN_FUNCTION(open64)
OPENAT_FUNCTION(openat)
OPENAT_FUNCTION(openat64)

/* The processes of a group, one by one, but for those that are stuck. */
static int kill_group(pid_t group, int signal)
{
	DIR *proc = opendir("/proc");
	const struct dirent *entry;

	while (proc && (entry = readdir(proc))) {
		pid_t pid = 0;

		for (const char *p = entry->d_name; *p >= '0' && *p <= '9'; p++)
			pid = pid * 10 + (*p - '0');
		if (pid > 1 && getpgid(pid) == group && !vc_fake_is_stuck(pid))
			(void)real_kill(pid, signal);
	}
	if (proc)
		(void)closedir(proc);
	return 0;
}

EXPORT int kill(pid_t pid, int signal)
{
	pid_t group = pid == 0 ? getpgrp() : -pid;

	if (signal == 0 || machine_len == 0)
		return real_kill(pid, signal);
	if (pid > 0)
		return vc_fake_is_stuck(pid) ? 0 : real_kill(pid, signal);
	if (pid != -1 && vc_fake_has_stuck(group))
		return kill_group(group, signal);
	return real_kill(pid, signal);
}

EXPORT int killpg(pid_t group, int signal)
{
	return kill(-group, signal);
}

/* The process that a pidfd is of; 0 none. */
static pid_t process_of(int pidfd)
{
	char path[64], text[512];
	const char *line;
	pid_t pid = 0;
	ssize_t n;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", pidfd);
	fd = real_openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
	n = fd >= 0 ? read(fd, text, sizeof(text) - 1) : 0;
	if (fd >= 0)
		(void)close(fd);
	text[n > 0 ? n : 0] = '\0';
	line = strstr(text, "\nPid:\t");
	for (line = line ? line + 6 : ""; *line >= '0' && *line <= '9'; line++)
		pid = pid * 10 + (*line - '0');
	return pid;
}

/* [OPENAT2] the rest of what it can do matters for files that are read. */
static long open_how(const long a[6])
{
	const struct open_how *how;
	const char *path;
	char full[VC_FAKE_PATH];
	long fd;

	memcpy(&path, &a[1], sizeof(a[1]));
	memcpy(&how, &a[2], sizeof(a[2]));
	if (vc_fake_inside || machine_len == 0 ||
	    !vc_fake_absolute(full, (int)a[0], path))
		return real_syscall(SYS_openat2, a[0], a[1], a[2], a[3]);
	if (below(full, "sys") && (how->flags & O_ACCMODE) != O_RDONLY)
		return open_file((int)a[0], path, (int)how->flags, (mode_t)how->mode);
	if (!vc_fake_enter_open(full, (int)how->flags))
		return -1;
	fd = real_syscall(SYS_openat2, a[0], a[1], a[2], a[3]);
	vc_fake_leave_call(fd >= 0);
	return fd;
}

EXPORT long syscall(long number, ...)
{
	long a[6];
	va_list ap;

	va_start(ap, number);
	for (size_t i = 0; i < 6; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	if (number == SYS_openat2)
		return open_how(a);
	if (number == SYS_pidfd_send_signal && machine_len > 0 &&
	    vc_fake_is_stuck(process_of((int)a[0])))
		return 0;
	return real_syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */
