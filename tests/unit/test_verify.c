/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "translate/verify.h"
#include "unit.h"

#define UID  "5d1f0c52-6c0e-4d1c-9f63-0f6f2a3c1b10"
#define UID2 "5d1f0c52-6c0e-4d1c-9f63-0f6f2a3c1b11"
#define MDEV "b27c9d3e-58a4-4f06-9d1b-7730ce84af65"

/* A domain with one GPU that is all right; each case breaks one thing of it. */
struct world {
	struct vc_translation t;
	struct vc_claim claim;
	struct vc_device device;
	struct vc_consumer consumer;
	struct vc_hostdev hostdevs[2];
	struct vc_record record;
	char *aliases[2];
	struct vc_function functions[3];
	struct vc_mdev_fact mdev;
	struct vc_vfio_nodes nodes;
	char *node_names[2];
	struct vc_complaint complaint;
	struct vc_complaints complaints;
	struct vc_err refusal;
	struct vc_plan_device planned;
	struct vc_verify_input in;
};

static const struct vc_pci_address gpu = { 0, 0x65, 0, 0 };
static const struct vc_pci_address audio = { 0, 0x65, 0, 1 };
static const struct vc_pci_address bridge = { 0, 0x64, 0, 0 };

/* Texts of the model are not const. */
static char t_gpu[] = "gpu";
static char t_virtualmachineinstances[] = "virtualmachineinstances";
static char t_vm7[] = "vm7";
static char t_vmi_uid[] = "vmi-uid";
static char t_uid[] = UID;
static char t_lab[] = "lab";
static char t_vm7_dev[] = "vm7-dev";
static char t_claim_json[] = "claim.json";
static char t_hostdev[] = "hostdev";
static char t_ua_gpu[] = "ua-gpu";
static char t_10de_2684_serial_1[] = "10de:2684 serial 1";
static char t_pcieport[] = "pcieport";
static char t_vfio_pci[] = "vfio-pci";
static char t_37[] = "37";
static char t_vfio[] = "vfio";
static char t_uid2[] = UID2;
static char t_hostdev0[] = "hostdev0";
static char t_ua_dra_gpu_0[] = "ua-dra-gpu-0";
static char t_nvidia[] = "nvidia";
static char t_snd_hda_intel[] = "snd_hda_intel";
static char t_3[] = "3";
static char t_vfio3[] = "vfio3";
static char t_bad[] = "bad";
static char t_mdev_uuid[] = MDEV;
static char t_0000_65_00_0[] = "0000:65:00.0";

static void make_claim(struct world *w)
{
	w->device = (struct vc_device)VC_DEVICE_INIT;
	w->device.request = t_gpu;
	w->device.host.kind = VC_KIND_PCI;
	w->device.host.has_pci = true;
	w->device.host.pci = gpu;
	w->consumer = (struct vc_consumer){ .resource = t_virtualmachineinstances,
		                            .name = t_vm7,
		                            .uid = t_vmi_uid };
	w->claim = (struct vc_claim){
		.uid = t_uid,
		.namespace = t_lab,
		.name = t_vm7_dev,
		.from_api = true,
		.allocated = true,
		.origin = t_claim_json,
	};
	w->claim.devices.v = &w->device;
	w->claim.devices.n = 1;
	w->claim.reserved_for.v = &w->consumer;
	w->claim.reserved_for.n = 1;
	w->t.claims.v = &w->claim;
	w->t.claims.n = 1;
	w->t.have_vmi = true;
	w->t.vmi.name = t_vm7;
	w->t.vmi.uid = t_vmi_uid;
}

