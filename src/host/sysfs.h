/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sysfs.h - reading below a sysfs root. Nothing here writes.
 *
 * Paths are relative to the root. Symbolic links in them are followed, because that is
 * how the kernel lays sysfs out, but never to anything outside the root.
 */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"

/* [SYSFS] an attribute is at most a page. */
#define VC_SYSFS_MAX_BYTES 4096U

/* Attribute text without its trailing newline; ENOENT is -VC_ERR_ABSENT. */
int vc_sysfs_read(struct vc_arena *arena, int root, const char *path, char **ret_text,
                  struct vc_err *err) VC_MUST_CHECK;
/* Last component of a symbolic link's target. */
int vc_sysfs_link(struct vc_arena *arena, int root, const char *path, char **ret_name,
                  struct vc_err *err) VC_MUST_CHECK;
/* The component before the last: the parent of the device that a link leads to. */
int vc_sysfs_link_parent(struct vc_arena *arena, int root, const char *path,
                         char **ret_name, struct vc_err *err) VC_MUST_CHECK;
/* Where a link leads, as a path from the root: "devices/pci0000:64/0000:65:00.0". No
 * component of @path before the last may be a link. */
int vc_sysfs_link_path(struct vc_arena *arena, int root, const char *path,
                       char **ret_path, struct vc_err *err) VC_MUST_CHECK;
int vc_sysfs_open_directory(int root, const char *path, int *ret_fd, struct vc_err *err)
	VC_MUST_CHECK;
/* Names in a directory, sorted. */
int vc_sysfs_list(struct vc_arena *arena, int root, const char *path,
                  struct vc_names *ret_names, struct vc_err *err) VC_MUST_CHECK;
int vc_sysfs_list_open(struct vc_arena *arena, int fd, struct vc_names *ret_names,
                       struct vc_err *err) VC_MUST_CHECK;
bool vc_sysfs_is_directory(int root, const char *path);
