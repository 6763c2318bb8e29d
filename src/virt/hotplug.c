/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Devices of a domain that runs.
 *
 * [LV] virDomainAttachDeviceFlags returns when the device is there. Detaching only asks
 * the guest: the call may return long before the guest lets the device go, and whether
 * it did is said by the events DEVICE_REMOVED and DEVICE_REMOVAL_FAILED.
 */
#include <limits.h>
#include <string.h>

#include "virt/connection.h"

#define METADATA_KEY "vc"

/* @ret_name: for messages; asking for it later would make libvirt forget its error. */
static int open_domain(const struct vc_virt_request *request,
                       virConnectPtr *ret_connection, virDomainPtr *ret_domain,
                       const char **ret_name, struct vc_err *err)
{
	if (vc_virt_open(request->uri, ret_connection, err) < 0 ||
	    vc_virt_find(*ret_connection, request->domain, ret_domain, err) < 0)
		return -(int)err->kind;
	*ret_name = virDomainGetName(*ret_domain);
	return 0;
}

/**
 * vc_virt_ask_attach() - VC_VIRT_ATTACH
 * @request:	.domain, .xml: one device
 * @out:	gets nothing
 * @err:	libvirt's message
 *
 * Return: 0, -VC_ERR_ABSENT or -VC_ERR_SYSTEM
 */
int vc_virt_ask_attach(const struct vc_virt_request *request, int out VC_UNUSED,
                       struct vc_err *err)
{
	VC_AUTO_CONNECTION virConnectPtr connection = NULL;
	VC_AUTO_DOMAIN virDomainPtr domain = NULL;
	const char *name = request->domain;

	if (open_domain(request, &connection, &domain, &name, err) < 0)
		return -(int)err->kind;
	if (virDomainAttachDeviceFlags(domain, request->xml, VIR_DOMAIN_AFFECT_LIVE) < 0)
		return vc_virt_fail(err, name);
	return 0;
}

/* What an event loop is waiting for. */
struct waiting {
	const char *alias;
	bool removed, refused, late;
};

static void on_removed(virConnectPtr connection VC_UNUSED, virDomainPtr domain VC_UNUSED,
                       const char *alias, void *data)
{
	struct waiting *waiting = data;

	if (strcmp(alias, waiting->alias) == 0)
		waiting->removed = true;
}

static void on_refused(virConnectPtr connection VC_UNUSED, virDomainPtr domain VC_UNUSED,
                       const char *alias, void *data)
{
	struct waiting *waiting = data;

	if (strcmp(alias, waiting->alias) == 0)
		waiting->refused = true;
}

static void on_late(int timer VC_UNUSED, void *data)
{
	struct waiting *waiting = data;

	waiting->late = true;
}

static int listen_to(virConnectPtr connection, virDomainPtr domain, unsigned wait_ms,
                     struct waiting *waiting, struct vc_err *err)
{
	int ms = wait_ms < INT_MAX ? (int)wait_ms : INT_MAX;

	if (virConnectDomainEventRegisterAny(
		    connection, domain, VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED,
		    VIR_DOMAIN_EVENT_CALLBACK(on_removed), waiting, NULL) < 0 ||
	    virConnectDomainEventRegisterAny(
		    connection, domain, VIR_DOMAIN_EVENT_ID_DEVICE_REMOVAL_FAILED,
		    VIR_DOMAIN_EVENT_CALLBACK(on_refused), waiting, NULL) < 0 ||
	    virEventAddTimeout(ms, on_late, waiting, NULL) < 0)
		return vc_virt_fail(err, "events");
	return 0;
}

static int await(struct waiting *waiting, const struct vc_virt_request *request,
                 struct vc_err *err)
{
	while (!waiting->removed && !waiting->refused && !waiting->late)
		if (virEventRunDefaultImpl() < 0)
			return vc_virt_fail(err, "events");
	if (waiting->removed)
		return 0;
	if (waiting->refused)
		return vc_fail(err, VC_ERR_REFUSED, "the guest did not let '%s' go",
		               request->alias);
	return vc_fail(err, VC_ERR_SYSTEM,
	               "the guest has not let '%s' go within %u ms; it may still do so",
	               request->alias, request->wait_ms);
}

/**
 * vc_virt_ask_detach() - VC_VIRT_DETACH
 * @request:	.domain, .alias, .wait_ms
 * @out:	gets nothing
 * @err:	libvirt's message
 *
 * Return: 0 when the device has gone, -VC_ERR_ABSENT (no such domain or device),
 * -VC_ERR_REFUSED (by the guest) or -VC_ERR_SYSTEM
 */
int vc_virt_ask_detach(const struct vc_virt_request *request, int out VC_UNUSED,
                       struct vc_err *err)
{
	VC_AUTO_CONNECTION virConnectPtr connection = NULL;
	VC_AUTO_DOMAIN virDomainPtr domain = NULL;
	const char *name = request->domain;
	struct waiting waiting = { .alias = request->alias };

	/* before the connection, or it has no events */
	if (virEventRegisterDefaultImpl() < 0)
		return vc_virt_fail(err, "events");
	if (open_domain(request, &connection, &domain, &name, err) < 0 ||
	    listen_to(connection, domain, request->wait_ms, &waiting, err) < 0)
		return -(int)err->kind;
	if (virDomainDetachDeviceAlias(domain, request->alias, VIR_DOMAIN_AFFECT_LIVE) <
	    0)
		return vc_virt_fail(err, name);
	return await(&waiting, request, err);
}

/**
 * vc_virt_ask_record() - VC_VIRT_RECORD
 * @request:	.domain, .metadata_ns, .xml
 * @out:	gets nothing
 * @err:	libvirt's message
 *
 * Return: 0, -VC_ERR_ABSENT or -VC_ERR_SYSTEM
 */
int vc_virt_ask_record(const struct vc_virt_request *request, int out VC_UNUSED,
                       struct vc_err *err)
{
	VC_AUTO_CONNECTION virConnectPtr connection = NULL;
	VC_AUTO_DOMAIN virDomainPtr domain = NULL;
	const char *name = request->domain;

	if (open_domain(request, &connection, &domain, &name, err) < 0)
		return -(int)err->kind;
	if (virDomainSetMetadata(domain, VIR_DOMAIN_METADATA_ELEMENT, request->xml,
	                         METADATA_KEY, request->metadata_ns,
	                         VIR_DOMAIN_AFFECT_LIVE) < 0)
		return vc_virt_fail(err, name);
	return 0;
}
