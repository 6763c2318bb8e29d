/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd_prepare.c - virt-claim prepare: make the devices of claims ready for QEMU.
 */
#include "cli/claim_steps.h"
#include "cli/commands.h"

struct prepare_options {
	struct vc_node_options node;
	bool dry_run, transient, json;
};

#define AT(field) offsetof(struct prepare_options, field)
static const struct vc_option options[] = {
	{ "dry-run", 0, VC_OPTION_FLAG, AT(dry_run), NULL,
	  "only print what would be done", VC_COMPLETES_NOTHING, NULL },
	{ "transient", 0, VC_OPTION_FLAG, AT(transient), NULL,
	  "not again at the next start of the machine", VC_COMPLETES_NOTHING, NULL },
	{ "json", 0, VC_OPTION_FLAG, AT(json), NULL, "print JSON", VC_COMPLETES_NOTHING,
	  NULL },
	VC_NODE_OPTION_CONFIG(struct prepare_options),
	{ 0 },
};

static int run(struct vc_arena *arena, const void *values, int n_operands,
               char **operands, struct vc_err *err)
{
	const struct prepare_options *o = values;
	const struct vc_claim_work work = {
		.run = vc_node_prepare,
		.options = { .dry_run = o->dry_run, .transient = o->transient },
		.done = "prepared",
		.would = "would be prepared",
		.already = "is prepared already",
		.text = vc_step_text,
		.json = o->json,
	};

	return vc_claims_work(arena, &o->node, &work, n_operands, operands, err);
}

const struct vc_command vc_command_prepare = {
	.name = "prepare",
	.operands = "[NAMESPACE/]NAME...",
	.summary = "make the devices of claims ready for a virtual machine",
	.description =
		"Finds the devices of each claim by their identity, makes virtual functions "
		"and mediated devices that do not exist yet, gives functions to a vfio "
		"driver, lets the user of QEMU open their nodes, and writes the files that "
		"other commands, hooks and containers read. Each step is written to the "
		"journal before it is done: after a crash 'virt-claim recover', which "
		"virt-claimd runs at its start, finishes or undoes it.\n"
		"\n"
		"A claim is prepared as a whole or not at all: when a step fails, or a signal "
		"ends the command, those before it are undone. What cannot be undone is "
		"quarantined: given to nobody until it is. Claims before the one that fails "
		"stay prepared, those after it are not begun.\n"
		"\n"
		"A claim that is prepared already is checked and its files are written again "
		"where they differ; what somebody undid meanwhile is done again, unless a "
		"running domain uses a device of the claim. Unless --transient says "
		"otherwise the claim is prepared again whenever the machine starts.\n",
	.examples = "virt-claim prepare --dry-run lab/disk\n"
		    "\tprint the plan\n"
		    "virt-claim prepare lab/disk lab/gpu\n"
		    "\ttwo claims\n",
	.min_operands = 1,
	.max_operands = 1000,
	.operand_completes = VC_COMPLETES_NOTHING,
	.options = options,
	.options_size = sizeof(struct prepare_options),
	.run = run,
};
