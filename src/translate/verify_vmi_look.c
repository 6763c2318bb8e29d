/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The model of a claim does not keep in which versions its metadata was written, nor a VMI
 * which claims it lists: for most purposes that is nobody's business. KubeVirt cares, so
 * both are looked up again.
 */
#include <fcntl.h>
#include <string.h>

#include "base/file.h"
#include "claim/metadata_versions.h"
#include "claim/tree.h"
#include "translate/doors.h"
#include "translate/verify_vmi.h"

static int add_request(struct vc_arena *arena, struct vc_metadata_requests *list,
                       const struct vc_metadata_request *request, struct vc_err *err)
{
	struct vc_metadata_request *slot = vc_list_push(arena, list);

	if (!slot)
		return vc_fail_oom(err);
	slot->uid = vc_arena_strdup(arena, request->uid);
	slot->request = vc_arena_strdup(arena, request->request);
	slot->understood = request->understood;
	return slot->uid && slot->request ? 0 : vc_fail_oom(err);
}

static int look_in_document(struct vc_arena *arena, const struct vc_node *root,
                            struct vc_metadata_requests *list, struct vc_err *err)
{
	static const char known[] = VC_METADATA_GROUP "/" VC_KUBEVIRT_METADATA_VERSION;
	const char *api = vc_node_member_text(root, "apiVersion"), *uid;
	struct vc_node meta, requests;

	if (!api || strncmp(api, VC_METADATA_GROUP "/", sizeof(VC_METADATA_GROUP)) != 0 ||
	    !vc_node_member(root, "metadata", &meta) ||
	    !vc_node_member(root, "requests", &requests) ||
	    vc_node_type(&requests) != VC_NODE_ARRAY)
		return 0;
	uid = vc_node_member_text(&meta, "uid");
	for (size_t i = 0; uid && i < vc_node_count(&requests); i++) {
		struct vc_node item = vc_node_element(&requests, i);
		const struct vc_metadata_request request = {
			.uid = uid,
			.request = vc_node_member_text(&item, "name"),
			.understood = strcmp(api, known) == 0,
		};

		if (request.request && add_request(arena, list, &request, err) < 0)
			return -(int)err->kind;
	}
	return 0;
}

/* It was read before; what has gone since, or was standard input, says nothing. */
static int look_in_file(struct vc_arena *arena, const char *path,
                        struct vc_metadata_requests *list, struct vc_err *err)
{
	VC_AUTO_ARENA struct vc_arena scratch = VC_ARENA_INIT;
	VC_AUTO_TREE struct vc_tree *tree = NULL;
	struct vc_err why = VC_ERR_INIT;
	char *text;
	size_t len;

	if (vc_file_read(&scratch, AT_FDCWD, path, 0, &text, &len, &why) < 0 ||
	    vc_tree_parse(text, len, path, &tree, &why) < 0)
		return 0;
	for (size_t i = 0; i < vc_tree_documents(tree); i++) {
		struct vc_node root = vc_tree_root(tree, i);

		if (look_in_document(arena, &root, list, err) < 0)
			return -(int)err->kind;
	}
	return 0;
}

/* "FILE: /pointer" or "FILE: document 2" -> "FILE" */
static char *file_of(struct vc_arena *arena, const char *origin)
{
	const char *end = strstr(origin, ": ");

	return vc_arena_strndup(arena, origin,
	                        end ? (size_t)(end - origin) : strlen(origin));
}

static int look_in_files(struct vc_arena *arena, const struct vc_claims *facts,
                         struct vc_metadata_requests *list, struct vc_err *err)
{
	const char *last = "";

	/* The documents of one file follow each other. */
	for (size_t i = 0; i < facts->n; i++) {
		const char *origin = facts->v[i].origin;
		char *path = file_of(arena, origin ? origin : "");

		if (!path)
			return vc_fail_oom(err);
		if (strcmp(path, last) != 0 && path[0] != '\0' &&
		    look_in_file(arena, path, list, err) < 0)
			return -(int)err->kind;
		last = path;
	}
	return 0;
}

static int add_listed(struct vc_arena *arena, const struct vc_node *item,
                      struct vc_listed_claims *list, struct vc_err *err)
{
	const char *name = vc_node_member_text(item, "name");
	const char *claim = vc_node_member_text(item, "resourceClaimName");
	struct vc_listed_claim *slot = vc_list_push(arena, list);

	if (!slot)
		return vc_fail_oom(err);
	slot->name = name ? vc_arena_strdup(arena, name) : NULL;
	slot->claim = claim ? vc_arena_strdup(arena, claim) : NULL;
	return (name && !slot->name) || (claim && !slot->claim) ? vc_fail_oom(err) : 0;
}

/**
 * vc_verify_vmi_listed() - Read /spec/resourceClaims of a VMI
 * @arena:	holds the result
 * @root:	the VMI
 * @ret_list:	its entries
 * @err:	out of memory
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_verify_vmi_listed(struct vc_arena *arena, const struct vc_node *root,
                         struct vc_listed_claims *ret_list, struct vc_err *err)
{
	struct vc_listed_claims list = { 0 };
	struct vc_node spec, claims;

	*ret_list = list;
	if (!vc_node_member(root, "spec", &spec) ||
	    !vc_node_member(&spec, "resourceClaims", &claims) ||
	    vc_node_type(&claims) != VC_NODE_ARRAY)
		return 0;
	for (size_t i = 0; i < vc_node_count(&claims); i++) {
		struct vc_node item = vc_node_element(&claims, i);

		if (add_listed(arena, &item, &list, err) < 0)
			return -(int)err->kind;
	}
	*ret_list = list;
	return 0;
}

static int look_in_vmi(struct vc_arena *arena, const struct vc_translate_input *input,
                       struct vc_verify_vmi_input *v, struct vc_err *err)
{
	VC_AUTO_TREE struct vc_tree *tree = NULL;
	struct vc_node root;

	if (vc_tree_parse(input->vmi, input->vmi_len, input->vmi_name, &tree, err) < 0)
		return -(int)err->kind;
	root = vc_tree_root(tree, 0);
	if (vc_verify_vmi_listed(arena, &root, &v->listed, err) < 0)
		return -(int)err->kind;
	return vc_verify_vmi_compute(arena, &root, &v->listed, &v->compute, err);
}

/**
 * vc_verify_vmi_look() - Look up what only KubeVirt cares about
 * @arena:	holds the result
 * @input:	what was translated; .vmi is not NULL
 * @t:		of vc_translate_claims()
 * @ret_input:	for vc_verify_vmi()
 * @err:	what is wrong
 *
 * Return: 0, -VC_ERR_INPUT or -VC_ERR_INTERNAL
 */
int vc_verify_vmi_look(struct vc_arena *arena, const struct vc_translate_input *input,
                       const struct vc_translation *t,
                       struct vc_verify_vmi_input *ret_input, struct vc_err *err)
{
	struct vc_verify_vmi_input v = { .t = t, .have_claims = input->n_claims > 0 };

	if (look_in_vmi(arena, input, &v, err) < 0 ||
	    look_in_files(arena, &t->facts.claims, &v.metadata, err) < 0)
		return -(int)err->kind;
	*ret_input = v;
	return 0;
}
