/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Options of a device in JSON, along the rows of model/options.h: a key "rom.bar" is
 * {"rom": {"bar": ...}}. A switch is true or false, a number an integer, all else text.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "claim/vmi_internal.h"

static int fail_type(const struct vc_object_reader *r, const struct vc_node *value,
                     const char *expected)
{
	return vc_node_fail(value, r->err, VC_ERR_INPUT, "expected %s", expected);
}

static int set_text(const struct vc_object_reader *r, const struct vc_node *value,
                    enum vc_opt opt, const char *text, struct vc_options *options)
{
	const char *origin = vc_node_where(r->arena, value);
	struct vc_err why = VC_ERR_INIT;

	if (!origin)
		return vc_fail_oom(r->err);
	if (vc_options_set(r->arena, options, opt, text, origin, &why) < 0)
		return vc_node_fail(value, r->err, why.kind, "%s", why.msg);
	return 0;
}

static int set_number(const struct vc_object_reader *r, const struct vc_node *value,
                      enum vc_opt opt, struct vc_options *options)
{
	char text[sizeof("-9223372036854775808")];
	int64_t number = 0;

	if (!vc_node_int_value(value, &number))
		return fail_type(r, value, "an integer");
	(void)snprintf(text, sizeof(text), "%" PRId64, number);
	return set_text(r, value, opt, text, options);
}

/**
 * vc_vmi_option() - Read the value of one option
 * @reader:	arena and error
 * @value:	its value
 * @opt:	option
 * @options:	gets it, with the place where it stands
 *
 * Return: 0, -VC_ERR_INPUT or -VC_ERR_INTERNAL
 */
int vc_vmi_option(const struct vc_object_reader *reader, const struct vc_node *value,
                  enum vc_opt opt, struct vc_options *options)
{
	const char *text;
	bool on = false;

	switch (vc_opt_rules[opt].type) {
	case VC_OPT_IS_SWITCH:
		if (!vc_node_bool_value(value, &on))
			return fail_type(reader, value, "a boolean");
		return set_text(reader, value, opt, on ? "on" : "off", options);
	case VC_OPT_IS_NUMBER:
		return set_number(reader, value, opt, options);
	case VC_OPT_IS_TEXT:
	case VC_OPT_IS_ADDRESS:
	case VC_OPT_IS_KIND:
		break;
	}
	text = vc_node_text(value);
	if (!text)
		return fail_type(reader, value, "a string");
	return set_text(reader, value, opt, text, options);
}

/* Whether there are options "@key.something" */
static bool is_group(const char *key)
{
	size_t len = strlen(key);

	for (enum vc_opt opt = 0; opt < VC_OPTS; opt++)
		if (strncmp(vc_opt_rules[opt].key, key, len) == 0 &&
		    vc_opt_rules[opt].key[len] == '.')
			return true;
	return false;
}

static int read_group(const struct vc_object_reader *r, const struct vc_node *group,
                      struct vc_options *options)
{
	size_t n = vc_node_count(group);

	if (vc_node_type(group) != VC_NODE_OBJECT)
		return fail_type(r, group, "an object");
	if (n == 0)
		return vc_node_fail(group, r->err, VC_ERR_INPUT,
		                    "says nothing; leave it out");
	for (size_t i = 0; i < n; i++) {
		struct vc_node member = vc_node_nth_member(group, i);
		const char *key =
			vc_arena_printf(r->arena, "%s.%s", group->key, member.key);
		enum vc_opt opt;

		if (!key)
			return vc_fail_oom(r->err);
		if (!vc_opt_parse(key, &opt))
			return vc_node_fail(&member, r->err, VC_ERR_INPUT, "unknown key");
		if (vc_vmi_option(r, &member, opt, options) < 0)
			return -(int)r->err->kind;
	}
	return 0;
}

/**
 * vc_vmi_options() - Read the options of an object
 * @reader:	arena and error
 * @node:	object
 * @others:	keys that are no options, ending in NULL; any further key is an error
 * @options:	gets them, with the places where they stand
 *
 * Return: 0, -VC_ERR_INPUT or -VC_ERR_INTERNAL
 */
int vc_vmi_options(const struct vc_object_reader *reader, const struct vc_node *node,
                   const char *const others[], struct vc_options *options)
{
	for (size_t i = 0; i < vc_node_count(node); i++) {
		struct vc_node member = vc_node_nth_member(node, i);
		const char *const *other = others;
		enum vc_opt opt;
		int r;

		while (*other && strcmp(*other, member.key) != 0)
			other++;
		if (*other)
			continue;
		if (!strchr(member.key, '.') && vc_opt_parse(member.key, &opt))
			r = vc_vmi_option(reader, &member, opt, options);
		else if (is_group(member.key))
			r = read_group(reader, &member, options);
		else
			r = vc_node_fail(&member, reader->err, VC_ERR_INPUT,
			                 "unknown key");
		if (r < 0)
			return r;
	}
	return 0;
}
