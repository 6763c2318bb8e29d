/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>

#include "claim/join.h"
#include "unit.h"

/* Facts are written as literals; VC_DEVICE_INIT's -1 are put in by add(). */
struct fixture {
	struct vc_arena arena;
	struct vc_facts facts;
	struct vc_claims claims;
	struct vc_err err;
};

/* the model has no const strings; lives as long as the block, or the program */
#define TEXT(s) ((char[]){ s })

#define UID_A   "aaaaaaaa-0000-4000-8000-000000000001"
#define UID_B   "bbbbbbbb-0000-4000-8000-000000000002"

static int set_up(void **state)
{
	static struct fixture f;

	f = (struct fixture){ .arena = VC_ARENA_INIT, .err = VC_ERR_INIT };
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	vc_arena_release(&f->arena);
	return 0;
}

static char *text(struct fixture *f, const char *s)
{
	char *copy = vc_arena_strdup(&f->arena, s);

	assert_true(!s || copy);
	return copy;
}

static struct vc_claim *add_claim(struct fixture *f, struct vc_claim claim)
{
	struct vc_claim *slot = vc_list_push(&f->arena, &f->facts.claims);

	assert_non_null(slot);
	*slot = claim;
	return slot;
}

/* "request driver pool name", "-" for unknown */
static struct vc_device *add(struct fixture *f, struct vc_devices *devices,
                             const char *names, const char *address, const char *origin)
{
	struct vc_device *d = vc_list_push(&f->arena, devices);
	char *rest = text(f, names), *field[4];

	assert_non_null(d);
	for (size_t i = 0; i < 4; i++) {
		field[i] = strsep(&rest, " ");
		assert_non_null(field[i]);
		if (strcmp(field[i], "-") == 0)
			field[i] = NULL;
	}
	*d = (struct vc_device)VC_DEVICE_INIT;
	d->request = field[0];
	d->driver = field[1];
	d->pool = field[2];
	d->name = field[3];
	d->origin = text(f, origin);
	if (!address)
		return d;
	assert_int_equal(vc_pci_address_parse(address, &d->host.pci, &f->err), 0);
	d->host.has_pci = true;
	d->host.kind = VC_KIND_PCI;
	return d;
}

static struct vc_slice *add_slice(struct fixture *f, const char *pool, int64_t generation,
                                  int64_t count)
{
	struct vc_slice *s = vc_list_push(&f->arena, &f->facts.slices);

	assert_non_null(s);
	s->driver = text(f, "gpu.example.com");
	s->pool = text(f, pool);
	s->generation = generation;
	s->slice_count = count;
	s->origin = text(f, "slices.json: /items/0");
	return s;
}

static void join(struct fixture *f)
{
	if (vc_join(&f->arena, &f->facts, &f->claims, &f->err) != 0)
		fail_msg("%s", f->err.msg);
}

static void refuse(struct fixture *f, const char *const words[], size_t n)
{
	f->claims.n = 4711;
	assert_int_equal(vc_join(&f->arena, &f->facts, &f->claims, &f->err),
	                 -VC_ERR_INPUT);
	assert_int_equal(f->claims.n, 4711);
	for (size_t i = 0; i < n; i++)
		if (!strstr(f->err.msg, words[i]))
			fail_msg("'%s' is not in: %s", words[i], f->err.msg);
}

#define REFUSE(f, ...)                                  \
	refuse(f, (const char *const[]){ __VA_ARGS__ }, \
	       VC_ARRAY_SIZE(((const char *const[]){ __VA_ARGS__ })))

static void check_address(const struct vc_device *d, const char *expected)
{
	char back[VC_PCI_ADDRESS_SIZE];

	assert_true(d->host.has_pci);
	vc_pci_address_format(&d->host.pci, back);
	assert_string_equal(back, expected);
}

/* A ResourceClaim with two results of one request and one of another driver */
static struct vc_claim *add_api(struct fixture *f)
{
	struct vc_claim *c = add_claim(f, (struct vc_claim){
						  .uid = text(f, UID_A),
						  .namespace = text(f, "lab"),
						  .name = text(f, "pair"),
						  .from_api = true,
						  .allocated = true,
						  .origin = text(f, "claims.json"),
					  });

