/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>

#include "cli/devices.h"
#include "cli/output.h"
#include "cli/table.h"

#define COLUMNS      6
#define COLUMNS_WIDE 8

static const char *join(struct vc_arena *arena, const struct vc_names *names,
                        const char *between)
{
	const char *text = "";

	for (size_t i = 0; text && i < names->n; i++)
		text = vc_arena_printf(arena, "%s%s%s", text, i > 0 ? between : "",
		                       names->v[i]);
	return text;
}

/* "yes", "yes, with 0000:01:00.1", "no: is a bridge" */
static const char *claimable_text(struct vc_arena *arena, const struct vc_host_device *d)
{
	const struct vc_names *names =
		d->verdict.claimable ? &d->verdict.together : &d->verdict.reasons;
	const char *list;

	if (names->n == 0)
		return d->verdict.claimable ? "yes" : "no";
	list = join(arena, names, d->verdict.claimable ? ", " : "; ");
	if (!list)
		return NULL;
	return vc_arena_printf(arena, "%s%s",
	                       d->verdict.claimable ? "yes, with " : "no: ", list);
}

/* Names where there are some, else the ids. */
static const char *name_text(struct vc_arena *arena, const char *vendor,
                             const char *product, unsigned vendor_id, unsigned product_id)
{
	if (vendor && product)
		return vc_arena_printf(arena, "%s %s", vendor, product);
	if (vendor)
		return vc_arena_printf(arena, "%s %04x:%04x", vendor, vendor_id,
		                       product_id);
	if (product)
		return product;
	return vc_arena_printf(arena, "%04x:%04x", vendor_id, product_id);
}

static const char *mdev_text(struct vc_arena *arena, const struct vc_host_device *d)
{
	const struct vc_mdev_part *mdev = &d->mdev;
	const char *type = mdev->type ? mdev->type : "?";
	const char *name = mdev->type_name ? mdev->type_name : type;

	if (d->kind == VC_DEVICE_MDEV)
		return vc_arena_printf(arena, "%s of %s", name,
		                       mdev->parent ? mdev->parent : "?");
	if (mdev->available < 0)
		return name;
	return vc_arena_printf(arena, "%s, %" PRId64 " left", name, mdev->available);
}

static const char *device_text(struct vc_arena *arena, const struct vc_host_device *d)
{
	switch (d->kind) {
	case VC_DEVICE_PCI:
		if (d->pci.vendor == 0)
			return "";
		return name_text(arena, d->pci.vendor_name, d->pci.device_name,
		                 d->pci.vendor, d->pci.device);
	case VC_DEVICE_USB:
		return name_text(arena, d->usb.manufacturer, d->usb.product_name,
		                 d->usb.vendor, d->usb.product);
	case VC_DEVICE_MDEV_TYPE:
	case VC_DEVICE_MDEV:
		break;
	}
	return mdev_text(arena, d);
}

/* The best proof; "unverified" when there is none because vfio holds the device. */
static const char *identity_text(struct vc_arena *arena, const struct vc_host_device *d)
{
	const char *serial = vc_host_device_serial(d);
	const struct vc_evidence *e = vc_host_device_evidence(d, VC_EVIDENCE_DSN);

	if (serial)
		return serial;
	if (!e)
		e = vc_host_device_evidence(d, VC_EVIDENCE_MAC);
	if (e)
		return vc_arena_printf(arena, "%s %s", vc_evidence_kind_name(e->kind),
		                       e->value);
	return d->kind == VC_DEVICE_PCI && d->seen == VC_SEEN_ON_VFIO ? "unverified" : "";
}

static const char *number_text(struct vc_arena *arena, int64_t number)
{
	return number < 0 ? "" : vc_arena_printf(arena, "%" PRId64, number);
}

static int add_row(struct vc_table *table, const struct vc_host_device *d,
                   struct vc_err *err)
{
	struct vc_arena *arena = table->arena;
	const char *cells[COLUMNS_WIDE] = {
		d->address,
		vc_host_device_class(d),
		device_text(arena, d),
		d->driver ? d->driver : "",
		number_text(arena, d->iommu_group),
	};
	size_t n = 5;

	if (table->n_columns == COLUMNS_WIDE) {
		cells[n++] = number_text(arena, d->numa_node);
		cells[n++] = identity_text(arena, d);
	}
	cells[n++] = claimable_text(arena, d);
	for (size_t i = 0; i < n; i++)
		if (!cells[i])
			return vc_fail_oom(err);
	return vc_table_row(table, cells, err);
}

/**
 * vc_devices_text() - The devices as a table
 * @arena:	for cells
 * @shown:	devices
 * @wide:	with NUMA node and identity
 * @buf:	gets the table
 * @err:	out of memory
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_devices_text(struct vc_arena *arena, const struct vc_shown *shown, bool wide,
                    struct vc_buf *buf, struct vc_err *err)
{
	static const char *const narrow[] = { "ADDRESS", "CLASS", "DEVICE",
		                              "DRIVER",  "GROUP", "CLAIMABLE" };
	static const char *const all[] = { "ADDRESS", "CLASS", "DEVICE",   "DRIVER",
		                           "GROUP",   "NUMA",  "IDENTITY", "CLAIMABLE" };
	struct vc_table table = {
		.arena = arena,
		.n_columns = wide ? COLUMNS_WIDE : COLUMNS,
		.width = vc_output_width(),
	};

	if (vc_table_row(&table, wide ? all : narrow, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < shown->n; i++)
		if (add_row(&table, shown->v[i].device, err) < 0)
			return -(int)err->kind;
	vc_table_print(&table, buf);
	return 0;
}
