/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_made.c - whole claims on devices that have to be made: what VFs are told, what
 * others do to them meanwhile, mediated devices of every sort, nodes of a shared group.
 */
#include <errno.h>

#include "node_machine.h"

#define NIC_PF "0000:05:00.0"
#define NIC_VF "0000:05:02.3"
#define CARD   "0000:17:00.0"
#define MAC    "52:54:00:12:34:56"
/* lines of the log */
#define DONE(attribute, text) attribute "=" text " 0\n"
#define TOLD(setting)         DONE("rtnetlink/enp5s0/3", setting)
#define FUNCTION(address)     "sys/bus/pci/devices/" address

/* As node_claim(), of one device that is to be told something, or has another parent. */
static struct vc_host_claim claim_of(struct node_machine *m, const char *name,
                                     const struct vc_claimed_device *device,
                                     const char *located)
{
	struct vc_claimed_device *d;
	struct vc_host_device *found;
	struct vc_inventory inventory;
	struct vc_host_claim claim = {
		.namespace = vc_arena_strdup(&m->arena, "lab"),
		.name = vc_arena_strdup(&m->arena, name),
		.uid = vc_arena_printf(&m->arena,
		                       "aaaaaaaa-1111-4111-8111-1111111111%02x",
		                       ++m->n_claims),
		.pool = m->node.pool,
		.generation = 1,
	};

	node_done(m, vc_node_observe(&m->arena, &m->node, &inventory, &m->err));
	found = vc_inventory_find(&inventory, located);
	d = vc_list_push(&m->arena, &claim.devices);
	assert_non_null(found);
	assert_non_null(d);
	if (!found || !d)
		return claim;
	*d = *device;
	d->request = vc_arena_strdup(&m->arena, "device");
	d->name = vc_arena_printf(&m->arena, "%s-%u", found->name, m->n_claims);
	node_done(m, vc_identity_record(&m->arena, found, m->node.boot_id, &d->identity,
	                                &m->err));
	node_done(m, vc_claim_store_create(&m->arena, m->config.state, &claim, &m->err));
	return claim;
}

static struct vc_host_claim claim_vf(struct node_machine *m, const char *name,
                                     unsigned index, const char *mac, int vlan)
{
	const struct vc_claimed_device device = {
		.made_from = VC_MADE_FROM_PF,
		.vf_index = index,
		.mac = mac ? vc_arena_strdup(&m->arena, mac) : NULL,
		.vlan = vlan,
	};

	return claim_of(m, name, &device, NIC_PF);
}

static struct vc_host_claim claim_mdev(struct node_machine *m, const char *name,
                                       const char *type, const char *located)
{
	const struct vc_claimed_device device = {
		.made_from = VC_MADE_FROM_TYPE,
		.mdev_type = vc_arena_strdup(&m->arena, type),
		.mdev_uuid = vc_arena_printf(
			&m->arena, "1d6f8a10-93c2-4b57-8e0d-64a7b1c20f%02x", m->n_claims),
		.vlan = -1,
	};

	return claim_of(m, name, &device, located);
}

static void assert_file(struct node_machine *m, const char *path, const char *text)
{
	(void)node_get(m, path);
	m->text[strcspn(m->text, "\n")] = '\0';
	assert_string_equal(m->text, text);
}

/* What the kernel was told, in this order; other lines may be between. */
static void assert_told(struct node_machine *m, const char *const *lines)
{
	const char *at = node_get(m, "kernel/log");

	for (; at && *lines; lines++) {
		at = strstr(at, *lines);
		if (!at)
			fail_msg("'%s' is not there, or too early: %s", *lines, m->text);
		else
			at += strlen(*lines);
	}
}

