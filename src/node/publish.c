/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "node/publish.h"

int vc_publish_claim(struct vc_arena *arena VC_UNUSED,
                     const struct vc_host_claim *claim VC_UNUSED,
                     const struct vc_found_devices *found VC_UNUSED,
                     const struct vc_inventory *inventory VC_UNUSED,
                     struct vc_claim *ret_claim VC_UNUSED, struct vc_err *err)
{
	return vc_fail(err, VC_ERR_INTERNAL, "vc_publish_claim() is not there yet");
}

int vc_publish_write(struct vc_arena *arena VC_UNUSED,
                     const struct vc_publish *publish VC_UNUSED,
                     const struct vc_claim *claim VC_UNUSED, bool *ret_changed VC_UNUSED,
                     struct vc_err *err)
{
	return vc_fail(err, VC_ERR_INTERNAL, "vc_publish_write() is not there yet");
}

int vc_publish_withdraw(struct vc_arena *arena VC_UNUSED,
                        const struct vc_publish *publish VC_UNUSED,
                        const char *namespace VC_UNUSED, const char *name VC_UNUSED,
                        const char *uid VC_UNUSED, struct vc_err *err)
{
	return vc_fail(err, VC_ERR_INTERNAL, "vc_publish_withdraw() is not there yet");
}

int vc_publish_list(struct vc_arena *arena VC_UNUSED,
                    const struct vc_publish *publish VC_UNUSED,
                    struct vc_claims *ret_claims VC_UNUSED, struct vc_err *err)
{
	return vc_fail(err, VC_ERR_INTERNAL, "vc_publish_list() is not there yet");
}
