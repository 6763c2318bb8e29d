/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * [proc] proc(5): /proc/PID/stat, /proc/PID/cmdline, sys/kernel/random/boot_id. Files of
 * /proc have no size, so they are read into a buffer of ours.
 */
#include "store/boot_id.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/parse.h"

#define STAT_SIZE    4096U
#define CMDLINE_SIZE ((size_t)512 << 10)

/* Fields of /proc/PID/stat after the name, which ends at the last ')': [proc] */
#define FIELD_PARENT 4
#define FIELD_START  22

/* At most @size - 1 bytes of a file, and a NUL. Length or -errno. */
static ssize_t read_some(const char *path, char *buf, size_t size)
{
	VC_AUTOCLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	size_t len = 0;

	if (fd < 0)
		return -errno;
	while (len < size - 1) {
		ssize_t n = read(fd, buf + len, size - 1 - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		len += (size_t)n;
	}
	buf[len] = '\0';
	return (ssize_t)len;
}

/**
 * vc_boot_id() - The identity of this boot
 * @arena:	holds it
 * @proc:	where proc is mounted
 * @ret_id:	a UUID
 * @err:	why not
 *
 * Return: 0, -VC_ERR_ABSENT, -VC_ERR_SYSTEM or -VC_ERR_INTERNAL
 */
int vc_boot_id(struct vc_arena *arena, const char *proc, char **ret_id,
               struct vc_err *err)
{
	char *path = vc_arena_printf(arena, "%s/sys/kernel/random/boot_id", proc);
	char text[64];
	ssize_t len;
	char *id;

	if (!path)
		return vc_fail_oom(err);
	len = read_some(path, text, sizeof(text));
	if (len < 0)
		return vc_fail_sys(err, (int)-len, "cannot read '%s'", path);
	text[strcspn(text, "\n")] = '\0';
	if (!vc_is_uuid(text))
		return vc_fail(err, VC_ERR_SYSTEM, "'%s' holds no UUID", path);
	id = vc_arena_strdup(arena, text);
	if (!id)
		return vc_fail_oom(err);
	*ret_id = id;
	return 0;
}

static bool next_number(const char **cursor, uint64_t *ret_value)
{
	(void)vc_parse_literal(cursor, "-"); /* signs matter in no field that we keep */
	return vc_parse_decimal(cursor, UINT64_MAX, ret_value) &&
	       vc_parse_literal(cursor, " ");
}

/* @text begins after "PID (NAME) ". */
static bool parse_fields(const char *text, struct vc_process *process)
{
	uint64_t value;

	if (*text == 'Z' || *text == 'X' || text[0] == '\0' || text[1] != ' ')
		return false;
	text += 2;
	for (int field = FIELD_PARENT; field <= FIELD_START; field++) {
		if (!next_number(&text, &value))
			return false;
		if (field == FIELD_PARENT)
			process->parent = (pid_t)value;
	}
	process->start = value;
	return true;
}

static bool parse_stat(const char *text, struct vc_process *process)
{
	const char *open = strchr(text, '(');
	const char *end = strrchr(text, ')');

	if (!open || !end || end < open || end[1] != ' ')
		return false;
	(void)snprintf(process->comm, sizeof(process->comm), "%.*s",
	               (int)(end - open - 1), open + 1);
	return parse_fields(end + 2, process);
}

/**
 * vc_process_read() - What a process is
 * @arena:	for the path
 * @proc:	where proc is mounted
 * @pid:	process, > 0
 * @ret_process: the process
 * @err:	why not
 *
 * Return: 0, -VC_ERR_ABSENT (gone, or a zombie), -VC_ERR_SYSTEM or -VC_ERR_INTERNAL
 */
int vc_process_read(struct vc_arena *arena, const char *proc, pid_t pid,
                    struct vc_process *ret_process, struct vc_err *err)
{
	char *path = vc_arena_printf(arena, "%s/%ld/stat", proc, (long)pid);
	struct vc_process process = { .pid = pid };
	char text[STAT_SIZE];
	ssize_t len;

	if (!path)
		return vc_fail_oom(err);
	len = read_some(path, text, sizeof(text));
	if (len == -ESRCH)
		len = -ENOENT;
	if (len < 0)
		return vc_fail_sys(err, (int)-len, "cannot read '%s'", path);
	if (!parse_stat(text, &process))
		return vc_fail(err, VC_ERR_ABSENT, "process %ld is gone", (long)pid);
	*ret_process = process;
	return 0;
}

/**
 * vc_process_mentions() - Whether a text occurs in the command line of a process
 * @arena:	for the text of the command line
 * @proc:	where proc is mounted
 * @pid:	process
 * @text:	what to look for
 *
 * Return: false only when the command line could be read and does not have it
 */
bool vc_process_mentions(struct vc_arena *arena, const char *proc, pid_t pid,
                         const char *text)
{
	char *path = vc_arena_printf(arena, "%s/%ld/cmdline", proc, (long)pid);
	char *line = vc_arena_alloc(arena, CMDLINE_SIZE, 1);
	ssize_t len;

	if (!path || !line)
		return true;
	len = read_some(path, line, CMDLINE_SIZE);
	return len <= 0 || memmem(line, (size_t)len, text, strlen(text));
}
