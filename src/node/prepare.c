/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "node/prepare.h"

int vc_node_prepare(struct vc_arena *arena VC_UNUSED,
                    const struct vc_node *node VC_UNUSED, const char *namespace VC_UNUSED,
                    const char *name VC_UNUSED,
                    const struct vc_prepare_options *options VC_UNUSED,
                    struct vc_prepare_report *ret_report VC_UNUSED, struct vc_err *err)
{
	return vc_fail(err, VC_ERR_INTERNAL, "vc_node_prepare() is not there yet");
}

int vc_node_unprepare(struct vc_arena *arena VC_UNUSED,
                      const struct vc_node *node VC_UNUSED,
                      const char *namespace VC_UNUSED, const char *name VC_UNUSED,
                      const struct vc_prepare_options *options VC_UNUSED,
                      struct vc_prepare_report *ret_report VC_UNUSED, struct vc_err *err)
{
	return vc_fail(err, VC_ERR_INTERNAL, "vc_node_unprepare() is not there yet");
}

int vc_node_recover(struct vc_arena *arena VC_UNUSED,
                    const struct vc_node *node VC_UNUSED, bool dry_run VC_UNUSED,
                    struct vc_prepare_report *ret_report VC_UNUSED, struct vc_err *err)
{
	return vc_fail(err, VC_ERR_INTERNAL, "vc_node_recover() is not there yet");
}
