/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "base/parse.h"
#include "publish_util.h"

#define CDI_FILE  "cdi/virt-claim.io-claim_" UID_A ".json"
#define FOLDER    "run/claims/lab/vm7"
#define DISK_FILE FOLDER "/disk/virt-claim.io-metadata.json"
#define NIC_FILE  FOLDER "/nic/virt-claim.io-metadata.json"
#define TWIN(request) \
	FOLDER "/.container/resourceclaims/vm7/" request "/virt-claim.io-metadata.json"

static struct stat stat_of(const struct temp_tree *t, const char *path)
{
	struct stat st = { 0 };

	if (fstatat(t->dir, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		fail_msg("no '%s'", path);
	return st;
}

static bool exists(const struct temp_tree *t, const char *path)
{
	struct stat st;

	return fstatat(t->dir, path, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* How many names a directory has; hidden ones are leftovers. */
static size_t count_names(const struct temp_tree *t, const char *path)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	VC_AUTOCLOSE int fd = openat(t->dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct vc_names names = { 0 };
	struct vc_err err = VC_ERR_INIT;

	if (fd < 0)
		return 0;
	assert_int_equal(vc_file_list(&arena, fd, &names, &err), 0);
	return names.n;
}

static void assert_mode(const struct temp_tree *t, const char *path, mode_t mode)
{
	assert_int_equal(stat_of(t, path).st_mode & 07777, mode);
}

/* Golden: tests/fixtures/publish/NAME; VC_UPDATE_GOLDEN=1 writes it. */
static void assert_golden(const struct temp_tree *t, const char *path, const char *name)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	const char *text = file_text(&arena, t, path);
	VC_AUTOCLOSE int dir =
		open(VC_FIXTURES "/publish", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct vc_err err = VC_ERR_INIT;
	char *expected = NULL;
	size_t len;

	assert_true(dir >= 0);
	if (getenv("VC_UPDATE_GOLDEN"))
		assert_int_equal(
			vc_file_replace(dir, name, text, strlen(text), 0644, &err), 0);
	assert_int_equal(vc_file_read(&arena, dir, name, 0, &expected, &len, &err), 0);
	assert_string_equal(text, expected);
}

static void test_bytes(void **state)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	const struct temp_tree *t = *state;
	const struct vc_claim claim = example_claim(&arena);
	struct place place;

	place_in(t, &place);
	must_write(&place, &claim, true);
	assert_golden(t, DISK_FILE, "disk.json");
	assert_golden(t, NIC_FILE, "nic.json");
	assert_golden(t, CDI_FILE, "cdi.json");
	assert_int_equal(stat_of(t, DISK_FILE).st_ino, stat_of(t, TWIN("disk")).st_ino);
	assert_int_equal(stat_of(t, NIC_FILE).st_ino, stat_of(t, TWIN("nic")).st_ino);
}

/* Hooks read what belongs to root and what others cannot write. */
static void test_modes(void **state)
{
	static const char *const directories[] = {
		"run",
		"run/claims",
		"run/claims/lab",
		FOLDER,
		FOLDER "/disk",
		FOLDER "/.container",
		"cdi",
		FOLDER "/.container/resourceclaims",
		FOLDER "/.container/resourceclaims/vm7/nic",
	};
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	static const mode_t masks[] = { 0, 077 };
	const struct temp_tree *t = *state;
	const struct vc_claim claim = example_claim(&arena);

	for (size_t i = 0; i < VC_ARRAY_SIZE(masks); i++) {
		struct temp_tree own = temp_tree_case(t, i);
		mode_t old = umask(masks[i]);
		struct place place;

		place_in(&own, &place);
		must_write(&place, &claim, true);
		(void)umask(old);
		for (size_t j = 0; j < VC_ARRAY_SIZE(directories); j++)
			assert_mode(&own, directories[j], 0755);
		assert_mode(&own, DISK_FILE, 0644);
		assert_mode(&own, TWIN("disk"), 0644);
		assert_mode(&own, CDI_FILE, 0644);
		(void)close(own.dir);
	}
}

static void test_nothing_to_do(void **state)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	const struct temp_tree *t = *state;
	const struct vc_claim claim = example_claim(&arena);
	struct stat file, folder, cdi;
	struct place place;

	place_in(t, &place);
	must_write(&place, &claim, true);
	file = stat_of(t, DISK_FILE);
	folder = stat_of(t, FOLDER);
	cdi = stat_of(t, CDI_FILE);
	must_write(&place, &claim, false);
	assert_int_equal(stat_of(t, DISK_FILE).st_ino, file.st_ino);
	assert_int_equal(stat_of(t, FOLDER).st_ino, folder.st_ino);
	assert_int_equal(stat_of(t, CDI_FILE).st_ino, cdi.st_ino);
	assert_int_equal(count_names(t, "run/claims/lab"), 1);
	assert_int_equal(count_names(t, "cdi"), 1);
}

static int64_t generation_of(const struct temp_tree *t, const char *path)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	const char *text = file_text(&arena, t, path);
	const char *at = strstr(text, "\"generation\": ");

	assert_non_null(at);
	return at[strlen("\"generation\": ")] - '0';
}

/* Only the file that differs is replaced, in its folder, and its twin with it. */
static void test_update(void **state)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	const struct temp_tree *t = *state;
	struct vc_claim claim = example_claim(&arena);
	struct stat disk, nic, folder;
	struct place place;

