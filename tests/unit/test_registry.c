/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Claims of the fixture machine 'workstation': made, changed and removed under the lock. */
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>

#include "node/registry.h"
#include "store/claim_store.h"
#include "store/lock.h"
#include "temp_tree.h"

#define DOMAIN  "11111111-1111-4111-8111-111111111111"
#define TEXT(s) ((char[]){ s })

struct fixture {
	struct temp_tree *tree;
	struct vc_arena arena;
	struct vc_err err;
	struct vc_config config;
	struct vc_local_node node;
	struct vc_names notes;
	char state[96], run[96], leases[96];
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	void *tree = NULL;

	if (!f || temp_tree_setup(&tree) < 0 ||
	    setenv("VIRT_CLAIM_MODULE_DIR", VC_MODULE_DIR, 1) < 0)
		return -1;
	f->tree = tree;
	f->arena = (struct vc_arena)VC_ARENA_INIT;
	(void)snprintf(f->state, sizeof(f->state), "%s/state", f->tree->path);
	(void)snprintf(f->run, sizeof(f->run), "%s/run", f->tree->path);
	(void)snprintf(f->leases, sizeof(f->leases), "%s/run/leases", f->tree->path);
	f->config = (struct vc_config){
		.leases = f->leases,
		.sysfs = vc_arena_strdup(&f->arena, VC_FIXTURES "/sysfs/workstation"),
		.proc = vc_arena_strdup(&f->arena, VC_FIXTURES "/proc/workstation"),
		.modules_alias = vc_arena_strdup(&f->arena, VC_FIXTURES "/modules.alias"),
		.pci_ids = vc_arena_strdup(&f->arena, VC_FIXTURES "/pci.ids"),
		.state = f->state,
		.run = f->run,
		.cdi = f->tree->path,
		.dev = f->tree->path,
	};
	*state = f;
	if (vc_node_open(&f->arena, &f->config, &f->node, &f->err) < 0)
		return -1;
	/* leases know boots by the machine's own /proc */
	f->node.leases.proc = f->config.proc;
	f->node.leases.libvirt = f->tree->path;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	void *tree = f->tree;

	vc_arena_release(&f->arena);
	free(f);
	return temp_tree_teardown(&tree);
}

static int try_create(struct fixture *f, const char *name, const char *address,
                      struct vc_host_claim *claim)
{
	const struct vc_wish wish = { .address = address, .count = 1, .vlan = -1 };
	const struct vc_claim_order order = { "lab", name, &wish, 1 };

	f->err = (struct vc_err)VC_ERR_INIT;
	return vc_registry_create(&f->arena, &f->node, &order, claim, &f->notes, &f->err);
}

static struct vc_host_claim create(struct fixture *f, const char *name,
                                   const char *address)
{
	struct vc_host_claim claim = { 0 };

	if (try_create(f, name, address, &claim) < 0)
		fail_msg("%s", f->err.msg);
	return claim;
}

static bool exists(struct fixture *f, const char *name)
{
	struct vc_err err = VC_ERR_INIT;
	struct vc_host_claim claim;

	return vc_claim_store_read(&f->arena, f->state, "lab", name, &claim, &err) == 0;
}

/* An entry as prepare would have written it. */
static void journal(struct fixture *f, const struct vc_host_claim *claim,
                    enum vc_phase phase)
{
	const struct vc_entry entry = {
		.uid = claim->uid,
		.namespace = claim->namespace,
		.name = claim->name,
		.boot_id = f->node.boot_id,
		.phase = phase,
	};

	if (vc_journal_write(&f->arena, f->run, &entry, &f->err) < 0)
		fail_msg("%s", f->err.msg);
}

static void test_create(void **state)
{
	struct fixture *f = *state;
	struct vc_host_claim disk = create(f, "disk", "0000:02:00.0");
	struct vc_host_claim again = { .generation = 7 };

	assert_int_equal(disk.generation, 1);
	assert_string_equal(disk.pool, f->node.pool);
	assert_string_equal(disk.devices.v[0].identity.boot_id, f->node.boot_id);
	assert_true(exists(f, "disk"));
	assert_int_equal(f->notes.n, 0);
	/* its name, and its device */
	assert_int_equal(try_create(f, "disk", "1-7", &again), -VC_ERR_REFUSED);
	assert_int_equal(try_create(f, "other", "0000:02:00.0", &again), -VC_ERR_REFUSED);
	assert_string_equal(f->err.msg, "0000:02:00.0: claim 'lab/disk' has it");
	assert_int_equal(again.generation, 7);
	assert_false(exists(f, "other"));
	/* UUIDs are never the same */
	again = create(f, "keyboard", "1-7");
	assert_string_not_equal(again.uid, disk.uid);
}

