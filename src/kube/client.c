/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kube/client.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/timerfd.h>
#include <time.h>

#include "base/now.h"

#define MS_PER_S      1000
#define NS_PER_MS     1000000L

#define TRIES         4U
#define BUSY_PAUSE_MS 1000U /* when the server does not say how long */
#define STATUS_ARENA  ((size_t)4 << 20)

static const struct vc_kube_options usual = {
	.deadlines = { .connect_ms = 10000,
	               .answer_ms = 30000,
	               .idle_ms = 30000,
	               .total_ms = 60000 },
	.page = 500,
	.max_object = (size_t)4 << 20,
	.backoff_min_ms = 1000,
	.backoff_max_ms = 30000,
	.manager = "virt-claim",
};

static void take_usual(struct vc_kube_options *options)
{
	struct vc_http_deadlines *d = &options->deadlines;

	d->connect_ms = d->connect_ms ? d->connect_ms : usual.deadlines.connect_ms;
	d->answer_ms = d->answer_ms ? d->answer_ms : usual.deadlines.answer_ms;
	d->idle_ms = d->idle_ms ? d->idle_ms : usual.deadlines.idle_ms;
	d->total_ms = d->total_ms ? d->total_ms : usual.deadlines.total_ms;
	options->page = options->page ? options->page : usual.page;
	options->max_object =
		options->max_object ? options->max_object : usual.max_object;
	if (!options->backoff_min_ms)
		options->backoff_min_ms = usual.backoff_min_ms;
	if (!options->backoff_max_ms)
		options->backoff_max_ms = usual.backoff_max_ms;
	options->manager = options->manager ? options->manager : usual.manager;
}

/**
 * vc_kube_random() - So that not all nodes ask at the same moment
 * @below:	> 0
 *
 * Return: 0 to @below - 1
 */
unsigned vc_kube_random(unsigned below)
{
	unsigned value = 0;

	if (getrandom(&value, sizeof(value), GRND_NONBLOCK) < 0)
		value = (unsigned)vc_now_ms();
	return value % below;
}

static int open_handles(struct vc_kube *kube, struct vc_err *err)
{
	struct epoll_event event = { .events = EPOLLIN };

	kube->module = vc_http_load(&kube->arena, err);
	if (!kube->module || kube->module->open(&kube->calls, err) < 0 ||
	    kube->module->open(&kube->streams, err) < 0)
		return -(int)err->kind;
	kube->epoll = epoll_create1(EPOLL_CLOEXEC);
	kube->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (kube->epoll < 0 || kube->timer < 0 ||
	    epoll_ctl(kube->epoll, EPOLL_CTL_ADD, kube->timer, &event) < 0 ||
	    epoll_ctl(kube->epoll, EPOLL_CTL_ADD, kube->module->fd(kube->streams),
	              &event) < 0)
		return vc_fail_sys(err, errno, "cannot make a descriptor to wait with");
	return 0;
}

/**
 * vc_kube_open() - A client of an API server; nothing is asked yet
 * @config:	which; must outlive the client
 * @options:	options; .manager must outlive the client
 * @ret_kube:	client; the caller closes it
 * @err:	why not
 *
 * From here on the process leaves no core dumps, since they would have the token in them.
 *
 * Return: 0, -VC_ERR_SYSTEM (libcurl is not there) or -VC_ERR_INTERNAL
 */
int vc_kube_open(const struct vc_kube_config *config,
                 const struct vc_kube_options *options, struct vc_kube **ret_kube,
                 struct vc_err *err)
{
	VC_AUTO_KUBE struct vc_kube *kube = calloc(1, sizeof(*kube));

	if (!kube)
		return vc_fail_oom(err);
	kube->config = config;
	kube->options = *options;
	kube->epoll = kube->timer = -1;
	kube->arena.max_bytes = VC_ARENA_MAX_BYTES;
	kube->last_arena.max_bytes = STATUS_ARENA;
	kube->last.reason_text = kube->last.message = "";
	take_usual(&kube->options);
	vc_secret_no_dump();
	if (open_handles(kube, err) < 0)
		return -(int)err->kind;
	*ret_kube = vc_steal(&kube);
	return 0;
}

