/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/now.h"
#include "base/parse.h"

#define CHUNK           4096U
#define TICK_MS         20
#define ADOPTION_ROUNDS 100
#define CANNOT_START    127
#define LAST_GASP_MS    500

/* Our side of a running child; .adopts: what it leaves becomes ours. */
struct child {
	pid_t pid;
	int pidfd;
	int out;
	bool adopts;
};

/* Runs in the child. */
static int child_main(const struct vc_run *run, int out)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0 || dup2(out, STDOUT_FILENO) < 0 || dup2(null, STDIN_FILENO) < 0 ||
	    dup2(null, STDERR_FILENO) < 0)
		return CANNOT_START;
	if (close_range(STDERR_FILENO + 1, ~0U, 0) < 0)
		return CANNOT_START;
	return run->fn(run->arg);
}

/* [prctl(2)] PR_SET_PDEATHSIG speaks of the parent's end from now on. */
static bool die_with(pid_t parent)
{
	return prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0 && getppid() == parent;
}

/* Ends as its child did. */
static int pass_on(int status)
{
	if (!WIFSIGNALED(status))
		return WEXITSTATUS(status);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	(void)signal(WTERMSIG(status), SIG_DFL);
	(void)raise(WTERMSIG(status));
	return CANNOT_START;
}

/* Runs in the child; the function runs in a child of it, in the same process group. */
static int middle_main(const struct vc_run *run, int out, pid_t parent)
{
	pid_t self = getpid(), pid;
	int status = 0;

	if (!die_with(parent))
		return CANNOT_START;
	pid = fork();
	if (pid == 0)
		_exit(die_with(self) ? child_main(run, out) : CANNOT_START);
	/* the pipe and locks of the caller are not ours to keep open */
	if (close_range(0, ~0U, 0) < 0 || pid < 0)
		return CANNOT_START;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return CANNOT_START;
	return pass_on(status);
}

static int start_in_child(const struct vc_run *run, int out, pid_t parent)
{
	if (setpgid(0, 0) < 0)
		return CANNOT_START;
	return run->abandons ? middle_main(run, out, parent) : child_main(run, out);
}

/* Reaps descendants that became ours, but not the child itself; returns whether there
 * was one. */
static bool reap_adopted(pid_t child)
{
	siginfo_t info = { 0 };

	if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0)
		return false;
	if (info.si_pid == 0 || info.si_pid == child)
		return false;
	return waitpid(info.si_pid, NULL, WNOHANG) > 0;
}

/* Kills every process whose parent we are. Returns whether there was one. */
static bool kill_children(void)
{
	VC_AUTOCLOSE int fd = open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
	char text[CHUNK];
	ssize_t len = fd >= 0 ? read(fd, text, sizeof(text) - 1) : 0;
	const char *p = text;
	bool any = false;
	uint64_t pid;

	text[len > 0 ? len : 0] = '\0';
	for (; vc_parse_decimal(&p, INT32_MAX, &pid); (void)vc_parse_literal(&p, " ")) {
		(void)kill((pid_t)pid, SIGKILL);
		any = true;
	}
	return any;
}

/* The group, and the child itself in case that it could make none. */
static void kill_group(const struct child *child)
{
	(void)kill(-child->pid, SIGKILL);
	(void)kill(child->pid, SIGKILL);
}

/* Ends whatever is left, reaps, closes; returns the wait status. */
static int finish(const struct child *child)
{
	int status = 0;

	kill_group(child);
	while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
		;
	/* What is killed may leave us children of its own. */
	for (int i = 0; child->adopts && i < ADOPTION_ROUNDS && kill_children(); i++)
		while (waitpid(-1, NULL, 0) > 0)
			;
	(void)prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0);
	(void)close(child->out);
	if (child->pidfd >= 0)
		(void)close(child->pidfd);
	return status;
}

static int start(const struct vc_run *run, struct child *ret_child, struct vc_err *err)
{
	bool adopts = !run->keeps_daemons && !run->abandons;
	pid_t pid, self = getpid();
	int ends[2];
	int r = 0;

	if (prctl(PR_SET_CHILD_SUBREAPER, adopts, 0, 0, 0) < 0)
		return vc_fail_sys(err, errno, "cannot look after child processes");
	if (pipe2(ends, O_CLOEXEC) < 0)
		return vc_fail_sys(err, errno, "cannot make a pipe");
	pid = fork();
	if (pid == 0)
		_exit(start_in_child(run, ends[1], self));
	(void)close(ends[1]);
	if (pid < 0) {
		(void)close(ends[0]);
		return vc_fail_sys(err, errno, "cannot start a child process");
	}
	/* On both sides, whoever comes first. */
	(void)setpgid(pid, pid);
	(void)fcntl(ends[0], F_SETFL, O_NONBLOCK);
	*ret_child = (struct child){
		.pid = pid,
		.pidfd = pidfd_open(pid, 0),
		.out = ends[0],
		.adopts = adopts,
	};
	if (ret_child->pidfd < 0) {
		r = vc_fail_sys(err, errno, "cannot watch a child process");
		(void)finish(ret_child);
	}
	return r;
}

