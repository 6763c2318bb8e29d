/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan_vf.c - virtual functions: made where there are none, and told their MAC address and
 * VLAN by their PF.
 *
 * All that a PF can have are made at once, because the number can only be changed when
 * there are none: a later claim on the same PF finds its own among them.
 *
 * [ABI-PCI] Documentation/ABI/testing/sysfs-bus-pci: sriov_numvfs, sriov_offset, sriov_stride
 * [SR-IOV] PCIe base specification, 9.3.3: First VF Offset, VF Stride
 */
#include <fcntl.h>
#include <string.h>
#include <strings.h>

#include "base/parse.h"
#include "host/sysfs.h"
#include "node/plan.h"
#include "node/share.h"

#define RID_MAX     0xffffU
#define NO_MAC      "00:00:00:00:00:00"
#define SRIOV_MAX   65535U
#define FUNCTIONS   8U
#define BUS_DEVICES 256U

/* The PF that a claimed VF is made from; NULL: it is none. */
static const struct vc_host_device *find_pf(const struct vc_found_device *found,
                                            struct vc_err *err)
{
	const struct vc_host_device *pf = found->located.device;

	if (pf && pf->kind == VC_DEVICE_PCI && pf->pci.total_vfs > 0)
		return pf;
	(void)vc_fail(err, VC_ERR_REFUSED,
	              "'%s' cannot have virtual functions; switch SR-IOV on in firmware "
	              "and for the card, or claim another device",
	              pf ? pf->address : found->claimed->identity.address);
	return NULL;
}

static int check_index(const struct vc_host_device *pf, unsigned index,
                       struct vc_err *err)
{
	unsigned n = pf->pci.n_vfs;

	if (index >= pf->pci.total_vfs)
		return vc_fail(
			err, VC_ERR_REFUSED,
			"'%s' can have %u virtual functions, numbered from 0: there "
			"will be no number %u",
			pf->address, pf->pci.total_vfs, index);
	if (n > 0 && index >= n)
		return vc_fail(err, VC_ERR_REFUSED,
		               "'%s' has %u virtual functions, numbered from 0, and the "
		               "claim wants number %u; more can be made only when these "
		               "are removed: sriov_numvfs",
		               pf->address, n, index);
	return 0;
}

/* [ABI-PCI] only the driver of the PF can make VFs; vfio-pci does not. */
static int check_driver(const struct vc_host_device *pf, struct vc_err *err)
{
	if (!pf->driver)
		return vc_fail(err, VC_ERR_REFUSED,
		               "'%s' has no driver, and only its driver can make virtual "
		               "functions; load it first",
		               pf->address);
	if (pf->pci.on_vfio)
		return vc_fail(err, VC_ERR_REFUSED,
		               "'%s' is held by '%s', which makes no virtual functions; "
		               "give it back to its own driver first",
		               pf->address, pf->driver);
	return 0;
}

/* Somebody removed VFs that a claim had made; what they were told went with them. */
static void make_again(struct vc_entry *entry, const struct vc_pci_address *pf)
{
	for (size_t i = 0; i < entry->steps.n; i++) {
		struct vc_step *step = &entry->steps.v[i];

		if ((step->kind == VC_STEP_VFS || step->kind == VC_STEP_VF) &&
		    step->state == VC_STEP_DONE &&
		    vc_pci_address_compare(&step->pci, pf) == 0)
			step->state = VC_STEP_PLANNED;
	}
}

/**
 * vc_plan_vfs() - Make the VFs of a PF
 * @arena:	holds the step
 * @input:	machine and journal
 * @found:	claimed device; one that is no VF needs nothing
 * @entry:	gets the step; the copy of one that another claim has done already
 * @err:	why not
 *
 * VFs that nobody of ours made stay as they are: no step.
 *
 * Return: 0, -VC_ERR_REFUSED (no SR-IOV, no such number, no driver that makes them, another
 * claim is at work on the PF) or -VC_ERR_INTERNAL
 */
int vc_plan_vfs(struct vc_arena *arena, const struct vc_prepare_input *input,
                const struct vc_found_device *found, struct vc_entry *entry,
                struct vc_err *err)
{
	struct vc_step step = { .kind = VC_STEP_VFS };
	const struct vc_host_device *pf;
	bool shared = false;

