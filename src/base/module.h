/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * module.h - libraries that are loaded when they are needed, behind a module of ours.
 *
 * Linking a library costs every start of the program; a module costs the command that
 * uses it. A module is a shared object that exports one constant struct, whose first
 * member is its version.
 *
 * It is looked for in $VIRT_CLAIM_MODULE_DIR (not when setuid), in LIBDIR/virt-claim as
 * seen from the program's own directory, and beside the program.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"

/**
 * struct vc_module - which module
 * @file:	"virt-claim-pci.so"
 * @symbol:	the struct that it exports
 * @version:	what its first member, an unsigned, has to be
 * @library:	what it is for, for messages: "libpci"
 */
struct vc_module {
	const char *file;
	const char *symbol;
	unsigned version;
	const char *library;
};

int vc_module_open(struct vc_arena *arena, const struct vc_module *module,
                   const void **ret_symbol, struct vc_err *err) VC_MUST_CHECK;
