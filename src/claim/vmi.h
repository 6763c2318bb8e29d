/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vmi.h - KubeVirt's VirtualMachineInstance: who the VM is, and what it binds.
 */
#pragma once

#include "claim/tree.h"
#include "model/binding.h"
#include "model/place.h"

/* What KubeVirt's API cannot say; docs/kubevirt.md describes it. */
#define VC_VMI_ANNOTATION "virt-claim.io/devices"

/**
 * struct vc_vmi - one VMI
 * @namespace:	NULL when the JSON has none
 * @name:	name, also of its VM
 * @uid:	of the VMI; NULL when the JSON has none
 * @vm_uid:	of the VM that owns it; NULL
 * @annotation:	text of our annotation, as it was read; NULL none
 * @place:	from the annotation: VC_PLACE_ flags
 * @bindings:	from spec first, then from the annotation
 */
struct vc_vmi {
	char *namespace;
	char *name;
	char *uid;
	char *vm_uid;
	char *annotation;
	unsigned place;
	struct vc_bindings bindings;
};

int vc_vmi_read(struct vc_arena *arena, const struct vc_tree *tree,
                struct vc_vmi *ret_vmi, struct vc_err *err) VC_MUST_CHECK;
