/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/host_side.h"

#include <inttypes.h>
#include <string.h>

static const char *const kind_names[VC_KINDS] = {
	[VC_KIND_UNKNOWN] = "unknown",     [VC_KIND_PCI] = "pci",
	[VC_KIND_MDEV] = "mdev",           [VC_KIND_USB] = "usb",
	[VC_KIND_NETWORK] = "network",     [VC_KIND_NVME] = "nvme",
	[VC_KIND_VDPA] = "vdpa",           [VC_KIND_SCSI] = "scsi",
	[VC_KIND_SCSI_HOST] = "scsi_host",
};

/**
 * vc_kind_name() - The name of a device kind, as in xslt/ and in our formats
 * @kind:	kind
 *
 * Return: a static string
 */
const char *vc_kind_name(enum vc_kind kind)
{
	return kind_names[kind];
}

/**
 * vc_kind_parse() - Read the name of a device kind
 * @text:	text
 * @ret_kind:	kind, when @text is one; never VC_KIND_UNKNOWN
 *
 * Return: whether @text is one
 */
bool vc_kind_parse(const char *text, enum vc_kind *ret_kind)
{
	for (enum vc_kind kind = VC_KIND_PCI; kind < VC_KINDS; kind++) {
		if (strcmp(text, kind_names[kind]) == 0) {
			*ret_kind = kind;
			return true;
		}
	}
	return false;
}

/**
 * vc_kind_is_pci() - Whether devices of a kind are functions of the host's PCI
 * @kind:	kind
 *
 * Return: whether they are
 */
bool vc_kind_is_pci(enum vc_kind kind)
{
	return kind == VC_KIND_PCI || kind == VC_KIND_NETWORK || kind == VC_KIND_NVME;
}

/**
 * vc_mdev_model_name() - [LV] formatdomain, hostdev/@model
 * @model:	model
 *
 * Return: a static string; "vfio-pci" when unknown, which is what KubeVirt assumes
 */
const char *vc_mdev_model_name(enum vc_mdev_model model)
{
	switch (model) {
	case VC_MDEV_VFIO_CCW:
		return "vfio-ccw";
	case VC_MDEV_VFIO_AP:
		return "vfio-ap";
	case VC_MDEV_VFIO_PCI:
	case VC_MDEV_UNKNOWN:
		break;
	}
	return "vfio-pci";
}

/**
 * vc_mdev_model_parse() - Read an mdev model
 * @text:	text
 * @ret_model:	model, when @text is one
 *
 * Return: whether @text is one
 */
bool vc_mdev_model_parse(const char *text, enum vc_mdev_model *ret_model)
{
	for (enum vc_mdev_model m = VC_MDEV_VFIO_PCI; m <= VC_MDEV_VFIO_AP; m++) {
		if (strcmp(text, vc_mdev_model_name(m)) == 0) {
			*ret_model = m;
			return true;
		}
	}
	return false;
}

static bool usb_known(const struct vc_usb_device *usb)
{
	return (usb->bus > 0 && (usb->device > 0 || usb->port)) || usb->has_ids;
}

/* Whether anything says where a device of this kind is, or how to find it. */
static bool says(const struct vc_host_side *side, enum vc_kind kind)
{
	switch (kind) {
	case VC_KIND_PCI:
	case VC_KIND_NETWORK:
	case VC_KIND_NVME:
		return side->has_pci;
	case VC_KIND_MDEV:
		return side->mdev_uuid != NULL;
	case VC_KIND_USB:
		return usb_known(&side->usb) || side->usb.serial;
	case VC_KIND_VDPA:
		return side->vdpa != NULL;
	case VC_KIND_SCSI:
		return side->scsi.set;
	case VC_KIND_SCSI_HOST:
		return side->wwpn != NULL;
	case VC_KIND_UNKNOWN:
		break;
	}
	return false;
}

