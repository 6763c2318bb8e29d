/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_prepare.c - whole claims on the machine of make-machine: prepared, failed half-way,
 * given back.
 */
#include <errno.h>
#include <time.h>

#include "node_machine.h"
#include "store/lock.h"

#define DISK      "0000:02:00.0"
#define DISK2     "0000:03:00.0"
#define GPU       "0000:01:00.0"
#define AUDIO     "0000:01:00.1"
#define NVME_PF   "0000:09:00.0"
#define NVME_VF0  "0000:09:00.1"
#define NVME_VF1  "0000:09:00.2"
#define NIC_PF    "0000:05:00.0"
#define CARD      "0000:17:00.0"
#define DOMAIN_ID "22222222-2222-4222-8222-222222222222"

static const char *const one_disk[] = { DISK, NULL };
static const char *const two_disks[] = { DISK, DISK2, NULL };

static void assert_note(const struct node_machine *m, const char *text)
{
	for (size_t i = 0; i < m->report.notes.n; i++)
		if (strstr(m->report.notes.v[i], text))
			return;
	fail_msg("no note says '%s'", text);
}

static void test_there_and_back(void **state)
{
	struct node_machine *m = *state;
	struct vc_host_claim claim = node_claim(m, "disk", one_disk);

	node_done(m, node_prepare(m, "disk"));
	assert_int_equal(m->report.steps.n, 1);
	assert_false(m->report.unchanged);
	node_assert_driver(m, DISK, "vfio-pci");
	node_assert_override(m, DISK, "vfio-pci");
	node_assert_prepared(m, &claim);
	assert_true(node_read(m, "disk").persistent);

	node_faults(m, "");
	node_done(m, node_prepare(m, "disk"));
	assert_true(m->report.unchanged);
	assert_string_equal(node_get(m, "kernel/log"), "");

	node_done(m, node_unprepare(m, "disk"));
	assert_int_equal(m->report.steps.n, 1);
	node_assert_driver(m, DISK, "nvme");
	node_assert_override(m, DISK, "(null)");
	node_assert_forgotten(m, &claim);
	assert_false(node_read(m, "disk").persistent);
	node_done(m, node_unprepare(m, "disk"));
	assert_true(m->report.unchanged);
}

/* Somebody had plans for it, and has them still. */
static void test_override_is_put_back(void **state)
{
	static const char *const overrides[] = { "nvme", "vfio-pci" };
	struct node_machine *m = *state;
	struct vc_host_claim claim = node_claim(m, "disk", one_disk);

	for (size_t i = 0; i < VC_ARRAY_SIZE(overrides); i++) {
		node_write(m, "sys/bus/pci/devices/" DISK "/driver_override",
		           overrides[i]);
		node_done(m, node_prepare(m, "disk"));
		node_assert_driver(m, DISK, "vfio-pci");
		node_done(m, node_unprepare(m, "disk"));
		node_assert_driver(m, DISK, "nvme");
		node_assert_override(m, DISK, overrides[i]);
		node_assert_forgotten(m, &claim);
	}
}

/* A function without a driver stays without one. */
static void test_no_driver_before(void **state)
{
	struct node_machine *m = *state;
	struct vc_host_claim claim = node_claim(m, "disk", one_disk);

	node_done(m, node_prepare(m, "disk"));
	node_done(m, node_unprepare(m, "disk"));
	claim = node_read(m, "disk");
	claim.devices.v[0].identity.evidence.n = 0;
	node_done(m, vc_claim_store_update(&m->arena, m->config.state, &claim, &m->err));
	node_write(m, "sys/bus/pci/drivers/nvme/unbind", DISK);
	node_done(m, node_prepare(m, "disk"));
	node_assert_driver(m, DISK, "vfio-pci");
	node_faults(m, "");
	node_done(m, node_unprepare(m, "disk"));
	node_assert_driver(m, DISK, "");
	node_assert_override(m, DISK, "(null)");
	assert_null(strstr(node_get(m, "kernel/log"), "drivers_probe"));
}

