/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is written, what goes, and what stays; how long torn files are waited for.
 */
#include <stdio.h>
#include <string.h>

#include "companion/decide.h"
#include "companion/patience.h"
#include "unit.h"

#define MAX 4

/* A claim "lab/NAME" of UID "u-..."; sorted by UID. */
struct seen_case {
	const char *uid, *name;
	enum vc_seen_state state;
	bool from_api;
};

/* Sorted by name. */
struct published_case {
	const char *uid, *name;
	bool foreign_folder;
	const char *foreign;
};

/* @uid, or @name of namespace "lab", or neither */
struct trouble_case {
	const char *uid, *name;
	bool passing, fatal;
};

/**
 * struct decision_case - a situation, and what follows
 * @writes:	one letter for each that is seen: 'w' written, '-' not
 * @withdraws:	one letter for each that is published: 'x' goes, '-' stays
 * @text:	said of the first seen claim that is not written; NULL nothing is
 */
struct decision_case {
	const char *what;
	struct seen_case seen[MAX];
	struct published_case published[MAX];
	struct trouble_case troubles[MAX];
	bool unsettled;
	const char *writes, *withdraws;
	const char *text;
};

#define C VC_SEEN_COMPLETE
#define I VC_SEEN_INCOMPLETE
#define B VC_SEEN_BROKEN
#define U VC_SEEN_UNRELATED

