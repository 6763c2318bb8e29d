/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * install.h - the qemu hook put in its place, and whether it is well there.
 *
 * [LV] libvirt checks nothing about hook files, AppArmor lets the daemon run programs of
 * /usr/bin and /usr/sbin only, SELinux lets it run hooks only when a boolean is on, and
 * whether there are hooks at all is looked up when the daemon starts.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"

/**
 * struct vc_hook_place - where to look and what to install
 * @root:	in front of every path that is looked at or changed; "" for this system
 * @program:	the hook program, as the link will name it (without @root)
 */
struct vc_hook_place {
	const char *root;
	const char *program;
};

enum vc_finding_level {
	VC_FINDING_OK,
	VC_FINDING_UNKNOWN, /* look at it yourself */
	VC_FINDING_FAILED,
};

struct vc_finding {
	enum vc_finding_level level;
	char *text; /* one line */
};

struct vc_findings {
	struct vc_finding *v;
	size_t n, cap;
	size_t n_failed;
};

/* Where the program of this installation is. */
const char *vc_hook_program(void);

int vc_hook_install(struct vc_arena *arena, const struct vc_hook_place *place,
                    bool dry_run, struct vc_findings *findings, struct vc_err *err)
	VC_MUST_CHECK;
int vc_hook_check(struct vc_arena *arena, const struct vc_hook_place *place,
                  struct vc_findings *findings, struct vc_err *err) VC_MUST_CHECK;
