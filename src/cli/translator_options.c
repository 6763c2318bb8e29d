/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/translator_options.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/parse.h"
#include "cli/option_argument.h"
#include "cli/output.h"
#include "virt/virt.h"

#define STDIN_NAME "standard input"
#define AT(member) offsetof(struct vc_translator_options, member)

const struct vc_option vc_translator_table[] = {
	{ "claims", 'c', VC_OPTION_LIST, AT(claims), "PATH",
	  "claims: a file or directory of DRA device metadata, CDI, Kubernetes objects; "
	  "recognised by its content; '-' is standard input; repeatable",
	  VC_COMPLETES_FILE, NULL },
	{ "vmi", 0, VC_OPTION_STRING, AT(vmi), "FILE",
	  "KubeVirt's VirtualMachineInstance as JSON or YAML: bindings and owner",
	  VC_COMPLETES_FILE, NULL },
	{ "bind", 'b', VC_OPTION_LIST, AT(bind), "BINDING",
	  "ALIAS=[NAMESPACE/]CLAIM:REQUEST[/SUBREQUEST][#N]: the device of that request "
	  "gets this alias; repeatable",
	  VC_COMPLETES_NOTHING, NULL },
	{ "option", 'o', VC_OPTION_LIST, AT(option), "ALIAS.KEY=VALUE",
	  "how the guest gets to see the device of this alias, for example "
	  "gpu.bootOrder=1; repeatable; 'virt-claim rewrite --help' lists the keys",
	  VC_COMPLETES_NOTHING, NULL },
	{ "namespace", 'n', VC_OPTION_STRING, AT(namespace), "NAME",
	  "namespace of bindings that name none (default: the VMI's)",
	  VC_COMPLETES_NOTHING, NULL },
	{ "sysfs", 0, VC_OPTION_STRING, AT(sysfs), "DIR",
	  "look devices up in this sysfs tree, for example /sys", VC_COMPLETES_DIRECTORY,
	  NULL },
	{ "managed", 0, VC_OPTION_FLAG, AT(managed), NULL,
	  "let libvirt bind and unbind new devices (managed='yes')", VC_COMPLETES_NOTHING,
	  NULL },
	{ "place", 0, VC_OPTION_LIST, AT(place), "WHAT",
	  "place new devices in the guest: 'addresses' gives each an address, 'functions' "
	  "puts functions of one host slot into one, 'numa' puts devices below the guest's "
	  "NUMA cells; with commas or repeatable; remembered until 'none'",
	  VC_COMPLETES_WORDS, "addresses functions numa none" },
	{ "target-libvirt", 0, VC_OPTION_STRING, AT(target_libvirt), "VERSION",
	  "write only what this libvirt understands (default: the installed one, else "
	  "9.0.0)",
	  VC_COMPLETES_NOTHING, NULL },
	{ "site", 0, VC_OPTION_STRING, AT(site), "FILE",
	  "stylesheet of this site, which may override any template", VC_COMPLETES_FILE,
	  NULL },
	{ "connect", 0, VC_OPTION_STRING, AT(connect), "URI",
	  "DOMAIN is the name or UUID of a domain of this libvirt", VC_COMPLETES_WORDS,
	  "qemu:///system qemu:///session test:///default" },
	{ 0 },
};

static int read_input(struct vc_arena *arena, const char *path, char **ret_text,
                      size_t *ret_len, struct vc_err *err)
{
	if (strcmp(path, "-") != 0)
		return vc_file_read(arena, AT_FDCWD, path, 0, ret_text, ret_len, err);
	if (vc_file_read_stream(arena, STDIN_FILENO, ret_text, ret_len, err) < 0)
		return vc_err_context(err, STDIN_NAME);
	return 0;
}

/* "-" as a message calls it */
static const char *display_name(const char *path)
{
	return strcmp(path, "-") == 0 ? STDIN_NAME : path;
}

