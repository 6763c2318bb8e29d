/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "controller/queue.h"

#include <stdlib.h>
#include <sys/random.h>

#define CAP_MIN   16U
#define SHIFT_MAX 16U

static void put(struct vc_queue *queue, size_t i, struct vc_item *item)
{
	queue->v[i] = item;
	item->at = i + 1;
}

/* Towards the root, as long as it is earlier than what is there. */
static void rise(struct vc_queue *queue, size_t i, struct vc_item *item)
{
	while (i > 0 && queue->v[(i - 1) / 2]->due > item->due) {
		put(queue, i, queue->v[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	put(queue, i, item);
}

static void sink(struct vc_queue *queue, size_t i, struct vc_item *item)
{
	for (;;) {
		size_t child = 2 * i + 1;

		if (child + 1 < queue->n &&
		    queue->v[child + 1]->due < queue->v[child]->due)
			child++;
		if (child >= queue->n || queue->v[child]->due >= item->due)
			break;
		put(queue, i, queue->v[child]);
		i = child;
	}
	put(queue, i, item);
}

static int make_room(struct vc_queue *queue, struct vc_err *err)
{
	size_t cap = queue->cap > 0 ? 2 * queue->cap : CAP_MIN;
	struct vc_item **v;

	if (queue->n < queue->cap)
		return 0;
	v = reallocarray(queue->v, cap, sizeof(struct vc_item *));
	if (!v)
		return vc_fail_oom(err);
	queue->v = v;
	queue->cap = cap;
	return 0;
}

/**
 * vc_queue_at() - Have an item looked at
 * @queue:	queue
 * @item:	item; may be in the queue, where it stays when it comes earlier than this
 * @due:	when
 * @err:	out of memory
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_queue_at(struct vc_queue *queue, struct vc_item *item, int64_t due,
                struct vc_err *err)
{
	if (item->at > 0 && item->due <= due)
		return 0;
	if (item->at == 0) {
		if (make_room(queue, err) < 0)
			return -(int)err->kind;
		item->at = ++queue->n;
	}
	item->due = due;
	rise(queue, item->at - 1, item);
	return 0;
}

/**
 * vc_queue_pause() - How long to wait after a failure
 * @queue:	queue
 * @tries:	failures in a row, from 1
 *
 * Return: milliseconds: half of a pause that doubles, and as much again at random
 */
unsigned vc_queue_pause(const struct vc_queue *queue, unsigned tries)
{
	unsigned shift = tries > 0 ? tries - 1 : 0;
	uint64_t pause = queue->pause_min ? queue->pause_min : VC_QUEUE_PAUSE_MIN;
	uint64_t max = queue->pause_max ? queue->pause_max : VC_QUEUE_PAUSE_MAX;
	unsigned random = 0;

	pause <<= shift < SHIFT_MAX ? shift : SHIFT_MAX;
	pause = pause < max ? pause : max;
	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) < 0)
		random = 0;
	return (unsigned)(pause / 2 + random % (pause / 2 + 1));
}

/**
 * vc_queue_again() - Have an item looked at after a failure
 * @queue:	queue
 * @item:	item, not in the queue
 * @now:	time
 * @err:	out of memory
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_queue_again(struct vc_queue *queue, struct vc_item *item, int64_t now,
                   struct vc_err *err)
{
	item->tries++;
	return vc_queue_at(queue, item, now + vc_queue_pause(queue, item->tries), err);
}

/**
 * vc_queue_remove() - Forget an item
 * @queue:	queue
 * @item:	item; need not be in it
 */
void vc_queue_remove(struct vc_queue *queue, struct vc_item *item)
{
	size_t i = item->at - 1;
	struct vc_item *last;

	if (item->at == 0)
		return;
	item->at = 0;
	last = queue->v[--queue->n];
	if (last == item)
		return;
	if (i > 0 && queue->v[(i - 1) / 2]->due > last->due)
		rise(queue, i, last);
	else
		sink(queue, i, last);
}

/**
 * vc_queue_due() - When the next item has to be looked at
 * @queue:	queue
 *
 * Return: time, or VC_QUEUE_NEVER
 */
int64_t vc_queue_due(const struct vc_queue *queue)
{
	return queue->n > 0 ? queue->v[0]->due : VC_QUEUE_NEVER;
}

/**
 * vc_queue_take() - Take what is due
 * @queue:	queue
 * @now:	time
 *
 * Return: item, no longer in the queue; NULL nothing is due
 */
struct vc_item *vc_queue_take(struct vc_queue *queue, int64_t now)
{
	struct vc_item *item;

	if (vc_queue_due(queue) > now)
		return NULL;
	item = queue->v[0];
	vc_queue_remove(queue, item);
	return item;
}

/**
 * vc_queue_release() - Forget all items
 * @queue:	queue; may be empty
 */
void vc_queue_release(struct vc_queue *queue)
{
	for (size_t i = 0; i < queue->n; i++)
		queue->v[i]->at = 0;
	free(queue->v);
	queue->v = NULL;
	queue->n = queue->cap = 0;
}
