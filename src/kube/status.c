/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kube/status.h"

#include <stdio.h>
#include <string.h>

#include "claim/tree.h"

#define RETRY_MAX_S   86400
#define EXCERPT_CHARS 200

static const struct {
	const char *text;
	enum vc_kube_reason reason;
} reasons[] = {
	{ "Unauthorized", VC_KUBE_UNAUTHORIZED },
	{ "Forbidden", VC_KUBE_FORBIDDEN },
	{ "NotFound", VC_KUBE_NOT_FOUND },
	{ "AlreadyExists", VC_KUBE_ALREADY_EXISTS },
	{ "Conflict", VC_KUBE_CONFLICT },
	{ "Gone", VC_KUBE_GONE },
	{ "Expired", VC_KUBE_GONE },
	{ "Invalid", VC_KUBE_INVALID },
	{ "BadRequest", VC_KUBE_BAD_REQUEST },
	{ "TooManyRequests", VC_KUBE_BUSY },
	{ "ServerTimeout", VC_KUBE_BUSY },
	{ "Timeout", VC_KUBE_BUSY },
	{ "ServiceUnavailable", VC_KUBE_BUSY },
	{ "InternalError", VC_KUBE_FAILED },
};

static const struct {
	int code;
	enum vc_kube_reason reason;
} codes[] = {
	{ 400, VC_KUBE_BAD_REQUEST }, { 401, VC_KUBE_UNAUTHORIZED },
	{ 403, VC_KUBE_FORBIDDEN },   { 404, VC_KUBE_NOT_FOUND },
	{ 409, VC_KUBE_CONFLICT },    { 410, VC_KUBE_GONE },
	{ 422, VC_KUBE_INVALID },     { 429, VC_KUBE_BUSY },
	{ 503, VC_KUBE_BUSY },        { 504, VC_KUBE_BUSY },
};

/* The text decides; the code when there is no text, or one that we do not know. */
static enum vc_kube_reason find_reason(const char *text, int code)
{
	for (size_t i = 0; i < VC_ARRAY_SIZE(reasons); i++)
		if (strcmp(reasons[i].text, text) == 0)
			return reasons[i].reason;
	for (size_t i = 0; i < VC_ARRAY_SIZE(codes); i++)
		if (codes[i].code == code)
			return codes[i].reason;
	return code >= 500 ? VC_KUBE_FAILED : VC_KUBE_OTHER;
}

/* A member that is a string, in the arena; "" when it is not there. */
static const char *text_of(struct vc_arena *arena, const struct vc_node *node,
                           const char *key)
{
	struct vc_node member;
	const char *text =
		vc_node_member(node, key, &member) ? vc_node_text(&member) : NULL;

	return text ? vc_arena_strdup(arena, text) : "";
}

static int read_causes(struct vc_arena *arena, const struct vc_node *details,
                       struct vc_kube_status *status, struct vc_err *err)
{
	struct vc_node causes;
	int64_t retry = 0;

	if (vc_node_int(details, "retryAfterSeconds", VC_OPTIONAL, &retry, err) == 0 &&
	    retry > 0)
		status->retry_after_s =
			(unsigned)(retry < RETRY_MAX_S ? retry : RETRY_MAX_S);
	if (!vc_node_member(details, "causes", &causes) ||
	    vc_node_type(&causes) != VC_NODE_ARRAY)
		return 0;
	for (size_t i = 0; i < vc_node_count(&causes) && i < VC_KUBE_CAUSES_MAX; i++) {
		struct vc_node element = vc_node_element(&causes, i);
		struct vc_kube_cause *cause = &status->causes[i];

		cause->reason = text_of(arena, &element, "reason");
		cause->field = text_of(arena, &element, "field");
		cause->message = text_of(arena, &element, "message");
		if (!cause->reason || !cause->field || !cause->message)
			return vc_fail_oom(err);
		status->n_causes = i + 1;
	}
	return 0;
}

static int read_status(struct vc_arena *arena, const struct vc_node *root,
                       struct vc_kube_status *status, struct vc_err *err)
{
	struct vc_node details;
	int64_t code = 0;

