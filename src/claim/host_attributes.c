/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the attributes of a device say about where it is and what it is to be.
 * docs/kinds.md lists them.
 */
#include "claim/host_attributes.h"

#include <ctype.h>
#include <string.h>

#include "base/parse.h"

#define USB_MAX       999 /* [LV] usbAddr: three digits */
#define USB_PORTS_MAX 7   /* USB 2.0, 4.1.1: hubs in a row, and the last port */
#define VLAN_MAX      4094
#define WWPN_DIGITS   16

static char *to_lower(struct vc_arena *arena, const char *text)
{
	char *copy = vc_arena_strdup(arena, text);

	for (char *p = copy; p && *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	return copy;
}

/* *ret_text is NULL when the attribute is not there. */
static int find_text(const struct vc_device *device, const char *name, const char *where,
                     const char **ret_text, struct vc_err *err)
{
	const struct vc_attribute *a = vc_attributes_find(&device->attributes, name);

	*ret_text = vc_attributes_string(&device->attributes, name);
	if (a && !*ret_text)
		return vc_fail(err, VC_ERR_INPUT, "%s: attribute '%s': expected a string",
		               where, name);
	return 0;
}

static int apply_address(struct vc_device *device, const char *name, const char *text,
                         const char *where, struct vc_err *err)
{
	struct vc_pci_address address;

	if (vc_pci_address_parse(text, &address, err) < 0)
		return vc_err_context(err, "%s: attribute '%s'", where, name);
	if (device->host.has_pci &&
	    vc_pci_address_compare(&address, &device->host.pci) != 0) {
		char other[VC_PCI_ADDRESS_SIZE];

		vc_pci_address_format(&device->host.pci, other);
		return vc_fail(err, VC_ERR_INPUT,
		               "%s: attribute '%s' is '%s', but the device is also "
		               "said to be at '%s'",
		               where, name, text, other);
	}
	device->host.has_pci = true;
	device->host.pci = address;
	return 0;
}

/* [DRA] deviceattribute: four digits of domain; Intel VMD does not fit in. */
static int check_bus_id(const char *text, const char *where, struct vc_err *err)
{
	struct vc_err no_address = VC_ERR_INIT;
	struct vc_pci_address address;

	if (strspn(text, "0123456789abcdefABCDEF") == 4 && text[4] == ':' &&
	    vc_pci_address_parse(text, &address, &no_address) == 0)
		return 0;
	return vc_fail(err, VC_ERR_INPUT,
	               "%s: attribute '%s' is '%.64s'; expected 'dddd:bb:ss.f' with four "
	               "digits of PCI domain, slot up to 1f, function up to 7 (a longer "
	               "domain goes into '%s')",
	               where, VC_ATTR_PCI_BUS_ID, text, VC_ATTR_PCI_ADDRESS);
}

static int apply_pci(struct vc_device *device, const char *where, struct vc_err *err)
{
	const char *ours = NULL, *standard = NULL;
	int r = find_text(device, VC_ATTR_PCI_ADDRESS, where, &ours, err);

	if (r == 0)
		r = find_text(device, VC_ATTR_PCI_BUS_ID, where, &standard, err);
	if (r == 0 && ours)
		r = apply_address(device, VC_ATTR_PCI_ADDRESS, ours, where, err);
	if (r < 0 || !standard)
		return r;
	r = check_bus_id(standard, where, err);
	return r < 0 ? r
	             : apply_address(device, VC_ATTR_PCI_BUS_ID, standard, where, err);
}

static int apply_uuid(struct vc_arena *arena, struct vc_device *device, const char *name,
                      const char *text, const char *where, struct vc_err *err)
{
	char *uuid = to_lower(arena, text);

	if (!uuid)
		return vc_fail_oom(err);
	if (!vc_is_uuid(uuid))
		return vc_fail(err, VC_ERR_INPUT,
		               "%s: attribute '%s': '%.64s' is not a UUID", where, name,
		               text);
	if (device->host.mdev_uuid && strcmp(device->host.mdev_uuid, uuid) != 0)
		return vc_fail(err, VC_ERR_INPUT,
		               "%s: attribute '%s' is '%s', but the device is also said "
		               "to be mdev '%s'",
		               where, name, uuid, device->host.mdev_uuid);
	device->host.mdev_uuid = uuid;
	return 0;
}

/* KubeVirt looks for an unqualified mdevUUID, which is the driver's own. */
static int apply_mdev(struct vc_arena *arena, struct vc_device *device, const char *where,
                      struct vc_err *err)
{
	const char *names[] = { VC_ATTR_MDEV_UUID, NULL };
	const char *model;

	if (device->driver) {
		names[1] = vc_arena_printf(arena, "%s/mdevUUID", device->driver);
		if (!names[1])
			return vc_fail_oom(err);
	}
	for (size_t i = 0; i < VC_ARRAY_SIZE(names) && names[i]; i++) {
		const char *text;
		int r = find_text(device, names[i], where, &text, err);

		if (r == 0 && text)
			r = apply_uuid(arena, device, names[i], text, where, err);
		if (r < 0)
			return r;
	}
	if (find_text(device, VC_ATTR_MDEV_MODEL, where, &model, err) < 0)
		return -(int)err->kind;
	if (model && !vc_mdev_model_parse(model, &device->host.mdev_model))
		return vc_fail(err, VC_ERR_INPUT,
		               "%s: attribute '%s': '%.64s' is not vfio-pci, vfio-ccw or "
		               "vfio-ap",
		               where, VC_ATTR_MDEV_MODEL, model);
	return 0;
}

static int apply_group(struct vc_device *device, const char *where, struct vc_err *err)
{
	const struct vc_attribute *a =
		vc_attributes_find(&device->attributes, VC_ATTR_IOMMU_GROUP);

	if (!a)
		return 0;
	if (a->type != VC_ATTRIBUTE_INT || a->list || a->ints[0] < 0)
		return vc_fail(err, VC_ERR_INPUT,
		               "%s: attribute '%s': expected a number >= 0", where,
		               VC_ATTR_IOMMU_GROUP);
	device->iommu_group = a->ints[0];
	return 0;
}

/* *ret_value stays when the attribute is not there. */
static int find_number(const struct vc_device *device, const char *name, int64_t min,
                       int64_t max, const char *where, int64_t *ret_value,
                       struct vc_err *err)
{
	const struct vc_attribute *a = vc_attributes_find(&device->attributes, name);

	if (!a)
		return 0;
	if (a->type != VC_ATTRIBUTE_INT || a->list || a->ints[0] < min ||
	    a->ints[0] > max)
		return vc_fail(err, VC_ERR_INPUT,
		               "%s: attribute '%s': expected a number from %lld to %lld",
		               where, name, (long long)min, (long long)max);
	*ret_value = a->ints[0];
	return 0;
}

/* "1.4.2": a port of the root hub, then one of each hub behind it. */
static bool is_usb_port(const char *text)
{
	size_t n = 0;

	do {
		uint64_t port;
		size_t len = strspn(text, "0123456789");
		char digits[4] = "";

		if (len == 0 || len >= sizeof(digits) || ++n > USB_PORTS_MAX)
			return false;
		memcpy(digits, text, len);
		if (!vc_parse_number(digits, 255, &port) || port == 0)
			return false;
		text += len;
	} while (vc_parse_literal(&text, "."));
	return vc_parse_end(text);
}

static int apply_usb_id(const struct vc_device *device, const char *name,
                        const char *where, bool *ret_known, uint16_t *ret_id,
                        struct vc_err *err)
{
	const char *text = NULL, *cursor;
	uint32_t id;

	if (find_text(device, name, where, &text, err) < 0)
		return -(int)err->kind;
	*ret_known = text != NULL;
	if (!text)
		return 0;
	cursor = text;
	if (!vc_parse_literal(&cursor, "0x"))
		(void)vc_parse_literal(&cursor, "0X");
	if (!vc_parse_hex(&cursor, 4, 4, &id) || !vc_parse_end(cursor))
		return vc_fail(err, VC_ERR_INPUT,
		               "%s: attribute '%s': '%.64s' is not four hexadecimal "
		               "digits",
		               where, name, text);
	*ret_id = (uint16_t)id;
	return 0;
}

static int check_usb(const struct vc_usb_device *usb, bool vendor, bool product,
                     const char *where, struct vc_err *err)
{
	if (vendor != product)
		return vc_fail(err, VC_ERR_INPUT,
		               "%s: attribute '%s' needs '%s' beside it", where,
		               vendor ? VC_ATTR_USB_VENDOR_ID : VC_ATTR_USB_PRODUCT_ID,
		               vendor ? VC_ATTR_USB_PRODUCT_ID : VC_ATTR_USB_VENDOR_ID);
	if (usb->bus == 0 && (usb->device > 0 || usb->port))
		return vc_fail(err, VC_ERR_INPUT,
		               "%s: attribute '%s' needs '%s' beside it", where,
		               usb->port ? VC_ATTR_USB_PORT : VC_ATTR_USB_DEVICE,
		               VC_ATTR_USB_BUS);
	if (usb->bus > 0 && usb->device == 0 && !usb->port && !vendor && !usb->serial)
		return vc_fail(err, VC_ERR_INPUT,
		               "%s: attribute '%s' needs '%s' or '%s' beside it", where,
		               VC_ATTR_USB_BUS, VC_ATTR_USB_DEVICE, VC_ATTR_USB_PORT);
	return 0;
}

/* What every kind has a name for counts of a device that says to be a USB device. */
static const char *usb_name(const struct vc_device *device, const char *own,
                            const char *general)
{
	const char *kind = vc_attributes_string(&device->attributes, VC_ATTR_KIND);

	if (vc_attributes_find(&device->attributes, own) || !kind ||
	    strcmp(kind, vc_kind_name(VC_KIND_USB)) != 0)
		return own;
	return general;
}

static int apply_usb(struct vc_arena *arena, struct vc_device *device, const char *where,
                     struct vc_err *err)
{
	const char *vendor_name =
		usb_name(device, VC_ATTR_USB_VENDOR_ID, VC_ATTR_VENDOR_ID);
	const char *product_name =
		usb_name(device, VC_ATTR_USB_PRODUCT_ID, VC_ATTR_DEVICE_ID);
	const char *serial_name = usb_name(device, VC_ATTR_USB_SERIAL, VC_ATTR_SERIAL);
	struct vc_usb_device *usb = &device->host.usb;
	const char *port = NULL, *serial = NULL;
	int64_t bus = usb->bus, number = usb->device;
	bool vendor = false, product = false;

	if (find_number(device, VC_ATTR_USB_BUS, 1, USB_MAX, where, &bus, err) < 0 ||
	    find_number(device, VC_ATTR_USB_DEVICE, 1, USB_MAX, where, &number, err) <
	            0 ||
	    find_text(device, VC_ATTR_USB_PORT, where, &port, err) < 0 ||
	    find_text(device, serial_name, where, &serial, err) < 0 ||
	    apply_usb_id(device, vendor_name, where, &vendor, &usb->vendor, err) < 0 ||
	    apply_usb_id(device, product_name, where, &product, &usb->product, err) < 0)
		return -(int)err->kind;
	if (port && !is_usb_port(port))
		return vc_fail(err, VC_ERR_INPUT,
		               "%s: attribute '%s': '%.64s' is not a port like '1.4.2'",
		               where, VC_ATTR_USB_PORT, port);
	if (serial && *serial == '\0')
		return vc_fail(err, VC_ERR_INPUT, "%s: attribute '%s' is empty", where,
		               serial_name);
	usb->bus = (unsigned)bus;
	usb->device = (unsigned)number;
	usb->has_ids = vendor && product;
	usb->port = vc_arena_strdup(arena, port);
	usb->serial = vc_arena_strdup(arena, serial);
	if ((port && !usb->port) || (serial && !usb->serial))
		return vc_fail_oom(err);
	return check_usb(usb, vendor, product, where, err);
}

/* [LV] the character device of vhost; anything else would be opened for QEMU too. */
static bool is_vdpa_path(const char *path)
{
	uint64_t number;

	return vc_parse_literal(&path, VC_VDPA_PREFIX) &&
	       vc_parse_number(path, UINT32_MAX, &number);
}

static int apply_vdpa(struct vc_arena *arena, struct vc_device *device, const char *where,
                      struct vc_err *err)
{
	const char *path = NULL;

	if (find_text(device, VC_ATTR_VDPA_PATH, where, &path, err) < 0)
		return -(int)err->kind;
	if (!path)
		return 0;
	if (!is_vdpa_path(path))
		return vc_fail(err, VC_ERR_INPUT,
		               "%s: attribute '%s': '%.128s' is not " VC_VDPA_PREFIX
		               "<number>",
		               where, VC_ATTR_VDPA_PATH, path);
	device->host.vdpa = vc_arena_strdup(arena, path);
	return device->host.vdpa ? 0 : vc_fail_oom(err);
}

static bool parse_scsi(const char *text, struct vc_scsi_unit *ret_unit)
{
	uint64_t part[4];

	for (size_t i = 0; i < VC_ARRAY_SIZE(part); i++) {
		size_t len = strspn(text, "0123456789");
		char digits[sizeof("18446744073709551615")] = "";

		if (len == 0 || len >= sizeof(digits))
			return false;
		memcpy(digits, text, len);
		if (!vc_parse_number(digits, i < 3 ? UINT32_MAX : UINT64_MAX, &part[i]))
			return false;
		text += len;
		if (i < 3 && !vc_parse_literal(&text, ":"))
			return false;
	}
	*ret_unit = (struct vc_scsi_unit){
		.set = true,
		.host = (uint32_t)part[0],
		.channel = (uint32_t)part[1],
		.target = (uint32_t)part[2],
		.lun = part[3],
	};
	return vc_parse_end(text);
}

static int apply_scsi(struct vc_device *device, const char *where, struct vc_err *err)
{
	const char *text = NULL;
	struct vc_scsi_unit unit;

	if (find_text(device, VC_ATTR_SCSI_ADDRESS, where, &text, err) < 0)
		return -(int)err->kind;
	if (!text)
		return 0;
	if (!parse_scsi(text, &unit))
		return vc_fail(err, VC_ERR_INPUT,
		               "%s: attribute '%s': '%.64s' is not "
		               "'host:channel:target:lun', as in '2:0:1:0'",
		               where, VC_ATTR_SCSI_ADDRESS, text);
	device->host.scsi = unit;
	return 0;
}

static int apply_wwpn(struct vc_arena *arena, struct vc_device *device, const char *where,
                      struct vc_err *err)
{
	const char *text = NULL, *cursor;

	if (find_text(device, VC_ATTR_WWPN, where, &text, err) < 0)
		return -(int)err->kind;
	if (!text)
		return 0;
	cursor = text;
	if (!vc_parse_literal(&cursor, "naa.") || strlen(cursor) != WWPN_DIGITS ||
	    strspn(cursor, "0123456789abcdefABCDEF") != WWPN_DIGITS)
		return vc_fail(err, VC_ERR_INPUT,
		               "%s: attribute '%s': '%.64s' is not 'naa.' and %d "
		               "hexadecimal digits",
		               where, VC_ATTR_WWPN, text, WWPN_DIGITS);
	device->host.wwpn = to_lower(arena, text);
	return device->host.wwpn ? 0 : vc_fail_oom(err);
}

/* Options of kinds, which are read when the device is planned. */
static int check_details(struct vc_device *device, const char *where, struct vc_err *err)
{
	int64_t vlan, namespace = 0;

	if (find_number(device, VC_ATTR_VLAN, 1, VLAN_MAX, where, &vlan, err) < 0 ||
	    find_number(device, VC_ATTR_NVME_NAMESPACE, 1, UINT32_MAX, where, &namespace,
	                err) < 0)
		return -(int)err->kind;
	if (namespace > 0)
		device->host.nvme_namespace = (uint32_t) namespace;
	return 0;
}

static int apply_kind(struct vc_device *device, const char *where, struct vc_err *err)
{
	const char *word = NULL;

	if (find_text(device, VC_ATTR_KIND, where, &word, err) < 0)
		return -(int)err->kind;
	if (vc_host_side_settle(&device->host, word))
		return 0;
	if (word)
		return vc_fail(err, VC_ERR_INPUT,
		               "%s: attribute '%s' is '%.32s', but there is %s", where,
		               VC_ATTR_KIND, word, vc_host_side_evidence(&device->host));
	return vc_fail(err, VC_ERR_INPUT,
	               "%s: the attributes name %s; '%s' says which one counts", where,
	               vc_host_side_evidence(&device->host), VC_ATTR_KIND);
}

/**
 * vc_device_apply_attributes() - What the attributes of a device say about it
 * @arena:	holds strings
 * @device:	device with its attributes; .host and .iommu_group are filled as far as
 *		these say; may be half filled on failure
 * @where:	start of messages
 * @err:	what is wrong
 *
 * Return: 0, -VC_ERR_INPUT (not an address, a contradiction) or -VC_ERR_INTERNAL
 */
int vc_device_apply_attributes(struct vc_arena *arena, struct vc_device *device,
                               const char *where, struct vc_err *err)
{
	if (apply_pci(device, where, err) < 0 ||
	    apply_mdev(arena, device, where, err) < 0 ||
	    apply_group(device, where, err) < 0 ||
	    apply_usb(arena, device, where, err) < 0 ||
	    apply_vdpa(arena, device, where, err) < 0 ||
	    apply_scsi(device, where, err) < 0 ||
	    apply_wwpn(arena, device, where, err) < 0 ||
	    check_details(device, where, err) < 0)
		return -(int)err->kind;
	return apply_kind(device, where, err);
}
