/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd_adopt.c - virt-claim adopt: take over the host devices that a domain has.
 */
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/translator_options.h"

struct adopt_options {
	struct vc_translator_options translator;
	struct vc_strings aliases;
};

static const struct vc_option options[] = {
	{ "alias", 'a', VC_OPTION_LIST, offsetof(struct adopt_options, aliases), "ALIAS",
	  "only the device with this alias; repeatable (default: all)",
	  VC_COMPLETES_NOTHING, NULL },
	{ 0 },
};

static int run(struct vc_arena *arena, const void *values, int n_operands VC_UNUSED,
               char **operands, struct vc_err *err)
{
	const struct adopt_options *o = values;
	struct vc_translate_input input;
	struct vc_translation t;

	if (vc_translator_input(arena, &o->translator, operands[0], &input, err) < 0 ||
	    vc_translator_aliases(arena, &o->aliases, &input, err) < 0)
		return -(int)err->kind;
	input.mode = VC_MODE_ADOPT;
	if (vc_translate(arena, &input, &t, err) < 0)
		return -(int)err->kind;
	vc_translator_warn(&t);
	return vc_output_write(t.xml, t.len, err);
}

const struct vc_command vc_command_adopt = {
	.name = "adopt",
	.operands = "DOMAIN",
	.summary = "take over host devices that a domain already has",
	.description =
		"Compares the host devices of a domain with the given claims. A device that "
		"stands at the address of a claimed one gets our alias and a binding in the "
		"domain's metadata, so that later runs keep it up to date. Nothing else "
		"changes; an adopted device is never removed.\n",
	.examples =
		"virt-claim adopt --claims /run/virt-claim/claims vm7.xml\n"
		"\tevery host device that a claim describes\n"
		"virt-claim adopt --claims gpu.json --bind gpu=lab/vm7-dev:gpu vm7.xml\n"
		"\tthe one of request 'gpu', as 'ua-gpu'\n",
	.min_operands = 1,
	.max_operands = 1,
	.operand_completes = VC_COMPLETES_FILE,
	.options = options,
	.shared = vc_translator_table,
	.options_size = sizeof(struct adopt_options),
	.run = run,
};
