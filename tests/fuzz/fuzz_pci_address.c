/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A PCI address that is accepted prints and reads back as the same one. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "model/pci_address.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	char *text = vc_arena_strndup(&arena, (const char *)data, size);
	struct vc_pci_address address, again;
	struct vc_err err = VC_ERR_INIT;
	char back[VC_PCI_ADDRESS_SIZE];

	if (!text || vc_pci_address_parse(text, &address, &err) < 0)
		return 0;
	vc_pci_address_format(&address, back);
	if (vc_pci_address_parse(back, &again, &err) < 0 ||
	    vc_pci_address_compare(&address, &again) != 0)
		abort();
	return 0;
}
