/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd_show.c - virt-claim show: what the inputs say, and what they do not; claims of this
 * host and of Kubernetes.
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/output.h"
#include "cli/show.h"
#include "cli/show_claim.h"
#include "cli/show_cluster.h"
#include "cli/show_node.h"
#include "cli/translator_options.h"

struct show_options {
	struct vc_translator_options translator;
	bool json;
	const char *config;
	bool kube;
	struct vc_cluster_options cluster;
};

static const struct vc_option options[] = {
	{ "json", 0, VC_OPTION_FLAG, offsetof(struct show_options, json), NULL,
	  "print JSON", VC_COMPLETES_NOTHING, NULL },
	{ "config", 0, VC_OPTION_STRING, offsetof(struct show_options, config), "FILE",
	  "for a claim of this host: read this configuration instead of "
	  "$VIRT_CLAIM_CONFIG or /etc/virt-claim/virt-claim.yaml",
	  VC_COMPLETES_FILE, NULL },
	{ "kube", 0, VC_OPTION_FLAG, offsetof(struct show_options, kube), NULL,
	  "a NAME is a claim of the API server, whatever this host has",
	  VC_COMPLETES_NOTHING, NULL },
	VC_CLUSTER_OPTION_KUBECONFIG(struct show_options),
	VC_CLUSTER_OPTION_CONTEXT(struct show_options),
	{ 0 },
};

/* Claims are JSON, YAML or directories; what starts with '<' is a domain. */
static bool is_domain(const char *path)
{
	VC_AUTOCLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char head[256] = "";
	ssize_t n = fd < 0 ? -1 : read(fd, head, sizeof(head) - 1);
	const char *p = head;

	if (n <= 0)
		return false;
	head[n] = '\0';
	if (strncmp(p, "\xef\xbb\xbf", 3) == 0)
		p += 3;
	return p[strspn(p, " \t\r\n")] == '<';
}

static int sort_operands(struct vc_arena *arena, char **operands, int n,
                         struct vc_translator_options *o, const char **ret_domain,
                         struct vc_err *err)
{
	int first = o->connect && n > 0;

	*ret_domain = first > 0 ? operands[0] : NULL;
	for (int i = first; i < n; i++) {
		if (!is_domain(operands[i])) {
			if (vc_translator_add_claims(arena, o, &operands[i], 1, err) < 0)
				return -(int)err->kind;
			continue;
		}
		if (*ret_domain)
			return vc_fail(err, VC_ERR_USAGE,
			               "'%s' and '%s' are both domains; give one",
			               *ret_domain, operands[i]);
		*ret_domain = operands[i];
	}
	return 0;
}

/* All operands name claims of this host; some but not all is an error. */
static int find_claims(const struct show_options *o, char **operands, int n_operands,
                       bool *ret_all, struct vc_err *err)
{
	const char *claim = NULL, *other = o->translator.claims.n > 0 ? "--claims" : NULL;

	*ret_all = false;
	if (o->translator.connect)
		return 0;
	for (int i = 0; i < n_operands; i++)
		if (vc_show_is_claim(operands[i]))
			claim = operands[i];
		else
			other = operands[i];
	if (claim && other)
		return vc_fail(err, VC_ERR_ABSENT,
		               "'%s' is no file; a claim of this host cannot be shown "
		               "together with '%s'",
		               claim, other);
	*ret_all = claim != NULL;
	return 0;
}

static bool asks_cluster(const struct show_options *o)
{
	return o->kube || o->cluster.kubeconfig || o->cluster.context;
}

static int show_cluster(struct vc_arena *arena, const struct show_options *o,
                        int n_operands, char **operands, struct vc_err *err)
{
	VC_AUTO_CLUSTER struct vc_cluster cluster = VC_CLUSTER_INIT;

	if (n_operands == 0 || o->translator.connect || o->translator.claims.n > 0)
		return vc_fail(err, VC_ERR_USAGE,
		               "from an API server, only claims can be shown; expected "
		               "[NAMESPACE/]NAME");
	if (vc_cluster_open(&o->cluster, &cluster, err) < 0)
		return -(int)err->kind;
	return vc_show_cluster_claims(arena, &cluster, o->json, operands, n_operands,
	                              err);
}

/* Claims of this host; if it has none of that name, those that virt-claimd publishes for
 * Kubernetes, or else those of the API server that there may be. */
