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
	VC_AUTOCLOSE int fd =
		openat(t->dir, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
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
	if (getenv("VC_UPDATE_GOLDEN")) {
		VC_AUTOCLOSE int file =
			openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

		assert_true(file >= 0 && write(file, text, strlen(text)) > 0);
	}
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
	assert_golden(t, DISK_FILE, "claims/lab/vm7/disk/virt-claim.io-metadata.json");
	assert_golden(t, NIC_FILE, "claims/lab/vm7/nic/virt-claim.io-metadata.json");
	assert_golden(t, CDI_FILE, CDI_FILE);
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

/* A runtime's user may have to read it: the mode counts as content does. */
static void test_cdi_heals(void **state)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	const struct temp_tree *t = *state;
	const struct vc_claim claim = example_claim(&arena);
	struct place place;

	place_in(t, &place);
	must_write(&place, &claim, true);
	assert_int_equal(fchmodat(t->dir, CDI_FILE, 0600, 0), 0);
	must_write(&place, &claim, true);
	assert_mode(t, CDI_FILE, 0644);
	temp_tree_put(t, CDI_FILE, "{");
	must_write(&place, &claim, true);
	assert_int_equal(unlinkat(t->dir, CDI_FILE, 0), 0);
	assert_int_equal(symlinkat("elsewhere", t->dir, CDI_FILE), 0);
	must_write(&place, &claim, true);
	assert_true(S_ISREG(stat_of(t, CDI_FILE).st_mode));
	assert_false(exists(t, "cdi/elsewhere"));
	must_write(&place, &claim, false);
}

static void move_away(const struct temp_tree *t, const char *path, const char *to)
{
	assert_int_equal(renameat(t->dir, path, t->dir, to), 0);
}

static void another_request(const struct temp_tree *t)
{
	temp_tree_put(t, FOLDER "/zeta/virt-claim.io-metadata.json", "");
}

static void another_file(const struct temp_tree *t)
{
	temp_tree_put(t, FOLDER "/nic/other.org-metadata.json", "");
}

static void torn_file(const struct temp_tree *t)
{
	temp_tree_put(t, NIC_FILE, "{");
}

static void no_container(const struct temp_tree *t)
{
	move_away(t, FOLDER "/.container", "gone");
}

static void others_can_write(const struct temp_tree *t)
{
	assert_int_equal(fchmodat(t->dir, FOLDER, 0775, 0), 0);
}

static void linked_file(const struct temp_tree *t)
{
	assert_int_equal(unlinkat(t->dir, NIC_FILE, 0), 0);
	assert_int_equal(symlinkat("/etc/passwd", t->dir, NIC_FILE), 0);
}

static void nothing_in_it(const struct temp_tree *t)
{
	move_away(t, FOLDER "/disk", "gone");
	move_away(t, FOLDER "/nic", "gone-too");
}

static void no_metadata(const struct temp_tree *t)
{
	temp_tree_put(t, DISK_FILE, "[]");
	temp_tree_put(t, NIC_FILE, "null");
}

/* What is there before: @uid and that many devices, spoilt. */
struct whole_case {
	const char *uid;
	size_t n_devices;
	void (*spoil)(const struct temp_tree *t);
	int64_t generation; /* of what comes after */
};

static void check_whole(const struct temp_tree *t, const struct whole_case *c)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	const struct vc_claim claim = example_claim(&arena);
	struct vc_claim before = claim;
	struct stat folder;
	struct place place;

	place_in(t, &place);
	before.uid = text_of(&arena, c->uid);
	before.devices.n = c->n_devices;
	must_write(&place, &before, true);
	if (c->spoil)
		c->spoil(t);
	folder = stat_of(t, FOLDER);
	must_write(&place, &claim, true);
	assert_int_not_equal(stat_of(t, FOLDER).st_ino, folder.st_ino);
	assert_int_equal(generation_of(t, NIC_FILE), c->generation);
	assert_int_equal(count_names(t, "run/claims/lab"), 1);
	assert_int_equal(count_names(t, FOLDER), 3);
	assert_mode(t, FOLDER, 0755);
	must_write(&place, &claim, false);
}

