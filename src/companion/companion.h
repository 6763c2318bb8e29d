/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * companion.h - virt-claimd on a Kubernetes node: what drivers prepared there is kept true
 * in the shared claims directory. docs/companion.md
 *
 * The daemon holds the sources and says when to look; vc_companion_look() looks at
 * everything once, in a worker. No device is touched, and only folders are removed that
 * say that they are ours (node/publish.h).
 */
#pragma once

#include "companion/patience.h"
#include "companion/source.h"

#define VC_COMPANION_SOURCES_MAX 3U

/* In the folders that are ours. */
#define VC_COMPANION_OWNER "virt-claimd\n"

/**
 * struct vc_companion - sources that are open; all zero: none
 * @config:	where things are
 * @v:		sources and what open() made
 */
struct vc_companion {
	const struct vc_config *config;
	struct vc_companion_slot {
		const struct vc_companion_source *source;
		void *state;
	} v[VC_COMPANION_SOURCES_MAX];
	size_t n;
};

int vc_companion_open(struct vc_companion *companion, const struct vc_config *config,
                      struct vc_err *err) VC_MUST_CHECK;
bool vc_companion_settled(const struct vc_companion *companion);
void vc_companion_close(struct vc_companion *companion);

/* After one look: claims of this node, those that are published, those that should be and
 * are not. */
struct vc_companion_counts {
	unsigned claims, published, problems;
};

/**
 * struct vc_companion_listener - who hears what a look finds; an error ends the look
 * @done:	something was published or withdrawn
 * @problem:	something is wrong; @failed: we tried, and somebody should try again
 * @torn:	@subject is torn, for struct vc_patience
 */
struct vc_companion_listener {
	int (*done)(void *arg, const char *subject, const char *text, struct vc_err *err);
	int (*problem)(void *arg, const char *subject, const char *text,
	               enum vc_err_kind kind, bool failed, struct vc_err *err);
	int (*torn)(void *arg, const char *subject, struct vc_err *err);
	void *arg;
};

/**
 * struct vc_companion_look - one look at everything
 * @companion:	sources
 * @patience:	what was torn before
 * @listener:	who hears of it
 * @now:	of the clock of @patience
 * @last:	there will be no other: everything is said now
 */
struct vc_companion_look {
	const struct vc_companion *companion;
	const struct vc_patience *patience;
	const struct vc_companion_listener *listener;
	int64_t now;
	bool last;
};

int vc_companion_look(const struct vc_companion_look *look,
                      struct vc_companion_counts *ret_counts, struct vc_err *err)
	VC_MUST_CHECK;
