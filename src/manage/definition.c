/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manage/internal.h"

/**
 * vc_definition_plan() - Translate a stored definition
 * @arena:	holds the results
 * @manage:	options and defaults
 * @definition:	.name, .input, .judge; gets .domain and .translation
 * @err:	what is wrong
 *
 * Return: 0, as vc_virt_facts(), as vc_manage_translate(), or what .judge says
 */
int vc_definition_plan(struct vc_arena *arena, const struct vc_manage *manage,
                       struct vc_definition *definition, struct vc_err *err)
{
	struct vc_definition *d = definition;

	if (vc_manage_facts(arena, manage, d->name, VC_VIRT_INACTIVE, &d->domain, err) <
	            0 ||
	    vc_manage_translate(arena, manage, &d->domain, &d->input, &d->translation,
	                        err) < 0)
		return -(int)err->kind;
	return d->judge ? d->judge(&d->domain, &d->translation, err) : 0;
}

static int store(struct vc_arena *arena, const struct vc_manage *manage,
                 const struct vc_definition *d, bool *ret_stale, struct vc_err *err)
{
	const struct vc_virt_request request = {
		.operation = VC_VIRT_DEFINE,
		.uri = manage->uri,
		.domain = d->domain.uuid,
		.xml = d->translation.xml,
		.expected = d->domain.xml,
	};

	return vc_virt_change(arena, &request, ret_stale, err);
}

/**
 * vc_definition_store() - Replace a stored definition by its translation
 * @arena:	scratch
 * @manage:	options and defaults
 * @definition:	of vc_definition_plan(); planned again when somebody edited it since
 * @err:	what is wrong
 *
 * A definition that would not change is not touched.
 *
 * Return: 0, as vc_definition_plan(), as vc_virt_change(); -VC_ERR_REFUSED also when it
 * is being edited again and again
 */
int vc_definition_store(struct vc_arena *arena, const struct vc_manage *manage,
                        struct vc_definition *definition, struct vc_err *err)
{
	struct vc_definition *d = definition;

	for (int i = 0; i < VC_MANAGE_ATTEMPTS; i++) {
		bool stale = false;

		if (i > 0 && vc_definition_plan(arena, manage, d, err) < 0)
			return -(int)err->kind;
		if (!d->translation.changed)
			return 0;
		if (store(arena, manage, d, &stale, err) < 0)
			return -(int)err->kind;
		if (!stale)
			return 0;
	}
	return vc_fail(err, VC_ERR_REFUSED,
	               "the definition of '%s' was edited by somebody else %d times "
	               "meanwhile; nothing was changed, try again",
	               d->domain.name, VC_MANAGE_ATTEMPTS);
}
