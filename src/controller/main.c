/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * main.c - the virt-claim-controller program.
 */
#include <stdio.h>

#include "controller/command.h"

int main(int argc, char **argv)
{
	struct vc_err err = VC_ERR_INIT;

	if (vc_command_main(&vc_command_controller, argc, argv, &err) == 0)
		return 0;
	(void)fprintf(stderr, "virt-claim-controller: %s\n", err.msg);
	return vc_exit_status(err.kind);
}
