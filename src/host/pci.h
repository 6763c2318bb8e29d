/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pci.h - what libpci is asked: ids, names, and configuration space.
 *
 * libpci ends the process when it meets something that it does not like, reads files
 * with no regard to what they are, and costs a start of the program more than we allow.
 * So pci_module.c, its only user, is a module that is loaded in a child process, and the
 * child has a deadline. A device that libpci does not like is reported as such; the
 * others are read all the same.
 */
#pragma once

#include "base/arena.h"
#include "host/pci_module.h"

/* @sysfs is a directory like /sys; a function that vanished has a .problem. */
int vc_pci_describe(struct vc_arena *arena, const struct vc_pci_job *job,
                    struct vc_pci_record **ret_records, struct vc_err *err) VC_MUST_CHECK;
/* The serial number in the vital product data; NULL when it has none. */
int vc_pci_vpd_serial(struct vc_arena *arena, const char *sysfs,
                      const struct vc_pci_address *address, unsigned deadline_ms,
                      char **ret_serial, struct vc_err *err) VC_MUST_CHECK;
