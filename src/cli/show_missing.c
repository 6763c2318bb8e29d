/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/show.h"

#define BY_EITHER "a ResourceClaim object or device metadata says it"
#define BY_CLAIM  "only a ResourceClaim object says it"

static int add(struct vc_arena *arena, struct vc_missings *missings, const char *fact,
               const char *hint, struct vc_err *err)
{
	struct vc_missing *slot = vc_list_push(arena, missings);

	if (!slot)
		return vc_fail_oom(err);
	*slot = (struct vc_missing){ .fact = fact, .hint = hint };
	return 0;
}

static int add_unless(bool known, struct vc_arena *arena, struct vc_missings *missings,
                      const char *fact, struct vc_err *err)
{
	return known ? 0 : add(arena, missings, fact, BY_EITHER, err);
}

/**
 * vc_show_missing_of_claim() - What no input says of a claim
 * @arena:	holds the list
 * @claim:	claim
 * @missings:	gets one entry for each missing fact
 * @err:	out of memory
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_show_missing_of_claim(struct vc_arena *arena, const struct vc_claim *claim,
                             struct vc_missings *missings, struct vc_err *err)
{
	if (add_unless(claim->uid, arena, missings, "UID", err) < 0 ||
	    add_unless(claim->namespace, arena, missings, "namespace", err) < 0 ||
	    add_unless(claim->name, arena, missings, "name", err) < 0)
		return -(int)err->kind;
	return claim->from_api ? 0 : add(arena, missings, "owner", BY_CLAIM, err);
}

static const char *address_hint(const struct vc_device *device)
{
	if (device->unresolved)
		return device->unresolved;
	if (device->iommu_group >= 0 || device->vfio_cdev >= 0)
		return "--sysfs leads from its IOMMU group or VFIO node to it";
	return "device metadata, a CDI file or a ResourceSlice says it";
}

/**
 * vc_show_missing_of_device() - What no input says of a device
 * @arena:	holds the list
 * @device:	device
 * @missings:	gets one entry for each missing fact
 * @err:	out of memory
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_show_missing_of_device(struct vc_arena *arena, const struct vc_device *device,
                              struct vc_missings *missings, struct vc_err *err)
{
	bool address = vc_host_side_known(&device->host);

	if (add_unless(device->request, arena, missings, "request", err) < 0 ||
	    add_unless(device->driver, arena, missings, "driver", err) < 0 ||
	    add_unless(device->name, arena, missings, "device name", err) < 0)
		return -(int)err->kind;
	return address ? 0
	               : add(arena, missings, "host address", address_hint(device), err);
}
