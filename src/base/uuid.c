/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/uuid.h"

#include <errno.h>
#include <stdio.h>
#include <sys/random.h>

/* Nothing of it is known to anybody; up to 256 bytes are never cut short. */
static int read_random(unsigned char *bytes, size_t n)
{
	ssize_t got;

	do {
		got = getrandom(bytes, n, 0);
	} while (got < 0 && errno == EINTR);
	return got == (ssize_t)n ? 0 : -errno;
}

/**
 * vc_uuid_make() - Make a UUID
 * @text:	gets it, in lower case
 * @err:	why not
 *
 * [RFC 9562] version 4: 122 random bits.
 *
 * Return: 0 or -VC_ERR_SYSTEM
 */
int vc_uuid_make(char text[VC_UUID_SIZE], struct vc_err *err)
{
	unsigned char b[16];
	int r = read_random(b, sizeof(b));

	if (r < 0)
		return vc_fail_sys(err, -r, "cannot make a UUID");
	b[6] = (unsigned char)((b[6] & 0x0f) | 0x40);
	b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
	(void)snprintf(
		text, VC_UUID_SIZE,
		"%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
		b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11],
		b[12], b[13], b[14], b[15]);
	return 0;
}
