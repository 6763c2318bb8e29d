/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * watch.h - the objects of a kind as they are, and as they change.
 *
 * A watch lists, then follows. What it tells is one consistent story:
 *
 *	SYNC object ... SYNCED  ADDED | MODIFIED | DELETED ...  SYNC object ... SYNCED ...
 *
 * A list may come again at any time, when the server no longer knows what happened in
 * between. Each SYNC has the number of its list (.sync, growing): a caller notes it with
 * what it keeps, and at SYNCED with number n everything with another number is gone. So
 * memory follows what the caller keeps, not what the server has.
 *
 * The same state may be told twice; an object whose text cannot be read is told with its
 * names and a problem, and what was known of it is best kept.
 *
 * Nothing ends a watch but vc_kube_watch_stop(): after a failure it tries again, later
 * and later, and goes on where it was. There is no thread: poll vc_kube_fd() for reading
 * and call vc_kube_work(), or call vc_kube_wait(). Callbacks run only there.
 */
#pragma once

#include "kube/api.h"

enum vc_kube_event_type {
	VC_KUBE_SYNC, /* an object of a list */
	VC_KUBE_SYNCED,
	VC_KUBE_ADDED,
	VC_KUBE_MODIFIED,
	VC_KUBE_DELETED,
};

/**
 * struct vc_kube_event - what happened
 * @sync:	number of the list: that it is from, or that came last
 * @object:	NULL with SYNCED
 */
struct vc_kube_event {
	enum vc_kube_event_type type;
	unsigned sync;
	const struct vc_kube_object *object;
};

/**
 * struct vc_kube_trouble - why it does not go on
 * @err:	what failed
 * @reason:	of the server; VC_KUBE_OK it is not the server's fault
 * @again_ms:	when the next try is
 * @tries:	failures in a row
 */
struct vc_kube_trouble {
	const struct vc_err *err;
	enum vc_kube_reason reason;
	unsigned again_ms;
	unsigned tries;
};

/**
 * struct vc_kube_watcher - who watches
 * @event:	its error makes the watch list again, later: what it was told was not heard
 * @trouble:	NULL does not care
 */
struct vc_kube_watcher {
	int (*event)(void *arg, const struct vc_kube_event *event, struct vc_err *err);
	void (*trouble)(void *arg, const struct vc_kube_trouble *trouble);
	void *arg;
};

/* How it went so far. */
struct vc_kube_watch_stats {
	unsigned long lists, watches, events, bookmarks, failures;
	bool synced; /* what was told is complete, and being followed */
};

struct vc_kube_watch;

int vc_kube_watch_start(struct vc_kube *kube, const struct vc_kube_query *query,
                        const struct vc_kube_watcher *watcher,
                        struct vc_kube_watch **ret_watch, struct vc_err *err)
	VC_MUST_CHECK;
void vc_kube_watch_stop(struct vc_kube_watch *watch);
struct vc_kube_watch_stats vc_kube_watch_stats(const struct vc_kube_watch *watch);

int vc_kube_fd(const struct vc_kube *kube);
void vc_kube_work(struct vc_kube *kube);
int vc_kube_wait(struct vc_kube *kube, int timeout_ms, struct vc_err *err) VC_MUST_CHECK;
