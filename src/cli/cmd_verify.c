/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd_verify.c - virt-claim verify: would the domain start with the devices it claims?
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "claim/json_writer.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/table.h"
#include "cli/translator_options.h"
#include "translate/verify.h"
#include "translate/verify_vmi.h"

#define KIB 1024U

struct verify_options {
	struct vc_translator_options translator;
	const char *dev;
	bool json;
};

static const struct vc_option options[] = {
	{ "dev", 0, VC_OPTION_STRING, offsetof(struct verify_options, dev), "DIR",
	  "look for VFIO's device nodes below DIR (default: /dev, if --sysfs is /sys)",
	  VC_COMPLETES_DIRECTORY, NULL },
	{ "json", 0, VC_OPTION_FLAG, offsetof(struct verify_options, json), NULL,
	  "print JSON", VC_COMPLETES_NOTHING, NULL },
	{ 0 },
};

/* A directory that is not there has no names. */
static int list(struct vc_arena *arena, const char *path, struct vc_names *ret_names,
                struct vc_err *err)
{
	VC_AUTOCLOSE int fd = -1;
	struct vc_err why = VC_ERR_INIT;
	int r = vc_file_open_directory(AT_FDCWD, path, 0, &fd, &why);

	if (r == -VC_ERR_ABSENT)
		return 0;
	if (r < 0) {
		*err = why;
		return r;
	}
	return vc_file_list(arena, fd, ret_names, err);
}

/* The nodes of /dev belong to the machine that /sys is about, and to no other. */
static bool is_own_sysfs(const char *sysfs)
{
	VC_AUTOFREE char *path = sysfs ? realpath(sysfs, NULL) : NULL;

	return path && strcmp(path, "/sys") == 0;
}

static int look_for_nodes(struct vc_arena *arena, const struct verify_options *o,
                          const struct vc_vfio_nodes **ret_nodes, struct vc_err *err)
{
	struct vc_vfio_nodes *nodes = vc_arena_alloc(arena, 1, sizeof(*nodes));
	const char *dev = o->dev ? o->dev : "/dev";
	char *vfio = vc_arena_printf(arena, "%s/vfio", dev);
	char *cdevs = vc_arena_printf(arena, "%s/vfio/devices", dev);

	if (!nodes || !vfio || !cdevs)
		return vc_fail_oom(err);
	if (!o->dev && !is_own_sysfs(o->translator.sysfs))
		return 0;
	nodes->directory = vfio;
	if (list(arena, vfio, &nodes->groups, err) < 0 ||
	    list(arena, cdevs, &nodes->cdevs, err) < 0)
		return -(int)err->kind;
	*ret_nodes = nodes;
	return 0;
}

/* libvirt raises the limit itself as root; only a user's own is binding. */
static uint64_t memlock_limit(void)
{
	struct rlimit limit;

	if (geteuid() == 0 || getrlimit(RLIMIT_MEMLOCK, &limit) < 0 ||
	    limit.rlim_max == RLIM_INFINITY)
		return VC_MEMLOCK_UNLIMITED;
	return limit.rlim_max / KIB;
}

static int read_memory(const struct vc_translate_input *input,
                       struct vc_domain_memory *ret_memory, struct vc_err *err)
{
	VC_AUTO_DOCUMENT struct vc_document *document = NULL;

	if (vc_document_parse(input->xml, input->xml_len, input->xml_name, &document,
	                      err) < 0)
		return -(int)err->kind;
	vc_domain_memory_read(document, ret_memory);
	return 0;
}

/* What makes no plan is a verdict, unless it is a broken input. */
static int plan(struct vc_arena *arena, const struct vc_translate_input *input,
                struct vc_translation *t, struct vc_err *refusal, bool *ret_planned,
                struct vc_err *err)
{
	int r = vc_translate_domain(arena, input, t, refusal);

	*ret_planned = r == 0;
	if (r == 0 || r == -VC_ERR_REFUSED || r == -VC_ERR_ABSENT)
		return 0;
	*err = *refusal;
	return r;
}

static int validate(struct vc_arena *arena, const struct vc_translate_input *input,
                    const struct vc_plan *plan, struct vc_complaints *complaints,
                    struct vc_verify_input *v, struct vc_err *err)
{
	struct vc_err why = VC_ERR_INIT;
	int r = vc_schema_validate(arena, input->xml, input->xml_len, plan, NULL,
	                           complaints, &why);

