/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/host_facts.h"

#include <inttypes.h>
#include <stdio.h>
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

/* A device that is known in several ways is one only if all of them are right. */
static bool is_usb(const struct vc_usb_fact *fact, const struct vc_usb_device *usb)
{
	if (usb->bus > 0 && usb->device > 0 &&
	    (fact->bus != usb->bus || fact->device != usb->device))
		return false;
	if (usb->bus > 0 && usb->device == 0 && usb->port &&
	    (fact->bus != usb->bus || strcmp(fact->port, usb->port) != 0))
		return false;
	if (usb->has_ids &&
	    (fact->vendor != usb->vendor || fact->product != usb->product))
		return false;
	return !usb->serial || (fact->serial && strcmp(fact->serial, usb->serial) == 0);
}

/**
 * vc_host_facts_usb() - Look a USB device up
 * @facts:	facts, NULL for none
 * @usb:	what is known of it: bus and device, else bus and port; ids; serial number
 * @ret_n:	how many devices are like that
 *
 * Return: the first of them, or NULL
 */
const struct vc_usb_fact *vc_host_facts_usb(const struct vc_host_facts *facts,
                                            const struct vc_usb_device *usb,
                                            size_t *ret_n)
{
	const struct vc_usb_fact *first = NULL;

	*ret_n = 0;
	for (size_t i = 0; facts && i < facts->usbs.n; i++) {
		if (!is_usb(&facts->usbs.v[i], usb))
			continue;
		if (!first)
			first = &facts->usbs.v[i];
		++*ret_n;
	}
	return first;
}

/* "2:0:1:0", and its NUL */
#define UNIT_SIZE sizeof("4294967295:4294967295:4294967295:18446744073709551615")

static bool has_unit(const struct vc_host_facts *facts, const struct vc_scsi_unit *unit)
{
	char text[UNIT_SIZE];

	(void)snprintf(text, sizeof(text), "%" PRIu32 ":%" PRIu32 ":%" PRIu32 ":%" PRIu64,
	               unit->host, unit->channel, unit->target, unit->lun);
	for (size_t i = 0; i < facts->scsi.n; i++)
		if (strcmp(facts->scsi.v[i], text) == 0)
			return true;
	return false;
}

static bool has_vdpa(const struct vc_host_facts *facts, const char *path)
{
	for (size_t i = 0; i < facts->vdpas.n; i++)
		if (strcmp(facts->vdpas.v[i], path) == 0)
			return true;
	return false;
}

/**
 * vc_host_facts_has() - Whether a device exists
 * @facts:	facts
 * @side:	where it is said to be; known
 *
 * [LV] a vhost SCSI target is made by targetcli and is in no sysfs: it is taken to exist.
 *
 * Return: whether it does
 */
bool vc_host_facts_has(const struct vc_host_facts *facts, const struct vc_host_side *side)
{
	size_t n;

	switch (side->kind) {
	case VC_KIND_PCI:
	case VC_KIND_NETWORK:
	case VC_KIND_NVME:
		return vc_host_facts_function(facts, &side->pci) != NULL;
	case VC_KIND_MDEV:
		return vc_host_facts_mdev(facts, side->mdev_uuid) != NULL;
	case VC_KIND_USB:
		return vc_host_facts_usb(facts, &side->usb, &n) != NULL;
	case VC_KIND_SCSI:
		return has_unit(facts, &side->scsi);
	case VC_KIND_VDPA:
		return has_vdpa(facts, side->vdpa);
	case VC_KIND_SCSI_HOST:
		return true;
	case VC_KIND_UNKNOWN:
		break;
	}
	return false;
}
