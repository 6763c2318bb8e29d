/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * proc.h - tables in files, as the kernel prints them: lines of words; and the boot.
 */
#pragma once

#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"

/* @ret_text is NULL when there is no such file. The content may change all the time: it
 * is read once. */
int vc_proc_read(struct vc_arena *arena, int root, const char *path, char **ret_text,
                 struct vc_err *err) VC_MUST_CHECK;
/* This boot, in lower case; NULL when @proc does not say it. */
int vc_proc_boot_id(struct vc_arena *arena, const char *proc, char **ret_id,
                    struct vc_err *err) VC_MUST_CHECK;
/* The next line, without its end; NULL after the last one. Cuts the text. */
char *vc_proc_line(char **cursor) VC_NONNULL;
/* The first @max words of a line; returns how many there are. Cuts the line. */
size_t vc_proc_words(char *line, char **words, size_t max) VC_NONNULL;
