/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "claim/source.h"
#include "temp_tree.h"

#define UID1 "5d1f0c52-0f1e-4b53-9e0e-000000000007"
#define UID2 "5d1f0c52-0f1e-4b53-9e0e-000000000008"

#define METADATA(request)                                                    \
	"{\"kind\":\"DeviceMetadata\","                                      \
	"\"apiVersion\":\"metadata.resource.k8s.io/v1alpha1\",\"metadata\":" \
	"{\"name\":\"c\",\"namespace\":\"lab\",\"uid\":\"" UID1              \
	"\"},\"requests\":[{\"name\":\"" request                             \
	"\",\"devices\":[{\"driver\":\"a.org\",\"pool\":\"p\",\"name\":\"d\"}]}]}\n"
#define CLAIM                                                                       \
	"{\"apiVersion\":\"resource.k8s.io/v1\",\"kind\":\"ResourceClaim\","        \
	"\"metadata\":{\"name\":\"c\",\"namespace\":\"lab\",\"uid\":\"" UID2 "\"}," \
	"\"spec\":{\"devices\":{\"requests\":[{\"name\":\"r\",\"exactly\":"         \
	"{\"deviceClassName\":\"x\"}}]}},\"status\":{\"allocation\":{\"devices\":"  \
	"{\"results\":[{\"request\":\"r\",\"driver\":\"a.org\",\"pool\":\"p\","     \
	"\"device\":\"d\"}]}}}}\n"
#define CDI(name)                                                          \
	"cdiVersion: 0.5.0\nkind: a.org/gpu\ndevices:\n- name: " name "\n" \
	"  containerEdits:\n    env:\n    - PCI_RESOURCE_X=0000:65:00.0\n"

struct run {
	struct vc_arena arena;
	struct vc_facts facts;
	struct vc_err err;
	int stdin_fd;
	unsigned file_flags;
	struct vc_bindings bindings;
};

static void run_release(struct run *run)
{
	vc_arena_release(&run->arena);
	if (run->stdin_fd >= 0)
		(void)close(run->stdin_fd);
}

#define AUTO_RUN VC_CLEANUP(run_release) struct run
#define RUN_INIT                                       \
	{                                              \
		.arena = VC_ARENA_INIT, .stdin_fd = -1 \
	}

/* @names are in the tree; "-" and NULL end as they are. */
static int run_paths(const struct temp_tree *t, struct run *run,
                     const char *const names[], size_t n)
{
	const struct vc_source_options options = { .bindings = &run->bindings,
		                                   .file_flags = run->file_flags,
		                                   .stdin_fd = run->stdin_fd };
	const char **paths = vc_arena_alloc(&run->arena, n, sizeof(*paths));

	assert_non_null(paths);
	for (size_t i = 0; i < n; i++) {
		paths[i] = strcmp(names[i], "-") == 0
		                   ? "-"
		                   : vc_arena_printf(&run->arena, "%s/%s", t->path,
		                                     names[i]);
		assert_non_null(paths[i]);
	}
	return vc_sources_read(&run->arena, paths, n, &options, &run->facts, &run->err);
}

static int run_path(const struct temp_tree *t, struct run *run, const char *name)
{
	return run_paths(t, run, &name, 1);
}

static void test_files(void **state)
{
	static const char *const names[] = { "m.json", "claim.json", "cdi.yaml" };
	const struct temp_tree *t = *state;
	AUTO_RUN run = RUN_INIT;

	temp_tree_put(t, "m.json", METADATA("r"));
	temp_tree_put(t, "claim.json", CLAIM);
	temp_tree_put(t, "cdi.yaml", CDI("g0"));
	if (run_paths(t, &run, names, 3) < 0)
		fail_msg("%s", run.err.msg);
	assert_int_equal(run.facts.claims.n, 3);
	assert_false(run.facts.claims.v[0].from_api);
	assert_true(run.facts.claims.v[1].from_api);
	assert_null(run.facts.claims.v[2].name);
}

