/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * [PCI-CLASS] PCI Code and ID Assignment: base class, subclass, interface
 * [USB-CLASS] usb.org, Defined Class Codes
 * [DRA] resource/v1 types.go: the name of a device is a DNS label
 */
#include "model/inventory.h"

#include <stdio.h>
#include <string.h>

#include "base/parse.h"

#define LABEL_MAX 63U

/* A word for a class, and the first digits of the class codes that it stands for. */
struct class_word {
	const char *word;
	const char *digits;
};

/* The first that fits gives the name. */
static const struct class_word pci_classes[] = {
	{ "nvme", "0108" },
	{ "storage", "01" },
	{ "network", "02" },
	{ "display", "03" },
	{ "audio", "0401" },
	{ "audio", "0403" },
	{ "multimedia", "04" },
	{ "memory", "05" },
	{ "bridge", "06" },
	{ "communication", "07" },
	{ "iommu", "0806" },
	{ "system", "08" },
	{ "input", "09" },
	{ "processor", "0b" },
	{ "usb-controller", "0c03" },
	{ "serial-bus", "0c" },
	{ "wireless", "0d" },
	{ "encryption", "10" },
	{ "signal-processing", "11" },
	{ "accelerator", "12" },
};

/* The kinds that are no PCI function are classes of their own. */
static const char *const kind_names[] = {
	[VC_DEVICE_PCI] = "pci",
	[VC_DEVICE_USB] = "usb",
	[VC_DEVICE_MDEV_TYPE] = "mdev-type",
	[VC_DEVICE_MDEV] = "mdev",
};

static const char *const evidence_names[] = {
	[VC_EVIDENCE_NVME] = "nvmeSerial", [VC_EVIDENCE_VPD] = "vpdSerial",
	[VC_EVIDENCE_USB] = "usbSerial",   [VC_EVIDENCE_DSN] = "dsn",
	[VC_EVIDENCE_MAC] = "mac",
};

/**
 * vc_device_kind_name() - The name of a kind
 * @kind:	kind
 *
 * Return: a static string
 */
const char *vc_device_kind_name(enum vc_device_kind kind)
{
	return kind_names[kind];
}

/**
 * vc_evidence_kind_name() - The name of a kind of evidence
 * @kind:	kind
 *
 * Return: a static string, a C identifier
 */
const char *vc_evidence_kind_name(enum vc_evidence_kind kind)
{
	return evidence_names[kind];
}

/**
 * vc_inventory_function() - Look a PCI function up
 * @inventory:	inventory
 * @address:	address
 *
 * Return: the function, or NULL
 */
struct vc_host_device *vc_inventory_function(const struct vc_inventory *inventory,
                                             const struct vc_pci_address *address)
{
	size_t low = 0, high = inventory->n_pci;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		struct vc_host_device *d = &inventory->devices.v[mid];
		int c = vc_pci_address_compare(address, &d->pci.address);

		if (c == 0)
			return d;
		if (c < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return NULL;
}

/**
 * vc_inventory_find() - Look a device up as people call it
 * @inventory:	inventory
 * @text:	PCI address, node-device name, USB port path, mdev UUID, PARENT/TYPE, or the
 *		name of a device
 *
 * Return: the device, or NULL
 */
struct vc_host_device *vc_inventory_find(const struct vc_inventory *inventory,
                                         const char *text)
{
	struct vc_err no_address = VC_ERR_INIT;
	struct vc_pci_address address;

	if (vc_pci_address_parse(text, &address, &no_address) == 0)
		return vc_inventory_function(inventory, &address);
	for (size_t i = 0; i < inventory->devices.n; i++) {
		struct vc_host_device *d = &inventory->devices.v[i];

		if (strcmp(d->name, text) == 0 || strcasecmp(d->address, text) == 0)
			return d;
	}
	return NULL;
}

/**
 * vc_inventory_group() - Look an IOMMU group up
 * @inventory:	inventory
 * @number:	its number
 *
 * Return: the group, or NULL
 */
struct vc_iommu_group *vc_inventory_group(const struct vc_inventory *inventory,
                                          int64_t number)
{
	size_t low = 0, high = inventory->groups.n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		struct vc_iommu_group *g = &inventory->groups.v[mid];

		if (g->number == number)
			return g;
		if (number < g->number)
			high = mid;
		else
			low = mid + 1;
	}
	return NULL;
}

/**
 * vc_inventory_node() - Look a device node up
 * @inventory:	inventory
 * @name:	name below the directory of devices
 *
 * Return: the node, or NULL: it does not exist, or nobody asked
 */
