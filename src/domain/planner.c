/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "domain/planner.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/**
 * vc_plan_note() - Add a warning to the plan
 * @planner:	planner
 * @err:	out of memory
 * @fmt:	one line without newline
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_plan_note(const struct vc_planner *planner, struct vc_err *err, const char *fmt,
                 ...)
{
	char text[VC_ERR_MSG_SIZE];
	char **slot = vc_list_push(planner->arena, &planner->plan->notes);
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (slot)
		*slot = vc_arena_strdup(planner->arena, text);
	return slot && *slot ? 0 : vc_fail_oom(err);
}

/**
 * vc_claim_label() - What to call a claim in messages
 * @planner:	planner; its arena holds the text
 * @claim:	claim
 *
 * Return: "namespace/name", "name", "UID ..." or "without a name"; never NULL
 */
const char *vc_claim_label(const struct vc_planner *planner, const struct vc_claim *claim)
{
	const char *label = "without a name";

	if (claim->name && claim->namespace)
		label = vc_arena_printf(planner->arena, "%s/%s", claim->namespace,
		                        claim->name);
	else if (claim->name)
		label = claim->name;
	else if (claim->uid)
		label = vc_arena_printf(planner->arena, "UID %s", claim->uid);
	return label ? label : "?";
}

/**
 * vc_device_label() - The name of a device in its claim
 * @device:	device
 *
 * Return: its name in the pool, else the part of its CDI name behind '=', else NULL
 */
const char *vc_device_label(const struct vc_device *device)
{
	const char *equals;

	if (device->name)
		return device->name;
	equals = device->cdi_name ? strchr(device->cdi_name, '=') : NULL;
	return equals ? equals + 1 : NULL;
}

/**
 * vc_device_host() - The host side of a claim's device, as people write it
 * @planner:	planner; its arena holds the text
 * @device:	device
 *
 * Return: see vc_host_side_text(); NULL when it is not known
 */
const char *vc_device_host(const struct vc_planner *planner,
                           const struct vc_device *device)
{
	return vc_host_side_text(planner->arena, &device->host);
}

/**
 * vc_bound_text() - The host side of a bound device, as people write it
 * @planner:	planner; its arena holds the text
 * @bound:	.host is set
 *
 * Return: see vc_host_side_text(); never NULL
 */
const char *vc_bound_text(const struct vc_planner *planner, const struct vc_bound *bound)
{
	const char *text = vc_host_side_text(planner->arena, &bound->host);

	return text ? text : "?";
}

/**
 * vc_hostdev_host() - The host side of an element
 * @planner:	planner; its arena holds the text
 * @hostdev:	element, NULL has none
 *
 * Return: see vc_host_side_text(); NULL when it has none
 */
const char *vc_hostdev_host(const struct vc_planner *planner,
                            const struct vc_hostdev *hostdev)
{
	return hostdev ? vc_host_side_text(planner->arena, &hostdev->host) : NULL;
}

/**
 * vc_planned_host() - The host side that an element has after the plan
 * @planner:	planner; its arena holds the text
 * @device:	device of the plan
 *
 * Return: see vc_host_side_text(); NULL when it has none
 */
const char *vc_planned_host(const struct vc_planner *planner,
                            const struct vc_plan_device *device)
{
	return vc_host_side_text(planner->arena, &device->host);
}

static int index_device(struct vc_planner *planner, size_t claim, size_t device,
                        struct vc_err *err)
{
	const struct vc_claim *c = &planner->input->claims->v[claim];
	const struct vc_device *d = &c->devices.v[device];
	const char *label = vc_device_label(d);
	const char *request = NULL, *name = NULL, *nameless = NULL;

	if (d->request)
		request = vc_arena_printf(planner->arena, "%zu/%s", claim, d->request);
	if (label)
		name = vc_arena_printf(planner->arena, "%zu/%s", claim, label);
	if (label && !c->uid && !c->name)
		nameless = vc_arena_printf(planner->arena, "/%s", label);
	if ((d->request && !request) || (label && !name))
		return vc_fail_oom(err);
	if (vc_index_add(planner->arena, &planner->requests, request, device, err) < 0 ||
	    vc_index_add(planner->arena, &planner->names, name, device, err) < 0)
		return -(int)err->kind;
	return vc_index_add(planner->arena, &planner->claim_names, nameless, claim, err);
}

