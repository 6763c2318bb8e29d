/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/parse.h"
#include "base/run.h"
#include "unit.h"

#define UNTOUCHED 77

static int print(const char *text)
{
	return write(STDOUT_FILENO, text, strlen(text)) < 0 ? 1 : 3;
}

static int say(void *arg)
{
	return print(arg);
}

static int hang(void *arg VC_UNUSED)
{
	while (pause() < 0)
		;
	return 0;
}

static int crash(void *arg VC_UNUSED)
{
	struct rlimit none = { 0, 0 };

	(void)setrlimit(RLIMIT_CORE, &none);
	(void)signal(SIGSEGV, SIG_DFL);
	(void)raise(SIGSEGV);
	return 0;
}

static int flood(void *arg VC_UNUSED)
{
	static const char chunk[4096];

	while (write(STDOUT_FILENO, chunk, sizeof(chunk)) > 0)
		;
	return 0;
}

/* A grandchild that keeps the pipe open for a long time. */
static int leave_one_behind(void *arg VC_UNUSED)
{
	if (fork() == 0)
		return hang(NULL);
	return print("left");
}

/* The same, out of reach of the process group; prints its pid. */
static int leave_a_daemon(void *arg VC_UNUSED)
{
	pid_t middle = fork(), daemon;
	char text[32];

	if (middle > 0)
		return waitpid(middle, NULL, 0) < 0 ? 1 : 0;
	(void)setsid();
	daemon = fork();
	if (daemon == 0)
		return hang(NULL);
	(void)snprintf(text, sizeof(text), "%d", (int)daemon);
	return print(text);
}

/* Which of the caller's descriptors are still open? */
static int count_descriptors(void *arg)
{
	const int *fd = arg;
	char text[] = "closed";

	if (fcntl(*fd, F_GETFD) >= 0 || errno != EBADF)
		return print("open");
	if (read(STDIN_FILENO, text, 1) != 0)
		return print("stdin has data");
	return print(text);
}

static int run_with(struct vc_arena *arena, struct vc_run how,
                    struct vc_run_result *result, struct vc_err *err)
{
	how.what = "the test";
	how.deadline_ms = 300;
	how.max_output = 100000;
	result->status = UNTOUCHED;
	return vc_run(arena, &how, result, err);
}

static int run(struct vc_arena *arena, int (*fn)(void *), void *arg,
               struct vc_run_result *result, struct vc_err *err)
{
	struct vc_run how = { .fn = fn, .arg = arg };

	return run_with(arena, how, result, err);
}

static void test_output_and_status(void **state VC_UNUSED)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_err err = VC_ERR_INIT;
	struct vc_run_result result;
	char text[] = "hello\n";

	assert_int_equal(run(&arena, say, text, &result, &err), 0);
	assert_int_equal(result.status, 3);
	assert_string_equal(result.output, "hello\n");
	assert_int_equal(result.len, 6);
}

static void test_failures(void **state VC_UNUSED)
{
	static const struct {
		int (*fn)(void *);
		const char *text;
	} cases[] = {
		{ hang, "the test: not done after 300 ms" },
		{ crash, "the test: killed by signal 11" },
		{ flood, "the test: more than 100000 bytes of output" },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
		struct vc_err err = VC_ERR_INIT;
		struct vc_run_result result;

		assert_int_equal(run(&arena, cases[i].fn, NULL, &result, &err),
		                 -VC_ERR_SYSTEM);
		assert_non_null(strstr(err.msg, cases[i].text));
		assert_int_equal(result.status, UNTOUCHED);
	}
}

static void test_nothing_is_left_behind(void **state VC_UNUSED)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_err err = VC_ERR_INIT;
	struct vc_run_result result;

	/* It ends with its child, not with the grandchild's pipe. */
	assert_int_equal(run(&arena, leave_one_behind, NULL, &result, &err), 0);
	assert_string_equal(result.output, "left");
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void test_no_daemon_is_left_behind(void **state VC_UNUSED)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_err err = VC_ERR_INIT;
	struct vc_run_result result;
	uint64_t pid;

	assert_int_equal(run(&arena, leave_a_daemon, NULL, &result, &err), 0);
	assert_true(vc_parse_number(result.output, INT32_MAX, &pid));
	assert_int_equal(kill((pid_t)pid, 0), -1);
	assert_int_equal(errno, ESRCH);
}

static void test_daemons_may_stay(void **state VC_UNUSED)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_run how = { .fn = leave_a_daemon, .keeps_daemons = true };
	struct vc_err err = VC_ERR_INIT;
	struct vc_run_result result;
	uint64_t pid;

	assert_int_equal(run_with(&arena, how, &result, &err), 0);
	assert_true(vc_parse_number(result.output, INT32_MAX, &pid));
	assert_int_equal(kill((pid_t)pid, 0), 0);
	(void)kill((pid_t)pid, SIGKILL);

	/* what did not make itself a daemon ends all the same, and a deadline holds */
	how.fn = leave_one_behind;
	assert_int_equal(run_with(&arena, how, &result, &err), 0);
	how.fn = hang;
	assert_int_equal(run_with(&arena, how, &result, &err), -VC_ERR_SYSTEM);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void test_no_descriptor_is_inherited(void **state VC_UNUSED)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	VC_AUTOCLOSE int fd = dup(STDERR_FILENO);
	struct vc_err err = VC_ERR_INIT;
	struct vc_run_result result;

	assert_int_equal(run(&arena, count_descriptors, &fd, &result, &err), 0);
	assert_string_equal(result.output, "closed");
}

