/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Myers' algorithm walks an edit grid: x lines of the old text are used, y of the new
 * one, and k = x - y names a diagonal. After d edits reach[k] is the furthest x on each
 * diagonal. The reaches of every d are kept, so that the way back can be read off.
 */
#include "cli/diff.h"

#include <stdint.h>
#include <string.h>

#include "base/cleanup.h"

#define CONTEXT   ((size_t)3)
#define EDITS_MAX 3072

#define RED       "\033[31m"
#define GREEN     "\033[32m"
#define CYAN      "\033[36m"
#define BOLD      "\033[1m"
#define RESET     "\033[m"

struct line {
	const char *text;
	size_t len; /* with its newline, if it has one */
	uint64_t hash;
	bool changed; /* deleted from the old side, or new on the new side */
};

struct lines {
	struct line *v;
	size_t n;
};

/* reach[d] has 2d + 1 elements, for k = -d .. d */
struct trace {
	int32_t *reach[EDITS_MAX + 1];
	size_t n;
};

static void free_trace(struct trace *trace)
{
	for (size_t i = 0; i < trace->n; i++)
		free(trace->reach[i]);
}

static void free_lines(struct lines *lines)
{
	free(lines->v);
}

/* FNV-1a */
static uint64_t hash_bytes(const char *text, size_t len)
{
	uint64_t hash = 0xcbf29ce484222325U;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)text[i]) * 0x100000001b3U;
	return hash;
}

static bool same_line(const struct line *a, const struct line *b)
{
	return a->hash == b->hash && a->len == b->len &&
	       memcmp(a->text, b->text, a->len) == 0;
}

static bool split(const char *text, size_t len, struct lines *lines)
{
	const char *end = text + len;
	size_t n = 0;

	for (const char *p = text; p < end; n++) {
		const char *newline = memchr(p, '\n', (size_t)(end - p));

		p = newline ? newline + 1 : end;
	}
	lines->v = calloc(n + 1, sizeof(*lines->v));
	if (!lines->v)
		return false;
	for (const char *p = text; p < end; lines->n++) {
		const char *newline = memchr(p, '\n', (size_t)(end - p));
		size_t line_len = (size_t)((newline ? newline + 1 : end) - p);

		lines->v[lines->n] = (struct line){ .text = p,
			                            .len = line_len,
			                            .hash = hash_bytes(p, line_len) };
		p += line_len;
	}
	return true;
}

/* The furthest x on diagonal k after d edits, before its run of equal lines. */
static int32_t step(const int32_t *before, int32_t d, int32_t k)
{
	/* before[] is centred on index d - 1 */
	if (k == -d)
		return before[k + 1 + d - 1];
	if (k == d)
		return before[k - 1 + d - 1] + 1;
	if (before[k - 1 + d - 1] < before[k + 1 + d - 1])
		return before[k + 1 + d - 1];
	return before[k - 1 + d - 1] + 1;
}

/* One round of the search; whether the end was reached. */
static bool extend(const struct lines *a, const struct lines *b, const int32_t *before,
                   int32_t d, int32_t *now)
{
	for (int32_t k = -d; k <= d; k += 2) {
		int32_t x = d == 0 ? 0 : step(before, d, k);
		int32_t y = x - k;

		while (x < (int32_t)a->n && y >= 0 && y < (int32_t)b->n &&
		       same_line(&a->v[x], &b->v[y])) {
			x++;
			y++;
		}
		now[k + d] = x;
		if (x >= (int32_t)a->n && y >= (int32_t)b->n)
			return true;
	}
	return false;
}

enum outcome { FOUND, TOO_FAR, NO_MEMORY };

static enum outcome search(const struct lines *a, const struct lines *b,
                           struct trace *trace)
{
	for (int32_t d = 0; d <= EDITS_MAX; d++) {
		int32_t *now = calloc(2 * (size_t)d + 1, sizeof(*now));

		if (!now)
			return NO_MEMORY;
		trace->reach[trace->n++] = now;
		if (extend(a, b, d > 0 ? trace->reach[d - 1] : NULL, d, now))
			return FOUND;
	}
	return TOO_FAR;
}

/* Marks what the found way deletes and inserts, from its end to its start. */
static void walk_back(struct lines *a, struct lines *b, const struct trace *trace)
{
	int32_t k = (int32_t)a->n - (int32_t)b->n;

	for (int32_t d = (int32_t)trace->n - 1; d > 0; d--) {
		const int32_t *before = trace->reach[d - 1];
		bool down = k == -d ||
		            (k != d && before[k - 1 + d - 1] < before[k + 1 + d - 1]);
		int32_t from = down ? k + 1 : k - 1;
		int32_t x = before[from + d - 1];

		if (down)
			b->v[x - from].changed = true;
		else
			a->v[x].changed = true;
		k = from;
	}
}

static void mark_all(struct lines *lines)
{
	for (size_t i = 0; i < lines->n; i++)
		lines->v[i].changed = true;
}

/* Sets .changed on both sides; equal heads and tails are left out of the search. */
static bool compare(struct lines *a, struct lines *b)
{
	VC_CLEANUP(free_trace) struct trace trace = { .n = 0 };
	size_t head = 0, tail = 0;
	struct lines a_mid, b_mid;
	enum outcome outcome;

	while (head < a->n && head < b->n && same_line(&a->v[head], &b->v[head]))
		head++;
	while (tail < a->n - head && tail < b->n - head &&
	       same_line(&a->v[a->n - 1 - tail], &b->v[b->n - 1 - tail]))
		tail++;
	a_mid = (struct lines){ a->v + head, a->n - head - tail };
	b_mid = (struct lines){ b->v + head, b->n - head - tail };
	outcome = a_mid.n > INT32_MAX / 2 || b_mid.n > INT32_MAX / 2
	                  ? TOO_FAR
	                  : search(&a_mid, &b_mid, &trace);
	if (outcome == FOUND)
		walk_back(&a_mid, &b_mid, &trace);
	if (outcome == TOO_FAR) {
		mark_all(&a_mid);
		mark_all(&b_mid);
	}
	return outcome != NO_MEMORY;
}

