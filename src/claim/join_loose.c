/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "claim/join_internal.h"

/* So many claimed devices can be one and the same; so many of one name are looked at. */
#define MAX_CANDIDATES 64
#define MAX_NAMESAKES  1024

struct by_name {
	struct vc_device **v;
	size_t n;
};

static int compare_devices(const void *va, const void *vb)
{
	const struct vc_device *a = *(const struct vc_device *const *)va;
	const struct vc_device *b = *(const struct vc_device *const *)vb;
	int c = strcmp(a->name, b->name);

	if (c == 0 && a->driver && b->driver)
		c = strcasecmp(a->driver, b->driver);
	else if (c == 0)
		c = (a->driver == NULL) - (b->driver == NULL);
	return c;
}

static int index_devices(struct vc_arena *arena, const struct vc_claims *claims,
                         struct by_name *ret_index, struct vc_err *err)
{
	struct by_name index = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < claims->n; i++)
		n += claims->v[i].devices.n;
	index.v = vc_arena_alloc(arena, n, sizeof(void *));
	if (!index.v)
		return vc_fail_oom(err);
	for (size_t i = 0; i < claims->n; i++)
		for (size_t j = 0; j < claims->v[i].devices.n; j++)
			if (claims->v[i].devices.v[j].name)
				index.v[index.n++] = &claims->v[i].devices.v[j];
	qsort(index.v, index.n, sizeof(void *), compare_devices);
	*ret_index = index;
	return 0;
}

static size_t first_named(const struct by_name *index, const char *name)
{
	size_t low = 0, high = index->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (strcmp(index->v[mid]->name, name) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static const char *name_of(const struct vc_device *device)
{
	const char *part;

	if (device->name || !device->cdi_name)
		return device->name;
	part = strchr(device->cdi_name, '=');
	return part ? part + 1 : NULL;
}

static bool is_same(const struct vc_device *have, const struct vc_device *device)
{
	return vc_device_compatible(have, device) &&
	       (vc_device_same_name(have, device, NULL) ||
	        vc_device_same_cdi_name(have, device, NULL));
}

static bool other_pool(const struct vc_device *a, const struct vc_device *b)
{
	return a->pool && b->pool && strcmp(a->pool, b->pool) != 0;
}

/* Devices of several pools are on several nodes, and nothing says which one is here. */
static int candidates(const struct by_name *index, const struct vc_device *device,
                      struct vc_device *ret_candidates[static MAX_CANDIDATES])
{
	const char *name = name_of(device);
	size_t first = name ? first_named(index, name) : index->n;
	int n = 0;

	for (size_t i = first; i < index->n; i++) {
		struct vc_device *have = index->v[i];

		if (strcmp(have->name, name) != 0)
			break;
		if (i - first == MAX_NAMESAKES)
			return 0;
		if (!is_same(have, device))
			continue;
		if (n == MAX_CANDIDATES || (n > 0 && other_pool(ret_candidates[0], have)))
			return 0;
		ret_candidates[n++] = have;
	}
	return n;
}

static int merge_loose(struct vc_arena *arena, const struct by_name *index,
                       const struct vc_device *device, bool *ret_found,
                       struct vc_err *err)
{
	struct vc_device *found[MAX_CANDIDATES] = { NULL };
	int n = candidates(index, device, found);

	for (int i = 0; i < n; i++)
		if (vc_device_merge(arena, found[i], device, err) < 0)
			return -(int)err->kind;
	*ret_found = n > 0;
	return 0;
}

static int join_piece(struct vc_arena *arena, const struct vc_claim *piece,
                      const struct by_name *index, struct vc_claims *claims,
                      struct vc_err *err)
{
	struct vc_claim rest = *piece, *slot;

	rest.devices = (struct vc_devices){ 0 };
	for (size_t i = 0; i < piece->devices.n; i++) {
		struct vc_device *left;
		bool found = false;

		if (merge_loose(arena, index, &piece->devices.v[i], &found, err) < 0)
			return -(int)err->kind;
		if (found)
			continue;
		left = vc_list_push(arena, &rest.devices);
		if (!left)
			return vc_fail_oom(err);
		*left = vc_device_copy(&piece->devices.v[i]);
	}
	if (rest.devices.n == 0 && piece->devices.n > 0)
		return 0;
	slot = vc_list_push(arena, claims);
	if (!slot)
		return vc_fail_oom(err);
	*slot = rest;
	return 0;
}

/**
 * vc_join_loose() - Find the claims of devices that come without a claim
 * @arena:	holds what is added
 * @loose:	pieces with neither UID nor name
 * @n_loose:	how many
 * @claims:	claims so far; devices that none of them claims are added as claims
 *		without a name
 * @err:	a contradiction names both inputs
 *
 * A device belongs to a claim when its driver and name do. What has the same name in
 * several pools is left alone.
 *
 * Return: 0, -VC_ERR_INPUT or -VC_ERR_INTERNAL
 */
int vc_join_loose(struct vc_arena *arena, const struct vc_claim *const *loose,
                  size_t n_loose, struct vc_claims *claims, struct vc_err *err)
{
	struct by_name index = { 0 };

	if (n_loose == 0)
		return 0;
	if (index_devices(arena, claims, &index, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < n_loose; i++)
		if (join_piece(arena, loose[i], &index, claims, err) < 0)
			return -(int)err->kind;
	return 0;
}
