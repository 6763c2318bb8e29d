/* SPDX-License-Identifier: GPL-2.0-or-later */
/* domain_util.h - plans by hand and rewrites, for the tests of src/domain/. */
#pragma once

#include <stdlib.h>
#include <string.h>

#include <libxml/c14n.h>
#include <libxml/parser.h>

#include "domain/apply.h"
#include "unit.h"

/* One rewrite: initialise with RIG_INIT, release with rig_release(). */
struct rig {
	struct vc_arena arena;
	struct vc_plan plan;
	struct vc_document *document;
	struct vc_domain domain;
	struct vc_apply_result result;
	struct vc_err err;
};

#define RIG_INIT                                                                         \
	{                                                                                \
		.arena = VC_ARENA_INIT, .plan = { .metadata = true }, .err = VC_ERR_INIT \
	}

static inline char *rig_text(struct rig *rig, const char *text)
{
	char *copy = vc_arena_strdup(&rig->arena, text);

	assert_non_null(copy);
	return copy;
}

/* A recorded device of the plan; of kind PCI with @host, else of no kind. */
static inline struct vc_plan_device *rig_device(struct rig *rig,
                                                enum vc_plan_action action,
                                                const char *alias, size_t at,
                                                const char *host)
{
	struct vc_plan_device *device = vc_list_push(&rig->arena, &rig->plan.devices);

	assert_non_null(device);
	*device = (struct vc_plan_device){
		.action = action,
		.alias = rig_text(rig, alias),
		.at = at,
		.recorded = action != VC_PLAN_REMOVE && action != VC_PLAN_UNBIND,
		.made = action == VC_PLAN_ADD,
		.claim = rig_text(rig, "c"),
		.request = rig_text(rig, "r"),
		.index = 1,
	};
	if (!host)
		return device;
	device->host.kind = VC_KIND_PCI;
	device->host.has_pci = true;
	assert_int_equal(vc_pci_address_parse(host, &device->host.pci, &rig->err), 0);
	return device;
}

static inline struct vc_plan_device *rig_mdev(struct rig *rig, enum vc_plan_action action,
                                              const char *alias, size_t at,
                                              const char *uuid, enum vc_mdev_model model)
{
	struct vc_plan_device *device = rig_device(rig, action, alias, at, NULL);

	device->host.kind = VC_KIND_MDEV;
	device->host.mdev_uuid = rig_text(rig, uuid);
	device->host.mdev_model = model;
	return device;
}

static inline int rig_apply(struct rig *rig, const char *xml, const char *site)
{
	vc_document_free(rig->document);
	rig->document = NULL;
	free(rig->result.text);
	rig->result = (struct vc_apply_result){ 0 };
	assert_int_equal(
		vc_document_parse(xml, strlen(xml), "d.xml", &rig->document, &rig->err),
		0);
	return vc_apply(&rig->arena, rig->document, &rig->domain, &rig->plan, site,
	                &rig->result, &rig->err);
}

static inline void rig_release(struct rig *rig)
{
	free(rig->result.text);
	vc_document_free(rig->document);
	vc_arena_release(&rig->arena);
	*rig = (struct rig)RIG_INIT;
}

static inline void rig_expect(struct rig *rig, const char *xml, const char *expected)
{
	int r = rig_apply(rig, xml, NULL);

	if (r < 0)
		fail_msg("%s", rig->err.msg);
	assert_string_equal(rig->result.text, expected);
	assert_int_equal(rig->result.len, strlen(expected));
	assert_int_equal(rig->result.changed, strcmp(xml, expected) != 0);
}

/* Canonical XML 1.0 with comments, made by libxml2 and not by our comparison. */
static inline char *canonical(const char *xml)
{
	xmlDocPtr doc = xmlReadMemory(xml, (int)strlen(xml), NULL, NULL,
	                              XML_PARSE_NONET | XML_PARSE_NOBLANKS);
	xmlChar *bytes = NULL;
	char *copy = NULL;

	assert_non_null(doc);
	assert_true(xmlC14NDocDumpMemory(doc, NULL, XML_C14N_1_0, NULL, 1, &bytes) >= 0);
	copy = strdup((const char *)bytes);
	assert_non_null(copy);
	xmlFree(bytes);
	xmlFreeDoc(doc);
	return copy;
}
