/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pin/claim.h"

#include <string.h>

#include "claim/names.h"
#include "claim/object.h"
#include "kube/api.h"
#include "pin/managed.h"

/* [DRA] constants of ResourceClaim */
#define POD_CLAIM_ANNOTATION "resource.kubernetes.io/pod-claim-name"
#define EXTENDED_ANNOTATION  "resource.kubernetes.io/extended-resource-claim"

/* The API's limits are 256 consumers, 32 results; finalizers and terms have none. */
#define HOLDERS_MAX    1024
#define RESULTS_MAX    256
#define TERMS_MAX      256
#define FINALIZERS_MAX 1024

static int push_text(const struct vc_object_reader *r, struct vc_pin_texts *texts,
                     char *text)
{
	char **slot;

	if (!text)
		return vc_fail_oom(r->err);
	slot = vc_list_push(r->arena, texts);
	if (!slot)
		return vc_fail_oom(r->err);
	*slot = text;
	return 0;
}

/* Metadata */

struct metadata_reader {
	struct vc_pin_claim *claim;
	const struct vc_node *metadata;
};

static int read_finalizer(const struct vc_object_reader *r, const struct vc_node *element,
                          void *data)
{
	const struct metadata_reader *all = data;
	struct vc_pin_field field = { .path = { "f:metadata", "f:finalizers", NULL } };
	struct vc_pin_finalizer *slot;
	const char *text = vc_node_text(element);

	if (!text)
		return vc_node_fail(element, r->err, VC_ERR_INPUT, "expected a string");
	field.path[2] = vc_arena_printf(r->arena, "v:\"%s\"", text);
	slot = vc_list_push(r->arena, &all->claim->finalizers);
	if (!field.path[2] || !slot)
		return vc_fail_oom(r->err);
	*slot = (struct vc_pin_finalizer){ .name = vc_arena_strdup(r->arena, text) };
	if (!slot->name)
		return vc_fail_oom(r->err);
	return vc_pin_managers_find(r->arena, all->metadata, &field, &slot->managers,
	                            r->err);
}

static int read_guard(const struct vc_object_reader *r, const struct vc_node *metadata,
                      struct vc_pin_claim *claim)
{
	struct metadata_reader all = { .claim = claim, .metadata = metadata };

	if (vc_object_each(r, metadata, "finalizers", FINALIZERS_MAX, read_finalizer,
	                   &all) < 0)
		return -(int)r->err->kind;
	for (size_t i = 0; i < claim->finalizers.n; i++) {
		if (strcmp(claim->finalizers.v[i].name, VC_PIN_FINALIZER) != 0)
			continue;
		claim->guarded = true;
		claim->guard = claim->finalizers.v[i].managers;
	}
	return 0;
}

/* "VM/UID" or "VM/UID/BY"; anything else is a record all the same */
static int split_record(const struct vc_object_reader *r, const char *text,
                        struct vc_pin_claim *claim)
{
	size_t vm = strcspn(text, "/"), uid = text[vm] ? strcspn(text + vm + 1, "/") : 0;
	const char *by = text[vm] ? text + vm + 1 + uid : "";
	bool good = vm > 0 && text[vm];

	claim->record_vm = vc_arena_strndup(r->arena, text, good ? vm : 0);
	claim->record_uid =
		vc_arena_strndup(r->arena, good ? text + vm + 1 : "", good ? uid : 0);
	if (!claim->record_vm || !claim->record_uid)
		return vc_fail_oom(r->err);
	good = good && vc_is_uid(claim->record_uid) &&
	       (*by == '\0' || strcmp(by, "/" VC_PIN_BY_CONTROLLER) == 0);
	if (!good)
		*claim->record_vm = *claim->record_uid = '\0';
	if (good && *by)
		claim->record_by = vc_arena_strdup(r->arena, by + 1);
	return good && *by && !claim->record_by ? vc_fail_oom(r->err) : 0;
}

static int read_record(const struct vc_object_reader *r, const struct vc_node *object,
                       const struct vc_node *metadata, struct vc_pin_claim *claim)
{
	static const struct vc_pin_field field = {
		.path = { "f:metadata", "f:annotations", "f:" VC_PIN_RECORD },
	};
	struct vc_node text;
	bool found = false;

	if (vc_object_annotation(r, object, VC_PIN_RECORD, &text, &found) < 0)
		return -(int)r->err->kind;
	if (!found)
		return 0;
	if (split_record(r, vc_node_text(&text), claim) < 0)
		return -(int)r->err->kind;
	return vc_pin_managers_find(r->arena, metadata, &field, &claim->record, r->err);
}

