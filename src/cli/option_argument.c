/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/option_argument.h"

#include <string.h>

#include "base/parse.h"
#include "cli/suggest.h"
#include "model/binding.h"

/* The parts of one argument. */
struct argument {
	const char *text;
	char *alias, *key, *value;
};

static bool fail(const struct argument *a, struct vc_err *err, const char *message)
{
	(void)vc_fail(err, VC_ERR_USAGE, "--option '%s': %s", a->text, message);
	return false;
}

/* An alias has no dot, a key no '='. Whether it went well. */
static bool split(struct vc_arena *arena, struct argument *a, struct vc_err *err)
{
	char *copy = vc_arena_strdup(arena, a->text);
	char *dot = copy ? strchr(copy, '.') : NULL;
	char *equals = dot ? strchr(dot, '=') : NULL;
	const char *p = copy;

	if (copy && !equals)
		return fail(a, err, "expected ALIAS.KEY=VALUE");
	if (equals) {
		*dot = *equals = '\0';
		a->key = dot + 1;
		a->value = equals + 1;
		a->alias = vc_parse_literal(&p, VC_ALIAS_PREFIX)
		                   ? copy
		                   : vc_arena_printf(arena, VC_ALIAS_PREFIX "%s", copy);
	}
	if (!a->alias) {
		(void)vc_fail_oom(err);
		return false;
	}
	return vc_alias_is_valid(a->alias) ||
	       fail(a, err, "the alias has letters, digits, '-' and '_', at most 200");
}

static int unknown_key(const struct argument *a, struct vc_err *err)
{
	struct vc_suggestion suggestion = { .word = a->key };

	for (enum vc_opt opt = 0; opt < VC_OPTS; opt++)
		vc_suggest(&suggestion, vc_opt_rules[opt].key);
	if (suggestion.best)
		return vc_fail(err, VC_ERR_USAGE,
		               "--option '%s': no option is called '%s'; did you mean "
		               "'%s'?",
		               a->text, a->key, suggestion.best);
	return vc_fail(err, VC_ERR_USAGE,
	               "--option '%s': no option is called '%s'; "
	               "'virt-claim rewrite --help' lists them",
	               a->text, a->key);
}

/* The options of @alias; NULL when out of memory */
static struct vc_options *find_alias(struct vc_arena *arena,
                                     struct vc_alias_options_list *list, char *alias)
{
	struct vc_alias_options *slot;

	for (size_t i = 0; i < list->n; i++)
		if (strcmp(list->v[i].alias, alias) == 0)
			return &list->v[i].options;
	slot = vc_list_push(arena, list);
	if (!slot)
		return NULL;
	slot->alias = alias;
	return &slot->options;
}

static int add(struct vc_arena *arena, struct argument *a,
               struct vc_alias_options_list *list, struct vc_err *err)
{
	const char *origin = vc_arena_printf(arena, "--option '%s'", a->text);
	struct vc_options *options;
	enum vc_opt opt;

	if (!split(arena, a, err))
		return -(int)err->kind;
	if (!vc_opt_parse(a->key, &opt))
		return unknown_key(a, err);
	options = find_alias(arena, list, a->alias);
	if (!origin || !options)
		return vc_fail_oom(err);
	if (vc_options_has(options, opt))
		return vc_fail(err, VC_ERR_USAGE, "%s: %s says this already", origin,
		               options->origins[opt]);
	if (vc_options_set(arena, options, opt, a->value, origin, err) < 0) {
		(void)vc_err_context(err, "%s", origin);
		err->kind = VC_ERR_USAGE;
		return -VC_ERR_USAGE;
	}
	return 0;
}

/**
 * vc_option_arguments() - Read the arguments of --option
 * @arena:	holds what is read
 * @given:	arguments
 * @ret_list:	options by alias
 * @err:	"--option 'ARGUMENT': what is wrong"
 *
 * Return: 0, -VC_ERR_USAGE or -VC_ERR_INTERNAL
 */
int vc_option_arguments(struct vc_arena *arena, const struct vc_strings *given,
                        struct vc_alias_options_list *ret_list, struct vc_err *err)
{
	struct vc_alias_options_list list = { 0 };

	for (size_t i = 0; i < given->n; i++) {
		struct argument a = { .text = given->v[i] };

		if (add(arena, &a, &list, err) < 0)
			return -(int)err->kind;
	}
	*ret_list = list;
	return 0;
}
