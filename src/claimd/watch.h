/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * watch.h - notice what others do to our files: claims that are created, changed or
 * deleted, journals, leases. inotify(7).
 *
 * Everybody writes these files by putting a whole one in place, so names that begin with
 * a dot (temporary files, locks) say nothing.
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"

/**
 * struct vc_watch_places - what is watched
 * @state:	the directory claims/ in it, and those of namespaces
 * @run:	journal/ in it
 * @leases:	directory of leases
 */
struct vc_watch_places {
	const char *state;
	const char *run;
	const char *leases;
};

/* Watches what is there by now; to be called again after something appeared, and before
 * the files are looked at: those that were there first make no news. */
int vc_watch_refresh(int fd, const struct vc_watch_places *places,
                     struct vc_err *ret_blind, struct vc_err *err) VC_MUST_CHECK;
/* Takes what is there; *ret_news: something happened. Does not wait. */
int vc_watch_read(int fd, bool *ret_news, struct vc_err *err) VC_MUST_CHECK;
