/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "controller/command.h"

#include <string.h>

#include "base/now.h"
#include "base/parse.h"
#include "cli/output.h"
#include "controller/controller.h"
#include "controller/health.h"
#include "version.h"

#define PAUSE_MAX_S 3600

struct controller_options {
	const char *kubeconfig, *context, *namespace;
	const char *health_file, *healthy;
	const char *longest_pause;
	bool once, dry_run, release_all, version;
};

#define AT(member) offsetof(struct controller_options, member)

static const struct vc_option options[] = {
	{ "kubeconfig", 0, VC_OPTION_STRING, AT(kubeconfig), "FILE",
	  "talk to the API server of this file, not of $KUBECONFIG, ~/.kube/config or the "
	  "pod",
	  VC_COMPLETES_FILE, NULL },
	{ "context", 0, VC_OPTION_STRING, AT(context), "NAME",
	  "use this context of it instead of the current one", VC_COMPLETES_NOTHING,
	  NULL },
	{ "namespace", 'n', VC_OPTION_STRING, AT(namespace), "NAMESPACE",
	  "look after this namespace only", VC_COMPLETES_NOTHING, NULL },
	{ "once", 0, VC_OPTION_FLAG, AT(once), NULL,
	  "do what there is to do, then exit; for cron, and to try things out",
	  VC_COMPLETES_NOTHING, NULL },
	{ "dry-run", 0, VC_OPTION_FLAG, AT(dry_run), NULL,
	  "write nothing, and say what would be written", VC_COMPLETES_NOTHING, NULL },
	{ "release-all", 0, VC_OPTION_FLAG, AT(release_all), NULL,
	  "take back every pin, those made by hand too, then exit; before uninstalling",
	  VC_COMPLETES_NOTHING, NULL },
	{ "longest-pause", 0, VC_OPTION_STRING, AT(longest_pause), "SECONDS",
	  "try again what failed after this time at the latest: 1 to 3600, 300",
	  VC_COMPLETES_NOTHING, NULL },
	{ "health-file", 0, VC_OPTION_STRING, AT(health_file), "FILE",
	  "write a sign of life into this file every ten seconds", VC_COMPLETES_FILE,
	  NULL },
	{ "healthy", 0, VC_OPTION_STRING, AT(healthy), "FILE",
	  "only look whether such a file is younger than five minutes", VC_COMPLETES_FILE,
	  NULL },
	{ "version", 'V', VC_OPTION_FLAG, AT(version), NULL, "print the version and exit",
	  VC_COMPLETES_NOTHING, NULL },
	{ 0 },
};

static int check_namespace(const struct controller_options *o, struct vc_err *err)
{
	if (!o->namespace || vc_is_dns_label(o->namespace))
		return 0;
	return vc_fail(err, VC_ERR_USAGE,
	               "--namespace: '%.128s' cannot be the name of a namespace",
	               o->namespace);
}

static int read_pause(const struct controller_options *o, unsigned *ret_ms,
                      struct vc_err *err)
{
	uint64_t seconds = 0;

	if (!o->longest_pause)
		return 0;
	if (!vc_parse_number(o->longest_pause, PAUSE_MAX_S, &seconds) || seconds == 0)
		return vc_fail(err, VC_ERR_USAGE,
		               "--longest-pause: expected 1 to %d seconds, not '%.32s'",
		               PAUSE_MAX_S, o->longest_pause);
	*ret_ms = (unsigned)seconds * 1000U;
	return 0;
}

static int run(struct vc_arena *arena VC_UNUSED, const void *values,
               int n_operands VC_UNUSED, char **operands VC_UNUSED, struct vc_err *err)
{
	static const char version[] = "virt-claim-controller " VC_VERSION "\n";
	const struct controller_options *o = values;
	struct vc_controller_options controller = {
		.kubeconfig = o->kubeconfig,
		.context = o->context,
		.namespace = o->namespace,
		.health_file = o->health_file,
		.once = o->once,
		.dry_run = o->dry_run,
	};

	if (o->version)
		return vc_output_write(version, strlen(version), err);
	if (o->healthy)
		return vc_health_check(o->healthy, vc_now_ms(), err);
	if (o->once && o->release_all)
		return vc_fail(err, VC_ERR_USAGE,
		               "--once and --release-all exclude each other");
	if (check_namespace(o, err) < 0 ||
	    read_pause(o, &controller.pause_max_ms, err) < 0)
		return -(int)err->kind;
	return o->release_all ? vc_controller_release_all(&controller, err)
	                      : vc_controller_run(&controller, err);
}

const struct vc_command vc_command_controller = {
	.name = "virt-claim-controller",
	.operands = "",
	.summary = "pin ResourceClaims to virtual machines, and release them",
	.description =
		"Kubernetes takes the devices of a claim back when the last pod that uses "
		"it ends; so a VM of KubeVirt that is stopped and started may find that "
		"others have them. A pinned claim is reserved for the VirtualMachine "
		"itself, and keeps its devices. The controller pins claims that somebody "
		"asked for:\n"
		"\n"
		"    on a ResourceClaim:    virt-claim.io/pin-to: VM\n"
		"    on a VirtualMachine:   virt-claim.io/persistent-claims: CLAIM,CLAIM\n"
		"\n"
		"as soon as the scheduler has allocated them. It releases them when the VM "
		"is deleted (one that was made again under the same name is another VM), "
		"when no annotation asks for the pin any more, and when the claim is "
		"deleted. A claim belongs to one VM: who has it keeps it, and who wants it, "
		"too, is told. Pins that were made with 'virt-claim pin' end with their VM, "
		"or with 'virt-claim unpin'.\n"
		"\n"
		"What it does, and what keeps it from doing something, is said once: in a "
		"line on standard error, and in Events of the claim and of the VM. It keeps "
		"nothing anywhere else: whatever it has to know is on the objects. What "
		"fails is tried again with growing pauses.\n"
		"\n"
		"One runs in a cluster; a second one does no harm. It needs Kubernetes 1.36 "
		"or newer, and ends with status 3 on an older one. When KubeVirt is not "
		"installed it waits.\n"
		"\n"
		"Signals:\n"
		"\n"
		"    TERM  end, after the claim that is being worked on\n"
		"\n"
		"Pins stay when it ends: a VM must not lose its devices because a node is "
		"drained or an image is updated. --release-all takes them back.\n",
	.examples =
		"virt-claim-controller --once --dry-run\n"
		"\tsay what would be pinned and released\n"
		"virt-claim-controller --release-all\n"
		"\tafter 'kubectl scale deployment virt-claim-controller --replicas 0', "
		"before uninstalling\n",
	.options = options,
	.daemon = true,
	.options_size = sizeof(struct controller_options),
	.run = run,
};
