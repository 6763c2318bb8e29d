/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * index.h - look many things up by a text key, without quadratic scans.
 *
 * Filled, then sorted once, then asked. Several entries may have one key: they stand
 * together, in the order of their values.
 */
#pragma once

#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"

struct vc_index_entry {
	const char *key;
	size_t value;
};

struct vc_index {
	struct vc_index_entry *v;
	size_t n, cap;
};

int vc_index_add(struct vc_arena *arena, struct vc_index *index, const char *key,
                 size_t value, struct vc_err *err) VC_MUST_CHECK;
void vc_index_sort(struct vc_index *index) VC_NONNULL;
const struct vc_index_entry *vc_index_find(const struct vc_index *index, const char *key,
                                           size_t *ret_n);
