/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd_preview.c - virt-claim preview: what rewrite would do, for a person to read.
 */
#include <stdio.h>
#include <string.h>

#include "claim/annotation_write.h"
#include "claim/json_writer.h"
#include "cli/commands.h"
#include "cli/describe.h"
#include "cli/diff.h"
#include "cli/output.h"
#include "cli/table.h"
#include "cli/translator_options.h"
#include "domain/schema.h"
#include "hook/qemu_hook.h"
#include "virt/virt.h"

struct preview_options {
	struct vc_translator_options translator;
	const char *format;
	bool qemu;
	bool migrate;
	bool annotation;
};

static const struct vc_option options[] = {
	{ "format", 'f', VC_OPTION_STRING, offsetof(struct preview_options, format),
	  "FORMAT", "only this: table, diff, xml or json (default: table and diff)",
	  VC_COMPLETES_WORDS, "table diff xml json" },
	{ "qemu", 0, VC_OPTION_FLAG, offsetof(struct preview_options, qemu), NULL,
	  "show QEMU's arguments too, as libvirt would make them", VC_COMPLETES_NOTHING,
	  NULL },
	{ "migrate", 0, VC_OPTION_FLAG, offsetof(struct preview_options, migrate), NULL,
	  "only the XML for 'virsh migrate --xml': the guest keeps its state",
	  VC_COMPLETES_NOTHING, NULL },
	{ "annotation", 0, VC_OPTION_FLAG, offsetof(struct preview_options, annotation),
	  NULL,
	  "only the annotation that makes KubeVirt's guest see its devices where DOMAIN "
	  "has them now; needs --vmi",
	  VC_COMPLETES_NOTHING, NULL },
	{ 0 },
};

/* What there is to show. */
struct preview {
	struct vc_arena *arena;
	const struct vc_translate_input *input;
	struct vc_translation t;
	struct vc_complaints complaints;
	const char *not_validated; /* why; NULL: validated */
	char *qemu;                /* arguments; NULL: not asked for */
};

/* A missing schema is worth a word, not a failure. */
static int validate(struct preview *p, struct vc_err *err)
{
	struct vc_err why = VC_ERR_INIT;
	int r = vc_schema_validate(p->arena, p->t.xml, p->t.len, &p->t.plan, NULL,
	                           &p->complaints, &why);

	if (r == -VC_ERR_ABSENT) {
		p->not_validated = vc_arena_strdup(p->arena, why.msg);
		return p->not_validated ? 0 : vc_fail_oom(err);
	}
	if (r < 0)
		*err = why;
	return r;
}

/* Those that come and go; the others are nobody's news. */
static void add_controllers(const struct preview *p, struct vc_buf *buf)
{
	const struct vc_plan *plan = &p->t.plan;

	for (size_t i = 0; i < plan->controllers.n; i++) {
		const struct vc_plan_controller *c = &plan->controllers.v[i];

		if (c->action != VC_PLAN_KEEP)
			vc_buf_printf(buf, "Controller %s %u (%s): %s, %s.\n", c->type,
			              c->index, c->model, vc_plan_action_name(c->action),
			              c->why);
	}
}

