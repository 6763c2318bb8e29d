/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * boot_id.h - which boot, and which process, a record speaks about.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/err.h"

/* @proc is "/proc", or a fixture's. */
int vc_boot_id(struct vc_arena *arena, const char *proc, char **ret_id,
               struct vc_err *err) VC_MUST_CHECK;

/**
 * struct vc_process - what /proc/PID/stat says of a process
 * @pid:	process
 * @parent:	its parent
 * @start:	when it started, in clock ticks after boot: a pid that was given again
 *		differs here
 * @comm:	name, cut to 15 bytes by the kernel
 */
struct vc_process {
	pid_t pid;
	pid_t parent;
	unsigned long long start;
	char comm[64];
};

/* A process that is gone, or a zombie, is -VC_ERR_ABSENT. */
int vc_process_read(struct vc_arena *arena, const char *proc, pid_t pid,
                    struct vc_process *ret_process, struct vc_err *err) VC_MUST_CHECK;
bool vc_process_mentions(struct vc_arena *arena, const char *proc, pid_t pid,
                         const char *text);
