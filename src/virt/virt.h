/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * virt.h - what we ask libvirt, without linking it.
 *
 * virt_module.c and what it is linked with are the only users of libvirt. They become
 * virt-claim-libvirt.so, a module that virt_loader.c loads when one of these functions
 * is called: loading libvirt costs several times a whole rewrite, and a machine without
 * libvirt can do everything else.
 *
 * The module is looked for in $VIRT_CLAIM_MODULE_DIR (not when setuid), in
 * LIBDIR/virt-claim as seen from the program's own directory, and beside the program.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"

#define VC_VIRT_MODULE_FILE   "virt-claim-libvirt.so"
#define VC_VIRT_MODULE_SYMBOL "vc_virt_module"

/* Changes whenever struct vc_virt_module or struct vc_virt_request does. */
#define VC_VIRT_MODULE_VERSION 2U

/* Which XML of a domain; all with passwords. */
enum vc_virt_form {
	VC_VIRT_INACTIVE,   /* what the next start gets */
	VC_VIRT_LIVE,       /* what runs; of a domain that does not run the same */
	VC_VIRT_MIGRATABLE, /* what can be sent to another host */
};

enum vc_virt_operation {
	VC_VIRT_FACTS,  /* what libvirt knows of a domain */
	VC_VIRT_LIST,   /* the persistent domains that have metadata of ours */
	VC_VIRT_DEFINE, /* replace the stored definition */
	VC_VIRT_CREATE, /* start */
	VC_VIRT_ATTACH, /* a device, to a domain that runs */
	VC_VIRT_DETACH, /* a device, from a domain that runs */
	VC_VIRT_RECORD, /* metadata of a domain that runs */
};

/**
 * struct vc_virt_request - one thing to be asked of libvirt
 * @operation:	see there
 * @uri:	connection, NULL: libvirt's default
 * @domain:	name or UUID; not used by VC_VIRT_LIST
 * @form:	of VC_VIRT_FACTS
 * @xml:	the whole domain (DEFINE, CREATE; NULL: CREATE as it is stored), a device
 *		(ATTACH), the content of our metadata (RECORD; NULL: none any more)
 * @expected:	DEFINE, CREATE: the inactive XML that it must still have; NULL: any
 * @alias:	of DETACH
 * @metadata_ns: namespace of our metadata, of LIST and RECORD
 * @paused:	CREATE: leave the guest's CPUs stopped
 * @wait_ms:	DETACH: how long the guest may take to let the device go
 * @deadline_ms: when to give up on libvirt; 0: VC_VIRT_DEADLINE_MS
 */
struct vc_virt_request {
	enum vc_virt_operation operation;
	const char *uri;
	const char *domain;
	enum vc_virt_form form;
	const char *xml;
	const char *expected;
	const char *alias;
	const char *metadata_ns;
	bool paused;
	unsigned wait_ms;
	unsigned deadline_ms;
};

/* A daemon that is well answers within milliseconds. */
#define VC_VIRT_DEADLINE_MS 30000U

/**
 * struct vc_virt_module - what the module offers
 * @version:	VC_VIRT_MODULE_VERSION
 * @ask:	does what is requested; the answer, texts with a NUL byte each, goes to @out
 * @native:	QEMU's arguments, malloc()ed, from an embedded driver below an empty
 *		directory
 */
struct vc_virt_module {
	unsigned version;
	int (*ask)(const struct vc_virt_request *request, int out, struct vc_err *err);
	int (*native)(const char *xml, const char *root, char **ret_arguments,
	              struct vc_err *err);
};

/**
 * struct vc_virt_domain - what libvirt knows of a domain
 * @name, @uuid: of the domain
 * @uri:	of the connection, spelled out
 * @libvirt:	version of the libvirt there, see translate/libvirt_version.h
 * @active:	it runs, or is paused
 * @persistent:	it has a stored definition
 * @managed_save: a saved state waits for the next start
 * @autostart:	libvirt starts it with the host
 * @xml, @xml_len: as asked for: for rewriting, never for logs
 */
struct vc_virt_domain {
	char *name;
	char *uuid;
	char *uri;
	unsigned long libvirt;
	bool active, persistent, managed_save, autostart;
	char *xml;
	size_t xml_len;
};

struct vc_virt_domains {
	struct vc_virt_domain *v; /* only .name and .uuid */
	size_t n, cap;
};

/* Each of these runs libvirt in a child process with a deadline: a daemon that hangs
 * costs time, and a crash of the library costs an error message. */
int vc_virt_domain_xml(struct vc_arena *arena, const char *uri, const char *name,
                       char **ret_xml, size_t *ret_len, struct vc_err *err) VC_MUST_CHECK;
int vc_virt_facts(struct vc_arena *arena, const struct vc_virt_request *request,
                  struct vc_virt_domain *ret_domain, struct vc_err *err) VC_MUST_CHECK;
int vc_virt_list(struct vc_arena *arena, const struct vc_virt_request *request,
                 struct vc_virt_domains *ret_domains, struct vc_err *err) VC_MUST_CHECK;
/* The next two fail with err->sys EINPROGRESS when libvirt did not answer in time: it may
 * be done yet. DEFINE and CREATE; *ret_stale: the definition is not the expected one any more, and
 * nothing was done. */
int vc_virt_change(struct vc_arena *arena, const struct vc_virt_request *request,
                   bool *ret_stale, struct vc_err *err) VC_MUST_CHECK;
/* ATTACH, DETACH, RECORD */
int vc_virt_device(struct vc_arena *arena, const struct vc_virt_request *request,
                   struct vc_err *err) VC_MUST_CHECK;
int vc_virt_native(struct vc_arena *arena, const char *xml, char **ret_arguments,
                   struct vc_err *err) VC_MUST_CHECK;

/* Whether a connection, as spelled out by libvirt, is to this machine; to its system
 * daemon. */
bool vc_virt_is_local(const char *uri) VC_NONNULL;
bool vc_virt_is_system(const char *uri) VC_NONNULL;
