/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sriov.c - physical functions and their virtual ones.
 *
 * [ABI-PCI] sriov_totalvfs, sriov_drivers_autoprobe and virtfn<N> of a PF, physfn of a VF. N
 * is the number by which the PF's driver knows the VF, for its MAC address for example.
 *
 * [Linux] drivers/pci/iov.c: from 5.5 to 6.9 sriov_numvfs is read under the lock of the
 * device, which a driver that hangs in unbind holds. The links say as much, and whoever
 * looks at the whole machine must not wait for one device.
 */
#include <string.h>

#include "base/parse.h"
#include "host/device_path.h"
#include "host/scan.h"

/* [SR-IOV] TotalVFs has 16 bits. */
#define VFS_MAX 65535U

static bool is_link(const char *name, uint64_t *ret_index)
{
	return vc_parse_literal(&name, "virtfn") &&
	       vc_parse_number(name, VFS_MAX, ret_index);
}

static int read_links(const struct vc_function_dir *dir, const struct vc_at *at,
                      struct vc_err *err)
{
	struct vc_scan *scan = dir->scan;

	for (size_t i = 0; i < dir->names->n; i++) {
		struct vc_pci_address address;
		struct vc_vf_link *link;
		uint64_t index;
		char *name;

		if (!is_link(dir->names->v[i], &index))
			continue;
		dir->device->pci.n_vfs++;
		if (vc_at_link(at, dir->names->v[i], &name, err) < 0)
			return -(int)err->kind;
		if (!name || !vc_path_is_function(name, &address))
			continue;
		link = vc_list_push(scan->arena, &scan->vfs);
		if (!link)
			return vc_fail_oom(err);
		*link = (struct vc_vf_link){ .vf = address, .index = (int)index };
	}
	return 0;
}

static int read_pf(const struct vc_function_dir *dir, const struct vc_at *at,
                   struct vc_err *err)
{
	struct vc_pci_part *pci = &dir->device->pci;
	int64_t total = 0, autoprobe = 1;

	if (vc_at_number(at, "sriov_totalvfs", VFS_MAX, &total, err) < 0 ||
	    vc_at_number(at, "sriov_drivers_autoprobe", 1, &autoprobe, err) < 0)
		return -(int)err->kind;
	pci->total_vfs = total > 0 ? (unsigned)total : 0;
	pci->vf_autoprobe = autoprobe == 1;
	return read_links(dir, at, err);
}

/**
 * vc_read_sriov() - Find out whether a function is a PF or a VF
 * @dir:	its directory
 * @err:	out of memory
 *
 * The index of a VF is known when all PFs are: see vc_scan_vf_indices().
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_read_sriov(const struct vc_function_dir *dir, struct vc_err *err)
{
	struct vc_pci_part *pci = &dir->device->pci;
	const struct vc_at at = {
		.arena = dir->scan->arena,
		.dir = dir->fd,
		.broken = &dir->device->broken,
	};
	char *name;

	if (vc_names_have(dir->names, "physfn")) {
		if (vc_at_link(&at, "physfn", &name, err) < 0)
			return -(int)err->kind;
		pci->is_vf = name && vc_path_is_function(name, &pci->pf);
	}
	return vc_names_have(dir->names, "sriov_totalvfs") ? read_pf(dir, &at, err) : 0;
}

/**
 * vc_scan_vf_indices() - Give VFs their numbers
 * @scan:	scan; its functions are known
 */
void vc_scan_vf_indices(struct vc_scan *scan)
{
	for (size_t i = 0; i < scan->vfs.n; i++) {
		struct vc_host_device *vf =
			vc_inventory_function(scan->inventory, &scan->vfs.v[i].vf);

		if (vf && vf->pci.is_vf)
			vf->pci.vf_index = scan->vfs.v[i].index;
	}
}
