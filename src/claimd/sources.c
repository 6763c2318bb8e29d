/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sources.c - what comes from outside: signals, the clock, the kernel, files.
 */
#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/inotify.h"
#include "base/now.h"
#include "claimd/daemon.h"
#include "claimd/uevent.h"
#include "claimd/watch.h"

/* At one time: signals get their turn however much the kernel has to say. */
#define UEVENTS_AT_ONCE 256

/* Between two looks at what cannot be watched */
#define BLIND_MS 5000

static int open_signals(struct vc_daemon *daemon VC_UNUSED, int *ret_fd,
                        struct vc_err *err)
{
	sigset_t heard, blocked;
	int fd;

	(void)sigemptyset(&heard);
	(void)sigaddset(&heard, SIGTERM);
	(void)sigaddset(&heard, SIGINT);
	(void)sigaddset(&heard, SIGHUP);
	blocked = heard;
	/* nobody reads the log any more: no reason to die */
	(void)sigaddset(&blocked, SIGPIPE);
	if (sigprocmask(SIG_BLOCK, &blocked, NULL) < 0)
		return vc_fail_sys(err, errno, "cannot block signals");
	fd = signalfd(-1, &heard, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return vc_fail_sys(err, errno, "cannot wait for signals");
	*ret_fd = fd;
	return 0;
}

static int on_signal(struct vc_daemon *daemon, int fd, struct vc_err *err VC_UNUSED)
{
	struct signalfd_siginfo info;

	if (read(fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return 0;
	if (info.ssi_signo == SIGHUP)
		vc_daemon_reload(daemon);
	else
		vc_daemon_stop(daemon);
	return 0;
}

const struct vc_source vc_source_signals = {
	.name = "signals",
	.open = open_signals,
	.ready = on_signal,
};

static int open_clock(struct vc_daemon *daemon, int *ret_fd, struct vc_err *err)
{
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);

	if (fd < 0)
		return vc_fail_sys(err, errno, "cannot make a clock");
	daemon->clock = fd;
	*ret_fd = fd;
	return 0;
}

/* What is to be done is seen by vc_daemon_advance(). */
static int on_clock(struct vc_daemon *daemon VC_UNUSED, int fd, struct vc_err *err)
{
	uint64_t times;

	if (read(fd, &times, sizeof(times)) < 0 && errno != EAGAIN && errno != EINTR)
		return vc_fail_sys(err, errno, "cannot read the clock");
	return 0;
}

const struct vc_source vc_source_clock = {
	.name = "clock",
	.open = open_clock,
	.ready = on_clock,
};

/**
 * vc_daemon_set_clock() - Say when to wake up
 * @daemon:	daemon
 * @when:	as vc_now_ms() counts; -1 not at all
 * @err:	why not
 *
 * Return: 0 or -VC_ERR_SYSTEM
 */
int vc_daemon_set_clock(struct vc_daemon *daemon, int64_t when, struct vc_err *err)
{
	struct itimerspec spec = { 0 };

	/* 0 would disarm it */
	if (when >= 0) {
		spec.it_value.tv_sec = when / 1000;
		spec.it_value.tv_nsec = when % 1000 * 1000000 + 1;
	}
	if (timerfd_settime(daemon->clock, TFD_TIMER_ABSTIME, &spec, NULL) < 0)
		return vc_fail_sys(err, errno, "cannot set the clock");
	return 0;
}

static int open_uevents(struct vc_daemon *daemon VC_UNUSED, int *ret_fd,
                        struct vc_err *err)
{
	return vc_uevent_open(ret_fd, err);
}

static int on_uevents(struct vc_daemon *daemon, int fd, struct vc_err *err)
{
	for (int i = 0; i < UEVENTS_AT_ONCE; i++) {
		struct vc_uevent_message message;
		enum vc_uevent_news news;
		struct vc_uevent event;

		if (vc_uevent_read(fd, &message, &news, err) < 0)
			return -(int)err->kind;
		if (news == VC_UEVENT_NONE)
			return 0;
		if (news == VC_UEVENT_LOST) {
			vc_daemon_happened(daemon);
			continue;
		}
		if (!vc_uevent_parse(message.bytes, message.len, &event) ||
		    !vc_uevent_matters(&event))
			continue;
		if (vc_uevent_is_new_device(&event))
			vc_renewed_add(&daemon->renewed, event.name);
		vc_daemon_happened(daemon);
	}
	return 0;
}

const struct vc_source vc_source_uevents = {
	.name = "events of the kernel",
	.lasting = true,
	.open = open_uevents,
	.ready = on_uevents,
};

static int open_files(struct vc_daemon *daemon, int *ret_fd, struct vc_err *err)
{
	if (vc_inotify_open(&daemon->files, err) < 0)
		return -(int)err->kind;
	*ret_fd = daemon->files;
	return 0;
}

/* What cannot be watched is looked at; that is said once. */
static void heed_blindness(struct vc_daemon *daemon, const struct vc_err *blind)
{
	if (blind->kind == VC_ERR_NONE) {
		daemon->blind_due = -1;
		return;
	}
	if (daemon->blind_due < 0)
		vc_log(&daemon->log, VC_LOG_WARNING,
		       "%s; until then it is looked at every %d seconds", blind->msg,
		       BLIND_MS / 1000);
	daemon->blind_due = vc_now_ms() + BLIND_MS;
}

/**
 * vc_daemon_refresh_files() - Watch directories that appeared
 * @daemon:	daemon
 * @err:	why not
 *
 * Return: 0 or as vc_watch_refresh()
 */
int vc_daemon_refresh_files(struct vc_daemon *daemon, struct vc_err *err)
{
	const struct vc_watch_places places = {
		.state = daemon->config.state,
		.run = daemon->config.run,
		.leases = daemon->config.leases,
	};
	struct vc_err blind;

	if (daemon->files < 0)
		return 0;
	if (vc_watch_refresh(daemon->files, &places, &blind, err) < 0)
		return -(int)err->kind;
	heed_blindness(daemon, &blind);
	return 0;
}

static int on_files(struct vc_daemon *daemon, int fd, struct vc_err *err)
{
	bool news;

	if (vc_watch_read(fd, &news, err) < 0)
		return -(int)err->kind;
	if (news)
		vc_daemon_happened(daemon);
	return 0;
}

const struct vc_source vc_source_files = {
	.name = "files",
	.host_only = true,
	.lasting = true,
	.open = open_files,
	.ready = on_files,
};
