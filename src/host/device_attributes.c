/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * [DRA] resource/v1 types.go: at most 32 attributes; a name is a domain and a C
 * identifier of at most 32 characters; a text has at most 64 bytes.
 * [DRA] deviceattribute: pciBusID has exactly four digits of domain.
 *
 * What is unknown has no attribute. A name that is too long is cut, because it is for
 * people; an identity or an address that is too long is left out, because a part of it
 * is something else.
 */
#include "host/device_attributes.h"

#include <stdio.h>
#include <string.h>

#define OURS(id) VC_ATTR_DOMAIN "/" id

struct adder {
	struct vc_arena *arena;
	struct vc_attributes *list;
	bool failed; /* no memory */
};

static struct vc_attribute *add(struct adder *adder, const char *name,
                                enum vc_attribute_type type)
{
	struct vc_attribute *a = vc_list_push(adder->arena, adder->list);

	if (a)
		a->name = vc_arena_strdup(adder->arena, name);
	if (!a || !a->name) {
		adder->failed = true;
		return NULL;
	}
	a->type = type;
	a->n = 1;
	return a;
}

static void add_int(struct adder *adder, const char *name, int64_t value)
{
	struct vc_attribute *a = add(adder, name, VC_ATTRIBUTE_INT);
	int64_t *v = a ? vc_arena_alloc(adder->arena, 1, sizeof(*v)) : NULL;

	if (!v) {
		adder->failed = true;
		return;
	}
	*v = value;
	a->ints = v;
}

static void add_bool(struct adder *adder, const char *name, bool value)
{
	struct vc_attribute *a = add(adder, name, VC_ATTRIBUTE_BOOL);
	bool *v = a ? vc_arena_alloc(adder->arena, 1, sizeof(*v)) : NULL;

	if (!v) {
		adder->failed = true;
		return;
	}
	*v = value;
	a->bools = v;
}

/* NULL and "" are no value. */
static void add_string(struct adder *adder, const char *name, const char *text)
{
	struct vc_attribute *a;
	char **v;

	if (!text || *text == '\0' || strlen(text) > VC_ATTRIBUTE_TEXT_MAX)
		return;
	a = add(adder, name, VC_ATTRIBUTE_STRING);
	v = a ? vc_arena_alloc(adder->arena, 1, sizeof(*v)) : NULL;
	if (v)
		*v = vc_arena_strdup(adder->arena, text);
	if (!v || !*v) {
		adder->failed = true;
		return;
	}
	a->strings = v;
}

/* Cut, but not inside a character of UTF-8. */
static void add_cut(struct adder *adder, const char *name, const char *text)
{
	char cut[VC_ATTRIBUTE_TEXT_MAX + 1];
	size_t len = text ? strlen(text) : 0;

	if (len > VC_ATTRIBUTE_TEXT_MAX) {
		len = VC_ATTRIBUTE_TEXT_MAX;
		while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
			len--;
		memcpy(cut, text, len);
		cut[len] = '\0';
		text = cut;
	}
	add_string(adder, name, text);
}

static void add_id(struct adder *adder, const char *name, unsigned id)
{
	char text[sizeof("ffff")];

	(void)snprintf(text, sizeof(text), "%04x", id & 0xffffU);
	add_string(adder, name, text);
}

static void add_address(struct adder *adder, const char *name,
                        const struct vc_pci_address *address)
{
	char text[VC_PCI_ADDRESS_SIZE];

	vc_pci_address_format(address, text);
	add_string(adder, name, text);
}

static void add_evidence(struct adder *adder, const struct vc_host_device *d,
                         const char *name, enum vc_evidence_kind kind)
{
	const struct vc_evidence *e = vc_host_device_evidence(d, kind);

	if (e)
		add_string(adder, name, e->value);
}

static void add_ids(struct adder *adder, const struct vc_pci_part *pci)
{
	char class[sizeof("ffffff")];

	(void)snprintf(class, sizeof(class), "%06x", pci->class_code & 0xffffffU);
	add_string(adder, OURS("classCode"), class);
	add_id(adder, VC_ATTR_VENDOR_ID, pci->vendor);
	add_id(adder, VC_ATTR_DEVICE_ID, pci->device);
	if (pci->subsystem_vendor != 0) {
		add_id(adder, OURS("subsystemVendorID"), pci->subsystem_vendor);
		add_id(adder, OURS("subsystemDeviceID"), pci->subsystem_device);
	}
	add_cut(adder, OURS("vendor"), pci->vendor_name);
	add_cut(adder, OURS("product"), pci->device_name);
}

