/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is published is what readers get: whatever the claim, and whenever they look.
 */
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

#include "publish_util.h"

#define CLAIMS     300
#define RACE_MS    1500
#define REQUESTS   3U
#define RANDOM_MAX 6U

/* Nothing is lost in a test: the disk need not hurry. The linker asks for this name. */
/* NOLINTNEXTLINE(bugprone-reserved-identifier,cert-*) */
int __wrap_fsync(int fd);
/* NOLINTNEXTLINE(bugprone-reserved-identifier,cert-*) */
int __wrap_fsync(int fd VC_UNUSED)
{
	return 0;
}

/* [xorshift] the same claims in every run */
static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static unsigned below(uint64_t *state, unsigned n)
{
	return (unsigned)(next_random(state) % n);
}

static void add_usb_side(struct vc_arena *arena, struct vc_device *d, unsigned number,
                         uint64_t *r)
{
	d->host = (struct vc_host_side){ .kind = VC_KIND_USB };
	d->attributes.n = 0;
	d->iommu_group = -1;
	add_text(arena, d, VC_ATTR_KIND, "usb");
	d->host.usb.bus = 1 + below(r, 2);
	d->host.usb.device = number;
	add_number(arena, d, VC_ATTR_USB_BUS, d->host.usb.bus);
	add_number(arena, d, VC_ATTR_USB_DEVICE, d->host.usb.device);
	if (below(r, 2)) {
		d->host.usb.serial = text_of(arena, "Grün \"1\" \\ end");
		add_text(arena, d, VC_ATTR_SERIAL, d->host.usb.serial);
	}
}

static void add_mdev_side(struct vc_arena *arena, struct vc_device *d, uint64_t *r)
{
	static const char *const models[] = { "vfio-pci", "vfio-ccw", "vfio-ap" };

	d->host = (struct vc_host_side){ .kind = VC_KIND_MDEV };
	d->attributes.n = 0;
	d->host.mdev_uuid =
		vc_arena_printf(arena, "1d6f8a10-93c2-4b57-8e0d-%012llx",
	                        (unsigned long long)(next_random(r) & 0xffffffffffffULL));
	add_text(arena, d, VC_ATTR_KIND, "mdev");
	add_text(arena, d, VC_ATTR_MDEV_UUID, d->host.mdev_uuid);
	add_number(arena, d, VC_ATTR_IOMMU_GROUP, d->iommu_group);
	if (below(r, 2)) {
		d->host.mdev_model = (enum vc_mdev_model)(1 + below(r, 3));
		add_text(arena, d, VC_ATTR_MDEV_MODEL, models[d->host.mdev_model - 1]);
	}
}

static void add_random_attributes(struct vc_arena *arena, struct vc_device *d,
                                  uint64_t *r)
{
	static const char *const values[] = {
		"S1",
		"a b",
		"\xc3\xa4\xe2\x82\xac",
		"quote\" back\\slash",
		"x",
		"0123456789012345678901234567890123456789012345678901234567890123",
	};
	unsigned n = below(r, 20);

	for (unsigned i = 0; i < n; i++)
		if (below(r, 3) == 0)
			add_number(arena, d,
			           vc_arena_printf(arena, "virt-claim.io/n%u", i),
			           (int64_t)next_random(r));
		else
			add_text(arena, d, vc_arena_printf(arena, "virt-claim.io/t%u", i),
			         values[below(r, VC_ARRAY_SIZE(values))]);
	if (below(r, 3) == 0)
		d->hardware_address = text_of(arena, "52:54:00:12:34:56");
}

/* Devices of one request lie together, as in a claim. */
static struct vc_claim random_claim(struct vc_arena *arena, uint64_t *r, unsigned i)
{
	struct vc_claim claim = claim_of(arena, "c", UID_A);
	const unsigned n = 1 + below(r, RANDOM_MAX);

	claim.name = vc_arena_printf(arena, "c-%u.example", i);
	claim.uid = vc_arena_printf(arena, "5d1f0c52-0f1e-4b53-9e0e-%012x", i);
	claim.namespace = vc_arena_printf(arena, "ns-%u", i % 7);
	for (unsigned d = 0; d < n; d++) {
		struct vc_device *device = add_function(
			arena, &claim, vc_arena_printf(arena, "r%u", d * REQUESTS / n),
			vc_arena_printf(arena, "device-%u", d), (uint8_t)(16 * d + 1));

		if (below(r, 4) == 0)
			add_usb_side(arena, device, 3 + 7 * d, r);
		else if (below(r, 4) == 0)
			add_mdev_side(arena, device, r);
		add_random_attributes(arena, device, r);
	}
	return claim;
}

