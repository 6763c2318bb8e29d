/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * record_xml.h - what our metadata says of one planned device, as attributes.
 *
 * The plan XML is written from it, and the metadata of a document is compared with it.
 */
#pragma once

#include <stdbool.h>

#include <libxml/tree.h>

#include "model/plan.h"

/* Attributes of one record, in the order in which they are written. */
#define VC_RECORD_ATTRIBUTES_MAX 15

struct vc_record_attributes {
	struct {
		const char *name, *value;
	} v[VC_RECORD_ATTRIBUTES_MAX];
	size_t n;
	char index[sizeof("4294967295")]; /* storage of the index */
};

void vc_record_attributes(const struct vc_plan_device *device,
                          struct vc_record_attributes *ret_attributes) VC_NONNULL;

void vc_record_address(const struct vc_guest_address *address,
                       char ret_text[sizeof("00:00.0")]);

/* Whether @claims, a <claims> of our namespace or NULL, says exactly what @plan wants
 * recorded, in any order; white space and comments do not count. */
int vc_record_matches(struct vc_arena *arena, const struct vc_plan *plan,
                      const xmlNode *claims, bool *ret_matches, struct vc_err *err)
	VC_MUST_CHECK;
/* How many devices of @plan are recorded. */
size_t vc_record_count(const struct vc_plan *plan) VC_NONNULL;
