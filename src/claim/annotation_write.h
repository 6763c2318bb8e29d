/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * annotation_write.h - our annotation of a VMI, with the guest addresses of now.
 *
 * KubeVirt builds its domains anew at every start, so that addresses cannot be remembered
 * in them; the annotation can.
 */
#pragma once

#include "base/buf.h"
#include "claim/vmi.h"

/* Where the guest sees the device of an alias; .set is false where there is none. */
struct vc_seen {
	const char *alias;
	struct vc_guest_address address;
};

int vc_annotation_write(struct vc_arena *arena, const struct vc_vmi *vmi,
                        const struct vc_seen *seen, size_t n_seen, struct vc_buf *buf,
                        struct vc_err *err) VC_MUST_CHECK;