/* What does not fit is replaced as a whole, and heals. */
static void test_replaced_as_a_whole(void **state)
{
	static const struct whole_case cases[] = {
		{ UID_B, 3, NULL, 1 },
		{ UID_A, 2, NULL, 2 },
		{ UID_A, 3, another_request, 2 },
		{ UID_A, 3, another_file, 2 },
		{ UID_A, 3, torn_file, 2 },
		{ UID_A, 3, no_container, 2 },
		{ UID_A, 3, others_can_write, 2 },
		{ UID_A, 3, linked_file, 2 },
		{ UID_A, 3, nothing_in_it, 1 },
		{ UID_A, 3, no_metadata, 1 },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		struct temp_tree own = temp_tree_case(*state, i);

		check_whole(&own, &cases[i]);
		(void)close(own.dir);
	}
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

/* One thing that is wrong with the claim ... */
enum wrong {
	NOTHING,
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
};

static void spoil_claim(struct vc_arena *arena, struct vc_claim *claim, enum wrong wrong)
{
	struct vc_device *d = &claim->devices.v[2];
	char **const none[] = { [NO_UID] = &claim->uid,
		                [NO_NAMESPACE] = &claim->namespace,
		                [NO_REQUEST] = &d->request,
		                [NO_POOL] = &d->pool };

	if (wrong < VC_ARRAY_SIZE(none) && none[wrong])
		*none[wrong] = NULL;
	if (wrong == BAD_NAME)
		claim->name = text_of(arena, "../vm7");
	if (wrong == NO_DEVICES)
		claim->devices.n = 0;
	if (wrong == BAD_DRIVER)
		d->driver = text_of(arena, "../x");
	if (wrong == ADMIN)
		d->admin_access = VC_YES;
	if (wrong == NO_NODE)
		d->iommu_group = -1;
	if (wrong == UID_IS_NO_UUID)
		claim->uid = text_of(arena, "u1");
}

/* ... or with what is in its place: a file, a link to a directory, or a directory that
 * others can write. */
struct refusal {
	enum wrong wrong;
	const char *file, *link, *directory;
	const char *says;
};

static void put_in_the_way(const struct temp_tree *t, const struct refusal *c)
{
	char path[128];

	if (c->file)
		temp_tree_put(t, c->file, "");
	if (c->link) {
		temp_tree_mkdirs(t, c->link);
		assert_int_equal(symlinkat("/tmp", t->dir, c->link), 0);
	}
	if (!c->directory)
		return;
	(void)snprintf(path, sizeof(path), "%s/", c->directory);
	temp_tree_mkdirs(t, path);
	assert_int_equal(fchmodat(t->dir, c->directory, 0775, 0), 0);
}

static void check_refusal(const struct temp_tree *t, const struct refusal *c, bool was)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_claim claim = example_claim(&arena);
	struct vc_err err = VC_ERR_INIT;
	bool changed = was;
	struct place place;

	place_in(t, &place);
	spoil_claim(&arena, &claim, c->wrong);
	put_in_the_way(t, c);
	if (write_claim(&place, &claim, &changed, &err) != -VC_ERR_REFUSED ||
	    !strstr(err.msg, c->says))
		fail_msg("expected '%s', got: %s", c->says, err.msg);
	assert_int_equal(changed, was);
	assert_false(exists(t, "cdi"));
	assert_false(exists(t, DISK_FILE));
	assert_true(count_names(t, "run/claims/lab") <= 1);
}

/* What cannot be published, and what is in the way: nothing is written. */
static void test_refusals(void **state)
{
	static const struct refusal cases[] = {
		{ NO_UID, .says = "not all known" },
		{ NO_NAMESPACE, .says = "not all known" },
		{ BAD_NAME, .says = "not all known" },
		{ NO_DEVICES, .says = "no devices" },
		{ NO_REQUEST, .says = "not both known" },
		{ BAD_DRIVER, .says = "not both known" },
		{ NO_POOL, .says = "not all known" },
		{ ADMIN, .says = "adminAccess" },
		{ NO_NODE, .says = "no node of it below /dev" },
		{ UID_IS_NO_UUID, .says = "UUID" },
		{ .file = "run/claims", .says = "run/claims' is no directory; move it" },
		{ .file = "run/claims/lab",
		  .says = "'lab' is no directory; move it away" },
		{ .file = FOLDER, .says = "'vm7' is no directory; move it away" },
		{ .link = "run/claims/lab",
		  .says = "'lab' is no directory; move it away" },
		{ .link = FOLDER, .says = "'vm7' is no directory; move it away" },
		{ .directory = "run/claims", .says = "can be written by others" },
		{ .directory = "run/claims/lab", .says = "can be written by others" },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		struct temp_tree own = temp_tree_case(*state, i);

		check_refusal(&own, &cases[i], i % 2 == 0);
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
		TREE_TEST(test_cdi_heals),
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
