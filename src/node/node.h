/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * node.h - the machine that claims are prepared on: where everything is, and what it has.
 */
#pragma once

#include <sys/types.h>

#include "host/inventory.h"
#include "model/host_claim.h"
#include "store/lease.h"
#include "translate/config.h"

/**
 * struct vc_local_node - one node, from the configuration
 * @config:	where things are
 * @boot_id:	this boot
 * @pool:	host name as a DNS label
 * @owner_pid, @owner_start: this process, for journal entries
 * @has_user, @uid, @gid: who gets the device nodes; !has_user: they stay as they are
 *		(libvirt gives nodes to its own QEMU by itself)
 * @leases:	for store/lease.h
 */
struct vc_local_node {
	const struct vc_config *config;
	char *boot_id;
	char *pool;
	long owner_pid;
	unsigned long long owner_start;
	bool has_user;
	uid_t uid;
	gid_t gid;
	struct vc_lease_store leases;
};

/* @config lives as long as the node. */
int vc_node_open(struct vc_arena *arena, const struct vc_config *config,
                 struct vc_local_node *ret_node, struct vc_err *err) VC_MUST_CHECK;
/* What the configuration says there is to look at. */
struct vc_inventory_request vc_node_inventory_request(struct vc_arena *arena,
                                                      const struct vc_local_node *node);
/* What the machine has now, with what the host needs and what the configuration allows. */
int vc_node_observe(struct vc_arena *arena, const struct vc_local_node *node,
                    struct vc_inventory *ret_inventory, struct vc_err *err) VC_MUST_CHECK;
