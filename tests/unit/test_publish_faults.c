/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every call that changes a file fails once, and the process dies before every one of them:
 * readers see what was there before or what comes after, and the next writer goes on.
 * The calls are caught by the linker (--wrap).
 */
#include <errno.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "publish_util.h"

#define NEVER (-1)
#define DIED  42

/* The calls since they were counted last. */
static struct {
	int n;       /* all of them */
	int n_syncs; /* fsync alone */
	int fail_at; /* which fails, NEVER */
	int die_at;  /* before which the process ends, NEVER */
	int sys;     /* errno of the failure */
	/* What another process does just before the first rename of a folder. */
	void (*other)(const struct place *place);
	const struct place *place;
} calls = { .fail_at = NEVER, .die_at = NEVER };

static bool strikes(void)
{
	int n = calls.n++;

	if (n == calls.die_at)
		_exit(DIED);
	if (n != calls.fail_at)
		return false;
	errno = calls.sys;
	return true;
}

#define WRAP(type, name, parameters, arguments) \
	type __real_##name parameters;          \
	type __wrap_##name parameters;          \
	type __wrap_##name parameters           \
	{                                       \
		if (strikes())                  \
			return (type)-1;        \
		return __real_##name arguments; \
	}

/* The linker asks for these names. */
/* NOLINTBEGIN(bugprone-reserved-identifier,cert-*,bugprone-macro-parentheses) */
WRAP(int, mkdirat, (int dir, const char *path, mode_t mode), (dir, path, mode))
WRAP(int, linkat, (int a, const char *from, int b, const char *to, int flags),
     (a, from, b, to, flags))
WRAP(int, unlinkat, (int dir, const char *path, int flags), (dir, path, flags))
WRAP(int, renameat, (int a, const char *from, int b, const char *to), (a, from, b, to))
WRAP(int, fchmod, (int fd, mode_t mode), (fd, mode))
WRAP(ssize_t, write, (int fd, const void *bytes, size_t n), (fd, bytes, n))

int __real_renameat2(int a, const char *from, int b, const char *to, unsigned flags);
int __wrap_renameat2(int a, const char *from, int b, const char *to, unsigned flags);
int __wrap_renameat2(int a, const char *from, int b, const char *to, unsigned flags)
{
	void (*other)(const struct place *place) = calls.other;
	pid_t pid;

	calls.other = NULL;
	if (other) {
		pid = fork();
		if (pid == 0) {
			other(calls.place);
			_exit(0);
		}
		assert_int_equal(waitpid(pid, NULL, 0), pid);
	}
	return strikes() ? -1 : __real_renameat2(a, from, b, to, flags);
}

/* Nothing is lost in a test: the disk need not hurry. */
int __wrap_fsync(int fd);
int __wrap_fsync(int fd VC_UNUSED)
{
	calls.n_syncs++;
	return strikes() ? -1 : 0;
}
/* NOLINTEND(bugprone-reserved-identifier,cert-*,bugprone-macro-parentheses) */

static void count_anew(void)
{
	calls.n = calls.n_syncs = 0;
	calls.fail_at = calls.die_at = NEVER;
}

/* What is done to the files: from a state, to another one. */
enum work {
	WORK_APPEAR,   /* nothing -> A */
	WORK_UPDATE,   /* A -> A with another nic */
	WORK_EXCHANGE, /* A -> B */
	WORK_SHRINK,   /* A -> A without nic */
	WORK_GO,       /* A -> nothing */
	N_WORK
};

static const char *const work_names[] = { "appear", "update", "exchange", "shrink",
	                                  "go" };

/* What a reader may find. */
struct state {
	const char *uid; /* NULL nothing */
	size_t n_devices;
	bool updated; /* the nic has the attribute "more" */
};

static struct state before(enum work work)
{
	if (work == WORK_APPEAR)
		return (struct state){ 0 };
	return (struct state){ .uid = UID_A, .n_devices = 3 };
}

static struct state after(enum work work)
{
	switch (work) {
	case WORK_APPEAR:
		return (struct state){ .uid = UID_A, .n_devices = 3 };
	case WORK_UPDATE:
		return (struct state){ UID_A, 3, true };
	case WORK_EXCHANGE:
		return (struct state){ .uid = UID_B, .n_devices = 3 };
	case WORK_SHRINK:
		return (struct state){ .uid = UID_A, .n_devices = 2 };
	case WORK_GO:
	case N_WORK:
		break;
	}
	return (struct state){ 0 };
}

static int run(const struct place *place, enum work work, struct vc_err *err)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_claim claim = example_claim(&arena);
	bool changed;

	if (work == WORK_GO)
		return withdraw(place, "vm7", UID_A, err);
	if (work == WORK_UPDATE)
		add_text(&arena, &claim.devices.v[2], "virt-claim.io/more", "x");
	if (work == WORK_EXCHANGE)
		claim.uid = text_of(&arena, UID_B);
	if (work == WORK_SHRINK)
		claim.devices.n = 2;
	return write_claim(place, &claim, &changed, err);
}

