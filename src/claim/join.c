/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Theory of operation. Every piece gets a key: its UID, or the UID of the one claim that
 * has its namespace and name, or namespace and name themselves. Sorted by key, the
 * pieces of a claim lie together, and in each run the ResourceClaim comes first, then
 * the pieces that name requests, then the others. Each run becomes one claim. Pieces
 * with neither UID nor name (a driver's static CDI file lists all devices of a node) add
 * to devices that others claimed; what is left of them stays a claim without a name.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "claim/join_internal.h"

/* [DRA] resource/v1 allows 256 in reservedFor; snapshots of several moments add up. */
#define MAX_CONSUMERS 1024

enum rank {
	RANK_API,
	RANK_REQUESTS,
	RANK_OTHER,
};

/* One piece and the key by which it is grouped. */
struct piece {
	const struct vc_claim *claim;
	char *uid; /* own or found by name */
	enum rank rank;
	size_t index;
};

struct pieces {
	struct piece *v;
	size_t n;
};

/* A generation of the devices of one request and driver; [KEP-5304] */
struct generation {
	const char *request;
	const char *driver;
	int64_t generation;
};

/* One run of pieces on its way to a claim. */
struct run {
	struct vc_arena *arena;
	const struct piece *pieces;
	size_t n;
	struct generation *newest; /* sorted by request, driver, descending generation */
	size_t n_newest;
	const struct vc_claim *api; /* first ResourceClaim; NULL */
	size_t n_seen;
};

/**
 * vc_join_origin() - Where something comes from, for a message
 * @origin:	origin; NULL
 *
 * Return: @origin, or words for "unknown"
 */
const char *vc_join_origin(const char *origin)
{
	return origin ? origin : "(unknown input)";
}

/**
 * vc_join_claim_label() - What to call a claim in a message
 * @claim:	claim
 * @text:	receives "namespace/name", the UID, or words for neither
 * @size:	bytes of @text
 */
void vc_join_claim_label(const struct vc_claim *claim, char *text, size_t size)
{
	if (claim->name)
		(void)snprintf(text, size, "%s%s%s",
		               claim->namespace ? claim->namespace : "",
		               claim->namespace ? "/" : "", claim->name);
	else
		(void)snprintf(text, size, "%s", claim->uid ? claim->uid : "no name");
}

/* NULL sorts last. */
static int compare_text(const char *a, const char *b)
{
	if (!a || !b)
		return (a == NULL) - (b == NULL);
	return strcmp(a, b);
}

static int compare_name(const struct vc_claim *a, const struct vc_claim *b)
{
	int c = compare_text(a->namespace, b->namespace);

	return c != 0 ? c : compare_text(a->name, b->name);
}

static int compare_size(size_t a, size_t b)
{
	return (a > b) - (a < b);
}

/* Same key, same claim; pieces without any name are never the same. */
static int compare_key(const struct piece *a, const struct piece *b)
{
	int c = compare_text(a->uid, b->uid);

	if (c != 0 || a->uid)
		return c;
	c = compare_name(a->claim, b->claim);
	if (c != 0 || a->claim->name)
		return c;
	return compare_size(a->index, b->index);
}

static int compare_pieces(const void *va, const void *vb)
{
	const struct piece *a = va, *b = vb;
	int c = compare_key(a, b);

	if (c == 0)
		c = (int)a->rank - (int)b->rank;
	return c != 0 ? c : compare_size(a->index, b->index);
}

static int compare_named(const void *va, const void *vb)
{
	const struct vc_claim *a = *(const struct vc_claim *const *)va;
	const struct vc_claim *b = *(const struct vc_claim *const *)vb;
	int c = compare_name(a, b);

	return c != 0 ? c : compare_text(a->uid, b->uid);
}

static enum rank rank_of(const struct vc_claim *claim)
{
	if (claim->from_api)
		return RANK_API;
	for (size_t i = 0; i < claim->devices.n; i++)
		if (claim->devices.v[i].request)
			return RANK_REQUESTS;
	return RANK_OTHER;
}

/* The UID that every claim with the name of @claim has; NULL when there is not just one. */
static char *uid_by_name(const struct vc_claim *claim,
                         const struct vc_claim *const *named, size_t n)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (compare_name(named[mid], claim) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == n || compare_name(named[low], claim) != 0)
		return NULL;
	for (size_t i = low + 1; i < n && compare_name(named[i], claim) == 0; i++)
		if (strcmp(named[i]->uid, named[low]->uid) != 0)
			return NULL;
	return named[low]->uid;
}

