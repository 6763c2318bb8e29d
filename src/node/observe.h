/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * observe.h - what plans need beyond the inventory of src/host: what PFs have set for their
 * VFs, and who owns device nodes.
 */
#pragma once

#include "node/node.h"

int vc_observe_vfs(struct vc_arena *arena, const struct vc_local_node *node,
                   struct vc_inventory *inventory, struct vc_err *err) VC_MUST_CHECK;
int vc_observe_nodes(struct vc_arena *arena, const struct vc_local_node *node,
                     struct vc_inventory *inventory, struct vc_err *err) VC_MUST_CHECK;