/* Takes what is there now; returns whether more may come. */
static bool drain(int fd, struct vc_buf *buf)
{
	for (;;) {
		char chunk[CHUNK];
		ssize_t n = read(fd, chunk, sizeof(chunk));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return true;
		if (n <= 0)
			return false;
		vc_buf_add(buf, chunk, (size_t)n);
		if (buf->failed)
			return false;
	}
}

/* Collects output until the child ends; returns whether it did so in time. */
static bool attend(const struct child *child, const struct vc_run *run,
                   struct vc_buf *buf)
{
	int64_t deadline = vc_now_ms() + run->deadline_ms;
	bool open = true;

	for (;;) {
		struct pollfd p[] = {
			{ .fd = child->pidfd, .events = POLLIN },
			{ .fd = open ? child->out : -1, .events = POLLIN },
		};
		int64_t left = deadline - vc_now_ms();

		if (left <= 0 || buf->failed)
			return false;
		if (poll(p, VC_ARRAY_SIZE(p), (int)(left < TICK_MS ? left : TICK_MS)) <
		            0 &&
		    errno != EINTR)
			return false;
		while (child->adopts && reap_adopted(child->pid))
			;
		if (p[0].revents != 0) {
			(void)drain(child->out, buf);
			return true;
		}
		if (p[1].revents != 0)
			open = drain(child->out, buf);
	}
}

/* After the deadline of a run that abandons: kills what can be killed; returns whether
 * all of it has ended, which closes the pipe. */
static bool kill_and_see(const struct child *child)
{
	int64_t deadline = vc_now_ms() + LAST_GASP_MS;
	struct pollfd p = { .fd = child->out, .events = POLLIN };
	char chunk[CHUNK];
	int64_t left;

	kill_group(child);
	while ((left = deadline - vc_now_ms()) > 0) {
		ssize_t n = poll(&p, 1, (int)left) > 0
		                    ? read(child->out, chunk, sizeof(chunk))
		                    : -1;

		if (n == 0)
			return true;
	}
	return false;
}

static int out_of_time(const struct vc_run *run, bool ended, struct vc_err *err)
{
	(void)vc_fail(err, VC_ERR_SYSTEM, "%s: not done after %u ms%s", run->what,
	              run->deadline_ms,
	              ended ? ""
	                    : ", and the process at work on it cannot be ended: it waits "
	                      "in the kernel");
	err->sys = ETIMEDOUT;
	return -VC_ERR_SYSTEM;
}

static int judge(const struct vc_run *run, const struct vc_buf *buf, int status,
                 struct vc_err *err)
{
	if (buf->failed)
		return vc_fail(err, VC_ERR_SYSTEM, "%s: more than %zu bytes of output",
		               run->what, run->max_output);
	if (WIFSIGNALED(status))
		return vc_fail(err, VC_ERR_SYSTEM, "%s: killed by signal %d (%s)",
		               run->what, WTERMSIG(status), strsignal(WTERMSIG(status)));
	return 0;
}

/**
 * vc_run() - Run a function in a child process, with a deadline
 * @arena:	holds the output
 * @run:	what to run
 * @ret_result:	output and exit status
 * @err:	why not
 *
 * The caller has one thread and no other children. It waits for the child, never for descriptors that
 * a grandchild may have kept.
 *
 * Return: 0, -VC_ERR_SYSTEM (could not start, deadline over: .sys is ETIMEDOUT, died by a
 * signal, too much output) or -VC_ERR_INTERNAL
 */
int vc_run(struct vc_arena *arena, const struct vc_run *run,
           struct vc_run_result *ret_result, struct vc_err *err)
{
	VC_AUTO_BUF struct vc_buf buf = VC_BUF_INIT(run->max_output);
	struct child child = { .pidfd = -1, .out = -1 };
	bool in_time, ended = true;
	char *output;
	int status;

	if (start(run, &child, err) < 0)
		return -(int)err->kind;
	in_time = attend(&child, run, &buf);
	if (!in_time && run->abandons)
		ended = kill_and_see(&child);
	status = finish(&child);
	if (!in_time && !buf.failed)
		return out_of_time(run, ended, err);
	if (judge(run, &buf, status, err) < 0)
		return -(int)err->kind;
	output = vc_arena_strndup(arena, buf.data ? buf.data : "", buf.len);
	if (!output)
		return vc_fail_oom(err);
	*ret_result = (struct vc_run_result){
		.output = output,
		.len = buf.len,
		.status = WEXITSTATUS(status),
	};
	return 0;
}