static int add_table(const struct preview *p, struct vc_buf *buf, struct vc_err *err)
{
	static const char *const header[] = { "ALIAS", "CLAIM:REQUEST", "DEVICE",
		                              "ON THE HOST", "WHY" };
	struct vc_table table = { .arena = p->arena,
		                  .n_columns = VC_ARRAY_SIZE(header),
		                  .width = vc_output_width() };

	if (p->t.plan.devices.n == 0) {
		vc_buf_puts(buf, "No device: nothing is bound, and no claim has any.\n");
		return 0;
	}
	if (vc_table_row(&table, header, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < p->t.plan.devices.n; i++) {
		const struct vc_plan_device *d = &p->t.plan.devices.v[i];
		const char *const row[] = {
			d->alias,
			vc_describe_request(p->arena, d),
			vc_describe_device(p->arena, d->driver, d->pool, d->device_name),
			vc_describe_change(p->arena, d),
			d->why,
		};

		if (!row[1] || !row[2] || !row[3])
			return vc_fail_oom(err);
		if (vc_table_row(&table, row, err) < 0)
			return -(int)err->kind;
	}
	vc_table_print(&table, buf);
	add_controllers(p, buf);
	return 0;
}

/* Both sides from one serializer, so that only real changes show. */
static int add_changes(const struct preview *p, struct vc_buf *buf, struct vc_err *err)
{
	VC_AUTOFREE char *before = NULL;
	VC_AUTOFREE char *after = NULL;
	struct vc_diff_side a = { .name = p->input->xml_name }, b = { .name = NULL };
	char name[256];

	if (vc_document_print(p->input->xml, p->input->xml_len, &before, &a.len, err) <
	            0 ||
	    vc_document_print(p->t.xml, p->t.len, &after, &b.len, err) < 0)
		return -(int)err->kind;
	(void)snprintf(name, sizeof(name), "%s (rewritten)", p->input->xml_name);
	a.text = before;
	b.text = after;
	b.name = name;
	return vc_diff(buf, &a, &b, vc_output_has_colour(), err);
}

static int add_diff(const struct preview *p, struct vc_buf *buf, struct vc_err *err)
{
	return p->t.changed ? add_changes(p, buf, err) : 0;
}

static void add_validation(const struct preview *p, struct vc_buf *buf)
{
	if (p->not_validated) {
		vc_buf_printf(buf, "Not validated: %s.\n", p->not_validated);
		return;
	}
	if (p->complaints.n == 0)
		vc_buf_puts(buf, "The result is valid under libvirt's schema.\n");
	else
		vc_buf_puts(buf, "The result is NOT valid under libvirt's schema:\n");
	for (size_t i = 0; i < p->complaints.n; i++) {
		const struct vc_complaint *c = &p->complaints.v[i];

		if (c->line > 0)
			vc_buf_printf(buf, "  line %ld: %s\n", c->line, c->text);
		else
			vc_buf_printf(buf, "  %s\n", c->text);
	}
}

/* libvirt prints one shell line; each option gets a line of its own. */
static void add_arguments(const char *text, struct vc_buf *buf)
{
	bool quoted = false;

	vc_buf_puts(buf, "\nQEMU's arguments:\n");
	for (; *text != '\0' && *text != '\n'; text++) {
		quoted = quoted != (*text == '\'');
		if (!quoted && strncmp(text, " -", 2) == 0)
			vc_buf_puts(buf, " \\\n ");
		vc_buf_add(buf, text, 1);
	}
	vc_buf_puts(buf, "\n");
}

static int add_all(const struct preview *p, struct vc_buf *buf, struct vc_err *err)
{
	if (add_table(p, buf, err) < 0)
		return -(int)err->kind;
	vc_buf_puts(buf, "\n");
	if (p->t.changed) {
		if (add_diff(p, buf, err) < 0)
			return -(int)err->kind;
		vc_buf_puts(buf, "\n");
	} else {
		vc_buf_puts(buf, "Nothing would change.\n");
	}
	add_validation(p, buf);
	if (p->qemu)
		add_arguments(p->qemu, buf);
	return 0;
}

static void add_json_device(struct vc_json_writer *w, const struct vc_plan_device *d)
{
	vc_json_object(w, NULL);
	vc_json_string(w, "alias", d->alias);
	vc_json_string(w, "action", vc_plan_action_name(d->action));
	vc_json_string(w, "kind", vc_kind_name(d->host.kind));
	vc_json_string_if(w, "namespace", d->namespace);
	vc_json_string_if(w, "claim", d->claim);
	vc_json_string_if(w, "podClaim", d->pod_claim);
	vc_json_string_if(w, "uid", d->uid);
	vc_json_string_if(w, "request", d->request);
	vc_json_string_if(w, "subrequest", d->subrequest);
	if (d->index > 0)
		vc_json_int(w, "index", d->index);
	vc_json_string_if(w, "driver", d->driver);
	vc_json_string_if(w, "pool", d->pool);
	vc_json_string_if(w, "device", d->device_name);
	vc_json_string_if(w, "from", d->from);
	vc_json_string_if(w, "to", d->to);
	vc_json_string_if(w, "why", d->why);
	vc_json_string_if(w, "origin", d->origin);
	vc_json_close(w);
}

static void add_json_controllers(struct vc_json_writer *w, const struct vc_plan *plan)
{
	if (plan->controllers.n == 0)
		return;
	vc_json_array(w, "controllers");
	for (size_t i = 0; i < plan->controllers.n; i++) {
		const struct vc_plan_controller *c = &plan->controllers.v[i];

		vc_json_object(w, NULL);
		vc_json_string(w, "type", c->type);
		vc_json_int(w, "index", c->index);
		vc_json_string(w, "model", c->model);
		vc_json_string(w, "action", vc_plan_action_name(c->action));
		vc_json_string_if(w, "why", c->why);
		vc_json_close(w);
	}
	vc_json_close(w);
}

static void add_json_validation(struct vc_json_writer *w, const struct preview *p)
{
	vc_json_object(w, "validation");
	if (p->not_validated) {
		vc_json_string(w, "verdict", "unknown");
		vc_json_string(w, "reason", p->not_validated);
	} else {
		vc_json_string(w, "verdict", p->complaints.n == 0 ? "ok" : "failed");
		vc_json_array(w, "complaints");
		for (size_t i = 0; i < p->complaints.n; i++) {
			vc_json_object(w, NULL);
			vc_json_int(w, "line", p->complaints.v[i].line);
			vc_json_string(w, "text", p->complaints.v[i].text);
			vc_json_close(w);
		}
		vc_json_close(w);
	}
	vc_json_close(w);
}

static int add_json(const struct preview *p, struct vc_buf *buf)
{
	struct vc_json_writer w = { .buf = buf };

	vc_json_object(&w, NULL);
	vc_json_bool(&w, "changed", p->t.changed);
	vc_json_array(&w, "devices");
	for (size_t i = 0; i < p->t.plan.devices.n; i++)
		add_json_device(&w, &p->t.plan.devices.v[i]);
	vc_json_close(&w);
	add_json_controllers(&w, &p->t.plan);
	add_json_validation(&w, p);
	vc_json_string_if(&w, "qemuArguments", p->qemu);
	vc_json_array(&w, "warnings");
	for (size_t i = 0; i < p->t.facts.notes.n; i++)
		vc_json_string(&w, NULL, p->t.facts.notes.v[i]);
	for (size_t i = 0; i < p->t.plan.notes.n; i++)
		vc_json_string(&w, NULL, p->t.plan.notes.v[i]);
	vc_json_close(&w);
	vc_json_close(&w);
	return 0;
}

enum format { FORMAT_ALL, FORMAT_TABLE, FORMAT_DIFF, FORMAT_XML, FORMAT_JSON };

static int parse_format(const char *text, enum format *ret_format, struct vc_err *err)
{
	static const char *const names[] = { "table", "diff", "xml", "json" };

	for (size_t i = 0; text && i < VC_ARRAY_SIZE(names); i++) {
		if (strcmp(text, names[i]) != 0)
			continue;
		*ret_format = (enum format)(FORMAT_TABLE + i);
		return 0;
	}
	if (text)
		return vc_fail(err, VC_ERR_USAGE,
		               "--format: '%s' is none of table, diff, xml, json", text);
	*ret_format = FORMAT_ALL;
	return 0;
}

static int check_together(const struct preview_options *o, enum format format,
                          struct vc_err *err)
{
	if (o->migrate && (o->qemu || o->format))
		return vc_fail(err, VC_ERR_USAGE,
		               "--migrate prints the XML alone; --format and --qemu do "
		               "not go with it");
	if (o->annotation && (o->qemu || o->format || o->migrate))
		return vc_fail(err, VC_ERR_USAGE,
		               "--annotation prints JSON alone; --format, --qemu and "
		               "--migrate do not go with it");
	if (o->annotation && !o->translator.vmi)
		return vc_fail(err, VC_ERR_USAGE,
		               "--annotation: the VMI that it is for is missing; give it "
		               "with --vmi");
	if (o->qemu && format != FORMAT_ALL && format != FORMAT_JSON)
		return vc_fail(err, VC_ERR_USAGE,
		               "--qemu: nothing of it is in --format=%s", o->format);
	return 0;
}

static int build(const struct preview *p, enum format format, struct vc_buf *buf,
                 struct vc_err *err)
{
	switch (format) {
	case FORMAT_ALL:
		return add_all(p, buf, err);
	case FORMAT_TABLE:
		return add_table(p, buf, err);
	case FORMAT_DIFF:
		return add_diff(p, buf, err);
	case FORMAT_XML:
		vc_buf_add(buf, p->t.xml, p->t.len);
		return 0;
	case FORMAT_JSON:
		break;
	}
	return add_json(p, buf);
}

/* A guest that is to be moved is asked for what can be moved. */
static int read_migratable(struct vc_arena *arena, const struct preview_options *o,
                           const char *name, struct vc_translate_input *input,
                           struct vc_err *err)
{
	const struct vc_virt_request request = {
		.uri = o->translator.connect,
		.domain = name,
		.form = VC_VIRT_MIGRATABLE,
	};
	struct vc_virt_domain domain;

	if (vc_virt_facts(arena, &request, &domain, err) < 0)
		return vc_err_context(err, "--connect %s", o->translator.connect);
	input->xml = domain.xml;
	input->xml_len = domain.xml_len;
	input->xml_name = domain.name;
	return 0;
}

static int read_input(struct vc_arena *arena, const struct preview_options *o,
                      const char *domain, struct vc_translate_input *input,
                      struct vc_err *err)
{
	bool ask = o->migrate && o->translator.connect;

	if (vc_translator_input(arena, &o->translator, ask ? NULL : domain, input, err) <
	    0)
		return -(int)err->kind;
	return ask ? read_migratable(arena, o, domain, input, err) : 0;
}

/* The XML alone, for another host. */
static int print_migratable(struct preview *p, struct vc_err *err)
{
	if (vc_translate(p->arena, p->input, &p->t, err) < 0 ||
	    vc_qemu_judge_rewrite(&p->t, err) < 0)
		return -(int)err->kind;
	vc_translator_warn(&p->t);
	return vc_output_write(p->t.xml, p->t.len, err);
}

/* No plan is needed: the domain is asked where its devices are. */
static int print_annotation(struct preview *p, struct vc_buf *buf, struct vc_err *err)
{
	const struct vc_hostdevs *hostdevs = &p->t.domain.hostdevs;
	struct vc_seen *seen;
	size_t n = 0;

	if (vc_translate_claims(p->arena, p->input, &p->t, err) < 0)
		return -(int)err->kind;
	seen = vc_arena_alloc(p->arena, hostdevs->n + 1, sizeof(*seen));
	if (!seen)
		return vc_fail_oom(err);
	for (size_t i = 0; i < hostdevs->n; i++)
		if (hostdevs->v[i].alias)
			seen[n++] = (struct vc_seen){ hostdevs->v[i].alias,
				                      hostdevs->v[i].options.address };
	if (vc_annotation_write(p->arena, &p->t.vmi, seen, n, buf, err) < 0)
		return -(int)err->kind;
	return vc_output_buf(buf, err);
}

static int run(struct vc_arena *arena, const void *values, int n_operands VC_UNUSED,
               char **operands, struct vc_err *err)
{
	VC_AUTO_BUF struct vc_buf buf = VC_BUF_INIT(VC_OUTPUT_MAX_BYTES);
	const struct preview_options *o = values;
	struct vc_translate_input input;
	struct preview p = { .arena = arena, .input = &input };
	enum format format = FORMAT_ALL;

	if (parse_format(o->format, &format, err) < 0 ||
	    check_together(o, format, err) < 0 ||
	    read_input(arena, o, operands[0], &input, err) < 0)
		return -(int)err->kind;
	input.mode = VC_MODE_REWRITE;
	if (o->migrate)
		return print_migratable(&p, err);
	if (o->annotation)
		return print_annotation(&p, &buf, err);
	input.attach_all = true;
	if (vc_translate(arena, &input, &p.t, err) < 0 || validate(&p, err) < 0)
		return -(int)err->kind;
	if (o->qemu && vc_virt_native(arena, p.t.xml, &p.qemu, err) < 0)
		return vc_err_context(err, "--qemu");
	if (build(&p, format, &buf, err) < 0)
		return -(int)err->kind;
	if (format != FORMAT_JSON)
		vc_translator_warn(&p.t);
	return vc_output_buf(&buf, err);
}

const struct vc_command vc_command_preview = {
	.name = "preview",
	.operands = "DOMAIN",
	.summary = "show what rewrite would do to a domain",
	.description =
		"Prints a table of the domain's claimed devices, the changes as a unified "
		"diff, and whether the result is valid under libvirt's schema. Nothing is "
		"written. Both sides of the diff are printed by the same serializer, so that "
		"it shows only real changes.\n"
		"\n"
		"--format=json has the table, the validation and the warnings for programs.\n"
		"\n"
		"--migrate prints the whole domain for the host that it is to be moved to, as "
		"'virsh migrate --xml' wants it. The claims are those of that host. What a "
		"guest that keeps its state cannot follow is refused: another number or type "
		"of devices, another place in the guest.\n"
		"\n"
		"--annotation prints the value of the annotation virt-claim.io/devices: what "
		"the VMI's annotation says already, and for each device of the VMI the guest "
		"address that it has in DOMAIN, the XML of the running domain.\n",
	.examples =
		"virt-claim preview --claims /run/virt-claim/claims vm7.xml\n"
		"\ttable, diff and validation\n"
		"virt-claim preview --format=diff --claims gpu.json vm7.xml | less\n"
		"\tthe diff alone\n"
		"virt-claim preview --migrate --connect qemu:///system --claims there.json "
		"vm7 >vm7.xml\n"
		"\tthen: virsh migrate --live --xml vm7.xml vm7 qemu+ssh://there/system\n",
	.min_operands = 1,
	.max_operands = 1,
	.operand_completes = VC_COMPLETES_FILE,
	.options = options,
	.shared = vc_translator_table,
	.options_size = sizeof(struct preview_options),
	.run = run,
};
