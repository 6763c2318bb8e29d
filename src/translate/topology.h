/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * topology.h - put the picture of host and guest together from what was read.
 */
#pragma once

#include "domain/guest_bus.h"
#include "model/inventory.h"
#include "model/topology.h"
#include "translate/translate.h"

/**
 * struct vc_topology_input - what the picture is made of
 * @translation: of vc_translate_claims(): claims, domain, VMI
 * @buses:	of the domain; NULL when there is no domain
 * @inventory:	of the host; NULL when it was not looked at
 * @used_only:	leave out host devices that nobody claims or uses, unless they are in an
 *		IOMMU group with one that is; and guest devices that QEMU emulates
 */
struct vc_topology_input {
	const struct vc_translation *translation;
	const struct vc_guest_buses *buses;
	const struct vc_inventory *inventory;
	bool used_only;
};

int vc_topology_make(struct vc_arena *arena, const struct vc_topology_input *input,
                     struct vc_topology *ret_topology, struct vc_err *err) VC_MUST_CHECK;
