/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * json.h - the JSON parser behind tree.c: [RFC 8259], strictly.
 *
 * Written here because json-c accepts more than the RFC: NaN, comments, single quotes,
 * duplicate keys, lone surrogates. json-c only holds the result.
 */
#pragma once

#include "claim/tree_builder.h"

int vc_json_parse(const char *text, size_t len, const char *file,
                  struct vc_tree_builder *builder, struct vc_err *err) VC_MUST_CHECK;

/* Also for YAML: an optional sign and digits of a base up to 16, nothing else. */
bool vc_json_int64(const char *text, unsigned base, int64_t *ret_value);
size_t vc_utf8_size(const unsigned char *s, size_t len);
