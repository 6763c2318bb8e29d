/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * claimable.c - whether a device can be claimed, or exactly why not.
 *
 * Theory of operation: first each device is judged for itself. Then each IOMMU group is
 * looked at once: which of its members does a driver of the host hold (vfio refuses a
 * group in which one does), and can those be claimed themselves. A device in a group can
 * be claimed if all of these can; they are its .together.
 *
 * [VFIO] vfio.rst, group viability: bridges, members without a driver, on pci-stub or on
 * a vfio driver do no harm.
 */
#include <inttypes.h>
#include <string.h>

#include "host/device_path.h"
#include "host/scan.h"

#define CLASS_BRIDGE 0x06U
#define CLASS_IOMMU  0x0806U

/* So many members of a group are named in a reason. */
#define NAMED_MAX 8U

/**
 * struct group_state - what a group means for its members
 * @hosts:	members that a driver of the host holds, and that can be claimed
 * @obstacles:	members that a driver of the host holds, and that cannot be claimed
 * @n_obstacles: how many; at most NAMED_MAX are listed
 */
struct group_state {
	struct vc_names hosts;
	struct vc_names obstacles;
	size_t n_obstacles;
};

static bool is_bridge(const struct vc_host_device *d)
{
	return d->kind == VC_DEVICE_PCI && d->pci.class_code >> 16 == CLASS_BRIDGE;
}

static int add_reason(struct vc_scan *scan, struct vc_host_device *d, const char *reason,
                      struct vc_err *err)
{
	return reason ? vc_names_add(scan->arena, &d->verdict.reasons, reason, err)
	              : vc_fail_oom(err);
}

/* The first of these is enough: what makes a device one that is never given away. */
static const char *never(struct vc_arena *arena, const struct vc_host_device *d)
{
	if (is_bridge(d))
		return "is a bridge";
	if (d->pci.class_code >> 8 == CLASS_IOMMU)
		return "is an IOMMU";
	if (d->pci.n_vfs > 0)
		return vc_arena_printf(
			arena, "is the physical function of %u virtual function%s",
			d->pci.n_vfs, d->pci.n_vfs == 1 ? "" : "s");
	if (d->pci.n_mdevs > 0)
		return vc_arena_printf(arena, "is the parent of %u mediated device%s",
		                       d->pci.n_mdevs, d->pci.n_mdevs == 1 ? "" : "s");
	return "";
}

static int judge_function(struct vc_scan *scan, struct vc_host_device *d,
                          struct vc_err *err)
{
	const struct vc_iommu_group *group =
		vc_inventory_group(scan->inventory, d->iommu_group);
	const char *reason = never(scan->arena, d);

	if ((!reason || *reason != '\0') && add_reason(scan, d, reason, err) < 0)
		return -(int)err->kind;
	if (is_bridge(d))
		return 0;
	if (d->iommu_group < 0 &&
	    add_reason(scan, d, "no IOMMU group: the IOMMU is off or does not cover it",
	               err) < 0)
		return -(int)err->kind;
	if (group && group->unsafe &&
	    add_reason(scan, d, "its IOMMU group is one of vfio's no-IOMMU mode", err) <
	            0)
		return -(int)err->kind;
	if (!d->pci.on_vfio && !d->pci.vfio_driver &&
	    add_reason(scan, d,
	               "no vfio driver: vfio-pci is not loaded, and no modules.alias "
	               "names one",
	               err) < 0)
		return -(int)err->kind;
	return 0;
}

static int judge_kind(struct vc_scan *scan, struct vc_host_device *d, struct vc_err *err)
{
	if (d->kind == VC_DEVICE_PCI)
		return judge_function(scan, d, err);
	if (d->kind == VC_DEVICE_USB && d->usb.hub)
		return add_reason(scan, d, "is a hub", err);
	if (d->kind == VC_DEVICE_MDEV_TYPE && d->mdev.available == 0)
		return add_reason(scan, d, "no instance is left", err);
	if (d->kind == VC_DEVICE_MDEV_TYPE && d->mdev.available < 0)
		return add_reason(scan, d, "how many instances are left is unknown", err);
	return 0;
}

/* Reasons that lie in the device itself, in the order of docs/devices.md. What sysfs says
 * about a broken one is no reason for anything else. */
static int judge_alone(struct vc_scan *scan, struct vc_host_device *d, struct vc_err *err)
{
	int r = d->broken ? add_reason(scan, d,
	                               vc_arena_printf(scan->arena,
	                                               "cannot be judged: %s", d->broken),
	                               err)
	                  : judge_kind(scan, d, err);

	if (r == 0 && d->protection)
		r = add_reason(scan, d,
		               vc_arena_printf(scan->arena, "the host needs it: it %s",
		                               d->protection),
		               err);
	d->verdict.claimable = d->verdict.reasons.n == 0;
	return r;
}

/* Whether it keeps vfio from taking its group. */
static bool is_held_by_host(const struct vc_host_device *d)
{
	return d->driver && !d->pci.on_vfio && !is_bridge(d) &&
	       strcmp(d->driver, "pci-stub") != 0;
}

