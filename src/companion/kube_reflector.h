/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kube_reflector.h - one kind of object of the API server as far as it concerns this
 * node, kept as it is there.
 *
 * What the server says is believed, what it does not say changes nothing: objects go when
 * they are deleted, or when a whole list lacks them, and never because nobody answers. An
 * object that cannot be read leaves what was known of it.
 */
#pragma once

#include "companion/kube_cache.h"
#include "companion/source.h"
#include "kube/watch.h"

/* Objects that cannot be read; more are not told of. */
#define VC_KUBE_BROKEN_MAX 32U

/**
 * struct vc_kube_interest - which objects are kept
 * @glance:	before it is read; VC_UNKNOWN: @decide says it
 * @decide:	sees every object that @glance did not rule out
 */
struct vc_kube_interest {
	enum vc_tri (*glance)(void *arg, const struct vc_node *object);
	bool (*decide)(void *arg, const struct vc_kube_entry *entry, enum vc_tri glance);
	void *arg;
};

/**
 * struct vc_kube_reflector - a watch, and what came of it
 * @interest:	which objects are kept
 * @claims:	they are claims: of one that is broken something may be hidden
 * @server:	URL, for messages
 * @watch:	NULL before it is begun
 * @kept:	what there is
 * @broken:	what cannot be read: entries with a note
 * @complete:	a whole list was heard; stays
 * @changed:	@kept, @broken or @trouble did, since it was last set to false
 * @trouble:	what the server, or the way there, says; empty: nothing is wrong
 * @reason:	of it
 * @over_at:	when it is over if nothing else fails, as vc_now_ms() counts
 * @heard:	how much had been heard when it came up
 */
struct vc_kube_reflector {
	struct vc_kube_interest interest;
	bool claims;
	const char *server;
	struct vc_kube_watch *watch;
	struct vc_kube_cache kept, broken;
	bool complete, changed;
	char trouble[VC_ERR_MSG_SIZE];
	enum vc_kube_reason reason;
	int64_t over_at;
	unsigned long heard;
};

int vc_kube_reflector_start(struct vc_kube_reflector *reflector, struct vc_kube *kube,
                            const struct vc_kube_query *query, struct vc_err *err)
	VC_MUST_CHECK;
/* Lists anew; what is known stays until that list is there. */
int vc_kube_reflector_restart(struct vc_kube_reflector *reflector, struct vc_kube *kube,
                              const struct vc_kube_query *query, struct vc_err *err)
	VC_MUST_CHECK;
/* After vc_kube_work(): whether its trouble is over. */
void vc_kube_reflector_look(struct vc_kube_reflector *reflector, int64_t now);
/* When to look again; -1 only when there is something to hear. */
int64_t vc_kube_reflector_due(const struct vc_kube_reflector *reflector);
/* What cannot be read, as troubles. */
int vc_kube_reflector_complain(const struct vc_kube_reflector *reflector,
                               struct vc_told *told, struct vc_err *err) VC_MUST_CHECK;
/* Its watch belongs to the client, and ends with it. */
void vc_kube_reflector_release(struct vc_kube_reflector *reflector);
