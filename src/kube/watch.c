/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Theory of operation. A watch is in one of three phases: DISCOVER (which version has
 * the group), LIST (a page at a time), WATCH. In each it either has an exchange under
 * way, or waits until .due, when step() begins the exchange of the phase. What ends an
 * exchange decides what comes next:
 *
 *	a page, more to come		LIST, at once
 *	the last page			tell SYNCED; WATCH, at once
 *	410, or an ERROR event of it	LIST from the first page
 *	the regular end of a watch	WATCH, from the last version seen
 *	any failure			the same phase, after a pause
 *	a watch refused too often	LIST: a store that was restored has older versions
 *	a callback that failed		LIST from the first page, after a pause
 *
 * [K8S] api-concepts: watches end by themselves, 410 may come at any time, bookmarks may
 * not come at all.
 */
#include "kube/watch.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>

#include "base/now.h"
#include "claim/tree.h"
#include "kube/client.h"

#define MS_PER_S          1000
#define NS_PER_MS         1000000L
#define WATCH_MIN_S       300U
#define WATCH_MAX_S       600U
#define WATCH_GRACE_MS    30000U /* for the server to end it */
#define SHORT_MS          1000   /* a watch that ends so soon with nothing in it failed */
#define TIRED             5U     /* failures of a watch in a row: list instead */
#define BACKOFF_SHIFT     10U
#define RETRY_AFTER_MAX_S 300U

enum phase {
	DISCOVER,
	LIST,
	WATCH,
};

struct vc_kube_watch {
	struct vc_kube_watch *next;
	struct vc_kube *kube;
	struct vc_kube_query query;
	struct vc_kube_watcher watcher;
	struct vc_arena arena;
	enum phase phase;
	int64_t due, began;
	bool stopped;
	struct vc_http_exchange *exchange;
	struct vc_scan *lists, *events;
	struct vc_kube_answer answer;
	struct vc_buf text;
	char *api_version;
	char continue_at[VC_SCAN_WORD_SIZE];
	char version[VC_SCAN_NAME_SIZE];
	unsigned sync, tries;
	bool heard;   /* something, in this watch */
	bool unheard; /* a callback failed */
	bool has_stream_error;
	struct vc_kube_status stream_error; /* without its texts */
	struct vc_kube_watch_stats stats;
};

/* Telling */

static int tell(struct vc_kube_watch *w, enum vc_kube_event_type type,
                const struct vc_kube_object *object, struct vc_err *err)
{
	const struct vc_kube_event event = { .type = type,
		                             .sync = w->sync,
		                             .object = object };
	int r = w->stopped ? 0 : w->watcher.event(w->watcher.arg, &event, err);

	w->unheard = w->unheard || r < 0;
	return r;
}

static int tell_object(struct vc_kube_watch *w, enum vc_kube_event_type type,
                       const struct vc_scan_object *from, struct vc_err *err)
{
	VC_AUTO_TREE struct vc_tree *tree = NULL;
	struct vc_err problem = VC_ERR_INIT;
	struct vc_kube_object object;

	vc_kube_object_read(from, &tree, &problem, &object);
	return tell(w, type, &object, err);
}

static int take_listed(void *arg, struct vc_scan_object *from, struct vc_err *err)
{
	return tell_object(arg, VC_KUBE_SYNC, from, err);
}

static void take_version(struct vc_kube_watch *w, const struct vc_scan_object *from)
{
	w->heard = true;
	w->tries = 0;
	if (*from->resource_version)
		memcpy(w->version, from->resource_version, sizeof(w->version));
}

/* An event of type ERROR: its object is a Status. */
static int take_error(struct vc_kube_watch *w, const struct vc_scan_object *from,
                      struct vc_err *err)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	const struct vc_http_head head = { .status = 0 };

	if (vc_kube_status_read(&arena, &head, from->text ? from->text : "", from->len,
	                        &w->stream_error, err) < 0)
		return -(int)err->kind;
	w->has_stream_error = true;
	return vc_kube_status_fail(&w->stream_error, err);
}

