/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * docs_main.c - vc-controller-docs, a tool of the build: writes virt-claim-controller(8)
 * into a directory. It is not installed.
 */
#include <stdio.h>

#include "cli/man.h"
#include "controller/command.h"

int main(int argc, char **argv)
{
	struct vc_err err = VC_ERR_INIT;

	if (vc_man_tool(&vc_command_controller, argc, argv, &err) == 0)
		return 0;
	(void)fprintf(stderr, "vc-controller-docs: %s\n", err.msg);
	return vc_exit_status(err.kind);
}
