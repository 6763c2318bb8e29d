/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "virt/connection.h"

#include <string.h>

#include "base/parse.h"
#include "base/write.h"

/* libvirt would print every error on stderr by itself. */
static void say_nothing(void *data VC_UNUSED, virErrorPtr error VC_UNUSED)
{
}

static enum vc_err_kind kind_of(int code)
{
	switch (code) {
	case VIR_ERR_NO_DOMAIN:
	case VIR_ERR_DEVICE_MISSING:
		return VC_ERR_ABSENT;
	case VIR_ERR_HOOK_SCRIPT_FAILED:
		return VC_ERR_REFUSED;
	default:
		return VC_ERR_SYSTEM;
	}
}

static const char *hint_of(int code)
{
	switch (code) {
	case VIR_ERR_OPERATION_DENIED:
		return "; this connection may only read: connect as a user who may "
		       "change domains, and not to libvirt-sock-ro";
	case VIR_ERR_ACCESS_DENIED:
	case VIR_ERR_AUTH_CANCELLED:
	case VIR_ERR_AUTH_FAILED:
	case VIR_ERR_AUTH_UNAVAILABLE:
		return "; nobody can be asked for a password here: run this as root, or "
		       "as a user whom polkit lets manage domains";
	default:
		return "";
	}
}

/**
 * vc_virt_fail() - Fail with libvirt's last error
 * @err:	error to fill
 * @what:	domain or connection that it is about
 *
 * Return: -VC_ERR_ABSENT (no such domain, no such device), -VC_ERR_REFUSED (by a hook)
 * or -VC_ERR_SYSTEM
 */
int vc_virt_fail(struct vc_err *err, const char *what)
{
	const virError *e = virGetLastError();
	int code = e ? e->code : VIR_ERR_OK;

	return vc_fail(err, kind_of(code), "libvirt, '%s': %s%s", what,
	               e && e->message ? e->message : "failed without a message",
	               hint_of(code));
}

/**
 * vc_virt_open() - Connect
 * @uri:	NULL: libvirt's default
 * @ret_connection: connection
 * @err:	libvirt's message
 *
 * Return: 0 or -VC_ERR_SYSTEM
 */
int vc_virt_open(const char *uri, virConnectPtr *ret_connection, struct vc_err *err)
{
	virConnectPtr connection;

	virSetErrorFunc(NULL, say_nothing);
	connection = virConnectOpenAuth(uri, virConnectAuthPtrDefault, 0);
	if (!connection)
		return vc_virt_fail(err, uri ? uri : "the default connection");
	*ret_connection = connection;
	return 0;
}

/**
 * vc_virt_find() - Look a domain up
 * @connection:	connection
 * @name:	its name, or its UUID
 * @ret_domain:	domain
 * @err:	libvirt's message
 *
 * Return: 0, -VC_ERR_ABSENT or -VC_ERR_SYSTEM
 */
int vc_virt_find(virConnectPtr connection, const char *name, virDomainPtr *ret_domain,
                 struct vc_err *err)
{
	virDomainPtr domain = NULL;

	if (vc_is_uuid(name))
		domain = virDomainLookupByUUIDString(connection, name);
	if (!domain)
		domain = virDomainLookupByName(connection, name);
	if (!domain)
		return vc_virt_fail(err, name);
	*ret_domain = domain;
	return 0;
}

/**
 * vc_virt_answer() - Send one text of the answer
 * @out:	where it goes
 * @text:	text
 * @err:	why not
 *
 * Return: 0 or -VC_ERR_SYSTEM
 */
int vc_virt_answer(int out, const char *text, struct vc_err *err)
{
	int r = vc_write_all(out, text, strlen(text) + 1);

	return r < 0 ? vc_fail_sys(err, -r, "cannot pass on an answer") : 0;
}