static int take_event(void *arg, struct vc_scan_object *from, struct vc_err *err)
{
	static const struct {
		const char *text;
		enum vc_kube_event_type type;
	} types[] = {
		{ "ADDED", VC_KUBE_ADDED },
		{ "MODIFIED", VC_KUBE_MODIFIED },
		{ "DELETED", VC_KUBE_DELETED },
	};
	struct vc_kube_watch *w = arg;

	if (strcmp(from->type, "ERROR") == 0)
		return take_error(w, from, err);
	if (strcmp(from->type, "BOOKMARK") == 0) {
		w->stats.bookmarks++;
		take_version(w, from);
		return 0;
	}
	for (size_t i = 0; i < VC_ARRAY_SIZE(types); i++) {
		if (strcmp(from->type, types[i].text) != 0)
			continue;
		w->stats.events++;
		if (tell_object(w, types[i].type, from, err) < 0)
			return -(int)err->kind;
		take_version(w, from);
		return 0;
	}
	return 0; /* of a newer server: nothing that we know of */
}

static int on_body(void *arg, const struct vc_http_head *head, const char *bytes,
                   size_t len, struct vc_err *err)
{
	struct vc_kube_watch *w = arg;

	return w->stopped ? vc_fail(err, VC_ERR_REMOTE, "stopped")
	                  : vc_kube_take(&w->answer, head, bytes, len, err);
}

/* Going on */

static void set_timer(struct vc_kube *kube)
{
	int64_t due = VC_KUBE_NEVER;
	struct itimerspec when = { 0 };

	for (const struct vc_kube_watch *w = kube->watches; w; w = w->next)
		due = w->due < due ? w->due : due;
	if (due != VC_KUBE_NEVER) {
		due = due > 0 ? due : 1; /* zero would switch it off */
		when.it_value.tv_sec = due / MS_PER_S;
		when.it_value.tv_nsec = due % MS_PER_S * NS_PER_MS;
	}
	(void)timerfd_settime(kube->timer, TFD_TIMER_ABSTIME, &when, NULL);
}

static void go_on(struct vc_kube_watch *w, enum phase phase)
{
	w->phase = phase;
	w->due = vc_now_ms();
}

static void list_again(struct vc_kube_watch *w)
{
	w->continue_at[0] = '\0';
	w->stats.synced = false;
	if (w->phase == WATCH)
		w->phase = LIST;
}

/* Between the shortest and a longest pause that doubles with each failure */
static unsigned pause_ms(const struct vc_kube_watch *w)
{
	const struct vc_kube_options *o = &w->kube->options;
	unsigned shift = w->tries < BACKOFF_SHIFT ? w->tries : BACKOFF_SHIFT;
	uint64_t longest = (uint64_t)o->backoff_min_ms << shift;

	if (longest > o->backoff_max_ms)
		longest = o->backoff_max_ms;
	return longest <= o->backoff_min_ms
	               ? o->backoff_min_ms
	               : o->backoff_min_ms + vc_kube_random((unsigned)longest -
	                                                    o->backoff_min_ms + 1);
}

/* Something failed: say it, and try again after a pause. */
static void fail(struct vc_kube_watch *w, enum vc_kube_reason reason,
                 unsigned retry_after_s, struct vc_err *err)
{
	struct vc_kube_trouble trouble = { .err = err, .reason = reason };
	unsigned after_ms =
		(retry_after_s < RETRY_AFTER_MAX_S ? retry_after_s : RETRY_AFTER_MAX_S) *
		MS_PER_S;

	trouble.again_ms = pause_ms(w);
	trouble.again_ms = trouble.again_ms > after_ms ? trouble.again_ms : after_ms;
	w->tries++;
	trouble.tries = w->tries;
	w->stats.failures++;
	if (w->unheard ||
	    (w->phase == WATCH && w->tries >= TIRED && reason != VC_KUBE_NO_ANSWER))
		list_again(w);
	/* a new server may have other versions */
	if (w->phase == LIST && reason == VC_KUBE_NOT_FOUND &&
	    !w->query.resource->version) {
		w->kube->dra_version[0] = '\0';
		w->phase = DISCOVER;
	}
	w->due = vc_now_ms() + trouble.again_ms;
	(void)vc_err_context(err, "%s: %s", w->kube->config->server,
	                     w->query.resource->plural);
	if (!w->stopped && w->watcher.trouble)
		w->watcher.trouble(w->watcher.arg, &trouble);
}

/* The server no longer knows the version that we were at. */
static void start_over(struct vc_kube_watch *w, struct vc_err *err)
{
	bool at_once = w->heard || vc_now_ms() - w->began >= SHORT_MS;

	list_again(w);
	if (at_once)
		go_on(w, LIST);
	else
		fail(w, VC_KUBE_GONE, 0, err);
}

