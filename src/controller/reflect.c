/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reflect.c - the two watches that keep the world true.
 */
#include <string.h>

#include "controller/controller.h"
#include "controller/facts.h"
#include "controller/say.h"

/* One of two kinds: how it gets into the world */
struct kind {
	const struct vc_kube_resource *resource;
	int (*take)(struct vc_controller *c, const struct vc_kube_event *event,
	            const char *key, struct vc_err *err);
	int (*gone)(struct vc_controller *c, const char *key, struct vc_err *err);
	int (*synced)(struct vc_controller *c, unsigned sync, struct vc_err *err);
	void (*seen)(struct vc_world *world, const char *key, unsigned sync);
};

/* Claims */

static int take_claim(struct vc_controller *c, const struct vc_kube_event *event,
                      const char *key, struct vc_err *err)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_node root = vc_tree_root(event->object->tree, 0);
	struct vc_claim_facts facts;

	return vc_facts_of_claim(&arena, &root, &facts, err) < 0
	               ? -(int)err->kind
	               : vc_world_claim(&c->world, key, &facts, event->sync, err);
}

static int claim_gone(struct vc_controller *c, const char *key,
                      struct vc_err *err VC_UNUSED)
{
	vc_world_claim_gone(&c->world, key);
	return 0;
}

static int claims_synced(struct vc_controller *c, unsigned sync,
                         struct vc_err *err VC_UNUSED)
{
	vc_world_claims_synced(&c->world, sync);
	return 0;
}

static const struct kind claims = { &vc_kube_claims, take_claim, claim_gone,
	                            claims_synced, vc_world_seen_claim };

/* VMs */

static int take_vm(struct vc_controller *c, const struct vc_kube_event *event,
                   const char *key, struct vc_err *err)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_node root = vc_tree_root(event->object->tree, 0);
	struct vc_vm_facts facts;

	return vc_facts_of_vm(&arena, &root, &facts, err) < 0
	               ? -(int)err->kind
	               : vc_world_vm(&c->world, key, &facts, event->sync, err);
}

static int vm_gone(struct vc_controller *c, const char *key, struct vc_err *err)
{
	return vc_world_vm_gone(&c->world, key, err);
}

static int vms_synced(struct vc_controller *c, unsigned sync, struct vc_err *err)
{
	return vc_world_vms_synced(&c->world, sync, err);
}

static const struct kind vms = { &vc_kube_vms, take_vm, vm_gone, vms_synced,
	                         vc_world_seen_vm };

/* Both */

/* What was known stays, so that nothing is taken back because of it. */
static int lament(struct vc_controller *c, const struct kind *kind,
                  const struct vc_kube_event *event, const char *key, const char *problem)
{
	kind->seen(&c->world, key, event->sync);
	vc_say_unreadable(c, kind->resource, event->object, problem);
	return 0;
}

static int take_object(struct vc_controller *c, const struct kind *kind,
                       const struct vc_kube_event *event, struct vc_err *err)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	const struct vc_kube_object *object = event->object;
	struct vc_err problem = VC_ERR_INIT;
	const char *key;

	if (!*object->namespace || !*object->name)
		return 0; /* not an object of ours */
	key = vc_arena_printf(&arena, "%s/%s", object->namespace, object->name);
	if (!key)
		return vc_fail_oom(err);
	if (event->type == VC_KUBE_DELETED)
		return kind->gone(c, key, err);
	if (!object->tree)
		return lament(c, kind, event, key, object->problem);
	if (kind->take(c, event, key, &problem) == 0)
		return 0;
	if (problem.kind == VC_ERR_INPUT)
		return lament(c, kind, event, key, problem.msg);
	*err = problem;
	return -(int)err->kind;
}

static int hear(struct vc_controller *c, struct vc_watched *watched,
                const struct kind *kind, const struct vc_kube_event *event,
                struct vc_err *err)
{
	if (watched->in_trouble) {
		watched->in_trouble = false;
		watched->trouble = VC_KUBE_OK;
		vc_log(&c->log, VC_LOG_INFO, "%s: the API server answers again",
		       kind == &claims ? "claims" : "virtual machines");
	}
	if (event->type != VC_KUBE_SYNCED)
		return take_object(c, kind, event, err);
	if (kind->synced(c, event->sync, err) < 0)
		return -(int)err->kind;
	watched->complete = true;
	c->n_unreadable = 0;
	return 0;
}

static int on_claim(void *arg, const struct vc_kube_event *event, struct vc_err *err)
{
	struct vc_controller *c = arg;

	return hear(c, &c->claims, &claims, event, err);
}

static int on_vm(void *arg, const struct vc_kube_event *event, struct vc_err *err)
{
	struct vc_controller *c = arg;

	return hear(c, &c->vms, &vms, event, err);
}

/* With --once there is nobody who would wait. */
static void give_up(struct vc_controller *c, const struct vc_kube_trouble *trouble)
{
	if (trouble->tries < VC_ONCE_TRIES && trouble->reason != VC_KUBE_NOT_FOUND &&
	    trouble->reason != VC_KUBE_FORBIDDEN &&
	    trouble->reason != VC_KUBE_UNAUTHORIZED)
		return;
	c->stopping = true;
	c->n_bad++;
	c->worst = trouble->err->kind;
}

static void complain(struct vc_controller *c, struct vc_watched *watched,
                     const struct vc_kube_trouble *trouble, const char *hint)
{
	if (!watched->in_trouble || watched->trouble != trouble->reason)
		vc_log(&c->log, VC_LOG_WARNING, "%s%s", trouble->err->msg,
		       trouble->reason == VC_KUBE_NOT_FOUND ? hint : "");
	watched->in_trouble = true;
	watched->trouble = trouble->reason;
	if (c->options->once)
		give_up(c, trouble);
}

static void on_claim_trouble(void *arg, const struct vc_kube_trouble *trouble)
{
	struct vc_controller *c = arg;

	complain(c, &c->claims, trouble, "; waiting for resource.k8s.io");
}

static void on_vm_trouble(void *arg, const struct vc_kube_trouble *trouble)
{
	struct vc_controller *c = arg;

	complain(c, &c->vms, trouble, "; waiting for KubeVirt to be installed");
}

/**
 * vc_controller_watch() - Begin to watch
 * @c:		controller with a client
 * @err:	why not
 *
 * Return: 0, -VC_ERR_INPUT (not the name of a namespace) or -VC_ERR_INTERNAL
 */
int vc_controller_watch(struct vc_controller *c, struct vc_err *err)
{
	struct vc_kube_query query = { .resource = &vc_kube_claims,
		                       .namespace = c->options->namespace };
	const struct vc_kube_watcher claim_watcher = { on_claim, on_claim_trouble, c };
	const struct vc_kube_watcher vm_watcher = { on_vm, on_vm_trouble, c };

	if (vc_kube_watch_start(c->kube, &query, &claim_watcher, &c->claims.watch, err) <
	    0)
		return -(int)err->kind;
	query.resource = &vc_kube_vms;
	return vc_kube_watch_start(c->kube, &query, &vm_watcher, &c->vms.watch, err);
}
