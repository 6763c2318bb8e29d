/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files under temporary names, and directories, of publish.h. No symbolic link is followed
 * below the directories that are given by path.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/parse.h"
#include "base/write.h"
#include "node/publish_internal.h"
#include "store/boot_id.h"

#define TEMP_PREFIX    ".vc-"
#define DIRECTORY_MODE 0755
#define FILE_MODE      0644
#define TREE_DEPTH     8

/**
 * vc_writer_open() - Begin to write
 * @arena:	holds names
 * @ret_writer:	this process
 * @err:	/proc cannot be read
 *
 * Return: 0, -VC_ERR_SYSTEM or -VC_ERR_INTERNAL
 */
int vc_writer_open(struct vc_arena *arena, struct vc_writer *ret_writer,
                   struct vc_err *err)
{
	struct vc_process self;

	if (vc_process_read(arena, "/proc", getpid(), &self, err) < 0)
		return -(int)err->kind;
	*ret_writer = (struct vc_writer){
		.arena = arena,
		.pid = self.pid,
		.start = self.start,
	};
	return 0;
}

/**
 * vc_writer_name() - A temporary name
 * @writer:	writer
 *
 * Return: one that this writer did not give yet, or NULL when out of memory
 */
char *vc_writer_name(struct vc_writer *writer)
{
	return vc_arena_printf(writer->arena, TEMP_PREFIX "%ld-%llu-%u", writer->pid,
	                       writer->start, writer->n++);
}

static bool is_temporary(const char *name, uint64_t *ret_pid, uint64_t *ret_start)
{
	uint64_t n;

	return vc_parse_literal(&name, TEMP_PREFIX) &&
	       vc_parse_decimal(&name, INT32_MAX, ret_pid) &&
	       vc_parse_literal(&name, "-") &&
	       vc_parse_decimal(&name, UINT64_MAX, ret_start) &&
	       vc_parse_literal(&name, "-") && vc_parse_decimal(&name, UINT32_MAX, &n) &&
	       vc_parse_end(name) && *ret_pid > 0;
}

/* Whether another process that lives made the name; what this one made earlier is left. */
static bool has_writer(const struct vc_writer *writer, uint64_t pid, uint64_t start)
{
	struct vc_err err = VC_ERR_INIT;
	struct vc_process process;
	int r;

	if ((uint64_t)writer->pid == pid)
		return false;
	r = vc_process_read(writer->arena, "/proc", (pid_t)pid, &process, &err);
	return r == -VC_ERR_ABSENT ? false : r < 0 || process.start == start;
}

/**
 * vc_writer_clean() - Remove a leftover
 * @writer:	writer, with nothing of its own under way
 * @dir:	directory
 * @name:	a name in it; anything but a temporary name of a process that is gone stays
 * @err:	why not
 *
 * Return: 0, -VC_ERR_SYSTEM or -VC_ERR_INTERNAL
 */
int vc_writer_clean(const struct vc_writer *writer, int dir, const char *name,
                    struct vc_err *err)
{
	uint64_t pid, start;

	if (!is_temporary(name, &pid, &start) || has_writer(writer, pid, start))
		return 0;
	return vc_publish_remove(writer, dir, name, err);
}

/**
 * vc_publish_sync() - Make a file or the names in a directory last
 * @fd:		it
 * @what:	for the message
 * @err:	why not
 *
 * Return: 0 or -VC_ERR_SYSTEM
 */
int vc_publish_sync(int fd, const char *what, struct vc_err *err)
{
	if (fsync(fd) < 0)
		return vc_fail_sys(err, errno, "cannot sync '%s'", what);
	return 0;
}

static int write_all(int fd, const char *text, struct vc_err *err)
{
	int r = vc_write_all(fd, text, strlen(text));

	return r < 0 ? vc_fail_sys(err, -r, "cannot write a file") : 0;
}

/**
 * vc_publish_file() - Write a new file, mode 0644, and sync it
 * @dir:	directory
 * @name:	name of the file, which does not exist
 * @text:	content
 * @err:	why not; a part of the file may be there then
 *
 * Return: 0 or -VC_ERR_SYSTEM
 */
