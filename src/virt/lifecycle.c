/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What libvirt knows of domains, stored definitions, starts.
 *
 * [LV] virDomainGetXMLDesc: without SECURE a domain that is defined again loses its
 * passwords, and the live XML must not be defined at all.
 *
 * [LV] virDomainCreateXML with name and UUID of a persistent domain runs it with that
 * XML; the stored definition stays. A managed-save image would stay as well, and a later
 * start would wake old memory over disks that have changed since.
 *
 * libvirt has no compare-and-swap for definitions: between the comparison here and the
 * call after it remains a moment, of about a millisecond, in which an edit of somebody
 * else is lost.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "virt/connection.h"

#define INACTIVE ((unsigned)VIR_DOMAIN_XML_INACTIVE | (unsigned)VIR_DOMAIN_XML_SECURE)

static char *xml_of(virDomainPtr domain, enum vc_virt_form form)
{
	switch (form) {
	case VC_VIRT_LIVE:
		return virDomainGetXMLDesc(domain, VIR_DOMAIN_XML_SECURE);
	case VC_VIRT_MIGRATABLE:
		return virDomainGetXMLDesc(domain,
		                           (unsigned)VIR_DOMAIN_XML_MIGRATABLE |
		                                   (unsigned)VIR_DOMAIN_XML_SECURE);
	case VC_VIRT_INACTIVE:
		break;
	}
	return virDomainGetXMLDesc(domain, INACTIVE);
}

/* Words of what is true; what cannot be asked is not. */
static void describe(virDomainPtr domain, char text[64])
{
	int autostart = 0;

	(void)virDomainGetAutostart(domain, &autostart);
	(void)snprintf(text, 64, "%s%s%s%s",
	               virDomainIsActive(domain) == 1 ? "active " : "",
	               virDomainIsPersistent(domain) == 1 ? "persistent " : "",
	               virDomainHasManagedSaveImage(domain, 0) == 1 ? "saved " : "",
	               autostart ? "autostart " : "");
}

static int answer_facts(virConnectPtr connection, virDomainPtr domain,
                        const struct vc_virt_request *request, int out,
                        struct vc_err *err)
{
	const char *name = virDomainGetName(domain);
	VC_AUTOFREE char *uri = virConnectGetURI(connection);
	VC_AUTOFREE char *xml = uri ? xml_of(domain, request->form) : NULL;
	char uuid[VIR_UUID_STRING_BUFLEN];
	char version[sizeof("18446744073709551615")];
	unsigned long number = 0;
	char state[64];

	if (!xml || virDomainGetUUIDString(domain, uuid) < 0 ||
	    virConnectGetLibVersion(connection, &number) < 0)
		return vc_virt_fail(err, name);
	describe(domain, state);
	(void)snprintf(version, sizeof(version), "%lu", number);
	if (vc_virt_answer(out, name, err) < 0 || vc_virt_answer(out, uuid, err) < 0 ||
	    vc_virt_answer(out, uri, err) < 0 || vc_virt_answer(out, version, err) < 0 ||
	    vc_virt_answer(out, state, err) < 0)
		return -(int)err->kind;
	return vc_virt_answer(out, xml, err);
}

/**
 * vc_virt_ask_facts() - VC_VIRT_FACTS
 * @request:	.domain, .form
 * @out:	gets name, UUID, URI, version, state, XML
 * @err:	libvirt's message
 *
 * Return: 0, -VC_ERR_ABSENT or -VC_ERR_SYSTEM
 */
int vc_virt_ask_facts(const struct vc_virt_request *request, int out, struct vc_err *err)
{
	VC_AUTO_CONNECTION virConnectPtr connection = NULL;
	VC_AUTO_DOMAIN virDomainPtr domain = NULL;

	if (vc_virt_open(request->uri, &connection, err) < 0 ||
	    vc_virt_find(connection, request->domain, &domain, err) < 0)
		return -(int)err->kind;
	return answer_facts(connection, domain, request, out, err);
}

/* What cannot be asked is in the list: whoever asks again gets the error. */
static bool has_metadata(virDomainPtr domain, const char *ns)
{
	VC_AUTOFREE char *metadata = virDomainGetMetadata(
		domain, VIR_DOMAIN_METADATA_ELEMENT, ns, VIR_DOMAIN_AFFECT_CONFIG);
	const virError *e = virGetLastError();

	return metadata || !e || e->code != VIR_ERR_NO_DOMAIN_METADATA;
}

static int answer_domain(virDomainPtr domain, const char *ns, int out, struct vc_err *err)
{
	const char *name = virDomainGetName(domain);
	char uuid[VIR_UUID_STRING_BUFLEN];

	if (!has_metadata(domain, ns))
		return 0;
	if (virDomainGetUUIDString(domain, uuid) < 0)
		return vc_virt_fail(err, name);
	if (vc_virt_answer(out, name, err) < 0)
		return -(int)err->kind;
	return vc_virt_answer(out, uuid, err);
}

/**
 * vc_virt_ask_list() - VC_VIRT_LIST
 * @request:	.metadata_ns
 * @out:	gets name and UUID of each persistent domain that has such metadata
 * @err:	libvirt's message
 *
 * Return: 0 or -VC_ERR_SYSTEM
 */
