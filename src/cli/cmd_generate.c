/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd_generate.c - virt-claim generate: objects for other programs.
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/parse.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "generate/plugin.h"

struct generate_options {
	const char *vmi;
	struct vc_strings claims;
	const char *sysfs;
	const char *target_libvirt;
	const char *name;
};

#define AT(member) offsetof(struct generate_options, member)

#define SHARED_OPTIONS                                                                   \
	{ "vmi",                                                                         \
	  0,                                                                             \
	  VC_OPTION_STRING,                                                              \
	  AT(vmi),                                                                       \
	  "FILE",                                                                        \
	  "KubeVirt's VirtualMachineInstance as JSON or YAML; required",                 \
	  VC_COMPLETES_FILE,                                                             \
	  NULL },                                                                        \
		{ "claims",                                                              \
		  'c',                                                                   \
		  VC_OPTION_LIST,                                                        \
		  AT(claims),                                                            \
		  "PATH",                                                                \
		  "claims: a file or directory, as of 'virt-claim rewrite'; repeatable", \
		  VC_COMPLETES_FILE,                                                     \
		  NULL },                                                                \
		{ "sysfs",                                                               \
		  0,                                                                     \
		  VC_OPTION_STRING,                                                      \
		  AT(sysfs),                                                             \
		  "DIR",                                                                 \
		  "look devices up in this sysfs tree, for example /sys",                \
		  VC_COMPLETES_DIRECTORY,                                                \
		  NULL },                                                                \
	{                                                                                \
		"target-libvirt", 0, VC_OPTION_STRING, AT(target_libvirt), "VERSION",    \
			"libvirt of virt-launcher (default: 11.10)",                     \
			VC_COMPLETES_NOTHING, NULL                                       \
	}

static const struct vc_option plugin_options[] = {
	SHARED_OPTIONS,
	{ "name", 0, VC_OPTION_STRING, AT(name), "NAME",
	  "name of the Plugin (default: virt-claim.NAMESPACE.NAME of the VMI); Plugins run "
	  "in the order of their names",
	  VC_COMPLETES_NOTHING, NULL },
	{ 0 },
};

static const struct vc_option annotations_options[] = {
	SHARED_OPTIONS,
	{ 0 },
};

static int check_options(const struct generate_options *o, unsigned long *ret_libvirt,
                         struct vc_err *err)
{
	unsigned long libvirt = VC_PLUGIN_LIBVIRT;
	size_t n;

	if (o->name && !vc_is_dns_subdomain(o->name))
		return vc_fail(err, VC_ERR_USAGE,
		               "--name: '%.100s' is no name of an object", o->name);
	n = strcmp(o->vmi, "-") == 0;
	for (size_t i = 0; i < o->claims.n; i++)
		n += strcmp(o->claims.v[i], "-") == 0;
	if (n > 1)
		return vc_fail(err, VC_ERR_USAGE,
		               "'-' is given %zu times; only one input can be standard "
		               "input",
		               n);
	if (o->target_libvirt &&
	    vc_libvirt_version_parse(o->target_libvirt, &libvirt, err) < 0)
		return vc_err_context(err, "--target-libvirt");
	*ret_libvirt = libvirt;
	return 0;
}

static int read_vmi(struct vc_arena *arena, const char *path,
                    struct vc_translate_input *input, struct vc_err *err)
{
	const bool is_stdin = strcmp(path, "-") == 0;
	char *text = NULL;
	int r = is_stdin ? vc_file_read_stream(arena, STDIN_FILENO, &text,
	                                       &input->vmi_len, err)
	                 : vc_file_read(arena, AT_FDCWD, path, 0, &text, &input->vmi_len,
	                                err);

	if (r < 0)
		return is_stdin ? vc_err_context(err, "standard input") : r;
	input->vmi = text;
	input->vmi_name = is_stdin ? "standard input" : path;
	return 0;
}

static int read_plugin(struct vc_arena *arena, const struct generate_options *o,
                       struct vc_plugin *plugin, struct vc_err *err)
{
	struct vc_translate_input input = {
		.claims = o->claims.v,
		.n_claims = o->claims.n,
		.sysfs = o->sysfs,
		.stdin_fd = STDIN_FILENO,
	};

