/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * functions.c - the PCI functions: libpci says what they are, sysfs in what state.
 *
 * [ABI-PCI] bus/pci/devices/<address>, a link into devices/pci...; there: driver,
 *           iommu_group, numa_node, sriov_*, physfn, virtfn<N>, reset_method, boot_vga,
 *           firmware_node/path
 * [ABI-VFIO] vfio-dev/ under a device that a vfio driver holds
 *
 * The names in a function's directory are read first, so that nothing is opened in vain.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/parse.h"
#include "host/device_path.h"
#include "host/pci.h"
#include "host/scan.h"
#include "host/sysfs.h"

#define DEVICES       "bus/pci/devices"
#define FUNCTIONS_MAX 65536U
#define NODES_MAX     65535U

static bool ends_in(const char *text, const char *end)
{
	size_t len = strlen(text), end_len = strlen(end);

	return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

/* Module names have '_', driver directories may have '-'. */
static bool is_vfio_driver(const char *driver)
{
	return driver && (strcmp(driver, "vfio-pci") == 0 ||
	                  ends_in(driver, "-vfio-pci") || ends_in(driver, "_vfio_pci"));
}

static bool has(const struct vc_function_dir *dir, const char *name)
{
	return vc_names_have(dir->names, name);
}

static int read_driver(const struct vc_function_dir *dir, const struct vc_at *at,
                       struct vc_err *err)
{
	struct vc_host_device *d = dir->device;

	if (has(dir, "driver") && vc_at_link(at, "driver", &d->driver, err) < 0)
		return -(int)err->kind;
	d->pci.on_vfio = is_vfio_driver(d->driver) || has(dir, "vfio-dev");
	d->seen = d->pci.on_vfio ? VC_SEEN_ON_VFIO
	          : d->driver    ? VC_SEEN_ON_HOST_DRIVER
	                         : VC_SEEN_ON_NOTHING;
	return has(dir, "vfio-dev") ? vc_at_cdev(at, "vfio-dev", &d->vfio_cdev, err) : 0;
}

static int read_group(const struct vc_function_dir *dir, const struct vc_at *at,
                      struct vc_err *err)
{
	struct vc_host_device *d = dir->device;
	uint64_t number;
	char *name;

	if (!has(dir, "iommu_group"))
		return 0;
	if (vc_at_link(at, "iommu_group", &name, err) < 0)
		return -(int)err->kind;
	if (name && vc_parse_number(name, INT64_MAX, &number))
		d->iommu_group = (int64_t)number;
	else if (name && !d->broken)
		d->broken = vc_arena_printf(at->arena,
		                            "sysfs 'iommu_group' leads to '%.32s', "
		                            "expected a number",
		                            name);
	return 0;
}

/* A machine with one node says -1 for it. */
static int read_numa_node(const struct vc_function_dir *dir, const struct vc_at *at,
                          struct vc_err *err)
{
	int64_t node = -1;

	if (has(dir, "numa_node") &&
	    vc_at_number(at, "numa_node", NODES_MAX, &node, err) < 0)
		return -(int)err->kind;
	dir->device->numa_node = (int)node;
	return 0;
}

/* [ABI-PCI] reset_method, since Linux 5.15; before that only `reset`, if there is one. */
static int read_reset(const struct vc_function_dir *dir, const struct vc_at *at,
                      struct vc_err *err)
{
	struct vc_pci_part *pci = &dir->device->pci;

	if (has(dir, "reset_method")) {
		if (vc_at_text(at, "reset_method", &pci->reset_methods, err) < 0)
			return -(int)err->kind;
		if (pci->reset_methods && !vc_clean_text(pci->reset_methods))
			pci->reset_methods[0] = '\0';
		return 0;
	}
	if (!has(dir, "reset"))
		pci->reset_methods = vc_arena_strdup(at->arena, "");
	return 0;
}

static int read_flags(const struct vc_function_dir *dir, const struct vc_at *at,
                      struct vc_err *err)
{
	int64_t value = 0;

	if (has(dir, "boot_vga") && vc_at_number(at, "boot_vga", 1, &value, err) < 0)
		return -(int)err->kind;
	dir->device->pci.boot_vga = value == 1;
	dir->device->pci.has_vpd = has(dir, "vpd");
	return 0;
}

/* [ABI-ACPI] firmware_node leads out of the directory, so it is read from the root. */
static int read_acpi_path(const struct vc_function_dir *dir, struct vc_err *err)
{
	struct vc_scan *scan = dir->scan;
	const struct vc_at at = { .arena = scan->arena, .dir = scan->root };
	char *path;
	char *text;

	if (!has(dir, "firmware_node"))
		return 0;
	path = vc_arena_printf(scan->arena, "%s/firmware_node/path", dir->device->path);
	if (!path)
		return vc_fail_oom(err);
	if (vc_at_text(&at, path, &text, err) < 0)
		return -(int)err->kind;
	dir->device->pci.acpi_path = vc_clean_text(text);
	return 0;
}

static int read_attributes(const struct vc_function_dir *dir, struct vc_err *err)
{
	const struct vc_at at = {
		.arena = dir->scan->arena,
		.dir = dir->fd,
		.broken = &dir->device->broken,
	};

	if (read_driver(dir, &at, err) < 0 || read_group(dir, &at, err) < 0 ||
	    read_numa_node(dir, &at, err) < 0 || read_reset(dir, &at, err) < 0 ||
	    read_flags(dir, &at, err) < 0 || read_acpi_path(dir, err) < 0)
		return -(int)err->kind;
	if (vc_read_sriov(dir, err) < 0 || vc_read_nvme(dir, err) < 0 ||
	    vc_read_net(dir, err) < 0)
		return -(int)err->kind;
	return 0;
}

/* A function that vanishes meanwhile stays in the list, and says so. */
static int read_function(struct vc_scan *scan, struct vc_host_device *device,
                         struct vc_err *err)
{
	VC_AUTOCLOSE int fd = -1;
	struct vc_names names = { 0 };
	struct vc_function_dir dir = { scan, device, -1, &names };

	if (vc_read_place(scan, device, err) < 0)
		return -(int)err->kind;
	if (!device->path ||
	    vc_sysfs_open_directory(scan->root, device->path, &fd, err) < 0 ||
	    vc_sysfs_list_open(scan->arena, fd, &names, err) < 0) {
		if (err->kind == VC_ERR_INTERNAL)
			return -(int)err->kind;
		*err = (struct vc_err)VC_ERR_INIT;
		if (!device->broken)
			device->broken = vc_arena_strdup(
				scan->arena, "its directory in sysfs cannot be read");
		return 0;
	}
	dir.fd = fd;
	return read_attributes(&dir, err);
}

static char *name_or_null(struct vc_arena *arena, const char *text)
{
	return *text != '\0' ? vc_clean_text(vc_arena_strdup(arena, text)) : NULL;
}

/* [LIBPCI] a text that is no number reads as 0, and no vendor has that number. */
static void take_record(struct vc_arena *arena, const struct vc_pci_record *record,
                        struct vc_host_device *d)
{
	struct vc_pci_part *pci = &d->pci;

	pci->vendor = record->vendor;
	pci->device = record->device;
	pci->subsystem_vendor = record->subsystem_vendor;
	pci->subsystem_device = record->subsystem_device;
	pci->class_code = record->class_code;
	pci->revision = (uint8_t)record->revision;
	pci->dsn = record->dsn;
	pci->class_name = name_or_null(arena, record->class_name);
	pci->vendor_name = name_or_null(arena, record->vendor_name);
	pci->device_name = name_or_null(arena, record->device_name);
	if (record->problem[0] != '\0')
		d->broken = vc_arena_printf(arena, "libpci: %s", record->problem);
	else if (pci->vendor == 0 || pci->vendor == 0xffff)
		d->broken = vc_arena_printf(arena, "its vendor id reads as %04x",
		                            pci->vendor);
}

static int add_function(struct vc_scan *scan, const struct vc_pci_address *address,
                        const struct vc_pci_record *record, struct vc_err *err)
{
	struct vc_host_device *d = vc_list_push(scan->arena, &scan->inventory->devices);
	char text[VC_PCI_ADDRESS_SIZE];
	char dsn[sizeof("0123456789abcdef")];

	if (!d)
		return vc_fail_oom(err);
	vc_pci_address_format(address, text);
	d->kind = VC_DEVICE_PCI;
	d->iommu_group = d->numa_node = -1;
	d->pci.address = *address;
	d->pci.vf_index = -1;
	d->address = vc_arena_strdup(scan->arena, text);
	d->name = vc_host_device_name(scan->arena, "pci", text);
	if (!d->address || !d->name)
		return vc_fail_oom(err);
	take_record(scan->arena, record, d);
	if (d->pci.dsn != 0) {
		(void)snprintf(dsn, sizeof(dsn), "%016llx",
		               (unsigned long long)d->pci.dsn);
		if (vc_add_evidence(scan->arena, d, VC_EVIDENCE_DSN, dsn, err) < 0)
			return -(int)err->kind;
	}
	return read_function(scan, d, err);
}

/* The addresses in bus/pci/devices, sorted. */
static int list_addresses(struct vc_scan *scan, struct vc_pci_address **ret_v,
                          size_t *ret_n, struct vc_err *err)
{
	struct vc_pci_address *v;
	struct vc_names names;
	size_t n = 0;
	int r = vc_sysfs_list(scan->arena, scan->root, DEVICES, &names, err);

	if (r < 0)
		return r;
	if (names.n > FUNCTIONS_MAX)
		return vc_fail(err, VC_ERR_INPUT,
		               "sysfs '" DEVICES "' has %zu entries, the limit is %u",
		               names.n, FUNCTIONS_MAX);
	v = vc_arena_alloc(scan->arena, names.n + 1, sizeof(*v));
	if (!v)
		return vc_fail_oom(err);
	for (size_t i = 0; i < names.n; i++) {
		if (vc_path_is_function(names.v[i], &v[n]))
			n++;
		else
			vc_scan_note(scan, "sysfs '" DEVICES "/%s' is no PCI function",
			             names.v[i]);
	}
	qsort(v, n, sizeof(*v),
	      (int (*)(const void *, const void *))vc_pci_address_compare);
	*ret_v = v;
	*ret_n = n;
	return 0;
}

/**
 * vc_scan_pci() - Find the PCI functions
 * @scan:	scan; gets the functions, sorted by address
 * @err:	why not
 *
 * A machine without PCI has none.
 *
 * Return: 0, -VC_ERR_INPUT (too many), -VC_ERR_SYSTEM or -VC_ERR_INTERNAL
 */
int vc_scan_pci(struct vc_scan *scan, struct vc_err *err)
{
	struct vc_pci_job job = {
		.sysfs = scan->request->sysfs,
		.pci_ids = scan->request->pci_ids,
	};
	struct vc_pci_address *addresses = NULL;
	struct vc_pci_record *records = NULL;
	int r = list_addresses(scan, &addresses, &job.n, err);

	if (r == -VC_ERR_ABSENT) {
		*err = (struct vc_err)VC_ERR_INIT;
		return 0;
	}
	job.addresses = addresses;
	if (r < 0 || job.n == 0)
		return r;
	r = vc_pci_describe(scan->arena, &job, &records, err);
	for (size_t i = 0; r == 0 && i < job.n; i++)
		r = add_function(scan, &addresses[i], &records[i], err);
	scan->inventory->n_pci = scan->inventory->devices.n;
	return r;
}
