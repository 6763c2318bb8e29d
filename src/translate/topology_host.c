/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The host's side: devices sorted by NUMA node, root port, IOMMU group and address, with
 * a heading whenever one of them changes.
 */
#include <stdlib.h>
#include <string.h>

#include "translate/topology_internal.h"

#define CLASS_BRIDGE 0x06

/* Headings that are open while the devices are gone through. */
struct position {
	bool any;
	int numa;
	const char *port;
	int64_t group;
	unsigned depth; /* of what comes next */
};

static bool is_mentioned(const struct vc_host_entry *e)
{
	return e->first != NULL;
}

/* Bridges, hubs and types of mdevs are no devices that anybody gives away. */
static bool is_scenery(const struct vc_host_device *d)
{
	switch (d->kind) {
	case VC_DEVICE_PCI:
		return d->pci.class_code >> 16 == CLASS_BRIDGE;
	case VC_DEVICE_USB:
		return d->usb.hub;
	case VC_DEVICE_MDEV_TYPE:
		return true;
	case VC_DEVICE_MDEV:
		break;
	}
	return false;
}

/* The PCI function that leads to a device; NULL none */
static const struct vc_host_device *way_to(const struct vc_inventory *inventory,
                                           const struct vc_host_device *d)
{
	if (!d || d->kind == VC_DEVICE_PCI)
		return d;
	if (d->kind == VC_DEVICE_USB)
		return d->usb.has_controller
		               ? vc_inventory_function(inventory, &d->usb.controller)
		               : NULL;
	return d->mdev.has_parent_pci
	               ? vc_inventory_function(inventory, &d->mdev.parent_pci)
	               : NULL;
}

static int find_port(struct vc_topology_maker *maker, struct vc_host_entry *e)
{
	const struct vc_host_device *d = way_to(maker->input->inventory, e->device);
	char text[VC_PCI_ADDRESS_SIZE];

	if (!d)
		return 0;
	if (e->numa < 0)
		e->numa = d->numa_node;
	e->port = d->pci.pcie_root;
	if (!d->pci.has_upstream)
		return 0;
	vc_pci_address_format(&d->pci.root_port, text);
	e->port = vc_arena_strdup(maker->arena, text);
	return e->port ? 0 : vc_fail_oom(maker->err);
}

static int compare_groups(const void *left, const void *right)
{
	int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;

	return (a > b) - (a < b);
}

/* Groups of mentioned devices, sorted. */
static int wanted_groups(struct vc_topology_maker *maker, int64_t **ret_groups,
                         size_t *ret_n)
{
	int64_t *groups =
		vc_arena_alloc(maker->arena, maker->entries.n + 1, sizeof(*groups));
	size_t n = 0;

	if (!groups)
		return vc_fail_oom(maker->err);
	for (size_t i = 0; i < maker->entries.n; i++)
		if (is_mentioned(&maker->entries.v[i]) && maker->entries.v[i].group >= 0)
			groups[n++] = maker->entries.v[i].group;
	qsort(groups, n, sizeof(*groups), compare_groups);
	*ret_groups = groups;
	*ret_n = n;
	return 0;
}

/* Without --used every device; else those of a group that has one of the mentioned. */
static bool is_drawn_anyway(const struct vc_topology_maker *maker,
                            const struct vc_host_entry *e, const int64_t *groups,
                            size_t n)
{
	if (!e->device || is_scenery(e->device))
		return false;
	if (!maker->input->used_only)
		return true;
	return groups && bsearch(&e->group, groups, n, sizeof(*groups), compare_groups);
}

static int choose(struct vc_topology_maker *maker)
{
	int64_t *groups = NULL;
	size_t n = 0;

	if (wanted_groups(maker, &groups, &n) < 0)
		return -(int)maker->err->kind;
	for (size_t i = 0; i < maker->entries.n; i++) {
		struct vc_host_entry *e = &maker->entries.v[i];

		e->wanted = is_mentioned(e) || is_drawn_anyway(maker, e, groups, n);
		if (e->wanted && e->device && find_port(maker, e) < 0)
			return -(int)maker->err->kind;
	}
	return 0;
}

/* Unknown ones last. */
static int compare_numbers(int64_t a, int64_t b)
{
	if ((a < 0) != (b < 0))
		return a < 0 ? 1 : -1;
	return (a > b) - (a < b);
}

