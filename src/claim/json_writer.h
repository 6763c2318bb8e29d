/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * json_writer.h - JSON text written in order, into a buffer.
 *
 * No tree is built: the caller opens and closes objects and arrays, and the writer puts
 * commas, escapes and two-space indentation. Misuse (a value without a key in an object,
 * closing what is not open) sets .failed of the buffer, which vc_buf_take() reports.
 * Same calls, same bytes.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

#define VC_JSON_WRITER_DEPTH 32

struct vc_json_writer {
	struct vc_buf *buf;
	unsigned depth;
	char open[VC_JSON_WRITER_DEPTH]; /* '{' or '[' */
	bool filled[VC_JSON_WRITER_DEPTH];
	bool compact; /* no newlines, no indentation */
};

/* @key is NULL inside an array and for the document itself. */
void vc_json_object(struct vc_json_writer *w, const char *key);
void vc_json_array(struct vc_json_writer *w, const char *key);
void vc_json_close(struct vc_json_writer *w); /* the innermost; a newline at the end */
void vc_json_string(struct vc_json_writer *w, const char *key, const char *text);
void vc_json_string_if(struct vc_json_writer *w, const char *key, const char *text);
void vc_json_int(struct vc_json_writer *w, const char *key, int64_t value);
void vc_json_bool(struct vc_json_writer *w, const char *key, bool value);
void vc_json_null(struct vc_json_writer *w, const char *key);
