/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a claim is, from its journal, the leases and the machine. */
#include <unistd.h>

#include "node/status.h"
#include "node_world.h"
#include "store/boot_id.h"

#define DISK   "0000:65:00.0"
#define VF     "0000:05:02.3"
#define SLOT   "\\_SB_.PC00/06.0/00.0"
#define SERIAL "S64X"

/* A claim of one disk, and everything about it. */
struct world {
	struct node_world w;
	struct vc_host_claim claim;
	struct vc_claimed_device claimed[2];
	struct vc_device_node nodes[1];
	struct vc_lease lease;
	struct vc_claim_status status;
};

static void add_evidence(struct world *x, struct vc_host_device *d, const char *serial)
{
	struct vc_evidence *e = vc_list_push(&x->w.arena, &d->evidence);

	assert_non_null(e);
	e->kind = VC_EVIDENCE_NVME;
	e->value = text(&x->w, serial);
}

static struct vc_host_device *add_disk(struct world *x)
{
	struct vc_host_device *d = world_add(&x->w, VC_DEVICE_PCI, text(&x->w, DISK));

	d->pci.vendor = 0x144d;
	d->pci.device = 0xa80a;
	d->slot_path = text(&x->w, SLOT);
	d->iommu_group = 12;
	d->driver = text(&x->w, "nvme");
	d->seen = VC_SEEN_ON_HOST_DRIVER;
	add_evidence(x, d, SERIAL);
	return d;
}

static void put_on_vfio(struct world *x, struct vc_host_device *d)
{
	d->driver = text(&x->w, "vfio-pci");
	d->pci.on_vfio = true;
	d->seen = VC_SEEN_ON_VFIO;
	d->evidence.n = 0;
}

static void identify(struct world *x, struct vc_claimed_device *c,
                     const struct vc_host_device *d)
{
	assert_int_equal(
		vc_identity_record(&x->w.arena, d, OWN_UID, &c->identity, &x->w.err), 0);
}

static struct vc_host_device *setup(struct world *x)
{
	struct vc_host_device *d;

	world_init(&x->w);
	d = add_disk(x);
	x->claimed[0] = (struct vc_claimed_device){
		.request = text(&x->w, "disk"),
		.name = text(&x->w, "nvme-s64x"),
		.vlan = -1,
	};
	identify(x, &x->claimed[0], d);
	x->claim = (struct vc_host_claim){
		.uid = text(&x->w, OWN_UID),
		.namespace = text(&x->w, "default"),
		.name = text(&x->w, "mine"),
	};
	x->claim.devices.v = x->claimed;
	x->claim.devices.n = 1;
	x->w.input.claim = &x->claim;
	x->w.node.leases.proc = "/proc";
	return d;
}

static void teardown(struct world *x)
{
	vc_arena_release(&x->w.arena);
}

#define AUTO_WORLD VC_CLEANUP(teardown) struct world

/* The journal of a claim whose disk was bound. */
static struct vc_entry *prepare(struct world *x, enum vc_phase phase)
{
	struct vc_entry *e = &x->w.others[x->w.entries.n++];
	struct vc_reserved *r;
	struct vc_step *step;

	*e = x->w.entry;
	e->phase = phase;
	r = vc_list_push(&x->w.arena, &e->devices);
	step = vc_list_push(&x->w.arena, &e->steps);
	if (!r || !step) {
		fail_msg("out of memory");
		return e;
	}
	*r = (struct vc_reserved){
		.request = text(&x->w, "disk"),
		.name = text(&x->w, "nvme-s64x"),
		.key = text(&x->w, "pci-" DISK),
	};
	*step = (struct vc_step){
		.kind = VC_STEP_DRIVER,
		.state = VC_STEP_DONE,
		.pci = x->w.devices[0].pci.address,
		.driver = text(&x->w, "vfio-pci"),
		.old_driver = text(&x->w, "nvme"),
	};
	return e;
}

static const struct vc_device_status *look(struct world *x)
{
	if (vc_claim_status(&x->w.arena, &x->w.input, &x->status, &x->w.err) < 0)
		fail_msg("%s", x->w.err.msg);
	assert_int_equal(x->status.devices.n, x->claim.devices.n);
	return x->status.devices.v;
}

