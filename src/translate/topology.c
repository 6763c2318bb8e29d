/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "translate/topology.h"

#include <string.h>

#include "domain/index.h"
#include "translate/topology_internal.h"

/* "lab/vm7-dev:gpu#2"; NULL when nothing is known, or out of memory */
static const char *claim_text(struct vc_arena *arena, const struct vc_binding *b)
{
	const char *name = b->claim ? b->claim : b->pod_claim ? b->pod_claim : b->uid;
	const char *text = name;

	if (!name)
		return NULL;
	if (b->namespace && b->claim)
		text = vc_arena_printf(arena, "%s/%s", b->namespace, name);
	if (text && b->request)
		text = vc_arena_printf(arena, "%s:%s%s%s", text, b->request,
		                       b->subrequest ? "/" : "",
		                       b->subrequest ? b->subrequest : "");
	if (text && b->index > 1)
		text = vc_arena_printf(arena, "%s#%u", text, b->index);
	return text;
}

/* Kinds that we do not translate may have a PCI address all the same. */
static struct vc_host_side known_side(const struct vc_host_side *side)
{
	struct vc_host_side copy = *side;

	if (copy.kind == VC_KIND_UNKNOWN && copy.has_pci)
		copy.kind = VC_KIND_PCI;
	return copy;
}

static struct vc_mention *new_mention(struct vc_topology_maker *maker,
                                      const struct vc_host_side *side)
{
	struct vc_mention *mention = vc_list_push(maker->arena, &maker->mentions);

	if (!mention) {
		(void)vc_fail_oom(maker->err);
		return NULL;
	}
	mention->side = known_side(side);
	mention->entry = VC_NO_ENTRY;
	return mention;
}

static int mention_claimed(struct vc_topology_maker *maker, const struct vc_claim *claim,
                           const struct vc_device *device, unsigned index)
{
	const struct vc_binding b = {
		.namespace = claim->namespace,
		.claim = claim->name,
		.pod_claim = claim->pod_claim,
		.uid = claim->uid,
		.request = device->request,
		.subrequest = device->subrequest,
		.index = index,
	};
	struct vc_mention *mention = new_mention(maker, &device->host);

	if (!mention)
		return -(int)maker->err->kind;
	mention->claim = claim_text(maker->arena, &b);
	if (!mention->claim)
		mention->claim = "a claim without a name";
	mention->name = device->name ? device->name : "a device without a name";
	if (!vc_host_side_known(&mention->side))
		mention->problem = device->unresolved ? device->unresolved
		                                      : "no input says its address";
	return 0;
}

/* Devices of one request stand together after join; the second one is "#2". */
static int mention_claims(struct vc_topology_maker *maker)
{
	const struct vc_claims *claims = &maker->input->translation->claims;

	for (size_t i = 0; i < claims->n; i++) {
		const struct vc_devices *devices = &claims->v[i].devices;
		unsigned index = 1;

		for (size_t j = 0; j < devices->n; j++) {
			const char *request = devices->v[j].request;
			const char *before = j > 0 ? devices->v[j - 1].request : NULL;

			index = request && before && strcmp(request, before) == 0
			                ? index + 1
			                : 1;
			if (mention_claimed(maker, &claims->v[i], &devices->v[j], index) <
			    0)
				return -(int)maker->err->kind;
		}
	}
	return 0;
}

/* Which claim an alias is bound to: the VMI's word is stronger than the domain's. */
static int index_bindings(struct vc_topology_maker *maker, struct vc_index *index)
{
	const struct vc_translation *t = maker->input->translation;
	const struct vc_records *records = &t->domain.records;

	for (size_t i = 0; i < t->vmi.bindings.n; i++)
		if (vc_index_add(maker->arena, index, t->vmi.bindings.v[i].alias, i,
		                 maker->err) < 0)
			return -(int)maker->err->kind;
	for (size_t i = 0; i < records->n; i++)
		if (vc_index_add(maker->arena, index, records->v[i].binding.alias,
		                 t->vmi.bindings.n + i, maker->err) < 0)
			return -(int)maker->err->kind;
	vc_index_sort(index);
	return 0;
}

static const struct vc_binding *binding_of(const struct vc_topology_maker *maker,
                                           const struct vc_index *index,
                                           const char *alias)
{
	const struct vc_translation *t = maker->input->translation;
	const struct vc_index_entry *e = vc_index_find(index, alias, NULL);

	if (!e)
		return NULL;
	if (e->value < t->vmi.bindings.n)
		return &t->vmi.bindings.v[e->value];
	return &t->domain.records.v[e->value - t->vmi.bindings.n].binding;
}

