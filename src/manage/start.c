/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Starting a domain with the devices of today.
 *
 * [LV] virDomainCreateXML with name and UUID of a persistent domain: the guest runs with
 * what we translated, the stored definition stays as it is. So the guest's addresses of
 * devices that have none in the XML are chosen anew at each start.
 */
#include "manage/internal.h"

static int check(const struct vc_virt_domain *d, struct vc_err *err)
{
	if (d->active)
		return vc_fail(err, VC_ERR_REFUSED, "domain '%s' runs already", d->name);
	if (d->managed_save)
		return vc_fail(
			err, VC_ERR_REFUSED,
			"domain '%s' has a managed-save image, and starting it "
			"afresh would leave the saved memory behind for a later "
			"start, over disks that have changed by then; wake it with "
			"'virsh start', or drop it with 'virsh "
			"managedsave-remove'",
			d->name);
	return 0;
}

static int create(struct vc_arena *arena, const struct vc_manage *manage,
                  const struct vc_definition *d, bool paused, bool *ret_stale,
                  struct vc_err *err)
{
	const struct vc_virt_request request = {
		.operation = VC_VIRT_CREATE,
		.uri = manage->uri,
		.domain = d->domain.uuid,
		.xml = d->translation.xml,
		.expected = d->domain.xml,
		.paused = paused,
		.deadline_ms = manage->timeout_ms,
	};

	return vc_virt_change(arena, &request, ret_stale, err);
}

/* One try, with leases. */
static int try(struct vc_arena *arena, const struct vc_manage *manage,
               const struct vc_definition *d, bool paused, bool *ret_stale,
               struct vc_err *err)
{
	struct vc_lease_use use;

	if (vc_lease_use_after(arena, manage, d, NULL, &use, err) < 0 ||
	    vc_lease_use_take(arena, &use, err) < 0)
		return -(int)err->kind;
	if (create(arena, manage, d, paused, ret_stale, err) < 0) {
		vc_lease_use_failed(arena, &use, err);
		return -(int)err->kind;
	}
	if (*ret_stale) {
		vc_lease_use_undo(arena, &use);
		return 0;
	}
	return vc_lease_use_confirm(arena, &use, err);
}

static int report_devices(struct vc_arena *arena, const struct vc_definition *d,
                          bool paused, struct vc_manage_report *report,
                          struct vc_err *err)
{
	const struct vc_plan *plan = &d->translation.plan;

	if (vc_manage_line(arena, report, err, "%s: started%s%s", d->domain.name,
	                   paused ? ", paused" : "",
	                   plan->devices.n == 0 ? "; it names no claim" : "") < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < plan->devices.n; i++) {
		const struct vc_plan_device *device = &plan->devices.v[i];

		if (device->to &&
		    vc_manage_line(arena, report, err, "%s: %s: %s", d->domain.name,
		                   device->alias, device->to) < 0)
			return -(int)err->kind;
	}
	return vc_manage_notes(arena, report, &d->translation, err);
}

/**
 * vc_manage_start() - Start a domain with the devices of its claims
 * @arena:	holds the report
 * @manage:	options; with claims of its own and no binding anywhere, every device of
 *		these claims is attached
 * @name:	name or UUID
 * @paused:	leave its CPUs stopped
 * @report:	what runs now
 * @err:	what is wrong
 *
 * Return: 0, -VC_ERR_ABSENT (no such domain), -VC_ERR_REFUSED (runs already, has a saved
 * state, a device is in use, or as vc_translate()), -VC_ERR_SYSTEM or -VC_ERR_INTERNAL
 */
int vc_manage_start(struct vc_arena *arena, const struct vc_manage *manage,
                    const char *name, bool paused, struct vc_manage_report *report,
                    struct vc_err *err)
{
	struct vc_definition d = {
		.name = name,
		.input = { .mode = VC_MODE_REWRITE,
		           .attach_all = manage->input.n_claims > 0 },
	};

	for (int i = 0; i < VC_MANAGE_ATTEMPTS; i++) {
		bool stale = false;

		if (vc_manage_facts(arena, manage, name, VC_VIRT_INACTIVE, &d.domain,
		                    err) < 0 ||
		    check(&d.domain, err) < 0 ||
		    vc_manage_translate(arena, manage, &d.domain, &d.input,
		                        &d.translation, err) < 0 ||
		    try(arena, manage, &d, paused, &stale, err) < 0)
			return -(int)err->kind;
		if (!stale)
			return report_devices(arena, &d, paused, report, err);
	}
	return vc_fail(err, VC_ERR_REFUSED,
	               "the definition of '%s' was edited by somebody else %d times "
	               "meanwhile; it was not started, try again",
	               d.domain.name, VC_MANAGE_ATTEMPTS);
}
