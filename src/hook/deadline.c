/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hook/deadline.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

/* What the message and the exit status get before SIGKILL. */
#define GRACE_MS 1000U

/* What the signal handler needs: prepared, because it can prepare nothing. */
static char message[160];
static volatile sig_atomic_t exit_status;

static void on_alarm(int signal_number VC_UNUSED)
{
	/* Only what is safe in a handler: [POSIX] signal-safety(7) */
	if (write(STDERR_FILENO, message, strlen(message)) < 0)
		_exit(exit_status);
	_exit(exit_status);
}

static int set_timer(unsigned ms, struct vc_err *err)
{
	const struct itimerval timer = {
		.it_value = { .tv_sec = ms / 1000, .tv_usec = (long)(ms % 1000) * 1000 },
	};

	if (setitimer(ITIMER_REAL, &timer, NULL) < 0)
		return vc_fail_sys(err, errno, "cannot set a timer");
	return 0;
}

/*
 * No handler runs while the process waits in the kernel for a file system that hangs (NFS,
 * FUSE); SIGKILL ends most of these waits. @ms 0: not any more.
 */
static int set_last_resort(unsigned ms, struct vc_err *err)
{
	static timer_t timer;
	static pid_t owner; /* a child does not inherit timers: timer_create(2) */
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGKILL };
	const struct itimerspec when = {
		.it_value = { .tv_sec = ms / 1000,
		              .tv_nsec = (long)(ms % 1000) * 1000000 },
	};

	if (owner != getpid() && ms == 0)
		return 0;
	if (owner != getpid() && timer_create(CLOCK_MONOTONIC, &event, &timer) < 0)
		return vc_fail_sys(err, errno, "cannot make a timer");
	owner = getpid();
	if (timer_settime(timer, 0, &when, NULL) < 0)
		return vc_fail_sys(err, errno, "cannot set a timer");
	return 0;
}

/**
 * vc_deadline_start() - Limit the life of this process
 * @program:	name in front of the message
 * @ms:		from now; 0: no limit any more
 * @status:	exit status then
 * @err:	why not
 *
 * Where a handler cannot run, SIGKILL follows a second later; not with @status 0, which
 * says that the process must not fail.
 *
 * Return: 0 or -VC_ERR_SYSTEM
 */
int vc_deadline_start(const char *program, unsigned ms, int status, struct vc_err *err)
{
	struct sigaction action = { .sa_handler = on_alarm };
	sigset_t alarm_only;

	(void)sigemptyset(&action.sa_mask);
	(void)sigemptyset(&alarm_only);
	(void)sigaddset(&alarm_only, SIGALRM);
	if (set_timer(0, err) < 0)
		return -(int)err->kind;
	(void)snprintf(message, sizeof(message),
	               "%.60s: not done after %u ms, gave up; see hook-deadline in the "
	               "configuration\n",
	               program, ms);
	exit_status = status;
	if (sigaction(SIGALRM, &action, NULL) < 0 ||
	    sigprocmask(SIG_UNBLOCK, &alarm_only, NULL) < 0)
		return vc_fail_sys(err, errno, "cannot watch the time");
	if (set_last_resort(ms > 0 && status != 0 ? ms + GRACE_MS : 0, err) < 0)
		return -(int)err->kind;
	return set_timer(ms, err);
}
