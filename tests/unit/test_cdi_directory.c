/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "claim/cdi.h"
#include "unit.h"

#define UID1 "3f7a92d4-6b0e-4d15-9c83-e1a4507bd926"
#define UID2 "a84c1e07-52f9-4b36-8d7a-90f3b6c2e415"

#define DEVICE(name, group)                                                             \
	"{\"name\":\"" name "\",\"containerEdits\":{\"deviceNodes\":[{\"path\":\"/dev/" \
	"vfio/" group "\"}]}}"
#define SPEC(devices) \
	"{\"cdiVersion\":\"0.5.0\",\"kind\":\"acme.test/gpu\",\"devices\":[" devices "]}"

#define N_DIRECTORIES 2

/* Two directories, the second of higher priority, and what reading them gave. */
struct machine {
	char root[32];
	char low[48], high[48];
	struct vc_arena arena;
	struct vc_facts facts;
	size_t n_failed;
};

static int set_up(void **state)
{
	struct machine *m = calloc(1, sizeof(*m));

	if (!m)
		return -1;
	(void)snprintf(m->root, sizeof(m->root), "/tmp/vc-cdi-XXXXXX");
	if (!mkdtemp(m->root)) {
		free(m);
		return -1;
	}
	(void)snprintf(m->low, sizeof(m->low), "%s/low", m->root);
	(void)snprintf(m->high, sizeof(m->high), "%s/high", m->root);
	m->arena = (struct vc_arena)VC_ARENA_INIT;
	*state = m;
	return mkdir(m->low, 0755) | mkdir(m->high, 0755);
}

static int remove_one(const char *path, const struct stat *st VC_UNUSED,
                      int type VC_UNUSED, struct FTW *ftw VC_UNUSED)
{
	return remove(path);
}

static int tear_down(void **state)
{
	struct machine *m = *state;
	int r = nftw(m->root, remove_one, 8, FTW_DEPTH | FTW_PHYS);

	vc_arena_release(&m->arena);
	free(m);
	return r;
}

static void put(const char *directory, const char *name, const char *text)
{
	char path[256];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", directory, name);
	f = fopen(path, "we");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, 0600), 0);
}

static void read_as(struct machine *m, const char *uid, unsigned flags)
{
	const char *const directories[] = { m->low, m->high };
	struct vc_err err = VC_ERR_INIT;
	int r;

	m->facts = (struct vc_facts){ 0 };
	m->n_failed = 99;
	r = vc_cdi_read_directories(&m->arena, directories, N_DIRECTORIES, uid, flags,
	                            &m->facts, &m->n_failed, &err);
	if (r < 0)
		print_error("%s\n", err.msg);
	assert_int_equal(r, 0);
	assert_int_equal(err.kind, VC_ERR_NONE);
}

/* The group of each device that was read, in order: "7 8 ". */
static void assert_groups(const struct machine *m, const char *want)
{
	char have[256] = "";
	size_t used = 0;

	for (size_t i = 0; i < m->facts.claims.n; i++)
		for (size_t j = 0; j < m->facts.claims.v[i].devices.n; j++)
			used += (size_t)snprintf(
				have + used, sizeof(have) - used, "%lld ",
				(long long)m->facts.claims.v[i].devices.v[j].iommu_group);
	assert_string_equal(have, want);
}

static void assert_note(const struct machine *m, size_t i, const char *part)
{
	if (!m->facts.notes.v || i >= m->facts.notes.n) {
		fail_msg("no note about '%s'", part);
		return;
	}
	if (!strstr(m->facts.notes.v[i], part))
		print_error("%s\n", m->facts.notes.v[i]);
	assert_non_null(strstr(m->facts.notes.v[i], part));
}

static void test_which_files(void **state)
{
	struct machine *m = *state;
	char path[256];

	put(m->low, "a.json", SPEC(DEVICE("a", "1")));
	put(m->low, "b.yaml",
	    "cdiVersion: 0.5.0\nkind: acme.test/gpu\ndevices:\n- name: b\n"
	    "  containerEdits:\n    deviceNodes:\n    - path: /dev/vfio/2\n");
	put(m->low, ".c.json", SPEC(DEVICE("c", "3")));
	put(m->low, "d.yml", SPEC(DEVICE("d", "4")));
	put(m->low, "e.JSON", SPEC(DEVICE("e", "5")));
	put(m->low, "f.json.tmp", SPEC(DEVICE("f", "6")));
	put(m->low, "README", "not a CDI file");
	(void)snprintf(path, sizeof(path), "%s/directory.json", m->low);
	assert_int_equal(mkdir(path, 0755), 0);
	put(path, "g.json", SPEC(DEVICE("g", "7")));
	put(m->root, "elsewhere", SPEC(DEVICE("h", "8")));
	(void)snprintf(path, sizeof(path), "%s/link.json", m->low);
	assert_int_equal(symlink("../elsewhere", path), 0);

	read_as(m, NULL, 0);
	assert_groups(m, "3 1 2 8 ");
	assert_int_equal(m->n_failed, 0);
	assert_int_equal(m->facts.notes.n, 0);

	/* where others could plant a link, none is followed */
	read_as(m, NULL, VC_FILE_BENEATH);
	assert_groups(m, "3 1 2 ");
	assert_int_equal(m->n_failed, 1);
	assert_note(m, 0, "link.json");
}

