/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gather.h - ask sysfs about the devices of some claims.
 */
#pragma once

#include "model/claim.h"
#include "model/host_facts.h"

/* @root is an open directory, /sys or a fixture. Looks up exact paths: what it costs
 * follows the number of devices in @claims and in their groups. @extra are further
 * addresses to ask about (the ones a domain has now). A device that does not exist is no
 * error, it is not in the result. */
int vc_host_gather(struct vc_arena *arena, int root, const struct vc_claims *claims,
                   const struct vc_host_side *extra, size_t n_extra,
                   struct vc_host_facts *ret_facts, struct vc_err *err) VC_MUST_CHECK;
