/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * missing.h - which prepared claims lost a device in this boot: RUN/missing/UID, empty.
 *
 * A device that is back on the host's driver looks like one that somebody took back on
 * purpose; what happened before tells them apart. On disk, because the daemon may be
 * started anew in between.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"

/* UIDs, sorted; none when there is no directory. */
int vc_missing_list(struct vc_arena *arena, const char *run, struct vc_names *ret_uids,
                    struct vc_err *err) VC_MUST_CHECK;
int vc_missing_add(struct vc_arena *arena, const char *run, const char *uid,
                   struct vc_err *err) VC_MUST_CHECK;
int vc_missing_remove(struct vc_arena *arena, const char *run, const char *uid,
                      struct vc_err *err) VC_MUST_CHECK;
