/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ledger.h - what is wrong, with what, and when to try again.
 *
 * A problem is said once, and again when it changes. After an attempt that failed the
 * same thing is left alone for a while, each time longer, whatever happens: an attempt
 * makes events of its own. After VC_LEDGER_TIMED attempts the clock does not start
 * another one, only an event does.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define VC_LEDGER_TIMED          7U
#define VC_LEDGER_FIRST_PAUSE_MS 10000
/* More problems than these are not told apart. */
#define VC_LEDGER_MAX 8192U
/* [DRA] a namespace has at most 63 characters, a name 253; of the path of a file this is
 * enough to tell it from others. */
#define VC_SUBJECT_SIZE 320

/**
 * struct vc_matter - something that is not as it should be
 * @subject:	a claim as NAMESPACE/NAME, or a file
 * @text:	hash of what is wrong: whether it is still the same
 * @failures:	attempts in a row that failed
 * @not_before:	when it may be tried again, in milliseconds
 * @current:	it came up since vc_ledger_begin()
 */
struct vc_matter {
	char subject[VC_SUBJECT_SIZE];
	uint64_t text;
	unsigned failures;
	int64_t not_before;
	bool current;
};

/* Sorted by subject. All zero: nothing is wrong. */
struct vc_ledger {
	struct vc_matter *v;
	size_t n, cap;
};

void vc_ledger_begin(struct vc_ledger *ledger);
/* *ret_news: it was not known, or was another one. Nobody tried to put it right. */
int vc_ledger_problem(struct vc_ledger *ledger, const char *subject, const char *text,
                      bool *ret_news, struct vc_err *err) VC_MUST_CHECK;
/* The same, after an attempt at @now. */
int vc_ledger_failed(struct vc_ledger *ledger, const char *subject, const char *text,
                     int64_t now, bool *ret_news, struct vc_err *err) VC_MUST_CHECK;
/* Nothing was tried yet again: what was wrong with it still is. */
void vc_ledger_keep(struct vc_ledger *ledger, const char *subject);
/* Forgets what did not come up since vc_ledger_begin(), one each call; @subject gets its
 * name. False: there is none left. */
bool vc_ledger_settled(struct vc_ledger *ledger, char *subject, size_t size);
/* Whether it may be tried at @now. */
bool vc_ledger_may_try(const struct vc_ledger *ledger, const char *subject, int64_t now);
/* When the clock has to start the next attempt; -1 never. What was due by @last had its
 * chance. */
int64_t vc_ledger_next(const struct vc_ledger *ledger, int64_t last);
/* Everything may be tried at once. */
void vc_ledger_forgive(struct vc_ledger *ledger);
void vc_ledger_release(struct vc_ledger *ledger);
