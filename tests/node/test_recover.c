/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_recover.c - processes that are killed while they prepare and unprepare, and what
 * becomes of their claims.
 */
#include <errno.h>
#include <time.h>

#include "node_machine.h"
#include "store/lock.h"

#define DISK     "0000:02:00.0"
#define DISK2    "0000:03:00.0"
#define NVME_PF  "0000:09:00.0"
#define NVME_VF0 "0000:09:00.1"

static const char *const two_disks[] = { DISK, DISK2, NULL };

/* A process that prepares, or the other way round. It is nobody's child: looking at the
 * machine ends all children of who looks. */
static pid_t start(struct node_machine *m, bool unprepare, const char *name)
{
	pid_t middle, pid = 0;
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	middle = fork();
	assert_true(middle >= 0);
	if (middle == 0) {
		if (fork() > 0)
			_exit(0);
		pid = getpid();
		m->config.driver_deadline_ms = 60000;
		if (write(ends[1], &pid, sizeof(pid)) != sizeof(pid) ||
		    vc_node_open(&m->arena, &m->config, &m->node, &m->err) < 0)
			_exit(3);
		_exit((unprepare ? node_unprepare(m, name) : node_prepare(m, name)) < 0);
	}
	assert_int_equal(read(ends[0], &pid, sizeof(pid)), sizeof(pid));
	(void)close(ends[0]);
	(void)close(ends[1]);
	assert_int_equal(waitpid(middle, NULL, 0), middle);
	return pid;
}

static void wait_for_end(pid_t pid)
{
	for (int i = 0; i < 1000 && kill(pid, 0) == 0; i++)
		(void)nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
	assert_int_equal(kill(pid, 0), -1);
}

static void wait_for(struct node_machine *m, const char *path, const char *text)
{
	for (int i = 0; i < 1000; i++) {
		if (strstr(node_get(m, path), text))
			return;
		(void)nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
	}
	fail_msg("'%s' never says '%s'", path, text);
}

static void assert_note(const struct node_machine *m, const char *text)
{
	for (size_t i = 0; i < m->report.notes.n; i++)
		if (strstr(m->report.notes.v[i], text))
			return;
	fail_msg("no note says '%s'", text);
}

/* The child that it had at work ends a moment later. */
static void kill_it(pid_t pid)
{
	assert_int_equal(kill(pid, SIGKILL), 0);
	wait_for_end(pid);
	(void)nanosleep(&(struct timespec){ .tv_nsec = 100000000 }, NULL);
}

static const char *entry_path(struct node_machine *m, const struct vc_host_claim *claim)
{
	return vc_arena_printf(&m->arena, "run/journal/%s.json", claim->uid);
}

/* Who hangs in a write says so nowhere; the write before it is in the log. */
static void wait_for_hang(struct node_machine *m, const struct vc_host_claim *claim,
                          const char *after)
{
	wait_for(m, entry_path(m, claim), "\"state\": \"doing\"");
	if (after)
		wait_for(m, "kernel/log", after);
	(void)nanosleep(&(struct timespec){ .tv_nsec = 100000000 }, NULL);
}

static const struct {
	const char *fault, *after;
} hangs[] = {
	{ "*/" DISK "/driver_override=vfio-pci* hang", NULL },
	{ "*/nvme/unbind=" DISK " hang", "driver_override=vfio-pci" },
	{ "*/drivers_probe=" DISK " hang", "nvme/unbind=" DISK },
	{ "*/" DISK2 "/driver_override=vfio-pci* hang", "drivers_probe=" DISK },
	{ "*/nvme/unbind=" DISK2 " hang", DISK2 "/driver_override=vfio-pci" },
	{ "*/drivers_probe=" DISK2 " hang", "nvme/unbind=" DISK2 },
};

static void assert_undone(struct node_machine *m, const struct vc_host_claim *claim)
{
	node_assert_driver(m, DISK, "nvme");
	node_assert_driver(m, DISK2, "nvme");
	node_assert_override(m, DISK, "(null)");
	node_assert_override(m, DISK2, "(null)");
	node_assert_forgotten(m, claim);
}

static void test_killed_while_preparing(void **state)
{
	struct node_machine *m = *state;
	struct vc_host_claim claim = node_claim(m, "disks", two_disks);

	for (size_t i = 0; i < VC_ARRAY_SIZE(hangs); i++) {
		pid_t pid;

		node_faults(m, hangs[i].fault);
		pid = start(m, false, "disks");
		wait_for_hang(m, &claim, hangs[i].after);
		/* as long as it lives it is not disturbed */
		node_done(m, node_recover(m));
		assert_int_equal(m->report.notes.n, 1);
		assert_note(m, "is at work on it");
		kill_it(pid);
		node_faults(m, "");
		node_done(m, vc_node_recover(&m->arena, &m->node, true, &m->report,
		                             &m->err));
		assert_note(m, "will be finished or undone");
		assert_string_equal(node_get(m, "kernel/log"), "");
		node_done(m, node_recover(m));
		assert_int_equal(m->report.n_failed, 0);
		assert_undone(m, &claim);
		assert_false(node_read(m, "disks").persistent);
	}
}

