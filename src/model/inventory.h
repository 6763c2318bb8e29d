/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * inventory.h - every device of the host that could be given away, as plain data.
 *
 * src/host/ fills it from sysfs and libpci at one moment; what it says is what was seen
 * then. "Unknown" has a value of its own everywhere, and is never guessed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/file.h"
#include "model/pci_address.h"

/* In the order of the inventory. */
enum vc_device_kind {
	VC_DEVICE_PCI,
	VC_DEVICE_USB,
	VC_DEVICE_MDEV_TYPE, /* what a parent can still make */
	VC_DEVICE_MDEV,
};

/* In the order in which they make the serial number of a device. */
enum vc_evidence_kind {
	VC_EVIDENCE_NVME, /* serial number of the controller */
	VC_EVIDENCE_VPD,  /* SN of the vital product data */
	VC_EVIDENCE_USB,  /* iSerialNumber */
	VC_EVIDENCE_DSN,  /* PCIe device serial number, 16 hex digits */
	VC_EVIDENCE_MAC,  /* permanent address */
};

/**
 * struct vc_evidence - one fact about what a device is, apart from where it is
 * @kind:	what was read
 * @value:	as read, white space around it cut off
 * @useless:	why it proves nothing: zero, or another device says the same; NULL if it does
 */
struct vc_evidence {
	enum vc_evidence_kind kind;
	char *value;
	char *useless;
};

/* Who held the device when it was looked at. NVMe serial and MAC are visible only while
 * the host's driver does: a device on vfio from the start is *unverified*. */
enum vc_seen {
	VC_SEEN_ON_NOTHING,
	VC_SEEN_ON_HOST_DRIVER,
	VC_SEEN_ON_VFIO,
};

/* More members of a group on host drivers than this is nothing that anybody claims. */
#define VC_TOGETHER_MAX 32

/**
 * struct vc_verdict - whether a device can be claimed
 * @claimable:	whether it can
 * @reasons:	if not, every reason why not, in the order of docs/devices.md
 * @together:	if it can: the members of its IOMMU group that have to be claimed with it,
 *		because a driver of the host holds them; at most VC_TOGETHER_MAX
 */
struct vc_verdict {
	bool claimable;
	struct vc_names reasons;
	struct vc_names together;
};

/**
 * struct vc_pci_part - what only a PCI function has
 * @address:	where it is
 * @vendor, @device, @subsystem_vendor, @subsystem_device: ids; subsystem 0 none
 * @class_code:	24 bits
 * @revision:	0..255
 * @class_name, @vendor_name, @device_name: from pci.ids, NULL unknown
 * @on_vfio:	held by vfio-pci or a variant of it
 * @pcie_root:	[DRA] deviceattribute: "pci0000:64"; NULL not below one
 * @has_upstream: whether it is below a bridge
 * @upstream:	that bridge
 * @root_port:	the first one of the bridges above it
 * @n_vfs, @total_vfs: VFs that exist and that can exist, of a PF; 0 otherwise
 * @is_vf:	has a physfn
 * @pf:		of a VF
 * @vf_index:	of a VF, from 0; -1 unknown
 * @vf_autoprobe: of a PF: whether drivers of the host take its VFs as they are made
 * @vf_mac, @vf_vlan: of a VF: what its PF has set for it, "52:54:00:12:34:56" and 0 for
 *		none; NULL it was not asked, or could not say
 * @reset_methods: in the kernel's order, "flr bus"; "" none; NULL unknown
 * @vfio_driver: the driver that it would be bound to; NULL none is known
 * @boot_vga:	firmware showed its messages here
 * @n_mdevs:	mediated devices that it is the parent of
 * @interfaces:	network interfaces of it
 * @acpi_path:	NULL none
 * @physical_slot: name of the slot as firmware calls it; NULL unknown
 * @dsn:	as read, 0 none
 * @has_vpd:	whether it has vital product data
 */
struct vc_pci_part {
	struct vc_pci_address address;
	uint16_t vendor, device, subsystem_vendor, subsystem_device;
	uint32_t class_code;
	uint8_t revision;
	char *class_name, *vendor_name, *device_name;
	bool on_vfio;
	char *pcie_root;
	bool has_upstream;
	struct vc_pci_address upstream, root_port;
	unsigned n_vfs, total_vfs;
	bool is_vf;
	struct vc_pci_address pf;
	int vf_index;
	bool vf_autoprobe;
	char *vf_mac;
	int vf_vlan;
	char *reset_methods;
	char *vfio_driver;
	bool boot_vga;
	unsigned n_mdevs;
	struct vc_names interfaces;
	char *acpi_path;
	char *physical_slot;
	uint64_t dsn;
	bool has_vpd;
};

/**
 * struct vc_usb_part - what only a USB device has
 * @bus, @device: numbers; @device changes whenever it is plugged in
 * @port:	"4.2", from the root hub of @bus; NULL for a root hub
 * @vendor, @product: ids
 * @device_class: 0 is said by each interface
 * @interface_classes: the classes of the interfaces, sorted, "03 08"
 * @manufacturer, @product_name: texts of the device, NULL none
 * @hub:	a hub, also a root hub
 * @has_controller: whether it is below a PCI function
 * @controller:	that function
 */