	place_in(t, &place);
	must_write(&place, &claim, true);
	disk = stat_of(t, DISK_FILE);
	nic = stat_of(t, NIC_FILE);
	folder = stat_of(t, FOLDER "/.container");
	for (int64_t generation = 2; generation < 5; generation++) {
		add_number(&arena, &claim.devices.v[2], "virt-claim.io/n", generation);
		claim.devices.v[2]
			.attributes.v[claim.devices.v[2].attributes.n - 1]
			.name =
			vc_arena_printf(&arena, "virt-claim.io/n%d", (int)generation);
		must_write(&place, &claim, true);
		assert_int_equal(generation_of(t, NIC_FILE), generation);
		assert_int_equal(stat_of(t, NIC_FILE).st_ino,
		                 stat_of(t, TWIN("nic")).st_ino);
	}
	assert_int_equal(generation_of(t, DISK_FILE), 1);
	assert_int_equal(stat_of(t, DISK_FILE).st_ino, disk.st_ino);
	assert_int_not_equal(stat_of(t, NIC_FILE).st_ino, nic.st_ino);
	assert_int_equal(stat_of(t, FOLDER "/.container").st_ino, folder.st_ino);
	assert_int_equal(count_names(t, "run/claims/lab"), 1);
	assert_int_equal(count_names(t, FOLDER "/nic"), 1);
	must_write(&place, &claim, false);
}

/* Another boot makes other files, although nothing else differs. */
static void test_other_boot(void **state)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	const struct temp_tree *t = *state;
	const struct vc_claim claim = example_claim(&arena);
	struct place place;

	place_in(t, &place);
	must_write(&place, &claim, true);
	place.publish.boot_id = "00000000-64f3-4a8d-b7d0-15ce8a7f2b36";
	must_write(&place, &claim, true);
	assert_int_equal(generation_of(t, DISK_FILE), 2);
	assert_non_null(strstr(file_text(&arena, t, CDI_FILE), "00000000-64f3"));
	assert_null(strstr(file_text(&arena, t, TWIN("disk")), BOOT));
}

/* A twin that a crash left behind is put right. */
static void test_old_twin(void **state)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	const struct temp_tree *t = *state;
	const struct vc_claim claim = example_claim(&arena);
	struct place place;

	place_in(t, &place);
	must_write(&place, &claim, true);
	assert_int_equal(unlinkat(t->dir, TWIN("nic"), 0), 0);
	must_write(&place, &claim, true);
	assert_int_equal(stat_of(t, NIC_FILE).st_ino, stat_of(t, TWIN("nic")).st_ino);
	assert_int_equal(unlinkat(t->dir, TWIN("disk"), 0), 0);
	temp_tree_put(t, TWIN("disk"), "older");
	must_write(&place, &claim, true);
	assert_int_equal(stat_of(t, DISK_FILE).st_ino, stat_of(t, TWIN("disk")).st_ino);
	assert_int_equal(generation_of(t, DISK_FILE), 1);
	must_write(&place, &claim, false);
}

