/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * source.h - where the companion learns what DRA drivers have prepared on this node.
 *
 * A source listens in the daemon, and tells in a worker. The daemon calls open(), waits
 * for fd(), and calls work() when it is readable; none of these ever waits. When facts may
 * have changed, a worker process is forked, and collect() is called there: it sees the
 * memory of the source as it was at the fork, may read files (by path: descriptors of the
 * source are closed in the worker), may take its time, and whatever it changes in the
 * source is lost with the worker. So what is collected costs the daemon no memory.
 *
 * Each source adds pieces of claims, as every reader of claim/ does; the companion joins
 * them by UID, so that it does not matter which source knows what.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "model/claim.h"
#include "translate/config.h"

/**
 * struct vc_trouble - something that a source cannot read, or cannot do
 * @subject:	what it is about: a file, a directory, the URL of an API server
 * @text:	what is wrong and what to do, without @subject in front
 * @kind:	what sort of error
 * @uid:	claim of which it may hide something; NULL not known
 * @namespace, @name: the same; both or none
 * @passing:	it may be that somebody is writing right now: what is published of the claim
 *		stays for a moment (companion/patience.h), and nothing is logged before that
 * @fatal:	one of the whole source: what it tells is not everything that there is
 */
struct vc_trouble {
	const char *subject;
	const char *text;
	enum vc_err_kind kind;
	const char *uid;
	const char *namespace, *name;
	bool passing;
	bool fatal;
};

struct vc_troubles {
	struct vc_trouble *v;
	size_t n, cap;
};

/* A copy of @trouble in @arena. */
int vc_trouble_add(struct vc_arena *arena, struct vc_troubles *troubles,
                   const struct vc_trouble *trouble, struct vc_err *err) VC_MUST_CHECK;

/**
 * struct vc_told - what sources told
 * @arena:	holds it
 * @facts:	pieces of claims, slices, pods
 * @troubles:	what is wrong
 */
struct vc_told {
	struct vc_arena *arena;
	struct vc_facts facts;
	struct vc_troubles troubles;
};

/**
 * struct vc_companion_source - one kind of source
 * @name:	as in the configuration key `sources`: "cdi"
 * @open:	begins to listen; @config outlives the source. Something that is not there
 *		yet (a directory, an API server) is no error. *ret_state is the source
 * @fd:		one descriptor for its whole life, readable when there is work; an epoll(7)
 *		descriptor when there are several
 * @work:	takes what came, never waits. *ret_changed: facts may be others now than at
 *		the last collect(). An error ends the daemon: only for what cannot be put
 *		right (memory, no descriptors); all else is a trouble
 * @settled:	whether what it can tell is everything: no first list is under way. Until all
 *		sources are settled, nothing that is published is withdrawn or changed. One
 *		that was settled once stays so, with what it knew, while nobody answers
 * @collect:	tells; in a worker, see above. A file or an object that is broken is a trouble
 *		and costs only itself
 * @close:	ends it; @state may be NULL
 */
struct vc_companion_source {
	const char *name;
	int (*open)(const struct vc_config *config, void **ret_state, struct vc_err *err);
	int (*fd)(const void *state);
	int (*work)(void *state, bool *ret_changed, struct vc_err *err);
	bool (*settled)(const void *state);
	int (*collect)(const void *state, struct vc_told *told, struct vc_err *err);
	void (*close)(void *state);
};

extern const struct vc_companion_source vc_companion_cdi;      /* source_cdi.c */
extern const struct vc_companion_source vc_companion_metadata; /* source_metadata.c */
extern const struct vc_companion_source vc_companion_kube;     /* source_kube.c */
