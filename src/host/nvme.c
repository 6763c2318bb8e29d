/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nvme.c - what the nvme driver says about its controller.
 *
 * [ABI-NVME] nvme/nvme<N>/serial below the function, padded with blanks; only while the
 * nvme driver holds it.
 */
#include "host/scan.h"

#define CONTROLLERS_MAX 8U

/**
 * vc_read_nvme() - Read the serial number of an NVMe controller
 * @dir:	directory of a function
 * @err:	out of memory
 *
 * Return: 0 or -VC_ERR_INTERNAL
 */
int vc_read_nvme(const struct vc_function_dir *dir, struct vc_err *err)
{
	struct vc_arena *arena = dir->scan->arena;
	const struct vc_at at = { .arena = arena, .dir = dir->fd };
	struct vc_names names;

	if (!vc_names_have(dir->names, "nvme"))
		return 0;
	if (vc_at_list(&at, "nvme", &names, err) < 0)
		return -(int)err->kind;
	for (size_t i = 0; i < names.n && i < CONTROLLERS_MAX; i++) {
		char *path = vc_arena_printf(arena, "nvme/%s/serial", names.v[i]);
		char *text;

		if (!path)
			return vc_fail_oom(err);
		if (vc_at_text(&at, path, &text, err) < 0 ||
		    vc_add_evidence(arena, dir->device, VC_EVIDENCE_NVME, text, err) < 0)
			return -(int)err->kind;
	}
	return 0;
}
