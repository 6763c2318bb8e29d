/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * directory.h - directory trees of DeviceMetadata files.
 *
 *   container  resourceclaims/<claim>/<request>/<driver>-metadata.json
 *   [KEP-5304] resourceclaimtemplates/<pod claim>/<request>/<driver>-metadata.json
 *   host       <driver>/dra-device-metadata/<namespace>_<claim>/<request>/metadata.json
 *   shared     <namespace>/<claim>/<request>/<driver>-metadata.json   (ours, design 7)
 *
 * A lookup of one claim opens exact paths down to the request and lists only there.
 * Names are checked before they become a path, symbolic links are not followed. What a
 * file says inside (claim, namespace, request, driver) must agree with where it lies.
 */
#pragma once

#include "claim/tree.h"
#include "model/binding.h"
#include "model/claim.h"

enum vc_directory_layout {
	VC_LAYOUT_NONE,
	VC_LAYOUT_CONTAINER,
	VC_LAYOUT_HOST,
	VC_LAYOUT_SHARED,
};

/**
 * struct vc_directory - a tree to read
 * @fd:		its root, borrowed
 * @path:	path of the root, for messages
 * @layout:	which tree it is
 * @file_flags:	enum vc_file_flags; VC_FILE_BENEATH is always added
 */
struct vc_directory {
	int fd;
	const char *path;
	enum vc_directory_layout layout;
	unsigned file_flags;
};

/* By the names in it; an empty directory is VC_LAYOUT_NONE. */
int vc_directory_recognise(struct vc_arena *arena, int dir,
                           enum vc_directory_layout *ret_layout, struct vc_err *err)
	VC_MUST_CHECK;
/* Everything in the tree. */
int vc_directory_read_all(struct vc_arena *arena, const struct vc_directory *directory,
                          struct vc_facts *facts, struct vc_err *err) VC_MUST_CHECK;
/* The files of one binding; returns how many claims they have, 0 when there is none. */
int vc_directory_read_binding(struct vc_arena *arena,
                              const struct vc_directory *directory,
                              const struct vc_binding *binding,
                              const char *default_namespace, struct vc_facts *facts,
                              struct vc_err *err) VC_MUST_CHECK;
