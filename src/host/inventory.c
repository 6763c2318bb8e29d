/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/inventory.h"

#include <fcntl.h>

#include "base/file.h"
#include "host/protect.h"
#include "host/scan.h"

static int protect(struct vc_scan *scan, struct vc_err *err)
{
	VC_AUTOCLOSE int proc = -1;

	if (scan->request->proc &&
	    vc_file_open_directory(AT_FDCWD, scan->request->proc, 0, &proc, err) < 0)
		return -(int)err->kind;
	return vc_protect(scan, proc, err);
}

/* Each step uses what those before it found. */
static int run_steps(struct vc_scan *scan, struct vc_err *err)
{
	int r = vc_scan_pci(scan, err);

	if (r == 0) {
		vc_scan_vf_indices(scan);
		r = vc_scan_slots(scan, err);
	}
	if (r == 0)
		r = vc_scan_usb(scan, err);
	if (r == 0)
		r = vc_scan_mdev(scan, err);
	if (r == 0)
		r = vc_scan_groups(scan, err);
	if (r == 0)
		r = vc_scan_vfio_drivers(scan, err);
	if (r == 0 && scan->request->vpd)
		r = vc_scan_vpd(scan, err);
	if (r == 0)
		r = vc_judge_evidence(scan, err);
	if (r == 0)
		r = protect(scan, err);
	return r == 0 ? vc_judge_claimable(scan, err) : r;
}

/**
 * vc_inventory_take() - Look at the devices of a host
 * @arena:	holds the inventory
 * @request:	what to look at
 * @ret_inventory: what is there; a device about which sysfs makes no sense is in it too,
 *		and says so
 * @err:	why not
 *
 * The caller has one thread and no child processes: see base/run.h.
 *
 * Return: 0, -VC_ERR_ABSENT (no such directory or file), -VC_ERR_INPUT (over a limit),
 * -VC_ERR_SYSTEM or -VC_ERR_INTERNAL
 */
int vc_inventory_take(struct vc_arena *arena, const struct vc_inventory_request *request,
                      struct vc_inventory *ret_inventory, struct vc_err *err)
{
	VC_AUTOCLOSE int root = -1;
	struct vc_inventory inventory = { 0 };
	struct vc_scan scan = {
		.arena = arena,
		.request = request,
		.inventory = &inventory,
	};

	if (vc_file_open_directory(AT_FDCWD, request->sysfs, 0, &root, err) < 0)
		return -(int)err->kind;
	scan.root = root;
	if (run_steps(&scan, err) < 0)
		return -(int)err->kind;
	*ret_inventory = inventory;
	return 0;
}
