/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is asked, and of whom:
 *
 * [ABI-PCI] bus/pci/devices/<address>/{vendor,device,class,driver,numa_node,iommu_group,
 *           physfn,virtfn<N>}
 * [ABI-VFIO] .../vfio-dev/ under a device that a vfio driver holds;
 *           class/vfio-dev/vfio<N>/device
 * [ABI-IOMMU] kernel/iommu_groups/<N>/devices/
 * [ABI-MDEV] bus/mdev/devices/<uuid>/{mdev_type,iommu_group}, mdev_type/device_api
 * [ABI-NVME] nvme/nvme<N>/serial below a function that the nvme driver has
 *
 * [Linux] Nothing is asked that a driver can hold back: neither driver_override nor
 * sriov_numvfs (see sriov.c), which are read under the lock of the device. Whoever sleeps
 * for that cannot be killed, and a hook is waited for by libvirt.
 *
 * A device can vanish between two reads: one whose ids cannot be read any more does not
 * exist.
 */
#include "host/gather.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/parse.h"
#include "host/gather_devices.h"
#include "host/scan.h"
#include "host/sysfs.h"

#define PATH_SIZE  256U
#define NVME_CLASS 0x0108U

struct addresses {
	struct vc_pci_address *v;
	size_t n, cap;
};

struct numbers {
	int64_t *v;
	size_t n, cap;
};

/* What has been asked for so far, with repetitions. */
struct gather {
	struct vc_arena *arena;
	int root;
	struct addresses addresses;
	struct numbers groups, cdevs;
	struct vc_names mdevs;
	struct vc_wanted_devices devices;
	struct vc_host_facts facts;
};

static int compare_addresses(const void *a, const void *b)
{
	return vc_pci_address_compare(a, b);
}

