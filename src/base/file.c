/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A driver may rewrite its metadata file in place [KEP-5304 library], so a plain read
 * can return half of the old and half of the new text. A read counts when size and times
 * of the file were the same before and after it and lie some ticks back, or when a
 * second read a few milliseconds later gives the same bytes. A file that was emptied just
 * now is about to be written: a busy file system can make that take a while.
 */
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/write.h"

#define READ_ATTEMPTS  20
#define SETTLE_NS      5000000L
#define TICKS_NS       20000000L  /* two, with 100 of them in a second */
#define REFILL_NS      500000000L /* longer than all attempts together */
#define DIRECTORY_MAX  200000U
#define STREAM_WAIT_MS 30000
#define STREAM_CHUNK   65536U

static int open_any(int dir, const char *path, int how, unsigned flags)
{
	struct open_how oh = {
		.flags = (unsigned)(how | O_CLOEXEC),
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};

	if (!(flags & VC_FILE_BENEATH))
		return openat(dir, path, how | O_CLOEXEC);
	return (int)syscall(SYS_openat2, dir, path, &oh, sizeof(oh));
}

/* [design 9] a hook believes only root and itself */
static int check_trust(const struct stat *st, const char *path, struct vc_err *err)
{
	if (st->st_uid != 0 && st->st_uid != geteuid())
		return vc_fail(err, VC_ERR_REFUSED,
		               "'%s' belongs to user %u; it must belong to root", path,
		               st->st_uid);
	if (st->st_mode & (S_IWGRP | S_IWOTH))
		return vc_fail(err, VC_ERR_REFUSED,
		               "'%s' can be written by others (mode %04o); "
		               "run 'chmod go-w' on it",
		               path, st->st_mode & 07777);
	return 0;
}

/**
 * vc_file_open_directory() - Open a directory to read below it
 * @dir:	directory that @path is relative to, or AT_FDCWD
 * @path:	directory to open
 * @flags:	enum vc_file_flags
 * @ret_fd:	descriptor; the caller closes it
 * @err:	why not
 *
 * Return: 0, -VC_ERR_ABSENT, -VC_ERR_REFUSED (VC_FILE_TRUSTED) or -VC_ERR_SYSTEM
 */
int vc_file_open_directory(int dir, const char *path, unsigned flags, int *ret_fd,
                           struct vc_err *err)
{
	VC_AUTOCLOSE int fd = open_any(dir, path, O_RDONLY | O_DIRECTORY, flags);
	struct stat st;

	if (fd < 0)
		return vc_fail_sys(err, errno, "cannot open directory '%s'", path);
	if (flags & VC_FILE_TRUSTED) {
		if (fstat(fd, &st) < 0)
			return vc_fail_sys(err, errno, "cannot stat '%s'", path);
		if (check_trust(&st, path, err) < 0)
			return -(int)err->kind;
	}
	*ret_fd = vc_steal_fd(&fd);
	return 0;
}

