/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cluster.h - what the commands that talk to an API server have in common: which one, and
 * how claims of it are named.
 */
#pragma once

#include "cli/command.h"
#include "kube/api.h"

struct vc_cluster_options {
	const char *kubeconfig, *context, *namespace;
};

/* Rows of a command's table; @type has a member `struct vc_cluster_options cluster`. */
#define VC_CLUSTER_OPTION_KUBECONFIG(type)                                             \
	{                                                                              \
		"kubeconfig", 0, VC_OPTION_STRING, offsetof(type, cluster.kubeconfig), \
			"FILE",                                                        \
			"which API server, and as whom (default: $KUBECONFIG, "        \
			"~/.kube/config, the service account of the pod)",             \
			VC_COMPLETES_FILE, NULL                                        \
	}
#define VC_CLUSTER_OPTION_CONTEXT(type)                                                  \
	{                                                                                \
		"context", 0, VC_OPTION_STRING, offsetof(type, cluster.context), "NAME", \
			"context of the kubeconfig (default: current-context)",          \
			VC_COMPLETES_NOTHING, NULL                                       \
	}
#define VC_CLUSTER_OPTION_NAMESPACE(type, help)                                        \
	{                                                                              \
		"namespace", 'n', VC_OPTION_STRING, offsetof(type, cluster.namespace), \
			"NAME", help, VC_COMPLETES_NOTHING, NULL                       \
	}

/**
 * struct vc_cluster - an API server
 * @config:	where it is
 * @kube:	client
 * @namespace:	of names that say none
 */
struct vc_cluster {
	struct vc_kube_config config;
	struct vc_kube *kube;
	const char *namespace;
};

#define VC_CLUSTER_INIT                        \
	{                                      \
		.config = VC_KUBE_CONFIG_INIT, \
	}
#define VC_AUTO_CLUSTER VC_CLEANUP(vc_cluster_close)

/* A claim as people name it. */
struct vc_cluster_name {
	const char *namespace, *name;
};

int vc_cluster_open(const struct vc_cluster_options *options, struct vc_cluster *cluster,
                    struct vc_err *err) VC_MUST_CHECK;
void vc_cluster_close(struct vc_cluster *cluster);
int vc_cluster_name_parse(struct vc_arena *arena, const struct vc_cluster *cluster,
                          const char *text, struct vc_cluster_name *ret_name,
                          struct vc_err *err) VC_MUST_CHECK;
