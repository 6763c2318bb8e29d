/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hook/deadline.h"
#include "unit.h"

#define MS     50
#define STATUS 5

static void wait_for_a_signal(void)
{
	(void)sleep(10);
}

/* The wait of a parent for the exec of its child, as that for a hanging file system, ends
 * for a fatal signal only: no handler runs. */
static void wait_in_the_kernel(void)
{
	if (syscall(SYS_clone, CLONE_VFORK | SIGCHLD, NULL, NULL, NULL, NULL) != 0)
		return;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)sleep(10);
	_exit(0);
}

/* Wait status of a process that has a deadline of MS and waits. */
static int run(void (*wait_for)(void), int status)
{
	struct vc_err err = VC_ERR_INIT;
	int result = 0;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		/* the message does not belong into the output of the test */
		(void)close(STDERR_FILENO);
		if (vc_deadline_start("test", 60000, status, &err) == 0 &&
		    vc_deadline_start("test", MS, status, &err) == 0)
			wait_for();
		_exit(1);
	}
	assert_int_equal(waitpid(pid, &result, 0), pid);
	return result;
}

static void test_ends_with_its_status(void **state VC_UNUSED)
{
	int result = run(wait_for_a_signal, STATUS);

	assert_true(WIFEXITED(result));
	assert_int_equal(WEXITSTATUS(result), STATUS);
	result = run(wait_for_a_signal, 0);
	assert_true(WIFEXITED(result));
	assert_int_equal(WEXITSTATUS(result), 0);
}

static void test_ends_in_the_kernel(void **state VC_UNUSED)
{
	int result = run(wait_in_the_kernel, STATUS);

	assert_true(WIFSIGNALED(result));
	assert_int_equal(WTERMSIG(result), SIGKILL);
}

static void test_off(void **state VC_UNUSED)
{
	struct vc_err err = VC_ERR_INIT;

	assert_int_equal(vc_deadline_start("test", MS, STATUS, &err), 0);
	assert_int_equal(vc_deadline_start("test", 0, STATUS, &err), 0);
	assert_int_equal(usleep(1200000), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ends_with_its_status),
		cmocka_unit_test(test_ends_in_the_kernel),
		cmocka_unit_test(test_off),
	};

	return cmocka_run_group_tests_name("deadline", tests, NULL, NULL);
}
