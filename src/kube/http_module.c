/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The only user of libcurl; loaded on demand, see http.h.
 *
 * libcurl tells which sockets and which time it waits for; both go into one epoll
 * descriptor, together with our own deadlines, so that a caller polls one descriptor.
 *
 * [CURL] libcurl-multi, CURLMOPT_SOCKETFUNCTION, CURLMOPT_TIMERFUNCTION: none of its
 * functions may be called from inside a callback of it. An exchange that is cancelled
 * there is a zombie until .work takes it away.
 */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <curl/curl.h>

#include "base/cleanup.h"
#include "base/now.h"
#include "kube/http.h"

#define MS_PER_S         1000L
#define NS_PER_MS        1000000L
#define EVENTS_AT_A_TIME 16
#define NEVER            INT64_MAX
#define RETRY_MAX_S      86400
#define LARGE_BLOCK      ((size_t)16 << 10)

/* A connection whose other end vanished is noticed within a minute. */
#define KEEPALIVE_S     20L
#define USER_TIMEOUT_MS 60000

struct vc_http_exchange {
	struct vc_http_exchange *next;
	struct vc_http *http;
	CURL *easy;
	struct curl_slist *headers, *connect_to;
	char *authorization; /* the one of .headers, for as long as it is needed */
	struct vc_secret key, certificate, ca;
	struct vc_http_deadlines deadlines;
	struct vc_http_head head;
	size_t n_header_bytes, n_bytes, max_bytes;
	int64_t answer_due, idle_due; /* NEVER when not awaited */
	bool connected, cancelled;
	struct vc_err err; /* of a callback, or of a deadline */
	char detail[CURL_ERROR_SIZE];
	int (*body)(void *arg, const struct vc_http_head *head, const char *bytes,
	            size_t len, struct vc_err *err);
	void (*done)(void *arg, const struct vc_http_result *result);
	void *arg;
};

struct vc_http {
	CURLM *multi;
	int epoll, timer;
	int64_t curl_due;
	bool inside; /* a callback */
	struct vc_http_exchange *exchanges;
};

/*
 * Memory. Requests have the token in them: what libcurl gives back is wiped. It keeps a
 * copy of the request in a large buffer for as long as an exchange lasts [CURL]
 * CURLOPT_UPLOAD_BUFFERSIZE: large blocks have pages of their own, which core dumps
 * leave out, also later.
 */
static void *allocate(size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t whole = (size + page - 1) / page * page;
	void *pages;

	if (size < LARGE_BLOCK)
		return malloc(size > 0 ? size : 1);
	pages = whole >= size ? aligned_alloc(page, whole) : NULL;
	if (pages)
		(void)madvise(pages, whole, MADV_DONTDUMP);
	return pages;
}

static void release(void *p)
{
	if (!p)
		return;
	explicit_bzero(p, malloc_usable_size(p));
	free(p);
}

static void *reallocate(void *p, size_t size)
{
	size_t old = p ? malloc_usable_size(p) : 0;
	void *grown = allocate(size);

	if (!grown)
		return NULL;
	if (old > 0)
		memcpy(grown, p, old < size ? old : size);
	release(p);
	return grown;
}

static void *allocate_zeroed(size_t n, size_t size)
{
	void *p = size > 0 && n > SIZE_MAX / size ? NULL : allocate(n * size);

	if (p)
		memset(p, 0, n * size);
	return p;
}

/* Once for the process: the module stays loaded. */
static bool start_curl(void)
{
	static bool started;

	if (!started)
		started = curl_global_init_mem(CURL_GLOBAL_DEFAULT, allocate, release,
		                               reallocate, strdup,
		                               allocate_zeroed) == CURLE_OK;
	return started;
}

/* Time */

static int64_t earliest_due(const struct vc_http *http)
{
	int64_t due = http->curl_due;

	for (const struct vc_http_exchange *x = http->exchanges; x; x = x->next) {
		due = x->answer_due < due ? x->answer_due : due;
		due = x->idle_due < due ? x->idle_due : due;
		due = x->cancelled ? 0 : due;
	}
	return due;
}

