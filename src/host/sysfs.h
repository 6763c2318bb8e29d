/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sysfs.h - reading below a sysfs root. Nothing here writes.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"

/* Attribute text without its trailing newline; ENOENT is -VC_ERR_ABSENT. */
int vc_sysfs_read(struct vc_arena *arena, int root, const char *path, char **ret_text,
                  struct vc_err *err) VC_MUST_CHECK;
/* Last component of a symbolic link's target. */
int vc_sysfs_link(struct vc_arena *arena, int root, const char *path, char **ret_name,
                  struct vc_err *err) VC_MUST_CHECK;
