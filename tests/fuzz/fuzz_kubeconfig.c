/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A kubeconfig, as any file and merged with itself: what is taken is complete. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "kube/kubeconfig.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct vc_kube_config *config)
{
	if (!config->server || !config->namespace || !config->origin)
		abort();
	if (strncmp(config->server, "https://", 8) != 0 &&
	    (config->token.data || config->token_file || config->username))
		abort();
	if (strpbrk(config->server, "@?# \n"))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	VC_AUTO_KUBECONFIG struct vc_kubeconfig files = VC_KUBECONFIG_INIT;
	VC_AUTO_KUBE_CONFIG struct vc_kube_config config = VC_KUBE_CONFIG_INIT;
	VC_AUTO_KUBE_CONFIG struct vc_kube_config merged = VC_KUBE_CONFIG_INIT;
	struct vc_err err = VC_ERR_INIT;
	int r;

	if (vc_kubeconfig_add(&files, (const char *)data, size, "/d/f", &err) < 0)
		return 0;
	r = vc_kubeconfig_resolve(&files, NULL, &config, &err);
	if (r == 0)
		check(&config);
	else if (r != -(int)err.kind || !*err.msg)
		abort();
	if (vc_kubeconfig_add(&files, (const char *)data, size, "/e/f", &err) < 0)
		abort();
	if (vc_kubeconfig_resolve(&files, NULL, &merged, &err) != r)
		abort();
	if (r == 0 && strcmp(config.server, merged.server) != 0)
		abort();
	return 0;
}
