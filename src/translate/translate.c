/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Theory of operation: the domain and the VMI are read first, because they say which
 * claims are wanted; then only the files of these claims are read. A domain that names
 * no claim costs one parse of its XML, unless everything is to be attached.
 */
#include "translate/translate.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "claim/join.h"
#include "claim/source.h"
#include "claim/tree.h"
#include "host/gather.h"
#include "host/proc.h"

#define SEARCHED_MAX 3 /* paths in one message */

static int read_domain(struct vc_arena *arena, const struct vc_translate_input *input,
                       struct vc_document **ret_document, struct vc_domain *ret_domain,
                       struct vc_err *err)
{
	if (vc_document_parse(input->xml, input->xml_len, input->xml_name, ret_document,
	                      err) < 0)
		return -(int)err->kind;
	return vc_domain_read(arena, *ret_document, ret_domain, err);
}

static int read_vmi(struct vc_arena *arena, const struct vc_translate_input *input,
                    struct vc_vmi *ret_vmi, struct vc_err *err)
{
	VC_AUTO_TREE struct vc_tree *tree = NULL;

	if (vc_tree_parse(input->vmi, input->vmi_len, input->vmi_name, &tree, err) < 0)
		return -(int)err->kind;
	return vc_vmi_read(arena, tree, ret_vmi, err);
}

