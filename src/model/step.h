/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * step.h - one change of the machine for a claim, and all that undoing it needs.
 *
 * A step is planned by pure code, written to the journal, done, and written again. After
 * a crash the machine is asked how far it got: a step is never believed.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "model/host_side.h"

enum vc_step_kind {
	VC_STEP_VFS,    /* make the VFs of a PF */
	VC_STEP_VF,     /* MAC and VLAN of a VF, through its PF */
	VC_STEP_MDEV,   /* make a mediated device */
	VC_STEP_DRIVER, /* give a function to a vfio driver */
	VC_STEP_ACCESS, /* let QEMU's user open a node below /dev */
};
#define VC_STEP_KINDS (VC_STEP_ACCESS + 1)

enum vc_step_state {
	VC_STEP_PLANNED, /* nothing was done */
	VC_STEP_DOING,   /* begun, or crashed in it */
	VC_STEP_DONE,
	VC_STEP_UNDOING,
	VC_STEP_UNDONE,
	VC_STEP_STUCK, /* undoing failed */
};

/**
 * struct vc_step - one step; which fields are set follows from @kind
 * @state:	how far it got
 * @pci:	the function; of _VFS and _VF the PF
 * @n_vfs:	_VFS: how many
 * @autoprobe:	_VFS: sriov_drivers_autoprobe as it was; it is off while they are made
 * @vf_index:	_VF
 * @mac, @vlan:	_VF: NULL, -1 leave as it is
 * @old_mac, @old_vlan: _VF: as it was
 * @parent:	_MDEV: sysfs name of the parent below class/mdev_bus: "0000:17:00.0", "mtty"
 * @type, @uuid: _MDEV
 * @driver:	_DRIVER: that it gets, "vfio-pci" or a variant
 * @old_driver:	_DRIVER: that it had, NULL none
 * @old_override: _DRIVER: driver_override as it was, NULL none
 * @node:	_ACCESS: below the directory of devices, "vfio/12", "bus/usb/001/004"
 * @uid, @gid, @mode: _ACCESS: new owner and permissions
 * @old_uid, @old_gid, @old_mode: _ACCESS: as they were
 * @problem:	why it is stuck; NULL
 */
struct vc_step {
	enum vc_step_kind kind;
	enum vc_step_state state;
	struct vc_pci_address pci;
	unsigned n_vfs;
	bool autoprobe;
	unsigned vf_index;
	char *mac, *old_mac;
	int vlan, old_vlan;
	char *parent, *type, *uuid;
	char *driver, *old_driver, *old_override;
	char *node;
	uid_t uid, old_uid;
	gid_t gid, old_gid;
	mode_t mode, old_mode;
	char *problem;
};

struct vc_steps {
	struct vc_step *v;
	size_t n, cap;
};

/* One line for people: "0000:65:00.0: nvme -> vfio-pci"; NULL out of memory */
char *vc_step_text(struct vc_arena *arena, const struct vc_step *step) VC_NONNULL;
/* What undoing it does: "0000:65:00.0: vfio-pci -> nvme" */
char *vc_step_undo_text(struct vc_arena *arena, const struct vc_step *step) VC_NONNULL;
/* Whether two claims that both need them need one and the same thing: VFs of one PF, one
 * node. The first claim does such a step, and whoever undoes the last one undoes it. */
bool vc_step_shared(const struct vc_step *a, const struct vc_step *b) VC_NONNULL;
const char *vc_step_state_name(enum vc_step_state state);
const char *vc_step_kind_name(enum vc_step_kind kind);
