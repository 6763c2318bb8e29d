/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pins.h - many claims that are to be unpinned: found, done, told.
 */
#pragma once

#include "base/buf.h"
#include "cli/cluster.h"
#include "pin/apply.h"

/**
 * struct vc_pin_name - a claim that is to be unpinned
 * @uid:	that it had; NULL any
 * @wanted:	it was named: that it does not exist is an error
 * @problem:	why it is not touched; NULL it is
 */
struct vc_pin_name {
	const char *namespace, *name, *uid;
	bool wanted;
	const char *problem;
};

struct vc_pin_names {
	struct vc_pin_name *v;
	size_t n, cap;
};

/**
 * struct vc_pin_search - which claims
 * @namespace:	NULL all
 * @node:	only those with devices of this node, which is lost; NULL all
 */
struct vc_pin_search {
	struct vc_cluster *cluster;
	const char *namespace;
	const char *node;
};

int vc_pins_find(struct vc_arena *arena, const struct vc_pin_search *search,
                 struct vc_pin_names *ret_names, struct vc_err *err) VC_MUST_CHECK;
int vc_pins_check_node(struct vc_cluster *cluster, const char *node, struct vc_err *err)
	VC_MUST_CHECK;
int vc_pins_remove(struct vc_arena *arena, const struct vc_pin_context *context,
                   const struct vc_pin_names *names, struct vc_buf *buf,
                   struct vc_err *err) VC_MUST_CHECK;