static int compare_ports(const char *a, const char *b)
{
	if (!a)
		return b != NULL;
	if (!b)
		return -1;
	return strcmp(a, b);
}

/* The inventory is sorted by kind and address, so its order decides the rest. */
static int compare_entries(const void *left, const void *right)
{
	const struct vc_host_entry *a = *(struct vc_host_entry *const *)left;
	const struct vc_host_entry *b = *(struct vc_host_entry *const *)right;
	int c = (a->device == NULL) - (b->device == NULL);

	if (c == 0)
		c = compare_numbers(a->numa, b->numa);
	if (c == 0)
		c = compare_ports(a->port, b->port);
	if (c == 0)
		c = compare_numbers(a->group, b->group);
	return c != 0 ? c : (a > b) - (a < b);
}

static int add_heading(struct vc_topology_maker *maker, struct position *at,
                       struct vc_topology_node *heading)
{
	heading->depth = at->depth++;
	return vc_topology_add(maker, &maker->topology->host, heading);
}

static int add_numa(struct vc_topology_maker *maker, struct position *at,
                    const struct vc_host_entry *e)
{
	struct vc_topology_node heading = {
		.type = VC_TOPOLOGY_NUMA_NODE,
		.number = e->numa,
		.cell = e->numa,
		.label = e->numa < 0
		                 ? "no NUMA node"
		                 : vc_arena_printf(maker->arena, "NUMA node %d", e->numa),
	};

	if (!e->device) {
		heading.type = VC_TOPOLOGY_PLACE;
		heading.label =
			maker->topology->have_host ? "elsewhere" : "not looked up";
		if (!maker->topology->have_host)
			heading.detail = "with --sysfs /sys the host is drawn here";
	}
	at->depth = 0;
	return add_heading(maker, at, &heading);
}

static int add_port(struct vc_topology_maker *maker, struct position *at,
                    const struct vc_host_entry *e)
{
	const struct vc_host_device *d = way_to(maker->input->inventory, e->device);
	bool root = strncmp(e->port, "pci", 3) == 0;
	struct vc_topology_node heading = {
		.type = VC_TOPOLOGY_ROOT_PORT,
		.number = -1,
		.cell = e->numa,
		.address = root ? NULL : e->port,
		.label = vc_arena_printf(maker->arena, "%s %s",
		                         root ? "root complex" : "root port", e->port),
		.detail = root || !d ? NULL : d->pci.pcie_root,
	};

	at->depth = 1;
	return add_heading(maker, at, &heading);
}

static int add_group(struct vc_topology_maker *maker, struct position *at,
                     const struct vc_host_entry *e)
{
	const struct vc_iommu_group *group =
		vc_inventory_group(maker->input->inventory, e->group);
	struct vc_topology_node heading = {
		.type = VC_TOPOLOGY_GROUP,
		.number = e->group,
		.cell = e->numa,
		.label = vc_arena_printf(maker->arena, "group %lld", (long long)e->group),
		.problem = group && group->unsafe ? "without an IOMMU" : NULL,
	};

	at->depth = e->port ? 2 : 1;
	return add_heading(maker, at, &heading);
}

/* Headings for what changed since the last device; what is below changes with it. */
static int add_headings(struct vc_topology_maker *maker, struct position *at,
                        const struct vc_host_entry *e)
{
	bool numa = !at->any || at->numa != e->numa;
	bool port = numa || compare_ports(at->port, e->port) != 0;
	bool group = port || at->group != e->group;

	if (numa && add_numa(maker, at, e) < 0)
		return -(int)maker->err->kind;
	if (port && e->port && add_port(maker, at, e) < 0)
		return -(int)maker->err->kind;
	if (group && e->group >= 0 && add_group(maker, at, e) < 0)
		return -(int)maker->err->kind;
	at->depth = 1u + (e->port != NULL) + (e->group >= 0);
	at->any = true;
	at->numa = e->numa;
	at->port = e->port;
	at->group = e->group;
	return 0;
}

/* "NVIDIA Corporation AD102", or the ids; NULL when out of memory */
static const char *pci_detail(struct vc_arena *arena, const struct vc_pci_part *pci)
{
	const char *text = vc_arena_printf(arena, "%04x:%04x", pci->vendor, pci->device);

	if (pci->vendor_name && pci->device_name)
		text = vc_arena_printf(arena, "%s %s", pci->vendor_name,
		                       pci->device_name);
	if (text && pci->is_vf && pci->vf_index >= 0)
		text = vc_arena_printf(arena, "VF %d, %s", pci->vf_index, text);
	if (text && pci->n_vfs > 0)
		text = vc_arena_printf(arena, "%s, %u VFs", text, pci->n_vfs);
	return text;
}