static void make_domain(struct world *w)
{
	w->hostdevs[0] = (struct vc_hostdev){
		.at = 2,
		.element = t_hostdev,
		.alias = t_ua_gpu,
		.host.kind = VC_KIND_PCI,
		.host.pci = gpu,
		.host.has_pci = true,
	};
	w->record = (struct vc_record){ .identity = t_10de_2684_serial_1 };
	w->record.binding.alias = t_ua_gpu;
	w->record.binding.namespace = t_lab;
	w->record.binding.claim = t_vm7_dev;
	w->record.binding.uid = t_uid;
	w->record.binding.request = t_gpu;
	w->aliases[0] = t_ua_gpu;
	w->aliases[1] = t_ua_gpu;
	w->t.domain.hostdevs.v = w->hostdevs;
	w->t.domain.hostdevs.n = 1;
	w->t.domain.records.v = &w->record;
	w->t.domain.records.n = 1;
	w->t.domain.aliases.v = w->aliases;
	w->t.domain.aliases.n = 1;
	w->planned = (struct vc_plan_device){ .at = 2, .alias = t_ua_gpu, .uid = t_uid };
	w->t.plan.devices.v = &w->planned;
	w->t.plan.devices.n = 1;
}

static void make_host(struct world *w)
{
	w->functions[0] = (struct vc_function){ .address = bridge,
		                                .class_code = 0x060400,
		                                .driver = t_pcieport,
		                                .iommu_group = 37 };
	w->functions[1] = (struct vc_function){ .address = gpu,
		                                .vendor = 0x10de,
		                                .device = 0x2684,
		                                .class_code = 0x030000,
		                                .driver = t_vfio_pci,
		                                .on_vfio = true,
		                                .iommu_group = 37 };
	w->functions[2] = (struct vc_function){ .address = audio,
		                                .class_code = 0x040300,
		                                .iommu_group = 37 };
	w->t.have_host = true;
	w->t.host.functions.v = w->functions;
	w->t.host.functions.n = 3;
	w->node_names[0] = t_37;
	w->node_names[1] = t_vfio;
	w->nodes.directory = "/dev/vfio";
	w->nodes.groups.v = w->node_names;
	w->nodes.groups.n = 2;
}

static void make_world(struct world *w)
{
	memset(w, 0, sizeof(*w));
	make_claim(w);
	make_domain(w);
	make_host(w);
	w->in = (struct vc_verify_input){
		.t = &w->t,
		.planned = true,
		.refusal = &w->refusal,
		.complaints = &w->complaints,
		.nodes = &w->nodes,
		.memory = { .guest_kib = 4U << 20, .n_vfio = 1 },
		.memlock_kib = VC_MEMLOCK_UNLIMITED,
	};
}

static const struct vc_check *find(const struct vc_checks *checks, const char *name)
{
	for (size_t i = 0; i < checks->n; i++)
		if (strcmp(checks->v[i].name, name) == 0)
			return &checks->v[i];
	return NULL;
}

static void test_all_right(void **state VC_UNUSED)
{
	static const char *const names[] = { "claim",       "owner",      "alias",
		                             "identity",    "address",    "driver",
		                             "iommu-group", "node",       "rewrite",
		                             "schema",      "memory-lock" };
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_err err = VC_ERR_INIT;
	struct vc_checks checks;
	struct world w;

	make_world(&w);
	assert_int_equal(vc_verify(&arena, &w.in, &checks, &err), 0);
	assert_int_equal(checks.n, VC_ARRAY_SIZE(names));
	for (size_t i = 0; i < checks.n; i++) {
		assert_string_equal(checks.v[i].name, names[i]);
		if (checks.v[i].verdict != VC_VERDICT_OK)
			fail_msg("%s: %s", names[i], checks.v[i].reason);
		assert_true(i < 8 ? strcmp(checks.v[i].device, "ua-gpu") == 0
		                  : checks.v[i].device == NULL);
	}
}

static void no_claims(struct world *w)
{
	w->t.claims.n = 0;
}

static void no_record(struct world *w)
{
	w->t.domain.records.n = 0;
	w->t.plan.devices.n = 0;
}

static void other_uid(struct world *w)
{
	w->claim.uid = t_uid2;
	w->in.planned = false;
}

static void claim_without_uid(struct world *w)
{
	w->claim.uid = NULL;
	w->record.binding.uid = NULL;
	w->planned.uid = NULL;
}

static void deleting(struct world *w)
{
	w->claim.deleting = true;
}

