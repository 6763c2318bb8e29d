/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The documents of fixtures/vmi/annotation, each in the annotation of one VMI. The schema
 * is held against the same files.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "claim/json_writer.h"
#include "claim/vmi.h"
#include "unit.h"

#define DIRECTORY VC_FIXTURES "/vmi/annotation"
#define WHERE     "vmi.json: /metadata/annotations/virt-claim.io~1devices: "

/* A VMI with the GPU "g", the interface "n" and the claim "disks" */
static void write_spec(struct vc_json_writer *w)
{
	vc_json_object(w, "spec");
	vc_json_array(w, "resourceClaims");
	vc_json_object(w, NULL);
	vc_json_string(w, "name", "disks");
	vc_json_close(w);
	vc_json_close(w);
	vc_json_object(w, "domain");
	vc_json_object(w, "devices");
	vc_json_array(w, "gpus");
	vc_json_object(w, NULL);
	vc_json_string(w, "name", "g");
	vc_json_string(w, "claimName", "disks");
	vc_json_string(w, "requestName", "gpu");
	vc_json_close(w);
	vc_json_close(w);
	vc_json_array(w, "interfaces");
	vc_json_object(w, NULL);
	vc_json_string(w, "name", "n");
	vc_json_int(w, "bootOrder", 3);
	vc_json_object(w, "sriov");
	vc_json_close(w);
	vc_json_close(w);
	vc_json_close(w);
	vc_json_close(w);
	vc_json_close(w);
	vc_json_array(w, "networks");
	vc_json_object(w, NULL);
	vc_json_string(w, "name", "n");
	vc_json_object(w, "resourceClaim");
	vc_json_string(w, "claimName", "disks");
	vc_json_string(w, "requestName", "nic");
	vc_json_close(w);
	vc_json_close(w);
	vc_json_close(w);
	vc_json_close(w);
}

static int read_annotation(struct vc_arena *arena, const char *annotation,
                           struct vc_vmi *vmi, struct vc_err *err)
{
	VC_AUTO_BUF struct vc_buf buf = VC_BUF_INIT(100000);
	VC_AUTO_TREE struct vc_tree *tree = NULL;
	struct vc_json_writer w = { .buf = &buf };

	vc_json_object(&w, NULL);
	vc_json_object(&w, "metadata");
	vc_json_string(&w, "name", "vm");
	vc_json_object(&w, "annotations");
	vc_json_string(&w, VC_VMI_ANNOTATION, annotation);
	vc_json_close(&w);
	vc_json_close(&w);
	write_spec(&w);
	vc_json_close(&w);
	assert_false(buf.failed);
	assert_int_equal(vc_tree_parse(buf.data, buf.len, "vmi.json", &tree, err), 0);
	return vc_vmi_read(arena, tree, vmi, err);
}

static char *read_document(struct vc_arena *arena, const char *name)
{
	struct vc_err err = VC_ERR_INIT;
	char path[512], *text;
	size_t len;

	(void)snprintf(path, sizeof(path), "%s/%s", DIRECTORY, name);
	if (vc_file_read(arena, AT_FDCWD, path, 0, &text, &len, &err) < 0)
		fail_msg("%s", err.msg);
	return text;
}

static const struct vc_binding *accept(struct vc_arena *arena, const char *name,
                                       size_t n_bindings)
{
	struct vc_err err = VC_ERR_INIT;
	struct vc_vmi vmi;

	if (read_annotation(arena, read_document(arena, name), &vmi, &err) < 0)
		fail_msg("%s", err.msg);
	assert_int_equal(vmi.bindings.n, n_bindings);
	return vmi.bindings.v;
}

static void test_empty(void **state VC_UNUSED)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	const struct vc_binding *b = accept(&arena, "ok-empty.json", 2);

	assert_string_equal(b[0].alias, "ua-dra-gpu-g");
	assert_true(b[0].primary_display);
}

static void test_options(void **state VC_UNUSED)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	const struct vc_binding *b = accept(&arena, "ok-options.json", 2);

	assert_int_equal(b->origin_kind, VC_BINDING_VMI);
	assert_true(b->kubevirt_made);
	assert_string_equal(b->origin, "vmi.json: /spec/domain/devices/gpus/0");
	assert_true(b->options.address.set);
	assert_int_equal(b->options.address.bus, 5);
	assert_int_equal(b->options.address.multifunction, VC_YES);
	assert_int_equal(b->options.boot_order, 1);
	assert_int_equal(b->options.rom_bar, VC_YES);
	assert_string_equal(b->options.rom_file, "/usr/share/roms/card.rom");
	assert_int_equal(b->options.display, VC_YES);
	assert_int_equal(b->options.ramfb, VC_YES);
	assert_false(b->primary_display);
	assert_int_equal(b[1].options.boot_order, 3);
}