static void test_stdin(void **state)
{
	const struct temp_tree *t = *state;
	AUTO_RUN run = RUN_INIT;

	temp_tree_put(t, "m", METADATA("r") METADATA("s"));
	run.stdin_fd = openat(t->dir, "m", O_RDONLY | O_CLOEXEC);
	assert_int_equal(run_path(t, &run, "-"), 0);
	assert_int_equal(run.facts.claims.n, 2);
	assert_int_equal(strncmp(run.facts.claims.v[0].origin, "standard input", 14), 0);
}

static void test_trees(void **state)
{
	const struct temp_tree *t = *state;
	AUTO_RUN container = RUN_INIT;
	AUTO_RUN host = RUN_INIT;
	AUTO_RUN shared = RUN_INIT;

	temp_tree_put(t, "1/resourceclaims/c/r/a.org-metadata.json", METADATA("r"));
	temp_tree_put(t, "2/a.org/dra-device-metadata/lab_c/r/metadata.json",
	              METADATA("r"));
	temp_tree_put(t, "3/lab/c/r/a.org-metadata.json", METADATA("r"));
	temp_tree_put(t, "3/stray.json", "{}");
	assert_int_equal(run_path(t, &container, "1"), 0);
	assert_int_equal(container.facts.claims.n, 1);
	assert_int_equal(run_path(t, &host, "2"), 0);
	assert_int_equal(host.facts.claims.n, 1);
	assert_int_equal(run_path(t, &shared, "3/"), 0);
	assert_int_equal(shared.facts.claims.n, 1);
}

/* With bindings only their files are read, each once. */
static void test_bindings(void **state)
{
	static char claim[] = "c", request[] = "r";
	struct vc_binding b[] = { { .claim = claim, .request = request, .index = 1 },
		                  { .claim = claim, .request = request, .index = 2 } };
	const struct temp_tree *t = *state;
	AUTO_RUN run = RUN_INIT;

	temp_tree_put(t, "s/lab/c/r/a.org-metadata.json", METADATA("r"));
	temp_tree_put(t, "s/lab/c/s/a.org-metadata.json", "{");
	run.bindings.v = b;
	run.bindings.n = 2;
	assert_int_equal(run_path(t, &run, "s"), 0);
	assert_int_equal(run.facts.claims.n, 1);
}

/* [CDI] SPEC: the later directory wins, so all of them are read together. */
static void test_cdi_directories(void **state)
{
	static const char *const names[] = { "etc", "m.json", "run" };
	const struct temp_tree *t = *state;
	AUTO_RUN run = RUN_INIT;

	temp_tree_put(t, "etc/a.yaml", CDI("g0"));
	temp_tree_put(t, "etc/b.json", "{");
	temp_tree_put(t, "etc/backup/old.yaml", "{");
	temp_tree_put(t, "run/a.yaml", CDI("g0"));
	temp_tree_put(t, "m.json", METADATA("r"));
	if (run_paths(t, &run, names, 3) < 0)
		fail_msg("%s", run.err.msg);
	assert_int_equal(run.facts.claims.n, 2);
	assert_non_null(run.facts.claims.v[0].name);
	assert_non_null(strstr(run.facts.claims.v[1].devices.v[0].origin, "/run/a.yaml"));
	assert_true(run.facts.notes.n > 0);
}

static void test_empty_directory(void **state)
{
	const struct temp_tree *t = *state;
	AUTO_RUN run = RUN_INIT;

	temp_tree_mkdirs(t, "empty/");
	assert_int_equal(run_path(t, &run, "empty"), 0);
	assert_int_equal(run.facts.claims.n, 0);
	assert_int_equal(run.facts.notes.n, 1);
}

