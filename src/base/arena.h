/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * arena.h - memory that is released all at once.
 *
 * Everything that readers produce (claims, bindings, plans and all their strings) lives
 * in the arena of the run, so no struct of the model owns anything and none has a free
 * function. A NULL from any of these functions means out of memory, or over the limit
 * given at init, which bounds what hostile input can make us hold.
 *
 * Lists are three fields, `T *v; size_t n; size_t cap;`, grown by vc_list_push().
 */
#pragma once

#include <stdarg.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/cleanup.h"

struct vc_arena_block;

struct vc_arena {
	struct vc_arena_block *blocks;
	size_t bytes, max_bytes;
};

/* Enough for every document under its own size limit; more is an attack. */
#define VC_ARENA_MAX_BYTES ((size_t)512 << 20)

#define VC_ARENA_INIT                            \
	{                                        \
		.max_bytes = VC_ARENA_MAX_BYTES, \
	}
#define VC_AUTO_ARENA VC_CLEANUP(vc_arena_release)

void *vc_arena_alloc(struct vc_arena *arena, size_t n, size_t size) VC_MUST_CHECK;
char *vc_arena_strdup(struct vc_arena *arena, const char *text) VC_MUST_CHECK;
char *vc_arena_strndup(struct vc_arena *arena, const char *text, size_t len)
	VC_MUST_CHECK;
char *vc_arena_printf(struct vc_arena *arena, const char *fmt, ...) VC_PRINTF(2, 3)
	VC_MUST_CHECK;
void vc_arena_release(struct vc_arena *arena);

void *vc_list_grow(struct vc_arena *arena, void *v, size_t n, size_t *cap, size_t size)
	VC_MUST_CHECK;

/* A pointer to a new zeroed last element of *list, or NULL. Lives until the next push. */
#define vc_list_push(arena, list)                                                    \
	__extension__({                                                              \
		__typeof__(list) vc_l_ = (list);                                     \
		void *vc_v_ = vc_list_grow((arena), vc_l_->v, vc_l_->n, &vc_l_->cap, \
		                           sizeof(*vc_l_->v));                       \
		if (vc_v_)                                                           \
			vc_l_->v = vc_v_;                                            \
		vc_v_ ? &vc_l_->v[vc_l_->n++] : NULL;                                \
	})