/* Every row of the table of options has its key here. */
static void test_every_option(void **state VC_UNUSED)
{
	static const char *const values[VC_OPTS] = {
		[VC_OPT_KIND] = "network",
		[VC_OPT_GUEST_ADDRESS] = "05:00.0",
		[VC_OPT_MULTIFUNCTION] = "off",
		[VC_OPT_UNASSIGNED] = "off",
		[VC_OPT_BOOT_ORDER] = "1",
		[VC_OPT_ROM_BAR] = "off",
		[VC_OPT_ROM_FILE] = "/r",
		[VC_OPT_DISPLAY] = "on",
		[VC_OPT_RAMFB] = "on",
		[VC_OPT_MANAGED] = "on",
		[VC_OPT_DRIVER_MODEL] = "mlx5_vfio_pci",
		[VC_OPT_IOMMUFD] = "on",
		[VC_OPT_ACPI_INDEX] = "7",
		[VC_OPT_ACPI_NODESET] = "1-3,8",
		[VC_OPT_TEAMING] = "ua-backup",
		[VC_OPT_READONLY] = "on",
		[VC_OPT_SHAREABLE] = "off",
		[VC_OPT_MAC] = "52:54:00:ab:00:01",
		[VC_OPT_VLAN] = "12",
	};
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	const struct vc_options *o = &accept(&arena, "ok-every-option.json", 2)->options;

	for (enum vc_opt opt = 0; opt < VC_OPTS; opt++) {
		assert_true(vc_options_has(o, opt));
		assert_string_equal(vc_options_text(&arena, o, opt), values[opt]);
		assert_int_equal(strncmp(o->origins[opt], WHERE "/devices/0/",
		                         strlen(WHERE "/devices/0/")),
		                 0);
	}
}

static void test_devices(void **state VC_UNUSED)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	const struct vc_binding *b = accept(&arena, "ok-second-of-two.json", 3);

	assert_string_equal(b[2].alias, "ua-second");
	assert_string_equal(b[2].pod_claim, "disks");
	assert_null(b[2].claim);
	assert_int_equal(b[2].index, 2);
	assert_false(b[2].kubevirt_made);
	assert_string_equal(b[2].origin, WHERE "/devices/0");

	b = accept(&arena, "ok-all-of-request.json", 3);
	assert_int_equal(b[2].index, 0);

	b = accept(&arena, "ok-further-claim.json", 3);
	assert_string_equal(b[2].claim, "lab.audio");
	assert_null(b[2].pod_claim);
	assert_string_equal(b[2].request, "card");
	assert_string_equal(b[2].subrequest, "onboard");
	assert_int_equal(b[2].options.address.slot, 0x1f);
	assert_int_equal(b[2].options.address.function, 7);
	assert_int_equal(b[2].options.address.multifunction, VC_UNKNOWN);

	b = accept(&arena, "ok-two-functions.json", 4);
	assert_int_equal(b[2].options.address.multifunction, VC_YES);
	assert_int_equal(b[3].options.address.multifunction, VC_NO);
	assert_int_equal(b[3].options.address.function, 1);
}

