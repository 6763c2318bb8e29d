/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * [K8S] api-concepts, server-side-apply. What would overwrite blindly is refused before
 * it is sent: a PUT without resourceVersion, a patch without a precondition.
 */
#include <string.h>

#include "claim/json_writer.h"
#include "claim/tree.h"
#include "kube/client.h"

#define JSON_BODY_MAX ((size_t)4096)

static int send_it(const struct vc_kube_write *write, struct vc_kube_request *request,
                   const struct vc_kube_target *target, const char *query,
                   struct vc_kube_text *ret_object, struct vc_err *err)
{
	struct vc_kube *kube = write->kube;
	VC_AUTO_BUF struct vc_buf text = VC_BUF_INIT(kube->options.max_object);
	struct vc_kube_answer answer = { .text = &text };
	const char *version = NULL;
	char *path, *copy;
	int r;

	if (vc_kube_version_of(kube, target->resource, &version, err) < 0)
		return -(int)err->kind;
	path = vc_kube_path(write->arena, target, version, err);
	if (!path)
		return -(int)err->kind;
	request->path = request->method == VC_HTTP_DELETE
	                        ? path
	                        : vc_arena_printf(write->arena, "%s?fieldManager=%s%s%s",
	                                          path, kube->options.manager, query,
	                                          write->dry_run ? "&dryRun=All" : "");
	if (!request->path)
		return vc_fail_oom(err);
	request->text = write->text;
	request->deadlines = kube->options.deadlines;
	r = vc_kube_call(kube, request, &answer, err);
	if (r < 0 || !ret_object)
		return r;
	copy = vc_arena_strndup(write->arena, text.data ? text.data : "", text.len);
	if (!copy)
		return vc_fail_oom(err);
	*ret_object = (struct vc_kube_text){ copy, text.len };
	return 0;
}

static bool has_text(const struct vc_node *node, const char *key)
{
	struct vc_node member;
	const char *text =
		vc_node_member(node, key, &member) ? vc_node_text(&member) : NULL;

	return text && *text;
}

/* What we are about to send: an object, with metadata.resourceVersion if @versioned. */
static int check_object(const struct vc_kube_text *text, bool versioned,
                        struct vc_err *err)
{
	VC_AUTO_TREE struct vc_tree *tree = NULL;
	struct vc_node root, metadata;

	if (vc_tree_parse(text->data, text->len, "request", &tree, err) < 0)
		return -(int)err->kind;
	root = vc_tree_root(tree, 0);
	if (!versioned)
		return 0;
	if (!vc_node_member(&root, "metadata", &metadata) ||
	    !has_text(&metadata, "resourceVersion"))
		return vc_fail(
			err, VC_ERR_REFUSED,
			"request: metadata.resourceVersion is missing; without it, what "
			"others wrote meanwhile would be overwritten");
	return 0;
}

/**
 * vc_kube_create() - Create an object
 * @write:	what
 * @target:	without a name: the object has it, or asks for one with generateName
 * @ret_object:	as created, with its name; NULL is fine
 * @err:	why not
 *
 * Return: 0, -VC_ERR_INPUT, -VC_ERR_REMOTE (VC_KUBE_ALREADY_EXISTS) or another kind of
 * vc_kube_call()
 */
int vc_kube_create(const struct vc_kube_write *write, const struct vc_kube_target *target,
                   struct vc_kube_text *ret_object, struct vc_err *err)
{
	struct vc_kube_request request = { .method = VC_HTTP_POST,
		                           .content_type = "application/json" };

	if (check_object(&write->text, false, err) < 0)
		return -(int)err->kind;
	return send_it(write, &request, target, "", ret_object, err);
}

/**
 * vc_kube_replace() - Write an object, or a subresource, as a whole
 * @write:	object with the resourceVersion that it was read with
 * @target:	with a name
 * @ret_object:	as written; NULL is fine
 * @err:	why not
 *
 * Return: 0, -VC_ERR_INPUT, -VC_ERR_REFUSED (no resourceVersion), -VC_ERR_REMOTE
 * (VC_KUBE_CONFLICT: read it again) or another kind of vc_kube_call()
 */
int vc_kube_replace(const struct vc_kube_write *write,
                    const struct vc_kube_target *target, struct vc_kube_text *ret_object,
                    struct vc_err *err)
{
	struct vc_kube_request request = { .method = VC_HTTP_PUT,
		                           .content_type = "application/json" };

	if (check_object(&write->text, true, err) < 0)
		return -(int)err->kind;
	return send_it(write, &request, target, "", ret_object, err);
}

