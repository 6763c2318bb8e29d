/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * match.h - "class=nvme,numaNode=1": conditions on the attributes of devices.
 *
 * Names are those of `devices --json`; "virt-claim.io/" and "resource.kubernetes.io/" may
 * be left out. Values are compared without regard to case; class as `devices --class`
 * does. A backslash before a comma or a backslash takes its meaning away.
 */
#pragma once

#include "base/err.h"
#include "model/attribute.h"
#include "model/inventory.h"

/**
 * struct vc_match_key - an attribute that can be asked for
 * @name:	without its domain
 * @type:	VC_ATTRIBUTE_INT, _BOOL or _STRING
 */
struct vc_match_key {
	const char *name;
	enum vc_attribute_type type;
};

extern const struct vc_match_key vc_match_keys[];
extern const size_t vc_n_match_keys;

struct vc_condition {
	const struct vc_match_key *key;
	char *value;
};

struct vc_conditions {
	struct vc_condition *v;
	size_t n, cap;
};

/* *ret_unknown: the name that no attribute has; then -VC_ERR_USAGE too. NULL allowed. */
int vc_match_parse(struct vc_arena *arena, const char *text,
                   struct vc_conditions *ret_conditions, const char **ret_unknown,
                   struct vc_err *err) VC_MUST_CHECK;
bool vc_condition_fits(const struct vc_condition *condition,
                       const struct vc_host_device *device,
                       const struct vc_attributes *attributes) VC_NONNULL;
