/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "unit.h"

struct fixture {
	char path[64];
	int dir;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (!f)
		return -1;
	(void)snprintf(f->path, sizeof(f->path), "/tmp/vc-test-file-XXXXXX");
	if (!mkdtemp(f->path))
		return -1;
	f->dir = open(f->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*state = f;
	return f->dir < 0 ? -1 : 0;
}

static int teardown(void **state)
{
	static const char *const names[] = { "a", "b", "link", "fifo", "big", "sub/c" };
	struct fixture *f = *state;

	for (size_t i = 0; i < VC_ARRAY_SIZE(names); i++)
		(void)unlinkat(f->dir, names[i], 0);
	(void)unlinkat(f->dir, "sub", AT_REMOVEDIR);
	(void)close(f->dir);
	if (rmdir(f->path) != 0) /* a temporary file was left behind */
		return -1;
	free(f);
	return 0;
}

static void put(int dir, const char *name, const char *text, mode_t mode)
{
	struct vc_err err = VC_ERR_INIT;

	assert_int_equal(vc_file_replace(dir, name, text, strlen(text), mode, &err), 0);
}

static void test_replace_and_read(void **state)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct fixture *f = *state;
	struct vc_err err = VC_ERR_INIT;
	char *text = NULL;
	size_t len = 0;
	struct stat st;

	put(f->dir, "a", "one", 0600);
	put(f->dir, "a", "twice", 0644);
	assert_int_equal(vc_file_read(&arena, f->dir, "a",
	                              VC_FILE_BENEATH | VC_FILE_TRUSTED, &text, &len,
	                              &err),
	                 0);
	assert_string_equal(text, "twice");
	assert_int_equal(len, 5);
	assert_int_equal(fstatat(f->dir, "a", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
}

static void test_replace_fails_whole(void **state)
{
	struct fixture *f = *state;
	struct vc_err err = VC_ERR_INIT;

	assert_int_equal(mkdirat(f->dir, "sub", 0755), 0);
	assert_int_equal(vc_file_replace(f->dir, "sub", "x", 1, 0644, &err),
	                 -VC_ERR_SYSTEM);
	assert_int_equal(vc_file_replace(f->dir, "no/such", "x", 1, 0644, &err),
	                 -VC_ERR_ABSENT);
}

static void read_fails(const struct fixture *f, const char *path, unsigned flags,
                       int want)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_err err = VC_ERR_INIT;
	char *text = NULL;
	size_t len = 77;

	assert_int_equal(vc_file_read(&arena, f->dir, path, flags, &text, &len, &err),
	                 want);
	assert_null(text);
	assert_int_equal(len, 77);
	assert_non_null(strstr(err.msg, path));
}

static void test_read_refuses(void **state)
{
	struct fixture *f = *state;
	int big;

	put(f->dir, "a", "x", 0666);
	put(f->dir, "b", "x", 0644);
	assert_int_equal(fchownat(f->dir, "b", 12345, 0, 0), 0);
	assert_int_equal(symlinkat("a", f->dir, "link"), 0);
	assert_int_equal(mkfifoat(f->dir, "fifo", 0644), 0);
	assert_int_equal(mkdirat(f->dir, "sub", 0755), 0);
	big = openat(f->dir, "big", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	assert_int_equal(ftruncate(big, (off_t)VC_FILE_MAX_BYTES + 1), 0);
	assert_int_equal(close(big), 0);

	read_fails(f, "absent", 0, -VC_ERR_ABSENT);
	read_fails(f, "sub", 0, -VC_ERR_INPUT);
	read_fails(f, "fifo", 0, -VC_ERR_INPUT);
	read_fails(f, "big", 0, -VC_ERR_INPUT);
	read_fails(f, "a", VC_FILE_TRUSTED, -VC_ERR_REFUSED);
	read_fails(f, "b", VC_FILE_TRUSTED, -VC_ERR_REFUSED);
	read_fails(f, "link", VC_FILE_BENEATH, -VC_ERR_SYSTEM);
	read_fails(f, "../../etc/passwd", VC_FILE_BENEATH, -VC_ERR_SYSTEM);
	read_fails(f, "/etc/passwd", VC_FILE_BENEATH, -VC_ERR_SYSTEM);
	read_fails(f, "sub/../../x", VC_FILE_BENEATH, -VC_ERR_SYSTEM);
}

/* Rewrites "a" in place for ever, pausing in the middle of each write. */
static void write_torn(int dir)
{
	static char text[8192];
	int fd = openat(dir, "a", O_WRONLY | O_CLOEXEC);

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (char c = 'a';; c = c == 'a' ? 'b' : 'a') {
		memset(text, c, sizeof(text));
		(void)!pwrite(fd, text, sizeof(text) / 2, 0);
		(void)usleep(500);
		(void)!pwrite(fd, text, sizeof(text) / 2, sizeof(text) / 2);
		(void)usleep(20000);
	}
}

static void test_no_half_of_a_rewrite_is_seen(void **state)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct fixture *f = *state;
	struct vc_err err = VC_ERR_INIT;
	static char first[8193];
	int seen = 0;
	pid_t child;

	memset(first, 'b', sizeof(first) - 1);
	put(f->dir, "a", first, 0644);
	child = fork();
	if (child == 0)
		write_torn(f->dir);
	for (int i = 0; i < 100; i++) {
		char *text;
		size_t len;

		if (vc_file_read(&arena, f->dir, "a", 0, &text, &len, &err) < 0)
			continue;
		seen++;
		assert_int_equal(len, 8192);
		assert_int_equal(strspn(text, text[0] == 'a' ? "a" : "b"), 8192);
	}
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_true(seen > 50);
}

/* Truncates "a" and writes it a while later, as a busy file system may do. */
static void write_late(int dir)
{
	int fd = openat(dir, "a", O_WRONLY | O_TRUNC | O_CLOEXEC);

	(void)usleep(30000);
	(void)!write(fd, "later", 5);
	_exit(0);
}

static void test_truncated_is_not_empty(void **state)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct fixture *f = *state;
	struct vc_err err = VC_ERR_INIT;
	struct stat st = { .st_size = 1 };
	char *text = NULL;
	size_t len = 77;
	pid_t child;

