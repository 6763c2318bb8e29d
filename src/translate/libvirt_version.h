/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libvirt_version.h - versions of libvirt as text, as numbers, and as file names.
 *
 * libvirt writes a version as major * 1000000 + minor * 1000 + release, everywhere
 * [LV] virGetVersion. The installed one is read off the name of its library, because
 * loading the library costs more than a whole rewrite.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/err.h"

/* Oldest libvirt that we write for: the target when none is installed. */
#define VC_LIBVIRT_OLDEST 9000000UL

/* "9.0.0" or "12.8" -> 9000000, 12008000 */
int vc_libvirt_version_parse(const char *text, unsigned long *ret_version,
                             struct vc_err *err) VC_MUST_CHECK;
bool vc_libvirt_version_of_file(const char *name, unsigned long *ret_version) VC_NONNULL;
unsigned long vc_installed_libvirt_in(const char *const directories[],
                                      size_t n_directories);
/* Of this machine; 0 when there is none. */
unsigned long vc_installed_libvirt(void);
