/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd_pin.c - virt-claim pin: keep a claim of Kubernetes for a virtual machine.
 */
#include "base/parse.h"
#include "cli/cluster.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "pin/apply.h"

struct pin_options {
	struct vc_cluster_options cluster;
	const char *vm;
	bool dry_run;
};

#define AT(field) offsetof(struct pin_options, field)
static const struct vc_option options[] = {
	{ "vm", 0, VC_OPTION_STRING, AT(vm), "NAME",
	  "virtual machine (VirtualMachine of KubeVirt) of the claim's namespace; required",
	  VC_COMPLETES_NOTHING, NULL },
	VC_CLUSTER_OPTION_NAMESPACE(
		struct pin_options,
		"namespace of a NAME without one (default: the kubeconfig's)"),
	{ "dry-run", 0, VC_OPTION_FLAG, AT(dry_run), NULL,
	  "only ask the API server whether it would let us", VC_COMPLETES_NOTHING, NULL },
	VC_CLUSTER_OPTION_KUBECONFIG(struct pin_options),
	VC_CLUSTER_OPTION_CONTEXT(struct pin_options),
	{ 0 },
};

static void print_foreign(const struct vc_pin_claim *claim, const char *vm,
                          struct vc_buf *buf)
{
	const char *by = NULL;

	for (size_t i = 0; i < claim->holders.n && !by; i++)
		if (vc_pin_is_vm(&claim->holders.v[i]) &&
		    !vc_pin_is_ours(claim, &claim->holders.v[i]))
			by = claim->holders.v[i].managers.other;
	vc_buf_printf(buf,
	              "%s/%s: is pinned to virtual machine '%s' by %s%s%s; left alone\n",
	              claim->namespace, claim->name, vm, by ? "'" : "",
	              by ? by : "somebody else", by ? "'" : "");
}

static void print_outcome(const struct vc_pin_outcome *outcome, const char *vm,
                          bool dry_run, struct vc_buf *buf)
{
	const struct vc_pin_claim *claim = &outcome->claim;
	const char *what = "is already pinned";

	if (outcome->foreign) {
		print_foreign(claim, vm, buf);
		return;
	}
	if (outcome->steps > 0)
		what = dry_run ? "would be pinned" : "pinned";
	vc_buf_printf(buf, "%s/%s: %s to virtual machine '%s'", claim->namespace,
	              claim->name, what, vm);
	if (claim->nodes.n == 1)
		vc_buf_printf(buf, " on node '%s'", claim->nodes.v[0]);
	vc_buf_puts(buf, "\n");
}

static int run(struct vc_arena *arena, const void *values, int n_operands VC_UNUSED,
               char **operands, struct vc_err *err)
{
	VC_AUTO_BUF struct vc_buf buf = VC_BUF_INIT(VC_OUTPUT_MAX_BYTES);
	VC_AUTO_CLUSTER struct vc_cluster cluster = VC_CLUSTER_INIT;
	const struct pin_options *o = values;
	struct vc_pin_context context;
	struct vc_cluster_name name;
	struct vc_pin_outcome outcome;

	if (!o->vm || !vc_is_dns_subdomain(o->vm))
		return vc_fail(err, VC_ERR_USAGE,
		               o->vm ? "--vm: '%.100s' cannot be the name of a virtual "
		                       "machine"
		                     : "--vm is missing: which virtual machine?%s",
		               o->vm ? o->vm : "");
	if (vc_cluster_open(&o->cluster, &cluster, err) < 0 ||
	    vc_cluster_name_parse(arena, &cluster, operands[0], &name, err) < 0)
		return -(int)err->kind;
	context = (struct vc_pin_context){ .kube = cluster.kube, .dry_run = o->dry_run };
	if (vc_pin_pin(&context, arena,
	               &(struct vc_pin_order){ .namespace = name.namespace,
	                                       .claim = name.name,
	                                       .vm = o->vm },
	               &outcome, err) < 0 ||
	    vc_pin_outcome_check(&outcome, err) < 0)
		return -(int)err->kind;
	print_outcome(&outcome, o->vm, o->dry_run, &buf);
	return vc_output_buf(&buf, err);
}

const struct vc_command vc_command_pin = {
	.name = "pin",
	.operands = "[NAMESPACE/]NAME",
	.summary = "keep a claim of Kubernetes for a virtual machine",
	.description =
		"A ResourceClaim loses its devices when the last pod that uses it ends, and a "
		"VM that starts again may get others. Pinning enters the VirtualMachine among "
		"those that hold the claim: its devices stay with it, and the VM stays on "
		"their node, until 'virt-claim unpin'.\n"
		"\n"
		"The claim has to be allocated, so start the VM once. It must be one of its "
		"own, not made from a template. Kubernetes 1.36 or newer. What was pinned to "
		"this VM by somebody else is left alone; pinning again is fine.\n"
		"\n"
		"Unpin before the VM is deleted: nobody else removes the entry, unless "
		"virt-claim-controller runs, which does both by itself. A claim that is "
		"deleted stays until it is unpinned.\n"
		"\n"
		"Needs the right to 'get' virtualmachines and resourceclaims, and to 'patch' "
		"resourceclaims, resourceclaims/status and, in a ClusterRole, "
		"resourceclaims/binding.\n",
	.examples = "virt-claim pin lab/disk --vm vm7\n"
		    "\tvm7 gets the same disk whenever it starts\n"
		    "virt-claim pin -n lab disk --vm vm7 --dry-run\n"
		    "\twould that be possible?\n",
	.min_operands = 1,
	.max_operands = 1,
	.operand_completes = VC_COMPLETES_NOTHING,
	.options = options,
	.options_size = sizeof(struct pin_options),
	.run = run,
};
