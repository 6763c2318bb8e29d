/* SPDX-License-Identifier: GPL-2.0-or-later */
/* prepared_claim.h - prepared claims, as tests make them. */
#pragma once

#include <string.h>

#include "model/claim.h"
#include "model/host_claim.h"
#include "unit.h"

#define UID_A "5d1f0c52-0f1e-4b53-9e0e-000000000007"
#define UID_B "5d1f0c52-0f1e-4b53-9e0e-000000000008"
#define BOOT  "9c1b0e52-64f3-4a8d-b7d0-15ce8a7f2b36"

static inline char *text_of(struct vc_arena *arena, const char *text)
{
	char *copy = vc_arena_strdup(arena, text);

	assert_non_null(copy);
	return copy;
}

static inline struct vc_attribute *push_attribute(struct vc_arena *arena,
                                                  struct vc_device *d, const char *name,
                                                  enum vc_attribute_type type)
{
	struct vc_attribute *a = vc_list_push(arena, &d->attributes);

	assert_non_null(a);
	a->name = text_of(arena, name);
	a->type = type;
	a->n = 1;
	a->strings = vc_arena_alloc(arena, 1, sizeof(*a->strings));
	assert_non_null(a->strings);
	return a;
}

static inline void add_text(struct vc_arena *arena, struct vc_device *d, const char *name,
                            const char *text)
{
	struct vc_attribute *a = push_attribute(arena, d, name, VC_ATTRIBUTE_STRING);

	a->strings[0] = text_of(arena, text);
}

static inline void add_number(struct vc_arena *arena, struct vc_device *d,
                              const char *name, int64_t value)
{
	push_attribute(arena, d, name, VC_ATTRIBUTE_INT)->ints[0] = value;
}

/* A device at 0000:@bus:00.0 in IOMMU group @bus. */
static inline struct vc_device *add_function(struct vc_arena *arena,
                                             struct vc_claim *claim, const char *request,
                                             const char *name, uint8_t bus)
{
	struct vc_device *d = vc_list_push(arena, &claim->devices);
	char address[VC_PCI_ADDRESS_SIZE];

	assert_non_null(d);
	*d = (struct vc_device)VC_DEVICE_INIT;
	d->request = text_of(arena, request);
	d->driver = text_of(arena, VC_HOST_DRIVER);
	d->pool = text_of(arena, "host-7");
	d->name = text_of(arena, name);
	d->host.kind = VC_KIND_PCI;
	d->host.has_pci = true;
	d->host.pci = (struct vc_pci_address){ .bus = bus };
	d->iommu_group = bus;
	vc_pci_address_format(&d->host.pci, address);
	add_text(arena, d, VC_ATTR_KIND, "pci");
	add_text(arena, d, VC_ATTR_PCI_BUS_ID, address);
	add_number(arena, d, VC_ATTR_IOMMU_GROUP, bus);
	return d;
}

static inline struct vc_claim claim_of(struct vc_arena *arena, const char *name,
                                       const char *uid)
{
	return (struct vc_claim){
		.uid = text_of(arena, uid),
		.namespace = text_of(arena, "lab"),
		.name = text_of(arena, name),
	};
}

/* Requests disk (two devices) and nic (one). */
static inline struct vc_claim example_claim(struct vc_arena *arena)
{
	struct vc_claim claim = claim_of(arena, "vm7", UID_A);
	struct vc_device *d;

	d = add_function(arena, &claim, "disk", "nvme-s1", 0x65);
	add_text(arena, d, VC_ATTR_SERIAL, "S1");
	add_text(arena, d, VC_ATTR_VENDOR_ID, "144d");
	add_text(arena, d, VC_ATTR_DEVICE_ID, "a80a");
	(void)add_function(arena, &claim, "disk", "nvme-s2", 0x66);
	d = add_function(arena, &claim, "nic", "vf-3", 0x41);
	d->hardware_address = text_of(arena, "52:54:00:12:34:56");
	add_number(arena, d, VC_ATTR_VLAN, 7);
	return claim;
}