static void test_transient(void **state)
{
	static const struct vc_prepare_options transient = { .transient = true };
	struct node_machine *m = *state;
	struct vc_host_claim claim = node_claim(m, "disk", one_disk);

	node_done(m, vc_node_prepare(&m->arena, &m->node, "lab", "disk", &transient,
	                             &m->report, &m->err));
	node_assert_prepared(m, &claim);
	assert_false(node_read(m, "disk").persistent);
	/* it was so already, but for the flag */
	node_done(m, node_prepare(m, "disk"));
	assert_false(m->report.unchanged);
	assert_true(node_read(m, "disk").persistent);
}

/* One row for each thing that can go wrong on the way; nothing may be left. */
static void test_failures(void **state)
{
	static const struct {
		const char *fault;
		const char *text;
	} cases[] = {
		{ "*/" DISK "/driver_override=vfio-pci* EIO", "driver_override" },
		{ "*/" DISK "/driver_override=vfio-pci* ignore",
		  "driver_override is ''" },
		{ "*/nvme/unbind=" DISK " EBUSY", "does not let go of it" },
		{ "*/nvme/unbind=" DISK " ignore", "still holds it" },
		{ "*/nvme/unbind=" DISK " hang", "driver/unbind: not done after " },
		{ "*/drivers_probe=" DISK " EIO once", "no driver takes it" },
		{ "*/drivers_probe=" DISK " ignore once", "is on no driver" },
	};
	struct node_machine *m = *state;
	struct vc_host_claim claim = node_claim(m, "disks", two_disks);

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		if (strstr(cases[i].fault, "hang"))
			m->config.driver_deadline_ms = NODE_HANG_MS;
		node_faults(m, cases[i].fault);
		m->report.steps.n = 77;
		assert_int_equal(vc_node_prepare(&m->arena, &m->node, "lab", "disks",
		                                 NULL, &m->report, &m->err),
		                 -VC_ERR_SYSTEM);
		node_says(m, "claim 'lab/disks': " DISK ": nvme -> vfio-pci: ");
		node_says(m, cases[i].text);
		assert_int_equal(m->report.steps.n, 77);
		node_assert_driver(m, DISK, "nvme");
		node_assert_override(m, DISK, "(null)");
		node_assert_driver(m, DISK2, "nvme");
		node_assert_forgotten(m, &claim);
		assert_false(node_read(m, "disks").persistent);
		m->config.driver_deadline_ms = NODE_DEADLINE_MS;
	}
	node_faults(m, "");
	node_done(m, node_prepare(m, "disks"));
	node_assert_prepared(m, &claim);
}

/* The second of two devices fails: the first goes back. */
static void test_all_or_nothing(void **state)
{
	struct node_machine *m = *state;
	struct vc_host_claim claim = node_claim(m, "disks", two_disks);

	node_faults(m, "*/nvme/unbind=" DISK2 " EBUSY");
	assert_int_equal(node_prepare(m, "disks"), -VC_ERR_SYSTEM);
	node_says(m, DISK2 ": nvme -> vfio-pci: ");
	node_assert_driver(m, DISK, "nvme");
	node_assert_driver(m, DISK2, "nvme");
	node_assert_override(m, DISK2, "(null)");
	node_assert_forgotten(m, &claim);
}

static void test_quarantine(void **state)
{
	struct node_machine *m = *state;
	struct vc_host_claim claim = node_claim(m, "disk", one_disk);
	struct vc_host_claim other = node_claim(m, "other", one_disk);

	/* the probe fails, and so does the one that would give it back */
	node_faults(m, "*/drivers_probe=" DISK " EIO");
	assert_int_equal(node_prepare(m, "disk"), -VC_ERR_SYSTEM);
	node_says(m, "no driver takes it");
	node_says(m, "; and this could not be undone: ");
	node_says(m, "virt-claim recover");
	assert_true(node_has_entry(m, &claim, VC_PHASE_QUARANTINED));
	assert_false(node_exists(m, "run/claims/lab/disk"));

	/* offered to nobody, itself included */
	assert_int_equal(node_prepare(m, "disk"), -VC_ERR_REFUSED);
	node_says(m, "claim 'lab/disk' is quarantined: ");
	assert_int_equal(node_prepare(m, "other"), -VC_ERR_REFUSED);
	node_says(m, "claim 'lab/disk' has '" DISK "' now (quarantined)");
	node_assert_forgotten(m, &other);

	node_done(m, node_recover(m));
	assert_int_equal(m->report.n_failed, 1);
	assert_true(node_has_entry(m, &claim, VC_PHASE_QUARANTINED));
	assert_int_equal(node_unprepare(m, "disk"), -VC_ERR_SYSTEM);
	assert_true(node_has_entry(m, &claim, VC_PHASE_QUARANTINED));

	node_faults(m, "");
	node_done(m, node_recover(m));
	assert_int_equal(m->report.n_failed, 0);
	node_assert_driver(m, DISK, "nvme");
	node_assert_forgotten(m, &claim);
	node_done(m, node_prepare(m, "other"));
	node_assert_prepared(m, &other);
}

