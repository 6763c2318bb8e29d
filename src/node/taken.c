/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "node/taken.h"

#include <string.h>
#include <strings.h>

#include "node/identity.h"
#include "node/likeness.h"

static const char **reason_of(const struct vc_taken *taken,
                              const struct vc_host_device *device)
{
	return &taken->reasons[device - taken->inventory->devices.v];
}

static int add_part(struct vc_arena *arena, struct vc_taken *taken,
                    const struct vc_taken_part *part, struct vc_err *err)
{
	struct vc_taken_part *slot = vc_list_push(arena, &taken->parts);

	if (!slot || !part->reason || !part->whole_reason)
		return vc_fail_oom(err);
	*slot = *part;
	return 0;
}

/* The parent that a device stands for, as sysfs calls it. */
static const char *parent_name(const struct vc_host_device *device)
{
	bool is_parent = device->kind == VC_DEVICE_PCI;

	return is_parent ? device->address : device->mdev.parent;
}

static bool mdev_exists(const struct vc_inventory *inventory, const char *uuid)
{
	const struct vc_host_device *d = vc_inventory_find(inventory, uuid);

	return d && d->kind == VC_DEVICE_MDEV;
}

static int add_mdev(struct vc_arena *arena, struct vc_taken *taken,
                    const struct vc_claimed_device *claimed, const char *parent,
                    const char *owner, struct vc_err *err)
{
	const struct vc_taken_part part = {
		.parent = parent,
		.type = claimed->mdev_type,
		.uuid = claimed->mdev_uuid,
		.exists = mdev_exists(taken->inventory, claimed->mdev_uuid),
		.reason = vc_arena_printf(arena, "%s has it", owner),
		.whole_reason =
			vc_arena_printf(arena, "%s has a mediated device of it", owner),
	};

	return add_part(arena, taken, &part, err);
}

/**
 * vc_taken_add() - Note what a claim has
 * @arena:	holds reasons
 * @taken:	gets it
 * @claimed:	device of the claim
 * @device:	itself, its PF, or one that stands for its parent
 * @owner:	who has it, "claim 'lab/vm7'"
 * @err:	out of memory
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_taken_add(struct vc_arena *arena, struct vc_taken *taken,
                 const struct vc_claimed_device *claimed,
                 const struct vc_host_device *device, const char *owner,
                 struct vc_err *err)
{
	struct vc_taken_part part = { .pf = device, .vf_index = claimed->vf_index };
	const char **reason;

	switch (claimed->made_from) {
	case VC_MADE_FROM_PF:
		part.reason = vc_arena_printf(arena, "%s has it", owner);
		part.whole_reason = vc_arena_printf(
			arena, "%s has virtual function %u of it", owner, part.vf_index);
		return add_part(arena, taken, &part, err);
	case VC_MADE_FROM_TYPE:
		return add_mdev(arena, taken, claimed, parent_name(device), owner, err);
	case VC_MADE_BY_NOBODY:
		break;
	}
	reason = reason_of(taken, device);
	*reason = vc_arena_printf(arena, "%s has it", owner);
	return *reason ? 0 : vc_fail_oom(err);
}

static bool is_like(const struct vc_comparison *c)
{
	return c->likeness == VC_LIKE_SAME || c->likeness == VC_LIKE_MAYBE;
}

/* What cannot be told from the device of a claim that is not to be found: the one in its
 * slot, or else all that there are, unless @lenient. */
static int add_doubtful(struct vc_arena *arena, struct vc_taken *taken,
                        const struct vc_identity *identity, bool lenient,
                        const char *owner, struct vc_err *err)
{
	const struct vc_inventory *inventory = taken->inventory;
	char *reason =
		vc_arena_printf(arena, "it cannot be told from what %s has", owner);
	bool in_slot = false;

	if (!reason)
		return vc_fail_oom(err);
	for (size_t i = 0; i < inventory->devices.n && !in_slot; i++) {
		const struct vc_comparison c =
			vc_identity_compare(identity, &inventory->devices.v[i]);

		in_slot = is_like(&c) && c.same_slot;
	}
	for (size_t i = 0; i < inventory->devices.n; i++) {
		const struct vc_comparison c =
			vc_identity_compare(identity, &inventory->devices.v[i]);

		if (is_like(&c) && (c.same_slot || !(in_slot || lenient)) &&
		    !taken->reasons[i])
			taken->reasons[i] = reason;
	}
	return 0;
}

