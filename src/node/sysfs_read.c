/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * [Linux] drivers/pci/pci-sysfs.c: driver_override is read under the lock of the device,
 * which a driver that does not let go of it holds. So whoever reads it may have to wait for
 * ever, and lets a child do it.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/parse.h"
#include "base/run.h"
#include "node/apply.h"

#define MAX_TEXT 4096U /* [Linux] a page */

/* Exit statuses of the child; with a failure the errno is its output. */
#define EXIT_DONE   0
#define EXIT_FAILED 1

struct read {
	const char *sysfs, *path;
};

static int tell(int sys)
{
	return dprintf(STDOUT_FILENO, "%d", sys) > 0 ? EXIT_FAILED : EXIT_FAILED + 1;
}

/* Runs in the child. */
static int read_attribute(void *arg)
{
	const struct read *this = arg;
	char path[PATH_MAX], text[MAX_TEXT];
	int len = snprintf(path, sizeof(path), "%s/%s", this->sysfs, this->path);
	ssize_t n;
	int fd;

	if (len < 0 || (size_t)len >= sizeof(path))
		return tell(ENAMETOOLONG);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text));
	if (n < 0)
		return tell(errno);
	return write(STDOUT_FILENO, text, (size_t)n) == n ? EXIT_DONE : EXIT_FAILED + 1;
}

/**
 * vc_sysfs_read_within() - Read an attribute that is behind a lock, in a child with a deadline
 * @arena:	holds the text
 * @sysfs:	root
 * @path:	below it
 * @deadline_ms: from now, > 0
 * @ret_text:	without the line's end
 * @err:	what the kernel said
 *
 * The caller has one thread and no other children: see base/run.h.
 *
 * Return: 0, -VC_ERR_ABSENT (no such attribute: the device is gone), -VC_ERR_SYSTEM (.sys is
 * ETIMEDOUT when the deadline is over) or -VC_ERR_INTERNAL
 */
int vc_sysfs_read_within(struct vc_arena *arena, const char *sysfs, const char *path,
                         unsigned deadline_ms, char **ret_text, struct vc_err *err)
{
	struct read this = { sysfs, path };
	const struct vc_run run = {
		.fn = read_attribute,
		.arg = &this,
		.what = path,
		.deadline_ms = deadline_ms,
		.max_output = MAX_TEXT,
		.abandons = true,
	};
	struct vc_run_result result;
	uint64_t sys = EIO;

	if (vc_run(arena, &run, &result, err) < 0)
		return -(int)err->kind;
	if (result.status != EXIT_DONE) {
		if (!vc_parse_number(result.output, INT32_MAX, &sys) || sys == 0)
			sys = EIO;
		return vc_fail_sys(err, (int)sys, "cannot read '%s/%s'", sysfs, path);
	}
	result.output[strcspn(result.output, "\n")] = '\0';
	*ret_text = result.output;
	return 0;
}
