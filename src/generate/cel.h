/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cel.h - text of a CEL expression written in order, into a buffer.
 *
 * The writer puts commas and quotes. It knows messages with fields and nothing else; the
 * operators between them are the caller's text.
 */
#pragma once

#include <stdbool.h>

#include "base/buf.h"

#define VC_CEL_DEPTH 16

struct vc_cel_writer {
	struct vc_buf *buf;
	unsigned depth; /* of open messages */
	bool filled[VC_CEL_DEPTH];
};

void vc_cel_string(struct vc_buf *buf, const char *text) VC_NONNULL;

/* @field is NULL for a message that is no field's value. */
void vc_cel_message(struct vc_cel_writer *w, const char *field, const char *type);
void vc_cel_close(struct vc_cel_writer *w) VC_NONNULL;
void vc_cel_field(struct vc_cel_writer *w, const char *field,
                  const char *expression) VC_NONNULL;
void vc_cel_field_string(struct vc_cel_writer *w, const char *field,
                         const char *text) VC_NONNULL;
void vc_cel_field_uint(struct vc_cel_writer *w, const char *field,
                       unsigned value) VC_NONNULL;
void vc_cel_field_annotation(struct vc_cel_writer *w, const char *field, const char *key,
                             bool number) VC_NONNULL;
