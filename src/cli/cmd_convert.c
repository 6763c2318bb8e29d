/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd_convert.c - virt-claim convert: any claim input as DRA device metadata.
 */
#include <string.h>

#include "base/buf.h"
#include "claim/device_metadata.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/translator_options.h"

struct convert_options {
	struct vc_translator_options translator;
	struct vc_strings versions;
};

static const struct vc_option options[] = {
	{ "version", 'V', VC_OPTION_LIST, offsetof(struct convert_options, versions),
	  "VERSION",
	  "of metadata.resource.k8s.io: v1beta1 or v1alpha1; repeatable (default: both, "
	  "newest first)",
	  VC_COMPLETES_WORDS, "v1beta1 v1alpha1" },
	{ 0 },
};

/* [KEP-5304] newest first; KubeVirt reads v1alpha1 only */
static const char *const all_versions[] = { "v1beta1", "v1alpha1" };

static int check_versions(const struct vc_strings *given, struct vc_err *err)
{
	for (size_t i = 0; i < given->n; i++) {
		bool known = false;

		for (size_t j = 0; j < VC_ARRAY_SIZE(all_versions); j++)
			known = known || strcmp(given->v[i], all_versions[j]) == 0;
		if (!known)
			return vc_fail(err, VC_ERR_USAGE,
			               "--version: '%s' is none of v1beta1, v1alpha1",
			               given->v[i]);
	}
	return 0;
}

static int write_claims(const struct vc_claims *claims, const struct vc_strings *given,
                        struct vc_buf *buf, struct vc_err *err)
{
	const char *const *versions = given->n > 0 ? given->v : all_versions;
	size_t n = given->n > 0 ? given->n : VC_ARRAY_SIZE(all_versions);

	if (claims->n == 0)
		return vc_fail(err, VC_ERR_REFUSED,
		               "there is no claim in the inputs; give one with --claims");
	for (size_t i = 0; i < claims->n; i++)
		if (vc_device_metadata_write(&claims->v[i], versions, n, buf, err) < 0)
			return -(int)err->kind;
	return 0;
}

static int run(struct vc_arena *arena, const void *values, int n_operands,
               char **operands, struct vc_err *err)
{
	VC_AUTO_BUF struct vc_buf buf = VC_BUF_INIT(VC_OUTPUT_MAX_BYTES);
	struct convert_options o;
	struct vc_translate_input input;
	struct vc_translation t;

	memcpy(&o, values, sizeof(o));
	if (check_versions(&o.versions, err) < 0 ||
	    vc_translator_add_claims(arena, &o.translator, operands, n_operands, err) <
	            0 ||
	    vc_translator_input(arena, &o.translator, NULL, &input, err) < 0)
		return -(int)err->kind;
	input.mode = VC_MODE_REWRITE;
	input.attach_all = true;
	if (vc_translate_claims(arena, &input, &t, err) < 0 ||
	    write_claims(&t.claims, &o.versions, &buf, err) < 0)
		return -(int)err->kind;
	vc_translator_warn(&t);
	return vc_output_buf(&buf, err);
}

const struct vc_command vc_command_convert = {
	.name = "convert",
	.operands = "[PATH]...",
	.summary = "print claims as DRA device metadata",
	.description =
		"Reads claims from any input that virt-claim knows and prints them as "
		"DeviceMetadata of metadata.resource.k8s.io (KEP-5304), one JSON document "
		"for each claim and version. A PATH is the same as --claims PATH.\n"
		"\n"
		"Nothing is invented: a claim whose name, UID, request or driver no input "
		"says is refused, and the message names the input that would say it.\n",
	.examples = "virt-claim convert /var/run/cdi claim.yaml\n"
		    "\twhat a CDI directory and a ResourceClaim say together\n"
		    "virt-claim convert --version v1alpha1 claim.json slices.json\n"
		    "\tonly the version that KubeVirt reads\n",
	.min_operands = 0,
	.max_operands = 1000,
	.operand_completes = VC_COMPLETES_FILE,
	.options = options,
	.shared = vc_translator_table,
	.options_size = sizeof(struct convert_options),
	.run = run,
};
