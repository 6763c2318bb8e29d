/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_plan_claim.c - plan.c, plan_check.c and plan_driver.c on machines made by hand: who
 * gets what, who is refused, and which drivers change.
 */
#include <errno.h>

#include "node_world.h"
#include "temp_tree.h"

#define DISK  "0000:02:00.0"
#define DISK2 "0000:03:00.0"
#define GPU   "0000:01:00.0"
#define AUDIO "0000:01:00.1"
#define VF3   "0000:05:02.3"

struct setting {
	struct node_world w;
	struct vc_host_claim claim;
	struct temp_tree *tree;
};

/* What the analyzers cannot learn from cmocka's assertions. */
static void *must(void *p)
{
	if (!p)
		abort();
	return p;
}

static struct vc_host_device *add_function(struct setting *s, const char *address,
                                           const char *serial)
{
	struct node_world *w = &s->w;
	struct vc_host_device *d = world_add(w, VC_DEVICE_PCI, text(w, address));
	struct vc_evidence *slot = must(vc_list_push(&w->arena, &d->evidence));

	slot->kind = VC_EVIDENCE_NVME;
	slot->value = text(w, serial);
	d->driver = text(w, "nvme");
	d->seen = VC_SEEN_ON_HOST_DRIVER;
	d->iommu_group = (int64_t)w->inventory.devices.n;
	d->verdict.claimable = true;
	d->pci.vendor = 0x144d;
	d->pci.device = 0xa80a;
	d->pci.vfio_driver = text(w, "vfio-pci");
	return d;
}

static struct vc_claimed_device *claim_it(struct setting *s,
                                          const struct vc_host_device *d)
{
	struct node_world *w = &s->w;
	struct vc_claimed_device *c = must(vc_list_push(&w->arena, &s->claim.devices));

	*c = (struct vc_claimed_device){
		.request = text(w, "device"),
		.name = vc_arena_printf(&w->arena, "d%zu", s->claim.devices.n),
		.vlan = -1,
	};
	assert_int_equal(
		vc_identity_record(&w->arena, d, OTHER_UID, &c->identity, &w->err), 0);
	return c;
}

static struct vc_claimed_device *claim_vf(struct setting *s,
                                          const struct vc_host_device *pf, unsigned index)
{
	struct vc_claimed_device *c = claim_it(s, pf);

	c->made_from = VC_MADE_FROM_PF;
	c->vf_index = index;
	return c;
}

static struct vc_host_device *add_pf(struct setting *s, unsigned n_vfs)
{
	struct vc_host_device *pf = add_function(s, PF_TEXT, "PF");

	pf->pci.total_vfs = 8;
	pf->pci.n_vfs = n_vfs;
	pf->pci.vf_autoprobe = true;
	return pf;
}

static struct vc_host_device *add_vf(struct setting *s, const struct vc_host_device *pf)
{
	struct vc_host_device *vf = add_function(s, VF3, "VF");

	vf->evidence.n = 0;
	vf->driver = NULL;
	vf->pci.is_vf = true;
	vf->pci.pf = pf->pci.address;
	vf->pci.vf_index = 3;
	return vf;
}

static struct vc_entry *add_other(struct setting *s, const char *key, const char *pf)
{
	struct node_world *w = &s->w;
	struct vc_entry *e = &w->others[w->entries.n++];
	struct vc_reserved *r;

	*e = (struct vc_entry){
		.uid = text(w, OTHER_UID),
		.namespace = text(w, "lab"),
		.name = text(w, "theirs"),
		.phase = VC_PHASE_PREPARED,
	};
	r = must(vc_list_push(&w->arena, &e->devices));
	*r = (struct vc_reserved){ .request = text(w, "r"),
		                   .name = text(w, "n"),
		                   .key = text(w, key),
		                   .has_pf = pf != NULL };
	if (pf)
		assert_int_equal(vc_pci_address_parse(pf, &r->pf, &w->err), 0);
	return e;
}

static int setup(void **state)
{
	struct setting *s = calloc(1, sizeof(*s));
	void *tree = NULL;

	if (!s || temp_tree_setup(&tree) < 0)
		return -1;
	world_init(&s->w);
	s->tree = tree;
	s->w.config.sysfs = s->tree->path;
	s->claim = (struct vc_host_claim){
		.namespace = text(&s->w, "default"),
		.name = text(&s->w, "mine"),
		.uid = text(&s->w, OWN_UID),
	};
	s->w.input.claim = &s->claim;
	*state = s;
	return 0;
}

static int teardown(void **state)
{
	struct setting *s = *state;
	void *tree = s->tree;
	int r = temp_tree_teardown(&tree);

	vc_arena_release(&s->w.arena);
	free(s);
	return r;
}

/* One for each row of a table. */
static struct setting *new_setting(void)
{
	void *state = NULL;