/* What does not fit is replaced as a whole, and heals. */
static void test_replaced_as_a_whole(void **state)
{
	static const struct {
		const char *what;
		int64_t generation;
	} cases[] = {
		{ "another uid", 1 },      { "a request more", 2 },
		{ "a request less", 2 },   { "a file more", 2 },
		{ "a torn file", 2 },      { "no container", 2 },
		{ "others can write", 2 }, { "a linked file", 2 },
		{ "nothing in it", 1 },    { "another claim inside", 1 },
	};
	const struct temp_tree *t = *state;

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
		struct temp_tree own = temp_tree_case(t, i);
		const struct vc_claim claim = example_claim(&arena);
		struct vc_claim before = claim;
		struct stat folder;
		struct place place;

		place_in(&own, &place);
		if (i == 0)
			before.uid = text_of(&arena, UID_B);
		before.devices.n = i == 2 ? 2 : 3;
		must_write(&place, &before, true);
		if (i == 1)
			temp_tree_put(&own, FOLDER "/zeta/virt-claim.io-metadata.json",
			              "");
		if (i == 3)
			temp_tree_put(&own, FOLDER "/nic/other.org-metadata.json", "");
		if (i == 4)
			temp_tree_put(&own, NIC_FILE, "{");
		if (i == 5)
			assert_int_equal(
				renameat(own.dir, FOLDER "/.container", own.dir, "gone"),
				0);
		if (i == 6)
			assert_int_equal(fchmodat(own.dir, FOLDER, 0775, 0), 0);
		if (i == 7) {
			assert_int_equal(unlinkat(own.dir, NIC_FILE, 0), 0);
			assert_int_equal(symlinkat("/etc/passwd", own.dir, NIC_FILE), 0);
		}
		if (i == 8) {
			assert_int_equal(
				renameat(own.dir, FOLDER "/disk", own.dir, "gone"), 0);
			assert_int_equal(
				renameat(own.dir, FOLDER "/nic", own.dir, "gone-too"), 0);
		}
		if (i == 9) {
			temp_tree_put(&own, DISK_FILE, "[]");
			temp_tree_put(&own, NIC_FILE, "null");
		}
		folder = stat_of(&own, FOLDER);
		must_write(&place, &claim, true);
		assert_int_not_equal(stat_of(&own, FOLDER).st_ino, folder.st_ino);
		assert_int_equal(generation_of(&own, NIC_FILE), cases[i].generation);
		assert_int_equal(count_names(&own, "run/claims/lab"), 1);
		assert_int_equal(count_names(&own, FOLDER), 3);
		assert_mode(&own, FOLDER, 0755);
		must_write(&place, &claim, false);
		(void)close(own.dir);
	}
	assert_int_equal(count_names(t, "."), VC_ARRAY_SIZE(cases));
}

/* Attributes beyond the limit go, the identity stays. */
static void test_attribute_limit(void **state)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	static const char *const extra[] = { "product", "vendor", "class", "driver" };
	const struct temp_tree *t = *state;
	struct vc_claim claim = example_claim(&arena);
	struct vc_device *d = &claim.devices.v[0];
	struct vc_claims claims = { 0 };
	struct place place;

	for (size_t i = 0; i < VC_ARRAY_SIZE(extra); i++)
		add_text(&arena, d, vc_arena_printf(&arena, "virt-claim.io/%s", extra[i]),
		         "x");
	for (int i = 0; d->attributes.n < 33; i++)
		add_number(&arena, d, vc_arena_printf(&arena, "virt-claim.io/x%d", i), i);
	place_in(t, &place);
	must_write(&place, &claim, true);
	read_claims(&arena, (const char *const[]){ place.claims }, 1, &claims);
	d = &claims.v[0].devices.v[0];
	assert_int_equal(d->attributes.n, 32);
	assert_string_equal(vc_attributes_string(&d->attributes, VC_ATTR_BOOT_ID), BOOT);
	assert_string_equal(vc_attributes_string(&d->attributes, VC_ATTR_SERIAL), "S1");
	assert_null(vc_attributes_find(&d->attributes, "virt-claim.io/product"));
	assert_null(vc_attributes_find(&d->attributes, "virt-claim.io/vendor"));
	assert_non_null(vc_attributes_find(&d->attributes, "virt-claim.io/class"));
	must_write(&place, &claim, false);
}

