/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * run.h - a function in a child process that can neither hang nor crash its caller.
 *
 * The child inherits no descriptor: its standard input and error are /dev/null, its
 * standard output is a pipe to us. Whatever it starts becomes ours when its parent ends,
 * daemons too: such processes are reaped as they end, and killed when the deadline is
 * over or the child is done, so that nothing stays in the background. With .keeps_daemons
 * only its process group is killed: what made itself a daemon lives on.
 *
 * A child that sleeps in the kernel for good cannot be killed, and whoever waits for it
 * waits for good too. With .abandons it is the child of a child, which can: what cannot be
 * killed is left to init, and the caller goes on. It also dies when its caller does.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"

/**
 * struct vc_run - what to run
 * @fn:		runs in the child; what it returns becomes the exit status, 0 to 255
 * @arg:	for @fn
 * @what:	for messages: "qemu:///embed"
 * @deadline_ms: from now, > 0
 * @max_output:	what @fn may print to descriptor 1, in bytes
 * @keeps_daemons: leave daemons that @fn caused to start alone
 * @abandons:	never wait for a child that does not die
 */
struct vc_run {
	int (*fn)(void *arg);
	void *arg;
	const char *what;
	unsigned deadline_ms;
	size_t max_output;
	bool keeps_daemons;
	bool abandons;
};

/**
 * struct vc_run_result - how it went
 * @output:	what was printed, NUL-terminated, in the arena
 * @len:	its length
 * @status:	exit status
 */
struct vc_run_result {
	char *output;
	size_t len;
	int status;
};

int vc_run(struct vc_arena *arena, const struct vc_run *run,
           struct vc_run_result *ret_result, struct vc_err *err) VC_MUST_CHECK;
