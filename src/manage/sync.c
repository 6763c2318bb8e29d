/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stored definitions that follow their claims. A domain that names no claim is never
 * touched, and one that runs gets the change when it is started again.
 */
#include "manage/internal.h"

static int judge(const struct vc_virt_domain *domain,
                 const struct vc_translation *translation VC_UNUSED, struct vc_err *err)
{
	if (domain->persistent)
		return 0;
	return vc_fail(err, VC_ERR_REFUSED,
	               "domain '%s' has no stored definition that could be rewritten",
	               domain->name);
}

static bool names_claims(const struct vc_translation *t)
{
	return t->domain.records.n > 0;
}

/* [LV] with a managed-save image this wakes the guest up, and the hook may rewrite what
 * was saved. */
static int create(struct vc_arena *arena, const struct vc_manage *manage,
                  const struct vc_definition *d, struct vc_err *err)
{
	const struct vc_virt_request request = {
		.operation = VC_VIRT_CREATE,
		.uri = manage->uri,
		.domain = d->domain.uuid,
		.deadline_ms = manage->timeout_ms,
	};
	bool stale;

	return vc_virt_change(arena, &request, &stale, err);
}

static int start(struct vc_arena *arena, const struct vc_manage *manage,
                 const struct vc_definition *d, struct vc_err *err)
{
	struct vc_lease_use use;

	if (vc_lease_use_after(arena, manage, d, NULL, &use, err) < 0 ||
	    vc_lease_use_take(arena, &use, err) < 0)
		return vc_err_context(err, "not started");
	if (create(arena, manage, d, err) < 0) {
		vc_lease_use_failed(arena, &use, err);
		return vc_err_context(err, "not started");
	}
	return vc_lease_use_confirm(arena, &use, err);
}

/**
 * vc_manage_sync() - Rewrite the stored definition of one domain
 * @arena:	holds the result
 * @manage:	options
 * @name:	name or UUID
 * @options:	see there
 * @ret_sync:	what was done
 * @err:	what is wrong; with .autostart the definition may be rewritten by then
 *
 * Return: 0, -VC_ERR_ABSENT, -VC_ERR_REFUSED, -VC_ERR_INPUT, -VC_ERR_SYSTEM or
 * -VC_ERR_INTERNAL
 */
int vc_manage_sync(struct vc_arena *arena, const struct vc_manage *manage,
                   const char *name, const struct vc_sync_options *options,
                   struct vc_sync *ret_sync, struct vc_err *err)
{
	struct vc_definition d = {
		.name = name,
		.input = { .mode = VC_MODE_REWRITE },
		.judge = judge,
	};
	struct vc_sync sync = { .state = VC_SYNC_NO_CLAIMS };

	if (vc_definition_plan(arena, manage, &d, err) < 0)
		return -(int)err->kind;
	if (names_claims(&d.translation))
		sync.state =
			d.translation.changed ? VC_SYNC_WOULD_CHANGE : VC_SYNC_CURRENT;
	if (sync.state == VC_SYNC_WOULD_CHANGE && !options->dry_run) {
		if (vc_definition_store(arena, manage, &d, err) < 0)
			return -(int)err->kind;
		/* unless somebody else put it right meanwhile */
		sync.state = d.translation.changed ? VC_SYNC_CHANGED : VC_SYNC_CURRENT;
	}
	if (options->autostart && !options->dry_run && d.domain.autostart &&
	    !d.domain.active && names_claims(&d.translation)) {
		if (start(arena, manage, &d, err) < 0)
			return -(int)err->kind;
		sync.started = true;
	}
	sync.active = d.domain.active;
	sync.name = d.domain.name;
	sync.plan = d.translation.plan;
	*ret_sync = sync;
	return 0;
}
