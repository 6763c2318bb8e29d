/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * attributes.h - device attributes as JSON, and what they say about the device.
 *
 * The same form in DeviceMetadata and in ResourceSlice.
 */
#pragma once

#include "claim/tree.h"
#include "model/claim.h"

/* Reads {"name": {"string": "..."}, ...}; unqualified names get "<driver>/". */
int vc_attributes_read(struct vc_arena *arena, const struct vc_node *object,
                       const char *driver, struct vc_attributes *attributes,
                       struct vc_err *err) VC_MUST_CHECK;
/* Fills .host and .iommu_group from the attributes, when they say so: pciBusID, our own
 * ones, "<driver>/mdevUUID" (whatever is more than a PCI function wins over its address,
 * as mdevs do in KubeVirt). @where is for messages. */
int vc_device_apply_attributes(struct vc_arena *arena, struct vc_device *device,
                               const char *where, struct vc_err *err) VC_MUST_CHECK;