static void assert_healthy(struct world *x, enum vc_claim_state state)
{
	const struct vc_device_status *d = look(x);

	if (!x->status.healthy)
		fail_msg("%s", d->problem);
	assert_null(d->problem);
	assert_int_equal(x->status.state, state);
}

static void assert_problem(struct world *x, enum vc_claim_state state, const char *says)
{
	const struct vc_device_status *d = look(x);

	assert_int_equal(x->status.state, state);
	assert_false(x->status.healthy);
	if (!d->problem || !strstr(d->problem, says))
		fail_msg("'%s' is not in '%s'", says, d->problem ? d->problem : "");
}

static void test_names(void **state VC_UNUSED)
{
	assert_string_equal(vc_claim_state_name(VC_CLAIM_CREATED), "created");
	assert_string_equal(vc_claim_state_name(VC_CLAIM_IN_USE), "in-use");
	assert_string_equal(vc_claim_state_name(VC_CLAIM_QUARANTINED), "quarantined");
}

static void test_created(void **state VC_UNUSED)
{
	AUTO_WORLD x = { 0 };

	(void)setup(&x);
	assert_healthy(&x, VC_CLAIM_CREATED);
	assert_null(x.status.entry);
	assert_ptr_equal(x.status.claim, &x.claim);
	assert_ptr_equal(x.status.devices.v[0].claimed, &x.claimed[0]);
	assert_string_equal(x.status.devices.v[0].address, DISK);
	assert_string_equal(x.status.devices.v[0].driver, "nvme");
	assert_int_equal(x.status.devices.v[0].host.kind, VC_KIND_PCI);
	assert_null(x.status.devices.v[0].note);
	assert_null(x.status.devices.v[0].lease);
}

/* The journal of another claim is nothing of ours. */
static void test_other_entries(void **state VC_UNUSED)
{
	const struct vc_step step = { .kind = VC_STEP_DRIVER, .state = VC_STEP_STUCK };
	AUTO_WORLD x = { 0 };

	(void)setup(&x);
	world_other(&x.w, &step);
	assert_healthy(&x, VC_CLAIM_CREATED);
}

static void test_moved(void **state VC_UNUSED)
{
	AUTO_WORLD x = { 0 };

	(void)setup(&x);
	x.claimed[0].identity.address = text(&x.w, "0000:01:00.0");
	assert_healthy(&x, VC_CLAIM_CREATED);
	assert_string_equal(x.status.devices.v[0].note, "moved from 0000:01:00.0");
}

/* Said of the device, whose name stands beside it. */
static void test_another_one(void **state VC_UNUSED)
{
	struct vc_host_device *d;
	AUTO_WORLD x = { 0 };

	d = setup(&x);
	d->evidence.v[0].value = text(&x.w, "OTHER");
	assert_problem(&x, VC_CLAIM_CREATED, "the device with nvmeSerial 'S64X' is not");
	assert_null(strstr(x.status.devices.v[0].problem, "device 'nvme-s64x':"));
	assert_null(x.status.devices.v[0].address);
	assert_int_equal(x.status.devices.v[0].host.kind, VC_KIND_UNKNOWN);
	assert_null(x.status.devices.v[0].driver);
}

static void test_prepared(void **state VC_UNUSED)
{
	struct vc_host_device *d;
	AUTO_WORLD x = { 0 };

	d = setup(&x);
	(void)prepare(&x, VC_PHASE_PREPARED);
	put_on_vfio(&x, d);
	assert_healthy(&x, VC_CLAIM_PREPARED);
	assert_non_null(x.status.entry);
	assert_string_equal(x.status.devices.v[0].driver, "vfio-pci");
}

