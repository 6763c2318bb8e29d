/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The source "kube": claims of this node as the API server shows them, slices that this
 * node publishes (attributes of their devices), and pods that run here and use claims.
 *
 * Claims can only be asked for all together, so each node hears of all; what is kept are
 * those of this node (kube_scope.h). Slices and pods come first, because they decide
 * about claims whose node selector leaves it open. Such a claim that was left out may
 * turn out to be ours when a pool or a pod appears: then claims are listed anew, a
 * moment later and not often.
 *
 * Whoever may not read pods does without, as long as no claim depends on them.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/now.h"
#include "base/parse.h"
#include "companion/kube_pools.h"
#include "companion/kube_reflector.h"
#include "companion/kube_scope.h"
#include "companion/source.h"
#include "kube/api.h"
#include "kube/secret.h"

/* The claim of a pod that just appeared may be on its way. */
#define AGAIN_DELAY_MS  1000
#define AGAIN_PERIOD_MS 30000
/* Pools that are remembered; more are not. */
#define POOLS_MAX 4096U

/**
 * struct source_kube - the source
 * @arena:	holds texts, and @known
 * @node:	name of this node
 * @selector:	of what is on this node
 * @config, @kube: the client
 * @epoll, @timer: of the client, and the clock
 * @claims, @slices, @pods: what there is
 * @known:	.driver and .pool of every slice since the start
 * @pools:	what slices say, or said
 * @undecided:	a claim was left out that a pool or a pod may make ours
 * @again_at:	when claims are to be listed anew; -1 not
 * @listed_at:	when they were last
 */
struct source_kube {
	struct vc_arena arena;
	const char *node;
	char *selector;
	struct vc_kube_config config;
	struct vc_kube *kube;
	int epoll, timer;
	struct vc_kube_reflector claims, slices, pods;
	struct vc_slices known;
	struct vc_kube_pools pools;
	bool undecided;
	int64_t again_at, listed_at;
};

/* Which objects */

static bool is_for_pods(const struct source_kube *s, const struct vc_claim *claim)
{
	const struct vc_kube_cache *pods = &s->pods.kept;

	for (size_t i = 0; i < pods->n; i++)
		if (vc_kube_claim_for_pod(claim, &pods->v[i]->facts.pods.v[0]))
			return true;
	return false;
}

static enum vc_tri glance_at_claim(void *arg, const struct vc_node *object)
{
	const struct source_kube *s = arg;
	struct vc_kube_allocation found = vc_kube_allocation_read(object, s->node);

	return found.allocated ? found.here : VC_NO;
}

static bool decide_claim(void *arg, const struct vc_kube_entry *entry, enum vc_tri glance)
{
	struct source_kube *s = arg;
	const struct vc_claim *claim = &entry->facts.claims.v[0];

	if (glance == VC_YES || vc_kube_claim_in_pools(claim, &s->known) ||
	    is_for_pods(s, claim))
		return true;
	/* something to tell, when pods cannot be read */
	s->claims.changed = s->claims.changed || !s->undecided;
	s->undecided = true;
	return false;
}

static void list_claims_again(struct source_kube *s)
{
	int64_t earliest = s->listed_at + AGAIN_PERIOD_MS;

	if (!s->undecided || s->again_at >= 0)
		return;
	s->again_at = vc_now_ms() + AGAIN_DELAY_MS;
	s->again_at = s->again_at > earliest ? s->again_at : earliest;
}

static enum vc_tri glance_at_slice(void *arg VC_UNUSED,
                                   const struct vc_node *object VC_UNUSED)
{
	return VC_YES;
}

static bool is_known_pool(const struct source_kube *s, const struct vc_slice *slice)
{
	for (size_t i = 0; i < s->known.n; i++)
		if (vc_driver_equal(s->known.v[i].driver, slice->driver) &&
		    strcmp(s->known.v[i].pool, slice->pool) == 0)
			return true;
	return false;
}

/* A pool that is not remembered decides nothing: that costs claims without a node
 * selector, of a node with thousands of pools. */
