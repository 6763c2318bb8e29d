/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "controller/health.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/file.h"
#include "base/parse.h"

/**
 * vc_health_write() - Say that the loop turns
 * @path:	file; made when there is none
 * @now:	of vc_now_ms()
 * @err:	why it could not be said
 *
 * Return: 0, -VC_ERR_SYSTEM or -VC_ERR_ABSENT
 */
int vc_health_write(const char *path, int64_t now, struct vc_err *err)
{
	VC_AUTOCLOSE int fd =
		open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	char text[32];
	int len = snprintf(text, sizeof(text), "%" PRId64 "\n", now);

	/* in place: numbers of one boot do not become shorter */
	if (fd < 0 || pwrite(fd, text, (size_t)len, 0) != len || ftruncate(fd, len) < 0)
		return vc_fail_sys(err, errno, "cannot write '%s'", path);
	return 0;
}

/**
 * vc_health_check() - Whether the loop turns
 * @path:	file that vc_health_write() writes
 * @now:	of vc_now_ms()
 * @err:	why it does not
 *
 * Return: 0, -VC_ERR_REFUSED (it did not for too long), -VC_ERR_INPUT (not a file of
 * ours), -VC_ERR_ABSENT or -VC_ERR_SYSTEM
 */
int vc_health_check(const char *path, int64_t now, struct vc_err *err)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	char *text = NULL;
	const char *cursor;
	uint64_t then = 0;
	size_t len;

	if (vc_file_read(&arena, AT_FDCWD, path, 0, &text, &len, err) < 0)
		return -(int)err->kind;
	cursor = text;
	if (!vc_parse_decimal(&cursor, INT64_MAX, &then) ||
	    !vc_parse_literal(&cursor, "\n") || !vc_parse_end(cursor))
		return vc_fail(err, VC_ERR_INPUT,
		               "%s: expected a time as --health-file writes it", path);
	/* a time to come is of another boot */
	if ((int64_t)then > now || now - (int64_t)then > VC_HEALTH_LIMIT_MS)
		return vc_fail(err, VC_ERR_REFUSED,
		               "%s: the controller gave no sign of life for more than "
		               "%d s",
		               path, VC_HEALTH_LIMIT_MS / 1000);
	return 0;
}