static void test_unreadable(void **state)
{
	struct fixture *f = *state;
	struct vc_host_claim claim = { .generation = 7 };

	(void)create(f, "keyboard", "1-7");
	temp_tree_put(f->tree, "state/claims/lab/torn.json", "{");
	assert_int_equal(try_create(f, "disk", "0000:02:00.0", &claim), -VC_ERR_REFUSED);
	assert_non_null(strstr(f->err.msg, "torn.json"));
	assert_non_null(strstr(f->err.msg, "no device is sure to be free"));
	assert_false(exists(f, "disk"));
}

/* An entry that cannot be read may hold any device. */
static void test_unreadable_journal(void **state)
{
	struct fixture *f = *state;
	struct vc_host_claim claim = { .generation = 7 };

	temp_tree_put(f->tree, "run/journal/" DOMAIN ".json", "{");
	assert_true(try_create(f, "disk", "0000:02:00.0", &claim) < 0);
	assert_false(exists(f, "disk"));
}

static void test_locked(void **state)
{
	struct fixture *f = *state;
	VC_AUTOCLOSE int lock = -1;
	struct vc_registry registry;

	(void)create(f, "keyboard", "1-7");
	assert_int_equal(vc_lock_take(f->run, 0, &lock, &f->err), 0);
	/* readers do not wait */
	assert_int_equal(
		vc_registry_look(&f->arena, &f->node, NULL, NULL, &registry, &f->err), 0);
	assert_int_equal(registry.statuses.n, 1);
}

static void test_delete(void **state)
{
	static const struct {
		enum vc_phase phase;
		const char *message;
	} cases[] = {
		{ VC_PHASE_PREPARED, "claim 'lab/disk' is prepared; run 'virt-claim "
		                     "unprepare lab/disk' first" },
		{ VC_PHASE_PREPARING, "claim 'lab/disk' is preparing" },
		{ VC_PHASE_UNPREPARING, "claim 'lab/disk' is unpreparing" },
		{ VC_PHASE_QUARANTINED, "claim 'lab/disk' is quarantined" },
	};
	struct fixture *f = *state;
	struct vc_host_claim disk = create(f, "disk", "0000:02:00.0");
	const struct vc_adoption adoption = { .namespace = "lab", .name = "disk" };
	struct vc_adopted adopted = { .old.vlan = 7 };

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		journal(f, &disk, cases[i].phase);
		f->err = (struct vc_err)VC_ERR_INIT;
		assert_int_equal(
			vc_registry_delete(&f->arena, &f->node, "lab", "disk", &f->err),
			-VC_ERR_REFUSED);
		if (!strstr(f->err.msg, cases[i].message))
			fail_msg("%s", f->err.msg);
		assert_true(exists(f, "disk"));
		assert_int_equal(vc_registry_adopt(&f->arena, &f->node, &adoption,
		                                   &adopted, &f->notes, &f->err),
		                 -VC_ERR_REFUSED);
		assert_int_equal(adopted.old.vlan, 7);
	}
	assert_int_equal(vc_journal_remove(&f->arena, f->run, disk.uid, &f->err), 0);
	assert_int_equal(vc_registry_delete(&f->arena, &f->node, "lab", "disk", &f->err),
	                 0);
	assert_false(exists(f, "disk"));
	assert_int_equal(vc_registry_delete(&f->arena, &f->node, "lab", "disk", &f->err),
	                 -VC_ERR_ABSENT);
}

