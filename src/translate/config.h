/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config.h - /etc/virt-claim/virt-claim.yaml, the one configuration file.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"

#define VC_CONFIG_FILE "/etc/virt-claim/virt-claim.yaml"
#define VC_CONFIG_SITE "/etc/virt-claim/xslt/site.xsl"

/**
 * struct vc_config - configuration; unset keys have these defaults
 * @claims:	claims: paths as of --claims. [/run/virt-claim/claims,
 *		/var/run/kubernetes.io/dra-device-attributes], those that exist
 * @leases:	leases: directory. /run/virt-claim/leases
 * @sysfs:	sysfs: /sys
 * @site:	site-stylesheet: VC_CONFIG_SITE when it exists, else none
 * @target_libvirt: target-libvirt: 0, the installed one
 * @deadline_ms: hook-deadline: seconds, 5
 */
struct vc_config {
	struct {
		char **v;
		size_t n, cap;
	} claims;
	char *leases;
	char *sysfs;
	char *site;
	unsigned long target_libvirt;
	unsigned deadline_ms;
};

/* A missing file gives the defaults; an unknown key is an error. @trusted: refuse a
 * file that others can write. */
int vc_config_read(struct vc_arena *arena, const char *path, bool trusted,
                   struct vc_config *ret_config, struct vc_err *err) VC_MUST_CHECK;
