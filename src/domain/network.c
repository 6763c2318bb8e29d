/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * MAC address and VLAN of network devices, and the names of disks in the guest.
 *
 * [LV] an interface without <mac> gets another random address whenever it is defined, so
 * one is always written: what a binding asks for, else what the claim says of the device,
 * else what the element has, else one that follows from the claim.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "domain/planner.h"

#define NAME_SIZE sizeof("vdzzzzzz")

/* Fowler, Noll and Vo, 1a, 64 bits: no secret, but the same everywhere. */
static uint64_t hash(uint64_t value, const char *text)
{
	for (; text && *text != '\0'; text++)
		value = (value ^ (unsigned char)*text) * 0x100000001b3ULL;
	return (value ^ '/') * 0x100000001b3ULL;
}

/* Locally administered and unicast, from the claim's UID (else its name), the request
 * and the index: the same claim gives the same address. */
static char *derive_mac(const struct vc_planner *planner, const struct vc_bound *b)
{
	const struct vc_claim *claim = b->claim;
	uint64_t h = 0xcbf29ce484222325ULL;
	char index[sizeof("4294967295")];

	(void)snprintf(index, sizeof(index), "%u", b->index);
	if (claim->uid) {
		h = hash(h, claim->uid);
	} else {
		h = hash(h, claim->namespace);
		h = hash(h, claim->name);
	}
	h = hash(h, b->device->request ? b->device->request : vc_device_label(b->device));
	h = hash(h, index);
	return vc_arena_printf(planner->arena, "%02x:%02x:%02x:%02x:%02x:%02x",
	                       (unsigned)((h >> 40 & 0xfc) | 0x02),
	                       (unsigned)(h >> 32 & 0xff), (unsigned)(h >> 24 & 0xff),
	                       (unsigned)(h >> 16 & 0xff), (unsigned)(h >> 8 & 0xff),
	                       (unsigned)(h & 0xff));
}

static int claimed_mac(const struct vc_planner *planner, const struct vc_bound *b,
                       char **ret_mac, struct vc_err *err)
{
	const char *text = b->device->hardware_address;

	if (!text)
		return 0;
	*ret_mac = vc_mac_canonical(planner->arena, text);
	if (*ret_mac)
		return 0;
	return vc_fail(
		err, VC_ERR_REFUSED,
		"%s: alias '%s': hardware address '%.64s' of '%s' is not a unicast "
		"MAC address; give one with the option mac",
		b->binding->origin, b->alias, text, b->device->origin);
}

/**
 * vc_plan_network() - MAC address and VLAN of a network device
 * @planner:	planner
 * @bound:	.device is known
 * @device:	.mac and .vlan are set; what is not set stays as the element has it
 * @err:	a hardware address that is no MAC address, or out of memory
 *
 * Return: 0, -VC_ERR_REFUSED or -VC_ERR_INTERNAL
 */
int vc_plan_network(const struct vc_planner *planner, const struct vc_bound *bound,
                    struct vc_plan_device *device, struct vc_err *err)
{
	const struct vc_hostdev *h = bound->hostdev;
	char *mac = bound->options.mac;
	int64_t vlan = bound->options.vlan;

	if (!mac && claimed_mac(planner, bound, &mac, err) < 0)
		return -(int)err->kind;
	if (!mac && (!h || !h->options.mac)) {
		mac = derive_mac(planner, bound);
		if (!mac)
			return vc_fail_oom(err);
	}
	if (vlan == 0)
		(void)vc_attributes_int(&bound->device->attributes, VC_ATTR_VLAN, &vlan);
	device->mac = mac;
	device->vlan = device->host.kind == VC_KIND_NETWORK ? (unsigned)vlan : 0;
	return 0;
}

/* "vda", ..., "vdz", "vdaa", ... */
static void name_disk(size_t number, char name[NAME_SIZE])
{
	char letters[NAME_SIZE - 2] = "";
	size_t n = sizeof(letters) - 1;

	letters[n] = '\0';
	for (number++; number > 0 && n > 0; number = (number - 1) / 26)
		letters[--n] = (char)('a' + (number - 1) % 26);
	(void)snprintf(name, NAME_SIZE, "vd%s", letters + n);
}

static bool is_taken(const struct vc_planner *planner, const char *name)
{
	for (size_t i = 0; i < planner->domain->targets.n; i++)
		if (strcmp(planner->domain->targets.v[i], name) == 0)
			return true;
	for (size_t i = 0; i < planner->plan->devices.n; i++)
		if (planner->plan->devices.v[i].target &&
		    strcmp(planner->plan->devices.v[i].target, name) == 0)
			return true;
	return false;
}

/**
 * vc_plan_disk() - The name that a new disk has in the guest
 * @planner:	planner
 * @device:	new; .target is set: the first of vda, vdb, ... that no disk has
 * @err:	out of memory
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_plan_disk(const struct vc_planner *planner, struct vc_plan_device *device,
                 struct vc_err *err)
{
	size_t n_names = planner->domain->targets.n + planner->plan->devices.n;
	char name[NAME_SIZE] = "vda";

	for (size_t i = 0; i <= n_names; i++) {
		name_disk(i, name);
		if (!is_taken(planner, name))
			break;
	}
	device->target = vc_arena_strdup(planner->arena, name);
	return device->target ? 0 : vc_fail_oom(err);
}
