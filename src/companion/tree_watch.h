/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tree_watch.h - notice what others do to directory trees of theirs. inotify(7).
 *
 * Whatever way leads to a tree is watched too, symbolic links included: trees appear
 * later, vanish, are made again, or a link on the way leads elsewhere. When the kernel
 * drops events everything counts as changed, and where it cannot watch, everything counts
 * as changed every few seconds.
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "companion/source.h"

/**
 * struct vc_tree_form - which names matter in a tree
 * @depth:	levels of directories below the root whose content matters
 * @matters:	whether something that happens to @name in a directory @level levels below
 *		the root does; where it is a directory and does, that is watched, too
 * @links:	symbolic links in the root matter with what they lead to
 */
struct vc_tree_form {
	unsigned depth;
	bool (*matters)(unsigned level, const char *name);
	bool links;
};

struct vc_tree_watch;

/* @roots have to live as long as the watch. */
int vc_tree_watch_open(const struct vc_tree_form *form, const char *const roots[],
                       size_t n_roots, struct vc_tree_watch **ret_watch,
                       struct vc_err *err) VC_MUST_CHECK;
/* Another tree, of another form. */
int vc_tree_watch_add(struct vc_tree_watch *watch, const struct vc_tree_form *form,
                      const char *root, struct vc_err *err) VC_MUST_CHECK;
int vc_tree_watch_fd(const struct vc_tree_watch *watch);
/* Takes what is there, does not wait. */
int vc_tree_watch_work(struct vc_tree_watch *watch, bool *ret_changed, struct vc_err *err)
	VC_MUST_CHECK;
/* What cannot be watched, and why; NULL everything is. */
const char *vc_tree_watch_blind(const struct vc_tree_watch *watch);
/* Adds that as a trouble of source @name. */
int vc_trouble_blind(struct vc_told *told, const char *name,
                     const struct vc_tree_watch *watch, struct vc_err *err) VC_MUST_CHECK;
void vc_tree_watch_close(struct vc_tree_watch *watch);
