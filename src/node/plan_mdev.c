/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan_mdev.c - mediated devices: made by their parent, under the UUID that the claim says.
 */
#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "node/plan.h"
#include "node/share.h"

#define LIST_SIZE ((size_t)512)

/* [ABI-MDEV] name of the parent in class/mdev_bus. A parent that is no PCI function is known
 * by the types and devices below it. */
static const char *parent_name(const struct vc_host_device *device)
{
	bool is_below =
		device->kind == VC_DEVICE_MDEV || device->kind == VC_DEVICE_MDEV_TYPE;

	return is_below ? device->mdev.parent : device->address;
}

static const struct vc_host_device *find_instance(const struct vc_inventory *inventory,
                                                  const char *uuid)
{
	const struct vc_host_device *d = vc_inventory_find(inventory, uuid);

	return d && d->kind == VC_DEVICE_MDEV ? d : NULL;
}

static bool is_type_of(const struct vc_host_device *d, const char *parent)
{
	return d->kind == VC_DEVICE_MDEV_TYPE && strcmp(d->mdev.parent, parent) == 0;
}

static const struct vc_host_device *find_type(const struct vc_inventory *inventory,
                                              const char *parent, const char *type)
{
	for (size_t i = inventory->n_pci; i < inventory->devices.n; i++) {
		const struct vc_host_device *d = &inventory->devices.v[i];

		if (is_type_of(d, parent) && strcmp(d->mdev.type, type) == 0)
			return d;
	}
	return NULL;
}

static int refuse_type(const struct vc_inventory *inventory, const char *parent,
                       const char *type, struct vc_err *err)
{
	VC_AUTO_BUF struct vc_buf list = VC_BUF_INIT(LIST_SIZE);

	for (size_t i = inventory->n_pci; i < inventory->devices.n; i++) {
		const struct vc_host_device *d = &inventory->devices.v[i];

		if (is_type_of(d, parent))
			vc_buf_printf(&list, "%s%s", list.len > 0 ? ", " : "",
			              d->mdev.type);
	}
	if (!list.data)
		return vc_fail(
			err, VC_ERR_REFUSED,
			"'%s' makes no mediated devices now; is the driver that does "
			"so loaded, and the card set up for it?",
			parent);
	return vc_fail(err, VC_ERR_REFUSED,
	               "'%s' makes no mediated devices of type '%s' now, only of: %s",
	               parent, type, list.failed ? "many others" : list.data);
}

/* One with the same UUID is ours or it is in the way. */
static int check_instance(const struct vc_host_device *d, const char *parent,
                          const char *type, struct vc_err *err)
{
	if (d->mdev.type && d->mdev.parent && strcmp(d->mdev.type, type) == 0 &&
	    strcmp(d->mdev.parent, parent) == 0)
		return 0;
	return vc_fail(err, VC_ERR_REFUSED,
	               "there is a mediated device '%s' already, of type '%s' and parent "
	               "'%s'; the claim wants type '%s' of '%s'",
	               d->address, d->mdev.type ? d->mdev.type : "unknown",
	               d->mdev.parent ? d->mdev.parent : "unknown", type, parent);
}

static bool has_step(const struct vc_entry *entry, const char *uuid)
{
	for (size_t i = 0; i < entry->steps.n; i++) {
		const struct vc_step *step = &entry->steps.v[i];

		if (step->kind == VC_STEP_MDEV && step->state != VC_STEP_UNDONE &&
		    strcmp(step->uuid, uuid) == 0)
			return true;
	}
	return false;
}

/* Instances of a type that @entry has yet to make. */
static int64_t count_planned(const struct vc_entry *entry,
                             const struct vc_mdev_part *type)
{
	int64_t n = 0;

	for (size_t i = 0; i < entry->steps.n; i++) {
		const struct vc_step *step = &entry->steps.v[i];

		if (step->kind == VC_STEP_MDEV && step->state <= VC_STEP_DOING &&
		    strcmp(step->parent, type->parent) == 0 &&
		    strcmp(step->type, type->type) == 0)
			n++;
	}
	return n;
}

static int check_available(const struct vc_prepare_input *input,
                           const struct vc_entry *entry, const struct vc_mdev_part *type,
                           struct vc_err *err)
{
	int64_t planned = count_planned(entry, type);

	for (size_t i = 0; i < input->entries->n; i++)
		if (strcmp(input->entries->v[i].uid, entry->uid) != 0)
			planned += count_planned(&input->entries->v[i], type);
	if (type->available < 0 || planned < type->available)
		return 0;
	return vc_fail(err, VC_ERR_REFUSED,
	               "'%s' can make %" PRId64
	               " more of type '%s', and claims want %" PRId64
	               "; remove a mediated device that nobody uses",
	               type->parent, type->available, type->type, planned + 1);
}

static int add_step(struct vc_arena *arena, const char *parent,
                    const struct vc_claimed_device *claimed, struct vc_entry *entry,
                    struct vc_err *err)
{
	const struct vc_step step = {
		.kind = VC_STEP_MDEV,
		.parent = vc_arena_strdup(arena, parent),
		.type = vc_arena_strdup(arena, claimed->mdev_type),
		.uuid = vc_arena_strdup(arena, claimed->mdev_uuid),
	};

	if (!step.parent || !step.type || !step.uuid)
		return vc_fail_oom(err);
	return vc_plan_add(arena, &step, entry, err);
}

/**
 * vc_plan_mdev() - Make a mediated device
 * @arena:	holds the step
 * @input:	machine
 * @found:	claimed device; one that is no mediated device needs nothing
 * @entry:	gets the step
 * @err:	why not
 *
 * One that exists as the claim wants it stays as it is: no step.
 *
 * Return: 0, -VC_ERR_REFUSED (the parent has no such type or no instance of it left, the UUID
 * is another device's) or -VC_ERR_INTERNAL
 */
int vc_plan_mdev(struct vc_arena *arena, const struct vc_prepare_input *input,
                 const struct vc_found_device *found, struct vc_entry *entry,
                 struct vc_err *err)
{
	const struct vc_claimed_device *claimed = found->claimed;
	const struct vc_host_device *instance, *type;
	const char *parent;

	if (claimed->made_from != VC_MADE_FROM_TYPE ||
	    has_step(entry, claimed->mdev_uuid))
		return 0;
	parent = parent_name(found->located.device);
	instance = find_instance(input->inventory, claimed->mdev_uuid);
	if (instance)
		return check_instance(instance, parent, claimed->mdev_type, err);
	type = find_type(input->inventory, parent, claimed->mdev_type);
	if (!type)
		return refuse_type(input->inventory, parent, claimed->mdev_type, err);
	if (check_available(input, entry, &type->mdev, err) < 0)
		return -(int)err->kind;
	return add_step(arena, parent, claimed, entry, err);
}
