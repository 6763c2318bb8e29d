/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/host_facts.h"

#include <string.h>

/**
 * vc_host_facts_function() - Look a function up
 * @facts:	facts, NULL for none
 * @address:	host address
 *
 * Return: the function, or NULL when it does not exist or nothing is known
 */
const struct vc_function *vc_host_facts_function(const struct vc_host_facts *facts,
                                                 const struct vc_pci_address *address)
{
	size_t low = 0, high = facts ? facts->functions.n : 0;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int c = vc_pci_address_compare(address, &facts->functions.v[mid].address);

		if (c == 0)
			return &facts->functions.v[mid];
		if (c < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return NULL;
}

/**
 * vc_host_facts_mdev() - Look a mediated device up
 * @facts:	facts, NULL for none
 * @uuid:	lower case
 *
 * Return: the device, or NULL when it does not exist or nothing is known
 */
const struct vc_mdev_fact *vc_host_facts_mdev(const struct vc_host_facts *facts,
                                              const char *uuid)
{
	for (size_t i = 0; facts && i < facts->mdevs.n; i++)
		if (strcmp(facts->mdevs.v[i].uuid, uuid) == 0)
			return &facts->mdevs.v[i];
	return NULL;
}
