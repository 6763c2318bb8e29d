/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is wrong with giving this device to this domain. docs/errors.md lists the
 * refusals. What the inputs do not show is not claimed to be fine: it is just not
 * checked here, and `verify` reports it as unknown.
 */
#include <inttypes.h>
#include <string.h>

#include "domain/planner.h"

#define CLASS_BRIDGE 0x06u
#define CLASS_NVME   0x0108u

static const char *missing_address(const struct vc_planner *planner,
                                   const struct vc_device *d)
{
	const char *text = "no input says where it is";

	if (d->unresolved)
		text = d->unresolved;
	else if (d->vfio_cdev >= 0)
		text = vc_arena_printf(
			planner->arena,
			"all that is known is /dev/vfio/devices/vfio%" PRId64,
			d->vfio_cdev);
	else if (d->iommu_group >= 0)
		text = vc_arena_printf(planner->arena,
		                       "all that is known is IOMMU group %" PRId64,
		                       d->iommu_group);
	return text ? text : "?";
}

/* [LV] device_conf.c: domain, bus and slot 0 stand for "no address", which libvirt neither
 * checks nor gives to QEMU as what it says. */
static bool is_no_address_to_libvirt(const struct vc_host_side *host)
{
	return vc_kind_is_pci(host->kind) && host->has_pci && host->pci.domain == 0 &&
	       host->pci.bus == 0 && host->pci.slot == 0;
}

static int refuse_no_address(const struct vc_planner *planner,
                             const struct vc_bound *bound, struct vc_err *err)
{
	const struct vc_device *d = bound->device;
	const char *label = vc_device_label(d);

	return vc_fail(err, VC_ERR_REFUSED,
	               "%s: host address '%s' of device '%s' of claim '%s' ('%s') cannot "
	               "be used: libvirt reads slot 0 of bus 0000:00 as no address at "
	               "all, and checks nothing",
	               bound->binding->origin, vc_device_host(planner, d),
	               label ? label : "?", vc_claim_label(planner, bound->claim),
	               d->origin);
}

/**
 * vc_check_address() - Refuse a device of which no address is known
 * @planner:	planner
 * @bound:	.device is known
 * @err:	why, and which input would say it
 *
 * Return: 0, -VC_ERR_ABSENT, or -VC_ERR_REFUSED for an address that libvirt takes for
 * none, or a serial number that the machine does not have, or has more than once
 */
int vc_check_address(const struct vc_planner *planner, const struct vc_bound *bound,
                     struct vc_err *err)
{
	const struct vc_device *d = bound->device;
	const char *label = vc_device_label(d);

	if (is_no_address_to_libvirt(&d->host))
		return refuse_no_address(planner, bound, err);
	if (vc_device_host(planner, d))
		return 0;
	if (planner->input->host && d->host.usb.serial)
		return vc_fail(err, VC_ERR_REFUSED,
		               "%s: device '%s' of claim '%s' ('%s') is not here: %s",
		               bound->binding->origin, label ? label : "?",
		               vc_claim_label(planner, bound->claim), d->origin,
		               missing_address(planner, d));
	return vc_fail(err, VC_ERR_ABSENT,
	               "%s: no host address of device '%s' of claim '%s' ('%s'): %s%s",
	               bound->binding->origin, label ? label : "?",
	               vc_claim_label(planner, bound->claim), d->origin,
	               missing_address(planner, d),
	               d->host.usb.serial
	                       ? ""
	                       : "; a metadata file with pciBusID, its ResourceSlice, or "
	                         "--sysfs on its node says it");
}

static int check_claim(struct vc_planner *planner, const struct vc_bound *b,
                       struct vc_err *err)
{
	size_t number = (size_t)(b->claim - planner->input->claims->v);

	if (planner->checked[number])
		return 0;
	if (vc_check_owner(planner, b, err) < 0)
		return -(int)err->kind;
	planner->checked[number] = true;
	if (!b->claim->deleting)
		return 0;
	return vc_plan_note(
		planner, err,
		"%s: claim '%s' is being deleted: its devices may be prepared "
		"for another VM at any time",
		b->claim->origin, vc_claim_label(planner, b->claim));
}

static int refuse_host(const struct vc_planner *planner, const struct vc_bound *b,
                       const char *why, struct vc_err *err)
{
	return vc_fail(err, VC_ERR_REFUSED, "%s: alias '%s': '%s' ('%s') %s",
	               b->binding->origin, b->alias, vc_bound_text(planner, b),
	               b->device->origin, why);
}