/* A domain has the device although nobody prepared the claim. */
static void test_delete_used(void **state)
{
	struct fixture *f = *state;
	const char *const devices[] = { "pci-0000:02:00.0" };
	const struct vc_lease who = { .uuid = TEXT(DOMAIN), .domain = TEXT("vm7") };
	struct vc_registry registry;

	(void)create(f, "disk", "0000:02:00.0");
	temp_tree_put(f->tree, "vm7.pid", "x");
	assert_int_equal(
		vc_lease_confirm(&f->arena, &f->node.leases, devices, 1, &who, &f->err),
		0);
	assert_int_equal(
		vc_registry_look(&f->arena, &f->node, "lab", "disk", &registry, &f->err),
		0);
	assert_string_equal(registry.statuses.v[0].devices.v[0].lease->domain, "vm7");
	assert_int_equal(vc_registry_delete(&f->arena, &f->node, "lab", "disk", &f->err),
	                 -VC_ERR_REFUSED);
	assert_non_null(strstr(f->err.msg, "domain 'vm7' uses device"));
	assert_true(exists(f, "disk"));
	assert_int_equal(vc_lease_release(&f->arena, &f->node.leases, DOMAIN, &f->err),
	                 0);
	assert_int_equal(vc_registry_delete(&f->arena, &f->node, "lab", "disk", &f->err),
	                 0);
}

/* Somebody edited the serial number: the disk in the slot is another one. */
static void test_adopt(void **state)
{
	struct fixture *f = *state;
	struct vc_host_claim disk = create(f, "disk", "0000:02:00.0");
	const struct vc_adoption adoption = { .namespace = "lab", .name = "disk" };
	const struct vc_adoption other = { .namespace = "lab", .name = "other" };
	struct vc_adopted adopted = { 0 };
	struct vc_host_claim now;

	disk.devices.v[0].identity.evidence.v[0].value = TEXT("S7DPNJ0W100009F");
	disk.devices.v[0].name = TEXT("nvme-s7dpnj0w100009f");
	assert_int_equal(vc_claim_store_update(&f->arena, f->state, &disk, &f->err), 0);
	assert_int_equal(vc_registry_adopt(&f->arena, &f->node, &other, &adopted,
	                                   &f->notes, &f->err),
	                 -VC_ERR_ABSENT);
	assert_null(adopted.old.name);
	if (vc_registry_adopt(&f->arena, &f->node, &adoption, &adopted, &f->notes,
	                      &f->err) < 0)
		fail_msg("%s", f->err.msg);
	assert_string_equal(adopted.old.name, "nvme-s7dpnj0w100009f");
	assert_string_equal(adopted.now.name, "nvme-s7dpnj0w100001f");
	assert_int_equal(
		vc_claim_store_read(&f->arena, f->state, "lab", "disk", &now, &f->err),
		0);
	assert_int_equal(now.generation, 3);
	assert_string_equal(now.uid, disk.uid);
	assert_string_equal(now.devices.v[0].identity.evidence.v[0].value,
	                    "S7DPNJ0W100001F");
}

static void test_look(void **state)
{
	struct fixture *f = *state;
	struct vc_registry registry;

	assert_int_equal(
		vc_registry_look(&f->arena, &f->node, NULL, NULL, &registry, &f->err), 0);
	assert_int_equal(registry.statuses.n, 0);
	assert_int_equal(
		vc_registry_look(&f->arena, &f->node, "lab", "disk", &registry, &f->err),
		-VC_ERR_ABSENT);
	(void)create(f, "disk", "0000:02:00.0");
	(void)create(f, "bird", "1-7");
	f->err = (struct vc_err)VC_ERR_INIT;
	assert_int_equal(
		vc_registry_look(&f->arena, &f->node, NULL, NULL, &registry, &f->err), 0);
	assert_int_equal(registry.statuses.n, 2);
	assert_string_equal(registry.statuses.v[0].claim->name, "bird");
	assert_int_equal(registry.statuses.v[0].state, VC_CLAIM_CREATED);
	assert_string_equal(registry.statuses.v[1].claim->name, "disk");
	assert_string_equal(registry.statuses.v[1].devices.v[0].address, "0000:02:00.0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_create, setup, teardown),
		cmocka_unit_test_setup_teardown(test_unreadable, setup, teardown),
		cmocka_unit_test_setup_teardown(test_unreadable_journal, setup, teardown),
		cmocka_unit_test_setup_teardown(test_locked, setup, teardown),
		cmocka_unit_test_setup_teardown(test_delete, setup, teardown),
		cmocka_unit_test_setup_teardown(test_delete_used, setup, teardown),
		cmocka_unit_test_setup_teardown(test_adopt, setup, teardown),
		cmocka_unit_test_setup_teardown(test_look, setup, teardown),
	};

	(void)umask(0022);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