	assert_int_equal(setup(&state), 0);
	return must(state);
}

static void drop_setting(struct setting *s)
{
	void *state = s;

	assert_int_equal(teardown(&state), 0);
}

static void override(struct setting *s, const char *address, const char *value)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "bus/pci/devices/%s/driver_override", address);
	temp_tree_put(s->tree, path, value);
}

static int prepare(struct setting *s)
{
	return vc_plan_prepare(&s->w.arena, &s->w.input, &s->w.entry, &s->w.err);
}

static int bind(struct setting *s)
{
	return vc_plan_bind(&s->w.arena, &s->w.input, &s->w.entry, &s->w.err);
}

static void done(struct setting *s, int r)
{
	if (r < 0)
		fail_msg("%s", s->w.err.msg);
}

static void refused(struct setting *s, int r, const char *text)
{
	assert_int_equal(r, -VC_ERR_REFUSED);
	assert_says(&s->w.err, text);
}

static void test_reserves(void **state)
{
	struct setting *s = *state;

	claim_it(s, add_function(s, DISK, "S1"));
	(void)claim_vf(s, add_pf(s, 0), 3);
	done(s, prepare(s));
	assert_int_equal(s->w.entry.devices.n, 2);
	assert_string_equal(s->w.entry.devices.v[0].key, "pci-" DISK);
	assert_false(s->w.entry.devices.v[0].has_pf);
	assert_string_equal(s->w.entry.devices.v[1].key, "vf-" PF_TEXT "-3");
	assert_true(s->w.entry.devices.v[1].has_pf);
	assert_int_equal(s->w.entry.steps.n, 1);
	assert_int_equal(s->w.entry.steps.v[0].kind, VC_STEP_VFS);
}

/* The machine after round one: a VF has an address then. */
static void test_made_device_gets_its_key(void **state)
{
	struct setting *s = *state;
	struct vc_host_device *pf = add_pf(s, 0);

	(void)claim_vf(s, pf, 3);
	done(s, prepare(s));
	refused(s, bind(s), "'" PF_TEXT "' has no virtual function 3");
	pf->pci.n_vfs = 8;
	add_vf(s, pf);
	override(s, VF3, "(null)\n");
	s->w.entry.steps.v[0].state = VC_STEP_DONE;
	done(s, bind(s));
	assert_int_equal(s->w.entry.devices.n, 1);
	assert_string_equal(s->w.entry.devices.v[0].key, "pci-" VF3);
	assert_int_equal(s->w.entry.steps.n, 2);
	assert_null(s->w.entry.steps.v[1].old_driver);
}

static void test_driver_step(void **state VC_UNUSED)
{
	static const struct {
		const char *driver, *vfio, *override, *old_override;
		bool on_vfio;
		size_t n;
	} cases[] = {
		{ "nvme", "vfio-pci", "(null)\n", NULL, false, 1 },
		{ "nvme", "mlx5_vfio_pci", "\n", NULL, false, 1 },
		{ "nvme", "vfio-pci", "other\n", "other", false, 1 },
		{ NULL, "vfio-pci", "(null)\n", NULL, false, 1 },
		{ "vfio-pci", "vfio-pci", "vfio-pci\n", NULL, true, 0 },
		{ "vfio-pci", "mlx5_vfio_pci", "vfio-pci\n", NULL, true, 0 },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		struct setting *s = new_setting();
		struct vc_host_device *d;
		const struct vc_step *step;

		d = add_function(s, DISK, "S1");
		claim_it(s, d);
		d->driver = cases[i].driver ? text(&s->w, cases[i].driver) : NULL;
		d->pci.vfio_driver = text(&s->w, cases[i].vfio);
		d->pci.on_vfio = cases[i].on_vfio;
		override(s, DISK, cases[i].override);
		done(s, prepare(s));
		assert_int_equal(s->w.entry.steps.n, 0);
		done(s, bind(s));
		assert_int_equal(s->w.entry.steps.n, cases[i].n);
		/* once is enough */
		done(s, bind(s));
		assert_int_equal(s->w.entry.steps.n, cases[i].n);
		step = s->w.entry.steps.v;
		if (cases[i].n > 0) {
			assert_int_equal(step->state, VC_STEP_PLANNED);
			assert_string_equal(step->driver, cases[i].vfio);
			assert_int_equal(step->old_driver != NULL,
			                 cases[i].driver != NULL);
			assert_int_equal(step->old_override != NULL,
			                 cases[i].old_override != NULL);
		}
		drop_setting(s);
	}
}

static void test_driver_step_again(void **state)
{
	struct setting *s = *state;

	claim_it(s, add_function(s, DISK, "S1"));
	override(s, DISK, "(null)\n");
	done(s, bind(s));
	s->w.entry.steps.v[0].state = VC_STEP_DONE;
	/* somebody took the driver away */
	done(s, bind(s));
	assert_int_equal(s->w.entry.steps.n, 1);
	assert_int_equal(s->w.entry.steps.v[0].state, VC_STEP_PLANNED);
}

