/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A device of a claim was replaced on purpose. */
#include "inventory_world.h"
#include "node/identity.h"
#include "node/select.h"

#define BOOT    "33333333-3333-4333-8333-333333333333"
#define SLOT(n) "\\_SB_.PC00/" n ".0/00.0"

static const struct world_device machine[] = {
	{ .address = "0000:02:00.0",
	  .ids = "144d:a80a",
	  .slot = SLOT("02"),
	  .evidence = "nvme=NVME0001",
	  .driver = "nvme" },
	{ .address = "0000:03:00.0",
	  .ids = "144d:a80a",
	  .slot = SLOT("03"),
	  .evidence = "nvme=NVME0002",
	  .driver = "nvme" },
	{ .address = "0000:06:00.0",
	  .ids = "8086:1572",
	  .slot = SLOT("06"),
	  .evidence = "vpd=CARD1",
	  .driver = "i40e",
	  .group = 15,
	  .total_vfs = 8 },
	{ .address = "0000:17:00.0",
	  .ids = "10de:2235",
	  .slot = SLOT("17"),
	  .evidence = "vpd=GRID1",
	  .driver = "nvidia" },
	{ .address = "1-4",
	  .ids = "0951:1666",
	  .slot = "\\_SB_.PC00/14.0/usb/4",
	  .evidence = "usb=KEY1",
	  .driver = "usb-storage" },
	{ .address = "0000:17:00.0/nvidia-558", .available = 2 },
	{ .address = "mtty/mtty-2", .available = 2 },
	{ 0 },
};

/* Every card was replaced by one of its kind; a bigger disk, a smaller NIC. */
static const struct world_device replaced[] = {
	{ .address = "0000:02:00.0",
	  .ids = "144d:a80c",
	  .slot = SLOT("02"),
	  .evidence = "nvme=NVME0009",
	  .driver = "nvme" },
	{ .address = "0000:03:00.0",
	  .ids = "144d:a80a",
	  .slot = SLOT("03"),
	  .evidence = "nvme=NVME0002",
	  .driver = "nvme" },
	{ .address = "0000:04:00.0",
	  .ids = "8086:0a54",
	  .slot = SLOT("04"),
	  .evidence = "nvme=HOST",
	  .driver = "nvme",
	  .reasons = "the host needs it: it holds the file system at '/'" },
	{ .address = "0000:05:00.0",
	  .ids = "144d:a80a",
	  .slot = "pci0000:64/00.0",
	  .driver = "vfio-pci" },
	{ .address = "0000:06:00.0",
	  .ids = "8086:1593",
	  .slot = SLOT("06"),
	  .evidence = "vpd=CARD2",
	  .driver = "ice",
	  .group = 15,
	  .total_vfs = 2 },
	{ .address = "0000:07:00.0",
	  .ids = "8086:1593",
	  .slot = SLOT("07"),
	  .evidence = "vpd=CARD3",
	  .driver = "ice",
	  .group = 15,
	  .total_vfs = 64 },
	{ .address = "0000:07:02.0",
	  .ids = "8086:154c",
	  .slot = "\\_SB_.PC00/07.0/02.0",
	  .pf = "0000:07:00.0",
	  .vf_index = 0 },
	{ .address = "0000:17:00.0",
	  .ids = "10de:2236",
	  .slot = SLOT("17"),
	  .evidence = "vpd=GRID2",
	  .driver = "nvidia" },
	{ .address = "1-5",
	  .ids = "0951:1666",
	  .slot = "\\_SB_.PC00/14.0/usb/5",
	  .evidence = "usb=KEY2",
	  .driver = "usb-storage" },
	{ .address = "0000:17:00.0/nvidia-558", .available = 2 },
	{ .address = "mtty/mtty-2", .available = 2 },
	{ 0 },
};

