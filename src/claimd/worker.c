/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "claimd/worker.h"

#include <errno.h>
#include <signal.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"

#define NOTES_FD     3
#define CANNOT_START 127

/* Signals as a program of its own would have them. */
static int set_signals(void (*stop)(int signal))
{
	const struct sigaction action = { .sa_handler = stop, .sa_flags = SA_RESTART };
	sigset_t none;

	(void)sigemptyset(&none);
	if (sigaction(SIGTERM, &action, NULL) < 0)
		return -1;
	return sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Runs in the child. The lock of the daemon and what it listens to are not for us. */
static int child_main(pid_t daemon, int notes, int (*fn)(void *arg, int notes), void *arg,
                      void (*stop)(int signal))
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != daemon)
		return CANNOT_START;
	if (notes != NOTES_FD && dup3(notes, NOTES_FD, O_CLOEXEC) < 0)
		return CANNOT_START;
	if (close_range(NOTES_FD + 1, ~0U, 0) < 0 || set_signals(stop) < 0)
		return CANNOT_START;
	return fn(arg, NOTES_FD);
}

/**
 * vc_worker_start() - Start a worker
 * @worker:	none may run
 * @fn:		runs in the worker
 * @arg:	for @fn
 * @stop:	handler of SIGTERM there
 * @err:	why not
 *
 * Return: 0 or -VC_ERR_SYSTEM
 */
int vc_worker_start(struct vc_worker *worker, int (*fn)(void *arg, int notes), void *arg,
                    void (*stop)(int signal), struct vc_err *err)
{
	pid_t daemon = getpid();
	VC_AUTOCLOSE int ours = -1;
	VC_AUTOCLOSE int theirs = -1;
	int ends[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return vc_fail_sys(err, errno, "cannot make a socket for a worker");
	ours = ends[0];
	theirs = ends[1];
	pid = fork();
	if (pid == 0)
		_exit(child_main(daemon, theirs, fn, arg, stop));
	if (pid < 0)
		return vc_fail_sys(err, errno, "cannot start a worker");
	worker->pid = pid;
	worker->pidfd = pidfd_open(pid, 0);
	worker->notes = vc_steal_fd(&ours);
	if (worker->pidfd < 0) {
		(void)vc_fail_sys(err, errno, "cannot watch a worker");
		(void)kill(pid, SIGKILL);
		(void)vc_worker_finish(worker);
		return -(int)err->kind;
	}
	return 0;
}

/**
 * vc_worker_finish() - Take leave of a worker that has ended
 * @worker:	none runs afterwards
 *
 * Return: its wait status
 */
int vc_worker_finish(struct vc_worker *worker)
{
	int status = 0;

	while (waitpid(worker->pid, &status, 0) < 0 && errno == EINTR)
		;
	vc_closep(&worker->pidfd);
	vc_closep(&worker->notes);
	*worker = (struct vc_worker)VC_WORKER_INIT;
	return status;
}
