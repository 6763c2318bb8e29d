/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * claim.h - prepared claims, in pieces and put together.
 *
 * Readers produce partial facts: NULL, 0, -1 and "unknown" mean that the input did not
 * say. join puts pieces with the same claim UID together; nothing is invented. All of
 * it lives in an arena.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/attribute.h"
#include "model/host_side.h"

enum vc_tri {
	VC_UNKNOWN = 0,
	VC_NO,
	VC_YES,
};

/**
 * struct vc_device - one device that answers a request
 * @request:	request name without subrequest; NULL unknown
 * @subrequest:	chosen alternative of a firstAvailable request; NULL none or unknown
 * @driver:	DRA driver, as spelled; compare case-insensitively; NULL unknown
 * @pool:	NULL unknown
 * @name:	device name in the pool; NULL unknown; never parsed for an address
 * @cdi_name:	qualified CDI name "vendor/class=name"; NULL none
 * @attributes:	every attribute, names qualified
 * @interface_name: [KEP-5304] networkData; NULL unknown
 * @hardware_address: [KEP-5304] networkData; NULL unknown
 * @ips:	[KEP-5304] networkData, in CIDR form
 * @host:	where it is, as far as it is known
 * @iommu_group: -1 unknown
 * @vfio_cdev:	N of /dev/vfio/devices/vfioN; -1 unknown
 * @admin_access: only a ResourceClaim says it
 * @unresolved:	why there is no address although something points to one, as a clause for
 *		messages: "group 37 holds 0000:65:00.0 and 0000:65:00.1"; NULL
 * @origin:	where the device was found: file, and pointer or line; after join, where
 *		its address came from, when it has one
 */
struct vc_device {
	char *request;
	char *subrequest;
	char *driver;
	char *pool;
	char *name;
	char *cdi_name;
	struct vc_attributes attributes;
	char *interface_name;
	char *hardware_address;
	struct {
		char **v;
		size_t n, cap;
	} ips;
	struct vc_host_side host;
	int64_t iommu_group;
	int64_t vfio_cdev;
	enum vc_tri admin_access;
	char *unresolved;
	char *origin;
};

struct vc_devices {
	struct vc_device *v;
	size_t n, cap;
};

/* One entry of status.reservedFor, or an owner reference; [DRA] resource/v1 */
struct vc_consumer {
	char *api_group; /* "" for core */
	char *resource;  /* "pods", "virtualmachines"; of owners: the kind */
	char *name;
	char *uid;
};

struct vc_consumers {
	struct vc_consumer *v;
	size_t n, cap;
};

/**
 * struct vc_claim - one ResourceClaim, as far as it is known
 * @uid:	NULL unknown; what pieces are joined by
 * @namespace:	NULL unknown
 * @name:	NULL unknown
 * @pod_claim:	name in pod.spec.resourceClaims when made from a template; NULL
 * @generation:	of the metadata file, 0 unknown; the higher one wins
 * @devices:	in the order of the input
 * @from_api:	whether a ResourceClaim object was read: only then do @reserved_for,
 *		@owners, @allocated and adminAccess mean anything
 * @reserved_for: consumers
 * @owners:	owner references
 * @allocated:	whether status.allocation is there
 * @deleting:	whether it has a deletionTimestamp
 * @origin:	file (and pointer) that it was read from
 */
struct vc_claim {
	char *uid;
	char *namespace;
	char *name;
	char *pod_claim;
	int64_t generation;
	struct vc_devices devices;
	bool from_api;
	struct vc_consumers reserved_for;
	struct vc_consumers owners;
	bool allocated;
	bool deleting;
	char *origin;
};

struct vc_claims {
	struct vc_claim *v;
	size_t n, cap;
};

/* One ResourceSlice: the devices are drivers' offers, with attributes. */
struct vc_slice {
	char *driver;
	char *pool;
	char *node; /* NULL when not bound to a node */
	int64_t generation;
	int64_t slice_count;
	struct vc_devices devices;
	char *origin;
};

struct vc_slices {
	struct vc_slice *v;
	size_t n, cap;
};

/* One claim of a pod: its name in the pod and the name of the object. */
struct vc_pod_claim {
	char *name;       /* pod.spec.resourceClaims[].name */
	char *claim_name; /* NULL while a template claim has no object yet */
};

struct vc_pod {
	char *uid;
	char *namespace;
	char *name;
	struct vc_consumers owners;
	struct {
		struct vc_pod_claim *v;
		size_t n, cap;
	} claims;
	char *origin;
};

struct vc_pods {
	struct vc_pod *v;
	size_t n, cap;
};

/**
 * struct vc_facts - everything that the readers found, before join
 * @claims:	pieces; several may have one UID
 * @slices:	for devices whose claim has no address
 * @pods:	who is who in reservedFor
 * @notes:	warnings for stderr, in order
 */
struct vc_facts {
	struct vc_claims claims;
	struct vc_slices slices;
	struct vc_pods pods;
	struct {
		char **v;
		size_t n, cap;
	} notes;
};

/* "nothing known": what a reader starts a device with */
#define VC_DEVICE_INIT                              \
	{                                           \
		.iommu_group = -1, .vfio_cdev = -1, \
	}

int vc_facts_note(struct vc_arena *arena, struct vc_facts *facts, struct vc_err *err,
                  const char *fmt, ...) VC_PRINTF(4, 5) VC_NONNULL;
bool vc_driver_equal(const char *a, const char *b);