static int mention_hostdevs(struct vc_topology_maker *maker)
{
	const struct vc_hostdevs *hostdevs = &maker->input->translation->domain.hostdevs;
	struct vc_index index = { 0 };

	if (index_bindings(maker, &index) < 0)
		return -(int)maker->err->kind;
	for (size_t i = 0; i < hostdevs->n; i++) {
		const struct vc_hostdev *h = &hostdevs->v[i];
		struct vc_mention *mention = new_mention(maker, &h->host);
		const struct vc_binding *b = binding_of(maker, &index, h->alias);

		if (!mention)
			return -(int)maker->err->kind;
		mention->hostdev = h;
		mention->alias = h->alias;
		mention->claim = b ? claim_text(maker->arena, b) : NULL;
	}
	return 0;
}

/* Entries that the inventory has */

static int add_key(struct vc_topology_maker *maker, struct vc_index *index,
                   const struct vc_host_side *side, size_t value)
{
	char *key = vc_host_side_key(maker->arena, side);

	if (!key && vc_host_side_known(side))
		return vc_fail_oom(maker->err);
	return vc_index_add(maker->arena, index, key, value, maker->err);
}

/* A stick may be named by number, port or ids. */
static int add_usb_keys(struct vc_topology_maker *maker, struct vc_index *index,
                        const struct vc_usb_part *usb, size_t value)
{
	const struct vc_host_side ways[] = {
		{ .kind = VC_KIND_USB,
		  .usb = { .bus = usb->bus, .device = usb->device } },
		{ .kind = VC_KIND_USB, .usb = { .bus = usb->bus, .port = usb->port } },
		{ .kind = VC_KIND_USB,
		  .usb = { .has_ids = true,
		           .vendor = usb->vendor,
		           .product = usb->product } },
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(ways); i++)
		if (add_key(maker, index, &ways[i], value) < 0)
			return -(int)maker->err->kind;
	return 0;
}

static int add_device_keys(struct vc_topology_maker *maker, struct vc_index *index,
                           const struct vc_host_device *device, size_t value)
{
	struct vc_host_side side = { 0 };

	switch (device->kind) {
	case VC_DEVICE_PCI:
		side.kind = VC_KIND_PCI;
		side.has_pci = true;
		side.pci = device->pci.address;
		break;
	case VC_DEVICE_MDEV:
		side.kind = VC_KIND_MDEV;
		side.mdev_uuid = device->mdev.uuid;
		break;
	case VC_DEVICE_USB:
		return add_usb_keys(maker, index, &device->usb, value);
	case VC_DEVICE_MDEV_TYPE:
		return 0;
	}
	return add_key(maker, index, &side, value);
}

static struct vc_host_entry *new_entry(struct vc_topology_maker *maker,
                                       const struct vc_host_device *device)
{
	struct vc_host_entry *entry = vc_list_push(maker->arena, &maker->entries);

	if (!entry) {
		(void)vc_fail_oom(maker->err);
		return NULL;
	}
	entry->device = device;
	entry->numa = device ? device->numa_node : -1;
	entry->group = device ? device->iommu_group : -1;
	return entry;
}

static int add_inventory(struct vc_topology_maker *maker, struct vc_index *index)
{
	const struct vc_inventory *inventory = maker->input->inventory;

	for (size_t i = 0; inventory && i < inventory->devices.n; i++) {
		const struct vc_host_device *device = &inventory->devices.v[i];

		if (!new_entry(maker, device) ||
		    add_device_keys(maker, index, device, i) < 0)
			return -(int)maker->err->kind;
	}
	return 0;
}

/* Entries for mentions: those of one key stand together, the inventory's first. */

static void meet(struct vc_topology_maker *maker, size_t entry, struct vc_mention *m)
{
	struct vc_host_entry *e = &maker->entries.v[entry];

	m->entry = entry;
	e->used |= m->hostdev != NULL;
	if (!e->first)
		e->first = m;
	/* Of which claim a device is, the claims know better than the domain's records. */
	if (!e->claim && (!m->hostdev || maker->input->translation->claims.n == 0))
		e->claim = m->claim;
	if (!e->alias)
		e->alias = m->alias;
}