/* Where the journal says that the device of a claim is. */
static bool find_ours(const struct vc_entries *entries, const struct vc_host_claim *claim,
                      const struct vc_claimed_device *claimed,
                      struct vc_pci_address *ret_ours)
{
	static const char prefix[] = "pci-";
	struct vc_err none = VC_ERR_INIT;

	for (size_t i = 0; entries && i < entries->n; i++) {
		const struct vc_entry *e = &entries->v[i];

		if (strcmp(e->uid, claim->uid) != 0)
			continue;
		for (size_t k = 0; k < e->devices.n; k++) {
			const struct vc_reserved *r = &e->devices.v[k];

			if (strcmp(r->request, claimed->request) == 0 &&
			    strcmp(r->name, claimed->name) == 0 &&
			    strncmp(r->key, prefix, strlen(prefix)) == 0)
				return vc_pci_address_parse(r->key + strlen(prefix),
				                            ret_ours, &none) == 0;
		}
	}
	return false;
}

/* A parent that is gone takes its mediated devices along, but their UUIDs stay taken. */
static int add_lost(struct vc_arena *arena, struct vc_taken *taken,
                    const struct vc_claimed_device *claimed, bool lenient,
                    const char *owner, struct vc_err *err)
{
	switch (claimed->made_from) {
	case VC_MADE_FROM_TYPE:
		return add_mdev(arena, taken, claimed, NULL, owner, err);
	case VC_MADE_BY_NOBODY:
		return add_doubtful(arena, taken, &claimed->identity, lenient, owner,
		                    err);
	case VC_MADE_FROM_PF:
		break;
	}
	return 0;
}

/* What is asked for, and where it goes. */
struct survey {
	struct vc_arena *arena;
	const struct vc_entries *entries;
	bool lenient;
	struct vc_taken taken;
};

static int add_claimed(struct survey *survey, const struct vc_host_claim *claim,
                       const struct vc_claimed_device *claimed, struct vc_err *err)
{
	struct vc_arena *arena = survey->arena;
	char *owner =
		vc_arena_printf(arena, "claim '%s/%s'", claim->namespace, claim->name);
	struct vc_err lost = VC_ERR_INIT;
	struct vc_located located;
	struct vc_pci_address ours;
	bool is_ours = find_ours(survey->entries, claim, claimed, &ours);
	int r;

	if (!owner)
		return vc_fail_oom(err);
	r = vc_identity_locate(arena, survey->taken.inventory, &claimed->identity,
	                       is_ours ? &ours : NULL, &located, &lost);
	if (r == -VC_ERR_REFUSED)
		return add_lost(arena, &survey->taken, claimed, survey->lenient, owner,
		                err);
	if (r < 0)
		return vc_fail_oom(err);
	return vc_taken_add(arena, &survey->taken, claimed, located.device, owner, err);
}