static const struct adopt_case {
	const char *there[2]; /* devices of the claim */
	const char *other;    /* device of another claim; NULL none */
	const char *address;  /* NULL: the one in the slot */
	const char *name, *now;
	const char *error;
} cases[] = {
	{ { "0000:02:00.0" }, NULL, NULL, "nvme-nvme0009", "0000:02:00.0", NULL },
	{ { "0000:02:00.0" },
	  NULL,
	  "0000:03:00.0",
	  "nvme-nvme0002",
	  "0000:03:00.0",
	  NULL },
	/* the same one again: what can be seen of it now is recorded */
	{ { "0000:03:00.0" }, NULL, NULL, "nvme-nvme0002", "0000:03:00.0", NULL },
	{ { "1-4" }, NULL, "1-5", "usb-key2", "1-5", NULL },
	{ { "0000:06:00.0/vf5" },
	  NULL,
	  "0000:07:00.0",
	  "nvme-card3-vf5",
	  "0000:07:00.0",
	  NULL },
	{ { "0000:06:00.0/vf1" }, NULL, NULL, "nvme-card2-vf1", "0000:06:00.0", NULL },
	{ { "0000:17:00.0/nvidia-558" }, NULL, NULL, "mdev-u0", "0000:17:00.0", NULL },
	/* refused */
	{ { "1-4" },
	  NULL,
	  NULL,
	  NULL,
	  NULL,
	  "nothing is in slot '\\_SB_.PC00/14.0/usb/4' now; name a device" },
	{ { "0000:02:00.0" },
	  NULL,
	  "0000:99:00.0",
	  NULL,
	  NULL,
	  "there is no device '0000:99:00.0'" },
	{ { "0000:02:00.0" },
	  "0000:03:00.0",
	  "0000:03:00.0",
	  NULL,
	  NULL,
	  "0000:03:00.0: claim 'lab/other' has it" },
	{ { "0000:02:00.0", "0000:03:00.0" },
	  NULL,
	  "0000:03:00.0",
	  NULL,
	  NULL,
	  "0000:03:00.0: claim 'lab/mine' has it" },
	{ { "0000:02:00.0" },
	  NULL,
	  "0000:04:00.0",
	  NULL,
	  NULL,
	  "0000:04:00.0: the host needs it" },
	{ { "0000:02:00.0" },
	  NULL,
	  "0000:05:00.0",
	  NULL,
	  NULL,
	  "0000:05:00.0: nothing proves which device it is" },
	{ { "0000:02:00.0" },
	  NULL,
	  "1-5",
	  NULL,
	  NULL,
	  "1-5 is of another kind than the device that was claimed" },
	{ { "1-4" }, NULL, "0000:03:00.0", NULL, NULL, "is of another kind" },
	{ { "0000:02:00.0" }, NULL, "0000:07:02.0", NULL, NULL, "is of another kind" },
	{ { "0000:02:00.0" }, NULL, "mtty/mtty-2", NULL, NULL, "is of another kind" },
	{ { "0000:06:00.0/vf5" },
	  NULL,
	  NULL,
	  NULL,
	  NULL,
	  "0000:06:00.0 can have 2 virtual functions, and number 5 is claimed" },
	{ { "0000:06:00.0/vf1" },
	  NULL,
	  "0000:03:00.0",
	  NULL,
	  NULL,
	  "0000:03:00.0 can have 0 virtual functions" },
	{ { "0000:06:00.0/vf1" },
	  "0000:07:00.0",
	  "0000:07:00.0",
	  NULL,
	  NULL,
	  "0000:07:00.0: claim 'lab/other' has it" },
	{ { "0000:06:00.0/vf1" },
	  "0000:07:00.0/vf1",
	  "0000:07:00.0",
	  NULL,
	  NULL,
	  "0000:07:00.0: claim 'lab/other' has it" },
	{ { "0000:17:00.0/nvidia-558" },
	  NULL,
	  "0000:07:00.0",
	  NULL,
	  NULL,
	  "0000:07:00.0 makes no mediated devices of type 'nvidia-558'" },
	{ { "mtty/mtty-2" },
	  NULL,
	  NULL,
	  NULL,
	  NULL,
	  "'mtty' is known by its name alone; there is nothing to record anew" },
};

static const char *const uuids[VC_HOST_CLAIM_DEVICES_MAX] = { "u0", "u1" };

/* vfio has had all of them since boot: nothing shows its serial number. */
static const struct world_device hidden[] = {
	{ .address = "0000:02:00.0",
	  .ids = "144d:a80a",
	  .slot = SLOT("02"),
	  .driver = "vfio-pci" },
	{ .address = "0000:03:00.0",
	  .ids = "144d:a80a",
	  .slot = SLOT("03"),
	  .driver = "vfio-pci" },
	{ .address = "0000:04:00.0",
	  .ids = "144d:a80a",
	  .slot = SLOT("04"),
	  .driver = "vfio-pci" },
	{ 0 },
};

struct fixture {
	struct vc_arena arena;
	struct vc_err err;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (!f)
		return -1;
	f->arena = (struct vc_arena)VC_ARENA_INIT;
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	vc_arena_release(&f->arena);
	free(f);
	return 0;
}

