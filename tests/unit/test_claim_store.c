/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "store/claim_store.h"
#include "temp_tree.h"

#define UID     "5d1f0c52-0f1e-4b53-9e0e-000000000007"
#define BOOT    "33333333-3333-4333-8333-333333333333"

#define TEXT(s) ((char[]){ s })

static struct vc_claimed_device device = {
	.request = TEXT("disk"),
	.name = TEXT("nvme-nvme0001"),
	.identity = { .kind = VC_DEVICE_PCI,
	              .vendor = 0x144d,
	              .device = 0xa80a,
	              .address = TEXT("0000:65:00.0"),
	              .boot_id = TEXT(BOOT) },
	.vlan = -1,
};

static const struct vc_host_claim example = {
	.namespace = TEXT("lab"),
	.name = TEXT("vm7"),
	.uid = TEXT(UID),
	.pool = TEXT("greenhouse"),
	.generation = 1,
	.devices = { &device, 1, 0 },
};

/* A store that does not exist yet, two levels down. */
struct place {
	struct temp_tree *tree;
	char state[128];
	struct vc_arena arena;
	struct vc_err err;
};

static int setup(void **state)
{
	struct place *p = calloc(1, sizeof(*p));
	void *tree = NULL;

	if (!p || temp_tree_setup(&tree) < 0)
		return -1;
	p->tree = tree;
	(void)snprintf(p->state, sizeof(p->state), "%s/var/lib/vc", p->tree->path);
	p->arena = (struct vc_arena)VC_ARENA_INIT;
	*state = p;
	return 0;
}

static int teardown(void **state)
{
	struct place *p = *state;
	void *tree = p->tree;

	vc_arena_release(&p->arena);
	free(p);
	return temp_tree_teardown(&tree);
}

static void create(struct place *p, const char *namespace, const char *name)
{
	struct vc_host_claim claim = example;

	claim.namespace = vc_arena_strdup(&p->arena, namespace);
	claim.name = vc_arena_strdup(&p->arena, name);
	if (vc_claim_store_create(&p->arena, p->state, &claim, &p->err) < 0)
		fail_msg("%s", p->err.msg);
}

static struct vc_host_claim read_claim(struct place *p, const char *namespace,
                                       const char *name)
{
	struct vc_host_claim claim;

	if (vc_claim_store_read(&p->arena, p->state, namespace, name, &claim, &p->err) <
	    0)
		fail_msg("%s", p->err.msg);
	return claim;
}

