/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wishes.h - the devices that `create` is asked for, from its options.
 */
#pragma once

#include "cli/command.h"
#include "node/select.h"

struct vc_wishes {
	struct vc_wish *v;
	size_t n, cap;
};

/* Rows of a command's table; @type has a member `struct vc_givens wishes`. */
#define VC_WISH_OPTION(type, name, metavar, help)                                \
	{                                                                        \
		name, 0, VC_OPTION_ORDER, offsetof(type, wishes), metavar, help, \
			VC_COMPLETES_NOTHING, NULL                               \
	}

/* Options are called "device", "match", "count", "request", "mac" and "vlan"; the last four
 * belong to the device before them. */
int vc_wishes_read(struct vc_arena *arena, const struct vc_givens *givens,
                   struct vc_wishes *ret_wishes, struct vc_err *err) VC_MUST_CHECK;
