/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Devices that a domain is to have no longer. The guest comes first: it may refuse.
 */
#include <string.h>

#include "domain/extract.h"
#include "manage/internal.h"

/* One call. */
struct job {
	struct vc_arena *arena;
	const struct vc_manage *manage;
	const struct vc_detach *what;
	struct vc_manage_scope scope;
	struct vc_live live;
	struct vc_translation guest; /* of the live XML */
	struct vc_definition stored;
	struct vc_leases leases; /* of the domain, before we looked at the guest */
	struct vc_lease_use use;
	struct vc_names aliases;
	struct vc_names known; /* aliases of both, for messages */
};

/* "[NAMESPACE/]NAME" */
static bool is_of_claim(const struct vc_record *record, const char *claim)
{
	const char *slash = strchr(claim, '/');
	const char *name = slash ? slash + 1 : claim;
	const struct vc_binding *b = &record->binding;

	if (!b->claim || strcmp(b->claim, name) != 0)
		return false;
	if (!slash)
		return true;
	return b->namespace && strlen(b->namespace) == (size_t)(slash - claim) &&
	       strncmp(b->namespace, claim, (size_t)(slash - claim)) == 0;
}

static bool is_wanted(const struct job *job, const struct vc_record *record)
{
	const struct vc_translate_input *input = &job->manage->input;

	for (size_t i = 0; i < input->n_aliases; i++)
		if (strcmp(input->aliases[i], record->binding.alias) == 0)
			return true;
	for (size_t i = 0; i < job->what->n_claims; i++)
		if (is_of_claim(record, job->what->claims[i]))
			return true;
	return false;
}

/* The aliases that are recorded in one XML of the domain. */
static int choose(struct job *job, const struct vc_virt_domain *domain,
                  struct vc_err *err)
{
	VC_AUTO_DOCUMENT struct vc_document *document = NULL;
	struct vc_domain read;

	if (vc_document_parse(domain->xml, domain->xml_len, domain->name, &document,
	                      err) < 0 ||
	    vc_domain_read(job->arena, document, &read, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < read.records.n; i++) {
		const struct vc_record *r = &read.records.v[i];
		char *alias = r->binding.alias;

		if (!vc_manage_has(&job->known, alias) &&
		    vc_manage_push(job->arena, &job->known, alias, err) < 0)
			return -(int)err->kind;
		if (is_wanted(job, r) && !vc_manage_has(&job->aliases, alias) &&
		    vc_manage_push(job->arena, &job->aliases, alias, err) < 0)
			return -(int)err->kind;
	}
	return 0;
}

static int not_bound(const struct job *job, const char *what, const char *name,
                     struct vc_err *err)
{
	const char *list = "none";

	for (size_t i = 0; i < job->known.n && list; i++)
		list = vc_arena_printf(job->arena, "%s%s'%s'", i > 0 ? list : "",
		                       i > 0 ? ", " : "", job->known.v[i]);
	return vc_fail(err, VC_ERR_REFUSED,
	               "domain '%s' has no device of %s '%s'; bound are: %s",
	               job->stored.domain.name, what, name, list ? list : "?");
}

static int check_all_met(const struct job *job, struct vc_err *err)
{
	const struct vc_translate_input *input = &job->manage->input;

	for (size_t i = 0; i < input->n_aliases; i++)
		if (!vc_manage_has(&job->aliases, input->aliases[i]))
			return not_bound(job, "alias", input->aliases[i], err);
	if (job->aliases.n == 0 && job->what->n_claims > 0)
		return not_bound(job, "claim", job->what->claims[0], err);
	return 0;
}

/* What the guest is to lose, from the live XML as it is. */
static int collect(struct job *job, struct vc_err *err)
{
	const struct vc_translation *t = &job->guest;
	const struct vc_virt_domain *domain = &job->live.domain;

	for (size_t i = 0; i < t->plan.devices.n; i++) {
		const struct vc_plan_device *d = &t->plan.devices.v[i];
		char *element = NULL;

		if (d->action != VC_PLAN_REMOVE)
			continue;
		if (vc_extract_device(job->arena, domain->xml, domain->xml_len, d->alias,
		                      &element, err) < 0 ||
		    vc_manage_push(job->arena, &job->live.elements, element, err) < 0 ||
		    vc_manage_push(job->arena, &job->live.aliases, d->alias, err) < 0)
			return -(int)err->kind;
	}
	if (vc_extract_metadata(job->arena, domain->xml, domain->xml_len,
	                        &job->live.before, err) < 0)
		return -(int)err->kind;
	return vc_extract_metadata(job->arena, t->xml, t->len, &job->live.after, err);
}

static int plan_guest(struct job *job, struct vc_err *err)
{
	struct vc_virt_domain *domain = &job->live.domain;
	struct vc_translate_input input = job->stored.input;

	input.running = true;
	if (vc_manage_translate(job->arena, job->manage, domain, &input, &job->guest,
	                        err) < 0 ||
	    collect(job, err) < 0)
		return -(int)err->kind;
	if (vc_lease_use_find(job->arena, job->manage, domain, &job->live.aliases,
	                      &job->use, err) < 0)
		return -(int)err->kind;
	return vc_lease_use_add_gone(job->arena, domain, &job->leases, &job->use, err);
}

static int carry_out(void *arg, struct vc_err *err)
{
	struct job *job = arg;
	bool guest = job->scope.live && job->guest.changed;

	if (guest &&
	    vc_live_change(job->arena, job->manage, &job->live, VC_LIVE_DETACH, err) < 0)
		return -(int)err->kind;
	if (!job->scope.config ||
	    vc_definition_store(job->arena, job->manage, &job->stored, err) == 0)
		return guest ? vc_lease_use_drop(job->arena, &job->use, err) : 0;
	if (guest)
		vc_live_undo(job->arena, job->manage, &job->live, VC_LIVE_DETACH, err);
	return -(int)err->kind;
}

static int report_all(const struct job *job, struct vc_manage_report *report,
                      struct vc_err *err)
{
	const struct vc_virt_domain *domain = &job->stored.domain;

