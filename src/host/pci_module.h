/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pci_module.h - between pci.c and the module that uses libpci.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "model/pci_address.h"

#define VC_PCI_MODULE_FILE   "virt-claim-pci.so"
#define VC_PCI_MODULE_SYMBOL "vc_pci_module"

/* Changes whenever a struct of this file does. */
#define VC_PCI_MODULE_VERSION 1U

#define VC_PCI_NAME_SIZE      96U
#define VC_PCI_PROBLEM_SIZE   160U

/**
 * struct vc_pci_job - what to describe
 * @sysfs:	directory like /sys
 * @pci_ids:	file with names, NULL libpci's own
 * @addresses:	functions
 * @n:		how many
 */
struct vc_pci_job {
	const char *sysfs;
	const char *pci_ids;
	const struct vc_pci_address *addresses;
	size_t n;
};

/**
 * struct vc_pci_record - one function
 * @vendor, @device, @subsystem_vendor, @subsystem_device: ids; 0 unknown
 * @class_code:	24 bits
 * @revision:	0..255
 * @dsn:	[PCIe] 7.9.3, 0 none
 * @class_name, @vendor_name, @device_name: "" unknown
 * @problem:	why libpci gave it up; then nothing else is set. "" it did not
 */
struct vc_pci_record {
	uint16_t vendor, device, subsystem_vendor, subsystem_device;
	uint32_t class_code;
	uint32_t revision;
	uint64_t dsn;
	char class_name[VC_PCI_NAME_SIZE];
	char vendor_name[VC_PCI_NAME_SIZE];
	char device_name[VC_PCI_NAME_SIZE];
	char problem[VC_PCI_PROBLEM_SIZE];
};

/* Takes what was found; returns whether to go on. */
struct vc_pci_sink {
	bool (*put)(void *arg, const void *bytes, size_t n_bytes);
	void *arg;
};

/**
 * struct vc_pci_module - what the module offers
 * @version:	VC_PCI_MODULE_VERSION
 * @describe:	puts one record for each address, in their order
 * @vpd:	puts the serial number of one function, or nothing
 */
struct vc_pci_module {
	unsigned version;
	int (*describe)(const struct vc_pci_job *job, const struct vc_pci_sink *sink,
	                struct vc_err *err);
	int (*vpd)(const char *sysfs, const struct vc_pci_address *address,
	           const struct vc_pci_sink *sink, struct vc_err *err);
};
