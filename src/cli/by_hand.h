/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * by_hand.h - what start, attach, detach and sync have in common.
 */
#pragma once

#include "cli/translator_options.h"
#include "manage/manage.h"

/* Seconds. Memory of a guest with host devices is pinned when it starts or gets its first
 * one, which takes long when there is much of it. */
#define VC_BY_HAND_TIMEOUT       300U
#define VC_BY_HAND_GUEST_TIMEOUT 30U

int vc_by_hand_manage(struct vc_arena *arena, const struct vc_translator_options *options,
                      const char *timeout, unsigned default_timeout,
                      struct vc_manage *ret_manage, struct vc_err *err) VC_MUST_CHECK;
int vc_by_hand_report(const struct vc_manage_report *report, struct vc_err *err)
	VC_MUST_CHECK;