static const struct {
	const char *name, *message;
} refused[] = {
	{ "bad-no-devices", WHERE "'devices' is missing" },
	{ "bad-devices-object", WHERE "/devices: expected an array" },
	{ "bad-root-key", WHERE "/version: unknown key" },
	{ "bad-entry-string", WHERE "/devices/0: expected an object" },
	{ "bad-unknown-key", WHERE "/devices/0/bootorder: unknown key" },
	{ "bad-null", WHERE "/devices/0/index: null" },
	{ "bad-no-alias", WHERE "/devices/0: 'alias' is missing" },
	{ "bad-alias-dot", WHERE "/devices/0/alias: expected letters" },
	{ "bad-alias-empty", WHERE "/devices/0/alias: expected letters" },
	{ "bad-alias-number", WHERE "/devices/0/alias: expected a string" },
	{ "bad-two-claims", WHERE "/devices/0: expected one of 'claim'" },
	{ "bad-no-claim", WHERE "/devices/0: expected one of 'claim'" },
	{ "bad-index-without-claim",
	  WHERE "/devices/0/alias: KubeVirt makes this device" },
	{ "bad-no-request", WHERE "/devices/0: 'request' is missing" },
	{ "bad-request", WHERE "/devices/0/request: expected the name" },
	{ "bad-resource-claim", WHERE "/devices/0/resourceClaim: expected a DNS" },
	{ "bad-index-0", WHERE "/devices/0/index: expected a number from 1 to 32" },
	{ "bad-index-33", WHERE "/devices/0/index: expected a number from 1 to 32" },
	{ "bad-index-text", WHERE "/devices/0/index: expected an integer" },
	{ "bad-guest-address",
	  WHERE "/devices/0/guestAddress: expected a guest PCI address" },
	{ "bad-guest-address-domain", WHERE "/devices/0/guestAddress: " },
	{ "bad-boot-order-0", WHERE "/devices/0/bootOrder: expected a number from 1" },
	{ "bad-boot-order-text", WHERE "/devices/0/bootOrder: expected an integer" },
	{ "bad-multifunction", WHERE "/devices/0/multifunction: needs 'guestAddress'" },
	{ "bad-rom-relative", WHERE "/devices/0/rom/file: expected an absolute path" },
	{ "bad-rom-newline", WHERE "/devices/0/rom/file: expected an absolute path" },
	{ "bad-rom-empty", WHERE "/devices/0/rom: says nothing" },
	{ "bad-rom-key", WHERE "/devices/0/rom/enabled: unknown key" },
	{ "bad-rom-bool", WHERE "/devices/0/rom: expected an object" },
	{ "bad-display-text", WHERE "/devices/0/display: expected a boolean" },
	{ "bad-ramfb-alone", WHERE "/devices/0/ramfb: needs 'display'" },
	{ "bad-says-nothing", WHERE "/devices/0: says nothing about 'ua-dra-gpu-g'" },
	{ "bad-kubevirt-alias", WHERE "/devices/0/alias: aliases that begin like this" },
	{ "contradiction-kubevirt-device",
	  WHERE "/devices/0: no device of this VMI has the alias 'ua-not-there'" },
	{ "contradiction-alias-twice",
	  WHERE "/devices/1/alias: this alias is there twice" },
	{ "contradiction-unknown-claim", WHERE "/devices/0/claim: 'nowhere' is not in" },
	{ "contradiction-boot-order",
	  WHERE "/devices/1/bootOrder: 'ua-x' has the same bootOrder already (" WHERE
	        "/devices/0/bootOrder)" },
	{ "contradiction-boot-order-of-interface",
	  WHERE "/devices/0/bootOrder: 'ua-sriov-n' has the same bootOrder already "
	        "(vmi.json: /spec/domain/devices/interfaces/0/bootOrder)" },
	{ "contradiction-guest-address",
	  WHERE "/devices/1/guestAddress: 'ua-x' has the same guestAddress" },
	{ "bad-driver-key", WHERE "/devices/0/driver/name: unknown key" },
	{ "bad-driver-model", WHERE "/devices/0/driver/model: expected the name of a" },
	{ "bad-acpi-index", WHERE "/devices/0/acpi/index: expected a number from 1 to" },
	{ "bad-acpi-nodeset", WHERE "/devices/0/acpi/nodeset: expected guest NUMA" },
	{ "bad-acpi-flat", WHERE "/devices/0/acpi.index: unknown key" },
	{ "bad-kind", WHERE "/devices/0/kind: expected pci, network or nvme" },
	{ "bad-managed", WHERE "/devices/0/managed: expected a boolean" },
	{ "bad-mac", WHERE "/devices/0/mac: expected a unicast MAC address" },
	{ "bad-vlan", WHERE "/devices/0/vlan: expected a number from 1 to 4094" },
	{ "bad-teaming", WHERE "/devices/0/teaming: expected the alias" },
	{ "contradiction-acpi-index",
	  WHERE "/devices/1/acpi/index: 'ua-dra-gpu-g' has the same acpi.index" },
	{ "contradiction-nodeset-order",
	  WHERE "/devices/0/acpi/nodeset: expected guest NUMA" },
	{ "contradiction-ramfb-twice",
	  WHERE "/devices/1/ramfb: 'ua-dra-gpu-g' has the same ramfb" },
};

static void test_refused(void **state VC_UNUSED)
{
	for (size_t i = 0; i < VC_ARRAY_SIZE(refused); i++) {
		VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
		struct vc_err err = VC_ERR_INIT;
		struct vc_vmi vmi = { 0 };
		char name[128];
		int r;

		(void)snprintf(name, sizeof(name), "%s.json", refused[i].name);
		r = read_annotation(&arena, read_document(&arena, name), &vmi, &err);
		if (r != -VC_ERR_INPUT ||
		    strncmp(err.msg, refused[i].message, strlen(refused[i].message)) != 0)
			fail_msg("%s: %d '%s', expected '%s'", name, r, err.msg,
			         refused[i].message);
		assert_null(vmi.name);
	}
}

/* Every document that is not ok-*.json is in the table above. */
static void test_all_documents(void **state VC_UNUSED)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	VC_AUTOCLOSE int dir = -1;
	struct vc_err err = VC_ERR_INIT;
	struct vc_names names = { 0 };
	size_t n = 0;

	assert_int_equal(vc_file_open_directory(AT_FDCWD, DIRECTORY, 0, &dir, &err), 0);
	assert_int_equal(vc_file_list(&arena, dir, &names, &err), 0);
	for (size_t i = 0; i < names.n; i++) {
		struct vc_vmi vmi;

		if (strncmp(names.v[i], "ok-", 3) != 0)
			n++;
		else if (read_annotation(&arena, read_document(&arena, names.v[i]), &vmi,
		                         &err) < 0)
			fail_msg("%s: %s", names.v[i], err.msg);
	}
	assert_int_equal(n, VC_ARRAY_SIZE(refused));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),   cmocka_unit_test(test_options),
		cmocka_unit_test(test_devices), cmocka_unit_test(test_every_option),
		cmocka_unit_test(test_refused), cmocka_unit_test(test_all_documents),
	};

	return cmocka_run_group_tests_name("vmi_annotation", tests, NULL, NULL);
}