int vc_publish_file(int dir, const char *name, const char *text, struct vc_err *err)
{
	VC_AUTOCLOSE int fd =
		openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
	               FILE_MODE);

	if (fd < 0)
		return vc_fail_sys(err, errno, "cannot make a file");
	if (write_all(fd, text, err) < 0)
		return -(int)err->kind;
	if (fchmod(fd, FILE_MODE) < 0)
		return vc_fail_sys(err, errno, "cannot set the mode of a file");
	return vc_publish_sync(fd, name, err);
}

/**
 * vc_writer_file() - Write a file, mode 0644, under a temporary name, and sync it
 * @writer:	writer
 * @dir:	directory
 * @text:	content
 * @ret_name:	its name in @dir
 * @err:	why not; then it is not there
 *
 * Return: 0, -VC_ERR_SYSTEM or -VC_ERR_INTERNAL
 */
int vc_writer_file(struct vc_writer *writer, int dir, const char *text, char **ret_name,
                   struct vc_err *err)
{
	char *name = vc_writer_name(writer);

	if (!name)
		return vc_fail_oom(err);
	(void)unlinkat(dir, name, 0);
	if (vc_publish_file(dir, name, text, err) < 0) {
		(void)unlinkat(dir, name, 0);
		return -(int)err->kind;
	}
	*ret_name = name;
	return 0;
}

/* What is there already may be anything: a refusal says what it should be. */
static int open_made(int dir, const char *name, int *ret_fd, struct vc_err *err)
{
	if (vc_file_open_directory(dir, name, VC_FILE_BENEATH | VC_FILE_TRUSTED, ret_fd,
	                           err) == 0)
		return 0;
	if (err->sys == ENOTDIR || err->sys == ELOOP)
		return vc_fail(
			err, VC_ERR_REFUSED,
			"'%s' is no directory; move it away, it is in the place of "
			"one",
			name);
	return -(int)err->kind;
}

/**
 * vc_publish_make() - Make a directory, mode 0755, unless it is there
 * @dir:	directory above it
 * @name:	one name
 * @ret_fd:	it; the caller closes it
 * @ret_made:	whether it was missing; NULL: it is an error if it is there
 * @err:	why not
 *
 * Return: 0, -VC_ERR_REFUSED (no directory, or others can write it) or -VC_ERR_SYSTEM
 */
int vc_publish_make(int dir, const char *name, int *ret_fd, bool *ret_made,
                    struct vc_err *err)
{
	VC_AUTOCLOSE int fd = -1;
	bool made;
	int r = ret_made ? open_made(dir, name, &fd, err) : -VC_ERR_ABSENT;

	if (r < 0 && r != -VC_ERR_ABSENT)
		return r;
	if (r == 0) {
		*ret_fd = vc_steal_fd(&fd);
		*ret_made = false;
		return 0;
	}
	*err = (struct vc_err)VC_ERR_INIT;
	made = mkdirat(dir, name, DIRECTORY_MODE) == 0;
	if (!made && (errno != EEXIST || !ret_made))
		return vc_fail_sys(err, errno, "cannot make directory '%s'", name);
	if (open_made(dir, name, &fd, err) < 0)
		return -(int)err->kind;
	if (made && fchmod(fd, DIRECTORY_MODE) < 0)
		return vc_fail_sys(err, errno, "cannot set the mode of '%s'", name);
	*ret_fd = vc_steal_fd(&fd);
	if (ret_made)
		*ret_made = made;
	return 0;
}

/* The directory above the last part of @path, and syncs it. */
static int sync_parent(const struct vc_writer *writer, const char *path,
                       struct vc_err *err)
{
	const char *slash = strrchr(path, '/');
	VC_AUTOCLOSE int fd = -1;
	const char *parent = ".";

