/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/claim.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/**
 * vc_facts_note() - Add a warning
 * @arena:	holds it
 * @facts:	facts
 * @err:	out of memory
 * @fmt:	one line without newline, starting with the file it is about
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_facts_note(struct vc_arena *arena, struct vc_facts *facts, struct vc_err *err,
                  const char *fmt, ...)
{
	char text[VC_ERR_MSG_SIZE];
	char **slot = vc_list_push(arena, &facts->notes);
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (slot)
		*slot = vc_arena_strdup(arena, text);
	return slot && *slot ? 0 : vc_fail_oom(err);
}

/**
 * vc_driver_equal() - Whether two driver names are the same
 * @a:		name, NULL is never equal
 * @b:		name, NULL is never equal
 *
 * [DRA] driver names are validated caselessly.
 *
 * Return: whether they are
 */
bool vc_driver_equal(const char *a, const char *b)
{
	return a && b && strcasecmp(a, b) == 0;
}
