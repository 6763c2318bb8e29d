/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/cluster.h"

#include <string.h>

#include "base/parse.h"

/**
 * vc_cluster_open() - Find an API server; it is not asked yet
 * @options:	filled options
 * @cluster:	initialised
 * @err:	why there is none
 *
 * Return: 0, -VC_ERR_USAGE (no namespace can be called so), or as vc_kube_config_find()
 * and vc_kube_open()
 */
int vc_cluster_open(const struct vc_cluster_options *options, struct vc_cluster *cluster,
                    struct vc_err *err)
{
	const struct vc_kube_choice choice = {
		.kubeconfig = options->kubeconfig,
		.context = options->context,
	};
	const struct vc_kube_options usual = { 0 };

	if (options->namespace && !vc_is_dns_label(options->namespace))
		return vc_fail(err, VC_ERR_USAGE,
		               "--namespace: '%.100s' cannot be the name of a namespace",
		               options->namespace);
	if (vc_kube_config_find(&choice, &cluster->config, err) < 0 ||
	    vc_kube_open(&cluster->config, &usual, &cluster->kube, err) < 0)
		return -(int)err->kind;
	cluster->namespace =
		options->namespace ? options->namespace : cluster->config.namespace;
	return 0;
}

/**
 * vc_cluster_close() - Close
 * @cluster:	initialised
 */
void vc_cluster_close(struct vc_cluster *cluster)
{
	vc_kube_close(cluster->kube);
	vc_kube_config_release(&cluster->config);
}

/**
 * vc_cluster_name_parse() - Understand "[NAMESPACE/]NAME"
 * @arena:	holds the parts
 * @cluster:	says the namespace that is meant without one
 * @text:	operand
 * @ret_name:	name
 * @err:	what was expected
 *
 * Return: 0, -VC_ERR_USAGE or -VC_ERR_INTERNAL
 */
int vc_cluster_name_parse(struct vc_arena *arena, const struct vc_cluster *cluster,
                          const char *text, struct vc_cluster_name *ret_name,
                          struct vc_err *err)
{
	const char *slash = strchr(text, '/');
	const char *name = slash ? slash + 1 : text;
	const char *namespace =
		slash ? vc_arena_strndup(arena, text, (size_t)(slash - text))
		      : cluster->namespace;

	if (!namespace)
		return vc_fail_oom(err);
	if (!vc_is_dns_label(namespace) || !vc_is_dns_subdomain(name))
		return vc_fail(err, VC_ERR_USAGE,
		               "'%.200s' is no name of a claim; expected "
		               "[NAMESPACE/]NAME",
		               text);
	*ret_name = (struct vc_cluster_name){ namespace, name };
	return 0;
}
