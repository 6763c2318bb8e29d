/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * deadline.h - the whole program ends after some time, whatever it is doing.
 *
 * [LV] libvirt waits for a hook without limit and holds the domain meanwhile, so the
 * limit has to be ours.
 */
#pragma once

#include "base/err.h"

/* Ends the process with @status and a line on stderr when @ms are over. A second call
 * replaces the first; 0 ms switches it off. */
int vc_deadline_start(const char *program, unsigned ms, int status, struct vc_err *err)
	VC_MUST_CHECK;