static void test_told(void **state)
{
	static const char *const there[] = {
		"sriov_drivers_autoprobe=0 0\n", "sriov_numvfs=8 0\n",
		"sriov_drivers_autoprobe=1 0\n", TOLD(MAC " 100"),
		DONE("drivers_probe", NIC_VF),   NULL,
	};
	static const char *const back[] = {
		DONE("vfio-pci/unbind", NIC_VF),
		TOLD("00:00:00:00:00:00 100"),
		TOLD("00:00:00:00:00:00 0"),
		"sriov_numvfs=0 0\n",
		NULL,
	};
	struct node_machine *m = *state;
	struct vc_host_claim claim = claim_vf(m, "net", 3, MAC, 100);

	node_faults(m, "");
	node_done(m, node_prepare(m, "net"));
	assert_int_equal(m->report.steps.n, 3);
	assert_told(m, there);
	assert_null(strstr(node_get(m, "kernel/log"), "iavf"));
	node_assert_driver(m, NIC_VF, "vfio-pci");
	node_assert_driver(m, "0000:05:02.4", "");
	node_assert_driver(m, NIC_PF, "i40e");
	node_assert_prepared(m, &claim);
	node_done(m, node_prepare(m, "net"));
	assert_true(m->report.unchanged);

	node_faults(m, "");
	node_done(m, node_unprepare(m, "net"));
	assert_told(m, back);
	assert_false(node_exists(m, FUNCTION(NIC_VF)));
	node_assert_forgotten(m, &claim);
}

/* VFs that were there have an address and a driver, and get both back. */
static void test_old_setting(void **state)
{
	struct node_machine *m = *state;
	struct vc_host_claim claim = claim_vf(m, "net", 3, MAC, 100);

	node_write(m, FUNCTION(NIC_PF) "/sriov_numvfs", "8");
	node_put(m, "kernel/functions/" NIC_PF "/vf-3", "02:00:00:00:00:33 7\n");
	node_assert_driver(m, NIC_VF, "iavf");
	node_done(m, node_prepare(m, "net"));
	assert_int_equal(m->report.steps.n, 2);
	assert_file(m, "kernel/functions/" NIC_PF "/vf-3", MAC " 100");
	node_assert_driver(m, NIC_VF, "vfio-pci");
	node_assert_driver(m, "0000:05:02.4", "iavf");

	node_done(m, node_unprepare(m, "net"));
	assert_file(m, "kernel/functions/" NIC_PF "/vf-3", "02:00:00:00:00:33 7");
	node_assert_driver(m, NIC_VF, "iavf");
	node_assert_forgotten(m, &claim);
}

/* One row for each thing that can go wrong; nothing may be left. */
static void test_failures(void **state)
{
	static const struct {
		const char *fault;
		const char *text;
	} cases[] = {
		{ "rtnetlink/* EPERM once", "not permitted" },
		{ "*/sriov_numvfs=8 ENOSPC", "switch on SR-IOV" },
		{ "*/sriov_numvfs=8 ignore", "made 0 virtual functions" },
		{ "*/drivers_probe=" NIC_VF " EIO once", "no driver takes it" },
	};
	struct node_machine *m = *state;
	struct vc_host_claim claim = claim_vf(m, "net", 3, MAC, 100);

	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		node_faults(m, cases[i].fault);
		assert_int_equal(node_prepare(m, "net"), -VC_ERR_SYSTEM);
		node_says(m, cases[i].text);
		assert_false(node_exists(m, FUNCTION(NIC_VF)));
		assert_file(m, FUNCTION(NIC_PF) "/sriov_numvfs", "0");
		assert_file(m, FUNCTION(NIC_PF) "/sriov_drivers_autoprobe", "1");
		node_assert_forgotten(m, &claim);
	}
}

/* Somebody removes the VFs of a claim: it is prepared again, address and all. */
static void test_removed_meanwhile(void **state)
{
	struct node_machine *m = *state;
	struct vc_host_claim claim = claim_vf(m, "net", 3, MAC, 100);

	node_done(m, node_prepare(m, "net"));
	node_write(m, "sys/bus/pci/drivers/vfio-pci/unbind", NIC_VF);
	node_write(m, FUNCTION(NIC_PF) "/sriov_numvfs", "0");
	assert_file(m, "kernel/functions/" NIC_PF "/vf-3", "");
	node_done(m, node_prepare(m, "net"));
	assert_int_equal(m->report.steps.n, 3);
	assert_file(m, "kernel/functions/" NIC_PF "/vf-3", MAC " 100");
	node_assert_driver(m, NIC_VF, "vfio-pci");
	node_assert_prepared(m, &claim);
	node_done(m, node_unprepare(m, "net"));
	assert_file(m, FUNCTION(NIC_PF) "/sriov_numvfs", "0");
}