static int compare_aliases(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The aliases that @bindings name, sorted. */
static int sorted_aliases(struct vc_arena *arena, const struct vc_bindings *bindings,
                          const char ***ret_aliases, struct vc_err *err)
{
	const char **aliases = vc_arena_alloc(arena, bindings->n + 1, sizeof(*aliases));

	if (!aliases)
		return vc_fail_oom(err);
	for (size_t i = 0; i < bindings->n; i++)
		aliases[i] = bindings->v[i].alias;
	qsort(aliases, bindings->n, sizeof(*aliases), compare_aliases);
	*ret_aliases = aliases;
	return 0;
}

static int append(struct vc_arena *arena, struct vc_bindings *bindings,
                  const struct vc_binding *binding, struct vc_err *err)
{
	struct vc_binding *slot = vc_list_push(arena, bindings);

	if (!slot)
		return vc_fail_oom(err);
	*slot = *binding;
	return 0;
}

static int append_all(struct vc_arena *arena, struct vc_bindings *bindings,
                      const struct vc_bindings *more, struct vc_err *err)
{
	for (size_t i = 0; more && i < more->n; i++)
		if (append(arena, bindings, &more->v[i], err) < 0)
			return -(int)err->kind;
	return 0;
}

/* Records of the domain whose alias nothing stronger names. */
static int append_records(struct vc_arena *arena, struct vc_bindings *bindings,
                          const struct vc_records *records, struct vc_err *err)
{
	const size_t n_strong = bindings->n;
	const char **strong = NULL;

	if (sorted_aliases(arena, bindings, &strong, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < records->n; i++) {
		const struct vc_binding *b = &records->v[i].binding;

		if (n_strong > 0 && b->alias &&
		    bsearch(&b->alias, strong, n_strong, sizeof(*strong),
		            compare_aliases))
			continue;
		if (append(arena, bindings, b, err) < 0)
			return -(int)err->kind;
	}
	return 0;
}

/* --bind and the VMI: what vc_plan_make() is given. The domain's own it adds itself. */
static int requested_bindings(struct vc_arena *arena,
                              const struct vc_translate_input *input,
                              const struct vc_translation *t,
                              struct vc_bindings *ret_bindings, struct vc_err *err)
{
	struct vc_bindings bindings = { 0 };

	if (append_all(arena, &bindings, input->bindings, err) < 0)
		return -(int)err->kind;
	if (t->have_vmi && append_all(arena, &bindings, &t->vmi.bindings, err) < 0)
		return -(int)err->kind;
	*ret_bindings = bindings;
	return 0;
}

static const char *default_namespace(const struct vc_translate_input *input,
                                     const struct vc_translation *t)
{
	if (input->namespace)
		return input->namespace;
	return t->have_vmi ? t->vmi.namespace : NULL;
}

/* Whether @lookups name all that is needed, so that directories need not be scanned. */
static bool lookups_suffice(const struct vc_translate_input *input,
                            const struct vc_bindings *requested,
                            const struct vc_bindings *lookups)
{
	if (input->mode == VC_MODE_ADOPT)
		return requested->n > 0;
	return lookups->n > 0;
}

/* @ret_wanted gets the bindings that say which claims matter; NULL: all of them do. */
static int read_facts(struct vc_arena *arena, const struct vc_translate_input *input,
                      const struct vc_bindings *requested, struct vc_translation *t,
                      const struct vc_bindings **ret_wanted, struct vc_err *err)
{
	static const struct vc_bindings none = { 0 };
	struct vc_bindings *lookups = vc_arena_alloc(arena, 1, sizeof(*lookups));
	struct vc_source_options options = {
		.default_namespace = default_namespace(input, t),
		.file_flags = input->trusted_only ? VC_FILE_TRUSTED : 0,
		.stdin_fd = input->stdin_fd,
	};

	if (!lookups)
		return vc_fail_oom(err);
	if (append_all(arena, lookups, requested, err) < 0 ||
	    append_records(arena, lookups, &t->domain.records, err) < 0)
		return -(int)err->kind;
	if (lookups->n == 0 && !input->attach_all && input->mode == VC_MODE_REWRITE)
		return 0;
	if (lookups_suffice(input, requested, lookups))
		options.bindings = lookups;
	*ret_wanted = input->tolerates_stale ? &none : options.bindings;
	if (vc_sources_read(arena, input->claims, input->n_claims, &options, &t->facts,
	                    err) < 0)
		return -(int)err->kind;
	return vc_join(arena, &t->facts, &t->claims, err);
}

static bool any_boot(const struct vc_claims *claims)
{
	for (size_t i = 0; i < claims->n; i++)
		for (size_t j = 0; j < claims->v[i].devices.n; j++)
			if (vc_attributes_find(&claims->v[i].devices.v[j].attributes,
			                       VC_ATTR_BOOT_ID))
				return true;
	return false;
}

static bool is_path(const char *path, const char *wanted)
{
	VC_AUTOFREE char *real = realpath(path, NULL);

	return real && strcmp(real, wanted) == 0;
}

/* Only for claims that say theirs. A proc and a sysfs of two machines say nothing. */
static int find_boot(struct vc_arena *arena, const struct vc_translate_input *input,
                     struct vc_translation *t, struct vc_err *err)
{
	const char *proc = input->proc ? input->proc : "/proc";

	if (!any_boot(&t->claims) ||
	    is_path(input->sysfs, "/sys") != is_path(proc, "/proc"))
		return 0;
	return vc_proc_boot_id(arena, proc, &t->host.boot_id, err);
}

static int gather_host(struct vc_arena *arena, const struct vc_translate_input *input,
                       struct vc_translation *t, struct vc_err *err)
{
	const struct vc_hostdevs *hostdevs = &t->domain.hostdevs;
	VC_AUTOCLOSE int root = -1;
	struct vc_host_side *extra;
	size_t n = 0;

	if (!input->sysfs)
		return 0;
	if (vc_file_open_directory(AT_FDCWD, input->sysfs, 0, &root, err) < 0)
		return -(int)err->kind;
	extra = vc_arena_alloc(arena, hostdevs->n + 1, sizeof(*extra));
	if (!extra)
		return vc_fail_oom(err);
	for (size_t i = 0; i < hostdevs->n; i++)
		extra[n++] = hostdevs->v[i].host;
	if (vc_host_gather(arena, root, &t->claims, extra, n, &t->host, err) < 0 ||
	    find_boot(arena, input, t, err) < 0)
		return -(int)err->kind;
	t->have_host = true;
	return 0;
}

/* Everything up to resolved claims; @requested gets --bind and the VMI's. */
static int collect(struct vc_arena *arena, const struct vc_translate_input *input,
                   struct vc_document **document, struct vc_bindings *requested,
                   struct vc_translation *t, struct vc_err *err)
{
	const struct vc_bindings *wanted = NULL;

	if (input->xml && read_domain(arena, input, document, &t->domain, err) < 0)
		return -(int)err->kind;
	t->have_domain = input->xml != NULL;
	if (input->vmi) {
		if (read_vmi(arena, input, &t->vmi, err) < 0)
			return -(int)err->kind;
		t->have_vmi = true;
	}
	if (requested_bindings(arena, input, t, requested, err) < 0 ||
	    read_facts(arena, input, requested, t, &wanted, err) < 0 ||
	    gather_host(arena, input, t, err) < 0)
		return -(int)err->kind;
	return vc_resolve(arena, &t->claims, t->have_host ? &t->host : NULL, wanted, err);
}

/* "'PATH', 'PATH' and 3 more"; NULL when no path was given. */
static int searched_paths(struct vc_arena *arena, const struct vc_translate_input *input,
                          const char **ret_text, struct vc_err *err)
{
	const size_t n = input->n_claims < SEARCHED_MAX ? input->n_claims : SEARCHED_MAX;
	char *text = NULL;

	for (size_t i = 0; i < n; i++) {
		text = vc_arena_printf(arena, "%s%s'%s'", text ? text : "",
		                       text ? ", " : "", input->claims[i]);
		if (!text)
			return vc_fail_oom(err);
	}
	if (n < input->n_claims)
		text = vc_arena_printf(arena, "%s and %zu more", text,
		                       input->n_claims - n);
	if (n > 0 && !text)
		return vc_fail_oom(err);
	*ret_text = text;
	return 0;
}

static unsigned long target_version(const struct vc_translate_input *input)
{
	unsigned long version = input->target_libvirt;

	if (version == 0)
		version = vc_installed_libvirt();
	return version == 0 ? VC_LIBVIRT_OLDEST : version;
}

static int make_plan(struct vc_arena *arena, const struct vc_translate_input *input,
                     const struct vc_document *document,
                     const struct vc_bindings *requested, struct vc_translation *t,
                     struct vc_err *err)
{
	struct vc_plan_input plan_input = {
		.mode = input->mode,
		.claims = &t->claims,
		.bindings = requested,
		.options = &input->options,
		.attach_all = input->attach_all,
		.pods = &t->facts.pods,
		.host = t->have_host ? &t->host : NULL,
		.namespace = default_namespace(input, t),
		.vmi_name = t->have_vmi ? t->vmi.name : NULL,
		.vmi_uid = t->have_vmi ? t->vmi.uid : NULL,
		.vm_uid = t->have_vmi ? t->vmi.vm_uid : NULL,
		.managed = input->managed,
		.running = input->running,
		.place = input->place,
		.vmi_place = t->have_vmi ? t->vmi.place : 0,
		.target_libvirt = target_version(input),
		.aliases = input->aliases,
		.n_aliases = input->n_aliases,
	};

	if (searched_paths(arena, input, &plan_input.searched, err) < 0)
		return -(int)err->kind;
	return vc_plan_make(arena, document, &t->domain, &plan_input, &t->plan, err);
}

static int apply_plan(struct vc_arena *arena, const struct vc_translate_input *input,
                      const struct vc_document *document, struct vc_translation *t,
                      struct vc_err *err)
{
	struct vc_apply_result result = { 0 };

	if (vc_apply(arena, document, &t->domain, &t->plan, input->site, &result, err) <
	    0)
		return -(int)err->kind;
	t->xml = vc_arena_strndup(arena, result.text, result.len);
	t->len = result.len;
	t->changed = result.changed;
	free(result.text);
	return t->xml ? 0 : vc_fail_oom(err);
}

/**
 * vc_translate() - Rewrite a domain for the claims that it is bound to
 * @arena:	holds the result and everything on the way to it
 * @input:	what to translate; .xml is not NULL
 * @ret_translation:	result
 * @err:	what is wrong with which input
 *
 * A pure function of the inputs and of the files that they name. Nothing is written.
 *
 * Return: 0, -VC_ERR_INPUT, -VC_ERR_ABSENT (a path), -VC_ERR_REFUSED, -VC_ERR_SYSTEM or
 * -VC_ERR_INTERNAL
 */
int vc_translate(struct vc_arena *arena, const struct vc_translate_input *input,
                 struct vc_translation *ret_translation, struct vc_err *err)
{
	VC_AUTO_DOCUMENT struct vc_document *document = NULL;
	struct vc_bindings requested = { 0 };
	struct vc_translation t = { 0 };

	if (collect(arena, input, &document, &requested, &t, err) < 0 ||
	    make_plan(arena, input, document, &requested, &t, err) < 0 ||
	    apply_plan(arena, input, document, &t, err) < 0)
		return -(int)err->kind;
	*ret_translation = t;
	return 0;
}

/**
 * vc_translate_claims() - The first half: claims joined and resolved, no plan
 * @arena:	holds the result
 * @input:	.xml may be NULL: no domain
 * @ret_translation:	.facts, .claims, .host, .domain, .vmi; the rest is zero
 * @err:	what is wrong with which input
 *
 * Return: as vc_translate(), without -VC_ERR_REFUSED by the plan
 */
int vc_translate_claims(struct vc_arena *arena, const struct vc_translate_input *input,
                        struct vc_translation *ret_translation, struct vc_err *err)
{
	VC_AUTO_DOCUMENT struct vc_document *document = NULL;
	struct vc_bindings requested = { 0 };
	struct vc_translation t = { 0 };

	if (collect(arena, input, &document, &requested, &t, err) < 0)
		return -(int)err->kind;
	*ret_translation = t;
	return 0;
}

/**
 * vc_translate_domain() - The second half: plan and result
 * @arena:	holds the result
 * @input:	as given to vc_translate_claims(), with .xml
 * @translation: of vc_translate_claims(); gets .plan, .xml, .len, .changed on success
 * @err:	what is wrong with which input
 *
 * No claim is read again, so standard input may have been one of them.
 *
 * Return: as vc_translate()
 */
int vc_translate_domain(struct vc_arena *arena, const struct vc_translate_input *input,
                        struct vc_translation *translation, struct vc_err *err)
{
	VC_AUTO_DOCUMENT struct vc_document *document = NULL;
	struct vc_bindings requested = { 0 };
	struct vc_translation t = *translation;

	if (vc_document_parse(input->xml, input->xml_len, input->xml_name, &document,
	                      err) < 0 ||
	    requested_bindings(arena, input, &t, &requested, err) < 0 ||
	    make_plan(arena, input, document, &requested, &t, err) < 0 ||
	    apply_plan(arena, input, document, &t, err) < 0)
		return -(int)err->kind;
	*translation = t;
	return 0;
}
