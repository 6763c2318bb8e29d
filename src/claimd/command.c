/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "claimd/command.h"

#include <stdlib.h>
#include <string.h>

#include "claimd/daemon.h"
#include "cli/output.h"
#include "version.h"

struct claimd_options {
	const char *config;
	bool once;
	bool foreground;
	bool version;
};

static const struct vc_option options[] = {
	{ "config", 0, VC_OPTION_STRING, offsetof(struct claimd_options, config), "FILE",
	  "read this configuration instead of $VIRT_CLAIM_CONFIG or " VC_CONFIG_FILE,
	  VC_COMPLETES_FILE, NULL },
	{ "once", 0, VC_OPTION_FLAG, offsetof(struct claimd_options, once), NULL,
	  "recover, prepare and publish, then exit; for systems without systemd",
	  VC_COMPLETES_NOTHING, NULL },
	{ "foreground", 0, VC_OPTION_FLAG, offsetof(struct claimd_options, foreground),
	  NULL, "stay in the foreground, which it always does", VC_COMPLETES_NOTHING,
	  NULL },
	{ "version", 'V', VC_OPTION_FLAG, offsetof(struct claimd_options, version), NULL,
	  "print the version and exit", VC_COMPLETES_NOTHING, NULL },
	{ 0 },
};

static int run(struct vc_arena *arena VC_UNUSED, const void *values,
               int n_operands VC_UNUSED, char **operands VC_UNUSED, struct vc_err *err)
{
	static const char version[] = "virt-claimd " VC_VERSION "\n";
	const struct claimd_options *o = values;
	const char *named = secure_getenv("VIRT_CLAIM_CONFIG");
	struct vc_daemon_options daemon = { .config = o->config, .once = o->once };

	if (!daemon.config)
		daemon.config = named && *named ? named : VC_CONFIG_FILE;

	if (o->version)
		return vc_output_write(version, strlen(version), err);
	return vc_daemon_run(&daemon, err);
}

const struct vc_command vc_command_claimd = {
	.name = "virt-claimd",
	.operands = "",
	.summary = "keep the device claims of this host prepared",
	.description = "Text\n",
	.examples = NULL,
	.options = options,
	.daemon = true,
	.options_size = sizeof(struct claimd_options),
	.run = run,
};
