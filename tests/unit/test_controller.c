/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the controller knows, and what it decides. */
#include <stdio.h>
#include <string.h>

#include "base/now.h"
#include "claim/tree.h"
#include "controller/decide.h"
#include "controller/facts.h"
#include "unit.h"

#define A "11111111-1111-4111-8111-111111111111"
#define B "22222222-2222-4222-8222-222222222222"
#define C "33333333-3333-4333-8333-333333333333"

struct test_world {
	struct vc_queue queue;
	struct vc_world world;
};

static int setup(void **state)
{
	static struct test_world w;

	w = (struct test_world){ .world.queue = &w.queue };
	*state = &w;
	return 0;
}

static int teardown(void **state)
{
	struct test_world *w = *state;

	vc_world_release(&w->world);
	return 0;
}

static void put_claim(struct test_world *w, const char *key,
                      const struct vc_claim_facts *facts, unsigned sync)
{
	struct vc_err err = VC_ERR_INIT;

	assert_int_equal(vc_world_claim(&w->world, key, facts, sync, &err), 0);
}

static void put_vm(struct test_world *w, const char *key, const struct vc_vm_facts *facts,
                   unsigned sync)
{
	struct vc_err err = VC_ERR_INIT;

	assert_int_equal(vc_world_vm(&w->world, key, facts, sync, &err), 0);
}

/* Decisions */

#define WHOLE(vm, vm_uid)                                                  \
	{                                                                  \
		.name = (vm), .uid = (vm_uid), .ours = true, .whole = true \
	}
#define HALF(vm, vm_uid)                                    \
	{                                                   \
		.name = (vm), .uid = (vm_uid), .ours = true \
	}
#define THEIRS(vm, vm_uid)                    \
	{                                     \
		.name = (vm), .uid = (vm_uid) \
	}
#define VM(vm_uid)                                 \
	{                                          \
		.uid = (vm_uid), .created = "2026" \
	}
#define WISH(vm_uid)                                                                 \
	{                                                                            \
		.uid = (vm_uid), .created = "2026", .claims = { "c" }, .n_claims = 1 \
	}

