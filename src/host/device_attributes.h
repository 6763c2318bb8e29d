/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * device_attributes.h - a device of the inventory as DRA would publish it.
 *
 * docs/devices.md lists the attributes, where each comes from, and which of them still
 * say the same when the device has moved.
 */
#pragma once

#include "model/attribute.h"
#include "model/inventory.h"

/* [DRA] resource/v1 types.go: attributes and capacities of a device, bytes of a text */
#define VC_ATTRIBUTES_MAX     32U
#define VC_ATTRIBUTE_TEXT_MAX 64U

int vc_host_device_attributes(struct vc_arena *arena, const struct vc_host_device *device,
                              struct vc_attributes *ret_attributes, struct vc_err *err)
	VC_MUST_CHECK;
