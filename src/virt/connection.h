/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * connection.h - what the parts of the module share. Only they include it.
 *
 *   virt_module.c	the table, and the embedded driver
 *   lifecycle.c	facts, definitions, starts
 *   hotplug.c		devices of a domain that runs
 */
#pragma once

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#include "base/cleanup.h"
#include "virt/virt.h"

static inline void vc_virt_closep(virConnectPtr *connection)
{
	if (*connection)
		(void)virConnectClose(*connection);
}
#define VC_AUTO_CONNECTION VC_CLEANUP(vc_virt_closep)

static inline void vc_virt_freep(virDomainPtr *domain)
{
	if (*domain)
		(void)virDomainFree(*domain);
}
#define VC_AUTO_DOMAIN VC_CLEANUP(vc_virt_freep)

int vc_virt_fail(struct vc_err *err, const char *what) VC_NONNULL;
int vc_virt_open(const char *uri, virConnectPtr *ret_connection, struct vc_err *err)
	VC_MUST_CHECK;
int vc_virt_find(virConnectPtr connection, const char *name, virDomainPtr *ret_domain,
                 struct vc_err *err) VC_MUST_CHECK;
int vc_virt_answer(int out, const char *text, struct vc_err *err) VC_MUST_CHECK;

typedef int vc_virt_asked(const struct vc_virt_request *request, int out,
                          struct vc_err *err);
vc_virt_asked vc_virt_ask_facts, vc_virt_ask_list, vc_virt_ask_define, vc_virt_ask_create,
	vc_virt_ask_attach, vc_virt_ask_detach, vc_virt_ask_record;
