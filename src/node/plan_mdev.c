/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "node/plan.h"

int vc_plan_mdev(struct vc_arena *arena VC_UNUSED,
                 const struct vc_prepare_input *input VC_UNUSED,
                 const struct vc_found_device *found VC_UNUSED,
                 struct vc_entry *entry VC_UNUSED, struct vc_err *err)
{
	return vc_fail(err, VC_ERR_INTERNAL, "vc_plan_mdev() is not there yet");
}
