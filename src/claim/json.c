/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A recursive descent over the text; depth is limited by the builder.
 *
 * A file is a stream of objects or arrays with white space (or nothing) between them
 * [KEP-5304]. An error at the very end of the text is a torn file and says so.
 */
#include "claim/json.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"

#define NUMBER_SIZE 128

struct reader {
	const char *text;
	size_t len, at;
	const char *file;
	struct vc_tree_builder *builder;
	struct vc_buf *string; /* the string being read, decoded */
	struct vc_err *err;
};

static int parse_value(struct reader *r);

/* Messages */

/* Puts "FILE:LINE:COLUMN: " in front; columns count characters. */
static int place(struct reader *r, size_t at)
{
	size_t line = 1, column = 1;

	for (size_t i = 0; i < at; i++) {
		if (r->text[i] == '\n') {
			line++;
			column = 1;
		} else if (((unsigned char)r->text[i] & 0xc0) != 0x80) {
			column++;
		}
	}
	return vc_err_context(r->err, "%s:%zu:%zu", r->file, line, column);
}

static int fail(struct reader *r, size_t at, const char *fmt, ...) VC_PRINTF(3, 4);

static int fail(struct reader *r, size_t at, const char *fmt, ...)
{
	char message[256];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);
	(void)vc_fail(r->err, VC_ERR_INPUT, "%s", message);
	return place(r, at);
}

/* The character at the cursor is not what @expected says, or there is none. */
static int unexpected(struct reader *r, const char *expected)
{
	unsigned char c;

	if (r->at >= r->len)
		return fail(r, r->len,
		            "the file ends in the middle of a document; "
		            "expected %s",
		            expected);
	c = (unsigned char)r->text[r->at];
	if (c > 0x20 && c < 0x7f)
		return fail(r, r->at, "expected %s, not '%c'", expected, c);
	return fail(r, r->at, "expected %s, not the byte 0x%02x", expected, c);
}

/* Cursor */

static void skip_space(struct reader *r)
{
	while (r->at < r->len && strchr(" \t\n\r", r->text[r->at]) && r->text[r->at])
		r->at++;
}

static bool accept(struct reader *r, char c)
{
	if (r->at >= r->len || r->text[r->at] != c)
		return false;
	r->at++;
	return true;
}

static bool accept_word(struct reader *r, const char *word)
{
	size_t n = strlen(word);

	if (r->len - r->at < n || memcmp(r->text + r->at, word, n) != 0)
		return false;
	r->at += n;
	return true;
}

/* Strings */

/**
 * vc_utf8_size() - How long the UTF-8 character at @s is [RFC 3629]
 * @s:		bytes, the first one >= 0x80
 * @len:	how many there are, > 0
 *
 * Return: 2 to 4; 0 when there is no valid one
 */
