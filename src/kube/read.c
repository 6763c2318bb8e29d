/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/parse.h"
#include "claim/tree.h"
#include "kube/client.h"

/* An expired list is begun again so often, and then asked for in one piece. */
#define RESTARTS_MAX 3U

/* [DRA] versions that are read, the best first */
static const char *const dra_versions[] = { "v1", "v1beta2", "v1beta1" };

/* A small answer as a whole */
static int get(struct vc_kube *kube, const char *path, struct vc_buf *text,
               struct vc_err *err)
{
	struct vc_kube_answer answer = { .text = text };
	const struct vc_kube_request request = {
		.method = VC_HTTP_GET,
		.path = path,
		.deadlines = kube->options.deadlines,
	};

	return vc_kube_call(kube, &request, &answer, err);
}

/* Version */

static bool parse_version(const char *text, struct vc_kube_version *version)
{
	uint64_t major = 0, minor = 0;

	if (!vc_parse_literal(&text, "v") || !vc_parse_decimal(&text, 1000, &major) ||
	    !vc_parse_literal(&text, ".") || !vc_parse_decimal(&text, 1000, &minor))
		return false;
	version->major = (unsigned)major;
	version->minor = (unsigned)minor;
	return true;
}

/**
 * vc_kube_version() - Which version the server has
 * @kube:	client
 * @ret_version: version
 * @err:	why it is not known
 *
 * Return: 0, -VC_ERR_REMOTE or another kind of vc_kube_call()
 */
int vc_kube_version(struct vc_kube *kube, struct vc_kube_version *ret_version,
                    struct vc_err *err)
{
	VC_AUTO_BUF struct vc_buf text = VC_BUF_INIT(VC_KUBE_STATUS_BYTES);
	VC_AUTO_TREE struct vc_tree *tree = NULL;
	struct vc_kube_version version = { 0 };
	struct vc_node root, member;
	const char *git = NULL;

	if (get(kube, "/version", &text, err) < 0)
		return -(int)err->kind;
	if (text.len > 0 &&
	    vc_tree_parse(text.data, text.len, "version", &tree, err) == 0) {
		root = vc_tree_root(tree, 0);
		git = vc_node_member(&root, "gitVersion", &member) ? vc_node_text(&member)
		                                                   : NULL;
	}
	if (!git || !parse_version(git, &version) || strlen(git) >= sizeof(version.text))
		return vc_fail(
			err, VC_ERR_REMOTE,
			"%s/version: expected a gitVersion like 'v1.36.2'; is this "
			"an API server?",
			kube->config->server);
	memcpy(version.text, git, strlen(git) + 1);
	*ret_version = version;
	return 0;
}

/* Discovery */

static bool has_version(const struct vc_node *versions, const char *wanted)
{
	for (size_t i = 0; i < vc_node_count(versions); i++) {
		struct vc_node element = vc_node_element(versions, i), member;
		const char *text = vc_node_member(&element, "version", &member)
		                           ? vc_node_text(&member)
		                           : NULL;

		if (text && strcmp(text, wanted) == 0)
			return true;
	}
	return false;
}

/**
 * vc_kube_read_versions() - Take the best version of resource.k8s.io
 * @kube:	client; .dra_version is set
 * @text:	APIGroup
 * @len:	its length
 * @err:	why there is none
 *
 * Return: 0 or -VC_ERR_REMOTE
 */
int vc_kube_read_versions(struct vc_kube *kube, const char *text, size_t len,
                          struct vc_err *err)
{
	VC_AUTO_TREE struct vc_tree *tree = NULL;
	struct vc_node root, versions;

	if (vc_tree_parse(text, len, VC_KUBE_DISCOVERY, &tree, err) < 0)
		return vc_fail(err, VC_ERR_REMOTE,
		               "%s" VC_KUBE_DISCOVERY
		               ": the answer is not what an API server sends",
		               kube->config->server);
	root = vc_tree_root(tree, 0);
	if (vc_node_member(&root, "versions", &versions) &&
	    vc_node_type(&versions) == VC_NODE_ARRAY)
		for (size_t i = 0; i < VC_ARRAY_SIZE(dra_versions); i++)
			if (has_version(&versions, dra_versions[i])) {
				memcpy(kube->dra_version, dra_versions[i],
				       strlen(dra_versions[i]) + 1);
				return 0;
			}
	return vc_fail(err, VC_ERR_REMOTE,
	               "%s: resource.k8s.io is served in no version that is known here "
	               "(v1, v1beta2, v1beta1)",
	               kube->config->server);
}