const struct vc_device_node *vc_inventory_node(const struct vc_inventory *inventory,
                                               const char *name)
{
	size_t low = 0, high = inventory->nodes.n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int order = strcmp(name, inventory->nodes.v[mid].name);

		if (order == 0)
			return &inventory->nodes.v[mid];
		if (order < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return NULL;
}

/**
 * vc_host_device_evidence() - What a device proves to be by
 * @device:	device
 * @kind:	kind of evidence
 *
 * Return: the first evidence of that kind that proves something, or NULL
 */
const struct vc_evidence *vc_host_device_evidence(const struct vc_host_device *device,
                                                  enum vc_evidence_kind kind)
{
	for (size_t i = 0; i < device->evidence.n; i++) {
		const struct vc_evidence *e = &device->evidence.v[i];

		if (e->kind == kind && !e->useless)
			return e;
	}
	return NULL;
}

/**
 * vc_host_device_serial() - The serial number of a device
 * @device:	device
 *
 * Return: that of the controller, the vital product data or the USB device; NULL when
 * there is none that proves something
 */
const char *vc_host_device_serial(const struct vc_host_device *device)
{
	static const enum vc_evidence_kind kinds[] = {
		VC_EVIDENCE_NVME,
		VC_EVIDENCE_VPD,
		VC_EVIDENCE_USB,
	};

	for (size_t i = 0; i < VC_ARRAY_SIZE(kinds); i++) {
		const struct vc_evidence *e = vc_host_device_evidence(device, kinds[i]);

		if (e)
			return e->value;
	}
	return NULL;
}

static void class_digits(const struct vc_host_device *device, char digits[7])
{
	(void)snprintf(digits, 7, "%06x", device->pci.class_code & 0xffffffU);
}

/**
 * vc_host_device_class() - The class of a device in a word
 * @device:	device
 *
 * Return: a static string, "other" for classes without a word
 */
const char *vc_host_device_class(const struct vc_host_device *device)
{
	char digits[7];

	if (device->kind != VC_DEVICE_PCI)
		return vc_device_kind_name(device->kind);
	class_digits(device, digits);
	for (size_t i = 0; i < VC_ARRAY_SIZE(pci_classes); i++)
		if (strncmp(digits, pci_classes[i].digits,
		            strlen(pci_classes[i].digits)) == 0)
			return pci_classes[i].word;
	return "other";
}

/* "03", "0x0300", "010802": the digits, or NULL. */
static const char *hex_class(const char *text)
{
	const char *cursor = text;
	uint32_t value;
	size_t len;

	(void)vc_parse_literal(&cursor, "0x");
	text = cursor;
	len = strlen(text);
	if ((len != 2 && len != 4 && len != 6) ||
	    !vc_parse_hex(&cursor, len, len, &value) || !vc_parse_end(cursor))
		return NULL;
	return text;
}

/**
 * vc_class_known() - Whether a text can be asked for as a class
 * @text:	a word, or 2, 4 or 6 hex digits
 *
 * Return: whether it can
 */
bool vc_class_known(const char *text)
{
	if (hex_class(text) || strcmp(text, "other") == 0)
		return true;
	for (size_t i = 0; i < VC_ARRAY_SIZE(kind_names); i++)
		if (strcmp(text, kind_names[i]) == 0)
			return true;
	for (size_t i = 0; i < VC_ARRAY_SIZE(pci_classes); i++)
		if (strcmp(text, pci_classes[i].word) == 0)
			return true;
	return false;
}

/* A word stands for all codes that it is given for, also where a narrower word fits. */
static bool word_matches(const char *digits, const char *word)
{
	for (size_t i = 0; i < VC_ARRAY_SIZE(pci_classes); i++)
		if (strcmp(word, pci_classes[i].word) == 0 &&
		    strncmp(digits, pci_classes[i].digits,
		            strlen(pci_classes[i].digits)) == 0)
			return true;
	return false;
}

/**
 * vc_class_matches() - Whether a device is of a class
 * @device:	device
 * @text:	a word ("storage" includes "nvme"), a kind ("usb", "mdev"), or hex digits,
 *		which only PCI functions have
 *
 * Return: whether it is
 */
bool vc_class_matches(const struct vc_host_device *device, const char *text)
{
	const char *hex = hex_class(text);
	char digits[7];

	if (strcmp(text, vc_device_kind_name(device->kind)) == 0 ||
	    strcmp(text, vc_host_device_class(device)) == 0)
		return true;
	if (device->kind != VC_DEVICE_PCI)
		return false;
	class_digits(device, digits);
	if (hex)
		return strncasecmp(digits, hex, strlen(hex)) == 0;
	return word_matches(digits, text);
}

/* [FNV] 32 bits, 1a */
static uint32_t hash_text(const char *text)
{
	uint32_t hash = 2166136261U;

	for (; *text != '\0'; text++)
		hash = (hash ^ (unsigned char)*text) * 16777619U;
	return hash;
}

/* Lower case letters, digits and '-'; returns whether nothing was lost by that. */
static bool make_label(char *text)
{
	bool faithful = true;

	for (; *text != '\0'; text++) {
		if ((*text >= 'a' && *text <= 'z') || (*text >= '0' && *text <= '9') ||
		    *text == '-')
			continue;
		if (*text >= 'A' && *text <= 'Z') {
			*text = (char)(*text - 'A' + 'a');
			faithful = false;
			continue;
		}
		if (*text != ':' && *text != '.' && *text != '/')
			faithful = false;
		*text = '-';
	}
	return faithful;
}

/**
 * vc_host_device_name() - The name of a device for Kubernetes
 * @arena:	holds it
 * @prefix:	lower case letters: "pci"
 * @address:	address of the device
 *
 * [DRA] a DNS label: "pci-0000-65-00-0". Addresses of PCI functions, USB devices and
 * mdevs stay readable; of anything that would not stay unique or is too long the end
 * becomes a hash of the address.
 *
 * Return: the name, or NULL when out of memory
 */
char *vc_host_device_name(struct vc_arena *arena, const char *prefix, const char *address)
{
	char *label = vc_arena_printf(arena, "%s-%s", prefix, address);
	char hash[sizeof("-00000000")];
	size_t len;

	if (!label)
		return NULL;
	len = strlen(label);
	if (make_label(label) && len <= LABEL_MAX && label[len - 1] != '-')
		return label;
	(void)snprintf(hash, sizeof(hash), "-%08x", hash_text(address));
	if (len > LABEL_MAX - strlen(hash))
		len = LABEL_MAX - strlen(hash);
	label[len] = '\0';
	return vc_arena_printf(arena, "%s%s", label, hash);
}
