/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * inventory.h - look at the whole host: which devices there are, what they prove to be,
 * and whether they can be claimed.
 *
 * Nothing is written and no driver is touched. libpci runs in a child process with a
 * deadline, as a module that is loaded there: see pci.h.
 */
#pragma once

#include "base/arena.h"
#include "model/inventory.h"

/**
 * struct vc_inventory_request - what to look at
 * @sysfs:	directory, "/sys" or a fixture
 * @proc:	"/proc" or a fixture: says what the host needs for itself; NULL: not asked
 * @modules_alias: file with the aliases of kernel modules; NULL none
 * @pci_ids:	file with names; NULL the one that libpci knows
 * @allowed:	addresses of devices that may be claimed although the host needs them
 * @n_allowed:	how many
 * @vpd:	read vital product data too, which is slow on some devices
 */
struct vc_inventory_request {
	const char *sysfs;
	const char *proc;
	const char *modules_alias;
	const char *pci_ids;
	const char *const *allowed;
	size_t n_allowed;
	bool vpd;
};

int vc_inventory_take(struct vc_arena *arena, const struct vc_inventory_request *request,
                      struct vc_inventory *ret_inventory, struct vc_err *err)
	VC_MUST_CHECK;