/* What is no PCI function itself, though one may be its parent. */
static const enum vc_kind special[] = { VC_KIND_MDEV, VC_KIND_USB, VC_KIND_VDPA,
	                                VC_KIND_SCSI, VC_KIND_SCSI_HOST };

/**
 * vc_host_side_settle() - Decide of which kind a device is, from all that is said of it
 * @side:	side; .kind is set, and a PCI address that is not the device's own goes
 * @word:	the kind that an attribute asks for; NULL none. One that we do not know
 *		means a device that we cannot attach
 *
 * A mediated, USB, vDPA or SCSI device wins over a PCI address, which is its parent's
 * [KEP-5304 trap].
 *
 * Return: false when this contradicts itself; @side is untouched then
 */
bool vc_host_side_settle(struct vc_host_side *side, const char *word)
{
	enum vc_kind kind = VC_KIND_UNKNOWN, asked = VC_KIND_UNKNOWN;
	size_t n = 0;

	for (size_t i = 0; i < VC_ARRAY_SIZE(special); i++) {
		if (!says(side, special[i]))
			continue;
		kind = special[i];
		n++;
	}
	if (word && vc_kind_parse(word, &asked)) {
		if (vc_kind_is_pci(asked) && n > 0)
			return false;
		kind = says(side, asked) ? asked : VC_KIND_UNKNOWN;
	} else if (word) {
		kind = VC_KIND_UNKNOWN;
	} else if (n > 1) {
		return false;
	} else if (n == 0 && side->has_pci) {
		kind = VC_KIND_PCI;
	}
	side->kind = kind;
	side->has_pci = side->has_pci && vc_kind_is_pci(kind);
	return true;
}

/**
 * vc_host_side_evidence() - What is said of a device that is no PCI function, in words
 * @side:	side that vc_host_side_settle() did not settle
 *
 * Return: a static string
 */
const char *vc_host_side_evidence(const struct vc_host_side *side)
{
	static const char *const words[] = {
		[VC_KIND_MDEV] = "an mdev UUID", [VC_KIND_USB] = "a USB address",
		[VC_KIND_VDPA] = "a vDPA path",  [VC_KIND_SCSI] = "a SCSI address",
		[VC_KIND_SCSI_HOST] = "a WWPN",
	};
	const char *word = "a PCI address";
	size_t n = 0;

	for (size_t i = 0; i < VC_ARRAY_SIZE(special); i++) {
		if (!says(side, special[i]))
			continue;
		word = words[special[i]];
		n++;
	}
	return n > 1 ? "more than one kind of device" : word;
}

/**
 * vc_host_side_has_address() - Whether anything says where a device is
 * @side:	side, of whatever kind
 *
 * Return: whether it does; a serial number alone does not
 */
bool vc_host_side_has_address(const struct vc_host_side *side)
{
	return side->has_pci || side->mdev_uuid || usb_known(&side->usb) || side->vdpa ||
	       side->scsi.set || side->wwpn;
}

/**
 * vc_host_side_known() - Whether a side says where its device is
 * @side:	side
 *
 * Return: whether it does, in the way of its kind
 */
bool vc_host_side_known(const struct vc_host_side *side)
{
	if (side->kind == VC_KIND_USB)
		return usb_known(&side->usb);
	return says(side, side->kind);
}

static int compare_text(const char *a, const char *b)
{
	if (!a || !b)
		return (a != NULL) - (b != NULL);
	return strcmp(a, b);
}

