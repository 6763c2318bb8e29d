/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kube_cache.h - objects of the API server that concern this node, as facts.
 *
 * What is kept of an object is what a reader of claim/ makes of it, in an arena of its
 * own: no JSON. An object is known by namespace and name; one that was made anew under
 * the same name replaces the old one.
 */
#pragma once

#include "kube/watch.h"
#include "model/claim.h"

/**
 * struct vc_kube_entry - one object
 * @arena:	holds everything below
 * @namespace:	"" none
 * @uid, @version: what it was when it was read
 * @sync:	the list that had it last; 0 none
 * @facts:	the object
 * @others:	references to it beside one
 */
struct vc_kube_entry {
	struct vc_arena arena;
	char *namespace, *name;
	char *uid, *version;
	unsigned sync;
	struct vc_facts facts;
	unsigned others;
};

/* Sorted by namespace and name. All zero: empty. */
struct vc_kube_cache {
	struct vc_kube_entry **v;
	size_t n, cap;
};

int vc_kube_entry_read(const struct vc_kube_object *object, unsigned sync,
                       struct vc_kube_entry **ret_entry, struct vc_err *err)
	VC_MUST_CHECK;
/* One that cannot be read: its only fact is a note. */
int vc_kube_entry_broken(const struct vc_kube_object *object, unsigned sync,
                         const char *problem, struct vc_kube_entry **ret_entry,
                         struct vc_err *err) VC_MUST_CHECK;
/* To be given back with vc_kube_entry_free(). */
void vc_kube_entry_ref(struct vc_kube_entry *entry);
void vc_kube_entry_free(struct vc_kube_entry *entry);
/* Adds it; lives as long as the entry. */
int vc_kube_entry_collect(const struct vc_kube_entry *entry, struct vc_arena *arena,
                          struct vc_facts *facts, struct vc_err *err) VC_MUST_CHECK;

static inline void vc_kube_entry_freep(struct vc_kube_entry **entry)
{
	vc_kube_entry_free(*entry);
}
#define VC_AUTO_KUBE_ENTRY VC_CLEANUP(vc_kube_entry_freep)

struct vc_kube_entry *vc_kube_cache_find(const struct vc_kube_cache *cache,
                                         const char *namespace, const char *name);
/* In the place of an older one; the cache owns it then. */
int vc_kube_cache_put(struct vc_kube_cache *cache, struct vc_kube_entry **entry,
                      struct vc_err *err) VC_MUST_CHECK;
/* Whether there was one. */
bool vc_kube_cache_remove(struct vc_kube_cache *cache, const char *namespace,
                          const char *name);
/* Forgets what the list @sync did not have; how many. */
size_t vc_kube_cache_sweep(struct vc_kube_cache *cache, unsigned sync);
/* Another watch counts its lists from 1. */
void vc_kube_cache_forget_syncs(struct vc_kube_cache *cache);
/* Adds all of them; they live until the cache is changed. */
int vc_kube_cache_collect(const struct vc_kube_cache *cache, struct vc_arena *arena,
                          struct vc_facts *facts, struct vc_err *err) VC_MUST_CHECK;
void vc_kube_cache_release(struct vc_kube_cache *cache);
