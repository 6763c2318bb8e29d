/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * show_node.h - `virt-claim show NAMESPACE/NAME` on a Kubernetes node: whether virt-claimd
 * publishes the claim there, and what is missing if not.
 */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"

int vc_show_node_claims(struct vc_arena *arena, const char *config, bool json,
                        char **operands, int n_operands, struct vc_err *err)
	VC_MUST_CHECK;
