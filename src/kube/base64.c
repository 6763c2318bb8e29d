/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kube/base64.h"

#include <stdint.h>
#include <string.h>

static const char digits[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Four characters to up to three bytes; how many, or 0 when they are no base64. */
static size_t decode_group(const char *in, char *out)
{
	uint32_t bits = 0;
	size_t n = 0;

	while (n < 4 && in[n] != '=') {
		const char *digit = strchr(digits, in[n]);

		if (!digit)
			return 0;
		bits = bits << 6 | (uint32_t)(digit - digits);
		n++;
	}
	if (n < 2 || (n == 2 && in[3] != '='))
		return 0;
	bits <<= 6 * (4 - n);
	out[0] = (char)(bits >> 16 & 0xff);
	if (n > 2)
		out[1] = (char)(bits >> 8 & 0xff);
	if (n > 3)
		out[2] = (char)(bits & 0xff);
	return n - 1;
}

static bool is_space(char c)
{
	return c == '\n' || c == '\r' || c == ' ' || c == '\t';
}

static bool decode(const char *text, struct vc_secret *secret)
{
	char group[4];
	size_t n = 0, last = 3, len = 0;

	for (; *text != '\0'; text++) {
		if (is_space(*text))
			continue;
		group[n++] = *text;
		if (n < sizeof(group))
			continue;
		n = 0;
		if (last < 3)
			return false; /* something behind the padding */
		last = decode_group(group, secret->data + len);
		if (last == 0)
			return false;
		len += last;
	}
	secret->data[len] = '\0';
	explicit_bzero(group, sizeof(group));
	secret->len = len;
	return n == 0 && len > 0;
}

/**
 * vc_base64_decode() - Decode a text; line breaks in it are skipped
 * @text:	text
 * @secret:	what it stands for; set also when it is not valid
 * @ret_valid:	whether it is base64, and of something
 * @err:	why not
 *
 * Return: 0, -VC_ERR_INPUT (too long) or -VC_ERR_INTERNAL
 */
int vc_base64_decode(const char *text, struct vc_secret *secret, bool *ret_valid,
                     struct vc_err *err)
{
	/* a copy has room enough */
	if (vc_secret_set(secret, "", text, strlen(text), err) < 0)
		return -(int)err->kind;
	*ret_valid = decode(text, secret);
	return 0;
}

/**
 * vc_base64_encode() - Encode a secret
 * @plain:	what to encode
 * @prefix:	put in front of it, as it is
 * @secret:	the text
 * @err:	why not
 *
 * Return: 0, -VC_ERR_INPUT (too long) or -VC_ERR_INTERNAL
 */
int vc_base64_encode(const struct vc_secret *plain, const char *prefix,
                     struct vc_secret *secret, struct vc_err *err)
{
	static const char blank[4096];
	size_t room = (plain->len + 2) / 3 * 4, at;

	if (room > sizeof(blank))
		return vc_fail(err, VC_ERR_INPUT, "longer than %zu bytes", sizeof(blank));
	if (vc_secret_set(secret, prefix, blank, room, err) < 0)
		return -(int)err->kind;
	at = strlen(prefix);
	for (size_t i = 0; i < plain->len; i += 3) {
		size_t n = plain->len - i < 3 ? plain->len - i : 3;
		uint32_t bits = 0;

		for (size_t k = 0; k < 3; k++)
			bits = bits << 8 |
			       (k < n ? (unsigned char)plain->data[i + k] : 0U);
		for (size_t k = 0; k < 4; k++) {
			char digit = digits[bits >> (18 - 6 * k) & 0x3f];

			secret->data[at++] = (char)(k <= n ? digit : '=');
		}
	}
	return 0;
}