/* A time of zero would switch the timer off. */
static void set_timer(struct vc_http *http)
{
	int64_t due = earliest_due(http);
	struct itimerspec when = { 0 };

	if (due != NEVER) {
		due = due > 0 ? due : 1;
		when.it_value.tv_sec = due / MS_PER_S;
		when.it_value.tv_nsec = due % MS_PER_S * NS_PER_MS;
	}
	(void)timerfd_settime(http->timer, TFD_TIMER_ABSTIME, &when, NULL);
}

/* What libcurl waits for */

static int on_socket(CURL *easy VC_UNUSED, curl_socket_t fd, int what, void *arg,
                     void *unused VC_UNUSED)
{
	struct vc_http *http = arg;
	struct epoll_event event = { .data.fd = fd };

	if (what == CURL_POLL_REMOVE) {
		(void)epoll_ctl(http->epoll, EPOLL_CTL_DEL, fd, NULL);
		return 0;
	}
	event.events = (what & CURL_POLL_IN ? EPOLLIN : 0U) |
	               (what & CURL_POLL_OUT ? EPOLLOUT : 0U);
	if (epoll_ctl(http->epoll, EPOLL_CTL_MOD, fd, &event) < 0 && errno == ENOENT)
		return epoll_ctl(http->epoll, EPOLL_CTL_ADD, fd, &event);
	return 0;
}

static int on_timer(CURLM *multi VC_UNUSED, long timeout_ms, void *arg)
{
	struct vc_http *http = arg;

	http->curl_due = timeout_ms < 0 ? NEVER : vc_now_ms() + timeout_ms;
	return 0;
}

/* [TCP] TCP_USER_TIMEOUT: data, or a keepalive, that nobody acknowledged for that long */
static int on_new_socket(void *arg VC_UNUSED, curl_socket_t fd,
                         curlsocktype use VC_UNUSED)
{
	int timeout = USER_TIMEOUT_MS;

	(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	(void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout, sizeof(timeout));
	return CURL_SOCKOPT_OK;
}

/* What arrives */

static void forget_authorization(struct vc_http_exchange *x)
{
	if (x->authorization)
		explicit_bzero(x->authorization, strlen(x->authorization));
	x->authorization = NULL;
}

static size_t on_header(char *line VC_UNUSED, size_t one VC_UNUSED, size_t len, void *arg)
{
	struct vc_http_exchange *x = arg;
	int64_t now = vc_now_ms();

	if (x->cancelled)
		return 0;
	forget_authorization(x);
	x->answer_due = NEVER;
	x->idle_due = now + x->deadlines.idle_ms;
	x->n_header_bytes += len;
	if (x->n_header_bytes > VC_HTTP_MAX_HEADER_BYTES) {
		(void)vc_fail(&x->err, VC_ERR_REMOTE, "more than %zu bytes of headers",
		              VC_HTTP_MAX_HEADER_BYTES);
		return 0;
	}
	return len;
}

static void read_status(struct vc_http_exchange *x)
{
	long status = 0;
	curl_off_t retry_after = 0;

	(void)curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &status);
	(void)curl_easy_getinfo(x->easy, CURLINFO_RETRY_AFTER, &retry_after);
	x->head.status = (int)status;
	if (retry_after > 0)
		x->head.retry_after_s =
			(unsigned)(retry_after < RETRY_MAX_S ? retry_after : RETRY_MAX_S);
}

static size_t on_body(char *bytes, size_t one VC_UNUSED, size_t len, void *arg)
{
	struct vc_http_exchange *x = arg;
	int r;

	if (x->cancelled)
		return 0;
	x->idle_due = vc_now_ms() + x->deadlines.idle_ms;
	x->n_bytes += len;
	if (x->n_bytes > x->max_bytes) {
		(void)vc_fail(&x->err, VC_ERR_REMOTE, "an answer of more than %zu bytes",
		              x->max_bytes);
		return 0;
	}
	read_status(x);
	r = x->body(x->arg, &x->head, bytes, len, &x->err);
	return r < 0 || x->cancelled ? 0 : len;
}