/* The claim is n/c, the VMs n/v and n/w. */
static const struct decision_case {
	const char *name;
	struct vc_claim_facts claim;
	struct vc_vm_facts v, w;
	enum vc_verdict verdict;
	enum vc_why why;
	const char *vm, *uid;
} decision_cases[] = {
	{ "nothing", { .uid = C }, { 0 }, { 0 }, VC_LEAVE, VC_WHY_NONE, NULL, NULL },
	{ "nobody wants it",
	  { .uid = C, .allocated = true },
	  VM(A),
	  VM(B),
	  VC_LEAVE,
	  VC_WHY_NONE,
	  NULL,
	  NULL },
	{ "asked for, no VM",
	  { .uid = C, .allocated = true, .wanted = "v" },
	  { 0 },
	  VM(B),
	  VC_WAIT,
	  VC_WHY_NO_VM,
	  NULL,
	  NULL },
	{ "asked for, not allocated",
	  { .uid = C, .wanted = "v" },
	  VM(A),
	  { 0 },
	  VC_WAIT,
	  VC_WHY_UNALLOCATED,
	  "n/v",
	  A },
	{ "asked for",
	  { .uid = C, .allocated = true, .wanted = "v" },
	  VM(A),
	  { 0 },
	  VC_PIN,
	  VC_WHY_NONE,
	  "n/v",
	  A },
	{ "named",
	  { .uid = C, .allocated = true },
	  VM(A),
	  WISH(B),
	  VC_PIN,
	  VC_WHY_NONE,
	  "n/w",
	  B },
	{ "no claim", { 0 }, { 0 }, WISH(B), VC_WAIT, VC_WHY_NO_CLAIM, "n/w", NULL },
	{ "the claim before the VM",
	  { .uid = C, .allocated = true, .wanted = "w" },
	  { .uid = A, .created = "2020", .claims = { "c" }, .n_claims = 1 },
	  VM(B),
	  VC_PIN,
	  VC_WHY_NONE,
	  "n/w",
	  B },
	{ "the older VM",
	  { .uid = C, .allocated = true },
	  WISH(B),
	  { .uid = C, .created = "2025", .claims = { "c" }, .n_claims = 1 },
	  VC_PIN,
	  VC_WHY_NONE,
	  "n/w",
	  C },
	{ "of the same age",
	  { .uid = C, .allocated = true },
	  WISH(B),
	  WISH(A),
	  VC_PIN,
	  VC_WHY_NONE,
	  "n/w",
	  A },
	{ "a VM that is being deleted",
	  { .uid = C, .allocated = true, .wanted = "v" },
	  { .uid = A, .created = "2026", .deleting = true },
	  { 0 },
	  VC_WAIT,
	  VC_WHY_NO_VM,
	  NULL,
	  NULL },
	{ "a claim that is being deleted",
	  { .uid = C, .allocated = true, .deleting = true, .wanted = "v" },
	  VM(A),
	  { 0 },
	  VC_LEAVE,
	  VC_WHY_NONE,
	  "n/v",
	  NULL },
	{ "pinned",
	  { .uid = C,
	    .allocated = true,
	    .marked = true,
	    .kept = true,
	    .wanted = "v",
	    .holders = { WHOLE("v", A) },
	    .n_holders = 1 },
	  VM(A),
	  WISH(B),
	  VC_LEAVE,
	  VC_WHY_NONE,
	  "n/v",
	  A },
	{ "half pinned",
	  { .uid = C,
	    .allocated = true,
	    .marked = true,
	    .kept = true,
	    .wanted = "v",
	    .holders = { HALF("v", A) },
	    .n_holders = 1 },
	  VM(A),
	  { 0 },
	  VC_PIN,
	  VC_WHY_NONE,
	  "n/v",
	  A },
	{ "half pinned, the allocation went",
	  { .uid = C,
	    .marked = true,
	    .kept = true,
	    .wanted = "v",
	    .holders = { HALF("v", A) },
	    .n_holders = 1 },
	  VM(A),
	  { 0 },
	  VC_PIN, /* is refused, and taken away */
	  VC_WHY_NONE,
	  "n/v",
	  A },
	{ "half pinned, VM being deleted",
	  { .uid = C,
	    .allocated = true,
	    .marked = true,
	    .kept = true,
	    .wanted = "v",
	    .holders = { HALF("v", A) },
	    .n_holders = 1 },
	  { .uid = A, .created = "2026", .deleting = true },
	  { 0 },
	  VC_LEAVE,
	  VC_WHY_NONE,
	  "n/v",
	  A },
	{ "pinned, VM being deleted",
	  { .uid = C,
	    .allocated = true,
	    .marked = true,
	    .kept = true,
	    .wanted = "v",
	    .holders = { WHOLE("v", A) },
	    .n_holders = 1 },
	  { .uid = A, .created = "2026", .deleting = true },
	  { 0 },
	  VC_LEAVE,
	  VC_WHY_NONE,
	  "n/v",
	  A },
	{ "pinned, VM gone",
	  { .uid = C,
	    .allocated = true,
	    .marked = true,
	    .kept = true,
	    .wanted = "v",
	    .holders = { WHOLE("v", A) },
	    .n_holders = 1 },
	  { 0 },
	  WISH(B),
	  VC_UNPIN,
	  VC_WHY_VM_GONE,
	  "n/v",
	  A },
	{ "pinned, VM made again",
	  { .uid = C,
	    .allocated = true,
	    .marked = true,
	    .kept = true,
	    .wanted = "v",
	    .holders = { WHOLE("v", A) },
	    .n_holders = 1 },
	  VM(B),
	  { 0 },
	  VC_UNPIN,
	  VC_WHY_VM_REPLACED,
	  "n/v",
	  A },
	{ "pinned, not asked any more",
	  { .uid = C,
	    .allocated = true,
	    .marked = true,
	    .kept = true,
	    .holders = { WHOLE("v", A) },
	    .n_holders = 1 },
	  VM(A),
	  WISH(B),
	  VC_UNPIN,
	  VC_WHY_NOT_ASKED,
	  "n/v",
	  A },
	{ "pinned by hand",
	  { .uid = C,
	    .allocated = true,
	    .marked = true,
	    .holders = { WHOLE("v", A) },
	    .n_holders = 1 },
	  VM(A),
	  WISH(B),
	  VC_LEAVE,
	  VC_WHY_NONE,
	  "n/v",
	  A },
	{ "half pinned by hand",
	  { .uid = C,
	    .allocated = true,
	    .marked = true,
	    .holders = { HALF("v", A) },
	    .n_holders = 1 },
	  VM(A),
	  { 0 },
	  VC_LEAVE,
	  VC_WHY_NONE,
	  "n/v",
	  A },
	{ "pinned by hand, VM gone",
	  { .uid = C,
	    .allocated = true,
	    .marked = true,
	    .holders = { WHOLE("v", A) },
	    .n_holders = 1 },
	  { 0 },
	  { 0 },
	  VC_UNPIN,
	  VC_WHY_VM_GONE,
	  "n/v",
	  A },
	{ "pinned, claim being deleted",
	  { .uid = C,
	    .allocated = true,
	    .deleting = true,
	    .marked = true,
	    .wanted = "v",
	    .holders = { WHOLE("v", A) },
	    .n_holders = 1 },
	  VM(A),
	  { 0 },
	  VC_UNPIN,
	  VC_WHY_CLAIM_DELETING,
	  "n/v",
	  A },
	{ "theirs, for the same VM",
	  { .uid = C,
	    .allocated = true,
	    .wanted = "v",
	    .holders = { THEIRS("v", A) },
	    .n_holders = 1 },
	  VM(A),
	  { 0 },
	  VC_LEAVE,
	  VC_WHY_NONE,
	  "n/v",
	  A },
	{ "theirs, for another VM",
	  { .uid = C,
	    .allocated = true,
	    .wanted = "v",
	    .holders = { THEIRS("w", B) },
	    .n_holders = 1 },
	  VM(A),
	  VM(B),
	  VC_LEAVE,
	  VC_WHY_NONE,
	  "n/w",
	  B },
	{ "theirs, for a VM that is gone",
	  { .uid = C, .allocated = true, .holders = { THEIRS("w", B) }, .n_holders = 1 },
	  { 0 },
	  { 0 },
	  VC_LEAVE,
	  VC_WHY_NONE,
	  "n/w",
	  B },
	{ "ours beside theirs",
	  { .uid = C,
	    .allocated = true,
	    .marked = true,
	    .kept = true,
	    .wanted = "v",
	    .holders = { THEIRS("w", B), WHOLE("v", A) },
	    .n_holders = 2 },
	  VM(A),
	  VM(B),
	  VC_LEAVE,
	  VC_WHY_NONE,
	  "n/v",
	  A },
	{ "a leftover",
	  { .uid = C, .allocated = true, .marked = true },
	  VM(A),
	  { 0 },
	  VC_UNPIN,
	  VC_WHY_LEFTOVER,
	  NULL,
	  NULL },
	{ "a leftover of a claim that is being deleted",
	  { .uid = C, .deleting = true, .marked = true, .wanted = "v" },
	  VM(A),
	  { 0 },
	  VC_UNPIN,
	  VC_WHY_LEFTOVER,
	  NULL,
	  NULL },
	{ "a leftover that is wanted",
	  { .uid = C, .allocated = true, .marked = true, .wanted = "v" },
	  VM(A),
	  { 0 },
	  VC_PIN,
	  VC_WHY_NONE,
	  "n/v",
	  A },
};

