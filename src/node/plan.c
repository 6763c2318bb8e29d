/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan.c - where the devices of a claim are, what is reserved for it, and in which order
 * the kinds of steps are planned.
 */
#include "node/plan.h"

#include <string.h>

#include "node/plan_check.h"

/* Whether the journal of this boot says that we gave this function to vfio. */
static bool was_bound_by_us(const struct vc_entry *entry,
                            const struct vc_pci_address *pci)
{
	for (size_t i = 0; i < entry->steps.n; i++) {
		const struct vc_step *step = &entry->steps.v[i];

		if (step->kind == VC_STEP_DRIVER && step->state != VC_STEP_PLANNED &&
		    step->state != VC_STEP_UNDONE &&
		    vc_pci_address_compare(&step->pci, pci) == 0)
			return true;
	}
	return false;
}

static struct vc_reserved *find_reserved(const struct vc_entry *entry,
                                         const struct vc_claimed_device *claimed)
{
	for (size_t i = 0; i < entry->devices.n; i++) {
		struct vc_reserved *r = &entry->devices.v[i];

		if (strcmp(r->request, claimed->request) == 0 &&
		    strcmp(r->name, claimed->name) == 0)
			return r;
	}
	return NULL;
}

/* Returns whether it is known where we bound the device. */
static bool find_ours(const struct vc_prepare_input *input,
                      const struct vc_claimed_device *claimed,
                      struct vc_pci_address *ours)
{
	static const char prefix[] = "pci-";
	const struct vc_entry *entry = vc_plan_entry(input);
	const struct vc_reserved *r = entry ? find_reserved(entry, claimed) : NULL;
	struct vc_err none = VC_ERR_INIT;

	return r && claimed->made_from == VC_MADE_BY_NOBODY &&
	       strncmp(r->key, prefix, strlen(prefix)) == 0 &&
	       vc_pci_address_parse(r->key + strlen(prefix), ours, &none) == 0 &&
	       was_bound_by_us(entry, ours);
}

static struct vc_host_device *find_vf(const struct vc_inventory *inventory,
                                      const struct vc_pci_address *pf, unsigned index)
{
	for (size_t i = 0; i < inventory->n_pci; i++) {
		struct vc_host_device *d = &inventory->devices.v[i];

		if (d->pci.is_vf && d->pci.vf_index >= 0 &&
		    (unsigned)d->pci.vf_index == index &&
		    vc_pci_address_compare(&d->pci.pf, pf) == 0)
			return d;
	}
	return NULL;
}

static struct vc_host_device *find_mdev(const struct vc_inventory *inventory,
                                        const char *uuid)
{
	struct vc_host_device *d = vc_inventory_find(inventory, uuid);

	return d && d->kind == VC_DEVICE_MDEV ? d : NULL;
}

/* The device itself, when it exists. */
static struct vc_host_device *find_itself(const struct vc_prepare_input *input,
                                          const struct vc_found_device *found)
{
	struct vc_host_device *located = found->located.device;

	switch (found->claimed->made_from) {
	case VC_MADE_FROM_PF:
		return find_vf(input->inventory, &located->pci.address,
		               found->claimed->vf_index);
	case VC_MADE_FROM_TYPE:
		return find_mdev(input->inventory, found->claimed->mdev_uuid);
	case VC_MADE_BY_NOBODY:
		break;
	}
	return located;
}

static struct vc_host_side side_of_usb(const struct vc_host_device *d)
{
	const struct vc_evidence *serial = vc_host_device_evidence(d, VC_EVIDENCE_USB);

	return (struct vc_host_side){
		.kind = VC_KIND_USB,
		.usb = {
			.bus = d->usb.bus,
			.device = d->usb.device,
			.port = d->usb.port,
			.serial = serial && !serial->useless ? serial->value : NULL,
			.has_ids = true,
			.vendor = d->usb.vendor,
			.product = d->usb.product,
		},
	};
}

static struct vc_host_side side_of_mdev(const struct vc_mdev_part *mdev, char *uuid)
{
	struct vc_host_side side = { .kind = VC_KIND_MDEV };

	side.mdev_uuid = uuid;
	if (mdev && mdev->device_api)
		(void)vc_mdev_model_parse(mdev->device_api, &side.mdev_model);
	return side;
}

static struct vc_host_side side_of_device(struct vc_host_device *d)
{
	struct vc_host_side side = { .kind = VC_KIND_UNKNOWN };

