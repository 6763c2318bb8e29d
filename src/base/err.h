/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * err.h - the one error channel of the project.
 *
 * An error is a value in the caller's frame: reporting a failure allocates nothing and
 * nothing has to be released. A function that can fail returns 0 on success (or a count,
 * where its comment says so) and -(int)kind on failure, and takes a never-NULL
 * `struct vc_err *err` last.
 *
 *  - on success *err is untouched and every ret_ parameter is set;
 *  - on failure *err is filled and no ret_ parameter was written.
 *
 * Whoever fails says what failed; a caller that knows more puts it in front with
 * vc_err_context(). Only a program's main() prints.
 */
#pragma once

#include "base/attr.h"

enum vc_err_kind {
	VC_ERR_NONE = 0,
	VC_ERR_USAGE,    /* the command line is wrong */
	VC_ERR_INPUT,    /* a document that we were handed is broken */
	VC_ERR_ABSENT,   /* the named thing does not exist */
	VC_ERR_REFUSED,  /* the input is sound, doing what it asks would be wrong */
	VC_ERR_CHANGED,  /* asked whether something would change: it would */
	VC_ERR_SYSTEM,   /* the kernel or libvirt said no; .sys holds errno or 0 */
	VC_ERR_REMOTE,   /* the API server said no */
	VC_ERR_INTERNAL, /* our bug, or out of memory */
};

#define VC_ERR_MSG_SIZE 2048

struct vc_err {
	enum vc_err_kind kind;
	int sys; /* errno of the failing call, 0 when there was none */
	char msg[VC_ERR_MSG_SIZE];
};

#define VC_ERR_INIT                 \
	{                           \
		.kind = VC_ERR_NONE \
	}

int vc_fail(struct vc_err *err, enum vc_err_kind kind, const char *fmt, ...)
	VC_PRINTF(3, 4) VC_NONNULL;
int vc_fail_sys(struct vc_err *err, int sys, const char *fmt, ...)
	VC_PRINTF(3, 4) VC_NONNULL;
int vc_fail_oom(struct vc_err *err) VC_NONNULL;
int vc_err_context(struct vc_err *err, const char *fmt, ...) VC_PRINTF(2, 3) VC_NONNULL;
int vc_exit_status(enum vc_err_kind kind);
