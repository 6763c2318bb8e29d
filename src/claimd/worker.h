/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * worker.h - the process that does the work, so that the daemon itself never waits for
 * the kernel, stays small, and outlives whatever a driver does.
 *
 * A worker dies with the daemon; what it left is recovered like any other crash.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

/**
 * struct vc_worker - one worker
 * @pid:	process; 0 none runs
 * @pidfd:	readable when it has ended
 * @notes:	its notes
 */
struct vc_worker {
	pid_t pid;
	int pidfd;
	int notes;
};

#define VC_WORKER_INIT                    \
	{                                 \
		.pidfd = -1, .notes = -1, \
	}

/* In the child @fn gets the descriptor for notes; only it and the standard ones are open. What @fn
 * returns becomes the exit status. SIGTERM calls @stop there. */
int vc_worker_start(struct vc_worker *worker, int (*fn)(void *arg, int notes), void *arg,
                    void (*stop)(int signal), struct vc_err *err) VC_MUST_CHECK;
int vc_worker_finish(struct vc_worker *worker);
