/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "companion/decide.h"

#include <stdlib.h>
#include <string.h>

/* Texts to look for, sorted. */
struct keys {
	const char **v;
	size_t n;
};

/* A complete claim and the place that it wants. */
struct want {
	const char *namespace, *name;
	size_t i; /* in .seen */
};

struct deciding {
	struct vc_arena *arena;
	const struct vc_situation *is;
	struct keys uids, names; /* protected claims */
	bool all;                /* everything is */
	struct want *wants;      /* sorted by place, then .i */
	size_t n_wants;
	struct vc_decisions result;
};

static int compare_keys(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool has_key(const struct keys *keys, const char *key)
{
	return keys->n > 0 &&
	       bsearch(&key, keys->v, keys->n, sizeof(*keys->v), compare_keys) != NULL;
}

static int compare_place(const char *namespace, const char *name, const char *namespace2,
                         const char *name2)
{
	int c = strcmp(namespace, namespace2);

	return c != 0 ? c : strcmp(name, name2);
}

static int compare_wants(const void *va, const void *vb)
{
	const struct want *a = va, *b = vb;
	int c = compare_place(a->namespace, a->name, b->namespace, b->name);

	return c != 0 ? c : (a->i > b->i) - (a->i < b->i);
}

/* Protection */

static int add_key(struct deciding *d, const struct vc_trouble *t, struct vc_err *err)
{
	if (t->uid) {
		d->uids.v[d->uids.n++] = t->uid;
		return 0;
	}
	d->names.v[d->names.n] =
		vc_arena_printf(d->arena, "%s/%s", t->namespace, t->name);
	return d->names.v[d->names.n++] ? 0 : vc_fail_oom(err);
}

/* What a trouble may hide is left as it is; one of which nobody knows whom it concerns may
 * hide anything. */
static int list_protected(struct deciding *d, struct vc_err *err)
{
	const struct vc_troubles *troubles = d->is->troubles;

	d->uids.v = vc_arena_alloc(d->arena, troubles->n + 1, sizeof(*d->uids.v));
	d->names.v = vc_arena_alloc(d->arena, troubles->n + 1, sizeof(*d->names.v));
	if (!d->uids.v || !d->names.v)
		return vc_fail_oom(err);
	for (size_t i = 0; i < troubles->n; i++) {
		const struct vc_trouble *t = &troubles->v[i];
		bool known = t->uid || (t->namespace && t->name);

		if (t->fatal || (t->passing && !known))
			d->all = true;
		else if (t->passing && add_key(d, t, err) < 0)
			return -(int)err->kind;
	}
	qsort(d->uids.v, d->uids.n, sizeof(*d->uids.v), compare_keys);
	qsort(d->names.v, d->names.n, sizeof(*d->names.v), compare_keys);
	return 0;
}

/* 1, 0, or -VC_ERR_INTERNAL */
static int is_protected(const struct deciding *d, const char *uid, const char *namespace,
                        const char *name, struct vc_err *err)
{
	const char *key;

	if (has_key(&d->uids, uid))
		return 1;
	if (!name || !namespace || d->names.n == 0)
		return 0;
	key = vc_arena_printf(d->arena, "%s/%s", namespace, name);
	return key ? has_key(&d->names, key) : vc_fail_oom(err);
}

/* Places */

static const struct vc_published_claim *
published_at(const struct deciding *d, const char *namespace, const char *name)
{
	const struct vc_published *p = d->is->published;
	size_t low = 0, high = p->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int c = compare_place(namespace, name, p->v[mid].namespace,
		                      p->v[mid].name);

		if (c == 0)
			return &p->v[mid];
		if (c < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return NULL;
}

static int list_wants(struct deciding *d, struct vc_err *err)
{
	const struct vc_seen_list *seen = d->is->seen;

	d->wants = vc_arena_alloc(d->arena, seen->n + 1, sizeof(*d->wants));
	if (!d->wants)
		return vc_fail_oom(err);
	for (size_t i = 0; i < seen->n; i++) {
		const struct vc_claim *claim = &seen->v[i].claim;

		d->result.seen[i].text = seen->v[i].text;
		if (seen->v[i].state == VC_SEEN_COMPLETE)
			d->wants[d->n_wants++] =
				(struct want){ claim->namespace, claim->name, i };
	}
	qsort(d->wants, d->n_wants, sizeof(*d->wants), compare_wants);
	return 0;
}

/* Writing */

static int refuse_twin(struct deciding *d, const struct want *want,
                       const struct want *other, struct vc_err *err)
{
	const struct vc_claim *claim = &d->is->seen->v[other->i].claim;
	const char *text = vc_arena_printf(
		d->arena,
		"is not published: claim %s of that name is on this node, too; one of the "
		"two is left over, so remove the files that its driver left ('%s')",
		claim->uid, claim->origin ? claim->origin : "?");

	if (!text)
		return vc_fail_oom(err);
	d->result.seen[want->i].text = text;
	return 0;
}

/* Of claims that want one place, the only one that the API server knows; NULL none. */
static const struct want *choose(const struct deciding *d, const struct want *v, size_t n)
{
	const struct want *chosen = n == 1 ? v : NULL;
	size_t n_api = 0;

	for (size_t i = 0; n > 1 && i < n; i++) {
		if (!d->is->seen->v[v[i].i].claim.from_api)
			continue;
		chosen = &v[i];
		n_api++;
	}
	return n_api > 1 ? NULL : chosen;
}

/* What is in the way of writing; NULL nothing. */
static int find_obstacle(struct deciding *d, const struct vc_published_claim *there,
                         const char **ret_text, struct vc_err *err)
{
	const char *text = NULL;

	*ret_text = NULL;
	if (!there || (there->ours && !there->foreign))
		return 0;
	if (!there->ours)
		text = vc_arena_printf(
			d->arena,
			"is not published: virt-claimd did not write what "
			"is in '%s/%s/%s', so it stays; remove that folder "
			"when nobody needs it",
			d->is->directory, there->namespace, there->name);
	else
		text = vc_arena_printf(d->arena,
		                       "stays as it is published: virt-claimd did not "
		                       "write '%.200s' in '%s/%s/%s'; remove that",
		                       there->foreign, d->is->directory, there->namespace,
		                       there->name);
	if (!text)
		return vc_fail_oom(err);
	*ret_text = text;
	return 0;
}

/* A claim that has its place for itself. */
static int decide_want(struct deciding *d, const struct want *want, struct vc_err *err)
{
	const struct vc_published_claim *there =
		published_at(d, want->namespace, want->name);
	const char *uid = d->is->seen->v[want->i].claim.uid;
	struct vc_decision *decision = &d->result.seen[want->i];
	bool same = there && strcmp(there->uid, uid) == 0;
	const char *obstacle;
	int r;

	if (find_obstacle(d, there, &obstacle, err) < 0)
		return -(int)err->kind;
	if (obstacle) {
		decision->text = obstacle;
		return 0;
	}
	r = is_protected(d, uid, want->namespace, want->name, err);
	if (r < 0)
		return r;
	/* perhaps not all of it is seen now, and then less would be published than is */
	if (r > 0 || (same && (d->all || !d->is->settled)))
		return 0;
	decision->action = VC_WRITE;
	return 0;
}

static int decide_seen(struct deciding *d, struct vc_err *err)
{
	size_t end;

	for (size_t i = 0; i < d->n_wants; i = end) {
		const struct want *first = &d->wants[i];
		const struct want *chosen;

		for (end = i + 1;
		     end < d->n_wants &&
		     compare_place(first->namespace, first->name, d->wants[end].namespace,
		                   d->wants[end].name) == 0;)
			end++;
		chosen = choose(d, first, end - i);
		for (size_t j = i; j < end; j++)
			if (&d->wants[j] != chosen &&
			    refuse_twin(d, &d->wants[j],
			                chosen ? chosen : &d->wants[j == i ? end - 1 : i],
			                err) < 0)
				return -(int)err->kind;
		if (chosen && decide_want(d, chosen, err) < 0)
			return -(int)err->kind;
	}
	return 0;
}

/* Withdrawing */

static const struct vc_seen_claim *find_seen(const struct vc_seen_list *seen,
                                             const char *uid, size_t *ret_i)
{
	size_t low = 0, high = seen->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int c = strcmp(uid, seen->v[mid].claim.uid);

		if (c == 0) {
			*ret_i = mid;
			return &seen->v[mid];
		}
		if (c < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return NULL;
}

/* Whether the claim that was seen is the one that has, or gets, the place. */
static bool keeps_place(const struct deciding *d, const struct vc_published_claim *p,
                        size_t i)
{
	const struct vc_claim *claim = &d->is->seen->v[i].claim;

	return d->is->seen->v[i].state == VC_SEEN_COMPLETE &&
	       compare_place(claim->namespace, claim->name, p->namespace, p->name) == 0;
}

/* Whether another claim is written in its place. */
static bool is_replaced(const struct deciding *d, const struct vc_published_claim *p)
{
	const struct want key = { p->namespace, p->name, 0 };
	size_t low = 0, high = d->n_wants;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (compare_wants(&d->wants[mid], &key) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	for (; low < d->n_wants &&
	       compare_place(d->wants[low].namespace, d->wants[low].name, p->namespace,
	                     p->name) == 0;
	     low++)
		if (d->result.seen[d->wants[low].i].action == VC_WRITE)
			return true;
	return false;
}

/* A twin of it is there: then nobody knows which of the two is true. */
static bool is_doubted(const struct deciding *d, size_t i)
{
	return d->result.seen[i].action == VC_LEAVE && d->result.seen[i].text;
}

static int decide_published(struct deciding *d, size_t i, struct vc_err *err)
{
	const struct vc_published_claim *p = &d->is->published->v[i];
	struct vc_decision *decision = &d->result.published[i];
	const struct vc_seen_claim *seen;
	size_t at = 0;
	int r;

	if (!p->ours || p->foreign || d->all || !d->is->settled || is_replaced(d, p))
		return 0;
	r = is_protected(d, p->uid, p->namespace, p->name, err);
	if (r != 0)
		return r < 0 ? r : 0;
	seen = find_seen(d->is->seen, p->uid, &at);
	if (seen && keeps_place(d, p, at) && !is_doubted(d, at))
		return 0;
	decision->action = VC_WITHDRAW;
	decision->text = seen ? d->result.seen[at].text : NULL;
	return 0;
}

/**
 * vc_companion_decide() - What to do
 * @arena:	holds the decisions, and keeps pointing to @situation
 * @situation:	what there is
 * @ret_decisions: what to do
 * @err:	out of memory
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_companion_decide(struct vc_arena *arena, const struct vc_situation *situation,
                        struct vc_decisions *ret_decisions, struct vc_err *err)
{
	struct deciding d = { .arena = arena, .is = situation };
	size_t n = situation->published->n;

	d.result.seen =
		vc_arena_alloc(arena, situation->seen->n + 1, sizeof(*d.result.seen));
	d.result.published = vc_arena_alloc(arena, n + 1, sizeof(*d.result.published));
	if (!d.result.seen || !d.result.published)
		return vc_fail_oom(err);
	if (list_protected(&d, err) < 0 || list_wants(&d, err) < 0 ||
	    decide_seen(&d, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < n; i++)
		if (decide_published(&d, i, err) < 0)
			return -(int)err->kind;
	*ret_decisions = d.result;
	return 0;
}
