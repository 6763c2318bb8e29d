/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * [CDI] SPEC, names: "vendor/class=device". Drivers built on the usual template put
 * "k8s." in front of the vendor and the claim UID in front of the device name.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "claim/join_internal.h"

static bool differ(const char *a, const char *b)
{
	return a && b && strcmp(a, b) != 0;
}

static bool differ_caseless(const char *a, const char *b)
{
	return a && b && strcasecmp(a, b) != 0;
}

/**
 * vc_device_has_address() - Whether a device can be attached
 * @device:	device
 *
 * Return: whether an address of any kind is known
 */
bool vc_device_has_address(const struct vc_device *device)
{
	return vc_host_side_has_address(&device->host);
}

/**
 * vc_device_compatible() - Whether two devices could be one
 * @a:		device
 * @b:		device
 *
 * Return: false when both know request, driver, pool or name and do not agree
 */
bool vc_device_compatible(const struct vc_device *a, const struct vc_device *b)
{
	return !differ(a->request, b->request) &&
	       !differ_caseless(a->driver, b->driver) && !differ(a->pool, b->pool) &&
	       !differ(a->name, b->name);
}

/**
 * vc_device_same_name() - Whether driver and device name are known and the same
 * @have:	device
 * @device:	device, compatible with @have
 * @uid:	not used
 *
 * Return: whether they are
 */
bool vc_device_same_name(const struct vc_device *have, const struct vc_device *device,
                         const char *uid VC_UNUSED)
{
	return vc_driver_equal(have->driver, device->driver) && have->name &&
	       device->name && strcmp(have->name, device->name) == 0;
}

/* "gpu.intel.com" belongs to the vendors "gpu.intel.com" and "intel.com". */
static bool vendor_fits(const char *cdi_name, const char *driver)
{
	const char *vendor = cdi_name;
	size_t vendor_len, driver_len;

	if (!driver)
		return true;
	if (strncmp(vendor, "k8s.", 4) == 0)
		vendor += 4;
	vendor_len = strcspn(vendor, "/");
	driver_len = strlen(driver);
	if (vendor_len > driver_len)
		return false;
	if (strncasecmp(driver + driver_len - vendor_len, vendor, vendor_len) != 0)
		return false;
	return vendor_len == driver_len || driver[driver_len - vendor_len - 1] == '.';
}

/* Whether the CDI name means device @name of @driver, with or without the claim UID. */
static bool cdi_name_means(const char *cdi_name, const char *driver, const char *name,
                           const char *uid)
{
	const char *part = strchr(cdi_name, '=');
	size_t uid_len = uid ? strlen(uid) : 0;

	if (!part || !vendor_fits(cdi_name, driver))
		return false;
	part++;
	if (strcmp(part, name) == 0)
		return true;
	return uid_len > 0 && strncmp(part, uid, uid_len) == 0 &&
	       (part[uid_len] == '-' || part[uid_len] == '_') &&
	       strcmp(part + uid_len + 1, name) == 0;
}

/**
 * vc_device_same_cdi_name() - Whether the CDI name of one names the other
 * @have:	device
 * @device:	device, compatible with @have
 * @uid:	claim UID that may stand in front of the name; NULL
 *
 * Return: whether it does
 */
bool vc_device_same_cdi_name(const struct vc_device *have, const struct vc_device *device,
                             const char *uid)
{
	if (device->cdi_name && have->cdi_name)
		return strcmp(device->cdi_name, have->cdi_name) == 0;
	if (device->cdi_name && have->name)
		return cdi_name_means(device->cdi_name, have->driver, have->name, uid);
	if (have->cdi_name && device->name)
		return cdi_name_means(have->cdi_name, device->driver, device->name, uid);
	return false;
}

/**
 * vc_device_same_address() - Whether a host address is known of both and the same
 * @have:	device
 * @device:	device, compatible with @have
 * @uid:	not used
 *
 * Return: whether it is
 */
bool vc_device_same_address(const struct vc_device *have, const struct vc_device *device,
                            const char *uid VC_UNUSED)
{
	const struct vc_usb_device *a = &have->host.usb, *b = &device->host.usb;

	if (have->host.mdev_uuid || device->host.mdev_uuid)
		return have->host.mdev_uuid && device->host.mdev_uuid &&
		       strcmp(have->host.mdev_uuid, device->host.mdev_uuid) == 0;
	if (a->bus > 0 && a->device > 0)
		return a->bus == b->bus && a->device == b->device;
	if (have->host.kind == device->host.kind && !vc_kind_is_pci(have->host.kind))
		return vc_host_side_equal(&have->host, &device->host);
	return have->host.has_pci && device->host.has_pci &&
	       vc_pci_address_compare(&have->host.pci, &device->host.pci) == 0;
}

/**
 * vc_device_copy() - A copy whose lists can be added to
 * @device:	device
 *
 * Strings and list elements are shared; the next push moves a list.
 *
 * Return: the copy
 */
