/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hook/kubevirt_hook.h"

#include <getopt.h>
#include <string.h>

#include "hook/deadline.h"
#include "translate/translate.h"

#define PROGRAM           "onDefineDomain"
#define FIRST_DEADLINE_MS 5000U

static const char help[] =
	"Usage: onDefineDomain --vmi JSON --domain XML [--config FILE] [--claims PATH]...\n"
	"Print a domain with the host devices that its VirtualMachineInstance claims.\n"
	"KubeVirt's sidecar-shim calls this program; see docs/hooks.md.\n"
	"\n"
	"  --vmi JSON      the VirtualMachineInstance\n"
	"  --domain XML    the domain\n"
	"  --config FILE   instead of " VC_CONFIG_FILE "\n"
	"  --claims PATH   instead of the paths of the configuration; repeatable\n"
	"  --help          this text\n"
	"  --version       the version\n";

/* What the command line says. */
struct arguments {
	const char *vmi, *domain, *config;
	struct {
		const char **v;
		size_t n, cap;
	} claims;
	const char *answer; /* of --help and --version */
};

enum {
	OPT_VMI = 1,
	OPT_DOMAIN,
	OPT_CONFIG,
	OPT_CLAIMS,
	OPT_HELP,
	OPT_VERSION,
};

static const struct option options[] = {
	{ "vmi", required_argument, NULL, OPT_VMI },
	{ "domain", required_argument, NULL, OPT_DOMAIN },
	{ "config", required_argument, NULL, OPT_CONFIG },
	{ "claims", required_argument, NULL, OPT_CLAIMS },
	{ "help", no_argument, NULL, OPT_HELP },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ NULL, 0, NULL, 0 },
};

static int set_once(const char **slot, const char *option, const char *value,
                    struct vc_err *err)
{
	if (*slot)
		return vc_fail(err, VC_ERR_USAGE, "--%s is given twice", option);
	*slot = value;
	return 0;
}

static int take_option(struct vc_arena *arena, int c, struct arguments *a,
                       struct vc_err *err)
{
	const char **slot;

	switch (c) {
	case OPT_VMI:
		return set_once(&a->vmi, "vmi", optarg, err);
	case OPT_DOMAIN:
		return set_once(&a->domain, "domain", optarg, err);
	case OPT_CONFIG:
		return set_once(&a->config, "config", optarg, err);
	case OPT_CLAIMS:
		slot = vc_list_push(arena, &a->claims);
		if (!slot)
			return vc_fail_oom(err);
		*slot = optarg;
		return 0;
	case OPT_HELP:
		a->answer = help;
		return 0;
	case OPT_VERSION:
		a->answer = PROGRAM " (virt-claim) " VC_HOOK_VERSION "\n";
		return 0;
	default:
		return vc_fail(err, VC_ERR_USAGE,
		               "unknown option, or an option without its argument; try "
		               "'" PROGRAM " --help'");
	}
}

static int parse_arguments(struct vc_arena *arena, int argc, char **argv,
                           struct arguments *ret_arguments, struct vc_err *err)
{
	struct arguments a = { 0 };
	int c;

	opterr = 0;
	optind = 0;
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (take_option(arena, c, &a, err) < 0)
			return -(int)err->kind;
	if (optind < argc)
		return vc_fail(err, VC_ERR_USAGE, "unexpected argument '%.100s'",
		               argv[optind]);
	*ret_arguments = a;
	return 0;
}

static int translate(struct vc_arena *arena, const struct arguments *a,
                     struct vc_hook_answer *answer, struct vc_err *err)
{
	const char *path = a->config ? a->config : vc_hook_config_path();
	struct vc_translation t = { 0 };
	struct vc_config config;
	struct vc_translate_input input = {
		.xml = a->domain,
		.xml_name = "--domain",
		.vmi = a->vmi,
		.vmi_name = "--vmi",
		.mode = VC_MODE_REWRITE,
		.trusted_only = true,
		.stdin_fd = -1,
	};

	if (!a->vmi || !a->domain)
		return vc_fail(err, VC_ERR_USAGE, "--%s is missing",
		               a->vmi ? "domain" : "vmi");
	input.xml_len = strlen(a->domain);
	input.vmi_len = strlen(a->vmi);
	if (vc_config_read(arena, path, true, &config, err) < 0 ||
	    vc_deadline_start(PROGRAM, config.deadline_ms, vc_exit_status(VC_ERR_SYSTEM),
	                      err) < 0)
		return -(int)err->kind;
	input.claims = a->claims.n ? a->claims.v : (const char *const *)config.claims.v;
	input.n_claims = a->claims.n ? a->claims.n : config.claims.n;
	input.sysfs = config.sysfs;
	input.proc = config.proc;
	input.target_libvirt = config.target_libvirt;
	input.site = config.site;
	if (vc_translate(arena, &input, &t, err) < 0)
		return -(int)err->kind;
	answer->text = t.xml;
	answer->len = t.len;
	return 0;
}

/**
 * vc_kubevirt_hook() - One call of onDefineDomain
 * @arena:	holds the answer
 * @argc:	as of main()
 * @argv:	as of main()
 * @answer:	the domain, all of it
 * @err:	why there is none
 *
 * Ends the process itself when a deadline is over.
 *
 * Return: 0 or -(int)kind
 */
int vc_kubevirt_hook(struct vc_arena *arena, int argc, char **argv,
                     struct vc_hook_answer *answer, struct vc_err *err)
{
	struct arguments a = { 0 };

	if (vc_deadline_start(PROGRAM, FIRST_DEADLINE_MS, vc_exit_status(VC_ERR_SYSTEM),
	                      err) < 0 ||
	    parse_arguments(arena, argc, argv, &a, err) < 0)
		return -(int)err->kind;
	if (!a.answer)
		return translate(arena, &a, answer, err);
	answer->text = a.answer;
	answer->len = strlen(a.answer);
	return 0;
}
