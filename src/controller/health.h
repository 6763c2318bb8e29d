/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * health.h - whether the loop of the controller still turns, without a port.
 *
 * The loop writes the time of a clock that nobody sets into a file; whoever asks compares
 * it with the same clock of the same machine. An API server that is away is no illness: a
 * restart would not bring it back.
 */
#pragma once

#include <stdint.h>

#include "base/err.h"

#define VC_HEALTH_EVERY_MS 10000
#define VC_HEALTH_LIMIT_MS 300000 /* longer than anything takes */

int vc_health_write(const char *path, int64_t now, struct vc_err *err) VC_MUST_CHECK;
int vc_health_check(const char *path, int64_t now, struct vc_err *err) VC_MUST_CHECK;
