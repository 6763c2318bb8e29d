/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * host_facts.h - what the machine says about the devices of some claims, as plain data.
 *
 * src/host/ fills it from a sysfs tree; the pure code downstream only reads it. With no
 * sysfs root there are no facts and every question is answered "unknown".
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/claim.h"
#include "model/pci_address.h"

/**
 * struct vc_function - one PCI function that exists
 * @address:	where
 * @vendor:	0..0xffff
 * @device:	0..0xffff
 * @class_code:	24 bits; 0x06.... is a bridge
 * @driver:	bound driver; NULL none
 * @on_vfio:	bound to vfio-pci or a variant: it has a vfio-dev/ directory, or its
 *		driver is called vfio-pci or ends in -vfio-pci, _vfio_pci
 * @iommu_group: -1 none
 * @numa_node:	-1 unknown
 * @is_vf:	has a physfn
 * @n_vfs:	VFs that exist now, of a PF
 * @serial:	of an NVMe controller that the host's driver has; NULL it cannot be seen
 */
struct vc_function {
	struct vc_pci_address address;
	uint16_t vendor, device;
	uint32_t class_code;
	char *driver;
	bool on_vfio;
	int64_t iommu_group;
	int numa_node;
	bool is_vf;
	unsigned n_vfs;
	char *serial;
};

/* One mediated device that exists */
struct vc_mdev_fact {
	char *uuid;   /* lower case */
	char *parent; /* sysfs name of the parent device */
	char *type;   /* type id; NULL unknown */
	enum vc_mdev_model model;
	int64_t iommu_group;
};

/* /dev/vfio/devices/vfioN -> function */
struct vc_cdev_fact {
	int64_t number;
	struct vc_pci_address address;
};

/**
 * struct vc_usb_fact - one USB device that exists, hubs too
 * @bus, @device: 1..999
 * @port:	"1.4.2"; "" of a root hub
 * @vendor, @product: 0..0xffff
 * @serial:	NULL none
 */
struct vc_usb_fact {
	unsigned bus, device;
	char *port;
	uint16_t vendor, product;
	char *serial;
};

/**
 * struct vc_host_facts - facts
 * @boot_id:	this boot of the machine; NULL unknown
 * @functions:	every function named by a claim, and every member of their groups;
 *		sorted by address
 * @mdevs:	mdevs named by a claim that exist, or that are members of named groups
 * @cdevs:	VFIO character devices named by a claim that exist
 * @usbs:	every USB device, when any was asked for; sorted by bus and device
 * @scsi:	SCSI units that were asked for and exist: "2:0:1:0"
 * @vdpas:	every vDPA device, when any was asked for: "/dev/vhost-vdpa-0"
 */
struct vc_host_facts {
	char *boot_id;
	struct {
		struct vc_function *v;
		size_t n, cap;
	} functions;
	struct {
		struct vc_mdev_fact *v;
		size_t n, cap;
	} mdevs;
	struct {
		struct vc_cdev_fact *v;
		size_t n, cap;
	} cdevs;
	struct {
		struct vc_usb_fact *v;
		size_t n, cap;
	} usbs;
	struct {
		char **v;
		size_t n, cap;
	} scsi, vdpas;
};

const struct vc_function *vc_host_facts_function(const struct vc_host_facts *facts,
                                                 const struct vc_pci_address *address);
const struct vc_usb_fact *vc_host_facts_usb(const struct vc_host_facts *facts,
                                            const struct vc_usb_device *usb,
                                            size_t *ret_n);
bool vc_host_facts_has(const struct vc_host_facts *facts,
                       const struct vc_host_side *side) VC_NONNULL;
const struct vc_mdev_fact *vc_host_facts_mdev(const struct vc_host_facts *facts,
                                              const char *uuid);
