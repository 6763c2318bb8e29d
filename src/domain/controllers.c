/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Controllers that are in the domain because of our devices: ours are recorded in our
 * metadata, and go when nothing needs them any more.
 *
 * A record counts as long as the element is as we made it: somebody who changed it has
 * taken it over.
 */
#include <string.h>

#include "domain/check.h"
#include "domain/planner.h"

/**
 * vc_plan_controller() - Add a new controller to the plan
 * @planner:	planner
 * @controller:	.type, .index, .model and what else is to be written
 * @why:	static
 * @err:	out of memory
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_plan_controller(struct vc_planner *planner,
                       const struct vc_plan_controller *controller, const char *why,
                       struct vc_err *err)
{
	struct vc_plan_controller *slot =
		vc_list_push(planner->arena, &planner->plan->controllers);

	if (!slot)
		return vc_fail_oom(err);
	*slot = *controller;
	slot->action = VC_PLAN_ADD;
	slot->at = 0;
	slot->recorded = true;
	slot->why = why;
	return 0;
}

/* The element of a record, if it is still as we made it. */
static const struct vc_controller *find_made(const struct vc_planner *planner,
                                             const struct vc_controller_record *record)
{
	const struct vc_controllers *controllers = &planner->domain->controllers;

	for (size_t i = 0; i < controllers->n; i++) {
		const struct vc_controller *c = &controllers->v[i];

		if (c->plain && c->has_index && c->index == record->index && c->type &&
		    strcmp(c->type, record->type) == 0 && c->model &&
		    strcmp(c->model, record->model) == 0)
			return c;
	}
	return NULL;
}

/* Devices of the plan by their place in <devices>. */
struct places {
	struct vc_planned *v;
	size_t n;
	bool buses[VC_BUSES]; /* of PCI: which are needed */
};

static bool is_removed(const struct places *places, size_t at)
{
	return at < places->n && places->v[at].device &&
	       places->v[at].device->action == VC_PLAN_REMOVE;
}

/* Whether the domain has a SCSI device after the plan that needs the controller of this
 * index; an element that leaves it to libvirt may need any of them. */
static bool needs_scsi(const struct vc_planner *planner, const struct places *places,
                       unsigned index)
{
	const struct vc_domain *domain = planner->domain;
	const struct vc_plan *plan = planner->plan;

	for (size_t i = 0; i < domain->scsi_users.n; i++) {
		const struct vc_scsi_user *user = &domain->scsi_users.v[i];

		if ((user->controller < 0 || user->controller == index) &&
		    !is_removed(places, user->at))
			return true;
	}
	for (size_t i = 0; i < plan->devices.n; i++)
		if (plan->devices.v[i].host.kind == VC_KIND_SCSI &&
		    plan->devices.v[i].action == VC_PLAN_ADD)
			return true;
	return false;
}

static bool is_needed(const struct vc_planner *planner, const struct places *places,
                      const struct vc_controller_record *record)
{
	if (strcmp(record->type, "scsi") == 0)
		return needs_scsi(planner, places, record->index);
	if (strcmp(record->type, "pci") == 0 && record->index < VC_BUSES)
		return places->buses[record->index];
	return true;
}

static int plan_made(struct vc_planner *planner, const struct places *places,
                     const struct vc_controller_record *record, struct vc_err *err)
{
	const struct vc_controller *c = find_made(planner, record);
	struct vc_plan_controller *slot;

	if (!c)
		return 0;
	slot = vc_list_push(planner->arena, &planner->plan->controllers);
	if (!slot)
		return vc_fail_oom(err);
	*slot = (struct vc_plan_controller){
		.action = VC_PLAN_KEEP,
		.type = c->type,
		.index = c->index,
		.model = c->model,
		.node = -1,
		.at = c->at,
		.recorded = true,
		.why = "ours",
	};
	if (!places || is_needed(planner, places, record))
		return 0;
	slot->action = VC_PLAN_REMOVE;
	slot->recorded = false;
	slot->why = "nothing needs it any more";
	return 0;
}

/* [LV] without a controller libvirt adds one of a model that few guests know, behind a
 * PCI bridge. A domain with other SCSI devices has one, or gets what it always got. */
static int add_scsi(struct vc_planner *planner, struct vc_err *err)
{
	static char type[] = "scsi", model[] = "virtio-scsi";
	const struct vc_domain *domain = planner->domain;
	const struct vc_plan *plan = planner->plan;
	bool wanted = false;

	for (size_t i = 0; i < plan->devices.n; i++)
		wanted |= plan->devices.v[i].host.kind == VC_KIND_SCSI &&
		          plan->devices.v[i].action == VC_PLAN_ADD;
	if (!wanted || domain->scsi_users.n > 0)
		return 0;
	for (size_t i = 0; i < domain->controllers.n; i++)
		if (domain->controllers.v[i].type &&
		    strcmp(domain->controllers.v[i].type, type) == 0)
			return 0;
	return vc_plan_controller(
		planner,
		&(struct vc_plan_controller){ .type = type, .model = model, .node = -1 },
		"for SCSI devices", err);
}

/**
 * vc_plan_controllers() - Keep, remove and add controllers for the devices of the plan
 * @planner:	planner; the devices of its plan are complete
 * @err:	out of memory
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_plan_controllers(struct vc_planner *planner, struct vc_err *err)
{
	const struct vc_controller_records *records =
		&planner->domain->controller_records;
	struct places places = { 0 };

	if (vc_plan_by_place(planner->arena, planner->plan, &places.v, &places.n, err) <
	    0)
		return -(int)err->kind;
	vc_place_needed(planner, places.v, places.n, places.buses);
	for (size_t i = 0; i < records->n; i++)
		if (plan_made(planner, &places, &records->v[i], err) < 0)
			return -(int)err->kind;
	return add_scsi(planner, err);
}

/**
 * vc_plan_keep_controllers() - Keep the controllers that we made, and our records of them
 * @planner:	planner; the devices of its plan are complete
 * @err:	out of memory
 *
 * When no device is recorded any more we let go of the controllers too: they stay. A guest
 * that runs gets what a device needs that is attached to it.
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_plan_keep_controllers(struct vc_planner *planner, struct vc_err *err)
{
	const struct vc_controller_records *records =
		&planner->domain->controller_records;
	bool recorded = false;

	for (size_t i = 0; i < planner->plan->devices.n; i++)
		recorded |= planner->plan->devices.v[i].recorded;
	for (size_t i = 0; recorded && i < records->n; i++)
		if (plan_made(planner, NULL, &records->v[i], err) < 0)
			return -(int)err->kind;
	/* [LV] a SCSI controller can be plugged in */
	return planner->input->mode == VC_MODE_ATTACH ? add_scsi(planner, err) : 0;
}
