/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "claimd/ledger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Index of @subject, or where it belongs. */
static size_t position(const struct vc_ledger *ledger, const char *subject,
                       bool *ret_found)
{
	size_t low = 0, high = ledger->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		/* a longer one is known by its beginning */
		int order =
			strncmp(ledger->v[middle].subject, subject, VC_SUBJECT_SIZE - 1);

		*ret_found = order == 0;
		if (order == 0)
			return middle;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*ret_found = false;
	return low;
}

static struct vc_matter *find(const struct vc_ledger *ledger, const char *subject)
{
	bool found;
	size_t i = position(ledger, subject, &found);

	return found ? &ledger->v[i] : NULL;
}

static void remove_at(struct vc_ledger *ledger, size_t i)
{
	ledger->n--;
	memmove(&ledger->v[i], &ledger->v[i + 1], (ledger->n - i) * sizeof(ledger->v[0]));
}

/* FNV-1a */
static uint64_t hash(const char *text)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (const unsigned char *p = (const unsigned char *)text; *p != '\0'; p++)
		h = (h ^ *p) * UINT64_C(0x100000001b3);
	return h;
}

/* Room for one more; NULL there is none. */
static struct vc_matter *make_room(struct vc_ledger *ledger)
{
	size_t cap = ledger->cap > 0 ? ledger->cap * 2 : 16;
	struct vc_matter *v;

	if (ledger->n < ledger->cap)
		return ledger->v;
	v = reallocarray(ledger->v, cap, sizeof(*v));
	if (!v)
		return NULL;
	ledger->v = v;
	ledger->cap = cap;
	return v;
}

static int add(struct vc_ledger *ledger, const char *subject, uint64_t text,
               struct vc_err *err)
{
	struct vc_matter matter = { .text = text, .current = true };
	struct vc_matter *v = make_room(ledger);
	bool found;
	size_t i;

	if (!v)
		return vc_fail_oom(err);
	(void)snprintf(matter.subject, sizeof(matter.subject), "%s", subject);
	i = position(ledger, matter.subject, &found);
	memmove(&v[i + 1], &v[i], (ledger->n - i) * sizeof(*v));
	v[i] = matter;
	ledger->n++;
	return 0;
}

/**
 * vc_ledger_begin() - Begin to look at everything anew
 * @ledger:	ledger
 */
void vc_ledger_begin(struct vc_ledger *ledger)
{
	for (size_t i = 0; i < ledger->n; i++)
		ledger->v[i].current = false;
}

/* Sets *ret_matter; NULL: over the limit. */
static int note(struct vc_ledger *ledger, const char *subject, const char *text,
                struct vc_matter **ret_matter, bool *ret_news, struct vc_err *err)
{
	struct vc_matter *matter = find(ledger, subject);
	uint64_t h = hash(text);
	bool news = matter ? matter->text != h : ledger->n < VC_LEDGER_MAX;

	if (!matter && news && add(ledger, subject, h, err) < 0)
		return -(int)err->kind;
	matter = find(ledger, subject);
	if (matter) {
		matter->text = h;
		matter->current = true;
	}
	*ret_matter = matter;
	*ret_news = news;
	return 0;
}

/**
 * vc_ledger_problem() - Something is wrong
 * @ledger:	ledger
 * @subject:	with what
 * @text:	what
 * @ret_news:	whether it has to be said. Over VC_LEDGER_MAX it never is
 * @err:	out of memory
 *
 * Attempts that failed before are forgotten: what is wrong now is something else.
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_ledger_problem(struct vc_ledger *ledger, const char *subject, const char *text,
                      bool *ret_news, struct vc_err *err)
{
	struct vc_matter *matter = NULL;

	if (note(ledger, subject, text, &matter, ret_news, err) < 0)
		return -(int)err->kind;
	if (matter)
		matter->failures = 0;
	return 0;
}

/**
 * vc_ledger_failed() - An attempt to put something right failed
 * @ledger:	ledger
 * @subject:	what
 * @text:	why
 * @now:	when
 * @ret_news:	as of vc_ledger_problem()
 * @err:	out of memory
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_ledger_failed(struct vc_ledger *ledger, const char *subject, const char *text,
                     int64_t now, bool *ret_news, struct vc_err *err)
{
	struct vc_matter *matter = NULL;
	unsigned doublings;

	if (note(ledger, subject, text, &matter, ret_news, err) < 0)
		return -(int)err->kind;
	if (!matter)
		return 0;
	doublings = matter->failures < VC_LEDGER_TIMED ? matter->failures
	                                               : VC_LEDGER_TIMED - 1;
	if (matter->failures <= VC_LEDGER_TIMED)
		matter->failures++;
	matter->not_before = now + ((int64_t)VC_LEDGER_FIRST_PAUSE_MS << doublings);
	return 0;
}

/**
 * vc_ledger_keep() - It was not looked at closely this time
 * @ledger:	ledger
 * @subject:	what
 */
void vc_ledger_keep(struct vc_ledger *ledger, const char *subject)
{
	struct vc_matter *matter = find(ledger, subject);

	if (matter)
		matter->current = true;
}

/**
 * vc_ledger_settled() - Forget one thing that is all right again
 * @ledger:	ledger
 * @subject:	buffer for its name
 * @size:	its size
 *
 * Return: whether there was one
 */
bool vc_ledger_settled(struct vc_ledger *ledger, char *subject, size_t size)
{
	for (size_t i = 0; i < ledger->n; i++) {
		if (ledger->v[i].current)
			continue;
		(void)snprintf(subject, size, "%s", ledger->v[i].subject);
		remove_at(ledger, i);
		return true;
	}
	return false;
}

/**
 * vc_ledger_may_try() - Whether to try now
 * @ledger:	ledger
 * @subject:	what
 * @now:	when
 *
 * Return: whether
 */
bool vc_ledger_may_try(const struct vc_ledger *ledger, const char *subject, int64_t now)
{
	const struct vc_matter *matter = find(ledger, subject);

	return !matter || matter->failures == 0 || now >= matter->not_before;
}

/**
 * vc_ledger_next() - When to wake up for another attempt
 * @ledger:	ledger
 * @last:	when attempts were made last
 *
 * Return: a time after @last; -1 not by the clock
 */
int64_t vc_ledger_next(const struct vc_ledger *ledger, int64_t last)
{
	int64_t next = -1;

	for (size_t i = 0; i < ledger->n; i++) {
		const struct vc_matter *matter = &ledger->v[i];

		if (matter->failures == 0 || matter->failures > VC_LEDGER_TIMED ||
		    matter->not_before <= last)
			continue;
		if (next < 0 || matter->not_before < next)
			next = matter->not_before;
	}
	return next;
}

/**
 * vc_ledger_forgive() - Somebody asked to try everything again
 * @ledger:	ledger
 */
void vc_ledger_forgive(struct vc_ledger *ledger)
{
	for (size_t i = 0; i < ledger->n; i++)
		ledger->v[i].failures = 0;
}

/**
 * vc_ledger_release() - Forget everything
 * @ledger:	can be used again
 */
void vc_ledger_release(struct vc_ledger *ledger)
{
	free(ledger->v);
	*ledger = (struct vc_ledger){ 0 };
}