struct vc_device vc_device_copy(const struct vc_device *device)
{
	struct vc_device copy = *device;

	copy.attributes.cap = copy.attributes.n;
	copy.ips.cap = copy.ips.n;
	return copy;
}

static void take_if_unknown(char **into, char *from)
{
	if (!*into)
		*into = from;
}

static int contradiction(const struct vc_device *into, const struct vc_device *from,
                         const char *what, const char *new, const char *old,
                         struct vc_err *err)
{
	return vc_fail(err, VC_ERR_INPUT,
	               "%s: %s '%s' contradicts '%s' of %s; one of the two is stale",
	               vc_join_origin(from->origin), what, new, old,
	               vc_join_origin(into->origin));
}

static int merge_pci(struct vc_device *into, const struct vc_device *from,
                     struct vc_err *err)
{
	char old[VC_PCI_ADDRESS_SIZE], new[VC_PCI_ADDRESS_SIZE];

	if (!from->host.has_pci)
		return 0;
	if (into->host.has_pci &&
	    vc_pci_address_compare(&into->host.pci, &from->host.pci) != 0) {
		vc_pci_address_format(&into->host.pci, old);
		vc_pci_address_format(&from->host.pci, new);
		return contradiction(into, from, "PCI address", new, old, err);
	}
	into->host.has_pci = true;
	into->host.pci = from->host.pci;
	return 0;
}

static int merge_number(int64_t *into, int64_t from, const char *what,
                        const struct vc_device *a, const struct vc_device *b,
                        struct vc_err *err)
{
	char old[24], new[24];

	if (from < 0)
		return 0;
	if (*into >= 0 && *into != from) {
		(void)snprintf(old, sizeof(old), "%" PRId64, *into);
		(void)snprintf(new, sizeof(new), "%" PRId64, from);
		return contradiction(a, b, what, new, old, err);
	}
	*into = from;
	return 0;
}

static int merge_mdev(struct vc_device *into, const struct vc_device *from,
                      struct vc_err *err)
{
	if (differ(into->host.mdev_uuid, from->host.mdev_uuid))
		return contradiction(into, from, "mdev UUID", from->host.mdev_uuid,
		                     into->host.mdev_uuid, err);
	if (into->host.mdev_model != VC_MDEV_UNKNOWN &&
	    from->host.mdev_model != VC_MDEV_UNKNOWN &&
	    into->host.mdev_model != from->host.mdev_model)
		return contradiction(into, from, "mdev model",
		                     vc_mdev_model_name(from->host.mdev_model),
		                     vc_mdev_model_name(into->host.mdev_model), err);
	if (!into->host.mdev_uuid)
		into->host.mdev_uuid = from->host.mdev_uuid;
	if (into->host.mdev_model == VC_MDEV_UNKNOWN)
		into->host.mdev_model = from->host.mdev_model;
	return 0;
}

static int merge_text(char **into, char *from, const char *what,
                      const struct vc_device *a, const struct vc_device *b,
                      struct vc_err *err)
{
	if (differ(*into, from))
		return contradiction(a, b, what, from, *into, err);
	take_if_unknown(into, from);
	return 0;
}

static int merge_unsigned(unsigned *into, unsigned from, const char *what,
                          const struct vc_device *a, const struct vc_device *b,
                          struct vc_err *err)
{
	int64_t number = *into > 0 ? (int64_t)*into : -1;

	if (merge_number(&number, from > 0 ? (int64_t)from : -1, what, a, b, err) < 0)
		return -(int)err->kind;
	*into = number > 0 ? (unsigned)number : 0;
	return 0;
}

static int merge_usb(struct vc_device *into, const struct vc_device *from,
                     struct vc_err *err)
{
	struct vc_usb_device *a = &into->host.usb;
	const struct vc_usb_device *b = &from->host.usb;

	if (merge_unsigned(&a->bus, b->bus, "USB bus", into, from, err) < 0 ||
	    merge_unsigned(&a->device, b->device, "USB device number", into, from, err) <
	            0 ||
	    merge_text(&a->port, b->port, "USB port", into, from, err) < 0 ||
	    merge_text(&a->serial, b->serial, "USB serial number", into, from, err) < 0)
		return -(int)err->kind;
	if (!b->has_ids)
		return 0;
	a->has_ids = true; /* attributes of ours, which are compared as such */
	a->vendor = b->vendor;
	a->product = b->product;
	return 0;
}

/* What is left comes from attributes of ours, which are compared as such. */
static int merge_others(struct vc_device *into, const struct vc_device *from,
                        struct vc_err *err)
{
	if (!into->host.scsi.set)
		into->host.scsi = from->host.scsi;
	if (into->host.nvme_namespace == 0)
		into->host.nvme_namespace = from->host.nvme_namespace;
	if (merge_text(&into->host.vdpa, from->host.vdpa, "vDPA path", into, from, err) <
	    0)
		return -(int)err->kind;
	return merge_text(&into->host.wwpn, from->host.wwpn, "WWPN", into, from, err);
}