static void not_allocated(struct world *w)
{
	w->claim.allocated = false;
}

static void moved(struct world *w)
{
	w->device.host.pci = audio;
}

static void not_from_api(struct world *w)
{
	w->claim.from_api = false;
}

static void no_vmi(struct world *w)
{
	w->t.have_vmi = false;
}

static void no_consumer(struct world *w)
{
	w->claim.reserved_for.n = 0;
}

static void admin_access(struct world *w)
{
	w->device.admin_access = VC_YES;
}

static void no_alias(struct world *w)
{
	w->hostdevs[0].alias = NULL;
}

static void alias_twice(struct world *w)
{
	w->t.domain.aliases.n = 2;
}

static void libvirt_alias(struct world *w)
{
	w->hostdevs[0].alias = t_hostdev0;
}

static void kubevirt_alias(struct world *w)
{
	no_record(w);
	w->hostdevs[0].alias = t_ua_dra_gpu_0;
}

static void no_host(struct world *w)
{
	w->t.have_host = false;
}

static void no_function(struct world *w)
{
	w->t.host.functions.n = 1;
}

static void other_device(struct world *w)
{
	w->functions[1].device = 0x2685;
}

static void no_identity(struct world *w)
{
	w->record.identity = NULL;
}

static void host_driver(struct world *w)
{
	w->functions[1].on_vfio = false;
	w->functions[1].driver = t_nvidia;
	w->t.domain.hostdevs.v[0].managed = VC_NO;
}

static void host_driver_managed(struct world *w)
{
	host_driver(w);
	w->hostdevs[0].managed = VC_YES;
	w->nodes.groups.n = 0;
}

static void sibling_in_use(struct world *w)
{
	w->functions[2].driver = t_snd_hda_intel;
}

static void sibling_in_domain(struct world *w)
{
	sibling_in_use(w);
	w->hostdevs[1] = w->hostdevs[0];
	w->hostdevs[1].host.pci = audio;
	w->hostdevs[1].at = 3;
	w->t.domain.hostdevs.n = 2;
}

static void no_group(struct world *w)
{
	w->functions[1].iommu_group = -1;
}

static void no_node(struct world *w)
{
	w->node_names[0] = t_3;
}

static void cdev_only(struct world *w)
{
	no_node(w);
	w->device.vfio_cdev = 3;
	w->node_names[0] = t_vfio3;
	w->nodes.cdevs = w->nodes.groups;
	w->nodes.cdevs.n = 1;
}

static void no_nodes(struct world *w)
{
	w->in.nodes = NULL;
}

static void changed(struct world *w)
{
	w->t.changed = true;
	w->planned.action = VC_PLAN_CHANGE;
}

static void metadata_changed(struct world *w)
{
	w->t.changed = true;
}

static void refused(struct world *w)
{
	w->in.planned = false;
	(void)vc_fail(&w->refusal, VC_ERR_REFUSED, "no");
}

static void absent(struct world *w)
{
	w->in.planned = false;
	(void)vc_fail(&w->refusal, VC_ERR_ABSENT, "no claim");
}

static void invalid(struct world *w)
{
	w->complaint = (struct vc_complaint){ .line = 7, .text = t_bad };
	w->complaints.v = &w->complaint;
	w->complaints.n = 1;
}

static void no_schema(struct world *w)
{
	w->in.complaints = NULL;
	w->in.not_validated = "no schema";
}

static void low_hard_limit(struct world *w)
{
	w->in.memory.hard_limit_kib = 4U << 20;
}

static void low_memlock(struct world *w)
{
	w->in.memlock_kib = 64;
}

static void locked(struct world *w)
{
	w->in.memory.locked = true;
	w->in.memlock_kib = 64;
}

static void no_memory(struct world *w)
{
	w->in.memory.guest_kib = 0;
}

