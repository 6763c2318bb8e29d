/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * eye.h - one look on its way. Internal to look.c, which finds out what is to be done, and
 * act.c, which does it and says what was found.
 */
#pragma once

#include "companion/companion.h"
#include "companion/decide.h"
#include "node/publish.h"

/**
 * struct vc_eye - one look
 * @arena:	holds everything
 * @publish:	where we write
 * @told, @seen, @published, @decisions: what there is, and what to do
 * @quiet:	one for each in @seen: it may be all right in a moment, so nothing is said
 * @written:	one for each in @seen: it is published as it should be
 * @failures:	one for each in @seen: why it could not be written; NULL
 * @settled:	see struct vc_situation
 */
struct vc_eye {
	const struct vc_companion_look *look;
	struct vc_arena *arena;
	struct vc_publish publish;
	struct vc_told told;
	struct vc_seen_list seen;
	struct vc_published published;
	struct vc_decisions decisions;
	bool *quiet, *written;
	const char **failures;
	bool settled;
	struct vc_companion_counts counts;
};

/* look.c */
int vc_eye_problem(struct vc_eye *eye, const char *subject, const char *text,
                   enum vc_err_kind kind, bool failed, struct vc_err *err) VC_MUST_CHECK;

/* act.c */
const char *vc_eye_label(struct vc_eye *eye, const char *namespace, const char *name,
                         const char *uid) VC_MUST_CHECK;
int vc_eye_act(struct vc_eye *eye, struct vc_err *err) VC_MUST_CHECK;
int vc_eye_report(struct vc_eye *eye, struct vc_err *err) VC_MUST_CHECK;
