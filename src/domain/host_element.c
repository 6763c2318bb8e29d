/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Elements that take a device of the host: <hostdev>, <interface type='hostdev'> and
 * 'vdpa', <disk type='nvme'>.
 *
 * [LV] formatdomain. They are read strictly: an address that we cannot read could be one
 * that we are about to hand out.
 */
#include <string.h>

#include "base/parse.h"
#include "domain/form.h"
#include "domain/read.h"
#include "domain/xml.h"

#define USB_MAX 999

static const char *const no_yes[2] = { "no", "yes" };
static const char *const off_on[2] = { "off", "on" };

/* What the readers of one element share. */
struct element {
	const struct vc_reader *reader;
	xmlNodePtr node, source, address;
	struct vc_hostdev *hostdev;
	struct vc_err *err;
};

static int fail_number(const struct element *e, xmlNodePtr node, const char *name,
                       const char *value)
{
	return vc_xml_fail(e->reader->document, node, e->err, VC_ERR_INPUT,
	                   "host address %s='%s' is not a number in range; write it like "
	                   "'0x41'",
	                   name, value);
}

/* *ret_value stays when the attribute is absent. */
static int read_number(const struct element *e, xmlNodePtr node, const char *name,
                       uint32_t max, uint32_t *ret_value)
{
	const char *text = vc_xml_peek(node, name);

	if (text && !vc_parse_auto(text, max, ret_value))
		return fail_number(e, node, name, text);
	return 0;
}

/* A copy in lower case; NULL when @text is. */
static int copy_lower(const struct element *e, const char *text, char **ret_copy)
{
	*ret_copy = text ? vc_lower(e->reader->arena, text) : NULL;
	return text && !*ret_copy ? vc_fail_oom(e->err) : 0;
}

static int read_pci(const struct element *e)
{
	struct vc_host_side *host = &e->hostdev->host;
	struct vc_bad_part bad = { 0 };

	if (!e->address)
		return 0;
	if (vc_read_pci_address(e->reader, e->address, &host->pci, &bad, e->err) < 0)
		return -(int)e->err->kind;
	if (bad.name)
		return fail_number(e, e->address, bad.name, bad.value);
	host->has_pci = true;
	return 0;
}

static int read_mdev(const struct element *e)
{
	const char *uuid = vc_xml_peek(e->address, "uuid");
	const char *model = vc_xml_peek(e->node, "model");
	struct vc_host_side *host = &e->hostdev->host;

	if (uuid && !vc_is_uuid(uuid))
		return vc_xml_fail(e->reader->document, e->address, e->err, VC_ERR_INPUT,
		                   "'%s' is not a UUID of a mediated device", uuid);
	if (model && !vc_mdev_model_parse(model, &host->mdev_model))
		return vc_xml_fail(e->reader->document, e->node, e->err, VC_ERR_INPUT,
		                   "model '%s' of a mediated device is unknown; expected "
		                   "vfio-pci, vfio-ccw or vfio-ap",
		                   model);
	return copy_lower(e, uuid, &host->mdev_uuid);
}

static int read_usb(const struct element *e)
{
	struct vc_usb_device *usb = &e->hostdev->host.usb;
	xmlNodePtr vendor = vc_xml_child(e->source, "vendor");
	xmlNodePtr product = vc_xml_child(e->source, "product");
	uint32_t bus = 0, device = 0, ids[2] = { 0 };
	const char *port = vc_xml_peek(e->address, "port");

	if (read_number(e, vendor, "id", 0xffff, &ids[0]) < 0 ||
	    read_number(e, product, "id", 0xffff, &ids[1]) < 0 ||
	    read_number(e, e->address, "bus", USB_MAX, &bus) < 0 ||
	    read_number(e, e->address, "device", USB_MAX, &device) < 0)
		return -(int)e->err->kind;
	usb->bus = bus;
	usb->device = device;
	usb->has_ids = vendor && product;
	usb->vendor = (uint16_t)ids[0];
	usb->product = (uint16_t)ids[1];
	return copy_lower(e, port, &usb->port);
}

/* Of SCSI devices only those of this host: an iSCSI target is none of ours. */
static int read_scsi(const struct element *e)
{
	const char *adapter = vc_xml_peek(vc_xml_child(e->source, "adapter"), "name");
	struct vc_scsi_unit *scsi = &e->hostdev->host.scsi;
	uint32_t channel = 0, target = 0, unit = 0;
	uint64_t host = 0;

	if (!adapter) {
		e->hostdev->host.kind = VC_KIND_UNKNOWN;
		return 0;
	}
	if (!vc_parse_literal(&adapter, "scsi_host") ||
	    !vc_parse_number(adapter, UINT32_MAX, &host))
		return vc_xml_fail(e->reader->document, e->source, e->err, VC_ERR_INPUT,
		                   "the adapter of a SCSI device is not called like "
		                   "'scsi_host2'");
	if (read_number(e, e->address, "bus", UINT32_MAX, &channel) < 0 ||
	    read_number(e, e->address, "target", UINT32_MAX, &target) < 0 ||
	    read_number(e, e->address, "unit", UINT32_MAX, &unit) < 0)
		return -(int)e->err->kind;
	*scsi = (struct vc_scsi_unit){
		.set = e->address != NULL,
		.host = (uint32_t)host,
		.channel = channel,
		.target = target,
		.lun = unit,
	};
	return 0;
}

