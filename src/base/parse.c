/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * [RFC1123] DNS label and subdomain as Kubernetes checks them: lower case letters,
 * digits and '-', alphanumeric at both ends; 63 and 253 characters.
 */
#include "base/parse.h"

#include <string.h>

#define LABEL_MAX     63
#define SUBDOMAIN_MAX 253

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_lower_alnum(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z');
}

static int hex_digit(char c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/**
 * vc_parse_literal() - Match a literal
 * @cursor:	where to match; past the literal on success
 * @literal:	text to match
 *
 * Return: whether it matched
 */
bool vc_parse_literal(const char **cursor, const char *literal)
{
	size_t len = strlen(literal);

	if (strncmp(*cursor, literal, len) != 0)
		return false;
	*cursor += len;
	return true;
}

/**
 * vc_parse_hex() - Match an unsigned hexadecimal number without prefix
 * @cursor:	where to match; past the last digit on success
 * @min_digits:	fewest digits that count as a match, >= 1
 * @max_digits:	most digits taken, <= 8
 * @ret_value:	value on success
 *
 * Return: whether @min_digits to @max_digits digits were there, and no further one
 */
bool vc_parse_hex(const char **cursor, size_t min_digits, size_t max_digits,
                  uint32_t *ret_value)
{
	const char *p = *cursor;
	uint32_t value = 0;
	size_t n = 0;

	for (; n < max_digits && hex_digit(*p) >= 0; n++, p++)
		value = value << 4 | (uint32_t)hex_digit(*p);
	if (n < min_digits || hex_digit(*p) >= 0)
		return false;
	*ret_value = value;
	*cursor = p;
	return true;
}

/**
 * vc_parse_decimal() - Match an unsigned decimal number
 * @cursor:	where to match; past the last digit on success
 * @max:	largest value that matches
 * @ret_value:	value on success
 *
 * Leading zeros are refused, as JSON does: they hint at another base.
 *
 * Return: whether a number <= @max was there
 */
bool vc_parse_decimal(const char **cursor, uint64_t max, uint64_t *ret_value)
{
	const char *p = *cursor;
	uint64_t value = 0;

	if (!is_digit(*p) || (*p == '0' && is_digit(p[1])))
		return false;
	for (; is_digit(*p); p++) {
		uint64_t digit = (uint64_t)(*p - '0');

		if (value > max / 10 || digit > max || value * 10 > max - digit)
			return false;
		value = value * 10 + digit;
	}
	*ret_value = value;
	*cursor = p;
	return true;
}

/**
 * vc_parse_number() - Read a whole text as an unsigned decimal number
 * @text:	text, may be NULL
 * @max:	largest value that matches
 * @ret_value:	value on success
 *
 * Return: whether @text is such a number and nothing else
 */
bool vc_parse_number(const char *text, uint64_t max, uint64_t *ret_value)
{
	uint64_t value;

	if (!text || !vc_parse_decimal(&text, max, &value) || !vc_parse_end(text))
		return false;
	*ret_value = value;
	return true;
}

/**
 * vc_parse_end() - Match the end of the text
 * @cursor:	where to look
 *
 * Return: whether nothing is left
 */
bool vc_parse_end(const char *cursor)
{
	return *cursor == '\0';
}

/* One label of at most LABEL_MAX characters up to @end. */
static bool is_label(const char *text, const char *end)
{
	if (text == end || end - text > LABEL_MAX)
		return false;
	if (!is_lower_alnum(text[0]) || !is_lower_alnum(end[-1]))
		return false;
	for (; text < end; text++)
		if (!is_lower_alnum(*text) && *text != '-')
			return false;
	return true;
}

/**
 * vc_is_dns_label() - Whether a text is a DNS label [RFC1123]
 * @text:	text, may be NULL
 *
 * Such a text is safe as one component of a path.
 *
 * Return: whether it is one
 */
bool vc_is_dns_label(const char *text)
{
	return text && is_label(text, text + strlen(text));
}

/**
 * vc_is_dns_subdomain() - Whether a text is DNS labels joined by dots [RFC1123]
 * @text:	text, may be NULL
 *
 * Such a text is safe as one component of a path: it is never "." or "..".
 *
 * Return: whether it is one
 */
bool vc_is_dns_subdomain(const char *text)
{
	if (!text || strlen(text) > SUBDOMAIN_MAX)
		return false;
	for (;;) {
		const char *dot = strchrnul(text, '.');

		if (!is_label(text, dot))
			return false;
		if (*dot == '\0')
			return true;
		text = dot + 1;
	}
}

/**
 * vc_is_uuid() - Whether a text is a UUID in its dashed form, of either case
 * @text:	text, may be NULL
 *
 * Return: whether it is one
 */
bool vc_is_uuid(const char *text)
{
	static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

	if (!text || strlen(text) != sizeof(form) - 1)
		return false;
	for (size_t i = 0; i < sizeof(form) - 1; i++)
		if (form[i] == '-' ? text[i] != '-' : hex_digit(text[i]) < 0)
			return false;
	return true;
}
