/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "domain/index.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/**
 * vc_index_add() - Add an entry; the index has to be sorted again
 * @arena:	holds the entries
 * @index:	index
 * @key:	borrowed for as long as the index is used; NULL adds nothing
 * @value:	usually an index into some list
 * @err:	out of memory
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_index_add(struct vc_arena *arena, struct vc_index *index, const char *key,
                 size_t value, struct vc_err *err)
{
	struct vc_index_entry *entry;

	if (!key)
		return 0;
	entry = vc_list_push(arena, index);
	if (!entry)
		return vc_fail_oom(err);
	*entry = (struct vc_index_entry){ .key = key, .value = value };
	return 0;
}

static int compare(const void *left, const void *right)
{
	const struct vc_index_entry *a = left;
	const struct vc_index_entry *b = right;
	int c = strcmp(a->key, b->key);

	return c != 0 ? c : (a->value > b->value) - (a->value < b->value);
}

/**
 * vc_index_sort() - Make an index ready to be asked
 * @index:	index
 */
void vc_index_sort(struct vc_index *index)
{
	if (index->n > 1)
		qsort(index->v, index->n, sizeof(*index->v), compare);
}

/* The first entry whose key is >= @key, or > @key when @after. */
static size_t bound(const struct vc_index *index, const char *key, bool after)
{
	size_t low = 0, high = index->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int c = strcmp(index->v[middle].key, key);

		if (c < 0 || (after && c == 0))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/**
 * vc_index_find() - Entries of a key
 * @index:	sorted index
 * @key:	NULL finds nothing
 * @ret_n:	how many there are, also 0; may be NULL
 *
 * Return: the first of them, by value; NULL when there is none
 */
const struct vc_index_entry *vc_index_find(const struct vc_index *index, const char *key,
                                           size_t *ret_n)
{
	size_t first = key ? bound(index, key, false) : 0;
	size_t n = key ? bound(index, key, true) - first : 0;

	if (ret_n)
		*ret_n = n;
	return n > 0 ? &index->v[first] : NULL;
}