size_t vc_utf8_size(const unsigned char *s, size_t len)
{
	static const struct {
		unsigned char first, last, low, high; /* of the first two bytes */
		size_t size;
	} forms[] = {
		{ 0xc2, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 },
		{ 0xe1, 0xec, 0x80, 0xbf, 3 }, { 0xed, 0xed, 0x80, 0x9f, 3 },
		{ 0xee, 0xef, 0x80, 0xbf, 3 }, { 0xf0, 0xf0, 0x90, 0xbf, 4 },
		{ 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(forms); i++) {
		size_t k = 2;

		if (s[0] < forms[i].first || s[0] > forms[i].last)
			continue;
		if (len < forms[i].size || s[1] < forms[i].low || s[1] > forms[i].high)
			return 0;
		while (k < forms[i].size && (s[k] & 0xc0) == 0x80)
			k++;
		return k == forms[i].size ? k : 0;
	}
	return 0;
}

static void add_utf8(struct vc_buf *buf, uint32_t c)
{
	unsigned char out[4];
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	static const unsigned char lead[] = { 0, 0x00, 0xc0, 0xe0, 0xf0 };

	for (size_t i = n - 1; i > 0; i--) {
		out[i] = (unsigned char)(0x80 | (c & 0x3f));
		c >>= 6;
	}
	out[0] = (unsigned char)(lead[n] | c);
	vc_buf_add(buf, (const char *)out, n);
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The four digits after "\u" */
static int parse_unit(struct reader *r, uint32_t *ret_unit)
{
	uint32_t unit = 0;

	for (int i = 0; i < 4; i++) {
		int digit = r->at < r->len ? hex_value(r->text[r->at]) : -1;

		if (digit < 0)
			return unexpected(r, "four hexadecimal digits after '\\u'");
		unit = unit << 4 | (uint32_t)digit;
		r->at++;
	}
	*ret_unit = unit;
	return 0;
}

/* What follows "\u", with the second half of a surrogate pair */
static int parse_unicode(struct reader *r)
{
	size_t start = r->at;
	uint32_t c = 0, low = 0;

	if (parse_unit(r, &c) < 0)
		return -(int)r->err->kind;
	if (c == 0)
		return fail(r, start, "a string contains a NUL character");
	if (c >= 0xdc00 && c <= 0xdfff)
		return fail(r, start, "lone surrogate in a string");
	if (c >= 0xd800 && c <= 0xdbff) {
		if (!accept_word(r, "\\u"))
			return fail(r, start, "lone surrogate in a string");
		if (parse_unit(r, &low) < 0)
			return -(int)r->err->kind;
		if (low < 0xdc00 || low > 0xdfff)
			return fail(r, start, "lone surrogate in a string");
		c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
	}
	add_utf8(r->string, c);
	return 0;
}

/* What follows a backslash */
static int parse_escape(struct reader *r)
{
	static const char names[] = "\"\\/bfnrt";
	static const char values[] = "\"\\/\b\f\n\r\t";
	const char *name;

	if (accept(r, 'u'))
		return parse_unicode(r);
	name = r->at < r->len && r->text[r->at] ? strchr(names, r->text[r->at]) : NULL;
	if (!name)
		return unexpected(r, "one of \"\\/bfnrtu after a backslash");
	r->at++;
	vc_buf_add(r->string, &values[name - names], 1);
	return 0;
}

/* One character that is neither quote nor backslash, or a run of ASCII */
static int parse_plain(struct reader *r)
{
	const unsigned char *s = (const unsigned char *)r->text + r->at;
	size_t left = r->len - r->at, n = 0;

	while (n < left && s[n] >= 0x20 && s[n] < 0x80 && s[n] != '"' && s[n] != '\\')
		n++;
	if (n == 0 && s[0] < 0x20)
		return fail(r, r->at,
		            "control character 0x%02x in a string; "
		            "is the closing quote missing?",
		            s[0]);
	if (n == 0)
		n = vc_utf8_size(s, left);
	if (n == 0)
		return fail(r, r->at, "invalid UTF-8");
	vc_buf_add(r->string, (const char *)s, n);
	r->at += n;
	return 0;
}

/* The string at the cursor, decoded into r->string */
static int parse_string(struct reader *r)
{
	int ret = 0;

	if (!accept(r, '"'))
		return unexpected(r, "a string in double quotes");
	r->string->len = 0;
	vc_buf_puts(r->string, "");
	while (ret == 0 && r->at < r->len && r->text[r->at] != '"')
		ret = accept(r, '\\') ? parse_escape(r) : parse_plain(r);
	if (ret < 0)
		return ret;
	if (!accept(r, '"'))
		return unexpected(r, "the end of a string");
	return r->string->failed ? vc_fail_oom(r->err) : 0;
}

/* Numbers */

/**
 * vc_json_int64() - Read a whole text as an integer
 * @text:	[+-]digits
 * @base:	2 to 16
 * @ret_value:	value, when it is one and fits
 *
 * Return: whether it does
 */
bool vc_json_int64(const char *text, unsigned base, int64_t *ret_value)
{
	bool negative = *text == '-';
	uint64_t limit = (uint64_t)INT64_MAX + negative, value = 0;

	if (*text == '-' || *text == '+')
		text++;
	if (*text == '\0')
		return false;
	for (; *text != '\0'; text++) {
		int digit = hex_value(*text);

		if (digit < 0 || (unsigned)digit >= base ||
		    value > (limit - (uint64_t)digit) / base)
			return false;
		value = value * base + (uint64_t)digit;
	}
	*ret_value = negative ? (int64_t)(0 - value) : (int64_t)value;
	return true;
}

static size_t skip_digits(struct reader *r)
{
	size_t start = r->at;

	while (r->at < r->len && r->text[r->at] >= '0' && r->text[r->at] <= '9')
		r->at++;
	return r->at - start;
}

/* [RFC 8259] number; *ret_float when it has a fraction or an exponent */
static int scan_number(struct reader *r, bool *ret_float)
{
	bool fraction = false;

	(void)accept(r, '-');
	if (!accept(r, '0') && skip_digits(r) == 0)
		return unexpected(r, "a value");
	if (accept(r, '.')) {
		fraction = true;
		if (skip_digits(r) == 0)
			return unexpected(r, "a digit after the decimal point");
	}
	if (accept(r, 'e') || accept(r, 'E')) {
		fraction = true;
		if (!accept(r, '+'))
			(void)accept(r, '-');
		if (skip_digits(r) == 0)
			return unexpected(r, "a digit in the exponent");
	}
	*ret_float = fraction;
	return 0;
}

static int parse_number(struct reader *r)
{
	size_t start = r->at;
	char text[NUMBER_SIZE];
	bool is_float = false;
	int64_t value;

	if (scan_number(r, &is_float) < 0)
		return -(int)r->err->kind;
	if (r->at - start >= sizeof(text))
		return fail(r, start, "a number has more than %d characters",
		            NUMBER_SIZE - 1);
	memcpy(text, r->text + start, r->at - start);
	text[r->at - start] = '\0';
	if (is_float)
		return vc_build_float(r->builder, text, r->err) < 0 ? place(r, start) : 0;
	if (!vc_json_int64(text, 10, &value))
		return fail(r, start, "integer '%.40s' does not fit in 64 bits", text);
	return vc_build_int(r->builder, value, r->err) < 0 ? place(r, start) : 0;
}

/* Objects and arrays */

static int parse_member(struct reader *r)
{
	size_t start = r->at;

	if (r->at < r->len && r->text[r->at] != '"')
		return unexpected(r, "a key in double quotes");
	if (parse_string(r) < 0)
		return -(int)r->err->kind;
	if (vc_build_key(r->builder, r->string->data, r->string->len, r->err) < 0)
		return place(r, start);
	skip_space(r);
	if (!accept(r, ':'))
		return unexpected(r, "':' after a key");
	return parse_value(r);
}

/* After '{' or '[': members or elements up to @close */
static int parse_items(struct reader *r, char close, int (*parse_item)(struct reader *))
{
	bool more;

	skip_space(r);
	more = !accept(r, close);
	while (more) {
		skip_space(r);
		if (parse_item(r) < 0)
			return -(int)r->err->kind;
		skip_space(r);
		more = accept(r, ',');
		if (!more && !accept(r, close))
			return unexpected(r, close == '}' ? "',' or '}'" : "',' or ']'");
	}
	vc_build_end(r->builder);
	return 0;
}

static int parse_object(struct reader *r)
{
	if (vc_build_object(r->builder, r->err) < 0)
		return place(r, r->at);
	r->at++;
	return parse_items(r, '}', parse_member);
}

static int parse_array(struct reader *r)
{
	if (vc_build_array(r->builder, r->err) < 0)
		return place(r, r->at);
	r->at++;
	return parse_items(r, ']', parse_value);
}

static int parse_word(struct reader *r)
{
	size_t start = r->at;
	int ret;

	if (accept_word(r, "null"))
		ret = vc_build_null(r->builder, r->err);
	else if (accept_word(r, "true"))
		ret = vc_build_bool(r->builder, true, r->err);
	else if (accept_word(r, "false"))
		ret = vc_build_bool(r->builder, false, r->err);
	else
		return unexpected(r, "a value");
	return ret < 0 ? place(r, start) : 0;
}

static int parse_value(struct reader *r)
{
	size_t start;

	skip_space(r);
	start = r->at;
	if (start >= r->len)
		return unexpected(r, "a value");
	switch (r->text[start]) {
	case '{':
		return parse_object(r);
	case '[':
		return parse_array(r);
	case '"':
		if (parse_string(r) < 0)
			return -(int)r->err->kind;
		if (vc_build_string(r->builder, r->string->data, r->string->len, r->err) <
		    0)
			return place(r, start);
		return 0;
	case 'n':
	case 't':
	case 'f':
		return parse_word(r);
	default:
		return parse_number(r);
	}
}

/**
 * vc_json_parse() - Read a stream of JSON documents
 * @text:	text
 * @len:	its length
 * @file:	for messages
 * @builder:	gets the documents
 * @err:	"FILE:LINE:COLUMN: what is wrong"
 *
 * Return: 0, -VC_ERR_INPUT or -VC_ERR_INTERNAL
 */
int vc_json_parse(const char *text, size_t len, const char *file,
                  struct vc_tree_builder *builder, struct vc_err *err)
{
	VC_AUTO_BUF struct vc_buf string = VC_BUF_INIT(len);
	struct reader r = {
		.text = text,
		.len = len,
		.file = file,
		.builder = builder,
		.string = &string,
		.err = err,
	};

	for (skip_space(&r); r.at < len; skip_space(&r)) {
		if (text[r.at] != '{' && text[r.at] != '[')
			return unexpected(&r, "an object, an array or the end");
		if (parse_value(&r) < 0)
			return -(int)err->kind;
	}
	return 0;
}
