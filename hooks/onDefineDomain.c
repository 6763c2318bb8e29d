/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * onDefineDomain.c - KubeVirt's hook, called by its sidecar-shim; docs/hooks.md.
 */
#include "hook/kubevirt_hook.h"

int main(int argc, char **argv)
{
	VC_AUTO_ARENA struct vc_arena arena = VC_ARENA_INIT;
	struct vc_hook_answer answer = { 0 };
	struct vc_err err = VC_ERR_INIT;
	int r;

	vc_hook_begin();
	r = vc_kubevirt_hook(&arena, argc, argv, &answer, &err);
	return vc_hook_finish("onDefineDomain", r, &answer, &err);
}