static int index_claims(struct vc_planner *planner, struct vc_err *err)
{
	const struct vc_claims *claims = planner->input->claims;

	for (size_t i = 0; i < claims->n; i++) {
		const struct vc_claim *c = &claims->v[i];

		if (vc_index_add(planner->arena, &planner->claim_uids, c->uid, i, err) <
		            0 ||
		    vc_index_add(planner->arena, &planner->claim_names, c->name, i, err) <
		            0 ||
		    vc_index_add(planner->arena, &planner->claim_pods, c->pod_claim, i,
		                 err) < 0)
			return -(int)err->kind;
		for (size_t j = 0; j < c->devices.n; j++)
			if (index_device(planner, i, j, err) < 0)
				return -(int)err->kind;
	}
	return 0;
}

static int index_pods(struct vc_planner *planner, struct vc_err *err)
{
	const struct vc_pods *pods = planner->input->pods;

	for (size_t i = 0; pods && i < pods->n; i++)
		if (vc_index_add(planner->arena, &planner->pod_uids, pods->v[i].uid, i,
		                 err) < 0 ||
		    vc_index_add(planner->arena, &planner->pod_names, pods->v[i].name, i,
		                 err) < 0)
			return -(int)err->kind;
	return 0;
}

static int index_domain(struct vc_planner *planner, struct vc_err *err)
{
	const struct vc_domain *domain = planner->domain;
	struct vc_arena *arena = planner->arena;

	for (size_t i = 0; i < domain->hostdevs.n; i++) {
		const struct vc_hostdev *h = &domain->hostdevs.v[i];

		if (vc_index_add(arena, &planner->hostdevs, h->alias, i, err) < 0 ||
		    vc_index_add(arena, &planner->hosts,
		                 vc_host_side_key(arena, &h->host), i, err) < 0)
			return -(int)err->kind;
	}
	for (size_t i = 0; i < domain->guests.n; i++)
		if (vc_index_add(arena, &planner->guests, domain->guests.v[i].alias, i,
		                 err) < 0)
			return -(int)err->kind;
	for (size_t i = 0; i < domain->records.n; i++)
		if (vc_index_add(arena, &planner->records,
		                 domain->records.v[i].binding.alias, i, err) < 0)
			return -(int)err->kind;
	return 0;
}

/**
 * vc_planner_init() - Index claims and domain
 * @planner:	.arena, .document, .domain, .input and .plan are set, the rest is zero
 * @err:	out of memory
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_planner_init(struct vc_planner *planner, struct vc_err *err)
{
	if (index_claims(planner, err) < 0 || index_pods(planner, err) < 0 ||
	    index_domain(planner, err) < 0)
		return -(int)err->kind;
	planner->checked = vc_arena_alloc(planner->arena, planner->input->claims->n + 1,
	                                  sizeof(*planner->checked));
	if (!planner->checked)
		return vc_fail_oom(err);
	vc_index_sort(&planner->pod_uids);
	vc_index_sort(&planner->pod_names);
	vc_index_sort(&planner->claim_uids);
	vc_index_sort(&planner->claim_names);
	vc_index_sort(&planner->claim_pods);
	vc_index_sort(&planner->requests);
	vc_index_sort(&planner->names);
	vc_index_sort(&planner->hostdevs);
	vc_index_sort(&planner->hosts);
	vc_index_sort(&planner->guests);
	vc_index_sort(&planner->records);
	return 0;
}

#define LIST_MAX 16 /* entries in one message */

/**
 * vc_list_more() - A list of names for a message, one entry longer
 * @planner:	planner; its arena holds the text
 * @text:	list so far, "" at first
 * @i:		how many entries it has
 * @entry:	next one
 *
 * Return: the longer list; from a certain length on only "and more" is added, once
 */
const char *vc_list_more(const struct vc_planner *planner, const char *text, size_t i,
                         const char *entry)
{
	const char *more = NULL;

	if (i < LIST_MAX)
		more = vc_arena_printf(planner->arena, "%s%s'%s'", text,
		                       i > 0 ? ", " : "", entry);
	else if (i == LIST_MAX)
		more = vc_arena_printf(planner->arena, "%s and more", text);
	return more ? more : text;
}
