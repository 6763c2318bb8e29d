/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * [DRA] ResourceSlice: of a pool only the slices of the highest generation that is there
 * count, and only when all of them are there. Slices are live while an allocation is
 * not, so what a slice says about a device comes last.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "claim/join_internal.h"

/**
 * struct pool - the newest generation of one pool
 * @first:	one of its slices
 * @n_slices:	how many slices of that generation there are
 * @devices:	their devices, sorted by name
 * @n:		how many
 */
struct pool {
	const struct vc_slice *first;
	size_t n_slices;
	const struct vc_device **devices;
	size_t n;
};

struct pools {
	struct pool *v; /* sorted by driver and name */
	size_t n, cap;
};

static int compare_pool(const char *driver_a, const char *pool_a, const char *driver_b,
                        const char *pool_b)
{
	int c = strcasecmp(driver_a, driver_b);

	return c != 0 ? c : strcmp(pool_a, pool_b);
}

static int compare_slices(const void *va, const void *vb)
{
	const struct vc_slice *a = *(const struct vc_slice *const *)va;
	const struct vc_slice *b = *(const struct vc_slice *const *)vb;
	int c = compare_pool(a->driver, a->pool, b->driver, b->pool);

	if (c == 0)
		c = (a->generation < b->generation) - (a->generation > b->generation);
	/* Both are elements of one array. */
	return c != 0 ? c : (a > b) - (a < b);
}

static int compare_addresses(const struct vc_device *a, const struct vc_device *b)
{
	return vc_host_side_compare(&a->host, &b->host);
}

static int compare_devices(const void *va, const void *vb)
{
	const struct vc_device *a = *(const struct vc_device *const *)va;
	const struct vc_device *b = *(const struct vc_device *const *)vb;
	int c = strcmp(a->name, b->name);

	return c != 0 ? c : compare_addresses(a, b);
}

/* The same slice may have been given twice. */
static void remove_repeated(struct pool *pool)
{
	size_t n = 0;

	for (size_t i = 0; i < pool->n; i++)
		if (n == 0 ||
		    compare_devices(&pool->devices[n - 1], &pool->devices[i]) != 0)
			pool->devices[n++] = pool->devices[i];
	pool->n = n;
}

static int fill_pool(struct vc_arena *arena, const struct vc_slice *const *slices,
                     size_t n_slices, struct pool *pool, struct vc_err *err)
{
	size_t n = 0;

	for (size_t i = 0; i < n_slices; i++)
		n += slices[i]->devices.n;
	pool->first = slices[0];
	pool->n_slices = n_slices;
	pool->devices = vc_arena_alloc(arena, n, sizeof(void *));
	if (!pool->devices)
		return vc_fail_oom(err);
	for (size_t i = 0; i < n_slices; i++)
		for (size_t j = 0; j < slices[i]->devices.n; j++)
			if (slices[i]->devices.v[j].name)
				pool->devices[pool->n++] = &slices[i]->devices.v[j];
	qsort(pool->devices, pool->n, sizeof(void *), compare_devices);
	remove_repeated(pool);
	return 0;
}

static bool same_pool(const struct vc_slice *a, const struct vc_slice *b)
{
	return compare_pool(a->driver, a->pool, b->driver, b->pool) == 0;
}

/* The newest generation of each pool; @sorted as compare_slices() does. */
static int find_pools(struct vc_arena *arena, const struct vc_slice *const *sorted,
                      size_t n, struct pools *pools, struct vc_err *err)
{
	size_t end;

	for (size_t i = 0; i < n; i = end) {
		struct pool *pool = vc_list_push(arena, pools);
		size_t newest = 0;

		for (end = i; end < n && same_pool(sorted[i], sorted[end]); end++)
			newest += sorted[end]->generation == sorted[i]->generation;
		if (!pool)
			return vc_fail_oom(err);
		if (fill_pool(arena, sorted + i, newest, pool, err) < 0)
			return -(int)err->kind;
	}
	return 0;
}

static int read_pools(struct vc_arena *arena, const struct vc_slices *slices,
                      struct pools *pools, struct vc_err *err)
{
	const struct vc_slice **sorted;
	size_t n = 0;

	sorted = vc_arena_alloc(arena, slices->n, sizeof(void *));
	if (!sorted)
		return vc_fail_oom(err);
	for (size_t i = 0; i < slices->n; i++)
		if (slices->v[i].driver && slices->v[i].pool)
			sorted[n++] = &slices->v[i];
	qsort(sorted, n, sizeof(void *), compare_slices);
	return find_pools(arena, sorted, n, pools, err);
}

