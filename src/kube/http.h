/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * http.h - HTTP requests with limits and deadlines on everything, many at a time.
 *
 * What uses libcurl is a module that is loaded on demand, so that no program links it:
 * http_module.c. It has one thread and no loop: .fd is readable when there is something
 * to do, deadlines included, and .work does it. Callbacks run inside .work, and only
 * there.
 *
 * Redirections are not followed, nothing is retried, answers are not compressed. A proxy
 * is that of the request, else that of https_proxy, no_proxy and so on.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "kube/secret.h"

#define VC_HTTP_MODULE_FILE   "virt-claim-curl.so"
#define VC_HTTP_MODULE_SYMBOL "vc_http_module"

/* Changes whenever a struct of this file does. */
#define VC_HTTP_MODULE_VERSION   1U

#define VC_HTTP_MAX_HEADER_BYTES ((size_t)64 << 10)

struct vc_http;
struct vc_http_exchange;

enum vc_http_method {
	VC_HTTP_GET,
	VC_HTTP_POST,
	VC_HTTP_PUT,
	VC_HTTP_PATCH,
	VC_HTTP_DELETE,
};

/**
 * struct vc_http_peer - whom we talk to, whom we trust, who we are
 * @ca:		certificates in PEM; none: those of the system
 * @certificate, @key: our own, in PEM; none: we have none
 * @authorization: "Bearer ..." or "Basic ..."; none: it is not sent
 * @server_name: what the certificate has to say; NULL the host of the URL
 * @proxy:	URL; NULL that of the environment
 * @insecure:	believe any certificate
 */
struct vc_http_peer {
	struct vc_secret ca, certificate, key, authorization;
	const char *server_name;
	const char *proxy;
	bool insecure;
};

/* Milliseconds, all of them > 0: until there is a connection, from then to the first
 * byte of an answer, between two bytes of it, and altogether. */
struct vc_http_deadlines {
	unsigned connect_ms, answer_ms, idle_ms, total_ms;
};

/**
 * struct vc_http_head - what is known of an answer before its body
 * @status:	HTTP status; 0 there is no answer
 * @retry_after_s: when to ask again; 0 it does not say
 */
struct vc_http_head {
	int status;
	unsigned retry_after_s;
};

/* How it ended: .r is 0 when the whole answer came, whatever its status. */
struct vc_http_result {
	int r;
	const struct vc_err *err; /* when r < 0 */
	const struct vc_http_head *head;
};

/**
 * struct vc_http_request - what to ask; nothing of it is kept but @done, @body, @arg
 * @url:	https://, or http://
 * @content_type: of @text; NULL when there is none
 * @text:	what to send; NULL nothing
 * @len:	its length
 * @user_agent:	who asks
 * @max_bytes:	most bytes of a body
 * @body:	called with each piece of the body; its error ends the exchange
 * @done:	called once; the exchange is gone when it returns
 */
struct vc_http_request {
	enum vc_http_method method;
	const char *url;
	const char *content_type;
	const char *text;
	size_t len;
	const char *user_agent;
	const struct vc_http_peer *peer;
	struct vc_http_deadlines deadlines;
	size_t max_bytes;
	int (*body)(void *arg, const struct vc_http_head *head, const char *bytes,
	            size_t len, struct vc_err *err);
	void (*done)(void *arg, const struct vc_http_result *result);
	void *arg;
};

/**
 * struct vc_http_module - what the module offers
 * @version:	VC_HTTP_MODULE_VERSION
 * @open:	connections of one user; 0, -VC_ERR_SYSTEM or -VC_ERR_INTERNAL
 * @close:	ends all exchanges without a call of .done; not from a callback. NULL is fine
 * @fd:		to be polled for reading; belongs to the handle
 * @start:	begins an exchange; on failure .done is not called. 0 or -VC_ERR_INTERNAL
 * @cancel:	ends an exchange without a call of .done; may be called from callbacks
 * @work:	does what there is to do, without waiting
 */
struct vc_http_module {
	unsigned version;
	int (*open)(struct vc_http **ret_http, struct vc_err *err);
	void (*close)(struct vc_http *http);
	int (*fd)(const struct vc_http *http);
	int (*start)(struct vc_http *http, const struct vc_http_request *request,
	             struct vc_http_exchange **ret_exchange, struct vc_err *err);
	void (*cancel)(struct vc_http_exchange *exchange);
	void (*work)(struct vc_http *http);
};

/* NULL on failure. */
const struct vc_http_module *vc_http_load(struct vc_arena *arena, struct vc_err *err);
