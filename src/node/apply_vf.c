/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * apply_vf.c - tell a VF its MAC address and VLAN, through its PF.
 *
 * [ABI-PCI] net/ in the directory of a PF has its network interfaces.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>

#include "host/sysfs.h"
#include "node/apply.h"
#include "node/vf_link.h"

#define NO_MAC "00:00:00:00:00:00"

static int open_sysfs(const struct vc_local_node *node, int *ret_root, struct vc_err *err)
{
	return vc_file_open_directory(AT_FDCWD, node->config->sysfs, 0, ret_root, err);
}

/* Where the PF and the VF are, and how the PF is reached. */
static int find_vf(struct vc_arena *arena, const struct vc_local_node *node,
                   const struct vc_step *step, bool *ret_there, struct vc_pf_link *link,
                   struct vc_err *err)
{
	VC_AUTOCLOSE int root = -1;
	char name[VC_PCI_ADDRESS_SIZE];
	char *vf, *net;
	int r;

	vc_pci_address_format(&step->pci, name);
	vf = vc_arena_printf(arena, "bus/pci/devices/%s/virtfn%u/.", name,
	                     step->vf_index);
	net = vc_arena_printf(arena, "bus/pci/devices/%s/net", name);
	if (!vf || !net)
		return vc_fail_oom(err);
	if (open_sysfs(node, &root, err) < 0)
		return -(int)err->kind;
	*ret_there = vc_sysfs_is_directory(root, vf);
	link->pf = step->pci;
	if (!*ret_there)
		return 0;
	r = vc_sysfs_list(arena, root, net, &link->interfaces, err);
	if (r == -VC_ERR_ABSENT)
		return vc_fail(err, VC_ERR_SYSTEM,
		               "'%s' has no network interface any more; load its driver",
		               name);
	return r;
}

static int fail_gone(const struct vc_step *step, struct vc_err *err)
{
	char name[VC_PCI_ADDRESS_SIZE];

	vc_pci_address_format(&step->pci, name);
	return vc_fail(err, VC_ERR_SYSTEM, "virtual function %u of '%s' is gone",
	               step->vf_index, name);
}

static int act(struct vc_arena *arena, const struct vc_local_node *node,
               const struct vc_step *step, struct vc_err *err)
{
	const struct vc_vf_setting setting = {
		.index = step->vf_index,
		.mac = step->mac,
		.vlan = step->vlan,
	};
	struct vc_pf_link link = { 0 };
	bool there = false;

	if (find_vf(arena, node, step, &there, &link, err) < 0)
		return -(int)err->kind;
	if (!there)
		return fail_gone(step, err);
	return vc_vf_setting_write(arena, node, &link, &setting, err);
}

/* What the PF has set now; NULL it does not know this VF. */
static const struct vc_vf_setting *find_setting(const struct vc_vf_settings *settings,
                                                unsigned index)
{
	for (size_t i = 0; i < settings->n; i++)
		if (settings->v[i].index == index)
			return &settings->v[i];
	return NULL;
}

static enum vc_step_look compare(const struct vc_step *step,
                                 const struct vc_vf_setting *now)
{
	bool mac_is_new = !step->mac || strcasecmp(now->mac, step->mac) == 0;
	bool mac_is_old =
		!step->mac || !step->old_mac || strcasecmp(now->mac, step->old_mac) == 0;
	bool vlan_is_new = step->vlan < 0 || now->vlan == step->vlan;
	bool vlan_is_old = step->vlan < 0 || now->vlan == step->old_vlan;

	if (mac_is_new && vlan_is_new)
		return VC_LOOK_AFTER;
	return mac_is_old && vlan_is_old ? VC_LOOK_BEFORE : VC_LOOK_BETWEEN;
}

/* A PF that refuses what was asked for refuses the way back too. */
static bool is_as_before(struct vc_arena *arena, const struct vc_local_node *node,
                         const struct vc_step *step, const struct vc_pf_link *link)
{
	struct vc_err unknown = VC_ERR_INIT;
	const struct vc_vf_setting *now;
	struct vc_vf_settings settings;

	if (vc_vf_settings_read(arena, node, link, 1, node->config->driver_deadline_ms,
	                        &settings, &unknown) < 0)
		return false;
	now = find_setting(&settings, step->vf_index);
	return now && compare(step, now) == VC_LOOK_BEFORE;
}

/* Only what was changed is put back. Drivers that take no zeros for an address keep the
 * one that they have: nobody else gets it. */
static int undo(struct vc_arena *arena, const struct vc_local_node *node,
                const struct vc_step *step, struct vc_err *err)
{
	struct vc_vf_setting setting = {
		.index = step->vf_index,
		.mac = step->mac ? step->old_mac : NULL,
		.vlan = -1,
	};
	struct vc_pf_link link = { 0 };
	bool there = false;
	int r = 0;

	if (find_vf(arena, node, step, &there, &link, err) < 0)
		return -(int)err->kind;
	if (!there || is_as_before(arena, node, step, &link))
		return 0;
	if (setting.mac)
		r = vc_vf_setting_write(arena, node, &link, &setting, err);
	if (r < 0 && !(err->sys == EINVAL && strcmp(setting.mac, NO_MAC) == 0))
		return r;
	setting.mac = NULL;
	setting.vlan = step->vlan >= 0 ? step->old_vlan : -1;
	return setting.vlan < 0 ? 0
	                        : vc_vf_setting_write(arena, node, &link, &setting, err);
}

static int look(struct vc_arena *arena, const struct vc_local_node *node,
                const struct vc_step *step, enum vc_step_look *ret_look,
                struct vc_err *err)
{
	const struct vc_vf_setting *now;
	struct vc_vf_settings settings;
	struct vc_pf_link link = { 0 };
	bool there = false;

	if (find_vf(arena, node, step, &there, &link, err) < 0)
		return -(int)err->kind;
	if (!there) {
		*ret_look = VC_LOOK_GONE;
		return 0;
	}
	if (vc_vf_settings_read(arena, node, &link, 1, node->config->driver_deadline_ms,
	                        &settings, err) < 0)
		return -(int)err->kind;
	now = find_setting(&settings, step->vf_index);
	if (!now)
		return fail_gone(step, err);
	*ret_look = compare(step, now);
	return 0;
}

const struct vc_step_kind_ops vc_step_vf_ops = {
	.act = act,
	.undo = undo,
	.look = look,
};
