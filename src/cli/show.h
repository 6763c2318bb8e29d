/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * show.h - the parts of `virt-claim show`: what is missing, as text, as JSON.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "translate/translate.h"

/**
 * struct vc_missing - a fact that no input says
 * @fact:	what is not known
 * @hint:	which input would say it, or why none did; one clause
 */
struct vc_missing {
	const char *fact;
	const char *hint;
};

struct vc_missings {
	struct vc_missing *v;
	size_t n, cap;
};

int vc_show_missing_of_claim(struct vc_arena *arena, const struct vc_claim *claim,
                             struct vc_missings *missings, struct vc_err *err)
	VC_MUST_CHECK;
int vc_show_missing_of_device(struct vc_arena *arena, const struct vc_device *device,
                              struct vc_missings *missings, struct vc_err *err)
	VC_MUST_CHECK;
int vc_show_text(struct vc_arena *arena, const struct vc_translation *t,
                 struct vc_buf *buf, struct vc_err *err) VC_MUST_CHECK;
int vc_show_json(struct vc_arena *arena, const struct vc_translation *t,
                 struct vc_buf *buf, struct vc_err *err) VC_MUST_CHECK;
