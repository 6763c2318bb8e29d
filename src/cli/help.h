/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * help.h - what --help prints, made from the command tables.
 */
#pragma once

#include "base/buf.h"
#include "cli/command.h"

/* The exit statuses, for help and man pages. */
struct vc_exit_line {
	int status;
	const char *meaning;
};

extern const struct vc_exit_line vc_exit_lines[];
extern const size_t vc_n_exit_lines;

extern const char vc_help_title[];
extern const char vc_help_description[];

void vc_help_overview(struct vc_buf *buf, const struct vc_command *const commands[],
                      size_t n_commands) VC_NONNULL;
void vc_help_command(struct vc_buf *buf, const struct vc_command *command) VC_NONNULL;
void vc_help_wrap(struct vc_buf *buf, const char *text, size_t indent) VC_NONNULL;