static const struct vc_device *find_device(const struct vc_claim *claim,
                                           const struct vc_device *like)
{
	for (size_t i = 0; i < claim->devices.n; i++)
		if (strcmp(claim->devices.v[i].name, like->name) == 0 &&
		    strcmp(claim->devices.v[i].request, like->request) == 0)
			return &claim->devices.v[i];
	return NULL;
}

static void assert_same_device(const struct vc_device *read, const struct vc_device *d)
{
	if (!read) {
		fail_msg("device '%s' is missing", d->name);
		return;
	}
	assert_string_equal(read->driver, d->driver);
	assert_string_equal(read->pool, d->pool);
	assert_true(vc_host_side_equal(&read->host, &d->host));
	assert_int_equal(read->iommu_group, d->iommu_group);
	if (d->hardware_address)
		assert_string_equal(read->hardware_address, d->hardware_address);
	else
		assert_null(read->hardware_address);
	/* and the boot */
	assert_int_equal(read->attributes.n, d->attributes.n + 1);
	for (size_t i = 0; i < d->attributes.n; i++) {
		const struct vc_attribute *a =
			vc_attributes_find(&read->attributes, d->attributes.v[i].name);

		assert_non_null(a);
		assert_true(vc_attribute_equal(a, &d->attributes.v[i]));
	}
	assert_string_equal(vc_attributes_string(&read->attributes, VC_ATTR_BOOT_ID),
	                    BOOT);
}

static void assert_same_claim(const struct vc_claim *read, const struct vc_claim *claim)
{
	if (!read) {
		fail_msg("claim '%s' is missing", claim->name);
		return;
	}
	assert_string_equal(read->uid, claim->uid);
	assert_string_equal(read->namespace, claim->namespace);
	assert_string_equal(read->name, claim->name);
	assert_int_equal(read->generation, 1);
	assert_int_equal(read->devices.n, claim->devices.n);
	for (size_t i = 0; i < claim->devices.n; i++)
		assert_same_device(find_device(read, &claim->devices.v[i]),
		                   &claim->devices.v[i]);
}

static const struct vc_claim *find_claim(const struct vc_claims *claims, const char *uid)
{
	for (size_t i = 0; i < claims->n; i++)
		if (strcmp(claims->v[i].uid, uid) == 0)
			return &claims->v[i];
	return NULL;
}

/* The folders alone, and folders and CDI files together, say what was published. */
static void test_round_trip(void **state)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	const struct temp_tree *t = *state;
	struct vc_claims folders = { 0 }, both = { 0 }, listed = { 0 };
	struct vc_claim *claims = vc_arena_alloc(&arena, CLAIMS, sizeof(*claims));
	struct vc_err err = VC_ERR_INIT;
	uint64_t r = 88172645463325252ULL;
	struct place place;

	assert_non_null(claims);
	place_in(t, &place);
	for (unsigned i = 0; i < CLAIMS; i++) {
		claims[i] = random_claim(&arena, &r, i);
		must_write(&place, &claims[i], true);
	}
	read_claims(&arena, (const char *const[]){ place.claims }, 1, &folders);
	read_claims(&arena, (const char *const[]){ place.claims, place.cdi }, 2, &both);
	assert_int_equal(vc_publish_list(&arena, &place.publish, &listed, &err), 0);
	assert_int_equal(folders.n, CLAIMS);
	assert_int_equal(both.n, CLAIMS);
	assert_int_equal(listed.n, CLAIMS);
	for (unsigned i = 0; i < CLAIMS; i++) {
		const struct vc_claim *joined = find_claim(&both, claims[i].uid);

		assert_same_claim(find_claim(&folders, claims[i].uid), &claims[i]);
		assert_same_claim(joined, &claims[i]);
		for (size_t j = 0; joined && j < joined->devices.n; j++)
			assert_non_null(joined->devices.v[j].cdi_name);
		assert_non_null(find_claim(&listed, claims[i].uid));
		must_write(&place, &claims[i], false);
	}
}

