/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * attr.h - compiler attributes and compile-time helpers; generates no code.
 */
#pragma once

#define VC_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define VC_MUST_CHECK        __attribute__((warn_unused_result))
#define VC_NONNULL           __attribute__((nonnull))
#define VC_UNUSED            __attribute__((unused))

/* Element count of a true array. */
#define VC_ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