static bool exists(const struct place *p, const char *path)
{
	struct stat st;

	return fstatat(p->tree->dir, path, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static void test_life(void **state)
{
	struct place *p = *state;
	struct vc_host_claim claim;

	create(p, "lab", "vm7");
	claim = read_claim(p, "lab", "vm7");
	assert_string_equal(claim.uid, UID);
	assert_int_equal(claim.generation, 1);
	claim.persistent = true;
	assert_int_equal(vc_claim_store_update(&p->arena, p->state, &claim, &p->err), 0);
	assert_int_equal(claim.generation, 2);
	claim = read_claim(p, "lab", "vm7");
	assert_int_equal(claim.generation, 2);
	assert_true(claim.persistent);
	assert_int_equal(vc_claim_store_delete(&p->arena, p->state, &claim, &p->err), 0);
	assert_false(exists(p, "var/lib/vc/claims/lab/vm7.json"));
	assert_int_equal(
		vc_claim_store_read(&p->arena, p->state, "lab", "vm7", &claim, &p->err),
		-VC_ERR_ABSENT);
	assert_string_equal(p->err.msg, "there is no claim 'lab/vm7' on this host; "
	                                "'virt-claim list' shows all");
}

static void test_absent(void **state)
{
	struct place *p = *state;
	struct vc_host_claim claim = example;
	struct vc_host_claims claims = { .n = 7 };
	struct vc_names notes = { 0 };

	assert_int_equal(
		vc_claim_store_read(&p->arena, p->state, "lab", "vm7", &claim, &p->err),
		-VC_ERR_ABSENT);
	assert_int_equal(vc_claim_store_update(&p->arena, p->state, &claim, &p->err),
	                 -VC_ERR_ABSENT);
	assert_int_equal(claim.generation, 1);
	assert_int_equal(vc_claim_store_delete(&p->arena, p->state, &claim, &p->err),
	                 -VC_ERR_ABSENT);
	p->err = (struct vc_err)VC_ERR_INIT;
	assert_int_equal(
		vc_claim_store_list(&p->arena, p->state, &claims, &notes, &p->err), 0);
	assert_int_equal(p->err.kind, VC_ERR_NONE);
	assert_int_equal(claims.n, 0);
	assert_int_equal(notes.n, 0);
	/* reading makes nothing */
	assert_false(exists(p, "var"));
}

static void test_names(void **state)
{
	static const struct {
		const char *namespace, *name;
	} cases[] = {
		{ "", "vm7" },         { "lab", "" },     { "..", "vm7" },
		{ "lab", ".." },       { "lab", "../x" }, { "lab/x", "vm7" },
		{ "lab", "vm7.json" }, { "Lab", "vm7" },  { "lab", "-vm7" },
		{ "lab", "v\nm" },     { "lab", "vm_7" },
	};
	struct place *p = *state;

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		struct vc_host_claim claim = example;

		claim.namespace = vc_arena_strdup(&p->arena, cases[i].namespace);
		claim.name = vc_arena_strdup(&p->arena, cases[i].name);
		assert_int_equal(vc_claim_store_read(&p->arena, p->state,
		                                     cases[i].namespace, cases[i].name,
		                                     &claim, &p->err),
		                 -VC_ERR_INPUT);
		assert_int_equal(
			vc_claim_store_create(&p->arena, p->state, &claim, &p->err),
			-VC_ERR_INPUT);
		assert_int_equal(
			vc_claim_store_delete(&p->arena, p->state, &claim, &p->err),
			-VC_ERR_INPUT);
	}
	assert_false(exists(p, "var"));
}

static void test_create_refused(void **state)
{
	struct place *p = *state;
	struct vc_host_claim other = example, broken = example;

	broken.generation = 0;
	assert_int_equal(vc_claim_store_create(&p->arena, p->state, &broken, &p->err),
	                 -VC_ERR_INPUT);
	assert_false(exists(p, "var"));
	create(p, "lab", "vm7");
	other.uid = TEXT("5d1f0c52-0f1e-4b53-9e0e-000000000008");
	assert_int_equal(vc_claim_store_create(&p->arena, p->state, &other, &p->err),
	                 -VC_ERR_REFUSED);
	assert_non_null(strstr(p->err.msg, "there is a claim 'lab/vm7' already"));
	assert_string_equal(read_claim(p, "lab", "vm7").uid, UID);
	/* a document that is none, and a link, are there as well */
	temp_tree_put(p->tree, "var/lib/vc/claims/lab/torn.json", "{");
	assert_int_equal(
		symlinkat("vm7.json", p->tree->dir, "var/lib/vc/claims/lab/link.json"),
		0);
	other.name = TEXT("torn");
	assert_int_equal(vc_claim_store_create(&p->arena, p->state, &other, &p->err),
	                 -VC_ERR_REFUSED);
	other.name = TEXT("link");
	assert_int_equal(vc_claim_store_create(&p->arena, p->state, &other, &p->err),
	                 -VC_ERR_REFUSED);
}

static void test_changed_meanwhile(void **state)
{
	struct place *p = *state;
	struct vc_host_claim mine, theirs;

	create(p, "lab", "vm7");
	mine = theirs = read_claim(p, "lab", "vm7");
	assert_int_equal(vc_claim_store_update(&p->arena, p->state, &theirs, &p->err), 0);
	mine.persistent = true;
	assert_int_equal(vc_claim_store_update(&p->arena, p->state, &mine, &p->err),
	                 -VC_ERR_REFUSED);
	assert_non_null(strstr(p->err.msg, "somebody changed claim 'lab/vm7' meanwhile"));
	assert_int_equal(mine.generation, 1);
	assert_int_equal(vc_claim_store_delete(&p->arena, p->state, &mine, &p->err),
	                 -VC_ERR_REFUSED);
	assert_false(read_claim(p, "lab", "vm7").persistent);
	/* deleted, and made anew by somebody else */
	theirs.uid = TEXT("5d1f0c52-0f1e-4b53-9e0e-000000000008");
	assert_int_equal(vc_claim_store_delete(&p->arena, p->state, &theirs, &p->err),
	                 -VC_ERR_REFUSED);
}

static void test_leftovers(void **state)
{
	struct place *p = *state;

	create(p, "lab", "vm7");
	temp_tree_put(p->tree, "var/lib/vc/claims/lab/.vm8.json.17.tmp", "{\"api");
	temp_tree_put(p->tree, "var/lib/vc/claims/lab/.keep", "");
	create(p, "lab", "vm8");
	assert_false(exists(p, "var/lib/vc/claims/lab/.vm8.json.17.tmp"));
	assert_true(exists(p, "var/lib/vc/claims/lab/.keep"));
}

static void test_list(void **state)
{
	static const struct {
		const char *path, *text, *note;
	} foreign[] = {
		{ "lab/broken.json", "{", "claims/lab/broken.json:1:" },
		{ "lab/empty.json", "", "claims/lab/empty.json" },
		{ "lab/newer.json",
		  "{\"apiVersion\": \"resource.k8s.io/v7\", \"kind\": \"ResourceClaim\"}",
		  "claims/lab/newer.json: /apiVersion: expected" },
		{ "lab/readme.txt", "x", "claims/lab/readme.txt: is no claim" },
		{ "lab/UPPER.json", "x", "claims/lab/UPPER.json: is no claim" },
		{ "Lab/vm7.json", "x", "claims/Lab: is no namespace" },
		{ "lab/.hidden.json", "x", NULL },
		{ "file", "x", "claims: cannot open directory 'file'" },
	};
	static const char *const order[] = { "a", "lab/a", "lab/a-b", "lab/vm7", "z" };
	struct place *p = *state;
	struct vc_host_claims claims;
	struct vc_names notes = { 0 };
	size_t n = 0;

	create(p, "z", "a");
	create(p, "lab", "vm7");
	create(p, "lab", "a-b");
	create(p, "lab", "a");
	create(p, "a", "z");
	for (size_t i = 0; i < VC_ARRAY_SIZE(foreign); i++) {
		char path[128];

		(void)snprintf(path, sizeof(path), "var/lib/vc/claims/%s",
		               foreign[i].path);
		temp_tree_put(p->tree, path, foreign[i].text);
	}
	assert_int_equal(symlinkat("lab", p->tree->dir, "var/lib/vc/claims/link"), 0);
	assert_int_equal(
		symlinkat("vm7.json", p->tree->dir, "var/lib/vc/claims/lab/link.json"),
		0);
	assert_int_equal(
		vc_claim_store_list(&p->arena, p->state, &claims, &notes, &p->err), 0);
	assert_int_equal(p->err.kind, VC_ERR_NONE);
	assert_int_equal(claims.n, VC_ARRAY_SIZE(order));
	for (size_t i = 0; i < claims.n; i++) {
		const char *want =
			strchr(order[i], '/') ? strchr(order[i], '/') + 1 : NULL;

		if (want)
			assert_string_equal(claims.v[i].name, want);
		else
			assert_string_equal(claims.v[i].namespace, order[i]);
	}
	for (size_t i = 0; i < VC_ARRAY_SIZE(foreign); i++) {
		bool found = false;

		for (size_t j = 0; foreign[i].note && j < notes.n; j++)
			found = found || strstr(notes.v[j], foreign[i].note);
		if (foreign[i].note && !found)
			fail_msg("no note '%s'", foreign[i].note);
		n += foreign[i].note != NULL;
	}
	assert_int_equal(notes.n, n + 2); /* the links */
}

static void test_elsewhere(void **state)
{
	struct place *p = *state;
	struct vc_host_claim claim;

	create(p, "lab", "vm7");
	assert_int_equal(renameat(p->tree->dir, "var/lib/vc/claims/lab/vm7.json",
	                          p->tree->dir, "var/lib/vc/claims/lab/vm8.json"),
	                 0);
	assert_int_equal(
		vc_claim_store_read(&p->arena, p->state, "lab", "vm8", &claim, &p->err),
		-VC_ERR_INPUT);
	assert_non_null(strstr(p->err.msg, "vm8.json: /metadata: is claim 'lab/vm7', "
	                                   "which belongs elsewhere"));
}

/* Nobody else may say what a claim is. */
static void test_untrusted(void **state)
{
	struct place *p = *state;
	struct vc_host_claims claims = { .n = 7 };
	struct vc_host_claim claim;
	struct vc_names notes = { 0 };

	create(p, "lab", "vm7");
	assert_int_equal(
		fchmodat(p->tree->dir, "var/lib/vc/claims/lab/vm7.json", 0666, 0), 0);
	assert_int_equal(
		vc_claim_store_read(&p->arena, p->state, "lab", "vm7", &claim, &p->err),
		-VC_ERR_REFUSED);
	assert_int_equal(
		vc_claim_store_list(&p->arena, p->state, &claims, &notes, &p->err), 0);
	assert_int_equal(claims.n, 0);
	assert_int_equal(notes.n, 1);
	assert_int_equal(fchmodat(p->tree->dir, "var/lib/vc/claims", 0777, 0), 0);
	claims.n = 7;
	assert_int_equal(
		vc_claim_store_list(&p->arena, p->state, &claims, &notes, &p->err),
		-VC_ERR_REFUSED);
	assert_int_equal(claims.n, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_life, setup, teardown),
		cmocka_unit_test_setup_teardown(test_absent, setup, teardown),
		cmocka_unit_test_setup_teardown(test_names, setup, teardown),
		cmocka_unit_test_setup_teardown(test_create_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_changed_meanwhile, setup, teardown),
		cmocka_unit_test_setup_teardown(test_leftovers, setup, teardown),
		cmocka_unit_test_setup_teardown(test_list, setup, teardown),
		cmocka_unit_test_setup_teardown(test_elsewhere, setup, teardown),
		cmocka_unit_test_setup_teardown(test_untrusted, setup, teardown),
	};

	(void)umask(0022);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
