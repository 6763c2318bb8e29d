/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * identity.h - record what a device is, and find it again wherever it is now.
 *
 * NVMe serial numbers and MAC addresses can be read only while the host's driver has the
 * device. So they are recorded when they can be seen; a device that vfio has held since
 * boot is *unverified*, and a claim by serial number refuses it. The one exception: the
 * journal says that we ourselves gave it to vfio in this boot.
 */
#pragma once

#include "model/host_claim.h"

/* Copies into the arena; useless evidence is left out. */
int vc_identity_record(struct vc_arena *arena, const struct vc_host_device *device,
                       const char *boot_id, struct vc_identity *ret_identity,
                       struct vc_err *err) VC_MUST_CHECK;

/**
 * struct vc_located - a device that was found
 * @device:	it, in the inventory
 * @moved:	it is not where it was
 * @note:	"moved from 0000:01:00.0", or what it is recognised by when that is little;
 *		NULL nothing to say
 */
struct vc_located {
	struct vc_host_device *device;
	bool moved;
	char *note;
};

/* Pure. @ours: where the journal of this boot says that this device is (we bound it);
 * NULL it does not. Not found, another one in its place, ids or evidence that contradict,
 * evidence that cannot be seen, two devices that both fit: -VC_ERR_REFUSED, saying what
 * was recorded, what is there now, and what to do. */
int vc_identity_locate(struct vc_arena *arena, const struct vc_inventory *inventory,
                       const struct vc_identity *identity,
                       const struct vc_pci_address *ours, struct vc_located *ret_located,
                       struct vc_err *err) VC_MUST_CHECK;
