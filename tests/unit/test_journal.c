/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "store/journal.h"
#include "temp_tree.h"
#include "unit.h"

#define UID_A "aaaaaaaa-1111-4111-8111-111111111111"
#define UID_B "bbbbbbbb-2222-4222-8222-222222222222"
#define BOOT  "33333333-3333-4333-8333-333333333333"
#define OTHER "44444444-4444-4444-8444-444444444444"

/* A row of every kind, in every state. */
static struct vc_step all_steps[] = {
	{ .kind = VC_STEP_VFS,
	  .state = VC_STEP_PLANNED,
	  .pci = { .bus = 1 },
	  .n_vfs = 4,
	  .autoprobe = true,
	  .vlan = -1,
	  .old_vlan = -1 },
	{ .kind = VC_STEP_VF,
	  .state = VC_STEP_DOING,
	  .pci = { .bus = 1 },
	  .vf_index = 3,
	  .vlan = 4095,
	  .old_vlan = 0 },
	{ .kind = VC_STEP_VF, .state = VC_STEP_DONE, .vlan = -1, .old_vlan = -1 },
	{ .kind = VC_STEP_MDEV, .state = VC_STEP_UNDOING, .vlan = -1, .old_vlan = -1 },
	{ .kind = VC_STEP_DRIVER,
	  .state = VC_STEP_UNDONE,
	  .pci = { .domain = 0xffffffff, .bus = 0xff, .slot = 0x1f, .function = 7 },
	  .vlan = -1,
	  .old_vlan = -1 },
	{ .kind = VC_STEP_DRIVER, .state = VC_STEP_STUCK, .vlan = -1, .old_vlan = -1 },
	{ .kind = VC_STEP_ACCESS,
	  .state = VC_STEP_DONE,
	  .uid = UINT32_MAX,
	  .gid = 107,
	  .mode = 0660,
	  .old_uid = 0,
	  .old_gid = 5,
	  .old_mode = 0600,
	  .vlan = -1,
	  .old_vlan = -1 },
};

static char mac[] = "52:54:00:12:34:56", parent[] = "0000:17:00.0", type[] = "nvidia-558",
	    uuid[] = "4b20d080-1b54-4048-85b3-a6a62d165c01", driver[] = "vfio-pci",
	    old_driver[] = "e1000 (\"old\")", override[] = "a b\nc", node[] = "vfio/12",
	    problem[] = "cannot write '1' to 'unbind': \xc3\x84rger", uid_a[] = UID_A,
	    uid_b[] = UID_B, boot[] = BOOT, other[] = OTHER, namespace[] = "lab",
	    name[] = "disk.1", request[] = "device", device[] = "nvme-nvme0001",
	    key[] = "pci-0000:65:00.0", key_vf[] = "vf-0000:01:00.0-3";

static struct vc_reserved all_devices[] = {
	{ .request = request, .name = device, .key = key },
	{ .request = request,
	  .name = device,
	  .key = key_vf,
	  .has_pf = true,
	  .pf = { .bus = 1 } },
};

static struct vc_entry full_entry(void)
{
	all_steps[1].mac = all_steps[2].old_mac = mac;
	all_steps[3].parent = parent;
	all_steps[3].type = type;
	all_steps[3].uuid = uuid;
	all_steps[4].driver = all_steps[5].driver = driver;
	all_steps[5].old_driver = old_driver;
	all_steps[5].old_override = override;
	all_steps[5].problem = problem;
	all_steps[6].node = node;
	return (struct vc_entry){
		.uid = uid_a,
		.namespace = namespace,
		.name = name,
		.boot_id = boot,
		.phase = VC_PHASE_QUARANTINED,
		.owner_pid = 4711,
		.owner_start = 123456789012,
		.devices = { all_devices, VC_ARRAY_SIZE(all_devices), 0 },
		.steps = { all_steps, VC_ARRAY_SIZE(all_steps), 0 },
	};
}

static void assert_text(const char *a, const char *b)
{
	assert_int_equal(a == NULL, b == NULL);
	if (a && b)
		assert_string_equal(a, b);
}

