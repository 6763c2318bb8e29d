/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * planner.h - what the parts of vc_plan_make() share. Only they include it.
 *
 *   match.c	a binding -> its claim and the devices of its request
 *   owner.c	whose claim it is
 *   bind.c	all bindings, merged -> one vc_bound per alias
 *   bind_options.c	what was given for an alias, whoever bound it
 *   kind.c	what to make of a device
 *   network.c	MAC addresses, VLANs and names of disks
 *   identity.c	what a device is, and whether it is what was recorded
 *   option_check.c	whether it can have the options asked for
 *   plan_check.c	what is wrong with giving this device to this domain
 *   host_use.c	each host device once
 *   guest_use.c	each guest address and boot order once
 *   controllers.c controllers that devices need
 *   place*.c	where the guest sees devices, see place.h
 *   place_check.c	guest addresses where no device can be
 *   adopt.c	adopt and unbind
 *   hotplug.c	attach and detach
 *   plan.c	actions
 */
#pragma once

#include "domain/guest_topology.h"
#include "domain/index.h"
#include "domain/plan.h"

/**
 * struct vc_planner - one run
 * @claim_uids, @claim_names, @claim_pods: index into the claims. A claim without uid and
 *		name is found in @claim_names as "/<device>", once for each device
 * @requests:	"<claim number>/<request>" -> device of the claim
 * @names:	"<claim number>/<device>" -> device of the claim
 * @pod_uids, @pod_names: index into the pods
 * @checked:	for each claim whether it was found to be in order as a whole
 * @hostdevs:	alias -> host device of the domain
 * @hosts:	key of a host side -> host device of the domain
 * @guests:	alias -> guest device of the domain
 * @records:	alias -> record
 */
struct vc_planner {
	struct vc_arena *arena;
	const struct vc_document *document;
	const struct vc_domain *domain;
	const struct vc_plan_input *input;
	struct vc_plan *plan;
	struct vc_index claim_uids, claim_names, claim_pods;
	struct vc_index requests, names;
	struct vc_index pod_uids, pod_names;
	bool *checked;
	struct vc_index hostdevs, hosts, guests, records;
};

int vc_planner_init(struct vc_planner *planner, struct vc_err *err) VC_MUST_CHECK;

/* The devices that a binding means: entries of an index, values are device numbers. */
struct vc_match {
	const struct vc_claim *claim;
	const struct vc_index_entry *devices;
	size_t n;
};

int vc_match(const struct vc_planner *planner, const struct vc_binding *binding,
             struct vc_match *ret_match, struct vc_err *err) VC_MUST_CHECK;
unsigned vc_match_position(const struct vc_planner *planner, const struct vc_claim *claim,
                           const struct vc_device *device);

/**
 * struct vc_bound - one alias of the domain, and what it is bound to
 * @alias:	whole alias
 * @binding:	the one that won
 * @record:	of this alias; NULL
 * @hostdev:	element that has the alias; NULL: there is none yet
 * @claim, @device: NULL: no input describes it
 * @index:	which device of the request; 0 unknown
 * @options:	merged
 * @host:	the device's host side, in the kind that it is to have, see vc_bound_host()
 * @surplus:	recorded, but the claim has fewer devices now
 */
struct vc_bound {
	const char *alias;
	const struct vc_binding *binding;
	const struct vc_record *record;
	const struct vc_hostdev *hostdev;
	const struct vc_claim *claim;
	const struct vc_device *device;
	unsigned index;
	struct vc_options options;
	struct vc_host_side host;
	bool surplus;
};

struct vc_bounds {
	struct vc_bound *v;
	size_t n, cap;
};

int vc_bind(struct vc_planner *planner, struct vc_bounds *ret_bounds, struct vc_err *err)
	VC_MUST_CHECK;
int vc_bind_alias(const struct vc_planner *planner, const struct vc_claim *claim,
                  const struct vc_device *device, char **ret_alias, struct vc_err *err)
	VC_MUST_CHECK;
int vc_bind_element(const struct vc_planner *planner, struct vc_bound *bound,
                    struct vc_err *err) VC_MUST_CHECK;

int vc_bind_options(const struct vc_planner *planner, struct vc_bounds *bounds,
                    struct vc_err *err) VC_MUST_CHECK;

int vc_check_options(const struct vc_planner *planner, const struct vc_bound *bound,
                     const struct vc_host_side *host, struct vc_err *err) VC_MUST_CHECK;
