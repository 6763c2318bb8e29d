/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd_create.c - virt-claim create: claim devices of this host.
 */
#include "cli/commands.h"
#include "cli/host_claims.h"
#include "cli/node_options.h"
#include "cli/output.h"
#include "cli/table.h"
#include "cli/wishes.h"

struct create_options {
	struct vc_node_options node;
	struct vc_givens wishes;
};

#define WISH(name, metavar, help) \
	VC_WISH_OPTION(struct create_options, name, metavar, help)
static const struct vc_option options[] = {
	WISH("device", "ADDRESS",
	     "claim this device: an address as 'virt-claim devices' lists it, PF/vf3 for a "
	     "virtual function, PF/vf for the first one that no claim has; repeatable"),
	WISH("match", "KEY=VALUE[,KEY=VALUE]...",
	     "claim the first device with these attributes of 'virt-claim devices --json'; "
	     "repeatable"),
	WISH("count", "N",
	     "how many devices of the --match, PF/vf or type before it (default: 1)"),
	WISH("request", "NAME",
	     "request that the --device or --match before it is for (default: device)"),
	WISH("mac", "MAC", "MAC address of the virtual function before it"),
	WISH("vlan", "N", "VLAN of the virtual function before it"),
	VC_NODE_OPTION_CONFIG(struct create_options),
	{ 0 },
};

static int print_claim(struct vc_arena *arena, const struct vc_host_claim *claim,
                       struct vc_err *err)
{
	VC_AUTO_BUF struct vc_buf buf = VC_BUF_INIT(VC_OUTPUT_MAX_BYTES);
	struct vc_table table = { .arena = arena, .n_columns = 4, .indent = true };

	for (size_t i = 0; i < claim->devices.n; i++) {
		const struct vc_claimed_device *d = &claim->devices.v[i];
		const char *const row[] = {
			"",
			d->request,
			d->name,
			vc_host_claims_place(arena, d),
		};

		if (!row[3])
			return vc_fail_oom(err);
		if (vc_table_row(&table, row, err) < 0)
			return -(int)err->kind;
	}
	vc_buf_printf(&buf, "%s/%s: created\n", claim->namespace, claim->name);
	vc_table_print(&table, &buf);
	return vc_output_buf(&buf, err);
}

static int run(struct vc_arena *arena, const void *values, int n_operands VC_UNUSED,
               char **operands, struct vc_err *err)
{
	const struct create_options *o = values;
	struct vc_claim_operand operand;
	struct vc_wishes wishes;
	struct vc_names notes = { 0 };
	struct vc_host_claim claim;
	struct vc_claim_order order;
	struct vc_local_node node;

	if (vc_claim_operand_parse(arena, operands[0], &operand, err) < 0 ||
	    vc_wishes_read(arena, &o->wishes, &wishes, err) < 0 ||
	    vc_node_options_open(arena, &o->node, &node, err) < 0)
		return -(int)err->kind;
	order = (struct vc_claim_order){
		.namespace = operand.namespace,
		.name = operand.name,
		.wishes = wishes.v,
		.n_wishes = wishes.n,
	};
	if (vc_registry_create(arena, &node, &order, &claim, &notes, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < notes.n; i++)
		vc_output_warning("%s", notes.v[i]);
	return print_claim(arena, &claim, err);
}

const struct vc_command vc_command_create = {
	.name = "create",
	.operands = "[NAMESPACE/]NAME",
	.summary = "claim devices of this host",
	.description =
		"Makes a claim that keeps devices for virtual machines of this host. It "
		"remembers what each device is (serial numbers, ids, slot), not where it is: "
		"when buses are renumbered the claim still has the same device, and when "
		"that is not to be found it is refused rather than replaced.\n"
		"\n"
		"The devices are named with --device or described with --match; either all "
		"of them are to be had, or none is claimed. --match takes the first devices "
		"in the order of 'virt-claim devices' that fit and that no claim has. Its "
		"keys are the attributes that 'virt-claim devices --json' prints, without "
		"their domain; 'class' is a word or the first digits of a class code; a "
		"comma in a value has a backslash before it.\n"
		"\n"
		"--request, --count, --mac and --vlan belong to the --device or --match "
		"before them. What 'virt-claim start --bind' calls CLAIM:REQUEST is one "
		"request; several devices may answer it.\n"
		"\n"
		"A virtual function or mediated device need not exist: 'virt-claim prepare' "
		"makes it. Devices that drivers of the host hold in the same IOMMU group "
		"have to be claimed together. Nothing is changed on the machine before "
		"'virt-claim prepare'.\n",
	.examples =
		"virt-claim create lab/disk --device 0000:65:00.0\n"
		"\tone device, as request 'device'\n"
		"virt-claim create gpu --device 0000:01:00.0 --request gpu --device "
		"0000:01:00.1 --request sound\n"
		"\ttwo functions of one card, as two requests\n"
		"virt-claim create scratch --match class=nvme,numaNode=1 --count 2\n"
		"\tthe first two NVMe disks of a NUMA node that are free\n"
		"virt-claim create net --device 0000:05:00.0/vf --mac 52:54:00:12:34:56 "
		"--vlan 7\n"
		"\ta virtual function, made when it is needed\n"
		"virt-claim create vgpu --device 0000:17:00.0/nvidia-558\n"
		"\tan instance of a type of mediated devices\n",
	.min_operands = 1,
	.max_operands = 1,
	.operand_completes = VC_COMPLETES_NOTHING,
	.options = options,
	.options_size = sizeof(struct create_options),
	.run = run,
};
