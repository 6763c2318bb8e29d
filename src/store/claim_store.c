/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "store/claim_store.h"

int vc_claim_store_read(struct vc_arena *arena VC_UNUSED, const char *state VC_UNUSED,
                        const char *namespace VC_UNUSED, const char *name VC_UNUSED,
                        struct vc_host_claim *ret_claim VC_UNUSED, struct vc_err *err)
{
	return vc_fail(err, VC_ERR_INTERNAL, "vc_claim_store_read() is not there yet");
}

int vc_claim_store_list(struct vc_arena *arena VC_UNUSED, const char *state VC_UNUSED,
                        struct vc_host_claims *ret_claims VC_UNUSED,
                        struct vc_names *notes VC_UNUSED, struct vc_err *err)
{
	return vc_fail(err, VC_ERR_INTERNAL, "vc_claim_store_list() is not there yet");
}

int vc_claim_store_create(struct vc_arena *arena VC_UNUSED, const char *state VC_UNUSED,
                          const struct vc_host_claim *claim VC_UNUSED, struct vc_err *err)
{
	return vc_fail(err, VC_ERR_INTERNAL, "vc_claim_store_create() is not there yet");
}

int vc_claim_store_update(struct vc_arena *arena VC_UNUSED, const char *state VC_UNUSED,
                          struct vc_host_claim *claim VC_UNUSED, struct vc_err *err)
{
	return vc_fail(err, VC_ERR_INTERNAL, "vc_claim_store_update() is not there yet");
}

int vc_claim_store_delete(struct vc_arena *arena VC_UNUSED, const char *state VC_UNUSED,
                          const struct vc_host_claim *claim VC_UNUSED, struct vc_err *err)
{
	return vc_fail(err, VC_ERR_INTERNAL, "vc_claim_store_delete() is not there yet");
}
