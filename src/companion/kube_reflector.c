/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "companion/kube_reflector.h"

#include <string.h>

#include "base/now.h"
#include "claim/tree.h"

/* After the next try began, what fails has failed by then: 10 s to connect, 30 s for the
 * first byte, and some. */
#define QUIET_MS 45000
/* One connection that is cut is no news. */
#define TRIES 2U

static bool is_same(const struct vc_kube_entry *entry,
                    const struct vc_kube_object *object)
{
	return entry && *entry->version && strcmp(entry->uid, object->uid) == 0 &&
	       strcmp(entry->version, object->resource_version) == 0;
}

static void forget(struct vc_kube_reflector *r, const struct vc_kube_object *object)
{
	bool kept = vc_kube_cache_remove(&r->kept, object->namespace, object->name);
	bool broken = vc_kube_cache_remove(&r->broken, object->namespace, object->name);

	r->changed = r->changed || kept || broken;
}

/* What was known of it stays, unless it is another object by now. */
static int take_broken(struct vc_kube_reflector *r, const struct vc_kube_object *object,
                       unsigned sync, const char *problem, struct vc_err *err)
{
	VC_AUTO_KUBE_ENTRY struct vc_kube_entry *entry = NULL;
	struct vc_kube_entry *known =
		vc_kube_cache_find(&r->kept, object->namespace, object->name);

	if (known && strcmp(known->uid, object->uid) != 0)
		(void)vc_kube_cache_remove(&r->kept, object->namespace, object->name);
	else if (known)
		known->sync = sync;
	r->changed = true;
	if (r->broken.n >= VC_KUBE_BROKEN_MAX &&
	    !vc_kube_cache_find(&r->broken, object->namespace, object->name))
		return 0;
	if (vc_kube_entry_broken(object, sync, problem, &entry, err) < 0)
		return -(int)err->kind;
	return vc_kube_cache_put(&r->broken, &entry, err);
}

/* Whether it is to be kept; *ret_entry is set then. */
static int read_wanted(struct vc_kube_reflector *r, const struct vc_kube_object *object,
                       unsigned sync, struct vc_kube_entry **ret_entry,
                       struct vc_err *err)
{
	const struct vc_node root = vc_tree_root(object->tree, 0);
	enum vc_tri glance = r->interest.glance(r->interest.arg, &root);
	VC_AUTO_KUBE_ENTRY struct vc_kube_entry *entry = NULL;

	if (glance == VC_NO)
		return 0;
	if (vc_kube_entry_read(object, sync, &entry, err) < 0)
		return -(int)err->kind;
	if (r->interest.decide(r->interest.arg, entry, glance))
		*ret_entry = vc_steal(&entry);
	return 0;
}

static int take_object(struct vc_kube_reflector *r, const struct vc_kube_object *object,
                       unsigned sync, struct vc_err *err)
{
	struct vc_kube_entry *known =
		vc_kube_cache_find(&r->kept, object->namespace, object->name);
	VC_AUTO_KUBE_ENTRY struct vc_kube_entry *entry = NULL;
	struct vc_err problem = VC_ERR_INIT;

	if (!object->tree)
		return take_broken(r, object, sync, object->problem, err);
	if (is_same(known, object)) {
		known->sync = sync;
		return 0;
	}
	if (read_wanted(r, object, sync, &entry, &problem) < 0) {
		if (problem.kind != VC_ERR_INPUT)
			return vc_fail(err, problem.kind, "%s", problem.msg);
		return take_broken(r, object, sync, problem.msg, err);
	}
	if (!entry) {
		forget(r, object);
		return 0;
	}
	(void)vc_kube_cache_remove(&r->broken, object->namespace, object->name);
	r->changed = true;
	return vc_kube_cache_put(&r->kept, &entry, err);
}

static void end_trouble(struct vc_kube_reflector *r)
{
	r->changed = r->changed || *r->trouble;
	r->trouble[0] = '\0';
	r->over_at = -1;
}

static void end_list(struct vc_kube_reflector *r, unsigned sync)
{
	size_t gone = vc_kube_cache_sweep(&r->kept, sync) +
	              vc_kube_cache_sweep(&r->broken, sync);

	r->changed = r->changed || gone > 0 || !r->complete;
	r->complete = true;
}

static int on_event(void *arg, const struct vc_kube_event *event, struct vc_err *err)
{
	struct vc_kube_reflector *r = arg;

	end_trouble(r);
	switch (event->type) {
	case VC_KUBE_SYNCED:
		end_list(r, event->sync);
		return 0;
	case VC_KUBE_DELETED:
		forget(r, event->object);
		return 0;
	case VC_KUBE_SYNC:
	case VC_KUBE_ADDED:
	case VC_KUBE_MODIFIED:
		return take_object(r, event->object, event->sync, err);
	}
	return 0;
}

static unsigned long heard_so_far(const struct vc_kube_reflector *r)
{
	struct vc_kube_watch_stats stats = vc_kube_watch_stats(r->watch);

	return stats.lists + stats.events + stats.bookmarks;
}

