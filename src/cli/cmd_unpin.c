/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd_unpin.c - virt-claim unpin: let claims of Kubernetes go.
 */
#include "base/parse.h"
#include "cli/cluster.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/pins.h"

struct unpin_options {
	struct vc_cluster_options cluster;
	bool all;
	const char *node_lost;
	bool dry_run;
};

#define AT(field) offsetof(struct unpin_options, field)
static const struct vc_option options[] = {
	{ "all", 'a', VC_OPTION_FLAG, AT(all), NULL,
	  "every claim that virt-claim has pinned, in all namespaces or that of --namespace",
	  VC_COMPLETES_NOTHING, NULL },
	{ "node-lost", 0, VC_OPTION_STRING, AT(node_lost), "NODE",
	  "every claim that virt-claim has pinned to devices of this node, which must be off "
	  "for good",
	  VC_COMPLETES_NOTHING, NULL },
	VC_CLUSTER_OPTION_NAMESPACE(
		struct unpin_options,
		"namespace of a NAME without one (default: the kubeconfig's); with --all and "
		"--node-lost, only this one"),
	{ "dry-run", 0, VC_OPTION_FLAG, AT(dry_run), NULL,
	  "only ask the API server whether it would let us, and print what would be done",
	  VC_COMPLETES_NOTHING, NULL },
	VC_CLUSTER_OPTION_KUBECONFIG(struct unpin_options),
	VC_CLUSTER_OPTION_CONTEXT(struct unpin_options),
	{ 0 },
};

static int check_usage(const struct unpin_options *o, int n_operands, struct vc_err *err)
{
	int n = (n_operands > 0) + o->all + (o->node_lost != NULL);

	if (n != 1)
		return vc_fail(err, VC_ERR_USAGE,
		               "expected one of: names of claims, --all, --node-lost");
	if (o->node_lost && !vc_is_dns_subdomain(o->node_lost))
		return vc_fail(err, VC_ERR_USAGE,
		               "--node-lost: '%.100s' cannot be the name of a node",
		               o->node_lost);
	return 0;
}

/* What the command line says */
struct selection {
	const struct unpin_options *options;
	int n_operands;
	char **operands;
};

static int name_claims(struct vc_arena *arena, const struct vc_cluster *cluster,
                       const struct selection *selection, struct vc_pin_names *ret_names,
                       struct vc_err *err)
{
	struct vc_pin_names names = { 0 };

	for (int i = 0; i < selection->n_operands; i++) {
		struct vc_pin_name *slot = vc_list_push(arena, &names);
		struct vc_cluster_name name;

		if (!slot)
			return vc_fail_oom(err);
		if (vc_cluster_name_parse(arena, cluster, selection->operands[i], &name,
		                          err) < 0)
			return -(int)err->kind;
		*slot = (struct vc_pin_name){ .namespace = name.namespace,
			                      .name = name.name,
			                      .wanted = true };
	}
	*ret_names = names;
	return 0;
}

static int find_claims(struct vc_arena *arena, struct vc_cluster *cluster,
                       const struct selection *selection, struct vc_pin_names *ret_names,
                       struct vc_err *err)
{
	const struct unpin_options *o = selection->options;
	const struct vc_pin_search search = {
		.cluster = cluster,
		.namespace = o->cluster.namespace,
		.node = o->node_lost,
	};

	if (selection->n_operands > 0)
		return name_claims(arena, cluster, selection, ret_names, err);
	if (o->node_lost && vc_pins_check_node(cluster, o->node_lost, err) < 0)
		return -(int)err->kind;
	return vc_pins_find(arena, &search, ret_names, err);
}

/* Nothing found is fine; silence would leave open whether anybody looked. */
static void print_none(const struct unpin_options *o, struct vc_buf *buf)
{
	vc_buf_puts(buf, "virt-claim has pinned no claim");
	if (o->cluster.namespace)
		vc_buf_printf(buf, " in namespace '%s'", o->cluster.namespace);
	if (o->node_lost)
		vc_buf_printf(buf, " to node '%s'", o->node_lost);
	vc_buf_puts(buf, "\n");
}

static int run(struct vc_arena *arena, const void *values, int n_operands,
               char **operands, struct vc_err *err)
{
	VC_AUTO_BUF struct vc_buf buf = VC_BUF_INIT(VC_OUTPUT_MAX_BYTES);
	VC_AUTO_CLUSTER struct vc_cluster cluster = VC_CLUSTER_INIT;
	const struct unpin_options *o = values;
	const struct selection selection = { o, n_operands, operands };
	struct vc_pin_names names = { 0 };
	struct vc_pin_context context;
	struct vc_err failed = VC_ERR_INIT;
	int r;

	if (check_usage(o, n_operands, err) < 0 ||
	    vc_cluster_open(&o->cluster, &cluster, err) < 0 ||
	    find_claims(arena, &cluster, &selection, &names, err) < 0)
		return -(int)err->kind;
	if (names.n == 0)
		print_none(o, &buf);
	else if (o->node_lost)
		vc_output_warning(
			"a virtual machine that still runs on node '%s' keeps its devices "
			"and disks, and may now be started a second time elsewhere; be "
			"sure that the node is off",
			o->node_lost);
	context = (struct vc_pin_context){ .kube = cluster.kube, .dry_run = o->dry_run };
	r = vc_pins_remove(arena, &context, &names, &buf, &failed);
	/* What was done has to be known, whatever failed after it. */
	if (vc_output_buf(&buf, err) < 0)
		return -(int)err->kind;
	if (r < 0)
		*err = failed;
	return r;
}

const struct vc_command vc_command_unpin = {
	.name = "unpin",
	.operands = "[[NAMESPACE/]NAME]...",
	.summary = "let claims of Kubernetes go that were pinned",
	.description =
		"Takes back what 'virt-claim pin' and virt-claim-controller did to claims: "
		"the entry of the virtual machine, the annotation, and the finalizer if nobody "
		"else wanted it. When nobody else uses a claim its allocation goes in the same "
		"write, as Kubernetes does it after the last pod: the devices are free, and "
		"the next start of the VM may get others. While pods use it they keep it. "
		"What others pinned is left alone. A claim that is not pinned is fine.\n"
		"\n"
		"--all is for taking virt-claim out of a cluster. Stop virt-claim-controller "
		"first: it would pin again what annotations ask for.\n"
		"\n"
		"--node-lost is for a node that will not come back with its devices. A VM that "
		"is pinned to it can start nowhere else; this releases all such claims, and "
		"the VM may then start on another node with other devices. Nobody can check "
		"from here that the VM does not run any more: on a node that is only cut off "
		"it does, and then it runs twice, with the same disks. Power the node off "
		"first, and delete its pods ('kubectl delete pod --force', or the taint "
		"node.kubernetes.io/out-of-service). Refused while the node is Ready, and for "
		"claims that pods still hold.\n"
		"\n"
		"When something fails the others are done all the same. Needs what "
		"'virt-claim pin' needs, 'list' of resourceclaims for --all and --node-lost, "
		"and 'get' of nodes for --node-lost.\n",
	.examples = "virt-claim unpin lab/disk\n"
		    "\tthe disk is free\n"
		    "virt-claim unpin --all --dry-run\n"
		    "\twhat is pinned at all?\n"
		    "virt-claim unpin --node-lost node3\n"
		    "\tnode3 has burnt down\n",
	.min_operands = 0,
	.max_operands = 1000,
	.operand_completes = VC_COMPLETES_NOTHING,
	.options = options,
	.options_size = sizeof(struct unpin_options),
	.run = run,
};
