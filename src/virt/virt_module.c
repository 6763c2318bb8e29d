/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The module behind virt.h, and the only file that includes libvirt.
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

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "virt/virt.h"

extern const struct vc_virt_module vc_virt_module;

static void close_connection(virConnectPtr *connection)
{
	if (*connection)
		(void)virConnectClose(*connection);
}

static void free_domain(virDomainPtr *domain)
{
	if (*domain)
		(void)virDomainFree(*domain);
}

/* libvirt would print every error on stderr by itself. */
static void say_nothing(void *data VC_UNUSED, virErrorPtr error VC_UNUSED)
{
}

static int fail_libvirt(struct vc_err *err, const char *what)
{
	const virError *e = virGetLastError();
	enum vc_err_kind kind =
		e && e->code == VIR_ERR_NO_DOMAIN ? VC_ERR_ABSENT : VC_ERR_SYSTEM;

	return vc_fail(err, kind, "libvirt, '%s': %s", what,
	               e && e->message ? e->message : "failed without a message");
}

static virDomainPtr look_up(virConnectPtr connection, const char *name)
{
	virDomainPtr domain = virDomainLookupByName(connection, name);

	if (!domain && vc_is_uuid(name))
		domain = virDomainLookupByUUIDString(connection, name);
	return domain;
}

/* [LV] without SECURE a domain that is defined again loses its passwords; the live XML
 * must not be defined at all. */
static int domain_xml(const char *uri, const char *name, char **ret_xml,
                      struct vc_err *err)
{
	VC_CLEANUP(close_connection) virConnectPtr connection = NULL;
	VC_CLEANUP(free_domain) virDomainPtr domain = NULL;
	char *xml;

	virSetErrorFunc(NULL, say_nothing);
	connection = virConnectOpenAuth(uri, virConnectAuthPtrDefault, 0);
	if (!connection)
		return fail_libvirt(err, uri);
	domain = look_up(connection, name);
	if (!domain)
		return fail_libvirt(err, name);
	xml = virDomainGetXMLDesc(domain,
	                          VIR_DOMAIN_XML_INACTIVE | VIR_DOMAIN_XML_SECURE);
	if (!xml)
		return fail_libvirt(err, name);
	*ret_xml = xml;
	return 0;
}

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
	VC_CLEANUP(close_connection) virConnectPtr connection = NULL;
	VC_AUTOFREE char *uri = NULL;
	pthread_t thread;
	char *arguments;

	virSetErrorFunc(NULL, say_nothing);
	if (write_config(root, err) < 0)
		return -(int)err->kind;
	if (asprintf(&uri, "qemu:///embed?root=%s", root) < 0)
		return vc_fail_oom(err);
	if (virEventRegisterDefaultImpl() < 0 ||
	    pthread_create(&thread, NULL, run_events, NULL) != 0)
		return vc_fail(err, VC_ERR_SYSTEM, "cannot run libvirt's event loop");
	connection = virConnectOpen(uri);
	if (!connection)
		return fail_libvirt(err, "qemu:///embed");
	arguments = virConnectDomainXMLToNative(connection, "qemu-argv", xml, 0);
	if (!arguments)
		return fail_libvirt(err, "qemu:///embed");
	*ret_arguments = arguments;
	return 0;
}

__attribute__((visibility("default"))) const struct vc_virt_module vc_virt_module = {
	.version = VC_VIRT_MODULE_VERSION,
	.domain_xml = domain_xml,
	.native = native,
};
