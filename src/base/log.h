/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * log.h - one line an event of a daemon, to standard error.
 *
 * When that is the journal, each line begins with its priority, "<4>": sd-daemon(3).
 * Otherwise with the name of the program, as messages of commands do.
 */
#pragma once

#include <stdbool.h>

#include "base/attr.h"

/* The numbers are syslog's. */
enum vc_log_level {
	VC_LOG_ERROR = 3,
	VC_LOG_WARNING = 4,
	VC_LOG_NOTICE = 5,
	VC_LOG_INFO = 6,
};

struct vc_log {
	const char *program;
	int fd;
	bool journal;
};

/* @stream is the value of $JOURNAL_STREAM, or NULL. */
void vc_log_open(struct vc_log *log, const char *program, int fd, const char *stream);
void vc_log(const struct vc_log *log, enum vc_log_level level, const char *fmt, ...)
	VC_PRINTF(3, 4);
