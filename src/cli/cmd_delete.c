/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd_delete.c - virt-claim delete: forget claims of this host.
 */
#include "cli/commands.h"
#include "cli/node_options.h"
#include "cli/output.h"
#include "node/registry.h"

struct delete_options {
	struct vc_node_options node;
};

static const struct vc_option options[] = {
	VC_NODE_OPTION_CONFIG(struct delete_options),
	{ 0 },
};

/* Nothing is on stdout when it ends with an error, and yet it is to be known. */
static void warn_of_those_before(const struct vc_claim_operand *list, int n)
{
	for (int i = 0; i < n; i++)
		vc_output_warning("%s/%s: deleted", list[i].namespace, list[i].name);
}

static int run(struct vc_arena *arena, const void *values, int n_operands,
               char **operands, struct vc_err *err)
{
	VC_AUTO_BUF struct vc_buf buf = VC_BUF_INIT(VC_OUTPUT_MAX_BYTES);
	const struct delete_options *o = values;
	struct vc_claim_operand *list =
		vc_arena_alloc(arena, (size_t)n_operands, sizeof(*list));
	struct vc_local_node node;

	if (!list)
		return vc_fail_oom(err);
	for (int i = 0; i < n_operands; i++)
		if (vc_claim_operand_parse(arena, operands[i], &list[i], err) < 0)
			return -(int)err->kind;
	if (vc_node_options_open(arena, &o->node, &node, err) < 0)
		return -(int)err->kind;
	for (int i = 0; i < n_operands; i++) {
		if (vc_registry_delete(arena, &node, list[i].namespace, list[i].name,
		                       err) < 0) {
			warn_of_those_before(list, i);
			return -(int)err->kind;
		}
		vc_buf_printf(&buf, "%s/%s: deleted\n", list[i].namespace, list[i].name);
	}
	return vc_output_buf(&buf, err);
}

const struct vc_command vc_command_delete = {
	.name = "delete",
	.operands = "[NAMESPACE/]NAME...",
	.summary = "forget claims of this host, whose devices are free then",
	.description =
		"Removes claims that 'virt-claim create' made. Nothing is changed on the "
		"machine: a claim that is prepared, or one of whose devices a domain uses, is "
		"refused; 'virt-claim unprepare' gives the devices back to the host first. "
		"Claims before the one that fails are deleted, those after it are not.\n",
	.examples = "virt-claim delete lab/disk\n"
		    "\tone claim\n",
	.min_operands = 1,
	.max_operands = 1000,
	.operand_completes = VC_COMPLETES_NOTHING,
	.options = options,
	.options_size = sizeof(struct delete_options),
	.run = run,
};
