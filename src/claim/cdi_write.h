/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cdi_write.h - the [CDI] file of a prepared claim of ours.
 *
 *   virt-claim.io-claim_UID.json    kind virt-claim.io/claim, devices UID_REQUEST_N
 *
 * N counts the devices of a request from 0. Annotations say what the device is, in the
 * keys of cdi_recover.h, so that the file is a claim by itself; a container that is given
 * the device gets its nodes and nothing else.
 */
#pragma once

#include "base/buf.h"
#include "model/claim.h"

#define VC_CDI_CLAIM_KIND VC_ATTR_DOMAIN "/claim"

/* Bytes of a UUID with its NUL */
#define VC_CDI_UID_SIZE 37U

/* The name of the file in a directory of CDI files; NULL out of memory. */
char *vc_cdi_claim_file(struct vc_arena *arena, const char *uid) VC_MUST_CHECK;
/* The other way round: whether a file is called so, and the UID in its name. */
bool vc_cdi_is_claim_file(const char *name, char ret_uid[VC_CDI_UID_SIZE]) VC_NONNULL;
int vc_cdi_write(const struct vc_claim *claim, struct vc_buf *buf, struct vc_err *err)
	VC_MUST_CHECK;
