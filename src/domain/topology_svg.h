/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * topology_svg.h - the picture of host and guest as XML, and as SVG by a stylesheet.
 */
#pragma once

#include <stddef.h>

#include "base/err.h"
#include "model/topology.h"

#define VC_TOPOLOGY_NS "urn:virt-claim:topology:1"

/* @ret_text is the caller's to free. */
int vc_topology_xml(struct vc_arena *arena, const struct vc_topology *topology,
                    char **ret_text, size_t *ret_len, struct vc_err *err) VC_MUST_CHECK;
int vc_topology_svg(struct vc_arena *arena, const struct vc_topology *topology,
                    char **ret_text, size_t *ret_len, struct vc_err *err) VC_MUST_CHECK;
