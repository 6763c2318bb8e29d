/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * status_internal.h - what status.c and status_device.c share.
 */
#pragma once

#include "node/status.h"

/**
 * struct vc_look - one device of a claim that is looked at
 * @arena:	holds texts
 * @input:	what the whole claim is judged by
 * @index:	which of its devices
 * @entry:	journal of the claim; NULL none
 * @reserved:	the device in it; NULL none
 * @is_prepared: the claim is
 * @is_found:	whether @found says where the device is, or where it will be made
 * @status:	so far
 */
struct vc_look {
	struct vc_arena *arena;
	const struct vc_prepare_input *input;
	size_t index;
	const struct vc_entry *entry;
	const struct vc_reserved *reserved;
	bool is_prepared;
	bool is_found;
	struct vc_found_device found;
	struct vc_device_status status;
};

const struct vc_reserved *vc_status_reserved(const struct vc_entry *entry,
                                             const struct vc_claimed_device *claimed);
/* Adds to the problem or note of a device, with "; " in between. */
int vc_look_problem(struct vc_look *look, struct vc_err *err, const char *fmt, ...)
	VC_PRINTF(3, 4) VC_NONNULL;
int vc_look_note(struct vc_look *look, struct vc_err *err, const char *fmt, ...)
	VC_PRINTF(3, 4) VC_NONNULL;
/* A device of a prepared claim, which was found: is it as prepare left it? */
int vc_look_in_order(struct vc_look *look, struct vc_err *err) VC_MUST_CHECK;
/* Steps that could not be undone, each with the device that it is about. */
int vc_status_stuck(struct vc_arena *arena, struct vc_claim_status *status,
                    struct vc_err *err) VC_MUST_CHECK;
