/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * devices.h - the inventory as a table for people and as JSON for programs.
 */
#pragma once

#include "base/buf.h"
#include "model/inventory.h"

struct vc_shown_device {
	const struct vc_host_device *device;
};

/* The devices that were asked for, in the order of the inventory. */
struct vc_shown {
	struct vc_shown_device *v;
	size_t n, cap;
};

int vc_devices_text(struct vc_arena *arena, const struct vc_shown *shown, bool wide,
                    struct vc_buf *buf, struct vc_err *err) VC_MUST_CHECK;
int vc_devices_json(struct vc_arena *arena, const struct vc_inventory *inventory,
                    const struct vc_shown *shown, struct vc_buf *buf, struct vc_err *err)
	VC_MUST_CHECK;
