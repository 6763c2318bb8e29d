/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "claimd/missing.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/parse.h"

/* NULL: @err says why. */
static char *path_of(struct vc_arena *arena, const char *run, const char *uid,
                     struct vc_err *err)
{
	char *path;

	if (!vc_is_uuid(uid)) {
		(void)vc_fail(err, VC_ERR_INPUT, "'%.100s' is no UUID", uid);
		return NULL;
	}
	path = vc_arena_printf(arena, "%s/missing/%s", run, uid);
	if (!path)
		(void)vc_fail_oom(err);
	return path;
}

/**
 * vc_missing_list() - Claims that lost a device
 * @arena:	holds the result
 * @run:	directory
 * @ret_uids:	UIDs
 * @err:	why not
 *
 * Return: 0, -VC_ERR_INPUT (too many), -VC_ERR_SYSTEM or -VC_ERR_INTERNAL
 */
int vc_missing_list(struct vc_arena *arena, const char *run, struct vc_names *ret_uids,
                    struct vc_err *err)
{
	char *path = vc_arena_printf(arena, "%s/missing", run);
	struct vc_names uids = { 0 };
	VC_AUTOCLOSE int dir = -1;

	if (!path)
		return vc_fail_oom(err);
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (dir < 0 && errno != ENOENT)
		return vc_fail_sys(err, errno, "cannot open '%s'", path);
	if (dir >= 0 && vc_file_list(arena, dir, &uids, err) < 0)
		return -(int)err->kind;
	*ret_uids = uids;
	return 0;
}

/**
 * vc_missing_add() - A claim lost a device
 * @arena:	for paths
 * @run:	directory
 * @uid:	of the claim; it may be there already
 * @err:	why not
 *
 * Return: 0, -VC_ERR_INPUT (no UUID), -VC_ERR_SYSTEM, -VC_ERR_ABSENT or -VC_ERR_INTERNAL
 */
int vc_missing_add(struct vc_arena *arena, const char *run, const char *uid,
                   struct vc_err *err)
{
	char *directory = vc_arena_printf(arena, "%s/missing", run);
	char *path = path_of(arena, run, uid, err);
	VC_AUTOCLOSE int fd = -1;

	if (!path)
		return -(int)err->kind;
	if (!directory)
		return vc_fail_oom(err);
	if (mkdir(directory, 0755) < 0 && errno != EEXIST)
		return vc_fail_sys(err, errno, "cannot make '%s'", directory);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	return fd < 0 ? vc_fail_sys(err, errno, "cannot write '%s'", path) : 0;
}

/**
 * vc_missing_remove() - A claim is right again, or is no more
 * @arena:	for paths
 * @run:	directory
 * @uid:	of the claim; it need not be there
 * @err:	why not
 *
 * Return: 0, -VC_ERR_INPUT (no UUID), -VC_ERR_SYSTEM or -VC_ERR_INTERNAL
 */
int vc_missing_remove(struct vc_arena *arena, const char *run, const char *uid,
                      struct vc_err *err)
{
	const char *path = path_of(arena, run, uid, err);

	if (!path)
		return -(int)err->kind;
	if (unlink(path) < 0 && errno != ENOENT)
		return vc_fail_sys(err, errno, "cannot remove '%s'", path);
	return 0;
}