static const struct {
	const char *path, *text, *message;
	enum vc_err_kind kind;
} bad[] = {
	{ "x", "", "no document", VC_ERR_INPUT },
	{ "x", "\n", "no document", VC_ERR_INPUT },
	{ "x", "{", "the file ends in the middle", VC_ERR_INPUT },
	{ "x", "{}", "expected DeviceMetadata, a CDI", VC_ERR_INPUT },
	{ "x", "[]", "expected DeviceMetadata, a CDI", VC_ERR_INPUT },
	{ "x", "a: 1\n", "expected DeviceMetadata, a CDI", VC_ERR_INPUT },
	{ "x", "{\"kind\":7,\"apiVersion\":null}", "expected DeviceMetadata",
	  VC_ERR_INPUT },
	{ "x", "{\"kind\":\"Volume\",\"apiVersion\":\"x.org/v1\"}", "not a Volume",
	  VC_ERR_INPUT },
	{ "x", "{\"kind\":\"Secret\",\"apiVersion\":\"v1\"}", "not a Secret",
	  VC_ERR_INPUT },
	{ "x", "{\"kind\":\"VirtualMachineInstance\",\"apiVersion\":\"kubevirt.io/v1\"}",
	  "give it with --vmi", VC_ERR_INPUT },
	{ "x", "<domain type='kvm'/>", "expected a mapping or a list", VC_ERR_INPUT },
	{ "x/readme.txt", "hello", "expected CDI files, resourceclaims/", VC_ERR_INPUT },
	{ "x/m.json", METADATA("r"), "expected CDI files", VC_ERR_INPUT },
	{ "x/m.json", "{", "m.json:1:2: the file ends in the middle", VC_ERR_INPUT },
	{ "y", "", "No such file", VC_ERR_ABSENT },
};

static void test_refused(void **state)
{
	for (size_t i = 0; i < VC_ARRAY_SIZE(bad); i++) {
		struct temp_tree t = temp_tree_case(*state, i);
		AUTO_RUN run = RUN_INIT;

		temp_tree_put(&t, bad[i].path, bad[i].text);
		assert_int_equal(run_path(&t, &run, "x"), -(int)bad[i].kind);
		if (!strstr(run.err.msg, bad[i].message) || !strstr(run.err.msg, t.path))
			fail_msg("%s", run.err.msg);
		assert_int_equal(run.facts.claims.n, 0);
		(void)close(t.dir);
	}
}

static void test_huge(void **state)
{
	const struct temp_tree *t = *state;
	AUTO_RUN file = RUN_INIT;
	AUTO_RUN stream = RUN_INIT;

	temp_tree_put(t, "x", "{");
	stream.stdin_fd = openat(t->dir, "x", O_RDWR | O_CLOEXEC);
	assert_int_equal(ftruncate(stream.stdin_fd, (off_t)100 << 20), 0);
	assert_int_equal(run_path(t, &file, "x"), -VC_ERR_INPUT);
	assert_non_null(strstr(file.err.msg, "the limit is"));
	assert_int_equal(run_path(t, &stream, "-"), -VC_ERR_INPUT);
	assert_non_null(strstr(stream.err.msg, "standard input: more than"));
}

static void test_trust(void **state)
{
	static const char *const paths[] = { "m.json", "s", "c" };
	const struct temp_tree *t = *state;

	temp_tree_put(t, "m.json", METADATA("r"));
	temp_tree_put(t, "s/lab/c/r/a.org-metadata.json", METADATA("r"));
	temp_tree_put(t, "c/a.yaml", CDI("g0"));
	for (size_t i = 0; i < VC_ARRAY_SIZE(paths); i++) {
		AUTO_RUN good = RUN_INIT;
		AUTO_RUN run = RUN_INIT;

		good.file_flags = VC_FILE_TRUSTED;
		run.file_flags = VC_FILE_TRUSTED;
		assert_int_equal(run_path(t, &good, paths[i]), 0);
		assert_int_equal(fchmodat(t->dir, paths[i], 0777, 0), 0);
		assert_int_equal(run_path(t, &run, paths[i]), -VC_ERR_REFUSED);
		assert_int_equal(run.facts.claims.n, 0);
	}
}

#define TREE_TEST(test) \
	cmocka_unit_test_setup_teardown(test, temp_tree_setup, temp_tree_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TREE_TEST(test_files),           TREE_TEST(test_stdin),
		TREE_TEST(test_trees),           TREE_TEST(test_bindings),
		TREE_TEST(test_cdi_directories), TREE_TEST(test_empty_directory),
		TREE_TEST(test_refused),         TREE_TEST(test_huge),
		TREE_TEST(test_trust),
	};

	return cmocka_run_group_tests_name("source", tests, NULL, NULL);
}
