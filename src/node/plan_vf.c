/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "node/plan.h"

int vc_plan_vfs(struct vc_arena *arena VC_UNUSED,
                const struct vc_prepare_input *input VC_UNUSED,
                const struct vc_found_device *found VC_UNUSED,
                struct vc_entry *entry VC_UNUSED, struct vc_err *err)
{
	return vc_fail(err, VC_ERR_INTERNAL, "vc_plan_vfs() is not there yet");
}

int vc_plan_vf(struct vc_arena *arena VC_UNUSED,
               const struct vc_prepare_input *input VC_UNUSED,
               const struct vc_found_device *found VC_UNUSED,
               struct vc_entry *entry VC_UNUSED, struct vc_err *err)
{
	return vc_fail(err, VC_ERR_INTERNAL, "vc_plan_vf() is not there yet");
}

int vc_plan_vf_address(struct vc_arena *arena VC_UNUSED, const char *sysfs VC_UNUSED,
                       const struct vc_pci_address *pf VC_UNUSED,
                       unsigned index VC_UNUSED,
                       struct vc_pci_address *ret_address VC_UNUSED, struct vc_err *err)
{
	return vc_fail(err, VC_ERR_INTERNAL, "vc_plan_vf_address() is not there yet");
}