static void mediated(struct world *w)
{
	w->hostdevs[0].host.has_pci = false;
	w->hostdevs[0].host.kind = VC_KIND_MDEV;
	w->hostdevs[0].host.mdev_uuid = t_mdev_uuid;
	w->device.host.kind = VC_KIND_MDEV;
	w->device.host.has_pci = false;
	w->device.host.mdev_uuid = t_mdev_uuid;
	w->mdev = (struct vc_mdev_fact){ .uuid = t_mdev_uuid,
		                         .parent = t_0000_65_00_0,
		                         .iommu_group = 37 };
	w->t.host.mdevs.v = &w->mdev;
	w->t.host.mdevs.n = 1;
}

static void mediated_missing(struct world *w)
{
	mediated(w);
	w->t.host.mdevs.n = 0;
}

static const struct {
	void (*break_it)(struct world *w);
	const char *check;
	enum vc_verdict verdict;
	const char *reason;
} cases[] = {
	{ no_claims, "claim", VC_VERDICT_UNKNOWN,
	  "no input describes claim 'lab/vm7-dev'" },
	{ no_claims, "owner", VC_VERDICT_UNKNOWN, "not known" },
	{ no_record, "claim", VC_VERDICT_UNKNOWN, "adopt" },
	{ no_record, "alias", VC_VERDICT_UNKNOWN, "not recorded" },
	{ no_record, "identity", VC_VERDICT_UNKNOWN, "the host has 10de:2684" },
	{ other_uid, "claim", VC_VERDICT_FAILED, UID2 },
	{ claim_without_uid, "claim", VC_VERDICT_OK, "lab/vm7-dev" },
	{ deleting, "claim", VC_VERDICT_FAILED, "being deleted" },
	{ not_allocated, "claim", VC_VERDICT_FAILED, "not allocated" },
	{ moved, "claim", VC_VERDICT_FAILED, "does not have this device" },
	{ not_from_api, "owner", VC_VERDICT_UNKNOWN, "ResourceClaim" },
	{ no_vmi, "owner", VC_VERDICT_UNKNOWN, "--vmi" },
	{ no_consumer, "owner", VC_VERDICT_UNKNOWN, "nobody" },
	{ admin_access, "owner", VC_VERDICT_FAILED, "adminAccess" },
	{ no_alias, "alias", VC_VERDICT_UNKNOWN, "none" },
	{ no_alias, "claim", VC_VERDICT_OK, "lab/vm7-dev" },
	{ alias_twice, "alias", VC_VERDICT_FAILED, "2 devices" },
	{ libvirt_alias, "alias", VC_VERDICT_UNKNOWN, "not a user alias" },
	{ kubevirt_alias, "alias", VC_VERDICT_OK, "KubeVirt" },
	{ no_host, "address", VC_VERDICT_UNKNOWN, "--sysfs" },
	{ no_host, "identity", VC_VERDICT_UNKNOWN, "--sysfs" },
	{ no_host, "driver", VC_VERDICT_UNKNOWN, "--sysfs" },
	{ no_host, "iommu-group", VC_VERDICT_UNKNOWN, "--sysfs" },
	{ no_host, "node", VC_VERDICT_UNKNOWN, "group is not known" },
	{ no_function, "address", VC_VERDICT_FAILED, "0000:65:00.0 does not exist" },
	{ no_function, "driver", VC_VERDICT_UNKNOWN, "not there" },
	{ other_device, "identity", VC_VERDICT_FAILED, "10de:2685" },
	{ no_identity, "identity", VC_VERDICT_UNKNOWN, "no input says" },
	{ host_driver, "driver", VC_VERDICT_FAILED, "nvidia instead of vfio-pci" },
	{ host_driver_managed, "driver", VC_VERDICT_OK, "libvirt binds it" },
	{ host_driver_managed, "node", VC_VERDICT_UNKNOWN, "appears when" },
	{ sibling_in_use, "iommu-group", VC_VERDICT_FAILED,
	  "1 of its devices stays with the host: 0000:65:00.1 (snd_hda_intel)" },
	{ sibling_in_domain, "iommu-group", VC_VERDICT_OK, "37" },
	{ no_group, "iommu-group", VC_VERDICT_FAILED, "IOMMU" },
	{ no_node, "node", VC_VERDICT_FAILED, "/dev/vfio/37 does not exist" },
	{ cdev_only, "node", VC_VERDICT_OK, "/dev/vfio/devices/vfio3" },
	{ no_nodes, "node", VC_VERDICT_UNKNOWN, "--dev" },
	{ changed, "rewrite", VC_VERDICT_FAILED, "changes 1 device" },
	{ metadata_changed, "rewrite", VC_VERDICT_WARNING, "metadata only" },
	{ refused, "rewrite", VC_VERDICT_FAILED, "no" },
	{ refused, "claim", VC_VERDICT_OK, "lab/vm7-dev" },
	{ refused, "owner", VC_VERDICT_UNKNOWN, "rewrite" },
	{ absent, "rewrite", VC_VERDICT_UNKNOWN, "no claim" },
	{ invalid, "schema", VC_VERDICT_FAILED, "line 7: bad" },
	{ no_schema, "schema", VC_VERDICT_UNKNOWN, "no schema" },
	{ low_hard_limit, "memory-lock", VC_VERDICT_WARNING, "<hard_limit> is 4096 MiB" },
	{ low_memlock, "memory-lock", VC_VERDICT_WARNING, "may lock 5120 MiB" },
	{ locked, "memory-lock", VC_VERDICT_OK, "<locked/>" },
	{ no_memory, "memory-lock", VC_VERDICT_UNKNOWN, "<memory>" },
	{ mediated, "claim", VC_VERDICT_OK, "gpu" },
	{ mediated, "driver", VC_VERDICT_OK, "0000:65:00.0" },
	{ mediated, "iommu-group", VC_VERDICT_OK, "37" },
	{ mediated, "node", VC_VERDICT_OK, "/dev/vfio/37" },
	{ mediated_missing, "address", VC_VERDICT_FAILED, MDEV " does not exist" },
};