	if (job->scope.live &&
	    (vc_manage_devices(job->arena, report, domain, &job->guest.plan,
	                       VC_PLAN_REMOVE, "detached from the guest", err) < 0 ||
	     vc_manage_devices(job->arena, report, domain, &job->guest.plan,
	                       VC_PLAN_UNBIND, "of the guest dropped", err) < 0))
		return -(int)err->kind;
	if (!job->scope.config)
		return 0;
	if (vc_manage_devices(job->arena, report, domain, &job->stored.translation.plan,
	                      VC_PLAN_REMOVE, "removed from the stored definition",
	                      err) < 0)
		return -(int)err->kind;
	return vc_manage_devices(job->arena, report, domain,
	                         &job->stored.translation.plan, VC_PLAN_UNBIND,
	                         "of the stored definition dropped", err);
}

static int find(struct job *job, struct vc_err *err)
{
	const struct vc_manage *m = job->manage;
	const char *name = job->stored.name;

	if (vc_manage_facts(job->arena, m, name, VC_VIRT_INACTIVE, &job->stored.domain,
	                    err) < 0 ||
	    vc_manage_scope(&job->stored.domain, &job->what->scope, &job->scope, err) < 0)
		return -(int)err->kind;
	if (job->scope.config && choose(job, &job->stored.domain, err) < 0)
		return -(int)err->kind;
	if (job->scope.live && (vc_lease_use_list(job->arena, m, &job->stored.domain,
	                                          &job->leases, err) < 0 ||
	                        vc_manage_facts(job->arena, m, name, VC_VIRT_LIVE,
	                                        &job->live.domain, err) < 0 ||
	                        choose(job, &job->live.domain, err) < 0))
		return -(int)err->kind;
	return check_all_met(job, err);
}

/**
 * vc_manage_detach() - Detach devices that we attached
 * @arena:	holds the report
 * @manage:	options; .input.aliases: whole aliases
 * @name:	name or UUID
 * @what:	claims, and where
 * @report:	what was detached
 * @err:	what is wrong, and what could not be undone
 *
 * Return: 0, -VC_ERR_ABSENT, -VC_ERR_REFUSED, -VC_ERR_SYSTEM or -VC_ERR_INTERNAL
 */
int vc_manage_detach(struct vc_arena *arena, const struct vc_manage *manage,
                     const char *name, const struct vc_detach *what,
                     struct vc_manage_report *report, struct vc_err *err)
{
	struct job job = {
		.arena = arena,
		.manage = manage,
		.what = what,
		.stored = { .name = name },
	};

	if (find(&job, err) < 0)
		return -(int)err->kind;
	job.stored.input = (struct vc_translate_input){
		.mode = VC_MODE_DETACH,
		.aliases = (const char *const *)job.aliases.v,
		.n_aliases = job.aliases.n,
	};
	if (job.scope.live && plan_guest(&job, err) < 0)
		return -(int)err->kind;
	if (job.scope.config && vc_definition_plan(arena, manage, &job.stored, err) < 0)
		return -(int)err->kind;
	if (vc_manage_undisturbed(carry_out, &job, err) < 0)
		return -(int)err->kind;
	return report_all(&job, report, err);
}
