/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * show_cluster.h - `virt-claim show [NAMESPACE/]NAME`: claims of an API server, who holds
 * them and what releases them.
 */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "cli/cluster.h"
#include "pin/claim.h"

/* What became of a VM that holds a claim. */
enum vc_vm_state {
	VC_VM_UNKNOWN, /* it is no VM, or we may not look */
	VC_VM_THERE,
	VC_VM_DELETING,
	VC_VM_GONE, /* or another one of the same name is there */
};

/**
 * struct vc_held_claim - a claim, and what became of its holders
 * @vms:	one for each holder
 */
struct vc_held_claim {
	struct vc_pin_claim claim;
	enum vc_vm_state *vms;
};

int vc_show_cluster_claims(struct vc_arena *arena, struct vc_cluster *cluster, bool json,
                           char **operands, int n_operands, struct vc_err *err)
	VC_MUST_CHECK;

/* show_cluster_text.c, show_cluster_json.c. Each text is in the arena or static; NULL
 * means out of memory. */
int vc_held_claim_text(struct vc_arena *arena, const struct vc_held_claim *held,
                       struct vc_buf *buf, struct vc_err *err) VC_MUST_CHECK;
int vc_held_claims_json(struct vc_arena *arena, const struct vc_held_claim *v, size_t n,
                        struct vc_buf *buf, struct vc_err *err) VC_MUST_CHECK;
const char *vc_holder_release(struct vc_arena *arena, const struct vc_held_claim *held,
                              size_t i) VC_MUST_CHECK;
const char *vc_finalizer_release(const struct vc_pin_finalizer *finalizer) VC_MUST_CHECK;
