/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * host_claim.h - a claim that virt-claim itself keeps, on a host without Kubernetes: which
 * devices it has, and what they are apart from where they are.
 *
 * The claim follows the device. An address in here is where the device was last; it is a
 * hint for people and never used to find anything.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "model/inventory.h"

/* Our own driver, and the domain of our attributes: [DRA] results[].driver */
#define VC_HOST_DRIVER "virt-claim.io"
/* Namespace and request of a host claim that names none. */
#define VC_HOST_NAMESPACE "default"
#define VC_HOST_REQUEST   "device"
/* [DRA] 32 requests of a claim, 32 results */
#define VC_HOST_CLAIM_DEVICES_MAX 32U

/* Of one device: pieces of evidence, and bytes of any one text. */
#define VC_IDENTITY_EVIDENCE_MAX 16U
#define VC_IDENTITY_TEXT_MAX     512U
/* [SR-IOV] TotalVFs has 16 bits. */
#define VC_VF_INDEX_MAX 65534U
/* [802.1Q] 0 and 4095 are no VLANs. */
#define VC_VLAN_MAX 4094

/**
 * struct vc_identity - what a device is, apart from where it is
 * @kind:	VC_DEVICE_PCI, VC_DEVICE_USB, or VC_DEVICE_MDEV: a parent of mediated devices
 *		that is no PCI function ("mtty", "matrix")
 * @vendor, @device, @subsystem_vendor, @subsystem_device: ids; of VC_DEVICE_MDEV 0
 * @evidence:	what proved what it is, never useless evidence; empty: only ids and slot
 *		path are known of it
 * @slot_path:	as in struct vc_host_device; NULL unknown; of VC_DEVICE_MDEV the name of
 *		the parent in sysfs
 * @address:	where it was when it was seen last
 * @boot_id:	boot in which it was seen last
 * @seen:	while who held it then
 */
struct vc_identity {
	enum vc_device_kind kind;
	uint16_t vendor, device, subsystem_vendor, subsystem_device;
	struct {
		struct vc_evidence *v;
		size_t n, cap;
	} evidence;
	char *slot_path;
	char *address;
	char *boot_id;
	enum vc_seen seen;
};

/* Whether it is a device that can be made. A VF or mdev that existed when it was claimed
 * is one all the same: after a boot it has to be made again. */
enum vc_made_from {
	VC_MADE_BY_NOBODY, /* .identity is its own */
	VC_MADE_FROM_PF,   /* a virtual function: .identity is that of the PF */
	VC_MADE_FROM_TYPE, /* a mediated device: .identity is that of the parent */
};

/**
 * struct vc_claimed_device - one device of a host claim
 * @request:	name of the request that it answers
 * @name:	[DRA] results[].device: a DNS label that stays, "nvme-nvme0001"
 * @made_from:	whether it is made
 * @identity:	of the device, of its PF or of its parent
 * @vf_index:	of VC_MADE_FROM_PF, from 0
 * @mac, @vlan:	of VC_MADE_FROM_PF, set through the PF; NULL, -1: not asked for
 * @mdev_type, @mdev_uuid: of VC_MADE_FROM_TYPE: type id and the UUID it will have
 * @match:	what was asked for with --match, "class=nvme,numaNode=1"; NULL: an address
 */
struct vc_claimed_device {
	char *request;
	char *name;
	enum vc_made_from made_from;
	struct vc_identity identity;
	unsigned vf_index;
	char *mac;
	int vlan;
	char *mdev_type, *mdev_uuid;
	char *match;
};

/**
 * struct vc_host_claim - one claim of the store
 * @namespace, @name, @uid: metadata; @uid is made by us and a UUID
 * @pool:	[DRA] results[].pool: this host
 * @generation:	counts changes of the file, from 1
 * @persistent:	it is prepared again at each boot
 * @devices:	1..VC_HOST_CLAIM_DEVICES_MAX, devices of one request one after the other
 * @origin:	file, for messages
 */
struct vc_host_claim {
	char *namespace;
	char *name;
	char *uid;
	char *pool;
	int64_t generation;
	bool persistent;
	struct {
		struct vc_claimed_device *v;
		size_t n, cap;
	} devices;
	char *origin;
};

struct vc_host_claims {
	struct vc_host_claim *v;
	size_t n, cap;
};

const char *vc_seen_name(enum vc_seen seen);
const char *vc_made_from_name(enum vc_made_from made_from);
bool vc_is_unicast_mac(const char *text);
