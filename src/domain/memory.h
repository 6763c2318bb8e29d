/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * memory.h - how much memory QEMU will have to lock for a domain with host devices.
 *
 * [LV] memlock limit, as libvirt computes it at start: hard_limit as it is; else no
 * limit with <locked/>; else, when something does DMA into the guest, a multiple of the
 * guest's memory and 1 GiB on top. The multiple is one, unless there is an IOMMU in the
 * guest: then every VFIO device counts; NVMe disks and vDPA always count.
 */
#pragma once

#include <stdint.h>

#include "domain/document.h"

/**
 * struct vc_domain_memory - what it depends on
 * @guest_kib:	<memory>; 0 unknown
 * @hard_limit_kib: <memtune><hard_limit>; 0 none
 * @locked:	<memoryBacking><locked/>
 * @has_iommu:	an <iommu> device
 * @n_vfio:	host devices through VFIO
 * @n_nvme:	disks of type nvme
 * @n_vdpa:	vDPA interfaces and disks
 */
struct vc_domain_memory {
	uint64_t guest_kib;
	uint64_t hard_limit_kib;
	bool locked;
	bool has_iommu;
	unsigned n_vfio, n_nvme, n_vdpa;
};

void vc_domain_memory_read(const struct vc_document *document,
                           struct vc_domain_memory *ret_memory) VC_NONNULL;
uint64_t vc_domain_memory_to_lock(const struct vc_domain_memory *memory) VC_NONNULL;
