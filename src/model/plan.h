/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan.h - the changes that one run makes to a domain, as data.
 *
 * Decided by pure code, shown by `preview`, carried out by the stylesheets, and compared
 * with the result afterwards.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "model/binding.h"
#include "model/claim.h"

enum vc_plan_action {
	VC_PLAN_KEEP,   /* the element is there and right, or nothing is known of it */
	VC_PLAN_ADD,    /* a new element */
	VC_PLAN_CHANGE, /* the element is there, its host side or options are replaced */
	VC_PLAN_REMOVE, /* an element that we made and that has no device any more */
	VC_PLAN_ADOPT, /* the element is there without our alias; it gets alias, binding */
	VC_PLAN_UNBIND, /* the element stays, alias and binding go */
};

/**
 * struct vc_plan_device - what happens to one device of the domain
 * @action:	see there
 * @alias:	whole alias
 * @kind:	kind of the device after the change
 * @pci:	host address, of VC_KIND_PCI
 * @mdev_uuid:	host identity, of VC_KIND_MDEV
 * @mdev_model:	of VC_KIND_MDEV
 * @managed:	VC_YES only if asked
 * @options:	what to write beside the host side; unset members keep what is there
 * @at:		which child node of <devices> it is, counted from 1 over all nodes
 *		(text and comments too); 0 for a new element
 * @made:	whether the element was made by us (and may be removed by us)
 * @namespace:	of the claim; NULL unknown
 * @claim:	name of the claim; NULL unknown
 * @pod_claim:	see struct vc_binding
 * @uid:	of the claim; NULL unknown
 * @request:	NULL unknown
 * @subrequest:	NULL
 * @index:	which device of the request, from 1; 0 when the request is unknown
 * @device:	the device; NULL when no input describes it (VC_PLAN_KEEP, _REMOVE, ...)
 * @origin_kind: who asked
 * @origin:	the same in words
 * @from:	host side before, as people write it; NULL when new
 * @to:		host side after; NULL when removed
 * @why:	one short clause for the table
 */
struct vc_plan_device {
	enum vc_plan_action action;
	char *alias;
	enum vc_kind kind;
	struct vc_pci_address pci;
	char *mdev_uuid;
	enum vc_mdev_model mdev_model;
	enum vc_tri managed;
	struct vc_options options;
	size_t at;
	bool made;
	char *namespace;
	char *claim;
	char *pod_claim;
	char *uid;
	char *request;
	char *subrequest;
	unsigned index;
	const struct vc_device *device;
	enum vc_binding_origin origin_kind;
	char *origin;
	char *from;
	char *to;
	char *why;
};

/**
 * struct vc_plan - a plan
 * @devices:	in the order in which new elements are written
 * @notes:	warnings for a person, in order
 * @metadata:	whether our <claims> metadata is written (it is kept, changed or removed
 *		to match @devices)
 */
struct vc_plan {
	struct {
		struct vc_plan_device *v;
		size_t n, cap;
	} devices;
	struct {
		char **v;
		size_t n, cap;
	} notes;
	bool metadata;
};

const char *vc_plan_action_name(enum vc_plan_action action);
