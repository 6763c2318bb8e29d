/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "companion/kube_pools.h"

#include <stdlib.h>
#include <string.h>

#include "companion/kube_scope.h"

static const struct vc_slice *slice_of(const struct vc_kube_entry *entry)
{
	return &entry->facts.slices.v[0];
}

static bool same_pool(const struct vc_kube_entry *a, const struct vc_kube_entry *b)
{
	return vc_driver_equal(slice_of(a)->driver, slice_of(b)->driver) &&
	       strcmp(slice_of(a)->pool, slice_of(b)->pool) == 0;
}

static void release_pool(struct vc_kube_pool *pool)
{
	for (size_t i = 0; i < pool->n; i++)
		vc_kube_entry_free(pool->v[i]);
	free(pool->v);
	*pool = (struct vc_kube_pool){ 0 };
}

static struct vc_kube_pool *find_pool(const struct vc_kube_pools *pools,
                                      const struct vc_kube_entry *slice)
{
	for (size_t i = 0; i < pools->n; i++)
		if (same_pool(pools->v[i].v[0], slice))
			return &pools->v[i];
	return NULL;
}

static bool is_first(const struct vc_kube_cache *slices, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (same_pool(slices->v[j], slices->v[i]))
			return false;
	return true;
}

/* Slices of the newest generation of the pool of @first; how many. */
static size_t list_newest(const struct vc_kube_cache *slices,
                          const struct vc_kube_entry *first, struct vc_kube_entry **v)
{
	int64_t newest = -1;
	size_t n = 0;

	for (size_t i = 0; i < slices->n; i++) {
		int64_t generation = slice_of(slices->v[i])->generation;

		if (!same_pool(slices->v[i], first) || generation < newest)
			continue;
		n = generation > newest ? 0 : n;
		newest = generation;
		v[n++] = slices->v[i];
	}
	return n;
}

static int make_room(struct vc_kube_pools *pools, struct vc_err *err)
{
	size_t cap = pools->cap ? 2 * pools->cap : 8;
	struct vc_kube_pool *grown;

	if (pools->n < pools->cap)
		return 0;
	grown = reallocarray(pools->v, cap, sizeof(*grown));
	if (!grown)
		return vc_fail_oom(err);
	pools->v = grown;
	pools->cap = cap;
	return 0;
}

/* Takes over @v; its entries get another reference. */
static int set_pool(struct vc_kube_pools *pools, struct vc_kube_entry ***v, size_t n,
                    struct vc_err *err)
{
	struct vc_kube_pool *pool = find_pool(pools, (*v)[0]);

	if (!pool && make_room(pools, err) < 0)
		return -(int)err->kind;
	if (!pool) {
		pool = &pools->v[pools->n++];
		*pool = (struct vc_kube_pool){ 0 };
	}
	for (size_t i = 0; i < n; i++)
		vc_kube_entry_ref((*v)[i]);
	release_pool(pool);
	*pool = (struct vc_kube_pool){ .v = vc_steal(v), .n = n };
	return 0;
}

static int look_at_pool(struct vc_kube_pools *pools, const struct vc_kube_cache *slices,
                        const struct vc_kube_entry *first, struct vc_err *err)
{
	VC_AUTOFREE struct vc_kube_entry **v =
		calloc(slices->n, sizeof(struct vc_kube_entry *));
	size_t n;

	if (!v)
		return vc_fail_oom(err);
	n = list_newest(slices, first, v);
	if (n == 0 || (int64_t)n < slice_of(v[0])->slice_count)
		return 0;
	return set_pool(pools, &v, n, err);
}

static bool is_used(const struct vc_kube_pool *pool, const struct vc_kube_cache *slices,
                    const struct vc_kube_cache *claims)
{
	for (size_t i = 0; i < slices->n; i++)
		if (same_pool(slices->v[i], pool->v[0]))
			return true;
	for (size_t i = 0; i < claims->n; i++)
		if (vc_kube_claim_in_pools(&claims->v[i]->facts.claims.v[0],
		                           &pool->v[0]->facts.slices))
			return true;
	return false;
}

/**
 * vc_kube_pools_update() - Note which pools are complete now
 * @pools:	what they were
 * @slices, @claims: what there is
 * @err:	why not
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_kube_pools_update(struct vc_kube_pools *pools, const struct vc_kube_cache *slices,
                         const struct vc_kube_cache *claims, struct vc_err *err)
{
	size_t kept = 0;

	for (size_t i = 0; i < slices->n; i++)
		if (is_first(slices, i) &&
		    look_at_pool(pools, slices, slices->v[i], err) < 0)
			return -(int)err->kind;
	for (size_t i = 0; i < pools->n; i++) {
		if (is_used(&pools->v[i], slices, claims))
			pools->v[kept++] = pools->v[i];
		else
			release_pool(&pools->v[i]);
	}
	pools->n = kept;
	return 0;
}

/**
 * vc_kube_pools_collect() - Add what is known of devices
 * @pools:	as of the last update
 * @slices:	what there is now
 * @arena:	holds the lists of @facts; what they point to stays where it is
 * @facts:	added to
 * @err:	why not
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_kube_pools_collect(const struct vc_kube_pools *pools,
                          const struct vc_kube_cache *slices, struct vc_arena *arena,
                          struct vc_facts *facts, struct vc_err *err)
{
	for (size_t i = 0; i < pools->n; i++)
		for (size_t j = 0; j < pools->v[i].n; j++)
			if (vc_kube_entry_collect(pools->v[i].v[j], arena, facts, err) <
			    0)
				return -(int)err->kind;
	for (size_t i = 0; i < slices->n; i++)
		if (!find_pool(pools, slices->v[i]) &&
		    vc_kube_entry_collect(slices->v[i], arena, facts, err) < 0)
			return -(int)err->kind;
	return 0;
}

/**
 * vc_kube_pools_release() - Forget everything
 * @pools:	none afterwards
 */
void vc_kube_pools_release(struct vc_kube_pools *pools)
{
	for (size_t i = 0; i < pools->n; i++)
		release_pool(&pools->v[i]);
	free(pools->v);
	*pools = (struct vc_kube_pools){ 0 };
}
