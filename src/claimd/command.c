/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "claimd/command.h"

#include <stdlib.h>
#include <string.h>

#include "base/parse.h"
#include "claimd/daemon.h"
#include "cli/output.h"
#include "version.h"

struct claimd_options {
	const char *config;
	const char *source, *node_name;
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
	{ "source", 0, VC_OPTION_STRING, offsetof(struct claimd_options, source), "NAMES",
	  "with 'role: kubernetes': where to learn what drivers prepared, of cdi, metadata "
	  "and kube, with commas; instead of 'sources' of the configuration",
	  VC_COMPLETES_NOTHING, NULL },
	{ "node-name", 0, VC_OPTION_STRING, offsetof(struct claimd_options, node_name),
	  "NAME",
	  "with the source 'kube': this node (default: 'node-name' of the "
	  "configuration, or $NODE_NAME)",
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
	if (o->source && vc_config_sources(o->source, &daemon.sources, err) < 0) {
		err->kind = VC_ERR_USAGE;
		return vc_err_context(err, "--source");
	}
	if (o->node_name && !vc_is_dns_subdomain(o->node_name))
		return vc_fail(err, VC_ERR_USAGE,
		               "--node-name: '%.64s' is not the name of a node",
		               o->node_name);
	daemon.node_name = o->node_name;
	return vc_daemon_run(&daemon, err);
}

const struct vc_command vc_command_claimd = {
	.name = "virt-claimd",
	.operands = "",
	.summary = "keep the device claims of this host prepared",
	.description =
		"At its start it finishes or undoes what a crash left, prepares every claim "
		"that was prepared when the host went down, and puts the files of prepared "
		"claims right. Then it listens: to the kernel for devices that come, go or "
		"change their driver, and to changes of claims, journals and leases. When "
		"nothing happens it does not run at all.\n"
		"\n"
		"The files of a claim are withdrawn as long as a device of it is gone or is "
		"not as it was prepared, so that no domain is started with it. A device "
		"that comes back is prepared again; one that somebody took back by hand is "
		"not. What cannot be prepared is tried again, seven times with growing "
		"pauses, and after that when something happens. Each problem is said once, "
		"on standard error or in the journal; 'virt-claim list' and 'virt-claim "
		"show' have them all.\n"
		"\n"
		"Devices are looked at and changed by a worker process. A driver that hangs "
		"hangs that one; it is killed when every step has had its deadline, and what "
		"it was at is recovered.\n"
		"\n"
		"With 'role: kubernetes' in its configuration no device is touched. It then "
		"reads what drivers left in CDI files and metadata files and what the API "
		"server knows, and publishes each claim of this node, see docs/companion.md.\n"
		"\n"
		"Signals:\n"
		"\n"
		"    HUP   read the configuration again, and try everything again\n"
		"    TERM  end, after the claim that is being worked on\n"
		"\n"
		"What is prepared stays prepared when it ends. One virt-claimd runs on a "
		"host; a second one is refused. It tells a service manager by the protocol of "
		"sd_notify(3) when claims are prepared, and how many there are.\n",
	.examples = "systemctl enable --now virt-claimd.service\n"
		    "\tthe usual way\n"
		    "virt-claimd --once\n"
		    "\tfrom a boot script, before domains are started\n",
	.options = options,
	.daemon = true,
	.options_size = sizeof(struct claimd_options),
	.run = run,
};
