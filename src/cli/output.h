/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * output.h - what leaves the program: results on stdout, warnings on stderr.
 *
 * A command builds its whole result in memory and hands it over once, so that an error
 * on the way leaves stdout empty.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

#define VC_PROGRAM "virt-claim"

/* More than any result: a domain is at most VC_FILE_MAX_BYTES. */
#define VC_OUTPUT_MAX_BYTES ((size_t)256 << 20)

int vc_output_write(const char *text, size_t len, struct vc_err *err) VC_MUST_CHECK;
int vc_output_buf(struct vc_buf *buf, struct vc_err *err) VC_MUST_CHECK VC_NONNULL;
void vc_output_warning(const char *fmt, ...) VC_PRINTF(1, 2);
bool vc_output_has_colour(void);
size_t vc_output_width(void);
