/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "claim/directory.h"
#include "temp_tree.h"

#define UID1 "5d1f0c52-0f1e-4b53-9e0e-000000000007"
#define UID2 "5d1f0c52-0f1e-4b53-9e0e-000000000008"

#define DOC_UID(uid, namespace, claim, pod_claim, request, driver)                             \
	"{\"kind\":\"DeviceMetadata\","                                                        \
	"\"apiVersion\":\"metadata.resource.k8s.io/v1alpha1\",\"metadata\":{\"name\":\"" claim \
	"\",\"namespace\":\"" namespace "\",\"uid\":\"" uid "\"},"                             \
					"\"podClaimName\":\"" pod_claim                        \
					"\",\"requests\":[{\"name\":\"" request                \
					"\",\"devices\":[{\"driver\":\"" driver                \
					"\",\"pool\":\"p\",\"name\":\"d\"}]}]}\n"
#define DOC(namespace, claim, pod_claim, request, driver) \
	DOC_UID(UID1, namespace, claim, pod_claim, request, driver)

struct run {
	struct vc_arena arena;
	struct vc_facts facts;
	struct vc_err err;
	bool found;
};

static void run_release(struct run *run)
{
	vc_arena_release(&run->arena);
}

#define AUTO_RUN VC_CLEANUP(run_release) struct run
#define RUN_INIT                       \
	{                              \
		.arena = VC_ARENA_INIT \
	}

static char a_claim[] = "c", a_request[] = "r", a_namespace[] = "lab",
	    a_pod_claim[] = "dev", a_uid[] = UID1, other_uid[] = UID2;

static enum vc_directory_layout recognise(const struct temp_tree *t)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	enum vc_directory_layout layout = VC_LAYOUT_NONE;
	struct vc_err err = VC_ERR_INIT;

	assert_int_equal(vc_directory_recognise(&arena, t->dir, &layout, &err), 0);
	return layout;
}

static int read_all(const struct temp_tree *t, struct run *run)
{
	const struct vc_directory d = { t->dir, t->path, recognise(t), 0 };

	return vc_directory_read_all(&run->arena, &d, &run->facts, &run->err);
}

static int look_up_in(const struct vc_directory *d, struct run *run,
                      const struct vc_binding *b, const char *default_namespace)
{
	int r = vc_directory_read_binding(&run->arena, d, b, default_namespace,
	                                  &run->facts, &run->err);

	run->found = r > 0;
	return r < 0 ? r : 0;
}

static int look_up(const struct temp_tree *t, struct run *run, const struct vc_binding *b)
{
	const struct vc_directory d = { t->dir, t->path, recognise(t), 0 };

	return look_up_in(&d, run, b, NULL);
}

static void test_recognise(void **state)
{
	const struct temp_tree *t = *state;

	assert_int_equal(recognise(t), VC_LAYOUT_NONE);
	temp_tree_put(t, "file", "");
	assert_int_equal(recognise(t), VC_LAYOUT_NONE);
	temp_tree_mkdirs(t, "lab/c/");
	assert_int_equal(recognise(t), VC_LAYOUT_SHARED);
	temp_tree_mkdirs(t, "no.metadata.org/checkpoints/");
	assert_int_equal(recognise(t), VC_LAYOUT_SHARED);
	temp_tree_mkdirs(t, "gpu.example.org/dra-device-metadata/");
	assert_int_equal(recognise(t), VC_LAYOUT_HOST);
	temp_tree_mkdirs(t, "resourceclaimtemplates/");
	assert_int_equal(recognise(t), VC_LAYOUT_CONTAINER);
}

/* A link that looks like a tree is not one. */
static void test_recognise_links(void **state)
{
	const struct temp_tree *t = *state;

	assert_int_equal(symlinkat("/tmp", t->dir, "resourceclaims"), 0);
	assert_int_equal(recognise(t), VC_LAYOUT_NONE);
}

static void put_container(const struct temp_tree *t)
{
	temp_tree_put(t, "resourceclaims/c/r/a.org-metadata.json",
	              DOC("lab", "c", "", "r", "a.org"));
	temp_tree_put(t, "resourceclaims/c/r/B.org-metadata.json",
	              DOC("lab", "c", "", "r/sub", "b.ORG"));
	temp_tree_put(t, "resourceclaims/c/s/a.org-metadata.json",
	              DOC("lab", "c", "", "s", "a.org"));
	temp_tree_put(t, "resourceclaimtemplates/dev/r/a.org-metadata.json",
	              DOC_UID(UID2, "lab", "vm-dev-x7", "dev", "r", "a.org"));
}

