/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * claim_owner.h - whose claim it is, asked without making a plan.
 */
#pragma once

#include "domain/plan.h"

/* Only .pods, .vmi_name, .vmi_uid, .vm_uid of @who are looked at. */
enum vc_tri vc_claim_owner(const struct vc_plan_input *who,
                           const struct vc_claim *claim) VC_NONNULL;
