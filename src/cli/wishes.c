/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/wishes.h"

#include <string.h>

#include "base/parse.h"
#include "claim/names.h"
#include "cli/suggest.h"
#include "node/match.h"

/* What is being read, and what of the last wish was given already. */
struct reader {
	struct vc_arena *arena;
	struct vc_wishes wishes;
	bool has_count, has_request, has_mac, has_vlan;
};

/* NULL: no memory */
static struct vc_wish *add_wish(struct reader *r)
{
	struct vc_wish *wish = vc_list_push(r->arena, &r->wishes);

	if (!wish)
		return NULL;
	*wish = (struct vc_wish){ .count = 1, .vlan = -1 };
	r->has_count = r->has_request = r->has_mac = r->has_vlan = false;
	return wish;
}

static int check_text(const struct vc_given *given, struct vc_err *err)
{
	if (vc_is_one_line(given->argument) &&
	    strlen(given->argument) <= VC_IDENTITY_TEXT_MAX)
		return 0;
	return vc_fail(err, VC_ERR_USAGE, "--%s: expected one line of at most %u bytes",
	               given->option->name, VC_IDENTITY_TEXT_MAX);
}

static int read_device(struct reader *r, const struct vc_given *given, struct vc_err *err)
{
	struct vc_wish *wish;

	if (check_text(given, err) < 0)
		return -(int)err->kind;
	wish = add_wish(r);
	if (!wish)
		return vc_fail_oom(err);
	wish->address = given->argument;
	return 0;
}

/* The name that is nearest to one that no attribute has. */
static int unknown_key(const char *name, struct vc_err *err)
{
	struct vc_suggestion s = { .word = name };

	for (size_t i = 0; i < vc_n_match_keys; i++)
		vc_suggest(&s, vc_match_keys[i].name);
	if (!s.best)
		return vc_err_context(err, "--match");
	return vc_fail(err, VC_ERR_USAGE,
	               "--match: no device has an attribute '%.64s'; did you mean '%s'?",
	               name, s.best);
}

static int read_match(struct reader *r, const struct vc_given *given, struct vc_err *err)
{
	struct vc_conditions conditions;
	const char *unknown = NULL;
	struct vc_wish *wish;

	if (check_text(given, err) < 0)
		return -(int)err->kind;
	if (vc_match_parse(r->arena, given->argument, &conditions, &unknown, err) < 0)
		return unknown ? unknown_key(unknown, err)
		               : vc_err_context(err, "--match");
	wish = add_wish(r);
	if (!wish)
		return vc_fail_oom(err);
	wish->match = given->argument;
	return 0;
}

static int once(const struct vc_given *given, bool *has, struct vc_err *err)
{
	if (*has)
		return vc_fail(err, VC_ERR_USAGE,
		               "--%s is given twice for one --device or --match",
		               given->option->name);
	*has = true;
	return 0;
}

static int read_count(struct reader *r, struct vc_wish *wish,
                      const struct vc_given *given, struct vc_err *err)
{
	uint64_t n;

	if (once(given, &r->has_count, err) < 0)
		return -(int)err->kind;
	if (!vc_parse_number(given->argument, VC_HOST_CLAIM_DEVICES_MAX, &n) || n == 0)
		return vc_fail(err, VC_ERR_USAGE, "--count '%.64s': expected 1..%u",
		               given->argument, VC_HOST_CLAIM_DEVICES_MAX);
	wish->count = (unsigned)n;
	return 0;
}

static int read_request(struct reader *r, struct vc_wish *wish,
                        const struct vc_given *given, struct vc_err *err)
{
	if (once(given, &r->has_request, err) < 0)
		return -(int)err->kind;
	if (!vc_is_dns_label(given->argument))
		return vc_fail(err, VC_ERR_USAGE,
		               "--request '%.64s': expected lower case letters, digits "
		               "and '-'",
		               given->argument);
	wish->request = given->argument;
	return 0;
}

static int read_mac(struct reader *r, struct vc_wish *wish, const struct vc_given *given,
                    struct vc_err *err)
{
	if (once(given, &r->has_mac, err) < 0)
		return -(int)err->kind;
	if (!vc_is_unicast_mac(given->argument))
		return vc_fail(err, VC_ERR_USAGE,
		               "--mac '%.64s': expected a unicast address like "
		               "'52:54:00:12:34:56'",
		               given->argument);
	wish->mac = given->argument;
	return 0;
}

static int read_vlan(struct reader *r, struct vc_wish *wish, const struct vc_given *given,
                     struct vc_err *err)
{
	uint64_t vlan;

	if (once(given, &r->has_vlan, err) < 0)
		return -(int)err->kind;
	if (!vc_parse_number(given->argument, VC_VLAN_MAX, &vlan) || vlan == 0)
		return vc_fail(err, VC_ERR_USAGE, "--vlan '%.64s': expected 1..%d",
		               given->argument, VC_VLAN_MAX);
	wish->vlan = (int)vlan;
	return 0;
}

static const struct detail {
	const char *name;
	int (*read)(struct reader *r, struct vc_wish *wish, const struct vc_given *given,
	            struct vc_err *err);
} details[] = {
	{ "count", read_count },
	{ "request", read_request },
	{ "mac", read_mac },
	{ "vlan", read_vlan },
};

static int read_detail(struct reader *r, const struct vc_given *given, struct vc_err *err)
{
	if (r->wishes.n == 0)
		return vc_fail(err, VC_ERR_USAGE,
		               "--%s belongs to the --device or --match before it, and "
		               "there is none",
		               given->option->name);
	for (size_t i = 0; i < VC_ARRAY_SIZE(details); i++)
		if (strcmp(details[i].name, given->option->name) == 0)
			return details[i].read(r, &r->wishes.v[r->wishes.n - 1], given,
			                       err);
	return vc_fail(err, VC_ERR_INTERNAL, "--%s is not known", given->option->name);
}

static int read_given(struct reader *r, const struct vc_given *given, struct vc_err *err)
{
	if (strcmp(given->option->name, "device") == 0)
		return read_device(r, given, err);
	if (strcmp(given->option->name, "match") == 0)
		return read_match(r, given, err);
	return read_detail(r, given, err);
}

/**
 * vc_wishes_read() - Make wishes of options
 * @arena:	holds them
 * @givens:	options in the order of the command line
 * @ret_wishes:	at least one; they point to the arguments
 * @err:	what was expected
 *
 * Return: 0, -VC_ERR_USAGE or -VC_ERR_INTERNAL
 */
int vc_wishes_read(struct vc_arena *arena, const struct vc_givens *givens,
                   struct vc_wishes *ret_wishes, struct vc_err *err)
{
	struct reader r = { .arena = arena };

	for (size_t i = 0; i < givens->n; i++)
		if (read_given(&r, &givens->v[i], err) < 0)
			return -(int)err->kind;
	if (r.wishes.n == 0)
		return vc_fail(err, VC_ERR_USAGE,
		               "expected a --device or --match: what is to be claimed");
	*ret_wishes = r.wishes;
	return 0;
}