static int check_stdin(const struct vc_translator_options *o, const char *domain,
                       struct vc_err *err)
{
	size_t n = domain && !o->connect && strcmp(domain, "-") == 0;

	n += o->vmi && strcmp(o->vmi, "-") == 0;
	for (size_t i = 0; i < o->claims.n; i++)
		n += strcmp(o->claims.v[i], "-") == 0;
	if (n > 1)
		return vc_fail(err, VC_ERR_USAGE,
		               "'-' is given %zu times; only one input can be standard "
		               "input",
		               n);
	return 0;
}

static int check_alias_is_new(const struct vc_bindings *bindings, const char *alias,
                              struct vc_err *err)
{
	for (size_t i = 0; i < bindings->n; i++)
		if (strcmp(bindings->v[i].alias, alias) == 0)
			return vc_fail(err, VC_ERR_USAGE,
			               "--bind: alias '%s' is given twice", alias);
	return 0;
}

static int parse_place(const struct vc_strings *given, struct vc_place_wish *ret_place,
                       struct vc_err *err)
{
	struct vc_place_wish place = { .said = given->n > 0 };

	for (size_t i = 0; i < given->n; i++) {
		unsigned what = 0;

		if (vc_place_parse_list(given->v[i], ',', &what, err) < 0) {
			err->kind = VC_ERR_USAGE;
			return vc_err_context(err, "--place");
		}
		if (what == 0 && given->n > 1)
			return vc_fail(err, VC_ERR_USAGE,
			               "--place: 'none' does not go with another word");
		place.what |= what;
	}
	*ret_place = place;
	return 0;
}

static int parse_bindings(struct vc_arena *arena, const struct vc_strings *given,
                          const struct vc_bindings **ret_bindings, struct vc_err *err)
{
	struct vc_bindings *bindings = vc_arena_alloc(arena, 1, sizeof(*bindings));

	if (!bindings)
		return vc_fail_oom(err);
	for (size_t i = 0; i < given->n; i++) {
		struct vc_binding b, *slot;

		if (vc_binding_parse(arena, given->v[i], &b, err) < 0 ||
		    check_alias_is_new(bindings, b.alias, err) < 0)
			return -(int)err->kind;
		slot = vc_list_push(arena, bindings);
		if (!slot)
			return vc_fail_oom(err);
		*slot = b;
	}
	*ret_bindings = bindings;
	return 0;
}

/* Everything about the command line that can be wrong without reading a file. */
static int check_command_line(struct vc_arena *arena,
                              const struct vc_translator_options *o, const char *domain,
                              struct vc_translate_input *input, struct vc_err *err)
{
	if (o->namespace && !vc_is_dns_label(o->namespace))
		return vc_fail(err, VC_ERR_USAGE, "--namespace: '%s' is no namespace",
		               o->namespace);
	if (o->target_libvirt &&
	    vc_libvirt_version_parse(o->target_libvirt, &input->target_libvirt, err) < 0)
		return vc_err_context(err, "--target-libvirt");
	if (check_stdin(o, domain, err) < 0 ||
	    vc_option_arguments(arena, &o->option, &input->options, err) < 0 ||
	    parse_place(&o->place, &input->place, err) < 0)
		return -(int)err->kind;
	return parse_bindings(arena, &o->bind, &input->bindings, err);
}

static int read_domain(struct vc_arena *arena, const char *uri, const char *domain,
                       struct vc_translate_input *input, struct vc_err *err)
{
	char *text;

	if (uri) {
		if (vc_virt_domain_xml(arena, uri, domain, &text, &input->xml_len, err) <
		    0)
			return vc_err_context(err, "--connect %s", uri);
		input->xml = text;
		input->xml_name = domain;
		return 0;
	}
	if (read_input(arena, domain, &text, &input->xml_len, err) < 0)
		return -(int)err->kind;
	input->xml = text;
	input->xml_name = display_name(domain);
	return 0;
}

static int read_vmi(struct vc_arena *arena, const char *path,
                    struct vc_translate_input *input, struct vc_err *err)
{
	char *text;