static int read_maker(const struct vc_object_reader *r, const struct vc_node *object,
                      struct vc_pin_claim *claim)
{
	struct vc_node text;
	bool found = false;

	if (vc_object_annotation(r, object, POD_CLAIM_ANNOTATION, &text, &found) < 0)
		return -(int)r->err->kind;
	if (found) {
		claim->pod_claim = vc_arena_strdup(r->arena, vc_node_text(&text));
		if (!claim->pod_claim)
			return vc_fail_oom(r->err);
	}
	if (vc_object_annotation(r, object, EXTENDED_ANNOTATION, &text, &found) < 0)
		return -(int)r->err->kind;
	claim->extended = found && strcmp(vc_node_text(&text), "true") == 0;
	return 0;
}

static int read_metadata(const struct vc_object_reader *r, const struct vc_node *object,
                         const struct vc_node *metadata, struct vc_pin_claim *claim)
{
	struct vc_object_meta meta;

	if (vc_object_meta_read(r, object, &meta) < 0 ||
	    vc_object_text(r, metadata, "resourceVersion", VC_OPTIONAL, &vc_name_line,
	                   &claim->resource_version) < 0 ||
	    vc_object_text(r, metadata, "creationTimestamp", VC_OPTIONAL, &vc_name_line,
	                   &claim->created) < 0 ||
	    vc_object_text(r, metadata, "deletionTimestamp", VC_OPTIONAL, &vc_name_line,
	                   &claim->deleted) < 0 ||
	    read_guard(r, metadata, claim) < 0 ||
	    read_record(r, object, metadata, claim) < 0 ||
	    read_maker(r, object, claim) < 0)
		return -(int)r->err->kind;
	claim->namespace = meta.namespace;
	claim->name = meta.name;
	claim->uid = meta.uid;
	if (meta.owners.n > 0) {
		claim->owner_kind = meta.owners.v[0].resource;
		claim->owner_name = meta.owners.v[0].name;
	}
	if (claim->namespace && claim->uid && claim->resource_version)
		return 0;
	return vc_node_fail(
		metadata, r->err, VC_ERR_INPUT,
		"namespace, uid or resourceVersion is missing; expected an object as an "
		"API server has it");
}

/* Allocation */

static int read_value(const struct vc_object_reader *r, const struct vc_node *element,
                      void *data)
{
	const char *text = vc_node_text(element);

	return text ? push_text(r, data, vc_arena_strdup(r->arena, text)) : 0;
}

/* The node's name, as most drivers say it, or its host name, which is nearly always it. */
static int read_match(const struct vc_object_reader *r, const struct vc_node *match,
                      void *data)
{
	char *key = NULL, *op = NULL;

	if (vc_object_text(r, match, "key", VC_OPTIONAL, &vc_name_line, &key) < 0 ||
	    vc_object_text(r, match, "operator", VC_OPTIONAL, &vc_name_line, &op) < 0)
		return -(int)r->err->kind;
	if (!key || !op || strcmp(op, "In") != 0 ||
	    (strcmp(key, "metadata.name") != 0 &&
	     strcmp(key, "kubernetes.io/hostname") != 0))
		return 0;
	return vc_object_each(r, match, "values", TERMS_MAX, read_value, data);
}

static int read_term(const struct vc_object_reader *r, const struct vc_node *term,
                     void *data)
{
	if (vc_object_each(r, term, "matchFields", TERMS_MAX, read_match, data) < 0)
		return -(int)r->err->kind;
	return vc_object_each(r, term, "matchExpressions", TERMS_MAX, read_match, data);
}