/* What somebody did to a device of a prepared claim. */
static void test_out_of_order(void **state VC_UNUSED)
{
	static const struct {
		const char *driver;
		bool on_vfio, no_step, other_key, broken;
		const char *says;
	} cases[] = {
		{ "nvme", .says = "is on driver nvme, expected vfio-pci" },
		{ "nvme-vfio-pci", .on_vfio = true,
		  .says = "is on driver nvme-vfio-pci, expected vfio-pci" },
		{ "nvme", .no_step = true, .says = "expected a vfio driver" },
		{ "vfio-pci", .on_vfio = true, .other_key = true,
		  .says = "it was prepared as 'pci-0000:66:00.0' and is "
		          "'pci-" DISK "' now; prepare the claim again" },
		{ "vfio-pci", .on_vfio = true, .broken = true,
		  .says = "cannot be judged: odd" },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		struct vc_host_device *d;
		AUTO_WORLD x = { 0 };
		struct vc_entry *e;

		d = setup(&x);
		e = prepare(&x, VC_PHASE_PREPARED);
		d->driver = text(&x.w, cases[i].driver);
		d->pci.on_vfio = cases[i].on_vfio;
		if (cases[i].no_step)
			e->steps.n = 0;
		if (cases[i].other_key)
			e->devices.v[0].key = text(&x.w, "pci-0000:66:00.0");
		if (cases[i].broken)
			d->broken = text(&x.w, "odd");
		assert_problem(&x, VC_CLAIM_PREPARED, cases[i].says);
		assert_string_equal(x.status.devices.v[0].address, DISK);
	}
}

static void test_no_driver(void **state VC_UNUSED)
{
	struct vc_host_device *d;
	AUTO_WORLD x = { 0 };

	d = setup(&x);
	(void)prepare(&x, VC_PHASE_PREPARED);
	d->driver = NULL;
	assert_problem(&x, VC_CLAIM_PREPARED, "is on no driver, expected vfio-pci");
}

static void test_node(void **state VC_UNUSED)
{
	struct vc_host_device *d;
	AUTO_WORLD x = { 0 };

	d = setup(&x);
	(void)prepare(&x, VC_PHASE_PREPARED);
	put_on_vfio(&x, d);
	x.w.node.has_user = true;
	x.w.node.uid = 107;
	assert_problem(&x, VC_CLAIM_PREPARED,
	               "its node '/nonexistent/vfio/12' does not exist");
	x.nodes[0] = (struct vc_device_node){ .name = text(&x.w, "vfio/12"), .uid = 0 };
	x.w.inventory.nodes.v = x.nodes;
	x.w.inventory.nodes.n = 1;
	assert_healthy(&x, VC_CLAIM_PREPARED);
	assert_non_null(
		strstr(x.status.devices.v[0].note,
	               "node '/nonexistent/vfio/12' belongs to user 0, not to 107"));
	x.nodes[0].uid = 107;
	assert_healthy(&x, VC_CLAIM_PREPARED);
	assert_null(strstr(x.status.devices.v[0].note, "belongs"));
}

static void test_in_use(void **state VC_UNUSED)
{
	struct vc_host_device *d;
	AUTO_WORLD x = { 0 };

	d = setup(&x);
	put_on_vfio(&x, d);
	x.lease = (struct vc_lease){ .device = text(&x.w, "pci-0000:66:00.0"),
		                     .domain = text(&x.w, "vm7") };
	x.w.leases.v = &x.lease;
	x.w.leases.n = 1;
	(void)prepare(&x, VC_PHASE_PREPARED);
	assert_healthy(&x, VC_CLAIM_PREPARED);
	x.lease.device = text(&x.w, "pci-" DISK);
	assert_healthy(&x, VC_CLAIM_IN_USE);
	assert_ptr_equal(x.status.devices.v[0].lease, &x.lease);
}

/* A device that has gone is still its domain's. */
static void test_gone_in_use(void **state VC_UNUSED)
{
	AUTO_WORLD x = { 0 };

	(void)setup(&x);
	(void)prepare(&x, VC_PHASE_PREPARED);
	x.w.inventory.devices.n = x.w.inventory.n_pci = 0;
	x.lease = (struct vc_lease){ .device = text(&x.w, "pci-" DISK) };
	x.w.leases.v = &x.lease;
	x.w.leases.n = 1;
	assert_problem(&x, VC_CLAIM_IN_USE, "is not here");
	assert_ptr_equal(x.status.devices.v[0].lease, &x.lease);
}

