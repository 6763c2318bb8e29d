/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Devices for a domain that exists already. The guest comes first, because what it says
 * decides; the stored definition follows, and when that fails the guest gives the devices
 * back.
 */

#include <string.h>

#include "domain/extract.h"
#include "manage/internal.h"

/* One call. */
struct job {
	struct vc_arena *arena;
	const struct vc_manage *manage;
	struct vc_manage_scope scope;
	struct vc_live live;
	struct vc_definition guest; /* of the live XML; not for storing */
	struct vc_definition stored;
	struct vc_lease_use use;
};

/* Only what the domain does not have yet can be attached. */
static int judge(const struct vc_virt_domain *domain,
                 const struct vc_translation *translation, struct vc_err *err)
{
	for (size_t i = 0; i < translation->plan.devices.n; i++) {
		const struct vc_plan_device *d = &translation->plan.devices.v[i];

		if (d->action == VC_PLAN_CHANGE)
			return vc_fail(err, VC_ERR_REFUSED,
			               "domain '%s' has '%s' already, as %s, and it "
			               "would have to change (%s); 'virt-claim detach' "
			               "it first, or choose another alias",
			               domain->name, d->alias, d->from ? d->from : "?",
			               d->why);
	}
	return 0;
}

static int add_element(struct job *job, char *alias, char *element, struct vc_err *err)
{
	if (vc_manage_push(job->arena, &job->live.elements, element, err) < 0)
		return -(int)err->kind;
	return vc_manage_push(job->arena, &job->live.aliases, alias, err);
}

/* [LV] libvirt calls it by type and index, "scsi0". */
static int collect_controllers(struct job *job, struct vc_err *err)
{
	const struct vc_translation *t = &job->guest.translation;

	for (size_t i = 0; i < t->plan.controllers.n; i++) {
		const struct vc_plan_controller *c = &t->plan.controllers.v[i];
		char *element = NULL;
		char *alias;

		if (c->action != VC_PLAN_ADD)
			continue;
		alias = vc_arena_printf(job->arena, "%s%u", c->type, c->index);
		if (vc_extract_controller(job->arena, t->xml, t->len, c->type, c->index,
		                          &element, err) < 0 ||
		    add_element(job, alias, element, err) < 0)
			return -(int)err->kind;
	}
	return 0;
}

