/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lock.h - one lock of the node: RUN/lock.
 *
 * Held while state is read, decided on and reserved; never while a driver is changed, a
 * VF made, or anything else that the kernel may keep for ever. It ends with the process.
 */
#pragma once

#include "base/cleanup.h"
#include "base/err.h"

/* Waits at most @timeout_ms; then -VC_ERR_REFUSED naming the process that has it. *ret_fd
 * is closed to unlock. @run is made when missing. */
int vc_lock_take(const char *run, unsigned timeout_ms, int *ret_fd, struct vc_err *err)
	VC_MUST_CHECK;
