/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/show.h"

static int add(struct vc_arena *arena, struct vc_texts *texts, bool missing,
               const char *text, struct vc_err *err)
{
	const char **slot = missing ? vc_list_push(arena, texts) : NULL;

	if (!missing)
		return 0;
	if (!slot)
		return vc_fail_oom(err);
	*slot = text;
	return 0;
}

/**
 * vc_show_missing_of_claim() - What no input says of a claim
 * @arena:	holds the list
 * @claim:	claim
 * @texts:	gets one text for each missing fact: what, and which input would say it
 * @err:	out of memory
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_show_missing_of_claim(struct vc_arena *arena, const struct vc_claim *claim,
                             struct vc_texts *texts, struct vc_err *err)
{
	if (add(arena, texts, !claim->uid, "UID: a ResourceClaim object says it", err) <
	            0 ||
	    add(arena, texts, !claim->name,
	        "name: a ResourceClaim object or device metadata says it", err) < 0 ||
	    add(arena, texts, !claim->namespace,
	        "namespace: a ResourceClaim object or device metadata says it", err) < 0)
		return -(int)err->kind;
	return add(arena, texts, !claim->from_api,
	           "owner: only a ResourceClaim object says it", err);
}

static int add_address(struct vc_arena *arena, struct vc_texts *texts,
                       const struct vc_device *device, struct vc_err *err)
{
	bool trail = device->iommu_group >= 0 || device->vfio_cdev >= 0;
	const char *text = trail ? "host address: --sysfs leads from its IOMMU group or "
	                           "VFIO node to it"
	                         : "host address: device metadata, a CDI file or a "
	                           "ResourceSlice says it";

	if (device->unresolved)
		text = vc_arena_printf(arena, "host address: %s", device->unresolved);
	if (!text)
		return vc_fail_oom(err);
	return add(arena, texts, true, text, err);
}

/**
 * vc_show_missing_of_device() - What no input says of a device
 * @arena:	holds the list
 * @device:	device
 * @texts:	gets one text for each missing fact: what, and which input would say it
 * @err:	out of memory
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_show_missing_of_device(struct vc_arena *arena, const struct vc_device *device,
                              struct vc_texts *texts, struct vc_err *err)
{
	bool address = device->kind == VC_KIND_MDEV ? device->mdev_uuid != NULL
	                                            : device->has_pci;

	if (add(arena, texts, !device->request,
	        "request: a ResourceClaim object or device metadata says it", err) < 0 ||
	    add(arena, texts, !device->driver,
	        "driver: a ResourceClaim object or device metadata says it", err) < 0 ||
	    add(arena, texts, !device->name,
	        "device name: a ResourceClaim object or device metadata says it",
	        err) < 0)
		return -(int)err->kind;
	return address ? 0 : add_address(arena, texts, device, err);
}
