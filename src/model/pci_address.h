/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pci_address.h - the address of one PCI function of the host.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"

/**
 * struct vc_pci_address - PCI function address
 * @domain:	0..0xffffffff; Intel VMD uses domains above 0xffff
 * @bus:	0..0xff
 * @slot:	device number, 0..0x1f
 * @function:	0..7
 */
struct vc_pci_address {
	uint32_t domain;
	uint8_t bus;
	uint8_t slot;
	uint8_t function;
};

/* "ffffffff:ff:1f.7" and its NUL */
#define VC_PCI_ADDRESS_SIZE sizeof("ffffffff:ff:1f.7")

int vc_pci_address_parse(const char *text, struct vc_pci_address *ret_address,
                         struct vc_err *err) VC_MUST_CHECK VC_NONNULL;
void vc_pci_address_format(const struct vc_pci_address *address,
                           char text[VC_PCI_ADDRESS_SIZE]) VC_NONNULL;
int vc_pci_address_compare(const struct vc_pci_address *a,
                           const struct vc_pci_address *b) VC_NONNULL;
