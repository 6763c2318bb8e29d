/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * facts.h - reads from objects what world.h wants to know.
 */
#pragma once

#include "claim/tree.h"
#include "controller/world.h"
#include "pin/claim.h"

/* On a claim: the VM of its namespace that it is to be pinned to */
#define VC_PIN_TO "virt-claim.io/pin-to"

/* On a VM: the claims of its namespace that are to be pinned to it, "a,b" */
#define VC_PERSISTENT_CLAIMS "virt-claim.io/persistent-claims"

int vc_facts_of_claim(struct vc_arena *arena, const struct vc_node *object,
                      struct vc_claim_facts *ret_facts, struct vc_err *err) VC_MUST_CHECK;
void vc_facts_of_pin(const struct vc_pin_claim *claim, const char *wanted,
                     struct vc_claim_facts *ret_facts);
int vc_facts_of_vm(struct vc_arena *arena, const struct vc_node *object,
                   struct vc_vm_facts *ret_facts, struct vc_err *err) VC_MUST_CHECK;
