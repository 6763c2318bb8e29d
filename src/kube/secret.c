/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kube/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

/* Pages of their own for @room bytes, which no core dump has. */
static int reserve(struct vc_secret *secret, size_t room, struct vc_err *err)
{
	void *pages;

	if (room > VC_SECRET_MAX_BYTES)
		return vc_fail(err, VC_ERR_INPUT, "longer than %zu bytes",
		               VC_SECRET_MAX_BYTES);
	pages = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
	             0);
	if (pages == MAP_FAILED)
		return vc_fail_oom(err);
	(void)madvise(pages, room, MADV_DONTDUMP);
	secret->data = pages;
	secret->mapped = room;
	secret->len = 0;
	return 0;
}

/**
 * vc_secret_set() - Keep a copy of a text
 * @secret:	holds the copy; what it held is released
 * @prefix:	put in front, "" for nothing
 * @bytes:	text, need not be terminated
 * @len:	its length
 * @err:	why not; never says what the text is
 *
 * Return: 0, -VC_ERR_INPUT (too long) or -VC_ERR_INTERNAL
 */
int vc_secret_set(struct vc_secret *secret, const char *prefix, const char *bytes,
                  size_t len, struct vc_err *err)
{
	struct vc_secret fresh = VC_SECRET_INIT;
	size_t prefix_len = strlen(prefix);

	if (len > VC_SECRET_MAX_BYTES)
		len = VC_SECRET_MAX_BYTES; /* reserve() says that it is too long */
	if (reserve(&fresh, prefix_len + len + 1, err) < 0 || !fresh.data)
		return -(int)err->kind;
	memcpy(fresh.data, prefix, prefix_len);
	if (len > 0)
		memcpy(fresh.data + prefix_len, bytes, len);
	fresh.len = prefix_len + len;
	vc_secret_release(secret);
	*secret = fresh;
	return 0;
}

static int read_open_file(struct vc_secret *secret, int fd, const char *path,
                          struct vc_err *err)
{
	ssize_t n = 1;

	while (n > 0 && secret->len < secret->mapped - 1) {
		n = read(fd, secret->data + secret->len,
		         secret->mapped - 1 - secret->len);
		if (n < 0 && errno == EINTR)
			n = 1;
		else if (n < 0)
			return vc_fail_sys(err, errno, "cannot read '%s'", path);
		else
			secret->len += (size_t)n;
	}
	if (secret->len == secret->mapped - 1)
		return vc_fail(err, VC_ERR_INPUT,
		               "'%s' is larger than what belongs there (%zu bytes)", path,
		               VC_SECRET_MAX_BYTES);
	return 0;
}

/**
 * vc_secret_read() - Read a file, without a copy of its text elsewhere
 * @secret:	holds the text; what it held is released. Its pages are as large as the
 *		largest secret, but only those that are used cost memory
 * @path:	regular file; opened anew, since the kubelet replaces it through a link
 * @err:	why not
 *
 * Return: 0, -VC_ERR_ABSENT, -VC_ERR_INPUT (too large, not a regular file),
 * -VC_ERR_SYSTEM or -VC_ERR_INTERNAL
 */
int vc_secret_read(struct vc_secret *secret, const char *path, struct vc_err *err)
{
	VC_AUTO_SECRET struct vc_secret fresh = VC_SECRET_INIT;
	VC_AUTOCLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd < 0)
		return vc_fail_sys(err, errno, "cannot open '%s'", path);
	if (fstat(fd, &st) < 0)
		return vc_fail_sys(err, errno, "cannot stat '%s'", path);
	if (!S_ISREG(st.st_mode))
		return vc_fail(err, VC_ERR_INPUT, "'%s' is not a regular file", path);
	if (reserve(&fresh, VC_SECRET_MAX_BYTES, err) < 0 ||
	    read_open_file(&fresh, fd, path, err) < 0)
		return -(int)err->kind;
	vc_secret_release(secret);
	*secret = fresh;
	fresh = (struct vc_secret)VC_SECRET_INIT;
	return 0;
}

/**
 * vc_secret_trim() - Take white space at the end away, as editors leave it
 * @secret:	secret or none
 */
void vc_secret_trim(struct vc_secret *secret)
{
	while (secret->len > 0 && strchr(" \t\r\n", secret->data[secret->len - 1]))
		secret->data[--secret->len] = '\0';
}

/**
 * vc_secret_release() - Wipe a secret and give its pages back
 * @secret:	secret or none; none afterwards
 */
void vc_secret_release(struct vc_secret *secret)
{
	if (!secret->data)
		return;
	explicit_bzero(secret->data, secret->len + 1);
	(void)munmap(secret->data, secret->mapped);
	*secret = (struct vc_secret)VC_SECRET_INIT;
}

/**
 * vc_secret_no_dump() - Keep this process out of core dumps, and debuggers of others out
 *
 * Programs of root may still look at it.
 */
void vc_secret_no_dump(void)
{
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}
