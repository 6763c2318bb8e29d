/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "claim/names.h"

#include <ctype.h>
#include <string.h>

#include "base/parse.h"

#define DRIVER_MAX 63
#define POOL_MAX   253
#define UID_MAX    128

/**
 * vc_is_driver_name() - Whether a text is the name of a DRA driver
 * @text:	text, may be NULL
 *
 * [DRA] resource/v1: a DNS subdomain of at most 63 characters, in either case. Safe as a
 * component of a path.
 *
 * Return: whether it is one
 */
bool vc_is_driver_name(const char *text)
{
	char lower[DRIVER_MAX + 1];
	size_t len = text ? strlen(text) : 0;

	if (len == 0 || len > DRIVER_MAX)
		return false;
	for (size_t i = 0; i <= len; i++)
		lower[i] = (char)tolower((unsigned char)text[i]);
	return vc_is_dns_subdomain(lower);
}

/**
 * vc_is_pool_name() - Whether a text is the name of a pool
 * @text:	text, may be NULL
 *
 * [DRA] resource/v1: DNS subdomains joined by "/", at most 253 characters. Not safe as a
 * component of a path.
 *
 * Return: whether it is one
 */
bool vc_is_pool_name(const char *text)
{
	char copy[POOL_MAX + 1];
	size_t len = text ? strlen(text) : 0;

	if (len == 0 || len > POOL_MAX)
		return false;
	memcpy(copy, text, len + 1);
	for (char *part = copy, *slash; part; part = slash ? slash + 1 : NULL) {
		slash = strchr(part, '/');
		if (slash)
			*slash = '\0';
		if (!vc_is_dns_subdomain(part))
			return false;
	}
	return true;
}

/**
 * vc_is_uid() - Whether a text can be the UID of an object
 * @text:	text, may be NULL
 *
 * UIDs are UUIDs, but [DRA] promises only that they are unique: letters, digits, '-',
 * '_' and '.' pass.
 *
 * Return: whether it can
 */
bool vc_is_uid(const char *text)
{
	size_t len = text ? strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTU"
	                                 "VWXYZ0123456789-_.")
	                  : 0;

	return len > 0 && len <= UID_MAX && text[len] == '\0';
}

/**
 * vc_is_one_line() - Whether a text is free of control characters
 * @text:	text, may be NULL
 *
 * Return: whether it is not empty and has none
 */
bool vc_is_one_line(const char *text)
{
	const unsigned char *p = (const unsigned char *)text;

	if (!p || *p == '\0')
		return false;
	while (*p >= 0x20 && *p != 0x7f)
		p++;
	return *p == '\0';
}
