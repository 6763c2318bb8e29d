/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * managed.h - who wrote a field: metadata.managedFields.
 *
 * [K8S] server-side apply, FieldsV1: "f:NAME" is a member, "k:{...}" an element of a list
 * with keys, "v:..." one of a set.
 */
#pragma once

#include "claim/tree.h"
#include "pin/claim.h"

/* Longest path that is asked for */
#define VC_PIN_PATH_MAX 3U

/**
 * struct vc_pin_field - a field
 * @subresource: that it was written through; NULL the object itself
 * @path:	keys of FieldsV1; NULL ends it early
 */
struct vc_pin_field {
	const char *subresource;
	const char *path[VC_PIN_PATH_MAX];
};

int vc_pin_managers_find(struct vc_arena *arena, const struct vc_node *metadata,
                         const struct vc_pin_field *field,
                         struct vc_pin_managers *ret_managers, struct vc_err *err)
	VC_MUST_CHECK;
