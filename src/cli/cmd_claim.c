/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd_claim.c - virt-claim claim adopt: a device of a claim was replaced on purpose.
 */
#include <string.h>

#include "base/parse.h"
#include "cli/commands.h"
#include "cli/host_claims.h"
#include "cli/node_options.h"
#include "cli/output.h"

struct adopt_options {
	struct vc_node_options node;
	const char *device, *request;
};

#define AT(field) offsetof(struct adopt_options, field)
static const struct vc_option options[] = {
	{ "device", 0, VC_OPTION_STRING, AT(device), "ADDRESS",
	  "the new device, or the card that makes it (default: what is in the slot of the "
	  "old one)",
	  VC_COMPLETES_NOTHING, NULL },
	{ "request", 0, VC_OPTION_STRING, AT(request), "NAME",
	  "request whose device it is (default: the first device that is not to be found)",
	  VC_COMPLETES_NOTHING, NULL },
	VC_NODE_OPTION_CONFIG(struct adopt_options),
	{ 0 },
};

static int print_adopted(struct vc_arena *arena, const struct vc_claim_operand *operand,
                         const struct vc_adopted *adopted, struct vc_err *err)
{
	VC_AUTO_BUF struct vc_buf buf = VC_BUF_INIT(VC_OUTPUT_MAX_BYTES);
	const char *place = vc_host_claims_place(arena, &adopted->now);

	if (!place)
		return vc_fail_oom(err);
	vc_buf_printf(&buf, "%s/%s: request '%s' has '%s' at %s now", operand->namespace,
	              operand->name, adopted->now.request, adopted->now.name, place);
	if (strcmp(adopted->now.name, adopted->old.name) != 0)
		vc_buf_printf(&buf, ", in place of '%s'", adopted->old.name);
	vc_buf_puts(&buf, "\n");
	return vc_output_buf(&buf, err);
}

static int run(struct vc_arena *arena, const void *values, int n_operands VC_UNUSED,
               char **operands, struct vc_err *err)
{
	const struct adopt_options *o = values;
	struct vc_claim_operand operand;
	struct vc_names notes = { 0 };
	struct vc_adoption adoption;
	struct vc_adopted adopted;
	struct vc_local_node node;

	if (o->request && !vc_is_dns_label(o->request))
		return vc_fail(err, VC_ERR_USAGE, "--request: '%.64s' is no request",
		               o->request);
	if (vc_claim_operand_parse(arena, operands[0], &operand, err) < 0 ||
	    vc_node_options_open(arena, &o->node, &node, err) < 0)
		return -(int)err->kind;
	adoption = (struct vc_adoption){
		.namespace = operand.namespace,
		.name = operand.name,
		.request = o->request,
		.address = o->device,
	};
	if (vc_registry_adopt(arena, &node, &adoption, &adopted, &notes, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < notes.n; i++)
		vc_output_warning("%s", notes.v[i]);
	return print_adopted(arena, &operand, &adopted, err);
}

const struct vc_command vc_command_claim_adopt = {
	.name = "claim adopt",
	.operands = "[NAMESPACE/]NAME",
	.summary = "accept a replaced card for a claim",
	.description =
		"A claim refuses a device that is not what was recorded, so that nobody gets "
		"another disk in place of a broken one by accident. This command says that "
		"it is meant: what the device is now is recorded in place of what the old "
		"one was. It also records more of a device of which little could be seen "
		"when it was claimed.\n"
		"\n"
		"Of a virtual function and a mediated device, ADDRESS is the card that makes "
		"it. Refused while the claim is prepared, for a device that another claim "
		"has or the host needs, and for one that cannot be recognised again.\n",
	.examples =
		"virt-claim claim adopt lab/disk\n"
		"\tthe disk that is in the slot of the old one\n"
		"virt-claim claim adopt lab/vm7 --request disk --device 0000:66:00.0\n"
		"\tanother one\n",
	.min_operands = 1,
	.max_operands = 1,
	.operand_completes = VC_COMPLETES_NOTHING,
	.options = options,
	.options_size = sizeof(struct adopt_options),
	.run = run,
};