/* A claim of two other drivers, as on a node of Kubernetes: one file each. */
static void test_other_drivers(void **state)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	const struct temp_tree *t = *state;
	struct vc_claim claim = claim_of(&arena, "vm7", "uid_1.x");
	struct vc_claims claims = { 0 };
	struct vc_device *d;
	struct place place;

	place_in(t, &place);
	place.publish.cdi = NULL;
	for (uint8_t i = 0; i < 4; i++) {
		d = add_function(&arena, &claim, "r", "d", (uint8_t)(i + 1));
		d->name[0] = (char)('a' + i);
		d->driver = text_of(&arena, i == 1   ? "B.example.org"
		                            : i == 3 ? "b.example.org"
		                                     : "a.example.org");
	}
	for (int i = 0; claim.devices.v[0].attributes.n < 32; i++)
		add_number(&arena, &claim.devices.v[0],
		           vc_arena_printf(&arena, "a.example.org/x%d", i), i);
	must_write(&place, &claim, true);
	assert_true(exists(t, FOLDER "/r/a.example.org-metadata.json"));
	assert_true(exists(t, FOLDER "/r/B.example.org-metadata.json"));
	assert_int_equal(count_names(t, FOLDER "/r"), 2);
	assert_false(exists(t, "cdi"));
	read_claims(&arena, (const char *const[]){ place.claims }, 1, &claims);
	assert_int_equal(claims.v[0].devices.n, 4);
	for (size_t i = 0; i < 4; i++) {
		d = &claims.v[0].devices.v[i];
		assert_int_equal(vc_attributes_find(&d->attributes, VC_ATTR_BOOT_ID) !=
		                         NULL,
		                 strcmp(d->name, "a") != 0);
	}
	must_write(&place, &claim, false);
}

