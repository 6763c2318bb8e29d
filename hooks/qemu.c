/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * qemu.c - libvirt's qemu hook, installed as virt-claim-qemu-hook; docs/hooks.md.
 */
#include "hook/qemu_hook.h"

int main(int argc, char **argv)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_hook_answer answer = { 0 };
	struct vc_err err = VC_ERR_INIT;
	int r;

	vc_hook_begin();
	r = vc_qemu_hook(&arena, argc, argv, &answer, &err);
	return vc_hook_finish("virt-claim", r, &answer, &err);
}