int vc_virt_ask_list(const struct vc_virt_request *request, int out, struct vc_err *err)
{
	VC_AUTO_CONNECTION virConnectPtr connection = NULL;
	virDomainPtr *domains = NULL;
	int r = 0;
	int n;

	if (vc_virt_open(request->uri, &connection, err) < 0)
		return -(int)err->kind;
	n = virConnectListAllDomains(connection, &domains,
	                             VIR_CONNECT_LIST_DOMAINS_PERSISTENT);
	if (n < 0)
		return vc_virt_fail(err, "list of domains");
	for (int i = 0; i < n; i++) {
		if (r == 0)
			r = answer_domain(domains[i], request->metadata_ns, out, err);
		(void)virDomainFree(domains[i]);
	}
	free(domains);
	return r;
}

/* Answers "stale" and sets *ret_stale when the definition is not the expected one. */
static int compare(virDomainPtr domain, const struct vc_virt_request *request, int out,
                   bool *ret_stale, struct vc_err *err)
{
	const char *name = virDomainGetName(domain);
	VC_AUTOFREE char *xml = NULL;

	*ret_stale = false;
	if (!request->expected)
		return 0;
	xml = virDomainGetXMLDesc(domain, INACTIVE);
	if (!xml)
		return vc_virt_fail(err, name);
	*ret_stale = strcmp(xml, request->expected) != 0;
	return *ret_stale ? vc_virt_answer(out, "stale", err) : 0;
}

/**
 * vc_virt_ask_define() - VC_VIRT_DEFINE
 * @request:	.domain, .xml, .expected
 * @out:	gets "stale" when nothing was done because of .expected
 * @err:	libvirt's message
 *
 * Return: 0, -VC_ERR_ABSENT or -VC_ERR_SYSTEM
 */
int vc_virt_ask_define(const struct vc_virt_request *request, int out, struct vc_err *err)
{
	VC_AUTO_CONNECTION virConnectPtr connection = NULL;
	VC_AUTO_DOMAIN virDomainPtr domain = NULL;
	VC_AUTO_DOMAIN virDomainPtr defined = NULL;
	const char *name;
	bool stale;

	if (vc_virt_open(request->uri, &connection, err) < 0 ||
	    vc_virt_find(connection, request->domain, &domain, err) < 0 ||
	    compare(domain, request, out, &stale, err) < 0)
		return -(int)err->kind;
	if (stale)
		return 0;
	name = virDomainGetName(domain);
	defined = virDomainDefineXMLFlags(connection, request->xml,
	                                  VIR_DOMAIN_DEFINE_VALIDATE);
	return defined ? 0 : vc_virt_fail(err, name);
}

static int check_start(virDomainPtr domain, const struct vc_virt_request *request,
                       struct vc_err *err)
{
	const char *name = virDomainGetName(domain);

	if (virDomainIsActive(domain) == 1)
		return vc_fail(err, VC_ERR_REFUSED, "domain '%s' runs already", name);
	if (request->xml && virDomainHasManagedSaveImage(domain, 0) == 1)
		return vc_fail(
			err, VC_ERR_REFUSED,
			"domain '%s' has a managed-save image, and starting it "
			"afresh would leave the saved memory behind for a later "
			"start, over disks that have changed by then; wake it with "
			"'virsh start', or drop it with 'virsh "
			"managedsave-remove'",
			name);
	return 0;
}

static int create(virConnectPtr connection, virDomainPtr domain,
                  const struct vc_virt_request *request, struct vc_err *err)
{
	VC_AUTO_DOMAIN virDomainPtr created = NULL;
	const char *name = virDomainGetName(domain);
	unsigned flags = request->paused ? VIR_DOMAIN_START_PAUSED : 0;

	if (!request->xml)
		return virDomainCreateWithFlags(domain, flags) < 0
		               ? vc_virt_fail(err, name)
		               : 0;
	flags |= VIR_DOMAIN_START_VALIDATE;
	created = virDomainCreateXML(connection, request->xml, flags);
	return created ? 0 : vc_virt_fail(err, name);
}

/**
 * vc_virt_ask_create() - VC_VIRT_CREATE
 * @request:	.domain, .xml, .expected, .paused
 * @out:	gets "stale" when nothing was done because of .expected
 * @err:	libvirt's message
 *
 * Return: 0, -VC_ERR_ABSENT, -VC_ERR_REFUSED (runs already, has a saved state, a hook
 * said no) or -VC_ERR_SYSTEM
 */
int vc_virt_ask_create(const struct vc_virt_request *request, int out, struct vc_err *err)
{
	VC_AUTO_CONNECTION virConnectPtr connection = NULL;
	VC_AUTO_DOMAIN virDomainPtr domain = NULL;
	bool stale;

	if (vc_virt_open(request->uri, &connection, err) < 0 ||
	    vc_virt_find(connection, request->domain, &domain, err) < 0 ||
	    check_start(domain, request, err) < 0 ||
	    compare(domain, request, out, &stale, err) < 0)
		return -(int)err->kind;
	return stale ? 0 : create(connection, domain, request, err);
}