/* A driver that never comes back, and cannot be killed. */
static void test_stuck(void **state)
{
	struct node_machine *m = *state;
	struct vc_host_claim claim = node_claim(m, "disk", one_disk);
	struct vc_host_claim free_claim =
		node_claim(m, "free", (const char *const[]){ DISK2, NULL });

	m->config.driver_deadline_ms = NODE_HANG_MS;
	node_faults(m, "*/nvme/unbind=" DISK " stuck");
	assert_int_equal(node_prepare(m, "disk"), -VC_ERR_SYSTEM);
	node_says(m, "cannot be ended");
	node_says(m, "still at work on '" DISK "'");
	assert_true(node_has_entry(m, &claim, VC_PHASE_QUARANTINED));

	/* nobody else has to wait for it */
	m->config.driver_deadline_ms = NODE_DEADLINE_MS;
	node_done(m, node_prepare(m, "free"));
	node_assert_prepared(m, &free_claim);
	node_done(m, node_recover(m));
	assert_int_equal(m->report.n_failed, 1);

	/* it comes back after all, and has let go by then */
	node_faults(m, "");
	(void)nanosleep(&(struct timespec){ .tv_nsec = 300000000 }, NULL);
	node_done(m, node_recover(m));
	assert_int_equal(m->report.n_failed, 0);
	node_assert_driver(m, DISK, "nvme");
	node_assert_override(m, DISK, "(null)");
	node_assert_forgotten(m, &claim);
}

static void test_group(void **state)
{
	struct node_machine *m = *state;
	struct vc_host_claim torn =
		node_claim(m, "torn", (const char *const[]){ GPU, NULL });
	struct vc_host_claim gpu =
		node_claim(m, "gpu", (const char *const[]){ GPU, AUDIO, NULL });

	assert_int_equal(node_prepare(m, "torn"), -VC_ERR_REFUSED);
	node_says(m, AUDIO "; claim them together");
	node_assert_driver(m, GPU, "nvidia");
	node_assert_forgotten(m, &torn);
	node_done(m, node_prepare(m, "gpu"));
	node_assert_driver(m, GPU, "vfio-pci");
	node_assert_driver(m, AUDIO, "vfio-pci");
	assert_int_equal(node_prepare(m, "torn"), -VC_ERR_REFUSED);
	node_says(m, "claim 'lab/gpu' has it (prepared)");
	node_done(m, node_unprepare(m, "gpu"));
	node_assert_driver(m, GPU, "nvidia");
	node_assert_driver(m, AUDIO, "snd_hda_intel");
	node_assert_forgotten(m, &gpu);
}

/* Two functions behind one bridge, each without a driver: two claims may have them. */
static void test_group_of_two_claims(void **state)
{
	struct node_machine *m = *state;

	(void)node_claim(m, "a", (const char *const[]){ "0000:07:01.0", NULL });
	(void)node_claim(m, "b", (const char *const[]){ "0000:07:02.0", NULL });
	assert_int_equal(node_prepare(m, "a"), -VC_ERR_REFUSED);
	node_says(m, "0000:07:02.0; claim them together");
	node_write(m, "sys/bus/pci/drivers/e1000/unbind", "0000:07:02.0");
	node_done(m, node_prepare(m, "a"));
	assert_int_equal(m->report.notes.n, 0);
	node_write(m, "sys/bus/pci/drivers/e1000/bind", "0000:07:02.0");
	node_done(m, node_prepare(m, "b"));
	assert_int_equal(m->report.notes.n, 1);
	assert_note(m, "'0000:07:02.0' and '0000:07:01.0' of claim 'lab/a' are in "
	               "one IOMMU group");
}

