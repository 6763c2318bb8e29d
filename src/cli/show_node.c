/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/show_node.h"

#include <string.h>

#include "claim/json_writer.h"
#include "cli/host_claims.h"
#include "cli/node_options.h"
#include "cli/output.h"
#include "companion/status.h"

/* What is asked for, and what is known of it. */
struct asked {
	const char *operand;
	const struct vc_companion_claim *claim;
};

static bool is_published(const struct vc_companion_claim *claim)
{
	return strcmp(claim->state, "published") == 0;
}

/* Sentences of which the claim is the subject. */
static void print_text(struct vc_buf *buf, const char *run,
                       const struct vc_companion_status *status,
                       const struct asked *asked, int n)
{
	for (int i = 0; i < n; i++) {
		const struct vc_companion_claim *c = asked[i].claim;

		if (is_published(c))
			vc_buf_printf(buf,
			              "%s/%s (%s) is published in '%s/claims/%s/%s'\n",
			              c->namespace, c->name, c->uid, run, c->namespace,
			              c->name);
		if (c->text)
			vc_buf_printf(buf, "%s/%s (%s) %s\n", c->namespace, c->name,
			              c->uid, c->text);
	}
	if (!status->settled)
		vc_buf_puts(buf, "virt-claimd has not heard yet of everything that "
		                 "there is\n");
}

static void print_json(struct vc_buf *buf, const struct vc_companion_status *status,
                       const struct asked *asked, int n)
{
	struct vc_json_writer w = { .buf = buf };

	vc_json_object(&w, NULL);
	vc_json_bool(&w, "settled", status->settled);
	vc_json_array(&w, "claims");
	for (int i = 0; i < n; i++) {
		const struct vc_companion_claim *c = asked[i].claim;

		vc_json_object(&w, NULL);
		vc_json_string(&w, "namespace", c->namespace);
		vc_json_string(&w, "name", c->name);
		vc_json_string(&w, "uid", c->uid);
		vc_json_string(&w, "state", c->state);
		vc_json_string_if(&w, "text", c->text);
		vc_json_close(&w);
	}
	vc_json_close(&w);
	vc_json_close(&w);
}

/* All of them, or it is nothing for us. */
static int find_all(struct vc_arena *arena, const struct vc_companion_status *status,
                    char **operands, int n, struct asked *asked, struct vc_err *err)
{
	for (int i = 0; i < n; i++) {
		struct vc_claim_operand claim;

		if (vc_claim_operand_parse(arena, operands[i], &claim, err) < 0)
			return -(int)err->kind;
		asked[i] = (struct asked){ operands[i],
			                   vc_companion_status_find(
						   status, claim.namespace, claim.name) };
		if (!asked[i].claim)
			return vc_fail(err, VC_ERR_ABSENT,
			               "'%s' is neither a file nor a claim that "
			               "virt-claimd knows on this node",
			               operands[i]);
	}
	return 0;
}

/**
 * vc_show_node_claims() - Print what virt-claimd knows of claims on a Kubernetes node
 * @arena:	holds everything
 * @config:	configuration; NULL the usual one
 * @json:	for programs
 * @operands:	"NAMESPACE/NAME"
 * @n_operands:	at least one
 * @err:	why not
 *
 * Return: 0, -VC_ERR_ABSENT (this is no such node, or one claim is not known),
 * -VC_ERR_USAGE, or as vc_node_options_open() and vc_companion_status_read()
 */
int vc_show_node_claims(struct vc_arena *arena, const char *config, bool json,
                        char **operands, int n_operands, struct vc_err *err)
{
	VC_AUTO_BUF struct vc_buf buf = VC_BUF_INIT(VC_OUTPUT_MAX_BYTES);
	const struct vc_node_options options = { .config = config };
	struct asked *asked = vc_arena_alloc(arena, (size_t)n_operands, sizeof(*asked));
	struct vc_companion_status status;
	struct vc_local_node node;

	if (!asked)
		return vc_fail_oom(err);
	if (vc_node_options_open(arena, &options, &node, err) < 0)
		return -(int)err->kind;
	if (node.config->role != VC_ROLE_KUBERNETES)
		return vc_fail(err, VC_ERR_ABSENT, "this is no Kubernetes node");
	if (vc_companion_status_read(arena, node.config->run, &status, err) < 0 ||
	    find_all(arena, &status, operands, n_operands, asked, err) < 0)
		return -(int)err->kind;
	if (json)
		print_json(&buf, &status, asked, n_operands);
	else
		print_text(&buf, node.config->run, &status, asked, n_operands);
	return vc_output_buf(&buf, err);
}