static void test_driver_refusals(void **state)
{
	struct setting *s = *state;
	struct vc_host_device *d = add_function(s, DISK, "S1");

	claim_it(s, d);
	assert_int_equal(bind(s), -VC_ERR_ABSENT);
	assert_says(&s->w.err, "driver_override");
	d->pci.vfio_driver = NULL;
	refused(s, bind(s), "load vfio-pci");
	assert_int_equal(s->w.entry.steps.n, 0);
}

/* What another claim has reserved, and what of it is in the way. */
static void test_taken(void **state VC_UNUSED)
{
	static const struct {
		const char *key, *pf;
		bool vf;
		const char *text;
	} cases[] = {
		{ "pci-" DISK, NULL, false,
		  "has it (prepared); run: virt-claim unprepare" },
		{ "vf-" DISK "-0", DISK, false, "has a virtual function of it" },
		{ "pci-0000:02:00.1", DISK, false, "has a virtual function of it" },
		{ "vf-" PF_TEXT "-3", PF_TEXT, true, "has it" },
		{ "pci-" PF_TEXT, NULL, true, "has what it is made from" },
		{ "pci-" DISK2, NULL, false, NULL },
		{ "vf-" PF_TEXT "-2", PF_TEXT, true, NULL },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		struct setting *s = new_setting();

		if (cases[i].vf)
			(void)claim_vf(s, add_pf(s, 0), 3);
		else
			claim_it(s, add_function(s, DISK, "S1"));
		add_other(s, cases[i].key, cases[i].pf);
		if (cases[i].text) {
			refused(s, prepare(s), cases[i].text);
			assert_says(&s->w.err, "claim 'lab/theirs'");
		} else {
			done(s, prepare(s));
		}
		drop_setting(s);
	}
}

/* One that exists by now was reserved before it did. */
static void test_taken_before_it_was_made(void **state)
{
	struct setting *s = *state;
	struct vc_host_device *pf = add_pf(s, 8);

	add_vf(s, pf);
	(void)claim_vf(s, pf, 3);
	add_other(s, "vf-" PF_TEXT "-3", PF_TEXT);
	refused(s, prepare(s), "claim 'lab/theirs' has it");
}

static void test_parent_is_taken(void **state)
{
	struct setting *s = *state;
	struct vc_entry *other = add_other(s, "mdev-" MDEV_UUID, NULL);
	struct vc_step *step = must(vc_list_push(&s->w.arena, &other->steps));

	*step = (struct vc_step){
		.kind = VC_STEP_MDEV,
		.parent = text(&s->w, DISK),
		.type = text(&s->w, "t"),
		.uuid = text(&s->w, MDEV_UUID),
	};
	claim_it(s, add_function(s, DISK, "S1"));
	refused(s, prepare(s), "has a mediated device of it");
	step->state = VC_STEP_UNDONE;
	done(s, prepare(s));
}

static void test_quarantined_neighbour(void **state)
{
	struct setting *s = *state;

	claim_it(s, add_function(s, DISK, "S1"));
	add_other(s, "pci-" DISK, NULL)->phase = VC_PHASE_QUARANTINED;
	refused(s, prepare(s),
	        "quarantined; free the device, then run: virt-claim recover");
}

static void test_leased(void **state)
{
	struct setting *s = *state;
	struct vc_lease *lease = must(vc_list_push(&s->w.arena, &s->w.leases));

	claim_it(s, add_function(s, DISK, "S1"));
	*lease = (struct vc_lease){ .device = text(&s->w, "pci-" DISK),
		                    .uuid = text(&s->w, OTHER_UID),
		                    .domain = text(&s->w, "vm7") };
	refused(s, prepare(s), "'" DISK "' is in use by domain 'vm7' (" OTHER_UID ")");
	lease->problem = text(&s->w, "cannot be read");
	refused(s, prepare(s), "cannot be read");
	lease->device = text(&s->w, "pci-" DISK2);
	done(s, prepare(s));
	s->w.input.leases = NULL;
	done(s, prepare(s));
}

static void test_verdict(void **state)
{
	struct setting *s = *state;
	struct vc_host_device *d = add_function(s, DISK, "S1");
	char *reasons[] = { text(&s->w, "is a bridge"),
		            text(&s->w, "the host needs it") };

	claim_it(s, d);
	d->verdict.claimable = false;
	d->verdict.reasons = (struct vc_names){ reasons, 2, 0 };
	refused(s, prepare(s),
	        "'" DISK "' cannot be given away: is a bridge; the host needs it");
	refused(s, bind(s), "cannot be given away");
	assert_int_equal(s->w.entry.steps.n, 0);
}

