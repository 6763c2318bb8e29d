/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "node/apply.h"

/**
 * vc_step_ops() - What to do for a kind of step
 * @kind:	kind
 *
 * Return: its functions
 */
const struct vc_step_kind_ops *vc_step_ops(enum vc_step_kind kind)
{
	static const struct vc_step_kind_ops *const ops[VC_STEP_KINDS] = {
		[VC_STEP_VFS] = &vc_step_vfs_ops,
		[VC_STEP_VF] = &vc_step_vf_ops,
		[VC_STEP_MDEV] = &vc_step_mdev_ops,
		[VC_STEP_DRIVER] = &vc_step_driver_ops,
		[VC_STEP_ACCESS] = &vc_step_access_ops,
	};

	return ops[kind];
}