/**
 * vc_kube_discover() - Which version of resource.k8s.io is used
 * @kube:	client; asks once
 * @ret_version: "v1", "v1beta2" or "v1beta1"
 * @err:	why none is
 *
 * Return: 0, -VC_ERR_REMOTE (404: the server has no such group) or another kind of
 * vc_kube_call()
 */
int vc_kube_discover(struct vc_kube *kube, const char **ret_version, struct vc_err *err)
{
	VC_AUTO_BUF struct vc_buf text = VC_BUF_INIT(VC_KUBE_STATUS_BYTES);

	if (*kube->dra_version == '\0') {
		if (get(kube, VC_KUBE_DISCOVERY, &text, err) < 0)
			return kube->last.reason == VC_KUBE_NOT_FOUND
			               ? vc_err_context(err, "no resource.k8s.io")
			               : -(int)err->kind;
		if (vc_kube_read_versions(kube, text.data ? text.data : "", text.len,
		                          err) < 0)
			return -(int)err->kind;
	}
	*ret_version = kube->dra_version;
	return 0;
}

/**
 * vc_kube_version_of() - The version to put into paths
 * @kube:	client
 * @resource:	kind of object
 * @ret_version: its version, discovered when it leaves it open
 * @err:	why none
 *
 * Return: 0 or what vc_kube_discover() returned
 */
int vc_kube_version_of(struct vc_kube *kube, const struct vc_kube_resource *resource,
                       const char **ret_version, struct vc_err *err)
{
	if (!resource->version)
		return vc_kube_discover(kube, ret_version, err);
	*ret_version = resource->version;
	return 0;
}

/* Objects */

/**
 * vc_kube_get() - Read an object
 * @kube:	client
 * @arena:	holds the object
 * @target:	with a name
 * @ret_object:	JSON
 * @err:	"SERVER: 404 NotFound: ..."
 *
 * Return: 0, -VC_ERR_INPUT (not a name), -VC_ERR_REMOTE or another kind of
 * vc_kube_call()
 */
int vc_kube_get(struct vc_kube *kube, struct vc_arena *arena,
                const struct vc_kube_target *target, struct vc_kube_text *ret_object,
                struct vc_err *err)
{
	VC_AUTO_BUF struct vc_buf text = VC_BUF_INIT(kube->options.max_object);
	const char *version = NULL;
	char *path, *copy;

	if (vc_kube_version_of(kube, target->resource, &version, err) < 0)
		return -(int)err->kind;
	path = vc_kube_path(arena, target, version, err);
	if (!path)
		return -(int)err->kind;
	if (get(kube, path, &text, err) < 0)
		return -(int)err->kind;
	copy = vc_arena_strndup(arena, text.data ? text.data : "", text.len);
	if (!copy)
		return vc_fail_oom(err);
	ret_object->data = copy;
	ret_object->len = text.len;
	return 0;
}

/**
 * vc_kube_object_read() - Make an object out of its text
 * @from:	text and names
 * @tree:	holds what is read; the caller frees it
 * @problem:	holds the text of the problem
 * @ret_object:	object; lives as long as the three
 */
void vc_kube_object_read(const struct vc_scan_object *from, struct vc_tree **tree,
                         struct vc_err *problem, struct vc_kube_object *ret_object)
{
	struct vc_kube_object object = {
		.text = { from->text, from->len },
		.namespace = from->namespace,
		.name = from->name,
		.uid = from->uid,
		.resource_version = from->resource_version,
	};

	if (!from->text)
		(void)vc_fail(problem, VC_ERR_REMOTE,
		              "'%s%s%s': larger than what is read", from->namespace,
		              *from->namespace ? "/" : "", from->name);
	else if (vc_tree_parse(from->text, from->len, from->name, tree, problem) == 0)
		object.tree = *tree;
	if (!object.tree)
		object.problem = problem->msg;
	*ret_object = object;
}

/* Lists */

/**
 * vc_kube_list_path() - Where the objects of a query are
 * @kube:	client that knows the version
 * @arena:	holds the path
 * @query:	which
 * @err:	why not
 *
 * Return: path that ends in '?' or '&', or NULL
 */
char *vc_kube_list_path(struct vc_kube *kube, struct vc_arena *arena,
                        const struct vc_kube_query *query, struct vc_err *err)
{
	const struct vc_kube_target target = { .resource = query->resource,
		                               .namespace = query->namespace };
	const char *version =
		query->resource->version ? query->resource->version : kube->dra_version;
	const char *field = query->field_selector, *label = query->label_selector;
	char *path = vc_kube_path(arena, &target, version, err);

	if (!path)
		return NULL;
	field = field ? vc_kube_escape(arena, field) : "";
	label = label ? vc_kube_escape(arena, label) : "";
	path = field && label ? vc_arena_printf(arena, "%s?%s%s%s%s%s%s", path,
	                                        *field ? "fieldSelector=" : "", field,
	                                        *field ? "&" : "",
	                                        *label ? "labelSelector=" : "", label,
	                                        *label ? "&" : "")
	                      : NULL;
	if (!path)
		(void)vc_fail_oom(err);
	return path;
}