static const struct decision_case cases[] = {
	{ .what = "nothing at all", .writes = "", .withdraws = "" },
	{ .what = "appears",
	  .seen = { { .uid = "u1", .name = "a", .state = C } },
	  .writes = "w",
	  .withdraws = "" },
	{ .what = "is there already: files may differ",
	  .seen = { { .uid = "u1", .name = "a", .state = C } },
	  .published = { { .uid = "u1", .name = "a" } },
	  .writes = "w",
	  .withdraws = "-" },
	{ .what = "vanishes",
	  .published = { { .uid = "u1", .name = "a" } },
	  .writes = "",
	  .withdraws = "x" },
	{ .what = "vanishes, but is not ours",
	  .published = { { .uid = "u1", .name = "a", .foreign_folder = true } },
	  .writes = "",
	  .withdraws = "-" },
	{ .what = "vanishes, but somebody has put something into it",
	  .published = { { "u1", "a", false, "readme" } },
	  .writes = "",
	  .withdraws = "-" },
	{ .what = "is not complete",
	  .seen = { { .uid = "u1", .name = "a", .state = I } },
	  .writes = "-",
	  .withdraws = "",
	  .text = "why a" },
	{ .what = "is not complete any more",
	  .seen = { { .uid = "u1", .name = "a", .state = I } },
	  .published = { { .uid = "u1", .name = "a" } },
	  .writes = "-",
	  .withdraws = "x",
	  .text = "why a" },
	{ .what = "is broken now",
	  .seen = { { .uid = "u1", .name = "a", .state = B } },
	  .published = { { .uid = "u1", .name = "a" } },
	  .writes = "-",
	  .withdraws = "x",
	  .text = "why a" },
	{ .what = "has become a container's",
	  .seen = { { .uid = "u1", .name = "a", .state = U } },
	  .published = { { .uid = "u1", .name = "a" } },
	  .writes = "-",
	  .withdraws = "x",
	  .text = "why a" },
	{ .what = "one broken claim is no obstacle to others",
	  .seen = { { .uid = "u1", .name = "a", .state = B },
	            { .uid = "u2", .name = "b", .state = C },
	            { .uid = "u3", .state = I } },
	  .published = { { .uid = "u2", .name = "b" } },
	  .writes = "-w-",
	  .withdraws = "-",
	  .text = "why a" },
	{ .what = "another claim of that name takes the place",
	  .seen = { { .uid = "u2", .name = "a", .state = C } },
	  .published = { { .uid = "u1", .name = "a" } },
	  .writes = "w",
	  .withdraws = "-" },
	{ .what = "another claim of that name is not complete yet",
	  .seen = { { .uid = "u2", .name = "a", .state = I } },
	  .published = { { .uid = "u1", .name = "a" } },
	  .writes = "-",
	  .withdraws = "x",
	  .text = "why a" },
	{ .what = "the name of a claim has changed",
	  .seen = { { .uid = "u1", .name = "b", .state = C } },
	  .published = { { .uid = "u1", .name = "a" } },
	  .writes = "w",
	  .withdraws = "x" },

	{ .what = "somebody else's folder is in the way",
	  .seen = { { .uid = "u1", .name = "a", .state = C } },
	  .published = { { .uid = "u1", .name = "a", .foreign_folder = true } },
	  .writes = "-",
	  .withdraws = "-",
	  .text = "did not write what is in '/run/claims/lab/a'" },
	{ .what = "somebody else's folder of another claim is in the way",
	  .seen = { { .uid = "u1", .name = "a", .state = C } },
	  .published = { { .uid = "u9", .name = "a", .foreign_folder = true } },
	  .writes = "-",
	  .withdraws = "-",
	  .text = "did not write what is in '/run/claims/lab/a'" },
	{ .what = "somebody's file in our folder is in the way",
	  .seen = { { .uid = "u1", .name = "a", .state = C } },
	  .published = { { "u1", "a", false, "gpu/readme" } },
	  .writes = "-",
	  .withdraws = "-",
	  .text = "did not write 'gpu/readme' in '/run/claims/lab/a'" },

	{ .what = "two claims of one name, nobody knows which",
	  .seen = { { .uid = "u1", .name = "a", .state = C },
	            { .uid = "u2", .name = "a", .state = C } },
	  .writes = "--",
	  .withdraws = "",
	  .text = "claim u2 of that name" },
	{ .what = "two claims of one name, one published",
	  .seen = { { .uid = "u1", .name = "a", .state = C },
	            { .uid = "u2", .name = "a", .state = C } },
	  .published = { { .uid = "u1", .name = "a" } },
	  .writes = "--",
	  .withdraws = "x",
	  .text = "claim u2 of that name" },
	{ .what = "two claims of one name, the API server knows one",
	  .seen = { { .uid = "u1", .name = "a", .state = C }, { "u2", "a", C, true } },
	  .published = { { .uid = "u1", .name = "a" } },
	  .writes = "-w",
	  .withdraws = "-",
	  .text = "claim u2 of that name" },
	{ .what = "two claims of one name, both from the API server",
	  .seen = { { "u1", "a", C, true }, { "u2", "a", C, true } },
	  .writes = "--",
	  .withdraws = "",
	  .text = "claim u2 of that name" },
	{ .what = "three claims of one name",
	  .seen = { { .uid = "u1", .name = "a", .state = C },
	            { "u2", "a", C, true },
	            { .uid = "u3", .name = "a", .state = C } },
	  .writes = "-w-",
	  .withdraws = "",
	  .text = "claim u2 of that name" },
	{ .what = "a claim of that name that is not complete is no rival",
	  .seen = { { .uid = "u1", .name = "a", .state = I },
	            { .uid = "u2", .name = "a", .state = C } },
	  .writes = "-w",
	  .withdraws = "",
	  .text = "why a" },

	{ .what = "a torn file of a claim: it stays",
	  .seen = { { .uid = "u1", .name = "a", .state = I } },
	  .published = { { .uid = "u1", .name = "a" } },
	  .troubles = { { .uid = "u1", .passing = true } },
	  .writes = "-",
	  .withdraws = "-",
	  .text = "why a" },
	{ .what = "the same, by name",
	  .published = { { .uid = "u1", .name = "a" }, { .uid = "u2", .name = "b" } },
	  .troubles = { { .name = "a", .passing = true } },
	  .writes = "",
	  .withdraws = "-x" },
	{ .what = "torn for too long",
	  .published = { { .uid = "u1", .name = "a" } },
	  .troubles = { { .uid = "u1", .passing = false } },
	  .writes = "",
	  .withdraws = "x" },
	{ .what = "a torn file: what is seen may be less than there is",
	  .seen = { { .uid = "u1", .name = "a", .state = C } },
	  .published = { { .uid = "u1", .name = "a" } },
	  .troubles = { { .name = "a", .passing = true } },
	  .writes = "-",
	  .withdraws = "-" },
	{ .what = "a torn file of a claim that is new",
	  .seen = { { .uid = "u1", .name = "a", .state = C } },
	  .troubles = { { .uid = "u1", .passing = true } },
	  .writes = "-",
	  .withdraws = "" },
	{ .what = "a torn file of another claim",
	  .seen = { { .uid = "u1", .name = "a", .state = C } },
	  .published = { { .uid = "u1", .name = "a" }, { .uid = "u2", .name = "b" } },
	  .troubles = { { .uid = "u7", .passing = true },
	                { .name = "z", .passing = true } },
	  .writes = "w",
	  .withdraws = "-x" },
	{ .what = "a torn file of nobody knows whom: all stay, new ones appear",
	  .seen = { { .uid = "u1", .name = "a", .state = C },
	            { .uid = "u3", .name = "c", .state = C } },
	  .published = { { .uid = "u1", .name = "a" }, { .uid = "u2", .name = "b" } },
	  .troubles = { { .passing = true } },
	  .writes = "-w",
	  .withdraws = "--" },
	{ .what = "the same, for too long",
	  .seen = { { .uid = "u1", .name = "a", .state = C } },
	  .published = { { .uid = "u1", .name = "a" }, { .uid = "u2", .name = "b" } },
	  .troubles = { { .passing = false } },
	  .writes = "w",
	  .withdraws = "-x" },
	{ .what = "a source that cannot see: all stay, new ones appear",
	  .seen = { { .uid = "u1", .name = "a", .state = C },
	            { .uid = "u3", .name = "c", .state = C } },
	  .published = { { .uid = "u1", .name = "a" }, { .uid = "u2", .name = "b" } },
	  .troubles = { { NULL, NULL, false, true } },
	  .writes = "-w",
	  .withdraws = "--" },

	{ .what = "not everything was told yet: what is published stays as it is",
	  .seen = { { .uid = "u1", .name = "a", .state = C },
	            { .uid = "u3", .name = "c", .state = C },
	            { .uid = "u4", .name = "d", .state = I } },
	  .published = { { .uid = "u1", .name = "a" },
	                 { .uid = "u2", .name = "b" },
	                 { .uid = "u4", .name = "d" } },
	  .unsettled = true,
	  .writes = "-w-",
	  .withdraws = "---",
	  .text = NULL },
	{ .what = "not everything was told yet, but the place is another claim's",
	  .seen = { { .uid = "u2", .name = "a", .state = C } },
	  .published = { { .uid = "u1", .name = "a" } },
	  .unsettled = true,
	  .writes = "w",
	  .withdraws = "-" },
};