	if (r == 0) {
		v->complaints = complaints;
		return 0;
	}
	if (r != -VC_ERR_ABSENT) {
		*err = why;
		return r;
	}
	v->not_validated = vc_arena_strdup(arena, why.msg);
	return v->not_validated ? 0 : vc_fail_oom(err);
}

/* @whole: what the verdicts are about that are about no device */
static int add_table(struct vc_arena *arena, const struct vc_checks *checks,
                     const char *whole, struct vc_buf *buf, struct vc_err *err)
{
	static const char *const header[] = { "DEVICE", "CHECK", "VERDICT", "REASON" };
	struct vc_table table = { .arena = arena,
		                  .n_columns = VC_ARRAY_SIZE(header),
		                  .width = vc_output_width() };

	if (vc_table_row(&table, header, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < checks->n; i++) {
		const struct vc_check *c = &checks->v[i];
		const char *const row[] = { c->device ? c->device : whole, c->name,
			                    vc_verdict_name(c->verdict), c->reason };

		if (vc_table_row(&table, row, err) < 0)
			return -(int)err->kind;
	}
	vc_table_print(&table, buf);
	return 0;
}

static void add_json(const struct vc_checks *checks, bool ok, struct vc_buf *buf)
{
	struct vc_json_writer w = { .buf = buf };

	vc_json_object(&w, NULL);
	vc_json_bool(&w, "ok", ok);
	vc_json_array(&w, "checks");
	for (size_t i = 0; i < checks->n; i++) {
		vc_json_object(&w, NULL);
		vc_json_string_if(&w, "device", checks->v[i].device);
		vc_json_string(&w, "check", checks->v[i].name);
		vc_json_string(&w, "verdict", vc_verdict_name(checks->v[i].verdict));
		vc_json_string(&w, "reason", checks->v[i].reason);
		vc_json_close(&w);
	}
	vc_json_close(&w);
	vc_json_close(&w);
}

/* How many verdicts failed, and how many of them only because of a change. */
static size_t count_failed(const struct vc_checks *checks, size_t *ret_changes)
{
	size_t failed = 0, changes = 0;

	for (size_t i = 0; i < checks->n; i++) {
		failed += checks->v[i].verdict == VC_VERDICT_FAILED;
		changes +=
			checks->v[i].verdict == VC_VERDICT_FAILED && checks->v[i].change;
	}
	*ret_changes = changes;
	return failed;
}

/* What is printed of the verdicts */
struct report {
	const char *name;  /* of the file, for the message */
	const char *whole; /* what they are about when they are about no device */
	bool json;
};

static int print_report(struct vc_arena *arena, const struct vc_checks *checks,
                        const struct report *r, struct vc_err *err)
{
	VC_AUTO_BUF struct vc_buf buf = VC_BUF_INIT(VC_OUTPUT_MAX_BYTES);
	size_t changes;
	size_t failed = count_failed(checks, &changes);

	if (r->json)
		add_json(checks, failed == 0, &buf);
	else if (add_table(arena, checks, r->whole, &buf, err) < 0)
		return -(int)err->kind;
	if (vc_output_buf(&buf, err) < 0)
		return -(int)err->kind;
	if (failed == 0)
		return 0;
	return vc_fail(err, failed == changes ? VC_ERR_CHANGED : VC_ERR_REFUSED,
	               "%s: %zu of %zu checks failed", r->name, failed, checks->n);
}

/* Without a domain: will KubeVirt make it right by itself? */
static int run_vmi(struct vc_arena *arena, const struct verify_options *o,
                   struct vc_err *err)
{
	struct report r = { .whole = "(VM)", .json = o->json };
	struct vc_verify_vmi_input v;
	struct vc_translate_input input;
	struct vc_translation t;
	struct vc_checks checks;

	if (!o->translator.vmi)
		return vc_fail(err, VC_ERR_USAGE,
		               "DOMAIN is missing; with --vmi it may be left out");
	if (o->translator.bind.n > 0 || o->translator.option.n > 0 ||
	    o->translator.place.n > 0 || o->translator.connect)
		return vc_fail(err, VC_ERR_USAGE,
		               "--bind, --option, --place and --connect need DOMAIN");
	if (vc_translator_input(arena, &o->translator, NULL, &input, err) < 0)
		return -(int)err->kind;
	if (vc_translate_claims(arena, &input, &t, err) < 0 ||
	    vc_verify_vmi_look(arena, &input, &t, &v, err) < 0 ||
	    vc_verify_vmi(arena, &v, &checks, err) < 0)
		return -(int)err->kind;
	vc_translator_warn(&t);
	r.name = input.vmi_name;
	return print_report(arena, &checks, &r, err);
}

static int run_domain(struct vc_arena *arena, const struct verify_options *o,
                      const char *domain, struct vc_err *err)
{
	struct report r = { .whole = "(domain)", .json = o->json };
	struct vc_complaints complaints = { 0 };
	struct vc_err refusal = VC_ERR_INIT;
	struct vc_translate_input input;
	struct vc_translation t;
	struct vc_verify_input v = { .t = &t,
		                     .refusal = &refusal,
		                     .memlock_kib = memlock_limit() };
	struct vc_checks checks;

	if (vc_translator_input(arena, &o->translator, domain, &input, err) < 0)
		return -(int)err->kind;
	input.mode = VC_MODE_REWRITE;
	if (vc_translate_claims(arena, &input, &t, err) < 0 ||
	    plan(arena, &input, &t, &refusal, &v.planned, err) < 0 ||
	    validate(arena, &input, &t.plan, &complaints, &v, err) < 0 ||
	    look_for_nodes(arena, o, &v.nodes, err) < 0 ||
	    read_memory(&input, &v.memory, err) < 0 ||
	    vc_verify(arena, &v, &checks, err) < 0)
		return -(int)err->kind;
	vc_translator_warn(&t);
	r.name = input.xml_name;
	return print_report(arena, &checks, &r, err);
}

static int run(struct vc_arena *arena, const void *values, int n_operands,
               char **operands, struct vc_err *err)
{
	if (n_operands == 0)
		return run_vmi(arena, values, err);
	return run_domain(arena, values, operands[0], err);
}

const struct vc_command vc_command_verify = {
	.name = "verify",
	.operands = "[DOMAIN]",
	.summary = "check whether a domain would start with the devices it claims",
	.description =
		"Prints one verdict for each check of each host device, and for the domain as "
		"a whole:\n"
		"\n"
		"    claim        the claim is the one that was bound, and has the device\n"
		"    owner        the claim is reserved for this VM, and no adminAccess\n"
		"    alias        the alias is one of ours, and unique\n"
		"    identity     the device is what it was when it was bound\n"
		"    address      it exists\n"
		"    driver       it is bound to vfio-pci or a variant of it\n"
		"    iommu-group  nothing else of its IOMMU group is in use by the host\n"
		"    node         /dev/vfio has the node that QEMU opens\n"
		"    rewrite      virt-claim rewrite would change nothing\n"
		"    schema       the domain is valid under libvirt's schema and ours\n"
		"    memory-lock  the memory that QEMU locks is allowed\n"
		"\n"
		"A verdict is ok, failed, warning, or unknown: what the inputs do not show is "
		"never ok. The exit status is 0 when nothing failed, 4 when only 'rewrite' "
		"did, and 3 otherwise. Checks of the host need --sysfs.\n"
		"\n"
		"Without DOMAIN, but with --vmi, it says whether stock KubeVirt will make the "
		"domain right by itself (door 1), and what it would refuse or leave out:\n"
		"\n"
		"    element      KubeVirt makes the device: its own lists name it\n"
		"    claim        spec.resourceClaims has the claim\n"
		"    compute      the container that runs QEMU gets the request, once\n"
		"    options      nothing is asked for that KubeVirt does not write\n"
		"    metadata     the driver's file has the version that KubeVirt reads\n"
		"    one-device   the request has one device, of one driver\n"
		"    address      the device has a pciBusID or an mdevUUID\n"
		"    memory-lock  KubeVirt lifts the limit\n"
		"    migration    KubeVirt does not take the VM for one that can migrate\n"
		"    placement    no placement is asked for\n"
		"    door         all of it: 1 stock KubeVirt, 2 a Plugin, 3 the hook\n"
		"    versions     what the cluster has to have, which no input shows\n",
	.examples =
		"virt-claim verify --claims /run/virt-claim/claims --sysfs /sys vm7.xml\n"
		"\tevery check that this host allows\n"
		"virt-claim verify --vmi vmi.json --claims /run/virt-claim/claims\n"
		"\twhether KubeVirt needs a hook for this VM\n",
	.max_operands = 1,
	.operand_completes = VC_COMPLETES_FILE,
	.options = options,
	.shared = vc_translator_table,
	.options_size = sizeof(struct verify_options),
	.run = run,
};
