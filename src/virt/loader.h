/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * loader.h - the module, for virt_loader.c and ask.c.
 */
#pragma once

#include "virt/virt.h"

/* NULL on failure. */
const struct vc_virt_module *vc_virt_load(struct vc_arena *arena, struct vc_err *err);
int vc_virt_print_all(const char *text);
