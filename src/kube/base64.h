/* SPDX-License-Identifier: GPL-2.0-or-later */
/* base64.h - [RFC 4648] section 4, to and from secrets. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "kube/secret.h"

int vc_base64_decode(const char *text, struct vc_secret *secret, bool *ret_valid,
                     struct vc_err *err) VC_MUST_CHECK;
int vc_base64_encode(const struct vc_secret *plain, const char *prefix,
                     struct vc_secret *secret, struct vc_err *err) VC_MUST_CHECK;