static void test_missing_directory(void **state)
{
	struct machine *m = *state;

	assert_int_equal(rmdir(m->low), 0);
	put(m->high, "a.json", SPEC(DEVICE("a", "1")));
	read_as(m, NULL, 0);
	assert_groups(m, "1 ");
	assert_int_equal(rmdir(m->low), -1);
}

/* A file that fails costs only itself. */
static void test_failing_files(void **state)
{
	static const struct {
		const char *name, *text, *complaint;
	} files[] = {
		{ "01.json", "# comment\n" SPEC(DEVICE("a", "1")), "strict JSON" },
		{ "02.json", SPEC(DEVICE("b", "2") ","), "strict JSON" },
		{ "03.json", "\xef\xbb\xbf" SPEC(DEVICE("c", "3")), "strict JSON" },
		{ "04.json", SPEC(DEVICE("d", "4")) " garbage", "strict JSON" },
		{ "05.json", "{'cdiVersion': '0.5.0'}", "strict JSON" },
		{ "06.json", "cdiVersion: 0.5.0\n", "strict JSON" },
		{ "07.json", "", "07.json" },
		{ "08.json", "{}", "'cdiVersion' is missing" },
		{ "09.yaml", "a: &x 1\n", "09.yaml:1:" },
		{ "10.json", SPEC(DEVICE("e", "5") "," DEVICE("e", "6")),
		  "already defined by" },
		{ "a_" UID1 ".json", SPEC(DEVICE(UID2 "-x", "7")),
		  "was the file copied" },
	};
	const size_t n = VC_ARRAY_SIZE(files);
	struct machine *m = *state;
	char path[256];

	for (size_t i = 0; i < n; i++)
		put(m->low, files[i].name, files[i].text);
	(void)snprintf(path, sizeof(path), "%s/99.json", m->low);
	assert_int_equal(symlink("nowhere", path), 0);
	put(m->low, "good.json", SPEC(DEVICE("g", "42")));

	read_as(m, NULL, 0);
	assert_groups(m, "42 ");
	assert_int_equal(m->n_failed, n + 1);
	assert_int_equal(m->facts.notes.n, n + 1);
	for (size_t i = 0; i + 1 < n; i++) {
		assert_note(m, i, files[i].complaint);
		assert_note(m, i, files[i].name);
	}
	assert_note(m, n - 1, "99.json");
	/* what contradicts itself is only seen when devices are made of it */
	assert_note(m, n, files[n - 1].complaint);
}

static void test_shadowed(void **state)
{
	struct machine *m = *state;

	put(m->low, "a.json", SPEC(DEVICE("a", "1") "," DEVICE("b", "2")));
	put(m->high, "z.json", SPEC(DEVICE("a", "11")));
	read_as(m, NULL, 0);
	assert_groups(m, "2 11 ");
	assert_int_equal(m->facts.notes.n, 0);
	assert_int_equal(m->n_failed, 0);
}

static void test_conflict(void **state)
{
	struct machine *m = *state;

	put(m->high, "a.json", SPEC(DEVICE("a", "1") "," DEVICE("b", "2")));
	put(m->high, "b.json", SPEC(DEVICE("a", "3") "," DEVICE("c", "4")));
	read_as(m, NULL, 0);
	assert_groups(m, "2 4 ");
	assert_int_equal(m->n_failed, 0);
	assert_int_equal(m->facts.notes.n, 1);
	assert_note(m, 0, "'acme.test/gpu=a' is left out");
	assert_note(m, 0, "a.json");
	assert_note(m, 0, "b.json");
}

/* A conflict among the low removes the name even where the high defines it once, and one
 * among the high removes what the low defines once. */
static void test_conflict_and_priority(void **state)
{
	struct machine *m = *state;

	put(m->low, "a.json", SPEC(DEVICE("a", "1")));
	put(m->low, "b.json", SPEC(DEVICE("a", "2")));
	put(m->high, "c.json", SPEC(DEVICE("a", "3") "," DEVICE("d", "4")));
	put(m->high, "d.json", SPEC(DEVICE("d", "5")));
	put(m->low, "e.json", SPEC(DEVICE("d", "6")));
	read_as(m, NULL, 0);
	assert_groups(m, "");
	assert_int_equal(m->facts.notes.n, 2);
}

