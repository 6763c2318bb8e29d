/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * renewed.h - devices that came since the machine was looked at last. One that has the
 * address of a claimed device and is new is not the one that was prepared. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Those that do not fit are left out: then the claim of such a device has to be prepared by hand. */
#define VC_RENEWED_MAX 128U

struct vc_renewed {
	char names[VC_RENEWED_MAX][64];
	size_t n;
};

void vc_renewed_add(struct vc_renewed *renewed, const char *name);
/* @name may be NULL. */
bool vc_renewed_has(const struct vc_renewed *renewed, const char *name);