static void test_container(void **state)
{
	const struct temp_tree *t = *state;
	struct vc_binding named = { .claim = a_claim, .request = a_request };
	struct vc_binding pods = { .pod_claim = a_pod_claim, .request = a_request };
	AUTO_RUN all = RUN_INIT;
	AUTO_RUN one = RUN_INIT;
	AUTO_RUN other = RUN_INIT;

	put_container(t);
	assert_int_equal(read_all(t, &all), 0);
	assert_int_equal(all.facts.claims.n, 4);
	assert_int_equal(all.facts.notes.n, 0);
	assert_int_equal(look_up(t, &one, &named), 0);
	assert_true(one.found);
	assert_int_equal(one.facts.claims.n, 2);
	assert_int_equal(look_up(t, &other, &pods), 0);
	assert_true(other.found);
	assert_int_equal(other.facts.claims.n, 1);
	assert_string_equal(other.facts.claims.v[0].name, "vm-dev-x7");
	assert_string_equal(other.facts.claims.v[0].pod_claim, "dev");
}

/* [KEP-5304] the path has the first pod's name for a claim that we know by its own */
static void test_template_claim_named_directly(void **state)
{
	static char name[] = "vm-dev-x7";
	const struct temp_tree *t = *state;
	struct vc_binding b = { .claim = name, .request = a_request };
	AUTO_RUN run = RUN_INIT;

	put_container(t);
	temp_tree_put(t, "resourceclaimtemplates/other/r/a.org-metadata.json",
	              DOC("lab", "y", "other", "r", "a.org"));
	assert_int_equal(look_up(t, &run, &b), 0);
	assert_true(run.found);
	assert_int_equal(run.facts.claims.n, 1);
	assert_string_equal(run.facts.claims.v[0].uid, UID2);
}

static void test_pod_claim_without_its_name_inside(void **state)
{
	const struct temp_tree *t = *state;
	struct vc_binding b = { .pod_claim = a_pod_claim, .request = a_request };
	AUTO_RUN run = RUN_INIT;

	temp_tree_put(t, "resourceclaimtemplates/dev/r/a.org-metadata.json",
	              DOC("lab", "x", "", "r", "a.org"));
	assert_int_equal(look_up(t, &run, &b), 0);
	assert_int_equal(run.facts.claims.n, 1);
	assert_string_equal(run.facts.claims.v[0].pod_claim, "dev");
}

static void put_shared(const struct temp_tree *t)
{
	temp_tree_put(t, "lab/c/r/a.org-metadata.json",
	              DOC("lab", "c", "", "r", "a.org"));
	temp_tree_put(t, "lab/c/s/a.org-metadata.json",
	              DOC("lab", "c", "", "s", "a.org"));
	temp_tree_put(t, "lab/c/resourceclaims/c/r/a.org-metadata.json", "not read");
	temp_tree_put(t, "office/c/r/a.org-metadata.json",
	              DOC_UID(UID2, "office", "c", "", "r", "a.org"));
}

static void test_shared(void **state)
{
	const struct temp_tree *t = *state;
	struct vc_binding exact = { .namespace = a_namespace,
		                    .claim = a_claim,
		                    .request = a_request };
	struct vc_binding loose = { .claim = a_claim, .request = a_request };
	struct vc_binding whole = { .namespace = a_namespace, .claim = a_claim };
	struct vc_binding pods = { .pod_claim = a_pod_claim, .request = a_request };
	struct run runs[5] = { RUN_INIT, RUN_INIT, RUN_INIT, RUN_INIT, RUN_INIT };

	put_shared(t);
	assert_int_equal(read_all(t, &runs[0]), 0);
	assert_int_equal(runs[0].facts.claims.n, 3);
	assert_int_equal(look_up(t, &runs[1], &exact), 0);
	assert_int_equal(runs[1].facts.claims.n, 1);
	assert_string_equal(runs[1].facts.claims.v[0].namespace, "lab");
	assert_int_equal(look_up(t, &runs[2], &loose), 0);
	assert_int_equal(runs[2].facts.claims.n, 2);
	assert_int_equal(look_up(t, &runs[3], &whole), 0);
	assert_int_equal(runs[3].facts.claims.n, 2);
	assert_int_equal(look_up(t, &runs[4], &pods), 0);
	assert_false(runs[4].found);
	for (size_t i = 0; i < 5; i++)
		vc_arena_release(&runs[i].arena);
}

