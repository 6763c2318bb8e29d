/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * buf.h - a growing text buffer with a size limit.
 *
 * A failure (out of memory, over the limit) sticks: later additions do nothing and
 * vc_buf_take() reports it, so that building a text needs one check at its end.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/err.h"

struct vc_buf {
	char *data; /* NUL-terminated once anything was added */
	size_t len, cap, max_len;
	bool failed;
};

#define VC_BUF_INIT(limit)          \
	{                           \
		.max_len = (limit), \
	}
#define VC_AUTO_BUF VC_CLEANUP(vc_buf_release)

void vc_buf_add(struct vc_buf *buf, const char *bytes, size_t len) VC_NONNULL;
void vc_buf_puts(struct vc_buf *buf, const char *text) VC_NONNULL;
void vc_buf_printf(struct vc_buf *buf, const char *fmt, ...) VC_PRINTF(2, 3) VC_NONNULL;
int vc_buf_take(struct vc_buf *buf, char **ret_text, size_t *ret_len, struct vc_err *err)
	VC_MUST_CHECK;
void vc_buf_release(struct vc_buf *buf) VC_NONNULL;
