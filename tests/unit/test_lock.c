/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

#include "store/lock.h"
#include "temp_tree.h"
#include "unit.h"

#define UNTOUCHED (-77)

static int take(const struct temp_tree *t, unsigned timeout_ms, int *fd,
                struct vc_err *err)
{
	char run[128];

	(void)snprintf(run, sizeof(run), "%s/a/run", t->path);
	return vc_lock_take(run, timeout_ms, fd, err);
}

/* A process that takes the lock, says so, and keeps it until it is killed. */
static pid_t start_holder(const struct temp_tree *t)
{
	int ends[2];
	char byte = 0;
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct vc_err err = VC_ERR_INIT;
		int fd = -1;

		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (take(t, 0, &fd, &err) < 0 || write(ends[1], "x", 1) != 1)
			_exit(1);
		while (pause() < 0)
			;
	}
	(void)close(ends[1]);
	assert_int_equal(read(ends[0], &byte, 1), 1);
	(void)close(ends[0]);
	return pid;
}

static void test_makes_what_is_missing(void **state)
{
	const struct temp_tree *t = *state;
	struct vc_err err = VC_ERR_INIT;
	VC_AUTOCLOSE int fd = -1;
	struct stat st;

	assert_int_equal(take(t, 0, &fd, &err), 0);
	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	assert_int_equal(fstatat(t->dir, "a/run", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0755);
	assert_int_equal(fstatat(t->dir, "a/run/lock", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
}

static void test_names_the_holder(void **state)
{
	const struct temp_tree *t = *state;
	struct vc_err err = VC_ERR_INIT;
	pid_t holder = start_holder(t);
	int fd = UNTOUCHED;
	char name[32];

	(void)snprintf(name, sizeof(name), "process %d,", (int)holder);
	for (unsigned timeout_ms = 0; timeout_ms <= 40; timeout_ms += 40) {
		assert_int_equal(take(t, timeout_ms, &fd, &err), -VC_ERR_REFUSED);
		assert_non_null(strstr(err.msg, name));
		assert_non_null(strstr(err.msg, "/a/run/lock"));
		assert_int_equal(fd, UNTOUCHED);
	}

	/* what is no number is nobody */
	temp_tree_put(t, "a/run/lock", "12x\n");
	assert_int_equal(take(t, 0, &fd, &err), -VC_ERR_REFUSED);
	assert_non_null(strstr(err.msg, "another process"));
	assert_int_equal(fd, UNTOUCHED);

	assert_int_equal(kill(holder, SIGKILL), 0);
	assert_int_equal(waitpid(holder, NULL, 0), holder);
	assert_int_equal(take(t, 0, &fd, &err), 0);
	(void)close(fd);
}

static void test_waits_for_the_holder(void **state)
{
	const struct temp_tree *t = *state;
	struct vc_err err = VC_ERR_INIT;
	pid_t holder = start_holder(t), killer = fork();
	int fd = UNTOUCHED;

	if (killer == 0) {
		(void)nanosleep(&(struct timespec){ .tv_nsec = 50000000 }, NULL);
		_exit(kill(holder, SIGKILL) < 0);
	}
	assert_int_equal(take(t, 20000, &fd, &err), 0);
	(void)close(fd);
	assert_int_equal(waitpid(holder, NULL, 0), holder);
	assert_int_equal(waitpid(killer, NULL, 0), killer);
}

static void test_closing_unlocks(void **state)
{
	const struct temp_tree *t = *state;
	struct vc_err err = VC_ERR_INIT;
	int fd = -1, again = UNTOUCHED;

	assert_int_equal(take(t, 0, &fd, &err), 0);
	assert_int_equal(take(t, 0, &again, &err), -VC_ERR_REFUSED);
	assert_int_equal(again, UNTOUCHED);
	(void)close(fd);
	assert_int_equal(take(t, 0, &again, &err), 0);
	(void)close(again);
}

static void test_refuses_what_is_no_directory(void **state)
{
	const struct temp_tree *t = *state;
	struct vc_err err = VC_ERR_INIT;
	int fd = UNTOUCHED;

	temp_tree_put(t, "a", "");
	assert_true(take(t, 0, &fd, &err) < 0);
	assert_int_equal(fd, UNTOUCHED);

	assert_int_equal(unlinkat(t->dir, "a", 0), 0);
	temp_tree_mkdirs(t, "a/run/lock/x");
	assert_int_equal(take(t, 0, &fd, &err), -VC_ERR_SYSTEM);
	assert_non_null(strstr(err.msg, "lock"));
	assert_int_equal(fd, UNTOUCHED);
}

static void test_follows_no_link(void **state)
{
	const struct temp_tree *t = *state;
	struct vc_err err = VC_ERR_INIT;
	int fd = UNTOUCHED;

	temp_tree_put(t, "victim", "precious");
	temp_tree_mkdirs(t, "a/run/x");
	assert_int_equal(symlinkat("../../victim", t->dir, "a/run/lock"), 0);
	assert_int_equal(take(t, 0, &fd, &err), -VC_ERR_SYSTEM);
	assert_int_equal(fd, UNTOUCHED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_makes_what_is_missing,
		                                temp_tree_setup, temp_tree_teardown),
		cmocka_unit_test_setup_teardown(test_names_the_holder, temp_tree_setup,
		                                temp_tree_teardown),
		cmocka_unit_test_setup_teardown(test_waits_for_the_holder,
		                                temp_tree_setup, temp_tree_teardown),
		cmocka_unit_test_setup_teardown(test_closing_unlocks, temp_tree_setup,
		                                temp_tree_teardown),
		cmocka_unit_test_setup_teardown(test_refuses_what_is_no_directory,
		                                temp_tree_setup, temp_tree_teardown),
		cmocka_unit_test_setup_teardown(test_follows_no_link, temp_tree_setup,
		                                temp_tree_teardown),
	};

	return cmocka_run_group_tests_name("lock", tests, NULL, NULL);
}
