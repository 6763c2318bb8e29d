/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * decide.h - what has to be written and what has to go, from what sources told and what is
 * published. Pure.
 *
 *   a claim that is complete                       is written, unless somebody may be
 *                                                  writing about it right now
 *   what is published, and is not complete         goes, if it is ours: not while somebody
 *   or not there any more                          may be writing about it, and not before
 *                                                  all sources have told everything
 *   what is published and is not ours              stays, whatever it is
 */
#pragma once

#include "companion/seen.h"
#include "companion/source.h"

/**
 * struct vc_published_claim - a folder of the shared directory
 * @uid, @namespace, @name: whose
 * @ours:	we wrote it
 * @foreign:	what others have put into it; NULL nothing
 */
struct vc_published_claim {
	const char *uid, *namespace, *name;
	bool ours;
	const char *foreign;
};

/* Sorted by namespace and name, each once. */
struct vc_published {
	struct vc_published_claim *v;
	size_t n, cap;
};

/**
 * struct vc_situation - all that is known at one moment
 * @troubles:	.passing of one says that it may be over in a moment
 * @settled:	all sources told everything that there is
 * @directory:	shared directory, for messages
 */
struct vc_situation {
	const struct vc_seen_list *seen;
	const struct vc_published *published;
	const struct vc_troubles *troubles;
	bool settled;
	const char *directory;
};

enum vc_action {
	VC_LEAVE,
	VC_WRITE,    /* of a claim that was seen */
	VC_WITHDRAW, /* of one that is published */
};

/**
 * struct vc_decision - what to do about one claim
 * @action:	what
 * @text:	of a seen claim: why it is not written; of a published one: why it goes. NULL
 *		nothing to be said
 */
struct vc_decision {
	enum vc_action action;
	const char *text;
};

/* One for each in .seen, one for each in .published. */
struct vc_decisions {
	struct vc_decision *seen, *published;
};

int vc_companion_decide(struct vc_arena *arena, const struct vc_situation *situation,
                        struct vc_decisions *ret_decisions, struct vc_err *err)
	VC_MUST_CHECK;