static void assert_steps_equal(const struct vc_step *a, const struct vc_step *b)
{
	assert_int_equal(a->kind, b->kind);
	assert_int_equal(a->state, b->state);
	assert_int_equal(vc_pci_address_compare(&a->pci, &b->pci), 0);
	assert_int_equal(a->n_vfs, b->n_vfs);
	assert_int_equal(a->autoprobe, b->autoprobe);
	assert_int_equal(a->vf_index, b->vf_index);
	assert_text(a->mac, b->mac);
	assert_text(a->old_mac, b->old_mac);
	assert_int_equal(a->vlan, b->vlan);
	assert_int_equal(a->old_vlan, b->old_vlan);
	assert_text(a->parent, b->parent);
	assert_text(a->type, b->type);
	assert_text(a->uuid, b->uuid);
	assert_text(a->driver, b->driver);
	assert_text(a->old_driver, b->old_driver);
	assert_text(a->old_override, b->old_override);
	assert_text(a->node, b->node);
	assert_int_equal(a->uid, b->uid);
	assert_int_equal(a->gid, b->gid);
	assert_int_equal(a->mode, b->mode);
	assert_int_equal(a->old_uid, b->old_uid);
	assert_int_equal(a->old_gid, b->old_gid);
	assert_int_equal(a->old_mode, b->old_mode);
	assert_text(a->problem, b->problem);
}

static void assert_entries_equal(const struct vc_entry *a, const struct vc_entry *b)
{
	assert_string_equal(a->uid, b->uid);
	assert_string_equal(a->namespace, b->namespace);
	assert_string_equal(a->name, b->name);
	assert_string_equal(a->boot_id, b->boot_id);
	assert_int_equal(a->phase, b->phase);
	assert_int_equal(a->owner_pid, b->owner_pid);
	assert_int_equal(a->owner_start, b->owner_start);
	assert_int_equal(a->devices.n, b->devices.n);
	for (size_t i = 0; i < a->devices.n; i++) {
		assert_string_equal(a->devices.v[i].request, b->devices.v[i].request);
		assert_string_equal(a->devices.v[i].name, b->devices.v[i].name);
		assert_string_equal(a->devices.v[i].key, b->devices.v[i].key);
		assert_int_equal(a->devices.v[i].has_pf, b->devices.v[i].has_pf);
		assert_int_equal(
			vc_pci_address_compare(&a->devices.v[i].pf, &b->devices.v[i].pf),
			0);
	}
	assert_int_equal(a->steps.n, b->steps.n);
	for (size_t i = 0; i < a->steps.n; i++)
		assert_steps_equal(&a->steps.v[i], &b->steps.v[i]);
}

