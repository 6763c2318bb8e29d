/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Control characters of hostile input do not reach a terminal. */
static void make_printable(char *text)
{
	for (unsigned char *p = (unsigned char *)text; *p != '\0'; p++)
		if (*p < 0x20 || *p == 0x7f)
			*p = '?';
}

/**
 * vc_fail() - Fill an error that has no errno
 * @err:	error to fill, overwritten
 * @kind:	what sort of failure this is; decides the exit status
 * @fmt:	message: lower case, no full stop, no newline, subjects in single quotes
 *
 * Return: -(int)@kind, so that a caller can write `return vc_fail(...)`
 */
int vc_fail(struct vc_err *err, enum vc_err_kind kind, const char *fmt, ...)
{
	va_list ap;

	err->kind = kind;
	err->sys = 0;
	va_start(ap, fmt);
	(void)vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	va_end(ap);
	make_printable(err->msg);
	return -(int)kind;
}

/**
 * vc_fail_sys() - Fill an error from a failed system call
 * @err:	error to fill, overwritten
 * @sys:	errno of that call, > 0
 * @fmt:	what was tried; ": <strerror>" is appended
 *
 * Return: -VC_ERR_ABSENT for ENOENT and ENOTDIR, else -VC_ERR_SYSTEM
 */
int vc_fail_sys(struct vc_err *err, int sys, const char *fmt, ...)
{
	size_t used;
	va_list ap;

	err->kind = sys == ENOENT || sys == ENOTDIR ? VC_ERR_ABSENT : VC_ERR_SYSTEM;
	err->sys = sys;
	va_start(ap, fmt);
	(void)vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	va_end(ap);

	used = strlen(err->msg);
	(void)snprintf(err->msg + used, sizeof(err->msg) - used, ": %s", strerror(sys));
	make_printable(err->msg);
	return -(int)err->kind;
}

/**
 * vc_fail_oom() - Fill an error for an allocation that failed
 * @err:	error to fill, overwritten
 *
 * Return: -VC_ERR_INTERNAL
 */
int vc_fail_oom(struct vc_err *err)
{
	return vc_fail(err, VC_ERR_INTERNAL, "out of memory");
}

/**
 * vc_err_context() - Put "<context>: " in front of an error on its way up
 * @err:	filled error
 * @fmt:	context: what the caller was working on
 *
 * Return: -(int)@err->kind, unchanged
 */
int vc_err_context(struct vc_err *err, const char *fmt, ...)
{
	char inner[VC_ERR_MSG_SIZE];
	size_t used;
	va_list ap;

	memcpy(inner, err->msg, sizeof(inner));
	va_start(ap, fmt);
	(void)vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	va_end(ap);

	used = strlen(err->msg);
	(void)snprintf(err->msg + used, sizeof(err->msg) - used, ": %s", inner);
	make_printable(err->msg);
	return -(int)err->kind;
}

/**
 * vc_exit_status() - The exit status that stands for an error
 * @kind:	kind of the error, VC_ERR_NONE for success
 *
 * These numbers are part of the interface: README.md and the man pages list them. On
 * KubeVirt the number is all that a user sees of a failed hook.
 *
 * Return: 0 to 7
 */
int vc_exit_status(enum vc_err_kind kind)
{
	switch (kind) {
	case VC_ERR_NONE:
		return 0;
	case VC_ERR_INPUT:
	case VC_ERR_ABSENT:
		return 1;
	case VC_ERR_USAGE:
		return 2;
	case VC_ERR_REFUSED:
		return 3;
	case VC_ERR_CHANGED:
		return 4;
	case VC_ERR_SYSTEM:
		return 5;
	case VC_ERR_REMOTE:
		return 6;
	case VC_ERR_INTERNAL:
		break;
	}
	return 7;
}
