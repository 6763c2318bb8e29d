/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "node/identity.h"

int vc_identity_record(struct vc_arena *arena VC_UNUSED,
                       const struct vc_host_device *device VC_UNUSED,
                       const char *boot_id VC_UNUSED,
                       struct vc_identity *ret_identity VC_UNUSED, struct vc_err *err)
{
	return vc_fail(err, VC_ERR_INTERNAL, "vc_identity_record() is not there yet");
}

int vc_identity_locate(struct vc_arena *arena VC_UNUSED,
                       const struct vc_inventory *inventory VC_UNUSED,
                       const struct vc_identity *identity VC_UNUSED,
                       const struct vc_pci_address *ours VC_UNUSED,
                       struct vc_located *ret_located VC_UNUSED, struct vc_err *err)
{
	return vc_fail(err, VC_ERR_INTERNAL, "vc_identity_locate() is not there yet");
}