static int compare_numbers(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sorts an array and drops repetitions; returns how many are left. */
static size_t sort_unique(void *v, size_t n, size_t size,
                          int (*compare)(const void *, const void *))
{
	char *bytes = v;
	size_t kept = 0;

	if (n == 0)
		return 0;
	qsort(v, n, size, compare);
	for (size_t i = 1; i < n; i++)
		if (compare(bytes + kept * size, bytes + i * size) != 0)
			memmove(bytes + ++kept * size, bytes + i * size, size);
	return kept + 1;
}

static int want_address(struct gather *g, const struct vc_pci_address *address,
                        struct vc_err *err)
{
	struct vc_pci_address *slot = vc_list_push(g->arena, &g->addresses);

	if (!slot)
		return vc_fail_oom(err);
	*slot = *address;
	return 0;
}

static int want_number(struct gather *g, struct numbers *list, int64_t number,
                       struct vc_err *err)
{
	int64_t *slot;

	if (number < 0)
		return 0;
	slot = vc_list_push(g->arena, list);
	if (!slot)
		return vc_fail_oom(err);
	*slot = number;
	return 0;
}

static int want_mdev(struct gather *g, const char *uuid, struct vc_err *err)
{
	char **slot;

	if (!vc_is_uuid(uuid))
		return 0;
	slot = vc_list_push(g->arena, &g->mdevs);
	if (slot)
		*slot = vc_arena_strdup(g->arena, uuid);
	if (!slot || !*slot)
		return vc_fail_oom(err);
	for (char *p = *slot; *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	return 0;
}

static int want_side(struct gather *g, const struct vc_host_side *side,
                     struct vc_err *err)
{
	if (side->has_pci && want_address(g, &side->pci, err) < 0)
		return -(int)err->kind;
	if (side->mdev_uuid && want_mdev(g, side->mdev_uuid, err) < 0)
		return -(int)err->kind;
	return vc_want_device(g->arena, &g->devices, side, err);
}

static int want_device(struct gather *g, const struct vc_device *device,
                       struct vc_err *err)
{
	int r = want_side(g, &device->host, err);

	if (r == 0)
		r = want_number(g, &g->groups, device->iommu_group, err);
	if (r == 0)
		r = want_number(g, &g->cdevs, device->vfio_cdev, err);
	return r;
}

static int want_claims(struct gather *g, const struct vc_claims *claims,
                       struct vc_err *err)
{
	for (size_t i = 0; i < claims->n; i++)
		for (size_t j = 0; j < claims->v[i].devices.n; j++) {
			int r = want_device(g, &claims->v[i].devices.v[j], err);

			if (r < 0)
				return r;
		}
	return 0;
}

static void pci_path(char path[PATH_SIZE], const struct vc_pci_address *address,
                     const char *what)
{
	char text[VC_PCI_ADDRESS_SIZE];

	vc_pci_address_format(address, text);
	(void)snprintf(path, PATH_SIZE, "bus/pci/devices/%s/%s", text, what);
}

/* The number that a link's name is; -1 when there is no link. */
static int read_group(struct gather *g, const char *path, int64_t *ret_group,
                      struct vc_err *err)
{
	uint64_t number;
	char *name = NULL;
	int r = vc_sysfs_link(g->arena, g->root, path, &name, err);

	if (r == -VC_ERR_ABSENT) {
		*ret_group = -1;
		return 0;
	}
	if (r < 0)
		return r;
	if (!vc_parse_number(name, INT64_MAX, &number))
		return vc_fail(err, VC_ERR_INPUT,
		               "sysfs '%s' leads to '%s', expected an IOMMU group number",
		               path, name);
	*ret_group = (int64_t)number;
	return 0;
}

/* [ABI-VFIO] A cdev belongs to a PCI function or to an mdev; an mdev is known by its
 * UUID, so only functions are looked for. */
static int find_cdev(struct gather *g, int64_t number, struct vc_err *err)
{
	struct vc_err no_address = VC_ERR_INIT;
	struct vc_pci_address address;
	struct vc_cdev_fact *fact;
	char path[PATH_SIZE];
	char *name = NULL;
	int r;

	(void)snprintf(path, sizeof(path), "class/vfio-dev/vfio%" PRId64 "/device",
	               number);
	r = vc_sysfs_link(g->arena, g->root, path, &name, err);
	if (r < 0)
		return r == -VC_ERR_ABSENT ? 0 : r;
	if (vc_pci_address_parse(name, &address, &no_address) < 0)
		return 0;
	fact = vc_list_push(g->arena, &g->facts.cdevs);
	if (!fact)
		return vc_fail_oom(err);
	*fact = (struct vc_cdev_fact){ .number = number, .address = address };
	return want_address(g, &address, err);
}

static int find_cdevs(struct gather *g, struct vc_err *err)
{
	if (!g->cdevs.v)
		return 0; /* nothing was asked for */
	g->cdevs.n =
		sort_unique(g->cdevs.v, g->cdevs.n, sizeof(*g->cdevs.v), compare_numbers);
	for (size_t i = 0; i < g->cdevs.n; i++) {
		int r = find_cdev(g, g->cdevs.v[i], err);

		if (r < 0)
			return r;
	}
	return 0;
}

static int find_groups(struct gather *g, struct vc_err *err)
{
	if (!g->addresses.v)
		return 0; /* nothing was asked for */
	g->addresses.n = sort_unique(g->addresses.v, g->addresses.n,
	                             sizeof(*g->addresses.v), compare_addresses);
	for (size_t i = 0; i < g->addresses.n; i++) {
		char path[PATH_SIZE];
		int64_t group = -1;
		int r;

		pci_path(path, &g->addresses.v[i], "iommu_group");
		r = read_group(g, path, &group, err);
		if (r == 0)
			r = want_number(g, &g->groups, group, err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* A member that is neither a PCI function nor an mdev (platform, ccw) does not matter. */
static int want_members(struct gather *g, int64_t group, struct vc_err *err)
{
	struct vc_names members = { 0 };
	char path[PATH_SIZE];
	int r;

	(void)snprintf(path, sizeof(path), "kernel/iommu_groups/%" PRId64 "/devices",
	               group);
	r = vc_sysfs_list(g->arena, g->root, path, &members, err);
	if (r < 0)
		return r == -VC_ERR_ABSENT ? 0 : r;
	for (size_t i = 0; i < members.n && r == 0; i++) {
		struct vc_err no_address = VC_ERR_INIT;
		struct vc_pci_address address;

		if (vc_pci_address_parse(members.v[i], &address, &no_address) == 0)
			r = want_address(g, &address, err);
		else
			r = want_mdev(g, members.v[i], err);
	}
	return r;
}

static int find_members(struct gather *g, struct vc_err *err)
{
	if (!g->groups.v)
		return 0; /* nothing was asked for */
	g->groups.n = sort_unique(g->groups.v, g->groups.n, sizeof(*g->groups.v),
	                          compare_numbers);
	for (size_t i = 0; i < g->groups.n; i++) {
		int r = want_members(g, g->groups.v[i], err);

		if (r < 0)
			return r;
	}
	return 0;
}

/* [ABI-PCI] "0x10de": an id or a class in hexadecimal */
static int read_hex(struct gather *g, const struct vc_pci_address *address,
                    const char *what, uint32_t max, uint32_t *ret_value,
                    struct vc_err *err)
{
	char path[PATH_SIZE];
	const char *cursor;
	uint32_t value;
	char *text;
	int r;

	pci_path(path, address, what);
	r = vc_sysfs_read(g->arena, g->root, path, &text, err);
	if (r < 0)
		return r;
	cursor = text;
	if (!vc_parse_literal(&cursor, "0x") || !vc_parse_hex(&cursor, 1, 8, &value) ||
	    !vc_parse_end(cursor) || value > max)
		return vc_fail(err, VC_ERR_INPUT,
		               "sysfs '%s' holds '%.32s', expected a number up to 0x%x",
		               path, text, max);
	*ret_value = value;
	return 0;
}

/* A decimal number, "-1" for none; *ret_value stays when there is no such attribute. */
static int read_number(struct gather *g, const struct vc_pci_address *address,
                       const char *what, int *ret_value, struct vc_err *err)
{
	char path[PATH_SIZE];
	uint64_t value;
	char *text;
	int r;

	pci_path(path, address, what);
	r = vc_sysfs_read(g->arena, g->root, path, &text, err);
	if (r < 0)
		return r == -VC_ERR_ABSENT ? 0 : r;
	if (strcmp(text, "-1") == 0) {
		*ret_value = -1;
		return 0;
	}
	if (!vc_parse_number(text, INT32_MAX, &value))
		return vc_fail(err, VC_ERR_INPUT,
		               "sysfs '%s' holds '%.32s', expected a decimal number",
		               path, text);
	*ret_value = (int)value;
	return 0;
}

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

static int read_driver(struct gather *g, struct vc_function *function, struct vc_err *err)
{
	char path[PATH_SIZE];
	int r;

	pci_path(path, &function->address, "driver");
	r = vc_sysfs_link(g->arena, g->root, path, &function->driver, err);
	if (r < 0 && r != -VC_ERR_ABSENT)
		return r;
	pci_path(path, &function->address, "vfio-dev");
	function->on_vfio =
		is_vfio_driver(function->driver) || vc_sysfs_is_directory(g->root, path);
	return 0;
}

static int read_ids(struct gather *g, struct vc_function *function, struct vc_err *err)
{
	uint32_t vendor = 0, device = 0;
	int r = read_hex(g, &function->address, "vendor", 0xffff, &vendor, err);

	if (r == 0)
		r = read_hex(g, &function->address, "device", 0xffff, &device, err);
	if (r == 0)
		r = read_hex(g, &function->address, "class", 0xffffff,
		             &function->class_code, err);
	if (r < 0)
		return r;
	function->vendor = (uint16_t)vendor;
	function->device = (uint16_t)device;
	return 0;
}

static int count_vfs(struct gather *g, struct vc_function *function, struct vc_err *err)
{
	struct vc_names names = { 0 };
	char path[PATH_SIZE];
	int r;

	pci_path(path, &function->address, "");
	r = vc_sysfs_list(g->arena, g->root, path, &names, err);
	if (r < 0)
		return r == -VC_ERR_ABSENT ? 0 : r;
	for (size_t i = 0; i < names.n; i++) {
		const char *name = names.v[i];
		uint64_t index;

		if (vc_parse_literal(&name, "virtfn") &&
		    vc_parse_number(name, UINT16_MAX, &index))
			function->n_vfs++;
	}
	return 0;
}

static int read_topology(struct gather *g, struct vc_function *function,
                         struct vc_err *err)
{
	char path[PATH_SIZE];
	int r;

	pci_path(path, &function->address, "iommu_group");
	r = read_group(g, path, &function->iommu_group, err);
	if (r == 0)
		r = read_number(g, &function->address, "numa_node", &function->numa_node,
		                err);
	if (r == 0)
		r = count_vfs(g, function, err);
	if (r < 0)
		return r;
	pci_path(path, &function->address, "physfn");
	function->is_vf = vc_sysfs_is_directory(g->root, path);
	return 0;
}

/* Of the first controller, which is the only one. */
static int read_nvme(struct gather *g, struct vc_function *function, struct vc_err *err)
{
	struct vc_names names = { 0 };
	char path[PATH_SIZE], what[64];
	char *text = NULL;
	int r;

	if (function->class_code >> 8 != NVME_CLASS)
		return 0;
	pci_path(path, &function->address, "nvme");
	r = vc_sysfs_list(g->arena, g->root, path, &names, err);
	if (r == 0 && names.n == 1) {
		(void)snprintf(what, sizeof(what), "nvme/%.32s/serial", names.v[0]);
		pci_path(path, &function->address, what);
		r = vc_sysfs_read(g->arena, g->root, path, &text, err);
	}
	if (r < 0 && r != -VC_ERR_ABSENT)
		return r;
	function->serial = text ? vc_clean_text(text) : NULL;
	return 0;
}

static int find_function(struct gather *g, const struct vc_pci_address *address,
                         struct vc_err *err)
{
	struct vc_function function = {
		.address = *address,
		.iommu_group = -1,
		.numa_node = -1,
	};
	struct vc_function *slot;
	int r = read_ids(g, &function, err);

	if (r < 0)
		return r == -VC_ERR_ABSENT ? 0 : r;
	r = read_driver(g, &function, err);
	if (r == 0)
		r = read_topology(g, &function, err);
	if (r == 0)
		r = read_nvme(g, &function, err);
	if (r < 0)
		return r;
	slot = vc_list_push(g->arena, &g->facts.functions);
	if (!slot)
		return vc_fail_oom(err);
	*slot = function;
	return 0;
}

static int find_functions(struct gather *g, struct vc_err *err)
{
	if (!g->addresses.v)
		return 0; /* nothing was asked for */
	g->addresses.n = sort_unique(g->addresses.v, g->addresses.n,
	                             sizeof(*g->addresses.v), compare_addresses);
	for (size_t i = 0; i < g->addresses.n; i++) {
		int r = find_function(g, &g->addresses.v[i], err);

		if (r < 0)
			return r;
	}
	return 0;
}

static void mdev_path(char path[PATH_SIZE], const char *uuid, const char *what)
{
	(void)snprintf(path, PATH_SIZE, "bus/mdev/devices/%s%s", uuid, what);
}

/* [ABI-MDEV] device_api is what libvirt calls the model; an unknown one stays unknown. */
static int read_mdev_type(struct gather *g, struct vc_mdev_fact *mdev, struct vc_err *err)
{
	char path[PATH_SIZE];
	char *api;
	int r;

	mdev_path(path, mdev->uuid, "/mdev_type");
	r = vc_sysfs_link(g->arena, g->root, path, &mdev->type, err);
	if (r < 0)
		return r == -VC_ERR_ABSENT ? 0 : r;
	mdev_path(path, mdev->uuid, "/mdev_type/device_api");
	r = vc_sysfs_read(g->arena, g->root, path, &api, err);
	if (r < 0)
		return r == -VC_ERR_ABSENT ? 0 : r;
	(void)vc_mdev_model_parse(api, &mdev->model);
	return 0;
}

static int find_mdev(struct gather *g, char *uuid, struct vc_err *err)
{
	struct vc_mdev_fact mdev = { .uuid = uuid, .iommu_group = -1 };
	struct vc_mdev_fact *slot;
	char path[PATH_SIZE];
	int r;

	mdev_path(path, uuid, "");
	r = vc_sysfs_link_parent(g->arena, g->root, path, &mdev.parent, err);
	if (r < 0)
		return r == -VC_ERR_ABSENT ? 0 : r;
	r = read_mdev_type(g, &mdev, err);
	mdev_path(path, uuid, "/iommu_group");
	if (r == 0)
		r = read_group(g, path, &mdev.iommu_group, err);
	if (r < 0)
		return r;
	slot = vc_list_push(g->arena, &g->facts.mdevs);
	if (!slot)
		return vc_fail_oom(err);
	*slot = mdev;
	return 0;
}

static int find_mdevs(struct gather *g, struct vc_err *err)
{
	if (!g->mdevs.v)
		return 0; /* nothing was asked for */
	g->mdevs.n =
		sort_unique(g->mdevs.v, g->mdevs.n, sizeof(*g->mdevs.v), compare_names);
	for (size_t i = 0; i < g->mdevs.n; i++) {
		int r = find_mdev(g, g->mdevs.v[i], err);

		if (r < 0)
			return r;
	}
	return 0;
}

static int gather_all(struct gather *g, const struct vc_claims *claims,
                      const struct vc_host_side *extra, size_t n_extra,
                      struct vc_err *err)
{
	int r = want_claims(g, claims, err);

	for (size_t i = 0; i < n_extra && r == 0; i++)
		r = want_side(g, &extra[i], err);
	if (r == 0)
		r = find_cdevs(g, err);
	if (r == 0)
		r = find_groups(g, err);
	if (r == 0)
		r = find_members(g, err);
	if (r == 0)
		r = find_functions(g, err);
	if (r == 0)
		r = find_mdevs(g, err);
	if (r == 0)
		r = vc_gather_devices(g->arena, g->root, &g->devices, &g->facts, err);
	return r;
}

/**
 * vc_host_gather() - Ask sysfs about the devices of some claims
 * @arena:	holds the facts
 * @root:	sysfs root, open directory
 * @claims:	joined claims; their addresses, mdev UUIDs, groups and cdevs are looked up
 * @extra:	further devices, such as those that a domain has now
 * @n_extra:	how many
 * @ret_facts:	facts, each list sorted; see struct vc_host_facts
 * @err:	why not; names the attribute
 *
 * Return: 0, -VC_ERR_INPUT (an attribute or link that no kernel writes), -VC_ERR_SYSTEM
 * or -VC_ERR_INTERNAL
 */
/* The signature is the contract of the header. NOLINTNEXTLINE(*-function-size) */
int vc_host_gather(struct vc_arena *arena, int root, const struct vc_claims *claims,
                   const struct vc_host_side *extra, size_t n_extra,
                   struct vc_host_facts *ret_facts, struct vc_err *err)
{
	struct gather g = { .arena = arena, .root = root };
	struct vc_err why = VC_ERR_INIT; /* attributes that may be absent fill it too */
	int r = gather_all(&g, claims, extra, n_extra, &why);

	if (r < 0) {
		*err = why;
		return r;
	}
	*ret_facts = g.facts;
	return 0;
}
