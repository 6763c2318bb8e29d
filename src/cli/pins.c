/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/pins.h"

#include <string.h>

#include "claim/tree.h"
#include "cli/output.h"

/* Found */

struct finder {
	struct vc_arena *arena;
	const struct vc_pin_search *search;
	struct vc_pin_names names;
};

static void forget(void *arg)
{
	struct finder *finder = arg;

	finder->names.n = 0;
}

static bool is_on(const struct vc_pin_claim *claim, const char *node)
{
	for (size_t i = 0; i < claim->nodes.n; i++)
		if (strcmp(claim->nodes.v[i], node) == 0)
			return true;
	return false;
}

/* Somebody who is not our pin, and has to go first */
static const struct vc_pin_holder *other_holder(const struct vc_pin_claim *claim)
{
	for (size_t i = 0; i < claim->holders.n; i++)
		if (!vc_pin_is_ours(claim, &claim->holders.v[i]))
			return &claim->holders.v[i];
	return NULL;
}

static int note(struct finder *finder, const struct vc_kube_object *object,
                const char *problem, struct vc_err *err)
{
	struct vc_pin_name *slot = vc_list_push(finder->arena, &finder->names);

	if (!slot)
		return vc_fail_oom(err);
	*slot = (struct vc_pin_name){
		.namespace = vc_arena_strdup(finder->arena, object->namespace),
		.name = vc_arena_strdup(finder->arena, object->name),
		.uid = vc_arena_strdup(finder->arena, object->uid),
		.problem = problem,
	};
	return slot->namespace && slot->name && slot->uid ? 0 : vc_fail_oom(err);
}

static int note_on_lost_node(struct finder *finder, const struct vc_kube_object *object,
                             const struct vc_pin_claim *claim, struct vc_err *err)
{
	const struct vc_pin_holder *other = other_holder(claim);
	char *problem = NULL;

	if (!vc_pin_our_entry(claim, NULL) || !is_on(claim, finder->search->node))
		return 0;
	if (other) {
		problem = vc_arena_printf(
			finder->arena,
			"%s '%s' still holds it; delete that first, then run this again",
			other->resource, other->name);
		if (!problem)
			return vc_fail_oom(err);
	}
	return note(finder, object, problem, err);
}

static int look_at(void *arg, const struct vc_kube_object *object, struct vc_err *err)
{
	VC_AUTO_ARENA struct vc_arena scratch = VC_ARENA_INIT;
	struct finder *finder = arg;
	struct vc_err bad = VC_ERR_INIT;
	struct vc_pin_claim claim;
	struct vc_node root;
	char *problem = NULL;

	if (object->tree)
		root = vc_tree_root(object->tree, 0);
	if (!object->tree || vc_pin_claim_read(&scratch, &root, &claim, &bad) < 0) {
		problem = vc_arena_printf(finder->arena, "cannot be read: %s",
		                          object->tree ? bad.msg : object->problem);
		return problem ? note(finder, object, problem, err) : vc_fail_oom(err);
	}
	if (finder->search->node)
		return note_on_lost_node(finder, object, &claim, err);
	return vc_pin_is_touched(&claim) ? note(finder, object, NULL, err) : 0;
}

/**
 * vc_pins_find() - Find claims that virt-claim has pinned
 * @arena:	holds the names
 * @search:	which
 * @ret_names:	claims, also those that cannot be read
 * @err:	why not
 *
 * Return: 0, -VC_ERR_REMOTE or -VC_ERR_INTERNAL
 */
int vc_pins_find(struct vc_arena *arena, const struct vc_pin_search *search,
                 struct vc_pin_names *ret_names, struct vc_err *err)
{
	struct finder finder = { .arena = arena, .search = search };
	const struct vc_kube_query query = {
		.resource = &vc_kube_claims,
		.namespace = search->namespace,
	};
	const struct vc_kube_list_sink sink = {
		.begin = forget,
		.object = look_at,
		.arg = &finder,
	};

	if (vc_kube_list(search->cluster->kube, &query, &sink, err) < 0)
		return -(int)err->kind;
	*ret_names = finder.names;
	return 0;
}

/* The node */

static const char *text_of(const struct vc_node *node, const char *key)
{
	const char *text = vc_node_member_text(node, key);

	return text ? text : "";
}

static bool is_ready(const struct vc_node *root)
{
	struct vc_node status, conditions;

	if (!vc_node_member(root, "status", &status) ||
	    !vc_node_member(&status, "conditions", &conditions) ||
	    vc_node_type(&conditions) != VC_NODE_ARRAY)
		return false;
	for (size_t i = 0; i < vc_node_count(&conditions); i++) {
		struct vc_node condition = vc_node_element(&conditions, i);

		if (strcmp(text_of(&condition, "type"), "Ready") == 0)
			return strcmp(text_of(&condition, "status"), "True") == 0;
	}
	return false;
}

/**
 * vc_pins_check_node() - Refuse to take a node for lost that works
 * @cluster:	API server
 * @node:	name
 * @err:	why not
 *
 * Return: 0 (it is not Ready, or has no object any more), -VC_ERR_REFUSED, -VC_ERR_REMOTE
 * or -VC_ERR_INTERNAL
 */
