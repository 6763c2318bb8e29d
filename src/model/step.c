/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/step.h"

#include <string.h>

/**
 * vc_step_kind_name() - The name of a kind of step, as in the journal
 * @kind:	kind
 *
 * Return: a static string
 */
const char *vc_step_kind_name(enum vc_step_kind kind)
{
	static const char *const names[VC_STEP_KINDS] = {
		[VC_STEP_VFS] = "vfs",       [VC_STEP_VF] = "vf",
		[VC_STEP_MDEV] = "mdev",     [VC_STEP_DRIVER] = "driver",
		[VC_STEP_ACCESS] = "access",
	};

	return names[kind];
}

/**
 * vc_step_state_name() - The name of the state of a step, as in the journal
 * @state:	state
 *
 * Return: a static string
 */
const char *vc_step_state_name(enum vc_step_state state)
{
	static const char *const names[] = {
		[VC_STEP_PLANNED] = "planned", [VC_STEP_DOING] = "doing",
		[VC_STEP_DONE] = "done",       [VC_STEP_UNDOING] = "undoing",
		[VC_STEP_UNDONE] = "undone",   [VC_STEP_STUCK] = "stuck",
	};

	return names[state];
}

static char *vf_text(struct vc_arena *arena, const struct vc_step *step, const char *pf)
{
	const char *mac = step->mac ? step->mac : "";
	const char *comma = step->mac && step->vlan >= 0 ? ", " : "";

	if (step->vlan >= 0)
		return vc_arena_printf(arena, "%s: virtual function %u: %s%s%sVLAN %d",
		                       pf, step->vf_index, step->mac ? "MAC " : "", mac,
		                       comma, step->vlan);
	return vc_arena_printf(arena, "%s: virtual function %u: MAC %s", pf,
	                       step->vf_index, mac);
}

/**
 * vc_step_text() - A step in one line for people
 * @arena:	holds the text
 * @step:	step
 *
 * Return: "0000:65:00.0: nvme -> vfio-pci", without its state; NULL out of memory
 */
char *vc_step_text(struct vc_arena *arena, const struct vc_step *step)
{
	char pci[VC_PCI_ADDRESS_SIZE];

	vc_pci_address_format(&step->pci, pci);
	switch (step->kind) {
	case VC_STEP_VFS:
		return vc_arena_printf(arena, "%s: make %u virtual function%s", pci,
		                       step->n_vfs, step->n_vfs == 1 ? "" : "s");
	case VC_STEP_VF:
		return vf_text(arena, step, pci);
	case VC_STEP_MDEV:
		return vc_arena_printf(arena, "%s: make mediated device %s of type %s",
		                       step->parent, step->uuid, step->type);
	case VC_STEP_DRIVER:
		return vc_arena_printf(arena, "%s: %s -> %s", pci,
		                       step->old_driver ? step->old_driver : "no driver",
		                       step->driver);
	case VC_STEP_ACCESS:
		break;
	}
	return vc_arena_printf(arena,
	                       "/dev/%s: owner %u:%u mode %04o -> owner %u:%u mode %04o",
	                       step->node, step->old_uid, step->old_gid, step->old_mode,
	                       step->uid, step->gid, step->mode);
}

/* Of a driver and of permissions it is the way back; of what was made, its end. */
static char *driver_undo_text(struct vc_arena *arena, const struct vc_step *step,
                              const char *pci)
{
	return vc_arena_printf(arena, "%s: %s -> %s", pci, step->driver,
	                       step->old_driver ? step->old_driver : "no driver");
}

/**
 * vc_step_undo_text() - What undoing a step does, in one line for people
 * @arena:	holds the text
 * @step:	step
 *
 * Return: "0000:65:00.0: vfio-pci -> nvme"; NULL out of memory
 */
char *vc_step_undo_text(struct vc_arena *arena, const struct vc_step *step)
{
	char pci[VC_PCI_ADDRESS_SIZE];

	vc_pci_address_format(&step->pci, pci);
	switch (step->kind) {
	case VC_STEP_VFS:
		return vc_arena_printf(arena, "%s: remove %u virtual function%s", pci,
		                       step->n_vfs, step->n_vfs == 1 ? "" : "s");
	case VC_STEP_VF:
		return vc_arena_printf(arena,
		                       "%s: virtual function %u: MAC and VLAN as before",
		                       pci, step->vf_index);
	case VC_STEP_MDEV:
		return vc_arena_printf(arena, "%s: remove mediated device %s",
		                       step->parent, step->uuid);
	case VC_STEP_DRIVER:
		return driver_undo_text(arena, step, pci);
	case VC_STEP_ACCESS:
		break;
	}
	return vc_arena_printf(arena, "/dev/%s: owner %u:%u mode %04o", step->node,
	                       step->old_uid, step->old_gid, step->old_mode);
}

/**
 * vc_step_shared() - Whether two steps are one thing that claims share
 * @a:		step of one claim
 * @b:		step of another one
 *
 * Return: true for the VFs of one PF, and for one node; everything else one claim has alone
 */
bool vc_step_shared(const struct vc_step *a, const struct vc_step *b)
{
	if (a->kind != b->kind)
		return false;
	if (a->kind == VC_STEP_VFS)
		return vc_pci_address_compare(&a->pci, &b->pci) == 0;
	return a->kind == VC_STEP_ACCESS && strcmp(a->node, b->node) == 0;
}