static void add_line(struct vc_buf *buf, char sign, const struct line *line, bool colour)
{
	bool newline = line->len > 0 && line->text[line->len - 1] == '\n';
	const char *on = sign == '-' ? RED : GREEN;

	colour = colour && sign != ' ';
	if (colour)
		vc_buf_puts(buf, on);
	vc_buf_add(buf, &sign, 1);
	vc_buf_add(buf, line->text, line->len - newline);
	if (colour)
		vc_buf_puts(buf, RESET);
	vc_buf_puts(buf, newline ? "\n" : "\n\\ No newline at end of file\n");
}

/* Lines a0..a1 of the old side stand against b0..b1 of the new one. */
struct hunk {
	size_t a0, a1, b0, b1;
};

/* Moves *i, *j over the next equal lines, at most @max; how many they were. */
static size_t skip_equal(const struct lines *a, size_t *i, size_t *j,
                         const struct lines *b, size_t max)
{
	size_t n = 0;

	while (n < max && *i < a->n && *j < b->n && !a->v[*i].changed &&
	       !b->v[*j].changed) {
		++*i;
		++*j;
		n++;
	}
	return n;
}

static void skip_changed(const struct lines *lines, size_t *i)
{
	while (*i < lines->n && lines->v[*i].changed)
		++*i;
}

/* The next hunk at or behind .a1, .b1 of the last one, with its context; false: none. */
static bool next_hunk(const struct lines *a, const struct lines *b, struct hunk *hunk)
{
	size_t i = hunk->a1, j = hunk->b1;
	size_t equal = skip_equal(a, &i, &j, b, SIZE_MAX);
	size_t lead = equal < CONTEXT ? equal : CONTEXT;

	if (i == a->n && j == b->n)
		return false;
	hunk->a0 = i - lead;
	hunk->b0 = j - lead;
	for (;;) {
		skip_changed(a, &i);
		skip_changed(b, &j);
		hunk->a1 = i;
		hunk->b1 = j;
		equal = skip_equal(a, &i, &j, b, 2 * CONTEXT + 1);
		if (equal > 2 * CONTEXT || (i == a->n && j == b->n))
			break;
	}
	lead = equal < CONTEXT ? equal : CONTEXT;
	hunk->a1 += lead;
	hunk->b1 += lead;
	return true;
}

static void add_range(struct vc_buf *buf, char sign, size_t first, size_t end)
{
	size_t n = end - first;

	vc_buf_printf(buf, " %c%zu", sign, n == 0 ? first : first + 1);
	if (n != 1)
		vc_buf_printf(buf, ",%zu", n);
}

static void add_hunk(struct vc_buf *buf, const struct lines *a, const struct lines *b,
                     const struct hunk *hunk, bool colour)
{
	size_t i = hunk->a0, j = hunk->b0;

	vc_buf_puts(buf, colour ? CYAN "@@" : "@@");
	add_range(buf, '-', hunk->a0, hunk->a1);
	add_range(buf, '+', hunk->b0, hunk->b1);
	vc_buf_puts(buf, colour ? " @@" RESET "\n" : " @@\n");
	while (i < hunk->a1 || j < hunk->b1) {
		for (; i < hunk->a1 && a->v[i].changed; i++)
			add_line(buf, '-', &a->v[i], colour);
		for (; j < hunk->b1 && b->v[j].changed; j++)
			add_line(buf, '+', &b->v[j], colour);
		for (;
		     i < hunk->a1 && j < hunk->b1 && !a->v[i].changed && !b->v[j].changed;
		     i++, j++)
			add_line(buf, ' ', &a->v[i], colour);
	}
}

static void add_header(struct vc_buf *buf, const char *sign, const char *name,
                       bool colour)
{
	vc_buf_printf(buf, "%s%s %s%s\n", colour ? BOLD : "", sign, name,
	              colour ? RESET : "");
}

/**
 * vc_diff() - Append the unified diff of two texts
 * @buf:	buffer
 * @before:	old side
 * @after:	new side
 * @colour:	whether to colour it for a terminal
 * @err:	out of memory
 *
 * Equal texts append nothing.
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_diff(struct vc_buf *buf, const struct vc_diff_side *before,
            const struct vc_diff_side *after, bool colour, struct vc_err *err)
{
	VC_CLEANUP(free_lines) struct lines a = { NULL, 0 };
	VC_CLEANUP(free_lines) struct lines b = { NULL, 0 };
	struct hunk hunk = { 0, 0, 0, 0 };
	bool header = false;

	if (!split(before->text, before->len, &a) || !split(after->text, after->len, &b))
		return vc_fail_oom(err);
	if (!compare(&a, &b))
		return vc_fail_oom(err);
	while (next_hunk(&a, &b, &hunk)) {
		if (!header) {
			add_header(buf, "---", before->name, colour);
			add_header(buf, "+++", after->name, colour);
			header = true;
		}
		add_hunk(buf, &a, &b, &hunk, colour);
	}
	return 0;
}
