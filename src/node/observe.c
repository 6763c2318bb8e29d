/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "node/observe.h"

#include <stdlib.h>
#include <string.h>

#include "node/device_node.h"
#include "node/vf_link.h"

/* The drivers of all PFs together. A driver that hangs must not keep other claims waiting. */
#define DEADLINE_MS 2000U
#define PERMISSIONS 07777U

struct links {
	struct vc_pf_link *v;
	size_t n, cap;
};

static int find_pfs(struct vc_arena *arena, const struct vc_inventory *inventory,
                    struct links *links, struct vc_err *err)
{
	for (size_t i = 0; i < inventory->n_pci; i++) {
		const struct vc_pci_part *pci = &inventory->devices.v[i].pci;
		struct vc_pf_link *link;

		if (pci->n_vfs == 0 || pci->interfaces.n == 0)
			continue;
		link = vc_list_push(arena, links);
		if (!link)
			return vc_fail_oom(err);
		*link = (struct vc_pf_link){ pci->address, pci->interfaces };
	}
	return 0;
}

static int compare_settings(const void *a, const void *b)
{
	const struct vc_vf_setting *x = a, *y = b;
	int order = vc_pci_address_compare(&x->pf, &y->pf);

	if (order != 0)
		return order;
	return x->index < y->index ? -1 : x->index > y->index;
}

/* @settings are sorted. */
static void note_setting(const struct vc_vf_settings *settings, struct vc_pci_part *vf)
{
	const struct vc_vf_setting key = { .pf = vf->pf,
		                           .index = (unsigned)vf->vf_index };
	const struct vc_vf_setting *s;

	if (!vf->is_vf || vf->vf_index < 0)
		return;
	s = bsearch(&key, settings->v, settings->n, sizeof(key), compare_settings);
	if (!s)
		return;
	vf->vf_mac = s->mac;
	vf->vf_vlan = s->vlan;
}

/**
 * vc_observe_vfs() - Ask PFs what they have set for their VFs
 * @arena:	holds what they say
 * @node:	node
 * @inventory:	.vf_mac and .vf_vlan of VFs are filled; those of a PF that cannot be asked
 *		stay unknown
 * @err:	out of memory
 *
 * Only PFs with VFs and a network interface are asked; without one nothing is done.
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_observe_vfs(struct vc_arena *arena, const struct vc_local_node *node,
                   struct vc_inventory *inventory, struct vc_err *err)
{
	struct vc_vf_settings settings = { 0 };
	struct vc_err unknown = VC_ERR_INIT;
	struct links links = { 0 };

	if (find_pfs(arena, inventory, &links, err) < 0)
		return -(int)err->kind;
	if (links.n == 0 || vc_vf_settings_read(arena, node, links.v, links.n,
	                                        DEADLINE_MS, &settings, &unknown) < 0)
		return 0;
	if (settings.n == 0)
		return 0;
	qsort(settings.v, settings.n, sizeof(*settings.v), compare_settings);
	for (size_t i = 0; i < inventory->n_pci; i++)
		note_setting(&settings, &inventory->devices.v[i].pci);
	return 0;
}

/* Nothing when there is no such node. */
static int add_node(struct vc_arena *arena, const struct vc_local_node *node, char *name,
                    struct vc_inventory *inventory, struct vc_err *err)
{
	VC_AUTOCLOSE int fd = -1;
	struct vc_err absent = VC_ERR_INIT;
	struct vc_device_node *slot;
	char *path = NULL;
	struct stat st;

	if (!name)
		return vc_fail_oom(err);
	if (vc_device_node_path(arena, node, name, &path, &absent) < 0 || !path ||
	    vc_device_node_open(node, path, &fd, &st, &absent) < 0)
		return 0;
	slot = vc_list_push(arena, &inventory->nodes);
	if (!slot)
		return vc_fail_oom(err);
	*slot = (struct vc_device_node){
		.name = name,
		.uid = st.st_uid,
		.gid = st.st_gid,
		.mode = st.st_mode & PERMISSIONS,
	};
	return 0;
}

/* Those on vfio have them now; groups are on vfio as a whole or not at all. */
static int add_device(struct vc_arena *arena, const struct vc_local_node *node,
                      const struct vc_host_device *d, struct vc_inventory *inventory,
                      struct vc_err *err)
{
	char *name;

	if (d->kind == VC_DEVICE_USB && !d->usb.hub) {
		name = vc_arena_printf(arena, "bus/usb/%03u/%03u", d->usb.bus,
		                       d->usb.device);
		return add_node(arena, node, name, inventory, err);
	}
	if (d->kind != VC_DEVICE_MDEV && !(d->kind == VC_DEVICE_PCI && d->pci.on_vfio))
		return 0;
	name = vc_arena_printf(arena, VC_NODE_CDEVS "%s", d->address);
	if (inventory->has_cdevs && add_node(arena, node, name, inventory, err) < 0)
		return -(int)err->kind;
	if (d->iommu_group < 0)
		return 0;
	name = vc_arena_printf(arena, "vfio/%lld", (long long)d->iommu_group);
	return add_node(arena, node, name, inventory, err);
}

static int compare_nodes(const void *a, const void *b)
{
	return strcmp(((const struct vc_device_node *)a)->name,
	              ((const struct vc_device_node *)b)->name);
}

/* [IOMMUFD] /dev/iommu is there before the first device is on vfio. */
static bool has_cdevs(struct vc_arena *arena, const struct vc_local_node *node)
{
	char *iommu = vc_arena_printf(arena, "%s/iommu", node->config->dev);
	char *devices = vc_arena_printf(arena, "%s/" VC_NODE_CDEVS, node->config->dev);

	return (iommu && access(iommu, F_OK) == 0) ||
	       (devices && access(devices, F_OK) == 0);
}

/**
 * vc_observe_nodes() - See who owns the nodes of the devices
 * @arena:	holds the result
 * @node:	node; without a user to give nodes to, nothing is done
 * @inventory:	.nodes and .has_cdevs are filled
 * @err:	out of memory
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_observe_nodes(struct vc_arena *arena, const struct vc_local_node *node,
                     struct vc_inventory *inventory, struct vc_err *err)
{
	if (!node->has_user)
		return 0;
	inventory->has_cdevs = has_cdevs(arena, node);
	for (size_t i = 0; i < inventory->devices.n; i++)
		if (add_device(arena, node, &inventory->devices.v[i], inventory, err) < 0)
			return -(int)err->kind;
	if (inventory->nodes.n > 1)
		qsort(inventory->nodes.v, inventory->nodes.n, sizeof(*inventory->nodes.v),
		      compare_nodes);
	return 0;
}
