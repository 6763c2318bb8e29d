/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Theory of operation: flock(2) of one file, asked for again and again until the time is
 * over; nothing sleeps when nobody else has it. Whoever gets it writes its process number
 * into the file, only so that those who wait can say for whom. The file is never removed:
 * a lock of a file that has another name by now would be no lock.
 */
#include "store/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/now.h"
#include "base/parse.h"

#define FIRST_DELAY_MS 1
#define LAST_DELAY_MS  16

/* The directory and what is missing above it; 0 or -errno. */
static int make_directory(const char *path)
{
	char part[PATH_MAX];
	int n = snprintf(part, sizeof(part), "%s", path);

	if (n < 0 || (size_t)n >= sizeof(part))
		return -ENAMETOOLONG;
	for (char *p = strchr(part + 1, '/'); p; p = strchr(p + 1, '/')) {
		*p = '\0';
		if (mkdir(part, 0755) < 0 && errno != EEXIST)
			return -errno;
		*p = '/';
	}
	return mkdir(part, 0755) < 0 && errno != EEXIST ? -errno : 0;
}

static int open_file(const char *run, int *ret_fd, struct vc_err *err)
{
	char path[PATH_MAX];
	int n = snprintf(path, sizeof(path), "%s/lock", run);
	int r = n < 0 || (size_t)n >= sizeof(path) ? -ENAMETOOLONG : make_directory(run);
	int fd;

	if (r < 0)
		return vc_fail_sys(err, -r, "cannot make '%s'", run);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return vc_fail_sys(err, errno, "cannot open '%s'", path);
	*ret_fd = fd;
	return 0;
}

static uint64_t read_holder(int fd)
{
	char text[32] = "";
	uint64_t pid = 0;
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return vc_parse_number(text, INT32_MAX, &pid) ? pid : 0;
}

/* Who cannot write it has the lock all the same. */
static void write_holder(int fd)
{
	char text[32];
	int n = snprintf(text, sizeof(text), "%ld\n", (long)getpid());

	if (n < 0 || ftruncate(fd, 0) < 0 || pwrite(fd, text, (size_t)n, 0) < n)
		return;
}

static int refuse(const char *run, int fd, unsigned timeout_ms, struct vc_err *err)
{
	uint64_t pid = read_holder(fd);

	if (pid > 0)
		return vc_fail(err, VC_ERR_REFUSED,
		               "'%s/lock' is held by process %" PRIu64
		               ", still after %u ms; try again when it is done",
		               run, pid, timeout_ms);
	return vc_fail(err, VC_ERR_REFUSED,
	               "'%s/lock' is held by another process, still after %u ms; "
	               "'fuser' names it",
	               run, timeout_ms);
}

/**
 * vc_lock_take() - Take the lock of the node
 * @run:	directory RUN, made with mode 0755 when missing
 * @timeout_ms:	how long to wait for who has it; 0 not at all
 * @ret_fd:	descriptor, the caller's; closing it unlocks, and so does the end of the
 *		process
 * @err:	why not; names the process that has it
 *
 * Return: 0, -VC_ERR_REFUSED (somebody has it) or -VC_ERR_SYSTEM
 */
int vc_lock_take(const char *run, unsigned timeout_ms, int *ret_fd, struct vc_err *err)
{
	VC_AUTOCLOSE int fd = -1;
	int64_t deadline = vc_now_ms() + timeout_ms;
	long delay_ms = FIRST_DELAY_MS;

	if (open_file(run, &fd, err) < 0)
		return -(int)err->kind;
	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return vc_fail_sys(err, errno, "cannot lock '%s/lock'", run);
		if (vc_now_ms() >= deadline)
			return refuse(run, fd, timeout_ms, err);
		(void)nanosleep(&(struct timespec){ .tv_nsec = delay_ms * 1000000L },
		                NULL);
		delay_ms = delay_ms < LAST_DELAY_MS ? delay_ms * 2 : LAST_DELAY_MS;
	}
	write_holder(fd);
	*ret_fd = vc_steal_fd(&fd);
	return 0;
}
