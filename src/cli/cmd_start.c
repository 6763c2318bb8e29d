/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd_start.c - virt-claim start: start a domain with the devices of today.
 */
#include "cli/by_hand.h"
#include "cli/commands.h"

struct start_options {
	struct vc_translator_options translator;
	const char *timeout;
	bool paused;
};

static const struct vc_option options[] = {
	{ "paused", 0, VC_OPTION_FLAG, offsetof(struct start_options, paused), NULL,
	  "leave the guest's CPUs stopped", VC_COMPLETES_NOTHING, NULL },
	{ "timeout", 0, VC_OPTION_STRING, offsetof(struct start_options, timeout),
	  "SECONDS", "how long libvirt may take (default: 300)", VC_COMPLETES_NOTHING,
	  NULL },
	{ 0 },
};

static int run(struct vc_arena *arena, const void *values, int n_operands VC_UNUSED,
               char **operands, struct vc_err *err)
{
	const struct start_options *o = values;
	struct vc_manage_report report = { 0 };
	struct vc_manage manage;

	if (vc_by_hand_manage(arena, &o->translator, o->timeout, VC_BY_HAND_TIMEOUT,
	                      &manage, err) < 0 ||
	    vc_manage_start(arena, &manage, operands[0], o->paused, &report, err) < 0)
		return -(int)err->kind;
	return vc_by_hand_report(&report, err);
}

const struct vc_command vc_command_start = {
	.name = "start",
	.operands = "NAME",
	.summary = "start a domain with the host devices of its claims",
	.description =
		"Reads the stored definition of a libvirt domain, rewrites it for the claims "
		"of today, and starts the guest with the result. The stored definition stays "
		"as it is. NAME is a name or a UUID.\n"
		"\n"
		"Without --claims, --sysfs and --site these come from the configuration, so "
		"that a domain with bindings of its own needs no option at all.\n"
		"\n"
		"Refused for a domain that runs, that has a managed-save image, or one of "
		"whose devices another domain uses. A guest's address that the definition "
		"does not say is chosen by libvirt anew at each start; 'virt-claim sync' "
		"writes the definition, which keeps it.\n",
	.examples = "virt-claim start vm7\n"
		    "\tinstead of 'virsh start vm7'\n"
		    "virt-claim start --connect qemu:///session --claims gpu.json --bind "
		    "gpu=lab/vm7-dev:gpu vm7\n"
		    "\twith one device more, this time\n",
	.min_operands = 1,
	.max_operands = 1,
	.options = options,
	.shared = vc_translator_table,
	.options_size = sizeof(struct start_options),
	.run = run,
};