static char *text_of(struct vc_arena *arena, const char *text)
{
	char *copy = text ? vc_arena_strdup(arena, text) : NULL;

	assert_true(!text || copy);
	return copy;
}

static void take_seen(struct vc_arena *arena, const struct decision_case *c,
                      struct vc_seen_list *seen)
{
	for (size_t i = 0; i < MAX && c->seen[i].uid; i++) {
		struct vc_seen_claim *s = vc_list_push(arena, seen);

		assert_non_null(s);
		s->state = c->seen[i].state;
		s->claim.uid = text_of(arena, c->seen[i].uid);
		s->claim.name = text_of(arena, c->seen[i].name);
		s->claim.namespace = text_of(arena, c->seen[i].name ? "lab" : NULL);
		s->claim.from_api = c->seen[i].from_api;
		if (s->state != VC_SEEN_COMPLETE)
			s->text = vc_arena_printf(
				arena, "why %s", c->seen[i].name ? c->seen[i].name : "?");
	}
}

static void take_published(struct vc_arena *arena, const struct decision_case *c,
                           struct vc_published *published)
{
	for (size_t i = 0; i < MAX && c->published[i].uid; i++) {
		struct vc_published_claim *p = vc_list_push(arena, published);

		assert_non_null(p);
		if (!p)
			return;
		*p = (struct vc_published_claim){
			.uid = c->published[i].uid,
			.namespace = "lab",
			.name = c->published[i].name,
			.ours = !c->published[i].foreign_folder,
			.foreign = c->published[i].foreign,
		};
	}
}

static void take_troubles(struct vc_arena *arena, const struct decision_case *c,
                          struct vc_troubles *troubles)
{
	for (size_t i = 0; i < MAX; i++) {
		const struct trouble_case *t = &c->troubles[i];
		const struct vc_trouble trouble = {
			.subject = "x",
			.text = "y",
			.uid = t->uid,
			.namespace = t->name ? "lab" : NULL,
			.name = t->name,
			.passing = t->passing,
			.fatal = t->fatal,
		};
		struct vc_err err = VC_ERR_INIT;

		if (t->uid || t->name || t->passing || t->fatal)
			assert_int_equal(vc_trouble_add(arena, troubles, &trouble, &err),
			                 0);
	}
}

