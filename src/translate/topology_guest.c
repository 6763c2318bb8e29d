/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's side: its buses, each below the slot that it is plugged into, with the
 * devices in their slots.
 *
 * A domain may say anything: buses that plug into themselves, or into none. Each bus is
 * drawn once, and what no root leads to becomes a root.
 */
#include <stdlib.h>
#include <string.h>

#include "translate/topology_internal.h"

#define BUSES 256

/* One thing in a slot: a device of the host, an emulated one, or a way to a bus. */
struct item {
	unsigned bus, slot, function;
	size_t at;
	const struct vc_mention *mention;
	const struct vc_guest_device *emulated;
	const struct vc_guest_bus *leads_to;
};

struct items {
	struct item *v;
	size_t n, cap;
};

struct bus {
	const struct vc_guest_bus *controller; /* NULL: only devices name it */
	bool plugged;                          /* into another one */
	bool drawn;
	size_t first, n; /* its items */
};

/* Where a device of the host is, when not in a slot. */
enum home {
	HOME_UNDECIDED,
	HOME_OTHER,   /* USB, SCSI, channels */
	HOME_NOWHERE, /* [LV] address type='unassigned' */
};

/* Buses whose items are being drawn, from the root down. */
struct frame {
	unsigned bus;
	size_t next;
	bool has_free;
};

struct guest {
	struct vc_topology_maker *maker;
	struct items items;
	struct items homeless; /* no address on a PCI bus */
	struct bus buses[BUSES];
	struct frame stack[BUSES];
	size_t depth;
};

static bool model_is(const struct vc_guest_bus *bus, const char *const *models, size_t n)
{
	for (size_t i = 0; bus->model && i < n; i++)
		if (strcmp(bus->model, models[i]) == 0)
			return true;
	return false;
}

static bool is_root(const struct vc_guest_bus *bus)
{
	static const char *const models[] = { "pcie-root", "pci-root",
		                              "pcie-expander-bus", "pci-expander-bus" };

	return bus->index == 0 || model_is(bus, models, VC_ARRAY_SIZE(models));
}

static bool is_port(const struct vc_guest_bus *bus)
{
	static const char *const models[] = { "pcie-root-port",
		                              "pcie-switch-downstream-port" };

	return model_is(bus, models, VC_ARRAY_SIZE(models));
}

static struct item *add_item(struct guest *g, struct items *items,
                             const struct vc_guest_address *address, size_t at)
{
	struct item *item = vc_list_push(g->maker->arena, items);

	if (!item) {
		(void)vc_fail_oom(g->maker->err);
		return NULL;
	}
	item->at = at;
	item->bus = address->bus;
	item->slot = address->slot;
	item->function = address->function;
	return item;
}

/* A port without an address will be plugged into the root by libvirt. */
static int add_buses(struct guest *g)
{
	const struct vc_guest_buses *buses = g->maker->input->buses;

	for (size_t i = 0; i < buses->n; i++) {
		const struct vc_guest_bus *b = &buses->v[i];
		struct item *item;

		g->buses[b->index].controller = b;
		if (is_root(b))
			continue;
		item = add_item(g, &g->items, &b->address, b->at);
		if (!item)
			return -(int)g->maker->err->kind;
		item->leads_to = b;
		g->buses[b->index].plugged = true;
	}
	return 0;
}

static int add_hostdevs(struct guest *g)
{
	for (size_t i = 0; i < g->maker->mentions.n; i++) {
		const struct vc_mention *m = &g->maker->mentions.v[i];
		const struct vc_guest_address *address;
		struct item *item;

		if (!m->hostdev)
			continue;
		address = &m->hostdev->options.address;
		item = add_item(g, address->set ? &g->items : &g->homeless, address,
		                m->hostdev->at);
		if (!item)
			return -(int)g->maker->err->kind;
		item->mention = m;
	}
	return 0;
}

