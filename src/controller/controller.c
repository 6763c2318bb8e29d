/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * controller.c - the loop. One claim a turn, so that signals and watches are heard between
 * two of them; a call waits for its answer, at most CALL_MS.
 */
#include "controller/controller.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/now.h"
#include "controller/health.h"
#include "pin/plan.h"

#define CALL_MS      20000U
#define WATCH_MAX_MS 30000U
#define PROGRAM      "virt-claim-controller"

static int open_signals(struct vc_controller *c, struct vc_err *err)
{
	sigset_t heard, blocked;

	(void)sigemptyset(&heard);
	(void)sigaddset(&heard, SIGTERM);
	(void)sigaddset(&heard, SIGINT);
	blocked = heard;
	/* nobody reads the log any more: no reason to die */
	(void)sigaddset(&blocked, SIGPIPE);
	if (sigprocmask(SIG_BLOCK, &blocked, NULL) < 0)
		return vc_fail_sys(err, errno, "cannot block signals");
	c->signals = signalfd(-1, &heard, SFD_CLOEXEC | SFD_NONBLOCK);
	return c->signals < 0 ? vc_fail_sys(err, errno, "cannot wait for signals") : 0;
}

static int open_client(struct vc_controller *c, struct vc_err *err)
{
	const struct vc_kube_choice choice = { .kubeconfig = c->options->kubeconfig,
		                               .context = c->options->context };
	unsigned max = c->options->pause_max_ms;
	struct vc_kube_options options = {
		.deadlines = { .total_ms = CALL_MS },
		.manager = VC_PIN_MANAGER,
		.backoff_max_ms = max && max < WATCH_MAX_MS ? max : WATCH_MAX_MS,
	};

	/* a core dump would have the token in it */
	vc_secret_no_dump();
	if (vc_kube_config_find(&choice, &c->config, err) < 0)
		return -(int)err->kind;
	return vc_kube_open(&c->config, &options, &c->kube, err);
}

/**
 * vc_controller_open() - Everything but the watches
 * @c:		VC_CONTROLLER_INIT; closed by vc_controller_close(), also after an error
 * @err:	why not
 *
 * Return: 0, -VC_ERR_INPUT, -VC_ERR_ABSENT, -VC_ERR_REFUSED, -VC_ERR_SYSTEM or
 * -VC_ERR_INTERNAL
 */
int vc_controller_open(struct vc_controller *c, struct vc_err *err)
{
	vc_log_open(&c->log, PROGRAM, STDERR_FILENO, getenv("JOURNAL_STREAM"));
	c->world.queue = &c->queue;
	c->queue.pause_max = c->options->pause_max_ms;
	if (open_signals(c, err) < 0)
		return -(int)err->kind;
	return open_client(c, err);
}

/**
 * vc_controller_close() - Give everything back
 * @c:		controller
 */
void vc_controller_close(struct vc_controller *c)
{
	vc_kube_close(c->kube);
	vc_kube_config_release(&c->config);
	vc_world_release(&c->world);
	vc_closep(&c->signals);
}

/**
 * vc_controller_heed_signals() - Note whether we were asked to end
 * @c:		controller; .stopping
 */
void vc_controller_heed_signals(struct vc_controller *c)
{
	struct signalfd_siginfo info;

	while (read(c->signals, &info, sizeof(info)) == (ssize_t)sizeof(info))
		c->stopping = true;
}

/* The loop */

static void give_sign(struct vc_controller *c, int64_t now)
{
	struct vc_err err = VC_ERR_INIT;

	if (!c->options->health_file || now < c->health_due)
		return;
	c->health_due = now + VC_HEALTH_EVERY_MS;
	if (vc_health_write(c->options->health_file, now, &err) == 0) {
		c->unhealthy = false;
		return;
	}
	if (!c->unhealthy)
		vc_log(&c->log, VC_LOG_ERROR, "%s", err.msg);
	c->unhealthy = true;
}

static bool is_complete(const struct vc_controller *c)
{
	return c->claims.complete && c->vms.complete;
}

