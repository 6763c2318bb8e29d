/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * inotify.h - begin to watch files. inotify(7).
 */
#pragma once

#include "base/err.h"

int vc_inotify_open(int *ret_fd, struct vc_err *err) VC_MUST_CHECK;