/* Called about once a second, and whenever something happens */
static int on_progress(void *arg, curl_off_t total VC_UNUSED, curl_off_t now VC_UNUSED,
                       curl_off_t up_total VC_UNUSED, curl_off_t up VC_UNUSED)
{
	struct vc_http_exchange *x = arg;
	curl_off_t ready = 0;

	if (x->connected)
		return 0;
	(void)curl_easy_getinfo(x->easy, CURLINFO_PRETRANSFER_TIME_T, &ready);
	if (ready > 0) {
		x->connected = true;
		x->answer_due = vc_now_ms() + x->deadlines.answer_ms;
	}
	return 0;
}

/* Setting an exchange up */

static bool add_header(struct vc_http_exchange *x, const char *line)
{
	struct curl_slist *longer = curl_slist_append(x->headers, line);

	if (longer)
		x->headers = longer;
	return longer != NULL;
}

static bool add_headers(struct vc_http_exchange *x, const struct vc_http_request *request)
{
	const struct vc_secret *authorization = &request->peer->authorization;
	VC_AUTO_SECRET struct vc_secret line = VC_SECRET_INIT;
	char type[128];
	struct vc_err err = VC_ERR_INIT;

	(void)snprintf(type, sizeof(type), "Content-Type: %s",
	               request->content_type ? request->content_type : "");
	if (!add_header(x, "Accept: application/json") || !add_header(x, "Expect:") ||
	    (request->content_type && !add_header(x, type)))
		return false;
	if (!authorization->data)
		return true;
	if (vc_secret_set(&line, "Authorization: ", authorization->data,
	                  authorization->len, &err) < 0 ||
	    !add_header(x, line.data))
		return false;
	for (struct curl_slist *h = x->headers; h; h = h->next)
		x->authorization = h->data; /* the last one */
	return true;
}

static const char *method_name(enum vc_http_method method)
{
	static const char *const names[] = {
		[VC_HTTP_GET] = "GET",       [VC_HTTP_POST] = "POST",
		[VC_HTTP_PUT] = "PUT",       [VC_HTTP_PATCH] = "PATCH",
		[VC_HTTP_DELETE] = "DELETE",
	};

	return names[method];
}

/*
 * [CURL] a request on a connection that was used before is sent again on a new one when
 * nothing came back, whatever its method: the server may have done it already.
 */
static bool set_method(CURL *easy, enum vc_http_method method)
{
	return curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method_name(method)) ==
	               CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT,
	                        method == VC_HTTP_GET ? 0L : 1L) == CURLE_OK;
}

static bool set_request(CURL *easy, const struct vc_http_request *request)
{
	if (request->text &&
	    (curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
	                      (curl_off_t)request->len) != CURLE_OK ||
	     curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, request->text) != CURLE_OK))
		return false;
	return curl_easy_setopt(easy, CURLOPT_URL, request->url) == CURLE_OK &&
	       set_method(easy, request->method) &&
	       curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https,http") == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_USERAGENT, request->user_agent) ==
	               CURLE_OK &&
	       (!request->peer->proxy ||
	        curl_easy_setopt(easy, CURLOPT_PROXY, request->peer->proxy) == CURLE_OK);
}

/* A copy of our own that libcurl uses in place: it has to outlive the exchange. */
static bool set_blob(CURL *easy, CURLoption option, const struct vc_secret *from,
                     struct vc_secret *copy)
{
	struct vc_err err = VC_ERR_INIT;
	struct curl_blob blob = { .flags = CURL_BLOB_NOCOPY };

	if (!from->data)
		return true;
	if (vc_secret_set(copy, "", from->data, from->len, &err) < 0)
		return false;
	blob.data = copy->data;
	blob.len = copy->len;
	return curl_easy_setopt(easy, option, &blob) == CURLE_OK;
}

/*
 * The name in the certificate is that of the URL; when it is another one, the URL gets
 * that name, and the connection goes where the URL went before.
 */
