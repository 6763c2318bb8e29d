/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "node/apply.h"

static int act(struct vc_arena *arena VC_UNUSED, const struct vc_node *node VC_UNUSED,
               const struct vc_step *step VC_UNUSED, struct vc_err *err)
{
	return vc_fail(err, VC_ERR_INTERNAL, "not there yet");
}

static int look(struct vc_arena *arena VC_UNUSED, const struct vc_node *node VC_UNUSED,
                const struct vc_step *step VC_UNUSED,
                enum vc_step_look *ret_look VC_UNUSED, struct vc_err *err)
{
	return vc_fail(err, VC_ERR_INTERNAL, "not there yet");
}

const struct vc_step_kind_ops vc_step_driver_ops = {
	.act = act,
	.undo = act,
	.look = look,
};
