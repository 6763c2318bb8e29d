/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "node/apply.h"

int vc_sysfs_write(struct vc_arena *arena VC_UNUSED,
                   const struct vc_sysfs_write *write VC_UNUSED, struct vc_err *err)
{
	return vc_fail(err, VC_ERR_INTERNAL, "vc_sysfs_write() is not there yet");
}
