/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * host_side.h - what a device is on the host: its kind, and where it is.
 *
 * Claims, the plan and the elements of a domain say it with one struct. A kind is one
 * row here and one sheet of xslt/.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "model/pci_address.h"

/* One file of xslt/ each. */
enum vc_kind {
	VC_KIND_UNKNOWN = 0,
	VC_KIND_PCI,
	VC_KIND_MDEV,
	VC_KIND_USB,
	VC_KIND_NETWORK, /* a PCI function, as <interface type='hostdev'> */
	VC_KIND_NVME,    /* a PCI function, as <disk type='nvme'> */
	VC_KIND_VDPA,
	VC_KIND_SCSI,
	VC_KIND_SCSI_HOST,
};
#define VC_KINDS (VC_KIND_SCSI_HOST + 1)

/* [LV] formatdomain: model of an mdev hostdev */
enum vc_mdev_model {
	VC_MDEV_UNKNOWN = 0,
	VC_MDEV_VFIO_PCI,
	VC_MDEV_VFIO_CCW,
	VC_MDEV_VFIO_AP,
};

/**
 * struct vc_usb_device - a USB device of the host, in up to three ways
 * @bus:	1..999; 0 unknown
 * @device:	1..999, changes whenever the device is plugged in; 0 unknown
 * @port:	"1.4.2", stays as long as nobody moves the plug; NULL unknown
 * @serial:	what it says of itself, by which the machine can find it; NULL unknown
 * @has_ids:	whether @vendor and @product are known
 * @vendor, @product: 0..0xffff
 */
struct vc_usb_device {
	unsigned bus, device;
	char *port;
	char *serial;
	bool has_ids;
	uint16_t vendor, product;
};

/* A logical unit behind a SCSI host of the host: "host:channel:target:lun" */
struct vc_scsi_unit {
	bool set;
	uint32_t host, channel, target;
	uint64_t lun;
};

/**
 * struct vc_host_side - the host's side of a device
 * @kind:	VC_KIND_UNKNOWN until an address of some kind is known
 * @has_pci:	whether @pci is known
 * @pci:	of VC_KIND_PCI, _NETWORK and _NVME
 * @nvme_namespace: of VC_KIND_NVME, from 1; 0 not said, which means 1
 * @mdev_uuid:	lower case; NULL none
 * @mdev_model:	[LV] formatdomain
 * @usb:	of VC_KIND_USB
 * @vdpa:	of VC_KIND_VDPA: "/dev/vhost-vdpa-0"; NULL none
 * @scsi:	of VC_KIND_SCSI
 * @wwpn:	of VC_KIND_SCSI_HOST: "naa." and 16 hex digits, lower case; NULL none
 */
struct vc_host_side {
	enum vc_kind kind;
	bool has_pci;
	struct vc_pci_address pci;
	uint32_t nvme_namespace;
	char *mdev_uuid;
	enum vc_mdev_model mdev_model;
	struct vc_usb_device usb;
	char *vdpa;
	struct vc_scsi_unit scsi;
	char *wwpn;
};

/* [LV] formatdomain, interface type='vdpa' */
#define VC_VDPA_PREFIX "/dev/vhost-vdpa-"

const char *vc_kind_name(enum vc_kind kind);
bool vc_kind_parse(const char *text, enum vc_kind *ret_kind) VC_NONNULL;
bool vc_kind_is_pci(enum vc_kind kind);
uint32_t vc_nvme_namespace(const struct vc_host_side *side) VC_NONNULL;
const char *vc_mdev_model_name(enum vc_mdev_model model);
bool vc_mdev_model_parse(const char *text, enum vc_mdev_model *ret_model) VC_NONNULL;

bool vc_host_side_settle(struct vc_host_side *side, const char *word);
const char *vc_host_side_evidence(const struct vc_host_side *side) VC_NONNULL;
bool vc_host_side_has_address(const struct vc_host_side *side) VC_NONNULL;
bool vc_host_side_known(const struct vc_host_side *side) VC_NONNULL;
int vc_host_side_compare(const struct vc_host_side *a,
                         const struct vc_host_side *b) VC_NONNULL;
bool vc_host_side_equal(const struct vc_host_side *a,
                        const struct vc_host_side *b) VC_NONNULL;
char *vc_host_side_text(struct vc_arena *arena,
                        const struct vc_host_side *side) VC_NONNULL;
char *vc_host_side_key(struct vc_arena *arena,
                       const struct vc_host_side *side) VC_NONNULL;
