/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cdi_rules.h - which values [CDI] allows: versions, names, and the texts in edits.
 *
 * These are the rules that the CDI library enforces when it loads a file, not the
 * stricter or looser ones of its specification text and JSON schema: what runtimes load
 * is what we load.
 */
#pragma once

#include <stdbool.h>

/* [CDI] the versions in which the format grew; 0.8.0 and 1.0.0 added nothing. */
enum vc_cdi_version {
	VC_CDI_0_3,
	VC_CDI_0_4,
	VC_CDI_0_5,
	VC_CDI_0_6,
	VC_CDI_0_7,
	VC_CDI_0_8,
	VC_CDI_1_0,
	VC_CDI_1_1,
};

const char *vc_cdi_version_name(enum vc_cdi_version version);
bool vc_cdi_version_parse(const char *text, enum vc_cdi_version *ret_version);

bool vc_cdi_is_kind(const char *text);
bool vc_cdi_is_device_name(const char *text);
bool vc_cdi_is_env(const char *text);
bool vc_cdi_is_not_empty(const char *text);
bool vc_cdi_is_node_type(const char *text);
bool vc_cdi_is_permissions(const char *text);
bool vc_cdi_is_hook_name(const char *text);
bool vc_cdi_is_clos_id(const char *text);
