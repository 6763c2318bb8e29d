/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * main.c - the virt-claimd program.
 */
#include <stdio.h>

#include "claimd/command.h"

int main(int argc, char **argv)
{
	struct vc_err err = VC_ERR_INIT;

	if (vc_command_main(&vc_command_claimd, argc, argv, &err) == 0)
		return 0;
	(void)fprintf(stderr, "virt-claimd: %s\n", err.msg);
	return vc_exit_status(err.kind);
}
