/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * api.h - what can be asked of an API server.
 *
 * One thread uses a client. Calls of this file wait for their answer, at most for
 * .total_ms; watches (watch.h) do not. A call may be made inside a callback of a watch.
 *
 * Every failure is -VC_ERR_REMOTE when the server, or the way there, said no; then
 * vc_kube_last() tells a program why. Credentials are read anew for each request, and
 * occur in no message.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "kube/config.h"
#include "kube/resource.h"
#include "kube/status.h"

struct vc_kube;
struct vc_tree;

/**
 * struct vc_kube_options - all zero: what is usual
 * @deadlines:	of one request: 10 s to connect, 30 s for the first byte, 30 s between
 *		bytes, 60 s altogether
 * @watch_s:	how long a watch lasts before it is begun again; 300 to 600 at random
 * @page:	objects in a page of a list: 500
 * @max_object:	largest object that is read: 4 MiB
 * @backoff_min_ms, @backoff_max_ms: between two tries: 1 s, 30 s
 * @manager:	who we are to server-side apply and in logs: "virt-claim"
 */
struct vc_kube_options {
	struct vc_http_deadlines deadlines;
	unsigned watch_s;
	unsigned page;
	size_t max_object;
	unsigned backoff_min_ms, backoff_max_ms;
	const char *manager;
};

int vc_kube_open(const struct vc_kube_config *config,
                 const struct vc_kube_options *options, struct vc_kube **ret_kube,
                 struct vc_err *err) VC_MUST_CHECK;
void vc_kube_close(struct vc_kube *kube);
const struct vc_kube_status *vc_kube_last(const struct vc_kube *kube);

static inline void vc_kube_closep(struct vc_kube **kube)
{
	vc_kube_close(*kube);
}
#define VC_AUTO_KUBE VC_CLEANUP(vc_kube_closep)

/* Reading */

/* "v1.36.2" */
struct vc_kube_version {
	unsigned major, minor;
	char text[64];
};

int vc_kube_version(struct vc_kube *kube, struct vc_kube_version *ret_version,
                    struct vc_err *err) VC_MUST_CHECK;
int vc_kube_discover(struct vc_kube *kube, const char **ret_version, struct vc_err *err)
	VC_MUST_CHECK;

/* JSON: what to send, or what was answered (in an arena, NUL-terminated). */
struct vc_kube_text {
	const char *data;
	size_t len;
};

int vc_kube_get(struct vc_kube *kube, struct vc_arena *arena,
                const struct vc_kube_target *target, struct vc_kube_text *ret_object,
                struct vc_err *err) VC_MUST_CHECK;

/**
 * struct vc_kube_object - an object of a list or a watch; lives until the callback returns
 * @text:	JSON with kind and apiVersion
 * @tree:	the same, for readers; NULL it cannot be read, and .problem says why
 * @problem:	NULL none
 * @namespace, @name, @uid, @resource_version: "" none; also of one with a problem
 */
struct vc_kube_object {
	struct vc_kube_text text;
	const struct vc_tree *tree;
	const char *problem;
	const char *namespace, *name, *uid, *resource_version;
};

/**
 * struct vc_kube_query - which objects
 * @namespace:	NULL all of them
 * @field_selector: "spec.nodeName=n1"; NULL none
 * @label_selector: NULL none
 */
struct vc_kube_query {
	const struct vc_kube_resource *resource;
	const char *namespace;
	const char *field_selector, *label_selector;
};

/**
 * struct vc_kube_list_sink - what to do with a list
 * @begin:	a list begins, perhaps not for the first time: what came is to be
 *		forgotten. NULL nothing to do
 * @object:	called with each object; its error ends the list
 */
struct vc_kube_list_sink {
	void (*begin)(void *arg);
	int (*object)(void *arg, const struct vc_kube_object *object, struct vc_err *err);
	void *arg;
};

int vc_kube_list(struct vc_kube *kube, const struct vc_kube_query *query,
                 const struct vc_kube_list_sink *sink, struct vc_err *err) VC_MUST_CHECK;

/* Writing; @ret_object is the object as it is afterwards, NULL when it does not matter. */

enum vc_kube_patch {
	VC_KUBE_PATCH_JSON, /* [RFC 6902], with a test of uid or resourceVersion */
	VC_KUBE_PATCH_MERGE, /* [RFC 7386], with metadata.resourceVersion; never for lists */
};

/**
 * struct vc_kube_write - what to write
 * @kube:	client
 * @arena:	for the answer
 * @text:	object or patch, JSON
 * @dry_run:	only ask whether it would be accepted
 */
struct vc_kube_write {
	struct vc_kube *kube;
	struct vc_arena *arena;
	struct vc_kube_text text;
	bool dry_run;
};

int vc_kube_create(const struct vc_kube_write *write, const struct vc_kube_target *target,
                   struct vc_kube_text *ret_object, struct vc_err *err) VC_MUST_CHECK;
int vc_kube_replace(const struct vc_kube_write *write,
                    const struct vc_kube_target *target, struct vc_kube_text *ret_object,
                    struct vc_err *err) VC_MUST_CHECK;
int vc_kube_apply(const struct vc_kube_write *write, const struct vc_kube_target *target,
                  struct vc_kube_text *ret_object, struct vc_err *err) VC_MUST_CHECK;
int vc_kube_patch(const struct vc_kube_write *write, const struct vc_kube_target *target,
                  enum vc_kube_patch type, struct vc_kube_text *ret_object,
                  struct vc_err *err) VC_MUST_CHECK;

/* What the object has to be when it is deleted; NULL whatever it is. */
struct vc_kube_precondition {
	const char *uid, *resource_version;
};

int vc_kube_delete(struct vc_kube *kube, const struct vc_kube_target *target,
                   const struct vc_kube_precondition *precondition, struct vc_err *err)
	VC_MUST_CHECK;
