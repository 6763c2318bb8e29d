/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * man.h - man pages in man(7) macros, made from the command tables.
 */
#pragma once

#include "base/buf.h"
#include "cli/command.h"

void vc_man_overview(struct vc_buf *buf, const struct vc_command *const commands[],
                     size_t n_commands) VC_NONNULL;
void vc_man_command(struct vc_buf *buf, const struct vc_command *command) VC_NONNULL;
int vc_man_tool(const struct vc_command *command, int argc, char **argv,
                struct vc_err *err) VC_MUST_CHECK;
