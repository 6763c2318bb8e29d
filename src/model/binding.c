/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/binding.h"

#include <string.h>

#include "base/parse.h"

#define INDEX_MAX 32 /* [DRA] results of one claim */

/**
 * vc_alias_is_valid() - Whether libvirt keeps this alias
 * @alias:	whole alias
 *
 * [LV] the schema allows dots, but the parser then drops the alias without a word.
 *
 * Return: whether it begins with "ua-", goes on with letters, digits, '-' and '_', and
 * is not longer than VC_ALIAS_MAX
 */
bool vc_alias_is_valid(const char *alias)
{
	const char *p = alias;

	if (!vc_parse_literal(&p, VC_ALIAS_PREFIX) || *p == '\0' ||
	    strlen(alias) > VC_ALIAS_MAX)
		return false;
	return p[strspn(p, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	                   "0123456789-_")] == '\0';
}

/* Cuts *@text at the last/first @c; the part behind it, or NULL when there is no @c. */
static char *cut(char *text, char c)
{
	char *p = strchr(text, c);

	if (!p)
		return NULL;
	*p = '\0';
	return p + 1;
}

static int check_parts(const struct vc_binding *b, const char *text, struct vc_err *err)
{
	if (!vc_alias_is_valid(b->alias))
		return vc_fail(err, VC_ERR_USAGE,
		               "--bind '%s': '%s' is no alias: letters, digits, '-' and "
		               "'_', at most %d characters",
		               text, b->alias + strlen(VC_ALIAS_PREFIX), VC_ALIAS_MAX);
	if (b->namespace && !vc_is_dns_label(b->namespace))
		return vc_fail(err, VC_ERR_USAGE, "--bind '%s': '%s' is no namespace",
		               text, b->namespace);
	if (!vc_is_dns_subdomain(b->claim))
		return vc_fail(err, VC_ERR_USAGE, "--bind '%s': '%s' is no claim name",
		               text, b->claim);
	if (!vc_is_dns_label(b->request) ||
	    (b->subrequest && !vc_is_dns_label(b->subrequest)))
		return vc_fail(err, VC_ERR_USAGE,
		               "--bind '%s': '%s%s%s' is no request name", text,
		               b->request, b->subrequest ? "/" : "",
		               b->subrequest ? b->subrequest : "");
	return 0;
}

/**
 * vc_binding_parse() - Read ALIAS=[NAMESPACE/]CLAIM:REQUEST[/SUBREQUEST][#N]
 * @arena:	holds the parts
 * @text:	argument of --bind; ALIAS with or without "ua-"
 * @ret_binding:	binding on success
 * @err:	what was wrong
 *
 * Return: 0, -VC_ERR_USAGE or -VC_ERR_INTERNAL
 */
int vc_binding_parse(struct vc_arena *arena, const char *text,
                     struct vc_binding *ret_binding, struct vc_err *err)
{
	struct vc_binding b = { .origin_kind = VC_BINDING_COMMAND_LINE };
	char *left = vc_arena_strdup(arena, text);
	char *right, *number, *slash;
	uint64_t index = 0;

	b.origin = vc_arena_printf(arena, "--bind '%s'", text);
	if (!left || !b.origin)
		return vc_fail_oom(err);
	right = cut(left, '=');
	b.request = right ? cut(right, ':') : NULL;
	if (!right || !b.request)
		return vc_fail(err, VC_ERR_USAGE,
		               "--bind '%s': expected "
		               "ALIAS=[NAMESPACE/]CLAIM:REQUEST[/SUBREQUEST][#N]",
		               text);
	number = cut(b.request, '#');
	if (number && (!vc_parse_number(number, INDEX_MAX, &index) || index == 0))
		return vc_fail(err, VC_ERR_USAGE, "--bind '%s': '#%s' is not 1 to %d",
		               text, number, INDEX_MAX);
	b.subrequest = cut(b.request, '/');
	slash = cut(right, '/');
	b.namespace = slash ? right : NULL;
	b.claim = slash ? slash : right;
	b.index = (unsigned)index;
	b.alias = strncmp(left, VC_ALIAS_PREFIX, strlen(VC_ALIAS_PREFIX)) == 0
	                  ? left
	                  : vc_arena_printf(arena, VC_ALIAS_PREFIX "%s", left);
	if (!b.alias)
		return vc_fail_oom(err);
	if (check_parts(&b, text, err) < 0)
		return -(int)err->kind;
	*ret_binding = b;
	return 0;
}