static int read_result(const struct vc_object_reader *r, const struct vc_node *result,
                       void *data)
{
	struct vc_pin_claim *claim = data;
	char *driver = NULL, *pool = NULL, *device = NULL, *text;
	bool admin = false;

	if (vc_object_text(r, result, "driver", VC_REQUIRED, &vc_name_line, &driver) <
	            0 ||
	    vc_object_text(r, result, "pool", VC_REQUIRED, &vc_name_line, &pool) < 0 ||
	    vc_object_text(r, result, "device", VC_REQUIRED, &vc_name_line, &device) <
	            0 ||
	    vc_node_bool(result, "adminAccess", VC_OPTIONAL, &admin, r->err) < 0)
		return -(int)r->err->kind;
	text = vc_arena_printf(r->arena, "%s/%s/%s", driver, pool, device);
	if (admin && !claim->admin_device)
		claim->admin_device = text;
	return push_text(r, &claim->devices, text);
}

static int read_allocation(const struct vc_object_reader *r, const struct vc_node *status,
                           struct vc_pin_claim *claim)
{
	struct vc_node allocation, child;
	bool found = false;

	if (vc_node_object(status, "allocation", VC_OPTIONAL, &allocation,
	                   &claim->allocated, r->err) < 0)
		return -(int)r->err->kind;
	if (!claim->allocated)
		return 0;
	if (vc_object_text(r, &allocation, "allocationTimestamp", VC_OPTIONAL,
	                   &vc_name_line, &claim->allocated_at) < 0 ||
	    vc_node_object(&allocation, "nodeSelector", VC_OPTIONAL, &child, &found,
	                   r->err) < 0)
		return -(int)r->err->kind;
	if (found && vc_object_each(r, &child, "nodeSelectorTerms", TERMS_MAX, read_term,
	                            &claim->nodes) < 0)
		return -(int)r->err->kind;
	found = false;
	if (vc_node_object(&allocation, "devices", VC_OPTIONAL, &child, &found, r->err) <
	    0)
		return -(int)r->err->kind;
	return found ? vc_object_each(r, &child, "results", RESULTS_MAX, read_result,
	                              claim)
	             : 0;
}

/* Holders */

static int read_holder(const struct vc_object_reader *r, const struct vc_node *element,
                       void *data)
{
	const struct metadata_reader *all = data;
	struct vc_pin_field field = { .subresource = "status",
		                      .path = { "f:status", "f:reservedFor", NULL } };
	struct vc_pin_holder holder = { 0 }, *slot;

	if (vc_object_text(r, element, "apiGroup", VC_OPTIONAL, &vc_name_line,
	                   &holder.group) < 0 ||
	    vc_object_text(r, element, "resource", VC_REQUIRED, &vc_name_line,
	                   &holder.resource) < 0 ||
	    vc_object_text(r, element, "name", VC_REQUIRED, &vc_name_line, &holder.name) <
	            0 ||
	    vc_object_text(r, element, "uid", VC_REQUIRED, &vc_name_uid, &holder.uid) < 0)
		return -(int)r->err->kind;
	if (!holder.group)
		holder.group = vc_arena_strdup(r->arena, "");
	field.path[2] = vc_arena_printf(r->arena, "k:{\"uid\":\"%s\"}", holder.uid);
	slot = vc_list_push(r->arena, &all->claim->holders);
	if (!holder.group || !field.path[2] || !slot)
		return vc_fail_oom(r->err);
	*slot = holder;
	return vc_pin_managers_find(r->arena, all->metadata, &field, &slot->managers,
	                            r->err);
}

/**
 * vc_pin_claim_read() - Read a ResourceClaim
 * @arena:	holds the result
 * @object:	as an API server has it; its kind was looked at
 * @ret_claim:	claim
 * @err:	what is wrong with it
 *
 * Return: 0, -VC_ERR_INPUT or -VC_ERR_INTERNAL
 */
int vc_pin_claim_read(struct vc_arena *arena, const struct vc_node *object,
                      struct vc_pin_claim *ret_claim, struct vc_err *err)
{
	const struct vc_object_reader r = { .arena = arena, .err = err };
	struct vc_pin_claim claim = { 0 };
	struct vc_node metadata, status;
	struct metadata_reader all = { .claim = &claim, .metadata = &metadata };
	bool found = false;