/* The URL is the subject of what is told, and need not be said twice. */
static const char *without_server(const struct vc_kube_reflector *r, const char *text)
{
	size_t len = strlen(r->server);

	if (strncmp(text, r->server, len) != 0 || strncmp(text + len, ": ", 2) != 0)
		return text;
	return text + len + 2;
}

/* Said by the server itself, about what we ask for: trying again changes nothing. */
static bool is_certain(enum vc_kube_reason reason)
{
	return reason == VC_KUBE_FORBIDDEN || reason == VC_KUBE_UNAUTHORIZED;
}

static void on_trouble(void *arg, const struct vc_kube_trouble *trouble)
{
	struct vc_kube_reflector *r = arg;
	const char *text = without_server(r, trouble->err->msg);

	if (trouble->tries < TRIES && !is_certain(trouble->reason))
		return;
	r->over_at = vc_now_ms() + trouble->again_ms + QUIET_MS;
	r->heard = r->watch ? heard_so_far(r) : 0;
	if (strcmp(r->trouble, text) == 0)
		return;
	r->changed = true;
	r->reason = trouble->reason;
	memmove(r->trouble, text, strlen(text) + 1);
}

/**
 * vc_kube_reflector_start() - Begin to watch
 * @reflector:	with interest and server; stays where it is
 * @kube:	client
 * @query:	what
 * @err:	why not
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_kube_reflector_start(struct vc_kube_reflector *reflector, struct vc_kube *kube,
                            const struct vc_kube_query *query, struct vc_err *err)
{
	const struct vc_kube_watcher watcher = { .event = on_event,
		                                 .trouble = on_trouble,
		                                 .arg = reflector };

	reflector->over_at = -1;
	return vc_kube_watch_start(kube, query, &watcher, &reflector->watch, err);
}

/**
 * vc_kube_reflector_restart() - List anew
 * @reflector:	that watches; not from a callback
 * @kube:	client
 * @query:	as before
 * @err:	why not
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_kube_reflector_restart(struct vc_kube_reflector *reflector, struct vc_kube *kube,
                              const struct vc_kube_query *query, struct vc_err *err)
{
	vc_kube_watch_stop(vc_steal(&reflector->watch));
	vc_kube_cache_forget_syncs(&reflector->kept);
	vc_kube_cache_forget_syncs(&reflector->broken);
	return vc_kube_reflector_start(reflector, kube, query, err);
}

/**
 * vc_kube_reflector_look() - See whether a trouble is over
 * @reflector:	reflector
 * @now:	as vc_now_ms() counts
 *
 * A watch in which nothing happens tells nothing: bookmarks count, and so does silence
 * for longer than any failure takes.
 */
void vc_kube_reflector_look(struct vc_kube_reflector *reflector, int64_t now)
{
	struct vc_kube_reflector *r = reflector;

	if (r->watch && *r->trouble && (heard_so_far(r) != r->heard || now >= r->over_at))
		end_trouble(r);
}

/**
 * vc_kube_reflector_due() - When to look
 * @reflector:	reflector
 *
 * Return: as vc_now_ms() counts; -1 not by the clock
 */
int64_t vc_kube_reflector_due(const struct vc_kube_reflector *reflector)
{
	return *reflector->trouble ? reflector->over_at : -1;
}

static int collect_broken(const struct vc_kube_entry *e, bool is_claim,
                          struct vc_told *told, struct vc_err *err)
{
	struct vc_trouble trouble = {
		.subject = vc_arena_printf(told->arena, "%s%s%s", e->namespace,
		                           *e->namespace ? "/" : "", e->name),
		.text = e->facts.notes.v[0],
		.kind = VC_ERR_INPUT,
	};

	if (!trouble.subject)
		return vc_fail_oom(err);
	if (is_claim) {
		trouble.namespace = e->namespace;
		trouble.name = e->name;
		trouble.uid = *e->uid ? e->uid : NULL;
	}
	return vc_trouble_add(told->arena, &told->troubles, &trouble, err);
}

/**
 * vc_kube_reflector_complain() - Tell what cannot be read
 * @reflector:	reflector
 * @told:	added to
 * @err:	why not
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_kube_reflector_complain(const struct vc_kube_reflector *reflector,
                               struct vc_told *told, struct vc_err *err)
{
	const struct vc_kube_reflector *r = reflector;

	for (size_t i = 0; i < r->broken.n; i++)
		if (collect_broken(r->broken.v[i], r->claims, told, err) < 0)
			return -(int)err->kind;
	return 0;
}

/**
 * vc_kube_reflector_release() - Forget what is known
 * @reflector:	reflector; all zero is fine
 */
void vc_kube_reflector_release(struct vc_kube_reflector *reflector)
{
	vc_kube_cache_release(&reflector->kept);
	vc_kube_cache_release(&reflector->broken);
}