struct list {
	struct vc_kube *kube;
	const char *path;
	struct vc_scan *scan;
	const struct vc_kube_list_sink *sink;
	unsigned restarts;
};

static int list_object(void *arg, struct vc_scan_object *from, struct vc_err *err)
{
	const struct vc_kube_list_sink *sink = ((struct list *)arg)->sink;
	VC_AUTO_TREE struct vc_tree *tree = NULL;
	struct vc_err problem = VC_ERR_INIT;
	struct vc_kube_object object;

	vc_kube_object_read(from, &tree, &problem, &object);
	return sink->object(sink->arg, &object, err);
}

static int list_page(struct list *list, const char *next, struct vc_err *err)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	VC_AUTO_BUF struct vc_buf unused = VC_BUF_INIT(VC_KUBE_STATUS_BYTES);
	struct vc_kube_answer answer = {
		.scan = list->scan, .object = list_object, .arg = list, .text = &unused
	};
	struct vc_kube_request request = { .method = VC_HTTP_GET,
		                           .deadlines = list->kube->options.deadlines };
	int r;

	next = vc_kube_escape(&arena, next);
	if (!next)
		return vc_fail_oom(err);
	request.path = list->restarts < RESTARTS_MAX
	                       ? vc_arena_printf(&arena, "%slimit=%u%s%s", list->path,
	                                         list->kube->options.page,
	                                         *next ? "&continue=" : "", next)
	                       : list->path;
	if (!request.path)
		return vc_fail_oom(err);
	vc_scan_restart(list->scan);
	r = vc_kube_call(list->kube, &request, &answer, err);
	if (r == 0 && vc_scan_end(list->scan, err) < 0)
		r = vc_err_context(err, "%s%.*s", list->kube->config->server,
		                   (int)strcspn(list->path, "?"), list->path);
	return r;
}

/* Takes the token of the next page; false when this was the last one. */
static bool next_page(const struct list *list, char next[VC_SCAN_WORD_SIZE])
{
	const char *token = vc_scan_list_continue(list->scan);

	memcpy(next, token, strlen(token) + 1);
	return *next != '\0';
}

/* From the first page to the last; 1: they expired in between. */
static int list_pages(struct list *list, struct vc_err *err)
{
	char next[VC_SCAN_WORD_SIZE] = "";
	int r;

	if (list->sink->begin)
		list->sink->begin(list->sink->arg);
	do {
		r = list_page(list, next, err);
		if (r < 0 && *next && list->kube->last.reason == VC_KUBE_GONE &&
		    list->restarts < RESTARTS_MAX)
			return 1;
	} while (r == 0 && next_page(list, next));
	return r;
}

static void free_scanp(struct vc_scan **scan)
{
	vc_scan_free(*scan);
}

/**
 * vc_kube_list() - Read objects, page by page
 * @kube:	client
 * @query:	which
 * @sink:	gets them one by one
 * @err:	why not
 *
 * Return: 0, -VC_ERR_INPUT (not a name), -VC_ERR_REMOTE, another kind of vc_kube_call(),
 * or what the sink returned
 */
int vc_kube_list(struct vc_kube *kube, const struct vc_kube_query *query,
                 const struct vc_kube_list_sink *sink, struct vc_err *err)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	VC_CLEANUP(free_scanp) struct vc_scan *scan = NULL;
	struct list list = { .kube = kube, .sink = sink };
	const char *version = NULL, *api_version;
	int r;

	if (vc_kube_version_of(kube, query->resource, &version, err) < 0)
		return -(int)err->kind;
	list.path = vc_kube_list_path(kube, &arena, query, err);
	if (!list.path)
		return -(int)err->kind;
	api_version = vc_arena_printf(&arena, "%s%s%s", query->resource->group,
	                              *query->resource->group ? "/" : "", version);
	if (!api_version)
		return vc_fail_oom(err);
	if (vc_scan_new(VC_SCAN_LIST, query->resource->kind, api_version,
	                kube->options.max_object, &scan, err) < 0)
		return -(int)err->kind;
	list.scan = scan;
	for (r = list_pages(&list, err); r > 0; r = list_pages(&list, err))
		list.restarts++;
	return r;
}
