/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * check.h - compare a rewritten domain with what was planned.
 *
 * Stylesheets decide how things are written, and a site may write its own. What comes
 * out is believed only after this: every element of the input is there unchanged and in
 * its place, except the devices of the plan; these are there exactly once, with exactly
 * the host side, guest address, alias and record that the plan says; nothing else is
 * there.
 */
#pragma once

#include "domain/document.h"
#include "model/plan.h"

/**
 * struct vc_check_input - what to compare
 * @before:	the domain that was rewritten
 * @plan:	plan
 * @metadata:	whether our metadata was to be written or removed; else it is untouched
 * @after:	the result, as read from the bytes that will be printed
 * @site:	site stylesheet, which may do a few things more; NULL none
 */
struct vc_check_input {
	const struct vc_document *before;
	const struct vc_plan *plan;
	bool metadata;
	xmlDocPtr after;
	const char *site;
};

int vc_check_result(struct vc_arena *arena, const struct vc_check_input *input,
                    struct vc_err *err) VC_MUST_CHECK;

/* What a plan is about to do at one place of <devices>: at most one of the two. */
struct vc_planned {
	const struct vc_plan_device *device;
	const struct vc_plan_controller *controller;
};

/* (*ret_by_at)[at] for each place that the plan names; *ret_n is one more than the
 * largest. */
int vc_plan_by_place(struct vc_arena *arena, const struct vc_plan *plan,
                     struct vc_planned **ret_by_at, size_t *ret_n, struct vc_err *err)
	VC_MUST_CHECK;