static void test_group(void **state)
{
	struct setting *s = *state;
	struct vc_host_device *gpu = add_function(s, GPU, "G1");
	struct vc_host_device *audio = add_function(s, AUDIO, "A1");
	char *with_audio[] = { text(&s->w, AUDIO) }, *with_gpu[] = { text(&s->w, GPU) };

	gpu->verdict.together = (struct vc_names){ with_audio, 1, 0 };
	audio->verdict.together = (struct vc_names){ with_gpu, 1, 0 };
	claim_it(s, gpu);
	refused(s, prepare(s), "does not have: " AUDIO "; claim them together");
	refused(s, bind(s), "does not have: " AUDIO);
	claim_it(s, audio);
	done(s, prepare(s));
}

static void test_one_device_twice(void **state)
{
	struct setting *s = *state;
	struct vc_host_device *d = add_function(s, DISK, "S1");

	claim_it(s, d);
	claim_it(s, d);
	refused(s, prepare(s), "devices 'd1' and 'd2' of the claim are both '" DISK "'");
}

static void test_not_found(void **state)
{
	struct setting *s = *state;
	struct vc_host_device *d = add_function(s, DISK, "S1");

	claim_it(s, d);
	d->evidence.v[0].value = text(&s->w, "TWIN");
	refused(s, prepare(s), "device 'd1': ");
	add_other(s, "pci-" DISK, NULL);
	refused(s, prepare(s), "claim 'lab/theirs' has '" DISK "' now (prepared)");
}

/* On vfio its serial number cannot be seen; the journal says that we put it there. */
static void test_bound_by_us(void **state)
{
	struct setting *s = *state;
	struct vc_host_device *d = add_function(s, DISK, "S1");
	struct vc_entry *own = &s->w.others[0];
	struct vc_found_devices found = { .n = 77 };

	claim_it(s, d);
	override(s, DISK, "(null)\n");
	done(s, prepare(s));
	done(s, bind(s));
	d->evidence.n = 0;
	d->driver = text(&s->w, "vfio-pci");
	d->pci.on_vfio = true;
	d->seen = VC_SEEN_ON_VFIO;
	assert_int_equal(vc_plan_find(&s->w.arena, &s->w.input, &found, &s->w.err),
	                 -VC_ERR_REFUSED);
	assert_int_equal(found.n, 77);
	*own = s->w.entry;
	s->w.entries.n = 1;
	/* planned is not done */
	assert_int_equal(vc_plan_find(&s->w.arena, &s->w.input, &found, &s->w.err),
	                 -VC_ERR_REFUSED);
	own->steps.v[0].state = VC_STEP_DONE;
	done(s, vc_plan_find(&s->w.arena, &s->w.input, &found, &s->w.err));
	assert_int_equal(found.n, 1);
	assert_ptr_equal(found.v[0].device, d);
	assert_int_equal(found.v[0].host.kind, VC_KIND_PCI);
}

static void test_usb_side(void **state)
{
	struct setting *s = *state;
	struct vc_host_device *d = world_add(&s->w, VC_DEVICE_USB, text(&s->w, "1-4.2"));
	struct vc_evidence *slot = must(vc_list_push(&s->w.arena, &d->evidence));
	struct vc_found_devices found;

	*slot = (struct vc_evidence){ VC_EVIDENCE_USB, text(&s->w, "KEY1"), NULL };
	d->seen = VC_SEEN_ON_HOST_DRIVER;
	d->verdict.claimable = true;
	d->usb = (struct vc_usb_part){ .bus = 1,
		                       .device = 5,
		                       .port = text(&s->w, "4.2"),
		                       .vendor = 0x951,
		                       .product = 0x1666 };
	claim_it(s, d);
	done(s, vc_plan_find(&s->w.arena, &s->w.input, &found, &s->w.err));
	assert_int_equal(found.v[0].host.kind, VC_KIND_USB);
	assert_string_equal(found.v[0].host.usb.serial, "KEY1");
	assert_true(found.v[0].host.usb.has_ids);
	done(s, prepare(s));
	assert_string_equal(s->w.entry.devices.v[0].key, "usb-1:5");
	done(s, bind(s));
	assert_int_equal(s->w.entry.steps.n, 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_reserves),
		T(test_made_device_gets_its_key),
		cmocka_unit_test(test_driver_step),
		T(test_driver_step_again),
		T(test_driver_refusals),
		cmocka_unit_test(test_taken),
		T(test_taken_before_it_was_made),
		T(test_parent_is_taken),
		T(test_quarantined_neighbour),
		T(test_leased),
		T(test_verdict),
		T(test_group),
		T(test_one_device_twice),
		T(test_not_found),
		T(test_bound_by_us),
		T(test_usb_side),
	};

	return cmocka_run_group_tests_name("plan_claim", tests, NULL, NULL);
}
