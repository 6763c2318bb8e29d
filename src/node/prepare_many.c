/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * prepare_many.c - many claims, with one look at the machine for several of them.
 *
 * Theory of operation: a look at the whole machine costs as much as the machine has
 * devices, and preparing a claim takes two or three of them. So claims are taken in
 * batches, and every look serves the whole batch: under one lock it is taken, what each
 * claim needs is decided from it, and is in the journal before the lock is given back.
 * Then, without the lock, the steps of one claim after the other, and the next look,
 * until it finds nothing more to be done for a claim; that one is published.
 *
 * What this must not change:
 *
 * A claim sees those before it. Each decision is made with the entries of all claims that
 * were decided on from the same look. A claim that is refused while others of the batch
 * are on their way is asked about once more when they are over: virtual functions and
 * nodes that they share can be used as soon as they are there.
 *
 * What was decided on is still so. A look is acted on only while it is young; when a driver
 * took its time, the claims that were not begun are given back and decided on anew.
 *
 * A claim that somebody has worked on before (the journal has it) is none for a batch.
 */
#include <string.h>

#include "base/now.h"
#include "node/job.h"
#include "node/prepare.h"
#include "store/claim_store.h"

#define BATCH_MAX 64U
/* Devices, drivers, nodes, nothing; and when a look was too old. After that a claim gets
 * looks of its own. */
#define LOOKS_MAX 8
/* How old a look may be when it is acted on. The first claim may always. */
#define LOOK_AGE_MS 2000

enum state {
	WAITING, /* nothing of it is reserved */
	ALONE,   /* the same, and it is none for a batch */
	PLANNED, /* steps are in the journal, none of these is begun */
	DONE,    /* all its steps are; what more there is has to be seen */
	CHECKED, /* the last look found nothing to do */
	FAILED,  /* .why says why */
	OVER,
};

/* @index: of the claim; @reserved: its entry is on disk; @begun: a step of it is */
struct member {
	struct vc_job job;
	struct vc_prepare_options options;
	size_t index;
	enum state state;
	bool reserved, begun;
	struct vc_err why;
};

/* @look: no claim's; .entries, .leases and .inventory of the last look, at @looked */
struct batch {
	struct vc_arena *arena;
	const struct vc_prepare_many *many;
	struct vc_job look;
	int64_t looked;
	struct member v[BATCH_MAX];
	size_t n;
};

static bool stop_was_asked(const struct vc_prepare_many *many)
{
	return many->stop && *many->stop;
}

static size_t count(const struct batch *b, enum state state)
{
	size_t n = 0;

	for (size_t i = 0; i < b->n; i++)
		n += b->v[i].state == state;
	return n;
}

static void show_look(const struct batch *b, struct member *m)
{
	m->job.entries = b->look.entries;
	m->job.leases = b->look.leases;
	m->job.inventory = b->look.inventory;
}

/* From now on the others see what was planned for a member. */
static int note_entry(struct batch *b, const struct member *m, struct vc_err *err)
{
	struct vc_entry *slot = vc_job_find_entry(&b->look, m->job.entry.uid);

	if (!slot)
		slot = vc_list_push(b->arena, &b->look.entries);
	if (!slot)
		return vc_fail_oom(err);
	*slot = m->job.entry;
	return 0;
}

/* Whatever is odd about a claim is seen, and told, when it is prepared alone. */
static bool is_for_batch(const struct batch *b, struct member *m)
{
	const struct vc_host_claim *claim = &b->many->claims[m->index];
	struct vc_err ignored = VC_ERR_INIT;

	return vc_claim_store_read(b->arena, b->look.node->config->state,
	                           claim->namespace, claim->name, &m->job.claim,
	                           &ignored) == 0 &&
	       !vc_job_find_entry(&b->look, m->job.claim.uid);
}

/* One that is refused may find nothing but the others of its batch in its way. */
static int reserve(struct batch *b, struct member *m, struct vc_err *err)
{
	bool others = count(b, PLANNED) + count(b, DONE) > 0;
	int r;

	if (!is_for_batch(b, m)) {
		m->state = ALONE;
		return 0;
	}
	show_look(b, m);
	r = vc_job_reserve(&m->job, &m->why);
	if (r < 0) {
		m->state = r == -VC_ERR_REFUSED && others ? WAITING : FAILED;
		return 0;
	}
	m->reserved = true;
	m->state = vc_entry_has_planned(&m->job.entry) ? PLANNED : DONE;
	return note_entry(b, m, err);
}

