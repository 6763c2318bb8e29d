/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * [CEL] the language definition: string literals, message construction, uint(). Numbers
 * are written as uint(66), because the fields of libvirtxml that hold them are unsigned.
 */
#include "generate/cel.h"

/**
 * vc_cel_string() - Add a string literal
 * @buf:	expression
 * @text:	UTF-8
 */
void vc_cel_string(struct vc_buf *buf, const char *text)
{
	vc_buf_puts(buf, "\"");
	for (const char *p = text; *p != '\0'; p++) {
		unsigned char c = (unsigned char)*p;

		if (c == '"' || c == '\\')
			vc_buf_printf(buf, "\\%c", c);
		else if (c < 0x20 || c == 0x7f)
			vc_buf_printf(buf, "\\x%02x", c);
		else
			vc_buf_add(buf, p, 1);
	}
	vc_buf_puts(buf, "\"");
}

static void begin_field(struct vc_cel_writer *w, const char *field)
{
	if (w->depth > 0) {
		if (w->filled[w->depth - 1])
			vc_buf_puts(w->buf, ", ");
		w->filled[w->depth - 1] = true;
	}
	if (field)
		vc_buf_printf(w->buf, "%s: ", field);
}

/**
 * vc_cel_message() - Open a message
 * @w:		writer
 * @field:	field of the open message whose value it is; NULL none
 * @type:	its type
 */
void vc_cel_message(struct vc_cel_writer *w, const char *field, const char *type)
{
	if (w->depth == VC_CEL_DEPTH) {
		w->buf->failed = true;
		return;
	}
	begin_field(w, field);
	vc_buf_printf(w->buf, "%s{", type);
	w->filled[w->depth++] = false;
}

/**
 * vc_cel_close() - Close the innermost message
 * @w:		writer
 */
void vc_cel_close(struct vc_cel_writer *w)
{
	if (w->depth == 0) {
		w->buf->failed = true;
		return;
	}
	w->depth--;
	vc_buf_puts(w->buf, "}");
}

/**
 * vc_cel_field() - Set a field to an expression
 * @w:		writer
 * @field:	field of the open message
 * @expression:	text
 */
void vc_cel_field(struct vc_cel_writer *w, const char *field, const char *expression)
{
	begin_field(w, field);
	vc_buf_puts(w->buf, expression);
}

/**
 * vc_cel_field_string() - Set a field to a string
 * @w:		writer
 * @field:	field of the open message
 * @text:	UTF-8
 */
void vc_cel_field_string(struct vc_cel_writer *w, const char *field, const char *text)
{
	begin_field(w, field);
	vc_cel_string(w->buf, text);
}

/**
 * vc_cel_field_uint() - Set a field to a number
 * @w:		writer
 * @field:	field of the open message
 * @value:	number
 */
void vc_cel_field_uint(struct vc_cel_writer *w, const char *field, unsigned value)
{
	begin_field(w, field);
	vc_buf_printf(w->buf, "uint(%u)", value);
}

/**
 * vc_cel_field_annotation() - Set a field to what an annotation of the VMI says
 * @w:		writer
 * @field:	field of the open message
 * @key:	annotation; when the VMI has none, the evaluation fails and names it
 * @number:	whether it is a decimal number
 */
void vc_cel_field_annotation(struct vc_cel_writer *w, const char *field, const char *key,
                             bool number)
{
	begin_field(w, field);
	vc_buf_puts(w->buf, number ? "uint(vmi.Annotations[" : "vmi.Annotations[");
	vc_cel_string(w->buf, key);
	vc_buf_puts(w->buf, number ? "])" : "]");
}
