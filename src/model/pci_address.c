/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/pci_address.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/parse.h"

/* [LV] formatnode: node devices are called pci_DDDD_BB_SS_F. */
static bool parse_form(const char *p, const char *prefix, const char *sep,
                       const char *dot, uint32_t part[static 4])
{
	return vc_parse_literal(&p, prefix) && vc_parse_hex(&p, 4, 8, &part[0]) &&
	       vc_parse_literal(&p, sep) && vc_parse_hex(&p, 2, 2, &part[1]) &&
	       vc_parse_literal(&p, sep) && vc_parse_hex(&p, 2, 2, &part[2]) &&
	       vc_parse_literal(&p, dot) && vc_parse_hex(&p, 1, 1, &part[3]) &&
	       vc_parse_end(p);
}

/**
 * vc_pci_address_parse() - Read "dddd:bb:ss.f" or "pci_dddd_bb_ss_f"
 * @text:	the whole text; anything after the function number is an error
 * @ret_address:	address on success
 * @err:	what was wrong with @text
 *
 * The first form is the one of /sys/bus/pci/devices, the second the name of the libvirt
 * node device. Either case; four to eight digits of domain. Short forms such as
 * "01:00.0" are refused: on a machine with several domains they are ambiguous.
 *
 * Return: 0 or -VC_ERR_INPUT
 */
int vc_pci_address_parse(const char *text, struct vc_pci_address *ret_address,
                         struct vc_err *err)
{
	uint32_t part[4];

	if (!parse_form(text, "", ":", ".", part) &&
	    !parse_form(text, "pci_", "_", "_", part))
		return vc_fail(err, VC_ERR_INPUT,
		               "'%.64s' is not a PCI address; "
		               "write it like '0000:65:00.0' or 'pci_0000_65_00_0'",
		               text);
	if (part[2] > 0x1f || part[3] > 7)
		return vc_fail(err, VC_ERR_INPUT,
		               "PCI address '%s' is out of range: "
		               "slot up to 1f, function up to 7",
		               text);
	*ret_address = (struct vc_pci_address){
		.domain = part[0],
		.bus = (uint8_t)part[1],
		.slot = (uint8_t)part[2],
		.function = (uint8_t)part[3],
	};
	return 0;
}

/**
 * vc_pci_address_format() - Write an address in the form of /sys/bus/pci/devices
 * @address:	address
 * @text:	result, NUL-terminated
 */
void vc_pci_address_format(const struct vc_pci_address *address,
                           char text[VC_PCI_ADDRESS_SIZE])
{
	(void)snprintf(text, VC_PCI_ADDRESS_SIZE, "%04" PRIx32 ":%02x:%02x.%x",
	               address->domain, address->bus, address->slot, address->function);
}

/**
 * vc_pci_address_compare() - Order two addresses by domain, bus, slot, function
 * @a:		address
 * @b:		address
 *
 * Return: negative, 0 or positive
 */
int vc_pci_address_compare(const struct vc_pci_address *a, const struct vc_pci_address *b)
{
	if (a->domain != b->domain)
		return a->domain < b->domain ? -1 : 1;
	if (a->bus != b->bus)
		return a->bus < b->bus ? -1 : 1;
	if (a->slot != b->slot)
		return a->slot < b->slot ? -1 : 1;
	return (int)a->function - (int)b->function;
}
