/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "fake_kernel.h"

#define NAMES_MAX 512

static void full_path(char path[VC_FAKE_PATH], const char *fmt, va_list ap)
{
	int n = snprintf(path, VC_FAKE_PATH, "%s/", vc_fake_root());

	if (n > 0 && n < VC_FAKE_PATH)
		(void)vsnprintf(path + n, VC_FAKE_PATH - (size_t)n, fmt, ap);
}

#define FULL_PATH(path, fmt)                \
	do {                                \
		va_list ap;                 \
		va_start(ap, fmt);          \
		full_path((path), fmt, ap); \
		va_end(ap);                 \
	} while (0)

bool vc_fake_exists(const char *fmt, ...)
{
	char path[VC_FAKE_PATH];
	struct stat st;

	FULL_PATH(path, fmt);
	return lstat(path, &st) == 0;
}

static int write_text(const char *path, const char *text, int flags)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0644);
	size_t len = strlen(text);
	int r = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, len) != (ssize_t)len)
		r = -EIO;
	(void)close(fd);
	return r;
}

/* A reader sees the old or the new text, as in sysfs. */
int vc_fake_put(const char *text, const char *fmt, ...)
{
	char path[VC_FAKE_PATH], with_newline[VC_FAKE_TEXT + 1], tmp[VC_FAKE_PATH + 32];
	struct stat st;
	int r;

	FULL_PATH(path, fmt);
	(void)snprintf(with_newline, sizeof(with_newline), "%s\n", text);
	(void)snprintf(tmp, sizeof(tmp), "%s/kernel/.new-%d", vc_fake_root(), gettid());
	r = write_text(tmp, with_newline, O_TRUNC);
	if (r == 0 && stat(path, &st) == 0)
		(void)chmod(tmp, st.st_mode & 07777);
	if (r == 0 && rename(tmp, path) < 0)
		r = -errno;
	return r;
}

int vc_fake_append(const char *text, const char *fmt, ...)
{
	char path[VC_FAKE_PATH];

	FULL_PATH(path, fmt);
	return write_text(path, text, O_APPEND);
}

static ssize_t read_text(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	text[0] = '\0';
	if (fd < 0)
		return -errno;
	n = read(fd, text, size - 1);
	(void)close(fd);
	text[n > 0 ? n : 0] = '\0';
	return n;
}

void vc_fake_get(char text[VC_FAKE_TEXT], const char *fmt, ...)
{
	char path[VC_FAKE_PATH];

	FULL_PATH(path, fmt);
	(void)read_text(path, text, VC_FAKE_TEXT);
	text[strcspn(text, "\n")] = '\0';
}

void vc_fake_get_all(char text[VC_FAKE_TEXT], const char *fmt, ...)
{
	char path[VC_FAKE_PATH];

	FULL_PATH(path, fmt);
	(void)read_text(path, text, VC_FAKE_TEXT);
}

unsigned vc_fake_hex(char digit)
{
	if (digit >= 'a')
		return (unsigned)(digit - 'a') + 10;
	return digit >= '0' && digit <= '9' ? (unsigned)(digit - '0') : 0;
}

static long parse_number(const char *text)
{
	long value = 0;

	if (*text == '\0')
		return -1;
	for (; *text >= '0' && *text <= '9' && value < 1000000; text++)
		value = value * 10 + (*text - '0');
	return *text == '\0' ? value : -1;
}

/* -1: there is none. */
long vc_fake_number(const char *fmt, ...)
{
	char path[VC_FAKE_PATH], text[64];

	FULL_PATH(path, fmt);
	if (read_text(path, text, sizeof(text)) <= 0)
		return -1;
	text[strcspn(text, "\n")] = '\0';
	return parse_number(text);
}

int vc_fake_directory(const char *fmt, ...)
{
	char path[VC_FAKE_PATH];

	FULL_PATH(path, fmt);
	for (char *p = path + strlen(vc_fake_root()) + 1; (p = strchr(p, '/')); p++) {
		*p = '\0';
		if (mkdir(path, 0755) < 0 && errno != EEXIST)
			return -errno;
		*p = '/';
	}
	return mkdir(path, 0755) < 0 && errno != EEXIST ? -errno : 0;
}

static int remove_tree(const char *path);

static int remove_entry(const char *name, void *arg)
{
	char path[VC_FAKE_PATH];

	if (snprintf(path, sizeof(path), "%s/%s", (const char *)arg, name) >=
	    (int)sizeof(path))
		return -ENAMETOOLONG;
	return remove_tree(path);
}

