/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "node/status.h"

int vc_claim_status(struct vc_arena *arena VC_UNUSED,
                    const struct vc_prepare_input *input VC_UNUSED,
                    struct vc_claim_status *ret_status VC_UNUSED, struct vc_err *err)
{
	return vc_fail(err, VC_ERR_INTERNAL, "vc_claim_status() is not there yet");
}

const char *vc_claim_state_name(enum vc_claim_state state VC_UNUSED)
{
	return NULL;
}
