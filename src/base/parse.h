/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * parse.h - small parsers that compose.
 *
 * Each takes a cursor and returns whether it matched; on a mismatch cursor and output
 * stay as they were. None skips white space, none takes a sign unless it says so.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool vc_parse_literal(const char **cursor, const char *literal);
bool vc_parse_hex(const char **cursor, size_t min_digits, size_t max_digits,
                  uint32_t *ret_value);
bool vc_parse_decimal(const char **cursor, uint64_t max, uint64_t *ret_value);
bool vc_parse_number(const char *text, uint64_t max, uint64_t *ret_value);
bool vc_parse_end(const char *cursor);

bool vc_is_dns_label(const char *text);
bool vc_is_dns_subdomain(const char *text);
bool vc_is_uuid(const char *text);
