/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "domain/claim_owner.h"

#include "domain/planner.h"

/**
 * vc_claim_owner() - Whether a claim belongs to a VM
 * @who:	the VM, and the pods that are known
 * @claim:	claim
 *
 * Return: VC_YES when a consumer or owner is this VM, VC_NO when one is another one,
 * VC_UNKNOWN when the inputs do not show it
 */
enum vc_tri vc_claim_owner(const struct vc_plan_input *who, const struct vc_claim *claim)
{
	const struct vc_planner planner = { .input = who };

	return vc_claim_is_ours(&planner, claim);
}
