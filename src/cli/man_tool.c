/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fcntl.h>
#include <stdio.h>

#include "base/file.h"
#include "cli/man.h"
#include "cli/output.h"

/**
 * vc_man_tool() - What a tool of the build does: write COMMAND(8) of a daemon
 * @command:	daemon
 * @argc, @argv: command line of the tool: a directory
 * @err:	why not
 *
 * Return: 0, -VC_ERR_USAGE, -VC_ERR_SYSTEM, -VC_ERR_ABSENT or -VC_ERR_INTERNAL
 */
int vc_man_tool(const struct vc_command *command, int argc, char **argv,
                struct vc_err *err)
{
	VC_AUTOCLOSE int dir = -1;
	VC_AUTO_BUF struct vc_buf buf = VC_BUF_INIT(VC_OUTPUT_MAX_BYTES);
	VC_AUTOFREE char *text = NULL;
	char name[64];
	size_t len;

	if (argc != 2)
		return vc_fail(err, VC_ERR_USAGE, "usage: %s DIRECTORY", argv[0]);
	(void)snprintf(name, sizeof(name), "%s.8", command->name);
	vc_man_command(&buf, command);
	if (vc_buf_take(&buf, &text, &len, err) < 0 ||
	    vc_file_open_directory(AT_FDCWD, argv[1], 0, &dir, err) < 0)
		return -(int)err->kind;
	return vc_file_replace(dir, name, text, len, 0644, err);
}
