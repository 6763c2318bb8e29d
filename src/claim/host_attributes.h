/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * host_attributes.h - what the attributes of a device say about where it is.
 */
#pragma once

#include "model/claim.h"

/* Fills .host and .iommu_group from the attributes, when they say so: pciBusID, our own
 * ones, "<driver>/mdevUUID" (whatever is more than a PCI function wins over its address,
 * as mdevs do in KubeVirt). @where is for messages. */
int vc_device_apply_attributes(struct vc_arena *arena, struct vc_device *device,
                               const char *where, struct vc_err *err) VC_MUST_CHECK;
