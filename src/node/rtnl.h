/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rtnl.h - the VFs of a network interface, as rtnetlink(7) tells and takes them.
 *
 * The driver of the PF answers, and may take its time, so callers are children with a
 * deadline: see vf_link.h.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

#define VC_MAC_BYTES 6U

/**
 * struct vc_rtnl_vf - one VF, as the driver of its PF knows it
 * @index:	from 0
 * @has_mac:	whether @mac is known, or to be set
 * @mac:	zeros: none
 * @has_vlan:	whether @vlan is known, or to be set
 * @vlan:	0 none
 */
struct vc_rtnl_vf {
	uint32_t index;
	bool has_mac;
	uint8_t mac[VC_MAC_BYTES];
	bool has_vlan;
	uint32_t vlan;
};

/**
 * struct vc_rtnl_link - a network interface
 * @ifindex:	its number, which stays when it is renamed
 * @parent:	name of the device that it belongs to, "0000:01:00.0"; NULL the kernel does
 *		not say (before 5.14)
 * @vfs:	in the order of the answer; none: it is not the interface of a PF with VFs
 */
struct vc_rtnl_link {
	int32_t ifindex;
	char *parent;
	struct {
		struct vc_rtnl_vf *v;
		size_t n, cap;
	} vfs;
};

/* A socket; the caller's. */
int vc_rtnl_open(int *ret_fd, struct vc_err *err) VC_MUST_CHECK;
int vc_rtnl_get(struct vc_arena *arena, int fd, const char *interface,
                struct vc_rtnl_link *ret_link, struct vc_err *err) VC_MUST_CHECK;
int vc_rtnl_set_vf(struct vc_arena *arena, int fd, int32_t ifindex,
                   const struct vc_rtnl_vf *vf, struct vc_err *err) VC_MUST_CHECK;