/* All three lists are in document order. */
static int add_emulated(struct guest *g)
{
	const struct vc_domain *domain = &g->maker->input->translation->domain;
	const struct vc_guest_buses *buses = g->maker->input->buses;
	size_t h = 0, b = 0;

	for (size_t i = 0; i < domain->guests.n; i++) {
		const struct vc_guest_device *d = &domain->guests.v[i];
		struct item *item;

		while (h < domain->hostdevs.n && domain->hostdevs.v[h].at < d->at)
			h++;
		while (b < buses->n && buses->v[b].at < d->at)
			b++;
		if (!d->address.set ||
		    (h < domain->hostdevs.n && domain->hostdevs.v[h].at == d->at) ||
		    (b < buses->n && buses->v[b].at == d->at))
			continue;
		item = add_item(g, &g->items, &d->address, d->at);
		if (!item)
			return -(int)g->maker->err->kind;
		item->emulated = d;
	}
	return 0;
}

static int compare_sizes(size_t a, size_t b)
{
	return (a > b) - (a < b);
}

static int compare_ats(const void *left, const void *right)
{
	return compare_sizes(*(const size_t *)left, *(const size_t *)right);
}

static int compare_items(const void *left, const void *right)
{
	const struct item *a = left, *b = right;
	int c = compare_sizes(a->bus, b->bus);

	if (c == 0)
		c = compare_sizes(a->slot, b->slot);
	if (c == 0)
		c = compare_sizes(a->function, b->function);
	return c != 0 ? c : compare_sizes(a->at, b->at);
}

static void sort_items(struct guest *g)
{
	if (g->items.n > 1)
		qsort(g->items.v, g->items.n, sizeof(*g->items.v), compare_items);
	for (size_t i = 0; i < g->items.n; i++) {
		struct bus *bus = &g->buses[g->items.v[i].bus];

		if (bus->n++ == 0)
			bus->first = i;
	}
}

static const char *address_text(struct vc_arena *arena, const struct item *item)
{
	return vc_arena_printf(arena, "%02x:%02x.%x", item->bus, item->slot,
	                       item->function);
}

static int add_node(struct guest *g, struct vc_topology_node *node)
{
	node->depth =
		(unsigned)(g->depth < VC_TOPOLOGY_DEPTH_MAX ? g->depth
	                                                    : VC_TOPOLOGY_DEPTH_MAX);
	return vc_topology_add(g->maker, &g->maker->topology->guest, node);
}

/* "pcie-root-port 00:02.0, guest cell 1" */
static const char *bus_detail(struct vc_arena *arena, const struct vc_guest_bus *b,
                              const struct item *plug)
{
	const char *text = b->model ? b->model : "controller";

	if (plug && b->address.set)
		text = vc_arena_printf(arena, "%s %s", text, address_text(arena, plug));
	if (text && b->cell >= 0)
		text = vc_arena_printf(arena, "%s, guest cell %d", text, b->cell);
	return text;
}

/* Begins a bus: what is added next is inside it. @plug is NULL for a root. */
static int open_bus(struct guest *g, unsigned number, const struct item *plug)
{
	struct vc_arena *arena = g->maker->arena;
	struct bus *bus = &g->buses[number];
	const struct vc_guest_bus *b = bus->controller;
	struct vc_topology_node node = {
		.type = VC_TOPOLOGY_BUS,
		.number = number,
		.cell = b ? b->cell : -1,
		.label = vc_arena_printf(arena, "bus %u", number),
		.detail = b ? bus_detail(arena, b, plug) : NULL,
		.kind = b ? b->model : NULL,
		.address = plug && b && b->address.set ? address_text(arena, plug) : NULL,
		.problem = !b && number > 0 ? "no controller makes it" : NULL,
	};

	bus->drawn = true;
	if (add_node(g, &node) < 0)
		return -(int)g->maker->err->kind;
	g->stack[g->depth++] = (struct frame){ .bus = number, .next = bus->first };
	return 0;
}

static const char *hostdev_detail(struct vc_arena *arena, const struct vc_hostdev *h)
{
	bool said = !h->alias || strcmp(h->element, "hostdev") == 0;
	const char *text = said ? NULL : h->element;

	if (h->options.boot_order == 0)
		return text;
	return vc_arena_printf(arena, "%s%sboot order %u", text ? text : "",
	                       text ? ", " : "", h->options.boot_order);
}