struct vc_usb_part {
	unsigned bus, device;
	char *port;
	uint16_t vendor, product;
	uint8_t device_class;
	char *interface_classes;
	char *manufacturer, *product_name;
	bool hub;
	bool has_controller;
	struct vc_pci_address controller;
};

/**
 * struct vc_mdev_part - what only mdev types and mdevs have
 * @parent:	sysfs name of the parent device
 * @has_parent_pci, @parent_pci: its address, if it is a PCI function
 * @type:	type id, "nvidia-558"; NULL unknown
 * @device_api:	"vfio-pci"; NULL unknown
 * @type_name, @description: texts of the type, NULL none
 * @available:	of a type: instances that can still be made; -1 unknown
 * @uuid:	of an mdev, lower case
 */
struct vc_mdev_part {
	char *parent;
	bool has_parent_pci;
	struct vc_pci_address parent_pci;
	char *type;
	char *device_api;
	char *type_name, *description;
	int64_t available;
	char *uuid;
};

/**
 * struct vc_host_device - one device
 * @kind:	which of the parts is set
 * @name:	[DRA] DNS label, from @address
 * @address:	as people call it: "0000:65:00.0", "1-4.2", "0000:17:00.0/nvidia-558", UUID
 * @path:	below the sysfs root: "devices/pci0000:64/..."
 * @driver:	that holds it; of a USB device those of its interfaces, "usb-storage uas";
 *		NULL none
 * @iommu_group: -1 none
 * @vfio_cdev:	its own node below /dev/vfio/devices, "vfio3"; NULL none, or vfio does not
 *		hold it
 * @numa_node:	-1 unknown
 * @slot_path:	device.function of each bridge from the root down, "\_SB_.PC12/01.0/00.0";
 *		stays when buses are renumbered. NULL unknown
 * @evidence:	what was seen; sorted by kind
 * @seen:	while who held it
 * @protection:	why the host needs it, "holds the file system at '/'"; NULL it does not,
 *		or the configuration names it
 * @broken:	what sysfs says about it makes no sense; NULL it does
 * @verdict:	whether it can be claimed
 */
struct vc_host_device {
	enum vc_device_kind kind;
	char *name;
	char *address;
	char *path;
	char *driver;
	int64_t iommu_group;
	char *vfio_cdev;
	int numa_node;
	char *slot_path;
	struct {
		struct vc_evidence *v;
		size_t n, cap;
	} evidence;
	enum vc_seen seen;
	char *protection;
	char *broken;
	struct vc_verdict verdict;
	union {
		struct vc_pci_part pci;
		struct vc_usb_part usb;
		struct vc_mdev_part mdev;
	};
};

/**
 * struct vc_iommu_group - devices that can only be given away together
 * @number:	changes with hardware and boot
 * @unsafe:	made by vfio without an IOMMU: DMA is not confined
 * @members:	sysfs names, sorted
 */
struct vc_iommu_group {
	int64_t number;
	bool unsafe;
	struct vc_names members;
};

/**
 * struct vc_device_node - a node below the directory of devices
 * @name:	"vfio/12", "bus/usb/001/004"
 * @uid, @gid:	who owns it
 * @mode:	permission bits
 */
struct vc_device_node {
	char *name;
	uid_t uid;
	gid_t gid;
	mode_t mode;
};

/**
 * struct vc_inventory - devices
 * @devices:	sorted by kind, then by address
 * @n_pci:	how many of them are PCI functions; they come first
 * @groups:	sorted by number
 * @nodes:	those that exist of the devices, sorted by name; empty: nobody asked
 * @has_cdevs:	whether devices on vfio have nodes of their own, "vfio/devices/vfio0"
 * @protection_known: whether it was asked which devices the host needs
 * @notes:	what could not be found out, for people
 */
struct vc_inventory {
	struct {
		struct vc_host_device *v;
		size_t n, cap;
	} devices;
	size_t n_pci;
	struct {
		struct vc_iommu_group *v;
		size_t n, cap;
	} groups;
	struct {
		struct vc_device_node *v;
		size_t n, cap;
	} nodes;
	bool has_cdevs;
	bool protection_known;
	struct vc_names notes;
};

struct vc_host_device *
vc_inventory_function(const struct vc_inventory *inventory,
                      const struct vc_pci_address *address) VC_NONNULL;
struct vc_host_device *vc_inventory_find(const struct vc_inventory *inventory,
                                         const char *text) VC_NONNULL;
struct vc_iommu_group *vc_inventory_group(const struct vc_inventory *inventory,
                                          int64_t number) VC_NONNULL;
const struct vc_device_node *vc_inventory_node(const struct vc_inventory *inventory,
                                               const char *name) VC_NONNULL;
const struct vc_evidence *vc_host_device_evidence(const struct vc_host_device *device,
                                                  enum vc_evidence_kind kind) VC_NONNULL;
const char *vc_host_device_serial(const struct vc_host_device *device) VC_NONNULL;
const char *vc_host_device_class(const struct vc_host_device *device) VC_NONNULL;
bool vc_class_matches(const struct vc_host_device *device, const char *text) VC_NONNULL;
bool vc_class_known(const char *text) VC_NONNULL;
const char *vc_device_kind_name(enum vc_device_kind kind);
const char *vc_evidence_kind_name(enum vc_evidence_kind kind);
char *vc_host_device_name(struct vc_arena *arena, const char *prefix, const char *address)
	VC_MUST_CHECK;
