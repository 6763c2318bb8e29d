/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * [VFIO] Documentation/driver-api/vfio.rst: /dev/vfio/GROUP; since Linux 6.6 also
 * /dev/vfio/devices/vfioX, X from vfio-dev/vfioX in the directory of the device, which has a
 * "dev" then.
 */
#include "node/device_node.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/parse.h"
#include "host/sysfs.h"

static bool has_number(int root, struct vc_arena *arena, const char *directory,
                       const char *name)
{
	char *path = vc_arena_printf(arena, "%s/%s/dev", directory, name);
	struct vc_err err = VC_ERR_INIT;
	char *text;

	return path && vc_sysfs_read(arena, root, path, &text, &err) == 0;
}

static int find_cdev(struct vc_arena *arena, int root, const char *device,
                     char **ret_path, struct vc_err *err)
{
	const char *bus = vc_is_uuid(device) ? "mdev" : "pci";
	char *directory =
		vc_arena_printf(arena, "bus/%s/devices/%s/vfio-dev", bus, device);
	struct vc_names names = { 0 };
	char *path = NULL;
	int r;

	if (!directory)
		return vc_fail_oom(err);
	r = vc_sysfs_list(arena, root, directory, &names, err);
	if (r < 0 && r != -VC_ERR_ABSENT)
		return r;
	*err = (struct vc_err)VC_ERR_INIT;
	if (r == 0 && names.n > 0 && has_number(root, arena, directory, names.v[0])) {
		path = vc_arena_printf(arena, VC_NODE_CDEVS "%s", names.v[0]);
		if (!path)
			return vc_fail_oom(err);
	}
	*ret_path = path;
	return 0;
}

/**
 * vc_device_node_path() - Where a node is
 * @arena:	holds the path
 * @node:	where sysfs is
 * @name:	name of the node
 * @ret_path:	below the directory of devices; NULL: vfio does not have the device, or has no
 *		nodes for devices
 * @err:	why sysfs cannot be read
 *
 * Return: 0, -VC_ERR_ABSENT (no sysfs), -VC_ERR_SYSTEM or -VC_ERR_INTERNAL
 */
int vc_device_node_path(struct vc_arena *arena, const struct vc_local_node *node,
                        const char *name, char **ret_path, struct vc_err *err)
{
	VC_AUTOCLOSE int root = -1;
	const char *device = name;
	char *path;

	if (vc_parse_literal(&device, VC_NODE_CDEVS)) {
		if (vc_file_open_directory(AT_FDCWD, node->config->sysfs, 0, &root, err) <
		    0)
			return -(int)err->kind;
		return find_cdev(arena, root, device, ret_path, err);
	}
	path = vc_arena_strdup(arena, name);
	if (!path)
		return vc_fail_oom(err);
	*ret_path = path;
	return 0;
}

static int open_path(int dir, const char *path)
{
	struct open_how how = {
		.flags = O_PATH | O_NOFOLLOW | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS,
	};

	return (int)syscall(SYS_openat2, dir, path, &how, sizeof(how));
}

/**
 * vc_device_node_open() - A descriptor that names a node, without opening the device
 * @node:	where the directory of devices is
 * @path:	below it
 * @ret_fd:	descriptor, the caller's
 * @ret_stat:	who owns it
 * @err:	reason
 *
 * A directory of devices that is not /dev may have regular files for nodes.
 *
 * Return: 0, -VC_ERR_ABSENT, -VC_ERR_REFUSED (no character device) or -VC_ERR_SYSTEM
 */
int vc_device_node_open(const struct vc_local_node *node, const char *path, int *ret_fd,
                        struct stat *ret_stat, struct vc_err *err)
{
	const char *dev = node->config->dev;
	VC_AUTOCLOSE int dir = open(dev, O_PATH | O_DIRECTORY | O_CLOEXEC);
	VC_AUTOCLOSE int fd = dir >= 0 ? open_path(dir, path) : -1;
	struct stat st;

	if (fd < 0)
		return vc_fail_sys(err, errno, "cannot find the node '%s/%s'", dev, path);
	if (fstat(fd, &st) < 0)
		return vc_fail_sys(err, errno, "cannot look at the node '%s/%s'", dev,
		                   path);
	if (!S_ISCHR(st.st_mode) && !(S_ISREG(st.st_mode) && strcmp(dev, "/dev") != 0))
		return vc_fail(err, VC_ERR_REFUSED, "'%s/%s' is no character device", dev,
		               path);
	*ret_fd = vc_steal_fd(&fd);
	*ret_stat = st;
	return 0;
}