static void test_what_is_written_is_read(void **state)
{
	const struct temp_tree *t = *state;
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_entry entry = full_entry(), got;
	struct vc_err err = VC_ERR_INIT;
	struct stat st;

	assert_int_equal(vc_journal_write(&arena, t->path, &entry, &err), 0);
	assert_int_equal(vc_journal_read(&arena, t->path, UID_A, BOOT, &got, &err), 0);
	assert_entries_equal(&entry, &got);
	assert_int_equal(fstatat(t->dir, "journal", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(fstatat(t->dir, "journal/" UID_A ".json", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0600);

	/* again, shorter, and over what a crash left */
	temp_tree_put(t, "journal/." UID_A ".tmp", "torn");
	entry.owner_pid = 0;
	entry.owner_start = 0;
	entry.phase = VC_PHASE_PREPARED;
	entry.steps.n = 1;
	entry.devices.n = 0;
	assert_int_equal(vc_journal_write(&arena, t->path, &entry, &err), 0);
	assert_int_equal(vc_journal_read(&arena, t->path, UID_A, BOOT, &got, &err), 0);
	assert_entries_equal(&entry, &got);
	assert_int_equal(faccessat(t->dir, "journal/." UID_A ".tmp", F_OK, 0), -1);
	assert_int_equal(err.kind, VC_ERR_NONE);
}

static void put_entry(struct vc_arena *arena, const struct temp_tree *t, char *uid,
                      char *boot_id)
{
	struct vc_entry entry = full_entry();
	struct vc_err err = VC_ERR_INIT;

	entry.uid = uid;
	entry.boot_id = boot_id;
	assert_int_equal(vc_journal_write(arena, t->path, &entry, &err), 0);
}

static void test_lists_this_boot(void **state)
{
	const struct temp_tree *t = *state;
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_err err = VC_ERR_INIT;
	struct vc_entries entries;

	assert_int_equal(vc_journal_list(&arena, t->path, BOOT, &entries, &err), 0);
	assert_int_equal(entries.n, 0);
	put_entry(&arena, t, uid_b, boot);
	put_entry(&arena, t, uid_a, boot);
	temp_tree_put(t, "journal/." UID_A ".tmp", "torn");
	temp_tree_put(t, "journal/README", "no entry");
	assert_int_equal(vc_journal_list(&arena, t->path, BOOT, &entries, &err), 0);
	assert_int_equal(entries.n, 2);
	assert_string_equal(entries.v[0].uid, UID_A);
	assert_string_equal(entries.v[1].uid, UID_B);

	put_entry(&arena, t, uid_b, other);
	assert_int_equal(vc_journal_list(&arena, t->path, BOOT, &entries, &err), 0);
	assert_int_equal(entries.n, 1);
	assert_string_equal(entries.v[0].uid, UID_A);
}

static void test_absent(void **state)
{
	const struct temp_tree *t = *state;
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_entry got = { .owner_pid = 77 };
	struct vc_err err = VC_ERR_INIT;

	assert_int_equal(vc_journal_read(&arena, t->path, UID_A, BOOT, &got, &err),
	                 -VC_ERR_ABSENT);
	put_entry(&arena, t, uid_a, other);
	assert_int_equal(vc_journal_read(&arena, t->path, UID_B, BOOT, &got, &err),
	                 -VC_ERR_ABSENT);
	assert_int_equal(vc_journal_read(&arena, t->path, UID_A, BOOT, &got, &err),
	                 -VC_ERR_ABSENT);
	assert_int_equal(vc_journal_read(&arena, t->path, "../" UID_A, BOOT, &got, &err),
	                 -VC_ERR_INPUT);
	assert_int_equal(got.owner_pid, 77);
}

static void test_remove_and_forget(void **state)
{
	const struct temp_tree *t = *state;
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_err err = VC_ERR_INIT;
	struct vc_entries entries;

	assert_int_equal(vc_journal_remove(&arena, t->path, UID_A, &err), 0);
	assert_int_equal(vc_journal_forget(&arena, t->path, BOOT, &err), 0);
	put_entry(&arena, t, uid_a, boot);
	put_entry(&arena, t, uid_b, other);
	temp_tree_put(t, "journal/." UID_B ".tmp", "torn");
	assert_int_equal(vc_journal_forget(&arena, t->path, BOOT, &err), 0);
	assert_int_equal(faccessat(t->dir, "journal/" UID_B ".json", F_OK, 0), -1);
	assert_int_equal(faccessat(t->dir, "journal/." UID_B ".tmp", F_OK, 0), -1);
	assert_int_equal(vc_journal_list(&arena, t->path, BOOT, &entries, &err), 0);
	assert_int_equal(entries.n, 1);
	assert_int_equal(vc_journal_remove(&arena, t->path, UID_A, &err), 0);
	assert_int_equal(faccessat(t->dir, "journal/" UID_A ".json", F_OK, 0), -1);
	assert_int_equal(vc_journal_remove(&arena, t->path, "..", &err), -VC_ERR_INPUT);
}

#define HEAD                                                               \
	"{\"version\": 1, \"uid\": \"" UID_A "\", \"namespace\": \"lab\"," \
	"\"name\": \"disk\", \"bootID\": \"" BOOT "\", \"phase\": \"prepared\","
#define STEP(text)   HEAD "\"devices\": [], \"steps\": [" text "]}"
#define DEVICE(text) HEAD "\"steps\": [], \"devices\": [" text "]}"
#define DRIVER       "\"kind\": \"driver\", \"state\": \"done\", \"pci\": \"0000:01:00.0\", "

static const struct {
	const char *text;
	const char *problem; /* NULL: an entry */
} texts[] = {
	{ STEP(""), NULL },
	{ STEP("{" DRIVER "\"driver\": \"vfio-pci\"}"), NULL },
	{ HEAD "\"owner\": {\"pid\": 1, \"start\": 0}, \"devices\": [], \"steps\": []}",
	  NULL },
	{ "", "no document" },
	{ "null", "expected a mapping" },
	{ "[]", "expected an object" },
	{ "{\"version\": 2}", "another version of virt-claim" },
	{ "{}", "'version' is missing" },
	{ STEP("") STEP(""), "expected one JSON object" },
	{ HEAD "\"devices\": []}", "'steps' is missing" },
	{ HEAD "\"steps\": []}", "'devices' is missing" },
	{ HEAD "\"devices\": [], \"steps\": [], \"more\": 1}", "/more: unknown key" },
	{ HEAD "\"owner\": {\"pid\": 0, \"start\": 0}, \"devices\": [], \"steps\": []}",
	  "expected a process" },
	{ HEAD "\"owner\": {\"pid\": 1}, \"devices\": [], \"steps\": []}",
	  "'start' is missing" },
	{ HEAD "\"owner\": {\"pid\": 4294967297, \"start\": 0}}", "'pid' is too large" },
	{ HEAD "\"owner\": {\"pid\": 1, \"start\": 0, \"x\": 0}}", "/x: unknown key" },
	{ STEP("{}"), "'kind' is missing" },
	{ STEP("1"), "expected an object" },
	{ STEP("{\"kind\": \"dance\", \"state\": \"done\"}"), "unknown kind 'dance'" },
	{ STEP("{\"kind\": \"driver\", \"state\": \"half\"}"), "unknown state 'half'" },
	{ STEP("{\"kind\": \"driver\", \"state\": \"done\"}"), "'pci' is missing" },
	{ STEP("{" DRIVER "\"x\": 1}"), "'driver' is missing" },
	{ STEP("{" DRIVER "\"driver\": \"\"}"), "expected a name" },
	{ STEP("{" DRIVER "\"driver\": \"../x\"}"), "expected a name" },
	{ STEP("{" DRIVER "\"driver\": \"a/b\"}"), "expected a name" },
	{ STEP("{" DRIVER "\"driver\": \"a\\nb\"}"), "expected a name" },
	{ STEP("{" DRIVER "\"driver\": \"v\", \"oldDriver\": \".\"}"),
	  "expected a name" },
	{ STEP("{" DRIVER "\"driver\": \"v\", \"uid\": 0}"),
	  "/uid: unknown key of a 'driver' step" },
	{ STEP("{\"kind\": \"driver\", \"state\": \"done\", \"pci\": \"1:2\"}"),
	  "expected a PCI address" },
	{ STEP("{\"kind\": \"vfs\", \"state\": \"done\", \"pci\": \"0000:01:00.0\","
	       "\"count\": -1, \"autoprobe\": true}"),
	  "negative" },
	{ STEP("{\"kind\": \"vfs\", \"state\": \"done\", \"pci\": \"0000:01:00.0\","
	       "\"count\": 4294967296, \"autoprobe\": true}"),
	  "too large" },
	{ STEP("{\"kind\": \"vf\", \"state\": \"done\", \"pci\": \"0000:01:00.0\","
	       "\"index\": 0, \"vlan\": 4096}"),
	  "too large" },
	{ STEP("{\"kind\": \"access\", \"state\": \"done\", \"node\": \"../mem\"}"),
	  "expected a path below a directory" },
	{ STEP("{\"kind\": \"access\", \"state\": \"done\", \"node\": \"vfio//1\"}"),
	  "expected a path below a directory" },
	{ STEP("{\"kind\": \"access\", \"state\": \"done\", \"node\": \"/mem\"}"),
	  "expected a path below a directory" },
	{ DEVICE("{\"request\": \"r\", \"name\": \"n\", \"key\": \"pci/0\"}"),
	  "expected one like" },
	{ DEVICE("{\"request\": \"r\", \"name\": \"n\", \"key\": \"pci-0\","
	         "\"pf\": \"x\"}"),
	  "expected a PCI address" },
	{ DEVICE("{\"request\": \"r\", \"name\": \"n\"}"), "'key' is missing" },
	{ DEVICE("{\"request\": \"r\", \"name\": \"n\", \"key\": \"pci-0\", \"x\": 1}"),
	  "/x: unknown key" },
};

static void test_reads_strictly(void **state)
{
	const struct temp_tree *t = *state;

	for (size_t i = 0; i < VC_ARRAY_SIZE(texts); i++) {
		VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
		struct vc_entry got = { .owner_pid = 77 };
		struct vc_entries entries = { .n = 77 };
		struct vc_err err = VC_ERR_INIT;
		int r;

		temp_tree_put(t, "journal/" UID_A ".json", texts[i].text);
		r = vc_journal_read(&arena, t->path, UID_A, BOOT, &got, &err);
		if (!texts[i].problem) {
			assert_int_equal(r, 0);
			continue;
		}
		if (!strstr(err.msg, texts[i].problem))
			fail_msg("%s\n%s", texts[i].text, err.msg);
		assert_non_null(strstr(err.msg, "/journal/" UID_A ".json' may hold any "
		                                "device"));
		assert_int_equal(r, -VC_ERR_REFUSED);
		assert_int_equal(got.owner_pid, 77);
		assert_int_equal(vc_journal_list(&arena, t->path, BOOT, &entries, &err),
		                 -VC_ERR_REFUSED);
		assert_int_equal(entries.n, 77);
	}
}

static void test_odd_files(void **state)
{
	const struct temp_tree *t = *state;
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_err err = VC_ERR_INIT;
	struct vc_entries entries;

	/* another claim's */
	temp_tree_put(t, "journal/" UID_B ".json", STEP(""));
	assert_int_equal(vc_journal_list(&arena, t->path, BOOT, &entries, &err),
	                 -VC_ERR_REFUSED);
	assert_non_null(strstr(err.msg, "is about claim '" UID_A "'"));
	assert_int_equal(unlinkat(t->dir, "journal/" UID_B ".json", 0), 0);

	assert_int_equal(mkfifoat(t->dir, "journal/" UID_B ".json", 0600), 0);
	assert_int_equal(vc_journal_list(&arena, t->path, BOOT, &entries, &err),
	                 -VC_ERR_REFUSED);
	assert_non_null(strstr(err.msg, "regular file"));
	assert_int_equal(unlinkat(t->dir, "journal/" UID_B ".json", 0), 0);

	temp_tree_put(t, "elsewhere", STEP(""));
	assert_int_equal(symlinkat("../elsewhere", t->dir, "journal/" UID_A ".json"), 0);
	assert_int_equal(vc_journal_list(&arena, t->path, BOOT, &entries, &err),
	                 -VC_ERR_REFUSED);

	assert_int_equal(fchmodat(t->dir, "journal", 0777, 0), 0);
	assert_int_equal(vc_journal_list(&arena, t->path, BOOT, &entries, &err),
	                 -VC_ERR_REFUSED);
	assert_non_null(strstr(err.msg, "written by others"));
}

static void test_cannot_write(void **state)
{
	const struct temp_tree *t = *state;
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_entry entry = full_entry();
	struct vc_err err = VC_ERR_INIT;

	entry.uid = namespace;
	assert_int_equal(vc_journal_write(&arena, t->path, &entry, &err), -VC_ERR_INPUT);
	entry.uid = uid_a;
	entry.name = override;
	assert_int_equal(vc_journal_write(&arena, t->path, &entry, &err),
	                 -VC_ERR_INTERNAL);
	assert_non_null(strstr(err.msg, "cannot write an entry"));
	assert_int_equal(faccessat(t->dir, "journal/" UID_A ".json", F_OK, 0), -1);
	entry.name = name;
	assert_int_equal(vc_journal_write(&arena, "/dev/null", &entry, &err),
	                 -VC_ERR_ABSENT);

	/* in the way of the entry, whose temporary file goes */
	temp_tree_mkdirs(t, "journal/" UID_A ".json/x");
	assert_int_equal(vc_journal_write(&arena, t->path, &entry, &err), -VC_ERR_SYSTEM);
	assert_int_equal(faccessat(t->dir, "journal/." UID_A ".tmp", F_OK, 0), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_what_is_written_is_read,
		                                temp_tree_setup, temp_tree_teardown),
		cmocka_unit_test_setup_teardown(test_lists_this_boot, temp_tree_setup,
		                                temp_tree_teardown),
		cmocka_unit_test_setup_teardown(test_absent, temp_tree_setup,
		                                temp_tree_teardown),
		cmocka_unit_test_setup_teardown(test_remove_and_forget, temp_tree_setup,
		                                temp_tree_teardown),
		cmocka_unit_test_setup_teardown(test_reads_strictly, temp_tree_setup,
		                                temp_tree_teardown),
		cmocka_unit_test_setup_teardown(test_odd_files, temp_tree_setup,
		                                temp_tree_teardown),
		cmocka_unit_test_setup_teardown(test_cannot_write, temp_tree_setup,
		                                temp_tree_teardown),
	};

	return cmocka_run_group_tests_name("journal", tests, NULL, NULL);
}