/* This process, or one that had its number before. */
static void test_at_work(void **state VC_UNUSED)
{
	static const struct {
		enum vc_phase phase;
		bool owned, reused;
		enum vc_claim_state state;
	} cases[] = {
		{ VC_PHASE_PREPARING, true, false, VC_CLAIM_PREPARING },
		{ VC_PHASE_PREPARING, true, true, VC_CLAIM_INTERRUPTED },
		{ VC_PHASE_PREPARING, false, false, VC_CLAIM_INTERRUPTED },
		{ VC_PHASE_UNPREPARING, true, false, VC_CLAIM_UNPREPARING },
		{ VC_PHASE_UNPREPARING, true, true, VC_CLAIM_INTERRUPTED },
		{ VC_PHASE_PREPARED, false, false, VC_CLAIM_PREPARED },
		{ VC_PHASE_QUARANTINED, false, false, VC_CLAIM_QUARANTINED },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		struct vc_process self;
		AUTO_WORLD x = { 0 };
		struct vc_entry *e;

		put_on_vfio(&x, setup(&x));
		e = prepare(&x, cases[i].phase);
		assert_int_equal(
			vc_process_read(&x.w.arena, "/proc", getpid(), &self, &x.w.err),
			0);
		e->owner_pid = cases[i].owned ? self.pid : 0;
		e->owner_start = self.start + cases[i].reused;
		(void)look(&x);
		assert_int_equal(x.status.state, cases[i].state);
	}
}

/* Drivers and nodes of a claim that is not prepared are nobody's business yet. */
static void test_preparing(void **state VC_UNUSED)
{
	AUTO_WORLD x = { 0 };

	(void)setup(&x);
	(void)prepare(&x, VC_PHASE_PREPARING);
	x.w.node.has_user = true;
	assert_healthy(&x, VC_CLAIM_INTERRUPTED);
}

static void test_quarantined(void **state VC_UNUSED)
{
	static const char why[] = "'" DISK "': the kernel did not answer for 30 s";
	struct vc_host_device *d;
	AUTO_WORLD x = { 0 };
	struct vc_entry *e;

	d = setup(&x);
	put_on_vfio(&x, d);
	e = prepare(&x, VC_PHASE_QUARANTINED);
	e->steps.v[0].state = VC_STEP_STUCK;
	e->steps.v[0].problem = text(&x.w, why);
	assert_problem(&x, VC_CLAIM_QUARANTINED, why);
	assert_string_equal(x.status.devices.v[0].problem, why);
	e->steps.v[0].problem = NULL;
	assert_problem(&x, VC_CLAIM_QUARANTINED, "it could not be undone");
}

/* A claim of the disk and of VF 3 of a PF. */
static struct vc_host_device *setup_vf(struct world *x)
{
	struct vc_host_device *pf;

	(void)setup(x);
	pf = world_add(&x->w, VC_DEVICE_PCI, text(&x->w, PF_TEXT));
	pf->slot_path = text(&x->w, "\\_SB_.PC00/1c.0/00.0");
	x->claimed[1] = (struct vc_claimed_device){
		.request = text(&x->w, "nic"),
		.name = text(&x->w, "vf-3"),
		.made_from = VC_MADE_FROM_PF,
		.vf_index = 3,
		.vlan = -1,
	};
	identify(x, &x->claimed[1], pf);
	x->claim.devices.n = 2;
	/* sorted by address */
	x->w.devices[2] = x->w.devices[0];
	x->w.devices[0] = x->w.devices[1];
	x->w.devices[1] = x->w.devices[2];
	x->w.devices[2] = (struct vc_host_device){ 0 };
	return &x->w.devices[0];
}

static struct vc_entry *prepare_vf(struct world *x)
{
	struct vc_entry *e = prepare(x, VC_PHASE_PREPARED);
	struct vc_reserved *r = vc_list_push(&x->w.arena, &e->devices);

