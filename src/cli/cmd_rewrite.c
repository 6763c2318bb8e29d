/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd_rewrite.c - virt-claim rewrite: the domain with the right host devices.
 */
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/translator_options.h"
#include "domain/schema.h"

struct rewrite_options {
	struct vc_translator_options translator;
	bool validate;
	bool check;
};

static const struct vc_option options[] = {
	{ "validate", 0, VC_OPTION_FLAG, offsetof(struct rewrite_options, validate), NULL,
	  "refuse a result that libvirt's schema refuses", VC_COMPLETES_NOTHING, NULL },
	{ "check", 0, VC_OPTION_FLAG, offsetof(struct rewrite_options, check), NULL,
	  "print nothing; exit with 4 if the domain would change", VC_COMPLETES_NOTHING,
	  NULL },
	{ 0 },
};

static int validate(struct vc_arena *arena, const struct vc_translation *t,
                    const char *name, struct vc_err *err)
{
	struct vc_complaints complaints = { 0 };

	if (vc_schema_validate(arena, t->xml, t->len, &t->plan, NULL, &complaints, err) <
	    0)
		return -(int)err->kind;
	if (complaints.n == 0)
		return 0;
	if (complaints.v[0].line == 0)
		return vc_fail(err, VC_ERR_REFUSED, "%s: the result is not valid: %s",
		               name, complaints.v[0].text);
	return vc_fail(err, VC_ERR_REFUSED, "%s: line %ld of the result is not valid: %s",
	               name, complaints.v[0].line, complaints.v[0].text);
}

static int run(struct vc_arena *arena, const void *values, int n_operands VC_UNUSED,
               char **operands, struct vc_err *err)
{
	const struct rewrite_options *o = values;
	struct vc_translate_input input;
	struct vc_translation t;

	if (vc_translator_input(arena, &o->translator, operands[0], &input, err) < 0)
		return -(int)err->kind;
	input.mode = VC_MODE_REWRITE;
	input.attach_all = true;
	if (vc_translate(arena, &input, &t, err) < 0)
		return -(int)err->kind;
	if (o->validate && validate(arena, &t, input.xml_name, err) < 0)
		return -(int)err->kind;
	vc_translator_warn(&t);
	if (!o->check)
		return vc_output_write(t.xml, t.len, err);
	if (t.changed)
		return vc_fail(err, VC_ERR_CHANGED, "%s: the domain would change",
		               input.xml_name);
	return 0;
}

const struct vc_command vc_command_rewrite = {
	.name = "rewrite",
	.operands = "DOMAIN",
	.summary = "print a domain with the host devices of its claims",
	.description =
		"Reads a libvirt domain and prints it with the host devices that its claims "
		"stand for today. DOMAIN is a file, or '-' for standard input.\n"
		"\n"
		"For each alias the first of these says which device it is: --bind, the VMI, "
		"the annotation of the VMI, the metadata that an earlier run left in the "
		"domain. With none at all every device of the given claims is attached.\n"
		"\n"
		"Only the host side of devices changes, and what virt-claim added itself. On "
		"any error nothing is printed. When there is nothing to do the result is the "
		"input, byte for byte.\n",
	.examples =
		"virt-claim rewrite --claims /run/virt-claim/claims vm7.xml\n"
		"\tthe bindings recorded in vm7.xml, with the addresses of today\n"
		"virt-claim rewrite --claims gpu.json --bind gpu=lab/vm7-dev:gpu vm7.xml\n"
		"\tadd the device of request 'gpu' as 'ua-gpu'\n"
		"virt-claim rewrite --check --claims /run/virt-claim/claims vm7.xml\n"
		"\task whether anything would change\n",
	.min_operands = 1,
	.max_operands = 1,
	.operand_completes = VC_COMPLETES_FILE,
	.options = options,
	.shared = vc_translator_table,
	.device_options = true,
	.options_size = sizeof(struct rewrite_options),
	.run = run,
};
