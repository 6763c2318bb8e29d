/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * describe.h - claims, requests and devices as tables call them. Each text is in the
 * arena or static; NULL means out of memory.
 */
#pragma once

#include "base/arena.h"
#include "model/claim.h"
#include "model/plan.h"

const char *vc_describe_claim(struct vc_arena *arena, const char *namespace,
                              const char *name, const char *uid) VC_MUST_CHECK;
const char *vc_describe_request(struct vc_arena *arena,
                                const struct vc_plan_device *device) VC_MUST_CHECK;
const char *vc_describe_device(struct vc_arena *arena, const char *driver,
                               const char *pool, const char *name) VC_MUST_CHECK;
const char *vc_describe_change(struct vc_arena *arena,
                               const struct vc_plan_device *device) VC_MUST_CHECK;
const char *vc_describe_host(struct vc_arena *arena, const struct vc_device *device)
	VC_MUST_CHECK;
