/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd_recover.c - virt-claim recover: finish or undo what a crash left.
 */
#include "cli/claim_steps.h"
#include "cli/commands.h"

struct recover_options {
	struct vc_node_options node;
	bool dry_run, json;
};

#define AT(field) offsetof(struct recover_options, field)
static const struct vc_option options[] = {
	{ "dry-run", 0, VC_OPTION_FLAG, AT(dry_run), NULL,
	  "only print what would be done", VC_COMPLETES_NOTHING, NULL },
	{ "json", 0, VC_OPTION_FLAG, AT(json), NULL, "print JSON", VC_COMPLETES_NOTHING,
	  NULL },
	VC_NODE_OPTION_CONFIG(struct recover_options),
	{ 0 },
};

static int run(struct vc_arena *arena, const void *values, int n_operands VC_UNUSED,
               char **operands VC_UNUSED, struct vc_err *err)
{
	const struct recover_options *o = values;
	struct vc_prepare_report report = { 0 };
	struct vc_local_node node;

	if (vc_node_options_open(arena, &o->node, &node, err) < 0 ||
	    vc_node_recover(arena, &node, o->dry_run, &report, err) < 0)
		return -(int)err->kind;
	return vc_recovery_tell(arena, &report, o->json, err);
}

const struct vc_command vc_command_recover = {
	.name = "recover",
	.operands = "",
	.summary = "finish or undo what a crash left of preparing claims",
	.description =
		"For each claim that a process was at work on which is gone: when nothing but "
		"the end was missing, it is prepared; otherwise all of it is undone. The "
		"machine is asked how far each step got. Claims that are quarantined are tried "
		"again. Files of claims that are not prepared are removed, those of prepared "
		"claims written again where they differ; leases of domains that are gone are "
		"removed. virt-claimd does the same at its start.\n"
		"\n"
		"One claim that cannot be helped does not stop the others; the exit status is "
		"5 then.\n",
	.examples = "virt-claim recover --dry-run\n"
		    "\tsay what was left\n",
	.min_operands = 0,
	.max_operands = 0,
	.operand_completes = VC_COMPLETES_NOTHING,
	.options = options,
	.options_size = sizeof(struct recover_options),
	.run = run,
};