static int compare_number(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int first_of(const int *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (v[i] != 0)
			return v[i];
	return 0;
}

static int compare_usb(const struct vc_usb_device *a, const struct vc_usb_device *b)
{
	const int v[] = {
		compare_number(a->bus, b->bus),
		compare_number(a->device, b->device),
		compare_text(a->port, b->port),
		compare_number(a->has_ids, b->has_ids),
		a->has_ids ? compare_number(a->vendor, b->vendor) : 0,
		a->has_ids ? compare_number(a->product, b->product) : 0,
	};

	return first_of(v, VC_ARRAY_SIZE(v));
}

static int compare_scsi(const struct vc_scsi_unit *a, const struct vc_scsi_unit *b)
{
	const int v[] = {
		compare_number(a->host, b->host),
		compare_number(a->channel, b->channel),
		compare_number(a->target, b->target),
		compare_number(a->lun, b->lun),
	};

	return first_of(v, VC_ARRAY_SIZE(v));
}

/**
 * vc_nvme_namespace() - Which namespace of an NVMe controller is meant
 * @side:	of VC_KIND_NVME
 *
 * Return: from 1
 */
uint32_t vc_nvme_namespace(const struct vc_host_side *side)
{
	return side->nvme_namespace > 0 ? side->nvme_namespace : 1;
}

/* Both are of this kind, and known. */
static int compare_known(const struct vc_host_side *a, const struct vc_host_side *b)
{
	int r;

	switch (a->kind) {
	case VC_KIND_PCI:
	case VC_KIND_NETWORK:
		return vc_pci_address_compare(&a->pci, &b->pci);
	case VC_KIND_NVME:
		r = vc_pci_address_compare(&a->pci, &b->pci);
		return r != 0 ? r
		              : compare_number(vc_nvme_namespace(a),
		                               vc_nvme_namespace(b));
	case VC_KIND_MDEV:
		r = strcmp(a->mdev_uuid, b->mdev_uuid);
		return r != 0 ? r : compare_number(a->mdev_model, b->mdev_model);
	case VC_KIND_USB:
		return compare_usb(&a->usb, &b->usb);
	case VC_KIND_VDPA:
		return strcmp(a->vdpa, b->vdpa);
	case VC_KIND_SCSI:
		return compare_scsi(&a->scsi, &b->scsi);
	case VC_KIND_SCSI_HOST:
		return strcmp(a->wwpn, b->wwpn);
	case VC_KIND_UNKNOWN:
		break;
	}
	return 0;
}

/**
 * vc_host_side_compare() - Order of two sides
 * @a:		side
 * @b:		side
 *
 * Return: < 0, 0 or > 0; 0 also when neither is known
 */
int vc_host_side_compare(const struct vc_host_side *a, const struct vc_host_side *b)
{
	bool known_a = vc_host_side_known(a), known_b = vc_host_side_known(b);

	if (!known_a || !known_b)
		return (int)known_a - (int)known_b;
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	return compare_known(a, b);
}

/**
 * vc_host_side_equal() - Whether two sides are of one kind and say the same
 * @a:		side
 * @b:		side
 *
 * Return: whether both are known and do; an unknown model of an mdev is only equal to
 * an unknown one, and a USB device is only equal to one that is given in the same way
 */
bool vc_host_side_equal(const struct vc_host_side *a, const struct vc_host_side *b)
{
	return vc_host_side_known(a) && vc_host_side_known(b) &&
	       vc_host_side_compare(a, b) == 0;
}

static char *usb_text(struct vc_arena *arena, const struct vc_usb_device *usb)
{
	if (usb->bus > 0 && usb->device > 0)
		return vc_arena_printf(arena, "usb %u:%u", usb->bus, usb->device);
	if (usb->bus > 0 && usb->port)
		return vc_arena_printf(arena, "usb %u-%s", usb->bus, usb->port);
	return vc_arena_printf(arena, "usb %04x:%04x", usb->vendor, usb->product);
}

static char *scsi_text(struct vc_arena *arena, const struct vc_scsi_unit *scsi,
                       const char *prefix)
{
	return vc_arena_printf(arena, "%s%" PRIu32 ":%" PRIu32 ":%" PRIu32 ":%" PRIu64,
	                       prefix, scsi->host, scsi->channel, scsi->target,
	                       scsi->lun);
}

static char *pci_text(struct vc_arena *arena, const struct vc_pci_address *address,
                      const char *prefix)
{
	char text[VC_PCI_ADDRESS_SIZE];

	vc_pci_address_format(address, text);
	return vc_arena_printf(arena, "%s%s", prefix, text);
}

/**
 * vc_host_side_text() - A side as people write it
 * @arena:	holds the text
 * @side:	side
 *
 * Return: "0000:65:00.0", a UUID, "usb 1:5", "usb 1-4.2", "usb 0951:1666",
 * "/dev/vhost-vdpa-0", "scsi 2:0:1:0" or "naa...."; NULL when it is not known, or out of
 * memory
 */
char *vc_host_side_text(struct vc_arena *arena, const struct vc_host_side *side)
{
	if (!vc_host_side_known(side))
		return NULL;
	switch (side->kind) {
	case VC_KIND_PCI:
	case VC_KIND_NETWORK:
		return pci_text(arena, &side->pci, "");
	case VC_KIND_NVME:
		if (vc_nvme_namespace(side) == 1)
			return pci_text(arena, &side->pci, "");
		return vc_arena_printf(arena, "%s namespace %" PRIu32,
		                       pci_text(arena, &side->pci, ""),
		                       vc_nvme_namespace(side));
	case VC_KIND_MDEV:
		return vc_arena_strdup(arena, side->mdev_uuid);
	case VC_KIND_USB:
		return usb_text(arena, &side->usb);
	case VC_KIND_VDPA:
		return vc_arena_strdup(arena, side->vdpa);
	case VC_KIND_SCSI:
		return scsi_text(arena, &side->scsi, "scsi ");
	case VC_KIND_SCSI_HOST:
		return vc_arena_strdup(arena, side->wwpn);
	case VC_KIND_UNKNOWN:
		break;
	}
	return NULL;
}

static char *usb_key(struct vc_arena *arena, const struct vc_usb_device *usb)
{
	if (usb->bus > 0 && usb->device > 0)
		return vc_arena_printf(arena, "usb-%u:%u", usb->bus, usb->device);
	if (usb->bus > 0 && usb->port)
		return vc_arena_printf(arena, "usb-%u-%s", usb->bus, usb->port);
	return vc_arena_printf(arena, "usb-id-%04x:%04x", usb->vendor, usb->product);
}

/**
 * vc_host_side_key() - What two users of one device of the host have in common
 * @arena:	holds the text
 * @side:	side
 *
 * Kinds that are a PCI function share their keys: one function is used once, however it
 * is written. Keys are file names.
 *
 * Return: "pci-0000:65:00.0", "mdev-<uuid>", "usb-1:5", "vdpa-vhost-vdpa-0",
 * "scsi-2:0:1:0", "scsi-host-naa...."; NULL when it is not known, or out of memory
 */
char *vc_host_side_key(struct vc_arena *arena, const struct vc_host_side *side)
{
	const char *slash;

	if (!vc_host_side_known(side))
		return NULL;
	switch (side->kind) {
	case VC_KIND_PCI:
	case VC_KIND_NETWORK:
	case VC_KIND_NVME:
		return pci_text(arena, &side->pci, "pci-");
	case VC_KIND_MDEV:
		return vc_arena_printf(arena, "mdev-%s", side->mdev_uuid);
	case VC_KIND_USB:
		return usb_key(arena, &side->usb);
	case VC_KIND_VDPA:
		slash = strrchr(side->vdpa, '/');
		return vc_arena_printf(arena, "vdpa-%s", slash ? slash + 1 : side->vdpa);
	case VC_KIND_SCSI:
		return scsi_text(arena, &side->scsi, "scsi-");
	case VC_KIND_SCSI_HOST:
		return vc_arena_printf(arena, "scsi-host-%s", side->wwpn);
	case VC_KIND_UNKNOWN:
		break;
	}
	return NULL;
}