/* What the host needs, and what is made into other devices. */
static void test_refused_devices(void **state)
{
	static const struct {
		const char *device, *text;
	} cases[] = {
		{ "0000:00:17.0", "the host needs it" },
		{ "0000:00:1f.6", "the host needs it" },
		{ "0000:00:02.0", "the host needs it" },
	};
	struct node_machine *m = *state;

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		char *name = vc_arena_printf(&m->arena, "c%zu", i);
		struct vc_host_claim claim = node_claim(
			m, name, (const char *const[]){ cases[i].device, NULL });

		assert_int_equal(node_prepare(m, name), -VC_ERR_REFUSED);
		node_says(m, cases[i].text);
		node_assert_forgotten(m, &claim);
	}
}

static int take_lease(struct node_machine *m, const char *device)
{
	const char *devices[] = { device };
	char uuid[] = DOMAIN_ID, domain[] = "vm7";
	struct vc_lease who = {
		.uuid = uuid,
		.domain = domain,
		.holder_pid = m->node.owner_pid,
		.holder_start = m->node.owner_start,
	};

	return vc_lease_take(&m->arena, &m->node.leases, devices, 1, &who, &m->err);
}

static void test_leases(void **state)
{
	struct node_machine *m = *state;
	struct vc_host_claim claim = node_claim(m, "disk", one_disk);

	/* a domain has it without any claim */
	node_done(m, take_lease(m, "pci-" DISK));
	assert_int_equal(node_prepare(m, "disk"), -VC_ERR_REFUSED);
	node_says(m, "'" DISK "' is in use by domain 'vm7' (" DOMAIN_ID ")");
	node_assert_forgotten(m, &claim);
	node_done(m, vc_lease_release(&m->arena, &m->node.leases, DOMAIN_ID, &m->err));

	node_done(m, node_prepare(m, "disk"));
	node_done(m, take_lease(m, "pci-" DISK));
	assert_int_equal(node_unprepare(m, "disk"), -VC_ERR_REFUSED);
	node_says(m, "in use by domain 'vm7'");
	node_assert_prepared(m, &claim);
	assert_true(node_read(m, "disk").persistent);
	node_assert_driver(m, DISK, "vfio-pci");
	/* preparing it again changes nothing, and that is fine */
	node_done(m, node_prepare(m, "disk"));
	assert_true(m->report.unchanged);
	node_done(m, vc_lease_release(&m->arena, &m->node.leases, DOMAIN_ID, &m->err));

	node_done(m, node_unprepare(m, "disk"));
	node_assert_forgotten(m, &claim);
	/* its own lease is gone too */
	node_done(m, take_lease(m, "pci-" DISK));
}

static void test_repair(void **state)
{
	struct node_machine *m = *state;
	struct vc_host_claim claim = node_claim(m, "disk", one_disk);

	node_done(m, node_prepare(m, "disk"));
	node_write(m, "sys/bus/pci/devices/" DISK "/driver_override", "\n");
	node_write(m, "sys/bus/pci/drivers/vfio-pci/unbind", DISK);
	node_write(m, "sys/bus/pci/drivers_probe", DISK);
	node_assert_driver(m, DISK, "nvme");

	node_done(m, take_lease(m, "pci-" DISK));
	assert_int_equal(node_prepare(m, "disk"), -VC_ERR_REFUSED);
	node_says(m, "is not as it was prepared");
	node_assert_driver(m, DISK, "nvme");
	assert_true(node_has_entry(m, &claim, VC_PHASE_PREPARED));
	node_done(m, vc_lease_release(&m->arena, &m->node.leases, DOMAIN_ID, &m->err));

	node_done(m, node_prepare(m, "disk"));
	assert_false(m->report.unchanged);
	node_assert_driver(m, DISK, "vfio-pci");
	node_assert_prepared(m, &claim);
	node_done(m, node_unprepare(m, "disk"));
	node_assert_driver(m, DISK, "nvme");
}

