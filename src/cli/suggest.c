/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/suggest.h"

#include <string.h>

#define WORD_MAX 40

static size_t least(size_t a, size_t b, size_t c)
{
	size_t m = a < b ? a : b;

	return m < c ? m : c;
}

/* Insertions, deletions and replacements that make @b of @a (Levenshtein). */
static size_t edit_distance(const char *a, const char *b)
{
	size_t row[WORD_MAX + 1];
	size_t len = strlen(b);

	for (size_t j = 0; j <= len; j++)
		row[j] = j;
	for (size_t i = 1; a[i - 1] != '\0'; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= len; j++) {
			size_t above = row[j];

			row[j] = least(above + 1, row[j - 1] + 1,
			               diagonal + (a[i - 1] != b[j - 1]));
			diagonal = above;
		}
	}
	return row[len];
}

/**
 * vc_suggest() - Offer a candidate
 * @suggestion:	search; .best is replaced when @candidate is nearer
 * @candidate:	known word; must outlive @suggestion
 *
 * Near enough is one change for a short word, more for longer ones, or a candidate
 * that goes on after the typed word.
 */
void vc_suggest(struct vc_suggestion *suggestion, const char *candidate)
{
	size_t len = strlen(suggestion->word);
	size_t limit = len < 4 ? 1 : (len < 9 ? 2 : len / 3);
	size_t d;

	if (len == 0 || len > WORD_MAX || strlen(candidate) > WORD_MAX)
		return;
	d = edit_distance(suggestion->word, candidate);
	if (len >= 3 && strncmp(candidate, suggestion->word, len) == 0)
		d = 1;
	if (d > limit || (suggestion->best && d >= suggestion->distance))
		return;
	suggestion->best = candidate;
	suggestion->distance = d;
}