static struct vc_host_claim make_claim(struct fixture *f,
                                       const struct world_device *devices,
                                       const char *const addresses[2], const char *name)
{
	const struct vc_inventory inventory = world_make(&f->arena, devices);
	const struct vc_host_claims none = { 0 };
	const struct vc_wish wishes[] = {
		{ .address = addresses[0], .count = 1, .vlan = -1 },
		{ .address = addresses[1], .count = 1, .vlan = -1 },
	};
	const struct vc_select select = {
		.inventory = &inventory,
		.claims = &none,
		.wishes = wishes,
		.n_wishes = addresses[1] ? 2 : 1,
		.boot_id = BOOT,
		.uuids = uuids,
	};
	struct vc_host_claim claim = {
		.namespace = world_text(&f->arena, "lab"),
		.name = world_text(&f->arena, name),
		.uid = world_text(&f->arena, name),
	};
	struct vc_names notes = { 0 };

	if (vc_select_devices(&f->arena, &select, &claim, &notes, &f->err) < 0)
		fail_msg("%s", f->err.msg);
	return claim;
}

/* It is found where it is now, and nothing is left of what it was. */
static void check_adopted(struct fixture *f, const struct adopt_case *c,
                          const struct vc_inventory *inventory,
                          const struct vc_claimed_device *d)
{
	struct vc_located located;

	assert_string_equal(d->name, c->name);
	assert_string_equal(d->identity.address, c->now);
	if (vc_identity_locate(&f->arena, inventory, &d->identity, NULL, &located,
	                       &f->err) < 0)
		fail_msg("%s", f->err.msg);
	assert_string_equal(located.device->address, c->now);
	assert_false(located.moved);
}

static void check_refused(struct fixture *f, const struct adopt_case *c, int r)
{
	assert_true(r < 0);
	if (!strstr(f->err.msg, c->error))
		fail_msg("'%s': %s", c->there[0], f->err.msg);
	f->err = (struct vc_err)VC_ERR_INIT;
}

static void run_case(struct fixture *f, const struct adopt_case *c)
{
	const struct vc_inventory inventory = world_make(&f->arena, replaced);
	const char *const others[2] = { c->other };
	struct vc_host_claim both[2] = { make_claim(f, machine, c->there, "mine") };
	struct vc_host_claims claims = { both, c->other ? 2 : 1, 0 };
	const struct vc_select select = {
		.inventory = &inventory,
		.claims = &claims,
		.boot_id = BOOT,
	};
	struct vc_host_claim claim = both[0];
	struct vc_names notes = { 0 };
	struct vc_claimed_device before;
	int r;

	if (!claim.devices.v)
		abort();
	before = claim.devices.v[0];
	if (c->other)
		both[1] = make_claim(f, replaced, others, "other");
	r = vc_select_adopt(&f->arena, &select, &claim, 0, c->address, &notes, &f->err);
	if (!c->now) {
		check_refused(f, c, r);
		assert_memory_equal(&before, &claim.devices.v[0], sizeof(before));
		return;
	}
	if (r < 0)
		fail_msg("%s", f->err.msg);
	check_adopted(f, c, &inventory, &claim.devices.v[0]);
}

static void test_adopt(void **state)
{
	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++)
		run_case(*state, &cases[i]);
}

/* What may be another claim's by its slot is not accepted; what merely looks like it is. */
static void test_doubt(void **state)
{
	static const struct {
		const char *other, *address, *error;
	} doubts[] = {
		{ "0000:03:00.0", "0000:03:00.0",
		  "0000:03:00.0: it cannot be told from what claim 'lab/other' has" },
		{ "0000:03:00.0", "0000:04:00.0", NULL },
		{ "0000:03:00.0", NULL, NULL },
	};
	struct fixture *f = *state;
	const char *const there[2] = { "0000:02:00.0" };

	for (size_t i = 0; i < VC_ARRAY_SIZE(doubts); i++) {
		const struct vc_inventory inventory = world_make(&f->arena, hidden);
		const char *const others[2] = { doubts[i].other };
		struct vc_host_claim both[2] = {
			make_claim(f, machine, there, "mine"),
			make_claim(f, machine, others, "other"),
		};
		const struct vc_host_claims claims = { both, 2, 0 };
		const struct vc_select select = {
			.inventory = &inventory,
			.claims = &claims,
			.boot_id = BOOT,
		};
		struct vc_host_claim claim = both[0];
		struct vc_names notes = { 0 };
		int r = vc_select_adopt(&f->arena, &select, &claim, 0, doubts[i].address,
		                        &notes, &f->err);

		if (!doubts[i].error) {
			assert_int_equal(r, 0);
			assert_int_equal(notes.n, 1);
			continue;
		}
		assert_int_equal(r, -VC_ERR_REFUSED);
		assert_string_equal(f->err.msg, doubts[i].error);
		f->err = (struct vc_err)VC_ERR_INIT;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_adopt, setup, teardown),
		cmocka_unit_test_setup_teardown(test_doubt, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