/* A VF beside that of the claim went to the host: none can be removed. */
static void test_quarantine(void **state)
{
	struct node_machine *m = *state;
	struct vc_host_claim a = claim_vf(m, "a", 0, NULL, -1);

	(void)claim_vf(m, "b", 1, NULL, -1);
	node_done(m, node_prepare(m, "a"));
	node_write(m, "sys/bus/pci/drivers/iavf/bind", "0000:05:02.5");
	assert_true(node_unprepare(m, "a") < 0);
	node_says(m, "virtual function 5 of '" NIC_PF "' is held by 'iavf'");
	assert_true(node_has_entry(m, &a, VC_PHASE_QUARANTINED));
	node_assert_driver(m, "0000:05:02.5", "iavf");
	assert_int_equal(node_prepare(m, "b"), -VC_ERR_REFUSED);
	node_says(m, "claim 'lab/a' is quarantined");
	node_says(m, "held by 'iavf'");

	node_write(m, "sys/bus/pci/drivers/iavf/unbind", "0000:05:02.5");
	node_done(m, node_recover(m));
	node_assert_forgotten(m, &a);
	assert_file(m, FUNCTION(NIC_PF) "/sriov_numvfs", "0");
	node_done(m, node_prepare(m, "b"));
	node_done(m, node_unprepare(m, "b"));
}

/* VFs of somebody else keep their PF from being given away, and need not be enough. */
static void test_refused(void **state)
{
	static const char *const pf[] = { NIC_PF, NULL };
	struct node_machine *m = *state;
	struct vc_host_claim claims[] = {
		claim_vf(m, "vf2", 2, NULL, -1),
		claim_vf(m, "vf8", 8, NULL, -1),
		node_claim(m, "pf", pf),
	};

	assert_int_equal(node_prepare(m, "vf8"), -VC_ERR_REFUSED);
	node_says(m, "can have 8 virtual functions, numbered from 0");
	node_write(m, FUNCTION(NIC_PF) "/sriov_numvfs", "2");
	assert_int_equal(node_prepare(m, "vf2"), -VC_ERR_REFUSED);
	node_says(m, "has 2 virtual functions");
	assert_int_equal(node_prepare(m, "pf"), -VC_ERR_REFUSED);
	node_says(m, "is the physical function of 2 virtual functions");
	node_assert_driver(m, NIC_PF, "i40e");
	for (size_t i = 0; i < VC_ARRAY_SIZE(claims); i++)
		node_assert_forgotten(m, &claims[i]);
}

/* Parents that are PCI functions and others; no more than the type has instances. */
static void test_mdevs(void **state)
{
	struct node_machine *m = *state;
	struct vc_host_claim tty = claim_mdev(m, "tty", "mtty-2", "mtty/mtty-2");
	struct vc_host_claim a = claim_mdev(m, "a", "nvidia-559", CARD);
	struct vc_host_claim b = claim_mdev(m, "b", "nvidia-559", CARD);
	struct vc_host_claim c = claim_mdev(m, "c", "nvidia-559", CARD);
	const char *path = vc_arena_printf(&m->arena, "sys/bus/mdev/devices/%s",
	                                   tty.devices.v[0].mdev_uuid);

	node_done(m, node_prepare(m, "tty"));
	assert_true(node_exists(m, path));
	node_assert_prepared(m, &tty);
	node_done(m, node_prepare(m, "a"));
	node_done(m, node_prepare(m, "b"));
	assert_int_equal(node_prepare(m, "c"), -VC_ERR_REFUSED);
	node_says(m, "can make 0 more of type 'nvidia-559'");
	node_assert_forgotten(m, &c);
	node_done(m, node_unprepare(m, "a"));
	node_done(m, node_prepare(m, "c"));
	node_done(m, node_unprepare(m, "tty"));
	assert_false(node_exists(m, path));
	node_assert_forgotten(m, &a);
	node_assert_prepared(m, &b);
}