static void check_decision(const struct decision_case *c,
                           const struct vc_decision *decision)
{
	if (decision->verdict != c->verdict || decision->why != c->why)
		fail_msg("%s: verdict %d, why %d", c->name, (int)decision->verdict,
		         (int)decision->why);
	if (!c->vm != !decision->vm || (c->vm && strcmp(c->vm, decision->vm->key) != 0))
		fail_msg("%s: VM %s", c->name, decision->vm ? decision->vm->key : "none");
	if (!c->uid != !decision->uid || (c->uid && strcmp(c->uid, decision->uid) != 0))
		fail_msg("%s: uid %s", c->name, decision->uid ? decision->uid : "none");
}

/* In any order of what comes: the same decision */
static void decide_in_order(const struct decision_case *c, unsigned order)
{
	struct test_world w = { .world.queue = &w.queue };
	const struct vc_known_claim *claim;
	struct vc_decision decision;

	for (unsigned i = 0; i < 3; i++) {
		unsigned what = (order + i) % 3;

		if (what == 0 && c->claim.uid)
			put_claim(&w, "n/c", &c->claim, 1);
		if (what == 1 && c->v.uid)
			put_vm(&w, "n/v", &c->v, 1);
		if (what == 2 && c->w.uid)
			put_vm(&w, "n/w", &c->w, 1);
	}
	claim = vc_world_find_claim(&w.world, "n/c");
	assert_non_null(claim);
	decision = vc_decide(claim);
	check_decision(c, &decision);
	vc_world_release(&w.world);
}

