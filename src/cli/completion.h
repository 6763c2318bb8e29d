/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * completion.h - the bash completion, made from the command tables.
 */
#pragma once

#include "base/buf.h"
#include "cli/command.h"

void vc_completion_bash(struct vc_buf *buf, const struct vc_command *const commands[],
                        size_t n_commands) VC_NONNULL;