static int match_run(struct vc_topology_maker *maker, size_t n_inventory,
                     const struct vc_index_entry *run, size_t n)
{
	size_t entry = run[0].value;

	if (entry >= n_inventory) {
		if (!new_entry(maker, NULL))
			return -(int)maker->err->kind;
		entry = maker->entries.n - 1;
	}
	for (size_t i = 0; i < n; i++)
		if (run[i].value >= n_inventory)
			meet(maker, entry,
			     &maker->mentions.v[run[i].value - n_inventory]);
	return 0;
}

static int match_runs(struct vc_topology_maker *maker, const struct vc_index *index,
                      size_t n_inventory)
{
	for (size_t i = 0, n; i < index->n; i += n) {
		for (n = 1; i + n < index->n &&
		            strcmp(index->v[i].key, index->v[i + n].key) == 0;)
			n++;
		/* only sticks that look alike, and nobody names them */
		if (index->v[i + n - 1].value < n_inventory)
			continue;
		if (match_run(maker, n_inventory, &index->v[i], n) < 0)
			return -(int)maker->err->kind;
	}
	return 0;
}

/* Claimed devices without an address are drawn too, each for itself. */
static int match_nameless(struct vc_topology_maker *maker)
{
	for (size_t i = 0; i < maker->mentions.n; i++) {
		struct vc_mention *m = &maker->mentions.v[i];

		if (m->entry != VC_NO_ENTRY || !m->name)
			continue;
		if (!new_entry(maker, NULL))
			return -(int)maker->err->kind;
		meet(maker, maker->entries.n - 1, m);
	}
	return 0;
}

/**
 * vc_topology_match() - Find the entry of each mention
 * @maker:	.mentions are complete; .entries is filled
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_topology_match(struct vc_topology_maker *maker)
{
	struct vc_index index = { 0 };
	size_t n_inventory;

	if (add_inventory(maker, &index) < 0)
		return -(int)maker->err->kind;
	n_inventory = maker->entries.n;
	for (size_t i = 0; i < maker->mentions.n; i++)
		if (add_key(maker, &index, &maker->mentions.v[i].side, n_inventory + i) <
		    0)
			return -(int)maker->err->kind;
	vc_index_sort(&index);
	if (match_runs(maker, &index, n_inventory) < 0)
		return -(int)maker->err->kind;
	return match_nameless(maker);
}

/**
 * vc_topology_add() - Add a node to a side, its texts made safe to show
 * @maker:	maker
 * @side:	side
 * @node:	node; a depth over the limit stays at the limit
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_topology_add(struct vc_topology_maker *maker, struct vc_topology_side *side,
                    const struct vc_topology_node *node)
{
	struct vc_topology_node *slot = vc_list_push(maker->arena, side);

	if (!slot)
		return vc_fail_oom(maker->err);
	*slot = *node;
	if (slot->depth > VC_TOPOLOGY_DEPTH_MAX)
		slot->depth = VC_TOPOLOGY_DEPTH_MAX;

	const char **const texts[] = { &slot->label, &slot->detail, &slot->address,
		                       &slot->kind,  &slot->driver, &slot->claim,
		                       &slot->alias, &slot->problem };

	for (size_t i = 0; i < VC_ARRAY_SIZE(texts); i++) {
		const char *text = vc_topology_clean(maker->arena, *texts[i]);

		if (*texts[i] && !text)
			return vc_fail_oom(maker->err);
		*texts[i] = text;
	}
	return slot->label ? 0 : vc_fail_oom(maker->err);
}

/**
 * vc_topology_make() - Put the picture together
 * @arena:	holds it
 * @input:	what was read; needed as long as the picture
 * @ret_topology:	picture
 * @err:	out of memory
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_topology_make(struct vc_arena *arena, const struct vc_topology_input *input,
                     struct vc_topology *ret_topology, struct vc_err *err)
{
	struct vc_topology topology = {
		.have_host = input->inventory != NULL,
		.have_guest = input->translation->have_domain,
	};
	struct vc_topology_maker maker = {
		.arena = arena,
		.input = input,
		.topology = &topology,
		.err = err,
	};
	const char *name = input->translation->domain.name;

	topology.name = vc_topology_clean(arena, name);
	if (name && !topology.name)
		return vc_fail_oom(err);
	if (mention_claims(&maker) < 0 || mention_hostdevs(&maker) < 0 ||
	    vc_topology_match(&maker) < 0 || vc_topology_make_host(&maker) < 0 ||
	    vc_topology_make_guest(&maker) < 0)
		return -(int)err->kind;
	*ret_topology = topology;
	return 0;
}