static int show_claims(struct vc_arena *arena, const struct show_options *o,
                       int n_operands, char **operands, struct vc_err *err)
{
	VC_AUTO_CLUSTER struct vc_cluster cluster = VC_CLUSTER_INIT;
	struct vc_err none = VC_ERR_INIT;
	int on_node,
		r = vc_show_claims(arena, o->config, o->json, operands, n_operands, err);
	if (r != -VC_ERR_ABSENT)
		return r;
	on_node = vc_show_node_claims(arena, o->config, o->json, operands, n_operands,
	                              &none);
	if (on_node != -VC_ERR_ABSENT) {
		*err = none;
		return on_node;
	}
	none = (struct vc_err)VC_ERR_INIT;
	if (o->config)
		return r;
	if (vc_cluster_open(&o->cluster, &cluster, &none) == -VC_ERR_ABSENT)
		return r;
	*err = none;
	return none.kind != VC_ERR_NONE
	               ? -(int)none.kind
	               : vc_show_cluster_claims(arena, &cluster, o->json, operands,
	                                        n_operands, err);
}

static int run(struct vc_arena *arena, const void *values, int n_operands,
               char **operands, struct vc_err *err)
{
	VC_AUTO_BUF struct vc_buf buf = VC_BUF_INIT(VC_OUTPUT_MAX_BYTES);
	struct vc_translate_input input;
	struct vc_translation t;
	struct show_options o;
	const char *domain;
	bool all_claims;
	int r;

	memcpy(&o, values, sizeof(o));
	o.cluster.namespace = o.translator.namespace;
	if (asks_cluster(&o))
		return show_cluster(arena, &o, n_operands, operands, err);
	if (find_claims(&o, operands, n_operands, &all_claims, err) < 0)
		return -(int)err->kind;
	if (all_claims)
		return show_claims(arena, &o, n_operands, operands, err);
	if (sort_operands(arena, operands, n_operands, &o.translator, &domain, err) < 0 ||
	    vc_translator_input(arena, &o.translator, domain, &input, err) < 0)
		return -(int)err->kind;
	input.mode = VC_MODE_REWRITE;
	input.attach_all = true;
	input.tolerates_stale = true;
	if (vc_translate_claims(arena, &input, &t, err) < 0)
		return -(int)err->kind;
	r = o.json ? vc_show_json(arena, &t, &buf, err)
	           : vc_show_text(arena, &t, &buf, err);
	if (r < 0)
		return r;
	if (!o.json)
		vc_translator_warn(&t);
	return vc_output_buf(&buf, err);
}

const struct vc_command vc_command_show = {
	.name = "show",
	.operands = "[PATH]... | [NAMESPACE/]NAME...",
	.summary = "show what claims say, and what is missing",
	.description =
		"A NAME that is no file is a claim of this host, which 'virt-claim create' "
		"made. Prints its state, where each device is now and who uses it, what it is "
		"recognised by, what was done for it, and its files.\n"
		"\n"
		"On a Kubernetes node, a NAME is a claim of this node: prints whether virt-claimd "
		"publishes it, and what is missing if it does not. --kube asks the API server "
		"about it.\n"
		"\n"
		"A NAME that is neither is a claim of Kubernetes, when there is a kubeconfig "
		"or this is a pod; --kube, --kubeconfig and --context say so at once. Prints "
		"where it is allocated, who holds it (pods, virtual machines that it is pinned "
		"to, finalizers), who put that there, and what releases it.\n"
		"\n"
		"Otherwise prints each claim of the inputs with its devices, where each fact "
		"was found, and which facts no input says. A PATH is the same as --claims PATH; a domain's XML "
		"may be among them, and its host devices and bindings are shown too; with "
		"--connect it is the name that comes first.\n"
		"\n"
		"Succeeds when the inputs are well-formed, whatever is missing in them.\n",
	.examples = "virt-claim show lab/disk\n"
		    "\ta claim of this host\n"
		    "virt-claim show --kube lab/disk\n"
		    "\ta claim of Kubernetes: who holds it?\n"
		    "virt-claim show /run/virt-claim/claims\n"
		    "\teverything that is prepared on this host\n"
		    "virt-claim show --json --sysfs /sys cdi.yaml claim.yaml vm7.xml\n"
		    "\ttwo inputs joined, looked up on the host, and a domain\n",
	.min_operands = 0,
	.max_operands = 1000,
	.operand_completes = VC_COMPLETES_FILE,
	.options = options,
	.shared = vc_translator_table,
	.options_size = sizeof(struct show_options),
	.run = run,
};
