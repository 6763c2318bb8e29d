/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "claimd/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/now.h"

/* What a stop leaves a worker on top of the deadline of a driver, to finish a claim. */
#define STOP_MARGIN_MS 5000
/* At boot devices appear one after the other; this long they are waited for. */
#define APPEAR_MS     10000
#define LOCK_TRIES    50
#define LOCK_DELAY_NS 20000000L

/* With --once, this long sources may take to tell everything. */
#define SETTLE_MS 30000

static const struct vc_source *const sources[] = {
	&vc_source_signals,
	&vc_source_clock,
	&vc_source_uevents,
	&vc_source_files,
};

/**
 * vc_daemon_add() - Wait for a descriptor too
 * @daemon:	daemon
 * @source:	what it belongs to
 * @fd:		descriptor; still the caller's
 * @err:	why not
 *
 * Return: 0, -VC_ERR_SYSTEM or -VC_ERR_INTERNAL (too many)
 */
int vc_daemon_add(struct vc_daemon *daemon, const struct vc_source *source, int fd,
                  struct vc_err *err)
{
	struct vc_slot *slot = NULL;
	struct epoll_event event = { .events = EPOLLIN };

	for (size_t i = 0; i < VC_SLOTS_MAX && !slot; i++)
		if (!daemon->slots[i].source)
			slot = &daemon->slots[i];
	if (!slot)
		return vc_fail(err, VC_ERR_INTERNAL, "%s: too much to wait for",
		               source->name);
	event.data.ptr = slot;
	if (epoll_ctl(daemon->epoll, EPOLL_CTL_ADD, fd, &event) < 0)
		return vc_fail_sys(err, errno, "cannot wait for %s", source->name);
	*slot = (struct vc_slot){ .source = source, .fd = fd };
	return 0;
}

/**
 * vc_daemon_remove() - Wait no longer for a descriptor
 * @daemon:	daemon
 * @fd:		descriptor, open
 */
void vc_daemon_remove(struct vc_daemon *daemon, int fd)
{
	for (size_t i = 0; i < VC_SLOTS_MAX; i++) {
		if (!daemon->slots[i].source || daemon->slots[i].fd != fd)
			continue;
		(void)epoll_ctl(daemon->epoll, EPOLL_CTL_DEL, fd, NULL);
		daemon->slots[i] = (struct vc_slot){ .fd = -1 };
	}
}

/**
 * vc_daemon_tell() - Say something to the service manager
 * @daemon:	daemon
 * @fmt:	as for vc_notify_send()
 *
 * One that does not listen any more is logged once, and not told anything more.
 */
void vc_daemon_tell(struct vc_daemon *daemon, const char *fmt, ...)
{
	struct vc_err err = VC_ERR_INIT;
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (vc_notify_send(&daemon->notify, &err, "%s", text) == 0)
		return;
	if (err.sys == EAGAIN) {
		daemon->status[0] = '\0'; /* which is to be said yet */
		return;
	}
	vc_log(&daemon->log, VC_LOG_WARNING, "%s", err.msg);
	vc_notify_close(&daemon->notify);
}

/**
 * vc_daemon_happened() - Something happened that may concern claims
 * @daemon:	daemon
 */
void vc_daemon_happened(struct vc_daemon *daemon)
{
	vc_burst_event(&daemon->burst, vc_now_ms());
}

/* What is open, or on disk, because of the old configuration. */
static bool needs_restart(const struct vc_config *old, const struct vc_config *new)
{
	return old->role != new->role || strcmp(old->state, new->state) != 0 ||
	       strcmp(old->run, new->run) != 0;
}

/* What the command line says wins. */
static int apply_options(const struct vc_daemon_options *options, struct vc_arena *arena,
                         struct vc_config *config, struct vc_err *err)
{
	if (options->sources)
		config->sources = options->sources;
	if (options->node_name) {
		config->node_name = vc_arena_strdup(arena, options->node_name);
		if (!config->node_name)
			return vc_fail_oom(err);
	}
	if (config->sources && config->role != VC_ROLE_KUBERNETES)
		return vc_fail(err, VC_ERR_REFUSED,
		               "%s: sources are for 'role: kubernetes' only; on other "
		               "hosts virt-claimd prepares devices itself",
		               options->config);
	return 0;
}

