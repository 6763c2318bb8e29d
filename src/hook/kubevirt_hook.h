/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kubevirt_hook.h - KubeVirt's onDefineDomain: --vmi JSON --domain XML, XML on stdout.
 *
 * It is called up to three times per start, later on its own output after KubeVirt took
 * away what its schema does not know: a pure function of its input and of the claims.
 */
#pragma once

#include "hook/hook.h"

int vc_kubevirt_hook(struct vc_arena *arena, int argc, char **argv,
                     struct vc_hook_answer *answer, struct vc_err *err) VC_MUST_CHECK;
