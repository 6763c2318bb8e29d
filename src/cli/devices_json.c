/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "claim/json_writer.h"
#include "cli/devices.h"
#include "host/device_attributes.h"

static void add_names(struct vc_json_writer *w, const char *key,
                      const struct vc_names *names)
{
	vc_json_array(w, key);
	for (size_t i = 0; i < names->n; i++)
		vc_json_string(w, NULL, names->v[i]);
	vc_json_close(w);
}

static void add_address(struct vc_json_writer *w, const char *key,
                        const struct vc_pci_address *address)
{
	char text[VC_PCI_ADDRESS_SIZE];

	vc_pci_address_format(address, text);
	vc_json_string(w, key, text);
}

/* [DRA] resource/v1 types.go: {"name": {"string": "..."}} */
static void add_attributes(struct vc_json_writer *w, const struct vc_attributes *list)
{
	vc_json_object(w, "attributes");
	for (size_t i = 0; i < list->n; i++) {
		const struct vc_attribute *a = &list->v[i];

		vc_json_object(w, a->name);
		switch (a->type) {
		case VC_ATTRIBUTE_INT:
			vc_json_int(w, "int", a->ints[0]);
			break;
		case VC_ATTRIBUTE_BOOL:
			vc_json_bool(w, "bool", a->bools[0]);
			break;
		case VC_ATTRIBUTE_STRING:
			vc_json_string(w, "string", a->strings[0]);
			break;
		case VC_ATTRIBUTE_VERSION:
			vc_json_string(w, "version", a->strings[0]);
			break;
		}
		vc_json_close(w);
	}
	vc_json_close(w);
}

static void add_evidence(struct vc_json_writer *w, const struct vc_host_device *d)
{
	static const char *const seen[] = {
		[VC_SEEN_ON_NOTHING] = "nothing",
		[VC_SEEN_ON_HOST_DRIVER] = "host-driver",
		[VC_SEEN_ON_VFIO] = "vfio",
	};

	vc_json_string(w, "seenOn", seen[d->seen]);
	vc_json_array(w, "evidence");
	for (size_t i = 0; i < d->evidence.n; i++) {
		const struct vc_evidence *e = &d->evidence.v[i];

		vc_json_object(w, NULL);
		vc_json_string(w, "kind", vc_evidence_kind_name(e->kind));
		vc_json_string(w, "value", e->value);
		vc_json_bool(w, "proves", !e->useless);
		vc_json_string_if(w, "why", e->useless);
		vc_json_close(w);
	}
	vc_json_close(w);
}

static void add_pci(struct vc_json_writer *w, const struct vc_pci_part *pci)
{
	vc_json_string_if(w, "className", pci->class_name);
	vc_json_int(w, "revision", pci->revision);
	if (pci->has_upstream) {
		add_address(w, "upstream", &pci->upstream);
		add_address(w, "rootPort", &pci->root_port);
	}
	if (pci->interfaces.n > 0)
		add_names(w, "interfaces", &pci->interfaces);
}

/* What is no attribute, because it is long, or changes too easily. */
static void add_details(struct vc_json_writer *w, const struct vc_host_device *d)
{
	vc_json_string_if(w, "sysfs", d->path);
	vc_json_string_if(w, "protection", d->protection);
	switch (d->kind) {
	case VC_DEVICE_PCI:
		add_pci(w, &d->pci);
		break;
	case VC_DEVICE_USB:
		vc_json_int(w, "usbDevice", d->usb.device);
		break;
	case VC_DEVICE_MDEV_TYPE:
	case VC_DEVICE_MDEV:
		vc_json_string_if(w, "description", d->mdev.description);
		break;
	}
}

static int add_device(struct vc_arena *arena, struct vc_json_writer *w,
                      const struct vc_host_device *d, struct vc_err *err)
{
	struct vc_attributes attributes;

	if (vc_host_device_attributes(arena, d, &attributes, err) < 0)
		return -(int)err->kind;
	vc_json_object(w, NULL);
	vc_json_string(w, "name", d->name);
	vc_json_string(w, "kind", vc_device_kind_name(d->kind));
	vc_json_string(w, "address", d->address);
	vc_json_bool(w, "claimable", d->verdict.claimable);
	add_names(w, "reasons", &d->verdict.reasons);
	add_names(w, "together", &d->verdict.together);
	add_attributes(w, &attributes);
	add_evidence(w, d);
	add_details(w, d);
	vc_json_close(w);
	return 0;
}

static int compare_numbers(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* The groups of the devices that are shown. */
static int add_groups(struct vc_arena *arena, struct vc_json_writer *w,
                      const struct vc_inventory *inventory, const struct vc_shown *shown,
                      struct vc_err *err)
{
	int64_t *numbers = vc_arena_alloc(arena, shown->n + 1, sizeof(*numbers));

	if (!numbers)
		return vc_fail_oom(err);
	for (size_t i = 0; i < shown->n; i++)
		numbers[i] = shown->v[i].device->iommu_group;
	qsort(numbers, shown->n, sizeof(*numbers), compare_numbers);
	vc_json_array(w, "iommuGroups");
	for (size_t i = 0; i < shown->n; i++) {
		const struct vc_iommu_group *group =
			vc_inventory_group(inventory, numbers[i]);

		if (!group || (i > 0 && numbers[i] == numbers[i - 1]))
			continue;
		vc_json_object(w, NULL);
		vc_json_int(w, "number", group->number);
		add_names(w, "members", &group->members);
		vc_json_close(w);
	}
	vc_json_close(w);
	return 0;
}

/**
 * vc_devices_json() - The devices as JSON
 * @arena:	for attributes
 * @inventory:	inventory
 * @shown:	devices of it
 * @buf:	gets the document
 * @err:	out of memory
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_devices_json(struct vc_arena *arena, const struct vc_inventory *inventory,
                    const struct vc_shown *shown, struct vc_buf *buf, struct vc_err *err)
{
	struct vc_json_writer w = { .buf = buf };

	vc_json_object(&w, NULL);
	vc_json_bool(&w, "protectionKnown", inventory->protection_known);
	vc_json_array(&w, "devices");
	for (size_t i = 0; i < shown->n; i++)
		if (add_device(arena, &w, shown->v[i].device, err) < 0)
			return -(int)err->kind;
	vc_json_close(&w);
	if (add_groups(arena, &w, inventory, shown, err) < 0)
		return -(int)err->kind;
	add_names(&w, "notes", &inventory->notes);
	vc_json_close(&w);
	return 0;
}
