/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd_unbind.c - virt-claim unbind: devices stay, aliases and bindings go.
 */
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/translator_options.h"

struct unbind_options {
	struct vc_translator_options translator;
	struct vc_strings aliases;
};

static const struct vc_option options[] = {
	{ "alias", 'a', VC_OPTION_LIST, offsetof(struct unbind_options, aliases), "ALIAS",
	  "only the device with this alias; repeatable (default: all)",
	  VC_COMPLETES_NOTHING, NULL },
	{ 0 },
};

static int run(struct vc_arena *arena, const void *values, int n_operands VC_UNUSED,
               char **operands, struct vc_err *err)
{
	const struct unbind_options *o = values;
	struct vc_translate_input input;
	struct vc_translation t;

	if (vc_translator_input(arena, &o->translator, operands[0], &input, err) < 0 ||
	    vc_translator_aliases(arena, &o->aliases, &input, err) < 0)
		return -(int)err->kind;
	input.mode = VC_MODE_UNBIND;
	if (vc_translate(arena, &input, &t, err) < 0)
		return -(int)err->kind;
	vc_translator_warn(&t);
	return vc_output_write(t.xml, t.len, err);
}

const struct vc_command vc_command_unbind = {
	.name = "unbind",
	.operands = "DOMAIN",
	.summary = "leave the host devices of a domain, and drop their bindings",
	.description =
		"The way back from rewrite and adopt: host devices stay where they are, our "
		"aliases and the bindings in the domain's metadata go. The domain then is an "
		"ordinary one that virt-claim does not know.\n",
	.examples = "virt-claim unbind vm7.xml\n"
		    "\tforget all bindings\n"
		    "virt-claim unbind --alias gpu vm7.xml\n"
		    "\tforget that of 'ua-gpu'\n",
	.min_operands = 1,
	.max_operands = 1,
	.operand_completes = VC_COMPLETES_FILE,
	.options = options,
	.shared = vc_translator_table,
	.options_size = sizeof(struct unbind_options),
	.run = run,
};