static void test_default_namespace(void **state)
{
	const struct temp_tree *t = *state;
	struct vc_binding b = { .claim = a_claim, .request = a_request };
	const struct vc_directory d = { t->dir, t->path, VC_LAYOUT_SHARED, 0 };
	AUTO_RUN run = RUN_INIT;

	put_shared(t);
	assert_int_equal(look_up_in(&d, &run, &b, "office"), 0);
	assert_int_equal(run.facts.claims.n, 1);
	assert_string_equal(run.facts.claims.v[0].namespace, "office");
}

static void test_host(void **state)
{
	const struct temp_tree *t = *state;
	struct vc_binding exact = { .namespace = a_namespace,
		                    .claim = a_claim,
		                    .request = a_request };
	struct vc_binding loose = { .claim = a_claim, .request = a_request };
	AUTO_RUN all = RUN_INIT;
	AUTO_RUN one = RUN_INIT;
	AUTO_RUN two = RUN_INIT;

	temp_tree_put(t, "a.org/dra-device-metadata/lab_c/r/metadata.json",
	              DOC("lab", "c", "", "r", "a.org"));
	temp_tree_put(t, "b.org/dra-device-metadata/lab_c/r/metadata.json",
	              DOC("lab", "c", "", "r", "b.org"));
	temp_tree_put(t, "a.org/dra-device-metadata/office_c/r/metadata.json",
	              DOC_UID(UID2, "office", "c", "", "r", "a.org"));
	temp_tree_put(t, "a.org/checkpoint.json", "{");
	temp_tree_mkdirs(t, "c.org/");
	assert_int_equal(read_all(t, &all), 0);
	assert_int_equal(all.facts.claims.n, 3);
	assert_int_equal(all.facts.notes.n, 0);
	assert_int_equal(look_up(t, &one, &exact), 0);
	assert_int_equal(one.facts.claims.n, 2);
	assert_int_equal(look_up(t, &two, &loose), 0);
	assert_int_equal(two.facts.claims.n, 3);
}

static void test_nothing_there(void **state)
{
	static const char *const trees[] = { "resourceclaims/x/", "lab/x/",
		                             "a.org/dra-device-metadata/" };
	const struct temp_tree *t = *state;
	struct vc_binding b = { .namespace = a_namespace,
		                .claim = a_claim,
		                .request = a_request };

	for (enum vc_directory_layout l = VC_LAYOUT_CONTAINER; l <= VC_LAYOUT_SHARED;
	     l++) {
		const struct vc_directory d = { t->dir, t->path, l, VC_FILE_TRUSTED };
		AUTO_RUN run = RUN_INIT;

		temp_tree_mkdirs(t, trees[l - VC_LAYOUT_CONTAINER]);
		run.found = true;
		assert_int_equal(look_up_in(&d, &run, &b, NULL), 0);
		assert_false(run.found);
		assert_int_equal(run.facts.claims.n, 0);
		assert_int_equal(run.err.kind, VC_ERR_NONE);
	}
}

/* Other claims' files are not even opened. */
static void test_lookup_is_exact(void **state)
{
	const struct temp_tree *t = *state;
	struct vc_binding b = { .namespace = a_namespace,
		                .claim = a_claim,
		                .request = a_request };
	AUTO_RUN run = RUN_INIT;

	put_shared(t);
	temp_tree_put(t, "lab/broken/r/a.org-metadata.json", "{");
	temp_tree_put(t, "lab/c/s/a.org-metadata.json", "{");
	assert_int_equal(look_up(t, &run, &b), 0);
	assert_int_equal(run.facts.claims.n, 1);
}

static void test_foreign_names(void **state)
{
	const struct temp_tree *t = *state;
	AUTO_RUN run = RUN_INIT;

	put_shared(t);
	temp_tree_put(t, "README", "");
	temp_tree_put(t, "lab/c/r/notes.txt", "");
	temp_tree_put(t, "lab/c/r/-metadata.json", "");
	temp_tree_put(t, "lab/c/r/a..b-metadata.json", "");
	temp_tree_put(t, "lab/c/r/.a.org-metadata.json.1.tmp", "{");
	temp_tree_mkdirs(t, "lab/UPPER/r/");
	assert_int_equal(read_all(t, &run), 0);
	assert_int_equal(run.facts.claims.n, 3);
	assert_int_equal(run.facts.notes.n, 5);
	assert_non_null(strstr(run.facts.notes.v[0], "/README: left out; expected"));
}

