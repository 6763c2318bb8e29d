/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_BYTES ((size_t)16 << 10)

struct vc_arena_block {
	struct vc_arena_block *next;
	size_t used, size;
	alignas(max_align_t) unsigned char data[];
};

static struct vc_arena_block *add_block(struct vc_arena *arena, size_t bytes)
{
	size_t size = bytes > BLOCK_BYTES ? bytes : BLOCK_BYTES;
	struct vc_arena_block *b = NULL;

	if (bytes > arena->max_bytes || arena->bytes > arena->max_bytes - bytes)
		return NULL;
	b = calloc(1, sizeof(*b) + size);
	if (!b)
		return NULL;
	b->size = size;
	b->next = arena->blocks;
	arena->blocks = b;
	arena->bytes += size;
	return b;
}

/**
 * vc_arena_alloc() - Allocate zeroed memory
 * @arena:	arena
 * @n:		number of elements
 * @size:	bytes of each
 *
 * Return: memory, aligned for any type, valid until vc_arena_release(); NULL when
 * there is none or the arena's limit is reached
 */
void *vc_arena_alloc(struct vc_arena *arena, size_t n, size_t size)
{
	struct vc_arena_block *b = arena->blocks;
	size_t bytes;
	void *p;

	if (size != 0 && n > (SIZE_MAX - alignof(max_align_t)) / size)
		return NULL;
	bytes = (n * size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
	if (!b || b->size - b->used < bytes)
		b = add_block(arena, bytes);
	if (!b)
		return NULL;
	p = b->data + b->used;
	b->used += bytes;
	return p;
}

/**
 * vc_arena_strndup() - Copy @len bytes and terminate them
 * @arena:	arena
 * @text:	bytes to copy
 * @len:	how many
 *
 * Return: the copy, or NULL
 */
char *vc_arena_strndup(struct vc_arena *arena, const char *text, size_t len)
{
	char *copy = len < SIZE_MAX ? vc_arena_alloc(arena, len + 1, 1) : NULL;

	if (copy)
		memcpy(copy, text, len);
	return copy;
}

/**
 * vc_arena_strdup() - Copy a string
 * @arena:	arena
 * @text:	string; NULL gives NULL
 *
 * Return: the copy, or NULL
 */
char *vc_arena_strdup(struct vc_arena *arena, const char *text)
{
	return text ? vc_arena_strndup(arena, text, strlen(text)) : NULL;
}

/**
 * vc_arena_printf() - Format into the arena
 * @arena:	arena
 * @fmt:	format
 *
 * Return: the text, or NULL
 */
char *vc_arena_printf(struct vc_arena *arena, const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (len >= 0)
		text = vc_arena_alloc(arena, (size_t)len + 1, 1);
	if (!text)
		return NULL;
	va_start(ap, fmt);
	(void)vsnprintf(text, (size_t)len + 1, fmt, ap);
	va_end(ap);
	return text;
}

/**
 * vc_list_grow() - Make room for one more element of a list
 * @arena:	arena that holds the elements
 * @v:		elements, NULL when there are none
 * @n:		how many are in use
 * @cap:	how many fit, updated
 * @size:	bytes of one element
 *
 * Return: @v or a larger copy of it, its element @n zeroed; NULL
 */
void *vc_list_grow(struct vc_arena *arena, void *v, size_t n, size_t *cap, size_t size)
{
	size_t more = *cap ? *cap * 2 : 4;
	void *grown;

	if (n < *cap) {
		memset((unsigned char *)v + n * size, 0, size);
		return v;
	}
	grown = vc_arena_alloc(arena, more, size);
	if (!grown)
		return NULL;
	if (n > 0)
		memcpy(grown, v, n * size);
	*cap = more;
	return grown;
}

/**
 * vc_arena_release() - Free everything; the arena can be used again
 * @arena:	arena
 */
void vc_arena_release(struct vc_arena *arena)
{
	while (arena->blocks) {
		struct vc_arena_block *next = arena->blocks->next;

		free(arena->blocks);
		arena->blocks = next;
	}
	arena->bytes = 0;
}
