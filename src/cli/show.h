/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * show.h - the parts of `virt-claim show`: what is missing, as text, as JSON.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "translate/translate.h"

struct vc_texts {
	const char **v;
	size_t n, cap;
};

int vc_show_missing_of_claim(struct vc_arena *arena, const struct vc_claim *claim,
                             struct vc_texts *texts, struct vc_err *err) VC_MUST_CHECK;
int vc_show_missing_of_device(struct vc_arena *arena, const struct vc_device *device,
                              struct vc_texts *texts, struct vc_err *err) VC_MUST_CHECK;
int vc_show_text(struct vc_arena *arena, const struct vc_translation *t,
                 struct vc_buf *buf, struct vc_err *err) VC_MUST_CHECK;
int vc_show_json(struct vc_arena *arena, const struct vc_translation *t,
                 struct vc_buf *buf, struct vc_err *err) VC_MUST_CHECK;
