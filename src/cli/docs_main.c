/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * docs_main.c - vc-docs, a tool of the build: writes the man pages and the bash
 * completion into a directory. It is not installed.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "cli/commands.h"
#include "cli/completion.h"
#include "cli/man.h"
#include "cli/output.h"

static int write_file(int dir, const char *name, struct vc_buf *buf, struct vc_err *err)
{
	VC_AUTOFREE char *text = NULL;
	VC_AUTOCLOSE int fd = -1;
	size_t len;

	if (vc_buf_take(buf, &text, &len, err) < 0)
		return -(int)err->kind;
	fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, text, len) != (ssize_t)len)
		return vc_fail_sys(err, errno, "cannot write '%s'", name);
	return 0;
}

static int write_page(int dir, const struct vc_command *command, struct vc_err *err)
{
	VC_AUTO_BUF struct vc_buf buf = VC_BUF_INIT(VC_OUTPUT_MAX_BYTES);
	char name[64];

	(void)snprintf(name, sizeof(name), VC_PROGRAM "-%s.1", command->name);
	for (char *p = strchr(name, ' '); p; p = strchr(p, ' '))
		*p = '-';
	vc_man_command(&buf, command);
	return write_file(dir, name, &buf, err);
}

static int write_all(const char *path, struct vc_err *err)
{
	VC_AUTOCLOSE int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	VC_AUTO_BUF struct vc_buf buf = VC_BUF_INIT(VC_OUTPUT_MAX_BYTES);

	if (dir < 0)
		return vc_fail_sys(err, errno, "cannot open '%s'", path);
	for (size_t i = 0; i < vc_n_commands; i++)
		if (write_page(dir, vc_commands[i], err) < 0)
			return -(int)err->kind;
	vc_man_overview(&buf, vc_commands, vc_n_commands);
	if (write_file(dir, VC_PROGRAM ".1", &buf, err) < 0)
		return -(int)err->kind;
	vc_completion_bash(&buf, vc_commands, vc_n_commands);
	return write_file(dir, VC_PROGRAM ".bash", &buf, err);
}

int main(int argc, char **argv)
{
	struct vc_err err = VC_ERR_INIT;

	if (argc != 2)
		(void)vc_fail(&err, VC_ERR_USAGE, "usage: vc-docs DIRECTORY");
	else
		(void)write_all(argv[1], &err);
	if (err.kind != VC_ERR_NONE)
		(void)fprintf(stderr, "vc-docs: %s\n", err.msg);
	return vc_exit_status(err.kind);
}
