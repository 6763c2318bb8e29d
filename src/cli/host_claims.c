/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/host_claims.h"

#include <string.h>
#include <unistd.h>

/**
 * vc_host_claims_place() - Where a device of a claim was last
 * @arena:	holds the text
 * @claimed:	device
 *
 * Return: an address as `create` takes it, or NULL when out of memory
 */
const char *vc_host_claims_place(struct vc_arena *arena,
                                 const struct vc_claimed_device *claimed)
{
	const char *address = claimed->identity.address;

	switch (claimed->made_from) {
	case VC_MADE_FROM_PF:
		return vc_arena_printf(arena, "%s/vf%u", address, claimed->vf_index);
	case VC_MADE_FROM_TYPE:
		return vc_arena_printf(arena, "%s/%s", address, claimed->mdev_type);
	case VC_MADE_BY_NOBODY:
		break;
	}
	return address;
}

/**
 * vc_host_claims_address() - Where a device of a claim is now
 * @arena:	holds the text
 * @device:	device
 *
 * Return: an address as `devices` lists it; NULL: it is nowhere, or out of memory
 */
const char *vc_host_claims_address(struct vc_arena *arena,
                                   const struct vc_device_status *device)
{
	const struct vc_usb_device *usb = &device->host.usb;

	if (device->address && device->host.kind == VC_KIND_USB && usb->port)
		return vc_arena_printf(arena, "%u-%s", usb->bus, usb->port);
	return device->address;
}

static int add_existing(struct vc_arena *arena, struct vc_names *files, char *path,
                        struct vc_err *err)
{
	char **slot;

	if (!path)
		return vc_fail_oom(err);
	if (access(path, F_OK) < 0)
		return 0;
	slot = vc_list_push(arena, files);
	if (!slot)
		return vc_fail_oom(err);
	*slot = path;
	return 0;
}

/**
 * vc_host_claims_files() - The files of a claim
 * @arena:	holds their names
 * @node:	node
 * @claim:	claim
 * @ret_files:	those of docs/formats.md that exist: one for each request, and a CDI spec
 * @err:	out of memory
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_host_claims_files(struct vc_arena *arena, const struct vc_local_node *node,
                         const struct vc_host_claim *claim, struct vc_names *ret_files,
                         struct vc_err *err)
{
	struct vc_names files = { 0 };

	for (size_t i = 0; i < claim->devices.n; i++) {
		const char *request = claim->devices.v[i].request;

		if (i > 0 && strcmp(claim->devices.v[i - 1].request, request) == 0)
			continue;
		if (add_existing(arena, &files,
		                 vc_arena_printf(arena,
		                                 "%s/claims/%s/%s/%s/" VC_HOST_DRIVER
		                                 "-metadata.json",
		                                 node->config->run, claim->namespace,
		                                 claim->name, request),
		                 err) < 0)
			return -(int)err->kind;
	}
	if (add_existing(arena, &files,
	                 vc_arena_printf(arena, "%s/" VC_HOST_DRIVER "-claim_%s.json",
	                                 node->config->cdi, claim->uid),
	                 err) < 0)
		return -(int)err->kind;
	*ret_files = files;
	return 0;
}
