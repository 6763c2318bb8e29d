/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * topology_print.h - the picture of `virt-claim topology` as text and as JSON.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "model/topology.h"

/**
 * struct vc_topology_style - how the text looks
 * @ascii:	branches of ASCII, for terminals without UTF-8
 * @colour:	with escape sequences
 * @beside:	host and guest side by side, else below each other
 * @width:	columns of the screen; longer lines are cut. 0: no limit
 */
struct vc_topology_style {
	bool ascii, colour, beside;
	size_t width;
};

int vc_topology_text(struct vc_arena *arena, const struct vc_topology *topology,
                     const struct vc_topology_style *style, struct vc_buf *buf,
                     struct vc_err *err) VC_MUST_CHECK;
void vc_topology_json(const struct vc_topology *topology, struct vc_buf *buf) VC_NONNULL;
