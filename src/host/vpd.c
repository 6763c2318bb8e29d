/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * [PCI] 3.0 appendix I: a list of resources, each a tag and a length. The read-only one
 * holds fields: two letters, a length, a value; SN is the serial number.
 *
 * Reading is slow, a few bytes at a time over the bus, so that only what is needed is
 * read: tags, and the fields of the read-only resource up to SN.
 */
#include "host/vpd.h"

#include <string.h>

#define TAG_LARGE      0x80U
#define TAG_IDENTIFIER 0x82U
#define TAG_READ_ONLY  0x90U

/* [PCI] the address of VPD has 15 bits. */
#define VPD_MAX       0x8000U
#define FIELDS_MAX    128U
#define RESOURCES_MAX 16U

static bool read_field(const struct vc_vpd_source *source, unsigned position,
                       unsigned len, char serial[VC_VPD_SERIAL_SIZE])
{
	if (len == 0)
		return false;
	if (len >= VC_VPD_SERIAL_SIZE)
		len = VC_VPD_SERIAL_SIZE - 1;
	memset(serial, 0, VC_VPD_SERIAL_SIZE);
	return source->read(source->arg, position, (uint8_t *)serial, len);
}

static bool find_serial(const struct vc_vpd_source *source, unsigned position,
                        unsigned end, char serial[VC_VPD_SERIAL_SIZE])
{
	for (unsigned i = 0; i < FIELDS_MAX && position + 3 <= end; i++) {
		uint8_t head[3];

		if (!source->read(source->arg, position, head, sizeof(head)))
			return false;
		position += (unsigned)sizeof(head);
		if (position + head[2] > end)
			return false;
		if (head[0] == 'S' && head[1] == 'N')
			return read_field(source, position, head[2], serial);
		position += head[2];
	}
	return false;
}

/**
 * vc_vpd_serial() - Find the serial number
 * @source:	where to read
 * @serial:	the number as it is there, terminated; may hold anything but NUL
 *
 * Return: whether there is one
 */
bool vc_vpd_serial(const struct vc_vpd_source *source, char serial[VC_VPD_SERIAL_SIZE])
{
	unsigned position = 0;

	for (unsigned i = 0; i < RESOURCES_MAX; i++) {
		uint8_t head[3];
		unsigned len;

		if (!source->read(source->arg, position, head, sizeof(head)))
			return false;
		if (head[0] != TAG_IDENTIFIER && head[0] != TAG_READ_ONLY)
			return false;
		len = head[1] | (unsigned)head[2] << 8;
		position += (unsigned)sizeof(head);
		if (position + len > VPD_MAX)
			return false;
		if (head[0] == TAG_READ_ONLY)
			return find_serial(source, position, position + len, serial);
		position += len;
	}
	return false;
}
