/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fake_inject.c - fails or kills at the n-th call that changes a file of the machine, or
 * looks into one of ours.
 *
 * kernel/inject, when it is there at the start of a program, is a struct inject that all
 * processes share: the calls of a program and its children have one count. kernel/calls
 * gets a line for each of them, "NUMBER NAME PATH" and the second path of a rename, and
 * "NUMBER in vain" when it failed by itself. Calls
 * for files outside of the machine are not counted, nor what the fake kernel does itself.
 *
 * Killed are all processes at once, as by a power cut: those that ever began.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "fake_kernel.h"

#define EXPORT   __attribute__((visibility("default")))
#define PIDS_MAX 256U

enum mode {
	MODE_COUNT,       /* only count */
	MODE_FAIL,        /* call number .target fails */
	MODE_KILL_BEFORE, /* all are killed before call number .target */
	MODE_KILL_AFTER,
	MODE_KILL_ONE, /* only the process that makes the call */
	MODE_FULL,     /* from call number .target on there is no space left */
};

/* machine.py writes it too. */
struct inject {
	_Atomic uint32_t count;
	uint32_t mode;
	uint32_t target; /* from 1 */
	uint32_t error;  /* 0: ENOSPC where something is made, EBUSY in sysfs, else EIO */
	_Atomic uint32_t hit;
	_Atomic uint32_t n_pids;
	_Atomic int32_t pids[PIDS_MAX];
};

static struct inject *inject;
static __thread bool kill_afterwards;
static __thread uint32_t last_call; /* 0: was not counted */

static void add_process(void)
{
	uint32_t i = inject ? atomic_fetch_add(&inject->n_pids, 1) : PIDS_MAX;

	if (i < PIDS_MAX)
		atomic_store(&inject->pids[i], getpid());
}