static int add_hostdev(struct guest *g, const struct item *item)
{
	const struct vc_mention *m = item->mention;
	const struct vc_hostdev *h = m->hostdev;
	struct vc_topology *topology = g->maker->topology;
	struct vc_arena *arena = g->maker->arena;
	struct vc_topology_node node = {
		.type = VC_TOPOLOGY_DEVICE,
		.number = -1,
		.cell = -1,
		.label = h->alias ? h->alias : h->element,
		.alias = h->alias,
		.kind = h->element,
		.claim = m->claim,
		.detail = hostdev_detail(arena, h),
		.address = h->options.address.set ? address_text(arena, item) : NULL,
		.host = true,
	};

	if (m->entry != VC_NO_ENTRY)
		node.peer = g->maker->entries.v[m->entry].node;
	if (node.peer > 0)
		node.problem = topology->host.v[node.peer - 1].problem;
	if (add_node(g, &node) < 0)
		return -(int)g->maker->err->kind;
	if (node.peer > 0 && topology->host.v[node.peer - 1].peer == 0)
		topology->host.v[node.peer - 1].peer = topology->guest.n;
	return 0;
}

static int add_emulated_node(struct guest *g, const struct item *item)
{
	const struct vc_guest_device *d = item->emulated;
	struct vc_topology_node node = {
		.type = VC_TOPOLOGY_DEVICE,
		.number = -1,
		.cell = -1,
		.label = d->alias ? d->alias : d->element,
		.alias = d->alias,
		.kind = d->element,
		.detail = d->alias ? d->element : NULL,
		.address = address_text(g->maker->arena, item),
	};

	return g->maker->input->used_only ? 0 : add_node(g, &node);
}

static bool is_free(const struct guest *g, const struct item *item)
{
	return item->leads_to && is_port(item->leads_to) &&
	       g->buses[item->leads_to->index].n == 0;
}

/* "6-10, 12": buses of the free ports of one bus */
static const char *free_text(struct guest *g, const struct bus *bus, size_t *ret_n)
{
	bool free_bus[BUSES + 1] = { false };
	const char *text = NULL;

	*ret_n = 0;
	for (size_t i = bus->first; i < bus->first + bus->n; i++)
		if (is_free(g, &g->items.v[i])) {
			free_bus[g->items.v[i].leads_to->index] = true;
			g->buses[g->items.v[i].leads_to->index].drawn = true;
			++*ret_n;
		}
	for (unsigned first = 0; first < BUSES; first++) {
		unsigned last = first;

		if (!free_bus[first])
			continue;
		while (free_bus[last + 1])
			last++;
		text = vc_arena_printf(g->maker->arena, "%s%s%u", text ? text : "",
		                       text ? ", " : "", first);
		if (text && last > first)
			text = vc_arena_printf(g->maker->arena, "%s-%u", text, last);
		if (!text)
			return NULL;
		first = last;
	}
	return text;
}

/* Free ports stand in one line, behind everything else of their bus. */
static int add_free(struct guest *g, const struct bus *bus)
{
	struct vc_topology_node node = {
		.type = VC_TOPOLOGY_FREE,
		.number = -1,
		.cell = -1,
	};
	size_t n = 0;
	const char *text = free_text(g, bus, &n);

	if (!text)
		return vc_fail_oom(g->maker->err);
	node.label =
		vc_arena_printf(g->maker->arena, "%zu free port%s", n, n == 1 ? "" : "s");
	node.detail = vc_arena_printf(
		g->maker->arena, "%s %s",
		strspn(text, "0123456789") == strlen(text) ? "bus" : "buses", text);
	return node.detail ? add_node(g, &node) : vc_fail_oom(g->maker->err);
}