	add(f, &c->devices, "gpu gpu.example.com node-1 gpu-1", NULL, "claims.json: /0")
		->admin_access = VC_NO;
	add(f, &c->devices, "gpu gpu.example.com node-1 gpu-0", NULL, "claims.json: /1")
		->admin_access = VC_NO;
	add(f, &c->devices, "nic nic.example.com node-1 vf-3", NULL, "claims.json: /2")
		->admin_access = VC_YES;
	return c;
}

static struct vc_claim *add_metadata(struct fixture *f, int64_t generation,
                                     const char *origin)
{
	return add_claim(f, (struct vc_claim){
				    .uid = text(f, UID_A),
				    .namespace = text(f, "lab"),
				    .name = text(f, "pair"),
				    .generation = generation,
				    .origin = text(f, origin),
			    });
}

static struct vc_claim *add_cdi(struct fixture *f, const char *uid)
{
	return add_claim(f, (struct vc_claim){ .uid = text(f, uid),
	                                       .origin = text(f, "cdi.yaml") });
}

static void test_api_gives_order_and_admin_access(void **state)
{
	struct fixture *f = *state;
	struct vc_claim *m = add_metadata(f, 1, "m.json");
	struct vc_device *d;

	add(f, &m->devices, "gpu GPU.example.com node-1 gpu-0", "0000:65:00.0",
	    "m.json: /0");
	add(f, &m->devices, "gpu gpu.example.com node-1 gpu-1", "0000:66:00.0",
	    "m.json: /1");
	add_api(f);
	join(f);
	assert_int_equal(f->claims.n, 1);
	assert_int_equal(f->claims.v[0].devices.n, 3);
	d = f->claims.v[0].devices.v;
	check_address(&d[0], "0000:66:00.0");
	check_address(&d[1], "0000:65:00.0");
	assert_int_equal(d[1].admin_access, VC_NO);
	assert_string_equal(d[1].origin, "m.json: /0");
	assert_false(d[2].host.has_pci);
	assert_int_equal(d[2].admin_access, VC_YES);
	assert_true(f->claims.v[0].from_api);
	/* the facts themselves are not written to */
	assert_false(f->facts.claims.v[1].devices.v[0].host.has_pci);
}

static void test_cdi_matches(void **state)
{
	static const struct {
		const char *names, *cdi_name;
		int64_t group;
		size_t hit;
	} cases[] = {
		{ "- gpu.example.com - gpu-0", NULL, 11, 1 },
		{ "- gpu.example.com - -", "k8s.gpu.example.com/gpu=" UID_A "-gpu-0", 12,
		  1 },
		{ "- - - -", "gpu.example.com/claim=" UID_A "_gpu-1", 13, 0 },
		{ "- - - -", "example.com/vf=vf-3", 14, 2 },
		{ "- nic.example.com - -", "k8s.nic.example.com/nic=" UID_A "-other", 15,
		  2 },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		struct fixture *f = *state;
		struct vc_device *d;

		f->facts = (struct vc_facts){ 0 };
		d = add(f, &add_cdi(f, UID_A)->devices, cases[i].names, "0000:65:00.0",
		        "cdi.yaml: /devices/0");
		d->cdi_name = text(f, cases[i].cdi_name);
		d->iommu_group = cases[i].group;
		add_api(f);
		join(f);
		assert_int_equal(f->claims.n, 1);
		assert_int_equal(f->claims.v[0].devices.n, 3);
		d = &f->claims.v[0].devices.v[cases[i].hit];
		check_address(d, "0000:65:00.0");
		assert_int_equal(d->iommu_group, cases[i].group);
	}
}