static const struct pool *find_pool(const struct pools *pools,
                                    const struct vc_device *device)
{
	size_t low = 0, high = pools->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const struct vc_slice *s = pools->v[mid].first;
		int c = compare_pool(s->driver, s->pool, device->driver, device->pool);

		if (c == 0)
			return &pools->v[mid];
		if (c < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

/* The first device of that name; it has the lowest address. */
static size_t find_device(const struct pool *pool, const char *name)
{
	size_t low = 0, high = pool->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (strcmp(pool->devices[mid]->name, name) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static bool is_complete(const struct pool *pool)
{
	return pool->first->slice_count > 0 &&
	       pool->n_slices >= (uint64_t)pool->first->slice_count;
}

/* Why the slices of a pool say nothing about a device; NULL: they do. */
static char *why_silent(struct vc_arena *arena, const struct pool *pool,
                        const struct vc_device *device, size_t at)
{
	const struct vc_slice *s = pool->first;

	if (!is_complete(pool))
		return vc_arena_printf(
			arena,
			"only %zu of %" PRId64 " ResourceSlices of pool "
			"'%s' of driver '%s' are given (generation %" PRId64 ")",
			pool->n_slices, s->slice_count, s->pool, s->driver,
			s->generation);
	if (at == pool->n || strcmp(pool->devices[at]->name, device->name) != 0)
		return vc_arena_printf(arena,
		                       "pool '%s' of driver '%s' has no device '%s' any "
		                       "more (generation %" PRId64 ")",
		                       s->pool, s->driver, device->name, s->generation);
	return vc_arena_printf(arena,
	                       "pool '%s' of driver '%s' has two devices called '%s'",
	                       s->pool, s->driver, device->name);
}

static bool is_unique(const struct pool *pool, const char *name, size_t at)
{
	if (at == pool->n || strcmp(pool->devices[at]->name, name) != 0)
		return false;
	return at + 1 == pool->n || strcmp(pool->devices[at + 1]->name, name) != 0;
}

/* Attributes may have changed since; the address must not have. */
static int add_from_slice(struct vc_arena *arena, struct vc_device *device,
                          const struct vc_device *offer, struct vc_err *err)
{
	struct vc_device address = VC_DEVICE_INIT;

	address.host = offer->host;
	if (device->host.mdev_uuid && !offer->host.mdev_uuid)
		address.host.has_pci = false;
	if (vc_device_has_address(device))
		address.host.mdev_model = VC_MDEV_UNKNOWN;
	else
		address.iommu_group = device->iommu_group < 0 ? offer->iommu_group : -1;
	address.origin = offer->origin;
	if (vc_device_merge(arena, device, &address, err) < 0)
		return -(int)err->kind;
	return vc_device_add_attributes(arena, device, &offer->attributes, err);
}

static int ask_slices(struct vc_arena *arena, const struct pools *pools,
                      struct vc_device *device, struct vc_err *err)
{
	const struct pool *pool;
	size_t at;

	if (!device->driver || !device->pool || !device->name)
		return 0;
	pool = find_pool(pools, device);
	if (!pool)
		return 0;
	at = find_device(pool, device->name);
	if (is_complete(pool) && is_unique(pool, device->name, at))
		return add_from_slice(arena, device, pool->devices[at], err);
	if (vc_device_has_address(device))
		return 0;
	device->unresolved = why_silent(arena, pool, device, at);
	return device->unresolved ? 0 : vc_fail_oom(err);
}

/**
 * vc_join_slices() - Add what ResourceSlices know about the devices of claims
 * @arena:	holds what is added
 * @slices:	slices of any generation, also of other nodes
 * @claims:	claims; a device without address whose pool is not usable gets .unresolved
 * @err:	an address that differs, with both inputs
 *
 * Return: 0, -VC_ERR_INPUT or -VC_ERR_INTERNAL
 */
int vc_join_slices(struct vc_arena *arena, const struct vc_slices *slices,
                   struct vc_claims *claims, struct vc_err *err)
{
	struct pools pools = { 0 };

	if (slices->n == 0)
		return 0;
	if (read_pools(arena, slices, &pools, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < claims->n; i++)
		for (size_t j = 0; j < claims->v[i].devices.n; j++)
			if (ask_slices(arena, &pools, &claims->v[i].devices.v[j], err) <
			    0)
				return -(int)err->kind;
	return 0;
}
