/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * commands.h - the list of subcommands; each lives in its own cmd_*.c.
 */
#pragma once

#include "cli/command.h"

extern const struct vc_command *const vc_commands[];
extern const size_t vc_n_commands;

extern const struct vc_command vc_command_rewrite;
extern const struct vc_command vc_command_preview;
extern const struct vc_command vc_command_verify;
extern const struct vc_command vc_command_show;
extern const struct vc_command vc_command_convert;
extern const struct vc_command vc_command_adopt;
extern const struct vc_command vc_command_unbind;
extern const struct vc_command vc_command_devices;
extern const struct vc_command vc_command_topology;
extern const struct vc_command vc_command_start;
extern const struct vc_command vc_command_attach;
extern const struct vc_command vc_command_detach;
extern const struct vc_command vc_command_sync;
extern const struct vc_command vc_command_create;
extern const struct vc_command vc_command_list;
extern const struct vc_command vc_command_delete;
extern const struct vc_command vc_command_claim_adopt;
extern const struct vc_command vc_command_prepare;
extern const struct vc_command vc_command_unprepare;
extern const struct vc_command vc_command_recover;
extern const struct vc_command vc_command_pin;
extern const struct vc_command vc_command_unpin;
extern const struct vc_command vc_command_hook_install;
extern const struct vc_command vc_command_hook_check;
extern const struct vc_command vc_command_generate_plugin;
extern const struct vc_command vc_command_generate_annotations;
