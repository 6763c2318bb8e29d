/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * attributes.h - device attributes as JSON.
 *
 * The same form in DeviceMetadata and in ResourceSlice.
 */
#pragma once

#include "claim/host_attributes.h"
#include "claim/tree.h"
#include "model/claim.h"

/* Reads {"name": {"string": "..."}, ...}; unqualified names get "<driver>/". */
int vc_attributes_read(struct vc_arena *arena, const struct vc_node *object,
                       const char *driver, struct vc_attributes *attributes,
                       struct vc_err *err) VC_MUST_CHECK;