	switch (d->kind) {
	case VC_DEVICE_PCI:
		side.kind = VC_KIND_PCI;
		side.has_pci = true;
		side.pci = d->pci.address;
		break;
	case VC_DEVICE_USB:
		return side_of_usb(d);
	case VC_DEVICE_MDEV:
		return side_of_mdev(&d->mdev, d->mdev.uuid);
	case VC_DEVICE_MDEV_TYPE:
		break;
	}
	return side;
}

/* Where a device will be that has to be made. */
static struct vc_host_side forecast(struct vc_arena *arena,
                                    const struct vc_prepare_input *input,
                                    const struct vc_found_device *found)
{
	struct vc_host_side side = { .kind = VC_KIND_UNKNOWN };
	struct vc_err none = VC_ERR_INIT;

	if (found->claimed->made_from == VC_MADE_FROM_TYPE)
		return side_of_mdev(NULL, found->claimed->mdev_uuid);
	if (input->node &&
	    vc_plan_vf_address(arena, input->node->config->sysfs,
	                       &found->located.device->pci.address,
	                       found->claimed->vf_index, &side.pci, &none) == 0) {
		side.kind = VC_KIND_PCI;
		side.has_pci = true;
	}
	return side;
}

/* A device that cannot be recognised while vfio has it may be there for another claim. */
static int explain_not_found(const struct vc_prepare_input *input,
                             const struct vc_claimed_device *claimed, struct vc_err *err)
{
	const struct vc_entry *other = vc_plan_holder(input, claimed->identity.address);
	char why[VC_ERR_MSG_SIZE];

	(void)vc_err_context(err, "device '%s'", claimed->name);
	if (!other || err->kind != VC_ERR_REFUSED)
		return -(int)err->kind;
	memcpy(why, err->msg, sizeof(why));
	return vc_fail(err, VC_ERR_REFUSED, "%.1500s; claim '%s/%s' has '%s' now (%s)",
	               why, other->namespace, other->name, claimed->identity.address,
	               vc_phase_name(other->phase));
}

static int find_one(struct vc_arena *arena, const struct vc_prepare_input *input,
                    const struct vc_claimed_device *claimed,
                    struct vc_found_device *found, struct vc_err *err)
{
	struct vc_pci_address ours;
	bool has_ours = find_ours(input, claimed, &ours);

	found->claimed = claimed;
	if (vc_identity_locate(arena, input->inventory, &claimed->identity,
	                       has_ours ? &ours : NULL, &found->located, err) < 0)
		return explain_not_found(input, claimed, err);
	if (claimed->made_from == VC_MADE_FROM_PF &&
	    found->located.device->kind != VC_DEVICE_PCI)
		return vc_fail(err, VC_ERR_REFUSED,
		               "device '%s': '%s' is no PCI function", claimed->name,
		               found->located.device->address);
	found->device = find_itself(input, found);
	found->host = found->device ? side_of_device(found->device)
	                            : forecast(arena, input, found);
	return 0;
}

/* Two devices of a claim cannot be one. */
static int check_different(const struct vc_found_devices *found, struct vc_err *err)
{
	for (size_t i = 0; i < found->n; i++)
		for (size_t j = 0; j < i; j++)
			if (found->v[i].device &&
			    found->v[i].device == found->v[j].device)
				return vc_fail(err, VC_ERR_REFUSED,
				               "devices '%s' and '%s' of the claim are "
				               "both '%s' now",
				               found->v[j].claimed->name,
				               found->v[i].claimed->name,
				               found->v[i].device->address);
	return 0;
}

/**
 * vc_plan_find() - Where every device of a claim is
 * @arena:	holds the result
 * @input:	claim, machine, journal
 * @ret_found:	as many as the claim has devices, in their order
 * @err:	which is not to be found, and why
 *
 * Return: 0, -VC_ERR_REFUSED or -VC_ERR_INTERNAL
 */
int vc_plan_find(struct vc_arena *arena, const struct vc_prepare_input *input,
                 struct vc_found_devices *ret_found, struct vc_err *err)
{
	struct vc_found_devices found = { 0 };

	for (size_t i = 0; i < input->claim->devices.n; i++) {
		struct vc_found_device *slot = vc_list_push(arena, &found);

		if (!slot)
			return vc_fail_oom(err);
		if (find_one(arena, input, &input->claim->devices.v[i], slot, err) < 0)
			return -(int)err->kind;
	}
	if (check_different(&found, err) < 0)
		return -(int)err->kind;
	*ret_found = found;
	return 0;
}

