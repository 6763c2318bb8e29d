/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "companion/kube_cache.h"

#include <stdlib.h>
#include <string.h>

#include "claim/kubernetes_internal.h"

/* Of one object: what 4 MiB of JSON may become. */
#define ENTRY_BYTES ((size_t)32 << 20)

/**
 * vc_kube_entry_ref() - Keep an entry alive
 * @entry:	entry
 */
void vc_kube_entry_ref(struct vc_kube_entry *entry)
{
	entry->others++;
}

/**
 * vc_kube_entry_free() - Give a reference back; the last one frees the entry
 * @entry:	entry or NULL
 */
void vc_kube_entry_free(struct vc_kube_entry *entry)
{
	if (!entry || entry->others-- > 0)
		return;
	vc_arena_release(&entry->arena);
	free(entry);
}

static int read_object(struct vc_kube_entry *e, const struct vc_kube_object *object,
                       struct vc_err *err)
{
	static const struct {
		const char *kind;
		int (*read)(const struct vc_object_reader *reader,
		            const struct vc_node *object, struct vc_facts *facts);
	} readers[] = {
		{ "ResourceClaim", vc_resource_claim_read },
		{ "ResourceSlice", vc_resource_slice_read },
		{ "Pod", vc_pod_read },
	};
	const struct vc_object_reader reader = { .arena = &e->arena, .err = err };
	struct vc_node root = vc_tree_root(object->tree, 0);
	struct vc_node member;
	const char *kind =
		vc_node_member(&root, "kind", &member) ? vc_node_text(&member) : NULL;

	root.file = vc_arena_printf(&e->arena, "%s '%s%s%s'", kind ? kind : "object",
	                            e->namespace, *e->namespace ? "/" : "", e->name);
	if (!root.file)
		return vc_fail_oom(err);
	for (size_t i = 0; i < VC_ARRAY_SIZE(readers); i++)
		if (kind && strcmp(readers[i].kind, kind) == 0)
			return readers[i].read(&reader, &root, &e->facts);
	return vc_node_fail(&root, err, VC_ERR_INPUT, "a kind that was not asked for");
}

/* With names, and without facts; NULL: out of memory. */
static struct vc_kube_entry *make_entry(const struct vc_kube_object *object,
                                        unsigned sync)
{
	VC_AUTO_KUBE_ENTRY struct vc_kube_entry *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	e->arena.max_bytes = ENTRY_BYTES;
	e->sync = sync;
	e->namespace = vc_arena_strdup(&e->arena, object->namespace);
	e->name = vc_arena_strdup(&e->arena, object->name);
	e->uid = vc_arena_strdup(&e->arena, object->uid);
	e->version = vc_arena_strdup(&e->arena, object->resource_version);
	if (!e->namespace || !e->name || !e->uid || !e->version)
		return NULL;
	return vc_steal(&e);
}

/**
 * vc_kube_entry_read() - Make an entry out of an object
 * @object:	ResourceClaim, ResourceSlice or Pod, with a tree
 * @sync:	number of its list
 * @ret_entry:	entry; the caller frees it
 * @err:	what is wrong with the object
 *
 * Return: 0, -VC_ERR_INPUT or -VC_ERR_INTERNAL
 */
int vc_kube_entry_read(const struct vc_kube_object *object, unsigned sync,
                       struct vc_kube_entry **ret_entry, struct vc_err *err)
{
	VC_AUTO_KUBE_ENTRY struct vc_kube_entry *e = make_entry(object, sync);

	if (!e)
		return vc_fail_oom(err);
	if (read_object(e, object, err) < 0)
		return -(int)err->kind;
	*ret_entry = vc_steal(&e);
	return 0;
}

