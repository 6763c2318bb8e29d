/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kubeconfig.h - kubeconfig files: YAML or JSON, several of them merged.
 *
 * [K8S] organize-cluster-access-kubeconfig: for each cluster, user, context, and for
 * current-context the first file that has it wins, as a whole. Relative paths are
 * relative to the file that says them.
 */
#pragma once

#include "kube/config.h"

#define VC_KUBECONFIG_MAX_FILES 16

struct vc_tree;

/**
 * struct vc_kubeconfig - the files, in their order
 * @trees:	what each says
 * @directories: where each is, "" the working directory
 * @n:		how many
 */
struct vc_kubeconfig {
	struct vc_tree *trees[VC_KUBECONFIG_MAX_FILES];
	char *directories[VC_KUBECONFIG_MAX_FILES];
	size_t n;
};

#define VC_KUBECONFIG_INIT \
	{                  \
		.n = 0,    \
	}
#define VC_AUTO_KUBECONFIG VC_CLEANUP(vc_kubeconfig_release)

int vc_kubeconfig_add(struct vc_kubeconfig *files, const char *text, size_t len,
                      const char *path, struct vc_err *err) VC_MUST_CHECK;
int vc_kubeconfig_add_file(struct vc_kubeconfig *files, const char *path,
                           struct vc_err *err) VC_MUST_CHECK;
int vc_kubeconfig_resolve(const struct vc_kubeconfig *files, const char *context,
                          struct vc_kube_config *config, struct vc_err *err)
	VC_MUST_CHECK;
void vc_kubeconfig_release(struct vc_kubeconfig *files);
