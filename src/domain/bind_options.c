/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Options that are given for an alias, whoever bound it: --option. An alias of a whole
 * request means each of its devices; what is said of one of them by its own alias wins.
 */
#include <string.h>

#include "domain/planner.h"

struct given {
	const struct vc_alias_options_list *list;
	struct vc_index aliases;
	bool *used;
};

static int index_given(const struct vc_planner *planner, struct given *given,
                       struct vc_err *err)
{
	const struct vc_alias_options_list *list = planner->input->options;

	given->list = list;
	given->used = vc_arena_alloc(planner->arena, list->n + 1, sizeof(*given->used));
	if (!given->used)
		return vc_fail_oom(err);
	for (size_t i = 0; i < list->n; i++)
		if (vc_index_add(planner->arena, &given->aliases, list->v[i].alias, i,
		                 err) < 0)
			return -(int)err->kind;
	vc_index_sort(&given->aliases);
	return 0;
}

/* What is given for @alias wins over what the bound has. */
static void override(struct given *given, const char *alias, struct vc_bound *b)
{
	const struct vc_index_entry *e = vc_index_find(&given->aliases, alias, NULL);
	struct vc_options merged;

	if (!e)
		return;
	given->used[e->value] = true;
	merged = given->list->v[e->value].options;
	vc_options_merge(&merged, &b->options);
	b->options = merged;
}

static const char *any_origin(const struct vc_options *options)
{
	for (enum vc_opt opt = 0; opt < VC_OPTS; opt++)
		if (options->origins[opt])
			return options->origins[opt];
	return "--option";
}

static int check_used(const struct vc_planner *planner, const struct given *given,
                      const struct vc_bounds *bounds, struct vc_err *err)
{
	const char *text = "";
	size_t i = 0;

	while (i < given->list->n && given->used[i])
		i++;
	if (i == given->list->n)
		return 0;
	for (size_t j = 0; j < bounds->n; j++)
		text = vc_list_more(planner, text, j, bounds->v[j].alias);
	return vc_fail(err, VC_ERR_REFUSED, "%s: alias '%s' is not bound; bound are: %s",
	               any_origin(&given->list->v[i].options), given->list->v[i].alias,
	               text[0] != '\0' ? text : "none");
}

static int check_head(const struct vc_bound *head, const struct vc_bound *b,
                      struct vc_err *err)
{
	for (enum vc_opt opt = 0; opt < VC_OPTS; opt++)
		if (vc_opt_rules[opt].single &&
		    vc_options_same(&head->options, &b->options, opt))
			return vc_fail(
				err, VC_ERR_REFUSED,
				"%s: alias '%s' stands for several devices of request "
				"'%s', which cannot all have the same %s; say it of "
				"'%s' and '%s' by themselves",
				vc_options_origin(&b->options, opt, b->binding->origin),
				head->alias,
				b->binding->request ? b->binding->request : "?",
				vc_opt_rules[opt].key, head->alias, b->alias);
	return 0;
}

/* What one device of a guest can have cannot be said of several at once. */
static int check_single(const struct vc_planner *planner, const struct vc_bounds *bounds,
                        struct vc_err *err)
{
	struct vc_index aliases = { 0 };

	for (size_t i = 0; i < bounds->n; i++)
		if (vc_index_add(planner->arena, &aliases, bounds->v[i].alias, i, err) <
		    0)
			return -(int)err->kind;
	vc_index_sort(&aliases);
	for (size_t i = 0; i < bounds->n; i++) {
		const struct vc_bound *b = &bounds->v[i];
		const struct vc_index_entry *e =
			vc_index_find(&aliases, b->binding->alias, NULL);

		if (e && e->value != i && check_head(&bounds->v[e->value], b, err) < 0)
			return -(int)err->kind;
	}
	return 0;
}

/**
 * vc_bind_options() - Give bounds the options that were given for their aliases
 * @planner:	planner
 * @bounds:	all of them; .options change
 * @err:	"ORIGIN: ..."
 *
 * Return: 0, -VC_ERR_REFUSED (an alias that is not bound; one guest address for several
 * devices) or -VC_ERR_INTERNAL
 */
int vc_bind_options(const struct vc_planner *planner, struct vc_bounds *bounds,
                    struct vc_err *err)
{
	struct given given = { 0 };

	if (!planner->input->options)
		return check_single(planner, bounds, err);
	if (index_given(planner, &given, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < bounds->n; i++) {
		struct vc_bound *b = &bounds->v[i];

		override(&given, b->binding->alias, b);
		if (strcmp(b->alias, b->binding->alias) != 0)
			override(&given, b->alias, b);
	}
	if (check_used(planner, &given, bounds, err) < 0)
		return -(int)err->kind;
	return check_single(planner, bounds, err);
}
