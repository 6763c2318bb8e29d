/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * apply_access.c - let QEMU's user open a node below /dev, and take that back.
 *
 * [devtmpfs] a node is there before the write that made it returns; where udev makes nodes
 * it comes a moment later, so one that is missing is waited for.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/now.h"
#include "node/apply.h"
#include "node/device_node.h"

#define WAIT_MS     2000
#define LOOK_MS     100 /* even if nothing is heard: it may be that nothing is watched */
#define PERMISSIONS 07777U
#define EVENTS_SIZE 4096

/* The directory that the node will be in, or as much of it as there is. */
static void watch(struct vc_arena *arena, int events, const char *dev, const char *path)
{
	char *full = vc_arena_printf(arena, "%s/%s", dev, path);
	char *slash;

	while (full && (slash = strrchr(full, '/')) && strlen(full) > strlen(dev)) {
		*slash = '\0';
		if (inotify_add_watch(events, full, IN_CREATE | IN_MOVED_TO) >= 0)
			return;
	}
}

static void await_event(int events, int64_t left)
{
	char ignored[EVENTS_SIZE];
	struct pollfd p = { .fd = events, .events = POLLIN };

	if (poll(&p, 1, (int)(left < LOOK_MS ? left : LOOK_MS)) > 0)
		(void)!read(events, ignored, sizeof(ignored));
}

/* As vc_device_node_open(), but waits for a node that is missing. */
static int await_node(struct vc_arena *arena, const struct vc_local_node *node,
                      const char *path, int *ret_fd, struct stat *ret_stat,
                      struct vc_err *err)
{
	int r = vc_device_node_open(node, path, ret_fd, ret_stat, err);
	VC_AUTOCLOSE int events = -1;
	int64_t deadline, left;

	if (r != -VC_ERR_ABSENT)
		return r;
	deadline = vc_now_ms() + WAIT_MS;
	events = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	while ((left = deadline - vc_now_ms()) > 0) {
		watch(arena, events, node->config->dev, path);
		r = vc_device_node_open(node, path, ret_fd, ret_stat, err);
		if (r != -VC_ERR_ABSENT)
			return r;
		await_event(events, left);
	}
	return vc_fail(err, VC_ERR_SYSTEM,
	               "there is no node '%s/%s' although the kernel has the device; is "
	               "that directory a devtmpfs?",
	               node->config->dev, path);
}

/* [chmod(2)] an O_PATH descriptor can be changed through its name below /proc. */
static int set_mode(int fd, mode_t mode)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return chmod(path, mode);
}

struct access {
	uid_t uid;
	gid_t gid;
	mode_t mode;
};

static int give(const struct vc_local_node *node, const char *path, int fd,
                const struct access *to, struct vc_err *err)
{
	struct stat st;

	if (fchownat(fd, "", to->uid, to->gid, AT_EMPTY_PATH) < 0)
		return vc_fail_sys(err, errno, "cannot give '%s/%s' to %u:%u",
		                   node->config->dev, path, to->uid, to->gid);
	if (set_mode(fd, to->mode) < 0 || fstat(fd, &st) < 0)
		return vc_fail_sys(err, errno, "cannot set the permissions of '%s/%s'",
		                   node->config->dev, path);
	if (st.st_uid == to->uid && st.st_gid == to->gid &&
	    (st.st_mode & PERMISSIONS) == to->mode)
		return 0;
	return vc_fail(err, VC_ERR_SYSTEM,
	               "'%s/%s' did not take owner %u:%u and mode %04o",
	               node->config->dev, path, to->uid, to->gid, to->mode);
}

static int act(struct vc_arena *arena, const struct vc_local_node *node,
               const struct vc_step *step, struct vc_err *err)
{
	const struct access new = { step->uid, step->gid, step->mode };
	VC_AUTOCLOSE int fd = -1;
	struct stat st;
	char *path;

	if (vc_device_node_path(arena, node, step->node, &path, err) < 0)
		return -(int)err->kind;
	if (!path)
		return 0;
	if (await_node(arena, node, path, &fd, &st, err) < 0)
		return -(int)err->kind;
	return give(node, path, fd, &new, err);
}

/* Of old and new one after the other, as a crash leaves it. */
static bool is_ours(const struct vc_step *step, const struct stat *st)
{
	mode_t mode = st->st_mode & PERMISSIONS;

	return (st->st_uid == step->uid || st->st_uid == step->old_uid) &&
	       (st->st_gid == step->gid || st->st_gid == step->old_gid) &&
	       (mode == step->mode || mode == step->old_mode);
}

/* What somebody has changed since is left to them. */
static int undo(struct vc_arena *arena, const struct vc_local_node *node,
                const struct vc_step *step, struct vc_err *err)
{
	const struct access old = { step->old_uid, step->old_gid, step->old_mode };
	VC_AUTOCLOSE int fd = -1;
	struct vc_err why = VC_ERR_INIT;
	struct stat st;
	char *path;
	int r;

	if (vc_device_node_path(arena, node, step->node, &path, err) < 0)
		return -(int)err->kind;
	r = path ? vc_device_node_open(node, path, &fd, &st, &why) : -VC_ERR_ABSENT;
	if (r == -VC_ERR_ABSENT || (r == 0 && !is_ours(step, &st)))
		return 0;
	if (r == 0)
		return give(node, path, fd, &old, err);
	*err = why;
	return r;
}

static enum vc_step_look compare(const struct vc_step *step, const struct stat *st)
{
	mode_t mode = st->st_mode & PERMISSIONS;

	if (st->st_uid == step->uid && st->st_gid == step->gid && mode == step->mode)
		return VC_LOOK_AFTER;
	if (st->st_uid == step->old_uid && st->st_gid == step->old_gid &&
	    mode == step->old_mode)
		return VC_LOOK_BEFORE;
	return VC_LOOK_BETWEEN;
}

static int look(struct vc_arena *arena, const struct vc_local_node *node,
                const struct vc_step *step, enum vc_step_look *ret_look,
                struct vc_err *err)
{
	VC_AUTOCLOSE int fd = -1;
	struct vc_err why = VC_ERR_INIT;
	struct stat st = { 0 };
	char *path;
	int r = 0;

	if (vc_device_node_path(arena, node, step->node, &path, err) < 0)
		return -(int)err->kind;
	if (path)
		r = vc_device_node_open(node, path, &fd, &st, &why);
	if (r < 0 && r != -VC_ERR_ABSENT) {
		*err = why;
		return r;
	}
	/* a device that has no node of its own needs nothing */
	if (!path)
		*ret_look = VC_LOOK_AFTER;
	else
		*ret_look = r == 0 ? compare(step, &st) : VC_LOOK_GONE;
	return 0;
}

const struct vc_step_kind_ops vc_step_access_ops = {
	.act = act,
	.undo = undo,
	.look = look,
};