static void test_decisions(void **state VC_UNUSED)
{
	for (size_t i = 0; i < VC_ARRAY_SIZE(decision_cases); i++)
		for (unsigned order = 0; order < 3; order++)
			decide_in_order(&decision_cases[i], order);
}

static unsigned count_losers(const struct test_world *w, const char *key)
{
	const struct vc_known_claim *claim = vc_world_find_claim(&w->world, key);
	const struct vc_decision decision = vc_decide(claim);
	unsigned n = 0;

	for (const struct vc_tie *t = claim->ties; t; t = t->of_claim.next)
		n += vc_is_loser(&decision, t);
	return n;
}

static void test_losers(void **state)
{
	static const struct vc_vm_facts wish = WISH(A);
	static const struct vc_vm_facts other = WISH(B), plain = VM(B);
	static const struct vc_claim_facts free_claim = { .uid = C, .allocated = true };
	static const struct vc_claim_facts unallocated = { .uid = C };
	static const struct vc_claim_facts theirs = {
		.uid = C, .allocated = true, .holders = { THEIRS("x", C) }, .n_holders = 1
	};
	struct test_world *w = *state;

	put_claim(w, "n/c", &free_claim, 1);
	put_vm(w, "n/v", &wish, 1);
	assert_int_equal(count_losers(w, "n/c"), 0);
	put_vm(w, "n/w", &other, 1);
	assert_int_equal(count_losers(w, "n/c"), 1);
	put_claim(w, "n/c", &theirs, 1);
	assert_int_equal(count_losers(w, "n/c"), 2);
	put_claim(w, "n/c", &unallocated, 1);
	assert_int_equal(count_losers(w, "n/c"), 0); /* not yet */
	put_claim(w, "n/c", &free_claim, 1);
	put_vm(w, "n/w", &plain, 1);
	assert_int_equal(count_losers(w, "n/c"), 0);
}

/* The world */

static size_t take_all(struct test_world *w)
{
	size_t n = 0;

	while (vc_queue_take(&w->queue, vc_now_ms()))
		n++;
	return n;
}

static void test_queued(void **state)
{
	static const struct vc_claim_facts claim = { .uid = C, .allocated = true };
	static const struct vc_claim_facts asking = { .uid = C,
		                                      .allocated = true,
		                                      .wanted = "v" };
	static const struct vc_vm_facts vm = VM(A), wish = WISH(A);
	struct test_world *w = *state;
	struct vc_err err = VC_ERR_INIT;

	put_claim(w, "n/c", &claim, 1);
	assert_int_equal(take_all(w), 0); /* nobody cares */
	put_vm(w, "n/v", &vm, 1);
	assert_int_equal(take_all(w), 0);
	put_claim(w, "n/c", &asking, 1);
	assert_int_equal(take_all(w), 1);
	put_claim(w, "n/c", &asking, 2);
	assert_int_equal(take_all(w), 0); /* nothing new */
	put_vm(w, "n/v", &wish, 2);
	assert_int_equal(take_all(w), 1);
	put_vm(w, "n/v", &wish, 3);
	assert_int_equal(take_all(w), 0);
	put_claim(w, "n/c", &claim, 3);
	assert_int_equal(take_all(w), 1);
	assert_int_equal(vc_world_vm_gone(&w->world, "n/v", &err), 0);
	assert_int_equal(take_all(w), 1);
	assert_int_equal(vc_world_vm_gone(&w->world, "n/v", &err), 0);
	assert_int_equal(take_all(w), 0);
	assert_int_equal(w->world.n_vms, 0);
	assert_null(w->world.vms);
}

