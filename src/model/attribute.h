/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * attribute.h - named values of a device, as DRA knows them.
 *
 * [DRA] resource/v1 types.go: an attribute is one of int, bool, string, version, or a
 * list of one of them. Names without a domain belong to the driver: readers store every
 * name qualified, "domain/id", so that "pciBusID" of a driver is never mistaken for
 * "resource.kubernetes.io/pciBusID".
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

enum vc_attribute_type {
	VC_ATTRIBUTE_INT,
	VC_ATTRIBUTE_BOOL,
	VC_ATTRIBUTE_STRING,
	VC_ATTRIBUTE_VERSION,
};

/* The values of one attribute; a scalar has one. */
struct vc_attribute {
	char *name; /* qualified */
	enum vc_attribute_type type;
	bool list;
	size_t n;
	union {
		int64_t *ints;
		bool *bools;
		char **strings; /* also versions */
	};
};

struct vc_attributes {
	struct vc_attribute *v;
	size_t n, cap;
};

/* Standard names [DRA] deviceattribute, [KEP-6072] */
#define VC_ATTR_PCI_BUS_ID "resource.kubernetes.io/pciBusID"
#define VC_ATTR_PCIE_ROOT  "resource.kubernetes.io/pcieRoot"
#define VC_ATTR_NUMA_NODE  "resource.kubernetes.io/numaNode"

/* Ours; docs/formats.md lists them. */
#define VC_ATTR_DOMAIN      "virt-claim.io"
#define VC_ATTR_KIND        VC_ATTR_DOMAIN "/kind"
#define VC_ATTR_PCI_ADDRESS VC_ATTR_DOMAIN "/pciAddress" /* any domain width */
#define VC_ATTR_MDEV_UUID   VC_ATTR_DOMAIN "/mdevUUID"
#define VC_ATTR_MDEV_MODEL  VC_ATTR_DOMAIN "/mdevModel"
#define VC_ATTR_IOMMU_GROUP VC_ATTR_DOMAIN "/iommuGroup"
#define VC_ATTR_VENDOR_ID   VC_ATTR_DOMAIN "/vendorID" /* "144d" */
#define VC_ATTR_DEVICE_ID   VC_ATTR_DOMAIN "/deviceID"
#define VC_ATTR_SERIAL      VC_ATTR_DOMAIN "/serial"
#define VC_ATTR_BOOT_ID     VC_ATTR_DOMAIN "/bootID"

/* Of some kinds; docs/kinds.md lists them. */
#define VC_ATTR_USB_BUS        VC_ATTR_DOMAIN "/usbBus"
#define VC_ATTR_USB_DEVICE     VC_ATTR_DOMAIN "/usbDevice"
#define VC_ATTR_USB_PORT       VC_ATTR_DOMAIN "/usbPort"
#define VC_ATTR_USB_VENDOR_ID  VC_ATTR_DOMAIN "/usbVendorID"
#define VC_ATTR_USB_PRODUCT_ID VC_ATTR_DOMAIN "/usbProductID"
#define VC_ATTR_USB_SERIAL     VC_ATTR_DOMAIN "/usbSerial"
#define VC_ATTR_VLAN           VC_ATTR_DOMAIN "/vlan"
#define VC_ATTR_NVME_NAMESPACE VC_ATTR_DOMAIN "/nvmeNamespace"
#define VC_ATTR_VDPA_PATH      VC_ATTR_DOMAIN "/vdpaPath"
#define VC_ATTR_SCSI_ADDRESS   VC_ATTR_DOMAIN "/scsiAddress" /* "host:channel:target:lun" */
#define VC_ATTR_WWPN           VC_ATTR_DOMAIN "/wwpn"        /* "naa.5001405b8e6d8b3c" */

const struct vc_attribute *vc_attributes_find(const struct vc_attributes *attributes,
                                              const char *name) VC_NONNULL;
const char *vc_attributes_string(const struct vc_attributes *attributes,
                                 const char *name) VC_NONNULL;
bool vc_attributes_int(const struct vc_attributes *attributes, const char *name,
                       int64_t *ret_value) VC_NONNULL;
bool vc_attribute_equal(const struct vc_attribute *a,
                        const struct vc_attribute *b) VC_NONNULL;