int vc_bound_host(const struct vc_planner *planner, struct vc_bound *bound,
                  struct vc_err *err) VC_MUST_CHECK;
int vc_check_bound(struct vc_planner *planner, struct vc_bound *bound, struct vc_err *err)
	VC_MUST_CHECK;
int vc_check_address(const struct vc_planner *planner, const struct vc_bound *bound,
                     struct vc_err *err) VC_MUST_CHECK;
int vc_check_host_use(const struct vc_planner *planner, struct vc_err *err) VC_MUST_CHECK;
int vc_check_guest_use(const struct vc_planner *planner, struct vc_err *err)
	VC_MUST_CHECK;

int vc_check_guest_place(const struct vc_planner *planner, struct vc_err *err)
	VC_MUST_CHECK;

struct vc_planned;
int vc_place(struct vc_planner *planner, struct vc_err *err) VC_MUST_CHECK;
int vc_place_recall(const struct vc_planner *planner, const struct vc_bound *bound,
                    struct vc_options *options, struct vc_err *err) VC_MUST_CHECK;
int vc_place_remember(struct vc_planner *planner, struct vc_err *err) VC_MUST_CHECK;
void vc_place_needed(const struct vc_planner *planner, const struct vc_planned *at,
                     size_t n_at, bool ret_needed[VC_BUSES]);

int vc_check_owner(struct vc_planner *planner, const struct vc_bound *bound,
                   struct vc_err *err) VC_MUST_CHECK;
enum vc_tri vc_claim_is_ours(const struct vc_planner *planner,
                             const struct vc_claim *claim);

bool vc_still_recorded(const struct vc_bound *b);
int vc_identity(const struct vc_planner *planner, const struct vc_bound *bound,
                char **ret_identity, struct vc_err *err) VC_MUST_CHECK;
int vc_identity_check(const struct vc_planner *planner, const struct vc_bound *bound,
                      struct vc_err *err) VC_MUST_CHECK;

int vc_plan_bound(struct vc_planner *planner, const struct vc_bound *bound,
                  struct vc_plan_device **ret_device, struct vc_err *err) VC_MUST_CHECK;
int vc_plan_record(struct vc_planner *planner, const struct vc_record *record,
                   struct vc_plan_device **ret_device, struct vc_err *err) VC_MUST_CHECK;
int vc_plan_network(const struct vc_planner *planner, const struct vc_bound *bound,
                    struct vc_plan_device *device, struct vc_err *err) VC_MUST_CHECK;
int vc_plan_disk(const struct vc_planner *planner, struct vc_plan_device *device,
                 struct vc_err *err) VC_MUST_CHECK;
int vc_plan_controller(struct vc_planner *planner,
                       const struct vc_plan_controller *controller, const char *why,
                       struct vc_err *err) VC_MUST_CHECK;
int vc_plan_controllers(struct vc_planner *planner, struct vc_err *err) VC_MUST_CHECK;
int vc_plan_keep_controllers(struct vc_planner *planner, struct vc_err *err)
	VC_MUST_CHECK;
int vc_plan_adopt(struct vc_planner *planner, struct vc_err *err) VC_MUST_CHECK;
int vc_plan_keep_others(struct vc_planner *planner, const struct vc_bounds *bounds,
                        struct vc_err *err) VC_MUST_CHECK;
int vc_plan_detach(struct vc_planner *planner, struct vc_err *err) VC_MUST_CHECK;
int vc_plan_unbind(struct vc_planner *planner, struct vc_err *err) VC_MUST_CHECK;

int vc_plan_note(const struct vc_planner *planner, struct vc_err *err, const char *fmt,
                 ...) VC_PRINTF(3, 4);
const char *vc_list_more(const struct vc_planner *planner, const char *text, size_t i,
                         const char *entry);
const char *vc_claim_label(const struct vc_planner *planner,
                           const struct vc_claim *claim);
const char *vc_device_label(const struct vc_device *device);
const char *vc_bound_text(const struct vc_planner *planner, const struct vc_bound *bound);
const char *vc_device_host(const struct vc_planner *planner,
                           const struct vc_device *device);
const char *vc_hostdev_host(const struct vc_planner *planner,
                            const struct vc_hostdev *hostdev);
const char *vc_planned_host(const struct vc_planner *planner,
                            const struct vc_plan_device *device);
