/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "node/apply.h"
#include "temp_tree.h"
#include "unit.h"

#define DEVICE "0000:65:00.0"

static int put(const struct temp_tree *t, const char *path, const char *text,
               struct vc_err *err)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	const struct vc_sysfs_write write = {
		.sysfs = t->path,
		.path = path,
		.text = text,
		.deadline_ms = 400,
		.run = t->path,
		.device = DEVICE,
	};

	return vc_sysfs_write(&arena, &write, err);
}

static void assert_content(const struct temp_tree *t, const char *path, const char *text)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_err err = VC_ERR_INIT;
	size_t len;
	char *got;

	assert_int_equal(vc_file_read(&arena, t->dir, path, 0, &got, &len, &err), 0);
	assert_string_equal(got, text);
}

static void test_writes(void **state)
{
	const struct temp_tree *t = *state;
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_sysfs_write unmarked = {
		.sysfs = t->path,
		.path = "b",
		.text = "1",
		.deadline_ms = 400,
	};
	struct vc_err err = VC_ERR_INIT;

	temp_tree_put(t, "a", "");
	temp_tree_put(t, "b", "");
	assert_int_equal(put(t, "a", "vfio-pci\n", &err), 0);
	assert_content(t, "a", "vfio-pci\n");
	assert_int_equal(faccessat(t->dir, "busy/" DEVICE, F_OK, 0), 0);
	assert_int_equal(vc_sysfs_write(&arena, &unmarked, &err), 0);
	assert_content(t, "b", "1");
	assert_int_equal(err.kind, VC_ERR_NONE);
}

static void test_failures(void **state)
{
	const struct temp_tree *t = *state;
	static const struct {
		const char *path;
		int kind, sys;
		const char *text;
	} cases[] = {
		{ "absent", VC_ERR_ABSENT, ENOENT, "cannot open '" },
		{ "absent/more", VC_ERR_ABSENT, ENOENT, "cannot open '" },
		{ "directory", VC_ERR_SYSTEM, EISDIR, "cannot open '" },
		{ "full", VC_ERR_SYSTEM, ENOSPC, "cannot write 'vfio-pci' to '" },
		{ "fifo", VC_ERR_SYSTEM, ETIMEDOUT, "fifo: not done after 400 ms" },
	};

	temp_tree_mkdirs(t, "directory/x");
	assert_int_equal(symlinkat("/dev/full", t->dir, "full"), 0);
	assert_int_equal(mkfifoat(t->dir, "fifo", 0600), 0);
	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		struct vc_err err = VC_ERR_INIT;

		assert_int_equal(put(t, cases[i].path, "vfio-pci\n", &err),
		                 -cases[i].kind);
		assert_int_equal(err.sys, cases[i].sys);
		assert_non_null(strstr(err.msg, cases[i].text));
	}
}

/* A file must not appear where the kernel has none. */
static void test_creates_nothing(void **state)
{
	const struct temp_tree *t = *state;
	struct vc_err err = VC_ERR_INIT;

	assert_int_equal(put(t, "absent", "x", &err), -VC_ERR_ABSENT);
	assert_int_equal(faccessat(t->dir, "absent", F_OK, 0), -1);
}

/* Somebody who is still at work on the device, as after a crash. */
static pid_t start_worker(const struct temp_tree *t)
{
	int ends[2];
	char byte;
	pid_t pid;

	temp_tree_mkdirs(t, "busy/x");
	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		int fd = openat(t->dir, "busy/" DEVICE, O_RDWR | O_CREAT, 0600);

		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (flock(fd, LOCK_EX) < 0 || write(ends[1], "x", 1) != 1)
			_exit(1);
		while (pause() < 0)
			;
	}
	(void)close(ends[1]);
	assert_int_equal(read(ends[0], &byte, 1), 1);
	(void)close(ends[0]);
	return pid;
}

static void test_busy(void **state)
{
	const struct temp_tree *t = *state;
	struct vc_err err = VC_ERR_INIT;
	pid_t worker = start_worker(t);

	temp_tree_put(t, "a", "old");
	assert_int_equal(vc_step_idle(t->path, "0000:65:00.1", &err), 0);
	assert_int_equal(vc_step_idle(t->path, DEVICE, &err), -VC_ERR_SYSTEM);
	assert_int_equal(err.sys, ETIMEDOUT);
	assert_non_null(strstr(err.msg, DEVICE));

	/* a second writer writes nothing, and can be killed */
	assert_int_equal(put(t, "a", "new", &err), -VC_ERR_SYSTEM);
	assert_int_equal(err.sys, ETIMEDOUT);
	assert_null(strstr(err.msg, "cannot be ended"));
	assert_content(t, "a", "old");

	assert_int_equal(kill(worker, SIGKILL), 0);
	assert_int_equal(waitpid(worker, NULL, 0), worker);
	assert_int_equal(vc_step_idle(t->path, DEVICE, &err), 0);
	assert_int_equal(put(t, "a", "new", &err), 0);
	assert_content(t, "a", "new");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_writes, temp_tree_setup,
		                                temp_tree_teardown),
		cmocka_unit_test_setup_teardown(test_failures, temp_tree_setup,
		                                temp_tree_teardown),
		cmocka_unit_test_setup_teardown(test_creates_nothing, temp_tree_setup,
		                                temp_tree_teardown),
		cmocka_unit_test_setup_teardown(test_busy, temp_tree_setup,
		                                temp_tree_teardown),
	};

	return cmocka_run_group_tests_name("sysfs_write", tests, NULL, NULL);
}
