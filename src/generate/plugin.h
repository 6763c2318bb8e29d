/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plugin.h - what a VirtualMachineInstance asks for, as a Plugin of KubeVirt [VEP-190].
 *
 * A Plugin has a CEL expression that KubeVirt evaluates on the domain. What the guest
 * sees is the same as with onDefineDomain; what a CEL expression cannot say is refused.
 */
#pragma once

#include "base/buf.h"
#include "base/file.h"
#include "claim/vmi.h"
#include "model/host_side.h"
#include "translate/translate.h"

/* Annotations of the VMI: "<prefix><alias>.<part>"; [DRA] a name has 63 characters. */
#define VC_PLUGIN_PCI_PREFIX  "pci.virt-claim.io/"
#define VC_PLUGIN_MDEV_PREFIX "mdev.virt-claim.io/"
#define VC_PLUGIN_NAME_MAX    63

/* libvirt of the launcher of KubeVirt 1.9; options that it does not know are refused. */
#define VC_PLUGIN_LIBVIRT 11010000UL

/**
 * struct vc_plugin_device - a device that the expression is about
 * @alias:	whole alias
 * @appended:	KubeVirt does not make the element
 * @kind:	VC_KIND_UNKNOWN: PCI or mdev, no claim says which
 * @host:	of an appended one, where it is today; NULL unknown
 * @options:	what is to be written
 * @origin:	who asks for it, for messages
 */
struct vc_plugin_device {
	const char *alias;
	bool appended;
	enum vc_kind kind;
	const struct vc_host_side *host;
	struct vc_options options;
	const char *origin;
};

/**
 * struct vc_plugin - a VMI, seen from this door
 * @vmi:	the VMI
 * @devices:	in the order of the VMI; KubeVirt's own only when something is asked of them
 * @own:	whether KubeVirt makes a device of its own for this VMI
 * @notes:	warnings of the readers
 */
struct vc_plugin {
	struct vc_vmi vmi;
	struct {
		struct vc_plugin_device *v;
		size_t n, cap;
	} devices;
	bool own;
	struct vc_names notes;
};

int vc_plugin_read(struct vc_arena *arena, const struct vc_translate_input *input,
                   struct vc_plugin *ret_plugin, struct vc_err *err) VC_MUST_CHECK;
int vc_plugin_check(const struct vc_plugin *plugin, const char *file,
                    unsigned long libvirt, struct vc_err *err) VC_MUST_CHECK;
int vc_plugin_key(struct vc_arena *arena, const struct vc_plugin_device *device,
                  const char *part, char **ret_key, struct vc_err *err) VC_MUST_CHECK;
int vc_plugin_expression(struct vc_arena *arena, const struct vc_plugin *plugin,
                         char **ret_text, struct vc_err *err) VC_MUST_CHECK;
int vc_plugin_write(struct vc_arena *arena, const struct vc_plugin *plugin,
                    const char *name, struct vc_buf *buf, struct vc_err *err)
	VC_MUST_CHECK;
int vc_plugin_addresses_write(struct vc_arena *arena, const struct vc_plugin *plugin,
                              struct vc_buf *buf, struct vc_err *err) VC_MUST_CHECK;
