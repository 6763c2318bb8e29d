/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "companion/source.h"

static int copy_text(struct vc_arena *arena, const char **text, struct vc_err *err)
{
	if (!*text)
		return 0;
	*text = vc_arena_strdup(arena, *text);
	return *text ? 0 : vc_fail_oom(err);
}

/**
 * vc_trouble_add() - Say what is wrong
 * @arena:	holds the copy
 * @troubles:	list
 * @trouble:	what is added
 * @err:	out of memory
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_trouble_add(struct vc_arena *arena, struct vc_troubles *troubles,
                   const struct vc_trouble *trouble, struct vc_err *err)
{
	struct vc_trouble *copy = vc_list_push(arena, troubles);

	if (!copy)
		return vc_fail_oom(err);
	*copy = *trouble;
	if (copy_text(arena, &copy->subject, err) < 0 ||
	    copy_text(arena, &copy->text, err) < 0 ||
	    copy_text(arena, &copy->uid, err) < 0 ||
	    copy_text(arena, &copy->namespace, err) < 0 ||
	    copy_text(arena, &copy->name, err) < 0)
		return -(int)err->kind;
	return 0;
}
