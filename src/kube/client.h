/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * client.h - what the files of this layer share: the client, one request, one answer.
 */
#pragma once

#include <stdint.h>

#include "base/buf.h"
#include "kube/api.h"
#include "kube/scan.h"
#include "kube/watch.h"

#define VC_KUBE_NEVER INT64_MAX

/* Of an answer that is no success; longer ones are cut off */
#define VC_KUBE_STATUS_BYTES ((size_t)256 << 10)

/* Of a page of a list; it is not kept */
#define VC_KUBE_PAGE_BYTES ((size_t)1 << 30)

struct vc_kube {
	const struct vc_kube_config *config;
	struct vc_kube_options options;
	struct vc_arena arena;
	const struct vc_http_module *module;
	struct vc_http *calls;   /* of those who wait */
	struct vc_http *streams; /* of the watches */
	int epoll, timer;
	char dra_version[16]; /* "" not known yet */
	struct vc_arena last_arena;
	struct vc_kube_status last;
	struct vc_kube_watch *watches;
	bool working;
};

/**
 * struct vc_kube_answer - takes the body of an answer
 * @scan:	gets that of a success; NULL: it goes into @text too
 * @object, @arg: called by @scan
 * @text:	what did not go to @scan
 */
struct vc_kube_answer {
	struct vc_scan *scan;
	vc_scan_fn *object;
	void *arg;
	struct vc_buf *text;
};

/**
 * struct vc_kube_request - one request
 * @path:	with its query
 * @body, @done, @arg: as in struct vc_http_request; not for vc_kube_call()
 */
struct vc_kube_request {
	enum vc_http_method method;
	const char *path;
	const char *content_type;
	struct vc_kube_text text;
	struct vc_http_deadlines deadlines;
	int (*body)(void *arg, const struct vc_http_head *head, const char *bytes,
	            size_t len, struct vc_err *err);
	void (*done)(void *arg, const struct vc_http_result *result);
	void *arg;
};

static inline bool vc_kube_success(const struct vc_http_head *head)
{
	return head->status >= 200 && head->status < 300;
}

int vc_kube_take(struct vc_kube_answer *answer, const struct vc_http_head *head,
                 const char *bytes, size_t len, struct vc_err *err) VC_MUST_CHECK;
unsigned vc_kube_random(unsigned below);
int vc_kube_start(struct vc_kube *kube, struct vc_http *http,
                  const struct vc_kube_request *request,
                  struct vc_http_exchange **ret_exchange, struct vc_err *err)
	VC_MUST_CHECK;
int vc_kube_call(struct vc_kube *kube, const struct vc_kube_request *request,
                 struct vc_kube_answer *answer, struct vc_err *err) VC_MUST_CHECK;

int vc_kube_version_of(struct vc_kube *kube, const struct vc_kube_resource *resource,
                       const char **ret_version, struct vc_err *err) VC_MUST_CHECK;
int vc_kube_read_versions(struct vc_kube *kube, const char *text, size_t len,
                          struct vc_err *err) VC_MUST_CHECK;
char *vc_kube_list_path(struct vc_kube *kube, struct vc_arena *arena,
                        const struct vc_kube_query *query, struct vc_err *err)
	VC_MUST_CHECK;

/* An object of a scan with its tree; what to free is in @tree. */
void vc_kube_object_read(const struct vc_scan_object *from, struct vc_tree **tree,
                         struct vc_err *problem, struct vc_kube_object *ret_object);

#define VC_KUBE_DISCOVERY "/apis/resource.k8s.io"
