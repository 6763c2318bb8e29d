/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd_list.c - virt-claim list: the claims of this host.
 */
#include "cli/commands.h"
#include "cli/host_claims.h"
#include "cli/node_options.h"
#include "cli/output.h"

struct list_options {
	struct vc_node_options node;
	bool json;
};

static const struct vc_option options[] = {
	{ "json", 0, VC_OPTION_FLAG, offsetof(struct list_options, json), NULL,
	  "print JSON", VC_COMPLETES_NOTHING, NULL },
	VC_NODE_OPTION_CONFIG(struct list_options),
	{ 0 },
};

static int run(struct vc_arena *arena, const void *values, int n_operands VC_UNUSED,
               char **operands VC_UNUSED, struct vc_err *err)
{
	VC_AUTO_BUF struct vc_buf buf = VC_BUF_INIT(VC_OUTPUT_MAX_BYTES);
	const struct list_options *o = values;
	struct vc_registry registry;
	struct vc_local_node node;
	int r;

	if (vc_node_options_open(arena, &o->node, &node, err) < 0 ||
	    vc_registry_look(arena, &node, NULL, NULL, &registry, err) < 0)
		return -(int)err->kind;
	r = o->json ? vc_host_claims_json(arena, &node, &registry, 1, &buf, err)
	            : vc_host_claims_table(arena, &registry, &buf, err);
	if (r < 0)
		return r;
	for (size_t i = 0; !o->json && i < registry.notes.n; i++)
		vc_output_warning("%s", registry.notes.v[i]);
	return vc_output_buf(&buf, err);
}

const struct vc_command vc_command_list = {
	.name = "list",
	.operands = "",
	.summary = "list the claims of this host",
	.description =
		"Prints one line for each claim that 'virt-claim create' made: its name, "
		"its state, its devices as REQUEST=ADDRESS where they are now, and the "
		"domains that use them. 'missing' is a device that is not to be found, "
		"'unmade' one that prepare will make. A state with 'problem' behind it is "
		"explained by 'virt-claim show NAME'.\n"
		"\n"
		"States are created, preparing, prepared, in-use, unpreparing, interrupted "
		"(whoever was at work is gone: run 'virt-claim recover') and quarantined "
		"(something could not be undone).\n",
	.examples = "virt-claim list\n"
		    "\tall claims\n"
		    "virt-claim list --json\n"
		    "\teverything about them, for programs\n",
	.min_operands = 0,
	.max_operands = 0,
	.operand_completes = VC_COMPLETES_NOTHING,
	.options = options,
	.options_size = sizeof(struct list_options),
	.run = run,
};