/* A tree in the state before @work. */
static struct temp_tree begin(const struct temp_tree *t, size_t i, enum work work,
                              struct place *place)
{
	struct temp_tree own = temp_tree_case(t, i);
	struct vc_err err = VC_ERR_INIT;

	place_in(&own, place);
	if (work != WORK_APPEAR)
		assert_int_equal(run(place, WORK_APPEAR, &err), 0);
	count_anew();
	return own;
}

static struct state find_state(const struct place *place)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	const struct vc_source_options options = { .file_flags = VC_FILE_WHOLE };
	const char *path = place->claims;
	struct vc_facts facts = { 0 };
	struct vc_claims claims = { 0 };
	struct vc_err err = VC_ERR_INIT;
	struct state state = { 0 };

	if (access(path, F_OK) < 0)
		return state;
	if (vc_sources_read(&arena, &path, 1, &options, &facts, &err) < 0) {
		/* A directory in which nothing is yet can be any tree. */
		assert_non_null(strstr(err.msg, "expected CDI files"));
		return state;
	}
	assert_int_equal(vc_join(&arena, &facts, &claims, &err), 0);
	assert_true(claims.n <= 1);
	if (claims.n == 0)
		return state;
	state.uid = strcmp(claims.v[0].uid, UID_A) == 0 ? UID_A : UID_B;
	state.n_devices = claims.v[0].devices.n;
	for (size_t i = 0; i < state.n_devices; i++)
		if (vc_attributes_find(&claims.v[0].devices.v[i].attributes,
		                       "virt-claim.io/more"))
			state.updated = true;
	return state;
}

static bool same_state(const struct state *a, const struct state *b)
{
	return a->uid == b->uid && a->n_devices == b->n_devices &&
	       a->updated == b->updated;
}

static void assert_old_or_new(const struct place *place, enum work work, int at)
{
	const struct state now = find_state(place), old = before(work), new = after(work);

	if (!same_state(&now, &old) && !same_state(&now, &new))
		fail_msg("%s, call %d: a reader sees UID %s, %zu devices",
		         work_names[work], at, now.uid ? now.uid : "none", now.n_devices);
}

static size_t count_hidden(const char *path)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	VC_AUTOCLOSE int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct vc_names names = { 0 };
	struct vc_err err = VC_ERR_INIT;
	size_t n = 0;

	if (fd < 0)
		return 0;
	assert_int_equal(vc_file_list(&arena, fd, &names, &err), 0);
	for (size_t i = 0; i < names.n; i++)
		n += names.v[i][0] == '.';
	return n;
}

/* The next process cleans up, and then does the work. */
static void assert_goes_on(const struct place *place, enum work work, int at)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	const struct state new = after(work);
	struct vc_claims claims = { 0 };
	struct vc_err err = VC_ERR_INIT;
	struct state now;
	char lab[192];

	(void)snprintf(lab, sizeof(lab), "%s/lab", place->claims);
	count_anew();
	if (vc_publish_list(&arena, &place->publish, &claims, &err) < 0 ||
	    run(place, work, &err) < 0)
		fail_msg("%s, call %d: %s", work_names[work], at, err.msg);
	now = find_state(place);
	assert_true(same_state(&now, &new));
	assert_int_equal(count_hidden(lab), 0);
	assert_int_equal(count_hidden(place->cdi), 0);
}

/* How many calls a work takes. */
static int count_calls(const struct temp_tree *t, enum work work)
{
	struct vc_err err = VC_ERR_INIT;
	struct place place;
	struct temp_tree own = begin(t, (size_t)work, work, &place);

	assert_int_equal(run(&place, work, &err), 0);
	(void)close(own.dir);
	assert_true(calls.n > 3);
	return calls.n;
}

static void test_every_call_fails(void **state)
{
	static const int errors[] = { EIO, ENOSPC };
	const struct temp_tree *t = *state;
	size_t tree = N_WORK, faults = 0;

	for (enum work work = 0; work < N_WORK; work++) {
		const int n = count_calls(t, work);

		for (int at = 0; at < n; at++) {
			struct vc_err err = VC_ERR_INIT;
			struct place place;
			struct temp_tree own = begin(t, tree++, work, &place);
			int r;

			calls.fail_at = at;
			calls.sys = errors[at % 2];
			r = run(&place, work, &err);
			faults++;
			if (r < 0)
				assert_int_equal(r, -VC_ERR_SYSTEM);
			assert_old_or_new(&place, work, at);
			assert_goes_on(&place, work, at);
			(void)close(own.dir);
		}
	}
	print_message("%zu faults injected\n", faults);
}

