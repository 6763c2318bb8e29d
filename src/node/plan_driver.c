/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan_driver.c - functions are given to a vfio driver.
 *
 * [ABI-PCI] driver_override reads as "(null)" when nothing was set.
 */
#include <string.h>

#include "node/apply.h"
#include "node/plan.h"

static struct vc_step *find_step(const struct vc_entry *entry,
                                 const struct vc_pci_address *pci)
{
	for (size_t i = 0; i < entry->steps.n; i++) {
		struct vc_step *step = &entry->steps.v[i];

		if (step->kind == VC_STEP_DRIVER && step->state != VC_STEP_UNDONE &&
		    vc_pci_address_compare(&step->pci, pci) == 0)
			return step;
	}
	return NULL;
}

/* What has to be put back. */
static int read_override(struct vc_arena *arena, const struct vc_prepare_input *input,
                         const char *address, char **ret_override, struct vc_err *err)
{
	const struct vc_config *config = input->node->config;
	char *path =
		vc_arena_printf(arena, "bus/pci/devices/%s/driver_override", address);
	char *text;

	if (!path)
		return vc_fail_oom(err);
	if (vc_sysfs_read_within(arena, config->sysfs, path, VC_LOOK_MS, &text, err) < 0)
		return -(int)err->kind;
	*ret_override = *text == '\0' || strcmp(text, "(null)") == 0 ? NULL : text;
	return 0;
}

static int copy_driver(struct vc_arena *arena, const struct vc_host_device *d,
                       struct vc_step *step, struct vc_err *err)
{
	step->driver = vc_arena_strdup(arena, d->pci.vfio_driver);
	if (d->driver)
		step->old_driver = vc_arena_strdup(arena, d->driver);
	return step->driver && (step->old_driver || !d->driver) ? 0 : vc_fail_oom(err);
}

/**
 * vc_plan_driver() - Give a function to a vfio driver
 * @arena:	holds the step
 * @input:	where sysfs is
 * @found:	device that exists
 * @entry:	gets a step, or has one done again that somebody has undone
 * @err:	why not
 *
 * A function that a vfio driver has already, whichever, stays with it: no step, so it will
 * not be taken away from it either.
 *
 * Return: 0, -VC_ERR_REFUSED (no vfio driver), -VC_ERR_ABSENT, -VC_ERR_SYSTEM or
 * -VC_ERR_INTERNAL
 */
int vc_plan_driver(struct vc_arena *arena, const struct vc_prepare_input *input,
                   const struct vc_found_device *found, struct vc_entry *entry,
                   struct vc_err *err)
{
	struct vc_step step = { .kind = VC_STEP_DRIVER, .vlan = -1, .old_vlan = -1 };
	const struct vc_host_device *d = found->device;
	struct vc_step *slot;

	if (d->kind != VC_DEVICE_PCI || d->pci.on_vfio)
		return 0;
	slot = find_step(entry, &d->pci.address);
	if (slot) {
		if (slot->state == VC_STEP_DONE)
			slot->state = VC_STEP_PLANNED;
		return 0;
	}
	if (!d->pci.vfio_driver)
		return vc_fail(err, VC_ERR_REFUSED,
		               "'%s': no vfio driver is known; load vfio-pci",
		               d->address);
	step.pci = d->pci.address;
	if (copy_driver(arena, d, &step, err) < 0 ||
	    read_override(arena, input, d->address, &step.old_override, err) < 0)
		return -(int)err->kind;
	slot = vc_list_push(arena, &entry->steps);
	if (!slot)
		return vc_fail_oom(err);
	*slot = step;
	return 0;
}
