/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Theory of operation: [SYSFS] a value is one write(2), and a driver may sleep in it for
 * as long as it likes. So a child writes, and it is left behind when it cannot be killed.
 * What it began may still happen then, at any time: a device that is found as it was may
 * change a minute later. Therefore the child first locks a file that stands for the
 * device, RUN/busy/DEVICE, and the kernel unlocks it when the child has really ended;
 * vc_step_idle() says whether somebody is at work on a device, and a second writer waits
 * in a place where it can be killed.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/parse.h"
#include "base/run.h"
#include "node/apply.h"

#define BUSY     "busy"
#define WAIT_MS  2000
#define DELAY_MS 10

/* Exit statuses of the child: done, cannot begin, the kernel said no. The errno follows
 * on its standard output. */
#define EXIT_DONE   0
#define EXIT_BUSY   1
#define EXIT_OPEN   2
#define EXIT_WRITE  3
#define MAX_MESSAGE 16U

static int open_mark(const char *run, const char *device)
{
	char path[PATH_MAX];
	int n = snprintf(path, sizeof(path), "%s/" BUSY, run);
	int fd;

	if (n < 0 || (size_t)n + NAME_MAX + 2 > sizeof(path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	(void)snprintf(path + n, sizeof(path) - (size_t)n, "/%s", device);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd >= 0 || errno != ENOENT)
		return fd;
	path[n] = '\0';
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return -1;
	path[n] = '/';
	return open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
}

/* Until this process ends. */
static int mark(const struct vc_sysfs_write *write)
{
	int fd;

	if (!write->run)
		return 0;
	fd = open_mark(write->run, write->device);
	while (fd >= 0 && flock(fd, LOCK_EX) < 0)
		if (errno != EINTR)
			return -1;
	return fd < 0 ? -1 : 0;
}

static int tell(int status, int sys)
{
	char text[MAX_MESSAGE];
	int n = snprintf(text, sizeof(text), "%d", sys);

	return n > 0 && write(STDOUT_FILENO, text, (size_t)n) == n ? status : EXIT_BUSY;
}

static int open_attribute(const struct vc_sysfs_write *write)
{
	char path[PATH_MAX];
	int n = snprintf(path, sizeof(path), "%s/%s", write->sysfs, write->path);

	if (n < 0 || (size_t)n >= sizeof(path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
}

/* Runs in the child. */
static int write_attribute(void *arg)
{
	const struct vc_sysfs_write *this = arg;
	size_t len = strlen(this->text);
	ssize_t n;
	int fd;

	if (mark(this) < 0)
		return tell(EXIT_BUSY, errno);
	fd = open_attribute(this);
	if (fd < 0)
		return tell(EXIT_OPEN, errno);
	n = write(fd, this->text, len);
	if (n == (ssize_t)len)
		return EXIT_DONE;
	return tell(EXIT_WRITE, n < 0 ? errno : EIO);
}

static int explain(const struct vc_sysfs_write *write, const struct vc_run_result *result,
                   struct vc_err *err)
{
	const char *text = result->output;
	uint64_t sys = EIO;
	int len = (int)strcspn(write->text, "\n");

	if (!vc_parse_number(text, INT32_MAX, &sys) || sys == 0)
		sys = EIO;
	switch (result->status) {
	case EXIT_BUSY:
		return vc_fail_sys(err, (int)sys, "cannot mark '%s' as busy below '%s'",
		                   write->device, write->run);
	case EXIT_OPEN:
		return vc_fail_sys(err, (int)sys, "cannot open '%s/%s' for writing",
		                   write->sysfs, write->path);
	case EXIT_WRITE:
		return vc_fail_sys(err, (int)sys, "cannot write '%.*s' to '%s/%s'", len,
		                   write->text, write->sysfs, write->path);
	default:
		break;
	}
	return vc_fail(err, VC_ERR_SYSTEM, "cannot start the process that writes '%s/%s'",
	               write->sysfs, write->path);
}

/**
 * vc_sysfs_write() - Write an attribute, in a child with a deadline
 * @arena:	for the child's answer
 * @write:	what to write, and where
 * @err:	what the kernel said
 *
 * The caller has one thread and no other children: see base/run.h.
 *
 * Return: 0, -VC_ERR_ABSENT (no such attribute: the device is gone), -VC_ERR_SYSTEM (.sys is
 * ETIMEDOUT when the deadline is over) or -VC_ERR_INTERNAL
 */
int vc_sysfs_write(struct vc_arena *arena, const struct vc_sysfs_write *write,
                   struct vc_err *err)
{
	struct vc_sysfs_write copy = *write;
	const struct vc_run run = {
		.fn = write_attribute,
		.arg = &copy,
		.what = write->path,
		.deadline_ms = write->deadline_ms,
		.max_output = MAX_MESSAGE,
		.abandons = true,
	};
	struct vc_run_result result;

	if (vc_run(arena, &run, &result, err) < 0)
		return -(int)err->kind;
	return result.status == EXIT_DONE ? 0 : explain(write, &result, err);
}

/**
 * vc_step_idle() - Make sure that nobody is still at work on a device
 * @run:	directory RUN
 * @device:	as in struct vc_sysfs_write
 * @err:	what to do
 *
 * Waits two seconds for a process that was left behind, and not at all when there is none.
 *
 * Return: 0 or -VC_ERR_SYSTEM (.sys is ETIMEDOUT when somebody is)
 */
int vc_step_idle(const char *run, const char *device, struct vc_err *err)
{
	VC_AUTOCLOSE int fd = open_mark(run, device);

	if (fd < 0)
		return vc_fail_sys(err, errno, "cannot mark '%s' as busy below '%s'",
		                   device, run);
	for (int waited = 0; flock(fd, LOCK_EX | LOCK_NB) < 0; waited += DELAY_MS) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return vc_fail_sys(err, errno, "cannot lock '%s/" BUSY "/%s'",
			                   run, device);
		if (waited >= WAIT_MS) {
			(void)vc_fail(err, VC_ERR_SYSTEM,
			              "a process that was left behind is still at work "
			              "on '%s' in the kernel ('fuser %s/" BUSY "/%s' "
			              "names it); the device has to let go first",
			              device, run, device);
			err->sys = ETIMEDOUT;
			return -VC_ERR_SYSTEM;
		}
		(void)nanosleep(&(struct timespec){ .tv_nsec = DELAY_MS * 1000000L },
		                NULL);
	}
	return 0;
}
