/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * release.c - --release-all: nothing of ours stays in the cluster.
 *
 * Annotations that ask for pins are the users', and stay. So a controller that still runs
 * would pin again: that is looked for at the end.
 */
#include <inttypes.h>

#include "claim/tree.h"
#include "controller/controller.h"
#include "pin/apply.h"

#define ROUNDS 3U

/**
 * struct found - claims that have something of ours
 * @arena:	holds them
 * @v, @n, @cap: namespace, name, uid
 * @problems:	claims that cannot be read
 */
struct found {
	struct vc_controller *c;
	struct vc_arena arena;
	struct vc_pin_order *v;
	size_t n, cap;
	size_t problems;
};

static void begin(void *arg)
{
	struct found *found = arg;

	vc_arena_release(&found->arena);
	found->v = NULL;
	found->n = found->cap = found->problems = 0;
}

static int add(struct found *found, const struct vc_pin_claim *claim, struct vc_err *err)
{
	struct vc_pin_order *order = vc_list_push(&found->arena, found);

	if (!order)
		return vc_fail_oom(err);
	order->namespace = vc_arena_strdup(&found->arena, claim->namespace);
	order->claim = vc_arena_strdup(&found->arena, claim->name);
	order->claim_uid = vc_arena_strdup(&found->arena, claim->uid);
	return order->namespace && order->claim && order->claim_uid ? 0
	                                                            : vc_fail_oom(err);
}

static int look(void *arg, const struct vc_kube_object *object, struct vc_err *err)
{
	VC_AUTO_ARENA struct vc_arena scratch = VC_ARENA_INIT;
	struct found *found = arg;
	struct vc_err problem = VC_ERR_INIT;
	struct vc_pin_claim claim;
	struct vc_node root;

	if (object->tree) {
		root = vc_tree_root(object->tree, 0);
		if (vc_pin_claim_read(&scratch, &root, &claim, &problem) == 0)
			return vc_pin_is_touched(&claim) ? add(found, &claim, err) : 0;
		if (problem.kind == VC_ERR_INTERNAL)
			return vc_fail_oom(err);
	}
	vc_log(&found->c->log, VC_LOG_WARNING, "%s/%s cannot be read: %s",
	       object->namespace, object->name,
	       object->tree ? problem.msg : object->problem);
	found->problems++;
	return 0;
}

static int find_all(struct found *found, struct vc_err *err)
{
	const struct vc_kube_query query = { .resource = &vc_kube_claims,
		                             .namespace = found->c->options->namespace };
	const struct vc_kube_list_sink sink = { begin, look, found };

	return vc_kube_list(found->c->kube, &query, &sink, err);
}

static int release_one(struct found *found, const struct vc_pin_order *order,
                       struct vc_err *err)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_controller *c = found->c;
	const struct vc_pin_context context = { .kube = c->kube,
		                                .dry_run = c->options->dry_run };
	struct vc_pin_outcome outcome;

	if (vc_pin_unpin(&context, &arena, order, &outcome, err) < 0)
		return -(int)err->kind;
	vc_log(&c->log, VC_LOG_INFO, "%s/%s: %s", order->namespace, order->claim,
	       c->options->dry_run ? "would be released" : "released");
	return 0;
}

/* All that were found; *ret_failed of them stay as they are. */
static int release_found(struct found *found, size_t *ret_failed, struct vc_err *err)
{
	struct vc_controller *c = found->c;
	size_t failed = 0;

	for (size_t i = 0; i < found->n; i++) {
		struct vc_err why = VC_ERR_INIT;

		vc_controller_heed_signals(c);
		if (c->stopping)
			return vc_fail(err, VC_ERR_SYSTEM,
			               "interrupted with %zu claim%s to go", found->n - i,
			               found->n - i == 1 ? "" : "s");
		if (release_one(found, &found->v[i], &why) == 0)
			continue;
		vc_log(&c->log, VC_LOG_ERROR, "%s", why.msg);
		c->worst = why.kind;
		failed++;
	}
	*ret_failed = failed;
	return 0;
}

/* Until a list has none; *ret_left are there all the same. */
static int release(struct found *found, size_t *ret_left, struct vc_err *err)
{
	size_t failed = 0;

	for (unsigned round = 0; round < ROUNDS; round++) {
		if (find_all(found, err) < 0)
			return -(int)err->kind;
		if (found->n == 0 || (round > 0 && found->c->options->dry_run))
			break;
		if (release_found(found, &failed, err) < 0)
			return -(int)err->kind;
	}
	if (found->n > 0 && !found->c->options->dry_run && find_all(found, err) < 0)
		return -(int)err->kind;
	*ret_left = found->c->options->dry_run ? failed : found->n;
	return 0;
}

static void release_arena(struct found *found)
{
	vc_arena_release(&found->arena);
}

static int run(struct vc_controller *c, struct vc_err *err)
{
	VC_CLEANUP(release_arena)
	struct found found = { .c = c, .arena = VC_ARENA_INIT };
	size_t left = 0;

	if (release(&found, &left, err) < 0)
		return -(int)err->kind;
	if (left > 0 && c->worst == VC_ERR_NONE)
		return vc_fail(err, VC_ERR_REFUSED,
		               "%zu claim%s pinned again while pins were released; is a "
		               "virt-claim-controller still running?",
		               left, left == 1 ? " was" : "s were");
	if (left > 0)
		return vc_fail(err, c->worst, "%zu claim%s could not be released", left,
		               left == 1 ? "" : "s");
	if (found.problems > 0)
		return vc_fail(err, VC_ERR_INPUT,
		               "%zu claim%s could not be read, and may be pinned",
		               found.problems, found.problems == 1 ? "" : "s");
	return 0;
}

/**
 * vc_controller_release_all() - Take back every pin
 * @options:	command line
 * @err:	why not, or not all
 *
 * Return: 0: nothing of ours is left; -VC_ERR_REFUSED (somebody pins again), -VC_ERR_REMOTE
 * or other kinds
 */
int vc_controller_release_all(const struct vc_controller_options *options,
                              struct vc_err *err)
{
	VC_AUTO_CONTROLLER struct vc_controller c = VC_CONTROLLER_INIT(options);

	return vc_controller_open(&c, err) < 0 ? -(int)err->kind : run(&c, err);
}
