/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Single devices of a domain: adding what the command line binds, removing what it names.
 * Whatever else is recorded stays as it is, also when its claim is not at hand.
 */
#include "domain/planner.h"

/**
 * vc_plan_keep_others() - Keep each record that no binding is about
 * @planner:	planner; its plan grows
 * @bounds:	what is bound
 * @err:	a wrong element of a record
 *
 * Return: 0, -VC_ERR_INPUT, -VC_ERR_REFUSED (see vc_bind_element()) or -VC_ERR_INTERNAL
 */
int vc_plan_keep_others(struct vc_planner *planner, const struct vc_bounds *bounds,
                        struct vc_err *err)
{
	const struct vc_records *records = &planner->domain->records;
	struct vc_index bound = { 0 };
	struct vc_plan_device *kept;

	for (size_t i = 0; i < bounds->n; i++)
		if (vc_index_add(planner->arena, &bound, bounds->v[i].alias, i, err) < 0)
			return -(int)err->kind;
	vc_index_sort(&bound);
	for (size_t i = 0; i < records->n; i++) {
		const struct vc_record *r = &records->v[i];

		if (!vc_index_find(&bound, r->binding.alias, NULL) &&
		    vc_plan_record(planner, r, &kept, err) < 0)
			return -(int)err->kind;
	}
	return 0;
}

/* Without an element only the record goes. */
static int detach(struct vc_planner *planner, const struct vc_record *record,
                  struct vc_err *err)
{
	struct vc_plan_device *d;

	if (vc_plan_record(planner, record, &d, err) < 0)
		return -(int)err->kind;
	if (d->at > 0 && !record->made)
		return vc_fail(err, VC_ERR_REFUSED,
		               "%s:%ld: the element of '%s' was adopted and is not ours "
		               "to remove; 'virt-claim unbind' lets it go",
		               planner->document->file, record->line,
		               record->binding.alias);
	d->action = d->at > 0 ? VC_PLAN_REMOVE : VC_PLAN_UNBIND;
	d->recorded = false;
	d->to = NULL;
	d->why = vc_arena_strdup(planner->arena, "to be detached");
	return d->why ? 0 : vc_fail_oom(err);
}

/**
 * vc_plan_detach() - Plan for VC_MODE_DETACH: elements and records go
 * @planner:	planner; all aliases of its input are recorded in the domain
 * @err:	an element that is not ours
 *
 * Return: 0, -VC_ERR_REFUSED, -VC_ERR_INPUT or -VC_ERR_INTERNAL
 */
int vc_plan_detach(struct vc_planner *planner, struct vc_err *err)
{
	const struct vc_plan_input *in = planner->input;
	const struct vc_records *records = &planner->domain->records;
	struct vc_index wanted = { 0 };
	struct vc_plan_device *kept;

	for (size_t i = 0; i < in->n_aliases; i++)
		if (vc_index_add(planner->arena, &wanted, in->aliases[i], i, err) < 0)
			return -(int)err->kind;
	vc_index_sort(&wanted);
	for (size_t i = 0; i < records->n; i++) {
		const struct vc_record *r = &records->v[i];
		bool goes = vc_index_find(&wanted, r->binding.alias, NULL) != NULL;

		if ((goes ? detach(planner, r, err)
		          : vc_plan_record(planner, r, &kept, err)) < 0)
			return -(int)err->kind;
	}
	return 0;
}