static void test_synced(void **state)
{
	static const struct vc_claim_facts asking = { .uid = C, .wanted = "v" };
	static const struct vc_vm_facts wish = WISH(A);
	struct test_world *w = *state;
	struct vc_err err = VC_ERR_INIT;

	put_claim(w, "n/a", &asking, 1);
	put_claim(w, "n/b", &asking, 1);
	put_claim(w, "n/d", &asking, 1);
	put_vm(w, "n/v", &wish, 7);
	put_claim(w, "n/a", &asking, 2);
	vc_world_seen_claim(&w->world, "n/b", 2); /* cannot be read, but is there */
	vc_world_seen_claim(&w->world, "n/x", 2);
	vc_world_claims_synced(&w->world, 2);
	assert_int_equal(w->world.n_claims, 2);
	assert_non_null(vc_world_find_claim(&w->world, "n/b"));
	assert_null(vc_world_find_claim(&w->world, "n/d"));
	/* known by name only, since the VM names it */
	assert_null(vc_claim_uid(vc_world_find_claim(&w->world, "n/c")));
	(void)take_all(w);
	assert_int_equal(vc_world_vms_synced(&w->world, 8, &err), 0);
	assert_int_equal(w->world.n_vms, 0);
	assert_int_equal(take_all(w), 3);
}

/* Whatever comes and goes: nothing stays behind, and nothing is touched that is gone. */
static void test_comes_and_goes(void **state)
{
	static const char *const names[] = { "a", "b", "c", "d" };
	struct test_world *w = *state;
	struct vc_err err = VC_ERR_INIT;
	unsigned seed = 1;

	for (unsigned i = 0; i < 20000; i++) {
		struct vc_claim_facts claim = { .uid = C };
		struct vc_vm_facts vm = { .uid = A, .created = "" };
		char key[16];
		unsigned r = seed = seed * 1103515245U + 12345U;

		r >>= 8;
		(void)snprintf(key, sizeof(key), "n/%s", names[r % 4]);
		claim.wanted = r & 16 ? names[(r >> 5) % 4] : NULL;
		claim.holders[0] = (struct vc_holder_facts)WHOLE(names[(r >> 7) % 4], B);
		claim.n_holders = (r >> 9) % 2;
		vm.claims[0] = names[(r >> 10) % 4];
		vm.n_claims = (r >> 12) % 2;
		if ((r >> 13) % 4 == 0)
			put_claim(w, key, &claim, 1);
		else if ((r >> 13) % 4 == 1)
			put_vm(w, key, &vm, 1);
		else if ((r >> 13) % 4 == 2)
			vc_world_claim_gone(&w->world, key);
		else
			assert_int_equal(vc_world_vm_gone(&w->world, key, &err), 0);
	}
	for (size_t i = 0; i < VC_ARRAY_SIZE(names); i++) {
		char key[16];

		(void)snprintf(key, sizeof(key), "n/%s", names[i]);
		vc_world_claim_gone(&w->world, key);
		assert_int_equal(vc_world_vm_gone(&w->world, key, &err), 0);
	}
	for (struct vc_item *item; (item = vc_queue_take(&w->queue, INT64_MAX - 1));)
		vc_world_settled(&w->world, vc_claim_of(item));
	assert_null(w->world.claims);
	assert_null(w->world.vms);
}

/* Facts */

#define CLAIM(metadata, rest)                                                 \
	"{\"kind\":\"ResourceClaim\",\"apiVersion\":\"resource.k8s.io/v1\","  \
	"\"metadata\":{\"name\":\"c\",\"namespace\":\"n\",\"uid\":\"" C "\"," \
	"\"resourceVersion\":\"1\"" metadata "}" rest "}"
