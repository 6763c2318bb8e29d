/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "domain/form.h"

/* [LV] formatdomain, "Host device assignment", "Network interfaces", "Hard drives" */
static const char *const hostdev[] = { "driver",    "teaming", "source", "readonly",
	                               "shareable", "boot",    "alias",  "rom",
	                               "acpi",      "address", NULL };
static const char *const interface[] = { "mac",     "driver",  "source", "vlan",
	                                 "teaming", "boot",    "alias",  "rom",
	                                 "acpi",    "address", NULL };
static const char *const disk[] = { "driver",   "source",    "target",
	                            "readonly", "shareable", "boot",
	                            "alias",    "address",   NULL };

static const struct vc_form forms[VC_KINDS] = {
	[VC_KIND_UNKNOWN] = { "hostdev", NULL, hostdev },
	[VC_KIND_PCI] = { "hostdev", "pci", hostdev },
	[VC_KIND_MDEV] = { "hostdev", "mdev", hostdev },
	[VC_KIND_USB] = { "hostdev", "usb", hostdev },
	[VC_KIND_NETWORK] = { "interface", "hostdev", interface },
	[VC_KIND_NVME] = { "disk", "nvme", disk },
	[VC_KIND_VDPA] = { "interface", "vdpa", interface },
	[VC_KIND_SCSI] = { "hostdev", "scsi", hostdev },
	[VC_KIND_SCSI_HOST] = { "hostdev", "scsi_host", hostdev },
};

/**
 * vc_form() - Which element devices of a kind are
 * @kind:	kind
 *
 * Return: static; never NULL
 */
const struct vc_form *vc_form(enum vc_kind kind)
{
	return &forms[kind];
}