/* Pulled out, and plugged in again. */
static void test_comes_back(void **state)
{
	struct node_machine *m = *state;
	struct vc_host_claim claim = node_claim(m, "disk", one_disk);

	for (int i = 0; i < 3; i++) {
		struct vc_entry entry;

		node_done(m, node_prepare(m, "disk"));
		node_assert_driver(m, DISK, "vfio-pci");
		node_done(m, vc_journal_read(&m->arena, m->config.run, claim.uid,
		                             m->node.boot_id, &entry, &m->err));
		assert_int_equal(entry.steps.n, 1);
		node_write(m, "sys/bus/pci/devices/" DISK "/remove", "1");
		assert_int_equal(node_prepare(m, "disk"), -VC_ERR_REFUSED);
		assert_true(node_has_entry(m, &claim, VC_PHASE_PREPARED));
		node_write(m, "sys/bus/pci/rescan", "1");
		node_assert_driver(m, DISK, "nvme");
	}
	node_done(m, node_prepare(m, "disk"));
	node_write(m, "sys/bus/pci/devices/" DISK "/remove", "1");
	node_done(m, node_unprepare(m, "disk"));
	node_assert_forgotten(m, &claim);
}

static void test_republish(void **state)
{
	struct node_machine *m = *state;
	struct vc_host_claim claim = node_claim(m, "disk", one_disk);

	node_done(m, node_prepare(m, "disk"));
	assert_int_equal(
		unlink(node_path(
			m, "run/claims/lab/disk/device/virt-claim.io-metadata.json")),
		0);
	node_done(m, node_prepare(m, "disk"));
	assert_false(m->report.unchanged);
	node_assert_prepared(m, &claim);
	assert_int_equal(
		unlink(node_path(
			m, "run/claims/lab/disk/device/virt-claim.io-metadata.json")),
		0);
	node_done(m, node_recover(m));
	assert_int_equal(m->report.notes.n, 1);
	node_assert_prepared(m, &claim);
	node_done(m, node_recover(m));
	assert_int_equal(m->report.notes.n, 0);
}

static void test_shared_vfs(void **state)
{
	struct node_machine *m = *state;
	struct vc_host_claim a =
		node_claim(m, "a", (const char *const[]){ NVME_PF "/vf0", NULL });
	struct vc_host_claim b =
		node_claim(m, "b", (const char *const[]){ NVME_PF "/vf1", NULL });

	node_done(m, node_prepare(m, "a"));
	node_assert_driver(m, NVME_VF0, "vfio-pci");
	node_assert_prepared(m, &a);
	node_done(m, node_prepare(m, "b"));
	node_assert_driver(m, NVME_VF1, "vfio-pci");
	node_assert_driver(m, NVME_PF, "nvme");

	/* the one that made them goes first */
	node_done(m, node_unprepare(m, "a"));
	node_assert_forgotten(m, &a);
	node_assert_driver(m, NVME_VF0, "");
	node_assert_driver(m, NVME_VF1, "vfio-pci");
	node_done(m, node_unprepare(m, "b"));
	node_assert_forgotten(m, &b);
	assert_false(node_exists(m, "sys/bus/pci/devices/" NVME_VF1));
}

/* VFs that somebody made before are not ours to remove. */
static void test_vfs_of_others(void **state)
{
	struct node_machine *m = *state;
	struct vc_host_claim a =
		node_claim(m, "a", (const char *const[]){ NVME_PF "/vf0", NULL });

	node_write(m, "sys/bus/pci/devices/" NVME_PF "/sriov_numvfs", "2");
	node_done(m, node_prepare(m, "a"));
	node_assert_driver(m, NVME_VF0, "vfio-pci");
	node_done(m, node_unprepare(m, "a"));
	node_assert_forgotten(m, &a);
	assert_true(node_exists(m, "sys/bus/pci/devices/" NVME_VF0));
}

