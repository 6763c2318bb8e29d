/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * diff.h - unified diff of two texts, line by line.
 *
 * The shortest script of insertions and deletions (Myers' greedy algorithm) as long as
 * it has at most some thousand steps; beyond that the middle part that differs is shown
 * as replaced at once, so that cost stays bounded whatever the texts are.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

/**
 * struct vc_diff_side - one side
 * @text, @len: text
 * @name:	what to call it in the header
 */
struct vc_diff_side {
	const char *text;
	size_t len;
	const char *name;
};

int vc_diff(struct vc_buf *buf, const struct vc_diff_side *before,
            const struct vc_diff_side *after, bool colour, struct vc_err *err)
	VC_MUST_CHECK;
