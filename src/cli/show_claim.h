/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * show_claim.h - `virt-claim show [NAMESPACE/]NAME`: claims of this host.
 *
 * Apart from the rest of `show`, which knows trees: "node.h" of the machine and "tree.h"
 * both have a struct vc_node.
 */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"

/* No file of that name exists, and a claim could have it. */
bool vc_show_is_claim(const char *operand);
/* Prints them. @config: --config, NULL not given */
int vc_show_claims(struct vc_arena *arena, const char *config, bool json, char **operands,
                   int n_operands, struct vc_err *err) VC_MUST_CHECK;