static int64_t min64(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* When something is to be done, if nothing happens before. */
static int64_t next_due(const struct vc_controller *c)
{
	int64_t due = VC_QUEUE_NEVER;

	if (!c->version.major)
		due = c->hold_until;
	else if (is_complete(c))
		due = vc_queue_due(&c->queue);
	if (due < c->hold_until)
		due = c->hold_until;
	return c->options->health_file ? min64(due, c->health_due) : due;
}

static int wait_for(struct vc_controller *c, int64_t due, struct vc_err *err)
{
	struct pollfd fds[] = { { .fd = c->signals, .events = POLLIN },
		                { .fd = vc_kube_fd(c->kube), .events = POLLIN } };
	int64_t left = due - vc_now_ms();
	int timeout = due == VC_QUEUE_NEVER ? -1
	              : left <= 0           ? 0
	                                    : (int)min64(left, INT32_MAX);

	if (poll(fds, VC_ARRAY_SIZE(fds), timeout) < 0 && errno != EINTR)
		return vc_fail_sys(err, errno, "cannot wait for events");
	vc_controller_heed_signals(c);
	if (c->claims.watch && fds[1].revents)
		vc_kube_work(c->kube);
	return 0;
}

static int refuse_version(const struct vc_controller *c, struct vc_err *err)
{
	return vc_fail(err, VC_ERR_REFUSED,
	               "the API server is %s; pinning claims needs Kubernetes %u.%u or "
	               "newer, older ones stop tidying up a claim that a VM holds",
	               c->version.text, VC_PIN_MAJOR, VC_PIN_MINOR);
}

/* Which version the server has; asked again until it says so. */
static int greet(struct vc_controller *c, struct vc_err *err)
{
	struct vc_err why = VC_ERR_INIT;

	if (vc_kube_version(c->kube, &c->version, &why) < 0) {
		if (c->options->once || why.kind != VC_ERR_REMOTE) {
			*err = why;
			return -(int)err->kind;
		}
		if (++c->hold_tries == 1)
			vc_log(&c->log, VC_LOG_WARNING, "%s", why.msg);
		c->hold_until = vc_now_ms() + vc_queue_pause(&c->queue, c->hold_tries);
		return 0;
	}
	c->hold_tries = 0;
	if (c->version.major < VC_PIN_MAJOR ||
	    (c->version.major == VC_PIN_MAJOR && c->version.minor < VC_PIN_MINOR))
		return refuse_version(c, err);
	vc_log(&c->log, VC_LOG_INFO, "the API server is %s", c->version.text);
	return vc_controller_watch(c, err);
}

static int act_on_next(struct vc_controller *c, struct vc_err *err)
{
	int64_t now = vc_now_ms();
	struct vc_item *item =
		now >= c->hold_until ? vc_queue_take(&c->queue, now) : NULL;

	return item ? vc_controller_act(c, vc_claim_of(item), err) : 0;
}

/* With --once: nothing is left, or what is left fails all the time. */
static bool is_done(struct vc_controller *c)
{
	if (!c->options->once || !is_complete(c))
		return false;
	if (c->hold_tries >= VC_ONCE_TRIES)
		return true;
	for (size_t i = 0; i < c->queue.n; i++)
		if (c->queue.v[i]->tries < VC_ONCE_TRIES)
			return false;
	return true;
}

static int turn(struct vc_controller *c, struct vc_err *err)
{
	if (wait_for(c, next_due(c), err) < 0)
		return -(int)err->kind;
	give_sign(c, vc_now_ms());
	if (c->stopping)
		return 0;
	if (!c->version.major)
		return vc_now_ms() >= c->hold_until ? greet(c, err) : 0;
	return is_complete(c) ? act_on_next(c, err) : 0;
}

static int conclude(const struct vc_controller *c, struct vc_err *err)
{
	size_t n = c->n_bad + c->queue.n;

	if (!c->options->once || n == 0)
		return 0;
	return vc_fail(err, c->worst ? c->worst : VC_ERR_REMOTE, "%zu problem%s", n,
	               n == 1 ? "" : "s");
}

static int run(struct vc_controller *c, struct vc_err *err)
{
	while (!c->stopping && !is_done(c))
		if (turn(c, err) < 0)
			return -(int)err->kind;
	return conclude(c, err);
}

/**
 * vc_controller_run() - Be virt-claim-controller
 * @options:	command line
 * @err:	why it could not start; with --once what went wrong
 *
 * Return: 0 after a signal, or after one run without a problem; -VC_ERR_REFUSED (the
 * server is too old) and other kinds
 */
int vc_controller_run(const struct vc_controller_options *options, struct vc_err *err)
{
	VC_AUTO_CONTROLLER struct vc_controller c = VC_CONTROLLER_INIT(options);

	return vc_controller_open(&c, err) < 0 ? -(int)err->kind : run(&c, err);
}