	if (slash)
		parent = slash == path ? "/"
		                       : vc_arena_strndup(writer->arena, path,
		                                          (size_t)(slash - path));
	if (!parent)
		return vc_fail_oom(err);
	if (vc_file_open_directory(AT_FDCWD, parent, 0, &fd, err) < 0)
		return -(int)err->kind;
	return vc_publish_sync(fd, parent, err);
}

static int make_one(const struct vc_writer *writer, const char *path, struct vc_err *err)
{
	struct stat st;

	if (mkdir(path, DIRECTORY_MODE) == 0)
		return chmod(path, DIRECTORY_MODE) < 0
		               ? vc_fail_sys(err, errno, "cannot set the mode of '%s'",
		                             path)
		               : sync_parent(writer, path, err);
	if (errno != EEXIST)
		return vc_fail_sys(err, errno, "cannot make directory '%s'", path);
	if (stat(path, &st) == 0 && !S_ISDIR(st.st_mode))
		return vc_fail(
			err, VC_ERR_REFUSED,
			"'%s' is no directory; move it away, it is in the place of "
			"one",
			path);
	return 0;
}

static int make_path(const struct vc_writer *writer, const char *path, struct vc_err *err)
{
	char *copy = vc_arena_strdup(writer->arena, path);

	if (!copy)
		return vc_fail_oom(err);
	for (size_t len = strlen(copy); len > 1 && copy[len - 1] == '/'; len--)
		copy[len - 1] = '\0';
	for (char *p = strchr(copy + 1, '/'); p; p = strchr(p + 1, '/')) {
		*p = '\0';
		if (make_one(writer, copy, err) < 0)
			return -(int)err->kind;
		*p = '/';
	}
	return make_one(writer, copy, err);
}

/**
 * vc_publish_open() - Open a directory that is given by path
 * @writer:	writer
 * @path:	path, as configured: symbolic links are followed
 * @flags:	enum vc_file_flags
 * @make:	make it, and what is missing above it, with mode 0755
 * @ret_fd:	it; the caller closes it
 * @err:	why not
 *
 * Return: 0, -VC_ERR_ABSENT (never with @make), -VC_ERR_REFUSED (no directory;
 * VC_FILE_TRUSTED), -VC_ERR_SYSTEM or -VC_ERR_INTERNAL
 */
int vc_publish_open(const struct vc_writer *writer, const char *path, unsigned flags,
                    bool make, int *ret_fd, struct vc_err *err)
{
	int r = vc_file_open_directory(AT_FDCWD, path, flags, ret_fd, err);

	if (r != -VC_ERR_ABSENT || !make)
		return r;
	*err = (struct vc_err)VC_ERR_INIT;
	if (make_path(writer, path, err) < 0)
		return -(int)err->kind;
	return vc_file_open_directory(AT_FDCWD, path, flags, ret_fd, err);
}

/* Depth first; what we make is no deeper than TREE_DEPTH. */
static int remove_tree(const struct vc_writer *writer, int dir, const char *name,
                       unsigned depth, struct vc_err *err)
{
	VC_AUTOCLOSE int fd = -1;
	struct vc_names names = { 0 };

	if (unlinkat(dir, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR || depth == 0)
		return vc_fail_sys(err, errno, "cannot remove '%s'", name);
	fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return vc_fail_sys(err, errno, "cannot open '%s'", name);
	if (vc_file_list(writer->arena, fd, &names, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < names.n; i++)
		if (remove_tree(writer, fd, names.v[i], depth - 1, err) < 0)
			return -(int)err->kind;
	if (unlinkat(dir, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
		return vc_fail_sys(err, errno, "cannot remove directory '%s'", name);
	return 0;
}

/**
 * vc_publish_remove() - Remove a file, or a directory with all that is in it
 * @writer:	writer
 * @dir:	directory
 * @name:	name in it; none is fine
 * @err:	why not
 *
 * Return: 0, -VC_ERR_SYSTEM or -VC_ERR_INTERNAL
 */
int vc_publish_remove(const struct vc_writer *writer, int dir, const char *name,
                      struct vc_err *err)
{
	return remove_tree(writer, dir, name, TREE_DEPTH, err);
}
