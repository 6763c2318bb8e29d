/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * modules_alias.h - which vfio driver knows a PCI function best.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "model/inventory.h"

/* [MODALIAS] the seven ids of a PCI function: v d sv sd bc sc i */
#define VC_ALIAS_FIELDS 7

/**
 * struct vc_vfio_alias - functions that a vfio driver says it is made for
 * @module:	module name
 * @set:	which of the fields have to be as in @value
 * @value:	the ids
 */
struct vc_vfio_alias {
	char *module;
	bool set[VC_ALIAS_FIELDS];
	uint32_t value[VC_ALIAS_FIELDS];
};

struct vc_vfio_aliases {
	struct vc_vfio_alias *v;
	size_t n, cap;
};

int vc_vfio_aliases_parse(struct vc_arena *arena, char *text,
                          struct vc_vfio_aliases *ret_aliases, struct vc_err *err)
	VC_MUST_CHECK;
const char *vc_vfio_aliases_best(const struct vc_vfio_aliases *aliases,
                                 const struct vc_pci_part *pci);
