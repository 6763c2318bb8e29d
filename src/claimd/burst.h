/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * burst.h - when to act on events that come in bursts: a card that is plugged in is a
 * dozen of them within milliseconds, and the machine is looked at once. Pure.
 *
 * All times are milliseconds of one clock.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* How long it has to be quiet, and how long a burst that does not end is waited for. */
#define VC_BURST_QUIET_MS 200
#define VC_BURST_MAX_MS   2000

/**
 * struct vc_burst_pace - other times than these
 * @quiet_ms, @max_ms: instead of VC_BURST_QUIET_MS and VC_BURST_MAX_MS
 * @share:	looking takes at most one part in so many of the time
 */
struct vc_burst_pace {
	int64_t quiet_ms, max_ms;
	int64_t share;
};

/**
 * struct vc_burst - events that nobody acted on yet; all zero: none
 * @pending:	there are some
 * @first, @last: when the first and the last one came
 * @earliest:	not before this, so that events which never stop leave the machine alone
 *		for most of the time
 * @pace:	NULL the usual one
 */
struct vc_burst {
	const struct vc_burst_pace *pace;
	bool pending;
	int64_t first, last;
	int64_t earliest;
};

void vc_burst_event(struct vc_burst *burst, int64_t now);
/* When to act; -1 there is nothing to act on. */
int64_t vc_burst_due(const struct vc_burst *burst);
void vc_burst_begin(struct vc_burst *burst);
void vc_burst_end(struct vc_burst *burst, int64_t cost, int64_t now);
