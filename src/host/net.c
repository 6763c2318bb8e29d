/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * net.c - the network interfaces of a function, and their addresses.
 *
 * [ABI-NET] net/<name>/address, addr_assign_type: 0 permanent, 1 random, 2 stolen from
 * another device, 3 set by somebody. Only a permanent one says which card this is.
 */
#include <string.h>

#include "base/parse.h"
#include "host/scan.h"

#define INTERFACES_MAX 64U
#define PERMANENT      0

/* [ETHERNET] 6 bytes, [INFINIBAND] 20 bytes: "52:54:00:12:34:56", not all of them zero. */
static bool is_hardware_address(const char *text)
{
	uint32_t byte, any = 0;
	unsigned n = 0;

	do {
		if (!vc_parse_hex(&text, 2, 2, &byte))
			return false;
		any |= byte;
		n++;
	} while (vc_parse_literal(&text, ":"));
	return vc_parse_end(text) && (n == 6 || n == 20) && any != 0;
}

static int read_interface(const struct vc_function_dir *dir, const char *net,
                          const char *name, struct vc_err *err)
{
	struct vc_arena *arena = dir->scan->arena;
	const struct vc_at at = { .arena = arena, .dir = dir->fd };
	char *address = vc_arena_printf(arena, "%s/%s/address", net, name);
	char *type = vc_arena_printf(arena, "%s/%s/addr_assign_type", net, name);
	int64_t how = PERMANENT;
	char *text;

	if (!address || !type)
		return vc_fail_oom(err);
	if (vc_names_add(arena, &dir->device->pci.interfaces, name, err) < 0 ||
	    vc_at_text(&at, address, &text, err) < 0 ||
	    vc_at_number(&at, type, 255, &how, err) < 0)
		return -(int)err->kind;
	if (!text || how != PERMANENT || !is_hardware_address(text))
		return 0;
	return vc_add_evidence(arena, dir->device, VC_EVIDENCE_MAC, text, err);
}

static int read_interfaces(const struct vc_function_dir *dir, const char *net,
                           struct vc_err *err)
{
	const struct vc_at at = { .arena = dir->scan->arena, .dir = dir->fd };
	struct vc_names names;

	if (vc_at_list(&at, net, &names, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < names.n && i < INTERFACES_MAX; i++)
		if (read_interface(dir, net, names.v[i], err) < 0)
			return -(int)err->kind;
	return 0;
}

/**
 * vc_read_net() - Find the network interfaces of a function
 * @dir:	its directory
 * @err:	out of memory
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_read_net(const struct vc_function_dir *dir, struct vc_err *err)
{
	if (vc_names_have(dir->names, "net") && read_interfaces(dir, "net", err) < 0)
		return -(int)err->kind;
	/* Those of a virtual machine's paravirtual card are one level down. */
	for (size_t i = 0; i < dir->names->n; i++) {
		const char *cursor = dir->names->v[i];
		uint64_t number;
		char *net;

		if (!vc_parse_literal(&cursor, "virtio") ||
		    !vc_parse_number(cursor, UINT32_MAX, &number))
			continue;
		net = vc_arena_printf(dir->scan->arena, "%s/net", dir->names->v[i]);
		if (!net)
			return vc_fail_oom(err);
		if (read_interfaces(dir, net, err) < 0)
			return -(int)err->kind;
	}
	return 0;
}
