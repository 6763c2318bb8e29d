/* SPDX-License-Identifier: GPL-2.0-or-later */
/* [SD] systemd.exec(5): $JOURNAL_STREAM is "DEVICE:INODE" of the stream of the journal. */
#include "base/log.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/parse.h"

/* The variable is inherited by programs whose standard error is something else. */
static bool is_journal(int fd, const char *stream)
{
	uint64_t device, inode;
	struct stat st;

	return stream && vc_parse_decimal(&stream, UINT64_MAX, &device) &&
	       vc_parse_literal(&stream, ":") &&
	       vc_parse_decimal(&stream, UINT64_MAX, &inode) && vc_parse_end(stream) &&
	       fstat(fd, &st) == 0 && st.st_dev == device && st.st_ino == inode;
}

/**
 * vc_log_open() - Begin to log
 * @log:	set
 * @program:	who speaks; stays the caller's
 * @fd:		where to; stays open
 * @stream:	value of $JOURNAL_STREAM, or NULL
 */
void vc_log_open(struct vc_log *log, const char *program, int fd, const char *stream)
{
	*log = (struct vc_log){ .program = program,
		                .fd = fd,
		                .journal = is_journal(fd, stream) };
}

/**
 * vc_log() - Write one line
 * @log:	where to
 * @level:	how bad it is
 * @fmt:	lower case, no full stop, no newline
 *
 * A line that cannot be written is lost: nobody is left to be told.
 */
void vc_log(const struct vc_log *log, enum vc_log_level level, const char *fmt, ...)
{
	char line[VC_ERR_MSG_SIZE + 64];
	size_t head, len;
	va_list ap;

	if (log->journal)
		(void)snprintf(line, sizeof(line), "<%d>", (int)level);
	else
		(void)snprintf(line, sizeof(line), "%s: ", log->program);
	head = strlen(line);
	va_start(ap, fmt);
	(void)vsnprintf(line + head, sizeof(line) - head - 1, fmt, ap);
	va_end(ap);
	/* names of files and devices are quoted, and do not talk to a terminal */
	for (unsigned char *p = (unsigned char *)line; *p != '\0'; p++)
		if (*p < 0x20 || *p == 0x7f)
			*p = '?';
	len = strlen(line);
	line[len++] = '\n';
	if (write(log->fd, line, len) < 0)
		return;
}