/* What cannot be published, and what is in the way: nothing is written. */
static void test_refusals(void **state)
{
	enum wrong {
		NO_UID,
		NO_NAMESPACE,
		BAD_NAME,
		NO_DEVICES,
		NO_REQUEST,
		BAD_DRIVER,
		NO_POOL,
		ADMIN,
		NO_NODE,
		UID_IS_NO_UUID,
		CLAIMS_IS_A_FILE,
		CLAIMS_WRITABLE,
		NAMESPACE_IS_A_FILE,
		NAMESPACE_IS_A_LINK,
		NAMESPACE_WRITABLE,
		CLAIM_IS_A_FILE,
		CLAIM_IS_A_LINK,
		N_WRONG
	};
	static const char *const says[N_WRONG] = {
		[NO_UID] = "not all known",
		[NO_NAMESPACE] = "not all known",
		[BAD_NAME] = "not all known",
		[NO_DEVICES] = "no devices",
		[NO_REQUEST] = "not both known",
		[BAD_DRIVER] = "not both known",
		[NO_POOL] = "not all known",
		[ADMIN] = "adminAccess",
		[NO_NODE] = "no node of it below /dev",
		[UID_IS_NO_UUID] = "UUID",
		[CLAIMS_IS_A_FILE] = "run/claims' is no directory; move it away",
		[CLAIMS_WRITABLE] = "can be written by others",
		[NAMESPACE_IS_A_FILE] = "'lab' is no directory; move it away",
		[NAMESPACE_IS_A_LINK] = "'lab' is no directory; move it away",
		[NAMESPACE_WRITABLE] = "can be written by others",
		[CLAIM_IS_A_FILE] = "'vm7' is no directory; move it away",
		[CLAIM_IS_A_LINK] = "'vm7' is no directory; move it away",
	};
	const struct temp_tree *t = *state;

	for (enum wrong w = 0; w < N_WRONG; w++) {
		VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
		struct temp_tree own = temp_tree_case(t, w);
		struct vc_claim claim = example_claim(&arena);
		struct vc_device *d = &claim.devices.v[2];
		struct vc_err err = VC_ERR_INIT;
		bool changed = true, was = w % 2 == 0;
		struct place place;

		changed = was;
		place_in(&own, &place);
		if (w == NO_UID)
			claim.uid = NULL;
		if (w == NO_NAMESPACE)
			claim.namespace = NULL;
		if (w == BAD_NAME)
			claim.name = text_of(&arena, "../vm7");
		if (w == NO_DEVICES)
			claim.devices.n = 0;
		if (w == NO_REQUEST)
			d->request = NULL;
		if (w == BAD_DRIVER)
			d->driver = text_of(&arena, "../x");
		if (w == NO_POOL)
			d->pool = NULL;
		if (w == ADMIN)
			d->admin_access = VC_YES;
		if (w == NO_NODE)
			d->iommu_group = -1;
		if (w == UID_IS_NO_UUID)
			claim.uid = text_of(&arena, "u1");
		if (w == CLAIMS_IS_A_FILE)
			temp_tree_put(&own, "run/claims", "");
		if (w == CLAIMS_WRITABLE) {
			temp_tree_mkdirs(&own, "run/claims/");
			assert_int_equal(fchmodat(own.dir, "run/claims", 0777, 0), 0);
		}
		if (w == NAMESPACE_IS_A_FILE)
			temp_tree_put(&own, "run/claims/lab", "");
		if (w == NAMESPACE_IS_A_LINK) {
			temp_tree_mkdirs(&own, "run/claims/x/");
			assert_int_equal(symlinkat("x", own.dir, "run/claims/lab"), 0);
		}
		if (w == NAMESPACE_WRITABLE) {
			temp_tree_mkdirs(&own, "run/claims/lab/");
			assert_int_equal(fchmodat(own.dir, "run/claims/lab", 0775, 0), 0);
		}
		if (w == CLAIM_IS_A_FILE)
			temp_tree_put(&own, FOLDER, "");
		if (w == CLAIM_IS_A_LINK) {
			temp_tree_mkdirs(&own, "run/claims/lab/");
			assert_int_equal(symlinkat("/tmp", own.dir, FOLDER), 0);
		}
		if (write_claim(&place, &claim, &changed, &err) != -VC_ERR_REFUSED ||
		    !strstr(err.msg, says[w]))
			fail_msg("%d: %s", w, err.msg);
		assert_int_equal(changed, was);
		assert_false(exists(&own, "cdi"));
		assert_false(exists(&own, DISK_FILE));
		assert_true(count_names(&own, "run/claims/lab") <= 1);
		(void)close(own.dir);
	}
}

/* The disk is full: no file may grow any more. */
static void test_disk_full(void **state)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	const struct temp_tree *t = *state;
	struct vc_claim claim = example_claim(&arena);
	struct rlimit limit, full;
	struct vc_err err = VC_ERR_INIT;
	struct place place;
	bool changed = true;
	int r, again;

	place_in(t, &place);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	(void)signal(SIGXFSZ, SIG_IGN);
	full = (struct rlimit){ .rlim_cur = 512, .rlim_max = limit.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &full), 0);
	r = write_claim(&place, &claim, &changed, &err);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	assert_int_equal(r, -VC_ERR_SYSTEM);
	assert_non_null(strstr(err.msg, FOLDER));
	assert_int_equal(count_names(t, "run/claims/lab"), 0);
	must_write(&place, &claim, true);
	/* An update that fails leaves the old file. */
	add_text(&arena, &claim.devices.v[2], "virt-claim.io/more", "x");
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &full), 0);
	again = write_claim(&place, &claim, &changed, &err);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	assert_int_equal(again, -VC_ERR_SYSTEM);
	assert_int_equal(generation_of(t, NIC_FILE), 1);
	assert_int_equal(count_names(t, "run/claims/lab"), 1);
	(void)signal(SIGXFSZ, SIG_DFL);
}