static int read_nvme(const struct element *e)
{
	uint32_t namespace = 1;

	if (vc_read_switch(e->reader, e->source, "managed", no_yes, &e->hostdev->managed,
	                   e->err) < 0 ||
	    read_number(e, e->source, "namespace", UINT32_MAX, &namespace) < 0)
		return -(int)e->err->kind;
	e->hostdev->host.nvme_namespace = namespace;
	return read_pci(e);
}

static int read_host(const struct element *e)
{
	struct vc_host_side *host = &e->hostdev->host;

	switch (host->kind) {
	case VC_KIND_PCI:
	case VC_KIND_NETWORK:
		return read_pci(e);
	case VC_KIND_NVME:
		return read_nvme(e);
	case VC_KIND_MDEV:
		return read_mdev(e);
	case VC_KIND_USB:
		return read_usb(e);
	case VC_KIND_SCSI:
		return read_scsi(e);
	case VC_KIND_VDPA:
		return vc_xml_attribute(e->reader->arena, e->source, "dev", &host->vdpa,
		                        e->err);
	case VC_KIND_SCSI_HOST:
		return copy_lower(e, vc_xml_peek(e->source, "wwpn"), &host->wwpn);
	case VC_KIND_UNKNOWN:
		break;
	}
	return 0;
}

/* The kind whose element and type these are. */
static enum vc_kind kind_of(xmlNodePtr node)
{
	const char *type = vc_xml_peek(node, "type");
	const char *mode = vc_xml_peek(node, "mode");

	if (!type || (mode && strcmp(mode, "subsystem") != 0))
		return VC_KIND_UNKNOWN;
	for (enum vc_kind kind = VC_KIND_PCI; kind < VC_KINDS; kind++) {
		const struct vc_form *form = vc_form(kind);

		if (vc_xml_is(node, form->element, NULL) && strcmp(type, form->type) == 0)
			return kind;
	}
	return VC_KIND_UNKNOWN;
}

/* One tag, or none that we could compare with. */
static void read_vlan(const struct element *e)
{
	xmlNodePtr tag = vc_xml_child(vc_xml_child(e->node, "vlan"), "tag");
	const char *id = vc_xml_peek(tag, "id");
	xmlNodePtr other = tag ? tag->next : NULL;
	uint32_t vlan = 0;

	while (other && !vc_xml_is(other, "tag", NULL))
		other = other->next;
	if (id && !other && vc_parse_auto(id, 4095, &vlan))
		e->hostdev->options.vlan = vlan;
}

static enum vc_tri has_child(const struct element *e, const char *name)
{
	return vc_xml_child(e->node, name) ? VC_YES : VC_UNKNOWN;
}

static int read_driver(const struct element *e)
{
	struct vc_arena *arena = e->reader->arena;
	struct vc_options *o = &e->hostdev->options;
	xmlNodePtr driver = vc_xml_child(e->node, "driver");
	xmlNodePtr teaming = vc_xml_child(e->node, "teaming");

	if (vc_xml_attribute(arena, driver, "name", &e->hostdev->driver, e->err) < 0 ||
	    vc_xml_attribute(arena, driver, "model", &o->driver_model, e->err) < 0 ||
	    vc_read_switch(e->reader, driver, "iommufd", no_yes, &o->iommufd, e->err) < 0)
		return -(int)e->err->kind;
	return vc_xml_attribute(arena, teaming, "persistent", &o->teaming, e->err);
}

static int read_options(const struct element *e)
{
	const struct vc_reader *reader = e->reader;
	struct vc_options *o = &e->hostdev->options;
	xmlNodePtr rom = vc_xml_child(e->node, "rom");
	xmlNodePtr mac = vc_xml_child(e->node, "mac");

	read_vlan(e);
	o->readonly = has_child(e, "readonly");
	o->shareable = has_child(e, "shareable");
	if (vc_read_switch(reader, e->node, "managed", no_yes, &e->hostdev->managed,
	                   e->err) < 0 ||
	    vc_read_switch(reader, e->node, "display", off_on, &o->display, e->err) < 0 ||
	    vc_read_switch(reader, e->node, "ramfb", off_on, &o->ramfb, e->err) < 0 ||
	    vc_read_switch(reader, rom, "bar", off_on, &o->rom_bar, e->err) < 0 ||
	    vc_xml_attribute(reader->arena, rom, "file", &o->rom_file, e->err) < 0 ||
	    vc_xml_attribute(reader->arena, mac, "address", &o->mac, e->err) < 0)
		return -(int)e->err->kind;
	return read_driver(e);
}

/**
 * vc_read_hostdev() - Read an element that takes a device of the host
 * @reader:	reader
 * @element:	element
 * @hostdev:	what is read; the caller has filled what every device of a guest has
 * @err:	"FILE:LINE: what is wrong"
 *
 * Return: 0, -VC_ERR_INPUT or -VC_ERR_INTERNAL
 */
int vc_read_hostdev(const struct vc_reader *reader, xmlNodePtr element,
                    struct vc_hostdev *hostdev, struct vc_err *err)
{
	xmlNodePtr source = vc_xml_child(element, "source");
	const struct element e = {
		.reader = reader,
		.node = element,
		.source = source,
		.address = vc_xml_child(source, "address"),
		.hostdev = hostdev,
		.err = err,
	};

	hostdev->has_mode = vc_xml_peek(element, "mode") != NULL;
	hostdev->host.kind = kind_of(element);
	if (read_options(&e) < 0)
		return -(int)err->kind;
	return read_host(&e);
}
