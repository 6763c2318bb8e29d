/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "node/select.h"

int vc_select_devices(struct vc_arena *arena VC_UNUSED,
                      const struct vc_select *select VC_UNUSED,
                      struct vc_host_claim *claim VC_UNUSED,
                      struct vc_names *notes VC_UNUSED, struct vc_err *err)
{
	return vc_fail(err, VC_ERR_INTERNAL, "vc_select_devices() is not there yet");
}