#define NOT_HERE "does not exist on this machine: the claim is stale, or of another node"

static int check_function(const struct vc_planner *planner, const struct vc_bound *b,
                          struct vc_err *err)
{
	const struct vc_function *f;

	f = vc_host_facts_function(planner->input->host, &b->host.pci);
	if (!f)
		return refuse_host(planner, b, NOT_HERE, err);
	if (f->class_code >> 16 == CLASS_BRIDGE)
		return refuse_host(planner, b,
		                   "is a bridge and cannot be given to a guest", err);
	if (!f->is_vf && f->n_vfs > 0)
		return vc_fail(err, VC_ERR_REFUSED,
		               "%s: alias '%s': '%s' ('%s') is the physical function of "
		               "%u virtual functions that others may use; claim one of "
		               "these, or remove them",
		               b->binding->origin, b->alias, vc_bound_text(planner, b),
		               b->device->origin, f->n_vfs);
	if (b->host.kind == VC_KIND_NETWORK && !f->is_vf)
		return refuse_host(planner, b,
		                   "is no virtual function, and libvirt sets MAC address "
		                   "and VLAN of these only; kind 'pci' gives it as it is",
		                   err);
	if (b->host.kind == VC_KIND_NVME && f->class_code >> 8 != CLASS_NVME)
		return refuse_host(planner, b, "is no NVMe controller", err);
	return 0;
}

/* [LV] of two devices with the same ids libvirt takes either, or refuses. Whether one at a
 * known place has the right ids is a question of identity. */
static int check_usb(const struct vc_planner *planner, const struct vc_bound *b,
                     struct vc_err *err)
{
	struct vc_usb_device usb = b->host.usb;
	size_t n;

	usb.has_ids = usb.has_ids && usb.bus == 0;
	(void)vc_host_facts_usb(planner->input->host, &usb, &n);
	if (n == 0)
		return refuse_host(planner, b, NOT_HERE, err);
	if (n > 1)
		return refuse_host(planner, b,
		                   "is more than one device of this machine; a serial "
		                   "number, a port or a device number says which",
		                   err);
	return 0;
}

/* Only when the machine was asked. */
static int check_machine(const struct vc_planner *planner, const struct vc_bound *b,
                         struct vc_err *err)
{
	if (!planner->input->host)
		return 0;
	if (vc_kind_is_pci(b->host.kind))
		return check_function(planner, b, err);
	if (b->host.kind == VC_KIND_USB)
		return check_usb(planner, b, err);
	if (vc_host_facts_has(planner->input->host, &b->host))
		return 0;
	if (b->host.kind != VC_KIND_MDEV)
		return refuse_host(planner, b, NOT_HERE, err);
	return vc_fail(
		err, VC_ERR_REFUSED,
		"%s: alias '%s': mediated device '%s' ('%s') does not exist on this "
		"machine: the claim is stale, or of another node",
		b->binding->origin, b->alias, vc_bound_text(planner, b),
		b->device->origin);
}

/**
 * vc_check_bound() - Refuse what must not be given to this domain
 * @planner:	planner; notes are added to its plan
 * @bound:	alias with its claim and device, if known; .host is set
 * @err:	"ORIGIN: ..." naming both sides
 *
 * Return: 0, -VC_ERR_REFUSED, -VC_ERR_ABSENT for a device without address,
 * -VC_ERR_INTERNAL
 */
int vc_check_bound(struct vc_planner *planner, struct vc_bound *bound, struct vc_err *err)
{
	const struct vc_device *d = bound->device;
	const struct vc_hostdev *h = bound->hostdev;

	if (!d && vc_bound_host(planner, bound, err) < 0)
		return -(int)err->kind;
	if (!d)
		return h ? vc_check_options(planner, bound, &bound->host, err) : 0;
	if (check_claim(planner, bound, err) < 0)
		return -(int)err->kind;
	if (d->admin_access == VC_YES)
		return vc_fail(err, VC_ERR_REFUSED,
		               "%s: alias '%s': request '%s' of claim '%s' ('%s') has "
		               "adminAccess: its device may belong to somebody else",
		               bound->binding->origin, bound->alias,
		               d->request ? d->request : "?",
		               vc_claim_label(planner, bound->claim),
		               bound->claim->origin);
	if (vc_check_address(planner, bound, err) < 0 ||
	    vc_bound_host(planner, bound, err) < 0 ||
	    check_machine(planner, bound, err) < 0 ||
	    vc_identity_check(planner, bound, err) < 0)
		return -(int)err->kind;
	return vc_check_options(planner, bound, &bound->host, err);
}