/* A PF cannot be given away while its VFs are, and the other way round. */
static void test_pf_or_vfs(void **state)
{
	struct node_machine *m = *state;

	(void)node_claim(m, "vf", (const char *const[]){ NVME_PF "/vf0", NULL });
	(void)node_claim(m, "pf", (const char *const[]){ NVME_PF, NULL });
	node_done(m, node_prepare(m, "vf"));
	assert_int_equal(node_prepare(m, "pf"), -VC_ERR_REFUSED);
	node_says(m, "claim 'lab/vf' has a virtual function of it");
	node_done(m, node_unprepare(m, "vf"));
	node_done(m, node_prepare(m, "pf"));
	assert_int_equal(node_prepare(m, "vf"), -VC_ERR_REFUSED);
	node_says(m, "claim 'lab/pf' has '" NVME_PF "' now (prepared)");
	node_done(m, node_unprepare(m, "pf"));
}

static void test_mdev(void **state)
{
	struct node_machine *m = *state;
	struct vc_host_claim claim =
		node_claim(m, "gpu", (const char *const[]){ CARD "/nvidia-558", NULL });
	char *path = vc_arena_printf(&m->arena, "sys/bus/mdev/devices/%s",
	                             claim.devices.v[0].mdev_uuid);

	(void)node_claim(m, "card", (const char *const[]){ CARD, NULL });
	node_done(m, node_prepare(m, "gpu"));
	assert_true(node_exists(m, path));
	node_assert_prepared(m, &claim);
	assert_int_equal(node_prepare(m, "card"), -VC_ERR_REFUSED);
	node_says(m, "claim 'lab/gpu' has a mediated device of it");
	node_done(m, node_unprepare(m, "gpu"));
	assert_false(node_exists(m, path));
	node_assert_forgotten(m, &claim);
}

static void test_usb(void **state)
{
	struct node_machine *m = *state;
	struct vc_host_claim claim =
		node_claim(m, "stick", (const char *const[]){ "1-1", NULL });

	node_done(m, node_prepare(m, "stick"));
	assert_int_equal(m->report.steps.n, 0);
	node_assert_prepared(m, &claim);
	node_done(m, node_unprepare(m, "stick"));
	node_assert_forgotten(m, &claim);
}

static void test_permissions(void **state)
{
	struct node_machine *m = *state;
	struct vc_host_claim claim = node_claim(m, "disk", one_disk);
	struct stat st;

	m->node.has_user = true;
	m->node.uid = 107;
	m->node.gid = 108;
	node_done(m, node_prepare(m, "disk"));
	assert_int_equal(m->report.steps.n, 3);
	assert_int_equal(stat(node_path(m, "dev/vfio/7"), &st), 0);
	assert_int_equal(st.st_uid, 107);
	assert_int_equal(st.st_gid, 108);
	node_done(m, node_unprepare(m, "disk"));
	node_assert_forgotten(m, &claim);
	node_assert_driver(m, DISK, "nvme");
}

static void test_preview(void **state)
{
	static const struct vc_prepare_options dry_run = { .dry_run = true };
	struct node_machine *m = *state;
	struct vc_host_claim claim = node_claim(
		m, "mix",
		(const char *const[]){ DISK, NVME_PF "/vf1", CARD "/nvidia-558", NULL });

	node_faults(m, "");
	node_done(m, vc_node_prepare(&m->arena, &m->node, "lab", "mix", &dry_run,
	                             &m->report, &m->err));
	assert_int_equal(m->report.steps.n, 3);
	assert_note(m,
	            "virtual function 1 of '" NVME_PF "', which will be '" NVME_VF1 "'");
	assert_note(m, "will be mediated device '");
	assert_string_equal(node_get(m, "kernel/log"), "");
	node_assert_forgotten(m, &claim);

	node_done(m, node_prepare(m, "mix"));
	m->report = (struct vc_prepare_report){ 0 };
	node_faults(m, "");
	node_done(m, vc_node_prepare(&m->arena, &m->node, "lab", "mix", &dry_run,
	                             &m->report, &m->err));
	assert_true(m->report.unchanged);
	node_done(m, vc_node_unprepare(&m->arena, &m->node, "lab", "mix", &dry_run,
	                               &m->report, &m->err));
	assert_int_equal(m->report.steps.n, 4);
	assert_string_equal(node_get(m, "kernel/log"), "");
	node_assert_prepared(m, &claim);
	node_done(m, node_unprepare(m, "mix"));
	node_assert_forgotten(m, &claim);
}

