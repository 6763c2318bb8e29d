/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * daemon.h - virt-claimd: what it listens to, and what it knows between two runs.
 *
 * One thread that sleeps until a source has something to say. Sources only note what
 * happened; vc_daemon_advance() then starts a worker, when it is time. A new source (a
 * file in src/claimd/ with a struct vc_source) is one line in the table of daemon.c.
 */
#pragma once

#include <stdint.h>

#include "base/log.h"
#include "claimd/burst.h"
#include "claimd/ledger.h"
#include "claimd/note.h"
#include "claimd/notify.h"
#include "claimd/work.h"
#include "claimd/worker.h"
#include "companion/companion.h"
#include "translate/config.h"

struct vc_daemon;

/**
 * struct vc_source - something that the daemon waits for
 * @name:	for messages
 * @host_only:	not in the role "kubernetes", in which no device is ours
 * @lasting:	not with --once, nor when there is nothing to do
 * @lends:	who made the descriptor closes it
 * @open:	makes the descriptor; NULL: opened when there is something to wait for
 * @ready:	it is readable
 */
struct vc_source {
	const char *name;
	bool host_only, lasting, lends;
	int (*open)(struct vc_daemon *daemon, int *ret_fd, struct vc_err *err);
	int (*ready)(struct vc_daemon *daemon, int fd, struct vc_err *err);
};

extern const struct vc_source vc_source_signals;
extern const struct vc_source vc_source_clock;
extern const struct vc_source vc_source_uevents;
extern const struct vc_source vc_source_files;
extern const struct vc_source vc_source_worker;    /* its end */
extern const struct vc_source vc_source_notes;     /* of the worker */
extern const struct vc_source vc_source_companion; /* companion.c */
extern const struct vc_source vc_source_owner;     /* end of a process that prepares */

/* A descriptor of a source. */
struct vc_slot {
	const struct vc_source *source; /* NULL: free */
	int fd;
};

#define VC_SLOTS_MAX  48U
#define VC_OWNERS_MAX 32U

/**
 * struct vc_daemon_options - the command line
 * @config:	file of the configuration
 * @once:	one run, and the end
 * @sources:	instead of those of the configuration; 0 these
 * @node_name:	likewise; NULL
 */
struct vc_daemon_options {
	const char *config;
	bool once;
	unsigned sources;
	const char *node_name;
};

/**
 * struct vc_daemon - all of it
 * @options:	command line
 * @log, @notify: whom it talks to
 * @arena:	holds @config
 * @config:	as of the last (re)load
 * @lock:	flock of RUN/virt-claimd.pid
 * @epoll, @slots: what it waits for
 * @clock, @files: timerfd, inotify
 * @companion:	sources on a Kubernetes node; none on others
 * @patience:	what is being written there
 * @blind_due:	next look at files that cannot be watched; -1 all are
 * @settle_limit: with --once, when sources have to have told everything; -1
 * @ledger:	what is wrong
 * @burst:	what happened since the last run
 * @renewed:	devices that came since then
 * @given:	those that the worker knows of
 * @worker:	the run that goes on
 * @worker_began, @worker_limit: when it began (or the last one did), and has to be over
 * @again:	run, whatever happened
 * @recover:	the next run recovers first
 * @summary:	the worker said its last note, with @counts, and how long looking took
 * @worst:	of --once: what went wrong
 * @status:	STATUS= that was said last
 * @ready:	READY=1 was said since the start or the last reload
 * @ready_limit: when it is said although devices are missing; -1 they are not waited for
 * @stopping:	asked to end
 */
struct vc_daemon {
	const struct vc_daemon_options *options;
	struct vc_log log;
	struct vc_notify notify;
	struct vc_arena arena;
	struct vc_config config;
	int lock;
	int epoll;
	struct vc_slot slots[VC_SLOTS_MAX];
	int clock, files;
	int64_t blind_due;
	struct vc_companion companion;
	struct vc_patience patience;
	int64_t settle_limit;
	struct vc_ledger ledger;
	struct vc_burst burst;
	struct vc_renewed renewed, given;
	struct vc_worker worker;
	int64_t worker_began, worker_limit;
	bool again, recover;
	bool summary;
	int64_t look_ms;
	struct vc_counts counts;
	enum vc_err_kind worst;
	char status[128];
	bool ready, stopping;
	int64_t ready_limit;
};

/* Ends with --once, or after a signal. */
int vc_daemon_run(const struct vc_daemon_options *options, struct vc_err *err)
	VC_MUST_CHECK;

/* For sources. */
int vc_daemon_add(struct vc_daemon *daemon, const struct vc_source *source, int fd,
                  struct vc_err *err) VC_MUST_CHECK;
/* It stays open. */
void vc_daemon_remove(struct vc_daemon *daemon, int fd);
/* Something that concerns claims happened: look at everything, soon. */
void vc_daemon_happened(struct vc_daemon *daemon);
void vc_daemon_reload(struct vc_daemon *daemon);
void vc_daemon_stop(struct vc_daemon *daemon);
void vc_daemon_tell(struct vc_daemon *daemon, const char *fmt, ...) VC_PRINTF(2, 3);

/* companion.c */
bool vc_daemon_works(const struct vc_daemon *daemon);
int vc_daemon_adopt(struct vc_daemon *daemon, const struct vc_companion *companion,
                    struct vc_err *err) VC_MUST_CHECK;
int vc_daemon_look(const struct vc_daemon *daemon, int notes, struct vc_err *err)
	VC_MUST_CHECK;
/* attend.c */
void vc_daemon_be_ready(struct vc_daemon *daemon);
int vc_daemon_start_worker(struct vc_daemon *daemon, struct vc_err *err) VC_MUST_CHECK;
/* sources.c */
int vc_daemon_refresh_files(struct vc_daemon *daemon, struct vc_err *err) VC_MUST_CHECK;
int vc_daemon_set_clock(struct vc_daemon *daemon, int64_t when, struct vc_err *err)
	VC_MUST_CHECK;