/* What a file says must agree with where it lies. */
static void test_misplaced(void **state)
{
	static const struct {
		const char *path, *text, *message;
	} cases[] = {
		{ "lab/c/r/a.org-metadata.json", DOC("other", "c", "", "r", "a.org"),
		  "namespace 'other', but lies in the place of namespace 'lab'" },
		{ "lab/c/r/a.org-metadata.json", DOC("lab", "x", "", "r", "a.org"),
		  "claim 'x', but lies in the place of claim 'c'" },
		{ "lab/c/r/a.org-metadata.json", DOC("lab", "c", "", "x", "a.org"),
		  "request 'x', but lies in the place of request 'r'" },
		{ "lab/c/r/a.org-metadata.json", DOC("lab", "c", "", "r", "x.org"),
		  "driver 'x.org', but lies in the place of driver 'a.org'" },
		{ "resourceclaims/c/r/a.org-metadata.json",
		  DOC("lab", "x", "", "r", "a.org"), "claim 'x', but lies" },
		{ "resourceclaimtemplates/dev/r/a.org-metadata.json",
		  DOC("lab", "x", "other", "r", "a.org"),
		  "pod claim 'other', but lies in the place of pod claim 'dev'" },
		{ "a.org/dra-device-metadata/lab_c/r/metadata.json",
		  DOC("lab", "c", "", "r", "b.org"), "driver 'b.org', but lies" },
		{ "a.org/dra-device-metadata/lab_c/r/metadata.json",
		  DOC("lab", "d", "", "r", "a.org"), "claim 'd', but lies" },
		{ "lab/c/r/a.org-metadata.json",
		  "{\"kind\":", "the file ends in the middle" },
		{ "lab/c/r/a.org-metadata.json", "", "no document" },
		{ "lab/c/r/a.org-metadata.json", "{}", "'apiVersion' is missing" },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		struct temp_tree t = temp_tree_case(*state, i);
		AUTO_RUN run = RUN_INIT;

		temp_tree_put(&t, cases[i].path, cases[i].text);
		assert_int_equal(read_all(&t, &run), -VC_ERR_INPUT);
		if (!strstr(run.err.msg, cases[i].message))
			fail_msg("%s", run.err.msg);
		assert_non_null(strstr(run.err.msg, cases[i].path));
		assert_int_equal(run.facts.claims.n, 0);
		(void)close(t.dir);
	}
}

static void test_uid(void **state)
{
	const struct temp_tree *t = *state;
	struct vc_binding b = { .namespace = a_namespace,
		                .claim = a_claim,
		                .request = a_request,
		                .uid = a_uid };
	AUTO_RUN run = RUN_INIT;
	AUTO_RUN bad = RUN_INIT;

	put_shared(t);
	assert_int_equal(look_up(t, &run, &b), 0);
	assert_true(run.found);
	b.uid = other_uid;
	assert_int_equal(look_up(t, &bad, &b), -VC_ERR_REFUSED);
	assert_non_null(strstr(bad.err.msg, UID1));
	assert_non_null(strstr(bad.err.msg, UID2));
	assert_int_equal(bad.facts.claims.n, 0);
	assert_false(bad.found);
}

static void test_path_tricks(void **state)
{
	static char up[] = "../x", slash[] = "a/b", dot[] = ".", dots[] = "..",
		    empty[] = "", line[] = "a\nb", absolute[] = "/etc", upper[] = "A";
	char *const tricks[] = { up, slash, dot, dots, empty, line, absolute, upper };
	const struct temp_tree *t = *state;

	put_container(t);
	for (size_t i = 0; i < VC_ARRAY_SIZE(tricks); i++)
		for (int field = 0; field < 4; field++) {
			struct vc_binding b = { .namespace = a_namespace,
				                .claim = a_claim,
				                .pod_claim = a_pod_claim,
				                .request = a_request };
			char **fields[] = { &b.namespace, &b.claim, &b.pod_claim,
				            &b.request };
			AUTO_RUN run = RUN_INIT;

			*fields[field] = tricks[i];
			assert_int_equal(look_up(t, &run, &b), -VC_ERR_INPUT);
			assert_int_equal(run.facts.claims.n, 0);
		}
}

