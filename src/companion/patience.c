/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "companion/patience.h"

#include <stdlib.h>
#include <string.h>

/* Where it is, or would be. */
static size_t find(const struct vc_patience *patience, const char *subject, bool *ret_has)
{
	size_t low = 0, high = patience->n;

	*ret_has = false;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int c = strcmp(subject, patience->v[mid].subject);

		if (c == 0) {
			*ret_has = true;
			return mid;
		}
		if (c < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return low;
}

/**
 * vc_patience_begin() - Look at everything again
 * @patience:	what was torn
 */
void vc_patience_begin(struct vc_patience *patience)
{
	for (size_t i = 0; i < patience->n; i++)
		patience->v[i].current = false;
}

static int make_room(struct vc_patience *patience, struct vc_err *err)
{
	size_t cap = patience->cap ? 2 * patience->cap : 16;
	void *v;

	if (patience->n < patience->cap)
		return 0;
	v = reallocarray(patience->v, cap, sizeof(*patience->v));
	if (!v)
		return vc_fail_oom(err);
	patience->v = v;
	patience->cap = cap;
	return 0;
}

/**
 * vc_patience_torn() - A file cannot be read
 * @patience:	what is torn
 * @subject:	its name; copied
 * @now:	when it was noticed
 * @err:	out of memory
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_patience_torn(struct vc_patience *patience, const char *subject, int64_t now,
                     struct vc_err *err)
{
	bool has;
	size_t i = find(patience, subject, &has);
	char *copy;

	if (has) {
		patience->v[i].current = true;
		return 0;
	}
	if (patience->n == VC_PATIENCE_MAX)
		return 0;
	copy = strdup(subject);
	if (!copy)
		return vc_fail_oom(err);
	if (make_room(patience, err) < 0) {
		free(copy);
		return -(int)err->kind;
	}
	memmove(&patience->v[i + 1], &patience->v[i],
	        (patience->n - i) * sizeof(*patience->v));
	patience->v[i] = (struct vc_torn){ copy, now, true };
	patience->n++;
	return 0;
}

/**
 * vc_patience_end() - Everything was looked at
 * @patience:	what was not torn is forgotten
 */
void vc_patience_end(struct vc_patience *patience)
{
	size_t n = 0;

	for (size_t i = 0; i < patience->n; i++) {
		if (patience->v[i].current)
			patience->v[n++] = patience->v[i];
		else
			free(patience->v[i].subject);
	}
	patience->n = n;
}

/**
 * vc_patience_waits() - Whether a torn file may be whole in a moment
 * @patience:	what is torn
 * @subject:	its name; one that is not known yet may
 * @now:	when
 *
 * Return: whether it may
 */
bool vc_patience_waits(const struct vc_patience *patience, const char *subject,
                       int64_t now)
{
	bool has;
	size_t i = find(patience, subject, &has);

	if (!has)
		return patience->n < VC_PATIENCE_MAX;
	return now - patience->v[i].since < VC_PATIENCE_MS;
}

/**
 * vc_patience_next() - When to look again, whatever happens
 * @patience:	what is torn
 * @last:	when it was looked last: what was over by then is known to be
 *
 * Return: a time, perhaps one that has passed; -1 never
 */
int64_t vc_patience_next(const struct vc_patience *patience, int64_t last)
{
	int64_t next = -1;

	for (size_t i = 0; i < patience->n; i++) {
		int64_t end = patience->v[i].since + VC_PATIENCE_MS;

		if (end > last && (next < 0 || end < next))
			next = end;
	}
	return next;
}

/**
 * vc_patience_release() - Forget everything
 * @patience:	empty afterwards
 */
void vc_patience_release(struct vc_patience *patience)
{
	for (size_t i = 0; i < patience->n; i++)
		free(patience->v[i].subject);
	free(patience->v);
	*patience = (struct vc_patience){ 0 };
}