static bool set_server_name(struct vc_http_exchange *x, const char *url, const char *name)
{
	char where[1024];
	CURLU *parts = curl_url();
	char *host = NULL, *port = NULL, *changed = NULL;
	bool ok = parts && curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK &&
	          curl_url_get(parts, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
	          curl_url_get(parts, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) ==
	                  CURLUE_OK &&
	          curl_url_set(parts, CURLUPART_HOST, name, 0) == CURLUE_OK &&
	          curl_url_get(parts, CURLUPART_URL, &changed, 0) == CURLUE_OK &&
	          snprintf(where, sizeof(where), "::%s:%s", host, port) <
	                  (int)sizeof(where);

	if (ok)
		x->connect_to = curl_slist_append(NULL, where);
	ok = ok && x->connect_to &&
	     curl_easy_setopt(x->easy, CURLOPT_CONNECT_TO, x->connect_to) == CURLE_OK &&
	     curl_easy_setopt(x->easy, CURLOPT_URL, changed) == CURLE_OK;
	curl_free(changed);
	curl_free(port);
	curl_free(host);
	curl_url_cleanup(parts);
	return ok;
}

static bool set_trust(struct vc_http_exchange *x, const struct vc_http_request *request)
{
	const struct vc_http_peer *peer = request->peer;
	CURL *easy = x->easy;

	if (!set_blob(easy, CURLOPT_CAINFO_BLOB, &peer->ca, &x->ca) ||
	    !set_blob(easy, CURLOPT_SSLCERT_BLOB, &peer->certificate, &x->certificate) ||
	    !set_blob(easy, CURLOPT_SSLKEY_BLOB, &peer->key, &x->key))
		return false;
	if (peer->server_name && !set_server_name(x, request->url, peer->server_name))
		return false;
	return curl_easy_setopt(easy, CURLOPT_SSLVERSION,
	                        (long)CURL_SSLVERSION_TLSv1_2) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, peer->insecure ? 0L : 1L) ==
	               CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, peer->insecure ? 0L : 2L) ==
	               CURLE_OK;
}

static bool set_times(CURL *easy, const struct vc_http_deadlines *deadlines)
{
	return curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
	                        (long)deadlines->connect_ms) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)deadlines->total_ms) ==
	               CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, KEEPALIVE_S) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_TCP_KEEPINTVL, KEEPALIVE_S) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, on_new_socket) == CURLE_OK;
}

static bool set_callbacks(struct vc_http_exchange *x)
{
	CURL *easy = x->easy;

	return curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
	                        (long)CURL_HTTP_VERSION_1_1) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, x->detail) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_PRIVATE, x) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_HTTPHEADER, x->headers) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_HEADERDATA, x) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_WRITEDATA, x) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, on_progress) ==
	               CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_XFERINFODATA, x) == CURLE_OK;
}

static void free_exchange(struct vc_http_exchange *x)
{
	if (!x)
		return;
	curl_easy_cleanup(x->easy);
	forget_authorization(x);
	curl_slist_free_all(x->headers);
	curl_slist_free_all(x->connect_to);
	vc_secret_release(&x->key);
	vc_secret_release(&x->certificate);
	vc_secret_release(&x->ca);
	free(x);
}

static void free_exchangep(struct vc_http_exchange **x)
{
	free_exchange(*x);
}

static int start(struct vc_http *http, const struct vc_http_request *request,
                 struct vc_http_exchange **ret_exchange, struct vc_err *err)
{
	VC_CLEANUP(free_exchangep) struct vc_http_exchange *x = calloc(1, sizeof(*x));

	if (!x)
		return vc_fail_oom(err);
	x->http = http;
	x->deadlines = request->deadlines;
	x->max_bytes = request->max_bytes;
	x->body = request->body;
	x->done = request->done;
	x->arg = request->arg;
	x->answer_due = x->idle_due = NEVER;
	x->easy = curl_easy_init();
	if (!x->easy || !set_request(x->easy, request) || !add_headers(x, request) ||
	    !set_trust(x, request) || !set_times(x->easy, &request->deadlines) ||
	    !set_callbacks(x) || curl_multi_add_handle(http->multi, x->easy) != CURLM_OK)
		return vc_fail(err, VC_ERR_INTERNAL,
		               "libcurl takes the request for '%s' not", request->url);
	x->next = http->exchanges;
	http->exchanges = x;
	set_timer(http);
	*ret_exchange = vc_steal(&x);
	return 0;
}