/* The configuration, which lives in @arena; that may move. */
static struct vc_config *read_config(const struct vc_daemon *daemon,
                                     struct vc_arena *arena, struct vc_err *err)
{
	const struct vc_daemon_options *options = daemon->options;
	struct vc_config *config = vc_arena_alloc(arena, 1, sizeof(*config));

	if (!config) {
		(void)vc_fail_oom(err);
		return NULL;
	}
	if (vc_config_read(arena, options->config, true, config, err) < 0 ||
	    apply_options(options, arena, config, err) < 0)
		return NULL;
	return config;
}

static int read_again(struct vc_daemon *daemon, struct vc_err *err)
{
	struct vc_arena arena = VC_ARENA_INIT;
	struct vc_companion companion = { 0 };
	const struct vc_config *config = read_config(daemon, &arena, err);
	int r = config ? 0 : -(int)err->kind;

	if (config && needs_restart(&daemon->config, config))
		r = vc_fail(err, VC_ERR_REFUSED,
		            "%s: 'role', 'state' and 'run' change only with a restart",
		            daemon->options->config);
	if (config && r == 0)
		r = vc_companion_open(&companion, config, err);
	if (!config || r < 0) {
		vc_arena_release(&arena);
		return r;
	}
	r = vc_daemon_adopt(daemon, &companion, err);
	vc_arena_release(&daemon->arena);
	daemon->arena = arena;
	daemon->config = *config;
	return r;
}

/**
 * vc_daemon_reload() - Read the configuration again, and look at everything
 * @daemon:	daemon
 *
 * With a configuration that is broken the old one stays.
 */
void vc_daemon_reload(struct vc_daemon *daemon)
{
	struct vc_err err = VC_ERR_INIT;

	vc_daemon_tell(daemon, "RELOADING=1\nMONOTONIC_USEC=%" PRId64,
	               vc_now_ms() * 1000);
	if (read_again(daemon, &err) < 0)
		vc_log(&daemon->log, VC_LOG_ERROR, "%s; the old one stays", err.msg);
	else
		vc_log(&daemon->log, VC_LOG_INFO, "configuration read again");
	vc_ledger_forgive(&daemon->ledger);
	daemon->again = vc_daemon_works(daemon);
	daemon->recover = true;
	daemon->ready = false;
	if (!daemon->again)
		vc_daemon_be_ready(daemon);
}

/**
 * vc_daemon_stop() - End, after the claim that is being worked on
 * @daemon:	daemon
 */
void vc_daemon_stop(struct vc_daemon *daemon)
{
	int64_t ms = (int64_t)daemon->config.driver_deadline_ms + STOP_MARGIN_MS;

	if (daemon->stopping)
		return;
	vc_daemon_tell(daemon, "STOPPING=1");
	daemon->stopping = true;
	if (daemon->worker.pid == 0)
		return;
	(void)kill(daemon->worker.pid, SIGTERM);
	daemon->worker_limit = vc_now_ms() + ms;
	vc_daemon_tell(daemon, "EXTEND_TIMEOUT_USEC=%" PRId64,
	               (ms + STOP_MARGIN_MS) * 1000);
}

static int make_directory(const char *path, struct vc_err *err)
{
	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		return vc_fail_sys(err, errno, "cannot make '%s'", path);
	return 0;
}

/* A worker that was just started has the lock too, and needs a moment to notice that its
 * daemon was killed. */
static bool take_lock(int fd)
{
	for (int i = 0; i < LOCK_TRIES; i++) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			return true;
		(void)nanosleep(&(struct timespec){ .tv_nsec = LOCK_DELAY_NS }, NULL);
	}
	return false;
}

/* One daemon a node: the lock ends with the process, the file stays. */
static int lock_node(struct vc_daemon *daemon, struct vc_err *err)
{
	const char *run = daemon->config.run;
	char path[4096], pid[32] = "";
	ssize_t n;

	if (snprintf(path, sizeof(path), "%s/virt-claimd.pid", run) >= (int)sizeof(path))
		return vc_fail(err, VC_ERR_INPUT, "'%.100s...' is too long", run);
	/* the file stays, but not over a boot */
	if (access(path, F_OK) < 0)
		daemon->ready_limit = vc_now_ms() + APPEAR_MS;
	daemon->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (daemon->lock < 0)
		return vc_fail_sys(err, errno, "cannot open '%s'", path);
	if (!take_lock(daemon->lock)) {
		n = read(daemon->lock, pid, sizeof(pid) - 1);
		pid[n > 0 ? strcspn(pid, "\n") : 0] = '\0';
		return vc_fail(err, VC_ERR_REFUSED,
		               "virt-claimd runs already, as process %s ('%s')", pid,
		               path);
	}
	n = snprintf(pid, sizeof(pid), "%d\n", (int)getpid());
	if (ftruncate(daemon->lock, 0) < 0 || write(daemon->lock, pid, (size_t)n) != n)
		return vc_fail_sys(err, errno, "cannot write '%s'", path);
	return 0;
}

