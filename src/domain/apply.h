/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * apply.h - carry a plan out: plan as XML, stylesheets, check, print.
 *
 * The stylesheet is put together for the plan: rewrite.xsl, the sheets of the kinds that
 * occur, and the site's, which may override any template. What comes out is compared
 * with the plan in C (check.c), so a stylesheet cannot hand out a wrong device.
 */
#pragma once

#include "domain/document.h"
#include "model/plan.h"

/**
 * struct vc_apply_result - a rewritten domain
 * @text:	XML, the input's own bytes when nothing changed; the caller frees it
 * @len:	its length
 * @changed:	whether anything changed
 */
struct vc_apply_result {
	char *text;
	size_t len;
	bool changed;
};

/* @site is the path of a site stylesheet, NULL none. */
int vc_apply(struct vc_arena *arena, const struct vc_document *document,
             const struct vc_domain *domain, const struct vc_plan *plan, const char *site,
             struct vc_apply_result *ret_result, struct vc_err *err) VC_MUST_CHECK;

/* The plan as <plan xmlns='urn:virt-claim:plan:1'>, see schemas/plan.rng. */
int vc_plan_to_xml(const struct vc_plan *plan, xmlDocPtr *ret_doc, struct vc_err *err)
	VC_MUST_CHECK;

/* Both sides as printed by one serializer, for a diff that shows only real changes. */
int vc_document_print(const char *xml, size_t len, char **ret_text, size_t *ret_len,
                      struct vc_err *err) VC_MUST_CHECK;