	if (found->claimed->made_from != VC_MADE_FROM_PF)
		return 0;
	pf = find_pf(found, err);
	if (!pf || check_index(pf, found->claimed->vf_index, err) < 0)
		return -(int)err->kind;
	step.pci = pf->pci.address;
	step.n_vfs = pf->pci.total_vfs;
	step.autoprobe = pf->pci.vf_autoprobe;
	if (vc_plan_share(arena, input, &step, entry, &shared, err) < 0)
		return vc_err_context(err, "virtual functions of '%s'", pf->address);
	if (pf->pci.n_vfs > 0)
		return 0;
	if (check_driver(pf, err) < 0)
		return -(int)err->kind;
	if (!shared)
		return vc_plan_add(arena, &step, entry, err);
	make_again(entry, &step.pci);
	return 0;
}

static bool has_step(const struct vc_entry *entry, enum vc_step_kind kind,
                     const struct vc_pci_address *pci, unsigned vf_index)
{
	for (size_t i = 0; i < entry->steps.n; i++) {
		const struct vc_step *step = &entry->steps.v[i];

		if (step->kind == kind && step->state != VC_STEP_UNDONE &&
		    step->vf_index == vf_index &&
		    vc_pci_address_compare(&step->pci, pci) == 0)
			return true;
	}
	return false;
}

/* What has to be put back. A VF that we make, or made, had nothing. */
static int find_old(struct vc_arena *arena, const struct vc_found_device *found,
                    const struct vc_entry *entry, struct vc_step *step,
                    struct vc_err *err)
{
	const struct vc_host_device *vf = found->device;
	const struct vc_host_device *pf = found->located.device;

	if (vf && vf->kind == VC_DEVICE_PCI && vf->pci.vf_mac) {
		step->old_mac = vc_arena_strdup(arena, vf->pci.vf_mac);
		step->old_vlan = vf->pci.vf_vlan;
		return step->old_mac ? 0 : vc_fail_oom(err);
	}
	if (vf && !has_step(entry, VC_STEP_VFS, &pf->pci.address, 0))
		return vc_fail(
			err, VC_ERR_REFUSED,
			"'%s': what '%s' has set for its virtual function %u cannot "
			"be read, so it could not be put back; 'ip link show %s' has "
			"to list it",
			vf->address, pf->address, step->vf_index,
			pf->pci.interfaces.v[0]);
	step->old_mac = vc_arena_strdup(arena, NO_MAC);
	step->old_vlan = 0;
	return step->old_mac ? 0 : vc_fail_oom(err);
}

static int copy_wish(struct vc_arena *arena, const struct vc_claimed_device *claimed,
                     struct vc_step *step, struct vc_err *err)
{
	step->vlan = claimed->vlan == step->old_vlan ? -1 : claimed->vlan;
	if (!claimed->mac ||
	    (step->old_mac && strcasecmp(claimed->mac, step->old_mac) == 0))
		return 0;
	step->mac = vc_arena_strdup(arena, claimed->mac);
	return step->mac ? 0 : vc_fail_oom(err);
}

/**
 * vc_plan_vf() - Tell a VF its MAC address and VLAN, through its PF
 * @arena:	holds the step
 * @input:	not used
 * @found:	claimed device; one that is no VF, or for which nothing is asked, needs nothing
 * @entry:	gets the step; the one that makes the VF is in it already
 * @err:	why not
 *
 * Return: 0, -VC_ERR_REFUSED (a PF without network interface, the old values cannot be read)
 * or -VC_ERR_INTERNAL
 */
int vc_plan_vf(struct vc_arena *arena, const struct vc_prepare_input *input VC_UNUSED,
               const struct vc_found_device *found, struct vc_entry *entry,
               struct vc_err *err)
{
	const struct vc_claimed_device *claimed = found->claimed;
	struct vc_step step = { .kind = VC_STEP_VF, .vf_index = claimed->vf_index };
	const struct vc_host_device *pf;

