/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vf_link.h - MAC address and VLAN of VFs, asked of and set through the network interface of
 * their PF, in a child with a deadline.
 *
 * An interface is believed only when the kernel says that it belongs to the PF.
 */
#pragma once

#include "base/file.h"
#include "model/pci_address.h"
#include "node/node.h"

/**
 * struct vc_pf_link - the network interfaces of a PF
 * @pf:		PF
 * @interfaces:	names; the first one that has VFs counts, for there may be representors too
 */
struct vc_pf_link {
	struct vc_pci_address pf;
	struct vc_names interfaces;
};

/**
 * struct vc_vf_setting - what a PF has set for one of its VFs
 * @pf:		PF
 * @index:	of the VF, from 0
 * @mac:	"52:54:00:12:34:56", lower case; zeros: none. NULL: leave it
 * @vlan:	0 none; -1: leave it
 */
struct vc_vf_setting {
	struct vc_pci_address pf;
	unsigned index;
	char *mac;
	int vlan;
};

struct vc_vf_settings {
	struct vc_vf_setting *v;
	size_t n, cap;
};

/* Of every PF that answers; -VC_ERR_SYSTEM when none does. */
int vc_vf_settings_read(struct vc_arena *arena, const struct vc_local_node *node,
                        const struct vc_pf_link links[], size_t n_links,
                        unsigned deadline_ms, struct vc_vf_settings *ret_settings,
                        struct vc_err *err) VC_MUST_CHECK;
int vc_vf_setting_write(struct vc_arena *arena, const struct vc_local_node *node,
                        const struct vc_pf_link *link,
                        const struct vc_vf_setting *setting, struct vc_err *err)
	VC_MUST_CHECK;
