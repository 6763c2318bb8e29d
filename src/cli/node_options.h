/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * node_options.h - what the commands that work on claims of this host have in common:
 * where the configuration is, and how a claim is named.
 */
#pragma once

#include "base/arena.h"
#include "cli/command.h"
#include "node/node.h"

struct vc_node_options {
	const char *config;
};

/* One row of a command's table; @type has a member `struct vc_node_options node`. */
#define VC_NODE_OPTION_CONFIG(type)                                                 \
	{                                                                           \
		"config", 0, VC_OPTION_STRING, offsetof(type, node.config), "FILE", \
			"read this configuration instead of $VIRT_CLAIM_CONFIG or " \
			"/etc/virt-claim/virt-claim.yaml",                          \
			VC_COMPLETES_FILE, NULL                                     \
	}

/**
 * struct vc_claim_operand - how people name a host claim
 * @namespace:	VC_HOST_NAMESPACE when it was left out
 * @name:	name
 */
struct vc_claim_operand {
	const char *namespace;
	const char *name;
};

int vc_node_options_open(struct vc_arena *arena, const struct vc_node_options *options,
                         struct vc_local_node *ret_node, struct vc_err *err)
	VC_MUST_CHECK;
int vc_claim_operand_parse(struct vc_arena *arena, const char *text,
                           struct vc_claim_operand *ret_operand, struct vc_err *err)
	VC_MUST_CHECK;
