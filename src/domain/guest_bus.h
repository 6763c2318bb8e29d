/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * guest_bus.h - the PCI buses of a domain, as its controllers say, for pictures.
 *
 * Read leniently: what libvirt would refuse is left out, because a picture refuses
 * nothing.
 */
#pragma once

#include "domain/document.h"

/**
 * struct vc_guest_bus - one PCI controller
 * @at:		which child node of <devices>, from 1, over all nodes
 * @index:	number of the bus that it makes, 0..255
 * @model:	"pcie-root-port"; NULL not said
 * @address:	where it is plugged in; not set for a root, or not decided yet
 * @cell:	guest NUMA cell; -1 not said
 */
struct vc_guest_bus {
	size_t at;
	unsigned index;
	char *model;
	struct vc_guest_address address;
	int cell;
};

/**
 * struct vc_guest_buses - the buses of a domain
 * @v, @n, @cap: in document order; of two with one index the first
 * @unassigned:	child nodes of <devices> with an <address type='unassigned'/>, ascending
 */
struct vc_guest_buses {
	struct vc_guest_bus *v;
	size_t n, cap;
	struct {
		size_t *v;
		size_t n, cap;
	} unassigned;
};

int vc_guest_buses_read(struct vc_arena *arena, const struct vc_document *document,
                        struct vc_guest_buses *ret_buses, struct vc_err *err)
	VC_MUST_CHECK;