static void test_stop(void **state)
{
	static const volatile sig_atomic_t stop = 1;
	static const struct vc_prepare_options stopped = { .stop = &stop };
	struct node_machine *m = *state;
	struct vc_host_claim claim = node_claim(m, "disk", one_disk);

	assert_int_equal(vc_node_prepare(&m->arena, &m->node, "lab", "disk", &stopped,
	                                 &m->report, &m->err),
	                 -VC_ERR_SYSTEM);
	assert_int_equal(m->err.sys, EINTR);
	node_assert_driver(m, DISK, "nvme");
	node_assert_forgotten(m, &claim);
}

static void test_no_claim(void **state)
{
	struct node_machine *m = *state;
	struct vc_host_claim claim = node_claim(m, "disk", one_disk);

	assert_int_equal(node_prepare(m, "absent"), -VC_ERR_ABSENT);
	assert_int_equal(node_unprepare(m, "absent"), -VC_ERR_ABSENT);

	/* its document was removed by hand: the journal knows it all the same */
	node_done(m, node_prepare(m, "disk"));
	assert_int_equal(unlink(node_path(m, "var/claims/lab/disk.json")), 0);
	assert_int_equal(node_prepare(m, "disk"), -VC_ERR_ABSENT);
	node_says(m, "virt-claim unprepare lab/disk");
	node_done(m, node_unprepare(m, "disk"));
	node_assert_driver(m, DISK, "nvme");
	node_assert_forgotten(m, &claim);
}

static void test_role(void **state)
{
	struct node_machine *m = *state;

	(void)node_claim(m, "disk", one_disk);
	m->config.role = VC_ROLE_KUBERNETES;
	assert_int_equal(node_prepare(m, "disk"), -VC_ERR_REFUSED);
	node_says(m, "'kubernetes'");
	assert_int_equal(node_unprepare(m, "disk"), -VC_ERR_REFUSED);
	assert_int_equal(node_recover(m), -VC_ERR_REFUSED);
}

/* Identity: where it is, and what it proved, outlive the time on vfio. */
static void test_claim_is_refreshed(void **state)
{
	struct node_machine *m = *state;
	struct vc_host_claim claim = node_claim(m, "disk", one_disk), now;
	char other_boot[] = "99999999-9999-4999-8999-999999999999";
	int64_t generation;

	claim = node_read(m, "disk");
	claim.devices.v[0].identity.boot_id = other_boot;
	node_done(m, vc_claim_store_update(&m->arena, m->config.state, &claim, &m->err));
	node_done(m, node_prepare(m, "disk"));
	now = node_read(m, "disk");
	assert_string_equal(now.devices.v[0].identity.boot_id, m->node.boot_id);
	assert_int_equal(now.devices.v[0].identity.seen, VC_SEEN_ON_HOST_DRIVER);
	assert_true(now.devices.v[0].identity.evidence.n > 0);
	generation = now.generation;

	/* nothing changes: nothing is written */
	node_done(m, node_prepare(m, "disk"));
	assert_int_equal(node_read(m, "disk").generation, generation);
	node_done(m, node_unprepare(m, "disk"));
	assert_int_equal(node_read(m, "disk").generation, generation + 1);
}

#define T(name) cmocka_unit_test_setup_teardown(name, node_setup, node_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_there_and_back),
		T(test_override_is_put_back),
		T(test_no_driver_before),
		T(test_transient),
		T(test_failures),
		T(test_all_or_nothing),
		T(test_quarantine),
		T(test_stuck),
		T(test_group),
		T(test_group_of_two_claims),
		T(test_refused_devices),
		T(test_leases),
		T(test_repair),
		T(test_comes_back),
		T(test_republish),
		T(test_shared_vfs),
		T(test_vfs_of_others),
		T(test_pf_or_vfs),
		T(test_mdev),
		T(test_usb),
		T(test_permissions),
		T(test_preview),
		T(test_stop),
		T(test_no_claim),
		T(test_role),
		T(test_claim_is_refreshed),
	};

	return cmocka_run_group_tests_name("prepare", tests, NULL, NULL);
}
