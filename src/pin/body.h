/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * body.h - what a step sends.
 *
 * What is ours is written and taken back by server-side apply: whatever somebody else
 * has, too, stays. JSON patches, which test the resourceVersion, are for what apply
 * cannot do: the allocation, and what managedFields does not know to be ours.
 */
#pragma once

#include "base/buf.h"
#include "kube/api.h"
#include "pin/plan.h"

/* More than the longest names and versions need */
#define VC_PIN_BODY_MAX ((size_t)16 << 10)

enum vc_pin_method {
	VC_PIN_APPLY,
	VC_PIN_JSON_PATCH,
};

/**
 * struct vc_pin_body - a request
 * @method:	how it is sent
 * @status:	to the status
 */
struct vc_pin_body {
	enum vc_pin_method method;
	bool status;
};

/**
 * struct vc_pin_wish - what a body is made for
 * @claim:	as it was decided on
 * @vm:		for GUARD and RESERVE
 * @entry:	for UNRESERVE, of @claim
 * @api_version: of claims, "v1"
 * @by_controller: for GUARD, of a claim that has no record yet
 */
struct vc_pin_wish {
	enum vc_pin_step step;
	const struct vc_pin_claim *claim;
	const struct vc_pin_vm *vm;
	const struct vc_pin_holder *entry;
	const char *api_version;
	bool by_controller;
};

struct vc_pin_body vc_pin_body_write(const struct vc_pin_wish *wish, struct vc_buf *buf);
