/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The whole rewrite of any domain, for fixed claims. What comes out is a domain that is
 * read without complaint, and rewriting it once more gives the same bytes; the way back
 * ("unbind") works too and needs no second step.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "claim/device_metadata.h"
#include "claim/join.h"
#include "domain/apply.h"
#include "domain/plan.h"

#define UID "6f0a3a52-7c1e-4a7e-9f0b-2d5e8c0f1a01"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A request with one device of another kind */
#define OURS(name, type, value) "\"virt-claim.io/" name "\":{\"" type "\":" value "}"
#define OTHER(request, attributes)                                               \
	",{\"name\":\"" request "\",\"devices\":[{\"driver\":\"d.example.com\"," \
	"\"pool\":\"n\",\"name\":\"" request "-0\",\"attributes\":{" attributes "}}]}"

static const char metadata[] =
	"{\"apiVersion\":\"metadata.resource.k8s.io/v1beta1\",\"kind\":\"DeviceMetadata\","
	"\"metadata\":{\"name\":\"vm7-dev\",\"namespace\":\"lab\",\"uid\":\"" UID "\","
	"\"generation\":1},\"requests\":[{\"name\":\"gpu\",\"devices\":["
	"{\"driver\":\"gpu.example.com\",\"pool\":\"n\",\"name\":\"gpu-0\",\"attributes\":"
	"{\"resource.kubernetes.io/pciBusID\":{\"string\":\"0000:65:00.0\"},"
	"\"virt-claim.io/vendorID\":{\"string\":\"10de\"}}},"
	"{\"driver\":\"gpu.example.com\",\"pool\":\"n\",\"name\":\"gpu-1\",\"attributes\":"
	"{\"resource.kubernetes.io/pciBusID\":{\"string\":\"0000:b3:00.0\"}}}]},"
	"{\"name\":\"vgpu\",\"devices\":[{\"driver\":\"vgpu.example.com\",\"pool\":\"n\","
	"\"name\":\"vgpu-0\",\"attributes\":{\"mdevUUID\":{\"string\":"
	"\"83b8f4f2-509f-382f-3c1e-e6bfe0fa1001\"}}}]}" OTHER(
		"stick",
		OURS("usbBus", "int", "1") "," OURS(
			"usbDevice", "int",
			"5")) OTHER("nic",
                                    OURS("kind", "string", "\"network\"") "," OURS(
					    "pciAddress", "string",
					    "\"0000:03:00.2\"") "," OURS("vlan", "int",
                                                                         "18"))
		OTHER("disk", OURS("kind", "string", "\"nvme\"") "," OURS(
				      "pciAddress", "string", "\"0000:c1:00.0\""))
			OTHER("vdpa", OURS("vdpaPath", "string", "\"/dev/vhost-vdpa-1\""))
				OTHER("tape",
                                      OURS("scsiAddress", "string", "\"3:0:0:0\""))
					OTHER("lun",
                                              OURS("wwpn", "string",
                                                   "\"naa.5001405b8e6d8b3c\"")) "]}\n";

/* What is rewritten, and how; everything but the domain stays the same. */
struct run {
	struct vc_arena arena;
	struct vc_plan_input input;
	struct vc_claims claims;
	struct vc_bindings bindings;
	struct vc_alias_options_list options;
};

static void require(bool condition)
{
	if (!condition)
		abort();
}

/* Options of the first binding: parts that an element may have in any shape. */
static void give_options(struct run *run)
{
	static const struct {
		enum vc_opt opt;
		const char *value;
	} given[] = {
		{ VC_OPT_ROM_BAR, "off" },
		{ VC_OPT_IOMMUFD, "on" },
		{ VC_OPT_DRIVER_MODEL, "m" },
		{ VC_OPT_ACPI_NODESET, "0" },
	};
	struct vc_alias_options *slot = vc_list_push(&run->arena, &run->options);
	struct vc_err err = VC_ERR_INIT;

	require(slot != NULL);
	slot->alias = run->bindings.v[0].alias;
	for (size_t i = 0; i < VC_ARRAY_SIZE(given); i++)
		require(vc_options_set(&run->arena, &slot->options, given[i].opt,
		                       given[i].value, "--option", &err) == 0);
}

static void prepare(struct run *run)
{
	static const char *const binds[] = {
		"gpu=lab/vm7-dev:gpu", "vgpu=lab/vm7-dev:vgpu#1", "stick=vm7-dev:stick",
		"nic=vm7-dev:nic",     "disk=vm7-dev:disk",       "vdpa=vm7-dev:vdpa",
		"tape=vm7-dev:tape",   "lun=vm7-dev:lun",
	};
	VC_AUTO_TREE struct vc_tree *tree = NULL;
	struct vc_err err = VC_ERR_INIT;
	struct vc_facts facts = { 0 };

	require(vc_tree_parse(metadata, sizeof(metadata) - 1, "m", &tree, &err) == 0 &&
	        vc_device_metadata_read(&run->arena, tree, &facts, &err) == 0 &&
	        vc_join(&run->arena, &facts, &run->claims, &err) == 0);
	for (size_t i = 0; i < VC_ARRAY_SIZE(binds); i++) {
		struct vc_binding *slot = vc_list_push(&run->arena, &run->bindings);

		require(slot != NULL);
		require(vc_binding_parse(&run->arena, binds[i], slot, &err) == 0);
	}
	run->input.claims = &run->claims;
	run->input.bindings = &run->bindings;
	run->input.target_libvirt = 12000000;
}

/* Whether it went well; else *err says why not. */
static bool rewrite(struct run *run, const char *text, size_t len,
                    struct vc_apply_result *result, struct vc_err *err)
{
	VC_AUTO_DOCUMENT struct vc_document *document = NULL;
	struct vc_domain domain = { 0 };
	struct vc_plan plan = { 0 };

	return vc_document_parse(text, len, "f", &document, err) == 0 &&
	       vc_domain_read(&run->arena, document, &domain, err) == 0 &&
	       vc_plan_make(&run->arena, document, &domain, &run->input, &plan, err) ==
	               0 &&
	       vc_apply(&run->arena, document, &domain, &plan, NULL, result, err) == 0;
}

/* Rewrites, and rewrites the result; the second time nothing may change. */
static void rewrite_twice(struct run *run, const char *text, size_t len,
                          struct vc_apply_result *first)
{
	struct vc_apply_result second = { 0 };
	struct vc_err err = VC_ERR_INIT;

	if (!rewrite(run, text, len, first, &err)) {
		require(strlen(err.msg) > 0 && !first->text);
		/* ours is never to blame */
		require(err.kind != VC_ERR_INTERNAL);
		return;
	}
	require(first->changed == (len != first->len || memcmp(text, first->text, len)));
	require(rewrite(run, first->text, first->len, &second, &err));
	require(!second.changed && second.len == first->len &&
	        memcmp(first->text, second.text, second.len) == 0);
	free(second.text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct run run = { .arena = VC_ARENA_INIT };
	struct vc_apply_result there = { 0 }, back = { 0 }, with_options = { 0 };

	prepare(&run);
	rewrite_twice(&run, (const char *)data, size, &there);
	give_options(&run);
	run.input.options = &run.options;
	rewrite_twice(&run, (const char *)data, size, &with_options);
	run.input.options = NULL;
	run.input.mode = VC_MODE_UNBIND;
	run.input.bindings = NULL;
	if (there.text)
		rewrite_twice(&run, there.text, there.len, &back);
	free(there.text);
	free(back.text);
	free(with_options.text);
	vc_arena_release(&run.arena);
	return 0;
}