/**
 * vc_plan_reserve() - Keep a device from others, or note where it is by now
 * @arena:	holds what is added
 * @found:	device
 * @entry:	gets it
 * @err:	out of memory
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_plan_reserve(struct vc_arena *arena, const struct vc_found_device *found,
                    struct vc_entry *entry, struct vc_err *err)
{
	const struct vc_claimed_device *claimed = found->claimed;
	struct vc_reserved *slot = find_reserved(entry, claimed);
	struct vc_reserved reserved = {
		.request = claimed->request,
		.name = claimed->name,
		.key = vc_plan_key(arena, found),
	};

	if (!reserved.key)
		return vc_fail_oom(err);
	reserved.has_pf = vc_plan_pf(found, &reserved.pf);
	if (!slot)
		slot = vc_list_push(arena, &entry->devices);
	if (!slot)
		return vc_fail_oom(err);
	*slot = reserved;
	return 0;
}

static int make_one(struct vc_arena *arena, const struct vc_prepare_input *input,
                    const struct vc_found_device *found, struct vc_entry *entry,
                    struct vc_err *err)
{
	if (vc_plan_check_free(arena, input, found, err) < 0 ||
	    vc_plan_check_device(found, err) < 0 ||
	    vc_plan_reserve(arena, found, entry, err) < 0 ||
	    vc_plan_vfs(arena, input, found, entry, err) < 0 ||
	    vc_plan_vf(arena, input, found, entry, err) < 0 ||
	    vc_plan_mdev(arena, input, found, entry, err) < 0)
		return -(int)err->kind;
	return 0;
}

/**
 * vc_plan_prepare() - Round one: reserve devices, and plan to make those that do not exist
 * @arena:	holds what is added
 * @input:	claim, machine, journal, leases
 * @entry:	gets what is reserved, and steps
 * @err:	why not
 *
 * Return: 0, -VC_ERR_REFUSED (a device cannot be found, is another claim's, is in use, the
 * host needs it, cannot be made), -VC_ERR_SYSTEM or -VC_ERR_INTERNAL
 */
int vc_plan_prepare(struct vc_arena *arena, const struct vc_prepare_input *input,
                    struct vc_entry *entry, struct vc_err *err)
{
	struct vc_found_devices found = { 0 };

	if (vc_plan_find(arena, input, &found, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < found.n; i++)
		if (make_one(arena, input, &found.v[i], entry, err) < 0)
			return -(int)err->kind;
	return vc_plan_check_groups(&found, err);
}

/* All were made in round one, or were there before. */
static int check_there(const struct vc_found_devices *found, struct vc_err *err)
{
	for (size_t i = 0; i < found->n; i++) {
		const struct vc_found_device *f = &found->v[i];

		if (f->device)
			continue;
		if (f->claimed->made_from == VC_MADE_FROM_PF)
			return vc_fail(err, VC_ERR_REFUSED,
			               "'%s' has no virtual function %u",
			               f->located.device->address, f->claimed->vf_index);
		return vc_fail(err, VC_ERR_REFUSED,
		               "there is no mediated device '%s' below '%s'",
		               f->claimed->mdev_uuid, f->located.device->address);
	}
	return 0;
}

/**
 * vc_plan_bind() - Round two: drivers and nodes
 * @arena:	holds what is added
 * @input:	claim, machine after round one, journal
 * @entry:	as after round one; gets where made devices are, and steps
 * @err:	why not
 *
 * What holds of the machine is asked again: it may have changed since round one.
 *
 * Return: 0, -VC_ERR_REFUSED, -VC_ERR_SYSTEM or -VC_ERR_INTERNAL
 */
int vc_plan_bind(struct vc_arena *arena, const struct vc_prepare_input *input,
                 struct vc_entry *entry, struct vc_err *err)
{
	struct vc_found_devices found = { 0 };

	if (vc_plan_find(arena, input, &found, err) < 0 || check_there(&found, err) < 0 ||
	    vc_plan_check_groups(&found, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < found.n; i++)
		if (vc_plan_check_device(&found.v[i], err) < 0 ||
		    vc_plan_reserve(arena, &found.v[i], entry, err) < 0 ||
		    vc_plan_driver(arena, input, &found.v[i], entry, err) < 0)
			return -(int)err->kind;
	for (size_t i = 0; i < found.n; i++)
		if (vc_plan_access(arena, input, &found.v[i], entry, err) < 0)
			return -(int)err->kind;
	return 0;
}
