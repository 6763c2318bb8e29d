/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/node_options.h"

#include <string.h>
#include <unistd.h>

#include "base/parse.h"
#include "hook/hook.h"

/* A file that was named has to be there; the default one need not. */
static int check_named(const char *path, struct vc_err *err)
{
	if (path && access(path, F_OK) < 0)
		return vc_fail(err, VC_ERR_ABSENT, "--config: there is no file '%s'",
		               path);
	return 0;
}

/**
 * vc_node_options_open() - The node that the configuration describes
 * @arena:	holds node and configuration
 * @options:	filled options
 * @ret_node:	node
 * @err:	what is wrong with the configuration
 *
 * Return: 0, -VC_ERR_ABSENT (no such --config), or as vc_config_read() and
 * vc_node_open()
 */
int vc_node_options_open(struct vc_arena *arena, const struct vc_node_options *options,
                         struct vc_local_node *ret_node, struct vc_err *err)
{
	const char *path = options->config ? options->config : vc_hook_config_path();
	struct vc_config *config = vc_arena_alloc(arena, 1, sizeof(*config));

	if (!config)
		return vc_fail_oom(err);
	if (check_named(options->config, err) < 0 ||
	    vc_config_read(arena, path, true, config, err) < 0)
		return -(int)err->kind;
	return vc_node_open(arena, config, ret_node, err);
}

/**
 * vc_claim_operand_parse() - Understand "[NAMESPACE/]NAME"
 * @arena:	holds the parts
 * @text:	operand
 * @ret_operand: namespace and name, DNS labels both
 * @err:	what was expected
 *
 * Return: 0, -VC_ERR_USAGE or -VC_ERR_INTERNAL
 */
int vc_claim_operand_parse(struct vc_arena *arena, const char *text,
                           struct vc_claim_operand *ret_operand, struct vc_err *err)
{
	const char *slash = strchr(text, '/');
	const char *name = slash ? slash + 1 : text;
	const char *namespace =
		slash ? vc_arena_strndup(arena, text, (size_t)(slash - text))
		      : VC_HOST_NAMESPACE;

	if (!namespace)
		return vc_fail_oom(err);
	if (!vc_is_dns_label(namespace) || !vc_is_dns_label(name))
		return vc_fail(err, VC_ERR_USAGE,
		               "'%.200s' is no name of a claim; expected "
		               "[NAMESPACE/]NAME, each of lower case letters, digits "
		               "and '-'",
		               text);
	*ret_operand = (struct vc_claim_operand){ namespace, name };
	return 0;
}