/* Whoever comes next does what recover does. */
static void test_next_one_recovers(void **state)
{
	struct node_machine *m = *state;
	struct vc_host_claim claim = node_claim(m, "disks", two_disks);

	for (int unprepare = 0; unprepare <= 1; unprepare++) {
		pid_t pid;

		node_faults(m, hangs[4].fault);
		pid = start(m, false, "disks");
		wait_for_hang(m, &claim, hangs[4].after);
		kill_it(pid);
		node_faults(m, "");
		if (unprepare) {
			node_done(m, node_unprepare(m, "disks"));
			assert_undone(m, &claim);
		} else {
			node_done(m, node_prepare(m, "disks"));
			node_assert_prepared(m, &claim);
			node_done(m, node_unprepare(m, "disks"));
		}
	}
}

/* Everything was done but the end. */
static void test_finished(void **state)
{
	struct node_machine *m = *state;
	struct vc_host_claim claim = node_claim(m, "disks", two_disks);
	VC_AUTOCLOSE int lock = -1;
	pid_t pid;

	node_faults(m, hangs[5].fault);
	pid = start(m, false, "disks");
	wait_for_hang(m, &claim, hangs[5].after);
	/* it needs the lock for the end */
	node_done(m, vc_lock_take(m->config.run, 5000, &lock, &m->err));
	node_faults(m, "");
	wait_for(m, "kernel/log", "drivers_probe=" DISK2 " 0");
	(void)nanosleep(&(struct timespec){ .tv_nsec = 300000000 }, NULL);
	kill_it(pid);
	vc_closep(&lock);
	lock = -1;
	node_faults(m, "");
	node_done(m, node_recover(m));
	assert_int_equal(m->report.n_failed, 0);
	assert_note(m, "preparing it was finished");
	assert_string_equal(node_get(m, "kernel/log"), "");
	node_assert_prepared(m, &claim);
	node_assert_driver(m, DISK2, "vfio-pci");
	node_done(m, node_unprepare(m, "disks"));
	assert_undone(m, &claim);
}

static void test_killed_while_unpreparing(void **state)
{
	static const struct {
		const char *fault, *after;
	} cases[] = {
		{ "*/" DISK2 "/driver_override=* hang", NULL },
		{ "*/vfio-pci/unbind=" DISK2 " hang", "driver_override=" },
		{ "*/drivers_probe=" DISK2 " hang", "vfio-pci/unbind=" DISK2 },
		{ "*/vfio-pci/unbind=" DISK " hang", "drivers_probe=" DISK2 },
	};
	struct node_machine *m = *state;
	struct vc_host_claim claim = node_claim(m, "disks", two_disks);

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		pid_t pid;

		node_faults(m, "");
		node_done(m, node_prepare(m, "disks"));
		node_faults(m, cases[i].fault);
		pid = start(m, true, "disks");
		wait_for(m, entry_path(m, &claim), "\"state\": \"undoing\"");
		if (cases[i].after)
			wait_for(m, "kernel/log", cases[i].after);
		(void)nanosleep(&(struct timespec){ .tv_nsec = 100000000 }, NULL);
		/* nobody can pick it up any more */
		assert_false(node_exists(m, "run/claims/lab/disks"));
		kill_it(pid);
		node_faults(m, "");
		node_done(m, node_recover(m));
		assert_int_equal(m->report.n_failed, 0);
		assert_undone(m, &claim);
		assert_false(node_read(m, "disks").persistent);
	}
}

static void test_vfs_are_removed(void **state)
{
	static const char *const vf[] = { NVME_PF "/vf0", NULL };
	struct node_machine *m = *state;
	struct vc_host_claim claim = node_claim(m, "vf", vf);
	pid_t pid;

	node_faults(m, "*/drivers_probe=" NVME_VF0 " hang");
	pid = start(m, false, "vf");
	wait_for(m, "kernel/log", NVME_VF0 "/driver_override=vfio-pci");
	(void)nanosleep(&(struct timespec){ .tv_nsec = 100000000 }, NULL);
	kill_it(pid);
	node_faults(m, "");
	node_done(m, node_recover(m));
	assert_int_equal(m->report.n_failed, 0);
	assert_false(node_exists(m, "sys/bus/pci/devices/" NVME_VF0));
	node_assert_forgotten(m, &claim);
}

