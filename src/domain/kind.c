/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What to make of a device: a PCI function can be a host device, a network interface or a
 * disk. Asked for by an option, else by an attribute, else what the element is already, or
 * was when it was there, else a host device, which is KubeVirt's way.
 */
#include <string.h>

#include "domain/form.h"
#include "domain/planner.h"

/* [LV] 11.3 does not know source/address/@port of a USB device, 12.8 does. */
#define LIBVIRT_USB_PORT 12000000UL

/* That it is a PCI function says an inventory of all of them. */
static enum vc_kind choose_function(const struct vc_bound *b)
{
	enum vc_kind asked = b->options.kind;

	if (asked == VC_KIND_UNKNOWN && b->device->host.kind != VC_KIND_PCI)
		asked = b->device->host.kind;
	if (asked == VC_KIND_UNKNOWN && b->hostdev &&
	    vc_kind_is_pci(b->hostdev->host.kind))
		asked = b->hostdev->host.kind;
	if (asked == VC_KIND_UNKNOWN && b->record)
		asked = b->record->kind;
	return vc_kind_is_pci(asked) ? asked : VC_KIND_PCI;
}

/* [LV] <controller type='usb' model='none'/>, as KubeVirt has it: no USB in this guest */
static int check_usb_bus(const struct vc_planner *planner, const struct vc_bound *b,
                         struct vc_err *err)
{
	const struct vc_controllers *controllers = &planner->domain->controllers;

	for (size_t i = 0; i < controllers->n; i++) {
		const struct vc_controller *c = &controllers->v[i];

		if (c->type && strcmp(c->type, "usb") == 0 && c->model &&
		    strcmp(c->model, "none") == 0)
			return vc_fail(err, VC_ERR_REFUSED,
			               "%s: alias '%s' is a USB device, but the domain "
			               "'%s' has USB switched off with a <controller "
			               "type='usb' model='none'>",
			               b->binding->origin, b->alias,
			               planner->document->file);
	}
	return 0;
}

/* The way to say it that lasts longest and that the target can read. */
static int choose_usb(const struct vc_planner *planner, const struct vc_bound *b,
                      struct vc_usb_device *usb, struct vc_err *err)
{
	if (check_usb_bus(planner, b, err) < 0)
		return -(int)err->kind;
	if (usb->device > 0)
		usb->port = NULL;
	if (!usb->port || planner->input->target_libvirt >= LIBVIRT_USB_PORT)
		return 0;
	return vc_fail(err, VC_ERR_REFUSED,
	               "%s: alias '%s': all that is known of '%s' is USB port %u-%s, "
	               "which libvirt can be told from 12.0 on; give "
	               "its device number or serial number, or see --target-libvirt",
	               b->binding->origin, b->alias, b->device->origin, usb->bus,
	               usb->port);
}

/* Only mediated devices and PCI functions take each other's place. */
static bool fits(enum vc_kind have, enum vc_kind want)
{
	return have == want || ((have == VC_KIND_PCI || have == VC_KIND_MDEV) &&
	                        (want == VC_KIND_PCI || want == VC_KIND_MDEV));
}

static int check_element(const struct vc_planner *planner, const struct vc_bound *b,
                         enum vc_kind kind, struct vc_err *err)
{
	const struct vc_hostdev *h = b->hostdev;
	const struct vc_form *form = vc_form(kind);

	if (!h || fits(h->host.kind, kind))
		return 0;
	return vc_fail(err, VC_ERR_REFUSED,
	               "%s:%ld: '%s' is a <%s type='%s'>, and its device is to be a <%s "
	               "type='%s'>; %s has to use another alias, or this element has to "
	               "go first",
	               planner->document->file, h->line, b->alias, h->element,
	               vc_form(h->host.kind)->type, form->element, form->type,
	               b->binding->origin);
}

/**
 * vc_bound_host() - Decide what a bound device is to libvirt
 * @planner:	planner
 * @bound:	.host is set: the device's own host side, in the kind that is asked for;
 *		without a device that of its element
 * @err:	which wishes contradict each other
 *
 * Return: 0 or -VC_ERR_REFUSED
 */
int vc_bound_host(const struct vc_planner *planner, struct vc_bound *bound,
                  struct vc_err *err)
{
	const struct vc_hostdev *h = bound->hostdev;
	struct vc_host_side host = { 0 };

	if (bound->device)
		host = bound->device->host;
	else if (h)
		host = h->host;
	if (bound->device && vc_kind_is_pci(host.kind))
		host.kind = choose_function(bound);
	if (host.kind == VC_KIND_USB && bound->device &&
	    choose_usb(planner, bound, &host.usb, err) < 0)
		return -(int)err->kind;
	if (bound->device && check_element(planner, bound, host.kind, err) < 0)
		return -(int)err->kind;
	if (host.kind == VC_KIND_MDEV && host.mdev_model == VC_MDEV_UNKNOWN && h)
		host.mdev_model = h->host.mdev_model;
	if (host.kind == VC_KIND_MDEV && host.mdev_model == VC_MDEV_UNKNOWN)
		host.mdev_model = VC_MDEV_VFIO_PCI;
	bound->host = host;
	return 0;
}
