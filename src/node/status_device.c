/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether a device of a prepared claim is as prepare left it, and what could not be
 * undone.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "node/status_internal.h"

/* "old; text", or the text alone; NULL out of memory. */
static char *join(struct vc_arena *arena, const char *old, const char *text)
{
	return vc_arena_printf(arena, "%s%s%s", old ? old : "", old ? "; " : "", text);
}

VC_PRINTF(4, 0)
static int add_text(struct vc_look *look, char **into, struct vc_err *err,
                    const char *fmt, va_list ap)
{
	char text[VC_ERR_MSG_SIZE];
	char *joined;

	(void)vsnprintf(text, sizeof(text), fmt, ap);
	joined = join(look->arena, *into, text);
	if (!joined)
		return vc_fail_oom(err);
	*into = joined;
	return 0;
}

/**
 * vc_look_problem() - Say what is wrong with a device
 * @look:	device
 * @err:	out of memory
 * @fmt:	a clause
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_look_problem(struct vc_look *look, struct vc_err *err, const char *fmt, ...)
{
	va_list ap;
	int r;

	va_start(ap, fmt);
	r = add_text(look, &look->status.problem, err, fmt, ap);
	va_end(ap);
	return r;
}

/**
 * vc_look_note() - Say something about a device that is in order
 * @look:	device
 * @err:	out of memory
 * @fmt:	a clause
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_look_note(struct vc_look *look, struct vc_err *err, const char *fmt, ...)
{
	va_list ap;
	int r;

	va_start(ap, fmt);
	r = add_text(look, &look->status.note, err, fmt, ap);
	va_end(ap);
	return r;
}

/**
 * vc_status_reserved() - A device in the journal
 * @entry:	journal; NULL none
 * @claimed:	device
 *
 * Return: what is reserved for it, or NULL
 */
const struct vc_reserved *vc_status_reserved(const struct vc_entry *entry,
                                             const struct vc_claimed_device *claimed)
{
	for (size_t i = 0; entry && i < entry->devices.n; i++)
		if (strcmp(entry->devices.v[i].request, claimed->request) == 0 &&
		    strcmp(entry->devices.v[i].name, claimed->name) == 0)
			return &entry->devices.v[i];
	return NULL;
}

/* A VF that was made after it was reserved may still be there under its number. */
static int check_place(struct vc_look *look, struct vc_err *err)
{
	const char *key = vc_host_side_key(look->arena, &look->status.host);
	const char *old = look->reserved ? look->reserved->key : NULL;

	if (!key)
		return vc_fail_oom(err);
	if (!old || strncmp(old, "vf-", 3) == 0 || strcmp(key, old) == 0)
		return 0;
	return vc_look_problem(
		look, err,
		"it was prepared as '%s' and is '%s' now; prepare the claim "
		"again",
		old, key);
}

/* The driver that a step of this claim gave to a function; NULL none did. */
static const char *given_driver(const struct vc_entry *entry,
                                const struct vc_pci_address *address)
{
	for (size_t i = 0; entry && i < entry->steps.n; i++) {
		const struct vc_step *step = &entry->steps.v[i];

		if (step->kind == VC_STEP_DRIVER && step->state == VC_STEP_DONE &&
		    vc_pci_address_compare(&step->pci, address) == 0)
			return step->driver;
	}
	return NULL;
}

/* Only a PCI function has to be on a driver of our choice. */
static int check_driver(struct vc_look *look, struct vc_err *err)
{
	const struct vc_host_device *d = look->found.device;
	const char *is = d->driver, *expected;

	if (d->kind != VC_DEVICE_PCI)
		return 0;
	expected = given_driver(look->entry, &d->pci.address);
	if (expected ? is && strcmp(is, expected) == 0 : d->pci.on_vfio)
		return 0;
	return vc_look_problem(look, err, "is on %s%s, expected %s",
	                       is ? "driver " : "no driver", is ? is : "",
	                       expected ? expected : "a vfio driver");
}

/* Its node below the directory of devices; NULL when it has none. */
static int node_name(struct vc_look *look, char **ret_name, struct vc_err *err)
{
	const struct vc_host_device *d = look->found.device;
	char *name = NULL;

	*ret_name = NULL;
	if (d->kind == VC_DEVICE_USB)
		name = vc_arena_printf(look->arena, "bus/usb/%03u/%03u", d->usb.bus,
		                       d->usb.device);
	else if (d->iommu_group >= 0)
		name = vc_arena_printf(look->arena, "vfio/%lld",
		                       (long long)d->iommu_group);
	else
		return 0;
	if (!name)
		return vc_fail_oom(err);
	*ret_name = name;
	return 0;
}