/**
 * vc_kube_close() - End all watches, close all connections
 * @kube:	client or NULL; not from a callback
 */
void vc_kube_close(struct vc_kube *kube)
{
	if (!kube)
		return;
	while (kube->watches)
		vc_kube_watch_stop(kube->watches);
	if (kube->module) {
		kube->module->close(kube->streams);
		kube->module->close(kube->calls);
	}
	vc_closep(&kube->epoll);
	vc_closep(&kube->timer);
	vc_arena_release(&kube->last_arena);
	vc_arena_release(&kube->arena);
	free(kube);
}

/**
 * vc_kube_last() - How the last call ended
 * @kube:	client
 *
 * Return: status; lives until the next call
 */
const struct vc_kube_status *vc_kube_last(const struct vc_kube *kube)
{
	return &kube->last;
}

/**
 * vc_kube_take() - Take a piece of a body
 * @answer:	gets it
 * @head:	of the answer
 * @bytes:	piece
 * @len:	its length
 * @err:	what is wrong
 *
 * Return: 0, -VC_ERR_REMOTE (too large, no JSON) or what the caller of the scan returned
 */
int vc_kube_take(struct vc_kube_answer *answer, const struct vc_http_head *head,
                 const char *bytes, size_t len, struct vc_err *err)
{
	struct vc_buf *text = answer->text;
	bool success = vc_kube_success(head);

	if (success && answer->scan)
		return vc_scan_feed(answer->scan, bytes, len, answer->object, answer->arg,
		                    err);
	/* the beginning of a long explanation is enough */
	if (!success && text->len + len > text->max_len)
		len = text->max_len - text->len;
	if (len > 0)
		vc_buf_add(text, bytes, len);
	return text->failed ? vc_fail(err, VC_ERR_REMOTE,
	                              "an answer of more than %zu bytes", text->max_len)
	                    : 0;
}

/**
 * vc_kube_start() - Begin a request
 * @kube:	client
 * @http:	its .calls or .streams
 * @request:	what
 * @ret_exchange: exchange
 * @err:	why not
 *
 * Return: 0 or what reading the credentials returned
 */
int vc_kube_start(struct vc_kube *kube, struct vc_http *http,
                  const struct vc_kube_request *request,
                  struct vc_http_exchange **ret_exchange, struct vc_err *err)
{
	VC_AUTO_PEER struct vc_http_peer peer = { 0 };
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_http_request http_request = {
		.method = request->method,
		.content_type = request->content_type,
		.text = request->text.data,
		.len = request->text.len,
		.user_agent = kube->options.manager,
		.peer = &peer,
		.deadlines = request->deadlines,
		.max_bytes = VC_KUBE_PAGE_BYTES,
		.body = request->body,
		.done = request->done,
		.arg = request->arg,
	};

	http_request.url =
		vc_arena_printf(&arena, "%s%s", kube->config->server, request->path);
	if (!http_request.url)
		return vc_fail_oom(err);
	if (vc_kube_config_peer(kube->config, &peer, err) < 0)
		return -(int)err->kind;
	return kube->module->start(http, &http_request, ret_exchange, err);
}

/* A request that is waited for */
struct wait {
	struct vc_kube_answer *answer;
	struct vc_http_head head;
	struct vc_err err;
	bool over;
};

static int wait_body(void *arg, const struct vc_http_head *head, const char *bytes,
                     size_t len, struct vc_err *err)
{
	struct wait *wait = arg;

	return vc_kube_take(wait->answer, head, bytes, len, err);
}

static void wait_done(void *arg, const struct vc_http_result *result)
{
	struct wait *wait = arg;

	wait->over = true;
	wait->head = *result->head;
	if (result->r < 0)
		wait->err = *result->err;
}

/* One try; the deadlines of the request see to it that it ends. */
static int ask_once(struct vc_kube *kube, const struct vc_kube_request *request,
                    struct wait *wait, struct vc_err *err)
{
	struct vc_kube_request now = *request;
	struct vc_http_exchange *exchange = NULL;
	struct pollfd pollfd = { .fd = kube->module->fd(kube->calls), .events = POLLIN };