static int merge_address(struct vc_device *into, const struct vc_device *from,
                         struct vc_err *err)
{
	bool had = vc_device_has_address(into);

	if (merge_mdev(into, from, err) < 0 || merge_pci(into, from, err) < 0 ||
	    merge_usb(into, from, err) < 0 || merge_others(into, from, err) < 0 ||
	    merge_number(&into->iommu_group, from->iommu_group, "IOMMU group", into, from,
	                 err) < 0 ||
	    merge_number(&into->vfio_cdev, from->vfio_cdev, "VFIO device number", into,
	                 from, err) < 0)
		return -(int)err->kind;
	if (!had && vc_device_has_address(into))
		into->origin = from->origin;
	return 0;
}

/**
 * vc_device_add_attributes() - Add the attributes that a device does not have yet
 * @arena:	holds the list
 * @into:	device
 * @from:	attributes
 * @err:	out of memory
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_device_add_attributes(struct vc_arena *arena, struct vc_device *into,
                             const struct vc_attributes *from, struct vc_err *err)
{
	for (size_t i = 0; i < from->n; i++) {
		struct vc_attribute *slot;

		if (vc_attributes_find(&into->attributes, from->v[i].name))
			continue;
		slot = vc_list_push(arena, &into->attributes);
		if (!slot)
			return vc_fail_oom(err);
		*slot = from->v[i];
	}
	return 0;
}

/* Ours say which device it is, so two files must not disagree about them. */
static int check_identity(const struct vc_device *into, const struct vc_device *from,
                          struct vc_err *err)
{
	for (size_t i = 0; i < from->attributes.n; i++) {
		const struct vc_attribute *new = &from->attributes.v[i], *old;

		if (strncmp(new->name, VC_ATTR_DOMAIN "/",
		            sizeof(VC_ATTR_DOMAIN "/") - 1) != 0)
			continue;
		old = vc_attributes_find(&into->attributes, new->name);
		if (old && !vc_attribute_equal(old, new))
			return vc_fail(err, VC_ERR_INPUT,
			               "%s: attribute '%s' differs from the one in %s; "
			               "one of the two is stale",
			               vc_join_origin(from->origin), new->name,
			               vc_join_origin(into->origin));
	}
	return 0;
}

static int merge_names(struct vc_device *into, const struct vc_device *from,
                       struct vc_err *err)
{
	if (differ(into->subrequest, from->subrequest))
		return contradiction(into, from, "subrequest", from->subrequest,
		                     into->subrequest, err);
	if (differ_caseless(into->hardware_address, from->hardware_address))
		return contradiction(into, from, "hardware address",
		                     from->hardware_address, into->hardware_address, err);
	take_if_unknown(&into->request, from->request);
	take_if_unknown(&into->subrequest, from->subrequest);
	take_if_unknown(&into->driver, from->driver);
	take_if_unknown(&into->pool, from->pool);
	take_if_unknown(&into->name, from->name);
	take_if_unknown(&into->cdi_name, from->cdi_name);
	take_if_unknown(&into->interface_name, from->interface_name);
	take_if_unknown(&into->hardware_address, from->hardware_address);
	return 0;
}

/**
 * vc_device_merge() - Add what another piece knows of the same device
 * @arena:	holds lists that grow
 * @into:	device; from vc_device_copy()
 * @from:	the same device, compatible with @into
 * @err:	the contradiction, with both origins
 *
 * What @into knows stays. Addresses, group, cdev, mdev, MAC, subrequest and our own
 * attributes must agree; driver's attributes and interface names need not.
 *
 * Return: 0, -VC_ERR_INPUT or -VC_ERR_INTERNAL
 */
int vc_device_merge(struct vc_arena *arena, struct vc_device *into,
                    const struct vc_device *from, struct vc_err *err)
{
	if (merge_names(into, from, err) < 0 || check_identity(into, from, err) < 0 ||
	    merge_address(into, from, err) < 0)
		return -(int)err->kind;
	if (into->admin_access == VC_UNKNOWN)
		into->admin_access = from->admin_access;
	if (into->ips.n == 0) {
		into->ips.v = from->ips.v;
		into->ips.n = into->ips.cap = from->ips.n;
	}
	if (vc_device_add_attributes(arena, into, &from->attributes, err) < 0)
		return -(int)err->kind;
	if (vc_host_side_settle(&into->host,
	                        vc_attributes_string(&into->attributes, VC_ATTR_KIND)))
		return 0;
	return vc_fail(err, VC_ERR_INPUT,
	               "%s: contradicts %s about the kind of the device: there is %s",
	               vc_join_origin(from->origin), vc_join_origin(into->origin),
	               vc_host_side_evidence(&into->host));
}
