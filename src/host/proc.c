/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/parse.h"

#define BLANKS " \t"

/**
 * vc_proc_read() - Read a table
 * @arena:	holds it
 * @root:	directory like /proc
 * @path:	file, relative to @root
 * @ret_text:	content, or NULL when there is no such file
 * @err:	why not; names @path
 *
 * Return: 0, -VC_ERR_INPUT (no regular file, larger than VC_FILE_MAX_BYTES, a NUL
 * inside), -VC_ERR_SYSTEM or -VC_ERR_INTERNAL
 */
int vc_proc_read(struct vc_arena *arena, int root, const char *path, char **ret_text,
                 struct vc_err *err)
{
	VC_AUTOCLOSE int fd =
		openat(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;
	char *text;
	size_t len;

	if (fd < 0 && errno == ENOENT) {
		*ret_text = NULL;
		return 0;
	}
	if (fd < 0)
		return vc_fail_sys(err, errno, "cannot open proc '%s'", path);
	if (fstat(fd, &st) < 0)
		return vc_fail_sys(err, errno, "cannot stat proc '%s'", path);
	if (!S_ISREG(st.st_mode))
		return vc_fail(err, VC_ERR_INPUT, "proc '%s' is not a regular file",
		               path);
	if (vc_file_read_stream(arena, fd, &text, &len, err) < 0)
		return vc_err_context(err, "proc '%s'", path);
	if (strlen(text) != len)
		return vc_fail(err, VC_ERR_INPUT, "proc '%s' has a NUL inside", path);
	*ret_text = text;
	return 0;
}

/**
 * vc_proc_boot_id() - Which boot of the machine this is
 * @arena:	holds it
 * @proc:	path of a directory like /proc
 * @ret_id:	a UUID; NULL when there is none to be read there
 * @err:	out of memory
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_proc_boot_id(struct vc_arena *arena, const char *proc, char **ret_id,
                    struct vc_err *err)
{
	VC_AUTOCLOSE int root = open(proc, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct vc_err why = VC_ERR_INIT;
	char *text = NULL;
	int r = 0;

	if (root >= 0)
		r = vc_proc_read(arena, root, "sys/kernel/random/boot_id", &text, &why);
	if (r == -VC_ERR_INTERNAL) {
		*err = why;
		return r;
	}
	if (text)
		text[strcspn(text, "\n")] = '\0';
	*ret_id = vc_is_uuid(text) ? text : NULL;
	return 0;
}

/**
 * vc_proc_line() - Take a line
 * @cursor:	text; past the line and its end afterwards
 *
 * Return: the line, or NULL at the end of the text
 */
char *vc_proc_line(char **cursor)
{
	char *line = *cursor;
	size_t len = strcspn(line, "\n");

	if (*line == '\0')
		return NULL;
	*cursor = line + len + (line[len] == '\n');
	line[len] = '\0';
	return line;
}

/**
 * vc_proc_words() - Cut a line into words
 * @line:	line
 * @words:	room for @max pointers into @line
 * @max:	how many are wanted
 *
 * Return: how many there are, at most @max
 */
size_t vc_proc_words(char *line, char **words, size_t max)
{
	size_t n = 0;

	while (n < max) {
		line += strspn(line, BLANKS);
		if (*line == '\0')
			break;
		words[n++] = line;
		line += strcspn(line, BLANKS);
		if (*line != '\0')
			*line++ = '\0';
	}
	return n;
}
