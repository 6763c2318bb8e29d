/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * suggest.h - "did you mean": the known word that is nearest to a mistyped one.
 */
#pragma once

#include <stddef.h>

#include "base/attr.h"

/**
 * struct vc_suggestion - a search
 * @word:	what was typed
 * @best:	nearest candidate so far; NULL none is near enough
 * @distance:	of @best
 */
struct vc_suggestion {
	const char *word;
	const char *best;
	size_t distance;
};

void vc_suggest(struct vc_suggestion *suggestion, const char *candidate) VC_NONNULL;
