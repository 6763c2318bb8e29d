/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * uuid.h - new UUIDs.
 */
#pragma once

#include "base/err.h"

#define VC_UUID_SIZE sizeof("xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx")

int vc_uuid_make(char text[VC_UUID_SIZE], struct vc_err *err) VC_MUST_CHECK VC_NONNULL;