/* Neither another vendor's name nor another claim's UID in it is a match. */
static void test_cdi_does_not_match(void **state)
{
	static const struct {
		const char *names, *cdi_name;
	} cases[] = {
		{ "- - - -", "other.org/gpu=" UID_A "-gpu-0" },
		{ "- - - -", "gpu.example.com/gpu=" UID_B "-gpu-0" },
		{ "- - - -", "ample.com/gpu=gpu-0" },
		{ "- gpu.example.com - -", "k8s.gpu.example.com/gpu=x" },
		{ "- gpu.example.com - gpu-7", NULL },
		{ "- other.org - gpu-0", NULL },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		struct fixture *f = *state;
		struct vc_device *d;

		f->facts = (struct vc_facts){ 0 };
		d = add(f, &add_cdi(f, UID_A)->devices, cases[i].names, "0000:65:00.0",
		        "cdi.yaml: /devices/0");
		d->cdi_name = text(f, cases[i].cdi_name);
		add_api(f);
		join(f);
		assert_int_equal(f->claims.v[0].devices.n, 4);
		for (size_t j = 0; j < 3; j++)
			assert_false(f->claims.v[0].devices.v[j].host.has_pci);
	}
}

static void test_groups(void **state)
{
	struct fixture *f = *state;
	struct vc_claim *m = add_metadata(f, 1, "m.json");
	struct vc_claim *c;
	const struct vc_devices *d = NULL;

	add(f, &m->devices, "gpu gpu.example.com node-1 gpu-0", "0000:65:00.0",
	    "m.json: /0")
		->iommu_group = 37;
	add(f, &m->devices, "gpu gpu.example.com node-1 gpu-1", "0000:66:00.0",
	    "m.json: /1")
		->iommu_group = 38;
	c = add_cdi(f, UID_A);
	add(f, &c->devices, "- - - -", NULL, "cdi.yaml: /0")->iommu_group = 38;
	c->devices.v[0].vfio_cdev = 4;
	join(f);
	d = &f->claims.v[0].devices;
	assert_int_equal(d->n, 2);
	assert_int_equal(d->v[1].vfio_cdev, 4);
	/* two of one group: nobody can say which */
	f->facts.claims.v[0].devices.v[0].iommu_group = 38;
	join(f);
	assert_int_equal(f->claims.v[0].devices.n, 3);
}

static void test_newer_generation_replaces(void **state)
{
	struct fixture *f = *state;
	struct vc_claim *m = add_metadata(f, 2, "new.json");

	add(f, &m->devices, "gpu gpu.example.com node-1 gpu-5", "0000:67:00.0",
	    "new.json: /0");
	m = add_metadata(f, 1, "old.json");
	add(f, &m->devices, "gpu gpu.example.com node-1 gpu-0", "0000:65:00.0",
	    "old.json: /0");
	add(f, &m->devices, "gpu gpu.example.com node-1 gpu-5", "0000:68:00.0",
	    "old.json: /1");
	add(f, &m->devices, "gpu nic.example.com node-1 vf-3", "0000:03:00.1",
	    "old.json: /2");
	add(f, &m->devices, "disk gpu.example.com node-1 d-3", "0000:04:00.0",
	    "old.json: /3");
	join(f);
	assert_int_equal(f->claims.v[0].generation, 2);
	assert_int_equal(f->claims.v[0].devices.n, 3);
	check_address(&f->claims.v[0].devices.v[0], "0000:67:00.0");
	check_address(&f->claims.v[0].devices.v[1], "0000:03:00.1");
	check_address(&f->claims.v[0].devices.v[2], "0000:04:00.0");
}

static void test_names_without_uid(void **state)
{
	struct fixture *f = *state;
	struct vc_claim *c =
		add_claim(f, (struct vc_claim){ .namespace = text(f, "lab"),
	                                        .name = text(f, "pair"),
	                                        .origin = text(f, "hand.yaml") });

	add(f, &c->devices, "gpu gpu.example.com node-1 gpu-1", "0000:65:00.0",
	    "hand.yaml: /0");
	add_api(f);
	join(f);
	assert_int_equal(f->claims.n, 1);
	assert_string_equal(f->claims.v[0].uid, UID_A);
	check_address(&f->claims.v[0].devices.v[0], "0000:65:00.0");
	/* a second claim of that name: it stays by itself */
	add_claim(f, (struct vc_claim){ .uid = text(f, UID_B),
	                                .namespace = text(f, "lab"),
	                                .name = text(f, "pair") });
	join(f);
	assert_int_equal(f->claims.n, 3);
	assert_string_equal(f->claims.v[0].uid, UID_A);
	assert_string_equal(f->claims.v[1].uid, UID_B);
	assert_null(f->claims.v[2].uid);
	assert_false(f->claims.v[0].devices.v[0].host.has_pci);
}