	if (read_input(arena, path, &text, &input->vmi_len, err) < 0)
		return -(int)err->kind;
	input->vmi = text;
	input->vmi_name = display_name(path);
	return 0;
}

/**
 * vc_translator_input() - Make the translator's input of options and operand
 * @arena:	holds what is read
 * @options:	filled options
 * @domain:	operand: a file or "-", with --connect a name; NULL when the command
 *		needs no domain
 * @ret_input:	input; .mode and .attach_all are for the command to set
 * @err:	what is wrong
 *
 * Return: 0, -VC_ERR_USAGE, -VC_ERR_ABSENT, -VC_ERR_INPUT (too large), -VC_ERR_SYSTEM
 * or -VC_ERR_INTERNAL
 */
int vc_translator_input(struct vc_arena *arena,
                        const struct vc_translator_options *options, const char *domain,
                        struct vc_translate_input *ret_input, struct vc_err *err)
{
	struct vc_translate_input input = {
		.claims = options->claims.v,
		.n_claims = options->claims.n,
		.namespace = options->namespace,
		.sysfs = options->sysfs,
		.managed = options->managed,
		.site = options->site,
		.stdin_fd = STDIN_FILENO,
	};

	if (check_command_line(arena, options, domain, &input, err) < 0)
		return -(int)err->kind;
	if (domain && read_domain(arena, options->connect, domain, &input, err) < 0)
		return -(int)err->kind;
	if (options->vmi && read_vmi(arena, options->vmi, &input, err) < 0)
		return -(int)err->kind;
	*ret_input = input;
	return 0;
}

/**
 * vc_translator_add_claims() - Operands that mean the same as --claims
 * @arena:	holds the longer list
 * @options:	options; .claims grows
 * @paths:	operands
 * @n_paths:	how many
 * @err:	out of memory
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_translator_add_claims(struct vc_arena *arena,
                             struct vc_translator_options *options, char **paths,
                             int n_paths, struct vc_err *err)
{
	for (int i = 0; i < n_paths; i++) {
		const char **slot = vc_list_push(arena, &options->claims);

		if (!slot)
			return vc_fail_oom(err);
		*slot = paths[i];
	}
	return 0;
}

/**
 * vc_translator_aliases() - Take over --alias arguments
 * @arena:	holds them
 * @given:	arguments, with or without "ua-"
 * @input:	gets .aliases
 * @err:	what is wrong
 *
 * Return: 0, -VC_ERR_USAGE or -VC_ERR_INTERNAL
 */
int vc_translator_aliases(struct vc_arena *arena, const struct vc_strings *given,
                          struct vc_translate_input *input, struct vc_err *err)
{
	const char **aliases = vc_arena_alloc(arena, given->n + 1, sizeof(*aliases));

	if (!aliases)
		return vc_fail_oom(err);
	for (size_t i = 0; i < given->n; i++) {
		const char *p = given->v[i];

		aliases[i] = vc_parse_literal(&p, VC_ALIAS_PREFIX)
		                     ? given->v[i]
		                     : vc_arena_printf(arena, VC_ALIAS_PREFIX "%s", p);
		if (!aliases[i])
			return vc_fail_oom(err);
		if (!vc_alias_is_valid(aliases[i]))
			return vc_fail(err, VC_ERR_USAGE,
			               "--alias '%s': expected letters, digits, '-' and "
			               "'_'",
			               given->v[i]);
	}
	input->aliases = aliases;
	input->n_aliases = given->n;
	return 0;
}

/**
 * vc_translator_warn() - Print the notes of a run as warnings
 * @translation:	translation
 */
void vc_translator_warn(const struct vc_translation *translation)
{
	for (size_t i = 0; i < translation->facts.notes.n; i++)
		vc_output_warning("%s", translation->facts.notes.v[i]);
	for (size_t i = 0; i < translation->plan.notes.n; i++)
		vc_output_warning("%s", translation->plan.notes.v[i]);
}