static void test_one_claim(void **state)
{
	struct machine *m = *state;

	put(m->low, "x_" UID1 ".json", SPEC(DEVICE(UID1 "-a", "1")));
	put(m->low, "x_" UID2 ".json", "not opened");
	put(m->low, "mixed.json",
	    SPEC(DEVICE(UID1 "-b", "2") "," DEVICE(UID2 "-b", "3")));
	put(m->low, "static.json", SPEC(DEVICE("node", "4")));
	read_as(m, UID1, 0);
	assert_groups(m, "2 4 1 ");
	assert_int_equal(m->n_failed, 0);
	assert_int_equal(m->facts.notes.n, 0);

	read_as(m, "3F7A92D4-6B0E-4D15-9C83-E1A4507BD926", 0);
	assert_groups(m, "2 4 1 ");
}

static void test_trust(void **state)
{
	struct machine *m = *state;
	struct vc_err err = VC_ERR_INIT;
	const char *const directories[] = { m->low };
	size_t n_failed = 99;
	char path[256];

	put(m->low, "a.json", SPEC(DEVICE("a", "1")));
	put(m->low, "b.json", SPEC(DEVICE("b", "2")));
	(void)snprintf(path, sizeof(path), "%s/b.json", m->low);
	assert_int_equal(chmod(path, 0666), 0);
	read_as(m, NULL, VC_FILE_TRUSTED);
	assert_groups(m, "1 ");
	assert_int_equal(m->n_failed, 1);
	assert_note(m, 0, "chmod go-w");

	/* a directory in which others can write is not read at all */
	assert_int_equal(chmod(m->low, 0777), 0);
	m->facts = (struct vc_facts){ 0 };
	assert_int_equal(vc_cdi_read_directories(&m->arena, directories, 1, NULL,
	                                         VC_FILE_TRUSTED, &m->facts, &n_failed,
	                                         &err),
	                 -VC_ERR_REFUSED);
	assert_int_equal(n_failed, 99);
	assert_int_equal(m->facts.claims.n, 0);
}

static void test_out_of_memory(void **state)
{
	struct machine *m = *state;
	const char *const directories[] = { m->low, m->high };
	size_t limit = 0;

	put(m->low, "a.json", SPEC(DEVICE("a", "1")));
	put(m->high, "b.json", "broken");
	for (int r = -VC_ERR_INTERNAL; r != 0; limit += 512) {
		VC_AUTO_ARENA struct vc_arena arena = { .max_bytes = limit };
		struct vc_facts facts = { 0 };
		struct vc_err err = VC_ERR_INIT;
		size_t n_failed = 99;

		assert_true(limit < 1000000);
		r = vc_cdi_read_directories(&arena, directories, N_DIRECTORIES, NULL, 0,
		                            &facts, &n_failed, &err);
		assert_true(r == 0 || r == -VC_ERR_INTERNAL);
		assert_int_equal(n_failed, r == 0 ? 1 : 99);
	}
}

/* All files of a driver, as they lie in one directory of a node. */
static void test_fixtures(void **state)
{
	static const struct {
		const char *name;
		size_t n_claims, n_notes;
	} drivers[] = {
		{ "pci-driver", 2, 1 }, { "nvidia", 2, 0 }, { "example", 1, 0 },
		{ "sriov", 2, 1 },      { "intel", 1, 0 },  { "amd", 1, 0 },
		{ "kata", 1, 0 },       { "own", 1, 0 },    { "metadata", 1, 1 },
	};
	struct machine *m = *state;

	for (size_t i = 0; i < VC_ARRAY_SIZE(drivers); i++) {
		struct vc_err err = VC_ERR_INIT;
		struct vc_facts facts = { 0 };
		const char *directory = NULL;
		size_t n_failed = 99;
		char path[512];

		(void)snprintf(path, sizeof(path), VC_FIXTURES "/cdi/%s",
		               drivers[i].name);
		directory = path;
		assert_int_equal(vc_cdi_read_directories(&m->arena, &directory, 1, NULL,
		                                         0, &facts, &n_failed, &err),
		                 0);
		assert_int_equal(n_failed, 0);
		assert_int_equal(facts.claims.n, drivers[i].n_claims);
		assert_int_equal(facts.notes.n, drivers[i].n_notes);
	}
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_which_files),   TEST(test_missing_directory),
		TEST(test_failing_files), TEST(test_shadowed),
		TEST(test_conflict),      TEST(test_conflict_and_priority),
		TEST(test_one_claim),     TEST(test_trust),
		TEST(test_out_of_memory), TEST(test_fixtures),
	};

	return cmocka_run_group_tests_name("cdi_directory", tests, NULL, NULL);
}