	if (claimed->made_from != VC_MADE_FROM_PF || (!claimed->mac && claimed->vlan < 0))
		return 0;
	pf = find_pf(found, err);
	if (!pf)
		return -(int)err->kind;
	step.pci = pf->pci.address;
	if (has_step(entry, VC_STEP_VF, &step.pci, step.vf_index))
		return 0;
	if (pf->pci.interfaces.n == 0)
		return vc_fail(
			err, VC_ERR_REFUSED,
			"'%s' has no network interface (driver: %s), through which "
			"MAC address and VLAN of its virtual functions are set; "
			"leave them out of the claim, or load its network driver",
			pf->address, pf->driver ? pf->driver : "none");
	if (find_old(arena, found, entry, &step, err) < 0 ||
	    copy_wish(arena, claimed, &step, err) < 0)
		return -(int)err->kind;
	if (!step.mac && step.vlan < 0)
		return 0;
	return vc_plan_add(arena, &step, entry, err);
}

static int read_number(struct vc_arena *arena, int root, const char *pf, const char *name,
                       unsigned *ret_number, struct vc_err *err)
{
	char *path = vc_arena_printf(arena, "bus/pci/devices/%s/%s", pf, name);
	uint64_t number;
	char *text;

	if (!path)
		return vc_fail_oom(err);
	if (vc_sysfs_read(arena, root, path, &text, err) < 0)
		return -(int)err->kind;
	if (!vc_parse_number(text, SRIOV_MAX, &number))
		return vc_fail(err, VC_ERR_INPUT,
		               "sysfs '%s': expected a number below 65536", path);
	*ret_number = (unsigned)number;
	return 0;
}

/* The routing id of a function, "bus, device, function" in 16 bits. */
static unsigned rid(const struct vc_pci_address *a)
{
	return a->bus * BUS_DEVICES + a->slot * FUNCTIONS + a->function;
}

/**
 * vc_plan_vf_address() - Where a VF is, or will be once it is made
 * @arena:	for what is read on the way
 * @sysfs:	directory
 * @pf:		its PF
 * @index:	from 0
 * @ret_address: address; its bus may be another than that of the PF
 * @err:	why not
 *
 * [SR-IOV] offset and stride may depend on how many VFs there are, so before they are made
 * the address is a forecast.
 *
 * Return: 0, -VC_ERR_ABSENT (no such PF, or it does not say before it has VFs),
 * -VC_ERR_INPUT (numbers that make no sense, beyond the last bus), -VC_ERR_SYSTEM or
 * -VC_ERR_INTERNAL
 */
int vc_plan_vf_address(struct vc_arena *arena, const char *sysfs,
                       const struct vc_pci_address *pf, unsigned index,
                       struct vc_pci_address *ret_address, struct vc_err *err)
{
	VC_AUTOCLOSE int root = -1;
	char name[VC_PCI_ADDRESS_SIZE];
	unsigned offset = 0, stride = 0;
	uint64_t id;

	vc_pci_address_format(pf, name);
	if (vc_file_open_directory(AT_FDCWD, sysfs, 0, &root, err) < 0 ||
	    read_number(arena, root, name, "sriov_offset", &offset, err) < 0 ||
	    read_number(arena, root, name, "sriov_stride", &stride, err) < 0)
		return -(int)err->kind;
	if (offset == 0)
		return vc_fail(
			err, VC_ERR_ABSENT,
			"'%s' does not say where its virtual functions are before it "
			"has some",
			name);
	id = (uint64_t)rid(pf) + offset + (uint64_t)index * stride;
	if (index > SRIOV_MAX || (index > 0 && stride == 0) || id > RID_MAX)
		return vc_fail(
			err, VC_ERR_INPUT,
			"'%s': with offset %u and stride %u no bus has room for its "
			"virtual function %u",
			name, offset, stride, index);
	*ret_address = (struct vc_pci_address){
		.domain = pf->domain,
		.bus = (uint8_t)(id / BUS_DEVICES),
		.slot = (uint8_t)(id % BUS_DEVICES / FUNCTIONS),
		.function = (uint8_t)(id % FUNCTIONS),
	};
	return 0;
}
