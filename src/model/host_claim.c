/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/host_claim.h"

#include "base/parse.h"

static const char *const seen_names[] = {
	[VC_SEEN_ON_NOTHING] = "nothing",
	[VC_SEEN_ON_HOST_DRIVER] = "host-driver",
	[VC_SEEN_ON_VFIO] = "vfio",
};

static const char *const made_from_names[] = {
	[VC_MADE_BY_NOBODY] = "nobody",
	[VC_MADE_FROM_PF] = "pf",
	[VC_MADE_FROM_TYPE] = "mdev-type",
};

/**
 * vc_seen_name() - Who held a device, in a word of documents
 * @seen:	who
 *
 * Return: a static string
 */
const char *vc_seen_name(enum vc_seen seen)
{
	return seen_names[seen];
}

/**
 * vc_made_from_name() - What a device is made from, in a word of documents
 * @made_from:	what
 *
 * Return: a static string
 */
const char *vc_made_from_name(enum vc_made_from made_from)
{
	return made_from_names[made_from];
}

/**
 * vc_is_unicast_mac() - Whether a text is an address that a network card can have
 * @text:	text, may be NULL
 *
 * [802] six bytes in hex with colons; the lowest bit of the first one is 0, and not all
 * are.
 *
 * Return: whether it is one
 */
bool vc_is_unicast_mac(const char *text)
{
	uint32_t bytes[6];
	uint32_t any = 0;

	if (!text)
		return false;
	for (size_t i = 0; i < VC_ARRAY_SIZE(bytes); i++) {
		if (i > 0 && !vc_parse_literal(&text, ":"))
			return false;
		if (!vc_parse_hex(&text, 2, 2, &bytes[i]))
			return false;
		any |= bytes[i];
	}
	return vc_parse_end(text) && any != 0 && (bytes[0] & 1) == 0;
}