static int sort_pieces(struct vc_arena *arena, const struct vc_claims *claims,
                       struct pieces *ret_pieces, struct vc_err *err)
{
	const struct vc_claim **named = vc_arena_alloc(arena, claims->n, sizeof(void *));
	struct piece *v = vc_arena_alloc(arena, claims->n, sizeof(*v));
	size_t n_named = 0;

	if (!named || !v)
		return vc_fail_oom(err);
	for (size_t i = 0; i < claims->n; i++)
		if (claims->v[i].uid && claims->v[i].name)
			named[n_named++] = &claims->v[i];
	qsort(named, n_named, sizeof(void *), compare_named);
	for (size_t i = 0; i < claims->n; i++) {
		const struct vc_claim *c = &claims->v[i];

		v[i] = (struct piece){ c, c->uid, rank_of(c), i };
		if (!c->uid && c->name)
			v[i].uid = uid_by_name(c, named, n_named);
	}
	qsort(v, claims->n, sizeof(*v), compare_pieces);
	*ret_pieces = (struct pieces){ v, claims->n };
	return 0;
}

static int compare_generations(const void *va, const void *vb)
{
	const struct generation *a = va, *b = vb;
	int c = strcmp(a->request, b->request);

	if (c == 0)
		c = strcasecmp(a->driver, b->driver);
	if (c == 0)
		c = (a->generation < b->generation) - (a->generation > b->generation);
	return c;
}

static bool has_generation(const struct vc_claim *claim, const struct vc_device *device)
{
	return claim->generation > 0 && device->request && device->driver;
}

static int find_generations(struct run *run, struct vc_err *err)
{
	run->newest = vc_arena_alloc(run->arena, run->n_seen, sizeof(*run->newest));
	if (!run->newest)
		return vc_fail_oom(err);
	for (size_t i = 0; i < run->n; i++) {
		const struct vc_claim *c = run->pieces[i].claim;

		for (size_t j = 0; j < c->devices.n; j++) {
			const struct vc_device *d = &c->devices.v[j];

			if (has_generation(c, d))
				run->newest[run->n_newest++] =
					(struct generation){ d->request, d->driver,
					                     c->generation };
		}
	}
	qsort(run->newest, run->n_newest, sizeof(*run->newest), compare_generations);
	return 0;
}

