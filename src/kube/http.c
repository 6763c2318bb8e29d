/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kube/http.h"

#include "base/module.h"

/**
 * vc_http_load() - Load the module; it stays loaded
 * @arena:	for its path
 * @err:	why not
 *
 * Return: the module, or NULL with @err of kind VC_ERR_SYSTEM
 */
const struct vc_http_module *vc_http_load(struct vc_arena *arena, struct vc_err *err)
{
	static const struct vc_module module = {
		.file = VC_HTTP_MODULE_FILE,
		.symbol = VC_HTTP_MODULE_SYMBOL,
		.version = VC_HTTP_MODULE_VERSION,
		.library = "libcurl",
	};
	const void *symbol = NULL;

	return vc_module_open(arena, &module, &symbol, err) == 0 ? symbol : NULL;
}