static int each(const char *path, int (*fn)(const char *name, void *arg), void *arg)
{
	char *names[NAMES_MAX];
	size_t n = 0;
	DIR *dir = opendir(path);
	const struct dirent *entry;
	int r = 0;

	if (!dir)
		return -errno;
	while (n < NAMES_MAX && (entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
		    (names[n] = strdup(entry->d_name)))
			n++;
	(void)closedir(dir);
	for (size_t i = 0; i < n; i++) {
		if (r == 0)
			r = fn(names[i], arg);
		free(names[i]);
	}
	return r;
}

static int remove_tree(const char *path)
{
	struct stat st;
	char copy[VC_FAKE_PATH];

	if (lstat(path, &st) < 0)
		return 0;
	if (!S_ISDIR(st.st_mode))
		return unlink(path) < 0 ? -errno : 0;
	(void)snprintf(copy, sizeof(copy), "%s", path);
	(void)each(path, remove_entry, copy);
	return rmdir(path) < 0 ? -errno : 0;
}

void vc_fake_remove(const char *fmt, ...)
{
	char path[VC_FAKE_PATH];

	FULL_PATH(path, fmt);
	(void)remove_tree(path);
}

int vc_fake_rename(const char *from, const char *to)
{
	char old[VC_FAKE_PATH], new[VC_FAKE_PATH];

	(void)snprintf(old, sizeof(old), "%s/%s", vc_fake_root(), from);
	(void)snprintf(new, sizeof(new), "%s/%s", vc_fake_root(), to);
	return rename(old, new) < 0 ? -errno : 0;
}

int vc_fake_link(const char *at, const char *to)
{
	char path[VC_FAKE_PATH], target[VC_FAKE_PATH] = "";
	size_t len = 0;

	(void)snprintf(path, sizeof(path), "%s/sys/%s", vc_fake_root(), at);
	for (const char *p = at; (p = strchr(p, '/')) && len < sizeof(target) - 4; p++)
		len += (size_t)snprintf(target + len, sizeof(target) - len, "../");
	(void)snprintf(target + len, sizeof(target) - len, "%s", to);
	return symlink(target, path) < 0 ? -errno : 0;
}

int vc_fake_link_raw(const char *at, const char *target)
{
	char path[VC_FAKE_PATH];

	(void)snprintf(path, sizeof(path), "%s/sys/%s", vc_fake_root(), at);
	return symlink(target, path) < 0 ? -errno : 0;
}

int vc_fake_write_only(const char *fmt, ...)
{
	char path[VC_FAKE_PATH];
	int r;

	FULL_PATH(path, fmt);
	r = write_text(path, "", O_TRUNC);
	return r == 0 && chmod(path, 0200) < 0 ? -errno : r;
}

void vc_fake_unlink(const char *fmt, ...)
{
	char path[VC_FAKE_PATH];

	FULL_PATH(path, fmt);
	(void)unlink(path);
}

bool vc_fake_follow(char ret_path[VC_FAKE_PATH], const char *fmt, ...)
{
	char path[VC_FAKE_PATH], sys[VC_FAKE_PATH], target[VC_FAKE_PATH];
	struct stat st;
	char *real;
	size_t len;

	FULL_PATH(path, fmt);
	if (lstat(path, &st) < 0 || !S_ISLNK(st.st_mode) ||
	    !(real = realpath(path, NULL)))
		return false;
	(void)snprintf(target, sizeof(target), "%s", real);
	free(real);
	(void)snprintf(sys, sizeof(sys), "%s/sys/", vc_fake_root());
	len = strlen(sys);
	if (strncmp(target, sys, len) != 0)
		return false;
	memmove(ret_path, target + len, strlen(target + len) + 1);
	return true;
}

const char *vc_fake_last(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* One file; what it holds and its permissions. */
int vc_fake_copy(const char *from, const char *to)
{
	char old[VC_FAKE_PATH], new[VC_FAKE_PATH], bytes[VC_FAKE_TEXT];
	struct stat st;
	int in, out, r = 0;
	ssize_t n;

	(void)snprintf(old, sizeof(old), "%s/%s", vc_fake_root(), from);
	(void)snprintf(new, sizeof(new), "%s/%s", vc_fake_root(), to);
	in = open(old, O_RDONLY | O_CLOEXEC);
	if (in < 0 || fstat(in, &st) < 0)
		return -errno;
	out = open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, st.st_mode & 07777);
	while (out >= 0 && (n = read(in, bytes, sizeof(bytes))) > 0)
		if (write(out, bytes, (size_t)n) != n)
			r = -EIO;
	if (out < 0)
		r = -errno;
	else
		(void)close(out);
	(void)close(in);
	return r;
}

/* What the driver core and udev give to a device: a node of root's. */
int vc_fake_node(const char *fmt, ...)
{
	char path[VC_FAKE_PATH];

	FULL_PATH(path, fmt);
	if (mknod(path, S_IFCHR | 0600, makedev(1, 3)) == 0)
		return 0;
	return errno == EPERM ? write_text(path, "", O_TRUNC) : -errno;
}

unsigned vc_fake_free_number(const char *directory, const char *prefix)
{
	unsigned n = 0;

	while (vc_fake_exists("%s/%s%u", directory, prefix, n))
		n++;
	return n;
}

int vc_fake_each(const char *directory, int (*fn)(const char *name, void *arg), void *arg)
{
	char path[VC_FAKE_PATH];

	(void)snprintf(path, sizeof(path), "%s/%s", vc_fake_root(), directory);
	return each(path, fn, arg);
}

int vc_fake_lock(const char *fmt, ...)
{
	char path[VC_FAKE_PATH];
	int fd;

	FULL_PATH(path, fmt);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0)
		return -errno;
	while (flock(fd, LOCK_EX) < 0)
		if (errno != EINTR) {
			(void)close(fd);
			return -errno;
		}
	return fd;
}

void vc_fake_unlock(int fd)
{
	if (fd >= 0)
		(void)close(fd);
}
