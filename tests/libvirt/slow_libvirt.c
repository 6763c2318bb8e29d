/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * slow_libvirt.c - the libvirt module with a pause before it changes something.
 *
 * $VC_SLOW_MODULE is the real module. Before its first define or create the file
 * $VC_SLOW_FILE appears, and nothing happens until it has gone.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "virt/virt.h"

#define PATIENCE 400
#define TICK_US  50000U

extern const struct vc_virt_module vc_virt_module;

static const struct vc_virt_module *real(void)
{
	const char *path = getenv("VC_SLOW_MODULE");
	void *handle = path ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : NULL;

	return handle ? dlsym(handle, VC_VIRT_MODULE_SYMBOL) : NULL;
}

/* Once: a second file says that it is over. */
static void pause_once(void)
{
	const char *path = getenv("VC_SLOW_FILE");
	char over[256];

	if (!path)
		return;
	(void)snprintf(over, sizeof(over), "%s.over", path);
	if (access(over, F_OK) == 0)
		return;
	(void)close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	for (int i = 0; i < PATIENCE && access(path, F_OK) == 0; i++)
		(void)usleep(TICK_US);
	(void)rename(path, over);
	(void)close(open(over, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
}

static int ask(const struct vc_virt_request *request, int out, struct vc_err *err)
{
	const struct vc_virt_module *module = real();

	if (!module)
		return vc_fail(err, VC_ERR_INTERNAL, "no module behind the slow one");
	if (request->operation == VC_VIRT_DEFINE || request->operation == VC_VIRT_CREATE)
		pause_once();
	return module->ask(request, out, err);
}

__attribute__((visibility("default"))) const struct vc_virt_module vc_virt_module = {
	.version = VC_VIRT_MODULE_VERSION,
	.ask = ask,
};
