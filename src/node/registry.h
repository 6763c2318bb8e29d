/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * registry.h - the claims of a node: made, changed and removed, each under the lock; and
 * how they are.
 *
 * The machine is looked at before the lock is taken: vital product data can take seconds.
 */
#pragma once

#include "node/select.h"
#include "node/status.h"

/**
 * struct vc_claim_order - a claim that is to be made
 * @namespace, @name: of it
 * @wishes, @n_wishes: its devices
 */
struct vc_claim_order {
	const char *namespace, *name;
	const struct vc_wish *wishes;
	size_t n_wishes;
};

int vc_registry_create(struct vc_arena *arena, const struct vc_local_node *node,
                       const struct vc_claim_order *order,
                       struct vc_host_claim *ret_claim, struct vc_names *notes,
                       struct vc_err *err) VC_MUST_CHECK;
/* Refused while the journal has it, or a domain uses one of its devices. */
int vc_registry_delete(struct vc_arena *arena, const struct vc_local_node *node,
                       const char *namespace, const char *name, struct vc_err *err)
	VC_MUST_CHECK;

/**
 * struct vc_adoption - a device that is to be accepted for a claim
 * @namespace, @name: of the claim
 * @request:	which of its devices; NULL: the first that is not to be found, or the only one
 * @address:	the new device; NULL: what is in the slot of the old one
 */
struct vc_adoption {
	const char *namespace, *name;
	const char *request;
	const char *address;
};

/**
 * struct vc_adopted - what was accepted
 * @old, @now:	device of the claim before and after
 */
struct vc_adopted {
	struct vc_claimed_device old, now;
};

/* Refused while the journal has the claim. */
int vc_registry_adopt(struct vc_arena *arena, const struct vc_local_node *node,
                      const struct vc_adoption *adoption, struct vc_adopted *ret_adopted,
                      struct vc_names *notes, struct vc_err *err) VC_MUST_CHECK;

/**
 * struct vc_registry - claims, and how they are
 * @claims:	as asked for
 * @notes:	claims that cannot be read
 * @inventory, @entries, @leases: what the status follows from
 * @statuses:	one for each claim
 */
struct vc_registry {
	struct vc_host_claims claims;
	struct vc_names notes;
	struct vc_inventory inventory;
	struct vc_entries entries;
	struct vc_leases leases;
	struct {
		struct vc_claim_status *v;
		size_t n, cap;
	} statuses;
};

/* @name NULL: all claims. The result is where it is: .statuses point into it. */
int vc_registry_look(struct vc_arena *arena, const struct vc_local_node *node,
                     const char *namespace, const char *name,
                     struct vc_registry *registry, struct vc_err *err) VC_MUST_CHECK;
