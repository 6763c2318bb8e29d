/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * join_internal.h - what the files of join share.
 *
 * join.c groups pieces into claims, join_device.c says which devices are the same and
 * puts two of them together, join_slice.c adds what ResourceSlices know; resolve_usb.c is
 * a part of resolve.c.
 */
#pragma once

#include "claim/join.h"

/* [DRA] resource/v1 allows 32 results for a claim; several files may repeat them. */
#define VC_JOIN_MAX_DEVICES 4096

const char *vc_join_origin(const char *origin);
void vc_join_claim_label(const struct vc_claim *claim, char *text, size_t size);

/* Devices */
bool vc_device_has_address(const struct vc_device *device);
bool vc_device_compatible(const struct vc_device *a, const struct vc_device *b);
bool vc_device_same_name(const struct vc_device *have, const struct vc_device *device,
                         const char *uid);
bool vc_device_same_cdi_name(const struct vc_device *have, const struct vc_device *device,
                             const char *uid);
bool vc_device_same_address(const struct vc_device *have, const struct vc_device *device,
                            const char *uid);
struct vc_device vc_device_copy(const struct vc_device *device);
int vc_device_merge(struct vc_arena *arena, struct vc_device *into,
                    const struct vc_device *from, struct vc_err *err) VC_MUST_CHECK;
int vc_device_add_attributes(struct vc_arena *arena, struct vc_device *into,
                             const struct vc_attributes *from, struct vc_err *err)
	VC_MUST_CHECK;

/* Pieces of which nobody says what claim they belong to */
int vc_join_loose(struct vc_arena *arena, const struct vc_claim *const *loose,
                  size_t n_loose, struct vc_claims *claims, struct vc_err *err)
	VC_MUST_CHECK;

/* Addresses */
int vc_resolve_usb(struct vc_arena *arena, struct vc_device *device,
                   const struct vc_host_facts *host, struct vc_err *err) VC_MUST_CHECK;

/* Slices */
int vc_join_slices(struct vc_arena *arena, const struct vc_slices *slices,
                   struct vc_claims *claims, struct vc_err *err) VC_MUST_CHECK;
