/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "claimd/burst.h"

/* Looking takes at most one part in so many of the time, unless it takes very long. */
#define SHARE        5
#define PAUSE_MAX_MS 10000

static const struct vc_burst_pace usual = {
	.quiet_ms = VC_BURST_QUIET_MS,
	.max_ms = VC_BURST_MAX_MS,
	.share = SHARE,
};

static const struct vc_burst_pace *pace_of(const struct vc_burst *burst)
{
	return burst->pace ? burst->pace : &usual;
}

/**
 * vc_burst_event() - Something happened
 * @burst:	events so far
 * @now:	when
 */
void vc_burst_event(struct vc_burst *burst, int64_t now)
{
	if (!burst->pending)
		burst->first = now;
	burst->last = now;
	burst->pending = true;
}

/**
 * vc_burst_due() - When to act on what happened
 * @burst:	events
 *
 * Return: a time, perhaps one that has passed; -1 nothing happened
 */
int64_t vc_burst_due(const struct vc_burst *burst)
{
	int64_t due = burst->last + pace_of(burst)->quiet_ms;

	if (!burst->pending)
		return -1;
	if (due > burst->first + pace_of(burst)->max_ms)
		due = burst->first + pace_of(burst)->max_ms;
	return due > burst->earliest ? due : burst->earliest;
}

/**
 * vc_burst_begin() - What happened so far is acted on now
 * @burst:	left empty
 */
void vc_burst_begin(struct vc_burst *burst)
{
	burst->pending = false;
}

/**
 * vc_burst_end() - Acting is over
 * @burst:	events that came meanwhile are in it
 * @cost:	how long looking at the machine took
 * @now:	when it ended
 */
void vc_burst_end(struct vc_burst *burst, int64_t cost, int64_t now)
{
	int64_t pause = cost * (pace_of(burst)->share - 1);

	burst->earliest = now + (pause < PAUSE_MAX_MS ? pause : PAUSE_MAX_MS);
}
