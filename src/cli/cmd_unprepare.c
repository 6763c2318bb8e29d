/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd_unprepare.c - virt-claim unprepare: give the devices of claims back to the host.
 */
#include "cli/claim_steps.h"
#include "cli/commands.h"

struct unprepare_options {
	struct vc_node_options node;
	bool dry_run, json;
};

#define AT(field) offsetof(struct unprepare_options, field)
static const struct vc_option options[] = {
	{ "dry-run", 0, VC_OPTION_FLAG, AT(dry_run), NULL,
	  "only print what would be undone", VC_COMPLETES_NOTHING, NULL },
	{ "json", 0, VC_OPTION_FLAG, AT(json), NULL, "print JSON", VC_COMPLETES_NOTHING,
	  NULL },
	VC_NODE_OPTION_CONFIG(struct unprepare_options),
	{ 0 },
};

static int run(struct vc_arena *arena, const void *values, int n_operands,
               char **operands, struct vc_err *err)
{
	const struct unprepare_options *o = values;
	const struct vc_claim_work work = {
		.run = vc_node_unprepare,
		.options = { .dry_run = o->dry_run },
		.done = "unprepared",
		.would = "would be unprepared",
		.already = "is not prepared",
		.text = vc_step_undo_text,
		.json = o->json,
	};

	return vc_claims_work(arena, &o->node, &work, n_operands, operands, err);
}

const struct vc_command vc_command_unprepare = {
	.name = "unprepare",
	.operands = "[NAMESPACE/]NAME...",
	.summary = "give the devices of claims back to the host",
	.description =
		"Removes the files of each claim first, so that nobody picks up a device that "
		"is going away, then undoes what prepare did, the last step first: every "
		"function gets the driver that it had, virtual functions go with the last "
		"claim on their card, mediated devices are removed. The claim itself stays, "
		"and is not prepared at the next start of the machine any more.\n"
		"\n"
		"Refused while a running domain has a lease on one of the devices. What cannot "
		"be undone is quarantined, and tried again by 'virt-claim recover' and by this "
		"command. A claim that is not prepared is fine.\n",
	.examples = "virt-claim unprepare lab/disk\n"
		    "\tthe disk goes back to its driver\n",
	.min_operands = 1,
	.max_operands = 1000,
	.operand_completes = VC_COMPLETES_NOTHING,
	.options = options,
	.options_size = sizeof(struct unprepare_options),
	.run = run,
};
