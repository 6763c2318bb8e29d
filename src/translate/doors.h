/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * doors.h - the ways into a domain of KubeVirt, and what each of them can do.
 *
 *   stock	KubeVirt alone: it reads the metadata of the claim and writes the element
 *   plugin	a Plugin with a CEL expression, see src/generate/
 *   hook	onDefineDomain in a sidecar
 */
#pragma once

#include "claim/vmi.h"
#include "model/claim.h"

enum vc_door {
	VC_DOOR_STOCK = 1,
	VC_DOOR_PLUGIN,
	VC_DOOR_HOOK,
};

/* What stock KubeVirt understands of a claim [KV] pkg/dra/utils.go */
#define VC_KUBEVIRT_METADATA_VERSION "v1alpha1"
#define VC_KUBEVIRT_MDEV_UUID        "mdevUUID" /* of the driver's own domain */

/* The devices of a request, as far as the claims show them. */
struct vc_door_match {
	const struct vc_claim *claim; /* NULL: not among the claims */
	const struct vc_device *first;
	size_t n;         /* devices */
	size_t n_drivers; /* different ones */
	bool ambiguous;   /* several claims have that name */
};

bool vc_door_asks(const struct vc_binding *binding, enum vc_opt opt) VC_NONNULL;
bool vc_door_asks_any(const struct vc_binding *binding) VC_NONNULL;
enum vc_door vc_door_of_option(const struct vc_options *options,
                               enum vc_opt opt) VC_NONNULL;
enum vc_door vc_door_of_kind(enum vc_kind kind);
void vc_door_find(const struct vc_claims *claims, const struct vc_binding *binding,
                  struct vc_door_match *ret_match) VC_NONNULL;