	put(f->dir, "a", "now", 0644);
	child = fork();
	if (child == 0)
		write_late(f->dir);
	while (st.st_size != 0)
		assert_int_equal(fstatat(f->dir, "a", &st, 0), 0);
	assert_int_equal(vc_file_read(&arena, f->dir, "a", 0, &text, &len, &err), 0);
	assert_string_equal(text, "later");
	assert_int_equal(waitpid(child, NULL, 0), child);

	put(f->dir, "a", "", 0644);
	assert_int_equal(vc_file_read(&arena, f->dir, "a", 0, &text, &len, &err), 0);
	assert_int_equal(len, 0);
}

/* What is only renamed is read at once: an empty file is one, too. */
static void test_whole_is_not_waited_for(void **state)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct fixture *f = *state;
	struct vc_err err = VC_ERR_INIT;
	struct timespec before, after;
	char *text = NULL;
	size_t len = 7;
	int64_t ms;

	put(f->dir, "a", "", 0644);
	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &before), 0);
	assert_int_equal(
		vc_file_read(&arena, f->dir, "a", VC_FILE_WHOLE, &text, &len, &err), 0);
	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &after), 0);
	assert_int_equal(len, 0);
	ms = (after.tv_sec - before.tv_sec) * 1000 +
	     (after.tv_nsec - before.tv_nsec) / 1000000;
	/* waiting for its writer would take 100 */
	assert_true(ms < 90);
	put(f->dir, "a", "text", 0644);
	assert_int_equal(
		vc_file_read(&arena, f->dir, "a", VC_FILE_WHOLE, &text, &len, &err), 0);
	assert_string_equal(text, "text");
}

static void test_names_are_sorted(void **state)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct fixture *f = *state;
	struct vc_err err = VC_ERR_INIT;
	struct vc_names names;

	put(f->dir, "b", "", 0644);
	put(f->dir, "big", "", 0644);
	put(f->dir, "a", "", 0644);
	assert_int_equal(vc_file_list(&arena, f->dir, &names, &err), 0);
	assert_int_equal(names.n, 3);
	assert_string_equal(names.v[0], "a");
	assert_string_equal(names.v[1], "b");
	assert_string_equal(names.v[2], "big");
}

static void test_stream(void **state VC_UNUSED)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_err err = VC_ERR_INIT;
	char *text = NULL;
	size_t len = 0;
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	assert_int_equal(write(fds[1], "hello", 5), 5);
	assert_int_equal(close(fds[1]), 0);
	assert_int_equal(vc_file_read_stream(&arena, fds[0], &text, &len, &err), 0);
	assert_string_equal(text, "hello");
	assert_int_equal(len, 5);
	assert_int_equal(close(fds[0]), 0);
}

static void test_endless_stream_is_refused(void **state VC_UNUSED)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	VC_AUTOCLOSE int zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	struct vc_err err = VC_ERR_INIT;
	char *text = NULL;
	size_t len = 0;

	assert_int_equal(vc_file_read_stream(&arena, zero, &text, &len, &err),
	                 -VC_ERR_INPUT);
	assert_null(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_replace_and_read, setup, teardown),
		cmocka_unit_test_setup_teardown(test_replace_fails_whole, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(test_read_refuses, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_half_of_a_rewrite_is_seen, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(test_truncated_is_not_empty, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(test_whole_is_not_waited_for, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(test_names_are_sorted, setup, teardown),
		cmocka_unit_test(test_stream),
		cmocka_unit_test(test_endless_stream_is_refused),
	};

	return cmocka_run_group_tests_name("file", tests, NULL, NULL);
}
