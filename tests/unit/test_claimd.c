/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the daemon is made of, as far as it is neither pure nor the whole program. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/inotify.h"
#include "claimd/missing.h"
#include "claimd/note.h"
#include "claimd/watch.h"
#include "claimd/worker.h"
#include "temp_tree.h"

#define UID_A   "11111111-1111-4111-8111-111111111111"
#define UID_B   "22222222-2222-4222-8222-222222222222"

#define WAIT_MS 10000

static void test_missing(void **state)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	const struct temp_tree *t = *state;
	struct vc_err err = VC_ERR_INIT;
	struct vc_names uids = { .n = 7 };

	assert_int_equal(vc_missing_list(&arena, t->path, &uids, &err), 0);
	assert_int_equal(uids.n, 0);
	assert_int_equal(vc_missing_remove(&arena, t->path, UID_A, &err), 0);
	assert_int_equal(vc_missing_add(&arena, t->path, UID_B, &err), 0);
	assert_int_equal(vc_missing_add(&arena, t->path, UID_A, &err), 0);
	assert_int_equal(vc_missing_add(&arena, t->path, UID_A, &err), 0);
	assert_int_equal(vc_missing_list(&arena, t->path, &uids, &err), 0);
	assert_int_equal(uids.n, 2);
	assert_string_equal(uids.v[0], UID_A);
	assert_int_equal(vc_missing_remove(&arena, t->path, UID_A, &err), 0);
	assert_int_equal(vc_missing_list(&arena, t->path, &uids, &err), 0);
	assert_int_equal(uids.n, 1);
	assert_string_equal(uids.v[0], UID_B);
}

static void test_missing_refused(void **state)
{
	static const char *const uids[] = {
		"", ".", "..", "../lock", "11111111-1111-4111-8111-111111111111/x", "lock"
	};
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	const struct temp_tree *t = *state;
	struct vc_names names = { .n = 7 };
	struct vc_err err = VC_ERR_INIT;

	for (size_t i = 0; i < VC_ARRAY_SIZE(uids); i++) {
		assert_int_equal(vc_missing_add(&arena, t->path, uids[i], &err),
		                 -VC_ERR_INPUT);
		assert_int_equal(vc_missing_remove(&arena, t->path, uids[i], &err),
		                 -VC_ERR_INPUT);
	}
	assert_int_equal(vc_missing_add(&arena, "/no/such/place", UID_A, &err),
	                 -VC_ERR_ABSENT);
	temp_tree_put(t, "missing", "a file");
	assert_true(vc_missing_add(&arena, t->path, UID_A, &err) < 0);
	assert_true(vc_missing_list(&arena, t->path, &names, &err) < 0);
	assert_int_equal(names.n, 7);
}

/* What happened since it was asked last. */
static bool has_news(int fd)
{
	struct vc_err err = VC_ERR_INIT;
	bool any = false, news;
	struct pollfd p = { .fd = fd, .events = POLLIN };

	while (poll(&p, 1, 0) > 0) {
		assert_int_equal(vc_watch_read(fd, &news, &err), 0);
		any = any || news;
	}
	return any;
}

static void refresh(int fd, const struct temp_tree *t)
{
	char state[96], run[96], leases[96];
	const struct vc_watch_places places = { state, run, leases };
	struct vc_err blind, err = VC_ERR_INIT;

	(void)snprintf(state, sizeof(state), "%s/state", t->path);
	(void)snprintf(run, sizeof(run), "%s/run", t->path);
	(void)snprintf(leases, sizeof(leases), "%s/run/leases", t->path);
	assert_int_equal(vc_watch_refresh(fd, &places, &blind, &err), 0);
}

static void test_watch(void **state)
{
	static const struct {
		const char *make, *remove;
		bool news;
	} cases[] = {
		{ "state/claims/default/a.json", NULL, true },
		{ NULL, "state/claims/default/a.json", true },
		{ "state/claims/default/.a.json.17.tmp", NULL, false },
		{ NULL, "state/claims/default/.a.json.17.tmp", false },
		{ "run/journal/" UID_A ".json", NULL, true },
		{ NULL, "run/journal/" UID_A ".json", true },
		{ "run/leases/.lock", NULL, false },
		{ "run/leases/pci-0000:65:00.0", NULL, true },
		{ NULL, "run/leases/pci-0000:65:00.0", true },
		{ "elsewhere/a", NULL, false },
	};
	const struct temp_tree *t = *state;
	struct vc_err err = VC_ERR_INIT;
	int fd;

	assert_int_equal(vc_inotify_open(&fd, &err), 0);
	temp_tree_mkdirs(t, "run/");
	refresh(fd, t); /* nothing is in there yet */
	temp_tree_mkdirs(t, "state/claims/default/");
	temp_tree_mkdirs(t, "run/journal/");
	temp_tree_mkdirs(t, "run/leases/");
	refresh(fd, t);
	(void)has_news(fd);
	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		if (cases[i].make)
			temp_tree_put(t, cases[i].make, "{}");
		else
			assert_int_equal(unlinkat(t->dir, cases[i].remove, 0), 0);
		if (has_news(fd) != cases[i].news)
			fail_msg("case %zu", i);
	}
	/* an existing file that is written into, and a read that changes nothing */
	temp_tree_put(t, "state/claims/default/b.json", "{}");
	refresh(fd, t);
	assert_true(has_news(fd));
	(void)close(openat(t->dir, "state/claims/default/b.json", O_RDONLY | O_CLOEXEC));
	assert_false(has_news(fd));
	temp_tree_put(t, "state/claims/default/b.json", "{ }");
	assert_true(has_news(fd));
	(void)close(fd);
	assert_int_equal(vc_watch_read(-1, &(bool){ false }, &err), -VC_ERR_SYSTEM);
}