/* How exchanges end */

static void end_discovery(struct vc_kube_watch *w, struct vc_err *err)
{
	if (vc_kube_read_versions(w->kube, w->text.data ? w->text.data : "", w->text.len,
	                          err) < 0)
		fail(w, VC_KUBE_OTHER, 0, err);
	else
		go_on(w, LIST);
}

static void end_page(struct vc_kube_watch *w, struct vc_err *err)
{
	const char *next = vc_scan_list_continue(w->lists);
	const char *version = vc_scan_list_version(w->lists);

	if (vc_scan_end(w->lists, err) < 0) {
		fail(w, VC_KUBE_OTHER, 0, err);
		return;
	}
	if (*next) {
		memcpy(w->continue_at, next, strlen(next) + 1);
		go_on(w, LIST);
		return;
	}
	if (!*version) {
		(void)vc_fail(err, VC_ERR_REMOTE,
		              "a list without a resourceVersion; is this an API server?");
		fail(w, VC_KUBE_OTHER, 0, err);
		return;
	}
	memcpy(w->version, version, strlen(version) + 1);
	w->stats.lists++;
	if (tell(w, VC_KUBE_SYNCED, NULL, err) < 0) {
		fail(w, VC_KUBE_OK, 0, err);
		return;
	}
	w->stats.synced = true;
	go_on(w, WATCH);
}

static void end_watch(struct vc_kube_watch *w, struct vc_err *err)
{
	if (vc_scan_end(w->events, err) < 0) {
		fail(w, VC_KUBE_NO_ANSWER, 0, err);
	} else if (!w->heard && vc_now_ms() - w->began < SHORT_MS) {
		(void)vc_fail(err, VC_ERR_REMOTE, "the watch ended as soon as it began");
		fail(w, VC_KUBE_NO_ANSWER, 0, err);
	} else {
		w->tries = 0;
		go_on(w, WATCH);
	}
}

/* No success of HTTP */
static void end_refused(struct vc_kube_watch *w, const struct vc_http_head *head,
                        struct vc_err *err)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_kube_status status;

	if (vc_kube_status_read(&arena, head, w->text.data ? w->text.data : "",
	                        w->text.len, &status, err) < 0) {
		fail(w, VC_KUBE_OTHER, 0, err);
		return;
	}
	(void)vc_kube_status_fail(&status, err);
	if (status.reason == VC_KUBE_GONE)
		start_over(w, err);
	else
		fail(w, status.reason, status.retry_after_s, err);
}

static void on_done(void *arg, const struct vc_http_result *result)
{
	struct vc_kube_watch *w = arg;
	struct vc_err err = VC_ERR_INIT;

	w->exchange = NULL;
	if (w->stopped)
		return;
	if (result->r < 0) {
		err = *result->err;
		if (w->has_stream_error && w->stream_error.reason == VC_KUBE_GONE)
			start_over(w, &err);
		else if (w->has_stream_error)
			fail(w, w->stream_error.reason, w->stream_error.retry_after_s,
			     &err);
		else
			fail(w, w->unheard ? VC_KUBE_OK : VC_KUBE_NO_ANSWER, 0, &err);
	} else if (!vc_kube_success(result->head)) {
		end_refused(w, result->head, &err);
	} else if (w->phase == DISCOVER) {
		end_discovery(w, &err);
	} else if (w->phase == LIST) {
		end_page(w, &err);
	} else {
		end_watch(w, &err);
	}
}

/* How they begin */

static int make_scans(struct vc_kube_watch *w, struct vc_err *err)
{
	const struct vc_kube_resource *resource = w->query.resource;
	const char *version =
		resource->version ? resource->version : w->kube->dra_version;
	size_t max = w->kube->options.max_object;

	w->api_version = vc_arena_printf(&w->arena, "%s%s%s", resource->group,
	                                 *resource->group ? "/" : "", version);
	if (!w->api_version)
		return vc_fail_oom(err);
	vc_scan_free(w->lists);
	vc_scan_free(w->events);
	w->lists = w->events = NULL;
	if (vc_scan_new(VC_SCAN_LIST, resource->kind, w->api_version, max, &w->lists,
	                err) < 0)
		return -(int)err->kind;
	return vc_scan_new(VC_SCAN_EVENTS, resource->kind, w->api_version, max,
	                   &w->events, err);
}

