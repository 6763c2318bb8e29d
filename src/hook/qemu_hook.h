/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * qemu_hook.h - libvirt's qemu hook: NAME OPERATION SUBOPERATION EXTRA, XML on stdin.
 *
 * [LV] hooks: stdout counts only at `migrate begin` and `restore begin`; elsewhere a hook
 * can only refuse, and at `started` and `reconnect` a failure kills the guest.
 */
#pragma once

#include "base/file.h"
#include "hook/hook.h"
#include "translate/translate.h"

/* What an operation means to us. */
enum vc_qemu_step {
	VC_QEMU_NOTHING, /* also every operation that we do not know */
	VC_QEMU_VERIFY,  /* prepare: right as it is, and free? */
	VC_QEMU_CONFIRM, /* started, reconnect: note who has what; cannot fail */
	VC_QEMU_RELEASE, /* release */
	VC_QEMU_REWRITE, /* migrate, restore: host side for this host */
};

/* Deciding: pure. */
enum vc_qemu_step vc_qemu_step(const char *operation, const char *suboperation);
bool vc_qemu_cannot_claim(const char *xml, size_t len);
int vc_qemu_leases(struct vc_arena *arena, const struct vc_domain *domain,
                   struct vc_names *ret_devices, struct vc_err *err) VC_MUST_CHECK;
int vc_qemu_judge_start(const struct vc_translation *translation, const char *remedy,
                        struct vc_err *err) VC_MUST_CHECK;
int vc_qemu_judge_rewrite(const struct vc_translation *translation, struct vc_err *err)
	VC_MUST_CHECK;
int vc_qemu_remedy(struct vc_arena *arena, const char *domain, bool system,
                   char **ret_command, struct vc_err *err) VC_MUST_CHECK;

/* Doing: what main() calls. */
int vc_qemu_hook(struct vc_arena *arena, int argc, char **argv,
                 struct vc_hook_answer *answer, struct vc_err *err) VC_MUST_CHECK;