/* Ending */

static void detach(struct vc_http_exchange *x)
{
	struct vc_http_exchange **link = &x->http->exchanges;

	while (*link != x)
		link = &(*link)->next;
	*link = x->next;
	(void)curl_multi_remove_handle(x->http->multi, x->easy);
}

static void cancel(struct vc_http_exchange *x)
{
	struct vc_http *http = x->http;

	x->cancelled = true;
	if (http->inside)
		return;
	detach(x);
	free_exchange(x);
	set_timer(http);
}

static bool timed_out_connecting(struct vc_http_exchange *x)
{
	curl_off_t ready = 0;

	(void)curl_easy_getinfo(x->easy, CURLINFO_PRETRANSFER_TIME_T, &ready);
	return ready == 0;
}

/* libcurl's words for it, and ours where they say more */
static void explain(struct vc_http_exchange *x, CURLcode code)
{
	const char *text = x->detail[0] ? x->detail : curl_easy_strerror(code);

	if (code == CURLE_OPERATION_TIMEDOUT && timed_out_connecting(x))
		(void)vc_fail(&x->err, VC_ERR_REMOTE, "no connection within %u ms",
		              x->deadlines.connect_ms < x->deadlines.total_ms
		                      ? x->deadlines.connect_ms
		                      : x->deadlines.total_ms);
	else if (code == CURLE_OPERATION_TIMEDOUT)
		(void)vc_fail(&x->err, VC_ERR_REMOTE,
		              "the answer was not complete within %u ms",
		              x->deadlines.total_ms);
	else if (code == CURLE_PEER_FAILED_VERIFICATION)
		(void)vc_fail(&x->err, VC_ERR_REMOTE,
		              "the server is not the one that we trust: %s; check the "
		              "certificate authority and the name of the server",
		              text);
	else if (code == CURLE_SSL_CERTPROBLEM)
		(void)vc_fail(&x->err, VC_ERR_REMOTE,
		              "our certificate or its key cannot be used: %s", text);
	else if (code == CURLE_OUT_OF_MEMORY)
		(void)vc_fail_oom(&x->err);
	else
		(void)vc_fail(&x->err, VC_ERR_REMOTE, "%s", text);
}

/* Takes the exchange out, tells its owner, frees it. */
static void finish(struct vc_http_exchange *x, CURLcode code)
{
	struct vc_http_result result = { .err = &x->err, .head = &x->head };

	read_status(x);
	if (code != CURLE_OK && x->err.kind == VC_ERR_NONE)
		explain(x, code);
	detach(x);
	result.r = -(int)x->err.kind;
	if (!x->cancelled)
		x->done(x->arg, &result);
	free_exchange(x);
}

static void finish_completed(struct vc_http *http)
{
	int left = 0;
	CURLMsg *message = curl_multi_info_read(http->multi, &left);

	while (message) {
		struct vc_http_exchange *x = NULL;

		if (message->msg == CURLMSG_DONE &&
		    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &x) ==
		            CURLE_OK &&
		    x)
			finish(x, message->data.result);
		message = curl_multi_info_read(http->multi, &left);
	}
}

/* One whose time is over, or that was cancelled in a callback; NULL none */
static struct vc_http_exchange *find_overdue(struct vc_http *http)
{
	int64_t now = vc_now_ms();

	for (struct vc_http_exchange *x = http->exchanges; x; x = x->next)
		if (x->cancelled || x->answer_due <= now || x->idle_due <= now)
			return x;
	return NULL;
}