static bool is_wanted(const struct vc_daemon *daemon, const struct vc_source *source)
{
	if (source->host_only && daemon->config.role != VC_ROLE_HOST)
		return false;
	return !source->lasting || (vc_daemon_works(daemon) && !daemon->options->once);
}

/* In a container the kernel may not be heard. There the files of drivers say the most. */
static bool is_dispensable(const struct vc_daemon *daemon, const struct vc_source *source)
{
	return source == &vc_source_uevents && daemon->config.role == VC_ROLE_KUBERNETES;
}

static int open_source(struct vc_daemon *daemon, const struct vc_source *source,
                       struct vc_err *err)
{
	struct vc_err own = VC_ERR_INIT;
	int fd = -1;

	if (source->open(daemon, &fd, &own) == 0)
		return vc_daemon_add(daemon, source, fd, err);
	if (!is_dispensable(daemon, source)) {
		*err = own;
		return -(int)err->kind;
	}
	vc_log(&daemon->log, VC_LOG_WARNING, "%s are not heard: %s", source->name,
	       own.msg);
	return 0;
}

static int open_sources(struct vc_daemon *daemon, struct vc_err *err)
{
	daemon->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (daemon->epoll < 0)
		return vc_fail_sys(err, errno, "cannot wait for events");
	for (size_t i = 0; i < VC_ARRAY_SIZE(sources); i++)
		if (is_wanted(daemon, sources[i]) &&
		    open_source(daemon, sources[i], err) < 0)
			return -(int)err->kind;
	return 0;
}

static int open_config(struct vc_daemon *daemon, struct vc_err *err)
{
	const struct vc_config *config = read_config(daemon, &daemon->arena, err);

	if (!config)
		return -(int)err->kind;
	daemon->config = *config;
	if ((config->role == VC_ROLE_HOST && make_directory(config->state, err) < 0) ||
	    make_directory(config->run, err) < 0 || lock_node(daemon, err) < 0)
		return -(int)err->kind;
	return vc_companion_open(&daemon->companion, config, err);
}

static int open_daemon(struct vc_daemon *daemon, struct vc_err *err)
{
	struct vc_companion companion;

	vc_log_open(&daemon->log, "virt-claimd", STDERR_FILENO, getenv("JOURNAL_STREAM"));
	if (vc_notify_open(daemon->options->once ? NULL : getenv("NOTIFY_SOCKET"),
	                   &daemon->notify, err) < 0 ||
	    open_config(daemon, err) < 0)
		return -(int)err->kind;
	/* before the first look, so that nothing is missed */
	if (open_sources(daemon, err) < 0)
		return -(int)err->kind;
	companion = daemon->companion;
	daemon->companion = (struct vc_companion){ 0 };
	return vc_daemon_adopt(daemon, &companion, err);
}

static void close_daemon(struct vc_daemon *daemon)
{
	if (daemon->worker.pid > 0)
		(void)kill(daemon->worker.pid, SIGKILL);
	for (size_t i = 0; i < VC_SLOTS_MAX; i++)
		if (daemon->slots[i].source && !daemon->slots[i].source->lends)
			(void)close(daemon->slots[i].fd);
	vc_companion_close(&daemon->companion);
	vc_patience_release(&daemon->patience);
	vc_closep(&daemon->epoll);
	vc_closep(&daemon->lock);
	vc_notify_close(&daemon->notify);
	vc_ledger_release(&daemon->ledger);
	vc_arena_release(&daemon->arena);
}

/* The worker is late: whatever holds it, the others need not wait. */
static void end_late_worker(struct vc_daemon *daemon)
{
	vc_log(&daemon->log, VC_LOG_ERROR,
	       "a worker does not finish and is killed; what it was at is recovered");
	(void)kill(daemon->worker.pid, SIGKILL);
	daemon->worker_limit = -1;
}