/**
 * vc_taken_make() - Find out what claims have
 * @arena:	holds the result
 * @select:	inventory, claims and journal
 * @except:	a device of a claim that is left out; NULL none
 * @ret_taken:	result; lives as long as @select
 * @err:	out of memory
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_taken_make(struct vc_arena *arena, const struct vc_select *select,
                  const struct vc_taken_except *except, struct vc_taken *ret_taken,
                  struct vc_err *err)
{
	struct survey survey = {
		.arena = arena,
		.entries = select->entries,
		.lenient = except != NULL,
		.taken.inventory = select->inventory,
		.taken.reasons = vc_arena_alloc(arena, select->inventory->devices.n + 1,
		                                sizeof(char *)),
	};

	if (!survey.taken.reasons)
		return vc_fail_oom(err);
	for (size_t i = 0; i < select->claims->n; i++) {
		const struct vc_host_claim *claim = &select->claims->v[i];
		bool excepted = except && strcmp(claim->uid, except->uid) == 0;

		for (size_t k = 0; k < claim->devices.n; k++)
			if (!(excepted && k == except->index) &&
			    add_claimed(&survey, claim, &claim->devices.v[k], err) < 0)
				return -(int)err->kind;
	}
	*ret_taken = survey.taken;
	return 0;
}

/* A mediated device is known by its UUID. */
static const char *mdev_reason(const struct vc_taken *taken, const char *uuid)
{
	for (size_t i = 0; i < taken->parts.n; i++) {
		const struct vc_taken_part *p = &taken->parts.v[i];

		if (p->uuid && strcasecmp(p->uuid, uuid) == 0)
			return p->reason;
	}
	return NULL;
}

static const char *part_of(const struct vc_taken *taken,
                           const struct vc_host_device *device)
{
	for (size_t i = 0; i < taken->parts.n; i++) {
		const struct vc_taken_part *p = &taken->parts.v[i];

		if (p->pf == device ||
		    (!p->pf && p->parent && strcmp(p->parent, device->address) == 0))
			return p->whole_reason;
	}
	return NULL;
}

/**
 * vc_taken_device() - Why a device cannot be had
 * @taken:	what is taken
 * @device:	device of its inventory; a type of mediated devices is never taken
 *
 * Return: a reason, or NULL
 */
const char *vc_taken_device(const struct vc_taken *taken,
                            const struct vc_host_device *device)
{
	const struct vc_host_device *pf;
	const char *reason = *reason_of(taken, device);

	if (reason)
		return reason;
	switch (device->kind) {
	case VC_DEVICE_PCI:
		if (!device->pci.is_vf)
			return part_of(taken, device);
		pf = vc_inventory_function(taken->inventory, &device->pci.pf);
		return pf && device->pci.vf_index >= 0
		               ? vc_taken_vf(taken, pf, (unsigned)device->pci.vf_index)
		               : NULL;
	case VC_DEVICE_MDEV:
		return mdev_reason(taken, device->mdev.uuid);
	case VC_DEVICE_USB:
	case VC_DEVICE_MDEV_TYPE:
		break;
	}
	return NULL;
}

/**
 * vc_taken_vf() - Why a virtual function cannot be had
 * @taken:	what is taken
 * @pf:		PF
 * @index:	number of the VF, which need not exist
 *
 * Return: a reason, or NULL
 */
const char *vc_taken_vf(const struct vc_taken *taken, const struct vc_host_device *pf,
                        unsigned index)
{
	for (size_t i = 0; i < taken->parts.n; i++) {
		const struct vc_taken_part *p = &taken->parts.v[i];

		if (p->pf == pf && p->vf_index == index)
			return p->reason;
	}
	return vc_taken_whole(taken, pf);
}

/**
 * vc_taken_whole() - Why no part of a device can be had
 * @taken:	what is taken
 * @device:	PF or parent
 *
 * Return: a reason, or NULL
 */
const char *vc_taken_whole(const struct vc_taken *taken,
                           const struct vc_host_device *device)
{
	return *reason_of(taken, device);
}

/**
 * vc_taken_instances() - How many instances of a type claims will make
 * @taken:	what is taken
 * @type:	a VC_DEVICE_MDEV_TYPE
 *
 * Return: number
 */
int64_t vc_taken_instances(const struct vc_taken *taken,
                           const struct vc_host_device *type)
{
	int64_t n = 0;

	for (size_t i = 0; i < taken->parts.n; i++) {
		const struct vc_taken_part *p = &taken->parts.v[i];

		if (!p->pf && !p->exists && p->parent &&
		    strcmp(p->parent, type->mdev.parent) == 0 &&
		    strcmp(p->type, type->mdev.type) == 0)
			n++;
	}
	return n;
}
