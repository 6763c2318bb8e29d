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

/* On a Kubernetes node a DRA driver prepares devices, and nothing here changes one. */
enum vc_role {
	VC_ROLE_HOST,
	VC_ROLE_KUBERNETES,
};

/* Where virt-claimd learns what drivers prepared on a Kubernetes node; bits */
enum vc_config_source {
	VC_SOURCE_CDI = 1 << 0,      /* "cdi" */
	VC_SOURCE_METADATA = 1 << 1, /* "metadata" */
	VC_SOURCE_KUBE = 1 << 2,     /* "kube" */
};

/**
 * struct vc_config - configuration; unset keys have these defaults
 * @claims:	claims: paths as of --claims. claims below @run, and
 *		/var/run/kubernetes.io/dra-device-attributes; those that exist
 * @leases:	leases: directory. /run/virt-claim/leases
 * @sysfs:	sysfs: /sys
 * @site:	site-stylesheet: VC_CONFIG_SITE when it exists, else none
 * @target_libvirt: target-libvirt: 0, the installed one
 * @deadline_ms: hook-deadline: seconds, 5
 * @role:	role: what virt-claimd does, VC_ROLE_HOST
 * @state:	state: host claims, durable. /var/lib/virt-claim
 * @run:	run: prepared claims, journal, lock. /run/virt-claim
 * @cdi:	cdi: CDI specs of ours. /var/run/cdi
 * @proc:	proc: /proc
 * @dev:	dev: /dev
 * @modules_alias: modules-alias: NULL, the file of the running kernel
 * @pci_ids:	pci-ids: NULL, the one that libpci knows
 * @qemu_user, @qemu_group: qemu-user, qemu-group: name or number of who gets the device
 *		nodes of a prepared claim; NULL: they stay root's, libvirt hands them out
 * @allowed:	allow-host-devices: addresses of devices that may be claimed although the
 *		host needs them
 * @driver_deadline_ms: driver-deadline: seconds that one change of a driver may take, 30
 * @sources:	sources: bits of enum vc_config_source, only with VC_ROLE_KUBERNETES; none
 * @cdi_directories: cdi-directories: that are read, the last one wins. /etc/cdi and @cdi
 * @kubelet_plugins: kubelet-plugins: directories of drivers. /var/lib/kubelet/plugins
 * @node_name:	node-name: of the Node object; NULL: $NODE_NAME, which has to be there then
 * @kubeconfig:	kubeconfig: NULL as docs/kubernetes.md says
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
	enum vc_role role;
	char *state;
	char *run;
	char *cdi;
	char *proc;
	char *dev;
	char *modules_alias;
	char *pci_ids;
	char *qemu_user, *qemu_group;
	struct {
		char **v;
		size_t n, cap;
	} allowed;
	unsigned driver_deadline_ms;
	unsigned sources;
	struct {
		char **v;
		size_t n, cap;
	} cdi_directories;
	char *kubelet_plugins;
	char *node_name;
	char *kubeconfig;
};

/* One name, or several with commas between them. */
int vc_config_sources(const char *text, unsigned *ret_sources, struct vc_err *err)
	VC_MUST_CHECK;

/* A missing file gives the defaults; an unknown key is an error. @trusted: refuse a
 * file that others can write. */
int vc_config_read(struct vc_arena *arena, const char *path, bool trusted,
                   struct vc_config *ret_config, struct vc_err *err) VC_MUST_CHECK;