static void check_texts(const struct decision_case *c, const struct vc_decisions *d,
                        size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (d->seen[i].action == VC_WRITE) {
			assert_null(d->seen[i].text);
			continue;
		}
		if (!c->text)
			return;
		if (!d->seen[i].text || !strstr(d->seen[i].text, c->text))
			fail_msg("%s: '%s'", c->what,
			         d->seen[i].text ? d->seen[i].text : "");
		return;
	}
	assert_null(c->text);
}

static void test_decide(void **state VC_UNUSED)
{
	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		const struct decision_case *c = &cases[i];
		VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
		struct vc_seen_list seen = { 0 };
		struct vc_published published = { 0 };
		struct vc_troubles troubles = { 0 };
		const struct vc_situation situation = { &seen, &published, &troubles,
			                                !c->unsettled, "/run/claims" };
		struct vc_err err = VC_ERR_INIT;
		struct vc_decisions d;

		take_seen(&arena, c, &seen);
		take_published(&arena, c, &published);
		take_troubles(&arena, c, &troubles);
		assert_int_equal(vc_companion_decide(&arena, &situation, &d, &err), 0);
		assert_int_equal(strlen(c->writes), seen.n);
		assert_int_equal(strlen(c->withdraws), published.n);
		for (size_t j = 0; j < seen.n; j++)
			if (d.seen[j].action !=
			    (c->writes[j] == 'w' ? VC_WRITE : VC_LEAVE))
				fail_msg("%s: seen %zu", c->what, j);
		for (size_t j = 0; j < published.n; j++)
			if (d.published[j].action !=
			    (c->withdraws[j] == 'x' ? VC_WITHDRAW : VC_LEAVE))
				fail_msg("%s: published %zu", c->what, j);
		check_texts(c, &d, seen.n);
	}
}

/* Patience */

static void torn(struct vc_patience *p, const char *subject, int64_t now)
{
	struct vc_err err = VC_ERR_INIT;

	assert_int_equal(vc_patience_torn(p, subject, now, &err), 0);
}

static void test_patience(void **state VC_UNUSED)
{
	struct vc_patience p = { 0 };

	assert_int_equal(vc_patience_next(&p, 0), -1);
	assert_true(vc_patience_waits(&p, "a", 100));
	torn(&p, "b", 100);
	torn(&p, "a", 300);
	torn(&p, "b", 1000);
	assert_int_equal(p.n, 2);
	assert_true(vc_patience_waits(&p, "b", 100 + VC_PATIENCE_MS - 1));
	assert_false(vc_patience_waits(&p, "b", 100 + VC_PATIENCE_MS));
	assert_true(vc_patience_waits(&p, "a", 100 + VC_PATIENCE_MS));
	assert_int_equal(vc_patience_next(&p, 500), 100 + VC_PATIENCE_MS);
	assert_int_equal(vc_patience_next(&p, 100 + VC_PATIENCE_MS),
	                 300 + VC_PATIENCE_MS);
	assert_int_equal(vc_patience_next(&p, 300 + VC_PATIENCE_MS), -1);
	vc_patience_release(&p);
}

/* What is whole again is forgotten, and torn anew later. */
static void test_patience_ends(void **state VC_UNUSED)
{
	struct vc_patience p = { 0 };

	torn(&p, "a", 0);
	torn(&p, "b", 0);
	torn(&p, "c", 0);
	vc_patience_begin(&p);
	torn(&p, "b", 5000);
	vc_patience_end(&p);
	assert_int_equal(p.n, 1);
	assert_false(vc_patience_waits(&p, "b", 5000));
	assert_true(vc_patience_waits(&p, "a", 5000));
	torn(&p, "a", 5000);
	assert_true(vc_patience_waits(&p, "a", 6000));
	vc_patience_release(&p);
}

static void test_patience_limit(void **state VC_UNUSED)
{
	struct vc_patience p = { 0 };
	char subject[32];

	for (unsigned i = 0; i < VC_PATIENCE_MAX + 10; i++) {
		(void)snprintf(subject, sizeof(subject), "%u", i);
		torn(&p, subject, 0);
	}
	assert_int_equal(p.n, VC_PATIENCE_MAX);
	assert_false(vc_patience_waits(&p, "new", 0));
	vc_patience_release(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decide),
		cmocka_unit_test(test_patience),
		cmocka_unit_test(test_patience_ends),
		cmocka_unit_test(test_patience_limit),
	};

	return cmocka_run_group_tests_name("companion decide", tests, NULL, NULL);
}
