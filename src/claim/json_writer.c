/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "claim/json_writer.h"

#include <inttypes.h>
#include <string.h>

#include "claim/json.h"

static void misuse(struct vc_json_writer *w)
{
	w->buf->failed = true;
}

static void new_line(struct vc_json_writer *w)
{
	if (w->compact)
		return;
	vc_buf_puts(w->buf, "\n");
	for (unsigned i = 0; i < w->depth; i++)
		vc_buf_puts(w->buf, "  ");
}

static const char *short_escape(unsigned char c)
{
	switch (c) {
	case '"':
		return "\\\"";
	case '\\':
		return "\\\\";
	case '\n':
		return "\\n";
	case '\r':
		return "\\r";
	case '\t':
		return "\\t";
	default:
		return NULL;
	}
}

static size_t count_plain(const unsigned char *s, size_t len)
{
	size_t n = 0;

	while (n < len && s[n] >= 0x20 && s[n] < 0x7f && s[n] != '"' && s[n] != '\\')
		n++;
	return n;
}

/* One character that count_plain() stopped at; returns its length. */
static size_t add_special(struct vc_buf *buf, const unsigned char *s, size_t len)
{
	const char *escape = short_escape(s[0]);
	size_t n = s[0] >= 0x80 ? vc_utf8_size(s, len) : 0;

	if (n > 0) {
		vc_buf_add(buf, (const char *)s, n);
		return n;
	}
	if (escape)
		vc_buf_puts(buf, escape);
	else if (s[0] >= 0x80)
		vc_buf_puts(buf, "\\ufffd");
	else
		vc_buf_printf(buf, "\\u%04x", (unsigned)s[0]);
	return 1;
}

/*
 * [RFC 8259] 7. DEL is escaped too, because terminals obey it, and a byte that is not
 * UTF-8 (of a file name) becomes U+FFFD.
 */
static void add_quoted(struct vc_buf *buf, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t len = strlen(text);

	vc_buf_puts(buf, "\"");
	while (len > 0) {
		size_t n = count_plain(s, len);

		if (n > 0)
			vc_buf_add(buf, (const char *)s, n);
		else
			n = add_special(buf, s, len);
		s += n;
		len -= n;
	}
	vc_buf_puts(buf, "\"");
}

/* What stands before a value: comma, line, key. Returns whether a value may come. */
static bool begin_value(struct vc_json_writer *w, const char *key)
{
	bool in_object = w->depth > 0 && w->open[w->depth - 1] == '{';

	if (in_object != (key != NULL)) {
		misuse(w);
		return false;
	}
	if (w->depth == 0)
		return true;
	if (w->filled[w->depth - 1])
		vc_buf_puts(w->buf, ",");
	w->filled[w->depth - 1] = true;
	new_line(w);
	if (key) {
		add_quoted(w->buf, key);
		vc_buf_puts(w->buf, w->compact ? ":" : ": ");
	}
	return true;
}

static void end_document(struct vc_json_writer *w)
{
	if (w->depth == 0)
		vc_buf_puts(w->buf, "\n");
}

static void open_container(struct vc_json_writer *w, const char *key, char bracket)
{
	if (w->depth == VC_JSON_WRITER_DEPTH) {
		misuse(w);
		return;
	}
	if (!begin_value(w, key))
		return;
	vc_buf_add(w->buf, &bracket, 1);
	w->open[w->depth] = bracket;
	w->filled[w->depth] = false;
	w->depth++;
}

/**
 * vc_json_object() - Open an object
 * @w:		writer
 * @key:	key; NULL inside an array and for the document
 */
void vc_json_object(struct vc_json_writer *w, const char *key)
{
	open_container(w, key, '{');
}

/**
 * vc_json_array() - Open an array
 * @w:		writer
 * @key:	key; NULL inside an array and for the document
 */
void vc_json_array(struct vc_json_writer *w, const char *key)
{
	open_container(w, key, '[');
}

/**
 * vc_json_close() - Close the innermost object or array
 * @w:		writer
 *
 * A newline follows the end of the document.
 */
void vc_json_close(struct vc_json_writer *w)
{
	bool filled;

	if (w->depth == 0) {
		misuse(w);
		return;
	}
	w->depth--;
	filled = w->filled[w->depth];
	if (filled)
		new_line(w);
	vc_buf_puts(w->buf, w->open[w->depth] == '{' ? "}" : "]");
	end_document(w);
}

/**
 * vc_json_string() - Write a string
 * @w:		writer
 * @key:	key or NULL
 * @text:	UTF-8
 */
void vc_json_string(struct vc_json_writer *w, const char *key, const char *text)
{
	if (!begin_value(w, key))
		return;
	add_quoted(w->buf, text);
	end_document(w);
}

/**
 * vc_json_string_if() - Write a string if there is one
 * @w:		writer
 * @key:	key or NULL
 * @text:	UTF-8; with NULL nothing is written, not even the key
 */
void vc_json_string_if(struct vc_json_writer *w, const char *key, const char *text)
{
	if (text)
		vc_json_string(w, key, text);
}

static void add_word(struct vc_json_writer *w, const char *key, const char *word)
{
	if (!begin_value(w, key))
		return;
	vc_buf_puts(w->buf, word);
	end_document(w);
}

/**
 * vc_json_int() - Write an integer
 * @w:		writer
 * @key:	key or NULL
 * @value:	value
 */
void vc_json_int(struct vc_json_writer *w, const char *key, int64_t value)
{
	if (!begin_value(w, key))
		return;
	vc_buf_printf(w->buf, "%" PRId64, value);
	end_document(w);
}

/**
 * vc_json_bool() - Write a truth value
 * @w:		writer
 * @key:	key or NULL
 * @value:	value
 */
void vc_json_bool(struct vc_json_writer *w, const char *key, bool value)
{
	add_word(w, key, value ? "true" : "false");
}

/**
 * vc_json_null() - Write a null
 * @w:		writer
 * @key:	key or NULL
 */
void vc_json_null(struct vc_json_writer *w, const char *key)
{
	add_word(w, key, "null");
}
