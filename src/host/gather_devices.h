/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gather_devices.h - the part of gather.c that asks about USB, SCSI and vDPA devices.
 */
#pragma once

#include "base/file.h"
#include "model/host_facts.h"

/**
 * struct vc_wanted_devices - what is asked for
 * @usb:	any USB device: then all are read, because serial numbers are not names
 * @vdpa:	any vDPA device
 * @scsi:	units, with repetitions
 */
struct vc_wanted_devices {
	bool usb, vdpa;
	struct {
		struct vc_scsi_unit *v;
		size_t n, cap;
	} scsi;
};

int vc_want_device(struct vc_arena *arena, struct vc_wanted_devices *wanted,
                   const struct vc_host_side *side, struct vc_err *err) VC_MUST_CHECK;
int vc_gather_devices(struct vc_arena *arena, int root,
                      const struct vc_wanted_devices *wanted, struct vc_host_facts *facts,
                      struct vc_err *err) VC_MUST_CHECK;
