/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * secret.h - texts that must not outlive their use: tokens, keys, passwords.
 *
 * Each has pages of its own, which are left out of core dumps and wiped before they are
 * given back. What a secret was read from, or is sent through, has copies of its own:
 * vc_secret_no_dump() keeps the whole process out of core dumps.
 */
#pragma once

#include <stddef.h>

#include "base/cleanup.h"
#include "base/err.h"

/* Larger than any token, key or bundle of certificates. */
#define VC_SECRET_MAX_BYTES ((size_t)1 << 20)

/**
 * struct vc_secret - one secret
 * @data:	NUL-terminated; NULL there is none
 * @len:	without the NUL
 * @mapped:	bytes of the mapping
 */
struct vc_secret {
	char *data;
	size_t len, mapped;
};

#define VC_SECRET_INIT        \
	{                     \
		.data = NULL, \
	}
#define VC_AUTO_SECRET VC_CLEANUP(vc_secret_release)

int vc_secret_set(struct vc_secret *secret, const char *prefix, const char *bytes,
                  size_t len, struct vc_err *err) VC_MUST_CHECK;
int vc_secret_read(struct vc_secret *secret, const char *path, struct vc_err *err)
	VC_MUST_CHECK;
void vc_secret_trim(struct vc_secret *secret);
void vc_secret_release(struct vc_secret *secret);
void vc_secret_no_dump(void);
