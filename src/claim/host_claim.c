/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "claim/host_claim.h"

int vc_host_claim_read(struct vc_arena *arena VC_UNUSED,
                       const struct vc_tree *tree VC_UNUSED,
                       struct vc_host_claim *ret_claim VC_UNUSED, struct vc_err *err)
{
	return vc_fail(err, VC_ERR_INTERNAL, "vc_host_claim_read() is not there yet");
}

int vc_host_claim_write(const struct vc_host_claim *claim VC_UNUSED,
                        struct vc_buf *buf VC_UNUSED, struct vc_err *err)
{
	return vc_fail(err, VC_ERR_INTERNAL, "vc_host_claim_write() is not there yet");
}
