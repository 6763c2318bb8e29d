/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hook.h - what the hook programs have in common.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "translate/config.h"

/* The configuration, or another one for tests: $VIRT_CLAIM_CONFIG, not when setuid.
 * libvirt does not pass it on. */
const char *vc_hook_config_path(void);

/**
 * struct vc_hook_answer - what a hook program does when its work is over
 * @text, @len:	to stdout, when the work succeeded
 * @harmless:	exit with 0 although it failed: its failure would kill a running guest
 */
struct vc_hook_answer {
	const char *text;
	size_t len;
	bool harmless;
};

/* The first call of a hook's main(). */
void vc_hook_begin(void);

/* Prints and returns the exit status; @r is what the hook returned. */
int vc_hook_finish(const char *program, int r, const struct vc_hook_answer *answer,
                   const struct vc_err *err);