	if (!r) {
		fail_msg("out of memory");
		return e;
	}
	*r = (struct vc_reserved){
		.request = text(&x->w, "nic"),
		.name = text(&x->w, "vf-3"),
		.key = text(&x->w, "vf-" PF_TEXT "-3"),
		.has_pf = true,
		.pf = x->w.devices[0].pci.address,
	};
	e->steps.v[0].pci = x->w.devices[1].pci.address;
	return e;
}

static void test_made(void **state VC_UNUSED)
{
	struct vc_host_device *pf, *vf;
	AUTO_WORLD x = { 0 };

	pf = setup_vf(&x);
	assert_healthy(&x, VC_CLAIM_CREATED);
	assert_null(x.status.devices.v[1].address);
	assert_string_equal(x.status.devices.v[1].note,
	                    "prepare makes it from '" PF_TEXT "'");
	(void)prepare_vf(&x);
	put_on_vfio(&x, &x.w.devices[1]);
	(void)look(&x);
	assert_false(x.status.healthy);
	assert_null(x.status.devices.v[0].problem);
	assert_string_equal(x.status.devices.v[1].problem,
	                    "it was made from '" PF_TEXT
	                    "' and is there no longer; prepare the claim again");
	vf = &x.w.devices[2];
	*vf = x.w.devices[1];
	x.w.devices[1] = (struct vc_host_device){
		.kind = VC_DEVICE_PCI,
		.name = text(&x.w, VF),
		.address = text(&x.w, VF),
		.driver = text(&x.w, "vfio-pci"),
		.iommu_group = 40,
	};
	x.w.inventory.devices.n = x.w.inventory.n_pci = 3;
	vf = &x.w.devices[1];
	assert_int_equal(vc_pci_address_parse(VF, &vf->pci.address, &x.w.err), 0);
	vf->pci.is_vf = vf->pci.on_vfio = true;
	vf->pci.pf = pf->pci.address;
	vf->pci.vf_index = 3;
	assert_healthy(&x, VC_CLAIM_PREPARED);
	assert_string_equal(x.status.devices.v[1].address, VF);
}

/* Each with the device that it is about. */
static void test_stuck_steps(void **state VC_UNUSED)
{
	static const struct {
		struct vc_step step;
		size_t device;
	} cases[] = {
		{ { .kind = VC_STEP_VFS }, 1 },
		{ { .kind = VC_STEP_VF, .vf_index = 3 }, 1 },
		{ { .kind = VC_STEP_VF, .vf_index = 4 }, 0 },
		{ { .kind = VC_STEP_MDEV }, 0 },
		{ { .kind = VC_STEP_ACCESS }, 0 },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		AUTO_WORLD x = { 0 };
		struct vc_entry *e;
		struct vc_step *step;

		(void)setup_vf(&x);
		put_on_vfio(&x, &x.w.devices[1]);
		e = prepare_vf(&x);
		e->phase = VC_PHASE_QUARANTINED;
		step = vc_list_push(&x.w.arena, &e->steps);
		assert_non_null(step);
		*step = cases[i].step;
		step->pci = x.w.devices[0].pci.address;
		step->state = VC_STEP_STUCK;
		step->problem = text(&x.w, "it hangs");
		(void)look(&x);
		assert_string_equal(x.status.devices.v[cases[i].device].problem,
		                    "it hangs");
		assert_null(x.status.devices.v[1 - cases[i].device].problem);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),         cmocka_unit_test(test_created),
		cmocka_unit_test(test_other_entries), cmocka_unit_test(test_moved),
		cmocka_unit_test(test_another_one),   cmocka_unit_test(test_prepared),
		cmocka_unit_test(test_out_of_order),  cmocka_unit_test(test_no_driver),
		cmocka_unit_test(test_node),          cmocka_unit_test(test_in_use),
		cmocka_unit_test(test_gone_in_use),   cmocka_unit_test(test_at_work),
		cmocka_unit_test(test_preparing),     cmocka_unit_test(test_quarantined),
		cmocka_unit_test(test_made),          cmocka_unit_test(test_stuck_steps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