static void test_links_are_not_followed(void **state)
{
	static const char *const links[] = {
		"lab/l",
		"lab/c/l",
		"lab/c/r/l.org-metadata.json",
	};
	const struct temp_tree *t = *state;

	put_shared(t);
	temp_tree_put(t, "lab/d/r/a.org-metadata.json",
	              DOC("lab", "d", "", "r", "a.org"));
	for (size_t i = 0; i < VC_ARRAY_SIZE(links); i++) {
		AUTO_RUN run = RUN_INIT;

		assert_int_equal(symlinkat("/etc", t->dir, links[i]), 0);
		assert_int_equal(read_all(t, &run), -VC_ERR_REFUSED);
		assert_non_null(strstr(run.err.msg, "symbolic link"));
		assert_non_null(strstr(run.err.msg, links[i]));
		assert_int_equal(unlinkat(t->dir, links[i], 0), 0);
	}
}

/* No directory on the way may belong to others either. */
static void test_trust(void **state)
{
	static const char *const paths[] = { "lab", "lab/c", "lab/c/r",
		                             "lab/c/r/a.org-metadata.json" };
	const struct temp_tree *t = *state;
	struct vc_binding b = { .namespace = a_namespace,
		                .claim = a_claim,
		                .request = a_request };

	const struct vc_directory d = { t->dir, t->path, VC_LAYOUT_SHARED,
		                        VC_FILE_TRUSTED };

	put_shared(t);
	for (size_t i = 0; i < VC_ARRAY_SIZE(paths); i++) {
		AUTO_RUN good = RUN_INIT;
		AUTO_RUN run = RUN_INIT;

		assert_int_equal(look_up_in(&d, &good, &b, NULL), 0);
		assert_int_equal(fchmodat(t->dir, paths[i], 0777, 0), 0);
		assert_int_equal(look_up_in(&d, &run, &b, NULL), -VC_ERR_REFUSED);
		assert_non_null(strstr(run.err.msg, "can be written by others"));
		assert_int_equal(fchmodat(t->dir, paths[i], 0755, 0), 0);
	}
}

static void test_huge_file(void **state)
{
	const struct temp_tree *t = *state;
	AUTO_RUN run = RUN_INIT;
	int fd;

	put_shared(t);
	fd = openat(t->dir, "lab/c/r/a.org-metadata.json", O_WRONLY | O_CLOEXEC);
	assert_int_equal(ftruncate(fd, (off_t)VC_FILE_MAX_BYTES + 1), 0);
	(void)close(fd);
	assert_int_equal(read_all(t, &run), -VC_ERR_INPUT);
	assert_non_null(strstr(run.err.msg, "the limit is"));
}

static void test_not_a_file(void **state)
{
	const struct temp_tree *t = *state;
	AUTO_RUN run = RUN_INIT;

	put_shared(t);
	assert_int_equal(mkfifoat(t->dir, "lab/c/r/b.org-metadata.json", 0644), 0);
	assert_int_equal(read_all(t, &run), -VC_ERR_INPUT);
	assert_non_null(strstr(run.err.msg, "not a regular file"));
}

#define TREE_TEST(test) \
	cmocka_unit_test_setup_teardown(test, temp_tree_setup, temp_tree_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TREE_TEST(test_recognise),
		TREE_TEST(test_recognise_links),
		TREE_TEST(test_container),
		TREE_TEST(test_template_claim_named_directly),
		TREE_TEST(test_pod_claim_without_its_name_inside),
		TREE_TEST(test_shared),
		TREE_TEST(test_default_namespace),
		TREE_TEST(test_host),
		TREE_TEST(test_nothing_there),
		TREE_TEST(test_lookup_is_exact),
		TREE_TEST(test_foreign_names),
		TREE_TEST(test_misplaced),
		TREE_TEST(test_uid),
		TREE_TEST(test_path_tricks),
		TREE_TEST(test_links_are_not_followed),
		TREE_TEST(test_trust),
		TREE_TEST(test_huge_file),
		TREE_TEST(test_not_a_file),
	};

	return cmocka_run_group_tests_name("directory", tests, NULL, NULL);
}