static bool decide_slice(void *arg, const struct vc_kube_entry *entry,
                         enum vc_tri glance VC_UNUSED)
{
	struct source_kube *s = arg;
	const struct vc_slice *slice = &entry->facts.slices.v[0];
	struct vc_slice pool = { 0 }, *slot;

	if (is_known_pool(s, slice) || s->known.n >= POOLS_MAX)
		return true;
	pool.driver = vc_arena_strdup(&s->arena, slice->driver);
	pool.pool = vc_arena_strdup(&s->arena, slice->pool);
	slot = pool.driver && pool.pool ? vc_list_push(&s->arena, &s->known) : NULL;
	if (slot)
		*slot = pool;
	list_claims_again(s);
	return true;
}

static enum vc_tri glance_at_pod(void *arg VC_UNUSED, const struct vc_node *object)
{
	struct vc_node spec, claims;

	return vc_node_member(object, "spec", &spec) &&
	                       vc_node_type(&spec) == VC_NODE_OBJECT &&
	                       vc_node_member(&spec, "resourceClaims", &claims) &&
	                       vc_node_type(&claims) == VC_NODE_ARRAY &&
	                       vc_node_count(&claims) > 0
	               ? VC_UNKNOWN
	               : VC_NO;
}

static bool has_all_claims(const struct source_kube *s, const struct vc_pod *pod)
{
	for (size_t i = 0; i < pod->claims.n; i++) {
		const char *name = pod->claims.v[i].claim_name;

		if (name && !vc_kube_cache_find(&s->claims.kept, pod->namespace, name))
			return false;
	}
	return true;
}

static bool decide_pod(void *arg, const struct vc_kube_entry *entry,
                       enum vc_tri glance VC_UNUSED)
{
	struct source_kube *s = arg;
	const struct vc_pod *pod = &entry->facts.pods.v[0];
	bool known = vc_kube_cache_find(&s->pods.kept, entry->namespace, entry->name);

	if (!pod->namespace)
		return false;
	if (!known && !has_all_claims(s, pod))
		list_claims_again(s);
	return true;
}

/* Opening */

static int find_node(struct source_kube *s, const struct vc_config *config,
                     struct vc_err *err)
{
	const char *named = config->node_name ? config->node_name : getenv("NODE_NAME");

	if (!named || *named == '\0')
		return vc_fail(err, VC_ERR_INPUT,
		               "the name of this node is not known; say it with "
		               "--node-name, 'node-name' of the configuration or "
		               "NODE_NAME");
	if (!vc_is_dns_subdomain(named))
		return vc_fail(err, VC_ERR_INPUT, "'%.64s' is not the name of a node",
		               named);
	s->node = vc_arena_strdup(&s->arena, named);
	s->selector = vc_arena_printf(&s->arena, "spec.nodeName=%s", named);
	return s->node && s->selector ? 0 : vc_fail_oom(err);
}

static int open_client(struct source_kube *s, const struct vc_config *config,
                       struct vc_err *err)
{
	const struct vc_kube_choice choice = { .kubeconfig = config->kubeconfig };
	const struct vc_kube_options options = { 0 };

	vc_secret_no_dump();
	if (vc_kube_config_find(&choice, &s->config, err) < 0)
		return -(int)err->kind;
	return vc_kube_open(&s->config, &options, &s->kube, err);
}

static int watch_descriptor(const struct source_kube *s, int fd, struct vc_err *err)
{
	struct epoll_event event = { .events = EPOLLIN };

	if (epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &event) < 0)
		return vc_fail_sys(err, errno, "cannot wait for the API server");
	return 0;
}

static int open_descriptors(struct source_kube *s, struct vc_err *err)
{
	s->epoll = epoll_create1(EPOLL_CLOEXEC);
	s->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (s->epoll < 0 || s->timer < 0)
		return vc_fail_sys(err, errno, "cannot wait for the API server");
	if (watch_descriptor(s, s->timer, err) < 0)
		return -(int)err->kind;
	return watch_descriptor(s, vc_kube_fd(s->kube), err);
}

