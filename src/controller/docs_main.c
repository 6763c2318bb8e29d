/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * docs_main.c - vc-controller-docs, a tool of the build: writes virt-claim-controller(8) into a
 * directory. It is not installed.
 */
#include <fcntl.h>
#include <stdio.h>

#include "base/file.h"
#include "cli/man.h"
#include "cli/output.h"
#include "controller/command.h"

static int write_page(const char *path, struct vc_err *err)
{
	VC_AUTOCLOSE int dir = -1;
	VC_AUTO_BUF struct vc_buf buf = VC_BUF_INIT(VC_OUTPUT_MAX_BYTES);
	VC_AUTOFREE char *text = NULL;
	size_t len;

	vc_man_command(&buf, &vc_command_controller);
	if (vc_buf_take(&buf, &text, &len, err) < 0 ||
	    vc_file_open_directory(AT_FDCWD, path, 0, &dir, err) < 0)
		return -(int)err->kind;
	return vc_file_replace(dir, "virt-claim-controller.8", text, len, 0644, err);
}

int main(int argc, char **argv)
{
	struct vc_err err = VC_ERR_INIT;

	if (argc != 2)
		(void)vc_fail(&err, VC_ERR_USAGE, "usage: vc-controller-docs DIRECTORY");
	else
		(void)write_page(argv[1], &err);
	if (err.kind != VC_ERR_NONE)
		(void)fprintf(stderr, "vc-controller-docs: %s\n", err.msg);
	return vc_exit_status(err.kind);
}