#define VM_TEXT(metadata)                                                             \
	"{\"kind\":\"VirtualMachine\",\"apiVersion\":\"kubevirt.io/v1\","             \
	"\"metadata\":{\"name\":\"v\",\"namespace\":\"n\",\"uid\":\"" A "\"" metadata \
	"}}"
#define NOTE(key, value) ",\"annotations\":{\"virt-claim.io/" key "\":" value "}"
#define HELD                                                              \
	"{\"apiGroup\":\"kubevirt.io\",\"resource\":\"virtualmachines\"," \
	"\"name\":\"v\",\"uid\":\"" A "\"}"
#define POD "{\"resource\":\"pods\",\"name\":\"p\",\"uid\":\"" B "\"}"

static int read_claim(struct vc_arena *arena, const char *text,
                      struct vc_claim_facts *facts, struct vc_err *err)
{
	VC_AUTO_TREE struct vc_tree *tree = NULL;
	struct vc_node root;

	assert_int_equal(vc_tree_parse(text, strlen(text), "c", &tree, err), 0);
	root = vc_tree_root(tree, 0);
	return vc_facts_of_claim(arena, &root, facts, err);
}

static int read_vm(struct vc_arena *arena, const char *text, struct vc_vm_facts *facts,
                   struct vc_err *err)
{
	VC_AUTO_TREE struct vc_tree *tree = NULL;
	struct vc_node root;

	assert_int_equal(vc_tree_parse(text, strlen(text), "v", &tree, err), 0);
	root = vc_tree_root(tree, 0);
	return vc_facts_of_vm(arena, &root, facts, err);
}

static void test_claim_facts(void **state VC_UNUSED)
{
	static const struct {
		const char *text;
		bool allocated, deleting, marked, kept, ours, whole;
		const char *wanted;
		size_t n_holders;
	} cases[] = {
		{ CLAIM("", ""), .n_holders = 0 },
		{ CLAIM(NOTE("pin-to", "\"v\""), ",\"status\":{\"allocation\":{}}"),
		  .allocated = true, .wanted = "v" },
		{ CLAIM(NOTE("pin-to", "\"\"") ",\"deletionTimestamp\":\"2026\"", ""),
		  .deleting = true },
		{ CLAIM("", ",\"status\":{\"allocation\":{},\"reservedFor\":[" POD
		            "," HELD "]}"),
		  .allocated = true, .n_holders = 1 },
		{ CLAIM(NOTE("pinned", "\"v/" A "\""),
		        ",\"status\":{\"allocation\":{},\"reservedFor\":[" POD "," HELD
		        "]}"),
		  .allocated = true, .marked = true, .ours = true, .n_holders = 1 },
		{ CLAIM(NOTE("pinned",
		             "\"v/" A
		             "/controller\"") ",\"finalizers\":[\"resource.kubernetes.io/delete-protection\"]",
		        ",\"status\":{\"allocation\":{},\"reservedFor\":[" HELD "]}"),
		  .allocated = true, .marked = true, .kept = true, .ours = true,
		  .whole = true, .n_holders = 1 },
		/* only promised */
		{ CLAIM(NOTE("pinned", "\"v/" A "/controller\""), ""), .marked = true,
		  .kept = true, .ours = true, .n_holders = 1 },
		{ CLAIM(NOTE("pinned", "\"nonsense\""), ""), .marked = true },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
		struct vc_claim_facts facts = { .n_holders = 9 };
		struct vc_err err = VC_ERR_INIT;

		if (read_claim(&arena, cases[i].text, &facts, &err) < 0)
			fail_msg("%zu: %s", i, err.msg);
		assert_string_equal(facts.uid, C);
		assert_int_equal(facts.allocated, cases[i].allocated);
		assert_int_equal(facts.deleting, cases[i].deleting);
		assert_int_equal(facts.marked, cases[i].marked);
		assert_int_equal(facts.kept, cases[i].kept);
		assert_int_equal(facts.n_holders, cases[i].n_holders);
		if (cases[i].wanted)
			assert_string_equal(facts.wanted, cases[i].wanted);
		else
			assert_null(facts.wanted);
		if (facts.n_holders == 0)
			continue;
		assert_string_equal(facts.holders[0].name, "v");
		assert_string_equal(facts.holders[0].uid, A);
		assert_int_equal(facts.holders[0].ours, cases[i].ours);
		assert_int_equal(facts.holders[0].whole, cases[i].whole);
	}
}

