/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * [CDI] runtimes watch the directory and read whatever is called *.json or *.yaml, so a
 * file gets its name only when it is complete.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "claim/cdi_write.h"
#include "node/publish_internal.h"

#define FILE_MODE 0644

/**
 * vc_cdi_text() - The CDI file of a claim
 * @arena:	holds it
 * @claim:	claim, all names known
 * @ret_text:	text
 * @err:	what the format cannot say
 *
 * Return: 0, -VC_ERR_REFUSED or -VC_ERR_INTERNAL
 */
int vc_cdi_text(struct vc_arena *arena, const struct vc_claim *claim,
                const char **ret_text, struct vc_err *err)
{
	VC_AUTO_BUF struct vc_buf buf = VC_BUF_INIT(VC_FILE_MAX_BYTES);
	VC_AUTOFREE char *text = NULL;
	char *copy;

	if (vc_cdi_write(claim, &buf, err) < 0 || vc_buf_take(&buf, &text, NULL, err) < 0)
		return -(int)err->kind;
	copy = vc_arena_strdup(arena, text);
	if (!copy)
		return vc_fail_oom(err);
	*ret_text = copy;
	return 0;
}

/* Whether the file is there with that content, for everybody to read. */
static bool is_written(struct vc_arena *arena, int dir, const char *file,
                       const char *text)
{
	struct vc_err ignored = VC_ERR_INIT;
	struct stat st;
	char *old = NULL;
	size_t len = 0;

	return fstatat(dir, file, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       (st.st_mode & 07777) == FILE_MODE &&
	       vc_file_read(arena, dir, file,
	                    VC_FILE_BENEATH | VC_FILE_TRUSTED | VC_FILE_WHOLE, &old, &len,
	                    &ignored) == 0 &&
	       strcmp(old, text) == 0;
}

static int put_file(struct vc_writer *writer, int dir, const char *file, const char *text,
                    struct vc_err *err)
{
	char *temp = NULL;

	if (vc_writer_file(writer, dir, text, &temp, err) < 0)
		return -(int)err->kind;
	if (renameat(dir, temp, dir, file) < 0) {
		int sys = errno;

		(void)unlinkat(dir, temp, 0);
		return vc_fail_sys(err, sys, "cannot replace '%s'", file);
	}
	return vc_publish_sync(dir, file, err);
}

/**
 * vc_cdi_publish() - Put the CDI file of a claim in place
 * @writer:	writer
 * @directory:	path of the directory, made when missing
 * @uid:	UID of the claim, a UUID
 * @text:	of vc_cdi_text()
 * @ret_changed: whether it was written; one with that content already stays
 * @err:	why not; begins with the path of the directory
 *
 * Return: 0, -VC_ERR_REFUSED (no directory), -VC_ERR_SYSTEM or -VC_ERR_INTERNAL
 */
int vc_cdi_publish(struct vc_writer *writer, const char *directory, const char *uid,
                   const char *text, bool *ret_changed, struct vc_err *err)
{
	const char *file = vc_cdi_claim_file(writer->arena, uid);
	VC_AUTOCLOSE int dir = -1;
	bool written;

	if (!file)
		return vc_fail_oom(err);
	if (vc_publish_open(writer, directory, 0, true, &dir, err) < 0)
		return -(int)err->kind;
	written = is_written(writer->arena, dir, file, text);
	if (!written && put_file(writer, dir, file, text, err) < 0)
		return vc_err_context(err, "%s", directory);
	*ret_changed = !written;
	return 0;
}

/**
 * vc_cdi_withdraw() - Remove the CDI file of a claim
 * @writer:	writer
 * @directory:	path of the directory
 * @uid:	UID of the claim
 * @err:	why not; begins with the path of the directory
 *
 * Return: 0, also when there is none; -VC_ERR_SYSTEM or -VC_ERR_INTERNAL
 */
int vc_cdi_withdraw(struct vc_writer *writer, const char *directory, const char *uid,
                    struct vc_err *err)
{
	const char *file = vc_cdi_claim_file(writer->arena, uid);
	VC_AUTOCLOSE int dir = -1;
	int r;

	if (!file)
		return vc_fail_oom(err);
	r = vc_publish_open(writer, directory, 0, false, &dir, err);
	if (r == -VC_ERR_ABSENT) {
		*err = (struct vc_err)VC_ERR_INIT;
		return 0;
	}
	if (r < 0)
		return r;
	if (unlinkat(dir, file, 0) < 0)
		return errno == ENOENT ? 0
		                       : vc_fail_sys(err, errno, "cannot remove '%s/%s'",
		                                     directory, file);
	return vc_publish_sync(dir, directory, err);
}
