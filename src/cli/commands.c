/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/commands.h"

const struct vc_command *const vc_commands[] = {
	&vc_command_rewrite,
	&vc_command_preview,
	&vc_command_verify,
	&vc_command_show,
	&vc_command_convert,
	&vc_command_adopt,
	&vc_command_unbind,
	&vc_command_start,
	&vc_command_attach,
	&vc_command_detach,
	&vc_command_sync,
	&vc_command_devices,
	&vc_command_topology,
	&vc_command_create,
	&vc_command_list,
	&vc_command_delete,
	&vc_command_claim_adopt,
	&vc_command_prepare,
	&vc_command_unprepare,
	&vc_command_recover,
	&vc_command_pin,
	&vc_command_unpin,
	&vc_command_hook_install,
	&vc_command_hook_check,
	&vc_command_generate_plugin,
	&vc_command_generate_annotations,
};
const size_t vc_n_commands = VC_ARRAY_SIZE(vc_commands);