static void test_withdraw(void **state)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	const struct temp_tree *t = *state;
	const struct vc_claim claim = example_claim(&arena);
	struct vc_err err = VC_ERR_INIT;
	struct place place;

	place_in(t, &place);
	assert_int_equal(withdraw(&place, "vm7", UID_A, &err), 0);
	assert_false(exists(t, "run"));
	must_write(&place, &claim, true);
	assert_int_equal(withdraw(&place, "vm7", UID_B, &err), 0);
	assert_int_equal(withdraw(&place, "vm8", UID_B, &err), 0);
	assert_true(exists(t, NIC_FILE));
	assert_true(exists(t, CDI_FILE));
	assert_int_equal(withdraw(&place, "vm7", UID_A, &err), 0);
	assert_false(exists(t, CDI_FILE));
	assert_int_equal(count_names(t, "run/claims/lab"), 0);
	assert_int_equal(withdraw(&place, "vm7", UID_A, &err), 0);
}

/* The file of the old claim goes, the folder of the new one stays. */
static void test_withdraw_of_replaced_claim(void **state)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	const struct temp_tree *t = *state;
	struct vc_claim claim = example_claim(&arena);
	struct vc_err err = VC_ERR_INIT;
	struct place place;

	place_in(t, &place);
	must_write(&place, &claim, true);
	claim.uid = text_of(&arena, UID_B);
	must_write(&place, &claim, true);
	assert_int_equal(count_names(t, "cdi"), 2);
	assert_int_equal(withdraw(&place, "vm7", UID_A, &err), 0);
	assert_int_equal(count_names(t, "cdi"), 1);
	assert_true(exists(t, NIC_FILE));
}

/* What lies in the place of a claim and is none is nobody's. */
static void test_withdraw_leaves_others(void **state)
{
	const struct temp_tree *t = *state;
	struct vc_err err = VC_ERR_INIT;
	struct place place;

	place_in(t, &place);
	temp_tree_put(t, "run/claims/lab/file", "");
	temp_tree_put(t, "run/claims/lab/odd/r/readme", "hello");
	assert_int_equal(symlinkat("odd", t->dir, "run/claims/lab/link"), 0);
	assert_int_equal(withdraw(&place, "file", UID_A, &err), 0);
	assert_int_equal(withdraw(&place, "odd", UID_A, &err), 0);
	assert_int_equal(withdraw(&place, "link", UID_A, &err), 0);
	assert_int_equal(withdraw(&place, "", UID_A, &err), 0);
	assert_int_equal(withdraw(&place, "..", UID_A, &err), 0);
	assert_int_equal(count_names(t, "run/claims/lab"), 3);
	assert_int_equal(fchmodat(t->dir, "run/claims", 0777, 0), 0);
	assert_int_equal(withdraw(&place, "odd", UID_A, &err), -VC_ERR_REFUSED);
}

static void list(struct vc_arena *arena, const struct place *place,
                 struct vc_claims *ret_claims)
{
	struct vc_err err = VC_ERR_INIT;

	if (vc_publish_list(arena, &place->publish, ret_claims, &err) < 0)
		fail_msg("%s", err.msg);
}

static void test_list(void **state)
{
	static const char *const expected[][3] = {
		{ "", "", "5d1f0c52-0f1e-4b53-9e0e-0000000000ff" },
		{ "lab", "orphan", UID_B },
		{ "lab", "vm7", UID_A },
		{ "office", "vm1", "u-1" },
	};
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	const struct temp_tree *t = *state;
	struct vc_claim claim = example_claim(&arena);
	struct vc_claims claims = { 0 };
	struct place place;

	place_in(t, &place);
	list(&arena, &place, &claims);
	assert_int_equal(claims.n, 0);
	must_write(&place, &claim, true);
	claim.uid = text_of(&arena, UID_B);
	claim.name = text_of(&arena, "orphan");
	must_write(&place, &claim, true);
	assert_int_equal(renameat(t->dir, "run/claims/lab/orphan", t->dir, "gone"), 0);
	claim.uid = text_of(&arena, "u-1");
	claim.namespace = text_of(&arena, "office");
	claim.name = text_of(&arena, "vm1");
	place.publish.cdi = NULL;
	must_write(&place, &claim, true);
	place.publish.cdi = place.cdi;
	/* None of these is a claim of ours. */
	temp_tree_put(t, "run/claims/README", "");
	temp_tree_put(t, "run/claims/lab/README", "");
	temp_tree_put(t, "run/claims/lab/broken/r/a.org-metadata.json", "{");
	temp_tree_put(t, "cdi/nvidia.yaml", "");
	temp_tree_put(t,
	              "cdi/virt-claim.io-claim_5d1f0c52-0f1e-4b53-9e0e-0000000000ff.json",
	              "{");
	list(&arena, &place, &claims);
	assert_int_equal(claims.n, VC_ARRAY_SIZE(expected));
	for (size_t i = 0; i < claims.n; i++) {
		assert_string_equal(claims.v[i].namespace, expected[i][0]);
		assert_string_equal(claims.v[i].name, expected[i][1]);
		assert_string_equal(claims.v[i].uid, expected[i][2]);
	}
}

