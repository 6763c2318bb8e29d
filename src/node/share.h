/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * share.h - steps that several claims need at once: the VFs of one PF, one device node.
 * The first claim does such a step, each further one has a copy of it in its journal, and
 * whoever undoes the last copy undoes it.
 */
#pragma once

#include "node/plan.h"

/* Whether @step is there already, in @entry or in that of another claim, whose step is
 * then copied into @entry. Another claim that is at work on it right now, or got stuck in
 * it: -VC_ERR_REFUSED. */
int vc_plan_share(struct vc_arena *arena, const struct vc_prepare_input *input,
                  const struct vc_step *step, struct vc_entry *entry, bool *ret_shared,
                  struct vc_err *err) VC_MUST_CHECK;
int vc_plan_add(struct vc_arena *arena, const struct vc_step *step,
                struct vc_entry *entry, struct vc_err *err) VC_MUST_CHECK;
