/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * USB devices by serial number: bus and device numbers change whenever a device is
 * plugged in, so they are looked up at each run. Of two devices of one model only the
 * serial number tells which is which; without a machine to ask, ids then say too little.
 */
#include "claim/join_internal.h"

/* Nothing that is known of it says where it is. */
static void forget(struct vc_usb_device *usb)
{
	usb->bus = usb->device = 0;
	usb->port = NULL;
	usb->has_ids = false;
}

/**
 * vc_resolve_usb() - Find a USB device by its serial number
 * @arena:	holds what is added
 * @device:	a USB device or none; gets bus and device number, or .unresolved
 * @host:	NULL: nothing is known of the machine
 * @err:	out of memory
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_resolve_usb(struct vc_arena *arena, struct vc_device *device,
                   const struct vc_host_facts *host, struct vc_err *err)
{
	struct vc_usb_device *usb = &device->host.usb;
	const struct vc_usb_device alike = {
		.serial = usb->serial,
		.has_ids = usb->has_ids,
		.vendor = usb->vendor,
		.product = usb->product,
	};
	const struct vc_usb_fact *fact;
	size_t n;

	if (device->host.kind != VC_KIND_USB || !usb->serial)
		return 0;
	if (!host && usb->bus > 0)
		return 0;
	if (!host) {
		forget(usb);
		device->unresolved = vc_arena_printf(
			arena, "only its serial number '%s' is known; give --sysfs",
			usb->serial);
		return device->unresolved ? 0 : vc_fail_oom(err);
	}
	fact = vc_host_facts_usb(host, &alike, &n);
	if (n > 1 && usb->bus > 0)
		fact = vc_host_facts_usb(host, usb, &n);
	if (n != 1) {
		forget(usb);
		device->unresolved = vc_arena_printf(
			arena, "%s USB device of this machine has serial number '%s'",
			n == 0 ? "no" : "more than one", usb->serial);
		return device->unresolved ? 0 : vc_fail_oom(err);
	}
	usb->bus = fact->bus;
	usb->device = fact->device;
	usb->port = NULL;
	usb->has_ids = true;
	usb->vendor = fact->vendor;
	usb->product = fact->product;
	device->unresolved = NULL;
	return 0;
}
