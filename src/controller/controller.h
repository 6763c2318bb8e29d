/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * controller.h - virt-claim-controller: pins claims to VMs because annotations ask for it,
 * and takes pins back when nothing asks for them any more.
 *
 * One thread, one replica, no state of its own: what it has to know is on the objects, and
 * is read again at each start. Two watches fill the world (world.h), which says which
 * claims to look at (queue.h); decide.h says what to do, act.h does it by src/pin.
 */
#pragma once

#include <stdint.h>

#include "base/log.h"
#include "controller/decide.h"
#include "controller/world.h"
#include "kube/api.h"
#include "kube/watch.h"

/* Objects that cannot be read, and are not spoken of again */
#define VC_UNREADABLE_KEPT 64U

/* With --once: tries before something counts as failed */
#define VC_ONCE_TRIES 3U

/**
 * struct vc_controller_options - the command line
 * @kubeconfig, @context: as in struct vc_kube_choice
 * @namespace:	look at nothing else; NULL at all
 * @health_file: NULL nobody asks
 * @pause_max_ms: longest pause between two tries; 0 the usual
 * @once:	do what there is to do, and end
 * @dry_run:	only say what would be done
 */
struct vc_controller_options {
	const char *kubeconfig, *context;
	const char *namespace;
	const char *health_file;
	unsigned pause_max_ms;
	bool once, dry_run;
};

/**
 * struct vc_watched - one of the two watches
 * @watch:	NULL not begun
 * @complete:	it was complete at least once
 * @trouble:	reason that was logged last; VC_KUBE_OK all is well
 * @in_trouble:	it does not go on
 */
struct vc_watched {
	struct vc_kube_watch *watch;
	bool complete, in_trouble;
	enum vc_kube_reason trouble;
};

/**
 * struct vc_controller - all of it
 * @log:	who reads what it says
 * @config:	which server, and as whom
 * @kube:	client
 * @version:	of the server; .major 0: not known yet
 * @signals:	signalfd of TERM and INT
 * @world, @queue: what is known, and what is to be looked at
 * @claims, @vms: watches
 * @hold_until:	nothing is tried before, because the server does not answer
 * @hold_tries:	how often it did not
 * @health_due:	when the next sign of life is due
 * @unhealthy:	it could not be given, and that was said
 * @mute:	Events cannot be written, and that was said
 * @n_unreadable: objects that could not be read since the last list, and were told of
 * @unreadable, @next_unreadable: hashes of what was said about such objects last, a ring
 * @stopping:	asked to end
 * @worst:	of --once: what went wrong; @n_bad claims
 */
struct vc_controller {
	const struct vc_controller_options *options;
	struct vc_log log;
	struct vc_kube_config config;
	struct vc_kube *kube;
	struct vc_kube_version version;
	int signals;
	struct vc_world world;
	struct vc_queue queue;
	struct vc_watched claims, vms;
	int64_t hold_until;
	unsigned hold_tries;
	int64_t health_due;
	bool unhealthy, mute, stopping;
	unsigned n_unreadable;
	uint64_t unreadable[VC_UNREADABLE_KEPT];
	size_t next_unreadable;
	enum vc_err_kind worst;
	size_t n_bad;
};

/* A controller that was not opened yet */
#define VC_CONTROLLER_INIT(opts)                                                 \
	{                                                                        \
		.options = (opts), .config = VC_KUBE_CONFIG_INIT, .signals = -1, \
	}
#define VC_AUTO_CONTROLLER VC_CLEANUP(vc_controller_close)

/* controller.c: ends after a signal, or with --once */
int vc_controller_run(const struct vc_controller_options *options, struct vc_err *err)
	VC_MUST_CHECK;
int vc_controller_open(struct vc_controller *controller, struct vc_err *err)
	VC_MUST_CHECK;
void vc_controller_close(struct vc_controller *controller);
void vc_controller_heed_signals(struct vc_controller *controller);

/* reflect.c */
int vc_controller_watch(struct vc_controller *controller, struct vc_err *err)
	VC_MUST_CHECK;

/* act.c: one claim, which is no longer in the queue */
int vc_controller_act(struct vc_controller *controller, struct vc_known_claim *claim,
                      struct vc_err *err) VC_MUST_CHECK;

/* release.c: --release-all */
int vc_controller_release_all(const struct vc_controller_options *options,
                              struct vc_err *err) VC_MUST_CHECK;
