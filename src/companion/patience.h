/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * patience.h - how long files have been unreadable: a moment of it is somebody who writes,
 * more is a broken file. Pure; all times are milliseconds of one clock.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* How long a file may be torn before it counts as broken. */
#define VC_PATIENCE_MS 2000
/* With more files than these nobody is patient. */
#define VC_PATIENCE_MAX 4096U

/* All zero: nothing is torn. */
struct vc_patience {
	struct vc_torn *first;
	size_t n;
};

void vc_patience_begin(struct vc_patience *patience);
/* It is torn at @now; whether for the first time does not matter. */
int vc_patience_torn(struct vc_patience *patience, const char *subject, int64_t now,
                     struct vc_err *err) VC_MUST_CHECK;
/* Forgets what was not torn any more since vc_patience_begin(). */
void vc_patience_end(struct vc_patience *patience);
/* Whether it is still a moment. */
bool vc_patience_waits(const struct vc_patience *patience, const char *subject,
                       int64_t now);
/* When the first moment that goes on at @last is over; -1 none does. */
int64_t vc_patience_next(const struct vc_patience *patience, int64_t last);
void vc_patience_release(struct vc_patience *patience);