static void set_interests(struct source_kube *s)
{
	s->claims.interest =
		(struct vc_kube_interest){ glance_at_claim, decide_claim, s };
	s->slices.interest =
		(struct vc_kube_interest){ glance_at_slice, decide_slice, s };
	s->pods.interest = (struct vc_kube_interest){ glance_at_pod, decide_pod, s };
	s->claims.claims = true;
	s->claims.server = s->slices.server = s->pods.server = s->config.server;
}

static int begin_watches(struct source_kube *s, struct vc_err *err)
{
	const struct vc_kube_query slices = { .resource = &vc_kube_slices,
		                              .field_selector = s->selector };
	const struct vc_kube_query pods = { .resource = &vc_kube_pods,
		                            .field_selector = s->selector };

	if (vc_kube_reflector_start(&s->slices, s->kube, &slices, err) < 0)
		return -(int)err->kind;
	return vc_kube_reflector_start(&s->pods, s->kube, &pods, err);
}

static void close_kube(void *state)
{
	struct source_kube *s = state;

	if (!s)
		return;
	vc_kube_close(s->kube);
	vc_kube_config_release(&s->config);
	vc_kube_pools_release(&s->pools);
	vc_kube_reflector_release(&s->claims);
	vc_kube_reflector_release(&s->slices);
	vc_kube_reflector_release(&s->pods);
	vc_closep(&s->epoll);
	vc_closep(&s->timer);
	vc_arena_release(&s->arena);
	free(s);
}

static void close_kubep(struct source_kube **s)
{
	close_kube(*s);
}

static int open_kube(const struct vc_config *config, void **ret_state, struct vc_err *err)
{
	VC_CLEANUP(close_kubep) struct source_kube *s = calloc(1, sizeof(*s));

	if (!s)
		return vc_fail_oom(err);
	s->arena = (struct vc_arena)VC_ARENA_INIT;
	s->config = (struct vc_kube_config)VC_KUBE_CONFIG_INIT;
	s->epoll = s->timer = -1;
	s->again_at = -1;
	if (find_node(s, config, err) < 0 || open_client(s, config, err) < 0 ||
	    open_descriptors(s, err) < 0)
		return -(int)err->kind;
	set_interests(s);
	if (begin_watches(s, err) < 0)
		return -(int)err->kind;
	*ret_state = vc_steal(&s);
	return 0;
}

/* Working */

static int fd_kube(const void *state)
{
	return ((const struct source_kube *)state)->epoll;
}

static bool has_answered(const struct vc_kube_reflector *r)
{
	return r->complete || *r->trouble;
}

static bool is_forbidden(const struct vc_kube_reflector *r)
{
	return !r->complete && *r->trouble && r->reason == VC_KUBE_FORBIDDEN;
}

/* What decides about claims is there, or cannot be had. */
static int list_claims(struct source_kube *s, int64_t now, struct vc_err *err)
{
	const struct vc_kube_query query = { .resource = &vc_kube_claims };
	bool first = !s->claims.watch;

	if (first ? !has_answered(&s->slices) || !has_answered(&s->pods)
	          : s->again_at < 0 || s->again_at > now)
		return 0;
	s->again_at = -1;
	s->listed_at = now;
	s->undecided = false;
	return first ? vc_kube_reflector_start(&s->claims, s->kube, &query, err)
	             : vc_kube_reflector_restart(&s->claims, s->kube, &query, err);
}

static int64_t earlier(int64_t a, int64_t b)
{
	if (a < 0 || b < 0)
		return a < 0 ? b : a;
	return a < b ? a : b;
}

static int set_timer(const struct source_kube *s, struct vc_err *err)
{
	int64_t due = earlier(vc_kube_reflector_due(&s->claims),
	                      earlier(vc_kube_reflector_due(&s->slices),
	                              vc_kube_reflector_due(&s->pods)));
	struct itimerspec when = { 0 };

	due = earlier(due, s->again_at);
	if (due >= 0) {
		when.it_value.tv_sec = due / 1000;
		when.it_value.tv_nsec = due % 1000 * 1000000 + 1; /* 0 disarms */
	}
	if (timerfd_settime(s->timer, TFD_TIMER_ABSTIME, &when, NULL) < 0)
		return vc_fail_sys(err, errno, "cannot set a clock");
	return 0;
}