/* The process ends before call @at; returns whether there was such a call. */
static bool die_at(const struct place *place, enum work work, int at)
{
	struct vc_err err = VC_ERR_INIT;
	int status = 0;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		calls.die_at = at;
		_exit(run(place, work, &err) < 0 ? 1 : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_not_equal(WEXITSTATUS(status), 1);
	return WEXITSTATUS(status) == DIED;
}

static void test_dies_before_every_call(void **state)
{
	const struct temp_tree *t = *state;
	size_t tree = 0, deaths = 0;
	bool more = true;

	for (enum work work = 0; work < N_WORK; work++, more = true)
		for (int at = 0; more; at++) {
			struct place place;
			struct temp_tree own = begin(t, tree++, work, &place);

			more = die_at(&place, work, at);
			deaths += more;
			assert_old_or_new(&place, work, at);
			assert_goes_on(&place, work, at);
			(void)close(own.dir);
		}
	print_message("%zu deaths\n", deaths);
	assert_true(deaths > 50);
}

static struct vc_claim claim_of_requests(struct vc_arena *arena, unsigned n)
{
	struct vc_claim claim = claim_of(arena, "vm7", UID_A);

	for (unsigned i = 0; i < n; i++)
		(void)add_function(arena, &claim, vc_arena_printf(arena, "r%u", i),
		                   vc_arena_printf(arena, "d%u", i), (uint8_t)(i + 1));
	return claim;
}

/* The documented number, in the worst case; nothing for nothing. */
static void test_syncs(void **state)
{
	static const unsigned requests[] = { 1, 2, 32 };
	const struct temp_tree *t = *state;

	for (size_t i = 0; i < VC_ARRAY_SIZE(requests); i++) {
		VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
		struct temp_tree own = temp_tree_case(t, i);
		const unsigned n = requests[i];
		struct vc_claim claim = claim_of_requests(&arena, n);
		struct vc_err err = VC_ERR_INIT;
		struct place place;

		place_in(&own, &place);
		temp_tree_mkdirs(&own, "run/");
		count_anew();
		must_write(&place, &claim, true);
		/* "run" is there; claims and cdi are made */
		assert_int_equal(calls.n_syncs, VC_PUBLISH_SYNCS(n) - 1);
		count_anew();
		must_write(&place, &claim, false);
		assert_int_equal(calls.n_syncs, 0);
		assert_int_equal(calls.n, 0);
		for (unsigned j = 0; j < n; j++)
			add_text(&arena, &claim.devices.v[j], "virt-claim.io/more", "x");
		must_write(&place, &claim, true);
		assert_int_equal(calls.n_syncs, 3 * n);
		claim.uid = text_of(&arena, UID_B);
		count_anew();
		must_write(&place, &claim, true);
		assert_int_equal(calls.n_syncs, 3 * n + 7);
		count_anew();
		assert_int_equal(withdraw(&place, "vm7", UID_B, &err), 0);
		assert_int_equal(calls.n_syncs, VC_WITHDRAW_SYNCS);
		count_anew();
		assert_int_equal(withdraw(&place, "vm7", UID_B, &err), 0);
		assert_int_equal(calls.n_syncs, 0);
		(void)close(own.dir);
	}
}

static void put_b(const struct place *place)
{
	struct vc_err err = VC_ERR_INIT;

	assert_int_equal(run(place, WORK_EXCHANGE, &err), 0);
}

static void take_a(const struct place *place)
{
	struct vc_err err = VC_ERR_INIT;

	assert_int_equal(run(place, WORK_GO, &err), 0);
}

/* Others put or take a folder between look and rename. */
static void test_others_are_faster(void **state)
{
	static const struct {
		enum work before, work;
		void (*other)(const struct place *place);
		const char *uid; /* of the folder that is there in the end */
	} cases[] = {
		{ WORK_GO, WORK_APPEAR, put_b, UID_A },
		{ WORK_APPEAR, WORK_EXCHANGE, take_a, UID_B },
		{ WORK_APPEAR, WORK_GO, put_b, UID_B },
		{ WORK_APPEAR, WORK_GO, take_a, NULL },
	};
	const struct temp_tree *t = *state;

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		struct temp_tree own = temp_tree_case(t, i);
		struct vc_err err = VC_ERR_INIT;
		struct state now;
		struct place place;

		place_in(&own, &place);
		if (cases[i].before == WORK_APPEAR)
			assert_int_equal(run(&place, WORK_APPEAR, &err), 0);
		count_anew();
		calls.other = cases[i].other;
		calls.place = &place;
		if (run(&place, cases[i].work, &err) < 0)
			fail_msg("%zu: %s", i, err.msg);
		assert_null(calls.other);
		now = find_state(&place);
		assert_ptr_equal(now.uid, cases[i].uid);
		(void)close(own.dir);
	}
}

#define TREE_TEST(f) \
	cmocka_unit_test_setup_teardown(f, temp_tree_setup, temp_tree_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TREE_TEST(test_every_call_fails),
		TREE_TEST(test_dies_before_every_call),
		TREE_TEST(test_others_are_faster),
		TREE_TEST(test_syncs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