static void finish_overdue(struct vc_http *http)
{
	struct vc_http_exchange *x = find_overdue(http);

	for (; x; x = find_overdue(http)) {
		if (x->answer_due != NEVER)
			(void)vc_fail(&x->err, VC_ERR_REMOTE, "no answer within %u ms",
			              x->deadlines.answer_ms);
		else
			(void)vc_fail(&x->err, VC_ERR_REMOTE,
			              "the answer stopped for %u ms",
			              x->deadlines.idle_ms);
		finish(x, CURLE_OK);
	}
}

/* The handle */

static void let_curl_work(struct vc_http *http, curl_socket_t fd, uint32_t events)
{
	int what = 0, running = 0;

	if (events & EPOLLIN)
		what |= CURL_CSELECT_IN;
	if (events & EPOLLOUT)
		what |= CURL_CSELECT_OUT;
	if (events & (EPOLLERR | EPOLLHUP))
		what |= CURL_CSELECT_ERR;
	http->inside = true;
	(void)curl_multi_socket_action(http->multi, fd, what, &running);
	http->inside = false;
}

static void work(struct vc_http *http)
{
	struct epoll_event events[EVENTS_AT_A_TIME];
	int n = epoll_wait(http->epoll, events, EVENTS_AT_A_TIME, 0);
	uint64_t ticks;

	for (int i = 0; i < n; i++) {
		if (events[i].data.fd == http->timer)
			(void)!read(http->timer, &ticks, sizeof(ticks));
		else
			let_curl_work(http, events[i].data.fd, events[i].events);
	}
	if (http->curl_due <= vc_now_ms()) {
		http->curl_due = NEVER;
		let_curl_work(http, CURL_SOCKET_TIMEOUT, 0);
	}
	finish_completed(http);
	finish_overdue(http);
	set_timer(http);
}

static int get_fd(const struct vc_http *http)
{
	return http->epoll;
}

static void close_http(struct vc_http *http)
{
	if (!http)
		return;
	while (http->exchanges)
		cancel(http->exchanges);
	(void)curl_multi_cleanup(http->multi);
	vc_closep(&http->timer);
	vc_closep(&http->epoll);
	free(http);
}

static void close_httpp(struct vc_http **http)
{
	close_http(*http);
}

static bool set_handle(struct vc_http *http)
{
	return curl_multi_setopt(http->multi, CURLMOPT_SOCKETFUNCTION, on_socket) ==
	               CURLM_OK &&
	       curl_multi_setopt(http->multi, CURLMOPT_SOCKETDATA, http) == CURLM_OK &&
	       curl_multi_setopt(http->multi, CURLMOPT_TIMERFUNCTION, on_timer) ==
	               CURLM_OK &&
	       curl_multi_setopt(http->multi, CURLMOPT_TIMERDATA, http) == CURLM_OK;
}

static int open_http(struct vc_http **ret_http, struct vc_err *err)
{
	struct epoll_event event = { .events = EPOLLIN };
	VC_CLEANUP(close_httpp) struct vc_http *http = calloc(1, sizeof(*http));

	if (!http)
		return vc_fail_oom(err);
	http->curl_due = NEVER;
	http->epoll = epoll_create1(EPOLL_CLOEXEC);
	http->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (http->epoll < 0 || http->timer < 0)
		return vc_fail_sys(err, errno, "cannot make a descriptor to wait with");
	event.data.fd = http->timer;
	if (epoll_ctl(http->epoll, EPOLL_CTL_ADD, http->timer, &event) < 0)
		return vc_fail_sys(err, errno, "cannot wait for a timer");
	if (start_curl())
		http->multi = curl_multi_init();
	if (!http->multi || !set_handle(http))
		return vc_fail(err, VC_ERR_INTERNAL, "libcurl does not start");
	*ret_http = vc_steal(&http);
	return 0;
}

extern const struct vc_http_module vc_http_module;

__attribute__((visibility("default"))) const struct vc_http_module vc_http_module = {
	.version = VC_HTTP_MODULE_VERSION,
	.open = open_http,
	.close = close_http,
	.fd = get_fd,
	.start = start,
	.cancel = cancel,
	.work = work,
};