/* Directories that appear are noticed, and watched after the next refresh. */
static void test_watch_appears(void **state)
{
	const struct temp_tree *t = *state;
	struct vc_err err = VC_ERR_INIT;
	int fd;

	temp_tree_mkdirs(t, "state/");
	temp_tree_mkdirs(t, "run/");
	assert_int_equal(vc_inotify_open(&fd, &err), 0);
	refresh(fd, t);
	temp_tree_mkdirs(t, "state/claims/");
	assert_true(has_news(fd));
	refresh(fd, t);
	temp_tree_mkdirs(t, "state/claims/lab/");
	assert_true(has_news(fd));
	refresh(fd, t);
	temp_tree_put(t, "state/claims/lab/a.json", "{}");
	assert_true(has_news(fd));
	temp_tree_mkdirs(t, "run/journal/");
	assert_true(has_news(fd));
	(void)close(fd);
}

/* Leases may be where nothing else of ours is. */
static void test_watch_leases_elsewhere(void **state)
{
	static const char *const steps[] = { "a/", "a/b/", "a/b/leases/" };
	const struct temp_tree *t = *state;
	char top[96], leases[96];
	const struct vc_watch_places places = { top, top, leases };
	struct vc_err blind, err = VC_ERR_INIT;
	int fd;

	(void)snprintf(top, sizeof(top), "%s/run", t->path);
	(void)snprintf(leases, sizeof(leases), "%s/a/b/leases", t->path);
	temp_tree_mkdirs(t, "run/");
	assert_int_equal(vc_inotify_open(&fd, &err), 0);
	for (size_t i = 0; i < VC_ARRAY_SIZE(steps); i++) {
		assert_int_equal(vc_watch_refresh(fd, &places, &blind, &err), 0);
		temp_tree_mkdirs(t, steps[i]);
		assert_true(has_news(fd));
	}
	assert_int_equal(vc_watch_refresh(fd, &places, &blind, &err), 0);
	temp_tree_put(t, "a/b/leases/pci-0000:65:00.0", "{}");
	assert_true(has_news(fd));
	/* another directory takes its place */
	assert_int_equal(renameat(t->dir, "a/b/leases", t->dir, "old"), 0);
	temp_tree_mkdirs(t, "a/b/leases/");
	assert_true(has_news(fd));
	assert_int_equal(vc_watch_refresh(fd, &places, &blind, &err), 0);
	temp_tree_put(t, "a/b/leases/pci-0000:65:00.0", "{}");
	assert_true(has_news(fd));
	(void)close(fd);
}

static volatile sig_atomic_t stopped;

static void on_stop(int signal VC_UNUSED)
{
	stopped = 1;
}

struct job {
	int notes;  /* how many it says */
	bool hangs; /* until it is stopped or killed */
	int fd;     /* of the parent, has to be closed in the worker */
};

static int work(void *arg, int fd)
{
	const struct job *job = arg;
	struct vc_err err = VC_ERR_INIT;

	if (fcntl(job->fd, F_GETFD) >= 0)
		return 100;
	for (int i = 0; i < job->notes; i++) {
		struct vc_note note = { .kind = VC_NOTE_OWNER, .number = i };

		(void)snprintf(note.text, sizeof(note.text), "note %d", i);
		if (vc_note_send(fd, &note, &err) < 0)
			return 101;
	}
	while (job->hangs && !stopped)
		(void)pause();
	return 7;
}

static void wait_readable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	assert_int_equal(poll(&p, 1, WAIT_MS), 1);
}

