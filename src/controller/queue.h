/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * queue.h - what has to be looked at, and when.
 *
 * An item is in the queue once, however often it is asked for. What fails comes again
 * after a pause that doubles with each failure, up to a limit, and is a little different
 * each time; what changes in between does not make it come earlier unless it says so.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define VC_QUEUE_NEVER     INT64_MAX
#define VC_QUEUE_PAUSE_MIN 1000U   /* ms */
#define VC_QUEUE_PAUSE_MAX 300000U /* ms */

/**
 * struct vc_item - in what is queued
 * @at:		where in the queue, from 1; 0 not in it
 * @tries:	failures in a row
 * @due:	when, of vc_now_ms()
 */
struct vc_item {
	size_t at;
	unsigned tries;
	int64_t due;
};

/**
 * struct vc_queue - a heap
 * @v, @n, @cap: items, the earliest first
 * @pause_min, @pause_max: of back-off, in ms; 0 the usual
 */
struct vc_queue {
	struct vc_item **v;
	size_t n, cap;
	unsigned pause_min, pause_max;
};

int vc_queue_at(struct vc_queue *queue, struct vc_item *item, int64_t due,
                struct vc_err *err) VC_MUST_CHECK;
int vc_queue_again(struct vc_queue *queue, struct vc_item *item, int64_t now,
                   struct vc_err *err) VC_MUST_CHECK;
void vc_queue_remove(struct vc_queue *queue, struct vc_item *item);
int64_t vc_queue_due(const struct vc_queue *queue);
struct vc_item *vc_queue_take(struct vc_queue *queue, int64_t now);
unsigned vc_queue_pause(const struct vc_queue *queue, unsigned tries);
void vc_queue_release(struct vc_queue *queue);
