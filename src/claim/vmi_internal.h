/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vmi_internal.h - what vmi.c and vmi_annotation.c share.
 */
#pragma once

#include "claim/object.h"
#include "claim/vmi.h"

/* Most entries of any list of a VMI, and of the annotation */
#define VC_VMI_MAX_ENTRIES 256

/* One of spec.resourceClaims */
struct vc_vmi_claim {
	char *name;
	char *claim_name; /* NULL: made from a template */
};

struct vc_vmi_claims {
	struct vc_vmi_claim *v;
	size_t n, cap;
};

int vc_vmi_bind(const struct vc_object_reader *reader, const struct vc_node *node,
                const char *claim_key, const char *request_key,
                const struct vc_vmi_claims *claims, struct vc_binding *binding)
	VC_MUST_CHECK;
int vc_vmi_request(const struct vc_object_reader *reader, const struct vc_node *node,
                   const char *key, struct vc_binding *binding) VC_MUST_CHECK;

/* vmi_options.c */
int vc_vmi_option(const struct vc_object_reader *reader, const struct vc_node *value,
                  enum vc_opt opt, struct vc_options *options) VC_MUST_CHECK;
int vc_vmi_options(const struct vc_object_reader *reader, const struct vc_node *node,
                   const char *const others[], struct vc_options *options) VC_MUST_CHECK;

/* Reads the text of the annotation and adds to the bindings of @vmi, or to options of
 * bindings that it has already. */
int vc_vmi_annotation_read(const struct vc_object_reader *reader,
                           const struct vc_node *annotation,
                           const struct vc_vmi_claims *claims, struct vc_vmi *vmi)
	VC_MUST_CHECK;
