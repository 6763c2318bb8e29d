/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan_access.c - nodes below /dev for QEMU's user, when the configuration names one.
 *
 * Permissions are added and none is taken away: what others can do with a node is not ours
 * to decide.
 */
#include <string.h>

#include "node/device_node.h"
#include "node/plan.h"
#include "node/share.h"

#define OF_OWNER    0600U
#define OF_GROUP    0060U
#define PERMISSIONS 07777U

/* [VFIO] a node that is not there yet will be root's alone. */
static void copy_old(const struct vc_inventory *inventory, struct vc_step *step)
{
	const struct vc_device_node *n = vc_inventory_node(inventory, step->node);

	step->old_uid = n ? n->uid : 0;
	step->old_gid = n ? n->gid : 0;
	step->old_mode = n ? n->mode & PERMISSIONS : OF_OWNER;
}

static int add_node(struct vc_arena *arena, const struct vc_prepare_input *input,
                    char *name, struct vc_entry *entry, struct vc_err *err)
{
	const struct vc_local_node *node = input->node;
	struct vc_step step = {
		.kind = VC_STEP_ACCESS,
		.node = name,
		.uid = node->uid,
		.gid = node->gid,
	};
	bool shared;

	if (!name)
		return vc_fail_oom(err);
	copy_old(input->inventory, &step);
	step.mode = step.old_mode | OF_OWNER | (node->gid != 0 ? OF_GROUP : 0);
	if (vc_plan_share(arena, input, &step, entry, &shared, err) < 0)
		return vc_err_context(err, "node '%s/%s'", node->config->dev, name);
	if (shared || (step.uid == step.old_uid && step.gid == step.old_gid &&
	               step.mode == step.old_mode))
		return 0;
	return vc_plan_add(arena, &step, entry, err);
}

static int add_vfio(struct vc_arena *arena, const struct vc_prepare_input *input,
                    const struct vc_host_device *device, struct vc_entry *entry,
                    struct vc_err *err)
{
	char *name;

	if (device->iommu_group < 0)
		return vc_fail(err, VC_ERR_REFUSED,
		               "'%s' has no IOMMU group, so no node that QEMU could open",
		               device->address);
	name = vc_arena_printf(arena, "vfio/%lld", (long long)device->iommu_group);
	if (add_node(arena, input, name, entry, err) < 0)
		return -(int)err->kind;
	if (!input->inventory->has_cdevs)
		return 0;
	name = vc_arena_printf(arena, VC_NODE_CDEVS "%s", device->address);
	return add_node(arena, input, name, entry, err);
}

/**
 * vc_plan_access() - Let QEMU's user open the nodes of a device
 * @arena:	holds the steps
 * @input:	user, nodes, journal
 * @found:	claimed device; nothing is needed as long as it has to be made
 * @entry:	gets a step for each node; a node that devices share gets one
 * @err:	why not
 *
 * Return: 0, -VC_ERR_REFUSED (no IOMMU group; another claim is at work on the node) or
 * -VC_ERR_INTERNAL
 */
int vc_plan_access(struct vc_arena *arena, const struct vc_prepare_input *input,
                   const struct vc_found_device *found, struct vc_entry *entry,
                   struct vc_err *err)
{
	const struct vc_host_device *device = found->device;

	if (!input->node->has_user || !device)
		return 0;
	switch (device->kind) {
	case VC_DEVICE_PCI:
	case VC_DEVICE_MDEV:
		return add_vfio(arena, input, device, entry, err);
	case VC_DEVICE_USB:
		return add_node(arena, input,
		                vc_arena_printf(arena, "bus/usb/%03u/%03u",
		                                device->usb.bus, device->usb.device),
		                entry, err);
	case VC_DEVICE_MDEV_TYPE:
		break;
	}
	return 0;
}