static bool take_change(struct vc_kube_reflector *r, int64_t now)
{
	bool changed;

	vc_kube_reflector_look(r, now);
	changed = r->changed;
	r->changed = false;
	return changed;
}

static int work_kube(void *state, bool *ret_changed, struct vc_err *err)
{
	struct source_kube *s = state;
	int64_t now;
	bool claims, slices, pods;

	vc_kube_work(s->kube);
	now = vc_now_ms();
	claims = take_change(&s->claims, now);
	slices = take_change(&s->slices, now);
	pods = take_change(&s->pods, now);
	if ((claims || slices) &&
	    vc_kube_pools_update(&s->pools, &s->slices.kept, &s->claims.kept, err) < 0)
		return -(int)err->kind;
	if (list_claims(s, now, err) < 0 || set_timer(s, err) < 0)
		return -(int)err->kind;
	*ret_changed = claims || slices || pods;
	return 0;
}

static bool settled_kube(const void *state)
{
	const struct source_kube *s = state;

	return s->claims.complete && s->slices.complete &&
	       (s->pods.complete || is_forbidden(&s->pods));
}

/* Telling */

static bool is_told(const struct source_kube *s, const struct vc_kube_reflector *r)
{
	if (r == &s->pods && is_forbidden(r))
		return s->undecided;
	return *r->trouble;
}

/* The same way does not work for all three: one line is enough. NULL: nothing to tell, or
 * out of memory. */
static char *troubles_text(const struct source_kube *s, struct vc_arena *arena)
{
	const struct vc_kube_reflector *const all[] = { &s->claims, &s->slices,
		                                        &s->pods };
	char *text = NULL;

	for (size_t i = 0; i < VC_ARRAY_SIZE(all); i++) {
		if (!is_told(s, all[i]) || (text && all[i]->reason == VC_KUBE_NO_ANSWER))
			continue;
		text = vc_arena_printf(arena, "%s%s%s", text ? text : "",
		                       text ? "; " : "", all[i]->trouble);
		if (!text || all[i]->reason == VC_KUBE_NO_ANSWER)
			break;
	}
	return text;
}

static int collect_troubles(const struct source_kube *s, struct vc_told *told,
                            struct vc_err *err)
{
	struct vc_trouble trouble = { .subject = s->config.server,
		                      .kind = VC_ERR_REMOTE };

	if (!is_told(s, &s->claims) && !is_told(s, &s->slices) && !is_told(s, &s->pods))
		return 0;
	trouble.text = troubles_text(s, told->arena);
	if (!trouble.text)
		return vc_fail_oom(err);
	return vc_trouble_add(told->arena, &told->troubles, &trouble, err);
}

static int collect_kube(const void *state, struct vc_told *told, struct vc_err *err)
{
	const struct source_kube *s = state;

	if (vc_kube_cache_collect(&s->claims.kept, told->arena, &told->facts, err) < 0 ||
	    vc_kube_pools_collect(&s->pools, &s->slices.kept, told->arena, &told->facts,
	                          err) < 0 ||
	    vc_kube_cache_collect(&s->pods.kept, told->arena, &told->facts, err) < 0 ||
	    vc_kube_reflector_complain(&s->claims, told, err) < 0 ||
	    vc_kube_reflector_complain(&s->slices, told, err) < 0 ||
	    vc_kube_reflector_complain(&s->pods, told, err) < 0)
		return -(int)err->kind;
	return collect_troubles(s, told, err);
}

const struct vc_companion_source vc_companion_kube = {
	.name = "kube",
	.open = open_kube,
	.fd = fd_kube,
	.work = work_kube,
	.settled = settled_kube,
	.collect = collect_kube,
	.close = close_kube,
};