/* Called when the machine is known. */
void vc_fake_inject_begin(void)
{
	char path[VC_FAKE_PATH];
	void *map;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/kernel/inject", vc_fake_root());
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return;
	map = mmap(NULL, sizeof(*inject), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	(void)close(fd);
	if (map == MAP_FAILED)
		return;
	inject = map;
	add_process();
	(void)pthread_atfork(NULL, NULL, add_process);
}

static void power_cut(void)
{
	uint32_t n = atomic_load(&inject->n_pids);

	for (uint32_t i = 0; i < n && i < PIDS_MAX; i++) {
		pid_t pid = atomic_load(&inject->pids[i]);

		if (pid > 0 && pid != getpid())
			(void)kill(pid, SIGKILL);
	}
	(void)raise(SIGKILL);
}

static int error_of(const char *name, const char *path)
{
	static const char *const makers[] = { "open", "write",   "rename",
		                              "link", "symlink", "mkdir" };

	if (inject->error != 0)
		return (int)inject->error;
	if (strncmp(path, "sys/", 4) == 0)
		return EBUSY;
	for (size_t i = 0; i < sizeof(makers) / sizeof(makers[0]); i++)
		if (strcmp(name, makers[i]) == 0)
			return ENOSPC;
	return EIO;
}

static bool strike(const char *name, const char *path)
{
	atomic_fetch_add(&inject->hit, 1);
	if (inject->mode == MODE_KILL_BEFORE)
		power_cut();
	if (inject->mode == MODE_KILL_ONE)
		(void)raise(SIGKILL);
	kill_afterwards = inject->mode == MODE_KILL_AFTER;
	if (inject->mode != MODE_FAIL)
		return true;
	errno = error_of(name, path);
	return false;
}

/* Whether a call needs space where there is none. */
static bool is_full(uint32_t n, const char *name, const char *path)
{
	static const char *const eaters[] = { "write", "mkdir", "link", "symlink" };

	if (inject->mode != MODE_FULL || n < inject->target ||
	    strncmp(path, "sys/", 4) == 0)
		return false;
	if (strcmp(name, "open") == 0)
		return !vc_fake_exists("%s", path);
	for (size_t i = 0; i < sizeof(eaters) / sizeof(eaters[0]); i++)
		if (strcmp(name, eaters[i]) == 0)
			return true;
	return false;
}

bool vc_fake_enter(const char *name, const char *path, const char *other)
{
	char line[2 * VC_FAKE_PATH + 64];
	size_t len = vc_fake_root() ? strlen(vc_fake_root()) : 0;
	uint32_t n;

	if (!inject || vc_fake_inside || strncmp(path, vc_fake_root(), len) != 0 ||
	    (path[len] != '/' && path[len] != '\0'))
		return true;
	path += len + (path[len] == '/');
	if (other && strncmp(other, vc_fake_root(), len) == 0)
		other += len + 1;
	n = atomic_fetch_add(&inject->count, 1) + 1;
	last_call = n;
	vc_fake_inside = true;
	(void)snprintf(line, sizeof(line), "%u %s %s%s%s\n", n, name, path,
	               other ? " " : "", other ? other : "");
	(void)vc_fake_append(line, "kernel/calls");
	vc_fake_inside = false;
	if (is_full(n, name, path)) {
		atomic_fetch_add(&inject->hit, 1);
		errno = ENOSPC;
		return false;
	}
	return n != inject->target || inject->mode == MODE_FULL || strike(name, path);
}

bool vc_fake_enter_open(const char *path, int flags)
{
	size_t len = vc_fake_root() ? strlen(vc_fake_root()) : 0;

	if ((flags & O_ACCMODE) != O_RDONLY || (flags & O_CREAT))
		return vc_fake_enter("open", path, NULL);
	if (!inject || strncmp(path, vc_fake_root(), len) != 0 ||
	    (strncmp(path + len, "/run/", 5) != 0 &&
	     strncmp(path + len, "/var/", 5) != 0))
		return true;
	return vc_fake_enter("look", path, NULL);
}

void vc_fake_leave_call(bool changed)
{
	int error = errno;
	char line[32];

	if (inject && last_call > 0 && !changed && !vc_fake_inside) {
		vc_fake_inside = true;
		(void)snprintf(line, sizeof(line), "%u in vain\n", last_call);
		(void)vc_fake_append(line, "kernel/calls");
		vc_fake_inside = false;
	}
	last_call = 0;
	if (kill_afterwards)
		power_cut();
	errno = error;
}

/* The calls. fd and path: of the file that is changed. */

static bool enter_at(const char *name, int dir, const char *path)
{
	char full[VC_FAKE_PATH];

	return !inject || vc_fake_inside || !vc_fake_absolute(full, dir, path) ||
	       vc_fake_enter(name, full, NULL);
}

static bool enter_two(const char *name, int from_dir, const char *from, int to_dir,
                      const char *to)
{
	char first[VC_FAKE_PATH], second[VC_FAKE_PATH];

	return !inject || vc_fake_inside || !vc_fake_absolute(first, from_dir, from) ||
	       !vc_fake_absolute(second, to_dir, to) ||
	       vc_fake_enter(name, second, first);
}

static bool enter_fd(const char *name, int fd)
{
	char path[VC_FAKE_PATH];

	return !inject || vc_fake_inside || !vc_fake_path_of(fd, path) ||
	       vc_fake_enter(name, path, NULL);
}

/* The next definition of @name; the cast is what dlsym(3) asks for. */
#define REAL(name) ((__typeof__(&(name)))dlsym(RTLD_NEXT, #name))

#define PASS_ON(entered, name, ...)               \
	do {                                      \
		int result;                       \
		if (!(entered))                   \
			return -1;                \
		result = REAL(name)(__VA_ARGS__); \
		vc_fake_leave_call(result == 0);  \
		return result;                    \
	} while (0)

/* The names in the headers of the C library are reserved for it.
 * NOLINTBEGIN(readability-inconsistent-declaration-parameter-name) */

EXPORT int rename(const char *from, const char *to)
{
	PASS_ON(enter_two("rename", AT_FDCWD, from, AT_FDCWD, to), rename, from, to);
}

EXPORT int renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	PASS_ON(enter_two("rename", from_dir, from, to_dir, to), renameat, from_dir, from,
	        to_dir, to);
}

EXPORT int renameat2(int from_dir, const char *from, int to_dir, const char *to,
                     unsigned flags)
{
	PASS_ON(enter_two("rename", from_dir, from, to_dir, to), renameat2, from_dir,
	        from, to_dir, to, flags);
}