static bool same_version(const struct stat *a, const struct stat *b)
{
	return a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
	       a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
	       a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

/* Reads up to @size bytes from the start; returns how many, or -errno. */
static ssize_t read_all(int fd, char *buf, size_t size)
{
	size_t len = 0;

	while (len < size) {
		ssize_t n = pread(fd, buf + len, size - len, (off_t)len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		len += (size_t)n;
	}
	return (ssize_t)len;
}

/* File times have the grain of a clock tick: a change within it shows only later. */
static bool written_within(const struct stat *st, long ns)
{
	struct timespec now;

	if (clock_gettime(CLOCK_REALTIME, &now) < 0)
		return true;
	return now.tv_sec - st->st_mtim.tv_sec < 2 &&
	       (now.tv_sec - st->st_mtim.tv_sec) * 1000000000L + now.tv_nsec -
	                       st->st_mtim.tv_nsec <
	               ns;
}

/* One try; *ret_settled tells whether the text can be believed. */
static int read_once(struct vc_arena *arena, int fd, const char *path, char **ret_text,
                     size_t *ret_len, bool *ret_settled, struct vc_err *err)
{
	struct stat before, after;
	ssize_t len;
	char *text;

	if (fstat(fd, &before) < 0)
		return vc_fail_sys(err, errno, "cannot stat '%s'", path);
	text = vc_arena_alloc(arena, (size_t)before.st_size + 1, 1);
	if (!text)
		return vc_fail_oom(err);
	len = read_all(fd, text, (size_t)before.st_size);
	if (len < 0)
		return vc_fail_sys(err, (int)-len, "cannot read '%s'", path);
	if (fstat(fd, &after) < 0)
		return vc_fail_sys(err, errno, "cannot stat '%s'", path);
	*ret_settled = len == before.st_size && same_version(&before, &after) &&
	               !written_within(&after, len > 0 ? TICKS_NS : REFILL_NS);
	*ret_text = text;
	*ret_len = (size_t)len;
	return 0;
}

static int read_settled(struct vc_arena *arena, int fd, const char *path, char **ret_text,
                        size_t *ret_len, struct vc_err *err)
{
	char *text = NULL, *again = NULL;
	size_t len = 0, again_len = 0;
	bool settled = false;

	if (read_once(arena, fd, path, &text, &len, &settled, err) < 0)
		return -(int)err->kind;
	for (int i = 0; i < READ_ATTEMPTS && !settled; i++) {
		(void)nanosleep(&(struct timespec){ .tv_nsec = SETTLE_NS }, NULL);
		if (read_once(arena, fd, path, &again, &again_len, &settled, err) < 0)
			return -(int)err->kind;
		settled = settled || (text && again && len > 0 && len == again_len &&
		                      memcmp(text, again, len) == 0);
		text = again;
		len = again_len;
	}
	if (!settled && len > 0)
		return vc_fail(err, VC_ERR_SYSTEM,
		               "'%s' changes while it is read; "
		               "try again when its writer is done",
		               path);
	*ret_text = text;
	*ret_len = len;
	return 0;
}

/**
 * vc_file_read() - Read a whole regular file
 * @arena:	holds the text
 * @dir:	directory that @path is relative to, or AT_FDCWD
 * @path:	file
 * @flags:	enum vc_file_flags
 * @ret_text:	text; a NUL follows it
 * @ret_len:	its length, <= VC_FILE_MAX_BYTES
 * @err:	why not; names the file
 *
 * Return: 0, -VC_ERR_ABSENT, -VC_ERR_INPUT (too large, not a regular file),
 * -VC_ERR_REFUSED (VC_FILE_TRUSTED), -VC_ERR_SYSTEM or -VC_ERR_INTERNAL
 */
int vc_file_read(struct vc_arena *arena, int dir, const char *path, unsigned flags,
                 char **ret_text, size_t *ret_len, struct vc_err *err)
{
	VC_AUTOCLOSE int fd =
		open_any(dir, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, flags);
	struct stat st;
	bool settled;

	if (fd < 0)
		return vc_fail_sys(err, errno, "cannot open '%s'", path);
	if (fstat(fd, &st) < 0)
		return vc_fail_sys(err, errno, "cannot stat '%s'", path);
	if (!S_ISREG(st.st_mode))
		return vc_fail(err, VC_ERR_INPUT, "'%s' is not a regular file", path);
	if (st.st_size > (off_t)VC_FILE_MAX_BYTES)
		return vc_fail(err, VC_ERR_INPUT, "'%s' has %lld bytes; the limit is %zu",
		               path, (long long)st.st_size, VC_FILE_MAX_BYTES);
	if ((flags & VC_FILE_TRUSTED) && check_trust(&st, path, err) < 0)
		return -(int)err->kind;
	if (flags & VC_FILE_WHOLE)
		return read_once(arena, fd, path, ret_text, ret_len, &settled, err);
	return read_settled(arena, fd, path, ret_text, ret_len, err);
}

/**
 * vc_file_read_stream() - Read a pipe, terminal or socket to its end
 * @arena:	holds the text
 * @fd:		descriptor, stays open
 * @ret_text:	text; a NUL follows it
 * @ret_len:	its length, <= VC_FILE_MAX_BYTES
 * @err:	why not
 *
 * Gives up when nothing arrives for 30 seconds, unless @fd is a terminal.
 *
 * Return: 0, -VC_ERR_INPUT (too large), -VC_ERR_SYSTEM or -VC_ERR_INTERNAL
 */
int vc_file_read_stream(struct vc_arena *arena, int fd, char **ret_text, size_t *ret_len,
                        struct vc_err *err)
{
	size_t cap = STREAM_CHUNK, len = 0;
	VC_AUTOFREE char *text = malloc(cap);
	int wait_ms = isatty(fd) ? -1 : STREAM_WAIT_MS;
	char *copy;

	while (text) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		ssize_t n;

		if (poll(&p, 1, wait_ms) == 0)
			return vc_fail(err, VC_ERR_SYSTEM, "nothing to read for %d s",
			               STREAM_WAIT_MS / 1000);
		n = read(fd, text + len, cap - len);
		if (n < 0 && errno != EINTR && errno != EAGAIN)
			return vc_fail_sys(err, errno, "cannot read the input");
		if (n == 0)
			break;
		len += n > 0 ? (size_t)n : 0;
		if (len > VC_FILE_MAX_BYTES)
			return vc_fail(err, VC_ERR_INPUT, "more than %zu bytes",
			               VC_FILE_MAX_BYTES);
		if (len == cap) {
			char *grown = realloc(text, cap *= 2);

			if (!grown)
				return vc_fail_oom(err);
			text = grown;
		}
	}
	copy = text ? vc_arena_strndup(arena, text, len) : NULL;
	if (!copy)
		return vc_fail_oom(err);
	*ret_text = copy;
	*ret_len = len;
	return 0;
}

static int write_durably(int dir, const char *name, const char *text, size_t len,
                         mode_t mode)
{
	VC_AUTOCLOSE int fd = openat(
		dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
	int r;

	if (fd < 0)
		return -errno;
	r = vc_write_all(fd, text, len);
	if (r < 0)
		return r;
	if (fchmod(fd, mode) < 0 || fsync(fd) < 0)
		return -errno;
	return 0;
}

/**
 * vc_file_replace() - Put a whole file in place, atomically and durably
 * @dir:	directory
 * @name:	file name in @dir, no slash
 * @text:	new content
 * @len:	its length
 * @mode:	permissions of the file, whatever the umask
 * @err:	why not
 *
 * Temporary file, fsync, rename, fsync of the directory [design 7]. On failure the old
 * file is as it was and no temporary file is left.
 *
 * Return: 0 or -VC_ERR_SYSTEM (-VC_ERR_ABSENT when @dir was removed)
 */
int vc_file_replace(int dir, const char *name, const char *text, size_t len, mode_t mode,
                    struct vc_err *err)
{
	char temp[NAME_MAX + 1];
	int r;

	if (snprintf(temp, sizeof(temp), ".%.200s.%d.tmp", name, (int)getpid()) < 0)
		return vc_fail(err, VC_ERR_INTERNAL, "cannot name a temporary file");
	(void)unlinkat(dir, temp, 0);
	r = write_durably(dir, temp, text, len, mode);
	if (r == 0 && renameat(dir, temp, dir, name) < 0)
		r = -errno;
	if (r == 0 && fsync(dir) < 0)
		r = -errno;
	if (r == 0)
		return 0;
	(void)unlinkat(dir, temp, 0);
	return vc_fail_sys(err, -r, "cannot write '%s'", name);
}

static void closedirp(DIR **d)
{
	if (*d)
		(void)closedir(*d);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/**
 * vc_file_list() - The names in a directory, sorted by byte value
 * @arena:	holds the names
 * @dir:	directory, opened for reading; its offset is not touched
 * @ret_names:	names without "." and ".."
 * @err:	why not
 *
 * Return: 0, -VC_ERR_INPUT (more than 200,000 names), -VC_ERR_SYSTEM, -VC_ERR_INTERNAL
 */
int vc_file_list(struct vc_arena *arena, int dir, struct vc_names *ret_names,
                 struct vc_err *err)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	VC_CLEANUP(closedirp) DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	struct vc_names names = { 0 };
	struct dirent *entry;

	if (!d)
		return vc_fail_sys(err, errno, "cannot list a directory");
	while ((entry = readdir(d))) {
		char **slot;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (names.n == DIRECTORY_MAX)
			return vc_fail(err, VC_ERR_INPUT,
			               "more than %u files in one directory",
			               DIRECTORY_MAX);
		slot = vc_list_push(arena, &names);
		if (slot)
			*slot = vc_arena_strdup(arena, entry->d_name);
		if (!slot || !*slot)
			return vc_fail_oom(err);
	}
	if (names.n > 0)
		qsort(names.v, names.n, sizeof(*names.v), compare_names);
	*ret_names = names;
	return 0;
}
