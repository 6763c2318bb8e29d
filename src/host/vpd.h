/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vpd.h - vital product data of a PCI device.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Serial numbers are short; longer ones are cut. */
#define VC_VPD_SERIAL_SIZE 129U

/* Reads exactly @n bytes at @position; false when it cannot. */
struct vc_vpd_source {
	bool (*read)(void *arg, unsigned position, uint8_t *bytes, unsigned n);
	void *arg;
};

bool vc_vpd_serial(const struct vc_vpd_source *source, char serial[VC_VPD_SERIAL_SIZE]);