EXPORT int link(const char *from, const char *to)
{
	PASS_ON(enter_two("link", AT_FDCWD, from, AT_FDCWD, to), link, from, to);
}

EXPORT int linkat(int from_dir, const char *from, int to_dir, const char *to, int flags)
{
	PASS_ON(enter_two("link", from_dir, from, to_dir, to), linkat, from_dir, from,
	        to_dir, to, flags);
}

EXPORT int symlink(const char *target, const char *path)
{
	PASS_ON(enter_at("symlink", AT_FDCWD, path), symlink, target, path);
}

EXPORT int symlinkat(const char *target, int dir, const char *path)
{
	PASS_ON(enter_at("symlink", dir, path), symlinkat, target, dir, path);
}

EXPORT int mkdir(const char *path, mode_t mode)
{
	PASS_ON(enter_at("mkdir", AT_FDCWD, path), mkdir, path, mode);
}

EXPORT int mkdirat(int dir, const char *path, mode_t mode)
{
	PASS_ON(enter_at("mkdir", dir, path), mkdirat, dir, path, mode);
}

EXPORT int unlink(const char *path)
{
	PASS_ON(enter_at("unlink", AT_FDCWD, path), unlink, path);
}

EXPORT int unlinkat(int dir, const char *path, int flags)
{
	PASS_ON(enter_at("unlink", dir, path), unlinkat, dir, path, flags);
}

EXPORT int rmdir(const char *path)
{
	PASS_ON(enter_at("rmdir", AT_FDCWD, path), rmdir, path);
}

EXPORT int chmod(const char *path, mode_t mode)
{
	PASS_ON(enter_at("chmod", AT_FDCWD, path), chmod, path, mode);
}

EXPORT int fchmod(int fd, mode_t mode)
{
	PASS_ON(enter_fd("chmod", fd), fchmod, fd, mode);
}

EXPORT int fchmodat(int dir, const char *path, mode_t mode, int flags)
{
	PASS_ON(enter_at("chmod", dir, path), fchmodat, dir, path, mode, flags);
}

EXPORT int chown(const char *path, uid_t uid, gid_t gid)
{
	PASS_ON(enter_at("chown", AT_FDCWD, path), chown, path, uid, gid);
}

EXPORT int fchown(int fd, uid_t uid, gid_t gid)
{
	PASS_ON(enter_fd("chown", fd), fchown, fd, uid, gid);
}

EXPORT int fchownat(int dir, const char *path, uid_t uid, gid_t gid, int flags)
{
	PASS_ON(enter_at("chown", dir, path), fchownat, dir, path, uid, gid, flags);
}

EXPORT int fsync(int fd)
{
	PASS_ON(enter_fd("fsync", fd), fsync, fd);
}

EXPORT int fdatasync(int fd)
{
	PASS_ON(enter_fd("fdatasync", fd), fdatasync, fd);
}

EXPORT int syncfs(int fd)
{
	PASS_ON(enter_fd("syncfs", fd), syncfs, fd);
}

EXPORT int ftruncate(int fd, off_t length)
{
	PASS_ON(enter_fd("ftruncate", fd), ftruncate, fd, length);
}

EXPORT int flock(int fd, int operation)
{
	PASS_ON((operation & LOCK_UN) || enter_fd("flock", fd), flock, fd, operation);
}

EXPORT int mknodat(int dir, const char *path, mode_t mode, dev_t dev)
{
	PASS_ON(enter_at("mknod", dir, path), mknodat, dir, path, mode, dev);
}

/* Nobody has a reason to sleep. */
static void note_sleep(void)
{
	if (inject && !vc_fake_inside)
		(void)vc_fake_enter("sleep", vc_fake_root(), NULL);
}

EXPORT int nanosleep(const struct timespec *time, struct timespec *left)
{
	note_sleep();
	return REAL(nanosleep)(time, left);
}

EXPORT int clock_nanosleep(clockid_t clock, int flags, const struct timespec *time,
                           struct timespec *left)
{
	note_sleep();
	return REAL(clock_nanosleep)(clock, flags, time, left);
}

EXPORT int usleep(useconds_t us)
{
	note_sleep();
	return REAL(usleep)(us);
}

EXPORT unsigned sleep(unsigned seconds)
{
	note_sleep();
	return REAL(sleep)(seconds);
}

/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */
