/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The module behind virt.h.
 *
 * [LV] drvqemu, "Embedded driver": qemu:///embed?root=DIR runs inside the process, wants
 * an event loop and DIR/etc/qemu.conf; without virtlogd stdio_handler must be "file".
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "virt/connection.h"

extern const struct vc_virt_module vc_virt_module;

static int write_config(const char *root, struct vc_err *err)
{
	static const char text[] =
		"stdio_handler = \"file\"\nsecurity_driver = \"none\"\n";
	VC_AUTOFREE char *directory = NULL;
	VC_AUTOFREE char *file = NULL;
	FILE *f;
	int bad;

	if (asprintf(&directory, "%s/etc", root) < 0 ||
	    asprintf(&file, "%s/qemu.conf", directory) < 0)
		return vc_fail_oom(err);
	if (mkdir(directory, 0700) < 0)
		return vc_fail_sys(err, errno, "cannot make '%s'", directory);
	f = fopen(file, "we");
	if (!f)
		return vc_fail_sys(err, errno, "cannot write '%s'", file);
	bad = fputs(text, f) < 0;
	bad |= fclose(f) != 0;
	return bad ? vc_fail(err, VC_ERR_SYSTEM, "cannot write '%s'", file) : 0;
}

static void *run_events(void *arg VC_UNUSED)
{
	while (virEventRunDefaultImpl() == 0)
		;
	return NULL;
}

/* The process is a child made for this call; its end stops the event loop. */
static int native(const char *xml, const char *root, char **ret_arguments,
                  struct vc_err *err)
{
	VC_AUTO_CONNECTION virConnectPtr connection = NULL;
	VC_AUTOFREE char *uri = NULL;
	pthread_t thread;
	char *arguments;

	if (write_config(root, err) < 0)
		return -(int)err->kind;
	if (asprintf(&uri, "qemu:///embed?root=%s", root) < 0)
		return vc_fail_oom(err);
	if (virEventRegisterDefaultImpl() < 0 ||
	    pthread_create(&thread, NULL, run_events, NULL) != 0)
		return vc_fail(err, VC_ERR_SYSTEM, "cannot run libvirt's event loop");
	if (vc_virt_open(uri, &connection, err) < 0)
		return -(int)err->kind;
	arguments = virConnectDomainXMLToNative(connection, "qemu-argv", xml, 0);
	if (!arguments)
		return vc_virt_fail(err, "qemu:///embed");
	*ret_arguments = arguments;
	return 0;
}

static int ask(const struct vc_virt_request *request, int out, struct vc_err *err)
{
	switch (request->operation) {
	case VC_VIRT_FACTS:
		return vc_virt_ask_facts(request, out, err);
	case VC_VIRT_LIST:
		return vc_virt_ask_list(request, out, err);
	case VC_VIRT_DEFINE:
		return vc_virt_ask_define(request, out, err);
	case VC_VIRT_CREATE:
		return vc_virt_ask_create(request, out, err);
	case VC_VIRT_ATTACH:
		return vc_virt_ask_attach(request, out, err);
	case VC_VIRT_DETACH:
		return vc_virt_ask_detach(request, out, err);
	case VC_VIRT_RECORD:
		return vc_virt_ask_record(request, out, err);
	}
	return vc_fail(err, VC_ERR_INTERNAL, "unknown request %d",
	               (int)request->operation);
}

__attribute__((visibility("default"))) const struct vc_virt_module vc_virt_module = {
	.version = VC_VIRT_MODULE_VERSION,
	.ask = ask,
	.native = native,
};