static void test_loose_devices(void **state)
{
	struct fixture *f = *state;
	struct vc_claim *c = add_cdi(f, NULL);

	add(f, &c->devices, "- - - -", "0000:65:00.0", "static.yaml: /0")->cdi_name =
		text(f, "example.com/gpu=gpu-1");
	add(f, &c->devices, "- gpu.example.com - gpu-9", "0000:66:00.0",
	    "static.yaml: /1");
	add(f, &c->devices, "- gpu.example.com - gpu-0", "0000:67:00.0",
	    "static.yaml: /2");
	add_api(f);
	join(f);
	assert_int_equal(f->claims.n, 2);
	check_address(&f->claims.v[0].devices.v[0], "0000:65:00.0");
	check_address(&f->claims.v[0].devices.v[1], "0000:67:00.0");
	assert_null(f->claims.v[1].name);
	assert_null(f->claims.v[1].uid);
	assert_int_equal(f->claims.v[1].devices.n, 1);
	check_address(&f->claims.v[1].devices.v[0], "0000:66:00.0");
}

static void test_loose_device_of_two_pools(void **state)
{
	struct fixture *f = *state;
	struct vc_claim *c;

	add(f, &add_cdi(f, NULL)->devices, "- gpu.example.com - gpu-1", "0000:65:00.0",
	    "static.yaml: /0");
	add_api(f);
	c = add_claim(
		f, (struct vc_claim){ .uid = text(f, UID_B), .name = text(f, "other") });
	add(f, &c->devices, "gpu gpu.example.com node-2 gpu-1", NULL, "claims.json: /3");
	join(f);
	assert_int_equal(f->claims.n, 3);
	for (size_t i = 0; i < 2; i++)
		assert_false(f->claims.v[i].devices.v[0].host.has_pci);
}

static void test_loose_pieces_stay_apart(void **state)
{
	struct fixture *f = *state;

	add(f, &add_cdi(f, NULL)->devices, "- - - -", "0000:65:00.0", "a.yaml: /0");
	add(f, &add_cdi(f, NULL)->devices, "- - - -", "0000:66:00.0", "b.yaml: /0");
	join(f);
	assert_int_equal(f->claims.n, 2);
	check_address(&f->claims.v[0].devices.v[0], "0000:65:00.0");
}

static void test_slices(void **state)
{
	struct fixture *f = *state;
	const struct vc_device *d;

	add_api(f);
	add(f, &add_slice(f, "node-1", 3, 1)->devices, "- - - gpu-1", "0000:41:00.0",
	    "slices.json: /items/0");
	add(f, &add_slice(f, "node-1", 4, 2)->devices, "- - - gpu-1", "0000:65:00.0",
	    "slices.json: /items/1");
	add(f, &add_slice(f, "node-1", 4, 2)->devices, "- - - gpu-0", "0000:66:00.0",
	    "slices.json: /items/2");
	add(f, &add_slice(f, "node-2", 9, 1)->devices, "- - - gpu-0", "0000:77:00.0",
	    "slices.json: /items/3");
	join(f);
	d = f->claims.v[0].devices.v;
	check_address(&d[0], "0000:65:00.0");
	check_address(&d[1], "0000:66:00.0");
	assert_int_equal(d[0].host.kind, VC_KIND_PCI);
	assert_string_equal(d[0].origin, "slices.json: /items/1");
	assert_false(d[2].host.has_pci);
	assert_null(d[2].unresolved);
}

