/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * document.h - a libvirt domain document: read with limits, looked at, printed.
 *
 * libxml2 stays inside src/domain/. A document keeps the bytes it was read from, because
 * "nothing to do" answers with exactly these.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <libxml/tree.h>

#include "base/arena.h"
#include "base/err.h"
#include "domain/layout.h"
#include "model/binding.h"
#include "model/place.h"

#define VC_DOMAIN_NS "urn:virt-claim:domain:1"
#define VC_PLAN_NS   "urn:virt-claim:plan:1"

struct vc_document {
	xmlDocPtr xml;
	char *text; /* the bytes that were read, NUL-terminated */
	size_t len;
	char *file; /* for messages */
};

int vc_document_parse(const char *text, size_t len, const char *file,
                      struct vc_document **ret_document, struct vc_err *err)
	VC_MUST_CHECK;
void vc_document_free(struct vc_document *document);
static inline void vc_document_freep(struct vc_document **document)
{
	vc_document_free(*document);
}
#define VC_AUTO_DOCUMENT VC_CLEANUP(vc_document_freep)

/* First child element of that name (no namespace), or NULL. */
xmlNodePtr vc_xml_child(xmlNodePtr parent, const char *name);
/* Attribute as a string in the arena; NULL when absent. *ret_oom is not needed: an
 * allocation failure is reported by err. */
int vc_xml_attribute(struct vc_arena *arena, xmlNodePtr element, const char *name,
                     char **ret_value, struct vc_err *err) VC_MUST_CHECK;
/* "FILE:LINE: message" */
int vc_xml_fail(const struct vc_document *document, xmlNodePtr node, struct vc_err *err,
                enum vc_err_kind kind, const char *fmt, ...) VC_PRINTF(5, 6);

/* Far more than a guest has slots; what is written can be read again. */
#define VC_HOSTDEVS_MAX 4096

/**
 * struct vc_hostdev - one host device that a domain has now
 * @at:		which child node of <devices>, from 1, over all nodes
 * @line:	line in the document, 0 unknown
 * @element:	"hostdev", "interface" or "disk": what carries it
 * @alias:	user or runtime alias; NULL none
 * @host:	host side; of kind VC_KIND_UNKNOWN for what we do not translate
 * @managed:	attribute of the element, or of the <source> of a disk
 * @has_mode:	the mode attribute is written out
 * @has_address: there is a guest address of any type
 * @driver:	<driver name=>; NULL none
 * @options:	those that the element has now, without .managed and .kind; MAC address as
 *		written, VLAN 0 also when there are several tags, readonly and shareable
 *		VC_NO without
 */
struct vc_hostdev {
	size_t at;
	long line;
	char *element;
	char *alias;
	struct vc_host_side host;
	enum vc_tri managed;
	bool has_mode;
	bool has_address;
	char *driver;
	struct vc_options options;
};

struct vc_hostdevs {
	struct vc_hostdev *v;
	size_t n, cap;
};

/* One <device> of our metadata: a binding, and what was attached last time. */
struct vc_record {
	struct vc_binding binding;
	bool made;       /* we made the element */
	bool keep_alias; /* the alias is older than the record */
	long line;
	enum vc_kind kind; /* what a PCI function was made to; unknown: not said */
	char *driver, *pool, *device;
	char *identity; /* "144d:a80a serial ..." as recorded, NULL none */
};

struct vc_records {
	struct vc_record *v;
	size_t n, cap;
};

/**
 * struct vc_controller - a controller of any type that a domain has now
 * @at:		which child node of <devices>, from 1, over all nodes
 * @type:	[LV] formatdomain, "Controllers"; NULL none
 * @has_index:	whether @index is written out; libvirt chooses otherwise
 * @index:	see there
 * @model:	NULL none
 * @plain:	it has nothing but what we write, and what libvirt adds to that
 */
struct vc_controller {
	size_t at;
	char *type;
	bool has_index;
	unsigned index;
	char *model;
	bool plain;
};

struct vc_controllers {
	struct vc_controller *v;
	size_t n, cap;
};

/* A device on a SCSI controller. */
struct vc_scsi_user {
	size_t at;
	int64_t controller; /* its index; -1: libvirt chooses */
};

/* One <controller> of our metadata: we made it. */
struct vc_controller_record {
	char *type;
	unsigned index;
	char *model;
	long line;
};

struct vc_controller_records {
	struct vc_controller_record *v;
	size_t n, cap;
};

/**
 * struct vc_guest_device - what any device of the domain takes of the guest
 * @at:		which child node of <devices>, from 1, over all nodes
 * @line:	line in the document, 0 unknown
 * @element:	name of the element
 * @alias:	NULL none
 * @address:	guest PCI address, .set when there is one in PCI domain 0
 * @unassigned:	its address is that of a device that the guest does not get
 * @boot_order:	0 none
 * @ramfb:	it is a ramfb display, or has one
 * @display:	a hostdev with display='on'
 * @acpi_index:	<acpi index=>; 0 none
 * @acpi_nodes:	<acpi nodeset=>; NULL none
 * @teaming_persistent: <teaming type='persistent'/>
 */
struct vc_guest_device {
	size_t at;
	long line;
	char *element;
	char *alias;
	struct vc_guest_address address;
	bool unassigned;
	unsigned boot_order;
	bool ramfb;
	bool display;
	unsigned acpi_index;
	char *acpi_nodes;
	bool teaming_persistent;
};

struct vc_guest_devices {
	struct vc_guest_device *v;
	size_t n, cap;
};

/**
 * struct vc_domain - what a domain document says that concerns us
 * @name, @uuid: NULL none
 * @hostdevs:	everything that takes a device of the host, in document order
 * @targets:	names of disks in the guest
 * @controllers: in document order
 * @scsi_users:	disks and host devices on a SCSI controller, in document order
 * @records:	of our metadata, in document order
 * @controller_records: the same
 * @place:	of our metadata: VC_PLACE_ flags
 * @addresses:	of our metadata: guest addresses of aliases without element
 * @guests:	every device that has an alias, a guest PCI address, a boot order, a
 *		ramfb or <acpi>, in document order
 * @layout:	PCI controllers and NUMA cells
 * @os_boot:	whether there is an <os><boot>
 * @aliases:	every alias of any device, ours or not
 */
struct vc_domain {
	char *name;
	char *uuid;
	struct vc_hostdevs hostdevs;
	struct {
		char **v;
		size_t n, cap;
	} targets;
	struct vc_controllers controllers;
	struct {
		struct vc_scsi_user *v;
		size_t n, cap;
	} scsi_users;
	struct vc_records records;
	struct vc_controller_records controller_records;
	unsigned place;
	struct vc_remembereds addresses;
	struct vc_guest_devices guests;
	struct vc_layout layout;
	bool os_boot;
	struct {
		char **v;
		size_t n, cap;
	} aliases;
};

int vc_domain_read(struct vc_arena *arena, const struct vc_document *document,
                   struct vc_domain *ret_domain, struct vc_err *err) VC_MUST_CHECK;