static int add_obstacle(struct vc_scan *scan, struct group_state *state, const char *name,
                        const char *reason, struct vc_err *err)
{
	char *text = vc_arena_printf(scan->arena, "%s (%s)", name, reason);

	if (!text)
		return vc_fail_oom(err);
	if (state->n_obstacles++ >= NAMED_MAX)
		return 0;
	return vc_names_add(scan->arena, &state->obstacles, text, err);
}

/* A member that is no PCI function can be given away by nobody. */
static int look_at_member(struct vc_scan *scan, struct group_state *state,
                          const char *name, struct vc_err *err)
{
	const struct vc_host_device *d = NULL;
	struct vc_pci_address address;

	if (vc_path_is_function(name, &address))
		d = vc_inventory_function(scan->inventory, &address);
	if (!d)
		return add_obstacle(scan, state, name, "no PCI function that is known",
		                    err);
	if (!is_held_by_host(d))
		return 0;
	if (!d->verdict.claimable)
		return add_obstacle(scan, state, name, d->verdict.reasons.v[0], err);
	return vc_names_add(scan->arena, &state->hosts, name, err);
}

static int look_at_group(struct vc_scan *scan, const struct vc_iommu_group *group,
                         struct group_state *state, struct vc_err *err)
{
	for (size_t i = 0; i < group->members.n; i++)
		if (look_at_member(scan, state, group->members.v[i], err) < 0)
			return -(int)err->kind;
	return 0;
}

/* "0000:08:00.0 (is a bridge), 0000:08:00.1 (...) and 3 more" */
static char *list_obstacles(struct vc_arena *arena, const struct group_state *state)
{
	char *text = NULL;

	for (size_t i = 0; i < state->obstacles.n; i++) {
		const char *next = state->obstacles.v[i];

		text = text ? vc_arena_printf(arena, "%s, %s", text, next)
		            : vc_arena_strdup(arena, next);
		if (!text)
			return NULL;
	}
	if (state->n_obstacles > state->obstacles.n)
		return vc_arena_printf(arena, "%s and %zu more", text ? text : "",
		                       state->n_obstacles - state->obstacles.n);
	return text;
}

/* @obstacles: the text of list_obstacles(), NULL none */
static int judge_member(struct vc_scan *scan, struct vc_host_device *d,
                        const struct group_state *state, const char *obstacles,
                        struct vc_err *err)
{
	if (!d->verdict.claimable)
		return 0;
	if (obstacles || state->hosts.n > VC_TOGETHER_MAX + 1) {
		d->verdict.claimable = false;
		return add_reason(
			scan, d,
			obstacles ? vc_arena_printf(scan->arena,
		                                    "IOMMU group %" PRId64 " also has %s",
		                                    d->iommu_group, obstacles)
				  : vc_arena_printf(scan->arena,
		                                    "IOMMU group %" PRId64
		                                    " has %zu devices of the host",
		                                    d->iommu_group, state->hosts.n),
			err);
	}
	for (size_t i = 0; i < state->hosts.n; i++)
		if (strcmp(state->hosts.v[i], d->address) != 0 &&
		    vc_names_add(scan->arena, &d->verdict.together, state->hosts.v[i],
		                 err) < 0)
			return -(int)err->kind;
	return 0;
}

/* Judging members changes what look_at_group() sees: so all groups are looked at first. */
static int judge_groups(struct vc_scan *scan, struct group_state *states,
                        struct vc_err *err)
{
	struct vc_inventory *inventory = scan->inventory;
	char **obstacles =
		vc_arena_alloc(scan->arena, inventory->groups.n + 1, sizeof(char *));

	if (!obstacles)
		return vc_fail_oom(err);
	for (size_t i = 0; i < inventory->groups.n; i++) {
		if (look_at_group(scan, &inventory->groups.v[i], &states[i], err) < 0)
			return -(int)err->kind;
		obstacles[i] = list_obstacles(scan->arena, &states[i]);
		if (states[i].n_obstacles > 0 && !obstacles[i])
			return vc_fail_oom(err);
	}
	for (size_t i = 0; i < inventory->n_pci; i++) {
		struct vc_host_device *d = &inventory->devices.v[i];
		const struct vc_iommu_group *group =
			vc_inventory_group(inventory, d->iommu_group);
		size_t g = group ? (size_t)(group - inventory->groups.v) : 0;

		if (group && judge_member(scan, d, &states[g], obstacles[g], err) < 0)
			return -(int)err->kind;
	}
	return 0;
}

/**
 * vc_judge_claimable() - Decide for each device whether it can be claimed
 * @scan:	scan; everything else is known
 * @err:	out of memory
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_judge_claimable(struct vc_scan *scan, struct vc_err *err)
{
	struct vc_inventory *inventory = scan->inventory;
	struct group_state *states =
		vc_arena_alloc(scan->arena, inventory->groups.n + 1, sizeof(*states));

	if (!states)
		return vc_fail_oom(err);
	for (size_t i = 0; i < inventory->devices.n; i++)
		if (judge_alone(scan, &inventory->devices.v[i], err) < 0)
			return -(int)err->kind;
	return judge_groups(scan, states, err);
}
