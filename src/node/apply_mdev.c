/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * apply_mdev.c - make a mediated device, and remove it.
 *
 * [ABI-MDEV] Documentation/driver-api/vfio-mediated-device.rst: a UUID written to
 * class/mdev_bus/PARENT/mdev_supported_types/TYPE/create makes bus/mdev/devices/UUID, and 1
 * written to "remove" there removes it. The device lies in its parent's directory, and
 * "mdev_type" leads to its type.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/parse.h"
#include "host/sysfs.h"
#include "node/apply.h"

/* The device of a step, and sysfs around it. */
struct mdev {
	struct vc_arena *arena;
	const struct vc_config *config;
	const struct vc_step *step;
	int root;
	bool exists;
	bool has_parent;
};

#define MDEV_INIT(arena_, node_, step_)                                        \
	{                                                                      \
		.arena = (arena_), .config = (node_)->config, .step = (step_), \
		.root = -1,                                                    \
	}

static void close_mdev(struct mdev *m)
{
	vc_closep(&m->root);
}

/* They become parts of paths. */
static bool is_name(const char *text)
{
	return *text != '\0' && *text != '.' && !strchr(text, '/');
}

/* A device of another type or parent has our UUID: that is somebody else's. */
static int check_device(const struct mdev *m, const char *path, struct vc_err *err)
{
	const struct vc_step *step = m->step;
	char *link = vc_arena_printf(m->arena, "%s/mdev_type", path);
	char *parent, *type;

	if (!link)
		return vc_fail_oom(err);
	if (vc_sysfs_link_parent(m->arena, m->root, path, &parent, err) < 0 ||
	    vc_sysfs_link(m->arena, m->root, link, &type, err) < 0)
		return -(int)err->kind;
	if (strcmp(parent, step->parent) == 0 && strcmp(type, step->type) == 0)
		return 0;
	return vc_fail(
		err, VC_ERR_REFUSED,
		"the mediated device '%s' is of type '%s' and parent '%s', not of "
		"type '%s' and parent '%s': somebody else made it; remove it first",
		step->uuid, type, parent, step->type, step->parent);
}

static int open_mdev(struct mdev *m, struct vc_err *err)
{
	const struct vc_step *step = m->step;
	char *path, *parent;

	if (!vc_is_uuid(step->uuid) || !is_name(step->parent) || !is_name(step->type))
		return vc_fail(err, VC_ERR_INPUT,
		               "'%s' of type '%s' and parent '%s' cannot be a mediated "
		               "device",
		               step->uuid, step->type, step->parent);
	path = vc_arena_printf(m->arena, "bus/mdev/devices/%s", step->uuid);
	parent = vc_arena_printf(m->arena, "class/mdev_bus/%s", step->parent);
	if (!path || !parent)
		return vc_fail_oom(err);
	if (vc_file_open_directory(AT_FDCWD, m->config->sysfs, 0, &m->root, err) < 0)
		return -(int)err->kind;
	m->has_parent = vc_sysfs_is_directory(m->root, parent);
	m->exists = vc_sysfs_is_directory(m->root, path);
	return m->exists ? check_device(m, path, err) : 0;
}

static const char *explain(int sys)
{
	switch (sys) {
	case ENOENT:
		return "its parent makes none of this type now";
	case ENOSPC:
	case EUSERS:
		return "no instance of this type is left; remove one that nobody uses";
	case EEXIST:
		return "somebody has made one with this UUID meanwhile";
	case EBUSY:
		return "a guest has it still";
	default:
		break;
	}
	return "see the kernel's log";
}

static int write_text(const struct mdev *m, const char *path, const char *text,
                      struct vc_err *err)
{
	const struct vc_sysfs_write write = {
		.sysfs = m->config->sysfs,
		.path = path,
		.text = text,
		.deadline_ms = m->config->driver_deadline_ms,
		.run = m->config->run,
		.device = m->step->uuid,
	};
	struct vc_err why = VC_ERR_INIT;
	int r;

	if (!path)
		return vc_fail_oom(err);
	r = vc_sysfs_write(m->arena, &write, &why);
	if (r == 0)
		return 0;
	(void)vc_fail(err, r == -VC_ERR_INTERNAL ? VC_ERR_INTERNAL : VC_ERR_SYSTEM,
	              "mediated device '%s' of '%s': %.1000s; %s", m->step->uuid,
	              m->step->parent, why.msg, explain(why.sys));
	err->sys = why.sys;
	return -(int)err->kind;
}

static int act(struct vc_arena *arena, const struct vc_local_node *node,
               const struct vc_step *step, struct vc_err *err)
{
	VC_CLEANUP(close_mdev) struct mdev before = MDEV_INIT(arena, node, step);
	VC_CLEANUP(close_mdev) struct mdev after = MDEV_INIT(arena, node, step);
	char *path =
		vc_arena_printf(arena, "class/mdev_bus/%s/mdev_supported_types/%s/create",
	                        step->parent, step->type);

	if (open_mdev(&before, err) < 0)
		return -(int)err->kind;
	if (before.exists)
		return 0;
	if (write_text(&before, path, step->uuid, err) < 0 || open_mdev(&after, err) < 0)
		return -(int)err->kind;
	if (after.exists)
		return 0;
	return vc_fail(
		err, VC_ERR_SYSTEM,
		"'%s' was told to make the mediated device '%s', and it is not there; "
		"see the kernel's log",
		step->parent, step->uuid);
}

static int undo(struct vc_arena *arena, const struct vc_local_node *node,
                const struct vc_step *step, struct vc_err *err)
{
	VC_CLEANUP(close_mdev) struct mdev before = MDEV_INIT(arena, node, step);
	VC_CLEANUP(close_mdev) struct mdev after = MDEV_INIT(arena, node, step);
	char *path = vc_arena_printf(arena, "bus/mdev/devices/%s/remove", step->uuid);
	int r;

	if (vc_step_idle(node->config->run, step->uuid, err) < 0 ||
	    open_mdev(&before, err) < 0)
		return -(int)err->kind;
	if (!before.exists)
		return 0;
	r = write_text(&before, path, "1", err);
	if (r < 0 && err->sys != ENOENT && err->sys != ENODEV)
		return r;
	if (open_mdev(&after, err) < 0)
		return -(int)err->kind;
	if (!after.exists)
		return 0;
	return vc_fail(err, VC_ERR_SYSTEM,
	               "the mediated device '%s' is there after it was removed; see the "
	               "kernel's log",
	               step->uuid);
}

static int look(struct vc_arena *arena, const struct vc_local_node *node,
                const struct vc_step *step, enum vc_step_look *ret_look,
                struct vc_err *err)
{
	VC_CLEANUP(close_mdev) struct mdev m = MDEV_INIT(arena, node, step);

	if (vc_step_idle(node->config->run, step->uuid, err) < 0 ||
	    open_mdev(&m, err) < 0)
		return -(int)err->kind;
	if (m.exists)
		*ret_look = VC_LOOK_AFTER;
	else
		*ret_look = m.has_parent ? VC_LOOK_BEFORE : VC_LOOK_GONE;
	return 0;
}

const struct vc_step_kind_ops vc_step_mdev_ops = {
	.act = act,
	.undo = undo,
	.look = look,
};
