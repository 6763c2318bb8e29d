/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * file.h - files read with limits, and replaced so that no reader sees half of one.
 *
 * Paths are relative to a directory descriptor (or AT_FDCWD). With VC_FILE_BENEATH no
 * symbolic link is followed and nothing outside the directory is reached, whatever the
 * path says.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/err.h"

/* Larger than any document of the formats we read; see docs/formats.md. */
#define VC_FILE_MAX_BYTES ((size_t)16 << 20)

enum vc_file_flags {
	VC_FILE_BENEATH = 1 << 0, /* no symlinks, no way out of the directory */
	VC_FILE_TRUSTED = 1 << 1, /* owner root or us, not writable by others */
	VC_FILE_WHOLE = 1 << 2,   /* replaced by rename only: reading it once is enough */
};

int vc_file_open_directory(int dir, const char *path, unsigned flags, int *ret_fd,
                           struct vc_err *err) VC_MUST_CHECK;
int vc_file_read(struct vc_arena *arena, int dir, const char *path, unsigned flags,
                 char **ret_text, size_t *ret_len, struct vc_err *err) VC_MUST_CHECK;
int vc_file_read_stream(struct vc_arena *arena, int fd, char **ret_text, size_t *ret_len,
                        struct vc_err *err) VC_MUST_CHECK;
int vc_file_replace(int dir, const char *name, const char *text, size_t len, mode_t mode,
                    struct vc_err *err) VC_MUST_CHECK;

/* Names of a directory, sorted; "." and ".." left out. */
struct vc_names {
	char **v;
	size_t n, cap;
};

int vc_file_list(struct vc_arena *arena, int dir, struct vc_names *ret_names,
                 struct vc_err *err) VC_MUST_CHECK;
