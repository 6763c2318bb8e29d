/* SPDX-License-Identifier: GPL-2.0-or-later */
/* node_world.h - a machine, a claim and a journal in a few lines, for the tests of plans. */
#pragma once

#include <stdio.h>
#include <string.h>

#include "node/plan.h"
#include "unit.h"

#define OWN_UID   "aaaaaaaa-0000-4000-8000-000000000001"
#define OTHER_UID "bbbbbbbb-0000-4000-8000-000000000002"
#define PF_TEXT   "0000:05:00.0"
#define MDEV_UUID "1d6f8a10-93c2-4b57-8e0d-64a7b1c20f31"

struct node_world {
	struct vc_arena arena;
	struct vc_err err;
	struct vc_config config;
	struct vc_local_node node;
	struct vc_host_device devices[16];
	struct vc_inventory inventory;
	struct vc_entry others[4];
	struct vc_entries entries;
	struct vc_leases leases;
	struct vc_claimed_device claimed;
	struct vc_found_device found;
	struct vc_prepare_input input;
	struct vc_entry entry;
};

static inline struct vc_host_device *world_add(struct node_world *w,
                                               enum vc_device_kind kind, char *address)
{
	struct vc_host_device *d = &w->devices[w->inventory.devices.n++];

	assert_true(w->inventory.devices.n <= VC_ARRAY_SIZE(w->devices));
	*d = (struct vc_host_device){
		.kind = kind,
		.name = address,
		.address = address,
		.iommu_group = -1,
		.numa_node = -1,
	};
	if (kind == VC_DEVICE_PCI) {
		w->inventory.n_pci++;
		d->pci.vf_index = -1;
		assert_int_equal(vc_pci_address_parse(address, &d->pci.address, &w->err),
		                 0);
	}
	return d;
}

/* Texts of the model are not const. */
static inline char *text(struct node_world *w, const char *literal)
{
	char *copy = vc_arena_strdup(&w->arena, literal);

	assert_non_null(copy);
	return copy;
}

/* Sets up what points into the world itself; the caller's variable must not move. */
static inline void world_init(struct node_world *w)
{
	*w = (struct node_world){ .arena = VC_ARENA_INIT, .claimed.vlan = -1 };
	w->config.sysfs = w->config.dev = w->config.run = text(w, "/nonexistent");
	w->config.driver_deadline_ms = 1000;
	w->entry.uid = text(w, OWN_UID);
	w->entry.namespace = text(w, "default");
	w->entry.name = text(w, "mine");
	w->node.config = &w->config;
	w->inventory.devices.v = w->devices;
	w->entries.v = w->others;
	w->found.claimed = &w->claimed;
	w->input = (struct vc_prepare_input){
		.node = &w->node,
		.inventory = &w->inventory,
		.entries = &w->entries,
		.leases = &w->leases,
	};
}

/* Another claim, with one step. */
static inline void world_other(struct node_world *w, const struct vc_step *step)
{
	struct vc_entry *e = &w->others[w->entries.n++];
	struct vc_step *slot;

	assert_true(w->entries.n <= VC_ARRAY_SIZE(w->others));
	*e = (struct vc_entry){
		.uid = vc_arena_printf(&w->arena,
		                       "bbbbbbbb-0000-4000-8000-00000000000%zu",
		                       w->entries.n),
		.namespace = text(w, "lab"),
		.name = text(w, "theirs"),
	};
	slot = vc_list_push(&w->arena, &e->steps);
	assert_non_null(slot);
	if (slot)
		*slot = *step;
}

static inline void assert_says(const struct vc_err *err, const char *text)
{
	if (!strstr(err->msg, text))
		fail_msg("'%s' is not in '%s'", text, err->msg);
}
