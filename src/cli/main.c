/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * main.c - the virt-claim program: run a command, print its error, set the status.
 */
#include <stdio.h>

#include "cli/commands.h"
#include "cli/output.h"

int main(int argc, char **argv)
{
	struct vc_err err = VC_ERR_INIT;

	if (argc < 2) {
		(void)fputs("Usage: " VC_PROGRAM " COMMAND [OPTION]... [OPERAND]...\n"
		            "Try '" VC_PROGRAM " --help'.\n",
		            stderr);
		return vc_exit_status(VC_ERR_USAGE);
	}
	if (vc_command_dispatch(vc_commands, vc_n_commands, argc, argv, &err) == 0)
		return 0;
	(void)fprintf(stderr, VC_PROGRAM ": %s\n", err.msg);
	return vc_exit_status(err.kind);
}