	if (status->code == 0 || status->code == 200) { /* an event of a watch */
		if (vc_node_int(root, "code", VC_OPTIONAL, &code, err) < 0)
			return -(int)err->kind;
		status->code = code > 0 && code < 1000 ? (int)code : 500;
	}
	status->reason_text = text_of(arena, root, "reason");
	status->message = text_of(arena, root, "message");
	if (!status->reason_text || !status->message)
		return vc_fail_oom(err);
	return vc_node_member(root, "details", &details)
	               ? read_causes(arena, &details, status, err)
	               : 0;
}

/* No Status: the beginning of what it is instead, in case a person understands it. */
static int read_excerpt(struct vc_arena *arena, const char *text, size_t len,
                        struct vc_kube_status *status, struct vc_err *err)
{
	size_t n = len < EXCERPT_CHARS ? len : EXCERPT_CHARS;

	status->message = vc_arena_strndup(arena, text, strnlen(text, n));
	return status->message ? 0 : vc_fail_oom(err);
}

/**
 * vc_kube_status_read() - Read the body of an answer that is no success
 * @arena:	holds the texts
 * @head:	of the answer
 * @text:	body, or the object of an ERROR event; need not be a Status
 * @len:	its length
 * @ret_status:	what it says
 * @err:	why not
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_kube_status_read(struct vc_arena *arena, const struct vc_http_head *head,
                        const char *text, size_t len, struct vc_kube_status *ret_status,
                        struct vc_err *err)
{
	struct vc_kube_status status = {
		.code = head->status,
		.retry_after_s = head->retry_after_s,
		.reason_text = "",
		.message = "",
	};
	VC_AUTO_TREE struct vc_tree *tree = NULL;
	struct vc_err ignored = VC_ERR_INIT;
	struct vc_node root;
	int r;

	if (len > 0 && text[0] == '{' &&
	    vc_tree_parse(text, len, "answer", &tree, &ignored) == 0) {
		root = vc_tree_root(tree, 0);
		r = read_status(arena, &root, &status, &ignored);
		if (r == -VC_ERR_INTERNAL)
			return vc_fail_oom(err);
	} else if (read_excerpt(arena, text, len, &status, err) < 0) {
		return -(int)err->kind;
	}
	status.reason = find_reason(status.reason_text, status.code);
	*ret_status = status;
	return 0;
}

/* What to do about it */
static const char *advice(const struct vc_kube_status *status)
{
	switch (status->reason) {
	case VC_KUBE_UNAUTHORIZED:
		return "; the token is wrong or has expired";
	case VC_KUBE_FORBIDDEN:
		return "; grant it with a (Cluster)Role and a binding to this account";
	case VC_KUBE_GONE:
		return "; read the list again";
	case VC_KUBE_INVALID:
		/* [observed] of Kubernetes 1.36: a Role is not looked at */
		return strstr(status->message, "requires resource=")
		               ? "; grant it with a ClusterRole and a ClusterRoleBinding, a "
		                 "Role is not enough"
		               : "";
	case VC_KUBE_OK:
	case VC_KUBE_NO_ANSWER:
	case VC_KUBE_NOT_FOUND:
	case VC_KUBE_ALREADY_EXISTS:
	case VC_KUBE_CONFLICT:
	case VC_KUBE_BAD_REQUEST:
	case VC_KUBE_BUSY:
	case VC_KUBE_FAILED:
	case VC_KUBE_OTHER:
		break;
	}
	return "";
}

/**
 * vc_kube_status_fail() - The error that a status is
 * @status:	no success
 * @err:	filled: code, reason, message, what to do
 *
 * Return: -VC_ERR_REMOTE
 */
int vc_kube_status_fail(const struct vc_kube_status *status, struct vc_err *err)
{
	return vc_fail(err, VC_ERR_REMOTE, "%d%s%s%s%.1200s%s", status->code,
	               *status->reason_text ? " " : "", status->reason_text,
	               *status->message ? ": " : "", status->message, advice(status));
}

/**
 * vc_kube_status_absent() - Whether an object does not exist
 * @status:	of a request for one
 *
 * Return: whether; not when it is the kind that the server does not know, and what is not
 * known does not say anything about its objects
 */
bool vc_kube_status_absent(const struct vc_kube_status *status)
{
	return status->reason == VC_KUBE_NOT_FOUND && *status->reason_text &&
	       !strstr(status->message, "could not find the requested resource");
}
