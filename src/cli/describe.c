/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/describe.h"

#include <string.h>

/**
 * vc_describe_claim() - "lab/vm7-dev"
 * @arena:	holds the text
 * @namespace:	NULL unknown
 * @name:	NULL unknown
 * @uid:	stands in for an unknown name; NULL unknown
 *
 * Return: text, "-" when nothing is known, NULL when out of memory
 */
const char *vc_describe_claim(struct vc_arena *arena, const char *namespace,
                              const char *name, const char *uid)
{
	if (!name)
		return uid ? uid : "-";
	return namespace ? vc_arena_printf(arena, "%s/%s", namespace, name) : name;
}

/**
 * vc_describe_request() - "lab/vm7-dev:gpu#2", as --bind takes it
 * @arena:	holds the text
 * @device:	planned device
 *
 * Return: text, NULL when out of memory
 */
const char *vc_describe_request(struct vc_arena *arena,
                                const struct vc_plan_device *device)
{
	const char *name = device->claim ? device->claim : device->pod_claim;
	const char *claim =
		vc_describe_claim(arena, device->namespace, name, device->uid);

	if (!claim || !device->request)
		return claim;
	claim = vc_arena_printf(arena, "%s:%s%s%s", claim, device->request,
	                        device->subrequest ? "/" : "",
	                        device->subrequest ? device->subrequest : "");
	if (!claim || device->index < 2)
		return claim;
	return vc_arena_printf(arena, "%s#%u", claim, device->index);
}

/**
 * vc_describe_device() - "driver/pool/name"
 * @arena:	holds the text
 * @driver:	NULL unknown
 * @pool:	NULL unknown
 * @name:	NULL unknown
 *
 * Return: what is known of it, "-" when nothing is, NULL when out of memory
 */
const char *vc_describe_device(struct vc_arena *arena, const char *driver,
                               const char *pool, const char *name)
{
	const char *const parts[] = { driver, pool, name };
	const char *text = NULL;

	for (size_t i = 0; i < VC_ARRAY_SIZE(parts); i++) {
		if (!parts[i])
			continue;
		text = text ? vc_arena_printf(arena, "%s/%s", text, parts[i]) : parts[i];
		if (!text)
			return NULL;
	}
	return text ? text : "-";
}

/**
 * vc_describe_change() - "0000:03:00.0 -> 0000:65:00.0"
 * @arena:	holds the text
 * @device:	planned device
 *
 * Return: both sides where they differ, else the one, NULL when out of memory
 */
const char *vc_describe_change(struct vc_arena *arena,
                               const struct vc_plan_device *device)
{
	if (device->from && device->to && strcmp(device->from, device->to) == 0)
		return device->to;
	if (!device->from && !device->to)
		return "-";
	return vc_arena_printf(arena, "%s -> %s", device->from ? device->from : "none",
	                       device->to ? device->to : "none");
}

/**
 * vc_describe_host() - Where a device is on the host
 * @arena:	holds the text
 * @device:	device
 *
 * Return: "pci 0000:65:00.0", "mdev <uuid>", "-" when it is not known, NULL when out of
 * memory
 */
const char *vc_describe_host(struct vc_arena *arena, const struct vc_device *device)
{
	const char *kind = vc_kind_name(device->host.kind);
	const char *text;

	if (!vc_host_side_known(&device->host))
		return "-";
	text = vc_host_side_text(arena, &device->host);
	if (!text || strncmp(text, kind, strlen(kind)) == 0)
		return text;
	return vc_arena_printf(arena, "%s %s", kind, text);
}