/* The pid of a process that is gone. */
static long dead_pid(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	return pid;
}

static void test_leftovers(void **state)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	const struct temp_tree *t = *state;
	const struct vc_claim claim = example_claim(&arena);
	struct vc_claims claims = { 0 };
	const long dead = dead_pid();
	struct place place;
	char gone[80], reused[80], living[80], path[160];

	place_in(t, &place);
	must_write(&place, &claim, true);
	(void)snprintf(gone, sizeof(gone), ".vc-%ld-123-0", dead);
	/* The parent lives, but it did not start then; pid 1 did, at 0 or a little later. */
	(void)snprintf(reused, sizeof(reused), ".vc-%d-1-7", (int)getppid());
	(void)snprintf(living, sizeof(living), ".vc-%d-", (int)getppid());
	(void)snprintf(path, sizeof(path), "run/claims/lab/%s/disk/x", gone);
	temp_tree_put(t, path, "half");
	(void)snprintf(path, sizeof(path), "run/claims/lab/%s", reused);
	temp_tree_put(t, path, "half a file");
	(void)snprintf(path, sizeof(path), "cdi/%s", gone);
	temp_tree_put(t, path, "half");
	temp_tree_put(t, "run/claims/lab/.vc-x", "not ours");
	temp_tree_put(t, "run/claims/lab/.keep", "not ours");
	temp_tree_put(t, "cdi/.vc-1", "not ours");
	list(&arena, &place, &claims);
	assert_int_equal(claims.n, 1);
	assert_int_equal(count_names(t, "run/claims/lab"), 3);
	assert_int_equal(count_names(t, "cdi"), 2);
}

/* A writer at work keeps what it has. */
static void test_living_writer(void **state)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	const struct temp_tree *t = *state;
	struct vc_claims claims = { 0 };
	struct place place;
	char path[160], text[512];
	uint64_t start = 0;
	const char *at;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)getppid());
	f = fopen(path, "re");
	assert_non_null(f);
	assert_non_null(fgets(text, sizeof(text), f));
	(void)fclose(f);
	at = strrchr(text, ')');
	assert_non_null(at);
	for (int field = 2; field < 22; field++) {
		at = strchr(at + 1, ' ');
		assert_non_null(at);
	}
	at++;
	assert_true(vc_parse_decimal(&at, UINT64_MAX, &start));
	place_in(t, &place);
	(void)snprintf(path, sizeof(path), "run/claims/lab/.vc-%d-%" PRIu64 "-0/disk/x",
	               (int)getppid(), start);
	temp_tree_put(t, path, "half");
	list(&arena, &place, &claims);
	assert_true(exists(t, path));
}

#define TREE_TEST(f) \
	cmocka_unit_test_setup_teardown(f, temp_tree_setup, temp_tree_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TREE_TEST(test_bytes),
		TREE_TEST(test_modes),
		TREE_TEST(test_nothing_to_do),
		TREE_TEST(test_update),
		TREE_TEST(test_other_boot),
		TREE_TEST(test_old_twin),
		TREE_TEST(test_replaced_as_a_whole),
		TREE_TEST(test_attribute_limit),
		TREE_TEST(test_other_drivers),
		TREE_TEST(test_refusals),
		TREE_TEST(test_disk_full),
		TREE_TEST(test_withdraw),
		TREE_TEST(test_withdraw_of_replaced_claim),
		TREE_TEST(test_withdraw_leaves_others),
		TREE_TEST(test_list),
		TREE_TEST(test_leftovers),
		TREE_TEST(test_living_writer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