static const char *usb_detail(struct vc_arena *arena, const struct vc_usb_part *usb)
{
	if (!usb->product_name)
		return vc_arena_printf(arena, "USB %04x:%04x", usb->vendor, usb->product);
	if (!usb->manufacturer)
		return usb->product_name;
	return vc_arena_printf(arena, "%s %s", usb->manufacturer, usb->product_name);
}

static const char *mdev_detail(struct vc_arena *arena, const struct vc_mdev_part *mdev)
{
	return vc_arena_printf(arena, "%s of %s",
	                       mdev->type ? mdev->type : "mediated device", mdev->parent);
}

static const char *detail(struct vc_arena *arena, const struct vc_host_device *d)
{
	if (d->kind == VC_DEVICE_PCI)
		return pci_detail(arena, &d->pci);
	if (d->kind == VC_DEVICE_USB)
		return usb_detail(arena, &d->usb);
	return mdev_detail(arena, &d->mdev);
}

static int describe_found(struct vc_topology_maker *maker, const struct vc_host_device *d,
                          struct vc_topology_node *node)
{
	node->label = d->kind == VC_DEVICE_USB
	                      ? vc_arena_printf(maker->arena, "usb %s", d->address)
	                      : d->address;
	node->address = d->address;
	node->driver = d->driver;
	node->kind = vc_device_kind_name(d->kind);
	node->problem = d->broken;
	node->detail = detail(maker->arena, d);
	return node->label && node->detail ? 0 : vc_fail_oom(maker->err);
}

static int describe_mentioned(struct vc_topology_maker *maker, const struct vc_mention *m,
                              struct vc_topology_node *node)
{
	node->kind = m->side.kind == VC_KIND_UNKNOWN ? NULL : vc_kind_name(m->side.kind);
	node->label = m->name;
	node->problem = m->problem;
	if (!vc_host_side_known(&m->side))
		return 0;
	node->address = vc_host_side_text(maker->arena, &m->side);
	node->label = node->address;
	if (maker->topology->have_host &&
	    (vc_kind_is_pci(m->side.kind) || m->side.kind == VC_KIND_MDEV ||
	     m->side.kind == VC_KIND_USB))
		node->problem = "not on this host";
	return node->address ? 0 : vc_fail_oom(maker->err);
}

static int add_device(struct vc_topology_maker *maker, const struct position *at,
                      struct vc_host_entry *e)
{
	struct vc_topology_node node = {
		.type = VC_TOPOLOGY_DEVICE,
		.depth = at->depth,
		.number = e->group,
		.cell = e->numa,
		.claim = e->claim,
		.alias = e->alias,
		.host = true,
	};
	int r = e->device ? describe_found(maker, e->device, &node)
	                  : describe_mentioned(maker, e->first, &node);

	if (r < 0 || vc_topology_add(maker, &maker->topology->host, &node) < 0)
		return -(int)maker->err->kind;
	e->node = maker->topology->host.n;
	return 0;
}

/**
 * vc_topology_make_host() - Draw the host's side
 * @maker:	.entries are complete and get their .node
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_topology_make_host(struct vc_topology_maker *maker)
{
	struct vc_host_entry **sorted = vc_arena_alloc(maker->arena, maker->entries.n + 1,
	                                               sizeof(struct vc_host_entry *));
	struct position at = { 0 };
	bool found = true;
	size_t n = 0;

	if (!sorted)
		return vc_fail_oom(maker->err);
	if (choose(maker) < 0)
		return -(int)maker->err->kind;
	for (size_t i = 0; i < maker->entries.n; i++)
		if (maker->entries.v[i].wanted)
			sorted[n++] = &maker->entries.v[i];
	qsort(sorted, n, sizeof(struct vc_host_entry *), compare_entries);
	for (size_t i = 0; i < n; i++) {
		if (found && !sorted[i]->device) {
			found = false;
			at = (struct position){ 0 };
		}
		if (add_headings(maker, &at, sorted[i]) < 0 ||
		    add_device(maker, &at, sorted[i]) < 0)
			return -(int)maker->err->kind;
	}
	return 0;
}
