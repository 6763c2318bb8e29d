/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * status.h - what an API server says when it says no.
 *
 * [K8S] meta/v1 Status: .reason is for programs, .message for people, .details.causes
 * name the fields of what is invalid.
 */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "kube/http.h"

enum vc_kube_reason {
	VC_KUBE_OK,
	VC_KUBE_NO_ANSWER,      /* no connection, cut off, too late */
	VC_KUBE_UNAUTHORIZED,   /* 401: who are you */
	VC_KUBE_FORBIDDEN,      /* 403: a rule of RBAC or admission is missing */
	VC_KUBE_NOT_FOUND,      /* 404 */
	VC_KUBE_ALREADY_EXISTS, /* 409 */
	VC_KUBE_CONFLICT,       /* 409: changed meanwhile, or another manager has it */
	VC_KUBE_GONE,           /* 410: that old a version is not known any more */
	VC_KUBE_INVALID,        /* 422 */
	VC_KUBE_BAD_REQUEST,    /* 400 */
	VC_KUBE_BUSY,           /* 429, 503 and the like: later */
	VC_KUBE_FAILED,         /* 500 and the like */
	VC_KUBE_OTHER,
};

#define VC_KUBE_CAUSES_MAX 32

/* One field that is invalid. */
struct vc_kube_cause {
	const char *reason, *field, *message; /* "" not said */
};

/**
 * struct vc_kube_status - how a request ended
 * @code:	HTTP status; 0 no answer
 * @reason:	what it means
 * @reason_text: as the server said it: "Conflict"; "" it did not
 * @message:	"" none
 * @causes:	what is invalid
 * @retry_after_s: when to ask again; 0 not said
 */
struct vc_kube_status {
	int code;
	enum vc_kube_reason reason;
	const char *reason_text, *message;
	struct vc_kube_cause causes[VC_KUBE_CAUSES_MAX];
	size_t n_causes;
	unsigned retry_after_s;
};

struct vc_node;

int vc_kube_status_read(struct vc_arena *arena, const struct vc_http_head *head,
                        const char *text, size_t len, struct vc_kube_status *ret_status,
                        struct vc_err *err) VC_MUST_CHECK;
bool vc_kube_status_absent(const struct vc_kube_status *status);
int vc_kube_status_fail(const struct vc_kube_status *status, struct vc_err *err);