/**
 * vc_kube_entry_broken() - Remember that an object cannot be read
 * @object:	object
 * @sync:	number of its list
 * @problem:	why
 * @ret_entry:	entry; the caller frees it
 * @err:	why not
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_kube_entry_broken(const struct vc_kube_object *object, unsigned sync,
                         const char *problem, struct vc_kube_entry **ret_entry,
                         struct vc_err *err)
{
	VC_AUTO_KUBE_ENTRY struct vc_kube_entry *e = make_entry(object, sync);

	if (!e)
		return vc_fail_oom(err);
	if (vc_facts_note(&e->arena, &e->facts, err, "%s", problem) < 0)
		return -(int)err->kind;
	*ret_entry = vc_steal(&e);
	return 0;
}

static int compare(const struct vc_kube_entry *entry, const char *namespace,
                   const char *name)
{
	int c = strcmp(entry->namespace, namespace);

	return c != 0 ? c : strcmp(entry->name, name);
}

/* Where it is, or would be. */
static size_t place_of(const struct vc_kube_cache *cache, const char *namespace,
                       const char *name)
{
	size_t low = 0, high = cache->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (compare(cache->v[mid], namespace, name) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static bool is_at(const struct vc_kube_cache *cache, size_t i, const char *namespace,
                  const char *name)
{
	return i < cache->n && compare(cache->v[i], namespace, name) == 0;
}

/**
 * vc_kube_cache_find() - Look an object up
 * @cache:	cache
 * @namespace:	"" none
 * @name:	name
 *
 * Return: entry; belongs to the cache; NULL there is none
 */
struct vc_kube_entry *vc_kube_cache_find(const struct vc_kube_cache *cache,
                                         const char *namespace, const char *name)
{
	size_t i = place_of(cache, namespace, name);

	return is_at(cache, i, namespace, name) ? cache->v[i] : NULL;
}

static int make_room(struct vc_kube_cache *cache, struct vc_err *err)
{
	size_t cap = cache->cap ? 2 * cache->cap : 16;
	struct vc_kube_entry **grown;

	if (cache->n < cache->cap)
		return 0;
	grown = reallocarray(cache->v, cap, sizeof(struct vc_kube_entry *));
	if (!grown)
		return vc_fail_oom(err);
	cache->v = grown;
	cache->cap = cap;
	return 0;
}

/**
 * vc_kube_cache_put() - Keep an object, in the place of what it was before
 * @cache:	cache
 * @entry:	taken over; NULL afterwards
 * @err:	why not
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_kube_cache_put(struct vc_kube_cache *cache, struct vc_kube_entry **entry,
                      struct vc_err *err)
{
	size_t i = place_of(cache, (*entry)->namespace, (*entry)->name);

	if (is_at(cache, i, (*entry)->namespace, (*entry)->name)) {
		vc_kube_entry_free(cache->v[i]);
		cache->v[i] = vc_steal(entry);
		return 0;
	}
	if (make_room(cache, err) < 0)
		return -(int)err->kind;
	memmove(cache->v + i + 1, cache->v + i,
	        (cache->n - i) * sizeof(struct vc_kube_entry *));
	cache->v[i] = vc_steal(entry);
	cache->n++;
	return 0;
}

/**
 * vc_kube_cache_remove() - Forget an object
 * @cache:	cache
 * @namespace:	"" none
 * @name:	name
 *
 * Return: whether it was there
 */
bool vc_kube_cache_remove(struct vc_kube_cache *cache, const char *namespace,
                          const char *name)
{
	size_t i = place_of(cache, namespace, name);

	if (!is_at(cache, i, namespace, name))
		return false;
	vc_kube_entry_free(cache->v[i]);
	cache->n--;
	memmove(cache->v + i, cache->v + i + 1,
	        (cache->n - i) * sizeof(struct vc_kube_entry *));
	return true;
}

/**
 * vc_kube_cache_sweep() - Forget what a list did not have
 * @cache:	cache
 * @sync:	number of the list
 *
 * Return: how many objects
 */
size_t vc_kube_cache_sweep(struct vc_kube_cache *cache, unsigned sync)
{
	size_t kept = 0, gone;

	for (size_t i = 0; i < cache->n; i++) {
		if (cache->v[i]->sync == sync)
			cache->v[kept++] = cache->v[i];
		else
			vc_kube_entry_free(cache->v[i]);
	}
	gone = cache->n - kept;
	cache->n = kept;
	return gone;
}

/**
 * vc_kube_cache_forget_syncs() - Prepare for a watch that is begun anew
 * @cache:	cache
 */
void vc_kube_cache_forget_syncs(struct vc_kube_cache *cache)
{
	for (size_t i = 0; i < cache->n; i++)
		cache->v[i]->sync = 0;
}

static bool add_claims(struct vc_arena *arena, struct vc_claims *into,
                       const struct vc_claims *from)
{
	for (size_t i = 0; i < from->n; i++) {
		struct vc_claim *slot = vc_list_push(arena, into);

		if (!slot)
			return false;
		*slot = from->v[i];
	}
	return true;
}

static bool add_slices(struct vc_arena *arena, struct vc_slices *into,
                       const struct vc_slices *from)
{
	for (size_t i = 0; i < from->n; i++) {
		struct vc_slice *slot = vc_list_push(arena, into);

		if (!slot)
			return false;
		*slot = from->v[i];
	}
	return true;
}

static bool add_pods(struct vc_arena *arena, struct vc_pods *into,
                     const struct vc_pods *from)
{
	for (size_t i = 0; i < from->n; i++) {
		struct vc_pod *slot = vc_list_push(arena, into);

		if (!slot)
			return false;
		*slot = from->v[i];
	}
	return true;
}

static bool add_notes(struct vc_arena *arena, struct vc_facts *facts,
                      const struct vc_facts *from)
{
	for (size_t i = 0; i < from->notes.n; i++) {
		char **note = vc_list_push(arena, &facts->notes);

		if (!note)
			return false;
		*note = from->notes.v[i];
	}
	return true;
}

/**
 * vc_kube_entry_collect() - Add an object to facts
 * @entry:	entry
 * @arena:	holds the lists of @facts; what they point to stays in the entry
 * @facts:	added to
 * @err:	why not
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_kube_entry_collect(const struct vc_kube_entry *entry, struct vc_arena *arena,
                          struct vc_facts *facts, struct vc_err *err)
{
	const struct vc_facts *f = &entry->facts;

	if (!add_claims(arena, &facts->claims, &f->claims) ||
	    !add_slices(arena, &facts->slices, &f->slices) ||
	    !add_pods(arena, &facts->pods, &f->pods) || !add_notes(arena, facts, f))
		return vc_fail_oom(err);
	return 0;
}

/**
 * vc_kube_cache_collect() - Add all objects to facts
 * @cache:	cache
 * @arena:	holds the lists of @facts; what they point to stays in the cache
 * @facts:	added to
 * @err:	why not
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_kube_cache_collect(const struct vc_kube_cache *cache, struct vc_arena *arena,
                          struct vc_facts *facts, struct vc_err *err)
{
	for (size_t i = 0; i < cache->n; i++)
		if (vc_kube_entry_collect(cache->v[i], arena, facts, err) < 0)
			return -(int)err->kind;
	return 0;
}

/**
 * vc_kube_cache_release() - Forget everything
 * @cache:	cache; empty afterwards
 */
void vc_kube_cache_release(struct vc_kube_cache *cache)
{
	for (size_t i = 0; i < cache->n; i++)
		vc_kube_entry_free(cache->v[i]);
	free(cache->v);
	*cache = (struct vc_kube_cache){ 0 };
}