static void test_slices_not_usable(void **state)
{
	struct fixture *f = *state;
	const struct vc_device *d;

	/* one of two is missing */
	add_api(f);
	add(f, &add_slice(f, "node-1", 4, 2)->devices, "- - - gpu-1", "0000:65:00.0",
	    "s");
	join(f);
	d = f->claims.v[0].devices.v;
	assert_false(d[0].host.has_pci);
	assert_non_null(strstr(d[0].unresolved, "only 1 of 2 ResourceSlices"));
	/* the newest has it no more, although an older one has */
	add(f, &add_slice(f, "node-1", 5, 1)->devices, "- - - gpu-7", "0000:65:00.0",
	    "s");
	join(f);
	d = f->claims.v[0].devices.v;
	assert_false(d[0].host.has_pci);
	assert_non_null(strstr(d[0].unresolved, "no device 'gpu-1'"));
	/* two of one name */
	add(f, &f->facts.slices.v[1].devices, "- - - gpu-1", "0000:65:00.0", "s");
	add(f, &f->facts.slices.v[1].devices, "- - - gpu-1", "0000:66:00.0", "s");
	join(f);
	d = f->claims.v[0].devices.v;
	assert_false(d[0].host.has_pci);
	assert_non_null(strstr(d[0].unresolved, "two devices called 'gpu-1'"));
	/* the same slice twice is no harm */
	f->facts.slices.v[1].devices.v[2].host.pci =
		f->facts.slices.v[1].devices.v[1].host.pci;
	join(f);
	check_address(&f->claims.v[0].devices.v[0], "0000:65:00.0");
}

static void add_string_attribute(struct fixture *f, struct vc_device *d, const char *name,
                                 const char *value)
{
	struct vc_attribute *a = vc_list_push(&f->arena, &d->attributes);

	assert_non_null(a);
	a->name = text(f, name);
	a->type = VC_ATTRIBUTE_STRING;
	a->n = 1;
	a->strings = vc_arena_alloc(&f->arena, 1, sizeof(*a->strings));
	assert_non_null(a->strings);
	a->strings[0] = text(f, value);
}

static void test_snapshot_wins_over_slice(void **state)
{
	struct fixture *f = *state;
	struct vc_device *d =
		add(f, &add_metadata(f, 1, "m.json")->devices,
	            "gpu gpu.example.com node-1 gpu-1", "0000:65:00.0", "m.json: /0");

	add_string_attribute(f, d, "gpu.example.com/model", "A");
	d = add(f, &add_slice(f, "node-1", 1, 1)->devices, "- - - gpu-1", "0000:65:00.0",
	        "s");
	add_string_attribute(f, d, "gpu.example.com/model", "B");
	add_string_attribute(f, d, "gpu.example.com/more", "C");
	join(f);
	d = f->claims.v[0].devices.v;
	assert_string_equal(vc_attributes_string(&d->attributes, "gpu.example.com/model"),
	                    "A");
	assert_string_equal(vc_attributes_string(&d->attributes, "gpu.example.com/more"),
	                    "C");
	assert_int_equal(f->facts.claims.v[0].devices.v[0].attributes.n, 1);
	/* ... but the address may not differ */
	f->facts.slices.v[0].devices.v[0].host.pci.bus = 0x66;
	REFUSE(f, "s: PCI address '0000:66:00.0'", "'0000:65:00.0' of m.json: /0");
}

static void add_consumer(struct fixture *f, struct vc_claim *claim, const char *uid)
{
	struct vc_consumer *u = vc_list_push(&f->arena, &claim->reserved_for);

	if (!u)
		fail();
	else
		*u = (struct vc_consumer){ .name = text(f, "pod"), .uid = text(f, uid) };
}

static void test_consumers_are_united(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < 2; i++) {
		struct vc_claim *c = add_api(f);

		add_consumer(f, c, i == 0 ? "u1" : "u2");
		add_consumer(f, c, "u3");
	}
	join(f);
	assert_int_equal(f->claims.v[0].devices.n, 3);
	assert_int_equal(f->claims.v[0].reserved_for.n, 3);
}

static const struct {
	const char *uid, *namespace, *name;
} unsorted[] = {
	{ "u9", NULL, NULL }, { "u1", NULL, NULL }, { "u2", "lab", "b" },
	{ "u3", "lab", "a" }, { "u5", "dev", "z" }, { NULL, "lab", "0" },
};

static void test_sorted(void **state)
{
	static const char *const uids[] = { "u5", NULL, "u3", "u2", "u1", "u9" };
	struct fixture *f = *state;

	for (size_t i = 0; i < VC_ARRAY_SIZE(unsorted); i++)
		add_claim(f, (struct vc_claim){
				     .uid = text(f, unsorted[i].uid),
				     .namespace = text(f, unsorted[i].namespace),
				     .name = text(f, unsorted[i].name),
			     });
	join(f);
	assert_int_equal(f->claims.n, VC_ARRAY_SIZE(uids));
	for (size_t i = 0; i < VC_ARRAY_SIZE(uids); i++)
		if (uids[i])
			assert_string_equal(f->claims.v[i].uid, uids[i]);
		else
			assert_null(f->claims.v[i].uid);
}

