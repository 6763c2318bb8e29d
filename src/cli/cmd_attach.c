/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd_attach.c - virt-claim attach: give devices to a domain, while it runs or not.
 */
#include "cli/by_hand.h"
#include "cli/commands.h"

struct attach_options {
	struct vc_translator_options translator;
	const char *timeout;
	bool live;
	bool config;
};

static const struct vc_option options[] = {
	{ "live", 0, VC_OPTION_FLAG, offsetof(struct attach_options, live), NULL,
	  "only the guest that runs (default: both)", VC_COMPLETES_NOTHING, NULL },
	{ "config", 0, VC_OPTION_FLAG, offsetof(struct attach_options, config), NULL,
	  "only the stored definition (default: both)", VC_COMPLETES_NOTHING, NULL },
	{ "timeout", 0, VC_OPTION_STRING, offsetof(struct attach_options, timeout),
	  "SECONDS", "how long libvirt may take for one device (default: 300)",
	  VC_COMPLETES_NOTHING, NULL },
	{ 0 },
};

static int run(struct vc_arena *arena, const void *values, int n_operands VC_UNUSED,
               char **operands, struct vc_err *err)
{
	const struct attach_options *o = values;
	const struct vc_manage_scope scope = { .live = o->live, .config = o->config };
	struct vc_manage_report report = { 0 };
	struct vc_manage manage;

	if (o->translator.bind.n == 0)
		return vc_fail(err, VC_ERR_USAGE,
		               "--bind says which device to attach, and as what");
	if (vc_by_hand_manage(arena, &o->translator, o->timeout, VC_BY_HAND_TIMEOUT,
	                      &manage, err) < 0 ||
	    vc_manage_attach(arena, &manage, operands[0], &scope, &report, err) < 0)
		return -(int)err->kind;
	return vc_by_hand_report(&report, err);
}

const struct vc_command vc_command_attach = {
	.name = "attach",
	.operands = "NAME",
	.summary = "attach devices of claims to a domain",
	.description =
		"Adds the devices that --bind names to a domain of libvirt: to the guest when "
		"it runs, and to the stored definition when there is one; --live and --config "
		"say otherwise. Nothing else of the domain changes.\n"
		"\n"
		"All devices are attached or none. When the guest refuses one, or the "
		"definition cannot be stored, those that were attached before are detached "
		"again; what cannot be undone is said.\n"
		"\n"
		"libvirt calls no hook for devices that are plugged in, so this command takes "
		"their leases itself: a device that another domain uses is refused.\n",
	.examples =
		"virt-claim attach --bind gpu=lab/vm7-dev:gpu vm7\n"
		"\tthe device of request 'gpu', as 'ua-gpu'\n"
		"virt-claim attach --live --claims nic.json --bind nic=vm7-nic:port vm7\n"
		"\tuntil the guest is shut down\n",
	.min_operands = 1,
	.max_operands = 1,
	.options = options,
	.shared = vc_translator_table,
	.options_size = sizeof(struct attach_options),
	.run = run,
};
