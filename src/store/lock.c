/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "store/lock.h"

int vc_lock_take(const char *run VC_UNUSED, unsigned timeout_ms VC_UNUSED,
                 int *ret_fd VC_UNUSED, struct vc_err *err)
{
	return vc_fail(err, VC_ERR_INTERNAL, "vc_lock_take() is not there yet");
}