	if (!o->vmi)
		return vc_fail(err, VC_ERR_USAGE, "--vmi is missing");
	if (check_options(o, &input.target_libvirt, err) < 0 ||
	    read_vmi(arena, o->vmi, &input, err) < 0 ||
	    vc_plugin_read(arena, &input, plugin, err) < 0 ||
	    vc_plugin_check(plugin, input.vmi_name, input.target_libvirt, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < plugin->notes.n; i++)
		vc_output_warning("%s", plugin->notes.v[i]);
	return 0;
}

/* "ua-a, ua-b" of those that KubeVirt does not make; NULL none */
static const char *appended_names(struct vc_arena *arena, const struct vc_plugin *plugin)
{
	const char *names = NULL;

	for (size_t i = 0; i < plugin->devices.n; i++)
		if (plugin->devices.v[i].appended)
			names = vc_arena_printf(arena, "%s%s%s", names ? names : "",
			                        names ? ", " : "",
			                        plugin->devices.v[i].alias);
	return names;
}

/* What KubeVirt does only for devices of its own lists [KV] pkg/hypervisor/kvm */
static void warn(struct vc_arena *arena, const struct vc_plugin *plugin)
{
	const char *names = appended_names(arena, plugin);

	vc_output_warning(
		"one door per cluster: where there is a Plugin, KubeVirt writes "
		"every domain anew and drops what the hook onDefineDomain added "
		"and its schema does not know");
	if (!names)
		return;
	vc_output_warning(
		"KubeVirt does not know of %s: something else has to add the "
		"request to resources.claims of the container 'compute', and the "
		"address to the annotations of the VMI, see 'virt-claim generate "
		"annotations'",
		names);
	if (!plugin->own)
		vc_output_warning(
			"no entry of hostDevices, gpus or networks claims a "
			"device: KubeVirt lifts no memory lock, reserves no memory "
			"for VFIO, and takes the VM for one that can migrate");
}

static int run_plugin(struct vc_arena *arena, const void *values,
                      int n_operands VC_UNUSED, char **operands VC_UNUSED,
                      struct vc_err *err)
{
	VC_AUTO_BUF struct vc_buf buf = VC_BUF_INIT(VC_OUTPUT_MAX_BYTES);
	const struct generate_options *o = values;
	struct vc_plugin plugin;

	if (read_plugin(arena, o, &plugin, err) < 0 ||
	    vc_plugin_write(arena, &plugin, o->name, &buf, err) < 0)
		return -(int)err->kind;
	warn(arena, &plugin);
	return vc_output_buf(&buf, err);
}

static int run_annotations(struct vc_arena *arena, const void *values,
                           int n_operands VC_UNUSED, char **operands VC_UNUSED,
                           struct vc_err *err)
{
	VC_AUTO_BUF struct vc_buf buf = VC_BUF_INIT(VC_OUTPUT_MAX_BYTES);
	const struct generate_options *o = values;
	struct vc_plugin plugin;

	if (o->vmi && o->claims.n == 0)
		return vc_fail(err, VC_ERR_USAGE,
		               "--claims is missing: addresses come from there");
	if (read_plugin(arena, o, &plugin, err) < 0 ||
	    vc_plugin_addresses_write(arena, &plugin, &buf, err) < 0)
		return -(int)err->kind;
	return vc_output_buf(&buf, err);
}

const struct vc_command vc_command_generate_plugin = {
	.name = "generate plugin",
	.operands = "",
	.summary = "print a KubeVirt Plugin that does what the hook would do for a VM",
	.description =
		"Prints a Plugin of KubeVirt (plugin.kubevirt.io/v1alpha1, VEP-190) as JSON, "
		"for 'kubectl apply -f -'. It is for one VM, and its CEL expression gives the "
		"VM's host devices what the annotation virt-claim.io/devices asks for: guest "
		"addresses, boot order, ROM, and devices that KubeVirt's API cannot name. The "
		"guest sees the same as with the hook onDefineDomain.\n"
		"\n"
		"An expression can read no files. So the host addresses of additional devices "
		"are read from annotations of the VMI, which 'virt-claim generate annotations' "
		"prints. While one is missing the start fails and is tried again: no VM starts "
		"without its device.\n"
		"\n"
		"What an expression cannot say (placement, USB, network interfaces, NVMe disks "
		"and more) is refused. Without --claims the devices of the annotation are taken "
		"for PCI functions, and each entry needs an 'index'.\n"
		"\n"
		"Needs KubeVirt 1.9 with the feature gate Plugins, which is alpha.\n",
	.examples = "virt-claim generate plugin --vmi vmi.json | kubectl apply -f -\n"
		    "\tthe Plugin of this VM\n",
	.max_operands = 0,
	.options = plugin_options,
	.options_size = sizeof(struct generate_options),
	.run = run_plugin,
};

const struct vc_command vc_command_generate_annotations = {
	.name = "generate annotations",
	.operands = "",
	.summary = "print the annotations that the Plugin of a VM reads",
	.description =
		"Prints a merge patch for a VirtualMachineInstance with today's host addresses "
		"of the devices that 'virt-claim generate plugin' adds: decimal numbers in\n"
		"\n"
		"    pci.virt-claim.io/ALIAS.domain, .bus, .slot, .function\n"
		"    mdev.virt-claim.io/ALIAS.uuid\n"
		"\n"
		"Patch the VMI, not the VM's template: addresses are those of one start on one "
		"node.\n",
	.examples =
		"kubectl patch vmi -n lab vm7 --type=merge -p \"$(virt-claim generate "
		"annotations --vmi vmi.json --claims /run/virt-claim/claims)\"\n"
		"\tlet the VM start with the devices of today\n",
	.max_operands = 0,
	.options = annotations_options,
	.options_size = sizeof(struct generate_options),
	.run = run_annotations,
};