static char *list_path(struct vc_kube_watch *w, struct vc_arena *arena,
                       struct vc_err *err)
{
	char *base = vc_kube_list_path(w->kube, arena, &w->query, err);
	char *next = vc_kube_escape(arena, w->continue_at);

	if (!base)
		return NULL;
	return next ? vc_arena_printf(arena, "%slimit=%u%s%s", base,
	                              w->kube->options.page, *next ? "&continue=" : "",
	                              next)
	            : NULL;
}

static char *watch_path(struct vc_kube_watch *w, struct vc_arena *arena, unsigned last_s,
                        struct vc_err *err)
{
	char *base = vc_kube_list_path(w->kube, arena, &w->query, err);
	char *version = vc_kube_escape(arena, w->version);

	if (!base)
		return NULL;
	return version ? vc_arena_printf(arena,
	                                 "%swatch=1&allowWatchBookmarks=true&"
	                                 "resourceVersion=%s&timeoutSeconds=%u",
	                                 base, version, last_s)
	               : NULL;
}

static int prepare_list(struct vc_kube_watch *w, struct vc_arena *arena,
                        struct vc_kube_request *request, struct vc_err *err)
{
	if (*w->continue_at == '\0') {
		w->sync++;
		w->unheard = false;
		if (make_scans(w, err) < 0)
			return -(int)err->kind;
	}
	w->answer.scan = w->lists;
	w->answer.object = take_listed;
	vc_scan_restart(w->lists);
	request->path = list_path(w, arena, err);
	return 0;
}

static void prepare_watch(struct vc_kube_watch *w, struct vc_arena *arena,
                          struct vc_kube_request *request, struct vc_err *err)
{
	unsigned last_s = w->kube->options.watch_s;

	if (!last_s)
		last_s = WATCH_MIN_S + vc_kube_random(WATCH_MAX_S - WATCH_MIN_S);
	w->answer.scan = w->events;
	w->answer.object = take_event;
	vc_scan_restart(w->events);
	request->path = watch_path(w, arena, last_s, err);
	/* nothing may happen for as long as it lasts; keepalives see whether it is alive */
	request->deadlines.total_ms = last_s * MS_PER_S + WATCH_GRACE_MS;
	request->deadlines.idle_ms = request->deadlines.total_ms;
	w->stats.watches++;
}

static int begin(struct vc_kube_watch *w, struct vc_err *err)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_kube_request request = {
		.method = VC_HTTP_GET,
		.path = VC_KUBE_DISCOVERY,
		.deadlines = w->kube->options.deadlines,
		.body = on_body,
		.done = on_done,
		.arg = w,
	};

	w->began = vc_now_ms();
	w->heard = w->has_stream_error = false;
	w->text.len = 0;
	w->answer.scan = NULL;
	if (w->phase == LIST && prepare_list(w, &arena, &request, err) < 0)
		return -(int)err->kind;
	if (w->phase == WATCH)
		prepare_watch(w, &arena, &request, err);
	if (!request.path)
		return err->kind != VC_ERR_NONE ? -(int)err->kind : vc_fail_oom(err);
	return vc_kube_start(w->kube, w->kube->streams, &request, &w->exchange, err);
}

static void step(struct vc_kube_watch *w)
{
	struct vc_err err = VC_ERR_INIT;

	w->due = VC_KUBE_NEVER;
	if (begin(w, &err) < 0)
		fail(w, VC_KUBE_OK, 0, &err);
}

/* The interface */

static void free_watch(struct vc_kube_watch *w)
{
	vc_scan_free(w->lists);
	vc_scan_free(w->events);
	vc_buf_release(&w->text);
	vc_arena_release(&w->arena);
	free(w);
}

static void free_watchp(struct vc_kube_watch **w)
{
	if (*w)
		free_watch(*w);
}

static int copy_query(struct vc_kube_watch *w, const struct vc_kube_query *query,
                      struct vc_err *err)
{
	w->query.resource = query->resource;
	if (query->namespace)
		w->query.namespace = vc_arena_strdup(&w->arena, query->namespace);
	if (query->field_selector)
		w->query.field_selector =
			vc_arena_strdup(&w->arena, query->field_selector);
	if (query->label_selector)
		w->query.label_selector =
			vc_arena_strdup(&w->arena, query->label_selector);
	if (!query->namespace != !w->query.namespace ||
	    !query->field_selector != !w->query.field_selector ||
	    !query->label_selector != !w->query.label_selector)
		return vc_fail_oom(err);
	return 0;
}

