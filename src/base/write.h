/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * write.h - write(2) until all is written. Modules have a copy of it.
 */
#pragma once

#include <stddef.h>

#include "base/attr.h"

int vc_write_all(int fd, const void *bytes, size_t len) VC_MUST_CHECK;