/* Nodes are looked at only when they are given to somebody. */
static int check_node(struct vc_look *look, struct vc_err *err)
{
	const struct vc_local_node *node = look->input->node;
	const struct vc_device_node *n;
	char *name = NULL;

	if (!node->has_user)
		return 0;
	if (node_name(look, &name, err) < 0)
		return -(int)err->kind;
	if (!name)
		return 0;
	n = vc_inventory_node(look->input->inventory, name);
	if (!n)
		return vc_look_problem(look, err, "its node '%s/%s' does not exist",
		                       node->config->dev, name);
	if (n->uid == node->uid || look->status.lease)
		return 0;
	return vc_look_note(look, err, "node '%s/%s' belongs to user %u, not to %u",
	                    node->config->dev, name, n->uid, node->uid);
}

/**
 * vc_look_in_order() - Whether a device is as prepare left it
 * @look:	device that was found, of a prepared claim; gets problems and notes
 * @err:	out of memory
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_look_in_order(struct vc_look *look, struct vc_err *err)
{
	const struct vc_host_device *d = look->found.device;

	if (d->broken &&
	    vc_look_problem(look, err, "cannot be judged: %s", d->broken) < 0)
		return -(int)err->kind;
	if (check_place(look, err) < 0 || check_driver(look, err) < 0)
		return -(int)err->kind;
	return check_node(look, err);
}

static bool same_text(const char *a, const char *b)
{
	return a && b && strcasecmp(a, b) == 0;
}

static bool has_key(struct vc_arena *arena, const struct vc_reserved *reserved,
                    const struct vc_pci_address *address)
{
	const struct vc_host_side side = {
		.kind = VC_KIND_PCI,
		.has_pci = true,
		.pci = *address,
	};
	const char *key = vc_host_side_key(arena, &side);

	return key && reserved && strcmp(key, reserved->key) == 0;
}

/* Whether a step is about a device of the claim. */
static bool is_about(struct vc_arena *arena, const struct vc_entry *entry,
                     const struct vc_step *step, const struct vc_claimed_device *claimed)
{
	const struct vc_reserved *reserved = vc_status_reserved(entry, claimed);

	switch (step->kind) {
	case VC_STEP_DRIVER:
		return has_key(arena, reserved, &step->pci);
	case VC_STEP_VF:
		return claimed->made_from == VC_MADE_FROM_PF &&
		       claimed->vf_index == step->vf_index && reserved &&
		       reserved->has_pf &&
		       vc_pci_address_compare(&reserved->pf, &step->pci) == 0;
	case VC_STEP_VFS:
		return reserved && reserved->has_pf &&
		       vc_pci_address_compare(&reserved->pf, &step->pci) == 0;
	case VC_STEP_MDEV:
		return same_text(step->uuid, claimed->mdev_uuid);
	case VC_STEP_ACCESS:
		break;
	}
	return false;
}

/* The device that a stuck step is about; the first one when it is about none alone. */
static struct vc_device_status *stuck_device(struct vc_arena *arena,
                                             const struct vc_claim_status *status,
                                             const struct vc_step *step)
{
	for (size_t i = 0; i < status->devices.n; i++)
		if (is_about(arena, status->entry, step, status->devices.v[i].claimed))
			return &status->devices.v[i];
	return status->devices.n > 0 ? &status->devices.v[0] : NULL;
}

/**
 * vc_status_stuck() - Say of which device what could not be undone
 * @arena:	holds texts
 * @status:	claim with all its devices; their problems grow by what the journal has,
 *		word by word
 * @err:	out of memory
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_status_stuck(struct vc_arena *arena, struct vc_claim_status *status,
                    struct vc_err *err)
{
	const size_t n = status->entry ? status->entry->steps.n : 0;

	for (size_t i = 0; i < n; i++) {
		const struct vc_step *step = &status->entry->steps.v[i];
		struct vc_device_status *d;
		char *problem;

		if (step->state != VC_STEP_STUCK)
			continue;
		d = stuck_device(arena, status, step);
		if (!d)
			continue;
		problem = join(arena, d->problem,
		               step->problem ? step->problem : "it could not be undone");
		if (!problem)
			return vc_fail_oom(err);
		d->problem = problem;
	}
	return 0;
}
