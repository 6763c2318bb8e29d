/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/show_claim.h"

#include <string.h>
#include <unistd.h>

#include "base/parse.h"
#include "cli/host_claims.h"
#include "cli/node_options.h"
#include "cli/output.h"

/**
 * vc_show_is_claim() - Whether an operand of `show` names a claim of this host
 * @operand:	operand
 *
 * Return: whether no file of that name exists and a claim could have it
 */
bool vc_show_is_claim(const char *operand)
{
	const char *slash = strchr(operand, '/');
	const char *name = slash ? slash + 1 : operand;
	char namespace[64] = VC_HOST_NAMESPACE;

	if (slash && (size_t)(slash - operand) >= sizeof(namespace))
		return false;
	if (slash) {
		memcpy(namespace, operand, (size_t)(slash - operand));
		namespace[slash - operand] = '\0';
	}
	return vc_is_dns_label(namespace) && vc_is_dns_label(name) &&
	       access(operand, F_OK) < 0;
}

static int look(struct vc_arena *arena, const struct vc_local_node *node,
                const char *operand, struct vc_registry *registry, struct vc_err *err)
{
	struct vc_claim_operand claim;
	int r;

	if (vc_claim_operand_parse(arena, operand, &claim, err) < 0)
		return -(int)err->kind;
	r = vc_registry_look(arena, node, claim.namespace, claim.name, registry, err);
	return r == -VC_ERR_ABSENT
	               ? vc_fail(err, VC_ERR_ABSENT,
	                         "'%s' is neither a file nor a claim of this host; "
	                         "'virt-claim list' shows the claims",
	                         operand)
	               : r;
}

/**
 * vc_show_claims() - Print claims of this host
 * @arena:	holds everything
 * @config:	configuration; NULL the usual one
 * @json:	for programs
 * @operands:	"[NAMESPACE/]NAME"
 * @n_operands:	at least one
 * @err:	why not
 *
 * Return: 0, -VC_ERR_ABSENT, or as vc_node_options_open() and vc_registry_look()
 */
int vc_show_claims(struct vc_arena *arena, const char *config, bool json, char **operands,
                   int n_operands, struct vc_err *err)
{
	VC_AUTO_BUF struct vc_buf buf = VC_BUF_INIT(VC_OUTPUT_MAX_BYTES);
	const struct vc_node_options options = { .config = config };
	struct vc_registry *v = vc_arena_alloc(arena, (size_t)n_operands, sizeof(*v));
	struct vc_local_node node;

	if (!v)
		return vc_fail_oom(err);
	if (vc_node_options_open(arena, &options, &node, err) < 0)
		return -(int)err->kind;
	for (int i = 0; i < n_operands; i++) {
		if (look(arena, &node, operands[i], &v[i], err) < 0)
			return -(int)err->kind;
		if (json)
			continue;
		vc_buf_puts(&buf, i > 0 ? "\n" : "");
		if (vc_host_claims_text(arena, &node, &v[i].statuses.v[0], &buf, err) < 0)
			return -(int)err->kind;
	}
	if (json &&
	    vc_host_claims_json(arena, &node, v, (size_t)n_operands, &buf, err) < 0)
		return -(int)err->kind;
	return vc_output_buf(&buf, err);
}
