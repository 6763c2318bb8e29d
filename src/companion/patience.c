/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "companion/patience.h"

#include <stdlib.h>
#include <string.h>

struct vc_torn {
	struct vc_torn *next;
	int64_t since;
	bool current;
	char subject[];
};

static struct vc_torn *find(const struct vc_patience *patience, const char *subject)
{
	struct vc_torn *torn = patience->first;

	while (torn && strcmp(torn->subject, subject) != 0)
		torn = torn->next;
	return torn;
}

/**
 * vc_patience_begin() - Look at everything again
 * @patience:	what was torn
 */
void vc_patience_begin(struct vc_patience *patience)
{
	for (struct vc_torn *torn = patience->first; torn; torn = torn->next)
		torn->current = false;
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
	struct vc_torn *torn = find(patience, subject);
	size_t size = strlen(subject) + 1;

	if (torn) {
		torn->current = true;
		return 0;
	}
	if (patience->n == VC_PATIENCE_MAX)
		return 0;
	torn = malloc(sizeof(*torn) + size);
	if (!torn)
		return vc_fail_oom(err);
	torn->since = now;
	torn->current = true;
	memcpy(torn->subject, subject, size);
	torn->next = patience->first;
	patience->first = torn;
	patience->n++;
	return 0;
}

/**
 * vc_patience_end() - Everything was looked at
 * @patience:	what was not torn is forgotten
 */
void vc_patience_end(struct vc_patience *patience)
{
	struct vc_torn **at = &patience->first;

	while (*at) {
		struct vc_torn *torn = *at;

		if (torn->current) {
			at = &torn->next;
			continue;
		}
		*at = torn->next;
		free(torn);
		patience->n--;
	}
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
	const struct vc_torn *torn = find(patience, subject);

	if (!torn)
		return patience->n < VC_PATIENCE_MAX;
	return now - torn->since < VC_PATIENCE_MS;
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

	for (const struct vc_torn *torn = patience->first; torn; torn = torn->next) {
		int64_t end = torn->since + VC_PATIENCE_MS;

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
	vc_patience_begin(patience);
	vc_patience_end(patience);
}