/**
 * vc_kube_apply() - Server-side apply: the parts that are ours
 * @write:	these parts, with apiVersion, kind and metadata.name; metadata.uid and
 *		metadata.resourceVersion, when given, have to be those of the object
 * @target:	with a name
 * @ret_object:	as written; NULL is fine
 * @err:	why not
 *
 * Never with force: what another manager has is a VC_KUBE_CONFLICT. An object that does
 * not exist is created, unless @write says its uid.
 *
 * Return: 0, -VC_ERR_INPUT, -VC_ERR_REMOTE or another kind of vc_kube_call()
 */
int vc_kube_apply(const struct vc_kube_write *write, const struct vc_kube_target *target,
                  struct vc_kube_text *ret_object, struct vc_err *err)
{
	struct vc_kube_request request = { .method = VC_HTTP_PATCH,
		                           .content_type =
		                                   "application/apply-patch+yaml" };

	if (check_object(&write->text, false, err) < 0)
		return -(int)err->kind;
	return send_it(write, &request, target, "&force=false", ret_object, err);
}

/* [RFC 6902]: one "test" at least, of what the object is */
static int check_json_patch(const struct vc_kube_text *text, struct vc_err *err)
{
	VC_AUTO_TREE struct vc_tree *tree = NULL;
	struct vc_node root;

	if (vc_tree_parse(text->data, text->len, "request", &tree, err) < 0)
		return -(int)err->kind;
	root = vc_tree_root(tree, 0);
	for (size_t i = 0;
	     vc_node_type(&root) == VC_NODE_ARRAY && i < vc_node_count(&root); i++) {
		struct vc_node element = vc_node_element(&root, i), member;
		const char *op = vc_node_member(&element, "op", &member)
		                         ? vc_node_text(&member)
		                         : NULL;

		if (op && strcmp(op, "test") == 0)
			return 0;
	}
	return vc_fail(err, VC_ERR_REFUSED,
	               "request: a JSON patch needs a 'test' of what it changes");
}

/**
 * vc_kube_patch() - Change parts of an object, or of a subresource
 * @write:	patch, with a precondition
 * @target:	with a name
 * @type:	which patch it is
 * @ret_object:	as written; NULL is fine
 * @err:	why not
 *
 * Return: 0, -VC_ERR_INPUT, -VC_ERR_REFUSED (no precondition), -VC_ERR_REMOTE
 * (VC_KUBE_CONFLICT, VC_KUBE_INVALID: a test failed) or another kind of vc_kube_call()
 */
int vc_kube_patch(const struct vc_kube_write *write, const struct vc_kube_target *target,
                  enum vc_kube_patch type, struct vc_kube_text *ret_object,
                  struct vc_err *err)
{
	bool merge = type == VC_KUBE_PATCH_MERGE;
	struct vc_kube_request request = {
		.method = VC_HTTP_PATCH,
		.content_type = merge ? "application/merge-patch+json"
		                      : "application/json-patch+json",
	};
	int r = merge ? check_object(&write->text, true, err)
	              : check_json_patch(&write->text, err);

	return r < 0 ? r : send_it(write, &request, target, "", ret_object, err);
}

/**
 * vc_kube_delete() - Delete an object; one with finalizers stays until they are gone
 * @kube:	client
 * @target:	with a name
 * @precondition: what it has to be; NULL anything
 * @err:	why not
 *
 * Return: 0, -VC_ERR_INPUT, -VC_ERR_REMOTE (VC_KUBE_NOT_FOUND, VC_KUBE_CONFLICT: it is
 * another one) or another kind of vc_kube_call()
 */
int vc_kube_delete(struct vc_kube *kube, const struct vc_kube_target *target,
                   const struct vc_kube_precondition *precondition, struct vc_err *err)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	VC_AUTO_BUF struct vc_buf body = VC_BUF_INIT(JSON_BODY_MAX);
	struct vc_json_writer w = { .buf = &body, .compact = true };
	struct vc_kube_write write = { .kube = kube, .arena = &arena };
	struct vc_kube_request request = { .method = VC_HTTP_DELETE,
		                           .content_type = "application/json" };

	vc_json_object(&w, NULL);
	vc_json_string(&w, "kind", "DeleteOptions");
	vc_json_string(&w, "apiVersion", "v1");
	if (precondition) {
		vc_json_object(&w, "preconditions");
		vc_json_string_if(&w, "uid", precondition->uid);
		vc_json_string_if(&w, "resourceVersion", precondition->resource_version);
		vc_json_close(&w);
	}
	vc_json_close(&w);
	if (body.failed)
		return vc_fail(err, VC_ERR_INPUT, "a precondition is too long");
	write.text = (struct vc_kube_text){ body.data, body.len };
	return send_it(&write, &request, target, "", NULL, err);
}
