/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sandbox.c - sandbox COMMAND [ARGUMENT]...: run a command where it cannot hurt.
 *
 * The command gets mount, PID and IPC namespaces of its own: changes of mounts and every
 * process that it leaves behind end with it. /dev has the usual character devices, no
 * kvm, and a /dev/vfio/vfio that nobody answers; /run is empty. Process 1 reaps, which
 * libvirt waits for.
 *
 * Status of the command, or 77 when there can be no such namespaces here.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/attr.h"

#define SKIP 77

static const struct {
	const char *path;
	unsigned major_number, minor_number;
} devices[] = {
	{ "/dev/null", 1, 3 },         { "/dev/zero", 1, 5 },    { "/dev/full", 1, 7 },
	{ "/dev/random", 1, 8 },       { "/dev/urandom", 1, 9 }, { "/dev/tty", 5, 0 },
	{ "/dev/vfio/vfio", 10, 196 },
};

static const char *const directories[] = { "/dev/vfio", "/dev/pts", "/dev/shm" };

static int fill_dev(void)
{
	if (mount("none", "/dev", "tmpfs", 0, "mode=0755") < 0)
		return -1;
	for (size_t i = 0; i < VC_ARRAY_SIZE(directories); i++)
		if (mkdir(directories[i], 0755) < 0)
			return -1;
	for (size_t i = 0; i < VC_ARRAY_SIZE(devices); i++)
		if (mknod(devices[i].path, S_IFCHR | 0666,
		          makedev(devices[i].major_number, devices[i].minor_number)) <
		            0 ||
		    chmod(devices[i].path, 0666) < 0)
			return -1;
	if (symlink("pts/ptmx", "/dev/ptmx") < 0 ||
	    symlink("/proc/self/fd", "/dev/fd") < 0 ||
	    symlink("/proc/self/fd/0", "/dev/stdin") < 0)
		return -1;
	return mount("none", "/dev/pts", "devpts", 0,
	             "newinstance,ptmxmode=0666,mode=0620");
}

static int arrange_mounts(void)
{
	if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("none", "/proc", "proc", 0, NULL) < 0 || fill_dev() < 0)
		return -1;
	return mount("none", "/run", "tmpfs", 0, "mode=0755");
}

/* Process 1: the command's end is ours, everybody else is only reaped. */
static int reap_until(pid_t command)
{
	for (;;) {
		int status;
		pid_t pid = wait(&status);

		if (pid < 0 && errno != EINTR)
			return SKIP;
		if (pid == command)
			return WIFEXITED(status) ? WEXITSTATUS(status)
			                         : 128 + WTERMSIG(status);
	}
}

static int first_process(char **command)
{
	pid_t pid;

	if (arrange_mounts() < 0) {
		(void)fprintf(stderr, "sandbox: %s\n", strerror(errno));
		return SKIP;
	}
	pid = fork();
	if (pid == 0) {
		(void)execvp(command[0], command);
		_exit(127);
	}
	return pid < 0 ? SKIP : reap_until(pid);
}

int main(int argc, char **argv)
{
	pid_t pid;

	if (argc < 2) {
		(void)fprintf(stderr, "usage: sandbox COMMAND [ARGUMENT]...\n");
		return 2;
	}
	if (unshare(CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC) < 0) {
		(void)fprintf(stderr, "sandbox: no namespaces: %s\n", strerror(errno));
		return SKIP;
	}
	pid = fork();
	if (pid == 0)
		_exit(first_process(argv + 1));
	/* LeakSanitizer cannot make its thread here, where new PIDs are of another world. */
	_exit(pid < 0 ? SKIP : reap_until(pid));
}