/* The claim is gone from the store, and its entry is all that is known. */
static void test_without_document(void **state)
{
	struct node_machine *m = *state;
	struct vc_host_claim claim = node_claim(m, "disks", two_disks);
	pid_t pid;

	node_faults(m, hangs[5].fault);
	pid = start(m, false, "disks");
	wait_for_hang(m, &claim, hangs[5].after);
	kill_it(pid);
	node_faults(m, "");
	assert_int_equal(unlink(node_path(m, "var/claims/lab/disks.json")), 0);
	node_done(m, node_recover(m));
	assert_int_equal(m->report.n_failed, 0);
	assert_undone(m, &claim);
}

/* Files of a claim that is not prepared. */
static void test_strays(void **state)
{
	struct node_machine *m = *state;
	struct vc_host_claim claim = node_claim(m, "disks", two_disks);

	node_done(m, node_prepare(m, "disks"));
	assert_int_equal(
		rename(node_path(m, entry_path(m, &claim)), node_path(m, "kept")), 0);
	node_done(m, vc_node_recover(&m->arena, &m->node, true, &m->report, &m->err));
	assert_true(node_exists(m, "run/claims/lab/disks"));
	assert_note(m, "will be removed");
	node_done(m, node_recover(m));
	assert_false(node_exists(m, "run/claims/lab/disks"));
	assert_int_equal(
		rename(node_path(m, "kept"), node_path(m, entry_path(m, &claim))), 0);
	node_done(m, node_recover(m));
	node_assert_prepared(m, &claim);
}

static int copy_file(struct node_machine *m, const char *from, const char *to)
{
	char *text = vc_arena_strdup(&m->arena, node_get(m, from));
	int fd = open(node_path(m, to), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	ssize_t n = write(fd, text, strlen(text));

	(void)close(fd);
	return n == (ssize_t)strlen(text) ? 0 : -1;
}

/* Claims that somebody else put into the shared directory are his. */
static void test_files_of_others(void **state)
{
	static const char ours[] = "run/claims/lab/disks/device/"
				   "virt-claim.io-metadata.json";
	static const char theirs[] = "run/claims/lab/other/device/"
				     "gpu.example.com-metadata.json";
	struct node_machine *m = *state;

	(void)node_claim(m, "disks", two_disks);
	node_done(m, node_prepare(m, "disks"));
	assert_int_equal(mkdir(node_path(m, "run/claims/lab/other"), 0755), 0);
	assert_int_equal(mkdir(node_path(m, "run/claims/lab/other/device"), 0755), 0);
	assert_int_equal(copy_file(m, ours, theirs), 0);
	node_done(m, node_unprepare(m, "disks"));
	node_done(m, node_recover(m));
	assert_int_equal(m->report.notes.n, 0);
	assert_true(node_exists(m, theirs));
	assert_int_equal(unlink(node_path(m, theirs)), 0);
}

static void test_unreadable_entry(void **state)
{
	struct node_machine *m = *state;
	struct vc_host_claim claim = node_claim(m, "disks", two_disks);

	node_done(m, node_prepare(m, "disks"));
	node_done(m, node_unprepare(m, "disks"));
	node_put(m, entry_path(m, &claim), "{");
	assert_int_equal(node_recover(m), -VC_ERR_REFUSED);
	node_says(m, entry_path(m, &claim));
	assert_int_equal(node_prepare(m, "disks"), -VC_ERR_REFUSED);
	assert_int_equal(node_unprepare(m, "disks"), -VC_ERR_REFUSED);
}

static void test_nothing_to_do(void **state)
{
	struct node_machine *m = *state;

	node_done(m, node_recover(m));
	assert_int_equal(m->report.notes.n, 0);
	assert_int_equal(m->report.steps.n, 0);
}

/* Another process that is at work on the claim is waited for, and then named. */
static void test_busy(void **state)
{
	struct node_machine *m = *state;
	struct vc_host_claim claim = node_claim(m, "disks", two_disks);
	pid_t pid;

	node_faults(m, hangs[1].fault);
	pid = start(m, false, "disks");
	wait_for_hang(m, &claim, hangs[1].after);
	assert_int_equal(node_prepare(m, "disks"), -VC_ERR_REFUSED);
	node_says(m, vc_arena_printf(&m->arena, "process %d is at work on it (preparing)",
	                             (int)pid));
	node_faults(m, "");
	node_done(m, node_unprepare(m, "disks"));
	wait_for_end(pid);
	assert_undone(m, &claim);
}

#define T(name) cmocka_unit_test_setup_teardown(name, node_setup, node_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_killed_while_preparing),
		T(test_next_one_recovers),
		T(test_finished),
		T(test_killed_while_unpreparing),
		T(test_vfs_are_removed),
		T(test_without_document),
		T(test_strays),
		T(test_files_of_others),
		T(test_unreadable_entry),
		T(test_nothing_to_do),
		T(test_busy),
	};

	return cmocka_run_group_tests_name("recover", tests, NULL, NULL);
}
