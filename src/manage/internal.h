/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * internal.h - what the parts of src/manage/ share.
 *
 *   manage.c	defaults, one translation, reports
 *   definition.c	the stored definition, against edits of others
 *   lease_use.c	leases of devices that are about to be used
 *   live.c	several devices of a running guest, all or none
 */
#pragma once

#include "manage/manage.h"
#include "store/lease.h"

/* Edits of others that we put up with. */
#define VC_MANAGE_ATTEMPTS 3

int vc_manage_facts(struct vc_arena *arena, const struct vc_manage *manage,
                    const char *name, enum vc_virt_form form,
                    struct vc_virt_domain *ret_domain, struct vc_err *err) VC_MUST_CHECK;
/* @input: .mode, .attach_all, .running, .aliases, .options are looked at */
int vc_manage_translate(struct vc_arena *arena, const struct vc_manage *manage,
                        const struct vc_virt_domain *domain,
                        const struct vc_translate_input *input,
                        struct vc_translation *ret_translation, struct vc_err *err)
	VC_MUST_CHECK;
int vc_manage_line(struct vc_arena *arena, struct vc_manage_report *report,
                   struct vc_err *err, const char *fmt, ...) VC_PRINTF(4, 5);
int vc_manage_notes(struct vc_arena *arena, struct vc_manage_report *report,
                    const struct vc_translation *translation, struct vc_err *err)
	VC_MUST_CHECK;

/* What attach and detach work on, and whether that is there. */
int vc_manage_scope(const struct vc_virt_domain *domain,
                    const struct vc_manage_scope *asked,
                    struct vc_manage_scope *ret_scope, struct vc_err *err) VC_MUST_CHECK;
/* "vm7: ua-gpu: 0000:65:00.0 ..." for each device of @plan with @action */
int vc_manage_devices(struct vc_arena *arena, struct vc_manage_report *report,
                      const struct vc_virt_domain *domain, const struct vc_plan *plan,
                      enum vc_plan_action action, const char *what, struct vc_err *err)
	VC_MUST_CHECK;

bool vc_manage_has(const struct vc_names *names, const char *name) VC_NONNULL;
int vc_manage_push(struct vc_arena *arena, struct vc_names *names, char *text,
                   struct vc_err *err) VC_MUST_CHECK;
int vc_manage_undisturbed(int (*fn)(void *arg, struct vc_err *err), void *arg,
                          struct vc_err *err) VC_MUST_CHECK;

/* May a definition be replaced so? */
typedef int vc_manage_judge(const struct vc_virt_domain *domain,
                            const struct vc_translation *translation, struct vc_err *err);

/**
 * struct vc_definition - a stored definition on its way
 * @name:	name or UUID
 * @input:	as of vc_manage_translate()
 * @judge:	NULL: anything goes
 * @domain, @translation: results
 */
struct vc_definition {
	const char *name;
	struct vc_translate_input input;
	vc_manage_judge *judge;
	struct vc_virt_domain domain;
	struct vc_translation translation;
};

int vc_definition_plan(struct vc_arena *arena, const struct vc_manage *manage,
                       struct vc_definition *definition, struct vc_err *err)
	VC_MUST_CHECK;
int vc_definition_store(struct vc_arena *arena, const struct vc_manage *manage,
                        struct vc_definition *definition, struct vc_err *err)
	VC_MUST_CHECK;

/**
 * struct vc_lease_use - leases of some devices of one domain
 * @store:	where they are
 * @who:	the domain, and this process
 * @devices:	none when leases are not ours to keep: other hosts, other users
 */
struct vc_lease_use {
	struct vc_lease_store store;
	struct vc_lease who;
	struct vc_names devices;
};

/* The devices are those of @domain's XML. @aliases: only these; NULL all that are recorded */
int vc_lease_use_find(struct vc_arena *arena, const struct vc_manage *manage,
                      const struct vc_virt_domain *domain, const struct vc_names *aliases,
                      struct vc_lease_use *ret_use, struct vc_err *err) VC_MUST_CHECK;
/* Started leases of the domain, and those of them whose device its guest has no longer. */
int vc_lease_use_list(struct vc_arena *arena, const struct vc_manage *manage,
                      const struct vc_virt_domain *domain, struct vc_leases *ret_leases,
                      struct vc_err *err) VC_MUST_CHECK;
int vc_lease_use_add_gone(struct vc_arena *arena, const struct vc_virt_domain *domain,
                          const struct vc_leases *leases, struct vc_lease_use *use,
                          struct vc_err *err) VC_MUST_CHECK;
/* The same of the domain as it is after a translation. */
int vc_lease_use_after(struct vc_arena *arena, const struct vc_manage *manage,
                       const struct vc_definition *definition,
                       const struct vc_names *aliases, struct vc_lease_use *ret_use,
                       struct vc_err *err) VC_MUST_CHECK;
int vc_lease_use_take(struct vc_arena *arena, const struct vc_lease_use *use,
                      struct vc_err *err) VC_MUST_CHECK;
int vc_lease_use_confirm(struct vc_arena *arena, const struct vc_lease_use *use,
                         struct vc_err *err) VC_MUST_CHECK;
/* Only what this process took. */
void vc_lease_use_undo(struct vc_arena *arena, const struct vc_lease_use *use);
/* The same after a start that failed with @err, unless the guest may start yet. */
void vc_lease_use_failed(struct vc_arena *arena, const struct vc_lease_use *use,
                         const struct vc_err *err);
/* Whoever took them. */
int vc_lease_use_drop(struct vc_arena *arena, const struct vc_lease_use *use,
                      struct vc_err *err) VC_MUST_CHECK;

/**
 * struct vc_live - changes of a running guest
 * @domain:	as it was before, with its live XML
 * @aliases:	devices, in order
 * @elements:	the XML of each
 * @before, @after: our metadata, NULL none
 * @stuck:	which of @aliases are, or may be, not as before although the change failed
 */
struct vc_live {
	struct vc_virt_domain domain;
	struct vc_names aliases;
	struct vc_names elements;
	char *before, *after;
	struct vc_names stuck;
};

enum vc_live_action {
	VC_LIVE_ATTACH,
	VC_LIVE_DETACH,
};

/* All devices and the metadata, or nothing: what was done is undone, and the message
 * says what could not be. */
int vc_live_change(struct vc_arena *arena, const struct vc_manage *manage,
                   struct vc_live *live, enum vc_live_action action, struct vc_err *err)
	VC_MUST_CHECK;
/* The way back of a change that succeeded, because of @err, which is kept. */
void vc_live_undo(struct vc_arena *arena, const struct vc_manage *manage,
                  struct vc_live *live, enum vc_live_action action, struct vc_err *err);