/* What two files know of the same claim or device and do not agree about */
static const struct {
	const char *names, *words;
	struct vc_claim claim;
	struct vc_device device;
} contradictions[] = {
	{ "- gpu.example.com - gpu-0",
	  "PCI address '0000:01:00.0'",
	  { .name = TEXT("pair") },
	  { .host.has_pci = true, .host.pci = { 0, 1, 0, 0 } } },
	{ "- gpu.example.com - gpu-0", "IOMMU group '9'", { 0 }, { .iommu_group = 9 } },
	{ "- gpu.example.com - gpu-0",
	  "VFIO device number '9'",
	  { 0 },
	  { .vfio_cdev = 9 } },
	{ "- gpu.example.com - gpu-0",
	  "mdev UUID 'u9'",
	  { 0 },
	  { .host.mdev_uuid = TEXT("u9") } },
	{ "- gpu.example.com - gpu-0",
	  "mdev model 'vfio-ap'",
	  { 0 },
	  { .host.mdev_model = VC_MDEV_VFIO_AP } },
	{ "- gpu.example.com - gpu-0",
	  "hardware address 'ee:'",
	  { 0 },
	  { .hardware_address = TEXT("ee:") } },
	{ "gpu gpu.example.com node-1 gpu-0",
	  "subrequest 'other'",
	  { 0 },
	  { .subrequest = TEXT("other") } },
	{ "- - - -", "namespace 'b'", { .namespace = TEXT("b") }, { 0 } },
	{ "- - - -", "claim name 'b'", { .name = TEXT("b") }, { 0 } },
	{ "- - - -", "pod claim name 'b'", { .pod_claim = TEXT("b") }, { 0 } },
	{ "gpu gpu.example.com node-1 gpu-3", "'gpu-3'", { 0 }, { 0 } },
	{ "nic gpu.example.com node-1 gpu-0", "request 'nic'", { 0 }, { 0 } },
};

static void test_contradictions(void **state)
{
	for (size_t i = 0; i < VC_ARRAY_SIZE(contradictions); i++) {
		struct fixture *f = *state;
		struct vc_claim claim = contradictions[i].claim, *c;
		struct vc_device device = contradictions[i].device, *d;

		f->facts = (struct vc_facts){ 0 };
		c = add_api(f);
		c->pod_claim = text(f, "a");
		d = &c->devices.v[1];
		d->subrequest = text(f, "fast");
		d->host.has_pci = true;
		d->host.pci = (struct vc_pci_address){ 0, 0x65, 0, 0 };
		d->iommu_group = 37;
		d->vfio_cdev = 1;
		d->host.mdev_uuid = text(f, "u1");
		d->host.mdev_model = VC_MDEV_VFIO_PCI;
		d->hardware_address = text(f, "02:");
		claim.uid = text(f, UID_A);
		claim.origin = text(f, "second.json");
		c = add_claim(f, claim);
		d = add(f, &c->devices, contradictions[i].names, NULL, "second.json: /0");
		device.request = d->request;
		device.driver = d->driver;
		device.pool = d->pool;
		device.name = d->name;
		device.origin = d->origin;
		if (device.iommu_group == 0)
			device.iommu_group = -1;
		if (device.vfio_cdev == 0)
			device.vfio_cdev = -1;
		*d = device;
		REFUSE(f, "second.json", contradictions[i].words, "claims.json");
	}
}

static void test_our_attributes_identify(void **state)
{
	struct fixture *f = *state;
	struct vc_device *d;

	d = add(f, &add_metadata(f, 1, "m.json")->devices,
	        "gpu gpu.example.com node-1 gpu-1", "0000:65:00.0", "m.json: /0");
	add_string_attribute(f, d, VC_ATTR_SERIAL, "S1");
	d = add(f, &add_cdi(f, UID_A)->devices, "- gpu.example.com - gpu-1", NULL,
	        "c.json: /0");
	add_string_attribute(f, d, VC_ATTR_SERIAL, "S2");
	REFUSE(f, "c.json: /0", "virt-claim.io/serial", "m.json: /0");
}

