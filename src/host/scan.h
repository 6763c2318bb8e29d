/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * scan.h - what the parts of the inventory share while it is made. Internal to src/host.
 *
 * A machine has thousands of devices, and one of them may be odd: a value that makes no
 * sense makes its device .broken, and the others are found all the same. So functions
 * here fail for lack of memory only, unless they say more.
 */
#pragma once

#include "host/inventory.h"
#include "model/inventory.h"

/* Notes are for people; nobody reads more. */
#define VC_NOTES_MAX 64U

/**
 * struct vc_scan - an inventory that is being made
 * @arena:	holds everything
 * @root:	sysfs root
 * @request:	what was asked for
 * @inventory:	what is there so far
 * @root_bus, @root_name: the PCI root that was looked at last, "pci0000:64", and what
 *		firmware calls it
 * @vfs:	the links from PFs to their VFs
 */
struct vc_scan {
	struct vc_arena *arena;
	int root;
	const struct vc_inventory_request *request;
	struct vc_inventory *inventory;
	char *root_bus, *root_name;
	struct {
		struct vc_vf_link *v;
		size_t n, cap;
	} vfs;
};

/* [ABI-PCI] virtfn<index> in the directory of a PF */
struct vc_vf_link {
	struct vc_pci_address vf;
	int index;
};

/**
 * struct vc_at - the attributes of one device
 * @arena:	holds texts
 * @dir:	sysfs root, or the directory of the device
 * @broken:	gets the first complaint; NULL: what cannot be read is unknown
 */
struct vc_at {
	struct vc_arena *arena;
	int dir;
	char **broken;
};

void vc_scan_note(struct vc_scan *scan, const char *fmt, ...) VC_PRINTF(2, 3);

/* NULL and no complaint when there is no such attribute. */
int vc_at_text(const struct vc_at *at, const char *name, char **ret_text,
               struct vc_err *err) VC_MUST_CHECK;
int vc_at_link(const struct vc_at *at, const char *name, char **ret_name,
               struct vc_err *err) VC_MUST_CHECK;
/* *value stays as it is when there is no such attribute. */
int vc_at_number(const struct vc_at *at, const char *name, uint64_t max, int64_t *value,
                 struct vc_err *err) VC_MUST_CHECK;
int vc_at_hex(const struct vc_at *at, const char *name, unsigned max_digits,
              uint32_t *value, struct vc_err *err) VC_MUST_CHECK;
/* Empty when it is not there. */
int vc_at_list(const struct vc_at *at, const char *name, struct vc_names *ret_names,
               struct vc_err *err) VC_MUST_CHECK;
/* [VFIO] vfio-dev/vfioN below @path, with a "dev": the device has a node of its own. *@name
 * stays NULL when there is none. */
int vc_at_cdev(const struct vc_at *at, const char *path, char **name, struct vc_err *err)
	VC_MUST_CHECK;
/* White space around it cut off; bytes that are no printable UTF-8 become '?'. NULL when
 * nothing is left. */
char *vc_clean_text(char *text);

bool vc_names_have(const struct vc_names *names, const char *name) VC_NONNULL;
int vc_names_add(struct vc_arena *arena, struct vc_names *names, const char *text,
                 struct vc_err *err) VC_MUST_CHECK;
void vc_names_sort(struct vc_names *names) VC_NONNULL;

/* The parts, in the order in which they run. */
int vc_scan_pci(struct vc_scan *scan, struct vc_err *err) VC_MUST_CHECK;
void vc_scan_vf_indices(struct vc_scan *scan);
int vc_scan_slots(struct vc_scan *scan, struct vc_err *err) VC_MUST_CHECK;
int vc_scan_usb(struct vc_scan *scan, struct vc_err *err) VC_MUST_CHECK;
int vc_scan_mdev(struct vc_scan *scan, struct vc_err *err) VC_MUST_CHECK;
int vc_scan_groups(struct vc_scan *scan, struct vc_err *err) VC_MUST_CHECK;
int vc_scan_vfio_drivers(struct vc_scan *scan, struct vc_err *err) VC_MUST_CHECK;
int vc_scan_vpd(struct vc_scan *scan, struct vc_err *err) VC_MUST_CHECK;
int vc_judge_evidence(struct vc_scan *scan, struct vc_err *err) VC_MUST_CHECK;
int vc_judge_claimable(struct vc_scan *scan, struct vc_err *err) VC_MUST_CHECK;

/* What vc_scan_pci() asks about one function whose directory is open; @names is what is
 * in there. */
struct vc_function_dir {
	struct vc_scan *scan;
	struct vc_host_device *device;
	int fd;
	const struct vc_names *names;
};

int vc_read_place(struct vc_scan *scan, struct vc_host_device *device, struct vc_err *err)
	VC_MUST_CHECK;
int vc_read_sriov(const struct vc_function_dir *dir, struct vc_err *err) VC_MUST_CHECK;
int vc_read_nvme(const struct vc_function_dir *dir, struct vc_err *err) VC_MUST_CHECK;
int vc_read_net(const struct vc_function_dir *dir, struct vc_err *err) VC_MUST_CHECK;
int vc_add_evidence(struct vc_arena *arena, struct vc_host_device *device,
                    enum vc_evidence_kind kind, const char *value, struct vc_err *err)
	VC_MUST_CHECK;
