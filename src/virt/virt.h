/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * virt.h - what we ask libvirt, without linking it.
 *
 * virt_module.c is the only user of libvirt. It becomes virt-claim-libvirt.so, a module
 * that virt_loader.c loads when one of these functions is called: loading libvirt costs
 * several times a whole rewrite, and a machine without libvirt can do everything else.
 *
 * The module is looked for in $VIRT_CLAIM_MODULE_DIR (not when setuid), in
 * LIBDIR/virt-claim as seen from the program's own directory, and beside the program.
 */
#pragma once

#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"

#define VC_VIRT_MODULE_FILE   "virt-claim-libvirt.so"
#define VC_VIRT_MODULE_SYMBOL "vc_virt_module"

/* Changes whenever struct vc_virt_module does. */
#define VC_VIRT_MODULE_VERSION 1U

/**
 * struct vc_virt_module - what the module offers; texts are malloc()ed
 * @version:	VC_VIRT_MODULE_VERSION
 * @domain_xml:	the inactive, secure XML of a domain, by name or UUID
 * @native:	QEMU's arguments, from an embedded driver below an empty directory
 */
struct vc_virt_module {
	unsigned version;
	int (*domain_xml)(const char *uri, const char *name, char **ret_xml,
	                  struct vc_err *err);
	int (*native)(const char *xml, const char *root, char **ret_arguments,
	              struct vc_err *err);
};

int vc_virt_domain_xml(struct vc_arena *arena, const char *uri, const char *name,
                       char **ret_xml, size_t *ret_len, struct vc_err *err) VC_MUST_CHECK;
int vc_virt_native(struct vc_arena *arena, const char *xml, char **ret_arguments,
                   struct vc_err *err) VC_MUST_CHECK;