/**
 * vc_kube_watch_start() - Watch objects; the first request is made by vc_kube_work()
 * @kube:	client
 * @query:	which; copied
 * @watcher:	who is told
 * @ret_watch:	watch; belongs to the client, which ends it when it is closed
 * @err:	why not
 *
 * Return: 0, -VC_ERR_INPUT (not the name of a namespace) or -VC_ERR_INTERNAL
 */
int vc_kube_watch_start(struct vc_kube *kube, const struct vc_kube_query *query,
                        const struct vc_kube_watcher *watcher,
                        struct vc_kube_watch **ret_watch, struct vc_err *err)
{
	VC_CLEANUP(free_watchp) struct vc_kube_watch *w = calloc(1, sizeof(*w));
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;

	if (!w)
		return vc_fail_oom(err);
	w->arena.max_bytes = VC_ARENA_MAX_BYTES;
	w->text.max_len = VC_KUBE_STATUS_BYTES;
	w->kube = kube;
	w->watcher = *watcher;
	w->answer.arg = w;
	w->answer.text = &w->text;
	if (copy_query(w, query, err) < 0 || !vc_kube_list_path(kube, &arena, query, err))
		return -(int)err->kind;
	go_on(w, query->resource->version || *kube->dra_version ? LIST : DISCOVER);
	w->next = kube->watches;
	kube->watches = w;
	set_timer(kube);
	*ret_watch = vc_steal(&w);
	return 0;
}

static void take_out(struct vc_kube_watch *w)
{
	struct vc_kube_watch **link = &w->kube->watches;

	while (*link != w)
		link = &(*link)->next;
	*link = w->next;
	free_watch(w);
}

/**
 * vc_kube_watch_stop() - End a watch; nothing more is told
 * @watch:	watch, or NULL; may be stopped by its own callbacks
 */
void vc_kube_watch_stop(struct vc_kube_watch *watch)
{
	struct vc_kube *kube;

	if (!watch || watch->stopped)
		return;
	kube = watch->kube;
	watch->stopped = true;
	watch->due = VC_KUBE_NEVER;
	if (kube->working)
		return; /* vc_kube_work() frees it */
	if (watch->exchange)
		kube->module->cancel(watch->exchange);
	take_out(watch);
}

/**
 * vc_kube_watch_stats() - How it went so far
 * @watch:	watch
 *
 * Return: counts
 */
struct vc_kube_watch_stats vc_kube_watch_stats(const struct vc_kube_watch *watch)
{
	return watch->stats;
}

static void free_stopped(struct vc_kube *kube)
{
	struct vc_kube_watch *w = kube->watches;

	while (w) {
		struct vc_kube_watch *next = w->next;

		if (w->stopped && w->exchange)
			kube->module->cancel(w->exchange);
		if (w->stopped)
			take_out(w);
		w = next;
	}
}

/**
 * vc_kube_fd() - What to poll for reading
 * @kube:	client
 *
 * Return: descriptor; belongs to the client
 */
int vc_kube_fd(const struct vc_kube *kube)
{
	return kube->epoll;
}

/**
 * vc_kube_work() - Do what the watches have to do, without waiting
 * @kube:	client; not from a callback
 */
void vc_kube_work(struct vc_kube *kube)
{
	struct vc_kube_watch *w;
	int64_t now;

	if (kube->working)
		return;
	kube->working = true;
	kube->module->work(kube->streams);
	now = vc_now_ms();
	for (w = kube->watches; w; w = w->next)
		if (!w->stopped && w->due <= now)
			step(w);
	kube->working = false;
	free_stopped(kube);
	set_timer(kube);
}

/**
 * vc_kube_wait() - Wait until there is something to do, and do it
 * @kube:	client
 * @timeout_ms:	longest wait; -1 for ever
 * @err:	why not
 *
 * Return: 0, also when the time is over or a signal came, or -VC_ERR_SYSTEM
 */
int vc_kube_wait(struct vc_kube *kube, int timeout_ms, struct vc_err *err)
{
	struct pollfd pollfd = { .fd = kube->epoll, .events = POLLIN };

	if (poll(&pollfd, 1, timeout_ms) < 0 && errno != EINTR)
		return vc_fail_sys(err, errno, "cannot wait for the API server");
	vc_kube_work(kube);
	return 0;
}
