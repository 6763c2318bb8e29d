/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * protect.h - the devices that the host needs for itself.
 *
 * These are never given away, unless the configuration names that very device:
 *  - the disk under a mounted file system or swap space, through partitions, dm, md,
 *    NVMe multipath and btrfs;
 *  - the network card of the default route, or of a login session (ssh, port 22),
 *    through bridges, bonds and VLANs; the physical function of such a virtual one;
 *  - the display where firmware showed its messages;
 *  - the controllers above them.
 *
 * What cannot be followed, because no file says it: pools of ZFS, iSCSI and other
 * network disks, logins by other ways than ssh on port 22, routes of other tables.
 */
#pragma once

#include "host/scan.h"

/* @proc is a directory like /proc, -1 none. Sets .protection of devices. */
int vc_protect(struct vc_scan *scan, int proc, struct vc_err *err) VC_MUST_CHECK;

/* The parts. @why completes "it ...". */
int vc_protect_disks(struct vc_scan *scan, int proc, struct vc_err *err) VC_MUST_CHECK;
int vc_protect_networks(struct vc_scan *scan, int proc, struct vc_err *err) VC_MUST_CHECK;
/* Every PCI function and USB device on a path; returns in *ret_any whether there was
 * one. */
int vc_protect_path(struct vc_scan *scan, const char *path, const char *why,
                    bool *ret_any, struct vc_err *err) VC_MUST_CHECK;
