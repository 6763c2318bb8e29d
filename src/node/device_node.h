/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * device_node.h - the nodes below /dev that QEMU opens for a device.
 *
 * A node is called as below /dev: "vfio/12", "bus/usb/001/004". Which number the node of one
 * device on vfio gets is known only when vfio has it; it is called after the device,
 * "vfio/devices/0000:65:00.0", and found through sysfs.
 *
 * No node is ever opened: opening the one of a group claims the group.
 */
#pragma once

#include <sys/stat.h>

#include "node/node.h"

#define VC_NODE_CDEVS "vfio/devices/"

/* NULL: not a device that has one, or not now. */
int vc_device_node_path(struct vc_arena *arena, const struct vc_local_node *node,
                        const char *name, char **ret_path, struct vc_err *err)
	VC_MUST_CHECK;
/* An O_PATH descriptor of a character device; @path from vc_device_node_path(). */
int vc_device_node_open(const struct vc_local_node *node, const char *path, int *ret_fd,
                        struct stat *ret_stat, struct vc_err *err) VC_MUST_CHECK;