	now.body = wait_body;
	now.done = wait_done;
	now.arg = wait;
	if (vc_kube_start(kube, kube->calls, &now, &exchange, err) < 0)
		return -(int)err->kind;
	while (!wait->over) {
		if (poll(&pollfd, 1, -1) < 0 && errno != EINTR) {
			kube->module->cancel(exchange);
			return vc_fail_sys(err, errno, "cannot wait for an answer");
		}
		kube->module->work(kube->calls);
	}
	if (wait->err.kind == VC_ERR_NONE)
		return 0;
	*err = wait->err;
	return -(int)err->kind;
}

/* Whether asking again may help, and after how many milliseconds. */
static bool again(const struct vc_kube *kube, const struct vc_kube_request *request,
                  unsigned n_tries, unsigned *ret_pause_ms)
{
	const struct vc_kube_status *last = &kube->last;

	*ret_pause_ms = 0;
	if (last->reason == VC_KUBE_UNAUTHORIZED)
		return n_tries == 1 && kube->config->token_file; /* a new one, perhaps */
	if (last->code != 429 &&
	    (last->reason != VC_KUBE_BUSY || request->method != VC_HTTP_GET))
		return false;
	*ret_pause_ms = last->retry_after_s
	                        ? last->retry_after_s * MS_PER_S
	                        : BUSY_PAUSE_MS + vc_kube_random(BUSY_PAUSE_MS);
	return n_tries < TRIES;
}

static void sleep_ms(unsigned ms)
{
	struct timespec left = { .tv_sec = ms / MS_PER_S,
		                 .tv_nsec = (long)(ms % MS_PER_S) * NS_PER_MS };

	while (nanosleep(&left, &left) < 0 && errno == EINTR)
		;
}

/* How it ended, for vc_kube_last() */
static int note_last(struct vc_kube *kube, const struct wait *wait, struct vc_err *err)
{
	const struct vc_buf *text = wait->answer->text;

	vc_arena_release(&kube->last_arena);
	kube->last = (struct vc_kube_status){ .reason = VC_KUBE_NO_ANSWER,
		                              .reason_text = "",
		                              .message = "" };
	if (wait->err.kind != VC_ERR_NONE)
		return 0;
	kube->last.code = wait->head.status;
	kube->last.reason = VC_KUBE_OK;
	if (vc_kube_success(&wait->head))
		return 0;
	return vc_kube_status_read(&kube->last_arena, &wait->head,
	                           text->data ? text->data : "", text->len, &kube->last,
	                           err);
}

/**
 * vc_kube_call() - Ask, and wait for the answer
 * @kube:	client
 * @request:	what
 * @answer:	gets the body
 * @err:	"URL: what is wrong", without the query
 *
 * A server that is busy is asked again when it says so, within the time of a request; 401
 * once, since a token may have been replaced meanwhile. What may have been done already
 * is not asked for twice.
 *
 * Return: 0 (a success of HTTP), -VC_ERR_REMOTE, or what reading the credentials or the
 * caller of a scan returned
 */
int vc_kube_call(struct vc_kube *kube, const struct vc_kube_request *request,
                 struct vc_kube_answer *answer, struct vc_err *err)
{
	int64_t end = vc_now_ms() + request->deadlines.total_ms;
	unsigned pause_ms = 0;
	int r;

	for (unsigned n = 1;; n++) {
		struct wait wait = { .answer = answer };

		answer->text->len = 0;
		r = ask_once(kube, request, &wait, err);
		if (note_last(kube, &wait, err) < 0)
			return -(int)err->kind;
		if (r < 0 || kube->last.reason == VC_KUBE_OK)
			break;
		r = vc_kube_status_fail(&kube->last, err);
		if (!again(kube, request, n, &pause_ms) || vc_now_ms() + pause_ms >= end)
			break;
		sleep_ms(pause_ms);
	}
	return r < 0 ? vc_err_context(err, "%s%.*s", kube->config->server,
	                              (int)strcspn(request->path, "?"), request->path)
	             : 0;
}
