/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * [SYSFS] Documentation/filesystems/sysfs.rst: one value per file, at most a page; links
 * between devices are relative and stay below the mount point. A fixture or a hostile
 * tree need not keep to that, so every open is confined to the root and bounded.
 */
#include "host/sysfs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdalign.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define OPEN_ATTEMPTS 1000

/* [OPENAT2] EAGAIN: something was renamed or mounted meanwhile, anywhere on the machine,
 * so the kernel could not be sure about a '..' of a link; it is meant to be asked again. */
/* Names in one directory, and bytes of them that are read at once. */
#define NAMES_MAX   200000U
#define NAMES_BYTES 32768U

static int open_below(int root, const char *path, int how)
{
	struct open_how oh = {
		.flags = (unsigned)(how | O_CLOEXEC),
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
	};

	long fd = -1;

	for (int i = 0; i < OPEN_ATTEMPTS; i++) {
		fd = syscall(SYS_openat2, root, path, &oh, sizeof(oh));
		if (fd >= 0 || errno != EAGAIN)
			break;
	}
	return (int)fd;
}

/* Reads at most @size bytes of a regular file, which gives all it has at once; returns
 * how many, or -errno. */
static ssize_t read_up_to(int fd, char *buf, size_t size)
{
	ssize_t n;

	do
		n = read(fd, buf, size);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

/**
 * vc_sysfs_read() - Read an attribute
 * @arena:	holds the text
 * @root:	sysfs root
 * @path:	attribute, relative to @root
 * @ret_text:	its text without the trailing newline
 * @err:	why not; names @path
 *
 * Return: 0, -VC_ERR_ABSENT, -VC_ERR_INPUT (not a regular file, more than a page, a NUL
 * inside), -VC_ERR_SYSTEM or -VC_ERR_INTERNAL
 */
int vc_sysfs_read(struct vc_arena *arena, int root, const char *path, char **ret_text,
                  struct vc_err *err)
{
	VC_AUTOCLOSE int fd = open_below(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	char buf[VC_SYSFS_MAX_BYTES + 1];
	struct stat st;
	ssize_t len;
	char *text;

	if (fd < 0)
		return vc_fail_sys(err, errno, "cannot open sysfs '%s'", path);
	if (fstat(fd, &st) < 0)
		return vc_fail_sys(err, errno, "cannot stat sysfs '%s'", path);
	if (!S_ISREG(st.st_mode))
		return vc_fail(err, VC_ERR_INPUT, "sysfs '%s' is not a regular file",
		               path);
	len = read_up_to(fd, buf, sizeof(buf));
	if (len < 0)
		return vc_fail_sys(err, (int)-len, "cannot read sysfs '%s'", path);
	if (len > (ssize_t)VC_SYSFS_MAX_BYTES || memchr(buf, '\0', (size_t)len))
		return vc_fail(err, VC_ERR_INPUT,
		               "sysfs '%s' is no attribute: expected a text of at most "
		               "%u bytes",
		               path, VC_SYSFS_MAX_BYTES);
	if (len > 0 && buf[len - 1] == '\n')
		len--;
	text = vc_arena_strndup(arena, buf, (size_t)len);
	if (!text)
		return vc_fail_oom(err);
	*ret_text = text;
	return 0;
}

/* The target of a link, as it is written; @target has room for PATH_MAX bytes. */
static int read_link(int root, const char *path, char *target, struct vc_err *err)
{
	/* A name alone leads nowhere else. */
	bool is_name = !strchr(path, '/');
	VC_AUTOCLOSE int fd = is_name ? -1 : open_below(root, path, O_PATH | O_NOFOLLOW);
	ssize_t len;

	if (!is_name && fd < 0)
		return vc_fail_sys(err, errno, "cannot open sysfs '%s'", path);
	len = is_name ? readlinkat(root, path, target, PATH_MAX)
	              : readlinkat(fd, "", target, PATH_MAX);
	/* ENOENT: the descriptor is of something else */
	if (len < 0 && (errno == EINVAL || (!is_name && errno == ENOENT)))
		return vc_fail(err, VC_ERR_INPUT, "sysfs '%s' is not a symbolic link",
		               path);
	if (len < 0)
		return vc_fail_sys(err, errno, "cannot read sysfs link '%s'", path);
	if (len == PATH_MAX)
		return vc_fail(err, VC_ERR_INPUT, "sysfs link '%s' is too long", path);
	target[len] = '\0';
	return 0;
}

/* Cuts the last component off @target; NULL when there is none that names something. */
static const char *cut_last(char *target)
{
	char *slash = strrchr(target, '/');
	const char *last = slash ? slash + 1 : target;

	if (*last == '\0' || strcmp(last, ".") == 0 || strcmp(last, "..") == 0)
		return NULL;
	if (slash)
		*slash = '\0';
	return last;
}

/* The last component of the target, or with @up the one before it. */
static int link_component(struct vc_arena *arena, int root, const char *path, bool up,
                          char **ret_name, struct vc_err *err)
{
	char target[PATH_MAX] = "";
	const char *part;
	char *name;
	int r = read_link(root, path, target, err);

	if (r < 0)
		return r;
	part = cut_last(target);
	if (part && up)
		part = part == target ? NULL : cut_last(target);
	if (!part)
		return vc_fail(err, VC_ERR_INPUT,
		               "sysfs link '%s' does not lead to a device", path);
	name = vc_arena_strdup(arena, part);
	if (!name)
		return vc_fail_oom(err);
	*ret_name = name;
	return 0;
}

/**
 * vc_sysfs_link() - What a link leads to
 * @arena:	holds the name
 * @root:	sysfs root
 * @path:	link, relative to @root; links on the way to it are followed
 * @ret_name:	last component of its target, never "." or ".."
 * @err:	why not; names @path
 *
 * The target itself need not exist: only its name is asked for.
 *
 * Return: 0, -VC_ERR_ABSENT, -VC_ERR_INPUT (no link, or to nowhere), -VC_ERR_SYSTEM or
 * -VC_ERR_INTERNAL
 */
int vc_sysfs_link(struct vc_arena *arena, int root, const char *path, char **ret_name,
                  struct vc_err *err)
{
	return link_component(arena, root, path, false, ret_name, err);
}

/**
 * vc_sysfs_link_parent() - What the thing that a link leads to lies in
 * @arena:	holds the name
 * @root:	sysfs root
 * @path:	link, relative to @root; links on the way to it are followed
 * @ret_name:	last but one component of its target, never "." or ".."
 * @err:	why not; names @path
 *
 * Return: 0, -VC_ERR_ABSENT, -VC_ERR_INPUT (no link, or no parent in it), -VC_ERR_SYSTEM
 * or -VC_ERR_INTERNAL
 */
int vc_sysfs_link_parent(struct vc_arena *arena, int root, const char *path,
                         char **ret_name, struct vc_err *err)
{
	return link_component(arena, root, path, true, ret_name, err);
}

/* Appends the components of @text to @path, which holds @len bytes; ".." takes one away.
 * Returns the new length, or -1 when that leaves the root or is too long. */
static ssize_t append_path(char path[PATH_MAX], size_t len, const char *text)
{
	while (*text != '\0') {
		size_t n = strcspn(text, "/");

		if (n == 2 && text[0] == '.' && text[1] == '.') {
			const char *slash = memrchr(path, '/', len);

			if (len == 0)
				return -1;
			len = slash ? (size_t)(slash - path) : 0;
		} else if (n > 0 && !(n == 1 && text[0] == '.')) {
			if (len + n + 2 > PATH_MAX)
				return -1;
			if (len > 0)
				path[len++] = '/';
			memcpy(path + len, text, n);
			len += n;
		}
		text += n + (text[n] == '/');
	}
	return (ssize_t)len;
}

/**
 * vc_sysfs_link_path() - Where a link leads
 * @arena:	holds the path
 * @root:	sysfs root
 * @path:	link, relative to @root; only its last component may be a link
 * @ret_path:	path from @root, without ".." and without a slash at either end
 * @err:	why not; names @path
 *
 * [SYSFS] the target is found from its text alone, because links of the kernel lead to
 * the place itself, never to another link. It need not exist.
 *
 * Return: 0, -VC_ERR_ABSENT, -VC_ERR_INPUT (no link, or it leads out of the root),
 * -VC_ERR_SYSTEM or -VC_ERR_INTERNAL
 */
int vc_sysfs_link_path(struct vc_arena *arena, int root, const char *path,
                       char **ret_path, struct vc_err *err)
{
	char target[PATH_MAX] = "", full[PATH_MAX];
	const char *slash = strrchr(path, '/');
	char *copy;
	ssize_t len;
	int r = read_link(root, path, target, err);

	if (r < 0)
		return r;
	len = append_path(full, 0, path);
	if (len >= 0 && slash)
		len = append_path(full, (size_t)len, "..");
	else if (len >= 0)
		len = 0;
	if (len >= 0)
		len = *target == '/' ? -1 : append_path(full, (size_t)len, target);
	if (len <= 0)
		return vc_fail(err, VC_ERR_INPUT,
		               "sysfs link '%s' does not lead to a place below the root",
		               path);
	copy = vc_arena_strndup(arena, full, (size_t)len);
	if (!copy)
		return vc_fail_oom(err);
	*ret_path = copy;
	return 0;
}

/**
 * vc_sysfs_open_directory() - Open a directory
 * @root:	sysfs root
 * @path:	directory, relative to @root; links are followed below @root
 * @ret_fd:	descriptor, the caller's; good as the root of the other functions here,
 *		which then cannot leave the directory
 * @err:	why not; names @path
 *
 * Return: 0, -VC_ERR_ABSENT or -VC_ERR_SYSTEM
 */
int vc_sysfs_open_directory(int root, const char *path, int *ret_fd, struct vc_err *err)
{
	int fd = open_below(root, path, O_RDONLY | O_DIRECTORY);

	if (fd < 0)
		return vc_fail_sys(err, errno, "cannot open sysfs '%s'", path);
	*ret_fd = fd;
	return 0;
}

static int add_name(struct vc_arena *arena, struct vc_names *names, const char *name,
                    struct vc_err *err)
{
	char *copy;
	char **slot;

	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return 0;
	if (names->n == NAMES_MAX)
		return vc_fail(err, VC_ERR_INPUT, "more than %u names in one directory",
		               NAMES_MAX);
	copy = vc_arena_strdup(arena, name);
	slot = copy ? vc_list_push(arena, names) : NULL;
	if (!slot)
		return vc_fail_oom(err);
	*slot = copy;
	return 0;
}

/* [getdents(2)] without a DIR: a machine has thousands of small directories. */
static int read_names(struct vc_arena *arena, int fd, struct vc_names *names,
                      struct vc_err *err)
{
	alignas(struct dirent64) char buf[NAMES_BYTES];

	for (;;) {
		ssize_t len = getdents64(fd, buf, sizeof(buf));

		if (len < 0)
			return vc_fail_sys(err, errno, "cannot list a directory");
		if (len == 0)
			return 0;
		for (ssize_t at = 0; at < len;) {
			const struct dirent64 *entry = (const void *)(buf + at);

			if (add_name(arena, names, entry->d_name, err) < 0)
				return -(int)err->kind;
			at += entry->d_reclen;
		}
	}
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/**
 * vc_sysfs_list_open() - The names in a directory that is open
 * @arena:	holds the names
 * @fd:		directory, from vc_sysfs_open_directory(), not read yet
 * @ret_names:	names, sorted by byte value
 * @err:	why not
 *
 * Return: 0, -VC_ERR_INPUT (too many names), -VC_ERR_SYSTEM or -VC_ERR_INTERNAL
 */
int vc_sysfs_list_open(struct vc_arena *arena, int fd, struct vc_names *ret_names,
                       struct vc_err *err)
{
	struct vc_names names = { 0 };

	if (read_names(arena, fd, &names, err) < 0)
		return -(int)err->kind;
	if (names.n > 1)
		qsort(names.v, names.n, sizeof(*names.v), compare_names);
	*ret_names = names;
	return 0;
}

/**
 * vc_sysfs_list() - The names in a directory
 * @arena:	holds the names
 * @root:	sysfs root
 * @path:	directory, relative to @root
 * @ret_names:	names, sorted by byte value
 * @err:	why not; names @path
 *
 * Return: 0, -VC_ERR_ABSENT, -VC_ERR_INPUT (too many names), -VC_ERR_SYSTEM or
 * -VC_ERR_INTERNAL
 */
int vc_sysfs_list(struct vc_arena *arena, int root, const char *path,
                  struct vc_names *ret_names, struct vc_err *err)
{
	VC_AUTOCLOSE int fd = open_below(root, path, O_RDONLY | O_DIRECTORY);

	if (fd < 0)
		return vc_fail_sys(err, errno, "cannot open sysfs '%s'", path);
	if (vc_sysfs_list_open(arena, fd, ret_names, err) < 0)
		return vc_err_context(err, "sysfs '%s'", path);
	return 0;
}

/**
 * vc_sysfs_is_directory() - Whether there is a directory
 * @root:	sysfs root
 * @path:	path relative to @root
 *
 * Return: whether it is there
 */
bool vc_sysfs_is_directory(int root, const char *path)
{
	VC_AUTOCLOSE int fd = open_below(root, path, O_PATH | O_DIRECTORY);

	return fd >= 0;
}