	if (vc_node_object(object, "metadata", VC_REQUIRED, &metadata, NULL, err) < 0 ||
	    read_metadata(&r, object, &metadata, &claim) < 0 ||
	    vc_node_object(object, "status", VC_OPTIONAL, &status, &found, err) < 0)
		return -(int)err->kind;
	if (found && (read_allocation(&r, &status, &claim) < 0 ||
	              vc_object_each(&r, &status, "reservedFor", HOLDERS_MAX, read_holder,
	                             &all) < 0))
		return -(int)err->kind;
	*ret_claim = claim;
	return 0;
}

/* @file: what to call it in messages */
static int parse(const struct vc_kube_text *text, const char *kind,
                 struct vc_tree **ret_tree, struct vc_err *err)
{
	VC_AUTO_TREE struct vc_tree *tree = NULL;
	struct vc_node root, member;
	const char *found;

	if (vc_tree_parse(text->data, text->len, "answer", &tree, err) < 0)
		return -(int)err->kind;
	if (vc_tree_documents(tree) != 1)
		return vc_fail(err, VC_ERR_INPUT, "answer: expected one object");
	root = vc_tree_root(tree, 0);
	found = vc_node_member(&root, "kind", &member) ? vc_node_text(&member) : NULL;
	if (!found || strcmp(found, kind) != 0)
		return vc_node_fail(&root, err, VC_ERR_INPUT,
		                    "expected a %s of the API server, not kind '%.64s'",
		                    kind, found ? found : "");
	*ret_tree = vc_steal(&tree);
	return 0;
}

/**
 * vc_pin_claim_parse() - Read the text of a ResourceClaim
 * @arena:	holds the result
 * @text:	answer of the API server
 * @ret_claim:	claim
 * @err:	what is wrong with it
 *
 * Return: 0, -VC_ERR_INPUT or -VC_ERR_INTERNAL
 */
int vc_pin_claim_parse(struct vc_arena *arena, const struct vc_kube_text *text,
                       struct vc_pin_claim *ret_claim, struct vc_err *err)
{
	VC_AUTO_TREE struct vc_tree *tree = NULL;
	struct vc_node root;

	if (parse(text, "ResourceClaim", &tree, err) < 0)
		return -(int)err->kind;
	root = vc_tree_root(tree, 0);
	return vc_pin_claim_read(arena, &root, ret_claim, err);
}

/**
 * vc_pin_vm_parse() - Read the text of a VirtualMachine
 * @arena:	holds the result
 * @text:	answer of the API server
 * @ret_vm:	VM
 * @err:	what is wrong with it
 *
 * Return: 0, -VC_ERR_INPUT or -VC_ERR_INTERNAL
 */
int vc_pin_vm_parse(struct vc_arena *arena, const struct vc_kube_text *text,
                    struct vc_pin_vm *ret_vm, struct vc_err *err)
{
	const struct vc_object_reader r = { .arena = arena, .err = err };
	VC_AUTO_TREE struct vc_tree *tree = NULL;
	struct vc_object_meta meta;
	struct vc_node root;

	if (parse(text, "VirtualMachine", &tree, err) < 0)
		return -(int)err->kind;
	root = vc_tree_root(tree, 0);
	if (vc_object_meta_read(&r, &root, &meta) < 0)
		return -(int)err->kind;
	if (!meta.uid)
		return vc_node_fail(&root, err, VC_ERR_INPUT, "it has no uid");
	*ret_vm = (struct vc_pin_vm){ meta.name, meta.uid, meta.deleting };
	return 0;
}

/**
 * vc_pin_is_vm() - Whether an entry is that of a VirtualMachine
 * @holder:	entry
 *
 * Return: whether it is
 */
bool vc_pin_is_vm(const struct vc_pin_holder *holder)
{
	return strcmp(holder->group, VC_PIN_VM_GROUP) == 0 &&
	       strcmp(holder->resource, VC_PIN_VM) == 0;
}

/**
 * vc_pin_is_ours() - Whether we put an entry there
 * @claim:	claim
 * @holder:	entry of it
 *
 * An entry that nobody is known to have written is ours when our record says its uid.
 *
 * Return: whether we did; somebody else may have written it, too (.managers.other)
 */
bool vc_pin_is_ours(const struct vc_pin_claim *claim, const struct vc_pin_holder *holder)
{
	if (!vc_pin_is_vm(holder))
		return false;
	return holder->managers.ours || (!holder->managers.other && claim->record_uid &&
	                                 strcmp(claim->record_uid, holder->uid) == 0);
}