/* What the guest is to get, from the translation of its live XML. */
static int collect(struct job *job, struct vc_err *err)
{
	const struct vc_translation *t = &job->guest.translation;

	if (collect_controllers(job, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < t->plan.devices.n; i++) {
		const struct vc_plan_device *d = &t->plan.devices.v[i];
		char *element = NULL;

		if (d->action != VC_PLAN_ADD)
			continue;
		if (vc_extract_device(job->arena, t->xml, t->len, d->alias, &element,
		                      err) < 0 ||
		    add_element(job, d->alias, element, err) < 0)
			return -(int)err->kind;
	}
	if (vc_extract_metadata(job->arena, job->live.domain.xml,
	                        job->live.domain.xml_len, &job->live.before, err) < 0)
		return -(int)err->kind;
	return vc_extract_metadata(job->arena, t->xml, t->len, &job->live.after, err);
}

static int plan_guest(struct job *job, struct vc_err *err)
{
	struct vc_virt_domain *domain = &job->live.domain;
	struct vc_definition *guest = &job->guest;

	guest->input = job->stored.input;
	guest->input.running = true;
	if (vc_manage_facts(job->arena, job->manage, job->stored.name, VC_VIRT_LIVE,
	                    domain, err) < 0 ||
	    vc_manage_translate(job->arena, job->manage, domain, &job->stored.input,
	                        &guest->translation, err) < 0 ||
	    judge(domain, &guest->translation, err) < 0 || collect(job, err) < 0)
		return -(int)err->kind;
	guest->domain = *domain;
	return vc_lease_use_after(job->arena, job->manage, guest, &job->live.aliases,
	                          &job->use, err);
}

/* Gives leases back, but not of what the guest may have all the same. */
static void undo_leases(struct job *job)
{
	struct vc_names freed = { 0 };
	struct vc_err unused = VC_ERR_INIT;
	struct vc_lease_use use;

	for (size_t i = 0; i < job->live.aliases.n; i++)
		if (!vc_manage_has(&job->live.stuck, job->live.aliases.v[i]) &&
		    vc_manage_push(job->arena, &freed, job->live.aliases.v[i], &unused) <
		            0)
			return;
	if (vc_lease_use_after(job->arena, job->manage, &job->guest, &freed, &use,
	                       &unused) == 0)
		vc_lease_use_undo(job->arena, &use);
}

static int change_guest(struct job *job, struct vc_err *err)
{
	if (vc_lease_use_take(job->arena, &job->use, err) < 0)
		return -(int)err->kind;
	if (vc_live_change(job->arena, job->manage, &job->live, VC_LIVE_ATTACH, err) <
	    0) {
		undo_leases(job);
		return -(int)err->kind;
	}
	return 0;
}

/* The entry of an alias, perhaps a new one; NULL out of memory. */
static struct vc_alias_options *
options_of(struct vc_arena *arena, struct vc_alias_options_list *list, char *alias)
{
	struct vc_alias_options *slot;

	for (size_t i = 0; i < list->n; i++)
		if (strcmp(list->v[i].alias, alias) == 0)
			return &list->v[i];
	slot = vc_list_push(arena, list);
	if (slot)
		slot->alias = alias;
	return slot;
}

/* Where the guest sees what it got, as options for the stored definition. */
static int read_places(struct job *job, struct vc_alias_options_list *list,
                       struct vc_err *err)
{
	VC_AUTO_DOCUMENT struct vc_document *document = NULL;
	struct vc_virt_domain now;
	struct vc_domain read;

	if (vc_manage_facts(job->arena, job->manage, job->live.domain.uuid, VC_VIRT_LIVE,
	                    &now, err) < 0 ||
	    vc_document_parse(now.xml, now.xml_len, now.name, &document, err) < 0 ||
	    vc_domain_read(job->arena, document, &read, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < read.hostdevs.n; i++) {
		const struct vc_hostdev *h = &read.hostdevs.v[i];
		struct vc_alias_options *slot;

		if (!h->alias || !h->options.address.set ||
		    !vc_manage_has(&job->live.aliases, h->alias))
			continue;
		slot = options_of(job->arena, list, h->alias);
		if (!slot)
			return vc_fail_oom(err);
		slot->options.address = h->options.address;
		slot->options.origins[VC_OPT_GUEST_ADDRESS] = "where the guest has it";
	}
	return 0;
}

/* The next boot is to show devices where the guest sees them now. When the definition has
 * something else there, libvirt chooses. */
static int follow_guest(struct job *job, struct vc_err *err)
{
	const struct vc_alias_options_list *given = &job->manage->input.options;
	struct vc_alias_options_list list = { 0 };
	struct vc_err unused = VC_ERR_INIT;

	for (size_t i = 0; i < given->n; i++) {
		struct vc_alias_options *slot = vc_list_push(job->arena, &list);

		if (!slot)
			return vc_fail_oom(err);
		*slot = given->v[i];
	}
	if (read_places(job, &list, err) < 0)
		return -(int)err->kind;
	job->stored.input.options = list;
	if (vc_definition_plan(job->arena, job->manage, &job->stored, &unused) == 0)
		return 0;
	job->stored.input.options = (struct vc_alias_options_list){ 0 };
	return vc_definition_plan(job->arena, job->manage, &job->stored, err);
}

static int change_definition(struct job *job, bool guest, struct vc_err *err)
{
	if (!job->scope.config)
		return 0;
	if (guest && follow_guest(job, err) < 0)
		return -(int)err->kind;
	return vc_definition_store(job->arena, job->manage, &job->stored, err);
}

static int carry_out(void *arg, struct vc_err *err)
{
	struct job *job = arg;
	bool guest = job->live.aliases.n > 0;

	if (guest && change_guest(job, err) < 0)
		return -(int)err->kind;
	if (change_definition(job, guest, err) == 0)
		return guest ? vc_lease_use_confirm(job->arena, &job->use, err) : 0;
	if (guest) {
		vc_live_undo(job->arena, job->manage, &job->live, VC_LIVE_ATTACH, err);
		undo_leases(job);
	}
	return -(int)err->kind;
}

static int report_all(const struct job *job, struct vc_manage_report *report,
                      struct vc_err *err)
{
	const struct vc_virt_domain *domain = &job->stored.domain;
	size_t n = report->lines.n;

	if (job->scope.live &&
	    (vc_manage_devices(job->arena, report, domain, &job->guest.translation.plan,
	                       VC_PLAN_ADD, "attached to the guest", err) < 0 ||
	     vc_manage_notes(job->arena, report, &job->guest.translation, err) < 0))
		return -(int)err->kind;
	if (job->scope.config &&
	    (vc_manage_devices(job->arena, report, domain, &job->stored.translation.plan,
	                       VC_PLAN_ADD, "added to the stored definition", err) < 0 ||
	     vc_manage_notes(job->arena, report, &job->stored.translation, err) < 0))
		return -(int)err->kind;
	if (report->lines.n > n)
		return 0;
	return vc_manage_line(job->arena, report, err, "%s: has all of it already",
	                      domain->name);
}

/**
 * vc_manage_attach() - Attach the devices that the command line binds
 * @arena:	holds the report
 * @manage:	options, with bindings
 * @name:	name or UUID
 * @scope:	guest, stored definition
 * @report:	what was attached
 * @err:	what is wrong, and what could not be undone
 *
 * Return: 0, -VC_ERR_ABSENT, -VC_ERR_REFUSED, -VC_ERR_SYSTEM or -VC_ERR_INTERNAL
 */
int vc_manage_attach(struct vc_arena *arena, const struct vc_manage *manage,
                     const char *name, const struct vc_manage_scope *scope,
                     struct vc_manage_report *report, struct vc_err *err)
{
	struct job job = {
		.arena = arena,
		.manage = manage,
		.stored = { .name = name,
		            .input = { .mode = VC_MODE_ATTACH },
		            .judge = judge },
	};

	if (vc_manage_facts(arena, manage, name, VC_VIRT_INACTIVE, &job.stored.domain,
	                    err) < 0 ||
	    vc_manage_scope(&job.stored.domain, scope, &job.scope, err) < 0)
		return -(int)err->kind;
	if (job.scope.live && plan_guest(&job, err) < 0)
		return -(int)err->kind;
	if (job.scope.config && vc_definition_plan(arena, manage, &job.stored, err) < 0)
		return -(int)err->kind;
	if (vc_manage_undisturbed(carry_out, &job, err) < 0)
		return -(int)err->kind;
	return report_all(&job, report, err);
}