/* More notes than fit into a socket: the worker waits until they are heard. */
static void test_worker(void **state VC_UNUSED)
{
	struct job job = { .notes = 2000, .fd = open("/dev/null", O_RDONLY) };
	struct vc_worker worker = VC_WORKER_INIT;
	struct vc_err err = VC_ERR_INIT;
	enum vc_notes notes;
	struct vc_note note;
	char text[32];
	int status;

	job.fd = fcntl(job.fd, F_DUPFD_CLOEXEC, 50);
	assert_int_equal(vc_worker_start(&worker, work, &job, on_stop, &err), 0);
	for (int i = 0; i < job.notes; i++) {
		wait_readable(worker.notes);
		assert_int_equal(vc_note_receive(worker.notes, &note, &notes, &err), 0);
		assert_int_equal(notes, VC_NOTES_ONE);
		assert_int_equal(note.kind, VC_NOTE_OWNER);
		assert_int_equal(note.number, i);
		(void)snprintf(text, sizeof(text), "note %d", i);
		assert_string_equal(note.text, text);
	}
	wait_readable(worker.pidfd);
	assert_int_equal(vc_note_receive(worker.notes, &note, &notes, &err), 0);
	assert_int_equal(notes, VC_NOTES_ENDED);
	status = vc_worker_finish(&worker);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 7);
	assert_int_equal(worker.pid, 0);
	assert_int_equal(worker.pidfd, -1);
	(void)close(job.fd);
}

static void test_worker_stops(void **state VC_UNUSED)
{
	static const struct {
		int signal;
		bool exits;
	} cases[] = { { SIGTERM, true }, { SIGKILL, false } };
	sigset_t blocked, old;

	/* as they are in the daemon */
	(void)sigemptyset(&blocked);
	(void)sigaddset(&blocked, SIGTERM);
	assert_int_equal(sigprocmask(SIG_BLOCK, &blocked, &old), 0);
	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		struct job job = { .notes = 1, .hangs = true, .fd = -1 };
		struct vc_worker worker = VC_WORKER_INIT;
		struct vc_err err = VC_ERR_INIT;
		int status;

		assert_int_equal(vc_worker_start(&worker, work, &job, on_stop, &err), 0);
		wait_readable(worker.notes);
		/* pause() and the flag race: until it has heard */
		for (int j = 0; j < WAIT_MS / 10; j++) {
			struct pollfd p = { .fd = worker.pidfd, .events = POLLIN };

			(void)kill(worker.pid, cases[i].signal);
			if (poll(&p, 1, 10) == 1)
				break;
		}
		wait_readable(worker.pidfd);
		status = vc_worker_finish(&worker);
		assert_int_equal(WIFEXITED(status), cases[i].exits);
	}
	assert_int_equal(sigprocmask(SIG_SETMASK, &old, NULL), 0);
}

/* Its daemon is killed: nothing goes on in the background. */
static void test_worker_dies_too(void **state VC_UNUSED)
{
	struct job job = { .hangs = true, .fd = -1 };
	int ends[2];
	pid_t daemon;
	char byte;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	daemon = fork();
	if (daemon == 0) {
		struct vc_worker worker = VC_WORKER_INIT;
		struct vc_err err = VC_ERR_INIT;

		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)dup2(ends[1], STDOUT_FILENO); /* the worker has it too */
		if (vc_worker_start(&worker, work, &job, on_stop, &err) < 0)
			_exit(1);
		(void)!write(ends[1], "x", 1);
		(void)pause();
		_exit(0);
	}
	(void)close(ends[1]);
	assert_int_equal(read(ends[0], &byte, 1), 1);
	(void)kill(daemon, SIGKILL);
	assert_int_equal(waitpid(daemon, NULL, 0), daemon);
	wait_readable(ends[0]);
	/* its end: nobody has the other end open */
	assert_int_equal(read(ends[0], &byte, 1), 0);
	(void)close(ends[0]);
}

static void test_half_a_note(void **state VC_UNUSED)
{
	struct vc_note note = { .number = 7 };
	enum vc_notes notes = VC_NOTES_ENDED;
	struct vc_err err = VC_ERR_INIT;
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	assert_int_equal(vc_note_receive(ends[0], &note, &notes, &err), 0);
	assert_int_equal(notes, VC_NOTES_NONE);
	assert_int_equal(send(ends[1], "half", 4, 0), 4);
	assert_int_equal(vc_note_receive(ends[0], &note, &notes, &err), -VC_ERR_INTERNAL);
	assert_int_equal(notes, VC_NOTES_NONE);
	assert_int_equal(note.number, 7);
	(void)close(ends[0]);
	assert_int_equal(vc_note_send(ends[1], &note, &err), -VC_ERR_SYSTEM);
	(void)close(ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_missing, temp_tree_setup,
		                                temp_tree_teardown),
		cmocka_unit_test_setup_teardown(test_missing_refused, temp_tree_setup,
		                                temp_tree_teardown),
		cmocka_unit_test_setup_teardown(test_watch, temp_tree_setup,
		                                temp_tree_teardown),
		cmocka_unit_test_setup_teardown(test_watch_leases_elsewhere,
		                                temp_tree_setup, temp_tree_teardown),
		cmocka_unit_test_setup_teardown(test_watch_appears, temp_tree_setup,
		                                temp_tree_teardown),
		cmocka_unit_test(test_worker),
		cmocka_unit_test(test_worker_stops),
		cmocka_unit_test(test_worker_dies_too),
		cmocka_unit_test(test_half_a_note),
	};

	return cmocka_run_group_tests_name("claimd", tests, NULL, NULL);
}