static int add_one(struct guest *g, struct frame *frame, const struct item *item)
{
	if (item->mention)
		return add_hostdev(g, item);
	if (item->emulated)
		return add_emulated_node(g, item);
	if (is_free(g, item)) {
		frame->has_free = true;
		return 0;
	}
	if (g->buses[item->leads_to->index].drawn)
		return 0;
	return open_bus(g, item->leads_to->index, item);
}

/* One bus and all that is below it. */
static int add_tree(struct guest *g, unsigned root)
{
	if (g->buses[root].drawn)
		return 0;
	if (open_bus(g, root, NULL) < 0)
		return -(int)g->maker->err->kind;
	while (g->depth > 0) {
		struct frame *frame = &g->stack[g->depth - 1];
		const struct bus *bus = &g->buses[frame->bus];

		if (frame->next < bus->first + bus->n) {
			if (add_one(g, frame, &g->items.v[frame->next++]) < 0)
				return -(int)g->maker->err->kind;
			continue;
		}
		if (frame->has_free && add_free(g, bus) < 0)
			return -(int)g->maker->err->kind;
		g->depth--;
	}
	return 0;
}

/* Roots first; then buses that nothing leads to, or only themselves. */
static int add_trees(struct guest *g)
{
	for (int pass = 0; pass < 3; pass++)
		for (unsigned i = 0; i < BUSES; i++) {
			const struct bus *bus = &g->buses[i];
			bool fits = pass == 2 || !bus->plugged;

			if (pass == 0)
				fits = bus->controller && is_root(bus->controller);
			if (fits && (bus->controller || bus->n > 0) && add_tree(g, i) < 0)
				return -(int)g->maker->err->kind;
		}
	return 0;
}

static enum home home_of(const struct guest *g, const struct item *item)
{
	const struct vc_guest_buses *buses = g->maker->input->buses;
	enum vc_kind kind = item->mention->side.kind;

	if (buses->unassigned.n > 0 &&
	    bsearch(&item->at, buses->unassigned.v, buses->unassigned.n, sizeof(item->at),
	            compare_ats))
		return HOME_NOWHERE;
	if (vc_kind_is_pci(kind) || kind == VC_KIND_MDEV || kind == VC_KIND_VDPA)
		return HOME_UNDECIDED;
	return HOME_OTHER;
}

static int add_homeless(struct guest *g, enum home home)
{
	static const struct {
		const char *label, *detail;
	} names[] = {
		[HOME_UNDECIDED] = { "no address yet",
		                     "chosen when the domain is defined" },
		[HOME_OTHER] = { "on other buses", NULL },
		[HOME_NOWHERE] = { "not shown to the guest",
		                   "taken because of its IOMMU group" },
	};
	struct vc_topology_node node = {
		.type = VC_TOPOLOGY_PLACE,
		.number = -1,
		.cell = -1,
		.label = names[home].label,
		.detail = names[home].detail,
	};
	bool any = false;

	for (size_t i = 0; i < g->homeless.n; i++) {
		if (home_of(g, &g->homeless.v[i]) != home)
			continue;
		if (!any && add_node(g, &node) < 0)
			return -(int)g->maker->err->kind;
		any = true;
		g->depth = 1;
		if (add_hostdev(g, &g->homeless.v[i]) < 0)
			return -(int)g->maker->err->kind;
	}
	g->depth = 0;
	return 0;
}

/**
 * vc_topology_make_guest() - Draw the guest's side, and link it with the host's
 * @maker:	the host's side is complete
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_topology_make_guest(struct vc_topology_maker *maker)
{
	struct guest *g;

	if (!maker->topology->have_guest)
		return 0;
	g = vc_arena_alloc(maker->arena, 1, sizeof(*g));
	if (!g)
		return vc_fail_oom(maker->err);
	g->maker = maker;
	if (add_buses(g) < 0 || add_hostdevs(g) < 0 || add_emulated(g) < 0)
		return -(int)maker->err->kind;
	sort_items(g);
	if (add_trees(g) < 0)
		return -(int)maker->err->kind;
	for (enum home home = HOME_UNDECIDED; home <= HOME_NOWHERE; home++)
		if (add_homeless(g, home) < 0)
			return -(int)maker->err->kind;
	return 0;
}