static void add_sriov(struct adder *adder, const struct vc_pci_part *pci)
{
	if (!pci->is_vf && pci->total_vfs > 0) {
		add_string(adder, OURS("sriov"), "pf");
		add_int(adder, OURS("totalVFs"), pci->total_vfs);
		add_int(adder, OURS("numVFs"), pci->n_vfs);
	}
	if (!pci->is_vf)
		return;
	add_string(adder, OURS("sriov"), "vf");
	add_address(adder, OURS("pfAddress"), &pci->pf);
	if (pci->vf_index >= 0)
		add_int(adder, OURS("vfIndex"), pci->vf_index);
}

static void add_function(struct adder *adder, const struct vc_host_device *d)
{
	const struct vc_pci_part *pci = &d->pci;

	if (pci->address.domain <= 0xffff)
		add_address(adder, VC_ATTR_PCI_BUS_ID, &pci->address);
	add_string(adder, VC_ATTR_PCIE_ROOT, pci->pcie_root);
	add_address(adder, VC_ATTR_PCI_ADDRESS, &pci->address);
	add_ids(adder, pci);
	add_sriov(adder, pci);
	add_string(adder, OURS("vfioDriver"), pci->vfio_driver);
	add_string(adder, OURS("resetMethods"), pci->reset_methods);
	if (pci->interfaces.n > 0)
		add_string(adder, OURS("interface"), pci->interfaces.v[0]);
	add_evidence(adder, d, OURS("dsn"), VC_EVIDENCE_DSN);
	add_evidence(adder, d, OURS("mac"), VC_EVIDENCE_MAC);
	add_string(adder, OURS("acpiPath"), pci->acpi_path);
	add_string(adder, OURS("physicalSlot"), pci->physical_slot);
	add_bool(adder, OURS("unverified"), d->seen == VC_SEEN_ON_VFIO);
}

static void add_usb(struct adder *adder, const struct vc_host_device *d)
{
	const struct vc_usb_part *usb = &d->usb;

	add_id(adder, VC_ATTR_VENDOR_ID, usb->vendor);
	add_id(adder, VC_ATTR_DEVICE_ID, usb->product);
	add_cut(adder, OURS("vendor"), usb->manufacturer);
	add_cut(adder, OURS("product"), usb->product_name);
	if (usb->bus > 0)
		add_int(adder, OURS("usbBus"), usb->bus);
	add_string(adder, OURS("usbPort"), usb->port);
	add_string(adder, OURS("interfaceClasses"), usb->interface_classes);
	if (usb->has_controller)
		add_address(adder, OURS("controller"), &usb->controller);
}

static void add_mdev(struct adder *adder, const struct vc_host_device *d)
{
	const struct vc_mdev_part *mdev = &d->mdev;

	add_string(adder, VC_ATTR_MDEV_UUID, mdev->uuid);
	add_string(adder, OURS("mdevType"), mdev->type);
	add_string(adder, VC_ATTR_MDEV_MODEL, mdev->device_api);
	add_string(adder, OURS("mdevParent"), mdev->parent);
	add_cut(adder, OURS("product"), mdev->type_name);
	if (d->kind == VC_DEVICE_MDEV_TYPE && mdev->available >= 0)
		add_int(adder, OURS("availableInstances"), mdev->available);
}

static void add_common(struct adder *adder, const struct vc_host_device *d)
{
	add_string(adder, VC_ATTR_KIND, vc_device_kind_name(d->kind));
	add_string(adder, OURS("class"), vc_host_device_class(d));
	if (d->numa_node >= 0)
		add_int(adder, VC_ATTR_NUMA_NODE, d->numa_node);
	if (d->iommu_group >= 0)
		add_int(adder, VC_ATTR_IOMMU_GROUP, d->iommu_group);
	add_string(adder, OURS("driver"), d->driver);
	add_string(adder, OURS("slotPath"), d->slot_path);
	add_string(adder, VC_ATTR_SERIAL, vc_host_device_serial(d));
}

/**
 * vc_host_device_attributes() - What a device says in the language of DRA
 * @arena:	holds the attributes
 * @device:	device
 * @ret_attributes: attributes, at most VC_ATTRIBUTES_MAX, no name twice
 * @err:	out of memory
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_host_device_attributes(struct vc_arena *arena, const struct vc_host_device *device,
                              struct vc_attributes *ret_attributes, struct vc_err *err)
{
	struct vc_attributes list = { 0 };
	struct adder adder = { .arena = arena, .list = &list };

	add_common(&adder, device);
	switch (device->kind) {
	case VC_DEVICE_PCI:
		add_function(&adder, device);
		break;
	case VC_DEVICE_USB:
		add_usb(&adder, device);
		break;
	case VC_DEVICE_MDEV_TYPE:
	case VC_DEVICE_MDEV:
		add_mdev(&adder, device);
		break;
	}
	if (adder.failed)
		return vc_fail_oom(err);
	*ret_attributes = list;
	return 0;
}
