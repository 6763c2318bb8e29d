/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * device_path.h - what the path of a device in sysfs says: which bridges, functions and
 * hubs are above it. Text only, nothing is opened.
 */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "model/pci_address.h"

/* [SYSFS] NAME_MAX of a component, and more components than any tree of buses has */
#define VC_PATH_PART_SIZE 256U
#define VC_PATH_PARTS_MAX 64U

/* The next component of a path into @part; false at the end, or when it is too long. */
bool vc_path_next(const char **cursor, char part[VC_PATH_PART_SIZE]) VC_NONNULL;
bool vc_path_is_function(const char *part, struct vc_pci_address *ret_address) VC_NONNULL;
bool vc_path_is_pci_root(const char *part) VC_NONNULL;
bool vc_path_is_usb_device(const char *part) VC_NONNULL;
bool vc_path_is_root_hub(const char *part) VC_NONNULL;
/* The path up to and without its last component, in the arena; NULL: memory, or none. */
char *vc_path_parent(struct vc_arena *arena, const char *path) VC_NONNULL;
const char *vc_path_last(const char *path) VC_NONNULL;