/* Out of reach of the process group, with the pipe: like what sleeps in the kernel. */
static int leave_what_cannot_be_killed(void *arg VC_UNUSED)
{
	if (fork() == 0) {
		(void)setsid();
		(void)nanosleep(&(struct timespec){ .tv_sec = 2 }, NULL);
		return 0;
	}
	return hang(NULL);
}

static void test_abandons_as_others_end(void **state VC_UNUSED)
{
	static const struct {
		int (*fn)(void *);
		const char *text;
		int sys;
	} cases[] = {
		{ hang, "the test: not done after 300 ms", ETIMEDOUT },
		{ crash, "the test: killed by signal 11", 0 },
		{ flood, "the test: more than 100000 bytes of output", 0 },
	};
	char text[] = "hello\n";

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
		struct vc_run how = { .fn = cases[i].fn, .abandons = true };
		struct vc_err err = VC_ERR_INIT;
		struct vc_run_result result;

		assert_int_equal(run_with(&arena, how, &result, &err), -VC_ERR_SYSTEM);
		assert_non_null(strstr(err.msg, cases[i].text));
		assert_null(strstr(err.msg, "cannot be ended"));
		assert_int_equal(err.sys, cases[i].sys);
		assert_int_equal(result.status, UNTOUCHED);
		assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);

		how = (struct vc_run){ .fn = say, .arg = text, .abandons = true };
		assert_int_equal(run_with(&arena, how, &result, &err), 0);
		assert_int_equal(result.status, 3);
		assert_string_equal(result.output, "hello\n");
	}
}

static void test_what_cannot_be_killed_is_left(void **state VC_UNUSED)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_run how = { .fn = leave_what_cannot_be_killed, .abandons = true };
	struct vc_err err = VC_ERR_INIT;
	struct vc_run_result result;
	assert_int_equal(run_with(&arena, how, &result, &err), -VC_ERR_SYSTEM);
	assert_non_null(strstr(err.msg, "not done after 300 ms"));
	assert_non_null(strstr(err.msg, "cannot be ended"));
	assert_int_equal(err.sys, ETIMEDOUT);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

/* Tells its pid through the descriptor of a file that it opens itself. */
static int tell_pid_and_hang(void *arg)
{
	const char *path = arg;
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	(void)dprintf(fd, "%d\n", (int)getpid());
	(void)close(fd);
	return hang(NULL);
}

static pid_t read_pid(const char *path)
{
	for (int i = 0; i < 400; i++) {
		VC_AUTOCLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
		char text[32] = "";
		uint64_t pid;

		if (fd >= 0 && read(fd, text, sizeof(text) - 1) > 0 &&
		    strchr(text, '\n')) {
			*strchr(text, '\n') = '\0';
			assert_true(vc_parse_number(text, INT32_MAX, &pid));
			return (pid_t)pid;
		}
		(void)nanosleep(&(struct timespec){ .tv_nsec = 5000000 }, NULL);
	}
	return 0;
}

static void test_what_abandons_dies_with_its_caller(void **state VC_UNUSED)
{
	char directory[] = "/tmp/vc-test-run-XXXXXX", path[64];
	pid_t caller, worker;
	int i = 0;

	assert_non_null(mkdtemp(directory));
	(void)snprintf(path, sizeof(path), "%s/pid", directory);
	caller = fork();
	if (caller == 0) {
		VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
		struct vc_run how = {
			.fn = tell_pid_and_hang,
			.arg = path,
			.what = "it",
			.deadline_ms = 20000,
			.max_output = 10,
			.abandons = true,
		};
		struct vc_err err = VC_ERR_INIT;
		struct vc_run_result result;

		_exit(vc_run(&arena, &how, &result, &err) < 0);
	}
	worker = read_pid(path);
	assert_true(worker > 0);
	assert_int_equal(kill(worker, 0), 0);
	assert_int_equal(kill(caller, SIGKILL), 0);
	assert_int_equal(waitpid(caller, NULL, 0), caller);
	while (i++ < 400 && kill(worker, 0) == 0)
		(void)nanosleep(&(struct timespec){ .tv_nsec = 5000000 }, NULL);
	assert_int_equal(kill(worker, 0), -1);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(directory), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_output_and_status),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_nothing_is_left_behind),
		cmocka_unit_test(test_no_daemon_is_left_behind),
		cmocka_unit_test(test_daemons_may_stay),
		cmocka_unit_test(test_no_descriptor_is_inherited),
		cmocka_unit_test(test_abandons_as_others_end),
		cmocka_unit_test(test_what_cannot_be_killed_is_left),
		cmocka_unit_test(test_what_abandons_dies_with_its_caller),
	};

	return cmocka_run_group_tests_name("run", tests, NULL, NULL);
}