static int plan_more(struct batch *b, struct member *m, struct vc_err *err)
{
	const struct vc_entry before = m->job.entry;
	bool others = count(b, PLANNED) > 0, more;
	int r;

	show_look(b, m);
	r = vc_job_plan_more(&m->job, &more, &m->why);
	if (r == -VC_ERR_REFUSED && others) {
		m->job.entry = before;
		return 0;
	}
	if (r < 0)
		m->state = FAILED;
	else
		m->state = more ? PLANNED : CHECKED;
	return r < 0 ? 0 : note_entry(b, m, err);
}

/* Under the lock; an error is that of the look. */
static int look(struct batch *b, struct vc_err *err)
{
	if (vc_job_observe(&b->look, err) < 0)
		return -(int)err->kind;
	b->looked = vc_now_ms();
	return 0;
}

static int decide(struct batch *b, bool first, struct vc_err *err)
{
	VC_AUTOCLOSE int lock = -1;

	if (vc_job_lock(&b->look, &lock, err) < 0 || look(b, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < b->n; i++) {
		struct member *m = &b->v[i];
		int r = 0;

		if (m->state == WAITING && first)
			r = reserve(b, m, err);
		else if (m->state == DONE)
			r = plan_more(b, m, err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Whoever was to be decided on fails because that cannot be done. */
static void fail_all(struct batch *b, bool first, const struct vc_err *why)
{
	for (size_t i = 0; i < b->n; i++) {
		struct member *m = &b->v[i];

		if (m->state == ALONE || m->state == OVER ||
		    (m->state == WAITING && !first))
			continue;
		m->state = FAILED;
		m->why = *why;
	}
}

static int announce(const struct batch *b, size_t n_steps, struct vc_err *err)
{
	return b->many->before(b->many->arg, n_steps, err);
}

/* @why NULL: it is prepared */
static int end(const struct batch *b, struct member *m, const struct vc_err *why,
               struct vc_err *err)
{
	m->state = OVER;
	return b->many->over(b->many->arg, m->index, why ? NULL : &m->job.report, why,
	                     err);
}

/* Everything is given back that a member has. */
static int end_failed(const struct batch *b, struct member *m, struct vc_err *err)
{
	if (m->reserved) {
		if (announce(b, m->job.entry.steps.n, err) < 0)
			return -(int)err->kind;
		(void)vc_job_fail(&m->job, &m->why);
	}
	return end(b, m, &m->why, err);
}

static int do_steps(const struct batch *b, struct member *m, struct vc_err *err)
{
	if (announce(b, m->job.entry.steps.n, err) < 0)
		return -(int)err->kind;
	m->begun = true;
	m->state = DONE;
	if (vc_job_do_steps(&m->job, &m->why) == 0)
		return 0;
	return end_failed(b, m, err);
}

static int complete(const struct batch *b, struct member *m, struct vc_err *err)
{
	if (vc_job_complete(&m->job, &m->why) < 0)
		return end_failed(b, m, err);
	return end(b, m, NULL, err);
}

/* What was decided may not be so any more. A claim that cannot be given back is taken up
 * from the journal later. */
static void put_off(const struct batch *b, struct member *m)
{
	struct vc_err ignored = VC_ERR_INIT;

	if (m->begun) {
		m->state = DONE;
		return;
	}
	(void)!vc_journal_remove(b->arena, b->look.node->config->run, m->job.entry.uid,
	                         &ignored);
	m->reserved = false;
	m->state = WAITING;
}

static bool is_young(const struct batch *b)
{
	return vc_now_ms() - b->looked <= LOOK_AGE_MS;
}

/* Without the lock. *acted: what one look decided on was done for somebody. */
static int act(const struct batch *b, struct member *m, bool *acted, struct vc_err *err)
{
	bool due = m->state == PLANNED || m->state == CHECKED;

	if (m->state == FAILED)
		return end_failed(b, m, err);
	if (due && ((*acted && !is_young(b)) || (!m->begun && stop_was_asked(b->many)))) {
		put_off(b, m);
		return 0;
	}
	*acted = *acted || due;
	if (m->state == PLANNED)
		return do_steps(b, m, err);
	return m->state == CHECKED ? complete(b, m, err) : 0;
}

static int run_round(struct batch *b, bool first, struct vc_err *err)
{
	struct vc_err why = VC_ERR_INIT;
	bool acted = false;

	if (announce(b, 0, err) < 0)
		return -(int)err->kind;
	if (decide(b, first, &why) < 0)
		fail_all(b, first, &why);
	for (size_t i = 0; i < b->n; i++)
		if (act(b, &b->v[i], &acted, err) < 0)
			return -(int)err->kind;
	return 0;
}

/* Somebody undoes again and again what is done for it, or everything takes long. */
static int finish_alone(const struct batch *b, struct member *m, struct vc_err *err)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;

	if (announce(b, m->job.claim.devices.n * VC_STEP_KINDS, err) < 0)
		return -(int)err->kind;
	m->job.arena = &arena;
	return end(b, m, vc_job_finish(&m->job, &m->why) < 0 ? &m->why : NULL, err);
}

static int prepare_alone(const struct batch *b, struct member *m, struct vc_err *err)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	const struct vc_host_claim *claim = &b->many->claims[m->index];
	int r;

	if (stop_was_asked(b->many)) {
		m->state = WAITING;
		return 0;
	}
	if (announce(b, claim->devices.n * VC_STEP_KINDS, err) < 0)
		return -(int)err->kind;
	r = vc_node_prepare(&arena, b->look.node, claim->namespace, claim->name,
	                    &m->options, &m->job.report, &m->why);
	return end(b, m, r < 0 ? &m->why : NULL, err);
}

static int run_batch(struct batch *b, struct vc_err *err)
{
	for (int i = 0; i < LOOKS_MAX && (i == 0 || count(b, DONE) > 0); i++)
		if (run_round(b, i == 0, err) < 0)
			return -(int)err->kind;
	for (size_t i = 0; i < b->n; i++) {
		struct member *m = &b->v[i];
		int r = 0;

		if (m->state == DONE)
			r = finish_alone(b, m, err);
		else if (m->state == ALONE)
			r = prepare_alone(b, m, err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Takes claims from the front of @waiting; those that wait still are put there again. */
static int take_batch(const struct vc_local_node *node,
                      const struct vc_prepare_many *many, size_t *waiting, size_t n,
                      size_t *ret_left, struct vc_err *err)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct batch *b = vc_arena_alloc(&arena, 1, sizeof(*b));
	size_t left = 0;

	if (!b)
		return vc_fail_oom(err);
	b->arena = &arena;
	b->many = many;
	b->n = n;
	b->look = (struct vc_job){ .arena = &arena, .node = node };
	for (size_t i = 0; i < n; i++) {
		struct member *m = &b->v[i];

		m->index = waiting[i];
		m->options.transient = !many->claims[m->index].persistent;
		m->job = b->look;
		m->job.options = &m->options;
	}
	if (run_batch(b, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < n; i++)
		if (b->v[i].state == WAITING)
			waiting[left++] = b->v[i].index;
	*ret_left = left;
	return 0;
}

/* Each batch brings one claim at least to its end. */
static int take_all(const struct vc_local_node *node, const struct vc_prepare_many *many,
                    size_t *waiting, size_t *n, struct vc_err *err)
{
	size_t left = 0;

	for (size_t at = 0; at < *n && !stop_was_asked(many);) {
		size_t size = *n - at < BATCH_MAX ? *n - at : BATCH_MAX;
		size_t back = 0;

		if (take_batch(node, many, waiting + at, size, &back, err) < 0)
			return -(int)err->kind;
		memmove(waiting + left, waiting + at, back * sizeof(*waiting));
		left += back;
		at += size;
	}
	*n = left;
	return 0;
}

/**
 * vc_node_prepare_many() - Make the devices of many claims ready for QEMU
 * @node:	node; the caller has one thread and no children
 * @many:	claims, and who is told
 * @err:	why it could not go on
 *
 * One claim that fails does not stop the others. Of those that were not begun when a stop
 * was asked for nobody is told anything.
 *
 * Return: 0, -VC_ERR_REFUSED (the role of this host), -VC_ERR_INTERNAL, or as .before and
 * .over
 */
int vc_node_prepare_many(const struct vc_local_node *node,
                         const struct vc_prepare_many *many, struct vc_err *err)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	size_t *waiting = vc_arena_alloc(&arena, many->n + 1, sizeof(*waiting));
	size_t n = many->n;

	if (!waiting)
		return vc_fail_oom(err);
	if (node->config->role != VC_ROLE_HOST)
		return vc_fail(err, VC_ERR_REFUSED,
		               "the role of this host is 'kubernetes': a DRA driver "
		               "prepares devices here");
	for (size_t i = 0; i < n; i++)
		waiting[i] = i;
	while (n > 0 && !stop_was_asked(many))
		if (take_all(node, many, waiting, &n, err) < 0)
			return -(int)err->kind;
	return 0;
}