/* The tree below .container is what a pod of that claim would find. */
static void test_container(void **state)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	const struct temp_tree *t = *state;
	const struct vc_claim claim = example_claim(&arena);
	struct vc_claims claims = { 0 };
	struct place place;
	char path[192];

	place_in(t, &place);
	must_write(&place, &claim, true);
	(void)snprintf(path, sizeof(path), "%s/lab/vm7/.container", place.claims);
	read_claims(&arena, (const char *const[]){ path }, 1, &claims);
	assert_int_equal(claims.n, 1);
	assert_same_claim(find_claim(&claims, UID_A), &claim);
}

/* The CDI files alone lack attributes, but no device and no address. */
static void test_cdi_alone(void **state)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	const struct temp_tree *t = *state;
	const struct vc_claim claim = example_claim(&arena), *read;
	struct vc_claims claims = { 0 };
	struct place place;

	place_in(t, &place);
	must_write(&place, &claim, true);
	read_claims(&arena, (const char *const[]){ place.cdi }, 1, &claims);
	assert_int_equal(claims.n, 1);
	read = find_claim(&claims, UID_A);
	assert_true(read && read->devices.n == claim.devices.n);
	for (size_t i = 0; read && i < claim.devices.n; i++) {
		const struct vc_device *d = find_device(read, &claim.devices.v[i]);

		assert_true(d && vc_host_side_equal(&d->host, &claim.devices.v[i].host));
	}
}

static long elapsed_ms(const struct timespec *since)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - since->tv_sec) * 1000 +
	       (now.tv_nsec - since->tv_nsec) / 1000000;
}

/* Claims A and B of one name come, change and go, until the parent has seen enough. */
static void write_for_ever(const struct place *place)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_claim a = example_claim(&arena), b = example_claim(&arena);
	struct vc_err err = VC_ERR_INIT;
	bool changed;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	b.uid = text_of(&arena, UID_B);
	b.devices.n = 1;
	for (;;) {
		if (write_claim(place, &a, &changed, &err) < 0 ||
		    write_claim(place, &b, &changed, &err) < 0 ||
		    write_claim(place, &a, &changed, &err) < 0 ||
		    withdraw(place, "vm7", UID_A, &err) < 0 ||
		    write_claim(place, &b, &changed, &err) < 0 ||
		    withdraw(place, "vm7", UID_B, &err) < 0)
			_exit(1);
	}
}

struct seen {
	unsigned none, a, b;
};

/* One reading: nothing, all of A or all of B. */
static void read_once(const struct place *place, struct seen *seen)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	const struct vc_source_options options = { .file_flags = VC_FILE_WHOLE };
	const char *path = place->claims;
	struct vc_facts facts = { 0 };
	struct vc_claims claims = { 0 };
	struct vc_err err = VC_ERR_INIT;

	if (vc_sources_read(&arena, &path, 1, &options, &facts, &err) < 0 ||
	    vc_join(&arena, &facts, &claims, &err) < 0)
		fail_msg("%s", err.msg);
	assert_true(claims.n <= 1);
	if (claims.n == 0) {
		seen->none++;
		return;
	}
	seen->a += strcmp(claims.v[0].uid, UID_A) == 0;
	seen->b += strcmp(claims.v[0].uid, UID_B) == 0;
	assert_int_equal(claims.v[0].devices.n,
	                 strcmp(claims.v[0].uid, UID_A) == 0 ? 3 : 1);
}

/* At every instant a reader sees all of a claim or nothing of it. */
static void test_never_half(void **state)
{
	const struct temp_tree *t = *state;
	struct seen seen = { 0 };
	struct timespec start;
	struct place place;
	int status;
	pid_t pid;

	place_in(t, &place);
	place.publish.cdi = NULL;
	temp_tree_mkdirs(t, "run/claims/lab/");
	pid = fork();
	if (pid == 0)
		write_for_ever(&place);
	assert_true(pid > 0);
	(void)clock_gettime(CLOCK_MONOTONIC, &start);
	while (elapsed_ms(&start) < RACE_MS)
		read_once(&place, &seen);
	assert_int_equal(waitpid(pid, &status, WNOHANG), 0);
	(void)kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	print_message("%u readings: nothing %u, A %u, B %u\n",
	              seen.none + seen.a + seen.b, seen.none, seen.a, seen.b);
	assert_true(seen.a > 0 && seen.b > 0);
}

#define TREE_TEST(f) \
	cmocka_unit_test_setup_teardown(f, temp_tree_setup, temp_tree_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TREE_TEST(test_round_trip),
		TREE_TEST(test_container),
		TREE_TEST(test_cdi_alone),
		TREE_TEST(test_never_half),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
