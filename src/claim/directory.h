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

/* By the names in it; an empty directory is VC_LAYOUT_NONE. */
int vc_directory_recognise(struct vc_arena *arena, int dir,
                           enum vc_directory_layout *ret_layout, struct vc_err *err)
	VC_MUST_CHECK;
/* Everything in the tree. */
int vc_directory_read_all(struct vc_arena *arena, int dir, const char *path,
                          enum vc_directory_layout layout, unsigned file_flags,
                          struct vc_facts *facts, struct vc_err *err) VC_MUST_CHECK;
/* The files of one binding; finding none is not an error: *ret_found says so. */
int vc_directory_read_binding(struct vc_arena *arena, int dir, const char *path,
                              enum vc_directory_layout layout, unsigned file_flags,
                              const struct vc_binding *binding,
                              const char *default_namespace, struct vc_facts *facts,
                              bool *ret_found, struct vc_err *err) VC_MUST_CHECK;