/* Whether another piece has newer devices of the same request and driver. */
static bool is_outdated(const struct run *run, const struct vc_claim *claim,
                        const struct vc_device *device)
{
	struct generation key;
	size_t low = 0, high = run->n_newest;

	if (!has_generation(claim, device))
		return false;
	key = (struct generation){ device->request, device->driver, INT64_MAX };
	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (compare_generations(&run->newest[mid], &key) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low < run->n_newest && run->newest[low].generation > claim->generation;
}

static int merge_name(char **into, char *from, const char *what, const struct vc_claim *a,
                      const struct vc_claim *b, struct vc_err *err)
{
	if (*into && from && strcmp(*into, from) != 0)
		return vc_fail(err, VC_ERR_INPUT,
		               "%s: %s '%s' contradicts '%s' of %s: the claim UID '%s' "
		               "is the same",
		               vc_join_origin(b->origin), what, from, *into,
		               vc_join_origin(a->origin), a->uid ? a->uid : "");
	if (!*into)
		*into = from;
	return 0;
}

/* Consumers are known by their UID. */
static int merge_consumers(struct vc_arena *arena, struct vc_consumers *into,
                           const struct vc_consumers *from, struct vc_err *err)
{
	size_t before = into->n;

	for (size_t i = 0; i < from->n; i++) {
		struct vc_consumer *slot;
		bool known = false;

		for (size_t j = 0; j < before && !known; j++)
			known = compare_text(into->v[j].uid, from->v[i].uid) == 0;
		if (known)
			continue;
		slot = vc_list_push(arena, into);
		if (!slot)
			return vc_fail_oom(err);
		*slot = from->v[i];
	}
	if (into->n > MAX_CONSUMERS)
		return vc_fail(
			err, VC_ERR_INPUT,
			"the inputs list %zu consumers or owners of one claim; at most "
			"%d are read",
			into->n, MAX_CONSUMERS);
	return 0;
}

static int merge_claim(struct vc_arena *arena, struct vc_claim *into,
                       const struct vc_claim *from, struct vc_err *err)
{
	if (merge_name(&into->namespace, from->namespace, "namespace", into, from, err) <
	            0 ||
	    merge_name(&into->name, from->name, "claim name", into, from, err) < 0 ||
	    merge_name(&into->pod_claim, from->pod_claim, "pod claim name", into, from,
	               err) < 0 ||
	    merge_consumers(arena, &into->reserved_for, &from->reserved_for, err) < 0 ||
	    merge_consumers(arena, &into->owners, &from->owners, err) < 0)
		return -(int)err->kind;
	if (from->generation > into->generation)
		into->generation = from->generation;
	into->from_api |= from->from_api;
	into->allocated |= from->allocated;
	into->deleting |= from->deleting;
	if (!into->origin)
		into->origin = from->origin;
	return 0;
}

typedef bool same_fn(const struct vc_device *have, const struct vc_device *device,
                     const char *uid);

/* Merges @device into each of the first @n devices that it is; how many they are. */
static int merge_where(struct run *run, struct vc_claim *claim, size_t n,
                       const struct vc_device *device, same_fn *same, struct vc_err *err)
{
	int hits = 0;

	for (size_t i = 0; i < n; i++) {
		struct vc_device *have = &claim->devices.v[i];

		if (!vc_device_compatible(have, device) ||
		    !same(have, device, claim->uid))
			continue;
		if (vc_device_merge(run->arena, have, device, err) < 0)
			return -(int)err->kind;
		hits++;
	}
	return hits;
}

static bool same_group(const struct vc_device *have, const struct vc_device *device,
                       const char *uid VC_UNUSED)
{
	return have->iommu_group >= 0 && have->iommu_group == device->iommu_group;
}

/* A device of which only the driver is known can only be the one it prepared. */
static bool same_remaining(const struct vc_device *have, const struct vc_device *device,
                           const char *uid VC_UNUSED)
{
	return !device->name && !device->request && !vc_device_has_address(have) &&
	       vc_driver_equal(have->driver, device->driver);
}

static size_t count_where(const struct vc_device *v, size_t n,
                          const struct vc_device *device, same_fn *same)
{
	size_t hits = 0;

	for (size_t i = 0; i < n; i++)
		hits += vc_device_compatible(&v[i], device) && same(&v[i], device, NULL);
	return hits;
}

/* Without a name: only when there is one candidate on either side. */
static int merge_unnamed(struct run *run, struct vc_claim *claim, size_t n,
                         const struct vc_claim *piece, const struct vc_device *device,
                         struct vc_err *err)
{
	const struct vc_devices *have = &claim->devices;

	if (count_where(have->v, n, device, same_group) == 1 &&
	    count_where(piece->devices.v, piece->devices.n, device, same_group) == 1)
		return merge_where(run, claim, n, device, same_group, err);
	if (piece->devices.n == 1 && count_where(have->v, n, device, same_remaining) == 1)
		return merge_where(run, claim, n, device, same_remaining, err);
	return 0;
}

/* A ResourceClaim lists everything that is allocated. */
static int check_allocated(const struct run *run, const struct vc_claim *claim,
                           const struct vc_device *device, struct vc_err *err)
{
	char label[512];

	if (!run->api || !run->api->allocated || !device->request || !device->driver ||
	    !device->pool || !device->name)
		return 0;
	vc_join_claim_label(claim, label, sizeof(label));
	return vc_fail(
		err, VC_ERR_INPUT,
		"%s: device '%s' of request '%s' is not in the allocation of claim "
		"'%s' in %s; one of the two is from an earlier allocation",
		vc_join_origin(device->origin), device->name, device->request, label,
		vc_join_origin(run->api->origin));
}

static int add_device(struct run *run, struct vc_claim *claim, size_t n,
                      const struct vc_claim *piece, const struct vc_device *device,
                      struct vc_err *err)
{
	static same_fn *const ways[] = { vc_device_same_name, vc_device_same_cdi_name,
		                         vc_device_same_address };
	struct vc_device *slot;
	int hits = 0;

	for (size_t i = 0; i < VC_ARRAY_SIZE(ways) && hits == 0; i++)
		hits = merge_where(run, claim, n, device, ways[i], err);
	if (hits == 0)
		hits = merge_unnamed(run, claim, n, piece, device, err);
	if (hits != 0)
		return hits < 0 ? hits : 0;
	if (check_allocated(run, claim, device, err) < 0)
		return -(int)err->kind;
	slot = vc_list_push(run->arena, &claim->devices);
	if (!slot)
		return vc_fail_oom(err);
	*slot = vc_device_copy(device);
	return 0;
}

/* Two ResourceClaim objects of one UID must show the same allocation. [DRA] one that was
 * given back may be another device's by now. */
static int check_same_allocation(const struct run *run, const struct vc_claim *piece,
                                 struct vc_err *err)
{
	if (!run->api || !piece->from_api)
		return 0;
	if (run->api->allocated != piece->allocated)
		return vc_fail(err, VC_ERR_INPUT,
		               "%s: the claim is %s, but in %s it is%s; give only the "
		               "newer object",
		               vc_join_origin(piece->origin),
		               piece->allocated ? "allocated" : "not allocated",
		               vc_join_origin(run->api->origin),
		               piece->allocated ? " not" : "");
	if (run->api->devices.n == piece->devices.n)
		return 0;
	return vc_fail(err, VC_ERR_INPUT,
	               "%s: allocates %zu devices, but the same claim in %s allocates "
	               "%zu; give only the newer object",
	               vc_join_origin(piece->origin), piece->devices.n,
	               vc_join_origin(run->api->origin), run->api->devices.n);
}

static int add_piece(struct run *run, struct vc_claim *claim,
                     const struct vc_claim *piece, struct vc_err *err)
{
	size_t n = claim->devices.n;

	if (merge_claim(run->arena, claim, piece, err) < 0 ||
	    check_same_allocation(run, piece, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < piece->devices.n; i++) {
		const struct vc_device *d = &piece->devices.v[i];

		if (is_outdated(run, piece, d))
			continue;
		if (add_device(run, claim, n, piece, d, err) < 0)
			return -(int)err->kind;
	}
	if (piece->from_api && !run->api)
		run->api = piece;
	return 0;
}

static int check_count(struct run *run, struct vc_err *err)
{
	for (size_t i = 0; i < run->n; i++)
		run->n_seen += run->pieces[i].claim->devices.n;
	if (run->n_seen <= VC_JOIN_MAX_DEVICES)
		return 0;
	return vc_fail(
		err, VC_ERR_INPUT,
		"%s: the inputs list %zu devices for one claim; at most %d are read",
		vc_join_origin(run->pieces[0].claim->origin), run->n_seen,
		VC_JOIN_MAX_DEVICES);
}

static int join_run(struct vc_arena *arena, const struct piece *pieces, size_t n,
                    struct vc_claims *claims, struct vc_err *err)
{
	struct run run = { .arena = arena, .pieces = pieces, .n = n };
	struct vc_claim *claim = vc_list_push(arena, claims);

	if (!claim)
		return vc_fail_oom(err);
	claim->uid = pieces[0].uid;
	if (n > 1 && (check_count(&run, err) < 0 || find_generations(&run, err) < 0))
		return -(int)err->kind;
	for (size_t i = 0; i < n; i++)
		if (add_piece(&run, claim, pieces[i].claim, err) < 0)
			return -(int)err->kind;
	return 0;
}

/* One claim for each run; pieces without any name are collected in @loose. */
static int join_runs(struct vc_arena *arena, const struct pieces *pieces,
                     const struct vc_claim **loose, size_t *n_loose,
                     struct vc_claims *claims, struct vc_err *err)
{
	size_t end;

	for (size_t i = 0; i < pieces->n; i = end) {
		const struct piece *first = &pieces->v[i];

		for (end = i + 1; end < pieces->n; end++)
			if (compare_key(first, &pieces->v[end]) != 0)
				break;
		if (!first->uid && !first->claim->name)
			loose[(*n_loose)++] = first->claim;
		else if (join_run(arena, first, end - i, claims, err) < 0)
			return -(int)err->kind;
	}
	return 0;
}

static int compare_claims(const void *va, const void *vb)
{
	const struct vc_claim *a = *(const struct vc_claim *const *)va;
	const struct vc_claim *b = *(const struct vc_claim *const *)vb;
	int c = compare_name(a, b);

	if (c == 0)
		c = compare_text(a->uid, b->uid);
	/* Both are elements of one array. */
	return c != 0 ? c : (a > b) - (a < b);
}

static int sort_claims(struct vc_arena *arena, const struct vc_claims *claims,
                       struct vc_claims *ret_claims, struct vc_err *err)
{
	const struct vc_claim **order = vc_arena_alloc(arena, claims->n, sizeof(void *));
	struct vc_claim *v = vc_arena_alloc(arena, claims->n, sizeof(*v));

	if (!order || !v)
		return vc_fail_oom(err);
	for (size_t i = 0; i < claims->n; i++)
		order[i] = &claims->v[i];
	qsort(order, claims->n, sizeof(void *), compare_claims);
	for (size_t i = 0; i < claims->n; i++)
		v[i] = *order[i];
	*ret_claims = (struct vc_claims){ .v = v, .n = claims->n, .cap = claims->n };
	return 0;
}

/**
 * vc_join() - Put pieces of claims together
 * @arena:	holds the result, and everything that @facts points to
 * @facts:	what the readers found
 * @ret_claims:	claims, sorted by namespace, name, UID
 * @err:	a contradiction names both inputs
 *
 * Return: 0, -VC_ERR_INPUT or -VC_ERR_INTERNAL
 */
int vc_join(struct vc_arena *arena, const struct vc_facts *facts,
            struct vc_claims *ret_claims, struct vc_err *err)
{
	const struct vc_claim **loose;
	struct vc_claims claims = { 0 };
	struct pieces pieces = { 0 };
	size_t n_loose = 0;

	loose = vc_arena_alloc(arena, facts->claims.n, sizeof(void *));
	if (!loose)
		return vc_fail_oom(err);
	if (sort_pieces(arena, &facts->claims, &pieces, err) < 0 ||
	    join_runs(arena, &pieces, loose, &n_loose, &claims, err) < 0 ||
	    vc_join_loose(arena, loose, n_loose, &claims, err) < 0 ||
	    vc_join_slices(arena, &facts->slices, &claims, err) < 0)
		return -(int)err->kind;
	return sort_claims(arena, &claims, ret_claims, err);
}
