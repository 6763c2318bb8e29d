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
#include "model/place.h"

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
 * @host:	host side after the change
 * @mac:	of VC_KIND_NETWORK and _VDPA: "52:54:00:..."; NULL: what is there stays
 * @vlan:	of VC_KIND_NETWORK: 1..4094; 0: what is there stays
 * @target:	of a new VC_KIND_NVME: "vda", the name of the disk in the guest
 * @managed:	VC_YES only if asked
 * @options:	what to write beside the host side; unset members keep what is there
 * @at:		which child node of <devices> it is, counted from 1 over all nodes
 *		(text and comments too); 0 for a new element, and for a VC_PLAN_KEEP or
 *		VC_PLAN_UNBIND that is about the record only (the element has gone)
 * @recorded:	whether our metadata has a <device> for it after the change
 * @made:	whether the element was made by us (and may be removed by us)
 * @keep_alias:	the element had its user alias before us: VC_PLAN_UNBIND leaves it; in
 *		our metadata keepAlias="yes"
 * @namespace:	of the claim; NULL unknown
 * @claim:	name of the claim; NULL unknown
 * @pod_claim:	see struct vc_binding
 * @uid:	of the claim; NULL unknown
 * @request:	NULL unknown
 * @subrequest:	NULL
 * @index:	which device of the request, from 1; 0 when the request is unknown
 * @device:	the device; NULL when no input describes it (VC_PLAN_KEEP, _REMOVE, ...)
 * @driver, @pool, @device_name, @identity: for our metadata: of @device, else as
 *		recorded; NULL unknown
 * @origin_kind: who asked
 * @origin:	the same in words
 * @from:	host side before, as people write it; NULL when new
 * @to:		host side after; NULL when removed
 * @why:	one short clause for the table
 */
struct vc_plan_device {
	enum vc_plan_action action;
	char *alias;
	struct vc_host_side host;
	char *mac;
	unsigned vlan;
	char *target;
	enum vc_tri managed;
	struct vc_options options;
	size_t at;
	bool recorded;
	bool made;
	bool keep_alias;
	char *namespace;
	char *claim;
	char *pod_claim;
	char *uid;
	char *request;
	char *subrequest;
	unsigned index;
	const struct vc_device *device;
	char *driver, *pool, *device_name, *identity;
	enum vc_binding_origin origin_kind;
	char *origin;
	char *from;
	char *to;
	char *why;
};

/**
 * struct vc_plan_controller - a controller that is in the domain because of our devices
 * @action:	VC_PLAN_ADD, VC_PLAN_REMOVE, or VC_PLAN_KEEP: it is there and needed
 * @type:	[LV] formatdomain, "Controllers": "scsi", "pci"
 * @index:	unique among those of its type
 * @model:	"virtio-scsi", "pcie-root-port", ...
 * @bus_nr:	target/@busNr of an expander bus, 1..254; 0 none
 * @node:	target/node, the guest's NUMA cell; -1 none
 * @address:	where a new one is; not set: libvirt chooses
 * @at:		which child node of <devices> it is, as of a device; 0 for a new one
 * @recorded:	whether our metadata has it after the change
 * @why:	one short clause
 */
struct vc_plan_controller {
	enum vc_plan_action action;
	char *type;
	unsigned index;
	char *model;
	unsigned bus_nr;
	int node;
	struct vc_guest_address address;
	size_t at;
	bool recorded;
	const char *why;
};

/**
 * struct vc_plan - a plan
 * @devices:	in the order in which new elements and records are written
 * @controllers: the same
 * @place:	VC_PLACE_ flags for our metadata, written when anything else is
 * @addresses:	guest addresses of aliases without element, for our metadata
 * @notes:	warnings for a person, in order
 * @metadata:	whether our <claims> metadata is touched: it then has one <device> for
 *		each of @devices that is .recorded, one <controller> for each such of
 *		@controllers, and is removed when there is none of either. When false,
 *		metadata stays as it is
 * @libvirt:	version that the result is for, as in struct vc_plan_input; 0 not said
 */
struct vc_plan {
	struct {
		struct vc_plan_device *v;
		size_t n, cap;
	} devices;
	struct {
		struct vc_plan_controller *v;
		size_t n, cap;
	} controllers;
	unsigned place;
	struct vc_remembereds addresses;
	struct {
		char **v;
		size_t n, cap;
	} notes;
	bool metadata;
	unsigned long libvirt;
};

const char *vc_plan_action_name(enum vc_plan_action action);