/* Somebody removes a device and makes another one with its UUID. */
static void test_mdev_replaced(void **state)
{
	struct node_machine *m = *state;
	struct vc_host_claim a = claim_mdev(m, "a", "nvidia-558", CARD);
	const char *uuid = a.devices.v[0].mdev_uuid;

	node_done(m, node_prepare(m, "a"));
	node_write(m, vc_arena_printf(&m->arena, "sys/bus/mdev/devices/%s/remove", uuid),
	           "1");
	node_write(m, "sys/class/mdev_bus/mtty/mdev_supported_types/mtty-1/create", uuid);
	assert_true(node_prepare(m, "a") < 0);
	node_says(m, "is of type 'mtty-1' and parent 'mtty'");
	assert_true(node_unprepare(m, "a") < 0);
	assert_true(node_has_entry(m, &a, VC_PHASE_QUARANTINED));
	node_write(m, vc_arena_printf(&m->arena, "sys/bus/mdev/devices/%s/remove", uuid),
	           "1");
	node_done(m, node_recover(m));
	node_assert_forgotten(m, &a);
}

static void assert_owner(struct node_machine *m, const char *node, uid_t uid, mode_t mode)
{
	struct stat st;

	assert_int_equal(stat(node_path(m, node), &st), 0);
	assert_int_equal(st.st_uid, uid);
	assert_int_equal(st.st_mode & 07777, mode);
}

/* One node for the group, one for each function in it; those of a stick stay when it is
 * given back. */
static void test_nodes(void **state)
{
	static const char *const group[] = { "0000:07:01.0", "0000:07:02.0", NULL };
	static const char *const stick[] = { "1-1", NULL };
	struct node_machine *m = *state;
	struct vc_host_claim nics = node_claim(m, "nics", group);
	struct vc_host_claim key = node_claim(m, "key", stick);

	if (geteuid() != 0)
		skip();
	m->node.has_user = true;
	m->node.uid = 64055;
	m->node.gid = 108;
	node_done(m, node_prepare(m, "nics"));
	assert_int_equal(m->report.steps.n, 5);
	assert_owner(m, "dev/vfio/16", 64055, 0660);
	assert_owner(m, "dev/vfio/devices/vfio0", 64055, 0660);
	assert_owner(m, "dev/vfio/devices/vfio1", 64055, 0660);
	assert_owner(m, "dev/vfio/vfio", 0, 0666);
	node_done(m, node_prepare(m, "key"));
	assert_owner(m, "dev/bus/usb/001/002", 64055, 0664);
	node_done(m, node_prepare(m, "nics"));
	assert_true(m->report.unchanged);

	/* what somebody changed is set again by prepare, and left alone by unprepare */
	assert_int_equal(chown(node_path(m, "dev/vfio/16"), 5, 5), 0);
	node_done(m, node_prepare(m, "nics"));
	assert_owner(m, "dev/vfio/16", 64055, 0660);
	assert_int_equal(chown(node_path(m, "dev/bus/usb/001/002"), 5, 5), 0);
	node_done(m, node_unprepare(m, "key"));
	assert_owner(m, "dev/bus/usb/001/002", 5, 0664);
	node_done(m, node_unprepare(m, "nics"));
	node_assert_driver(m, "0000:07:01.0", "e1000");
	node_assert_forgotten(m, &nics);
	node_assert_forgotten(m, &key);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, node_setup, node_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_told),       TEST(test_old_setting),
		TEST(test_failures),   TEST(test_removed_meanwhile),
		TEST(test_quarantine), TEST(test_refused),
		TEST(test_mdevs),      TEST(test_mdev_replaced),
		TEST(test_nodes),
	};

	return cmocka_run_group_tests_name("made", tests, NULL, NULL);
}