int vc_pins_check_node(struct vc_cluster *cluster, const char *node, struct vc_err *err)
{
	VC_AUTO_ARENA struct vc_arena scratch = VC_ARENA_INIT;
	VC_AUTO_TREE struct vc_tree *tree = NULL;
	const struct vc_kube_target target = { .resource = &vc_kube_nodes, .name = node };
	struct vc_err failed = VC_ERR_INIT;
	struct vc_kube_text text;
	struct vc_node root;

	if (vc_kube_get(cluster->kube, &scratch, &target, &text, &failed) < 0) {
		if (failed.kind == VC_ERR_REMOTE &&
		    vc_kube_status_absent(vc_kube_last(cluster->kube)))
			return 0;
		*err = failed;
		return -(int)err->kind;
	}
	if (vc_tree_parse(text.data, text.len, "node", &tree, err) < 0)
		return -(int)err->kind;
	root = vc_tree_root(tree, 0);
	if (is_ready(&root))
		return vc_fail(err, VC_ERR_REFUSED,
		               "node '%s' is Ready, so it is not lost; name the claims "
		               "that are to be unpinned",
		               node);
	return 0;
}

/* Done */

static void print_nothing(const struct vc_pin_claim *claim, struct vc_buf *buf)
{
	vc_buf_printf(buf, "%s/%s: is not pinned by virt-claim", claim->namespace,
	              claim->name);
	for (size_t i = 0; i < claim->holders.n; i++)
		if (vc_pin_is_vm(&claim->holders.v[i])) {
			vc_buf_printf(buf,
			              "; virtual machine '%s' is entered by somebody "
			              "else and stays",
			              claim->holders.v[i].name);
			break;
		}
	vc_buf_puts(buf, "\n");
}

static const char *consequence(const struct vc_pin_outcome *outcome, bool dry_run)
{
	const struct vc_pin_claim *claim = &outcome->claim;

	if (outcome->first == VC_PIN_RELEASE)
		return dry_run ? "; its devices would be free" : "; its devices are free";
	if (dry_run)
		return "";
	if (claim->deleted)
		return "; it is being deleted";
	if (claim->holders.n > 0)
		return "; others still use it, and keep it allocated until they end";
	if (!claim->allocated)
		return "";
	return claim->guarded
	               ? "; it stays allocated until a pod has used it, because the "
	                 "right to clear status.devices (resourceclaims/driver) is "
	                 "missing"
	               : "; it stays allocated, which was not Kubernetes' doing";
}

static void print_outcome(const struct vc_pin_name *name,
                          const struct vc_pin_outcome *outcome, bool dry_run,
                          struct vc_buf *buf)
{
	bool vm = outcome->vm && *outcome->vm;

	if (outcome->steps == 0) {
		if (!outcome->gone)
			print_nothing(&outcome->claim, buf);
		return;
	}
	vc_buf_printf(buf, "%s/%s: ", name->namespace, name->name);
	if (outcome->first == VC_PIN_UNGUARD)
		vc_buf_puts(buf, dry_run ? "what is left of a pin would be removed"
		                         : "what was left of a pin is removed");
	else
		vc_buf_printf(buf, "%s from virtual machine '%s'%s",
		              dry_run ? "would be unpinned" : "unpinned",
		              vm ? outcome->vm : "?", consequence(outcome, dry_run));
	vc_buf_puts(buf, "\n");
}

static int remove_one(struct vc_arena *arena, const struct vc_pin_context *context,
                      const struct vc_pin_name *name, struct vc_buf *buf,
                      struct vc_err *err)
{
	const struct vc_pin_order order = {
		.namespace = name->namespace,
		.claim = name->name,
		.claim_uid = name->uid,
	};
	struct vc_pin_outcome outcome;

	if (name->problem)
		return vc_fail(err, VC_ERR_REFUSED, "%s/%s: %s", name->namespace,
		               name->name, name->problem);
	if (vc_pin_unpin(context, arena, &order, &outcome, err) < 0)
		return -(int)err->kind;
	if (outcome.gone && outcome.steps == 0 && name->wanted)
		return vc_fail(err, VC_ERR_ABSENT,
		               "%s/%s: the API server has no such claim", name->namespace,
		               name->name);
	print_outcome(name, &outcome, context->dry_run, buf);
	if (name->wanted && outcome.by_controller && !context->dry_run)
		vc_output_warning("%s/%s: virt-claim-controller had pinned it because an "
		                  "annotation asks for it, and will do so again",
		                  name->namespace, name->name);
	return 0;
}

/**
 * vc_pins_remove() - Unpin claims, and tell
 * @arena:	for texts
 * @context:	client
 * @names:	claims
 * @buf:	gets a line for each that is done
 * @err:	of the last one that failed; the others were warned about
 *
 * One that fails does not stop the others, unless the API server does not answer.
 *
 * Return: 0, or as vc_pin_unpin() for one of them
 */
int vc_pins_remove(struct vc_arena *arena, const struct vc_pin_context *context,
                   const struct vc_pin_names *names, struct vc_buf *buf,
                   struct vc_err *err)
{
	struct vc_err failed = VC_ERR_INIT;

	for (size_t i = 0; i < names->n; i++) {
		struct vc_err one = VC_ERR_INIT;

		if (remove_one(arena, context, &names->v[i], buf, &one) == 0)
			continue;
		if (failed.kind != VC_ERR_NONE)
			vc_output_warning("%s", failed.msg);
		failed = one;
		if (one.kind == VC_ERR_REMOTE &&
		    vc_kube_last(context->kube)->reason == VC_KUBE_NO_ANSWER)
			break;
	}
	if (failed.kind == VC_ERR_NONE)
		return 0;
	*err = failed;
	return -(int)err->kind;
}