static void test_one_thing_wrong(void **state VC_UNUSED)
{
	for (size_t i = 0; i < VC_ARRAY_SIZE(cases); i++) {
		VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
		struct vc_err err = VC_ERR_INIT;
		const struct vc_check *check;
		struct vc_checks checks;
		struct world w;

		make_world(&w);
		cases[i].break_it(&w);
		assert_int_equal(vc_verify(&arena, &w.in, &checks, &err), 0);
		check = find(&checks, cases[i].check);
		assert_non_null(check);
		if (check->verdict != cases[i].verdict ||
		    !strstr(check->reason, cases[i].reason))
			fail_msg("case %zu, %s: %s, %s", i, check->name,
			         vc_verdict_name(check->verdict), check->reason);
		assert_int_equal(check->change, cases[i].break_it == changed);
	}
}

/* Kinds that we do not translate get no verdict, and nothing of the host no memory. */
static void test_left_out(void **state VC_UNUSED)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_err err = VC_ERR_INIT;
	struct vc_checks checks;
	struct world w;

	make_world(&w);
	w.hostdevs[0].host.has_pci = false;
	w.hostdevs[0].host.kind = VC_KIND_UNKNOWN;
	w.in.memory.n_vfio = 0;
	assert_int_equal(vc_verify(&arena, &w.in, &checks, &err), 0);
	assert_int_equal(checks.n, 2);
	assert_null(find(&checks, "memory-lock"));
}

static void test_out_of_memory(void **state VC_UNUSED)
{
	VC_AUTO_ARENA struct vc_arena arena = { .max_bytes = 0 };
	struct vc_checks before = { .n = 77 }, checks = before;
	struct vc_err err = VC_ERR_INIT;
	struct world w;

	make_world(&w);
	assert_int_equal(vc_verify(&arena, &w.in, &checks, &err), -VC_ERR_INTERNAL);
	assert_memory_equal(&checks, &before, sizeof(checks));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_right),
		cmocka_unit_test(test_one_thing_wrong),
		cmocka_unit_test(test_left_out),
		cmocka_unit_test(test_out_of_memory),
	};

	return cmocka_run_group_tests_name("verify", tests, NULL, NULL);
}
