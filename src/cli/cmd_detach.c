/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd_detach.c - virt-claim detach: take devices away from a domain.
 */
#include "cli/by_hand.h"
#include "cli/commands.h"

struct detach_options {
	struct vc_translator_options translator; /* .connect */
	struct vc_strings aliases;
	struct vc_strings claims;
	const char *timeout;
	bool live;
	bool config;
};

static const struct vc_option options[] = {
	{ "alias", 'a', VC_OPTION_LIST, offsetof(struct detach_options, aliases), "ALIAS",
	  "the device with this alias; repeatable", VC_COMPLETES_NOTHING, NULL },
	{ "claim", 0, VC_OPTION_LIST, offsetof(struct detach_options, claims),
	  "[NAMESPACE/]CLAIM", "every device of this claim; repeatable",
	  VC_COMPLETES_NOTHING, NULL },
	{ "live", 0, VC_OPTION_FLAG, offsetof(struct detach_options, live), NULL,
	  "only the guest that runs (default: both)", VC_COMPLETES_NOTHING, NULL },
	{ "config", 0, VC_OPTION_FLAG, offsetof(struct detach_options, config), NULL,
	  "only the stored definition (default: both)", VC_COMPLETES_NOTHING, NULL },
	{ "timeout", 0, VC_OPTION_STRING, offsetof(struct detach_options, timeout),
	  "SECONDS", "how long the guest may take to let one device go (default: 30)",
	  VC_COMPLETES_NOTHING, NULL },
	{ "connect", 0, VC_OPTION_STRING,
	  offsetof(struct detach_options, translator.connect), "URI",
	  "the libvirt of the domain (default: libvirt's own default)",
	  VC_COMPLETES_WORDS, "qemu:///system qemu:///session test:///default" },
	{ 0 },
};

static int run(struct vc_arena *arena, const void *values, int n_operands VC_UNUSED,
               char **operands, struct vc_err *err)
{
	const struct detach_options *o = values;
	const struct vc_detach what = {
		.scope = { .live = o->live, .config = o->config },
		.claims = o->claims.v,
		.n_claims = o->claims.n,
	};
	struct vc_manage_report report = { 0 };
	struct vc_manage manage;

	if (o->aliases.n == 0 && o->claims.n == 0)
		return vc_fail(err, VC_ERR_USAGE,
		               "--alias or --claim says which device to detach");
	if (vc_by_hand_manage(arena, &o->translator, o->timeout, VC_BY_HAND_GUEST_TIMEOUT,
	                      &manage, err) < 0 ||
	    vc_translator_aliases(arena, &o->aliases, &manage.input, err) < 0 ||
	    vc_manage_detach(arena, &manage, operands[0], &what, &report, err) < 0)
		return -(int)err->kind;
	return vc_by_hand_report(&report, err);
}

const struct vc_command vc_command_detach = {
	.name = "detach",
	.operands = "NAME",
	.summary = "detach devices of claims from a domain",
	.description =
		"The way back from attach, and from rewrite: removes the devices that --alias "
		"and --claim name from the guest when it runs, and from the stored definition "
		"when there is one, together with their bindings. Adopted devices are not "
		"ours to remove: 'virt-claim unbind' lets them go.\n"
		"\n"
		"A guest is asked to let a device go, and may take its time or refuse. When "
		"one of several devices stays, those that were detached before are attached "
		"again, where they were.\n",
	.examples = "virt-claim detach --alias gpu vm7\n"
		    "\tthe device 'ua-gpu'\n"
		    "virt-claim detach --claim lab/vm7-dev --config vm7\n"
		    "\tall devices of a claim, at the next start\n",
	.min_operands = 1,
	.max_operands = 1,
	.options = options,
	.options_size = sizeof(struct detach_options),
	.run = run,
};