/* With --once there is one look, which should see everything. */
static bool may_start(const struct vc_daemon *daemon, int64_t now)
{
	return daemon->worker.pid == 0 &&
	       (daemon->settle_limit < 0 || now >= daemon->settle_limit ||
	        vc_companion_settled(&daemon->companion));
}

static bool is_due(int64_t when, int64_t now)
{
	return when >= 0 && when <= now;
}

static int64_t earlier(int64_t a, int64_t b)
{
	if (a < 0 || b < 0)
		return a < 0 ? b : a;
	return a < b ? a : b;
}

/* Does what is due, and sets the clock for what will be. *ret_end: nothing more. */
static int advance(struct vc_daemon *daemon, bool *ret_end, struct vc_err *err)
{
	int64_t now = vc_now_ms();
	int64_t next = earlier(vc_burst_due(&daemon->burst),
	                       vc_ledger_next(&daemon->ledger, daemon->worker_began));

	next = earlier(next, vc_patience_next(&daemon->patience, daemon->worker_began));
	next = earlier(next, daemon->blind_due);
	if (daemon->worker.pid == 0 && daemon->stopping) {
		*ret_end = true;
		return 0;
	}
	if (may_start(daemon, now) && (daemon->again || is_due(next, now)) &&
	    vc_daemon_start_worker(daemon, err) < 0)
		return -(int)err->kind;
	if (daemon->worker.pid > 0 && is_due(daemon->worker_limit, now))
		end_late_worker(daemon);
	if (daemon->worker.pid == 0 && is_due(daemon->ready_limit, now))
		vc_daemon_be_ready(daemon);
	if (daemon->worker.pid == 0 && !may_start(daemon, now))
		next = daemon->settle_limit;
	next = daemon->worker.pid > 0 ? daemon->worker_limit
	                              : earlier(next, daemon->ready_limit);
	return vc_daemon_set_clock(daemon, next, err);
}

static int wait_for_one(struct vc_daemon *daemon, struct vc_err *err)
{
	struct epoll_event event;
	const struct vc_slot *slot;
	int n = epoll_wait(daemon->epoll, &event, 1, -1);

	if (n < 0 && errno != EINTR)
		return vc_fail_sys(err, errno, "cannot wait for events");
	if (n <= 0)
		return 0;
	slot = event.data.ptr;
	if (slot->source->ready(daemon, slot->fd, err) < 0)
		return vc_err_context(err, "%s", slot->source->name);
	return 0;
}

static int loop(struct vc_daemon *daemon, struct vc_err *err)
{
	bool end = false;

	for (;;) {
		if (advance(daemon, &end, err) < 0)
			return -(int)err->kind;
		if (end)
			return 0;
		if (wait_for_one(daemon, err) < 0)
			return -(int)err->kind;
	}
}

static int run(struct vc_daemon *daemon, struct vc_err *err)
{
	if (open_daemon(daemon, err) < 0)
		return -(int)err->kind;
	daemon->again = daemon->recover = vc_daemon_works(daemon);
	if (daemon->options->once && daemon->companion.n > 0)
		daemon->settle_limit = vc_now_ms() + SETTLE_MS;
	if (!daemon->again) {
		vc_daemon_tell(daemon, "STATUS=role kubernetes: no device is touched");
		vc_daemon_be_ready(daemon);
		daemon->stopping = daemon->options->once;
	}
	if (loop(daemon, err) < 0)
		return -(int)err->kind;
	if (daemon->options->once && daemon->ledger.n > 0)
		return vc_fail(err, daemon->worst, "%zu problem%s", daemon->ledger.n,
		               daemon->ledger.n == 1 ? "" : "s");
	return 0;
}

/**
 * vc_daemon_run() - Be virt-claimd
 * @options:	command line
 * @err:	why it could not start or go on; with --once what went wrong
 *
 * Return: 0 after a signal, or after one run without a problem; any kind of error
 */
int vc_daemon_run(const struct vc_daemon_options *options, struct vc_err *err)
{
	struct vc_daemon daemon = {
		.options = options,
		.notify = VC_NOTIFY_INIT,
		.arena = VC_ARENA_INIT,
		.lock = -1,
		.epoll = -1,
		.clock = -1,
		.files = -1,
		.worker = VC_WORKER_INIT,
		.ready_limit = -1,
		.settle_limit = -1,
		.blind_due = -1,
	};
	int r = run(&daemon, err);

	close_daemon(&daemon);
	return r;
}
