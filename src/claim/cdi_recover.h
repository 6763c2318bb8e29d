/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cdi_recover.h - what the files of cdi*.c share: from a checked CDI file to facts.
 *
 * A CDI file says what to do to a container, not which device it is about. Drivers leave
 * enough behind to find out; the ladder, from what says most to what says least:
 *
 *   0. annotations of ours
 *   1. the mount of a metadata CDI file [KEP-5304] leads to all there is to know
 *   2. environment variables with addresses
 *   3. device names with addresses
 *   4. VFIO device nodes: an IOMMU group or a cdev, from which join finds the address
 *
 * cdi_uid.c finds the claim, cdi_evidence.c climbs steps 0 and 2 to 4, cdi_metadata.c
 * takes step 1, cdi_recover.c makes facts of the result.
 */
#pragma once

#include "claim/cdi_spec.h"
#include "model/claim.h"

/* Ours; docs/formats.md lists them. */
#define VC_CDI_ANNOTATION(name) VC_ATTR_DOMAIN "/" name

/* More would be no device but an attack. */
#define VC_CDI_MAX_EVIDENCE 256

/**
 * struct vc_cdi_options - what to recover, and how
 * @uid:	only this claim, and devices of which no claim is known; NULL: all
 * @follow:	read the metadata files that metadata CDI files mount
 * @file_flags:	how to read these
 */
struct vc_cdi_options {
	const char *uid;
	bool follow;
	unsigned file_flags;
};

/**
 * struct vc_cdi_evidence - what one CDI device says about host devices
 * @addresses:	PCI functions
 * @mdevs:	mdev UUIDs, lower case
 * @usbs:	USB devices, by bus and device number
 * @groups:	IOMMU groups
 * @cdevs:	N of /dev/vfio/devices/vfioN
 * @mdev_model:	of @mdevs
 * @no_iommu:	a node that works without an IOMMU; NULL none
 */
struct vc_cdi_evidence {
	struct {
		struct vc_pci_address *v;
		size_t n, cap;
	} addresses;
	struct vc_cdi_texts mdevs;
	struct {
		struct vc_usb_device *v;
		size_t n, cap;
	} usbs;
	struct {
		int64_t *v;
		size_t n, cap;
	} groups, cdevs;
	enum vc_mdev_model mdev_model;
	const char *no_iommu;
};

/* Annotations that become attributes as they are. */
struct vc_cdi_described {
	const char *annotation;
	const char *attribute;
};
#define VC_CDI_DESCRIBED 4U
extern const struct vc_cdi_described vc_cdi_described[VC_CDI_DESCRIBED];

const char *vc_cdi_annotation(const struct vc_cdi_annotations *annotations,
                              const char *key);
char *vc_cdi_lower(struct vc_arena *arena, const char *text, size_t len) VC_MUST_CHECK;

/* cdi_uid.c */
size_t vc_cdi_uid_prefix(const char *name);
const char *vc_cdi_uid_in_file_name(const char *file_name);
bool vc_cdi_is_pod_device(const struct vc_cdi_device *device);
int vc_cdi_claim_uid(struct vc_arena *arena, const struct vc_cdi_device *device,
                     const char *file_name, char **ret_uid, struct vc_err *err)
	VC_MUST_CHECK;

/* cdi_evidence.c */
int vc_cdi_collect_evidence(struct vc_arena *arena, const struct vc_cdi_spec *spec,
                            const struct vc_cdi_device *device,
                            struct vc_cdi_evidence *ret_evidence, struct vc_err *err)
	VC_MUST_CHECK;
int vc_cdi_note_collisions(struct vc_arena *arena, const struct vc_cdi_spec *spec,
                           struct vc_facts *facts, struct vc_err *err) VC_MUST_CHECK;

/* cdi_metadata.c */
bool vc_cdi_is_metadata(const struct vc_cdi_spec *spec);
int vc_cdi_read_metadata(struct vc_arena *arena, const struct vc_cdi_device *device,
                         const char *uid, const struct vc_cdi_options *options,
                         struct vc_facts *facts, struct vc_err *err) VC_MUST_CHECK;

/* cdi_recover.c */
int vc_cdi_recover(struct vc_arena *arena, const struct vc_cdi_spec *spec,
                   const char *file_name, const struct vc_cdi_options *options,
                   struct vc_facts *facts, struct vc_err *err) VC_MUST_CHECK;