static void test_vm_facts(void **state VC_UNUSED)
{
	static const struct {
		const char *text;
		size_t n_claims;
		const char *last;
	} cases[] = {
		{ VM_TEXT(""), 0, NULL },
		{ VM_TEXT(NOTE("persistent-claims", "\"\"")), 0, NULL },
		{ VM_TEXT(NOTE("persistent-claims", "\" , ,\"")), 0, NULL },
		{ VM_TEXT(NOTE("persistent-claims", "\"a\"")), 1, "a" },
		{ VM_TEXT(NOTE("persistent-claims", "\" a , b.c ,a,\"")), 2, "b.c" },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
		struct vc_vm_facts facts = { .n_claims = 9 };
		struct vc_err err = VC_ERR_INIT;

		if (read_vm(&arena, cases[i].text, &facts, &err) < 0)
			fail_msg("%zu: %s", i, err.msg);
		assert_string_equal(facts.uid, A);
		assert_string_equal(facts.created, "");
		assert_int_equal(facts.n_claims, cases[i].n_claims);
		if (cases[i].last)
			assert_string_equal(facts.claims[facts.n_claims - 1],
			                    cases[i].last);
	}
}

static void test_facts_refused(void **state VC_UNUSED)
{
	static const struct {
		bool vm;
		const char *text, *message;
	} cases[] = {
		{ false, CLAIM(NOTE("pin-to", "7"), ""), "expected a string" },
		{ false, CLAIM(NOTE("pin-to", "\"a b\""), ""), "not 'a b'" },
		{ false, CLAIM(NOTE("pin-to", "\"../v\""), ""), "virtual machine" },
		{ false, CLAIM(NOTE("pin-to", "\"a,b\""), ""), "virtual machine" },
		{ false, CLAIM("", ",\"status\":{\"reservedFor\":{}}"), "reservedFor" },
		{ false, CLAIM("", ",\"status\":{\"reservedFor\":[{}]}"), "resource" },
		{ false, "{}", "metadata" },
		{ true, VM_TEXT(NOTE("persistent-claims", "[]")), "expected a string" },
		{ true, VM_TEXT(NOTE("persistent-claims", "\"a b\"")), "'a b' is none" },
		{ true, VM_TEXT(NOTE("persistent-claims", "\"a;b\"")), "'a;b' is none" },
		{ true, VM_TEXT(NOTE("persistent-claims", "\"a,n/b\"")),
		  "'n/b' is none" },
		{ true, VM_TEXT(",\"creationTimestamp\":7"), "creationTimestamp" },
		{ true, "{\"metadata\":{\"name\":\"v\"}}", "uid" },
		{ true, "{\"metadata\":[]}", "metadata" },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
		struct vc_claim_facts claim = { .uid = "untouched" };
		struct vc_vm_facts vm = { .uid = "untouched" };
		struct vc_err err = VC_ERR_INIT;
		int r = cases[i].vm ? read_vm(&arena, cases[i].text, &vm, &err)
		                    : read_claim(&arena, cases[i].text, &claim, &err);

		if (r != -VC_ERR_INPUT || !strstr(err.msg, cases[i].message))
			fail_msg("%zu: %d, '%s'", i, r, err.msg);
		assert_string_equal(cases[i].vm ? vm.uid : claim.uid, "untouched");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decisions),
		cmocka_unit_test_setup_teardown(test_losers, setup, teardown),
		cmocka_unit_test_setup_teardown(test_queued, setup, teardown),
		cmocka_unit_test_setup_teardown(test_synced, setup, teardown),
		cmocka_unit_test_setup_teardown(test_comes_and_goes, setup, teardown),
		cmocka_unit_test(test_claim_facts),
		cmocka_unit_test(test_vm_facts),
		cmocka_unit_test(test_facts_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