static void test_other_allocation(void **state)
{
	struct fixture *f = *state;
	struct vc_claim *c;

	add_api(f);
	c = add_api(f);
	c->devices.n = 2;
	c->origin = text(f, "later.json");
	REFUSE(f, "later.json: allocates 2 devices", "claims.json allocates 3");
}

/* Given back since, or allocated only now: one of the two objects is old. */
static void test_no_allocation_any_more(void **state)
{
	struct fixture *f = *state;
	struct vc_claim *c;

	add_api(f);
	c = add_api(f);
	c->devices.n = 0;
	c->allocated = false;
	c->origin = text(f, "later.json");
	REFUSE(f, "later.json: the claim is not allocated", "claims.json it is");
}

static void test_allocated_since(void **state)
{
	struct fixture *f = *state;
	struct vc_claim *c = add_api(f);

	c->devices.n = 0;
	c->allocated = false;
	add_api(f)->origin = text(f, "later.json");
	REFUSE(f, "later.json: the claim is allocated", "claims.json it is not");
}

static void test_mdev_wins(void **state)
{
	struct fixture *f = *state;
	struct vc_device *d;

	add(f, &add_metadata(f, 1, "m.json")->devices, "gpu gpu.example.com node-1 gpu-1",
	    "0000:65:00.0", "m.json: /0");
	d = add(f, &add_cdi(f, UID_A)->devices, "- gpu.example.com - gpu-1", NULL,
	        "c.json: /0");
	d->host.mdev_uuid = text(f, "11111111-2222-4333-8444-555555555555");
	d->host.kind = VC_KIND_MDEV;
	join(f);
	assert_int_equal(f->claims.v[0].devices.n, 1);
	assert_int_equal(f->claims.v[0].devices.v[0].host.kind, VC_KIND_MDEV);
	assert_false(f->claims.v[0].devices.v[0].host.has_pci);
}

static void test_too_many_devices(void **state)
{
	struct fixture *f = *state;
	struct vc_claim *c = add_cdi(f, UID_A);

	for (size_t i = 0; i < 4100; i++)
		add(f, &c->devices, "- - - -", NULL, "cdi.yaml");
	join(f);
	assert_int_equal(f->claims.v[0].devices.n, 4100);
	add_cdi(f, UID_A);
	REFUSE(f, "cdi.yaml", "4100 devices", "4096");
}

/* 20,000 claims in two pieces each take well under the test's time limit. */
static void test_many_claims(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 40000; i++) {
		char *uid = vc_arena_printf(&f->arena, "uid-%d", i * 7919 % 20000);
		struct vc_claim *c = add_cdi(f, uid);

		add(f, &c->devices, "- gpu.example.com - gpu-0", "0000:65:00.0", "x");
	}
	join(f);
	assert_int_equal(f->claims.n, 20000);
	for (size_t i = 0; i < f->claims.n; i++)
		assert_int_equal(f->claims.v[i].devices.n, 1);
}

static void test_nothing(void **state)
{
	struct fixture *f = *state;

	join(f);
	assert_int_equal(f->claims.n, 0);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_nothing),
		TEST(test_api_gives_order_and_admin_access),
		TEST(test_cdi_matches),
		TEST(test_cdi_does_not_match),
		TEST(test_groups),
		TEST(test_newer_generation_replaces),
		TEST(test_names_without_uid),
		TEST(test_loose_devices),
		TEST(test_loose_device_of_two_pools),
		TEST(test_loose_pieces_stay_apart),
		TEST(test_slices),
		TEST(test_slices_not_usable),
		TEST(test_snapshot_wins_over_slice),
		TEST(test_consumers_are_united),
		TEST(test_sorted),
		TEST(test_contradictions),
		TEST(test_our_attributes_identify),
		TEST(test_other_allocation),
		TEST(test_no_allocation_any_more),
		TEST(test_allocated_since),
		TEST(test_mdev_wins),
		TEST(test_too_many_devices),
		TEST(test_many_claims),
	};

	return cmocka_run_group_tests_name("join", tests, NULL, NULL);
}
