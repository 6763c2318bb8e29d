/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd_hook.c - virt-claim hook install, virt-claim hook check.
 */
#include "cli/commands.h"
#include "cli/output.h"
#include "hook/install.h"

#define MAX_TEXT ((size_t)1 << 20)

struct hook_options {
	const char *root;
	const char *program;
	bool dry_run;
};

#define ROOT_OPTION                                                                         \
	{                                                                                   \
		"root", 0, VC_OPTION_STRING, offsetof(struct hook_options, root), "DIR",    \
			"look and work below this directory (default: the running system)", \
			VC_COMPLETES_DIRECTORY, NULL                                        \
	}
#define PROGRAM_OPTION                                                                     \
	{                                                                                  \
		"program", 0, VC_OPTION_STRING, offsetof(struct hook_options, program),    \
			"FILE",                                                            \
			"the hook program (default: the one that came with this program)", \
			VC_COMPLETES_FILE, NULL                                            \
	}

static const struct vc_option install_options[] = {
	{ "dry-run", 0, VC_OPTION_FLAG, offsetof(struct hook_options, dry_run), NULL,
	  "only say what would be done", VC_COMPLETES_NOTHING, NULL },
	PROGRAM_OPTION,
	ROOT_OPTION,
	{ 0 },
};

static const struct vc_option check_options[] = {
	PROGRAM_OPTION,
	ROOT_OPTION,
	{ 0 },
};

static struct vc_hook_place place_of(const struct hook_options *o)
{
	return (struct vc_hook_place){
		.root = o->root ? o->root : "",
		.program = o->program ? o->program : vc_hook_program(),
	};
}

static const char *level_name(enum vc_finding_level level)
{
	switch (level) {
	case VC_FINDING_OK:
		return "ok";
	case VC_FINDING_FAILED:
		return "failed";
	case VC_FINDING_UNKNOWN:
		break;
	}
	return "unknown";
}

static int print_findings(const struct vc_findings *findings, struct vc_err *err)
{
	VC_AUTO_BUF struct vc_buf buf = VC_BUF_INIT(MAX_TEXT);

	for (size_t i = 0; i < findings->n; i++)
		vc_buf_printf(&buf, "%-8s %s\n", level_name(findings->v[i].level),
		              findings->v[i].text);
	return vc_output_buf(&buf, err);
}

static int run_install(struct vc_arena *arena, const void *values,
                       int n_operands VC_UNUSED, char **operands VC_UNUSED,
                       struct vc_err *err)
{
	const struct hook_options *o = values;
	const struct vc_hook_place place = place_of(o);
	struct vc_findings findings = { 0 };

	if (vc_hook_install(arena, &place, o->dry_run, &findings, err) < 0)
		return -(int)err->kind;
	return print_findings(&findings, err);
}

static int run_check(struct vc_arena *arena, const void *values, int n_operands VC_UNUSED,
                     char **operands VC_UNUSED, struct vc_err *err)
{
	const struct vc_hook_place place = place_of(values);
	struct vc_findings findings = { 0 };

	if (vc_hook_check(arena, &place, &findings, err) < 0 ||
	    print_findings(&findings, err) < 0)
		return -(int)err->kind;
	if (findings.n_failed > 0)
		return vc_fail(err, VC_ERR_REFUSED, "%zu of %zu checks failed",
		               findings.n_failed, findings.n);
	return 0;
}

const struct vc_command vc_command_hook_install = {
	.name = "hook install",
	.operands = "",
	.summary = "make libvirt call the qemu hook",
	.description =
		"Links /etc/libvirt/hooks/qemu.d/virt-claim to the hook program. From then on "
		"libvirt asks it at every start: a domain whose claims say something else "
		"than its XML does not start, and the message says which command helps. "
		"Domains without claims are not concerned.\n"
		"\n"
		"The output says whether a daemon has to be reloaded (libvirt looks for the "
		"first hook only when it starts) and which SELinux boolean must be on. Other "
		"hooks stay as they are.\n",
	.examples = "virt-claim hook install\n"
		    "\tinstall it here\n"
		    "virt-claim hook install --dry-run\n"
		    "\tonly say what would be done\n",
	.options = install_options,
	.options_size = sizeof(struct hook_options),
	.run = run_install,
};

const struct vc_command vc_command_hook_check = {
	.name = "hook check",
	.operands = "",
	.summary = "say whether the qemu hook is installed, and safely",
	.description =
		"Looks at the link, the program, their owners and modes (libvirt looks at "
		"none of them and runs hooks as root), leftovers of packages and editors that "
		"libvirt would run too, SELinux, AppArmor, the configuration, and whether a "
		"daemon has to be reloaded. One line for each; the status is 3 when a check "
		"failed.\n",
	.examples = "virt-claim hook check\n"
		    "\tafter an installation or an upgrade\n",
	.options = check_options,
	.options_size = sizeof(struct hook_options),
	.run = run_check,
};
